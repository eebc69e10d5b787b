"""One leg of a study walk: its mode, its line from position to position, the edges it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.network.model import EdgeFlag, FloatArray, WalkNetwork
from geo.search import Graph, Seeds, graph_along, shortest_path
from routes.ferries import Ferry
from routes.matrix import FERRY, MODES, WALK, WALK_FACTOR, LegTable, WalkGround

__all__ = ["Leg", "LegPart", "legs_between"]

FAR_ACCESS_M = 50.0
"""A straight piece from the way to the place that is longer than this is told."""


@dataclass(frozen=True)
class LegPart:
    """A stretch of one edge, walked from fraction `start` to fraction `end` of its length.

    `name_zh` is the street's name in the network, which may be in any language.
    """

    edge: int
    start: float
    end: float
    metres: float
    flags: int
    highway: str
    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True, eq=False)
class Leg:
    """From one place to the next by one mode.

    Attributes
    ----------
    origin, target
        Ids of spots.
    mode
        ``walk``, ``ferry`` or ``ride``.
    minutes
        As the plan reckons; a ferry's with the longest wait.
    metres
        Along the line; straight for a ride; the straight line × `routes.matrix.WALK_FACTOR` for a
        walk off the network.
    line
        (k, 2) WGS-84 degrees from position to position; one that is estimated is straight and only
        a sketch.
    parts
        The edges walked, in order; none for a ride, a crossing or a walk off the network.
    access_m
        Straight metres at the start and at the end, between place and way.
    walk_minutes
        What it would take on foot, NaN where no way leads.
    ferry
        The ferry of a crossing, and whether it is boarded at its first pier (0) or second (1).
    flags
        ``estimated`` for a ride, and for a walk off the network; ``far_access`` where a straight
        piece is long.
    """

    origin: str
    target: str
    mode: str
    minutes: float
    metres: float
    line: FloatArray
    parts: tuple[LegPart, ...] = ()
    access_m: tuple[float, float] = (0.0, 0.0)
    walk_minutes: float = float("nan")
    ferry: tuple[Ferry, int] | None = None
    flags: tuple[str, ...] = ()


def legs_between(
    ground: WalkGround, table: LegTable, ferries: Sequence[Ferry], a: int, b: int
) -> tuple[Leg, ...]:
    """Return how to get from spot `a` to spot `b`: one leg, or walk, ferry and walk."""
    mode, walk_minutes = int(table.mode[a, b]), float(table.walk_minutes[a, b])
    graph = graph_along(ground.network, ground.costs.along, ground.costs.against)
    if mode == WALK:
        off = bool(table.guessed[a, b])
        return (_guess(ground, table, a, b) if off else _walk(ground, graph, a, b),)
    if mode != FERRY:
        return (_ride(ground, table, a, b, walk_minutes),)
    k, end = int(table.ferry[a, b]), int(table.first_pier[a, b])
    n = table.minutes.shape[0]
    board, land = n + 2 * k + end, n + 2 * k + 1 - end
    return (
        _walk(ground, graph, a, board),
        _crossing(ground, ferries[k], end, board, land, walk_minutes),
        _walk(ground, graph, land, b),
    )


def _ride(ground: WalkGround, table: LegTable, a: int, b: int, walk_minutes: float) -> Leg:
    return Leg(
        ground.spots[a].id, ground.spots[b].id, MODES[int(table.mode[a, b])],
        float(table.minutes[a, b]), float(table.straight_m[a, b]), ground.lonlat[[a, b]],
        walk_minutes=walk_minutes, flags=("estimated",),
    )  # fmt: skip


def _guess(ground: WalkGround, table: LegTable, a: int, b: int) -> Leg:
    """Return the walk between two near spots that the network does not join."""
    metres = float(table.straight_m[a, b]) * WALK_FACTOR
    return Leg(
        ground.spots[a].id, ground.spots[b].id, MODES[WALK], float(table.minutes[a, b]),
        metres, ground.lonlat[[a, b]], flags=("estimated",),
    )  # fmt: skip


def _crossing(
    ground: WalkGround, ferry: Ferry, end: int, board: int, land: int, walk_minutes: float
) -> Leg:
    from pyproj import Geod

    line = ground.lonlat[[board, land]]
    metres = Geod(ellps="WGS84").line_length(line[:, 0], line[:, 1])
    return Leg(
        ground.spots[board].id, ground.spots[land].id, MODES[FERRY],
        ferry.minutes + ferry.every_minutes, float(metres), line,
        walk_minutes=walk_minutes, ferry=(ferry, end),
    )  # fmt: skip


def _walk(ground: WalkGround, graph: Graph, a: int, b: int) -> Leg:
    """Return the walk between two spots that stand on the network."""
    network, snapped = ground.network, ground.placed.snapped
    access = float(snapped.access_m[a]), float(snapped.access_m[b])
    straight_s = sum(access) * ground.seconds_per_m
    parts, seconds = _parts(ground, graph, a, b)
    inner = _geometry(network, parts)
    ends = network.to_degrees(np.column_stack([snapped.x[[a, b]], snapped.y[[a, b]]]))
    if not parts:
        inner = ends
    line = np.vstack([ground.lonlat[a], inner, ground.lonlat[b]])
    keep = np.ones(len(line), dtype=bool)
    keep[1:] = (np.abs(np.diff(line, axis=0)) > 1e-9).any(axis=1)
    minutes = (seconds + straight_s) / 60.0
    far = ("far_access",) if max(access) > FAR_ACCESS_M else ()
    return Leg(
        ground.spots[a].id, ground.spots[b].id, MODES[WALK], minutes,
        sum(p.metres for p in parts) + sum(access),
        line[keep] if keep.sum() > 1 else line[[0, -1]],
        parts, access, minutes, flags=far,
    )  # fmt: skip


def _parts(ground: WalkGround, graph: Graph, a: int, b: int) -> tuple[tuple[LegPart, ...], float]:
    """Return the edges walked from `a` to `b`, and the seconds on them."""
    network, snapped, costs = ground.network, ground.placed.snapped, ground.costs
    (edge_a, edge_b), (share_a, share_b) = snapped.edge[[a, b]], snapped.share[[a, b]]
    starts = _ends(network, int(edge_a), float(share_a), costs.against, costs.along)
    goals = _ends(network, int(edge_b), float(share_b), costs.along, costs.against)
    path = shortest_path(graph, starts, goals)
    direct = np.inf
    if edge_a == edge_b:
        rate = costs.along if share_b >= share_a else costs.against
        direct = abs(float(share_b - share_a)) * float(rate[edge_a])
        if share_a == share_b:
            return (), 0.0
    if path is None or direct <= path.cost:
        return (_part(network, int(edge_a), float(share_a), float(share_b)),), float(direct)
    spans = [(int(edge_a), float(share_a), float(path.nodes[0] == network.edge_v[edge_a]))]
    forward = np.asarray(network.arc_forward)[path.arcs]
    for edge, ahead in zip(np.asarray(network.arc_edge)[path.arcs], forward, strict=True):
        spans.append((int(edge), 0.0, 1.0) if ahead else (int(edge), 1.0, 0.0))
    spans.append((int(edge_b), float(path.nodes[-1] == network.edge_v[edge_b]), float(share_b)))
    spans[0] = _leaving(network, costs.along, costs.against, spans[0], int(path.nodes[0]))
    spans[-1] = _arriving(network, costs.along, costs.against, spans[-1], int(path.nodes[-1]))
    return tuple(_part(network, *s) for s in spans if s[1] != s[2]), path.cost


Span = tuple[int, float, float]


def _leaving(
    network: WalkNetwork, along: FloatArray, against: FloatArray, span: Span, node: int
) -> Span:
    """Return the first span; on a loop, both of whose ends are one junction, the shorter way."""
    edge, share, end = span
    if network.edge_u[edge] == network.edge_v[edge] == node:
        end = float((1.0 - share) * along[edge] <= share * against[edge])
    return edge, share, end


def _arriving(
    network: WalkNetwork, along: FloatArray, against: FloatArray, span: Span, node: int
) -> Span:
    edge, begin, share = span
    if network.edge_u[edge] == network.edge_v[edge] == node:
        begin = float((1.0 - share) * against[edge] < share * along[edge])
    return edge, begin, share


def _ends(
    network: WalkNetwork, edge: int, share: float, to_u: FloatArray, to_v: FloatArray
) -> Seeds:
    """Return both ends of an edge with the cost between them and a position on it."""
    cost_u = share * to_u[edge] if share > 0 else 0.0
    cost_v = (1.0 - share) * to_v[edge] if share < 1 else 0.0
    nodes = np.array([network.edge_u[edge], network.edge_v[edge]], dtype=np.int32)
    return Seeds(np.array([0, 2]), nodes, np.array([cost_u, cost_v], dtype=np.float64))


def _part(network: WalkNetwork, edge: int, start: float, end: float) -> LegPart:
    names = (*network.names, None)  # code -1: no name
    return LegPart(
        edge, start, end,
        abs(end - start) * float(network.edge_length_m[edge]),
        int(network.edge_flags[edge]) & ~int(EdgeFlag.DRIVE),
        network.highways[int(network.edge_highway[edge])],
        names[int(network.edge_name[edge])],
        names[int(network.edge_name_en[edge])],
    )  # fmt: skip


def _geometry(network: WalkNetwork, parts: Sequence[LegPart]) -> FloatArray:
    """Return (k, 2) degrees along the parts, each cut at its fractions."""
    pieces = [_cut(network, part) for part in parts]
    if not pieces:
        return np.empty((0, 2))
    return network.to_degrees(np.vstack(pieces))


def _cut(network: WalkNetwork, part: LegPart) -> FloatArray:
    """Return (k, 2) metres along one edge from `part.start` to `part.end`."""
    span = slice(int(network.coord_ptr[part.edge]), int(network.coord_ptr[part.edge + 1]))
    line = network.planar[span]
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    low, high = sorted((part.start * run[-1], part.end * run[-1]))
    at = np.concatenate([[low], run[(run > low) & (run < high)], [high]])
    cut = np.column_stack([np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])])
    return cut if part.end >= part.start else cut[::-1]
