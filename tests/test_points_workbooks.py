"""Workbooks as unions keep them: where the headings are, what merged cells mean, which sheets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from workbooks import by_hand, drawn, put, saved, text_row, with_member

from geo import words
from geo.errors import PlannerError, PointsError
from geo.points import PointTable, SheetSeen, describe, read_points
from geo.points import grids as grids_module
from geo.points import layout as layout_module
from geo.points import markup as markup_module
from geo.points import ooxml as ooxml_module
from geo.points import reading as reading_module
from geo.points import rowcount as rowcount_module
from geo.points.ooxml import read_xlsx

XLS = Path(__file__).parent / "data" / "union.xls"
HEAD = ["编号", "名称", "经度", "纬度"]
ONE = ["A1", "甲站", 118.79, 32.04]


def read(folder: Path, data: bytes | str, name: str = "points.xlsx", **options) -> PointTable:
    path = put(folder, data, name)
    return read_points(path, **{"kind": "stations", "datum": "wgs84", **options})


def refusal(folder: Path, data: bytes | str, name: str = "points.xlsx", **options) -> str:
    with pytest.raises(PlannerError) as caught:
        read(folder, data, name, **options)
    for lang in words.LANGUAGES:
        assert caught.value.sentence(lang).endswith(("。", "."))
    return caught.value.code


def codes(table: PointTable) -> dict[int, str]:
    return dict(zip(table.faults["row"], table.faults["code"], strict=True))


# Values


def test_cells_become_the_text_that_the_sheet_shows(tmp_path):
    moments = [
        *(dt.date(2026, 5, 20), dt.datetime(2026, 5, 20, 8, 30), dt.time(8, 30)),
        dt.timedelta(hours=30, minutes=5),
    ]
    cells = [*ONE, "00123", 1, 1.5, 0.1 + 0.2, True, 1e16, *moments, " 空 格 ", "", None]
    keys = [f"k{i}" for i in range(len(cells) - 4)]
    row = read(tmp_path, drawn({"a": [[*HEAD, *keys], cells]})).frame.iloc[0]
    assert [row[k] for k in keys] == [
        *("00123", "1", "1.5", "0.3", "TRUE", "10000000000000000"),
        *("2026-05-20", "2026-05-20 08:30", "08:30", "30:05", "空 格", None, None),
    ]


def test_values_agree_with_another_reader(tmp_path):
    path = Path(__file__).parents[1] / "data" / "points" / "template_stations.xlsx"
    book = read_xlsx(path.read_bytes(), path)
    theirs = load_workbook(path)
    assert [g.name for g in book.grids] == theirs.sheetnames
    for grid in book.grids:
        ours = {(r, c): v for r, cells in grid.records for c, v in enumerate(cells, 1) if v}
        for (row, column), text in ours.items():
            value = theirs[grid.name].cell(row, column).value
            shown = f"{value:%Y-%m-%d}" if isinstance(value, dt.datetime) else f"{value}"
            assert text == shown.removesuffix(".0")
        filled = sum(c.value not in (None, "") for r in theirs[grid.name].iter_rows() for c in r)
        assert len(ours) == filled


def test_dates_since_1904(tmp_path):
    book = Workbook()
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append([*HEAD, "核验日期"])
    sheet.append([*ONE, dt.date(2026, 5, 20)])
    assert read(tmp_path, saved(book)).frame["verified_on"].tolist() == ["2026-05-20"]


@pytest.mark.parametrize("cell", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_cell_is_a_fault_that_names_it(tmp_path, cell):
    book = drawn({"a": [HEAD, ONE, ["A2", "乙站", cell, 32.04]]})
    table = read(tmp_path, book)
    assert codes(table) == {3: "cell_error"}
    assert table.faults["params"][0] == {"value": cell}


def test_a_formula_counts_by_its_stored_value_and_without_one_is_a_fault(tmp_path):
    rows = (
        text_row(1, *HEAD)
        + '<row r="2"><c t="str"><f>"A"&amp;1</f><v>A1</v></c><c/><c><f>100+18.79</f>'
        "<v>118.79</v></c><c><v>32.04</v></c></row>"
        '<row r="3"><c t="inlineStr"><is><t>A2</t></is></c><c/><c><f>B2+1</f></c>'
        "<c><v>32.04</v></c></row>"
    )
    table = read(tmp_path, by_hand(rows))
    assert table.frame["id"].tolist() == ["A1"]
    assert table.frame.geometry.x.tolist() == [118.79]
    assert codes(table) == {3: "formula_empty"}
    assert table.faults["params"][0] == {"value": "=B2+1"}
    assert "=B2+1" in "\n".join(describe(table, "en"))


def test_rich_text_is_joined_and_readings_are_left_out(tmp_path):
    strings = (
        "<sst><si><r><t>新街</t></r><r><t xml:space='preserve'>口 </t></r>"
        "<rPh><t>シンガイコウ</t></rPh></si><si><t>a_x000D_b_xD800_</t></si></sst>"
    )
    rels = (
        '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="r2" Type="x/sharedStrings" Target="/xl/s.xml"/></Relationships>'
    )
    rows = text_row(1, *HEAD, "备注") + (
        '<row><c/><c t="s"><v>0</v></c><c><v>118.79</v></c><c><v>32.04</v></c>'
        '<c t="s"><v>1</v></c></row>'
    )
    book = by_hand(rows, more={"xl/s.xml": strings.encode()})
    table = read(tmp_path, with_member(book, "xl/_rels/workbook.xml.rels", rels.encode()))
    assert table.frame["name"].tolist() == ["新街口"]
    assert table.frame["备注"].tolist() == ["a\rb\ufffd"]


def test_numbers_as_ids(tmp_path):
    rows = [HEAD, [1, "a", 118.79, 32.04], ["00123", "b", 118.79, 32.04], [7.0, "c", 118.79, 32]]
    assert read(tmp_path, drawn({"a": rows})).frame["id"].tolist() == ["1", "00123", "7"]
    text = "编号,经度,纬度\n1.0,118.79,32.04\n0.0,118.79,32.04\n1.05,118.79,32.04\n"
    ids = read(tmp_path, text, "a.csv").frame["id"].tolist()
    assert ids == ["1", "0.0", "1.05"]


# Headings and merged cells


def test_titles_and_headings_in_two_rows(tmp_path):
    rows = [
        ["示例驿站一览表"],
        ["填报单位：示例总工会"],
        ["编号", "名称", "坐标", None, "备注"],
        [None, None, "经度", "纬度", None],
        ["A1", "甲站", 118.79, 32.04, "x"],
    ]
    merges = ["A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4"]
    table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
    assert table.columns == {"id": "编号", "name": "名称", "lon": "经度", "lat": "纬度"}
    assert table.frame["备注"].tolist() == ["x"]
    assert table.faults.empty
    assert table.warnings == [("title_rows", {"row": 4})]


def test_headings_of_which_only_the_lower_row_gives_a_position(tmp_path):
    rows = [
        ["示例驿站一览表"],
        ["编号", "名称", "位置信息", None],
        [None, None, "经度", "纬度"],
        ["A1", "甲站", 118.79, 32.04],
    ]
    for merges in ([], ["A2:A3", "B2:B3", "C2:D2"]):
        table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
        assert table.columns == {"id": "编号", "name": "名称", "lon": "经度", "lat": "纬度"}
        assert (table.rows, table.faults.empty) == (1, True)


def test_a_second_row_of_headings_beside_the_coordinates(tmp_path):
    rows = [
        ["编号", "经度", "纬度", "负责人", None, "联系人", None],
        [None, None, None, "姓名", "电话", "姓名", "电话"],
        ["A1", 118.79, 32.04, "a", "b", "c", "d"],
    ]
    merges = ["A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:G1"]
    table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
    own = ["负责人 姓名", "负责人 电话", "联系人 姓名", "联系人 电话"]
    assert table.frame.iloc[0][own].tolist() == list("abcd")
    assert table.rows == 1


@pytest.mark.parametrize("merges", [[], ["B1:D1", "E1:G1", "A1:A2"]])
def test_degrees_minutes_and_seconds_under_one_heading(tmp_path, merges):
    rows = [
        ["名称", "经度", None, None, "纬度", None, None],
        [None, "度", "分", "秒", "度", "分", "秒"],
        ["甲站", 118, 47, 24, 32, 2, 24.0],
        ["乙站", "118°", "47′", "24.0″", "32", "2", None],
        ["丙站", 118.5, 47, 24, 32, 2, 24],
        ["丁站", 118, 60, 24, 32, 2, 24],
    ]
    table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
    assert table.frame.geometry.x.tolist() == pytest.approx([118.79, 118.79])
    assert table.frame.geometry.y.tolist() == pytest.approx([32.04, 32 + 2 / 60])
    assert codes(table) == {5: "bad_number", 6: "bad_number"}


def test_one_heading_merged_over_degrees_minutes_and_seconds(tmp_path):
    rows = [
        ["名称", "东经", None, None, "北纬", None, None],
        ["甲站", 118, 47, 24, 32, 2, 24],
    ]
    table = read(tmp_path, drawn({"a": rows}, {"a": ["B1:D1", "E1:G1"]}))
    assert table.frame.geometry.x.tolist() == pytest.approx([118.79])


def test_one_heading_merged_over_both_numbers(tmp_path):
    rows = [["名称", "经纬度", None], ["甲站", 118.79, 32.04]]
    table = read(tmp_path, drawn({"a": rows}, {"a": ["B1:C1"]}))
    assert table.columns["lon"] == "经度"


def test_headings_of_parts_in_one_row(tmp_path):
    text = "名称,经度(度),经度(分),经度(秒),纬度(度),纬度(分),纬度(秒)\n甲,118,47,24,32,2,24\n"
    table = read(tmp_path, text, "a.csv")
    assert table.frame.geometry.x.tolist() == pytest.approx([118.79])
    plain = read(tmp_path, "经度(度),纬度(度)\n118.79,32.04\n", "a.csv")
    assert plain.frame.geometry.y.tolist() == [32.04]


def test_a_cell_merged_over_rows_fills_them(tmp_path):
    rows = [
        ["示例驿站一览表"],
        ["编号", "名称", "所属工会", "经度", "纬度"],
        ["1", "甲站", "鼓楼区总工会", 118.79, 32.04],
        ["2", "乙站", None, 118.78, 32.05],
        ["3", "丙站", "玄武区总工会", 118.78, 32.05],
        ["4", "丁站", None, None, None],
    ]
    merges = ["A1:E1", "C3:C4", "D5:D6", "E5:E6"]
    table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
    assert table.frame["union"].tolist() == ["鼓楼区总工会", "鼓楼区总工会", "玄武区总工会", None]
    assert table.frame.geometry.x.tolist() == [118.79, 118.78, 118.78, 118.78]


def test_a_row_that_goes_on_with_merged_cells_is_not_counted_twice(tmp_path):
    rows = [
        ["编号", "名称", "经度", "纬度", "电话"],
        ["1", "甲站", 118.79, 32.04, "a"],
        [None, None, None, None, "b"],
        ["2", "乙站", 118.78, 32.05, "c"],
    ]
    merges = [f"{c}2:{c}3" for c in "ABCD"]
    table = read(tmp_path, drawn({"a": rows}, {"a": merges}))
    assert codes(table) == {3: "continued"}
    assert table.faults["params"][0] == {"row": 2}
    assert table.frame["id"].tolist() == ["1", "2"]
    assert "ids_missing" not in [code for code, _ in table.warnings]


def test_notes_captions_totals_and_repeated_headings_are_no_places(tmp_path):
    rows = [
        HEAD,
        ["一、鼓楼区（2个）"],
        ONE,
        ["小计", "1个"],
        ["玄武区"],
        HEAD,
        ["A2", "乙站", 118.78, 32.05],
        ["新街口站"],
        ["合计", "2个"],
        ["备注：示例。"],
        ["填表人：某某", "", "审核人：某某"],
        ["注1：坐标取自地图"],
    ]
    table = read(tmp_path, drawn({"a": rows}, {"a": ["A5:D5"]}), kind="demand")
    assert codes(table) == {
        **{2: "note_row", 4: "total_row", 5: "note_row", 6: "note_row", 8: "no_position"},
        **{9: "total_row", 10: "note_row", 11: "note_row", 12: "note_row"},
    }
    # A place without a position keeps its weight of one; notes and sums have none.
    assert table.unused["demand"].sum() == 1
    assert table.frame["demand"].sum() == 2


def test_blank_columns_and_rows_do_not_matter(tmp_path):
    rows = [[None, None, *HEAD, None, "空"], [], [None, None, *ONE, None, None]]
    table = read(tmp_path, drawn({"a": rows}))
    assert table.frame["空"].tolist() == [None]
    assert [c for c in table.frame.columns if c.startswith("column_")] == []
    assert table.frame["id"].tolist() == ["A1"]


def test_a_note_beside_the_table_leaves_its_row_usable(tmp_path):
    table = read(tmp_path, drawn({"a": [HEAD, [*ONE, None, "旁注"]]}))
    assert table.frame["column_6"].tolist() == ["旁注"]


# Sheets


DISTRICTS = {
    "鼓楼区": [HEAD, ["001", "甲站", 118.79, 32.04]],
    "玄武区": [["标题"], ["站点名称", "坐标", "编号"], ["乙站", "118.78,32.05", "002"]],
    "仅地址": [["名称", "地址"], ["丙站", "示例路1号"]],
    "说明": [["请如实填写"]],
    "空": [],
    "旧": [["lon", "lat"], [118.0, 32.0]],
}


def test_every_sheet_with_headings_is_read_and_joined(tmp_path):
    table = read(tmp_path, drawn(DISTRICTS, hidden=["旧"]))
    assert table.frame["id"].tolist() == ["001", "002"]
    assert table.frame["name"].tolist() == ["甲站", "乙站"]
    assert table.frame["sheet"].tolist() == ["鼓楼区", "玄武区"]
    assert table.frame["名称"].tolist() == ["甲站", "乙站"]  # one column for one role
    assert table.frame.geometry.y.tolist() == [32.04, 32.05]
    fault = table.faults.iloc[0]
    assert (fault["sheet"], fault["row"], fault["code"]) == ("仅地址", 2, "address_only")
    assert fault["id"] == "仅地址-row-2"
    assert table.sheets == (
        SheetSeen("鼓楼区", True, "", 1, 0),
        SheetSeen("玄武区", True, "", 1, 0),
        SheetSeen("仅地址", True, "", 1, 0),
        SheetSeen("说明", False, "no_heading", 1, 0),
        SheetSeen("空", False, "empty", 0, 0),
        SheetSeen("旧", False, "hidden", 1, 0),
    )
    for lang in words.LANGUAGES:
        told = "\n".join(describe(table, lang))
        assert all(name in told for name in DISTRICTS)


def test_sheets_are_chosen_by_name(tmp_path):
    data = drawn(DISTRICTS, hidden=["旧"])
    assert read(tmp_path, data, sheets=["玄武区"]).frame["id"].tolist() == ["002"]
    hidden = read(tmp_path, data, sheets=["旧"])
    assert next(s.reason for s in hidden.sheets if not s.read) == "not_chosen"
    assert len(hidden) == 1
    with pytest.raises(PointsError) as caught:
        read(tmp_path, data, sheets=["栖霞区"])
    assert caught.value.code == "sheet_missing"
    assert "鼓楼区" in str(caught.value)
    assert refusal(tmp_path, data, sheets=["说明"]) == "no_coordinate_columns"


def test_ids_that_each_sheet_counts_from_one_are_told_apart(tmp_path):
    sheets = {name: [HEAD, ["1", name, 118.79, 32.04]] for name in ("甲区", "乙区")}
    table = read(tmp_path, drawn(sheets))
    assert table.frame["id"].tolist() == ["甲区-1", "乙区-1"]
    assert ("ids_by_sheet", {"count": 1}) in table.warnings
    sheets["乙区"].append(["1", "again", 118.79, 32.04])
    assert refusal(tmp_path, drawn(sheets)) == "duplicate_ids"


def test_hidden_rows_are_read_and_said(tmp_path):
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEAD, ONE, ["A2", "乙站", 118.78, 32.05]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    table = read(tmp_path, saved(book))
    assert len(table) == 2
    assert ("hidden_rows", {"count": 1}) in table.warnings


def test_a_workbook_of_addresses_alone(tmp_path):
    data = drawn({"a": [["名称", "地址"], ["丙站", "示例路1号"]]})
    assert refusal(tmp_path, data) == "no_coordinate_columns"
    table = read(tmp_path, data, unlocated=True)
    assert (len(table), codes(table)) == (0, {2: "address_only"})
    assert describe(table, "zh")


# Other formats under the names of workbooks


@pytest.mark.parametrize("name", ["union.xls", "union.et", "union.xlsx"])
def test_a_binary_workbook(tmp_path, name):
    table = read(tmp_path, XLS.read_bytes(), name)
    assert table.frame["id"].tolist() == ["001", "002", "X1"]
    assert table.frame["union"].tolist() == [*["示例·鼓楼区总工会"] * 2, None]
    assert table.frame["verified_on"].tolist() == ["2026-05-23", "2026-05-24", None]
    assert table.frame["开放"].tolist() == ["TRUE", "TRUE", None]
    assert codes(table) == {6: "no_position", 7: "total_row", 8: "note_row"}
    assert table.unused["id"].tolist()[0] == "3"
    assert ("hidden_rows", {"count": 1}) in table.warnings
    assert [s.reason for s in table.sheets] == ["", "", "hidden"]


PAGE = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<style>td {{ mso-number-format:"<table>" }}</style></head><body>
<table><tr><td>菜单</td></tr></table>
<table border=1><caption>x</caption><tr><th colspan=5>示例驿站一览表</th></tr>
<tr><th rowspan="2">编号</th><th rowspan=2>名称</th><th colspan='2'>坐标</th>
<th rowspan=2>工会</th></tr>
<tr><th>经度</th><th>纬度</th></tr>
<tr><td>001<td>甲&amp;乙<br>站<td x:num="118.790001">118.79</td>
<td>32.04</td><td rowspan=2>某会</td></tr>
<!-- <tr><td>never</td></tr> -->
<tr><td>002</td><td><b>丙</b> 站</td><td>118.78</td><td>32.05</td></tr>{end}"""


@pytest.mark.parametrize("end", ["</table></body></html>", ""])
@pytest.mark.parametrize("encoding", ["gb2312", "utf-8", "utf-8-sig", "utf-16"])
def test_a_web_page_called_xls(tmp_path, encoding, end):
    table = read(tmp_path, PAGE.format(end=end).encode(encoding), "a.xls")
    assert table.frame["id"].tolist() == ["001", "002"]
    assert table.frame["name"].tolist() == ["甲&乙\n站", "丙 站"]
    assert table.frame["union"].tolist() == ["某会", "某会"]
    assert table.frame.geometry.x.tolist() == [118.790001, 118.78]
    assert [(s.name, s.reason) for s in table.sheets] == [
        ("table 1", "no_heading"),
        ("table 2", ""),
    ]


def test_tables_in_tables_are_their_own(tmp_path):
    page = (
        "<table><tr><td>导航<table><tr><td>lon</td><td>lat</td></tr>"
        "<tr><td>118.79</td><td>32.04</td></tr></table></td></tr></table>"
    )
    assert len(read(tmp_path, page, "a.xls")) == 1


def test_the_xml_workbook_of_2003(tmp_path):
    names = "urn:schemas-microsoft-com:office:spreadsheet"

    def cells(*values, more=""):
        kinds = ["Number" if isinstance(v, float) else "String" for v in values]
        return "".join(
            f'<Cell{more if i == 2 else ""}><Data ss:Type="{k}">{v}</Data></Cell>'
            for i, (k, v) in enumerate(zip(kinds, values, strict=True))
        )

    text = (
        f'<?xml version="1.0"?><Workbook xmlns="{names}" xmlns:ss="{names}">'
        '<Worksheet ss:Name="鼓楼区"><Table>'
        f"<Row>{cells('编号', '经度', '纬度', '工会', '日')}</Row>"
        f'<Row ss:Index="4">{cells("1", 118.79, 32.04)}'
        '<Cell ss:MergeDown="1"><Data ss:Type="String">某会</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-05-20T00:00:00.000</Data></Cell></Row>'
        f'<Row ss:Hidden="1">{cells("2", 118.78, 32.05)}</Row>'
        "</Table></Worksheet></Workbook>"
    )
    table = read(tmp_path, text, "a.xls")
    assert table.frame["union"].tolist() == ["某会", "某会"]
    assert table.frame["日"].tolist() == ["2026-05-20", None]
    assert ("hidden_rows", {"count": 1}) in table.warnings
    assert refusal(tmp_path, text[:-20], "a.xls") == "workbook_broken"


def test_text_called_xls(tmp_path):
    text = "编号\t经度\t纬度\nA1\t118.79\t32.04\n"
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert read(tmp_path, text.encode(encoding), "a.xls").frame["id"].tolist() == ["A1"]


# What is refused


def locked_xls() -> bytes:
    """Return union.xls with the mark of encryption in the place of the record after its first."""
    data = XLS.read_bytes()
    at = data.index(b"\x09\x08\x10\x00")
    after = at + 20
    return data[:after] + b"\x2f\x00" + data[after + 2 :]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.xlsx", "file_empty"),
        (b"PK\x03\x04" + b"\0" * 50, "a.xlsx", "workbook_broken"),
        (drawn({"a": [HEAD]})[:-300], "a.xlsx", "workbook_broken"),
        (drawn({"a": [HEAD]}), "a.xlsx", "no_rows"),
        (drawn({"a": []}), "a.xlsx", "file_empty"),
        (drawn({"a": [["名称"], ["甲"]]}), "a.xlsx", "no_coordinate_columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "workbook_broken"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            *("a.xlsx", "workbook_locked"),
        ),
        (locked_xls(), "a.xls", "workbook_locked"),
        (b"%PDF-1.7\n\x00\x01", "a.xls", "workbook_unknown"),
        (b"<html><body><p>no table</p></body></html>", "a.xls", "workbook_unknown"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.xlsx", "workbook_unknown"),
        (b"just words", "a.xls", "no_coordinate_columns"),
    ],
)
def test_what_is_no_workbook(tmp_path, data, name, code):
    assert refusal(tmp_path, data, name) == code


def test_another_archive_is_no_workbook(tmp_path):
    import io
    import zipfile

    for member in ("word/document.xml", "xl/workbook.bin", "mimetype"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(member, "x")
        assert refusal(tmp_path, out.getvalue()) == "workbook_unknown"


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path):
    # The file on which another reader allocates half a terabyte.
    corner = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    rows = text_row(1, *HEAD)
    assert refusal(tmp_path, by_hand(rows + corner)) == "too_many_columns"
    low = '<row r="1048576"><c r="C1048576"><v>118.79</v></c><c><v>32.04</v></c></row>'
    assert read(tmp_path, by_hand(rows + low)).frame["id"].tolist() == ["row-1048576"]
    beyond = '<row r="1048577"><c><v>2</v></c></row>'
    assert refusal(tmp_path, by_hand(rows + beyond)) == "workbook_broken"


def test_merged_ranges_over_the_whole_sheet_cost_nothing(tmp_path):
    good = '<row r="2"><c/><c/><c><v>118.79</v></c><c><v>32.04</v></c></row>'
    refs = ["A1:XFD1048576", "A2:A1048576", "A3:XFD3", "B2:A1", "A0:B0", "?", ""]
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in refs * 200)
    tail = f"<mergeCells>{merges}</mergeCells>"
    assert len(read(tmp_path, by_hand(text_row(1, *HEAD) + good, tail=tail))) == 1


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("MAX_UNPACKED", 1_000, "workbook_too_large"),
        ("MAX_MEMBERS", 3, "workbook_too_large"),
        ("MAX_SHEETS", 0, "too_many_sheets"),
    ],
)
def test_what_unfolds_beyond_the_limits(tmp_path, monkeypatch, limit, value, code):
    monkeypatch.setattr(ooxml_module, limit, value)
    assert refusal(tmp_path, drawn({"a": [HEAD, ONE]})) == code


ROWS = {
    "plain": "<row><c><v>1</v></c></row>",
    "numbered": '<row r="{n}"><c r="A{n}" s="1"><v>1</v></c></row>',
    "inline": '<row r="{n}"><c t="inlineStr"><is><t>x</t></is></c></row>',
}


@pytest.mark.parametrize("form", ROWS)
@pytest.mark.parametrize("read_first", [16, 65_536])
def test_millions_of_rows_are_refused_before_one_is_read(tmp_path, monkeypatch, form, read_first):
    monkeypatch.setattr(rowcount_module, "_SCANNED", 1000)
    monkeypatch.setattr(rowcount_module, "_CHUNK", read_first)  # patterns lie across pieces too
    monkeypatch.setattr(ooxml_module, "MAX_ROWS", 500)
    read = []
    monkeypatch.setattr(ooxml_module._Sheet, "_start_row", lambda *_: read.append(1))
    for count, refused in ((515, False), (516, True)):
        rows = "".join(ROWS[form].format(n=n) for n in range(1, count + 1))
        path = put(tmp_path, by_hand(rows))
        with pytest.raises(PointsError) as caught:
            read_points(path, kind="sites", datum="wgs84")
        assert (caught.value.code == "too_many_rows") == refused
        assert bool(read) is not refused
        read.clear()


def test_rows_of_nothing_are_not_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(rowcount_module, "_SCANNED", 1000)
    monkeypatch.setattr(ooxml_module, "MAX_ROWS", 50)
    head = text_row(1, "名称", "经度", "纬度") + text_row(2, "甲", "118.79", "32.04")
    empty = '<row r="{n}"><c r="A{n}"><v></v></c></row><row r="{m}"><c r="A{m}" s="1"/></row>'
    rows = head + "".join(empty.format(n=2 * n, m=2 * n + 1) for n in range(2, 200))
    table = read_points(put(tmp_path, by_hand(rows)), kind="sites", datum="wgs84")
    assert (len(table), table.rows) == (1, 1)


def test_a_zip_bomb_is_not_unfolded_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(ooxml_module, "MAX_UNPACKED", 1_000_000)
    data = with_member(by_hand(""), "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 5_000_000)
    assert refusal(tmp_path, data) == "workbook_too_large"


def test_large_workbooks_and_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(markup_module, "MAX_MARKUP", 100)
    assert refusal(tmp_path, PAGE.format(end=""), "a.xls") == "file_too_large"
    monkeypatch.setattr(reading_module, "MAX_WORKBOOK", 100)
    assert refusal(tmp_path, drawn({"a": [HEAD, ONE]})) == "file_too_large"


def test_too_many_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(grids_module, "MAX_CELLS", 8)
    assert len(read(tmp_path, drawn({"a": [HEAD, ONE]}))) == 1
    assert refusal(tmp_path, drawn({"a": [HEAD, ONE, ["A2", "b", 118.7, 32]]})) == "too_many_cells"


def test_long_texts_named_by_many_cells_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(grids_module, "MAX_TEXT", 300)
    monkeypatch.setattr(layout_module, "MAX_TEXT", 300)
    rows = [HEAD, *([f"A{i}", "x" * 50, 118.79, 32.04] for i in range(5))]
    assert refusal(tmp_path, drawn({"a": rows})) == "workbook_too_large"
    for row in rows[2:]:
        row[1] = None
    merged = drawn({"a": rows}, {"a": ["B2:B6"]})
    assert len(read(tmp_path, merged)) == 5
    monkeypatch.setattr(layout_module, "MAX_TEXT", 100)
    assert refusal(tmp_path, merged) == "workbook_too_large"


def test_reading_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(ooxml_module.Deadline, "passed", property(lambda self: True))
    assert refusal(tmp_path, drawn({"a": [HEAD, ONE]})) == "workbook_slow"


def test_entities_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;'
    data = with_member(by_hand(""), "xl/worksheets/sheet1.xml", bomb.encode())
    assert refusal(tmp_path, data) == "workbook_broken"


def test_a_long_cell_is_refused(tmp_path):
    rows = text_row(1, *HEAD) + text_row(2, "A1", "x" * 100_001, "118.79", "32.04")
    assert refusal(tmp_path, by_hand(rows)) == "cell_too_long"
