"""The READMEs' commands run as they stand, and name every command there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import union_files
from pages import ROOT, blocks, commands, page, run
from typer.main import get_command

import cli
from geo.datum import to_wgs84

HONGTU = [sys.executable, "-c", "import cli; cli.main()"]
PAGES = ("README.md", "README.zh-CN.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with files of the names in the README, and all that its commands made."""
    found = tmp_path_factory.mktemp("readme")
    union_files.write_streets(found / "nanjing.osm.pbf")
    union_files.write_workbook(found / "stations.xlsx")
    union_files.write_demand(found / "demand.csv")
    union_files.write_areas(found / "areas.geojson")
    union_files.write_centrelines(found)
    shutil.copytree(ROOT / "docs" / "examples", found / "docs" / "examples")
    lines: list[str] = []
    for name in PAGES:
        (block,) = blocks(page(name), "tested")
        lines += [line for line in commands(block) if line not in lines]
    assert len(lines) >= 15
    run(lines[0], found)
    union_files.write_graphs(found / "nanjing", found)
    run("\n".join(lines[1:]), found, "--cell-m 40")
    return found


def test_what_the_readme_names_is_written(folder):
    files = re.findall(r"^\| (`[^|]+`) \|", page("README.md").split("### How")[0], re.M)
    named = {name for cell in files for name in re.findall(r"`([\w.]+)`", cell)}
    assert {"circles.geojson", "coverage.shp.zip", "map.html", "run.json"} <= named
    made = {path.name for path in (folder / "result").iterdir()}
    assert named - {"od.parquet"} == made  # the run asks for od.csv
    assert (folder / "metres" / "circles.gcj02.geojson").is_file()
    for name in ("sheet.html", "sheet.png", "timetable.csv", "timetable.ics", "route.geojson",
                 "route.gpx", "route.kml", "qr.svg", "qr.png", "run.json"):  # fmt: skip
        assert f"`{name}`" in page("README.md")
        assert (folder / "walk" / name).is_file()
        assert (folder / "own" / name).is_file()
    for name in ("audit", "scenario", "sample", "clean.xlsx"):
        assert (folder / name).exists()


def test_stations_of_the_readme_stand_at_their_crossings(folder):
    """The list is in GCJ-02: read as anything else it would stand 540 m off."""
    shown = gpd.read_file(folder / "result" / "circles.geojson")
    first = shown[shown["name"] == "甲路驿站"].iloc[0]
    assert (first["snapped_lon"], first["snapped_lat"]) == pytest.approx(
        union_files.corner(2, 2), abs=2e-6
    )
    off, _ = to_wgs84([first["snapped_lon"]], [first["snapped_lat"]], "gcj02")
    assert abs(off[0] - first["snapped_lon"]) > 0.004


def test_a_command_answers_at_the_door(folder):
    """One of them through the installed command's own entry, exit code and all."""
    words = shlex.split("hongtu lines show riverside --lang en")
    done = subprocess.run(
        [*HONGTU, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "a published line" in done.stdout


def test_the_library_example_runs(tmp_path: Path, helsinki_pbf: Path) -> None:
    code = re.search(r"```python\n(.*?)```", page("README.md"), re.S)
    assert code
    # Positions of Helsinki are the same in every datum: GCJ-02 shifts China only.
    (tmp_path / "stations.csv").write_text("编号,经度,纬度\n1,24.94,60.17\n", "utf-8")
    run(f"hongtu network import '{helsinki_pbf}' --out nanjing", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code[1]], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "straight_1km" in done.stdout


def options_of(line: str) -> set[str]:
    """Return the options that the command of a line knows."""
    command = get_command(cli.app)
    for word in shlex.split(line)[1:]:
        subs = getattr(command, "commands", {})
        if word not in subs:
            break
        command = subs[word]
    return {option for param in command.params for option in param.opts}


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_run_exists(name: str) -> None:
    (block,) = blocks(page(name), "not run")
    lines = commands(block)
    assert {"network fetch", "points geocode"} < {
        " ".join(line.split()[1:3]) for line in lines
    }  # the third is coverage to a database
    for line in lines:
        assert set(re.findall(r"(?<= )--[a-z-]+", line)) <= options_of(line)


def test_every_command_is_documented() -> None:
    group = get_command(cli.app)
    for text in map(page, PAGES):
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            for sub in getattr(command, "commands", None) or [""]:
                assert f"hongtu {name} {sub}".strip() in text


def test_links_and_make_targets_lead_somewhere() -> None:
    makefile = page("Makefile")
    for name in PAGES:
        text = page(name)
        for target in re.findall(r'(?:\]\(|src=")((?!http)[^)"#]+)', text):
            assert (ROOT / target).exists(), target
        for target in re.findall(r"^make (\w+)", text, re.M):
            assert re.search(rf"^{target}:", makefile, re.M)
        assert re.findall(r"^make (\w+)", text, re.M) == ["run", "sample", "test"]


def test_the_two_languages_tell_of_the_same_lines() -> None:
    """The share of published lines that both pages state is the one of the data."""
    from routes.lines import read_lines

    lines = read_lines()
    assert len(lines) == 7
    assert [x.id for x in lines.values() if x.status == "published"] == ["riverside"]
    assert "Of the seven, the stops of one were published" in page("README.md")
    assert "七条中只有一条的站点是公开发布过的" in page("README.zh-CN.md")
