"""Cutting an OSM file to a box or an area, and ways to the nodes that are there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.network.model import FloatArray, IntArray

__all__ = ["Clip", "keep_segments"]


@dataclass(frozen=True)
class Clip:
    """What part of a file to keep.

    Attributes
    ----------
    bbox
        (west, south, east, north), WGS-84 degrees.
    area
        A shapely polygon in EPSG:4326, or None for the whole box.
    """

    bbox: tuple[float, float, float, float]
    area: Any = None

    def integer_box(self) -> tuple[int, int, int, int]:
        """Return the box in libosmium's 1e-7 degrees."""
        west, south, east, north = (round(v * 1e7) for v in self.bbox)
        return west, south, east, north

    def holds(self, lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.bool_]:
        """Return True for each position inside."""
        west, south, east, north = self.bbox
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if self.area is not None:
            import shapely

            shapely.prepare(self.area)
            at = np.flatnonzero(inside)
            inside[at] = shapely.intersects_xy(self.area, lon[at], lat[at])
        return inside


def keep_segments(
    ptr: IntArray,
    present: npt.NDArray[np.bool_],
    lon: FloatArray,
    lat: FloatArray,
    clip: Clip | None,
    counts: Counter[str],
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the runs of vertices to keep: (start, stop, part), `stop` exclusive.

    A segment is kept when both its nodes are present and, with a clip, at least one is inside.
    Ways that lose segments are counted as ``ways_trimmed`` or ``ways_clipped``.
    """
    k = present.size
    part_of = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    whole = part_of[:-1] == part_of[1:] if k else np.zeros(0, dtype=bool)
    known = whole & present[:-1] & present[1:] if k else whole
    counts["ways_trimmed"] = int(np.unique(part_of[:-1][whole & ~known]).size) if k else 0
    keep = known
    if clip is not None and k:
        inside = clip.holds(lon, lat) & present
        keep = known & (inside[:-1] | inside[1:])
        counts["ways_clipped"] = int(np.unique(part_of[:-1][known & ~keep]).size)
    edge = np.diff(np.concatenate([[0], keep.astype(np.int8), [0]]))
    start, stop = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) + 1
    # A run of kept segments never crosses into another part, but may touch it end to end.
    return start, stop, part_of[start] if k else start
