"""Judging records: each becomes a usable point, or is listed with the reason why not."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.datum import in_china
from geo.errors import PointsError
from geo.points.cells import clip, each, is_blank, is_true, weight
from geo.points.columns import fold
from geo.points.fields import field_values
from geo.points.positions import find_blank, judge_positions, positions_of, row_datums, wgs84_of
from geo.points.schema import FAULT_CODES, NO_PLACES, BBox, Kind, PointTable, Raw, Remark

__all__ = ["build_table", "digest_of", "flags_of"]

Floats = NDArray[np.float64]

_COORDINATES = (*("lon", "lat", "lonlat", "latlon", "lon_min", "lon_sec", "lat_min", "lat_sec"),)
_SAMPLE_COLUMNS = {"sample", "issample", "示例", "样本", "是否示例", "是否样本"}
_STATUS_COLUMNS = {"coordinatestatus", "坐标状态", "positionstatus"}
_ESTIMATED = {"estimated", "estimate", "估计", "估算", "推测", "大致"}
_GEOCODED = {"geocoded", "地理编码", "地址解析"}


def build_table(
    raw: Raw,
    *,
    path: Path,
    kind: Kind,
    datum: str,
    sheet_bbox: BBox | None = None,
    crs: str | None = None,
    unlocated: bool = False,
) -> PointTable:
    """Judge `raw` and return the table; `datum` is one of `geo.datum.DATUMS`.

    Parameters
    ----------
    raw
        With its roles settled: `Raw.columns` and `Raw.cells`.
    path
        For sentences alone.
    crs
        As `geo.points.projected.check_crs` returns it; None where metres are a fault.
    unlocated
        Accept a table of which no row is usable as long as one has an address, to be located.

    Raises
    ------
    PointsError
        Duplicate ids, no rows, or no usable row.
    """
    total = len(raw.rows)
    if total == 0:
        raise PointsError("no_rows", path=str(path))
    faults = dict(raw.faults)
    find_blank(raw, faults)
    datums, remarks = row_datums(raw, datum, faults)
    lon, lat = positions_of(raw, faults)
    lon, lat, metres = judge_positions(lon, lat, faults, sheet_bbox, crs)
    said = datums.copy()
    datums[metres] = "cgcs2000"
    demand = _weights(raw, faults) if kind == "demand" else None
    _refuse_if_useless(path, faults, total, unlocated=unlocated)
    given, source = _given_ids(raw, faults)
    ids, warnings = _ids(given, raw, faults, path)
    # A column that might have held ids but was not used is one of the input's own.
    unused = {"id", "weak_id"} - {source}
    columns = {r: h for r, h in raw.columns.items() if r not in unused}
    judged = replace(raw, columns=columns, warnings=(*raw.warnings, *remarks, *warnings))
    x, y = wgs84_of(lon, lat, datums)
    table = _assemble(judged, faults, x, y, demand, ids, kind, datum, crs)
    return replace(table, faults=table.faults.assign(datum=said[sorted(faults)]))


def _weights(raw: Raw, faults: dict[int, Remark]) -> Floats:
    """Return the demand of each row: 1 where there is no column, NaN where it is unreadable."""
    cells = raw.cells.get("demand")
    codes = np.array([faults[i][0] if i in faults else "" for i in range(len(raw.rows))])
    totals = np.isin(codes, NO_PLACES)
    if cells is None:
        return np.where(totals, 0.0, 1.0)
    demand = each(weight, cells)
    demand[~(demand >= 0)] = np.nan
    demand[codes == "ragged"] = np.nan  # its cells stand under the wrong headings
    demand[totals] = 0.0
    for i in np.flatnonzero(np.isnan(demand)).tolist():
        faults.setdefault(i, ("bad_weight", {"value": clip("" if cells[i] is None else cells[i])}))
    return demand


def _refuse_if_useless(
    path: Path, faults: dict[int, Remark], total: int, *, unlocated: bool
) -> None:
    """Refuse a file without a usable row, telling the commonest reason."""
    counts = Counter(code for code, _ in faults.values())
    if len(faults) < total or (unlocated and counts["address_only"]):
        return
    beside = {"swapped", "no_position", "address_only", *NO_PLACES}
    if set(counts) <= beside and counts["swapped"]:
        raise PointsError("points_all_swapped", path=str(path), count=counts["swapped"])
    reason, count = max(counts.items(), key=lambda c: (c[1], -FAULT_CODES.index(c[0])))
    raise PointsError(f"none_usable_{reason}", path=str(path), rows=total, count=count)


def _ids(
    given: list[str | None], raw: Raw, faults: dict[int, Remark], path: Path
) -> tuple[list[str], list[Remark]]:
    """Return an id for each row: the user's where given, else ``row-N``.

    Ids that repeat between sheets but in none of them are told apart by the sheet's name.

    Raises
    ------
    PointsError
        The user gives an id twice.
    """
    for i, (code, _) in faults.items():
        if code in NO_PLACES:
            given[i] = None  # 合计 and 小计 label sums, not places
    remarks: list[Remark] = []
    twice = _repeated(given)
    if twice and raw.sheets is not None:
        apart = [
            None if own is None else f"{sheet}-{own}"
            for own, sheet in zip(given, raw.sheets, strict=True)
        ]
        if not _repeated(apart):
            remarks.append(("ids_by_sheet", {"count": len(twice)}))
            given, twice = apart, []
    if twice:
        shown = ", ".join(clip(g, 20) for g in twice[:5])
        raise PointsError("duplicate_ids", path=str(path), ids=shown, count=len(twice))
    missing = sum(g is None for g in given)
    known = set(given)
    made = []
    for i, (row, own) in enumerate(zip(raw.rows.tolist(), given, strict=True)):
        name = own or (f"row-{row}" if raw.sheets is None else f"{raw.sheets[i]}-row-{row}")
        while own is None and name in known:
            name += "-bis"
        made.append(name)
    totals = sum(code in NO_PLACES for code, _ in faults.values())
    if known - {None} and missing > totals:
        remarks.append(("ids_missing", {"count": missing - totals}))
    return made, remarks


def _repeated(ids: list[str | None]) -> list[str]:
    return [g for g, n in Counter(g for g in ids if g is not None).items() if n > 1]


def _given_ids(raw: Raw, faults: dict[int, Remark]) -> tuple[list[str | None], str]:
    """Return the user's ids and where they are from: ``id``, ``member`` or ``weak_id``.

    A feature's ``id`` member is often a running number that a program added, so a column that
    numbers every row once goes before it; a running number (序号) serves only where it numbers
    every place once.
    """
    count = len(raw.rows)
    column = _as_ids(raw.cells.get("id"), count)
    if any(column) and (raw.ids is None or not any(raw.ids) or len(set(column) - {None}) == count):
        return column, "id"
    if raw.ids is not None and any(raw.ids):
        return list(raw.ids), "member"
    numbers = _as_ids(raw.cells.get("weak_id"), count)
    places = [n for i, n in enumerate(numbers) if faults.get(i, ("",))[0] not in NO_PLACES]
    if places and None not in places and len(set(places)) == len(places):
        return numbers, "weak_id"
    return [None] * count, "row"


def _as_ids(cells: list[Any] | None, count: int) -> list[str | None]:
    return [None if is_blank(c) else _as_id(c) for c in cells or [None] * count]


def _as_id(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if text.endswith(".0") and re.fullmatch(r"[1-9]\d*\.0", text):
        return text[:-2]  # how programs write a whole number
    return text


def _assemble(
    raw: Raw,
    faults: dict[int, Remark],
    x: Floats,
    y: Floats,
    demand: Floats | None,
    ids: list[str],
    kind: Kind,
    datum: str,
    crs: str | None,
) -> PointTable:
    good = np.array([i not in faults for i in range(len(ids))])
    bad = sorted(faults)
    names = [None if is_blank(n) else str(n) for n in raw.cells.get("name") or []]
    ours: dict[str, Any] = {
        "id": pd.Series(ids, dtype=object),
        "name": pd.Series(names or [None] * len(ids), dtype=object),
    }
    if demand is not None:
        ours["demand"] = demand
    if raw.sheets is not None:
        ours["sheet"] = pd.Series(raw.sheets, dtype=object)
    if kind == "stations":
        fields = field_values(raw.cells)
        ours.update({key: pd.Series(values, dtype=object) for key, values in fields.items()})
    table = pd.concat([pd.DataFrame(ours), _own_columns(raw, set(ours))], axis=1)
    frame = gpd.GeoDataFrame(
        table[good].reset_index(drop=True),
        geometry=gpd.points_from_xy(x[good], y[good]),
        crs="EPSG:4326",
    )
    unused = table.iloc[bad].reset_index(drop=True).assign(reason=[faults[i][0] for i in bad])
    sheets: list[str] | list[None] = raw.sheets or [None] * len(ids)
    listed = {
        "id": unused["id"],
        "sheet": pd.Series([sheets[i] for i in bad], dtype=object),
        "row": raw.rows[bad],
        "name": unused["name"],
        "code": unused["reason"],
        "params": pd.Series([faults[i][1] for i in bad], dtype=object),
    }
    outside = int(np.count_nonzero(~in_china(x[good], y[good])))
    abroad: list[Remark] = []
    if outside and datum in ("gcj02", "bd09"):
        abroad = [("outside_china", {"count": outside, "declared": datum})]
    return PointTable(
        frame=frame,
        unused=unused,
        faults=pd.DataFrame(listed),
        rows=len(ids),
        digest=digest_of(kind, frame, unused, raw.columns),
        datum=datum,
        kind=kind,
        columns={r.removeprefix("weak_"): h for r, h in raw.columns.items()},
        warnings=[*raw.warnings, *abroad],
        flags=flags_of(table, good, kind, raw.columns),
        encoding=raw.encoding,
        crs=crs,
    )


def _own_columns(raw: Raw, made: set[str]) -> pd.DataFrame:
    """Return the input's columns, without those ours are made from, renamed where they clash."""
    ours = made | {"geometry", "reason"}
    own, roles = raw.own, {role: heading for role, heading in raw.columns.items()}
    taken = {str(c).casefold() for c in own.columns} | ours
    names = {}
    for heading in map(str, own.columns):
        if heading.casefold() not in ours or roles.get(heading.casefold()) == heading:
            continue
        name = f"{heading}_input"
        while name.casefold() in taken:
            name += "_input"
        names[heading] = name
        taken.add(name.casefold())
    same = [h for r, h in roles.items() if h.casefold() == r and r in ours and h in own]
    return own.drop(columns=same).rename(columns=names)


def flags_of(
    table: pd.DataFrame, good: NDArray[np.bool_], kind: Kind, columns: dict[str, str]
) -> tuple[str, ...]:
    """Return what the columns say of the usable rows: see `PointTable.flags`."""
    flags = []
    for heading in table.columns:
        folded, values = fold(str(heading)), table[heading][good]
        if folded in _SAMPLE_COLUMNS and values.map(is_true).any():
            flags.append("sample")
        words = values.map(str).str.casefold() if folded in _STATUS_COLUMNS else None
        if words is None:
            continue
        if words.isin(_ESTIMATED).any():
            flags.append("estimated")
        if words.isin(_GEOCODED).any():
            flags.append("geocoded")
    if kind == "demand" and "demand" not in columns:
        flags.append("unit_demand")
    return tuple(dict.fromkeys(flags))


def digest_of(
    kind: Kind, frame: gpd.GeoDataFrame, unused: pd.DataFrame, columns: dict[str, str]
) -> str:
    """Return the sha256 of the content, column by column in the order of the headings.

    The raw coordinate cells are left out: the positions stand for them.
    """
    raw = {columns.get(r) for r in _COORDINATES} | {"geometry"}
    raw |= {f"{heading}_input" for heading in raw}
    content = hashlib.sha256(kind.encode())
    for place, part in enumerate((frame, unused)):
        for heading in sorted(str(c) for c in part.columns if c not in raw):
            column = json.dumps([place, heading, part[heading].tolist()], ensure_ascii=False)
            content.update(column.encode("utf-8", "surrogatepass"))
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    content.update(np.round(np.stack([x, y]) * 1e7).astype("<i8").tobytes())
    return content.hexdigest()
