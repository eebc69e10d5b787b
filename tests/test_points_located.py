"""Rows with an address only, and positions that somebody found for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from workbooks import put

from geo.errors import DatumError
from geo.points import Located, PointTable, as_dict, describe, read_points, to_locate, with_located

TEXT = (
    "编号,名称,经度,纬度,地址,人数\n"
    "A,甲,118.79,32.04,示例路1号,5\n"
    "B,乙,,,示例路2号,7\n"
    "C,丙,,,,9\n"
    "D,丁,,,示例路4号,x\n"
    "E,戊,32.04,118.79,示例路5号,1\n"
)


def read(folder: Path, text: str = TEXT, **options) -> PointTable:
    given = {"kind": "demand", "datum": "wgs84", **options}
    return read_points(put(folder, text, "a.csv"), **given)


def test_rows_to_locate_are_those_with_an_address_and_no_position(tmp_path):
    rows = to_locate(read(tmp_path))
    assert rows.to_dict("records") == [
        {"id": "B", "sheet": None, "row": 3, "name": "乙", "address": "示例路2号"},
        {"id": "D", "sheet": None, "row": 5, "name": "丁", "address": "示例路4号"},
    ]
    assert len(to_locate(read(tmp_path, "lon,lat\n1,1\n,\n", kind="sites"))) == 0


def test_a_long_address_is_given_whole(tmp_path):
    long = "示例路" * 60
    table = read(tmp_path, f"lon,lat,地址\n1,1,\n,,{long}\n", kind="sites")
    assert to_locate(table)["address"].tolist() == [long]


def test_located_rows_become_usable_marked_and_flagged(tmp_path):
    table = read(tmp_path)
    found = {"B": Located(118.78, 32.05, "wgs84", accuracy_m=50.0, source="x 2026-01-01")}
    located = with_located(table, found)
    assert located.frame["id"].tolist() == ["A", "B"]
    assert located.frame["coordinate_status"].tolist() == [None, "geocoded"]
    assert located.frame["coordinate_accuracy_m"].tolist() == [None, 50.0]
    assert located.frame["coordinate_source"].tolist() == [None, "x 2026-01-01"]
    assert located.frame["demand"].tolist() == [5, 7]
    assert (located.frame.geometry.x[1], located.frame.geometry.y[1]) == (118.78, 32.05)
    assert located.frame.crs == "EPSG:4326"
    assert located.unused["id"].tolist() == located.faults["id"].tolist() == ["C", "D", "E"]
    assert located.rows == table.rows == len(located.frame) + len(located.unused)
    assert located.flags == ("geocoded",)
    assert located.digest != table.digest
    assert "geocoded" in as_dict(located)["flags"]
    assert describe(located, "zh")
    assert table.frame["id"].tolist() == ["A"]  # what was given is as it was


def test_the_datum_of_a_position_is_converted(tmp_path):
    located = with_located(read(tmp_path), {"B": Located(118.79, 32.04, "高德")})
    assert located.frame.geometry.x[1] == pytest.approx(118.7848, abs=1e-4)
    with pytest.raises(DatumError):
        with_located(read(tmp_path), {"B": Located(118.79, 32.04, "venus")})


def test_other_ids_and_rows_are_passed_over(tmp_path):
    table = read(tmp_path)
    nowhere = Located(118.0, 32.0)
    assert with_located(table, {}) is table
    assert with_located(table, {"A": nowhere, "C": nowhere, "E": nowhere, "Z": nowhere}) is table


def test_an_own_column_of_status_is_filled_further(tmp_path):
    text = "编号,经度,纬度,地址,coordinate_status\nA,118.79,32.04,x,estimated\nB,,,y,\n"
    table = with_located(read(tmp_path, text, kind="sites"), {"B": Located(118.7, 32.0)})
    assert table.frame["coordinate_status"].tolist() == ["estimated", "geocoded"]
    assert table.flags == ("estimated", "geocoded")
    assert "coordinate_source" not in table.frame


def test_a_table_of_addresses_alone(tmp_path):
    text = "名称,地址\n甲,示例路1号\n乙,示例路2号\n"
    table = read(tmp_path, text, kind="stations", unlocated=True)
    assert (len(table.frame), len(table.unused)) == (0, 2)
    located = with_located(table, {"row-3": Located(118.7, 32.0)})
    assert located.frame["name"].tolist() == ["乙"]
    assert np.isfinite(located.frame.total_bounds).all()
    assert as_dict(table)["extent_wgs84"] is None


def test_a_status_of_another_kind(tmp_path):
    found = {"B": Located(118.7, 32.0, status="estimated", accuracy_m=200)}
    table = with_located(read(tmp_path), found)
    assert table.flags == ("estimated",)
