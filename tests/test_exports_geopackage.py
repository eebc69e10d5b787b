"""One file with layers, styles and provenance, read back by SQLite and by GDAL."""

from __future__ import annotations

import json
import sqlite3
import struct
import xml.etree.ElementTree as ET
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from geo.errors import OutputError
from geo.exports import KINDS, Layer, NetworkSource, Provenance, write_geopackage
from geo.exports.styles import (
    ACCENT,
    STATUS_MARKERS,
    band_colours,
    gap_colours,
    marker_of,
    qml,
)

CREATED = "2026-05-01T08:00:00+08:00"
NETWORK = NetworkSource("南京", "pbf", "ab12", "2021-02-01")


def provenance(**more) -> Provenance:
    return Provenance(version="0.1.0", created=CREATED, network=NETWORK, flags=("sample",), **more)


def frame(shapes, **columns) -> gpd.GeoDataFrame:
    ids = [f"s-{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=list(shapes), crs=4326)


CENTRE = Point(118.78, 32.04)


def layers() -> list[Layer]:
    rings = [CENTRE.buffer(0.004), CENTRE.buffer(0.008), CENTRE.buffer(0.012)]
    return [
        Layer("bands", frame(rings, minutes=[5.0, 10.0, 15.0]), "bands", "步行圈"),
        Layer("responsibility", frame(rings[:1]), "responsibility"),
        Layer("gaps", frame(rings[1:], rank=[2, 1]), "gaps"),
        Layer("stations", frame([CENTRE, CENTRE], status=["used", "<&\"'>"]), "stations"),
        Layer("demand", frame([CENTRE], status=["served"]), "demand"),
        Layer("lines", frame([LineString([(118.78, 32.04), (118.79, 32.05)])]), "lines"),
        Layer("areas", frame(rings[2:], level=["区"]), "areas"),
        Layer("plain", frame([CENTRE])),
    ]


def rows(path: Path, query: str, *values) -> list[tuple]:
    with closing(sqlite3.connect(path)) as base:
        return base.execute(query, values).fetchall()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return write_geopackage(
        layers(), tmp_path_factory.mktemp("gpkg") / "result.gpkg", provenance()
    ).path


# --- layers ----------------------------------------------------------------------------------


def test_every_layer_is_there_with_its_type(written):
    found = {name: kind for name, kind in pyogrio.list_layers(written)}
    assert found == {
        "bands": "MultiPolygon",
        "responsibility": "MultiPolygon",
        "gaps": "MultiPolygon",
        "stations": "Point",
        "demand": "Point",
        "lines": "MultiLineString",
        "areas": "MultiPolygon",
        "plain": "Point",
        "layer_styles": None,
        "provenance": None,
    }
    bands = gpd.read_file(written, layer="bands")
    assert bands.crs.to_epsg() == 4326
    assert bands["minutes"].tolist() == [5.0, 10.0, 15.0]
    assert bands.geometry.is_valid.all()


def test_contents_say_what_each_table_is(written):
    found = rows(
        written, "SELECT table_name, data_type, description, last_change FROM gpkg_contents"
    )
    kinds = {name: kind for name, kind, _, _ in found}
    assert kinds["bands"] == "features"
    assert kinds["layer_styles"] == kinds["provenance"] == "attributes"
    assert {moment for *_, moment in found} == {"2026-05-01T00:00:00.000Z"}
    assert dict((name, text) for name, _, text, _ in found)["bands"] == "步行圈"


def test_the_file_is_sound(written):
    assert rows(written, "PRAGMA integrity_check") == [("ok",)]
    assert rows(written, "PRAGMA foreign_key_check") == []
    assert rows(written, "PRAGMA application_id") == [(0x47504B47,)]


def test_provenance_travels_in_a_table(written):
    found = dict(rows(written, "SELECT key, value FROM provenance"))
    record = provenance()
    assert found["run_id"] == record.run_id
    assert found["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert json.loads(found["flags"]) == ["sample"]
    assert json.loads(found["network"])["osm_date"] == "2021-02-01"


def test_the_same_input_gives_the_same_bytes(written, tmp_path):
    again = write_geopackage(layers(), tmp_path / "other.gpkg", provenance()).path
    assert again.read_bytes() == written.read_bytes()


def test_empty_layers_keep_their_type(tmp_path):
    empty = [Layer(kind, frame([]), kind) for kind in KINDS]
    path = write_geopackage(empty, tmp_path / "a.gpkg", provenance()).path
    types = {name: kind for name, kind in pyogrio.list_layers(path)}
    assert types["bands"] == "MultiPolygon"
    assert types["stations"] == "Point"
    assert types["lines"] == "MultiLineString"


def test_shapes_of_mixed_kinds_and_none_are_kept(tmp_path):
    mixed = frame([CENTRE, LineString([(118, 32), (119, 32)]), None, CENTRE.buffer(0.01)])
    parts = frame([CENTRE.buffer(0.01), MultiPolygon([CENTRE.buffer(0.01)]), None])
    heights = frame([Point(118, 32, 17.5)])
    found = [Layer("mixed", mixed), Layer("parts", parts, "bands"), Layer("high", heights)]
    path = write_geopackage(found, tmp_path / "a.gpkg", provenance()).path
    back = gpd.read_file(path, layer="mixed")
    assert len(back) == 4
    assert back.geometry.isna().tolist() == [False, False, True, False]
    assert dict(pyogrio.list_layers(path))["parts"] == "MultiPolygon"
    assert gpd.read_file(path, layer="high").geometry[0].z == 17.5


def test_columns_of_every_kind_are_kept(tmp_path):
    layer = frame(
        [CENTRE, CENTRE],
        fid=[5, 5],
        geom=["x", "y"],
        Minutes=[1.25, np.inf],
        minutes=[3, 4],
        nested=[{"reasons": ["too_far"], "电话": "1"}, None],
        maybe=pd.Series([True, None], dtype=object),
        whole=pd.Series([1, None], dtype=object),
        mixed=pd.Series([1, "a"], dtype=object),
        nothing=pd.Series([None, None], dtype=object),
        moment=pd.to_datetime(["2026-05-01 08:00", None]).tz_localize("Asia/Shanghai"),
        span=pd.to_timedelta([90, None], unit="s"),
        kind=pd.Categorical(["a", None]),
    )
    path = write_geopackage([Layer("a", layer)], tmp_path / "a.gpkg", provenance()).path
    with closing(sqlite3.connect(path)) as base:
        base.row_factory = sqlite3.Row
        first, second = (dict(row) for row in base.execute("SELECT * FROM a"))
    assert (first["fid"], first["geom"], first["fid_2"]) == (5, "x", 1)
    assert (first["Minutes"], first["minutes_2"]) == (1.25, 3)
    assert json.loads(first["nested"]) == {"reasons": ["too_far"]}
    assert (first["maybe"], first["whole"], first["mixed"]) == (1, 1, "1")
    assert first["moment"] == "2026-05-01T00:00:00.000Z"
    assert (first["span"], first["kind"], first["nothing"]) == (90.0, "a", None)
    gaps = ("nested", "maybe", "whole", "moment", "span", "kind", "nothing")
    assert [second[name] for name in gaps] == [None] * len(gaps)
    assert second["Minutes"] is None, "no walking route is no number of minutes"


def test_a_table_without_geometry_is_a_table(tmp_path):
    table = pd.DataFrame({"origin": ["p1"], "destination": ["s-1"], "minutes": [3.5]})
    found = [Layer("od", table, None, "分钟表", None), Layer("stations", frame([CENTRE]))]
    path = write_geopackage(found, tmp_path / "a.gpkg", provenance(datum_out="gcj02")).path
    kinds = dict(rows(path, "SELECT table_name, data_type FROM gpkg_contents"))
    assert (kinds["od"], kinds["stations"]) == ("attributes", "features")
    assert rows(path, "SELECT origin, destination, minutes FROM od") == [("p1", "s-1", 3.5)]
    assert rows(path, "SELECT description FROM gpkg_contents WHERE table_name='od'") == [
        ("分钟表",)
    ]


def test_columns_carry_their_headings_into_qgis(tmp_path):
    table = frame([CENTRE], name=["甲"], area_km2=[1.0], 片区=["x"])
    for lang, said in (("zh", "面积（平方公里）"), ("en", "area (km²)")):
        root = ET.fromstring(qml("stations", table, lang))
        aliases = {alias.get("field"): alias.get("name") for alias in root.iter("alias")}
        assert aliases["area_km2"] == said
        assert "片区" not in aliases
        assert "geometry" not in aliases
    assert root.get("labelsEnabled") == "1"
    assert root.find("labeling/settings/text-style").get("fieldName") == "name"
    assert ET.fromstring(qml("stations", table.drop(columns="name"))).get("labelsEnabled") == "0"


def test_the_version_is_one_that_older_programs_know(written):
    assert rows(written, "PRAGMA user_version") == [(10200,)]
    assert rows(written, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'rtree_%_geom'") == [
        (8,)
    ]


def test_private_columns_and_collapsed_shapes_are_reported(tmp_path):
    layer = frame([CENTRE.buffer(1e-9), CENTRE.buffer(0.1)], 联系人=["张三", "李四"])
    done = write_geopackage([Layer("bands", layer, "bands")], tmp_path / "a.gpkg", provenance())
    assert done.collapsed == ("s-0",)
    assert done.dropped_columns == ("联系人",)
    assert done.rows == 1
    assert "张三".encode() not in done.path.read_bytes()


@pytest.mark.parametrize(
    "names", [[], ["a", "A"], ["provenance"], ["layer_styles"], ["gpkg_contents"], [""]]
)
def test_names_of_layers_are_checked(tmp_path, names):
    with pytest.raises(ValueError, match="names"):
        write_geopackage([Layer(n, frame([])) for n in names], tmp_path / "a.gpkg", provenance())


def test_a_file_in_use_is_not_replaced(tmp_path):
    target = tmp_path / "a.gpkg"
    (tmp_path / "a.gpkg-wal").write_bytes(b"unfinished")
    with pytest.raises(OutputError, match="open in another program"):
        write_geopackage([Layer("a", frame([CENTRE]))], target, provenance())
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg-wal"]


def test_rows_that_went_missing_are_a_refusal(tmp_path, monkeypatch):
    """GDAL dropping rows without a word would be found."""
    real = pyogrio.write_dataframe
    monkeypatch.setattr(
        pyogrio, "write_dataframe", lambda table, *args, **more: real(table[:1], *args, **more)
    )
    with pytest.raises(OutputError, match="1 of 2 rows in a"):
        write_geopackage([Layer("a", frame([CENTRE, CENTRE]))], tmp_path / "a.gpkg", provenance())
    assert list(tmp_path.iterdir()) == []


# --- datums ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_a_shifted_file_has_no_system_and_says_why(tmp_path, name):
    done = write_geopackage(layers(), tmp_path / "a.gpkg", provenance(datum_out=name), lang="en")
    assert done.path.name == f"a.{name}.gpkg"
    systems = rows(done.path, "SELECT srs_id FROM gpkg_geometry_columns")
    assert set(systems) == {(0,)}
    listed = rows(done.path, "SELECT srs_id, description FROM gpkg_contents")
    assert {srs for srs, _ in listed} == {0}
    assert sum("not WGS-84" in text for _, text in listed) == len(layers())
    ((blob,),) = rows(done.path, "SELECT geom FROM plain")
    assert blob[:2] == b"GP"
    assert struct.unpack("<i", blob[4:8]) == (0,)
    moved = pyogrio.read_dataframe(done.path, layer="plain").geometry[0]
    assert moved.distance(CENTRE) > 0.003
    assert dict(rows(done.path, "SELECT key, value FROM provenance"))["datum"] == name


def test_cgcs2000_has_its_code(tmp_path):
    done = write_geopackage(layers(), tmp_path / "a.gpkg", provenance(datum_out="cgcs2000"))
    back = gpd.read_file(done.path, layer="plain")
    assert back.crs.to_epsg() == 4490
    assert back.geometry[0].equals(CENTRE)


# --- styles ----------------------------------------------------------------------------------


def styles(path: Path) -> dict[str, ET.Element]:
    found = rows(path, "SELECT f_table_name, styleQML FROM layer_styles")
    return {name: ET.fromstring(text) for name, text in found}


def test_each_layer_of_a_kind_has_a_default_style(written):
    found = rows(
        written,
        "SELECT f_table_catalog, f_table_schema, f_table_name, f_geometry_column, useAsDefault,"
        " update_time FROM layer_styles",
    )
    assert [row[2] for row in found] == list(KINDS)
    assert {row[:2] + row[3:] for row in found} == {("", "", "geom", 1, "2026-05-01T00:00:00.000Z")}


def test_symbols_and_classes_fit_together(written):
    for name, style in styles(written).items():
        assert style.tag == "qgis"
        renderer = style.find("renderer-v2")
        symbols = {symbol.get("name"): symbol for symbol in renderer.iter("symbol")}
        classes = renderer.findall("categories/category")
        assert {c.get("symbol") for c in classes} <= set(symbols)
        if renderer.get("type") == "categorizedSymbol":
            assert {c.get("symbol") for c in classes} == set(symbols)
            assert renderer.get("attr") in gpd.read_file(written, layer=name).columns
        else:
            assert (renderer.get("type"), list(symbols)) == ("singleSymbol", ["0"])
        for symbol in symbols.values():
            layer = symbol.find("layer")
            options = {o.get("name"): o.get("value") for o in layer.findall("Option/Option")}
            assert options == {p.get("k"): p.get("v") for p in layer.findall("prop")}
            assert (
                layer.get("class")
                == {
                    "fill": "SimpleFill",
                    "marker": "SimpleMarker",
                    "line": "SimpleLine",
                }[symbol.get("type")]
            )


def test_bands_run_dark_to_light_and_the_widest_is_drawn_first(written):
    renderer = styles(written)["bands"].find("renderer-v2")
    classes = [(c.get("value"), c.get("label")) for c in renderer.iter("category")]
    assert classes == [("5", "5 分钟内"), ("10", "10 分钟内"), ("15", "15 分钟内")]
    clause = renderer.find("orderby/orderByClause")
    assert (clause.text, clause.get("asc")) == ('"minutes"', "0")
    assert all(0 < float(symbol.get("alpha")) < 1 for symbol in renderer.iter("symbol"))


def test_a_status_with_signs_of_xml_survives(written):
    renderer = styles(written)["stations"].find("renderer-v2")
    values = [c.get("value") for c in renderer.iter("category")]
    assert values == ["<&\"'>", "used", ""]


def test_bands_by_metres_and_odd_values():
    style = ET.fromstring(
        qml("bands", pd.DataFrame({"metres": [300.0, 1000.5], "minutes": [5.0, 15.0]}), "en")
    )
    classes = [(c.get("value"), c.get("label")) for c in style.iter("category")]
    assert classes == [("300", "within 300 m"), ("1000.5", "within 1000.5 m")]
    for table in (pd.DataFrame(), pd.DataFrame({"minutes": pd.Series([1, "a"], dtype=object)})):
        style = ET.fromstring(qml("bands", table))
        assert style.find("renderer-v2").get("type") == "singleSymbol"


def test_only_the_worst_gaps_have_a_class_of_their_own():
    style = ET.fromstring(qml("gaps", pd.DataFrame({"rank": range(1, 30)}), "en"))
    labels = [c.get("label") for c in style.iter("category")]
    assert labels == [f"gap no. {n}" for n in range(1, 6)] + ["other gaps"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_has_a_style_without_any_column(kind, lang):
    assert ET.fromstring(qml(kind, pd.DataFrame(), lang)).find("renderer-v2") is not None


def test_an_unknown_kind_is_a_fault():
    with pytest.raises(ValueError, match="kind must be one of"):
        qml("circles", pd.DataFrame())


def lightness(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#RRGGBB``."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ramp", [band_colours, gap_colours])
@pytest.mark.parametrize("count", range(1, 7))
def test_ramps_can_be_told_apart_by_lightness_alone(ramp, count):
    shades = [lightness(colour) for colour in ramp(count)]
    assert len(shades) == count
    assert all(b - a > 0.02 for a, b in pairwise(shades))


def test_statuses_differ_in_shape_as_well_as_colour():
    for group in (("used", "unknown", "closed", "not_used"), ("served", "not_served", "not_used")):
        assert len({STATUS_MARKERS[name].shape for name in group}) == len(group)
        assert len({STATUS_MARKERS[name].colour for name in group}) == len(group)
    assert marker_of("used").colour == ACCENT
    assert marker_of("never heard of") == STATUS_MARKERS["not_used"]


def test_a_polygon_with_a_hole_keeps_it(tmp_path):
    ring = Polygon(CENTRE.buffer(0.01).exterior, [CENTRE.buffer(0.005).exterior])
    path = write_geopackage([Layer("a", frame([ring]))], tmp_path / "a.gpkg", provenance()).path
    assert len(gpd.read_file(path, layer="a").geometry[0].geoms[0].interiors) == 1
