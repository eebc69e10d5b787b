"""The README's commands run as they stand, and name every option of the command line's contract."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HONGTU = [sys.executable, "-c", "import cli; cli.main()"]
BLOCK = re.compile(r"<!-- tested.*?-->\n```sh\n(.*?)```", re.S)


def commands(name: str) -> list[list[str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("hongtu ")]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_command_runs(name: str, tmp_path: Path, helsinki_pbf: Path) -> None:
    # Positions of Helsinki are the same in every datum: GCJ-02 shifts China only.
    shutil.copy(helsinki_pbf, tmp_path / "nanjing.osm.pbf")
    (tmp_path / "stations.csv").write_text(
        "编号,名称,经度,纬度\n1,甲,24.94,60.17\n2,乙,24.945,60.172\n"
    )
    (tmp_path / "demand.csv").write_text("编号,经度,纬度,人数\n1,24.9405,60.1705,12\n")
    found = commands(name)
    assert len(found) >= 5
    for words in found:
        done = subprocess.run(
            [*HONGTU, *words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"


def test_the_library_example_runs(tmp_path: Path, helsinki_pbf: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    assert code
    (tmp_path / "stations.csv").write_text("编号,经度,纬度\n1,24.94,60.17\n")
    setup = [*HONGTU, "network", "import", str(helsinki_pbf), "--out", "nanjing"]
    subprocess.run(setup, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", code[1]], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "straight_1km" in done.stdout


def test_the_toml_example_is_a_valid_override_file(tmp_path: Path) -> None:
    from geo.osm import read_overrides

    block = re.search(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    assert block
    (tmp_path / "o.toml").write_text(block[1], encoding="utf-8")
    found = read_overrides(tmp_path / "o.toml")
    assert found.forbidden == {123456789}
    assert (len(found.links), len(found.barriers)) == (1, 1)


def test_every_command_is_documented() -> None:
    import typer

    import cli

    group = typer.main.get_command(cli.app)
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        subs = getattr(command, "commands", None)
        for sub in subs or [""]:
            assert f"hongtu {name} {sub}".strip() in readme


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    for target in ("run", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.M)
