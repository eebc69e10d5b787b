"""Reading text tables: CSV, TSV and TXT in the encodings that office programs write."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import PointsError
from geo.points.cells import clip, is_blank
from geo.points.columns import has_position, unique
from geo.points.schema import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Raw, Remark

__all__ = ["read_table", "records_to_raw"]

# Tab and semicolon before the commas: where a table has one column, any of them would do, and a
# comma within its cells ("118.79,32.04") is then no delimiter.
_DELIMITERS = ("\t", ";", "；", "|", ",", "，")
_SAMPLE = 65_536  # characters looked at to find the delimiter
_TITLE_ROWS = 10  # records above the heading that may be titles

Record = tuple[int, list[str]]


def read_table(data: bytes, path: Path) -> Raw:
    """Read the bytes of a delimited text file; the heading is the first row that gives a position.

    Raises
    ------
    PointsError
        Not text, an encoding that is not known, a quotation mark that is never closed, a cell or
        a table beyond the limits, or no heading of coordinates.
    """
    text, encoding = _decode(data, path)
    delimiter = _sniff(text)
    return records_to_raw(_records(text, delimiter, path), path, encoding)


def records_to_raw(records: Iterator[Record], path: Path, encoding: str | None = None) -> Raw:
    """Turn numbered records of text, headings among them, into a `Raw` table.

    Records above the heading are titles; a heading of coordinates may have 经度 and 纬度 in a
    second row under it. A record with more cells than the heading has, other
    than blank ones, is faulty; missing cells at its end are blank.
    """
    seen: list[Record] = []
    for number, cells in records:
        if not all(is_blank(c) for c in cells):
            seen.append((number, cells))
        if len(seen) > _TITLE_ROWS or (seen and seen[-1][0] == number and has_position(cells)):
            break
    if not seen:
        raise PointsError("file_empty", path=str(path))
    found = next((i for i, (_, cells) in enumerate(seen) if has_position(cells)), None)
    if found is None:
        shown = ", ".join(clip(c, 20) for c in seen[0][1][:12] if c.strip())
        raise PointsError("no_coordinate_columns", path=str(path), headings=shown)
    row, headings = seen[found]
    below = next(records, None)
    if below and has_position(below[1], in_two=True) and not has_position(headings, in_two=True):
        row, headings = below[0], _merged(headings, below[1])
    elif below:
        records = chain([below], records)
    warnings: tuple[Remark, ...] = (("title_rows", {"row": row}),) if row > seen[0][0] else ()
    return _collect(records, headings, path, warnings, encoding)


def _merged(upper: list[str], lower: list[str]) -> list[str]:
    """Return one row of headings from two: 坐标 above 经度 and 纬度, as merged cells are saved."""
    return [low.strip() or high for high, low in zip_longest(upper, lower, fillvalue="")]


def _decode(data: bytes, path: Path) -> tuple[str, str]:
    """Return the text and its encoding: by byte-order mark, else UTF-8, else GB 18030."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data:
        raise PointsError("file_binary", path=str(path))
    elif data.startswith(codecs.BOM_UTF8):
        tried = ("utf-8-sig",)
    else:
        tried = ("utf-8", "gb18030")
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise PointsError("file_binary", path=str(path))
        if not text.strip():
            raise PointsError("file_empty", path=str(path))
        return text, encoding
    raise PointsError("encoding_unknown", path=str(path))


def _sniff(text: str) -> str:
    """Return the delimiter under which a heading of coordinates appears in the first records.

    Of several, the one that makes most columns, then the one under which most records fit.
    Where none does, the one that cuts the first record most often, so that the refusal can name
    the headings.
    """
    sample = text[:_SAMPLE]
    best: tuple[int, int, float, int] | None = None
    for place, delimiter in enumerate(_DELIMITERS):
        records = _sample(sample, delimiter)
        header = next((r for r in records[: _TITLE_ROWS + 1] if has_position(r)), None)
        width = len(header or (records[0] if records else []))
        fits = sum(len(r) <= width for r in records) / max(len(records), 1)
        score = (int(header is not None), width, fits, -place)
        best = score if best is None else max(best, score)
    return _DELIMITERS[-best[3]] if best else ","


def _sample(sample: str, delimiter: str) -> list[list[str]]:
    """Return the first records that are not blank, as far as they can be read."""
    records: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(c.strip() for c in cells):
                records.append(cells[:MAX_COLUMNS])
            if len(records) == 30:
                break
    except csv.Error:
        pass  # the full reading says what is wrong, and where
    return records


def _records(text: str, delimiter: str, path: Path) -> Iterator[Record]:
    """Yield each record with its number from 1, blank ones included, as a sheet counts rows."""
    number = 0
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, cells in enumerate(reader, start=1):
            if len(cells) > MAX_COLUMNS and any(c.strip() for c in cells[MAX_COLUMNS:]):
                raise PointsError("too_many_columns", path=str(path), limit=MAX_COLUMNS)
            if sum(map(len, cells)) > MAX_CELL and len(max(cells, key=len)) > MAX_CELL:
                raise PointsError("cell_too_long", path=str(path), row=number, limit=MAX_CELL)
            yield number, cells
    except csv.Error as error:
        code = "cell_too_long" if "limit" in str(error) else "quotes_broken"
        raise PointsError(code, path=str(path), row=number + 1, limit=MAX_CELL) from error


def _collect(
    records: Iterator[Record],
    headings: list[str],
    path: Path,
    warnings: tuple[Remark, ...],
    encoding: str | None,
) -> Raw:
    width = len(headings)
    blanks = [""] * width
    kept: list[list[str]] = []
    rows: list[int] = []
    faults: dict[int, Remark] = {}
    for number, cells in records:
        if not "".join(cells).strip():
            continue
        if len(kept) == MAX_ROWS:
            raise PointsError("too_many_rows", path=str(path), limit=MAX_ROWS)
        if len(cells) > width and any(c.strip() for c in cells[width:]):
            faults[len(kept)] = ("ragged", {"cells": len(cells), "expected": width})
        kept.append(cells if len(cells) == width else [*cells[:width], *blanks[len(cells) :]])
        rows.append(number)
    own = _frame(kept, headings)
    return Raw(own, np.asarray(rows, np.int64), faults, warnings=warnings, encoding=encoding)


def _frame(kept: list[list[str]], headings: list[str]) -> pd.DataFrame:
    """Return the cells as object columns; columns without heading and without content go."""
    names = unique(headings)
    columns = zip(*kept, strict=True) if kept else [()] * len(names)
    made = {}
    for name, heading, cells in zip(names, headings, columns, strict=True):
        values = [c.strip() or None for c in cells]
        if heading.strip() or any(values):
            made[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(made)
