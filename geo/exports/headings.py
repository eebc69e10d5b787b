"""What a column is called by people, in Chinese or English."""

from __future__ import annotations

import re

from geo.words import entries

__all__ = ["heading"]

# Columns of a band: within_15min_demand, within_1000m_share.
_WITHIN = re.compile(r"within_(?P<limit>\d+(?:\.\d+)?)(?P<unit>min|m)_(?P<what>demand|km|share)")


def heading(column: object, lang: str, kind: str | None = None) -> str:
    """Return the heading of a column of ours, empty for one that came with the input.

    `kind` is that of the layer (`geo.exports.KINDS`): a few words mean something else in areas
    than in gaps.

    >>> heading("area_km2", "en")
    'area (km²)'
    >>> heading("places", "en", "gaps"), heading("places", "en", "areas")
    ('unserved places', 'demand places')
    >>> heading("within_7.5min_share", "en", "areas")
    'share within 7.5 min'
    >>> heading("片区", "en")
    ''
    """
    found = _WITHIN.fullmatch(str(column))
    if found is not None:
        form = entries()[f"column_within.{found['what']}_{found['unit']}"][lang]
        return form.format(limit=found["limit"])
    known = entries()
    own = known.get(f"column_{kind}.{column}") or known.get(f"column.{column}", {})
    return own.get(lang, "")
