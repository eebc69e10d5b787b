"""Points from files that are broken, huge or malicious: a sentence, never a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import words
from geo.errors import MissingFileError, PlannerError, PointsError
from geo.points import FAULT_CODES, PointTable, as_dict, describe, read_points
from geo.points import cells as cells_module
from geo.points import layout as layout_module
from geo.points import reading as reading_module
from geo.points import tables as tables_module
from geo.vector import geojson as geojson_module

TABLE = "编号,名称,经度,纬度\nA1,新街口驿站,118.79,32.04\n"
FUZZ = settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read(tmp_path: Path, data: str | bytes, name: str = "points.csv", **options) -> PointTable:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_points(path, **{"kind": "stations", "datum": "wgs84", **options})


def refusal(tmp_path: Path, data: str | bytes, name: str = "points.csv", **options) -> PlannerError:
    with pytest.raises(PlannerError) as caught:
        read(tmp_path, data, name, **options)
    check_sentence(caught.value)
    return caught.value


def check_sentence(error: PlannerError) -> None:
    for lang in words.LANGUAGES:
        sentence = error.sentence(lang)
        assert sentence.endswith(("。", "."))
        assert "\n" not in sentence


def check_table(table: PointTable) -> None:
    """Every promise of a table that no input may break."""
    assert len(table.frame) >= 1
    assert table.rows == len(table.frame) + len(table.unused)
    ids = table.frame["id"].tolist() + table.unused["id"].tolist()
    assert len(set(ids)) == len(ids)
    assert all(isinstance(i, str) and i for i in ids)
    assert set(table.faults["code"]) <= set(FAULT_CODES)
    assert np.isfinite(table.frame.total_bounds).all()
    if table.kind == "demand":
        assert (table.frame["demand"] >= 0).all()
    lowered = [str(c).casefold() for c in table.unused.columns]
    assert len(set(lowered)) == len(lowered)
    for lang in words.LANGUAGES:
        assert describe(table, lang, max_faults=None)
    json.dumps(as_dict(table), allow_nan=False).encode()


# Encodings and delimiters


@pytest.mark.parametrize(
    ("encoding", "bom", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("gb18030", b"", "gb18030"),
        ("gbk", b"", "gb18030"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，", "；", "|"])
def test_every_encoding_with_every_delimiter(tmp_path, encoding, bom, found, delimiter):
    data = bom + TABLE.replace(",", delimiter).encode(encoding)
    for name in ("a.csv", "a.tsv", "a.TXT"):
        table = read(tmp_path, data, name)
        assert table.encoding == found
        assert table.frame["name"].tolist() == ["新街口驿站"]
        assert table.frame["id"].tolist() == ["A1"]


def test_a_comma_within_cells_is_no_delimiter(tmp_path):
    text = "名称;坐标;备注\n甲;118.79,32.04;a,b,c,d\n"
    assert read(tmp_path, text).frame["备注"].tolist() == ["a,b,c,d"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end(tmp_path, newline):
    assert len(read(tmp_path, TABLE.replace("\n", newline))) == 1


def test_line_separators_within_a_cell_do_not_end_it(tmp_path):
    table = read(tmp_path, "lon,lat,note\n118.79,32.04,a\u2028b\x0bc\n")
    assert table.frame["note"].tolist() == ["a\u2028b\x0bc"]


# Files that are none


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(MissingFileError) as caught:
        read_points(tmp_path / "none.csv", kind="sites", datum="wgs84")
    check_sentence(caught.value)


@pytest.mark.parametrize("name", ["folder", "folder.csv"])
def test_a_folder(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(PointsError) as caught:
        read_points(tmp_path / name, kind="sites", datum="wgs84")
    assert caught.value.code == "file_is_folder"


def test_a_name_that_no_file_can_have():
    for name in ("a\0.csv", "x" * 5000 + ".csv"):
        with pytest.raises(PlannerError) as caught:
            read_points(name, kind="sites", datum="wgs84")
        check_sentence(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(PointsError) as caught:
        read_points(tmp_path / "pipe.csv", kind="sites", datum="wgs84")
    assert caught.value.code == "file_not_regular"


def test_no_permission(tmp_path, monkeypatch):
    def forbidden(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert refusal(tmp_path, TABLE).code == "file_unreadable"


@pytest.mark.parametrize("name", ["a.ods", "a.XLSB", "a.docx", "a.wps", "a", "a.csv.gz"])
def test_other_formats_are_refused_with_what_is_read(tmp_path, name):
    error = refusal(tmp_path, TABLE, name)
    assert error.code == "format_unknown"
    assert ".csv" in str(error)
    assert ".geojson" in str(error)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\n \n\r\n", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b",,,\n,,\n", "no_coordinate_columns"),
        (b"lon,lat\n", "no_rows"),
        (b"lon,lat", "no_rows"),
        (b"lon,lat\n,\n  ,\n", "no_rows"),
        (b"PK\x03\x04\x14\x00\x06\x00", "file_binary"),
        (TABLE.encode("utf-16-le"), "file_binary"),
        ("\ufeff".encode("utf-16-le") + "经\0度".encode("utf-16-le"), "file_binary"),
        (TABLE.encode("utf-16") + b"\x00", "encoding_unknown"),
        (b"lon,lat,\xff\xff\n1,1\n", "encoding_unknown"),
        (b"118.79,32.04\n118.80,32.05\n", "no_coordinate_columns"),
        (b"lon\n118.79\n", "no_coordinate_columns"),
        (b'lon,lat,note\n1,1,"never closed\n2,2,\n', "quotes_broken"),
        (b'lon,lat,note\n1,1,"a"b\n', "quotes_broken"),
        (b"lon,lat,note\n1,1," + b"x" * 100_001, "cell_too_long"),
        (b"lon,lat,note\n1,1," + b"x" * 200_000, "cell_too_long"),
        (b"lon,lat" + b",a" * 1_000, "too_many_columns"),
    ],
)
def test_files_that_are_no_tables(tmp_path, data, code):
    assert refusal(tmp_path, data).code == code


def test_the_row_of_a_broken_quotation_is_told(tmp_path):
    error = refusal(tmp_path, 'lon,lat,note\n1,1,\n1,1,"open\n1,1,\n')
    assert error.params["row"] == 3


def test_too_many_rows_or_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(layout_module, "MAX_ROWS", 3)
    monkeypatch.setattr(tables_module, "MAX_ROWS", 3)
    monkeypatch.setattr(geojson_module, "MAX_ROWS", 3)
    assert len(read(tmp_path, "lon,lat\n" + "1,1\n" * 3)) == 3
    assert refusal(tmp_path, "lon,lat\n" + "1,1\n" * 4).code == "too_many_rows"
    points = [{"type": "Point", "coordinates": [1, 1]}] * 4
    many = json.dumps({"type": "GeometryCollection", "geometries": points})
    assert refusal(tmp_path, many, "a.geojson").code == "too_many_rows"
    monkeypatch.setattr(reading_module, "MAX_BYTES", 5)
    assert refusal(tmp_path, "lon,lat\n1,1\n").code == "file_too_large"


# GeoJSON


def feature(geometry, **members):
    return {"type": "Feature", "geometry": geometry, "properties": {}, **members}


def point(*coordinates):
    return {"type": "Point", "coordinates": list(coordinates)}


def collection(*features, **members):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members})


def read_json(tmp_path, text, **options):
    return read(tmp_path, text, "points.geojson", **options)


def test_a_collection(tmp_path):
    text = collection(
        feature(point(118.79, 32.04, 12.5), id=7, properties={"name": "甲", "n": 3, "tags": ["a"]}),
        feature(point(118.8, 32.05), id="b", properties={"名称": "乙", "n": None, "ok": True}),
    )
    table = read_json(tmp_path, text)
    assert list(table.frame.columns) == ["id", "name", "n", "tags", "名称", "ok", "geometry"]
    assert table.frame["id"].tolist() == ["7", "b"]
    assert table.frame["n"].tolist() == [3, None]
    assert table.frame["tags"].tolist() == ['["a"]', None]
    assert table.frame["ok"].tolist() == [None, True]
    assert table.frame.geometry.y.tolist() == [32.04, 32.05]


@pytest.mark.parametrize(
    "document",
    [
        point(118.79, 32.04),
        feature(point(118.79, 32.04)),
        {"type": "GeometryCollection", "geometries": [point(118.79, 32.04)]},
        {"type": "MultiPoint", "coordinates": [[118.79, 32.04]]},
        feature({"type": "GeometryCollection", "geometries": [point(118.79, 32.04)]}),
    ],
)
def test_bare_geometries_and_ones(tmp_path, document):
    table = read_json(tmp_path, json.dumps(document))
    assert table.frame["id"].tolist() == ["row-1"]
    assert table.frame.geometry.x.tolist() == [118.79]


def test_an_id_column_goes_before_the_running_numbers_of_a_program(tmp_path):
    text = collection(
        feature(point(1, 1), id="0", properties={"id": "A1"}),
        feature(point(1, 2), id="1", properties={"id": "A2"}),
    )
    assert read_json(tmp_path, text).frame["id"].tolist() == ["A1", "A2"]
    repeated = read_json(tmp_path, text.replace("A2", "A1"))
    assert repeated.frame["id"].tolist() == ["0", "1"]
    assert repeated.frame["id_input"].tolist() == ["A1", "A1"]
    assert "id" not in repeated.columns


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "no_position"),
        (point(), "no_position"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "not_a_point"),
        ({"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]}, "not_a_point"),
        ({"type": ["Point"], "coordinates": [1, 1]}, "not_a_point"),
        ("Point", "not_a_point"),
        (7, "not_a_point"),
        (point(1), "bad_number"),
        (point("1", "2"), "bad_number"),
        (point(True, 1), "bad_number"),
        (point(float("nan"), 1), "bad_number"),
        (point(float("inf"), 1), "bad_number"),
        (point(10**400, 1), "bad_number"),
        (point([1], [2]), "bad_number"),
        ({"type": "Point", "coordinates": {"x": 1}}, "bad_number"),
        ({"type": "Point"}, "bad_number"),
        (point(0, 0), "zero"),
        (point(32.04, 118.79), "swapped"),
        (point(500000, 3500000), "projected"),
        (point(999999, 999999), "out_of_range"),
    ],
)
def test_features_that_are_not_usable(tmp_path, geometry, code):
    table = read_json(tmp_path, collection(feature(point(118.79, 32.04)), feature(geometry)))
    assert table.faults["code"].tolist() == [code]
    assert table.faults["row"].tolist() == [2]
    check_table(table)


def test_a_feature_without_geometry_may_have_an_address(tmp_path):
    text = collection(feature(point(1, 1)), feature(None, properties={"地址": "中山路1号"}))
    assert read_json(tmp_path, text).faults["code"].tolist() == ["address_only"]


def test_polygons_in_place_of_points(tmp_path):
    polygon = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 0]]}
    error = refusal(tmp_path, collection(*map(feature, (polygon, line, polygon))), "a.json")
    assert (error.code, error.params["found"]) == ("no_points", "Polygon")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 20_000 + "]" * 20_000, "json_too_deep"),
        ('{"type":"Feature","a":' * 20_000, "json_too_deep"),
        ("not json", "json_broken"),
        ('{"type": "FeatureCollection", "features": [', "json_broken"),
        ('{"type": "Point", "coordinates": [' + "9" * 5000 + ", 1]}", "json_broken"),
        ("[]", "not_geojson"),
        ('[{"type": "Point", "coordinates": [1, 1]}]', "not_geojson"),
        ("7", "not_geojson"),
        ("null", "not_geojson"),
        ("NaN", "not_geojson"),
        ("{}", "not_geojson"),
        ('{"type": "Topology"}', "not_geojson"),
        ('{"type": ["Feature"]}', "not_geojson"),
        ('{"type": "FeatureCollection", "features": {}}', "not_geojson"),
        ('{"type": "FeatureCollection", "features": []}', "vector_empty"),
        ('{"type": "FeatureCollection", "features": [null, 3]}', "none_usable_no_position"),
        ('{"type": "Feature", "geometry": null}', "none_usable_no_position"),
        ("", "file_empty"),
    ],
)
def test_json_that_is_not_points(tmp_path, text, code):
    assert refusal(tmp_path, text, "points.geojson").code == code


def test_undecodable_json(tmp_path):
    assert refusal(tmp_path, b'{"a": "\xff\xff"}', "a.json").code == "encoding_unknown"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_json_in_other_encodings(tmp_path, encoding):
    text = json.dumps(feature(point(1, 1), properties={"名称": "甲"}), ensure_ascii=False)
    assert read_json(tmp_path, text.encode(encoding)).frame["name"].tolist() == ["甲"]


def test_duplicate_ids_of_features(tmp_path):
    text = collection(feature(point(1, 1), id=1), feature(point(1, 2), id="1"))
    assert refusal(tmp_path, text, "a.geojson").code == "duplicate_ids"


def test_a_crs_of_degrees_gives_way_to_the_declared_datum(tmp_path):
    for name, code in (
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("EPSG:4326", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
    ):
        crs = {"type": "name", "properties": {"name": name}}
        text = collection(feature(point(118.79, 32.04)), crs=crs)
        assert read_json(tmp_path, text).warnings == []
        table = read_json(tmp_path, text, datum="gcj02")
        assert table.warnings == [("crs_overridden", {"crs": code, "declared": "gcj02"})]
        assert table.frame.geometry.x[0] != 118.79


def test_a_crs_of_metres_is_brought_to_degrees(tmp_path):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    x, y = 383837.6, 3546300.1
    east, north = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(x, y)
    table = read_json(tmp_path, collection(feature(point(x, y)), crs=crs))
    assert table.warnings == [("crs_metres", {"crs": "EPSG:4549"})]
    assert table.frame.geometry.x[0] == pytest.approx(east, abs=1e-9)
    assert table.frame.geometry.y[0] == pytest.approx(north, abs=1e-9)


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "EPSG:2437"}},  # Beijing 1954
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::14326"}},
        {"type": "link", "properties": {"href": "http://example.com"}},
        {"properties": [1]},
        [1],
        7,
    ],
)
def test_a_crs_that_is_unknown_or_of_an_old_datum_is_refused(tmp_path, crs):
    text = collection(feature(point(118.79, 32.04)), crs=crs)
    assert refusal(tmp_path, text, "a.geojson").code == "crs_projected"


def test_a_datum_member_that_contradicts_is_warned_of(tmp_path):
    text = collection(feature(point(118.79, 32.04)), datum="GCJ-02")
    fields = {"named": "gcj02", "declared": "wgs84"}
    assert read_json(tmp_path, text).warnings == [("file_datum", fields)]
    assert read_json(tmp_path, text, datum="gcj02").warnings == []
    for odd in (7, [], "mars2000"):
        text = collection(feature(point(118.79, 32.04)), datum=odd)
        assert read_json(tmp_path, text).warnings == []


def test_properties_that_no_table_expects(tmp_path):
    odd = {
        "geometry": "g",
        "": "blank",
        "lon": "elsewhere",
        "big": 10**30,
        "huge": 10**400,
        "nan": float("nan"),
        "deep": {"a": [1, {"b": None}]},
        "lone": "\ud800",
        "\udc00": 1,
        "Deep": 2,
    }
    table = read_json(tmp_path, collection(feature(point(118.79, 32.04), properties=odd)))
    row = table.frame.iloc[0]
    assert row["geometry_input"] == "g"
    assert row["column_2"] == "blank"
    assert row["lon"] == "elsewhere"
    assert row["big"] == 1e30
    assert row["nan"] is None
    assert row["deep"] == '{"a": [1, {"b": null}]}'
    assert row["Deep_2"] == 2
    "".join(map(str, [*table.frame.columns, *row])).encode()  # all of it can be written
    assert table.columns == {}
    for properties in (None, [], "x", 3):
        assert (
            len(read_json(tmp_path, json.dumps(feature(point(1, 1), properties=properties)))) == 1
        )


def test_properties_beyond_the_limits(tmp_path):
    wide = feature(point(1, 1), properties={f"k{i}": i for i in range(1001)})
    assert refusal(tmp_path, collection(wide), "a.geojson").code == "too_many_columns"
    long = feature(point(1, 1), properties={"k": "x" * 100_001})
    assert refusal(tmp_path, collection(long), "a.geojson").code == "cell_too_long"


@pytest.mark.parametrize("value", [True, [], {}, "x", -1, float("nan"), None, 10**400])
def test_weights_of_features(tmp_path, value):
    text = collection(
        feature(point(1, 1), properties={"demand": 2}),
        feature(point(1, 2), properties={"demand": value}),
    )
    table = read_json(tmp_path, text, kind="demand")
    assert table.faults["code"].tolist() == ["bad_weight"]
    check_table(table)


# Content that is meant to do harm


def test_braces_and_markup_in_cells_stay_text(tmp_path):
    text = "id,name,lon,lat\n{0.__class__},{{7*7}},x{y}z,1\nb,<script>,1,1\n"
    table = read(tmp_path, text)
    assert any("x{y}z" in line for line in describe(table, "en"))
    assert refusal(tmp_path, "{a},{b}\n1,1\n").code == "no_coordinate_columns"


def test_control_characters_do_not_reach_a_sentence(tmp_path):
    table = read(tmp_path, 'lon,lat\n"1\x1b[2J\n2",1\n1,1\n')
    line = next(line for line in describe(table, "en") if line.startswith("Row 2"))
    assert line.isprintable()
    assert "\x1b" not in refusal(tmp_path, '"a\x1b[2J",b\n1,1\n').sentence("en")


def test_headings_and_names_of_great_length_are_cut_in_sentences(tmp_path):
    table = read(tmp_path, f"lon,lat,{'n' * 90_000},name\n1,1,,\n,,x,{'m' * 90_000}\n")
    assert max(map(len, describe(table, "en"))) < 300


# Anything at all


cells = st.one_of(
    st.sampled_from(["118.79", "32.04", "", "0", "合计", "NaN", "A", '"', '"a', "人", "-", "1,2"]),
    st.text(max_size=8),
    st.floats().map(repr),
)
headers = st.lists(
    st.sampled_from(
        [
            *("id", "编号", "序号", "名称", "name", "lon", "lat", "经度(百度)", "纬度", "坐标"),
            *("人数", "demand", "地址", "geometry", "reason", "sample", "datum", "", "x", "LAT"),
        ]
    ),
    max_size=8,
)
kinds = st.sampled_from(["stations", "sites", "demand"])
datums = st.sampled_from(["wgs84", "gcj02", "bd09", "cgcs2000"])


def survive(tmp_path, data, name, **options):
    try:
        table = read(tmp_path, data, name, **options)
    except PlannerError as error:
        check_sentence(error)
    else:
        check_table(table)


@FUZZ
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.geojson"]))
def test_any_bytes(tmp_path, data, name):
    survive(tmp_path, data, name)
    survive(tmp_path, b"lon,lat,id\n1,1,x\n" + data, name)


@FUZZ
@given(
    header=headers,
    rows=st.lists(st.lists(cells, max_size=9), max_size=6),
    delimiter=st.sampled_from([",", "\t", ";", "，"]),
    kind=kinds,
    datum=datums,
)
def test_any_table(tmp_path, header, rows, delimiter, kind, datum):
    lines = [delimiter.join(row) for row in [["lon", "lat", *header], ["118.8", "32.1"], *rows]]
    text = "\n".join(lines).encode("utf-8", "replace")
    survive(tmp_path, text, "a.csv", kind=kind, datum=datum)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(alphabet=st.characters(), max_size=6),
        st.sampled_from(["Point", "Feature", "FeatureCollection", "GeometryCollection"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["type", "geometry", "coordinates", "properties", "features"]),
                st.sampled_from(["id", "name", "demand", "crs", "datum", "geometries", "lon"]),
                st.text(max_size=4),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@FUZZ
@given(document=json_values, members=json_values, kind=kinds, datum=datums)
def test_any_json(tmp_path, document, members, kind, datum):
    survive(tmp_path, json.dumps(document), "a.json", kind=kind, datum=datum)
    extra = members if isinstance(members, dict) else {"properties": members}
    good = feature(point(118.8, 32.1), properties={"demand": 1, "id": "A"})
    odd = {"type": "Feature", "geometry": document, **extra}
    survive(tmp_path, collection(good, odd, document), "a.json", kind=kind, datum=datum)


@FUZZ
@given(cell=st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.none(), st.booleans()))
def test_any_cell(cell):
    for read_cell in (cells_module.degrees, cells_module.weight):
        number = read_cell(cell)
        assert isinstance(number, float)
        assert not np.isinf(number)
        again = cells_module.each(read_cell, [cell])[0]
        assert number == again or (np.isnan(number) and np.isnan(again))
    found = cells_module.position(cell)
    assert found is None or np.isfinite(found).all()
