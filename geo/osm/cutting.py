"""Cutting ways: in two at a vertex (a shut gate) or on a segment (a barrier line), or parts off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geo.network.build import WAY_COLUMNS, WayTable
from geo.network.model import MADE_HERE, FloatArray, IntArray

__all__ = ["MADE_HERE", "Cuts", "cut_ways", "first_vertices", "keep_segments"]


@dataclass(frozen=True, eq=False)
class Cuts:
    """Where to cut.

    Attributes
    ----------
    vertices
        Indices of vertices.
    segments, shares, lon, lat
        Cuts between vertex ``segments[i]`` and the next, at this share of the segment.
    """

    vertices: IntArray
    segments: IntArray
    shares: FloatArray
    lon: FloatArray
    lat: FloatArray

    @classmethod
    def at_vertices(cls, vertices: IntArray) -> Cuts:
        """Cut at vertices only."""
        none = np.empty(0)
        return cls(vertices, np.empty(0, dtype=np.int64), none, none, none)


def keep_segments(ways: WayTable, keep: npt.NDArray[np.bool_]) -> WayTable:
    """Return `ways` without the segments that `keep` is False for.

    `keep` has one value for each vertex but the last, for the segment that begins there; between
    two ways it must be False.
    """
    edge = np.diff(np.concatenate([[0], keep.astype(np.int8), [0]]))
    start, stop = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) + 1
    part = np.searchsorted(ways.ptr, start, side="right") - 1
    sizes = stop - start
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    take = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - start, sizes)
    return replace(
        ways,
        ptr=ptr,
        ref=ways.ref[take],
        lon=ways.lon[take],
        lat=ways.lat[take],
        **{name: getattr(ways, name)[part] for name in WAY_COLUMNS},
    )


def first_vertices(ways: WayTable) -> IntArray:
    """Return the first vertex of every segment."""
    last = np.zeros(ways.ref.size, dtype=bool)
    last[ways.ptr[1:] - 1] = True
    return np.flatnonzero(~last)


def cut_ways(ways: WayTable, cuts: Cuts) -> WayTable:
    """Return `ways` with an end on either side of every cut, none joined to anything.

    ::

        ──a──b──c──   cut at vertex b:    ──a──b'  b''──c──
        ──a─────c──   cut between:        ──a──b'  b''──c──
    """
    if cuts.vertices.size + cuts.segments.size == 0:
        return ways
    starts, ends = ways.ptr[:-1], ways.ptr[1:] - 1
    inner = np.setdiff1d(cuts.vertices, np.concatenate([starts, ends]))
    # An inner vertex gets a copy behind it; a segment gets two vertices in it.
    after = np.concatenate([inner, np.repeat(cuts.segments, 2)])
    place = np.concatenate([np.full(inner.size, -1.0), np.repeat(cuts.shares, 2)])
    lon = np.concatenate([ways.lon[inner], np.repeat(cuts.lon, 2)])
    lat = np.concatenate([ways.lat[inner], np.repeat(cuts.lat, 2)])
    opens = np.concatenate([np.ones(inner.size, bool), np.tile([False, True], cuts.segments.size)])
    order = np.lexsort((opens, place, after))
    after, lon, lat, opens = after[order], lon[order], lat[order], opens[order]
    made = int(min(MADE_HERE, ways.ref.min())) - 1 - np.arange(cuts.vertices.size + after.size)
    ref = ways.ref.copy()
    ref[cuts.vertices] = made[: cuts.vertices.size]

    part_of = np.repeat(np.arange(ways.way.size), np.diff(ways.ptr))
    opening = (after + 1 + np.arange(after.size))[opens]
    shifted = starts + np.searchsorted(after + 1, starts, side="right")
    begin = np.concatenate([shifted, opening])
    source = np.concatenate([np.arange(ways.way.size), part_of[after[opens]]])
    turn = np.argsort(begin, kind="stable")
    return replace(
        ways,
        ptr=np.append(begin[turn], ways.ref.size + after.size),
        ref=np.insert(ref, after + 1, made[cuts.vertices.size :]),
        lon=np.insert(ways.lon, after + 1, lon),
        lat=np.insert(ways.lat, after + 1, lat),
        **{name: getattr(ways, name)[source[turn]] for name in WAY_COLUMNS},
    )
