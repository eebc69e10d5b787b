"""Reading text tables: CSV, TSV and TXT in the encodings that office programs write."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from geo.errors import PointsError
from geo.points.columns import has_position
from geo.points.grids import TITLE_ROWS, Book, Grid, Record
from geo.points.schema import MAX_CELL, MAX_COLUMNS, MAX_ROWS

__all__ = ["read_text"]

# Tab and semicolon before the commas: where a table has one column, any of them would do, and a
# comma within its cells ("118.79,32.04") is then no delimiter.
_DELIMITERS = ("\t", ";", "；", "|", ",", "，")
_SAMPLE = 65_536  # characters looked at to find the delimiter


def read_text(data: bytes, path: Path) -> Book:
    """Read the bytes of a delimited text file as one sheet without a name.

    Raises
    ------
    PointsError
        Not text, an encoding that is not known, a quotation mark that is never closed, a cell or
        a table beyond the limits.
    """
    text, encoding = _decode(data, path)
    records: list[Record] = []
    for number, cells in _records(text, _sniff(text), path):
        if not "".join(cells).strip():
            continue
        if len(records) > MAX_ROWS + TITLE_ROWS:
            raise PointsError("too_many_rows", path=str(path), limit=MAX_ROWS)
        records.append((number, cells))
    return Book((Grid("", records, ragged=True),), encoding)


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
        header = next((r for r in records[: TITLE_ROWS + 1] if has_position(r)), None)
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
