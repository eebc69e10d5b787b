"""Noding: lines that meet on the ground come to share vertices, and nothing else does.

::

    ends within the tolerance     an end on another line       two lines that cross
    ──o  o──   →  ──●──           ──┐                ──●──      ──┼──   →  ──●──
                                    o  (0.3 m short)   │          │          │

All on arrays: no loop in Python runs over segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.centrelines.splicing import Lines, Splits, components_of, put_in
from geo.errors import NetworkError
from geo.network.model import FloatArray, IntArray

__all__ = ["TOUCH_M", "Noded", "node_lines"]

TOUCH_M = 0.02  # a vertex this close to a line lies on it: coordinates are kept to the centimetre
# Beyond these a layer is no street map: pairs of segments whose boxes meet, and of crossings.
MAX_PAIRS = 10_000_000
MAX_CROSSINGS = 1_000_000
_CHUNK = 20_000  # segments asked about at once
_ROUNDS = 8  # of looking for crossings: moved vertices can make new ones, ever fewer

Mask = npt.NDArray[np.bool_]
# Which (vertex or segment) meets which segment, and at which share of it, or of both.
_Meetings = tuple[IntArray, IntArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Noded:
    """Lines that share vertices where they meet.

    Attributes
    ----------
    ptr
        (p + 1,) vertices of line i are ``ref[ptr[i]:ptr[i + 1]]``; the lines are those given.
    ref
        (k,) the position of each vertex, as a row of `xy`; lines meet where these are equal.
    xy
        (q, 2) metres. The first rows are the vertices given; what was made here follows.
    counts
        ``ends_joined``, ``t_junctions``, ``crossings``, ``crossings_apart`` (on different levels).
    """

    ptr: IntArray
    ref: IntArray
    xy: FloatArray
    counts: Counter[str]


def node_lines(
    xy: FloatArray, ptr: IntArray, level: IntArray, *, snap_m: float, crossings: bool = True
) -> Noded:
    """Let lines share a vertex wherever they meet.

    Ends within `snap_m` of each other become one, whatever their level: a bridge begins where the
    road on the ground ends. An end within `snap_m` of another line splits it when both are on one
    level, or when nothing else ends there and the other line is on the ground. With `crossings`,
    lines of one level that cross or touch share a vertex there, or the one that either has within
    `snap_m`. No vertex moves further than `snap_m`, but ends that follow each other within it all
    become one.

    Parameters
    ----------
    xy
        (k, 2) vertices in metres, finite.
    ptr
        (p + 1,) vertices of line i are ``xy[ptr[i]:ptr[i + 1]]``; at least two each.
    level
        (p,) 0 on the ground, above or below it otherwise.
    snap_m
        Tolerance in metres, at least 0.
    crossings
        False where lines meet at their ends only.

    Raises
    ------
    NetworkError
        More segments meet than in any street map (``lines_dense``).
    """
    lines = Lines(ptr.astype(np.int64), np.arange(len(xy)), xy, level.astype(np.int64))
    counts: Counter[str] = Counter()
    lines = _join_ends(lines, snap_m, counts)
    lines = _split_at_ends(lines, snap_m, counts)
    if crossings:
        for turn in range(_ROUNDS):
            lines, found = _split_at_crossings(lines, snap_m, counts, first=turn == 0)
            if not found:
                break
    return Noded(lines.ptr, lines.ref, lines.xy, counts)


# --- ends -------------------------------------------------------------------------------------


def _join_ends(lines: Lines, snap_m: float, counts: Counter[str]) -> Lines:
    """Let ends within the tolerance be one: the one that lies nearest to their middle."""
    from scipy.spatial import cKDTree

    ends = lines.ends()
    places, of = np.unique(lines.xy[lines.ref[ends]], axis=0, return_inverse=True)
    tree = cKDTree(places)
    reach = max(snap_m, 1e-6)
    if tree.count_neighbors(tree, reach) > MAX_PAIRS:
        raise NetworkError("lines_dense")
    pairs = tree.query_pairs(reach, output_type="ndarray")
    cluster = components_of(len(places), pairs[:, 0], pairs[:, 1])
    counts["ends_joined"] = len(places) - int(cluster.max() + 1)
    size = np.bincount(cluster)[:, None]
    middle = np.column_stack([np.bincount(cluster, places[:, axis]) for axis in (0, 1)]) / size
    off = np.hypot(*(places - middle[cluster]).T).round(6)
    order = np.lexsort((places[:, 1], places[:, 0], off, cluster))
    chosen = order[np.unique(cluster[order], return_index=True)[1]]
    some = np.empty(len(places), dtype=np.int64)  # one vertex at each place
    some[of[::-1]] = lines.ref[ends][::-1]
    ref = lines.ref.copy()
    ref[ends] = some[chosen[cluster]][of]
    return replace(lines, ref=ref)


def _split_at_ends(lines: Lines, snap_m: float, counts: Counter[str]) -> Lines:
    """Let an end on another line be a vertex of that line too."""
    ends = lines.ends()
    nodes, degree = np.unique(lines.ref[ends], return_counts=True)
    reach = max(snap_m, TOUCH_M)
    first = lines.first()
    spans = lines.xy[np.column_stack([lines.ref[first], lines.ref[first + 1]])]
    at, seg = _near(lines.xy[nodes], spans, reach)
    share, gap = _foot(lines.xy[nodes[at]], spans[seg])
    a, b = lines.ref[first[seg]], lines.ref[first[seg] + 1]
    owner = lines.line_of(first[seg])
    fits = _levels_fit(lines, nodes, degree, at, owner)
    keep = fits & (gap <= reach) & (a != nodes[at]) & (b != nodes[at])
    # A line passes an end once: of several segments the nearest.
    order = np.lexsort((seg, gap.round(6), owner, at))
    order = order[keep[order]]
    pair = at[order] * (len(lines.ptr) - 1) + owner[order]
    order = order[np.unique(pair, return_index=True)[1]]
    counts["t_junctions"] = int(np.unique(at[order]).size)
    node, start = nodes[at[order]], first[seg[order]]
    near_a = np.hypot(*(lines.xy[node] - spans[seg[order], 0]).T)
    near_b = np.hypot(*(lines.xy[node] - spans[seg[order], 1]).T)
    same = np.minimum(near_a, near_b) <= reach
    vertex = start + (near_b < near_a)
    pairs = np.column_stack([lines.ref[vertex[same]], node[same]])
    return put_in(lines, Splits(start[~same], share[order][~same], node[~same]), pairs)


def _levels_fit(
    lines: Lines, nodes: IntArray, degree: IntArray, at: IntArray, owner: IntArray
) -> Mask:
    """Return whether an end may meet a line: one level, or a lone end that comes to the ground."""
    ends = lines.ends()
    levels, code = np.unique(lines.level, return_inverse=True)
    node = np.searchsorted(nodes, lines.ref[ends])
    held = np.unique(node * levels.size + np.tile(code, 2))
    same = np.isin(at * levels.size + code[owner], held)
    lands = (degree[at] == 1) & (lines.level[owner] == 0)
    return np.asarray(same | lands)


# --- crossings --------------------------------------------------------------------------------


def _split_at_crossings(
    lines: Lines, snap_m: float, counts: Counter[str], *, first: bool
) -> tuple[Lines, int]:
    """Let lines of one level that cross or touch share a vertex; return how many places changed."""
    start = lines.first()
    level = lines.level[lines.line_of(start)]
    ref = np.column_stack([lines.ref[start], lines.ref[start + 1]])
    spans = lines.xy[ref]
    none = np.empty(0, dtype=np.int64)
    touches: list[_Meetings] = [(none, none, np.empty(0))]
    crosses: list[_Meetings] = [(none, none, np.empty((0, 2)))]
    for one, other in _candidates(spans):
        apart = level[one] != level[other]
        if first:
            over = _crossing(spans[one[apart]], spans[other[apart]])[0]
            joined = _share_end(ref[one[apart]], ref[other[apart]])
            counts["crossings_apart"] += int((over & ~joined).sum())
        i, j = one[~apart], other[~apart]
        found, touched = _touching(spans, ref, i, j)
        touches += found
        meet, shares = _crossing(spans[i], spans[j])
        # Where an end of one lies on the other, that is where they meet.
        meet &= ~_share_end(ref[i], ref[j]) & ~touched
        crosses.append((i[meet], j[meet], shares[meet]))
    splits, same = _at_touches(lines, start, ref, spans, _together(touches))
    met = _together(crosses)
    if len(met[0]) > MAX_CROSSINGS:
        raise NetworkError("lines_dense")
    crossed, more = _cross(lines, start, spans, met, snap_m)
    together = Splits(
        np.concatenate([splits.at, more.at]),
        np.concatenate([splits.share, more.share]),
        np.concatenate([splits.ref, more.ref]),
    )
    made = put_in(crossed, together, same)
    given = np.unique(lines.ref)
    lost = given.size - np.isin(given, made.ref).sum()  # two vertices that became one
    counts["crossings"] += int(np.unique(splits.ref).size + len(met[0]) + lost)
    return made, together.at.size + len(same)


def _together(found: list[_Meetings]) -> _Meetings:
    one, other, shares = (np.concatenate([each[n] for each in found]) for n in range(3))
    return one, other, shares


def _share_end(ref: IntArray, other: IntArray) -> Mask:
    """Return whether segments share a vertex."""
    return np.asarray((ref[:, :, None] == other[:, None, :]).any(axis=(1, 2)))


def _touching(
    spans: FloatArray, ref: IntArray, i: IntArray, j: IntArray
) -> tuple[list[_Meetings], Mask]:
    """Return (vertex, segment, share) where an end of one segment lies on another, and which pairs
    of segments are concerned."""
    found, concerned = [], np.zeros(i.size, dtype=bool)
    for one, other in ((i, j), (j, i)):
        for side in (0, 1):
            vertex = ref[one, side]
            share, gap = _foot(spans[one, side], spans[other])
            meets = (gap <= TOUCH_M) & (ref[other] != vertex[:, None]).all(axis=1)
            found.append((vertex[meets], other[meets], share[meets]))
            concerned |= meets
    return found, concerned


def _at_touches(
    lines: Lines,
    start: IntArray,
    ref: IntArray,
    spans: FloatArray,
    touches: _Meetings,
) -> tuple[Splits, IntArray]:
    """Return what touching vertices ask for: splits, and pairs of vertices that are one."""
    vertex, seg, share = touches
    gaps = np.stack([np.hypot(*(lines.xy[vertex] - spans[seg, side]).T) for side in (0, 1)])
    near = gaps.min(axis=0) <= TOUCH_M
    pairs = np.column_stack([ref[seg, gaps.argmin(axis=0)], vertex])[near]
    _, once = np.unique(np.column_stack([vertex, seg]), axis=0, return_index=True)
    once = once[~near[once]]
    return Splits(start[seg[once]], share[once], vertex[once]), pairs


def _cross(
    lines: Lines, start: IntArray, spans: FloatArray, met: _Meetings, snap_m: float
) -> tuple[Lines, Splits]:
    """Return a vertex for both lines of each crossing, one that is near or a new one, and `lines`
    with the new ones' positions."""
    i, j, shares = met
    where = spans[i, 0] + shares[:, :1] * (spans[i, 1] - spans[i, 0])
    corner = np.stack([start[i], start[i] + 1, start[j], start[j] + 1])
    gaps = np.stack([np.hypot(*(lines.xy[lines.ref[c]] - where).T) for c in corner])
    best = gaps.argmin(axis=0)
    near = np.take_along_axis(gaps, best[None], axis=0)[0] <= snap_m
    grown = replace(lines, xy=np.vstack([lines.xy, where[~near]]))
    ref = lines.ref[np.take_along_axis(corner, best[None], axis=0)[0]]
    ref[~near] = len(lines.xy) + np.arange(int((~near).sum()))
    into_i, into_j = ~near | (best >= 2), ~near | (best < 2)
    splits = Splits(
        np.concatenate([start[i[into_i]], start[j[into_j]]]),
        np.concatenate([shares[into_i, 0], shares[into_j, 1]]),
        np.concatenate([ref[into_i], ref[into_j]]),
    )
    return grown, splits


def _candidates(spans: FloatArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Give pairs of segments whose boxes, a touch wider, meet; each pair once."""
    import shapely

    low, high = spans.min(axis=1) - TOUCH_M, spans.max(axis=1) + TOUCH_M
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    tree = shapely.STRtree(boxes)
    order = np.argsort(-(high - low).max(axis=1), kind="stable")  # the longest are asked alone
    total, at, chunk = 0, 0, 1
    while at < len(order):
        asked = order[at : at + chunk]
        which, other = tree.query(boxes[asked])
        total += which.size
        if total > 2 * MAX_PAIRS:
            raise NetworkError("lines_dense")
        one = asked[which]
        keep = one < other
        yield one[keep], other[keep]
        at += chunk
        busiest = int(np.bincount(which).max()) if which.size else 1
        chunk = max(1, min(_CHUNK, 2 * chunk, 5 * _CHUNK * 10 // max(busiest, 1)))


def _near(points: FloatArray, spans: FloatArray, reach: float) -> tuple[IntArray, IntArray]:
    """Return which points have which segments within reach."""
    import shapely

    tree = shapely.STRtree(shapely.linestrings(spans))
    low, high = points - reach, points + reach
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    found: list[Any] = []
    total = 0
    for at in range(0, len(points), _CHUNK):
        pairs = tree.query(boxes[at : at + _CHUNK])
        total += pairs.shape[1]
        if total > MAX_PAIRS:
            raise NetworkError("lines_dense")
        found.append(pairs + np.array([[at], [0]]))
    both = np.concatenate(found, axis=1) if found else np.empty((2, 0), dtype=np.int64)
    return both[0], both[1]


def _foot(points: FloatArray, spans: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of each segment nearest to its point, and how far that is."""
    start, step = spans[:, 0], spans[:, 1] - spans[:, 0]
    square = (step**2).sum(axis=1)
    along = ((points - start) * step).sum(axis=1) / np.where(square > 0, square, 1.0)
    share = np.clip(along, 0.0, 1.0)
    return share, np.hypot(*(points - start - share[:, None] * step).T)


def _crossing(one: FloatArray, other: FloatArray) -> tuple[Mask, FloatArray]:
    """Return whether segments cross within both, and at which share of each."""
    p, r = one[:, 0], one[:, 1] - one[:, 0]
    q, s = other[:, 0], other[:, 1] - other[:, 0]
    area = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    gap = q - p
    flat = np.abs(area) <= 1e-12 * np.hypot(*r.T) * np.hypot(*s.T)
    safe = np.where(flat, 1.0, area)
    t = (gap[:, 0] * s[:, 1] - gap[:, 1] * s[:, 0]) / safe
    u = (gap[:, 0] * r[:, 1] - gap[:, 1] * r[:, 0]) / safe
    meets = ~flat & (t > 0) & (t < 1) & (u > 0) & (u < 1)
    return meets, np.column_stack([t, u])
