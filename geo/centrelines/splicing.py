"""Lines under way while they are noded: vertices put into segments, positions made one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.network.model import FloatArray, IntArray

__all__ = ["Lines", "Splits", "components_of", "put_in"]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines under way; `ref` are rows of `xy`."""

    ptr: IntArray
    ref: IntArray
    xy: FloatArray
    level: IntArray

    def first(self) -> IntArray:
        """Return the first vertex of every segment."""
        last = np.zeros(self.ref.size, dtype=bool)
        last[self.ptr[1:] - 1] = True
        return np.flatnonzero(~last)

    def line_of(self, vertices: IntArray) -> IntArray:
        """Return the line of each vertex."""
        return np.searchsorted(self.ptr, vertices, side="right") - 1

    def ends(self) -> IntArray:
        """Return the first and last vertex of every line."""
        return np.concatenate([self.ptr[:-1], self.ptr[1:] - 1])


@dataclass(frozen=True, eq=False)
class Splits:
    """Vertices to put into segments: after vertex `at`, at this share of the segment."""

    at: IntArray
    share: FloatArray
    ref: IntArray


def put_in(lines: Lines, splits: Splits, same: IntArray) -> Lines:
    """Return `lines` with vertices put in, and (n, 2) pairs of positions made one."""
    new = _representatives(lines, same)
    order = np.lexsort((splits.ref, splits.share, splits.at))
    at, ref = splits.at[order], splits.ref[order]
    ptr = lines.ptr + np.searchsorted(at, lines.ptr, side="left")
    return replace(lines, ptr=ptr, ref=new[np.insert(lines.ref, at + 1, ref)])


def _representatives(lines: Lines, same: IntArray) -> IntArray:
    """Return what each position becomes when pairs are made one: an end where there is one."""
    new = np.arange(len(lines.xy))
    if len(same) == 0:
        return new
    ends = np.zeros(len(lines.xy), dtype=bool)
    ends[lines.ref[lines.ends()]] = True
    used, at = np.unique(same, return_inverse=True)
    at = at.reshape(-1, 2)
    cluster = components_of(used.size, at[:, 0], at[:, 1])
    place = lines.xy[used]
    order = np.lexsort((place[:, 1], place[:, 0], ~ends[used], cluster))
    chosen = order[np.unique(cluster[order], return_index=True)[1]]
    new[used] = used[chosen[cluster]]
    return new


def components_of(n: int, one: IntArray, other: IntArray) -> IntArray:
    """Return the component of each of n things that are joined in pairs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1])
