"""CSV that a spreadsheet opens without harm, and Parquet with its provenance."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geo import datum
from geo.errors import OutputError, RequestError
from geo.exports import Provenance, csv_bytes, is_private, private_columns, write_csv, write_parquet
from geo.exports.tables import inert

CREATED = "2026-05-01T08:00:00+08:00"


def provenance(**more) -> Provenance:
    return Provenance(version="0.1.0", created=CREATED, **more)


def points(**columns) -> gpd.GeoDataFrame:
    shapes = [Point(118.78, 32.04), Point(118.8, 32.0)]
    return gpd.GeoDataFrame({"id": ["a", "b"], **columns}, geometry=shapes, crs=4326)


def cells(table: pd.DataFrame, record: Provenance | None = None, **options) -> list[dict[str, str]]:
    text = csv_bytes(table, record or provenance(), **options).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- form ------------------------------------------------------------------------------------


def test_excel_sees_utf8_and_crlf():
    data = csv_bytes(points(name=["工会", "两\n行"]), provenance())
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\xef\xbb\xbf") == 1
    assert data.endswith(b"\r\n")
    assert data.splitlines()[0].decode("utf-8-sig") == "id,name,lon,lat,datum,run_id,run_flags"


def test_each_row_names_its_datum_and_run():
    first, second = cells(points())
    assert first == {
        "id": "a",
        "lon": "118.7800000",
        "lat": "32.0400000",
        "datum": "wgs84",
        "run_id": provenance().run_id,
        "run_flags": " ".join(provenance().flags),
    }
    assert second["run_id"] == first["run_id"]


def test_numbers_have_the_decimals_of_their_unit():
    (row,) = cells(
        pd.DataFrame(
            {
                "minutes": [4.999],
                "length_m": [-0.04],
                "area_km2": [1.23456],
                "share": [1 / 3],
                "n": [7],
                "other": [2.5],
                "whole": [3.0],
            }
        )
    )
    del row["datum"], row["run_id"], row["run_flags"]
    assert row == {
        "minutes": "5.00",
        "length_m": "0.0",
        "area_km2": "1.2346",
        "share": "0.3333",
        "n": "7",
        "other": "2.5",
        "whole": "3",
    }


def test_missing_values_are_empty_and_lists_are_words():
    (row, other) = cells(
        pd.DataFrame(
            {
                "a": [np.nan, 1.0],
                "b": pd.Series([None, "x"], dtype=object),
                "c": [np.inf, 1.0],
                "d": pd.array([None, 1], dtype="Int64"),
                "e": [pd.NaT, pd.Timestamp("2026-05-01")],
                "f": [["too_far", "night"], None],
                "g": [True, False],
                "h": [["=1+1", 2, 2.5], [["nested"], {}]],
            }
        )
    )
    assert [row[name] for name in "abcde"] == [""] * 5
    assert row["f"] == "too_far、night"
    assert (row["h"], other["h"]) == ("'=1+1、2、2.5", '[["nested"],{}]')
    assert row["g"] == "true"


def test_shapes_other_than_points_are_left_out():
    layer = points().set_geometry([shape.buffer(0.01) for shape in points().geometry])
    with pytest.raises(KeyError):
        cells(layer)[0]["lon"]


def test_a_frame_without_geometry_keeps_its_own_positions():
    table = pd.DataFrame({"id": ["a"], "lon": [118.78], "lat": [32.04], "datum": ["bd09"]})
    (row,) = cells(table, provenance(datum_out="gcj02"))
    x, y = datum.from_wgs84(np.array([118.78]), np.array([32.04]), "gcj02")
    assert float(row["lon"]) == pytest.approx(x[0], abs=1e-7)
    assert float(row["lat"]) == pytest.approx(y[0], abs=1e-7)
    assert row["datum"] == "gcj02"


def test_points_move_with_the_datum():
    (row, _) = cells(points(), provenance(datum_out="bd09"))
    x, _y = datum.from_wgs84(np.array([118.78]), np.array([32.04]), "bd09")
    assert float(row["lon"]) == pytest.approx(x[0], abs=1e-7)


def test_an_empty_table_still_has_its_heading():
    data = csv_bytes(points()[:0], provenance())
    assert data.decode("utf-8-sig").strip() == "id,lon,lat,datum,run_id,run_flags"
    plain = csv_bytes(pd.DataFrame({"id": []}), provenance())
    assert plain.decode("utf-8-sig").strip() == "id,datum,run_id,run_flags"


def test_bytes_do_not_depend_on_the_chunk(monkeypatch):
    table = pd.DataFrame({"id": range(25), "x": np.linspace(0, 1, 25)})
    whole = csv_bytes(table, provenance())
    monkeypatch.setattr("geo.exports.tables._CHUNK", 7)
    assert csv_bytes(table, provenance()) == whole


def test_the_name_stays_and_the_file_is_whole(tmp_path):
    done = write_csv(points(电话=["1", "2"]), tmp_path / "s.csv", provenance(datum_out="gcj02"))
    assert done.path == tmp_path / "s.csv"
    assert done.rows == 2
    assert done.dropped_columns == ("电话",)
    assert list(tmp_path.iterdir()) == [done.path]


def test_an_id_column_that_is_asked_for_must_be_there():
    with pytest.raises(RequestError, match="no id column"):
        csv_bytes(points(), provenance(), id_column="code")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(OutputError, match="folder does not exist"):
        write_csv(points(), tmp_path / "no" / "a.csv", provenance())


# --- formulas --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "　=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        '=HYPERLINK("http://x","y")',
        "-",
        "+86 138 0000",
    ],
)
def test_what_looks_like_a_formula_is_made_inert(text):
    assert inert(text) == f"'{text}"
    (row,) = cells(pd.DataFrame({"a": [text]}))
    assert row["a"] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-5.2", "+3", "-.5", "-1e-3", "5", "a=b", "'=1", "", "工会", "1-2"]
)
def test_numbers_and_words_are_let_be(text):
    assert inert(text) == text


def test_numbers_are_never_quoted():
    (row,) = cells(pd.DataFrame({"a_m": [-5.2], "b": [-3], "c": ["-5.2"]}))
    assert (row["a_m"], row["b"], row["c"]) == ("-5.2", "-3", "-5.2")


def test_headings_are_made_inert_too():
    assert b"'=cmd" in csv_bytes(pd.DataFrame({"=cmd|x": [1]}), provenance()).splitlines()[0]


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.text(), min_size=1, max_size=5))
def test_texts_come_back_but_for_the_apostrophe(texts):
    found = [row["a"] for row in cells(pd.DataFrame({"a": pd.Series(texts, dtype=object)}))]
    assert [t for t in found] == [inert(t.encode("utf-8", "replace").decode()) for t in texts]
    assert not any(t.startswith(tuple("=+@\t\r\n＝＋－＠")) and inert(t) != t for t in found)


# --- private columns -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "负责人",
        "负责人/电话",
        "联 系 人",
        "联系方式",
        "手机号码",
        "電話",
        "站长姓名",
        "身份证号",
        "phone",
        "PhoneNumber",
        "contact:phone",
        "Ｐｈｏｎｅ",
        "station_tel",
        "e_mail",
        "person_in_charge",
        "WeChat",
    ],
)
def test_headings_of_persons_are_private(heading):
    assert is_private(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "id",
        "名称",
        "地址",
        "所属工会",
        "运营主体",
        "hotel",
        "union_in_charge",
        "telegraph",
        "status",
        "responsibility",
        "开放时间",
        "cell_m",
        "minutes",
        7,
    ],
)
def test_other_headings_are_not(heading):
    assert not is_private(heading)


def test_private_columns_come_in_their_order():
    assert private_columns(["电话", "名称", "联系人"]) == ["电话", "联系人"]


def test_private_columns_stay_when_asked_for():
    assert cells(points(电话=["025", "026"]), keep_private=True)[0]["电话"] == "025"


# --- Parquet ---------------------------------------------------------------------------------


def test_parquet_keeps_types_and_carries_its_provenance(tmp_path):
    table = points(
        minutes=[1 / 3, np.nan],
        tags=[["x"], None],
        mixed=pd.Series([1, "a"], dtype=object),
        手机=["1", "2"],
    )
    done = write_parquet(table, tmp_path / "times.parquet", provenance(datum_out="gcj02"))
    assert done.dropped_columns == ("手机",)
    record = json.loads(pq.read_schema(done.path).metadata[b"hongtu"])
    assert record == provenance(datum_out="gcj02").as_dict()
    back = pd.read_parquet(done.path)
    assert back.columns.tolist() == [
        "id",
        "minutes",
        "tags",
        "mixed",
        "lon",
        "lat",
        "datum",
        "run_id",
        "run_flags",
    ]
    assert back["minutes"][0] == 1 / 3
    assert back["mixed"].tolist() == ["1", "a"]
    assert set(back["datum"]) == {"gcj02"}


def test_parquet_is_the_same_each_time(tmp_path):
    one = write_parquet(points(), tmp_path / "1.parquet", provenance()).path
    two = write_parquet(points(), tmp_path / "2.parquet", provenance()).path
    assert one.read_bytes() == two.read_bytes()
