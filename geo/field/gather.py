"""Times at positions on edges, gathered from times at junctions: cells, places and pieces alike.

time of a position = min over both ends of (time at the end + walk along the edge to it), or the
direct walk to a station on the same edge; plus the straight access leg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from geo.network.model import FloatArray, IntArray

__all__ = ["OnEdge", "cost_at", "gather_nearest", "gather_one"]


@dataclass(frozen=True, eq=False)
class OnEdge:
    """Stations as positions on edges, sorted by edge.

    Attributes
    ----------
    edge, share
        (s,) edge and fraction of its length.
    cost
        (s,) cost of the station's own access leg.
    label
        (s,) number of the station.
    """

    edge: IntArray
    share: FloatArray
    cost: FloatArray
    label: IntArray

    @classmethod
    def of(cls, edge: IntArray, share: FloatArray, cost: FloatArray) -> OnEdge:
        """Return stations numbered in the order given."""
        order = np.argsort(edge, kind="stable")
        return cls(
            np.asarray(edge, dtype=np.int32)[order],
            np.asarray(share, dtype=np.float64)[order],
            np.asarray(cost, dtype=np.float64)[order],
            order.astype(np.int32),
        )


def gather_nearest(
    edge: npt.NDArray[np.int32],
    share: npt.NDArray[Any],
    access_cost: npt.NDArray[Any],
    *,
    ends: tuple[IntArray, IntArray],
    node_cost: FloatArray,
    node_label: npt.NDArray[np.int32],
    along: FloatArray,
    against: FloatArray,
    stations: OnEdge,
) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Return the cost from each position to its nearest station, and that station's number.

    Parameters
    ----------
    edge, share, access_cost
        (p,) positions: edge (-1: nowhere), fraction from u, cost of the access leg.
    ends
        `edge_u` and `edge_v` of the network.
    node_cost, node_label
        (n,) cost (NaN or inf: unreached) and station of each junction.
    along, against
        (m,) cost of each edge u → v and v → u.
    stations
        Where the stations are, for positions that share an edge with one.

    Returns
    -------
    tuple
        (p,) cost, inf where nothing is reached, and (p,) int32 label, -1 there.
    """
    result: tuple[FloatArray, npt.NDArray[np.int32]] = _gather(
        edge, share, access_cost, ends[0], ends[1], node_cost, node_label, along, against,
        stations.edge, stations.share, stations.cost, stations.label,
    )  # fmt: skip
    return result


def gather_one(
    edge: npt.NDArray[np.int32],
    share: npt.NDArray[Any],
    access_cost: npt.NDArray[Any],
    *,
    ends: tuple[IntArray, IntArray],
    node_cost: FloatArray,
    along: FloatArray,
    against: FloatArray,
    station: tuple[int, float, float],
) -> FloatArray:
    """Return the cost from each position to one station at (edge, share, access cost)."""
    return np.asarray(
        _gather_one(
            edge, share, access_cost, ends[0], ends[1], node_cost, along, against,
            int(station[0]), float(station[1]), float(station[2]),
        )
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _gather(  # type: ignore[no-untyped-def]  # pragma: no cover
    edge, share, access_cost, edge_u, edge_v, node_cost, node_label, along, against,
    sta_edge, sta_share, sta_cost, sta_label,
):  # fmt: skip
    n = edge.size
    out = np.full(n, np.inf)
    label = np.full(n, -1, np.int32)
    for i in range(n):
        e = edge[i]
        if e < 0:
            continue
        x = share[i]
        best = np.inf
        who = -1
        u = edge_u[e]
        v = edge_v[e]
        # NaN compares false, so unreached ends and closed directions drop out by themselves.
        back = node_cost[u] + (x * against[e] if x > 0.0 else 0.0)
        if back < best:
            best = back
            who = node_label[u]
        ahead = node_cost[v] + ((1.0 - x) * along[e] if x < 1.0 else 0.0)
        if ahead < best or (ahead == best and node_label[v] < who):
            best = ahead
            who = node_label[v]
        k = np.searchsorted(sta_edge, e)
        while k < sta_edge.size and sta_edge[k] == e:
            gap = sta_share[k] - x
            direct = sta_cost[k]
            if gap > 0.0:
                direct += gap * along[e]
            elif gap < 0.0:
                direct -= gap * against[e]
            if direct < best or (direct == best and sta_label[k] < who):
                best = direct
                who = sta_label[k]
            k += 1
        if best < np.inf:
            out[i] = best + access_cost[i]
            label[i] = who
    return out, label


@numba.njit(cache=True, nogil=True, inline="always")
def cost_at(e, x, dist, edge_u, edge_v, along, against, at_edge, at_share, at_cost):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Cost from share x of edge e to one station: by either end, or along the edge they share.

    For other kernels; no access leg. inf where there is no way.
    """
    best = np.inf  # NaN compares false, so an unreached end never gets in
    back = dist[edge_u[e]] + (x * against[e] if x > 0.0 else 0.0)
    best = min(best, back)
    ahead = dist[edge_v[e]] + ((1.0 - x) * along[e] if x < 1.0 else 0.0)
    best = min(best, ahead)
    if e == at_edge:
        gap = at_share - x
        direct = at_cost
        if gap > 0.0:
            direct += gap * along[e]
        elif gap < 0.0:
            direct -= gap * against[e]
        best = min(best, direct)
    return best


@numba.njit(cache=True, nogil=True)
def _gather_one(  # type: ignore[no-untyped-def]  # pragma: no cover
    edge, share, access_cost, edge_u, edge_v, node_cost, along, against, at_edge, at_share, at_cost
):
    out = np.full(edge.size, np.inf)
    same = -1  # neighbouring cells mostly lie on one edge: what is known of it is kept
    at_u = at_v = forth = back = np.inf
    for i in range(edge.size):
        e = edge[i]
        if e < 0:
            continue
        if e != same:
            same = e
            at_u, at_v = node_cost[edge_u[e]], node_cost[edge_v[e]]
            forth, back = along[e], against[e]
        if e == at_edge:
            out[i] = access_cost[i] + cost_at(
                e, share[i], node_cost, edge_u, edge_v, along, against,
                at_edge, at_share, at_cost,
            )  # fmt: skip
        elif at_u < np.inf or at_v < np.inf:
            x = share[i]
            best = np.inf  # NaN compares false, as in `cost_at`
            best = min(best, at_u + (x * back if x > 0.0 else 0.0))
            best = min(best, at_v + ((1.0 - x) * forth if x < 1.0 else 0.0))
            out[i] = access_cost[i] + best
    return out
