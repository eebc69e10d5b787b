"""Where each record lies: degrees from its cells, its datum, and what is wrong with either."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.datum import in_china, parse_datum, to_wgs84
from geo.errors import DatumError
from geo.points.cells import (
    clip,
    degrees,
    each,
    is_blank,
    is_error,
    is_example,
    is_formula,
    is_note,
    is_sum,
    is_total,
    position,
    weight,
)
from geo.points.columns import named_datum, same_datum
from geo.points.projected import degrees_of, guess_zone, is_metres
from geo.points.schema import NO_PLACES, BBox, Raw, Remark

__all__ = ["find_blank", "judge_positions", "positions_of", "row_datums", "wgs84_of"]

Floats = NDArray[np.float64]
Faults = dict[int, Remark]

_POSITION = ("lon", "lat", "lonlat", "latlon")
# No station stands further north or south: a "latitude" beyond is a longitude.
_LAND_LAT = 84.0
_UNIT = re.compile(r"[(（\[【][^()（）\d]{1,8}[)）\]】]")
_CAPTION = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．]")


def find_blank(raw: Raw, faults: Faults) -> None:
    """Tell rows without coordinates apart: an address only, a total, a note, or nothing.

    A note has neither coordinates nor address, and so a row labelled Total: a petrol station of
    that name has one of them. What is labelled 合计 or 平均值 is no place even where a spreadsheet
    has summed its coordinates.
    """
    count = len(raw.rows)
    _find_labelled(raw, faults)
    if raw.lon is not None:
        blank = [faults.get(i, ("",))[0] == "no_position" for i in range(count)]
    else:
        apart = [raw.cells.get(r) or [None] * count for r in ("lon", "lat")]
        blank = [_is_blank(x) or _is_blank(y) for x, y in zip(*apart, strict=True)]
        for role in ("lonlat", "latlon"):
            if role in raw.cells:
                pairs = raw.cells[role]
                blank = [none and _is_blank(p) for none, p in zip(blank, pairs, strict=True)]
    address = raw.cells.get("address") or [None] * count
    content = raw.own.to_numpy(dtype=object)
    for i in np.flatnonzero(blank).tolist():
        if faults.get(i, ("no_position",))[0] != "no_position":
            continue
        if not is_blank(address[i]) and not _is_label(content[i], address[i]):
            whole = {"address": clip(address[i])}
            faults[i] = ("address_only", whole)
            continue
        first = [c for c in content[i] if c is not None][:3]
        if any(is_total(cell) or is_sum(cell) for cell in first) or _is_share(first):
            faults[i] = ("total_row", {})
        elif first and (is_note(first[0]) or (len(first) == 1 and _is_caption(first[0]))):
            faults[i] = ("note_row", {})
        else:
            faults[i] = ("no_position", {})


def _is_blank(cell: Any) -> bool:
    return is_blank(cell) and not is_error(cell)


def _is_label(content: NDArray[np.object_], address: Any) -> bool:
    """Return whether an address is the label of a total or a note that stands in its column."""
    others = [c for c in content if c is not None]
    label = is_total(address) or is_sum(address) or is_note(address)
    return bool(others) and others[0] == address and label


def _find_labelled(raw: Raw, faults: Faults) -> None:
    """Tell rows that say of themselves that they are no places, whatever their coordinates."""
    for i in _sums(raw):
        if faults.get(i, ("",))[0] not in NO_PLACES:
            faults[i] = ("total_row", {})
    for i in _examples(raw):
        faults.setdefault(i, ("note_row", {}))


def _examples(raw: Raw) -> list[int]:
    """Return the records that show how to fill one in, and a line of units: （度）, （人）.

    The name decides only where no number does: a place with a number may be called so.
    """
    numbers = [raw.cells[r] for r in ("weak_id", "id") if r in raw.cells]
    found = {i for cells in numbers for i, cell in enumerate(cells) if is_example(cell)}
    for i, cell in enumerate(raw.cells.get("name") or ()):
        if is_example(cell) and all(is_blank(cells[i]) for cells in numbers):
            found.add(i)
    for i, row in enumerate(raw.own.head(1).itertuples(index=False)):
        cells = [cell for cell in row if cell is not None]
        if cells and all(isinstance(c, str) and _UNIT.fullmatch(c.strip()) for c in cells):
            found.add(i)
    return sorted(found)


def _sums(raw: Raw) -> list[int]:
    """Return the records that a running number, an id or a name calls sums or means.

    Where none of these three says anything, the first cell of the record is asked.
    """
    labels = [raw.cells[r] for r in ("weak_id", "id", "name") if r in raw.cells]
    found = [i for cells in labels for i, cell in enumerate(cells) if is_sum(cell)]
    for place, heading in enumerate(raw.own.columns[:3]):
        before = [raw.own[h] for h in raw.own.columns[:place]]
        for i, cell in enumerate(raw.own[heading].tolist()):
            if is_sum(cell) and all(column.iat[i] is None for column in before) and all(
                is_blank(cells[i]) for cells in labels
            ):  # fmt: skip
                found.append(i)
    return sorted(set(found))


def _is_share(first: list[Any]) -> bool:
    """Return whether a row tells a part of a sum above it: 其中：女职工."""
    return bool(first) and isinstance(first[0], str) and first[0].startswith("其中")


def _is_caption(cell: Any) -> bool:
    """Return whether a cell that stands alone heads a part of the sheet: 一、鼓楼区（12个）."""
    return isinstance(cell, str) and _CAPTION.match(cell) is not None


def positions_of(raw: Raw, faults: Faults) -> tuple[Floats, Floats]:
    """Return the two numbers of each record in its datum, NaN with a fault where there are none."""
    if raw.lon is not None and raw.lat is not None:
        return raw.lon.copy(), raw.lat.copy()
    count = len(raw.rows)
    lon, lat = np.full(count, np.nan), np.full(count, np.nan)
    columns = [raw.cells[r] for r in _POSITION if r in raw.cells]
    if {"lon", "lat"} <= raw.cells.keys():
        lon, lat = _angles(raw, "lon"), _angles(raw, "lat")
    for role in ("lonlat", "latlon"):
        for i, cell in enumerate(raw.cells.get(role, ())):
            if cell is not None and np.isnan(lon[i]) and np.isnan(lat[i]):
                found = position(cell, lat_first=role == "latlon")
                if found is not None:
                    lon[i], lat[i] = found
    for i in np.flatnonzero(np.isnan(lon) | np.isnan(lat)).tolist():
        cells = [column[i] for column in columns if column[i] is not None]
        faults.setdefault(i, _number_fault(cells))
    return lon, lat


def _number_fault(cells: list[Any]) -> Remark:
    for cell in cells:
        if is_error(cell):
            return "cell_error", {"value": clip(cell)}
        if is_formula(cell):
            return "formula_empty", {"value": clip(cell)}
    return "bad_number", {"value": clip(", ".join(clip(cell) for cell in cells))}


def _angles(raw: Raw, role: str) -> Floats:
    """Return the degrees of a column, with minutes and seconds where they have columns too."""
    size = each(degrees, raw.cells[role])
    for part, parts in (("min", 60.0), ("sec", 3600.0)):
        cells = raw.cells.get(f"{role}_{part}")
        if cells is None:
            continue
        given = np.array([not is_blank(cell) for cell in cells])
        number = each(_part, cells)
        fits = (number >= 0) & (number < 60) & (size == np.trunc(size) if part == "min" else True)
        sign = np.where(np.signbit(size), -1.0, 1.0)
        size = np.where(given, np.where(fits, size + sign * number / parts, np.nan), size)
    return size


def _part(cell: Any) -> float:
    """Return minutes or seconds: a number, with or without its mark."""
    text = str(cell).strip().rstrip("分秒′″'\"’”")
    return weight(text)


def row_datums(raw: Raw, declared: str, faults: Faults) -> tuple[NDArray[np.object_], list[Remark]]:
    """Return the datum of each record, and a remark where rows say another than is declared.

    A row's own word counts; where it says nothing, what is declared. A word that is no datum is a
    fault of its row. In formats with geometry of their own the declared one holds.
    """
    given = raw.datums or [None] * len(raw.rows)
    datums = np.array([d or declared for d in given], dtype=object)
    cells = raw.cells.get("datum")
    if cells is None:
        return datums, []
    known: dict[Any, str | None] = {}
    other: Counter[str] = Counter()
    for i, cell in enumerate(cells):
        if is_blank(cell):
            continue
        if cell not in known:
            known[cell] = _datum_word(str(cell))
        named = known[cell]
        if named is None:
            if raw.lon is None:
                faults.setdefault(i, ("bad_datum", {"value": clip(cell)}))
            continue
        if not same_datum(named, str(datums[i])):
            if i not in faults:
                other[named] += 1
            if raw.lon is None:
                datums[i] = named
    if not other:
        return datums, []
    named, count = other.most_common(1)[0]
    fields = {"heading": clip(raw.columns.get("datum", "datum")), "declared": declared}
    code = "content_datum" if raw.lon is not None else "datum_by_row"
    if code == "datum_by_row":
        named, count = ", ".join(sorted(other)), sum(other.values())
    return datums, [(code, {**fields, "named": named, "count": count})]


def _datum_word(text: str) -> str | None:
    try:
        return parse_datum(text)
    except DatumError:
        return named_datum(text[:100])


def judge_positions(
    lon: Floats, lat: Floats, faults: Faults, sheet_bbox: BBox | None, crs: str | None
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Find metres, zero, exchanged and impossible positions; return degrees.

    The third answer tells which were metres: their datum is that of `crs`.

    Metres become degrees where `crs` names their system, and are a fault otherwise. Exchanged:
    the latitude is none but would be a longitude; or it is one where no land is; or the place is
    away from where most rows are (`sheet_bbox`, else China) and exchanging puts it there. A sheet
    of another country is so never accused for being abroad.
    """
    metres = is_metres(lon, lat)
    lon, lat = _from_metres(lon, lat, metres, faults, crs)
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
    return lon, lat, metres


def _from_metres(
    first: Floats, second: Floats, metres: NDArray[np.bool_], faults: Faults, crs: str | None
) -> tuple[Floats, Floats]:
    if not metres.any():
        return first, second
    lon, lat = first.copy(), second.copy()
    if crs is not None:
        lon[metres], lat[metres] = degrees_of(crs, first[metres], second[metres])
    for i in np.flatnonzero(metres).tolist():
        if crs is not None and np.isfinite(lon[i]):
            continue
        code, name = guess_zone(float(first[i]), float(second[i]))
        told = {"x": f"{first[i]:.10g}", "y": f"{second[i]:.10g}"}
        if name or crs is not None:
            guess = f"{name} {code}".strip() or "?"
            faults.setdefault(i, ("projected", {**told, "guess": guess}))
    return lon, lat


def _at_home(lon: Floats, lat: Floats, sheet_bbox: BBox | None) -> NDArray[np.bool_]:
    if sheet_bbox is None:
        return in_china(lon, lat)
    west, south, east, north = sheet_bbox
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def wgs84_of(lon: Floats, lat: Floats, datums: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return WGS-84 degrees of positions in one datum each."""
    x, y = lon.copy(), lat.copy()
    for datum in sorted(set(datums.tolist())):
        of_it = datums == datum
        x[of_it], y[of_it] = to_wgs84(lon[of_it], lat[of_it], datum)
    return x, y
