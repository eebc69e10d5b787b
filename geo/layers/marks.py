"""How each thing looks on the map and in the legend alike: colours, outlines, small symbols."""

from __future__ import annotations

from typing import Any

from geo.exports.styles import (
    ACCENT,
    BAND_ALPHA,
    NEUTRAL,
    PAPER,
    band_colours,
    gap_colours,
    marker_of,
)

__all__ = [
    "GAPS_RANKED",
    "SITE_SYMBOLS",
    "area_styles",
    "band_styles",
    "gap_key",
    "gap_styles",
    "station_style",
]

GAPS_RANKED = 5
"""Gaps with a colour of their own; the others share one."""

_OUTLINE = "#4B3B6B"
_HOLLOW = ("not_used", "closed")
_STAR = "M10 1.2 12.7 7 19 7.7 14.3 12 15.6 18.3 10 15.1 4.4 18.3 5.7 12 1 7.7 7.3 7Z"


def _star(fill: str, edge: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" width="18" height="18" '
        f'aria-hidden="true"><path d="{_STAR}" fill="{fill}" stroke="{edge}" '
        'stroke-width="1.4" stroke-linejoin="round"/></svg>'
    )


SITE_SYMBOLS = {"site": _star("#F2B600", "#6B4A00"), "site_estimated": _star(PAPER, "#6B4A00")}
"""Heritage sites: a gold star, hollow where the position is an estimate. (Red is for stations.)"""


def band_styles(count: int) -> list[dict[str, Any]]:
    """Return path options of `count` bands, nearest first."""
    return [
        {"color": colour, "weight": 0.8, "opacity": 0.9, "fillColor": colour,
         "fillOpacity": BAND_ALPHA}
        for colour in band_colours(count)
    ]  # fmt: skip


def area_styles(levels: int) -> dict[str, dict[str, Any]]:
    """Return path options of the outlines of areas by level, the first the broadest."""
    return {
        f"area{position}": {"color": _OUTLINE, "weight": max(2.2 - 0.7 * position, 0.8),
                            "opacity": 0.8, "dashArray": "7 5", "fill": False,
                            "fillColor": PAPER, "fillOpacity": 0.0}
        for position in range(levels)
    }  # fmt: skip


def gap_key(rank: int) -> str:
    """Return the style of the gap of a rank (1: the worst)."""
    return f"gap{min(rank, GAPS_RANKED + 1)}"


def gap_styles() -> dict[str, dict[str, Any]]:
    """Return path options of gaps by `gap_key`: outlines, filled just enough to be hovered."""
    colours = gap_colours(GAPS_RANKED + 1)
    found = {}
    for rank, colour in enumerate(colours, start=1):
        main = rank <= GAPS_RANKED
        found[gap_key(rank)] = {
            "color": colour if main else "#D98A3D",
            "weight": 2.2 if main else 1.0,
            "fillColor": colour,
            "fillOpacity": 0.18 if main else 0.1,
            **({"dashArray": "5 3"} if main else {}),
        }
    return found


def station_style(status: str, radius: float) -> dict[str, Any]:
    """Return path options of a station's circle: filled where it counts, hollow where not."""
    marker = marker_of(status)
    if status in _HOLLOW:
        return {"radius": radius * 0.9, "color": marker.colour if marker.colour != ACCENT else
                NEUTRAL, "weight": 2.0, "fillColor": PAPER, "fillOpacity": 0.9}  # fmt: skip
    return {"radius": radius, "color": PAPER, "weight": 1.4, "fillColor": marker.colour,
            "fillOpacity": 1.0}  # fmt: skip
