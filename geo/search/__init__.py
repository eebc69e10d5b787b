"""Shortest times over a network: the only shortest-path code.

Numba kernels over CSR arrays. Bounded searches are Dijkstra's (1959) with a heap of four children a
node and lazy deletion: they touch only what they reach. The search that touches every junction
keeps them in buckets (Dial 1969), corrected within a bucket. Times are in whatever unit the costs
are (seconds, metres). Unreachable is NaN, never a number.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from geo.network.model import FloatArray, IntArray, WalkNetwork

__all__ = [
    "Graph",
    "Path",
    "Reach",
    "Seeds",
    "doubled",
    "graph_along",
    "graph_towards",
    "search_each",
    "search_nearest",
    "shortest_path",
]

MOST_BUCKETS = 4096


@dataclass(frozen=True, eq=False)
class Graph:
    """CSR arcs with costs: from junction a to ``heads[k]`` for k in ``indptr[a]:indptr[a + 1]``."""

    indptr: IntArray
    heads: IntArray
    costs: FloatArray


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where searches start: source i starts at ``nodes[ptr[i]:ptr[i + 1]]`` with these costs."""

    ptr: IntArray
    nodes: IntArray
    costs: FloatArray

    @property
    def count(self) -> int:
        """Number of sources."""
        return int(self.ptr.size - 1)


@dataclass(frozen=True, eq=False)
class Reach:
    """What each source reaches: source i reaches ``nodes[ptr[i]:ptr[i + 1]]`` in these costs."""

    ptr: IntArray
    nodes: IntArray
    costs: FloatArray

    def of(self, source: int) -> tuple[IntArray, FloatArray]:
        """Return the nodes and costs of one source."""
        span = slice(int(self.ptr[source]), int(self.ptr[source + 1]))
        return self.nodes[span], self.costs[span]


@dataclass(frozen=True, eq=False)
class Path:
    """A path: its cost with both ends', its junctions in order, and the arcs between them."""

    cost: float
    nodes: IntArray
    arcs: IntArray


def graph_towards(network: WalkNetwork, along: FloatArray, against: FloatArray) -> Graph:
    """Return the graph on which a search from stations gives the time *towards* them.

    Minutes run from the place to the station (settled question 1), so each arc carries the cost of
    walking it the other way round.

    Parameters
    ----------
    network
        The network.
    along, against
        (m,) cost of each edge u → v and v → u, inf where not allowed (`geo.pace.edge_seconds`).
    """
    edge = np.asarray(network.arc_edge)
    costs = np.where(network.arc_forward, against[edge], along[edge])
    return Graph(np.asarray(network.indptr), np.asarray(network.arc_head), costs)


def graph_along(network: WalkNetwork, along: FloatArray, against: FloatArray) -> Graph:
    """Return the graph on which a path runs the way it is walked; see `graph_towards`."""
    edge = np.asarray(network.arc_edge)
    costs = np.where(network.arc_forward, along[edge], against[edge])
    return Graph(np.asarray(network.indptr), np.asarray(network.arc_head), costs)


def shortest_path(graph: Graph, starts: Seeds, goals: Seeds) -> Path | None:
    """Return the cheapest path from any of the starts to any of the goals, None where none leads.

    Parameters
    ----------
    graph
        Non-negative costs in the direction walked (`graph_along`).
    starts, goals
        Junctions of one source each, with the cost before the first and after the last. Of equally
        cheap paths the same one is returned at every call.
    """
    found: tuple[float, IntArray, IntArray] = _path(
        graph.indptr, graph.heads, graph.costs,
        starts.nodes, starts.costs, goals.nodes, goals.costs,
    )  # fmt: skip
    cost, nodes, arcs = found
    return Path(float(cost), nodes, arcs) if nodes.size else None


def search_each(
    graph: Graph,
    seeds: Seeds,
    limit: float,
    *,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Reach:
    """Search from every source apart, no further than `limit`.

    Parameters
    ----------
    graph
        Non-negative costs; inf: no passage.
    seeds
        Sources. A seed beyond `limit` reaches nothing.
    limit
        Largest cost to reach, inclusive; finite.
    threads
        Worker threads; all cores by default. Results do not depend on it.
    """
    workers = max(1, min(threads or os.cpu_count() or 1, seeds.count))
    # More chunks than workers keeps both cores busy when sources differ in reach.
    bounds = np.linspace(0, seeds.count, (workers * 4 if seeds.count >= 64 else workers) + 1)
    spans = [(int(a), int(b)) for a, b in itertools.pairwise(bounds) if b > a]

    def run(span: tuple[int, int]) -> tuple[Any, Any, Any]:
        result: tuple[Any, Any, Any] = _bounded(
            graph.indptr, graph.heads, graph.costs,
            seeds.ptr, seeds.nodes, seeds.costs,
            span[0], span[1], float(limit),
        )  # fmt: skip
        return result

    parts = [run(span) for span in spans] if len(spans) == 1 else []
    if not parts:
        with ThreadPoolExecutor(workers) as pool:
            for i, part in enumerate(pool.map(run, spans)):
                parts.append(part)
                if on_progress:
                    on_progress(spans[i][1], seeds.count)
    counts = np.concatenate([[0], *(p[0] for p in parts)])
    if not parts:
        return Reach(counts.astype(np.int64), np.empty(0, np.int32), np.empty(0))
    return Reach(
        np.cumsum(counts).astype(np.int64),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
    )


def search_nearest(
    graph: Graph, seeds: Seeds, limit: float = np.inf
) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Find for every junction its nearest source in one search (multi-source Dijkstra).

    Among equally near sources the one with the lowest number wins, whatever the order of visits.

    Returns
    -------
    tuple
        (n,) cost, NaN where nothing is within `limit`, and (n,) int32 source, -1 there.
    """
    source = np.repeat(np.arange(seeds.count, dtype=np.int32), np.diff(seeds.ptr))
    width, count = _buckets(graph.costs, seeds.costs)
    cost, label = _nearest(
        graph.indptr, graph.heads, graph.costs, seeds.nodes, seeds.costs, source, float(limit),
        width, count,
    )  # fmt: skip
    cost[~np.isfinite(cost)] = np.nan
    return cost, label


def _buckets(costs: FloatArray, seed_costs: FloatArray) -> tuple[float, int]:
    """Return the width and the number of a search's buckets.

    Narrow against the usual arc, so that junctions are seldom set twice, but few enough that
    sweeping over empty ones costs nothing; together longer than any step between two costs.
    """
    steps, starts = costs[np.isfinite(costs)], seed_costs[np.isfinite(seed_costs)]
    if steps.size == 0 or starts.size == 0:
        return 1.0, 1
    longest = max(float(steps.max()), float(np.ptp(starts)))
    usual = float(steps.mean()) / 10
    width = max(usual, longest / MOST_BUCKETS) or 1.0
    return width, int(longest / width) + 3


@numba.njit(cache=True, nogil=True, inline="always")
def _sift_up(keys, nodes, i):  # type: ignore[no-untyped-def]  # pragma: no cover
    key = keys[i]
    node = nodes[i]
    while i > 0:
        parent = (i - 1) >> 2
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        nodes[i] = nodes[parent]
        i = parent
    keys[i] = key
    nodes[i] = node


@numba.njit(cache=True, nogil=True, inline="always")
def _sift_down(keys, nodes, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Restore the heap after its last entry was put at the root."""
    key = keys[0]
    node = nodes[0]
    i = 0
    while True:
        first = 4 * i + 1
        if first >= size:
            break
        child = first
        least = keys[first]
        for other in range(first + 1, min(first + 4, size)):
            if keys[other] < least:
                least = keys[other]
                child = other
        if key <= least:
            break
        keys[i] = least
        nodes[i] = nodes[child]
        i = child
    keys[i] = key
    nodes[i] = node


@numba.njit(cache=True, nogil=True)
def doubled(old):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return a copy of an array with room for as many again; for kernels whose result grows."""
    new = np.empty(old.size * 2, old.dtype)
    new[: old.size] = old
    return new


@numba.njit(cache=True, nogil=True)
def _bounded(indptr, heads, costs, seed_ptr, seed_node, seed_cost, first, last, limit):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Search from sources first:last apart; return counts, nodes and costs, in order of touch."""
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    touched = np.empty(n, np.int32)
    keys = np.empty(1024)
    nodes = np.empty(1024, np.int32)
    counts = np.zeros(last - first, np.int64)
    out_node = np.empty(4096, np.int32)
    out_cost = np.empty(4096)
    filled = 0
    for source in range(first, last):
        size = 0
        found = 0
        for k in range(seed_ptr[source], seed_ptr[source + 1]):
            a = seed_node[k]
            d = seed_cost[k]
            if d <= limit and d < dist[a]:
                if dist[a] == np.inf:
                    touched[found] = a
                    found += 1
                dist[a] = d
                if size == keys.size:
                    keys = doubled(keys)
                    nodes = doubled(nodes)
                keys[size] = d
                nodes[size] = a
                _sift_up(keys, nodes, size)
                size += 1
        while size > 0:
            d = keys[0]
            a = nodes[0]
            size -= 1
            if size > 0:
                keys[0] = keys[size]
                nodes[0] = nodes[size]
                _sift_down(keys, nodes, size)
            if d > dist[a]:
                continue
            for k in range(indptr[a], indptr[a + 1]):
                nd = d + costs[k]
                b = heads[k]
                if nd <= limit and nd < dist[b]:
                    if dist[b] == np.inf:
                        touched[found] = b
                        found += 1
                    dist[b] = nd
                    if size == keys.size:
                        keys = doubled(keys)
                        nodes = doubled(nodes)
                    keys[size] = nd
                    nodes[size] = b
                    _sift_up(keys, nodes, size)
                    size += 1
        while filled + found > out_node.size:
            out_node = doubled(out_node)
            out_cost = doubled(out_cost)
        for i in range(found):
            a = touched[i]
            out_node[filled] = a
            out_cost[filled] = dist[a]
            filled += 1
            dist[a] = np.inf
        counts[source - first] = found
    return counts, out_node[:filled].copy(), out_cost[:filled].copy()


@numba.njit(cache=True, nogil=True)
def _nearest(indptr, heads, costs, seed_node, seed_cost, seed_source, limit, width, count):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Multi-source search in a ring of buckets; a tie goes to the lower source.

    A bucket holds the junctions whose cost falls into one `width`, as a linked list. Within a
    bucket junctions may be set more than once; the result is the same as a heap's.
    """
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    label = np.full(n, -1, np.int32)
    first = np.full(count, -1, np.int32)
    node = np.empty(max(1024, 2 * seed_node.size), np.int32)
    after = np.empty(node.size, np.int32)
    free = -1
    used = 0
    waiting = 0
    lowest = np.inf
    for k in range(seed_node.size):
        a = seed_node[k]
        d = seed_cost[k]
        if d > limit or d == np.inf:
            continue
        if d < dist[a] or (d == dist[a] and seed_source[k] < label[a]):
            dist[a] = d
            label[a] = seed_source[k]
            slot = int(d / width) % count
            node[used] = a
            after[used] = first[slot]
            first[slot] = used
            used += 1
            waiting += 1
            lowest = min(lowest, d)
    bucket = int(lowest / width) if waiting > 0 else 0
    while waiting > 0:
        slot = bucket % count
        while first[slot] >= 0:
            entry = first[slot]
            first[slot] = after[entry]
            after[entry] = free
            free = entry
            waiting -= 1
            a = node[entry]
            d = dist[a]
            if int(d / width) != bucket:  # found again nearer, and done there
                continue
            for k in range(indptr[a], indptr[a + 1]):
                nd = d + costs[k]
                if nd > limit or nd == np.inf:
                    continue
                b = heads[k]
                if nd < dist[b] or (nd == dist[b] and label[a] < label[b]):
                    dist[b] = nd
                    label[b] = label[a]
                    if free >= 0:
                        entry = free
                        free = after[entry]
                    else:
                        if used == node.size:
                            node = doubled(node)
                            after = doubled(after)
                        entry = used
                        used += 1
                    target = int(nd / width) % count
                    node[entry] = b
                    after[entry] = first[target]
                    first[target] = entry
                    waiting += 1
        bucket += 1
    return dist, label


@numba.njit(cache=True, nogil=True)
def _path(indptr, heads, costs, start_node, start_cost, goal_node, goal_cost):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Search until no open junction can still lead to a cheaper goal; return cost, nodes, arcs."""
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    by_arc = np.full(n, -1, np.int64)
    before = np.full(n, -1, np.int32)
    ends = np.full(n, np.inf)
    for k in range(goal_node.size):
        ends[goal_node[k]] = min(ends[goal_node[k]], goal_cost[k])
    keys = np.empty(1024)
    nodes = np.empty(1024, np.int32)
    size = 0
    for k in range(start_node.size):
        a = start_node[k]
        if start_cost[k] < dist[a]:
            dist[a] = start_cost[k]
            if size == keys.size:
                keys = doubled(keys)
                nodes = doubled(nodes)
            keys[size] = dist[a]
            nodes[size] = a
            _sift_up(keys, nodes, size)
            size += 1
    best = np.inf
    last = -1
    while size > 0 and keys[0] < best:
        d = keys[0]
        a = nodes[0]
        size -= 1
        if size > 0:
            keys[0] = keys[size]
            nodes[0] = nodes[size]
            _sift_down(keys, nodes, size)
        if d > dist[a]:
            continue
        if d + ends[a] < best:
            best = d + ends[a]
            last = a
        for k in range(indptr[a], indptr[a + 1]):
            nd = d + costs[k]
            b = heads[k]
            if nd < dist[b]:
                dist[b] = nd
                by_arc[b] = k
                before[b] = a
                if size == keys.size:
                    keys = doubled(keys)
                    nodes = doubled(nodes)
                keys[size] = nd
                nodes[size] = b
                _sift_up(keys, nodes, size)
                size += 1
    length = 0
    a = last
    while a >= 0:
        length += 1
        a = before[a]
    path = np.empty(length, np.int32)
    arcs = np.empty(max(length - 1, 0), np.int64)
    a = last
    for i in range(length - 1, -1, -1):
        path[i] = a
        if i > 0:
            arcs[i - 1] = by_arc[a]
        a = before[a]
    return best, path, arcs
