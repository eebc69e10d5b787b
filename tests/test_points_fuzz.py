"""Tables in any order, encoding and format are one table; broken workbooks are a sentence."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import drawn, put, with_member

from geo import words
from geo.errors import PlannerError
from geo.points import FAULT_CODES, describe, preview, read_points

XLS = (Path(__file__).parent / "data" / "union.xls").read_bytes()
XLSX = drawn(
    {
        "鼓楼区": [
            ["示例驿站一览表"],
            ["编号", "名称", "所属工会", "坐标", None],
            [None, None, None, "经度", "纬度"],
            ["1", "甲站", "某会", 118.79, 32.04],
            ["2", "乙站", None, "=1+1", 32.05],
            ["合计", "2个"],
        ],
        "玄武区": [["名称", "坐标", "坐标系"], ["丙站", "118.79,32.04", "高德"]],
    },
    {"鼓楼区": ["A1:E1", "A2:A3", "D2:E2", "C4:C5"]},
    hidden=["玄武区"],
)
PAGE = (
    "<html><meta charset=gb2312><table><tr><td rowspan=2>编号<td colspan=2>坐标</tr>"
    "<tr><td>经度<td>纬度<tr><td>1<td x:num='118.79'>x<td>32.04</table>"
).encode("gb2312")
FUZZ = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# One table, however it is saved

ROLES = {
    "编号": st.integers(0, 10**6).map(lambda n: f"A{n}"),
    "站点名称": st.sampled_from(["甲站", "乙 站", "", "示例"]),
    "经度": st.floats(118, 119).map(lambda x: f"{x:.7f}"),
    "纬度": st.floats(31, 33).map(lambda y: f"{y:.7f}"),
    "类型": st.sampled_from(["工会驿站", "职工书屋", ""]),
    "面积（㎡）": st.sampled_from(["20", "12.5", "约20㎡", ""]),
    "开放时间": st.sampled_from(["全天", "9:00-17:00", "看心情", ""]),
    "核验日期": st.sampled_from(["2026-05-20", "2026年5月", ""]),
    "备注": st.text("甲乙丙abc 1", max_size=6).map(str.strip),
}
rows = st.lists(st.fixed_dictionaries(ROLES), min_size=1, max_size=5, unique_by=lambda r: r["编号"])


def as_csv(table: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue()


def as_page(table: list[list[str]]) -> str:
    made = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in table
    )
    return f"<html><table>{made}</table>"


def numbers(table: list[list[str]], heads: list[str]) -> list[list[object]]:
    """Return rows with coordinates and areas as numbers, as a workbook mostly has them."""

    def typed(head: str, cell: str) -> object:
        plain = head in ("经度", "纬度", "面积（㎡）") and cell.replace(".", "").isdigit()
        return float(cell) if plain else cell or None

    return [[typed(h, c) for h, c in zip(heads, row, strict=True)] for row in table]


@FUZZ
@given(
    table=rows,
    order=st.permutations(list(ROLES)),
    titles=st.lists(st.sampled_from(["示例驿站一览表", "填报单位：某", ""]), max_size=3),
    way=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "tsv", "xlsx", "page"]),
)
def test_order_titles_encoding_and_format_change_nothing(tmp_path, table, order, titles, way):
    plain = as_csv([list(ROLES), *[[r[h] for h in ROLES] for r in table]])
    body = [[r[h] for h in order] for r in table]
    above = [[title, *[""] * (len(order) - 1)] for title in titles]
    path = put(tmp_path, plain, "plain.csv")
    known = read_points(path, kind="stations", datum="gcj02")
    if way == "xlsx":
        data: bytes | str = drawn({"a": [*above, order, *numbers(body, order)]})
        other = put(tmp_path, data)
    elif way == "page":
        other = put(tmp_path, as_page([*above, order, *body]), "a.xls")
    elif way == "tsv":
        other = put(tmp_path, as_csv([*above, order, *body], "\t"), "a.tsv")
    else:
        other = put(tmp_path, as_csv([*above, order, *body]).encode(way), "a.csv")
    read = read_points(other, kind="stations", datum="gcj02")
    assert read.digest == known.digest
    assert read.columns == known.columns


@settings(FUZZ, max_examples=12)
@given(table=rows.filter(lambda found: len(found) > 1), cut=st.integers(0, 3))
def test_sheets_joined_are_the_same_places(tmp_path, table, cut):
    cut = 1 + cut % (len(table) - 1)
    heads = list(ROLES)
    body = [[r[h] for h in heads] for r in table]
    whole = read_points(put(tmp_path, drawn({"a": [heads, *body]})), kind="sites", datum="bd09")
    parts = {"a": [heads, *body[:cut]], "b": [["x"], heads[::-1], *[r[::-1] for r in body[cut:]]]}
    joined = read_points(put(tmp_path, drawn(parts)), kind="sites", datum="bd09")
    assert joined.frame["id"].tolist() == whole.frame["id"].tolist()
    assert joined.frame.geometry.geom_equals(whole.frame.geometry).all()
    assert joined.frame["sheet"].tolist() == ["a"] * cut + ["b"] * (len(table) - cut)


# Anything at all


def survive(folder: Path, data: bytes, name: str) -> None:
    path = put(folder, data, name)
    for crs in (None, "EPSG:4549"):
        read, refused = outcome(
            lambda crs=crs: read_points(path, kind="stations", datum="gcj02", crs=crs)
        )
        if refused:
            assert all(line.endswith(("。", ".")) and "\n" not in line for line in refused)
            continue
        assert read.rows == len(read.frame) + len(read.unused)
        assert set(read.faults["code"]) <= set(FAULT_CODES)
        ids = [*read.frame["id"], *read.unused["id"]]
        assert len(set(ids)) == len(ids)
        assert all(describe(read, lang) for lang in words.LANGUAGES)
    found, refused = outcome(lambda: preview(path, kind="demand"))
    assert refused or hash(found) == hash(found)


def outcome(act: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return what `act` gives, or the sentences of its refusal."""
    try:
        return act(), []
    except PlannerError as fault:
        return None, [fault.sentence(lang) for lang in words.LANGUAGES]


edits = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(0, 40),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"</row>", b"<c>", b"&#0;", b'"']),
        ),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, gone, put_in in changes:
        at = place % (len(data) + 1)
        data = data[:at] + put_in + data[at + gone :]
    return data


@FUZZ
@given(changes=edits, source=st.sampled_from([XLS, XLSX, PAGE]))
def test_any_broken_workbook(tmp_path, changes, source):
    survive(tmp_path, edited(source, changes), "a.xls")


@FUZZ
@given(changes=edits, member=st.integers(0, 20))
def test_any_broken_part_of_a_workbook(tmp_path, changes, member):
    with zipfile.ZipFile(io.BytesIO(XLSX)) as archive:
        names = [n for n in archive.namelist() if n.endswith((".xml", ".rels"))]
        name = names[member % len(names)]
        content = edited(archive.read(name), changes)
    survive(tmp_path, with_member(XLSX, name, content), "a.xlsx")


@FUZZ
@given(
    data=st.binary(max_size=400),
    start=st.sampled_from([b"", b"PK\x03\x04", XLS[:600], b"<html><table><tr><td>lon<td>lat"]),
)
def test_any_bytes_called_a_workbook(tmp_path, data, start):
    survive(tmp_path, start + data, "a.xls")
