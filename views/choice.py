"""Which stations take part: by kind and by facilities, in the words that union lists carry."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd

from geo.points import PointTable

__all__ = [
    "facilities_of",
    "facility_words",
    "hours_heading",
    "kind_heading",
    "kinds_of",
    "narrowed",
]

_KIND = ("kind", "类型")
_FACILITIES = ("facilities", "服务项目")
_HOURS = ("hours_text", "开放时间", "opening_hours")


def _heading(frame: pd.DataFrame, known: tuple[str, ...]) -> str | None:
    return next((name for name in known if name in frame.columns), None)


def kind_heading(frame: pd.DataFrame) -> str | None:
    """Return the column that holds a station's kind, None where there is none."""
    return _heading(frame, _KIND)


def hours_heading(frame: pd.DataFrame) -> str | None:
    """Return the column that holds opening hours in the list's own words."""
    return _heading(frame, _HOURS)


def facility_words(cell: Any) -> tuple[str, ...]:
    """Return the facilities in a cell: a JSON array, or words with 、 , ; or | between them."""
    if cell is None or (isinstance(cell, float) and pd.isna(cell)):
        return ()
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        with suppress(ValueError):
            cell = json.loads(cell)
    parts = cell if isinstance(cell, list | tuple) else re.split(r"[、,，;；|/]", str(cell))
    return tuple(word for word in (str(part).strip() for part in parts) if word)


def _by_frequency(found: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(found)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word)))


def kinds_of(table: PointTable) -> tuple[str, ...]:
    """Return the kinds in a table, the most frequent first."""
    name = kind_heading(table.frame)
    return () if name is None else _by_frequency(str(v) for v in table.frame[name].dropna())


def facilities_of(table: PointTable) -> tuple[str, ...]:
    """Return the facilities in a table, the most frequent first."""
    name = _heading(table.frame, _FACILITIES)
    if name is None:
        return ()
    return _by_frequency(word for cell in table.frame[name] for word in facility_words(cell))


def narrowed(table: PointTable, kinds: tuple[str, ...], facilities: tuple[str, ...]) -> PointTable:
    """Return the stations of one of `kinds` that have all of `facilities`.

    Unusable rows are narrowed in the same way. The digest names the choice, so that whatever is
    kept by digest never mixes two choices.
    """
    if not kinds and not facilities:
        return table
    frame, unused = table.frame, table.unused
    kept = _fits(frame, kinds, facilities)
    kept_unused = _fits(unused, kinds, facilities)
    choice = json.dumps([table.digest, kinds, facilities], ensure_ascii=False)
    return replace(
        table,
        frame=frame[kept].reset_index(drop=True),
        unused=unused[kept_unused].reset_index(drop=True),
        faults=table.faults[kept_unused.to_numpy()].reset_index(drop=True),
        rows=int(kept.sum() + kept_unused.sum()),
        digest=hashlib.sha256(choice.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _fits(
    frame: pd.DataFrame, kinds: tuple[str, ...], facilities: tuple[str, ...]
) -> pd.Series[bool]:
    fits = pd.Series(True, index=frame.index)
    if kinds:
        name = kind_heading(frame)
        fits &= False if name is None else frame[name].isin(kinds)
    if facilities:
        name = _heading(frame, _FACILITIES)
        wanted = set(facilities)
        fits &= (
            False
            if name is None
            else frame[name].map(lambda cell: wanted <= set(facility_words(cell))).astype(bool)
        )
    return fits
