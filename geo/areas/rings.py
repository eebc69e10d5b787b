"""Judging rings: what is wrong with an outline, told in bounded time and never repaired.

A repair of a ring that crosses itself is a guess about land, and can run for minutes; the planner
who drew it mends it in a moment.
"""

from __future__ import annotations

import re

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas.schema import MAX_TOTAL_WORK, MAX_WORK, Remark

__all__ = ["judge_rings", "work"]

# Beginnings of GEOS's reasons (`IsValidOp`), as versions 3.10 to 3.14 word them.
_REASONS = (
    ("Hole lies outside", "hole_outside"),
    ("Nested", "rings_nested"),
    ("Holes are nested", "rings_nested"),
    ("Duplicate Rings", "rings_nested"),
    ("Self-intersection", "ring_crosses"),
    ("Ring Self-intersection", "ring_crosses"),
    ("Interior is disconnected", "interior_split"),
    ("Too few", "no_extent"),
)
_AT = re.compile(r"\[(\S+) (\S+)\]")
_FAR = 1e8  # beyond every degree, and every easting in metres with its zone in front
_EASY = 200  # vertices below which the worst ring is judged in a millisecond


def judge_rings(shapes: NDArray[np.object_], faults: dict[int, Remark]) -> None:
    """Add to `faults`, by position, each polygon whose rings bound no area.

    Positions that have a fault are passed over. Where rings cross, the fault says at which
    coordinates of the file.
    """
    spent = 0.0
    for i, shape in enumerate(shapes):
        if i in faults:
            continue
        found = _no_position(shape)
        if found is not None:
            faults[i] = found
            continue
        cost = work(shape)
        if cost > MAX_WORK or spent + cost > MAX_TOTAL_WORK:
            vertices = int(shapely.get_num_coordinates(shape))
            faults[i] = ("too_involved", {"vertices": vertices})
            continue
        spent += cost
        found = _judged(shape)
        if found is not None:
            faults[i] = found


def work(shape: shapely.Geometry) -> float:
    """Estimate how often edges of `shape` lie over each other by their boxes, in n log n.

    The pairs that meet in x times those that meet in y, over all pairs: exact where the two are
    independent. It is what finding a crossing costs, and it is checked before one is looked for.
    """
    rings = shapely.get_rings(shapely.get_parts(shape))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    edges = np.flatnonzero(ring[1:] == ring[:-1])
    count = edges.size
    if count < _EASY:
        return 0.0
    low, high = np.minimum(xy[1:], xy[:-1])[edges], np.maximum(xy[1:], xy[:-1])[edges]
    pairs = count * (count - 1) / 2
    meet = [max(pairs - np.searchsorted(np.sort(high[:, k]), low[:, k]).sum(), 0.0) for k in (0, 1)]
    return float(meet[0] * meet[1] / pairs)


def _no_position(shape: shapely.Geometry) -> Remark | None:
    if shapely.is_empty(shape):
        return "no_position", {}
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all():
        return "bad_number", {"value": "nan"}
    far = np.abs(xy).max(axis=1) > _FAR
    if far.any():
        x, y = xy[far][0]
        return "out_of_range", {"lon": f"{x:.7g}", "lat": f"{y:.7g}"}
    return None


def _judged(shape: shapely.Geometry) -> Remark | None:
    if shapely.area(shape) == 0 and _is_flat(shape):
        return "no_extent", {}
    reason = shapely.is_valid_reason(shape)
    if reason == "Valid Geometry":
        return None
    code = next((code for text, code in _REASONS if reason.startswith(text)), "ring_invalid")
    at = _AT.search(reason)
    if code == "no_extent":
        return code, {}
    x, y = (f"{float(n):.9g}" for n in at.groups()) if at else ("?", "?")
    return code, {"x": x, "y": y}


def _is_flat(shape: shapely.Geometry) -> bool:
    """Say whether all of a shape lies on one line; a bow-tie's halves may cancel, and do not."""
    return bool(shapely.get_dimensions(shapely.convex_hull(shape)) < 2)
