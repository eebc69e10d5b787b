"""Running a page's own commands: blocks are found by the mark above them, and run line by line."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import cli

ROOT = Path(__file__).parents[1]


def page(name: str) -> str:
    """Return the text of a page of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, mark: str) -> list[str]:
    """Return the fenced blocks of `text` below the comment `mark`, or `mark: more`."""
    return re.findall(rf"<!-- {mark}(?::[^\n]*)? -->\n```\w+\n(.*?)```", text, re.S)


def commands(block: str) -> list[str]:
    """Return the lines of a block that call `hongtu`, all of them if the block is no script."""
    lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
    strange = [x for x in lines if not x.startswith(("hongtu ", "export ", "hongtu() "))]
    assert not strange, strange
    return [line for line in lines if line.startswith("hongtu ")]


def run(block: str, folder: Path, more: str = "") -> str:
    """Run a block in `folder`, `more` behind each `hongtu coverage`; return what it printed.

    In this process where it is one command after another, in a shell where it has pipes. A command
    that does not end well fails the test.
    """
    if "|" in block:
        return _in_a_shell(block, folder, more)
    said = io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(said):
            for line in commands(block):
                behind = more if line.startswith("hongtu coverage") else ""
                cli.app(shlex.split(f"{line} {behind}", comments=True)[1:], standalone_mode=False)
    finally:
        os.chdir(before)
    return said.getvalue()


def _in_a_shell(block: str, folder: Path, more: str) -> str:
    known = f"hongtu() {{ '{sys.executable}' -c 'import cli; cli.main()' \"$@\" {more}; }}\n"
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{known}{block}"], cwd=folder, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
