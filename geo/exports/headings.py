"""What a column is called by people, in Chinese or English."""

from __future__ import annotations

from geo.words import entries

__all__ = ["heading"]


def heading(column: object, lang: str) -> str:
    """Return the heading of a column of ours, empty for one that came with the input.

    >>> heading("area_km2", "en")
    'area (km²)'
    >>> heading("片区", "en")
    ''
    """
    return entries().get(f"column.{column}", {}).get(lang, "")
