"""Names of columns in a Shapefile's table, which has ten bytes for each."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

__all__ = ["MAX_BYTES", "cut", "short_names"]

MAX_BYTES = 10
"""Room for a field's name in dBASE: eleven bytes, the last of them zero."""

# Ours that are longer, as people would shorten them; from_ and to_ stay a pair.
_KNOWN = {
    "destination": "dest",
    "from_metres": "from_m",
    "from_minutes": "from_min",
    "gap_street_km": "gap_str_km",
    "nearest_station_id": "near_stn",
    "opening_hours": "open_hours",
    "reason_text": "reason_txt",
    "responsibility_km2": "resp_km2",
    "snapped_lat": "snap_lat",
    "snapped_lon": "snap_lon",
    "stations_within": "stn_within",
    "verified_on": "verified",
}

# What words in long names become; names are cut only after that.
_WORDS = {
    "built": "blt", "class": "cls", "demand": "dem", "in": "", "largest": "max", "mean": "avg",
    "metres": "m", "minutes": "min", "network": "net", "not": "no", "of": "", "per": "p",
    "places": "plc", "reach": "rch", "served": "srv", "share": "shr", "standard": "std",
    "stations": "stn", "unknown": "unk", "used": "use",
}  # fmt: skip


def short_names(columns: Iterable[Hashable]) -> dict[Hashable, str]:
    """Return for each column a name of at most `MAX_BYTES` in UTF-8, no two alike.

    Names that fit are kept, before others are shortened; signs other than letters, digits and
    ``_`` become ``_``. A Chinese letter takes three bytes and is never cut in two. What is alike,
    whatever its case, gets a number.

    >>> short_names(["station_id", "服务项目名称", "服务项目数量"])
    {'station_id': 'station_id', '服务项目名称': '服务项', '服务项目数量': '服务项2'}
    """
    asked = list(columns)
    plain = {column: re.sub(r"\W", "_", str(column)) or "field" for column in asked}
    fits = [c for c in asked if plain[c] == str(c) and _size(plain[c]) <= MAX_BYTES]
    found: dict[Hashable, str] = {}
    taken: set[str] = set()
    for column in [*fits, *(c for c in asked if c not in set(fits))]:
        name = _free(_KNOWN.get(str(column)) or _abbreviated(plain[column]), taken)
        taken.add(name.casefold())
        found[column] = name
    return {column: found[column] for column in asked}


def cut(text: str, size: int) -> str:
    """Return the beginning of `text` that takes at most `size` bytes in UTF-8."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def _abbreviated(name: str) -> str:
    """Return a name that is too long in shorter words: ``within_15min_share`` → ``w15min_shr``."""
    if _size(name) <= MAX_BYTES:
        return name
    name = re.sub(r"^within_(?=\d)", "w", name.replace("two_in_reach", "k2"))
    words = [_WORDS.get(word, word) for word in name.split("_")]
    return "_".join(word for word in words if word) or name


def _free(name: str, taken: set[str]) -> str:
    candidate, number = cut(name, MAX_BYTES), 2
    while candidate.casefold() in taken:
        end = str(number)
        candidate, number = cut(name, MAX_BYTES - len(end)) + end, number + 1
    return candidate


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
