"""Points: what is read, what is recognised, which rows are not usable and why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geo import words
from geo.datum import from_wgs84
from geo.errors import DatumError, PointsError, RequestError
from geo.points import FAULT_CODES, PointTable, as_dict, describe, read_points

SHARED = Path(__file__).parents[1].parent / "shared"
NANJING = "118.79,32.04"


def read(tmp_path: Path, text: str | bytes, name: str = "points.csv", **options) -> PointTable:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_points(path, **{"kind": "stations", "datum": "wgs84", **options})


def codes(table: PointTable) -> dict[str, str]:
    return dict(zip(table.faults["id"], table.faults["code"], strict=True))


def warned(table: PointTable) -> list[str]:
    return [code for code, _ in table.warnings]


# The shape of a table


def test_a_plain_table(tmp_path):
    text = "编号,名称,经度,纬度,开放时间\nA1,新街口驿站,118.79,32.04,9:00-17:00\nA2,,118.8,32.05,\n"
    table = read(tmp_path, text)
    assert list(table.frame.columns) == [
        *("id", "name", "hours_text", "opening_hours"),
        *("编号", "名称", "经度", "纬度", "开放时间", "geometry"),
    ]
    assert table.frame["id"].tolist() == ["A1", "A2"]
    assert table.frame["name"].tolist() == ["新街口驿站", None]
    assert table.frame["开放时间"].tolist() == ["9:00-17:00", None]
    assert table.frame.crs == "EPSG:4326"
    assert (table.frame.geometry.x[0], table.frame.geometry.y[0]) == (118.79, 32.04)
    assert table.columns == {
        **{"id": "编号", "name": "名称", "lon": "经度", "lat": "纬度", "hours_text": "开放时间"}
    }
    assert table.frame["opening_hours"].tolist() == ["09:00-17:00", None]
    assert (table.rows, len(table), len(table.unused)) == (2, 2, 0)
    assert (table.kind, table.datum, table.encoding) == ("stations", "wgs84", "utf-8")
    assert table.warnings == []


def test_positions_are_converted_from_the_declared_datum(tmp_path):
    x, y = from_wgs84(118.79, 32.04, "gcj02")
    table = read(tmp_path, f"lon,lat\n{float(x)!r},{float(y)!r}\n", datum="高德")
    assert table.datum == "gcj02"
    assert table.frame.geometry.x[0] == pytest.approx(118.79, abs=1e-9)
    assert table.frame.geometry.y[0] == pytest.approx(32.04, abs=1e-9)
    assert table.frame["lon"][0] == repr(float(x))  # what was read stays beside it


@pytest.mark.parametrize(("datum", "code"), [(None, "datum_undeclared"), ("x", "datum_unknown")])
def test_a_datum_must_be_declared(tmp_path, datum, code):
    with pytest.raises(DatumError) as refusal:
        read(tmp_path, "lon,lat\n118.79,32.04\n", datum=datum)
    assert refusal.value.code == code
    assert "gcj02" in str(refusal.value)


def test_requests_that_make_no_sense(tmp_path):
    with pytest.raises(RequestError):
        read(tmp_path, "lon,lat\n1,1\n", kind="people")
    for bbox in [(1, 2, 3), (2, 1, 1, 2), (1, 1, 2, float("nan"))]:
        with pytest.raises(RequestError):
            read(tmp_path, "lon,lat\n1,1\n", sheet_bbox=bbox)


def test_own_headings_that_clash_are_renamed(tmp_path):
    text = "站点编号,ID,geometry,reason,Name,名称,lon,lat\nA,9,POINT(1 1),why,n,m,118.79,32.04\n"
    table = read(tmp_path, text)
    # ID is an alias before 站点编号, and Name before 名称: they became ours.
    assert table.frame["id"].tolist() == ["9"]
    assert list(table.frame.columns) == [
        *("id", "name", "站点编号", "geometry_input", "reason_input", "名称", "lon", "lat"),
        "geometry",
    ]
    assert warned(table) == ["ambiguous_column", "ambiguous_column"]


def test_a_clash_with_a_rename_is_resolved_too(tmp_path):
    table = read(tmp_path, "geometry,geometry_input,lon,lat\na,b,118.79,32.04\n")
    assert table.frame["geometry_input_input"].tolist() == ["a"]
    assert table.frame["geometry_input"].tolist() == ["b"]


def test_repeated_and_blank_headings_become_distinct(tmp_path):
    table = read(tmp_path, "lon,lat,备注,备注,,备注_2,\n118.79,32.04,a,b,c,d,\n")
    assert table.frame.iloc[0][["备注", "备注_3", "column_5", "备注_2"]].tolist() == list("abcd")
    assert "column_7" not in table.frame  # neither heading nor content


# Ids


def test_rows_without_id_are_called_by_their_row(tmp_path):
    text = 'lon,lat,note\n118.79,32.04,"two\nlines"\n\n118.8,32.04,\n'
    assert read(tmp_path, text).frame["id"].tolist() == ["row-2", "row-4"]


def test_duplicate_ids_are_refused_with_the_first_few(tmp_path):
    rows = "".join(f"A{i // 2},118.7{i % 10},32.04\n" for i in range(20))
    with pytest.raises(PointsError) as refusal:
        read(tmp_path, "编号,经度,纬度\n" + rows)
    assert refusal.value.code == "duplicate_ids"
    assert refusal.value.params["count"] == 10
    assert refusal.value.params["ids"] == "A0, A1, A2, A3, A4"


def test_an_id_is_a_duplicate_even_on_a_faulty_row(tmp_path):
    with pytest.raises(PointsError, match="more than once"):
        read(tmp_path, "id,lon,lat\nA,118.79,32.04\nA,,\n")


def test_duplicate_positions_are_no_fault(tmp_path):
    assert len(read(tmp_path, f"lon,lat\n{NANJING}\n{NANJING}\n")) == 2


@pytest.mark.parametrize(
    ("numbers", "ids", "used"),
    [
        ("12", ["1", "2"], True),
        ("11", ["row-2", "row-3"], False),
        ("1 ", ["row-2", "row-3"], False),
    ],
)
def test_a_running_number_serves_only_where_it_is_unique(tmp_path, numbers, ids, used):
    rows = "".join(f"{n},{NANJING}\n" for n in numbers)
    table = read(tmp_path, "序号,lon,lat\n" + rows)
    assert table.frame["id"].tolist() == ids
    assert ("id" in table.columns) is used


def test_an_id_proper_goes_before_a_running_number(tmp_path):
    table = read(tmp_path, f"序号,编号,lon,lat\n1,B,{NANJING}\n")
    assert table.frame["id"].tolist() == ["B"]
    assert table.columns["id"] == "编号"


def test_missing_ids_are_filled_without_meeting_given_ones(tmp_path):
    table = read(tmp_path, f"id,lon,lat\n,{NANJING}\nrow-2,{NANJING}\n")
    assert table.frame["id"].tolist() == ["row-2-bis", "row-2"]
    assert ("ids_missing", {"count": 1}) in table.warnings


# Headings


@pytest.mark.parametrize(
    "headings",
    [
        "经度,纬度",
        " Lon , LAT ",
        "ｌｎｇ,ｌａｔ",
        "Longitude (deg),Latitude (deg)",
        "经度(GCJ-02),纬度(GCJ-02)",
        "经度（高德）,纬度（高德）",
        "lon_gcj02,lat_gcj02",
        "GCJ02经度,GCJ02纬度",
        "*经度,*纬度",
        "经度°,纬度°",
        "东经,北纬",
        "x,y",
        "经 度,纬 度",
    ],
)
def test_headings_of_coordinates(tmp_path, headings):
    table = read(tmp_path, f"{headings}\n{NANJING}\n", datum="gcj02")
    assert len(table) == 1
    assert table.warnings == []


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("坐标", '"118.79,32.04"'),
        ("经纬度", "118.79，32.04"),
        ("location", "POINT(118.79 32.04)"),
        ("WKT", "SRID=4326;POINT Z (118.79 32.04 5)"),
        ("坐标", '"[118.79, 32.04]"'),
        ("坐标", "东经118.79 北纬32.04"),
        ("坐标", "北纬32.04、东经118.79"),
        ("坐标", "经度：118.79 纬度：32.04"),
        ("坐标", '"118.79 E, 32.04 N"'),
        ("坐标", "118°47′24″E 32°2′24″N"),
        ("纬经度", '"32.04,118.79"'),
        ('"经度,纬度"', '"118.79,32.04"'),
    ],
)
def test_both_numbers_in_one_cell(tmp_path, heading, cell):
    table = read(tmp_path, f"名称,{heading}\n甲,{cell}\n")
    point = table.frame.geometry[0]
    assert (point.x, point.y) == pytest.approx((118.79, 32.04))


def test_one_column_alone_may_hold_its_comma_bare(tmp_path):
    table = read(tmp_path, "坐标\n118.79,32.04\n118.80,32.05\n")
    assert table.frame.geometry.x.tolist() == [118.79, 118.80]


def test_two_pairs_are_chosen_by_the_declared_datum(tmp_path):
    text = "lon_wgs84,lat_wgs84,lon_gcj02,lat_gcj02\n118.79,32.04,118.795,32.038\n"
    wgs, gcj = read(tmp_path, text), read(tmp_path, text, datum="gcj02")
    assert wgs.columns == {"lon": "lon_wgs84", "lat": "lat_wgs84"}
    assert gcj.columns == {"lon": "lon_gcj02", "lat": "lat_gcj02"}
    assert wgs.warnings == gcj.warnings == []


def test_a_heading_that_names_another_datum_is_warned_of(tmp_path):
    table = read(tmp_path, "经度(百度),纬度(百度)\n118.79,32.04\n", datum="gcj02")
    fields = {"heading": "经度(百度)", "named": "bd09", "declared": "gcj02"}
    assert table.warnings == [("heading_datum", fields)]
    assert table.datum == "gcj02"


@pytest.mark.parametrize(("value", "warns"), [("GCJ-02", True), ("WGS-84 (from GCJ-02)", False)])
def test_a_column_that_names_another_datum_is_warned_of(tmp_path, value, warns):
    table = read(tmp_path, f"lon,lat,datum\n{NANJING},{value}\n")
    assert ("datum_by_row" in warned(table)) is warns


def test_ambiguous_columns_are_resolved_by_the_documented_order(tmp_path):
    table = read(tmp_path, "lng,lon,纬度,lat,坐标\n1,118.79,1,32.04,x\n")
    assert table.columns == {"lon": "lon", "lat": "lat"}
    assert warned(table) == ["ambiguous_column"] * 3


def test_vague_words_are_no_rivals(tmp_path):
    table = read(tmp_path, "name,name_en,location,x,y,lon,lat\na,b,Zhongshan Rd,1,2,118.79,32.04\n")
    assert table.frame["name"].tolist() == ["a"]
    assert table.warnings == []


def test_headings_without_coordinates_are_refused_by_name(tmp_path):
    with pytest.raises(PointsError) as refusal:
        read(tmp_path, "名称,地址\n甲,中山路1号\n")
    assert refusal.value.code == "no_coordinate_columns"
    assert "名称, 地址" in refusal.value.sentence("zh")


def test_titles_above_the_headings_are_passed_over(tmp_path):
    text = "南京市工会驿站一览表,,\n填表日期：,,2025\n名称,经度,纬度\n甲,118.79,32.04\n"
    table = read(tmp_path, text)
    assert table.frame["id"].tolist() == ["row-4"]
    assert table.warnings == [("title_rows", {"row": 3})]


def test_headings_in_two_rows_are_read_as_one(tmp_path):
    table = read(tmp_path, "编号,坐标,,备注\n,经度,纬度,\nA,118.79,32.04,b\n")
    assert list(table.frame.columns) == [
        *("id", "name", "编号", "经度", "纬度", "备注", "geometry")
    ]
    assert table.warnings == [("title_rows", {"row": 2})]
    assert table.rows == 1


# Faults


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("-,,", "no_position"),
        ("118.79,,", "no_position"),
        ("-,无,", "no_position"),
        (",,中山路1号", "address_only"),
        ("abc,32.04,", "bad_number"),
        ("NaN,32.04,", "bad_number"),
        ("inf,32.04,", "bad_number"),
        ("1_18,32.04,", "bad_number"),
        ("181,32.04,", "out_of_range"),
        ("353000,3546000,", "projected"),
        ("40398000,3547000,", "projected"),
        ("3547000,40398000,", "projected"),  # surveyors' X points north
        ("999999,999999,", "out_of_range"),
        ("#N/A,32.04,", "cell_error"),
        ("#REF!,#REF!,", "cell_error"),
        ("=B3,32.04,", "formula_empty"),
        ("32.04,118.79,", "swapped"),
        ("43.8,87.6,", "swapped"),  # Ürümqi: its longitude passes for a latitude
        ("39.5,76.0,", "swapped"),  # Kashgar: a place in the Barents Sea as it stands
        ("0,0,", "zero"),
        ("118.79,32.04,a,b", "ragged"),
    ],
)
def test_each_fault_is_listed_with_its_code(tmp_path, cells, code):
    table = read(tmp_path, f"经度,纬度,地址\n{cells}\n118.79,32.04,\n118.8,32.04,\n")
    assert codes(table) == {"row-2": code}
    assert table.unused["reason"].tolist() == [code]
    assert table.frame["id"].tolist() == ["row-3", "row-4"]
    assert table.rows == 3
    for lang in words.LANGUAGES:
        text = words.say(f"reason.{code}", lang, **table.faults["params"][0])
        assert "{" not in text


@pytest.mark.parametrize(
    "cell",
    ["１１８．７９", "118.79°", "118.79E", "东经118.79", "118°47′24″", "118.79度", " 118.79 "],
)
def test_numbers_as_people_type_them(tmp_path, cell):
    table = read(tmp_path, f"lon,lat\n{cell},32.04\n")
    assert table.frame.geometry.x[0] == pytest.approx(118.79)


def test_west_and_south_are_negative(tmp_path):
    table = read(tmp_path, "lon,lat\n58.4W,34.6S\n")
    assert (table.frame.geometry.x[0], table.frame.geometry.y[0]) == (-58.4, -34.6)


def test_a_sheet_of_another_country_is_not_accused(tmp_path):
    # Exchanged, Longyearbyen would lie in India, within the rectangle of the offsets.
    table = read(tmp_path, "lon,lat\n24.94,60.17\n15.6,78.2\n25.0,60.2\n")
    assert len(table) == 3


def test_the_area_of_the_sheet_finds_exchanges_abroad(tmp_path):
    text = "lon,lat\n24.94,60.17\n60.2,25.0\n"
    assert len(read(tmp_path, text)) == 2
    table = read(tmp_path, text, sheet_bbox=(24, 59, 26, 61))
    assert codes(table) == {"row-3": "swapped"}


@pytest.mark.parametrize("extra", ["", "-,\n", ",合计\n"])
def test_a_sheet_wholly_exchanged_is_refused(tmp_path, extra):
    with pytest.raises(PointsError) as refusal:
        read(tmp_path, "lon,lat\n32.04,118.79\n32.05,118.8\n" + extra)
    assert refusal.value.code == "points_all_swapped"
    assert refusal.value.params["count"] == 2


def test_rows_may_end_early_or_in_blanks(tmp_path):
    table = read(tmp_path, "lon,lat,note\n118.79,32.04\n118.79,32.04,a,, ,\n")
    assert len(table) == 2
    assert table.frame["note"].tolist() == [None, "a"]


@pytest.mark.parametrize("label", ["合计", "总 计", "小计：", "小计：3个", "Total", "合计12站"])
def test_totals_are_listed_and_not_counted(tmp_path, label):
    text = f"编号,名称,经度,纬度,人数\n1,甲,118.79,32.04,5\n{label},,,,5\n,{label},,,5\n"
    table = read(tmp_path, text, kind="demand")
    assert set(table.unused["reason"]) == {"total_row"}
    assert table.frame["demand"].sum() + table.unused["demand"].sum() == 5
    assert "ids_missing" not in warned(table)


SUMS = [
    *(
        "合计",
        "总 计",
        "小计：3个",
        "平均",
        "平均值",
        "平 均",
        "鼓楼区小计",
        "总计（人）",
        "合计数",
    ),
    *("均值", "累计", "人均", "平均数", "最大值", "本页合计："),
]


@pytest.mark.parametrize("label", SUMS)
@pytest.mark.parametrize("place", ["228.335,44.635", "118.785,32.02", "6个,", "0,0", "6个,6个"])
def test_sums_are_no_places_whatever_stands_in_their_coordinates(tmp_path, label, place):
    head = "名称,经度,纬度,人数\n甲,118.79,32.04,1000\n乙,118.78,32.05,500\n"
    table = read(tmp_path, f"{head}{label},{place},1500\n", kind="demand")
    assert table.unused["reason"].tolist() == ["total_row"]
    assert table.frame["demand"].sum() + table.unused["demand"].sum() == 1500
    for before in ("序号,编号", "编号,区", "区,编号"):
        ids = f"{before},名称,经度,纬度\nA,B,甲,118.79,32.04\nC,D,乙,118.78,32.05\n"
        labels = f"{label},,,{place}\n,,{label},{place}\n"
        assert set(codes(read(tmp_path, ids + labels, kind="sites")).values()) == {"total_row"}


NAMED = ["合计路站", "总计巷", "平均里", "均值科技园", "Total", "平均分咖啡", "小计划书店", "累计"]


def test_a_place_named_like_a_sum_is_a_place(tmp_path):
    text = "".join(f"{i},{n},118.79,32.04\n" for i, n in enumerate(NAMED))
    table = read(tmp_path, "编号,名称,经度,纬度\n" + text, kind="sites")
    assert table.frame["name"].tolist() == NAMED[:-1]
    assert codes(table) == {"row-9": "total_row"}
    # a district that sums are told of in another column does not decide
    text = "编号,名称,区,经度,纬度\n1,甲,合计,118.79,32.04\n"
    assert len(read(tmp_path, text, kind="sites")) == 1


def test_a_petrol_station_named_total_is_a_station(tmp_path):
    table = read(tmp_path, f"name,lon,lat,address\nTotal,{NANJING},\nTotal,,,1 Main St\n")
    assert table.frame["name"].tolist() == ["Total"]
    assert table.unused["reason"].tolist() == ["address_only"]


@pytest.mark.parametrize("reason", FAULT_CODES)
def test_every_reason_has_its_sentences(reason):
    for lang in words.LANGUAGES:
        assert words.entries()[f"reason.{reason}"][lang]
        assert words.say(f"error.none_usable_{reason}", lang, path="a", rows=3, count=2)


def test_no_usable_row_is_refused_with_the_commonest_reason(tmp_path):
    with pytest.raises(PointsError) as refusal:
        read(tmp_path, "lon,lat,地址\n,,a\n,,b\nx,y,\n")
    assert refusal.value.code == "none_usable_address_only"
    assert refusal.value.params["count"] == 2


# Demand


@pytest.mark.parametrize(
    ("cell", "demand"),
    [
        *[("5", 5), ("0", 0), ("2.5", 2.5), ('"1,200"', 1200), ("１２００", 1200)],
        *[("30人", 30), ("1.2万", 12000), ("1e3", 1000)],
    ],
)
def test_weights(tmp_path, cell, demand):
    table = read(tmp_path, f"lon,lat,人数（人）\n{NANJING},{cell}\n", kind="demand")
    assert table.frame["demand"].tolist() == [demand]
    assert table.columns["demand"] == "人数（人）"


@pytest.mark.parametrize("cell", ["-1", "NaN", "inf", "many", "", "1,20", "-"])
def test_bad_weights(tmp_path, cell):
    text = f'id,lon,lat,demand\nA,{NANJING},"{cell}"\nB,{NANJING},3\nC,,,7\n'
    table = read(tmp_path, text, kind="demand")
    assert codes(table) == {"A": "bad_weight", "C": "no_position"}
    assert np.isnan(table.unused["demand"][0])
    assert table.unused["demand"][1] == 7  # stays in the denominator


def test_demand_without_weights_counts_each_place_as_one(tmp_path):
    table = read(tmp_path, f"lon,lat\n{NANJING}\n,-\n", kind="demand")
    assert table.frame["demand"].tolist() == [1.0]
    assert table.unused["demand"].tolist() == [1.0]
    assert table.flags == ("unit_demand",)


def test_the_weight_of_a_ragged_row_is_not_known(tmp_path):
    table = read(tmp_path, f"lon,lat,demand\n{NANJING},5\n118.79,32,04,9\n", kind="demand")
    assert np.isnan(table.unused["demand"][0])


def test_a_stations_headcount_is_its_own(tmp_path):
    table = read(tmp_path, f"lon,lat,人数,demand\n{NANJING},x,5\n")
    assert table.frame["demand"].tolist() == ["5"]
    assert table.flags == ()


# Flags, digest, report


@pytest.mark.parametrize(
    ("heading", "cell", "flags"),
    [
        ("sample", "true", ("sample",)),
        ("示例", "是", ("sample",)),
        ("sample", "false", ()),
        ("coordinate_status", "estimated", ("estimated",)),
        ("coordinate_status", "sourced", ()),
    ],
)
def test_flags_are_read_off_the_columns(tmp_path, heading, cell, flags):
    table = read(tmp_path, f"lon,lat,{heading}\n{NANJING},{cell}\n{NANJING},\n")
    assert table.flags == flags


def test_the_digest_is_of_the_content(tmp_path):
    text = "编号,经度,纬度,备注\nA,118.79,32.04,甲\nB,,,乙\n"
    digest = read(tmp_path, text).digest
    assert len(digest) == 64
    same = [
        text.encode("gb18030"),
        text.encode("utf-16"),
        text.replace(",", "\t").encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        "编号,备注,经度,纬度\nA,甲,118.790,32.0400\nB,乙,,\n".encode(),
    ]
    assert {read(tmp_path, data).digest for data in same} == {digest}
    others = [
        read(tmp_path, text.replace("甲", "丙")),
        read(tmp_path, text.replace("乙", "丙")),
        read(tmp_path, text.replace("118.79", "118.7900002")),
        read(tmp_path, text.replace("A,", "C,")),
        read(tmp_path, text, datum="gcj02"),
        read(tmp_path, text, kind="sites"),
    ]
    assert len({t.digest for t in others} | {digest}) == len(others) + 1


def test_the_report_tells_everything(tmp_path):
    text = f"编号,名称,经度(百度),纬度,人数\nA,甲,{NANJING},5\nB,乙,,,7\nC,丙,{NANJING},x\n"
    table = read(tmp_path, text, kind="demand", datum="gcj02")
    for lang, said in (("zh", "第 3 行（乙）：没有坐标。"), ("en", "Row 3 (乙): it has no")):
        lines = describe(table, lang, path="points.csv")
        whole = "\n".join(lines)
        assert "points.csv" in lines[0]
        assert said in whole
        assert "gcj02" in whole
        assert "bd09" in whole
        assert "{" not in whole
    assert any("2 more" in line for line in describe(table, "en", max_faults=0))
    report = json.loads(json.dumps(as_dict(table, "zh"), allow_nan=False))
    assert report["demand"] == {"used": 5.0, "unused": 7.0, "unknown": 1}
    assert report["fault_counts"] == {"no_position": 1, "bad_weight": 1}
    assert [f["id"] for f in report["faults"]] == ["B", "C"]
    assert report["faults"][0]["sentence"] == "没有坐标"
    assert report["warnings"][0]["code"] == "heading_datum"
    assert report["extent_wgs84"][0] == pytest.approx(118.785, abs=0.01)


def test_points_abroad_in_a_chinese_datum_are_told(tmp_path):
    table = read(tmp_path, f"lon,lat\n24.94,60.17\n{NANJING}\n", datum="bd09")
    assert ("outside_china", {"count": 1, "declared": "bd09"}) in table.warnings


def test_a_hundred_and_sixty_thousand_rows(tmp_path):
    rows = "".join(f"A{i},小区{i},118.{i:06d},32.04,{i % 500}\n" for i in range(160_000))
    table = read(tmp_path, f"编号,名称,经度,纬度,人数\n{rows}", kind="demand")
    assert len(table) == 160_000
    assert table.frame["id"].is_unique


# Facts


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared beside the checkout")
def test_the_metro_stations():
    table = read_points(SHARED / "facts/metro_stations.csv", kind="sites", datum="wgs84")
    assert (len(table), len(table.unused)) == (160, 0)
    assert table.frame["id"][0] == "row-2"
    assert table.columns["name"] == "name_zh"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared beside the checkout")
def test_the_heritage_sites():
    table = read_points(SHARED / "facts/sites.csv", kind="sites", datum="WGS-84")
    assert (len(table), len(table.unused), table.rows) == (27, 12, 39)
    assert set(table.faults["code"]) == {"no_position"}
    assert "浦镇车辆厂" in table.unused["name"].tolist()
    assert table.warnings == []
    gcj = read_points(SHARED / "facts/sites.csv", kind="sites", datum="gcj02")
    assert warned(gcj) == ["datum_by_row"]
    assert gcj.frame.geometry.geom_equals(table.frame.geometry).all()  # each row says WGS-84
