"""How far people walk between two positions of a network: what a missing joint costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.network.model import EdgeFlag, FloatArray, IntArray, WalkNetwork
from geo.search import Graph, Seeds, search_each

__all__ = ["Positions", "walked_m"]


@dataclass(frozen=True, eq=False)
class Positions:
    """(k,) positions on edges: the edge, and the share of its length from its first junction."""

    edge: IntArray
    share: FloatArray


def walked_m(
    network: WalkNetwork,
    start: Positions,
    end: Positions,
    limit_m: float,
    *,
    closed: npt.NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Return (k,) metres walked from each start to its end, inf beyond `limit_m`.

    Both ways of every edge but ferries; directions are not asked after, since what is examined is
    the data and not a walk.

    Parameters
    ----------
    closed
        (m,) edges that are not walked.
    """
    length = np.asarray(network.edge_length_m)
    shut = network.has(EdgeFlag.FERRY) if closed is None else closed | network.has(EdgeFlag.FERRY)
    cost = np.where(shut, np.inf, length)
    arc_cost = cost[np.asarray(network.arc_edge)]
    graph = Graph(np.asarray(network.indptr), np.asarray(network.arc_head), arc_cost)
    u, v = np.asarray(network.edge_u), np.asarray(network.edge_v)
    k = start.edge.size
    ahead = start.share * length[start.edge]
    nodes = np.stack([u[start.edge], v[start.edge]], axis=1).reshape(-1)
    costs = np.stack([ahead, length[start.edge] - ahead], axis=1).reshape(-1)
    if closed is not None:  # a position on a closed edge is one of its ends
        costs = np.where(np.repeat(closed[start.edge], 2), np.where(costs > 0, np.inf, 0.0), costs)
    seeds = Seeds(np.arange(0, 2 * k + 1, 2), nodes.astype(np.int32), costs)
    reach = search_each(graph, seeds, limit_m)
    found = np.full(k, np.inf)
    behind = end.share * length[end.edge]
    for i in range(k):
        reached, metres = reach.of(i)
        for node, rest in (
            (u[end.edge[i]], behind[i]),
            (v[end.edge[i]], length[end.edge[i]] - behind[i]),
        ):
            if closed is not None and closed[end.edge[i]] and rest > 0:
                continue
            hit = np.flatnonzero(reached == node)
            if hit.size:
                found[i] = min(found[i], float(metres[hit[0]]) + rest)
    same = (start.edge == end.edge) & (closed is None)
    along = np.abs(start.share - end.share) * length[start.edge]
    found = np.where(same, np.minimum(found, along), found)
    return np.where(found <= limit_m, found, np.inf)
