"""The preview of a mapping, edited by people, kept as a file, and read with."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from workbooks import drawn, put

from geo import words
from geo.errors import MissingFileError, PlannerError, PointsError
from geo.points import (
    ColumnMapping,
    Mapping,
    SheetMapping,
    load_mapping,
    mapping_text,
    preview,
    read_points,
)
from geo.points.showing import mapping_dict, mapping_lines, saved_mapping

SHEETS = {
    "鼓楼区": [
        ["示例驿站一览表"],
        ["编号", "名称", "坐标", None, "面积（㎡）", "位置", "负责人", "备注"],
        [None, None, "经度(百度)", "纬度"],
        ["001", "甲站", 118.79, 32.04, 20, "示例路1号", "某人", "x"],
    ],
    "说明": [["请如实填写"]],
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    merges = {"鼓楼区": ["A1:H1", "C2:D2"]}
    return put(tmp_path, drawn(SHEETS, merges))


def test_a_preview_says_what_is_read_as_what(book):
    found = preview(book, kind="stations")
    assert (found.kind, found.datum, found.encoding) == ("stations", None, None)
    sheet, other = found.sheets
    assert (sheet.name, sheet.read, sheet.header_row, sheet.header_rows) == ("鼓楼区", True, 2, 2)
    assert (sheet.rows, sheet.named, sheet.missing) == (1, "bd09", ())
    assert [(c.heading, c.role, c.how) for c in sheet.columns] == [
        ("编号", "id", "exact"),
        ("名称", "name", "exact"),
        ("经度(百度)", "lon", "trimmed"),
        ("纬度", "lat", "exact"),
        ("面积（㎡）", "area_m2", "trimmed"),
        ("位置", "", ""),
        ("负责人", "contact_person", "exact"),
        ("备注", "", ""),
    ]
    assert sheet.columns[0].samples == ("001",)
    assert sheet.columns[6].samples == ()  # a person's name is nobody else's business
    assert (other.read, other.reason) == (False, "no_heading")
    assert hash(found) == hash(preview(book, kind="stations"))
    for lang in words.LANGUAGES:
        told = "\n".join(mapping_lines(found, lang, path="a.xlsx"))
        assert "经度(百度)" in told
        assert "bd09" in told
        assert "某人" not in told
    assert json.loads(json.dumps(mapping_dict(found)))["sheets"][0]["header_row"] == 2


def test_what_the_preview_says_is_what_is_read(book):
    plain = read_points(book, kind="stations", datum="bd09")
    mapped = read_points(
        book, kind="stations", datum="bd09", mapping=preview(book, kind="stations")
    )
    assert plain.digest == mapped.digest
    assert plain.columns == mapped.columns
    assert plain.warnings == mapped.warnings


def test_a_column_of_places_that_are_addresses_is_one_of_addresses(tmp_path):
    rows = [
        ["名称", "经度", "纬度", "位置"],
        ["甲", 118.79, 32.04, "示例路"],
        ["乙", "", "", "某路"],
    ]
    path = put(tmp_path, drawn({"a": rows}))
    assert "address" not in preview(path, kind="sites").sheets[0].roles
    rows = [["名称", "位置"], ["甲", "示例路1号"], ["乙", "示例路2号"]]
    path = put(tmp_path, drawn({"a": rows}))
    sheet = preview(path, kind="sites").sheets[0]
    assert sheet.roles == {"name": "名称", "address": "位置"}
    assert sheet.missing == ("position", "id")
    assert sheet.columns[1].how == "content"


def test_an_edited_mapping_holds(book):
    found = preview(book, kind="stations", datum="bd09")
    sheet = found.sheets[0].with_role("备注", "name").with_role("面积（㎡）", "")
    sheet = sheet.with_role("位置", "address")
    table = read_points(book, kind="stations", datum=None, mapping=found.with_sheet(sheet))
    assert table.frame["name"].tolist() == ["x"]
    assert "area_m2" not in table.frame
    assert table.columns["address"] == "位置"
    assert table.datum == "bd09"
    assert table.frame["名称"].tolist() == ["甲站"]
    off = found.with_sheet(replace(sheet, read=False))
    with pytest.raises(PointsError) as caught:
        read_points(book, kind="stations", datum="bd09", mapping=off)
    assert caught.value.code == "no_coordinate_columns"


def test_a_sheet_may_have_a_datum_of_its_own(tmp_path):
    sheets = {n: [["lon", "lat"], [118.79, 32.04]] for n in ("a", "b")}
    path = put(tmp_path, drawn(sheets))
    found = preview(path, kind="sites", datum="wgs84")
    mapped = found.with_sheet(replace(found.sheets[1], datum="gcj02"))
    table = read_points(path, kind="sites", datum=None, mapping=mapped)
    assert table.frame.geometry.x[0] == 118.79
    assert table.frame.geometry.x[1] == pytest.approx(118.7848, abs=1e-4)


def test_the_heading_row_may_be_told(tmp_path):
    path = put(tmp_path, "经度,纬度,x\n经度二,纬度二,名\n118.79,32.04,甲\n", "a.csv")
    columns = (ColumnMapping("经度二", "lon"), ColumnMapping("纬度二", "lat"))
    sheet = SheetMapping(header_row=2, header_rows=1, columns=columns)
    table = read_points(
        path, kind="sites", datum="wgs84", mapping=Mapping("sites", sheets=(sheet,))
    )
    assert (table.rows, table.frame["名"].tolist()) == (1, ["甲"])


def test_properties_of_features_are_mapped_too(tmp_path):
    feature = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [118.79, 32.04]},
        "properties": {"站名": "甲", "代号": "X", "电话": "1"},
    }  # fmt: skip
    path = put(tmp_path, json.dumps(feature), "a.geojson")
    found = preview(path, kind="stations", datum="wgs84")
    sheet = found.sheets[0]
    assert (sheet.header_row, sheet.rows, sheet.missing) == (0, 1, ("id",))
    assert sheet.columns[2].samples == ()
    mapped = found.with_sheet(sheet.with_role("代号", "id"))
    assert read_points(path, kind="stations", datum=None, mapping=mapped).frame["id"][0] == "X"
    gone = found.with_sheet(replace(sheet, columns=(ColumnMapping("无", "id"),)))
    with pytest.raises(PointsError) as caught:
        read_points(path, kind="stations", datum="wgs84", mapping=gone)
    assert caught.value.code == "mapping_heading_missing"


# As a file


def bare(mapping: Mapping) -> Mapping:
    """Return what a file keeps of a mapping."""
    sheets = tuple(
        SheetMapping(
            s.name, s.read, "" if s.read else "not_chosen", s.header_row, s.header_rows,
            columns=tuple(ColumnMapping(c.heading, c.role, "user" if c.role else "")
                          for c in s.columns), datum=s.datum,
        )
        for s in mapping.sheets
    )  # fmt: skip
    return Mapping(mapping.kind, mapping.datum, mapping.crs, sheets)


def test_a_mapping_is_kept_and_read_back(tmp_path, book):
    found = preview(book, kind="stations", datum="gcj02", crs="EPSG:4549")
    path = tmp_path / "m.toml"
    path.write_text(saved_mapping(found, "zh", path=str(book)), encoding="utf-8")
    assert load_mapping(path) == bare(found)
    assert "某人" not in path.read_text(encoding="utf-8")
    again = read_points(book, kind="stations", datum=None, mapping=load_mapping(path))
    assert again.digest == read_points(book, kind="stations", datum="gcj02").digest


texts = st.text(max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(texts, unique=True, max_size=3),
    headings=st.lists(texts, max_size=4),
    samples=st.lists(texts, max_size=2),
    notes=st.lists(texts, max_size=2),
)
def test_any_mapping_survives_its_file(tmp_path_factory, names, headings, samples, notes):
    columns = tuple(
        ColumnMapping(h, role, "user", tuple(samples))
        for h, role in zip(headings, ("id", "name", "lon", "lat"), strict=False)
    )
    sheets = tuple(SheetMapping(n, True, "", 1, 2, columns=columns, datum="bd09") for n in names)
    mapping = Mapping("sites", "gcj02", None, sheets)
    text = mapping_text(mapping, tuple(notes))
    path = tmp_path_factory.mktemp("m") / "m.toml"
    path.write_bytes(text.encode())
    assert load_mapping(path) == bare(mapping)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kind =", "mapping_broken"),
        ('kind = "people"', "mapping_broken"),
        ('kind = "sites"\nformat_version = 2', "mapping_version"),
        ('kind = "sites"\nsheets = 1', "mapping_broken"),
        ('kind = "sites"\nsheet = 1', "mapping_broken"),
        ('kind = "sites"\nsheet = [1]', "mapping_broken"),
        ('kind = "sites"\ndatum = "venus"', "datum_unknown"),
        ('kind = "sites"\ndatum = 4', "mapping_broken"),
        ('kind = "sites"\n[[sheet]]\nread = "yes"', "mapping_broken"),
        ('kind = "sites"\n[[sheet]]\nheader_row = -1', "mapping_broken"),
        ('kind = "sites"\n[[sheet]]\n[[sheet]]', "mapping_broken"),
        ('kind = "sites"\n[[sheet]]\ncolumn = 3', "mapping_broken"),
        ('kind = "sites"\n[[sheet]]\n[[sheet.column]]\nrole = "id"', "mapping_broken"),
        (
            'kind = "sites"\n[[sheet]]\n[[sheet.column]]\nheading = "a"\nrole = "boss"',
            "mapping_role_unknown",
        ),
        (
            'kind = "sites"\n[[sheet]]\n[[sheet.column]]\nheading = "a"\nrole = "id"\n'
            '[[sheet.column]]\nheading = "b"\nrole = "id"',
            "mapping_role_twice",
        ),
        ("\x00", "mapping_broken"),
        ("a = " + "[" * 5000, "mapping_broken"),
    ],
)
def test_files_that_are_no_mapping(tmp_path, text, code):
    with pytest.raises(PlannerError) as caught:
        load_mapping(put(tmp_path, text, "m.toml"))
    assert caught.value.code == code
    for lang in words.LANGUAGES:
        assert caught.value.sentence(lang)
    with pytest.raises(MissingFileError):
        load_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "另一区"}, "sheet_missing"),
        ({"header_row": 90}, "mapping_no_heading"),
        ({"header_row": 4, "header_rows": 1}, "mapping_heading_missing"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file(book, change, code):
    found = preview(book, kind="stations")
    mapping = replace(found, sheets=(replace(found.sheets[0], **change),))
    with pytest.raises(PointsError) as caught:
        read_points(book, kind="stations", datum="wgs84", mapping=mapping)
    assert caught.value.code == code
    for lang in words.LANGUAGES:
        assert caught.value.sentence(lang).endswith(("。", "."))


# At the command line


def run(*words_: str) -> tuple[int, str]:
    from cli import app

    done = CliRunner().invoke(app, ["points", *words_])
    fault = done.exception
    if isinstance(fault, PlannerError):
        return fault.exit_code, fault.sentence("en")
    assert fault is None or isinstance(fault, SystemExit), fault
    return done.exit_code, done.output


def test_preview_save_edit_check(tmp_path, book):
    saved = tmp_path / "m.toml"
    code, told = run("preview", str(book), "--kind", "stations", "--save", str(saved))
    assert (code, "经度(百度)" in told, str(saved) in told) == (0, True, True)
    text = saved.read_text(encoding="utf-8")
    assert tomllib.loads(text)["sheet"][0]["header_rows"] == 2
    saved.write_text(text.replace('role = "area_m2"', 'role = "capacity"'), encoding="utf-8")
    code, told = run("check", str(book), "--mapping", str(saved), "--datum", "bd09", "--json")
    assert code == 0
    assert json.loads(told)["columns"]["capacity"] == "面积（㎡）"
    assert run("check", str(book), "--mapping", str(saved))[0] == 2  # no datum yet
    assert run("check", str(book), "--datum", "bd09")[0] == 2  # nor a kind
    assert run("preview", str(book))[0] == 2
    assert run("preview", str(book), "--kind", "stops")[0] == 2


def test_preview_as_json(book):
    code, told = run("preview", str(book), "--kind", "stations", "--json", "--sheet", "鼓楼区")
    assert code == 0
    assert json.loads(told)["sheets"][1]["reason"] == "not_chosen"


def test_check_may_be_strict(tmp_path):
    text = "编号,经度,纬度\nA,118.79,32.04\n合计,,\n"
    path = put(tmp_path, text, "a.csv")
    assert run("check", str(path), "--kind", "sites", "--datum", "wgs84", "--strict")[0] == 0
    path = put(tmp_path, text + "B,,\n", "a.csv")
    assert run("check", str(path), "--kind", "sites", "--datum", "wgs84")[0] == 0
    code, told = run("check", str(path), "--kind", "sites", "--datum", "wgs84", "--strict")
    assert (code, "row 4" in told) == (1, True)


def test_coverage_reads_with_a_mapping(tmp_path, book):
    from drawn_network import draw, way

    from commands.coverage import _inputs
    from geo.network import save_network

    folder = tmp_path / "net"
    save_network(draw(way((0, 0), (2000, 0))), folder)
    saved = tmp_path / "m.toml"
    found = preview(book, kind="stations", datum="bd09")
    saved.write_text(mapping_text(found), encoding="utf-8")
    how = {"mapping": saved, "sheets": None, "crs": None}
    _, posts, places = _inputs(book, None, folder, None, None, how, None)
    assert posts.frame["id"].tolist() == ["001"]
    assert (posts.datum, places) == ("bd09", None)
