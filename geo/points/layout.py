"""Where a sheet's headings are, what merged cells mean, and its records as a `Raw` table."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import PointsError
from geo.points.cells import half_width, trimmed
from geo.points.columns import fold, has_position, recognise, unique
from geo.points.grids import MAX_TEXT, TITLE_ROWS, Grid, Record
from geo.points.schema import MAX_ROWS, Raw, Remark

__all__ = ["Heading", "body_of", "find_heading", "heading_at", "lay_out"]

_MOST_ROWS = 3  # that headings take
_FEWEST_NUMBERED = 3  # columns of a form that numbers them
_PARTS = {"度": "度", "°": "度", "d": "度", "deg": "度", "分": "分", "′": "分", "'": "分"} | {
    **{"m": "分", "min": "分", "秒": "秒", "″": "秒", '"': "秒", "s": "秒", "sec": "秒"},
}
_LON_WORDS, _LAT_WORDS = {"经度", "东经", "lon", "longitude"}, {"纬度", "北纬", "lat", "latitude"}


@dataclass(frozen=True)
class Heading:
    """The headings of a sheet: the row they begin on, how many rows they take, and their names.

    `positioned` tells whether they give a position; otherwise they give names and addresses.
    """

    row: int
    rows: int
    names: tuple[str, ...]
    positioned: bool = True


def find_heading(grid: Grid) -> Heading | None:
    """Return the first headings that give a position, else those of names and addresses."""
    seen = grid.records[: TITLE_ROWS + 1]
    for place, (_, cells) in enumerate(seen):
        if has_position(cells):
            return _around(grid, place, positioned=True)
    for place, (_, cells) in enumerate(seen):
        if recognise(unique(cells), kind="sites", datum=None).addressed:
            return _around(grid, place, positioned=False)
    return None


def heading_at(grid: Grid, row: int, rows: int, path: Path) -> Heading:
    """Return the headings on the sheet's rows that a mapping names.

    Raises
    ------
    PointsError
        There is nothing on those rows.
    """
    levels = [cells for number, cells in grid.records if row <= number < row + rows]
    if not levels:
        raise PointsError("mapping_no_heading", path=str(path), sheet=grid.name, row=row)
    return Heading(row, rows, _names(grid, levels, row))


def _around(grid: Grid, place: int, *, positioned: bool) -> Heading:
    """Return the headings around the row at `place`: with the one above or below if they go on."""
    row, cells = grid.records[place]
    first = place
    if place and grid.records[place - 1][0] == row - 1:
        above = grid.records[place - 1][1]
        both = _names(grid, [above, cells], row - 1)
        if len(_roles(both)) > len(_roles(cells)) and _roles(cells) <= _roles(both):
            first = place - 1
    top = grid.records[first][0]
    bottom = max(row, _last_row(grid, top, row, place))
    levels = [c for n, c in grid.records[first : first + _MOST_ROWS] if top <= n <= bottom]
    return Heading(top, bottom - top + 1, _names(grid, levels, top), positioned)


def _roles(cells: Sequence[str]) -> set[str]:
    return set(recognise(unique(cells), kind="sites", datum=None).columns)


def _last_row(grid: Grid, top: int, row: int, place: int) -> int:
    """Return the last row of the headings: merged cells say it, else the words below."""
    following = grid.records[place + 1 : place + 2]
    if not following or following[0][0] != row + 1:
        return row
    below = following[0][1]
    cells = grid.records[place][1]
    if has_position(below, in_two=True) and not has_position(cells, in_two=True):
        return row + 1
    if {"度", "分"} <= {_PARTS.get(fold(c), "") for c in below}:
        return row + 1
    tall = [m for m in grid.merges if m[0] == top and m[2] > m[0]]
    wide = [m for m in grid.merges if m[0] == m[2] == top and m[3] > m[1]]
    parts = any(c.strip() for m in wide for c in below[m[1] : m[3] + 1])
    if not tall or not parts:
        return row
    return max(row, min(*(m[2] for m in tall), top + _MOST_ROWS - 1))


def _names(grid: Grid, levels: list[list[str]], top: int) -> tuple[str, ...]:
    """Return one name a column from one to three rows of headings.

    The lowest cell names the column: 经度 under 坐标. Where it is 度, 分 or 秒, or stands twice in
    its row, what is above it, which merged cells carry to the right, goes before it.
    """
    upper = [_carried(cells, lower) for cells, lower in pairwise(levels)]
    columns = [list(c) for c in zip_longest(*upper, levels[-1], fillvalue="")]
    lowest = Counter(fold(c[-1]) for c in columns if c[-1].strip())
    names: list[str] = []
    for cells in columns:
        low = cells[-1].strip()
        high = next((c.strip() for c in reversed(cells[:-1]) if c.strip()), "")
        if not low:
            # A name carried to the right belongs to what is below it, and here is nothing.
            own = [level[len(names)] if len(names) < len(level) else "" for level in levels[:-1]]
            names.append(next((c.strip() for c in reversed(own) if c.strip()), ""))
        elif high and fold(low) in _PARTS:
            names.append(f"{high}{_PARTS[fold(low)]}")
        elif high and lowest[fold(low)] > 1 and fold(high) != fold(low):
            names.append(f"{high} {low}")
        else:
            names.append(low)
    return _spread(grid, names, top, top + len(levels) - 1)


def _carried(cells: list[str], below: list[str]) -> list[str]:
    """Return a row of headings with each carried to the right over blanks with a part below."""
    carried: list[str] = []
    last = ""
    for cell, part in zip_longest(cells, below, fillvalue=""):
        last = cell.strip() or (last if part.strip() else "")
        carried.append(last)
    return carried


def _spread(grid: Grid, names: list[str], top: int, bottom: int) -> tuple[str, ...]:
    """Name the columns under one merged 经度 (degrees, minutes, seconds) or 坐标 (two)."""
    for first, left, last, right in grid.merges:
        if not (top <= first and last <= bottom) or right >= len(names) + 3 or right == left:
            continue
        names = names + [""] * (right + 1 - len(names))
        word, empty = fold(names[left]), not any(names[left + 1 : right + 1])
        if empty and right - left == 2 and word in _LON_WORDS | _LAT_WORDS:
            names[left : right + 1] = [f"{names[left]}{part}" for part in "度分秒"]
        elif empty and right - left == 1 and word in ("坐标", "经纬度", "地理坐标"):
            names[left : right + 1] = ["经度", "纬度"]
    return tuple(names)


def body_of(grid: Grid, heading: Heading) -> list[Record]:
    """Return the records below the headings."""
    end = heading.row + heading.rows
    return grid.records[bisect_left(grid.records, end, key=lambda r: r[0]) :]


def lay_out(
    grid: Grid, heading: Heading, roles: dict[str, str], path: Path, encoding: str | None
) -> Raw:
    """Turn the records below the headings into a table, with `roles` (role to heading) settled.

    A cell merged over rows fills them, except an id; a row that only goes on with the place above
    it is a fault, as are a heading repeated further down and, where cells are separated by a
    character, a record that has more cells than there are headings.

    Raises
    ------
    PointsError
        More rows than the limit.
    """
    records = body_of(grid, heading)
    if len(records) > MAX_ROWS:
        raise PointsError("too_many_rows", path=str(path), limit=MAX_ROWS)
    names = list(heading.names)
    if not grid.ragged:
        widest = max((len(cells) for _, cells in records), default=0)
        names += [""] * (widest - len(names))
    width = len(names)
    blanks = [""] * width
    kept: list[list[str]] = []
    rows: list[int] = []
    faults: dict[int, Remark] = {}
    again = [name.strip() for name in heading.names]
    first = next((i for i, name in enumerate(again) if name), 0)
    for number, cells in records:
        if len(cells) > width and any(c.strip() for c in cells[width:]):
            faults[len(kept)] = ("ragged", {"cells": len(cells), "expected": width})
        padded = [*cells[:width], *blanks[len(cells) :]]
        if padded[first].strip() == again[first] and (
            [c.strip() for c in padded[: len(again)]] == again
        ):
            faults[len(kept)] = ("note_row", {})
        kept.append(padded)
        rows.append(number)
    if kept and _is_numbering(kept[0], heading.names):
        faults.setdefault(0, ("note_row", {}))
    unique_names = unique(names)
    _find_captions(grid, kept, rows, faults)
    places = {heading: place for place, heading in enumerate(unique_names)}
    at = {r: places[h] for r, h in roles.items() if h in places}
    if _fill_down(grid, kept, rows, at, faults) > MAX_TEXT:
        limit = MAX_TEXT // 1_000_000
        raise PointsError("workbook_too_large", path=str(path), limit=limit)
    own = _frame(kept, names, unique_names, set(roles.values()))
    above = [n for n, _ in grid.records if n < heading.row]
    warnings: list[Remark] = [("title_rows", {"row": heading.row + heading.rows - 1})]
    if not above and heading.rows == 1:
        warnings = []
    cells_of = {role: own[name].tolist() for role, name in roles.items() if name in own}
    return Raw(
        own,
        np.asarray(rows, np.int64),
        faults,
        warnings=tuple(warnings),
        encoding=encoding,
        columns=dict(roles),
        cells=cells_of,
    )


def _is_numbering(cells: list[str], names: Sequence[str]) -> bool:
    """Return whether the first record numbers the columns, as forms do: 甲 乙 1 2 3, or 1 2 3 4."""
    said = [half_width(cell) for cell in cells if cell.strip()]
    numbers = [int(cell) for cell in said if cell.isascii() and cell.isdigit() and len(cell) < 4]
    letters = said[: len(said) - len(numbers)]
    return (
        len(said) == sum(bool(name.strip()) for name in names)
        and len(said) >= _FEWEST_NUMBERED
        and len(numbers) > 1
        and numbers == list(range(1, len(numbers) + 1))
        and "".join(letters) in ("甲乙丙丁戊己庚辛壬癸"[: len(letters)], "ABCDEFGH"[: len(letters)])
    )


def _find_captions(
    grid: Grid, kept: list[list[str]], rows: list[int], faults: dict[int, Remark]
) -> None:
    """Find rows of one text merged over three or more columns: they head a part of the sheet."""
    for top, left, bottom, right in grid.merges:
        if top != bottom or right - left < 2:
            continue
        at = bisect_left(rows, top)
        if at < len(rows) and rows[at] == top and sum(bool(c.strip()) for c in kept[at]) == 1:
            faults.setdefault(at, ("note_row", {}))


def _fill_down(
    grid: Grid,
    kept: list[list[str]],
    rows: list[int],
    places: dict[str, int],
    faults: dict[int, Remark],
) -> int:
    """Fill cells merged over rows; find rows all of whose identity is merged with the row above.

    The answer is how many characters were filled in.
    """
    characters = 0
    identity = {places[r] for r in ("id", "name") if r in places}
    position = {places[r] for r in ("lon", "lat", "lonlat", "latlon", "address") if r in places}
    covered: dict[int, tuple[set[int], int]] = {}
    filled_to: dict[int, int] = {}
    for top, left, bottom, right in sorted(grid.merges, key=lambda m: (m[1], m[0])):
        if left != right or bottom == top or top <= filled_to.get(left, 0):
            continue
        filled_to[left] = bottom
        start, end = bisect_left(rows, top), bisect_left(rows, bottom + 1)
        if start >= len(rows) or rows[start] != top or left >= len(kept[start]):
            continue
        value = kept[start][left]
        for at in range(start + 1, end):
            if kept[at][left].strip():
                continue
            if left in identity | position:
                covered.setdefault(at, (set(), rows[start]))[0].add(left)
            if left != places.get("id"):
                kept[at][left] = value
                characters += len(value)
    for at, (columns, row) in covered.items():
        bare = all(i in columns or not kept[at][i].strip() for i in identity | position)
        if columns & identity and (columns & position or not position) and bare:
            faults.setdefault(at, ("continued", {"row": row}))
    return characters


def _frame(
    kept: list[list[str]], headings: list[str], names: list[str], used: set[str]
) -> pd.DataFrame:
    """Return the cells as object columns; columns without heading and without content go."""
    columns = zip(*kept, strict=True) if kept else [()] * len(names)
    made = {}
    for name, heading, cells in zip(names, headings, columns, strict=True):
        values = [None if not (c := trimmed(cell)) else c for cell in cells]
        if heading.strip() or name in used or any(values):
            made[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(made, index=range(len(kept)))
