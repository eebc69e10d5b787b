"""Sheets as they stand: what every file of rows and columns comes down to before it is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from geo.errors import PointsError
from geo.points.schema import MAX_CELL, MAX_COLUMNS, MAX_ROWS

__all__ = [
    "MAX_CELLS",
    "MAX_SHEETS",
    "MAX_TEXT",
    "TITLE_ROWS",
    "Book",
    "Budget",
    "Grid",
    "Merge",
    "Record",
    "moment",
    "number",
]

# A record's row in the sheet, from 1, and its cells from the first column; "" where blank.
Record = tuple[int, list[str]]

# First row, first column, last row, last column; rows from 1, columns from 0, ends included.
Merge = tuple[int, int, int, int]

TITLE_ROWS = 15  # records above the heading that may be titles
MAX_CELLS = 10_000_000  # cells of a workbook, blank ones between others included
MAX_SHEETS = 200
# Characters of all cells together: a long text may be named by a million short cells.
MAX_TEXT = 200_000_000
_MAX_MERGES = 200_000
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}


@dataclass(frozen=True, eq=False)
class Grid:
    """One sheet: records that are not wholly blank, merged ranges, what is hidden.

    `ragged` tells that cells were separated by a character, so that a record with more cells than
    the heading has is out of step; in a workbook it is only wider.
    """

    name: str
    records: list[Record]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    ragged: bool = False


@dataclass(frozen=True, eq=False)
class Book:
    """The sheets of one file; `encoding` is None where the format has none of its own."""

    grids: tuple[Grid, ...]
    encoding: str | None = None


@dataclass
class Budget:
    """Counts what a workbook unfolds to, and refuses what is beyond the limits."""

    path: Path
    cells: int = 0
    merges: int = 0
    rows: int = 0
    characters: int = 0

    def row(self, width: int) -> None:
        """Count one record of `width` cells."""
        self.rows += 1
        self.cells += width
        if width > MAX_COLUMNS:
            raise PointsError("too_many_columns", path=str(self.path), limit=MAX_COLUMNS)
        if self.rows > MAX_ROWS + TITLE_ROWS:
            raise PointsError("too_many_rows", path=str(self.path), limit=MAX_ROWS)
        if self.cells > MAX_CELLS:
            raise PointsError("too_many_cells", path=str(self.path), limit=MAX_CELLS)

    def text(self, text: str, row: int) -> str:
        """Return `text` if a cell, and all of them together, may be that long."""
        self.characters += len(text)
        if len(text) > MAX_CELL:
            raise PointsError("cell_too_long", path=str(self.path), row=row, limit=MAX_CELL)
        if self.characters > MAX_TEXT:
            limit = MAX_TEXT // 1_000_000
            raise PointsError("workbook_too_large", path=str(self.path), limit=limit)
        return text

    def merge(self) -> None:
        """Count one merged range."""
        self.merges += 1
        if self.merges > _MAX_MERGES:
            raise PointsError("workbook_broken", path=str(self.path), detail="mergeCells")


def number(value: float) -> str:
    """Return a number of a sheet as the text that it shows: 15 digits, no ``.0``."""
    if not math.isfinite(value):
        return ""
    text = format(value, ".15g")
    return text if "e" not in text or abs(value) < 1 else _plain(value, text)


def _plain(value: float, text: str) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else text


def moment(serial: float, code: str, *, since_1904: bool = False) -> str:
    """Return an Excel serial as ISO 8601 text: a day, a day and time, or a time alone.

    `code` is the cell's number format; ``[h]:mm`` counts hours beyond a day. What is not a
    moment of the years 1900–9999 stays a number.
    """
    if not 0 <= serial < 2_958_466:
        return number(serial)
    if re.search(r"\[h+\]", code, re.IGNORECASE):
        minutes = round(serial * 1440)
        return f"{minutes // 60}:{minutes % 60:02d}"
    found = _EPOCHS[since_1904] + timedelta(seconds=round(serial * 86_400))
    clock = found.strftime("%H:%M:%S" if found.second else "%H:%M")
    if serial < 1:
        return clock
    day = f"{found.year:04d}-{found.month:02d}-{found.day:02d}"
    return day if serial == int(serial) else f"{day} {clock}"
