"""Reading .xls, the binary workbook of before 2007, and WPS's .et, through xlrd."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from geo.errors import PointsError
from geo.points.grids import MAX_SHEETS, Book, Budget, Grid, Merge, Record, moment, number

__all__ = ["read_xls"]

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = 1, 2, 3, 4, 5


def read_xls(data: bytes, path: Path) -> Book:
    """Read every worksheet of a BIFF workbook; cells become text as `ooxml.read_xlsx` has them.

    Raises
    ------
    PointsError
        No workbook, an encrypted one, or beyond the limits.
    """
    import xlrd

    if _ENCRYPTED in data:
        raise PointsError("workbook_locked", path=str(path))
    book = _open(data, path)
    if book.nsheets > MAX_SHEETS:
        raise PointsError("too_many_sheets", path=str(path), limit=MAX_SHEETS)
    budget = Budget(path)
    grids = []
    try:
        for place in range(book.nsheets):
            grids.append(_grid(book, book.sheet_by_index(place), budget))
    except PointsError:
        raise
    except (xlrd.XLRDError, *_FAULTS) as error:
        raise PointsError("workbook_broken", path=str(path), detail=_short(error)) from None
    return Book(tuple(grids))


# What a parser of untrusted records raises when they do not fit together.
_FAULTS = (
    *(AssertionError, AttributeError, IndexError, KeyError, LookupError, NotImplementedError),
    *(OverflowError, RecursionError, TypeError, UnicodeError, ValueError, EOFError, MemoryError),
    *(ZeroDivisionError,),
)


def _open(data: bytes, path: Path) -> Any:
    """Return xlrd's workbook: with formats where they can be read, else without."""
    import struct

    import xlrd
    from xlrd.compdoc import CompDocError

    fault: Exception | None = None
    for formatted in (True, False):
        try:
            return xlrd.open_workbook(
                file_contents=data,
                formatting_info=formatted,
                ragged_rows=True,
                logfile=io.StringIO(),
            )
        except (xlrd.XLRDError, CompDocError, struct.error, *_FAULTS) as error:
            if "encrypted" in str(error).casefold():
                raise PointsError("workbook_locked", path=str(path)) from None
            fault = error
    raise PointsError("workbook_broken", path=str(path), detail=_short(fault)) from None


def _short(error: Exception | None) -> str:
    return re.sub(r"\s+", " ", str(error))[:80] or type(error).__name__


def _grid(book: Any, sheet: Any, budget: Budget) -> Grid:
    records: list[Record] = []
    for row in range(sheet.nrows):
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        cells = [
            budget.text(_shown(book, sheet, row, column, kind, value), row + 1)
            for column, (kind, value) in enumerate(zip(kinds, values, strict=True))
        ]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            budget.row(len(cells))
            records.append((row + 1, cells))
    merges: list[Merge] = []
    for top, bottom, left, right in sheet.merged_cells:
        budget.merge()
        if top < bottom and left < right:
            merges.append((top + 1, left, bottom, right - 1))
    shown = sheet.rowinfo_map.items()
    return Grid(
        name=sheet.name,
        records=records,
        merges=tuple(merges),
        hidden=bool(sheet.visibility),
        hidden_rows=frozenset(row + 1 for row, info in shown if info.hidden),
    )


def _shown(book: Any, sheet: Any, row: int, column: int, kind: int, value: Any) -> str:
    if kind == _TEXT:
        return str(value)
    if kind == _NUMBER:
        return number(value)
    if kind == _DATE:
        return moment(value, _code(book, sheet, row, column), since_1904=bool(book.datemode))
    if kind == _BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == _ERROR:
        from xlrd.biffh import error_text_from_code

        return str(error_text_from_code.get(value, "#VALUE!"))
    return ""


def _code(book: Any, sheet: Any, row: int, column: int) -> str:
    try:
        style = book.xf_list[sheet.cell_xf_index(row, column)]
        return str(book.format_map[style.format_key].format_str) or "d"
    except (*_FAULTS,):
        return "d"
