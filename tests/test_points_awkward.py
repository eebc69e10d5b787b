"""Sheets as union offices fill them in: what people type, copy and leave standing."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbooks import drawn, put

from geo.points import PointTable, read_points
from geo.points.cells import half_width, is_blank, position, trimmed

HERE = (118.785, 32.02)
HEAD = ["序号", "名称", "经度", "纬度", "备注"]


def read(tmp_path: Path, rows: list[list], kind: str = "sites") -> PointTable:
    return read_points(put(tmp_path, drawn({"a": rows})), kind=kind, datum="wgs84")


def codes(table: PointTable) -> dict[int, str]:
    return dict(zip(table.faults["row"], table.faults["code"], strict=True))


PAIRS = [
    "lng=118.785&lat=32.02",
    "E118.785 N32.02",
    "N32.02,E118.785",
    "北纬32.02，东经118.785",
    "纬度32.02 经度118.785",
    "经度：118.785；纬度：32.02",
    "118.785,32.02,0",
    "118.785, 32.02, 12.5",
    '{"lng":118.785,"lat":32.02}',
    "坐标：118.785，32.02",
    "118.785,\u200b32.02",
    "\ufeff118.785，32.02",
    "longitude 118.785 latitude 32.02",
]


@pytest.mark.parametrize("cell", PAIRS)
def test_both_numbers_in_one_cell(tmp_path, cell):
    assert position(cell) == pytest.approx(HERE)
    table = read(tmp_path, [["名称", "坐标"], ["甲", cell]])
    assert table.frame.geometry[0].coords[0] == pytest.approx(HERE)


@pytest.mark.parametrize(
    "cell",
    [
        "118.785,32.02（高德）",  # says a datum, which nothing here would heed
        "X:118.785 Y:32.02",  # a surveyor's X points north
        "118.785-32.02",
        "lng=118.785&lat=32.02&z=12",
        "118.785,32.02,12,3",
        "东经118.785 东经118.786 北纬32.02",
        "E118 47 N32 01",
        "1,2,abc",
    ],
)
def test_what_may_be_read_in_two_ways_is_not_read(cell):
    assert position(cell) is None


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("１１８．７８５ ", "　３２．０２"),
        ("\u200b118.785", "32.02\u200b"),
        ("118.785\xa0", "\ufeff32.02"),
        ("\u202d118.785\u202c", "32.02"),
        ("'118.785", "‘32.02"),
        ("118。785", "32。02"),
        ("118.785,", "32.02。"),
        ("118.785.", "32.02"),
        ("E118.785", "N 32.02"),
        ("118.785 E", "32.02°N"),
        ("东经118度47分6秒", "北纬32度1分12秒"),
        ("经度：118.785", "纬度：32.02"),
        ("+118.785", "32.02"),
    ],
)
def test_a_number_as_people_type_or_copy_it(tmp_path, lon, lat):
    table = read(tmp_path, [HEAD, [1, "甲", lon, lat]])
    assert table.frame.geometry[0].coords[0] == pytest.approx(HERE, abs=1e-9)


@pytest.mark.parametrize("cell", ["118..785", "118,785", "同上", "13851234567890123", "025-8361"])
def test_what_is_no_number_is_told(tmp_path, cell):
    table = read(tmp_path, [HEAD, [1, "甲", cell, 32.02], [2, "乙", *HERE]])
    assert set(codes(table)) == {2}
    assert codes(table)[2] in ("bad_number", "out_of_range")


def test_headings_and_names_lose_what_nobody_sees(tmp_path):
    rows = [["编号", "名称\u200b", "\ufeff经度", "纬度\xa0"], ["\u200bA1", "甲\u200b", *HERE]]
    table = read(tmp_path, rows)
    assert table.frame[["id", "name"]].to_numpy().tolist() == [["A1", "甲"]]
    assert (is_blank("\u200b"), is_blank("\ufeff-"), trimmed("\u2060 a b \u200e")) == (
        True, True, "a b",
    )  # fmt: skip
    assert half_width("１\u200b２") == "12"
    assert trimmed("👩\u200d🔧") == "👩\u200d🔧", "what joins two signs inside a word stays"


@pytest.mark.parametrize(
    "row",
    [
        ["1", "2", "3", "4", "5"],
        ["甲", "乙", "1", "2", "3"],
        ["A", "1", "2", "3", "4"],
        [1, 2, 3, 4, 5],
    ],
)
def test_a_form_that_numbers_its_columns_has_no_station_there(tmp_path, row):
    table = read(tmp_path, [HEAD, row, [1, "丙", *HERE, "x"]])
    assert codes(table) == {2: "note_row"}
    assert table.frame["name"].tolist() == ["丙"]
    assert codes(read(tmp_path, [HEAD, [1, "丙", *HERE, "x"], row])) != {3: "note_row"}


@pytest.mark.parametrize("row", [[1, 2, 3.5, 4, 5], [1, 2, 4, 5, 6], ["站", 1, 2, 3, 4]])
def test_other_numbers_are_places_far_away_or_faults(tmp_path, row):
    assert "note_row" not in codes(read(tmp_path, [HEAD, row, [1, "丙", *HERE, "x"]])).values()


@pytest.mark.parametrize("label", ["例", "示例", "（样例）", "填写示例", "例\u200b"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_row_that_shows_how_to_fill_in_is_no_place(tmp_path, label, place):
    row = [None, "某某驿站", *HERE, None]
    row[place] = label
    table = read(tmp_path, [HEAD, row, [1, "甲", *HERE, None]])
    assert codes(table) == {2: "note_row"}
    # A place whose name begins so is one.
    for name in ("示例路驿站", "示例"):
        assert len(read(tmp_path, [HEAD, [1, name, *HERE, None]])) == 1


def test_a_line_of_units_is_no_place(tmp_path):
    rows = [[*HEAD[:4], "人数"], [None, None, "（度）", "(°)", "【人】"], [1, "甲", *HERE, 5]]
    table = read(tmp_path, rows, kind="demand")
    assert codes(table) == {2: "note_row"}
    assert table.unused["demand"].tolist() == [0]


def test_the_parts_of_a_sum_are_not_added_to_it(tmp_path):
    rows = [
        [*HEAD[:4], "人数"],
        [1, "甲", *HERE, 100],
        [None, "一、鼓楼区", None, None, None],
        [2, "乙", *HERE, 50],
        [None, "鼓楼区小计", None, None, 150],
        [None, "其中：女职工", None, None, 90],
        ["合计（2个）", None, None, None, 150],
        ["总人数：150", None, None, None, None],
    ]
    table = read(tmp_path, rows, kind="demand")
    assert table.frame["demand"].sum() == 150
    assert table.unused["demand"].tolist() == [0] * 5
    assert table.frame["id"].tolist() == ["1", "2"], "a sum has no number, each place has one"


def test_a_number_that_misses_a_place_or_repeats_is_no_id(tmp_path):
    for numbers in ([1, None, 3], [1, 1, 2]):
        rows = [HEAD, *([n, "甲", *HERE, None] for n in numbers), ["合计", None, None, None, 3]]
        assert read(tmp_path, rows).frame["id"].tolist() == ["row-2", "row-3", "row-4"]


def test_a_table_beside_the_table_is_told(tmp_path):
    head = ["名称", "经度", "纬度"]
    rows = [[*head, None, *head], ["甲", *HERE, None, "乙", 118.79, 32.03]]
    table = read(tmp_path, rows)
    assert len(table) == 1
    told = dict(table.warnings)
    assert told["table_beside"] == {"chosen": "经度", "others": "经度_2"}
    assert "table_beside" not in dict(read(tmp_path, [head, ["甲", *HERE]]).warnings)


def test_names_may_repeat_and_ids_keep_their_noughts(tmp_path):
    rows = [HEAD, ["001", "爱心驿站", *HERE], ["1", "爱心驿站", *HERE], ["002", "爱心驿站", *HERE]]
    assert read(tmp_path, rows).frame["id"].tolist() == ["001", "1", "002"]


def test_a_district_merged_over_its_rows_and_notes_below(tmp_path):
    rows = [
        ["某市工会驿站一览表"],
        ["区", "序号", "名称", "经度", "纬度"],
        ["鼓楼区", 1, "甲", *HERE],
        [None, 2, "乙", 118.79, 32.03],
        ["小计", None, None, 237.575, 64.05],
        ["玄武区", 3, "丙", 118.8, 32.05],
        ["备注：坐标取自高德地图"],
        [None, None, "制表人：张三", None, "审核：李四"],
    ]
    merges = {"a": ("A1:E1", "A3:A4", "A5:C5", "A7:E7")}
    table = read_points(put(tmp_path, drawn({"a": rows}, merges)), kind="sites", datum="wgs84")
    assert table.frame["区"].tolist() == ["鼓楼区", "鼓楼区", "玄武区"]
    assert table.frame["id"].tolist() == ["1", "2", "3"]
    assert codes(table) == {5: "total_row", 7: "note_row", 8: "note_row"}
