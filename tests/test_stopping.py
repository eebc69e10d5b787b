"""Stopping a program at any moment: what is staged goes, what is settled stays whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

START = """
import json, os, signal, sys, threading, time
from pathlib import Path
from geo import stopping

def end(settled, left):
    print(json.dumps([[p.name for p in settled], [p.name for p in left]]), flush=True)
    os._exit(130)

signal.signal(signal.SIGINT, lambda *_: stopping.stop(end))
interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)
"""


def ended(script: str, cwd: Path) -> tuple[list[str], list[str]]:
    """Run a script that is stopped on its way; return what it says is settled and left."""
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(script)],
        cwd=cwd, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "")
    settled, left = json.loads(done.stdout)
    return settled, left


def test_a_stop_takes_away_what_is_staged_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    said = ended(
        """
        stopping.stage(Path("new"), Path.rmdir)
        Path("new").mkdir()
        stopping.stage(Path("new/half.csv"))
        Path("new/half.csv").write_text("1,")
        with stopping.scratch_folder(parent=".") as scratch:
            (scratch / "deep").mkdir()
            (scratch / "deep/x").write_text("x")
            interrupt()
            time.sleep(20)
        """,
        tmp_path,
    )
    assert said == ([], [])
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_steps_that_belong_together_are_finished_first(tmp_path: Path) -> None:
    said = ended(
        """
        stopping.stage(Path("half").resolve())
        with stopping.whole():
            with stopping.whole():
                interrupt()
                Path("half").write_text("whole")
            os.replace("half", "result")
            stopping.settled(Path("result"))
        print("not reached")
        """,
        tmp_path,
    )
    assert said == (["result"], [])
    assert (tmp_path / "result").read_text() == "whole"


def test_what_is_forgotten_stays(tmp_path: Path) -> None:
    said = ended(
        """
        for name in ("kept", "gone"):
            stopping.stage(Path(name))
            Path(name).write_text(name)
        stopping.forget(Path("kept"))
        interrupt()
        time.sleep(20)
        """,
        tmp_path,
    )
    assert said == ([], [])
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_result_inside_something_staged_is_none(tmp_path: Path) -> None:
    said = ended(
        """
        stopping.stage(Path("staging"))
        Path("staging").mkdir()
        Path("staging/part").write_text("x")
        stopping.settled(Path("staging/part"))
        interrupt()
        time.sleep(20)
        """,
        tmp_path,
    )
    assert said == ([], [])
    assert not list(tmp_path.iterdir())


def test_a_thread_that_goes_on_writing_does_not_keep_the_folder(tmp_path: Path) -> None:
    """It would write between two looks of the removal for ever; so the folder is moved first."""
    said = ended(
        """
        def write(folder):
            for i in range(100_000):
                (folder / f"{i}").write_text("x")

        with stopping.scratch_folder(parent=".") as scratch:
            threading.Thread(target=write, args=(scratch,), daemon=True).start()
            time.sleep(0.1)
            interrupt()
            time.sleep(20)
        """,
        tmp_path,
    )
    assert said == ([], [])
    assert not list(tmp_path.iterdir())


def test_a_stop_inside_a_destructor_is_not_lost(tmp_path: Path) -> None:
    """An exception of a signal handler would be swallowed here, and the program go on."""
    said = ended(
        """
        class Held:
            def __del__(self):
                interrupt()
                time.sleep(0.01)

        stopping.stage(Path("half"))
        Path("half").write_text("x")
        Held()
        print("not reached")
        """,
        tmp_path,
    )
    assert said == ([], [])
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    said = ended(
        """
        import shutil
        shutil.rmtree = lambda *_, **__: None  # a folder that another program holds
        stopping.stage(Path("held"))
        Path("held").mkdir()
        interrupt()
        time.sleep(20)
        """,
        tmp_path,
    )
    assert said == ([], ["held"])


def test_the_default_signal_handler_stays_outside_the_command_line() -> None:
    """The library installs nothing: a notebook's own Ctrl-C goes on as it was."""
    script = "import signal, geo.stopping, geo.exports, geo.coverage\n"
    script += "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, cwd=Path(__file__).parent.parent,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
