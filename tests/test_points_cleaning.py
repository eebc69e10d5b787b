"""Cleaned tables: what is written, what is left out, and that it reads back the same."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner
from workbooks import drawn, put, saved

from geo.errors import OutputError, PlannerError, RequestError
from geo.exports import Provenance
from geo.points import PointTable, read_points
from geo.points.cleaning import cleaned_frame, faults_frame, write_cleaned

TEMPLATE = Path(__file__).parents[1] / "data" / "points" / "template_stations.xlsx"
HEAD = "序号 编号 站点名称 lng lat 类型 服务时间 核验日期 服务项目 联系电话 备注"
ROWS = [
    HEAD.split(),
    [1, "A1", "甲站", 118.79, 32.04, "工会驿站", "全天", "2026年5月20日", "饮水/充电", "1", "=1+1"],
    [2, "A2", "乙站", 118.78, 32.05, None, "看心情", None, None, "139", "a\tb"],
    [3, "A3", "丙站", None, None, "工会驿站", "全天", None, None, "137", "-"],
]


@pytest.fixture
def table(tmp_path: Path) -> PointTable:
    data = drawn({"a": [[f"'{c}" if str(c).startswith("=") else c for c in r] for r in ROWS]})
    return read_points(put(tmp_path, data), kind="stations", datum="gcj02")


def record(datum: str = "wgs84") -> Provenance:
    return Provenance(command="points clean", created="2026-01-01T00:00:00+00:00", datum_out=datum)


def same_places(one: PointTable, other: PointTable) -> None:
    assert one.frame["id"].tolist() == other.frame["id"].tolist()
    assert one.frame["name"].tolist() == other.frame["name"].tolist()
    gap = one.frame.get_coordinates().to_numpy() - other.frame.get_coordinates().to_numpy()
    assert np.abs(gap).max() < 2e-7  # two centimetres: seven decimals, there and back


def test_a_column_goes_where_ours_says_the_same(table):
    frame = cleaned_frame(table)
    assert list(frame.columns) == [
        *("id", "name", "kind", "facilities", "hours_text", "opening_hours", "verified_on"),
        *("序号", "联系电话", "备注", "geometry"),
    ]
    assert frame["facilities"].tolist() == ["饮水、充电", None]


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".xlsx"])
@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_what_is_written_reads_back_the_same(tmp_path, table, suffix, datum):
    done = write_cleaned(table, tmp_path / f"out{suffix}", record(datum))
    assert (done.points, done.faults, done.dropped) == (2, 1, ("联系电话",))
    again = read_points(done.path, kind="stations", datum=datum)
    same_places(again, table)
    fields = ["kind", "facilities", "hours_text", "opening_hours", "verified_on"]
    assert again.frame[fields].to_dict() == table.frame[fields].to_dict()
    assert again.faults.empty
    assert [c for c, _ in again.warnings] == []
    assert "139" not in str(again.frame.drop(columns="geometry").to_dict())
    assert done.path.name == {
        **{"gcj02": "out.gcj02.geojson", "bd09": "out.bd09.geojson"},
    }.get(datum if suffix == ".geojson" else "", f"out{suffix}")


def test_the_sheet_carries_the_template_s_headings_and_its_datum(tmp_path, table):
    path = write_cleaned(table, tmp_path / "out.xlsx", record("bd09")).path
    book = load_workbook(path)
    sheet, about = book.worksheets
    headings = [c.value for c in sheet[1]]
    known = [c.value for c in load_workbook(TEMPLATE)["站点"][1]]
    assert set(headings) - set(known) == {"序号", "备注"}
    assert [c.value for c in sheet["E"]] == ["坐标系", "BD-09", "BD-09"]
    note = sheet.cell(2, headings.index("备注") + 1)
    assert (note.value, note.data_type) == ("'=1+1", "s")
    told = {a.value: b.value for a, b in about.iter_rows()}
    assert told["datum"] == "bd09"
    assert told["program"] == "hongtu"


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    text = "id,lon,lat,备注,网址\nA,118.79,32.04,=HYPERLINK(1),http://a.example\n"
    table = read_points(put(tmp_path, text, "a.csv"), kind="sites", datum="wgs84")
    path = write_cleaned(table, tmp_path / "out.xlsx", record()).path
    row = load_workbook(path).worksheets[0][2]
    assert [(c.value, c.data_type) for c in row[-2:]] == [
        ("=HYPERLINK(1)", "s"), ("http://a.example", "s"),
    ]  # fmt: skip
    assert row[-1].hyperlink is None


def test_the_faults_stand_beside_with_their_cells(tmp_path, table):
    done = write_cleaned(table, tmp_path / "out.csv", record("gcj02"), lang="en")
    assert done.faults_path == tmp_path / "out.faults.csv"
    with done.faults_path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1
    assert (rows[0]["id"], rows[0]["row"], rows[0]["code"]) == ("A3", "4", "no_position")
    assert rows[0]["sentence"] == "it has no coordinates"
    assert (rows[0]["站点名称"], rows[0]["lng"], rows[0]["备注"]) == ("丙站", "", "'-")
    assert "联系电话" not in rows[0]


def test_no_faults_no_file(tmp_path):
    table = read_points(
        put(tmp_path, "lon,lat\n118.79,32.04\n", "a.csv"), kind="sites", datum="gps"
    )
    done = write_cleaned(table, tmp_path / "out.csv", record())
    assert done.faults_path is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "out.csv"]


def test_cells_of_faults_called_like_ours_are_renamed(tmp_path):
    text = "id,row,lon,lat,code,sentence,datum,name\nA,9,,,c,s,WGS84,n\nB,8,118.79,32.04,,,,\n"
    table = read_points(put(tmp_path, text, "a.csv"), kind="sites", datum="wgs84")
    frame = faults_frame(table, "zh")
    assert frame["row"].tolist() == [2]
    assert frame.columns.is_unique
    assert frame["row_input"].tolist() == ["9"]
    assert frame["datum"].tolist() == ["wgs84"]  # as judged, in the place of the input's own


REPAIRED = "118.785000,32.020000"


@pytest.mark.parametrize("declared", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("head", ["编号,名称,经度,纬度", "id,name,lon,lat"])
def test_a_row_put_right_in_the_faults_file_lies_where_it_should(tmp_path, declared, head):
    rows = f"A1,甲,{REPAIRED}\nA2,乙,0,0\n"
    table = read_points(put(tmp_path, f"{head}\n{rows}", "a.csv"), kind="stations", datum=declared)
    beside = write_cleaned(table, tmp_path / "out.csv", record("wgs84")).faults_path
    assert beside is not None
    text = beside.read_text("utf-8-sig")
    assert text.count(",0,0,") == 1
    fixed = put(tmp_path, text.replace(",0,0,", f",{REPAIRED},"), "fixed.csv")
    for said in ("wgs84", "gcj02", "bd09"):  # the row's own word goes before the file's
        again = read_points(fixed, kind="stations", datum=said)
        assert again.frame["id"].tolist() == ["A2"]
        assert again.frame.geometry[0].distance(table.frame.geometry[0]) < 2e-9


def test_each_row_of_the_faults_file_keeps_the_datum_it_names(tmp_path):
    words = ["高德", "BD09", "", "西安80", "百度"]
    good = "".join(f"A{i},{REPAIRED},{w}\n" for i, w in enumerate(words))
    bad = good.replace(REPAIRED, "0,0")
    for heading in ("坐标系", "datum"):
        head = f"id,lon,lat,{heading}\n"
        table = read_points(
            put(tmp_path, head + "B0,118.7,32.1,\n" + bad, "a.csv"), kind="sites", datum="gcj02"
        )
        frame = faults_frame(table, "zh")
        assert frame["datum"].tolist() == ["gcj02", "bd09", "gcj02", "西安80", "bd09"]
        assert heading == "datum" or heading not in frame
        beside = write_cleaned(table, tmp_path / "out.csv", record("bd09")).faults_path
        assert beside is not None
        text = beside.read_text("utf-8-sig").replace(",0,0,", f",{REPAIRED},")
        fixed = read_points(put(tmp_path, text, "fixed.csv"), kind="sites", datum="wgs84")
        expected = read_points(put(tmp_path, head + good, "b.csv"), kind="sites", datum="gcj02")
        same_places(fixed, expected)
        assert fixed.faults["id"].tolist() == expected.faults["id"].tolist() == ["A3"]


def test_demand_keeps_its_weights(tmp_path):
    text = '编号,经度,纬度,人数,地址\nA,118.79,32.04,"1,200人",x\nB,118.78,32.05,5,y\nC,,,7,\n'
    table = read_points(put(tmp_path, text, "a.csv"), kind="demand", datum="wgs84")
    for suffix in (".csv", ".xlsx", ".geojson"):
        done = write_cleaned(table, tmp_path / f"out{suffix}", record())
        again = read_points(done.path, kind="demand", datum="wgs84")
        assert again.frame["demand"].tolist() == [1200, 5]
        address = "地址" if suffix == ".xlsx" else "address"
        assert again.frame[address].tolist() == ["x", "y"]


def test_nothing_half_written(tmp_path, table, monkeypatch):
    target = put(tmp_path, "before", "out.xlsx")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError):
        write_cleaned(table, target, record())
    assert target.read_text() == "before"
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".hongtu")] == []


def test_another_format_is_refused(tmp_path, table):
    with pytest.raises(RequestError):
        write_cleaned(table, tmp_path / "out.docx", record())


# The template


def filled(rows: list[dict[str, object]]) -> bytes:
    """Return the template with rows in the place of its example."""
    book = load_workbook(TEMPLATE)
    sheet = book["站点"]
    headings = [c.value for c in sheet[1]]
    for column in range(1, len(headings) + 1):
        sheet.cell(2, column).value = None
    for number, row in enumerate(rows, start=2):
        for heading, value in row.items():
            sheet.cell(number, headings.index(heading) + 1).value = value
    return saved(book)


def test_the_template_makes_the_round(tmp_path):
    datums = ["WGS-84", "GCJ-02（高德、腾讯）", "BD-09（百度）"]
    same = {
        **{"类型": "工会驿站", "等级": "标准站", "建设方式": "自建", "运营主体": "某单位"},
        **{"所属工会": "示例·某区总工会", "服务项目": "饮水、充电", "开放时间": "9:00-17:30"},
        **{"进入方式": "扫码进入", "核验日期": "2026-05-20", "示例": "是", "负责人": "某人"},
    }
    rows: list[dict[str, object]] = [
        {
            **{"编号": f"G{i:03d}", "名称": f"站{i}", "地址": f"示例路{i}号", "照片": f"{i}.jpg"},
            **{"经度": 118.7 + i / 100, "纬度": 32 + i / 100, "坐标系": datums[i % 3]},
            **{"面积（平方米）": 10 + i, "可容纳人数": i, **same},
        }
        for i in range(1, 7)
    ]
    table = read_points(put(tmp_path, filled(rows)), kind="stations", datum="wgs84")
    assert (len(table), table.rows, table.flags) == (6, 6, ("sample",))
    assert table.frame["id"].tolist() == [r["编号"] for r in rows]
    assert table.frame["capacity"].tolist() == list(range(1, 7))
    shifts = table.frame.geometry.x.to_numpy() - [r["经度"] for r in rows]
    assert np.abs(shifts[2::3]).max() < 1e-9  # every third is WGS-84
    assert np.abs(shifts[0::3]).min() > 0.004  # the others are offset, Baidu's more
    assert np.abs(shifts[1::3]).min() > 0.01

    done = write_cleaned(table, tmp_path / "clean.xlsx", record("gcj02"))
    again = read_points(done.path, kind="stations", datum="gcj02")
    same_places(again, table)
    ours = [c for c in cleaned_frame(table).columns if c not in ("geometry", "负责人", "联系电话")]
    assert again.frame[[c for c in ours if c != "address"]].to_dict() == (
        table.frame[[c for c in ours if c != "address"]].to_dict()
    )
    assert again.frame["地址"].tolist() == table.frame["地址"].tolist()
    assert again.flags == ("sample",)
    once_more = write_cleaned(again, tmp_path / "clean2.xlsx", record("gcj02"))
    final = read_points(once_more.path, kind="stations", datum="gcj02")
    assert final.frame.drop(columns="geometry").equals(again.frame.drop(columns="geometry"))


# At the command line


def run(*words_: str) -> tuple[int, str]:
    from cli import app

    done = CliRunner().invoke(app, ["points", *words_])
    fault = done.exception
    if isinstance(fault, PlannerError):
        return fault.exit_code, fault.sentence("en")
    assert fault is None or isinstance(fault, SystemExit), fault
    return done.exit_code, done.output


def test_clean_at_the_command_line(tmp_path):
    path = put(tmp_path, drawn({"a": ROWS[:1] + ROWS[2:]}))
    out = tmp_path / "out.geojson"
    common = ("clean", str(path), "--kind", "stations", "--datum", "gcj02")
    code, told = run(*common, "--out", str(out), "--lang", "en")
    assert (code, "out.geojson" in told, "联系电话" in told) == (0, True, True)
    collection = json.loads(out.read_text(encoding="utf-8"))
    assert collection["hongtu"]["command"] == "points clean"
    assert [f["id"] for f in collection["features"]] == ["A2"]
    code, told = run(*common, "--out", str(out), "--datum-out", "高德", "--json")
    assert json.loads(told)["path"].endswith("out.gcj02.geojson")
    assert run(*common, "--out", str(tmp_path / "out.doc"))[0] == 2
    assert run(*common, "--out", str(tmp_path / "x.csv"), "--strict")[0] == 1
    assert not (tmp_path / "x.csv").exists()
