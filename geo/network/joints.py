"""Where edges come close and do not meet: dead ends beside a way, crossings without a junction,
ends that stand apart at one position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.network.detours import Positions
from geo.network.model import MADE_HERE, EdgeFlag, FloatArray, IntArray, WalkNetwork

__all__ = [
    "Joints",
    "apart_at_one_place",
    "crossings",
    "edge_lines",
    "near_misses",
    "one_a_pair",
    "one_a_part",
    "one_an_end",
    "slight_places",
]

_APART = EdgeFlag.FERRY | EdgeFlag.TUNNEL | EdgeFlag.BRIDGE | EdgeFlag.INDOOR | EdgeFlag.ELEVATOR
_SAME_DEG = 1e-7


@dataclass(frozen=True, eq=False)
class Joints:
    """(k,) pairs of positions that are close by eye and may be far on foot.

    Attributes
    ----------
    start, end
        The two positions.
    gap_m
        Metres between them.
    xy
        (k, 2, 2) where they are, metres in the network's metric CRS.
    """

    start: Positions
    end: Positions
    gap_m: FloatArray
    xy: FloatArray

    def of(self, keep: IntArray | npt.NDArray[np.bool_]) -> Joints:
        """Return some of them."""
        return Joints(
            Positions(self.start.edge[keep], self.start.share[keep]),
            Positions(self.end.edge[keep], self.end.share[keep]),
            self.gap_m[keep],
            self.xy[keep],
        )


def edge_lines(network: WalkNetwork) -> Any:
    """Return (m,) LineStrings in metres, in the network's metric CRS."""
    index = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    return shapely.linestrings(network.planar, indices=index)


def near_misses(network: WalkNetwork, lines: Any, near_m: float) -> Joints:
    """Return dead ends that stop within `near_m` of an edge, each with the nearest such.

    Not an edge that the dead end's own edge meets at either end; nothing that a bridge, tunnel,
    lift or ferry may explain; nothing across water or a barrier. Of two ends that face each other
    both are named.
    """
    street = ~network.has(EdgeFlag.FERRY)
    u, v = np.asarray(network.edge_u), np.asarray(network.edge_v)
    degree = np.bincount(np.concatenate([u[street], v[street]]), minlength=network.n_nodes)
    plain = np.flatnonzero(~network.has(_APART))
    own = plain[(degree[u[plain]] == 1) | (degree[v[plain]] == 1)]
    both = np.stack([own, own], axis=1).reshape(-1)
    node = np.stack([u[own], v[own]], axis=1).reshape(-1)
    dead = degree[node] == 1
    edge, node = both[dead], node[dead]
    xy = network.node_planar[node]
    tree = shapely.STRtree(lines[plain])
    at, other = tree.query(shapely.points(xy), predicate="dwithin", distance=near_m)
    other = plain[other]
    meets = np.zeros(at.size, dtype=bool)
    for end in (u, v):
        meets |= (u[other] == end[edge[at]]) | (v[other] == end[edge[at]])
    at, other = at[~meets], other[~meets]
    share = shapely.line_locate_point(lines[other], shapely.points(xy[at]), normalized=True)
    where = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[other], share, normalized=True)
    )
    gap = np.hypot(*(where - xy[at]).T)
    found = Joints(
        Positions(edge[at], np.where(node[at] == u[edge[at]], 0.0, 1.0)),
        Positions(other, share),
        gap,
        np.stack([xy[at], where], axis=1),
    )
    found = found.of(_dry(network, found.xy))
    order = np.lexsort((found.gap_m, *found.xy[:, 0].T))
    _, first = np.unique(found.xy[order, 0], axis=0, return_index=True)
    return found.of(order[first])


def crossings(network: WalkNetwork, lines: Any) -> Joints:
    """Return pairs of edges that meet on the map and share no junction.

    Left out where either is a bridge, a tunnel, indoors, a lift or a ferry.
    """
    plain = np.flatnonzero(~network.has(_APART))
    tree = shapely.STRtree(lines[plain])
    one, other = tree.query(lines[plain], predicate="intersects")
    one, other = plain[one], plain[other]
    u, v = np.asarray(network.edge_u), np.asarray(network.edge_v)
    strangers = (
        (one < other)
        & (u[one] != u[other]) & (u[one] != v[other])
        & (v[one] != u[other]) & (v[one] != v[other])
    )  # fmt: skip
    one, other = one[strangers], other[strangers]
    meeting = shapely.point_on_surface(shapely.intersection(lines[one], lines[other]))
    there = ~shapely.is_empty(meeting)
    one, other, meeting = one[there], other[there], meeting[there]
    xy = shapely.get_coordinates(meeting).reshape(-1, 2)
    return Joints(
        Positions(one, shapely.line_locate_point(lines[one], meeting, normalized=True)),
        Positions(other, shapely.line_locate_point(lines[other], meeting, normalized=True)),
        np.zeros(len(one)),
        np.stack([xy, xy], axis=1),
    )


def apart_at_one_place(network: WalkNetwork) -> Joints:
    """Return junctions at one position that are not one, where a way was cut: shut gates.

    Only those made while reading are looked at. Each is paired with the first at its position.
    """
    made = np.flatnonzero(np.asarray(network.node_osmid) < MADE_HERE)
    lonlat = np.column_stack([network.node_lon, network.node_lat])[made]
    spots = np.round(lonlat / _SAME_DEG)
    _, first, group = np.unique(spots, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    pair = np.flatnonzero(first[group] != np.arange(made.size))
    here, there = made[first[group[pair]]], made[pair]
    xy = network.node_planar[here].reshape(-1, 2)
    start, end = _at_nodes(network, here), _at_nodes(network, there)
    found = Joints(start, end, np.zeros(len(pair)), np.stack([xy, xy], axis=1))
    # What passes over or under at one position was never joined.
    return found.of(~(network.has(_APART)[start.edge] | network.has(_APART)[end.edge]))


def _at_nodes(network: WalkNetwork, nodes: IntArray) -> Positions:
    edge = np.asarray(network.arc_edge)[np.asarray(network.indptr)[nodes]]
    return Positions(edge, np.where(np.asarray(network.edge_u)[edge] == nodes, 0.0, 1.0))


def _dry(network: WalkNetwork, xy: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (k,) False for gaps that water or a barrier explains."""
    dry = np.ones(len(xy), dtype=bool)
    blobs = (*network.water_wkb, *network.barrier_wkb)
    if not blobs or not len(xy):
        return dry
    shapes = shapely.transform(shapely.from_wkb(np.array(blobs, dtype=object)), network.to_metric)
    hit = shapely.STRtree(shapes).query(shapely.linestrings(xy), predicate="intersects")[0]
    dry[hit] = False
    return dry


def one_an_end(order: IntArray, found: Joints) -> IntArray:
    """Return of each dead end the costliest pair, and of two that face each other one."""
    seen: set[Any] = set()
    kept = []
    for i in order.tolist():
        end = tuple(np.round(found.xy[i, 0], 2))
        facing = tuple(np.round(found.xy[i, 1], 2))
        if end in seen or (facing, end) in seen:
            continue
        seen |= {end, (end, facing)}
        kept.append(i)
    return np.array(kept, dtype=np.int64)


def one_a_pair(order: IntArray, found: Joints) -> IntArray:
    """Return one crossing of each pair of edges."""
    pairs = np.stack([found.start.edge[order], found.end.edge[order]], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    return np.asarray(order[np.sort(first)])


def one_a_part(order: IntArray, parts: IntArray) -> tuple[IntArray, list[int]]:
    """Return of the joints that would join the same two parts the first, and how many there are.

    `parts` is -1 where both sides are of one part: such joints stand for themselves.
    """
    counts: dict[Any, int] = {}
    keys = [tuple(sorted(parts[i].tolist())) if parts[i, 0] >= 0 else i for i in order.tolist()]
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    first = sorted({key: at for at, key in reversed(list(enumerate(keys)))}.values())
    return order[first], [counts[keys[at]] for at in first]


def slight_places(found: Joints, cost: FloatArray, least_m: float) -> int:
    """Return how many positions are a missing joint that costs little, and none that costs much."""
    spots = np.round(found.xy[:, 0], 2)
    little = {tuple(spot) for spot in spots[cost < least_m].tolist()}
    return len(little - {tuple(spot) for spot in spots[cost >= least_m].tolist()})
