"""Counting the rows of a packed sheet unread, so that millions of them are refused at once."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable

__all__ = ["more_rows_than"]

_SCANNED = 10_000_000  # bytes of a sheet from which on its rows are counted
_CHUNK = 1 << 20
# How rows with a value end. Programs put no blanks between; who does is found while reading.
_ENDS = {b"</v></c></row>": 1, b"</is></c></row>": 1, b"<v></v></c></row>": -1}


def more_rows_than(limit: int, archive: zipfile.ZipFile, names: Iterable[str], left: int) -> bool:
    """Return whether the sheets `names` of a workbook surely have more rows than `limit`.

    Reading a million rows takes seconds, counting them a tenth of one. Counted are fewer than
    there are, never more: rows that end with a value as programs write it, and of all sheets
    together no more than the first `left` bytes.
    """
    rows = 0
    for name in sorted(names):
        if archive.getinfo(name).file_size < _SCANNED:
            continue
        tails = dict.fromkeys(_ENDS, b"")
        with archive.open(name) as stream:
            while left > 0 and (chunk := stream.read(_CHUNK)):
                left -= len(chunk)
                for pattern, weight in _ENDS.items():
                    whole = tails[pattern] + chunk
                    rows += weight * whole.count(pattern)
                    tails[pattern] = whole[1 - len(pattern) :]
                if rows > limit:
                    return True
    return False
