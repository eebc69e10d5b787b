"""Texts out of files that others wrote: fit for one line, for a column, for a file of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["as_json", "clip", "sound", "unique"]


def clip(value: Any, size: int = 40) -> str:
    """Return `value` as short text of one line, fit to be shown in a sentence."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return "…"  # Python refuses to print integers of thousands of digits
    text = "".join(c if c.isprintable() else " " for c in str(value)[: size + 1])
    return text if len(text) <= size else text[: size - 1] + "…"


def unique(headings: Sequence[str]) -> list[str]:
    """Return headings that are distinct even when case is ignored, as GeoPackage wants them.

    A blank heading becomes ``column_3`` by its place, a repeated one ``备注_2``.
    """
    taken: set[str] = {h.strip().casefold() for h in headings}
    seen: set[str] = set()
    made = []
    for place, heading in enumerate(headings, start=1):
        base = heading.strip() or f"column_{place}"
        name, n = base, 2
        while name.casefold() in seen or (name != base and name.casefold() in taken):
            name, n = f"{base}_{n}", n + 1
        seen.add(name.casefold())
        made.append(name)
    return made


def as_json(value: Any) -> str:
    """Return `value`, which was JSON once, as JSON text."""
    try:
        return sound(json.dumps(value, ensure_ascii=False))
    except ValueError:  # an integer of more digits than Python prints
        return "…"


def sound(text: str) -> str:
    """Return `text` without lone surrogates, which JSON can write and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
