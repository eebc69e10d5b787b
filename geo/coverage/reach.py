"""From stations to places: the nearest station, how many are in reach, the table of minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from geo.coverage.placing import Placed
from geo.field.gather import OnEdge, cost_at, gather_nearest
from geo.network.model import FloatArray, IntArray, WalkNetwork
from geo.pace import Profile, edge_seconds
from geo.search import Graph, Reach, Seeds, doubled, graph_towards, search_nearest

__all__ = [
    "Costs",
    "Places",
    "costs_of",
    "count_in_reach",
    "nearest_station",
    "od_table",
    "seeds_of",
]


@dataclass(frozen=True, eq=False)
class Costs:
    """A network under one profile: edge costs in both directions, and the graph to search."""

    network: WalkNetwork
    along: FloatArray
    against: FloatArray
    graph: Graph

    @property
    def ends(self) -> tuple[IntArray, IntArray]:
        """The junctions at both ends of every edge."""
        return np.asarray(self.network.edge_u), np.asarray(self.network.edge_v)


@dataclass(frozen=True, eq=False)
class Places:
    """Positions that want a station: demand places or street pieces.

    Attributes
    ----------
    edge, share, access_m
        (p,) position; edge -1 where the place could not be used.
    weight
        (p,) people, or metres of street.
    """

    edge: npt.NDArray[np.int32]
    share: FloatArray
    access_m: FloatArray
    weight: FloatArray


def costs_of(network: WalkNetwork, profile: Profile) -> Costs:
    """Return the costs of `network` under `profile`."""
    along, against = edge_seconds(network, profile)
    return Costs(network, along, against, graph_towards(network, along, against))


def seeds_of(costs: Costs, stations: Placed, cost_per_m: float) -> tuple[Seeds, OnEdge]:
    """Return where the searches from the used stations start, and the stations on their edges.

    A station at share f of edge u–v is reached from u by walking f of the edge forwards, from v by
    walking the rest backwards, plus its own access leg.
    """
    used = stations.used
    edge = stations.snapped.edge[used]
    share = stations.snapped.share[used]
    access = stations.snapped.access_m[used] * cost_per_m
    u, v = costs.ends
    with np.errstate(invalid="ignore"):
        from_u = np.where(share > 0, share * costs.along[edge], 0.0) + access
        from_v = np.where(share < 1, (1 - share) * costs.against[edge], 0.0) + access
    seeds = Seeds(
        np.arange(edge.size + 1, dtype=np.int64) * 2,
        np.column_stack([u[edge], v[edge]]).astype(np.int32).ravel(),
        np.column_stack([from_u, from_v]).ravel(),
    )
    return seeds, OnEdge.of(edge, share, access)


def nearest_station(
    costs: Costs, seeds: Seeds, on_edge: OnEdge, places: Places, cost_per_m: float
) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Return (p,) cost to the nearest station, NaN where no way leads, and its number or -1."""
    node_cost, node_label = search_nearest(costs.graph, seeds)
    cost, label = gather_nearest(
        places.edge,
        places.share,
        places.access_m * cost_per_m,
        ends=costs.ends,
        node_cost=node_cost,
        node_label=node_label,
        along=costs.along,
        against=costs.against,
        stations=on_edge,
    )
    cost[~np.isfinite(cost)] = np.nan
    return cost, label


def count_in_reach(
    costs: Costs,
    reach: Reach,
    on_edge: OnEdge,
    places: Places,
    *,
    limit: float,
    cost_per_m: float,
    station_xy: FloatArray,
    apart_m: float,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Return (p,) number of stations within `limit`, and whether two of them are `apart_m` apart.

    Parameters
    ----------
    reach
        Junctions within `limit` of each station.
    station_xy
        (s, 2) the stations, metres.
    """
    order, ptr = _by_edge(costs, places)
    at = _by_label(on_edge)
    count, apart = _count(
        reach.ptr, reach.nodes, reach.costs, *costs.ends,
        np.asarray(costs.network.indptr), np.asarray(costs.network.arc_edge),
        np.asarray(costs.network.arc_forward), costs.along, costs.against, *at,
        ptr, order, places.share, places.access_m * cost_per_m,
        float(limit), np.ascontiguousarray(station_xy), float(apart_m),
    )  # fmt: skip
    return count, apart


def od_table(
    costs: Costs,
    reach: Reach,
    on_edge: OnEdge,
    places: Places,
    *,
    limit: float,
    cost_per_m: float,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray]:
    """Return every pair within `limit`: (station, place, cost), by station, then by place."""
    order, ptr = _by_edge(costs, places)
    at = _by_label(on_edge)
    station, spot, cost = _pairs(
        reach.ptr, reach.nodes, reach.costs, *costs.ends,
        np.asarray(costs.network.indptr), np.asarray(costs.network.arc_edge),
        np.asarray(costs.network.arc_forward), costs.along, costs.against, *at,
        ptr, order, places.share, places.access_m * cost_per_m, float(limit),
    )  # fmt: skip
    rank = np.lexsort((spot, station))
    return station[rank], spot[rank], cost[rank]


def _by_edge(costs: Costs, places: Places) -> tuple[IntArray, IntArray]:
    """Return places in the order of their edges (unused ones left out), and CSR over edges."""
    order = np.argsort(places.edge, kind="stable")
    order = order[places.edge[order] >= 0].astype(np.int32)
    counts = np.bincount(places.edge[order], minlength=costs.network.n_edges)
    return order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _by_label(on_edge: OnEdge) -> tuple[IntArray, FloatArray, FloatArray]:
    back = np.argsort(on_edge.label, kind="stable")
    return on_edge.edge[back], on_edge.share[back], on_edge.cost[back]


@numba.njit(cache=True, nogil=True)
def _edges_reached(s, nodes, first, last, dist, edge_u, indptr, arc_edge, arc_forward, own, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    """List each edge with an end in reach once, and the station's own; return how many."""
    n = 0
    own_seen = False
    for i in range(first, last):
        a = nodes[i]
        for k in range(indptr[a], indptr[a + 1]):
            e = arc_edge[k]
            if arc_forward[k] or dist[edge_u[e]] == np.inf:
                out[n] = e
                n += 1
                if e == own:
                    own_seen = True
    if not own_seen:
        out[n] = own
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _places_of(  # type: ignore[no-untyped-def]  # pragma: no cover
    s, ptr, nodes, node_cost, edge_u, edge_v, indptr, arc_edge, arc_forward, along, against,
    at_edge, at_share, at_cost, place_ptr, place_order, share, access, limit,
    dist, edges, out_place, out_cost,
):  # fmt: skip
    """List the places within `limit` of station s; return how many. `dist` is all inf again."""
    for i in range(ptr[s], ptr[s + 1]):
        dist[nodes[i]] = node_cost[i]
    n = _edges_reached(
        s, nodes, ptr[s], ptr[s + 1], dist, edge_u, indptr, arc_edge, arc_forward, at_edge[s], edges
    )
    found = 0
    for j in range(n):
        e = edges[j]
        for k in range(place_ptr[e], place_ptr[e + 1]):
            p = place_order[k]
            cost = access[p] + cost_at(
                e, share[p], dist, edge_u, edge_v, along, against,
                at_edge[s], at_share[s], at_cost[s],
            )  # fmt: skip
            if cost <= limit:
                out_place[found] = p
                out_cost[found] = cost
                found += 1
    for i in range(ptr[s], ptr[s + 1]):
        dist[nodes[i]] = np.inf
    return found


@numba.njit(cache=True, nogil=True)
def _is_apart(s, p, head, kept, following, station_xy, apart_m):  # type: ignore[no-untyped-def]  # pragma: no cover
    """True where a station kept for place p is at least `apart_m` from station s."""
    other = head[p]
    while other >= 0:
        t = kept[other]
        dx = station_xy[s, 0] - station_xy[t, 0]
        dy = station_xy[s, 1] - station_xy[t, 1]
        if dx * dx + dy * dy >= apart_m * apart_m:
            return True
        other = following[other]
    return False


@numba.njit(cache=True, nogil=True)
def _count(  # type: ignore[no-untyped-def]  # pragma: no cover
    ptr, nodes, node_cost, edge_u, edge_v, indptr, arc_edge, arc_forward, along, against,
    at_edge, at_share, at_cost, place_ptr, place_order, share, access, limit, station_xy, apart_m,
):  # fmt: skip
    """Count stations per place. Stations are kept per place only until two are apart."""
    dist = np.full(indptr.size - 1, np.inf)
    edges = np.empty(edge_u.size + 1, np.int32)
    places = np.empty(share.size, np.int32)
    place_cost = np.empty(share.size)
    count = np.zeros(share.size, np.int32)
    apart = np.zeros(share.size, np.bool_)
    head = np.full(share.size, -1, np.int32)
    kept = np.empty(1024, np.int32)
    following = np.empty(1024, np.int32)
    used = 0
    for s in range(ptr.size - 1):
        found = _places_of(
            s, ptr, nodes, node_cost, edge_u, edge_v, indptr, arc_edge, arc_forward, along,
            against, at_edge, at_share, at_cost, place_ptr, place_order, share, access, limit,
            dist, edges, places, place_cost,
        )  # fmt: skip
        for j in range(found):
            p = places[j]
            count[p] += 1
            if apart[p]:
                continue
            if _is_apart(s, p, head, kept, following, station_xy, apart_m):
                apart[p] = True
                continue
            if used == kept.size:
                kept = doubled(kept)
                following = doubled(following)
            kept[used] = s
            following[used] = head[p]
            head[p] = used
            used += 1
    return count, apart


@numba.njit(cache=True, nogil=True)
def _pairs(  # type: ignore[no-untyped-def]  # pragma: no cover
    ptr, nodes, node_cost, edge_u, edge_v, indptr, arc_edge, arc_forward, along, against,
    at_edge, at_share, at_cost, place_ptr, place_order, share, access, limit,
):  # fmt: skip
    dist = np.full(indptr.size - 1, np.inf)
    edges = np.empty(edge_u.size + 1, np.int32)
    places = np.empty(share.size, np.int32)
    place_cost = np.empty(share.size)
    station = np.empty(1024, np.int32)
    place = np.empty(1024, np.int32)
    out = np.empty(1024)
    used = 0
    for s in range(ptr.size - 1):
        found = _places_of(
            s, ptr, nodes, node_cost, edge_u, edge_v, indptr, arc_edge, arc_forward, along,
            against, at_edge, at_share, at_cost, place_ptr, place_order, share, access, limit,
            dist, edges, places, place_cost,
        )  # fmt: skip
        while used + found > out.size:
            station = doubled(station)
            place = doubled(place)
            out = doubled(out)
        station[used : used + found] = s
        place[used : used + found] = places[:found]
        out[used : used + found] = place_cost[:found]
        used += found
    return station[:used], place[:used], out[:used]
