"""Fields of union lists, a datum of each row, positions in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
from workbooks import put

from geo import words
from geo.datum import from_wgs84
from geo.errors import PlannerError, RequestError
from geo.points import FAULT_CODES, PointTable, read_points
from geo.points.cells import is_note
from geo.points.columns import ALIASES, fold, recognise, roles_of
from geo.points.fields import FIELDS, PRIVATE

HERE = (118.79, 32.04)
X4549, Y4549 = pyproj.Transformer.from_crs(4490, 4549, always_xy=True).transform(*HERE)


def read(folder: Path, text: str, name: str = "points.csv", **options) -> PointTable:
    return read_points(put(folder, text, name), **{"kind": "stations", "datum": "wgs84", **options})


def one(folder: Path, heading: str, cell: str, **options):
    """Return the only usable row of a table with one column beside the position."""
    return read(folder, f'lon,lat,{heading}\n118.79,32.04,"{cell}"\n', **options).frame.iloc[0]


# Fields


@pytest.mark.parametrize(
    ("heading", "cell", "key", "value"),
    [
        ("站点类型", "工会驿站", "kind", "工会驿站"),
        ("驿站等级", "标准型", "class", "标准站"),
        ("等级", "微型站", "class", "微型站"),
        ("建设方式", "工会自建", "built", "自建"),
        ("自建/共建", "与银行共建", "built", "共建"),
        ("建设方式", "自建转共建", "built", "自建转共建"),
        ("运营单位", "某银行", "operator", "某银行"),
        ("主管工会", "某区总工会", "union", "某区总工会"),
        ("面积（㎡）", "20", "area_m2", 20.0),
        ("建筑面积(平方米)", "约２０．５平方米", "area_m2", 20.5),
        ("面积", "1,200", "area_m2", 1200.0),
        ("面积", "未测", "area_m2", None),
        ("面积", "-5", "area_m2", None),
        ("可容纳人数", "约12人", "capacity", 12),
        ("可容纳人数", "12.5", "capacity", None),
        ("服务项目", "饮水，微波炉 / 充电", "facilities", "饮水、微波炉、充电"),
        ("配套设施", "饮水、充电", "facilities", "饮水、充电"),
        ("服务时间", "周一至周五 9:30-17:00", "hours_text", "周一至周五 9:30-17:00"),
        ("服务时间", "周一至周五 9:30-17:00", "opening_hours", "Mo-Fr 09:30-17:00"),
        ("开放时间", "看心情", "hours_text", "看心情"),
        ("开放时间", "看心情", "opening_hours", None),
        ("开放时间", "", "opening_hours", None),
        ("开放时间（OSM）", "24/7", "opening_hours", "24/7"),
        ("进门方式", "扫码", "entry", "扫码"),
        ("核验日期", "2026-05-20", "verified_on", "2026-05-20"),
        ("核验日期", "2026/5/20 00:00:00", "verified_on", "2026-05-20"),
        ("核实日期", "２０２６年５月２０日", "verified_on", "2026-05-20"),
        ("核验时间", "2026.5.20", "verified_on", "2026-05-20"),
        ("核验日期", "20260520", "verified_on", "2026-05-20"),
        ("核验日期", "46162", "verified_on", "2026-05-20"),  # as Excel counts days
        ("核验日期", "2026年5月", "verified_on", "2026-05"),
        ("核验日期", "2026-02-30", "verified_on", None),
        ("核验日期", "去年", "verified_on", None),
        ("示例", "是", "sample", True),
        ("示例", "否", "sample", False),
        ("照片", "a.jpg", "photo", "a.jpg"),
    ],
)
def test_fields_are_recognised_and_made_uniform(tmp_path, heading, cell, key, value):
    row = one(tmp_path, heading, cell)
    assert row[key] == value or (row[key] is None and value is None)
    assert row[heading] == (cell or None)  # the list's own words stay beside it


def test_opening_hours_that_are_given_count(tmp_path):
    rows = "118.79,32.04,全天,Mo-Fr 08:00-20:00\n118.79,32.04,全天,\n"
    table = read(tmp_path, f"lon,lat,开放时间,开放时间（OSM）\n{rows}")
    assert table.frame["opening_hours"].tolist() == ["Mo-Fr 08:00-20:00", "24/7"]
    assert table.warnings == []


@pytest.mark.parametrize(
    ("cells", "key", "value"),
    [
        ("标准站 微型 流动站", "class", ["标准站", "微型站", "流动站"]),
        ("自建 共建 自建", "built", ["自建", "共建", "自建"]),
        ("标准站 自建 共建", "kind", ["标准站", "自建", "共建"]),
    ],
)
def test_a_column_of_kinds_that_holds_classes_is_one_of_classes(tmp_path, cells, key, value):
    rows = "".join(f"118.79,32.04,{cell}\n" for cell in cells.split())
    table = read(tmp_path, f"lon,lat,类型\n{rows}")
    assert table.frame[key].tolist() == value
    assert {"kind", "class", "built"} & set(table.frame.columns) == {key}


def test_persons_are_recognised_but_never_a_column_of_ours(tmp_path):
    table = read(tmp_path, "lon,lat,负责人,联系电话\n118.79,32.04,某,1\n")
    assert table.columns["contact_person"] == "负责人"
    assert table.columns["contact_phone"] == "联系电话"
    assert not set(PRIVATE) & set(table.frame.columns)


def test_demand_and_sites_have_no_fields_of_stations(tmp_path):
    text = "lon,lat,类型,人数\n118.79,32.04,x,5\n"
    assert "kind" not in read(tmp_path, text, kind="demand").frame
    assert "kind" not in read(tmp_path, text, kind="sites").frame


def test_each_alias_is_folded_and_means_one_thing():
    seen: dict[str, str] = {}
    for role, aliases in ALIASES.items():
        for alias in aliases:
            assert fold(alias) == alias, alias
            assert alias not in seen, (alias, role, seen[alias])
            seen[alias] = role
    for kind in ("stations", "sites", "demand"):
        for role in roles_of(kind):
            heading = ALIASES[role][0]
            pair = ["经度", "纬度"] if role.endswith(("_min", "_sec")) else []
            parts = ["lon_min", "lat_min"] if role.endswith("_sec") else []
            beside = ["lat_min"] if role == "lon_min" else ["lon_min"] if role == "lat_min" else []
            other = {"lon": ["纬度"], "lat": ["经度"]}.get(role, [])
            found = recognise([heading, *pair, *parts, *beside, *other], kind=kind, datum="wgs84")
            assert found.columns.get(role) == heading, role


def test_every_role_has_a_name_in_both_languages():
    for role in (*roles_of("stations"), "demand"):
        assert words.say(f"points.role_{role}", "zh") != words.say(f"points.role_{role}", "en")
    assert set(FIELDS) <= set(roles_of("stations"))


# A datum of each row


@pytest.mark.parametrize(
    ("word", "datum"),
    [
        ("高德", "gcj02"),
        ("GCJ-02", "gcj02"),
        ("GCJ-02（高德、腾讯）", "gcj02"),
        ("火星坐标", "gcj02"),
        ("百度坐标系", "bd09"),
        ("BD-09", "bd09"),
        ("WGS84", "wgs84"),
        ("GPS", "wgs84"),
        ("CGCS2000", "cgcs2000"),
        ("国家2000", "cgcs2000"),
        ("国家2000坐标系", "cgcs2000"),
        ("天地图", "cgcs2000"),
        ("", "bd09"),
        ("/", "bd09"),
    ],
)
def test_each_row_is_converted_from_the_datum_it_names(tmp_path, word, datum):
    x, y = from_wgs84(*HERE, datum)
    text = f"lon,lat,坐标系\n{float(x)!r},{float(y)!r},{word}\n"
    point = read(tmp_path, text, datum="bd09").frame.geometry[0]
    assert (point.x, point.y) == pytest.approx(HERE, abs=1e-8)


@pytest.mark.parametrize("word", ["西安80", "北京54", "不详"])
def test_an_unknown_datum_is_a_fault_of_its_row(tmp_path, word):
    table = read(tmp_path, f"lon,lat,坐标系\n118.79,32.04,{word}\n118.79,32.04,WGS84\n")
    assert table.faults["code"].tolist() == ["bad_datum"]
    assert table.faults["params"][0] == {"value": word}


def test_rows_of_another_datum_are_counted(tmp_path):
    rows = "".join(f"118.79,32.04,{w}\n" for w in ("高德", "百度", "百度", "", "gps", "x"))
    table = read(tmp_path, f"lon,lat,坐标系\n{rows}")
    fields = {"heading": "坐标系", "declared": "wgs84", "named": "bd09, gcj02", "count": 3}
    assert table.warnings == [("datum_by_row", fields)]
    assert table.datum == "wgs84"


# Metres


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        (X4549, Y4549, "EPSG:4549"),
        (Y4549, X4549, "EPSG:4549"),  # surveyors' X points north
        (40_000_000 + X4549, Y4549, "EPSG:4549"),
        (Y4549, 40_000_000 + X4549, "EPSG:4528"),
        (X4549, Y4549, "EPSG:4528"),
        (X4549, Y4549, "4549"),
    ],
)
def test_metres_become_degrees_where_their_system_is_named(tmp_path, x, y, crs):
    text = f"经度,纬度\n{x:.4f},{y:.4f}\n118.79,32.04\n"
    table = read(tmp_path, text, crs=crs, datum="gcj02")
    metres, degrees = table.frame.geometry
    assert (metres.x, metres.y) == pytest.approx(HERE, abs=1e-8)  # CGCS2000, whatever the degrees
    assert degrees.x != pytest.approx(HERE[0], abs=1e-4)
    assert table.crs in ("EPSG:4549", "EPSG:4528")


@pytest.mark.parametrize(
    ("x", "y", "guess"),
    [
        (40_000_000 + X4549, Y4549, "CGCS2000 3° 40 EPSG:4528"),
        (Y4549, 39_500_123.4, "CGCS2000 3° 39 EPSG:4527"),
        (20_712_345.6, Y4549, "CGCS2000 6° 20 EPSG:4498"),
        (X4549, Y4549, "CGCS2000 3°"),
    ],
)
def test_metres_without_a_system_are_a_fault_that_says_what_they_look_like(tmp_path, x, y, guess):
    table = read(tmp_path, f"X坐标,Y坐标\n{x:.1f},{y:.1f}\n118.79,32.04\n")
    assert table.faults["code"].tolist() == ["projected"]
    assert table.faults["params"][0]["guess"] == guess
    code = guess.rpartition(" ")[2]
    if code.startswith("EPSG"):
        lon = pyproj.Transformer.from_crs(code, 4490, always_xy=True).transform(max(x, y), Y4549)[0]
        assert 116 < lon < 120


def test_metres_of_another_zone_are_a_fault(tmp_path):
    text = f"x,y\n{38_000_000 + X4549:.1f},{Y4549:.1f}\n5000,7000\n{X4549:.1f},{Y4549:.1f}\n"
    table = read(tmp_path, text, crs="EPSG:4549")
    assert table.faults["code"].tolist() == ["projected", "projected"]
    assert len(table) == 1


def test_a_file_of_metres_alone_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(PlannerError) as caught:
        read(tmp_path, f"x,y\n{X4549:.1f},{Y4549:.1f}\n")
    assert caught.value.code == "none_usable_projected"
    assert "--crs EPSG:4549" in str(caught.value)


@pytest.mark.parametrize(
    ("crs", "code"),
    [
        ("EPSG:4326", "points_crs_metres"),
        ("EPSG:4490", "points_crs_metres"),
        ("EPSG:0", "points_crs_metres"),
        ("somewhere", "points_crs_metres"),
        ("+proj=merc", "points_crs_metres"),
        ("", "points_crs_metres"),
        ("EPSG:2437", "points_crs_datum"),  # Beijing 1954
        ("EPSG:2364", "points_crs_datum"),  # Xi'an 1980
    ],
)
def test_systems_that_cannot_be_used(tmp_path, crs, code):
    with pytest.raises(RequestError) as caught:
        read(tmp_path, f"x,y\n{X4549:.1f},{Y4549:.1f}\n", crs=crs)
    assert caught.value.code == code
    assert caught.value.sentence("zh")


def test_a_system_of_another_country(tmp_path):
    x, y = pyproj.Transformer.from_crs(4326, 3879, always_xy=True).transform(24.94, 60.17)
    table = read(tmp_path, f"x,y\n{x},{y}\n", crs="EPSG:3879")
    assert table.frame.geometry.x[0] == pytest.approx(24.94, abs=1e-5)


# Notes


@pytest.mark.parametrize(
    ("text", "note"),
    [
        *[("备注：示例", True), ("注: 1. 坐标", True), ("注1：坐标", True), ("填表人：某", True)],
        *[("制表单位：某", True), ("审核人:", True), ("以上数据为示例", True), ("（盖章）", True)],
        *[("填表日期：2026年", True), ("数据来源：某", True), ("单位（盖章）：", True)],
        *[("注意力书店", False), ("说明书店", False), ("备注", False), ("统计局驿站", False)],
        *[("来源路驿站", False), ("日期广场", False), (None, False), (5, False)],
    ],
)
def test_notes(text, note):
    assert is_note(text) is note


def test_every_fault_code_is_met_in_the_texts():
    known = words.entries()
    assert all(f"reason.{code}" in known for code in FAULT_CODES)
    assert np.unique(FAULT_CODES).size == len(FAULT_CODES)
