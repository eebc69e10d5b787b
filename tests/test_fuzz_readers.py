"""Broken files, by the hundred, through every reader: a sentence or a result, soon, nothing left.

Each seed is a good file. It is cut off, has bytes turned, blocks doubled, taken out or put in, and
is read again; hypothesis shrinks whatever breaks a reader.
"""

from __future__ import annotations

import json
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import osmnx as ox
import pytest
import shapely
from drawn_network import degrees, draw, way
from drawn_vector import frame, geojson, save, shapefile, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.areas import read_areas
from geo.centrelines import LineSource
from geo.errors import PlannerError
from geo.imports import import_network
from geo.network import load_network, save_network, to_osmnx
from geo.osm import read_overrides
from geo.points import read_points
from routes.lines import read_lines

SOON_S = 5.0
POINTS = [shapely.Point(x, y) for x, y in ((118.78, 32.04), (118.79, 32.05), (118.80, 32.06))]
LINES = [
    shapely.LineString(degrees([(0, 0), (700, 0), (700, 900)])),
    shapely.LineString(degrees([(0, 0), (0, 800)])),
]
AREA = shapely.box(118.7, 32.0, 118.9, 32.1)
OSM = """<?xml version='1.0'?><osm version="0.6">
<node id="1" lat="32.04" lon="118.78" version="1"/>
<node id="2" lat="32.05" lon="118.78" version="1"/>
<node id="3" lat="32.05" lon="118.80" version="1"/>
<way id="4" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
<tag k="highway" v="footway"/><tag k="name" v="北京路"/></way></osm>"""

Read = Callable[[Path], Any]


def stations(path: Path) -> Any:
    return read_points(path, kind="stations", datum="gcj02")


def areas(path: Path) -> Any:
    return read_areas(path, datum="wgs84", level="区")


def lines(path: Path) -> Any:
    return import_network(path, lines=LineSource(datum="wgs84"))


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["2026 年站点一览"])
    sheet.append(["编号", "名称", "经度", "纬度", "开放时间"])
    for k, point in enumerate(POINTS):
        sheet.append([f"S{k}", f"驿站{k}", point.x, point.y, "8:30-17:30"])
    sheet.merge_cells("A1:E1")
    book.save(path)
    return path


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def osmnx_files(folder: Path) -> tuple[Path, Path]:
    network = draw(way((0, 0), (700, 0), (700, 900)), way((0, 0), (0, 800)))
    graph = to_osmnx(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ox.save_graphml(graph, folder / "g.graphml")
        ox.save_graph_geopackage(graph, folder / "g.gpkg")
    return folder / "g.graphml", folder / "g.gpkg"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Read]]:
    folder = tmp_path_factory.mktemp("seeds")
    rows = "".join(f"S{k},驿站{k},{p.x},{p.y},全天\n" for k, p in enumerate(POINTS))
    named = {"name": ["a", "b", "c"]}
    shape = shapefile(folder / "s.shp", frame(POINTS, "EPSG:4326", **named))
    graphml, graph_gpkg = osmnx_files(folder)
    sheet = "编号,名称,经度,纬度,开放时间\n" + rows
    fixes = "[[link]]\nline = [[118.78, 32.04], [118.79, 32.04]]\n"
    return {
        "csv": (text(folder / "a.csv", sheet, "gb18030"), stations),
        "xlsx": (workbook(folder / "a.xlsx"), stations),
        "geojson": (geojson(folder / "a.geojson", POINTS, **named), stations),
        "gpkg": (save(frame(POINTS, "EPSG:4326", **named), folder / "a.gpkg"), stations),
        "shp.zip": (zipped(folder / "a.zip", shape), stations),
        "areas": (
            geojson(folder / "b.geojson", [AREA], name=["城区"], level=["区"]), areas,
        ),
        "lines": (geojson(folder / "c.geojson", LINES, name=["一路", "二路"]), lines),
        "osm": (text(folder / "a.osm", OSM), import_network),
        "graphml": (graphml, import_network),
        "graph.gpkg": (graph_gpkg, import_network),
        "overrides": (text(folder / "o.toml", f'datum = "wgs84"\n{fixes}'), read_overrides),
    }  # fmt: skip


KEYS = (
    "csv", "xlsx", "geojson", "gpkg", "shp.zip", "areas", "lines", "osm", "graphml", "graph.gpkg",
    "overrides",
)  # fmt: skip


@st.composite
def breaking(draw_from: st.DrawFn) -> Callable[[bytes], bytes]:
    """Return a way to break a file, the same for the same bytes."""
    steps = draw_from(
        st.lists(
            st.tuples(
                st.sampled_from(["cut", "turn", "double", "drop", "put"]),
                st.floats(0, 1, exclude_max=True),
                st.integers(1, 64),
                st.binary(min_size=1, max_size=8),
            ),
            min_size=1,
            max_size=4,
        )
    )

    def change(data: bytes) -> bytes:
        for kind, where, size, more in steps:
            at = int(where * len(data))
            if kind == "cut":
                data = data[:at]
            elif kind == "turn":
                data = data[:at] + more + data[at + len(more) :]
            elif kind == "double":
                data = data[:at] + data[at : at + size] * 2 + data[at + size :]
            elif kind == "drop":
                data = data[:at] + data[at + size :]
            else:
                data = data[:at] + more + data[at:]
        return data

    return change


def held(read: Read, path: Path) -> None:
    """Read a file and hold the reader to its promise."""
    before = sorted(p.name for p in path.parent.iterdir())
    start = time.process_time()  # of this process alone: a busy machine takes nothing from it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except PlannerError as refusal:
        for lang in ("zh", "en"):
            sentence = refusal.sentence(lang)
            assert sentence
            assert "\n" not in sentence
            assert "Traceback" not in sentence
    # Long before that a person would give up; a hundredth of it is what these files take.
    assert time.process_time() - start < SOON_S
    left = [n for n in sorted(p.name for p in path.parent.iterdir()) if n not in before]
    assert left == [], "a reader leaves nothing behind"


@pytest.mark.parametrize("key", KEYS)
def test_the_seeds_are_good(seeds, key):
    path, read = seeds[key]
    assert read(path) is not None


@pytest.mark.parametrize("key", KEYS)
@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(change=breaking())
def test_a_broken_file_is_a_sentence(seeds, tmp_path_factory, key, change):
    source, read = seeds[key]
    folder = tmp_path_factory.mktemp("broken")
    path = folder / source.name
    path.write_bytes(change(source.read_bytes()))
    held(read, path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(change=breaking(), which=st.integers(0, 30))
def test_a_damaged_saved_network_is_a_sentence(tmp_path_factory, change, which):
    folder = tmp_path_factory.mktemp("network") / "n"
    save_network(draw(way((0, 0), (700, 0), (700, 900))), folder)
    files = sorted(p for p in folder.iterdir() if p.is_file())
    broken = files[which % len(files)]
    broken.write_bytes(change(broken.read_bytes()))
    held(lambda path: load_network(path.parent).edges, broken)


@settings(max_examples=40, deadline=None)
@given(change=breaking())
def test_a_broken_file_of_lines_is_a_sentence(tmp_path_factory, change):
    folder = tmp_path_factory.mktemp("lines")
    good = (Path(__file__).parents[1] / "data" / "lines" / "lines.toml").read_bytes()
    (folder / "lines.toml").write_bytes(change(good))
    held(lambda path: read_lines(path.parent), folder / "lines.toml")


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.csv", "a.graphml", "a.xlsx"])
def test_a_vrt_by_another_name_reads_no_other_file(tmp_path, name):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,lon,lat\nSECRET,118.78,32.04\n", encoding="utf-8")
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        '<GeometryType>wkbPoint</GeometryType><GeometryField encoding="PointFromColumns" x="lon" '
        'y="lat"/></OGRVRTLayer></OGRVRTDataSource>'
    )
    path = tmp_path / name
    path.write_text(vrt, encoding="utf-8")
    for read in (stations, areas, lines):
        with pytest.raises(PlannerError) as refusal:
            read(path)
        assert "SECRET" not in refusal.value.sentence("en")


def test_a_zip_that_climbs_out_of_its_folder_writes_nothing(tmp_path):
    path = tmp_path / "inner" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil.shp", b"x")
        archive.writestr("a.geojson", json.dumps({"type": "FeatureCollection", "features": []}))
    held(stations, path)
    assert not (tmp_path / "evil.shp").exists()
