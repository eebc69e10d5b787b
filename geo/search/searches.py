"""Graphs, sources and the searches between them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.network.model import FloatArray, IntArray, WalkNetwork
from geo.search.kernels import bounded, nearest, path

__all__ = [
    "Graph",
    "Path",
    "Reach",
    "Seeds",
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
    found: tuple[float, IntArray, IntArray] = path(
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
        result: tuple[Any, Any, Any] = bounded(
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
    cost, label = nearest(
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
