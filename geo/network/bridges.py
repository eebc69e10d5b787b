"""Carriageway bridges over water with no footway beside them: may they be walked at all?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.network.detours import Positions, walked_m
from geo.network.model import EdgeFlag, FloatArray, IntArray, WalkNetwork

__all__ = ["Bridge", "lone_bridges"]


@dataclass(frozen=True, eq=False)
class Bridge:
    """One bridge: its edges, how far it is across and how far round it, inf beyond a limit."""

    edges: IntArray
    across_m: float
    round_m: float


def lone_bridges(
    network: WalkNetwork, lines: Any, beside_m: float, limit_m: float
) -> Iterator[Bridge]:
    """Give the carriageway bridges over water with no footway bridge within `beside_m`.

    Both carriageways of one bridge are one, and the way round is over other bridges.
    """
    over = network.has(EdgeFlag.OVER_WATER) & ~network.has(EdgeFlag.LINK | EdgeFlag.FERRY)
    drive = network.has(EdgeFlag.DRIVE)
    feet, doubted = np.flatnonzero(over & ~drive), np.flatnonzero(over & drive)
    middle = shapely.line_interpolate_point(lines[doubted], 0.5, normalized=True)
    near = shapely.STRtree(lines[feet]).query(middle, predicate="dwithin", distance=beside_m)[0]
    doubted = np.delete(doubted, np.unique(near))
    pairs = shapely.STRtree(lines[doubted]).query(
        lines[doubted], predicate="dwithin", distance=beside_m
    )
    for edges in _clusters(doubted, pairs):
        ends = _ends(network, edges)
        if ends is None:
            continue
        closed = np.zeros(network.n_edges, dtype=bool)
        closed[edges] = True
        there = float(walked_m(network, *ends, limit_m, closed=closed)[0])
        yield Bridge(edges, float(np.hypot(*np.diff(_where(network, ends), axis=0)[0])), there)


def _clusters(edges: IntArray, pairs: IntArray) -> list[IntArray]:
    """Return groups of `edges` that pairs of positions among them link."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(pairs.shape[1], np.int8), tuple(pairs)), shape=2 * (edges.size,))
    count, label = connected_components(links, directed=False)
    return [edges[label == group] for group in range(count)]


def _ends(network: WalkNetwork, edges: IntArray) -> tuple[Positions, Positions] | None:
    """Return the two ends of a bridge that are farthest apart; None where it is a ring."""
    u, v = np.asarray(network.edge_u)[edges], np.asarray(network.edge_v)[edges]
    nodes, count = np.unique(np.concatenate([u, v]), return_counts=True)
    ends = nodes[count == 1]
    if ends.size < 2:
        return None
    xy = network.node_planar[ends]
    gaps = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    first, last = np.unravel_index(int(gaps.argmax()), gaps.shape)

    def at(node: int) -> Positions:
        own = int(np.flatnonzero((u == node) | (v == node))[0])
        return Positions(edges[[own]], np.array([0.0 if u[own] == node else 1.0]))

    return at(int(ends[first])), at(int(ends[last]))


def _where(network: WalkNetwork, ends: tuple[Positions, Positions]) -> FloatArray:
    """Return (2, 2) where two positions at ends of edges are, metres."""
    nodes = [
        int((network.edge_u if end.share[0] == 0 else network.edge_v)[end.edge[0]]) for end in ends
    ]
    return np.asarray(network.node_planar[nodes])
