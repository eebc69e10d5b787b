"""docs/gis.md: its commands run, its names are the names of the files."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path

import postgis_server
import pyogrio
import pytest
import union_files
from pages import ROOT, blocks, commands, page, run
from typer.main import get_command

import cli
from geo.network import load_network

PAGE = page("docs/gis.md")
HURRY = "--cell-m 80"  # behind each run of coverage: the page is not about fine borders
ADDRESS = "postgresql://planner@localhost/gis"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a page for a POSIX shell")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder in which every tested block was run."""
    found = tmp_path_factory.mktemp("page")
    for block in blocks(PAGE, "tested"):
        run(block, found, HURRY)
    return found


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    """Return a folder with files to read, in which every block about them was run."""
    found = tmp_path_factory.mktemp("inputs")
    union_files.write_streets(found / "nanjing.osm.pbf")
    union_files.write_centrelines(found)
    union_files.write_gis_points(found)
    union_files.write_demand(found / "demand.csv")
    union_files.write_areas(found / "areas.geojson")
    shutil.copytree(ROOT / "docs" / "examples", found / "docs" / "examples")
    told = "".join(blocks(PAGE, "tested with files"))
    first, *others = commands(told)
    run(first, found)
    union_files.write_graphs(found / "nanjing", found)
    run("\n".join(others), found, HURRY)
    return found


def test_every_road_into_a_network_gives_the_same_streets(inputs):
    streets = load_network(inputs / "nanjing")
    total = streets.edge_length_m.sum()
    assert total == pytest.approx(2 * union_files.STREETS * 2000, rel=0.01)
    for name in ("from-graph", "from-package", "centrelines", "from-degrees"):
        other = load_network(inputs / name)
        assert other.n_nodes == streets.n_nodes == union_files.STREETS**2
        assert other.edge_length_m.sum() == pytest.approx(total, rel=1e-4)
    strict = load_network(inputs / "strict")
    assert strict.n_nodes < streets.n_nodes  # without crossings lines meet at ends only
    assert load_network(inputs / "centre").edge_length_m.sum() < 0.8 * total


def test_flags_of_the_page_are_the_flags_of_the_networks(inputs):
    assert "no_water" in load_network(inputs / "from-graph").meta.flags
    assert {"own_lines", "levels_unknown"} <= set(load_network(inputs / "centrelines").meta.flags)
    assert "overrides" in load_network(inputs / "scenario").meta.flags
    for flag in ("no_water", "own_lines", "levels_unknown", "drive_only", "overrides"):
        assert f"`{flag}`" in PAGE


def test_the_audit_and_the_result_are_there(inputs):
    for name in ("audit/findings.geojson", "audit/audit.html", "nanjing.gpkg"):
        assert (inputs / name).stat().st_size > 0
    packed = {name for name, _ in pyogrio.list_layers(inputs / "out" / "own" / "coverage.gpkg")}
    assert {"circles", "demand", "areas"} <= packed


def test_links_of_the_page_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.+)$", PAGE, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


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
    (script,) = blocks(PAGE, "tested with a server")
    (query,) = blocks(PAGE, "tested in the server")
    assert "export PGPASSWORD=" in script
    monkeypatch.setenv("PGPASSWORD", "pw")
    assert script.count(ADDRESS) == 2
    with postgis_server.running() as server:
        server.sql(
            "postgres", "CREATE ROLE planner LOGIN PASSWORD 'pw'",
            "CREATE DATABASE gis OWNER planner",
        )  # fmt: skip
        server.sql("gis", "CREATE EXTENSION postgis")
        run(script.replace("localhost", f"127.0.0.1:{server.port}"), tmp_path, HURRY)
        rows = server.sql("gis", query)
        assert [row[2] for row in rows] == [5.0, 10.0, 15.0, 10.0]
        assert all(row[3] == pytest.approx(row[4], rel=1e-3) for row in rows)
        gone = "DELETE FROM hongtu.runs WHERE run_id = '…'"
        assert gone in PAGE
        server.sql("gis", gone.replace("…", rows[0][0]))
        assert server.sql("gis", "SELECT DISTINCT run_id FROM hongtu.circles") == [(rows[3][0],)]


def test_options_of_the_page_exist():
    group = get_command(cli.app)
    network = group.commands["network"].commands
    known = {
        option
        for command in (group.commands["coverage"], *network.values())
        for param in command.params
        for option in (*param.opts, *param.secondary_opts)
    }
    told = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert told <= known
    assert {"--rings", "--stdout", "--seq", "--to", "--to-mode", "--od-names", "--format"} <= told
    (fetch,) = blocks(PAGE, "not run")
    assert set(re.findall(r"--[a-z-]+", fetch)) <= known
