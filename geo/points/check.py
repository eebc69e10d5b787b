"""Judging records: each becomes a usable point, or is listed with the reason why not."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.datum import in_china, to_wgs84
from geo.errors import PointsError
from geo.points.cells import clip, degrees, each, is_blank, is_total, is_true, position, weight
from geo.points.columns import Recognised, fold, named_datum, recognise, same_datum
from geo.points.schema import FAULT_CODES, BBox, Kind, PointTable, Raw, Remark

__all__ = ["build_table"]

Floats = NDArray[np.float64]

_POSITION = ("lon", "lat", "lonlat", "latlon")
_SAMPLE_COLUMNS = {"sample", "issample", "示例", "样本", "是否示例", "是否样本"}
_STATUS_COLUMNS = {"coordinatestatus", "坐标状态", "positionstatus"}
_ESTIMATED = {"estimated", "estimate", "估计", "估算", "推测", "大致"}
# No station stands further north or south: a "latitude" beyond is a longitude.
_LAND_LAT = 84.0


def build_table(
    raw: Raw, *, path: Path, kind: Kind, datum: str, sheet_bbox: BBox | None = None
) -> PointTable:
    """Judge `raw` and return the table; `datum` is one of `geo.datum.DATUMS`.

    Raises
    ------
    PointsError
        No heading of coordinates, duplicate ids, no rows, or no usable row.
    """
    total = len(raw.rows)
    if total == 0:
        raise PointsError("no_rows", path=str(path))
    headings = [str(c) for c in raw.own.columns]
    found = recognise(headings, kind=kind, datum=datum, geometry=raw.lon is not None)
    if raw.lon is None and not found.positioned:
        shown = ", ".join(clip(c, 20) for c in headings[:12])
        raise PointsError("no_coordinate_columns", path=str(path), headings=shown)
    faults = dict(raw.faults)
    _find_blank(raw, found, faults)
    lon, lat = _positions(raw, found, faults)
    _judge_positions(lon, lat, faults, sheet_bbox)
    demand = _weights(raw, found, faults) if kind == "demand" else None
    _refuse_if_useless(path, faults, total)
    given, source = _given_ids(raw, found)
    ids, warnings = _ids(given, raw.rows.tolist(), faults, path)
    # A column that might have held ids but was not used is one of the input's own.
    unused = {"id", "weak_id"} - {source}
    found = replace(found, columns={r: h for r, h in found.columns.items() if r not in unused})
    remarks = [*raw.warnings, *found.warnings, *warnings]
    return _assemble(raw, found, faults, lon, lat, demand, ids, remarks, kind, datum)


def _column(raw: Raw, found: Recognised, role: str) -> list[Any] | None:
    heading = found.columns.get(role)
    return None if heading is None else raw.own[heading].tolist()


def _find_blank(raw: Raw, found: Recognised, faults: dict[int, Remark]) -> None:
    """Tell rows without coordinates apart: nothing, an address only, or a row of totals.

    A total has neither coordinates nor address; a petrol station named Total has one of them.
    """
    if raw.lon is None:
        headings = [found.columns[r] for r in _POSITION if r in found.columns]
        blank = raw.own[headings].map(is_blank).to_numpy(bool).any(axis=1)
    else:
        codes = {i for i, (code, _) in faults.items() if code == "no_position"}
        blank = np.isin(np.arange(len(raw.rows)), list(codes))
    address = _column(raw, found, "address") or [None] * len(raw.rows)
    for i in np.flatnonzero(blank).tolist():
        if faults.get(i, ("no_position",))[0] != "no_position":
            continue
        if not is_blank(address[i]):
            faults[i] = ("address_only", {"address": clip(address[i])})
            continue
        first = [c for c in raw.own.iloc[i] if c is not None][:3]
        faults[i] = ("total_row" if any(map(is_total, first)) else "no_position", {})


def _positions(raw: Raw, found: Recognised, faults: dict[int, Remark]) -> tuple[Floats, Floats]:
    """Return degrees in the file's datum, NaN with a fault where there are none."""
    if raw.lon is not None and raw.lat is not None:
        return raw.lon, raw.lat
    columns = [c for r in _POSITION if (c := _column(raw, found, r)) is not None]
    if len(columns) == 2:
        lon, lat = (each(degrees, column) for column in columns)
    else:
        lat_first, nowhere = "latlon" in found.columns, (np.nan, np.nan)
        pairs = [position(cell, lat_first=lat_first) or nowhere for cell in columns[0]]
        lon, lat = np.array(pairs, np.float64).T
    for i in np.flatnonzero(np.isnan(lon) | np.isnan(lat)).tolist():
        value = ", ".join(clip(column[i]) for column in columns)
        faults.setdefault(i, ("bad_number", {"value": clip(value)}))
    return lon, lat


def _judge_positions(
    lon: Floats, lat: Floats, faults: dict[int, Remark], sheet_bbox: BBox | None
) -> None:
    """Find zero, exchanged and impossible positions.

    Exchanged: the latitude is none but would be a longitude; or it is one where no land is; or
    the place is away from where most rows are (`sheet_bbox`, else China) and exchanging puts it
    there. A sheet of another country is so never accused for being abroad.
    """
    valid = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    turned = (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    here, there = _at_home(lon, lat, sheet_bbox), _at_home(lat, lon, sheet_bbox)
    known = np.isfinite(lon) & valid
    at_home = sheet_bbox is not None or 2 * np.count_nonzero(here & known) > known.sum()
    away = valid & ~here & there & (at_home | (np.abs(lat) > _LAND_LAT))
    swapped = turned & ((np.abs(lat) > 90) | away)
    zero = (np.abs(lon) < 1e-9) & (np.abs(lat) < 1e-9)
    for code, mask in (("zero", zero), ("swapped", swapped), ("out_of_range", ~valid)):
        for i in np.flatnonzero(mask & np.isfinite(lon) & np.isfinite(lat)).tolist():
            faults.setdefault(i, (code, {"lon": f"{lon[i]:.7g}", "lat": f"{lat[i]:.7g}"}))


def _at_home(lon: Floats, lat: Floats, sheet_bbox: BBox | None) -> NDArray[np.bool_]:
    if sheet_bbox is None:
        return in_china(lon, lat)
    west, south, east, north = sheet_bbox
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _weights(raw: Raw, found: Recognised, faults: dict[int, Remark]) -> Floats:
    """Return the demand of each row: 1 where there is no column, NaN where it is unreadable."""
    cells = _column(raw, found, "demand")
    codes = np.array([faults[i][0] if i in faults else "" for i in range(len(raw.rows))])
    totals = codes == "total_row"
    if cells is None:
        return np.where(totals, 0.0, 1.0)
    demand = each(weight, cells)
    demand[~(demand >= 0)] = np.nan
    demand[codes == "ragged"] = np.nan  # its cells stand under the wrong headings
    demand[totals] = 0.0
    for i in np.flatnonzero(np.isnan(demand)).tolist():
        faults.setdefault(i, ("bad_weight", {"value": clip("" if cells[i] is None else cells[i])}))
    return demand


def _refuse_if_useless(path: Path, faults: dict[int, Remark], total: int) -> None:
    """Refuse a file without a usable row, telling the commonest reason."""
    if len(faults) < total:
        return
    counts = Counter(code for code, _ in faults.values())
    if set(counts) <= {"swapped", "no_position", "address_only", "total_row"} and counts["swapped"]:
        raise PointsError("points_all_swapped", path=str(path), count=counts["swapped"])
    reason, count = max(counts.items(), key=lambda c: (c[1], -FAULT_CODES.index(c[0])))
    raise PointsError(f"none_usable_{reason}", path=str(path), rows=total, count=count)


def _ids(
    given: list[str | None], rows: list[int], faults: dict[int, Remark], path: Path
) -> tuple[list[str], list[Remark]]:
    """Return an id for each row: the user's where given, else ``row-N``."""
    for i, (code, _) in faults.items():
        if code == "total_row":
            given[i] = None  # 合计 and 小计 label sums, not places
    counts = Counter(g for g in given if g is not None)
    twice = [g for g, n in counts.items() if n > 1]
    if twice:
        shown = ", ".join(clip(g, 20) for g in twice[:5])
        raise PointsError("duplicate_ids", path=str(path), ids=shown, count=len(twice))
    missing = sum(g is None for g in given)
    made = []
    for row, own in zip(rows, given, strict=True):
        name = own or f"row-{row}"
        while own is None and name in counts:
            name += "-bis"
        made.append(name)
    totals = sum(code == "total_row" for code, _ in faults.values())
    partly = counts and missing > totals
    return made, [("ids_missing", {"count": missing - totals})] if partly else []


def _given_ids(raw: Raw, found: Recognised) -> tuple[list[str | None], str]:
    """Return the user's ids and where they are from: ``id``, ``member`` or ``weak_id``.

    A feature's ``id`` member is often a running number that a program added, so a column that
    numbers every row once goes before it; a running number (序号) serves only where it does so.
    """
    count = len(raw.rows)
    column = _as_ids(_column(raw, found, "id"), count)
    if any(column) and (raw.ids is None or not any(raw.ids) or len(set(column) - {None}) == count):
        return column, "id"
    if raw.ids is not None and any(raw.ids):
        return list(raw.ids), "member"
    numbers = _as_ids(_column(raw, found, "weak_id"), count)
    if len(set(numbers) - {None}) == count:
        return numbers, "weak_id"
    return [None] * count, "row"


def _as_ids(cells: list[Any] | None, count: int) -> list[str | None]:
    return [None if is_blank(c) else _as_id(c) for c in cells or [None] * count]


def _as_id(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _assemble(
    raw: Raw,
    found: Recognised,
    faults: dict[int, Remark],
    lon: Floats,
    lat: Floats,
    demand: Floats | None,
    ids: list[str],
    warnings: list[Remark],
    kind: Kind,
    datum: str,
) -> PointTable:
    good = np.array([i not in faults for i in range(len(ids))])
    bad = sorted(faults)
    names = [None if is_blank(n) else str(n) for n in _column(raw, found, "name") or []]
    ours: dict[str, Any] = {
        "id": pd.Series(ids, dtype=object),
        "name": pd.Series(names or [None] * len(ids), dtype=object),
    }
    if demand is not None:
        ours["demand"] = demand
    table = pd.concat([pd.DataFrame(ours), _own_columns(raw.own, found, kind)], axis=1)
    x, y = to_wgs84(lon[good], lat[good], datum)
    frame = gpd.GeoDataFrame(
        table[good].reset_index(drop=True), geometry=gpd.points_from_xy(x, y), crs="EPSG:4326"
    )
    unused = table.iloc[bad].reset_index(drop=True).assign(reason=[faults[i][0] for i in bad])
    listed = {
        "id": unused["id"],
        "row": raw.rows[bad],
        "name": unused["name"],
        "code": unused["reason"],
        "params": pd.Series([faults[i][1] for i in bad], dtype=object),
    }
    return PointTable(
        frame=frame,
        unused=unused,
        faults=pd.DataFrame(listed),
        rows=len(ids),
        digest=_digest(kind, frame, unused, x, y, found),
        datum=datum,
        kind=kind,
        columns={r.removeprefix("weak_"): h for r, h in found.columns.items()},
        warnings=[*warnings, *_remarks(table, good, x, y, datum)],
        flags=_flags(table, good, kind, found),
        encoding=raw.encoding,
    )


def _own_columns(own: pd.DataFrame, found: Recognised, kind: Kind) -> pd.DataFrame:
    """Return the input's columns, without those ours are made from, renamed where they clash."""
    ours = {"id", "name", "geometry", "reason"} | ({"demand"} if kind == "demand" else set())
    taken = {str(c).casefold() for c in own.columns} | ours
    names = {}
    for heading in map(str, own.columns):
        if heading.casefold() not in ours or found.columns.get(heading.casefold()) == heading:
            continue
        name = f"{heading}_input"
        while name.casefold() in taken:
            name += "_input"
        names[heading] = name
        taken.add(name.casefold())
    made = [h for r, h in found.columns.items() if h.casefold() == r and r in ours]
    return own.drop(columns=made).rename(columns=names)


def _remarks(
    table: pd.DataFrame, good: NDArray[np.bool_], x: Floats, y: Floats, datum: str
) -> list[Remark]:
    """Return what the content says against the declared datum."""
    remarks: list[Remark] = []
    for heading in table.columns:
        if fold(str(heading)) not in ("datum", "坐标系", "坐标系统", "crs"):
            continue
        named = Counter(map(named_datum, map(str, table[heading][good]))).most_common(1)
        if named and named[0][0] and not same_datum(named[0][0], datum):
            fields = {"heading": heading, "named": named[0][0], "declared": datum}
            remarks.append(("content_datum", {**fields, "count": named[0][1]}))
    outside = int(np.count_nonzero(~in_china(x, y)))
    if outside and datum in ("gcj02", "bd09"):
        remarks.append(("outside_china", {"count": outside, "declared": datum}))
    return remarks


def _flags(
    table: pd.DataFrame, good: NDArray[np.bool_], kind: Kind, found: Recognised
) -> tuple[str, ...]:
    flags = []
    for heading in table.columns:
        folded, values = fold(str(heading)), table[heading][good]
        if folded in _SAMPLE_COLUMNS and values.map(is_true).any():
            flags.append("sample")
        words = values.map(str).str.casefold() if folded in _STATUS_COLUMNS else None
        if words is not None and words.isin(_ESTIMATED).any():
            flags.append("estimated")
    if kind == "demand" and "demand" not in found.columns:
        flags.append("unit_demand")
    return tuple(dict.fromkeys(flags))


def _digest(
    kind: Kind, frame: gpd.GeoDataFrame, unused: pd.DataFrame, x: Floats, y: Floats, f: Recognised
) -> str:
    """Return the sha256 of the content, column by column in the order of the headings.

    The raw coordinate cells are left out: the positions stand for them.
    """
    raw = {f.columns.get(r) for r in _POSITION} | {"geometry"}
    raw |= {f"{heading}_input" for heading in raw}
    content = hashlib.sha256(kind.encode())
    for place, part in enumerate((frame, unused)):
        for heading in sorted(str(c) for c in part.columns if c not in raw):
            column = json.dumps([place, heading, part[heading].tolist()], ensure_ascii=False)
            content.update(column.encode("utf-8", "surrogatepass"))
    rounded = np.round(np.stack([x, y]) * 1e7).astype("<i8")
    content.update(rounded.tobytes())
    return content.hexdigest()
