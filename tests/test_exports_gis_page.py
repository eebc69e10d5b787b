"""docs/gis.md: its commands run, its names are the names of the files."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import postgis_server
import pyogrio
import pytest
from typer.main import get_command

import cli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "gis.md").read_text(encoding="utf-8")
HURRY = "--cell-m 80"  # behind each command: the page is not about fine borders
ADDRESS = "postgresql://planner@localhost/gis"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a page for a POSIX shell")


def blocks(mark: str) -> list[str]:
    return re.findall(rf"<!-- {mark} -->\n```\w+\n(.*?)```", PAGE, re.S)


def run(block: str, folder: Path) -> None:
    """Run a block of the page: in this process, or in a shell where it has pipes."""
    if "|" in block:
        known = f"hongtu() {{ '{sys.executable}' -c 'import cli; cli.main()' \"$@\" {HURRY}; }}\n"
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{known}{block}"], cwd=folder, capture_output=True, text=True,
            env={**os.environ, "PYTHONUTF8": "1"}, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return
    before = Path.cwd()
    os.chdir(folder)
    try:
        for line in block.splitlines():
            if not line.startswith("export "):
                assert line.startswith("hongtu ")
                cli.app(shlex.split(f"{line} {HURRY}")[1:], standalone_mode=False)
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder in which every tested block was run."""
    found = tmp_path_factory.mktemp("page")
    for block in blocks("tested"):
        run(block, found)
    return found


def test_the_table_of_layers_is_true(folder):
    rows = re.findall(r"^\| `(\w+)`.*?\|.*?\|(.*?)\|(.*?)\|(.*?)\|", PAGE, re.M)
    told = {name: [bool(cell.strip()) for cell in cells] for name, *cells in rows}
    told = {name: cells for name, cells in told.items() if name != "wgs84"}
    out = folder / "out" / "gis"
    packed = {name for name, _ in pyogrio.list_layers(out / "coverage.gpkg")}
    with zipfile.ZipFile(out / "coverage.shp.zip") as archive:
        zipped = {Path(name).stem for name in archive.namelist() if name.endswith(".dbf")}
    drawn = {path.stem for path in out.glob("*.geojson")}
    assert {"dissolved", "circles", "responsibility", "gaps", "lines", "od"} <= set(told)
    for name, (geojson, database, shapefile) in told.items():
        if name == "areas" and name not in packed:
            continue  # the sample may have none
        assert (name in drawn, name in packed, name in zipped) == (geojson, database, shapefile)
    assert packed - {"layer_styles", "provenance"} <= set(told)
    for file in ("demand.csv", "stations.csv", "od.csv"):
        assert file in PAGE
        assert (out / file).is_file()


def test_rings_and_pipes_gave_files(folder):
    fields = pyogrio.read_info(folder / "out" / "rings" / "coverage.gpkg", layer="circles")
    assert {"from_minutes", "to_minutes"} <= set(fields["fields"])
    assert pyogrio.read_info(folder / "rings.json")["features"] == 3


def test_the_postgis_part_runs(tmp_path, monkeypatch):
    reason = postgis_server.why_not()
    if reason:
        pytest.skip(reason)
    (script,) = blocks("tested with a server")
    (query,) = blocks("tested in the server")
    assert "export PGPASSWORD=" in script
    monkeypatch.setenv("PGPASSWORD", "pw")
    assert script.count(ADDRESS) == 2
    with postgis_server.running() as server:
        server.sql(
            "postgres", "CREATE ROLE planner LOGIN PASSWORD 'pw'",
            "CREATE DATABASE gis OWNER planner",
        )  # fmt: skip
        server.sql("gis", "CREATE EXTENSION postgis")
        run(script.replace("localhost", f"127.0.0.1:{server.port}"), tmp_path)
        rows = server.sql("gis", query)
        assert [row[2] for row in rows] == [5.0, 10.0, 15.0, 10.0]
        assert all(row[3] == pytest.approx(row[4], rel=1e-3) for row in rows)
        gone = "DELETE FROM hongtu.runs WHERE run_id = '…'"
        assert gone in PAGE
        server.sql("gis", gone.replace("…", rows[0][0]))
        assert server.sql("gis", "SELECT DISTINCT run_id FROM hongtu.circles") == [(rows[3][0],)]


def test_options_of_the_page_exist():
    command = get_command(cli.app).commands["coverage"]
    known = {option for param in command.params for option in param.opts}
    told = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert told <= known
    assert {"--rings", "--stdout", "--seq", "--to", "--to-mode", "--od-names", "--format"} <= told
