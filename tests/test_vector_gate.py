"""Vector files through the gate: three formats, one answer."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from drawn_vector import frame, geojson, save, shapefile, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geo import words
from geo.errors import VectorError
from geo.vector import layers_of, read_features

LINES = [
    LineString([(0, 0), (10, 0), (20, 5)]),
    MultiLineString([[(0, 1), (1, 1)], [(5, 5), (6, 6)]]),
]
NAMES = ["中山路", "解放路"]


def as_written(tmp_path: Path, form: str, table: gpd.GeoDataFrame) -> Path:
    if form == "geojson":
        columns = {c: table[c].tolist() for c in table.columns if c != "geometry"}
        crs = None if table.crs is None else f"urn:ogc:def:crs:EPSG::{table.crs.to_epsg()}"
        return geojson(tmp_path / "a.geojson", table.geometry, crs=crs, **columns)
    if form == "gpkg":
        return save(table, tmp_path / "a.gpkg", layer="道路")
    shp = shapefile(tmp_path / "in" / "a.shp", table)
    return shp if form == "shp" else zipped(tmp_path / "a.zip", shp, inside="图层/")


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "zip"])
def test_every_format_says_the_same(tmp_path, form):
    table = frame(LINES, "EPSG:4549", 名称=NAMES, 宽=[3.5, None], n=[1, 2])
    found = read_features(as_written(tmp_path, form, table), geometry="lines")
    assert [len(shapely.get_parts(g)) for g in found.geometry] == [1, 2]
    assert shapely.equals_exact(shapely.get_parts(found.geometry), shapely.get_parts(LINES)).all()
    assert found.own.to_dict("list") == {"名称": NAMES, "宽": [3.5, None], "n": [1, 2]}
    assert (found.crs, found.faults, found.rows.tolist()) == ("EPSG:4549", {}, [1, 2])
    assert found.driver == {"zip": "shapefile", "shp": "shapefile"}.get(form, form)
    assert found.layer == ("道路" if form == "gpkg" else "a")
    assert layers_of(tmp_path / "in/a.shp" if form == "shp" else tmp_path / f"a.{form}") == [
        found.layer
    ]


coordinates = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
drawn_lines = st.lists(
    st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=6).map(LineString),
    min_size=1,
    max_size=6,
)


@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=drawn_lines, form=st.sampled_from(["geojson", "gpkg", "shp"]))
def test_no_vertex_is_lost(tmp_path, lines, form):
    for old in tmp_path.rglob("*"):
        if old.is_file():
            old.unlink()
    found = read_features(
        as_written(tmp_path, form, frame(lines, n=[0] * len(lines))), geometry="lines"
    )
    assert shapely.equals_exact(found.geometry, np.array(lines, dtype=object)).all()


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp"])
def test_heights_are_dropped_and_holes_kept(tmp_path, form):
    shell = [(0, 0, 5), (9, 0, 5), (9, 9, 5), (0, 9, 5), (0, 0, 5)]
    hole = [(2, 2, 5), (2, 4, 5), (4, 4, 5), (2, 2, 5)]
    areas = [Polygon(shell, [hole]), MultiPolygon([box(20, 0, 21, 1), box(30, 0, 31, 1)])]
    if form == "gpkg":
        areas[1] = shapely.force_3d(areas[1])
    found = read_features(as_written(tmp_path, form, frame(areas, n=[1, 2])), geometry="areas")
    assert not shapely.has_z(found.geometry).any()
    assert shapely.area(found.geometry).tolist() == [79.0, 2.0]


def test_a_polygon_that_crosses_itself_is_not_repaired(tmp_path):
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    found = read_features(geojson(tmp_path / "a.geojson", [bow]), geometry="areas")
    assert found.faults == {}
    assert shapely.to_wkt(found.geometry[0]) == shapely.to_wkt(bow)
    assert not shapely.is_valid(found.geometry[0])


# --- features that are not what was asked for -------------------------------------------------

GOOD = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}


@pytest.mark.parametrize(
    ("shape", "kind", "code"),
    [
        (None, "lines", "no_position"),
        ({"type": "LineString", "coordinates": []}, "lines", "no_position"),
        (Point(1, 1), "lines", "not_a_line"),
        (box(0, 0, 1, 1), "lines", "not_a_line"),
        ({"type": "GeometryCollection", "geometries": [GOOD, GOOD]}, "lines", "not_a_line"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "lines", "bad_shape"),
        ({"type": "LineString", "coordinates": [[0, 0], [float("nan"), 1]]}, "lines", "bad_number"),
        ({"type": "LineString", "coordinates": [[0, 0], ["1", "1"]]}, "lines", "bad_number"),
        ({"type": "LineString", "coordinates": [[0, 0], 7]}, "lines", "bad_number"),
        ({"type": "LineString", "coordinates": {"x": 1}}, "lines", "bad_number"),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], 3]}, "lines", "bad_number"),
        ({"type": "MultiLineString", "coordinates": 3}, "lines", "bad_number"),
        (LineString([(0, 0), (1, 1)]), "areas", "not_an_area"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}, "areas", "bad_shape"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "areas",
         "open_ring"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "areas", "bad_shape"),
        ({"type": "MultiPolygon", "coordinates": [7]}, "areas", "bad_number"),
    ],
)  # fmt: skip
def test_faults_of_geojson_are_of_their_feature(tmp_path, shape, kind, code):
    good = {"lines": LINES[1], "areas": MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])}[kind]
    path = geojson(tmp_path / "a.geojson", [good, shape, good])
    found = read_features(path, geometry=kind)
    assert {i: remark[0] for i, remark in found.faults.items()} == {1: code}
    assert found.geometry[1] is None
    assert found.geometry[0] == found.geometry[2] == good
    fields = found.faults[1][1]
    assert all(words.say(f"reason.{code}", lang, **fields) for lang in words.LANGUAGES)


@pytest.mark.parametrize("form", ["gpkg", "shp"])
def test_faults_of_gdal_s_formats_are_the_same(tmp_path, form):
    lines = [LINES[0], None, LineString([(0, 0), (7777, 1)])]
    path = as_written(tmp_path, form, frame(lines, n=[1, 2, 3]))
    number, nothing = (np.array([v], "<f8").tobytes() for v in (7777, np.nan))
    path.write_bytes(path.read_bytes().replace(number, nothing))
    found = read_features(path, geometry="lines")
    assert {i: code for i, (code, _) in found.faults.items()} == {1: "no_position", 2: "bad_number"}
    assert found.own["n"].tolist() == [1, 2, 3]


def test_mixed_kinds_in_a_geopackage(tmp_path):
    shapes = [Point(1, 1), LINES[0], box(0, 0, 1, 1), shapely.GeometryCollection([LINES[0]])]
    path = as_written(tmp_path, "gpkg", frame(shapes, n=[1, 2, 3, 4]))
    found = read_features(path, geometry="lines")
    assert {i: remark for i, remark in found.faults.items()} == {
        0: ("not_a_line", {"found": "Point"}),
        2: ("not_a_line", {"found": "Polygon"}),
    }
    assert found.geometry[3] == LINES[0]


def test_a_layer_of_curves_is_refused_in_a_sentence(tmp_path):
    path = as_written(tmp_path, "gpkg", frame([LINES[0]], n=[1]))
    arc = shapely.to_wkb(LINES[0], byte_order=1)
    arc = b"GP\0\1\0\0\0\0" + arc[:1] + b"\x08" + arc[2:]
    with closing(sqlite3.connect(path)) as base:
        made = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in made:
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute('UPDATE "道路" SET geom = ?', (arc,))
        base.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CIRCULARSTRING'")
        base.commit()
    with pytest.raises(VectorError) as caught:
        read_features(path, geometry="lines")
    assert caught.value.code == "vector_curves"


# --- tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "cpg", "honoured"),
    [
        ("UTF-8", None, None),
        ("UTF-8", "UTF-8", True),
        ("UTF-8", "x\x00y", False),
        ("UTF-8", "rot13", False),
        ("GBK", None, None),
        *(("GBK", cpg, True) for cpg in ("GBK", "936", "ANSI 936", "cp936", "gb2312")),
        *(("GBK", cpg, False) for cpg in ("UTF-8", "65001", "Big Five?", "idna")),
    ],
)
def test_a_dbf_in_either_encoding(tmp_path, encoding, cpg, honoured):
    names = ["中山北路", "龙蟠中路", None]
    shapes = [LINES[0], LINES[1], LINES[0]]
    shp = shapefile(tmp_path / "a.shp", frame(shapes, 路名=names), encoding)
    shp.with_suffix(".cpg").unlink()
    if cpg is not None:
        shp.with_suffix(".cpg").write_text(cpg)
    found = read_features(shp, geometry="lines")
    assert found.own.to_dict("list") == {"路名": names}
    assert bool(found.warnings) == (honoured is False)
    for code, fields in found.warnings:
        assert words.say(f"warning.{code}", "zh", **fields)


def test_a_character_cut_by_the_width_of_its_field(tmp_path):
    """A .dbf heading has ten bytes, so 道路名称 ends within a character in UTF-8."""
    shp = shapefile(tmp_path / "a.shp", frame(LINES, 道路名=NAMES))
    table = shp.with_suffix(".dbf").read_bytes()
    whole = "道路名称".encode()
    table = table.replace(whole[:9] + b"\0", whole[:10], 1)
    shp.with_suffix(".dbf").write_bytes(table)
    assert read_features(shp, geometry="lines").own.columns.tolist() == ["道路名"]


def test_a_shapefile_without_prj_says_nothing_of_its_crs(tmp_path):
    shp = shapefile(tmp_path / "a.shp", frame(LINES, "EPSG:4549", n=[1, 2]))
    assert read_features(shp, geometry="lines").crs == "EPSG:4549"
    shp.with_suffix(".prj").unlink()
    assert read_features(shp, geometry="lines").crs is None


def test_a_shapefile_without_a_table(tmp_path):
    shp = shapefile(tmp_path / "a.shp", frame(LINES, n=[1, 2]))
    shp.with_suffix(".dbf").unlink()
    found = read_features(shp, geometry="lines")
    assert len(found) == 2
    assert found.own.shape == (2, 0) or found.own.columns.tolist() == ["FID"]


def test_capital_endings(tmp_path):
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    for part in shp.parent.iterdir():
        part.rename(tmp_path / f"A{part.suffix.upper()}")
    assert len(read_features(tmp_path / "A.SHP", geometry="lines")) == 2


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "OGC:CRS84", "EPSG:4549", "EPSG:3857"])
def test_crs_of_a_geopackage(tmp_path, crs):
    table = frame(LINES, crs, n=[1, 2])
    said = read_features(as_written(tmp_path, "gpkg", table), geometry="lines").crs
    assert said == crs


def test_a_geopackage_that_says_nothing_of_its_crs(tmp_path):
    path = as_written(tmp_path, "gpkg", frame(LINES, n=[1, 2]))
    assert read_features(path, geometry="lines").crs is None


def test_dates_and_numbers(tmp_path):
    table = frame([LINES[0]], 日期=[np.datetime64("2025-11-15")], 是=[True], 长=[2**60 + 1])
    found = read_features(as_written(tmp_path, "gpkg", table), geometry="lines")
    row = found.own.iloc[0].to_dict()
    assert row["日期"].startswith("2025-11-15")
    assert (row["是"], row["长"]) == (True, 2**60 + 1)


# --- several layers ---------------------------------------------------------------------------


def test_layers_of_a_geopackage(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer, shapes in (("nodes", [Point(1, 1)]), ("edges", LINES[:1])):
        save(frame(shapes, n=[1]), path, layer=layer)
    assert layers_of(path) == ["nodes", "edges"]
    assert read_features(path, geometry="lines", layer="EDGES").layer == "edges"
    assert read_features(path, geometry="points", layer="nodes").geometry[0] == Point(1, 1)
    assert path.stat().st_size > 0
    with closing(sqlite3.connect(path)) as base:  # only the copy was stripped
        assert base.execute("SELECT count(*) FROM gpkg_contents").fetchone() == (2,)


def test_shapefiles_in_a_zip(tmp_path):
    one = shapefile(tmp_path / "in/道路.shp", frame(LINES, n=[1, 2]))
    two = shapefile(tmp_path / "in/河.shp", frame(LINES[:1], n=[1]))
    path = zipped(tmp_path / "a.zip", one, two)
    assert layers_of(path) == ["道路", "河"]
    assert len(read_features(path, geometry="lines", layer="河")) == 1


def test_names_in_gbk_and_a_mac_s_own_files(tmp_path):
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in shp.parent.iterdir():
            info = zipfile.ZipInfo(f"xxxx{part.suffix}")
            archive.writestr(info, part.read_bytes())
            archive.writestr(f"__MACOSX/._a{part.suffix}", b"\x00\x05\x16\x07")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"xxxx.", "道路".encode("gbk") + b"."))
    assert layers_of(path) == ["道路"]
    assert len(read_features(path, geometry="lines")) == 2


@pytest.mark.shared
def test_a_real_geopackage_of_osmnx(shared):
    path = shared / "data" / "hk_yaumatei_osmnx_all2022.gpkg"
    found = read_features(path, geometry="lines", layer="edges")
    peer = gpd.read_file(path, layer="edges")
    assert shapely.equals_exact(found.geometry, peer.geometry.to_numpy()).all()
    assert found.own["osmid"].tolist() == peer["osmid"].tolist()
    assert (len(read_features(path, geometry="points", layer="nodes")), found.crs) == (
        5406,
        "EPSG:4326",
    )
