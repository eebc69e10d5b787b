"""The real extract of Helsinki: minutes against networkx, polygons against minutes.

The graph, its components, the snapping and the split at snapped positions are made here anew,
with networkx and shapely, from the network's frame of edges alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely
from drawn_network import table_of

from geo.coverage.request import CoverageRequest
from geo.coverage.run import cover
from geo.network.model import WalkNetwork
from geo.osm.read import read_osm

REACH_M = 150.0
NEVER_JOINED = ["steps", "ferry", "tunnel", "indoor", "elevator", "over_water"]


@pytest.fixture(scope="session")
def helsinki(helsinki_pbf: Path) -> WalkNetwork:
    return read_osm(helsinki_pbf)


@dataclass(frozen=True)
class Walker:
    """A profile, written down once more."""

    name: str
    speed: float
    steps: bool
    barred: tuple[str, ...] = ()


WALKERS = [
    Walker("shuang15", 1000 / 900, True),
    Walker("wheelchair", 0.914, False, ("conveying", "no_wheelchair")),
]


def random_points(network: WalkNetwork, count: int, seed: int, margin: float = 0.0) -> np.ndarray:
    west, south, east, north = network.meta.bbox
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [
            rng.uniform(west - margin, east + margin, count),
            rng.uniform(south - margin, north + margin, count),
        ]
    )


class Judge:
    """The same question, answered by networkx and shapely."""

    def __init__(self, network: WalkNetwork, walker: Walker) -> None:
        edges = network.edges.to_crs(network.metric_crs)
        edges = edges[~edges["ferry"] & ~edges[list(walker.barred)].any(axis=1)]
        if not walker.steps:
            edges = edges[~edges["steps"]]
        self.edges, self.walker = edges, walker
        whole = nx.Graph()
        for u, v, length in zip(edges["u"], edges["v"], edges["length_m"], strict=True):
            before = whole.get_edge_data(u, v, {"m": 0.0})["m"]
            whole.add_edge(u, v, m=before + length)
        large: set[int] = set()
        for part in nx.connected_components(whole):
            if whole.subgraph(part).size(weight="m") >= 1000.0:
                large |= part
        joined = edges[~edges[NEVER_JOINED].any(axis=1) & edges["u"].isin(large)]
        xy, line = shapely.get_coordinates(joined.geometry.to_numpy(), return_index=True)
        same = line[:-1] == line[1:]
        self.segments = shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1))
        self.segment_edge = joined.index.to_numpy()[line[:-1][same]]
        self.tree = shapely.STRtree(self.segments)
        shores = network.water.to_crs(network.metric_crs).boundary
        walls = network.barriers.to_crs(network.metric_crs)
        self.shores = shapely.union_all([*shores, *walls])
        self.water = shapely.union_all(network.water.to_crs(network.metric_crs).to_numpy())
        shapely.prepare([self.shores, self.water])

    def position(self, xy: np.ndarray) -> tuple[int, Any, float] | None:
        """Return the edge, the position and the length of the access line."""
        here = shapely.points(xy)
        near = self.tree.query(here, predicate="dwithin", distance=REACH_M)
        for i in near[np.argsort(shapely.distance(self.segments[near], here), kind="stable")]:
            access = shapely.shortest_line(here, self.segments[i])
            if self.is_dry(access):
                return int(self.segment_edge[i]), shapely.get_point(access, -1), access.length
        return None

    def is_dry(self, access: Any) -> bool:
        """Return True where an access line, but for its last centimetre, meets no shore or wall,
        and does not come over the water to a street that is the shore."""
        if access.length <= 0.01:
            return True
        start, end = shapely.get_point(access, [0, -1])
        if self.shores.intersects(
            shapely.linestrings([*start.coords, *access.interpolate(-0.01).coords])
        ):
            return False
        return self.shores.distance(end) > 0.01 or not self.water.contains(start)

    def graph(self, stations: list[Any], places: list[Any]) -> nx.MultiGraph:
        """Return the graph of seconds, split where points join it: ("s", i) and ("p", i)."""
        joining: dict[int, list[tuple[float, Any, float]]] = {}
        for kind, found in (("s", stations), ("p", places)):
            for number, position in enumerate(found):
                if position is not None:
                    edge, spot, access = position
                    share = self.edges.geometry[edge].project(spot, normalized=True)
                    joining.setdefault(edge, []).append((share, (kind, number), access))
        graph = nx.MultiGraph()
        pace = self.walker.speed
        frame = self.edges
        for edge, u, v, length in zip(
            frame.index, frame["u"], frame["v"], frame["length_m"], strict=True
        ):
            at, reached = u, 0.0
            for share, point, access in sorted(joining.get(edge, ()), key=lambda j: j[0]):
                spot = (*point, "on the edge")
                graph.add_edge(at, spot, s=(share - reached) * length / pace)
                graph.add_edge(spot, point, s=access / pace)
                at, reached = spot, share
            graph.add_edge(at, v, s=(1.0 - reached) * length / pace)
        return graph


@pytest.mark.parametrize("walker", WALKERS, ids=lambda w: w.name)
def test_minutes_equal_networkx(helsinki, walker):
    at_stations, at_places = random_points(helsinki, 9, 1), random_points(helsinki, 500, 2, 5e-4)
    stations = table_of(at_stations, [f"s{i}" for i in range(9)])
    demand = table_of(at_places, [f"p{i}" for i in range(500)], np.ones(500))
    asked = CoverageRequest((60.0,), profile=walker.name, cell_m=50.0)
    result = cover(helsinki, stations, demand, asked, with_od=True)

    judge = Judge(helsinki, walker)
    found = [
        [judge.position(xy) for xy in helsinki.to_metric(lonlat)]
        for lonlat in (at_stations, at_places)
    ]
    for positions, frame in zip(found, (result.stations, result.demand), strict=True):
        access = [np.nan if p is None else p[2] for p in positions]
        np.testing.assert_allclose(frame["access_m"], access, atol=0.006)
        assert ((frame["status"] == "not_used") == np.isnan(access)).all()
    assert 0 < result.summary["demand_places"]["not_used"] < 100

    graph = judge.graph(*found)
    minutes = result.demand["minutes"].to_numpy()
    table = result.od.pivot(index="place_id", columns="station_id", values="minutes")
    nearest = np.full(500, np.inf)
    for s, position in enumerate(found[0]):
        if position is None:
            continue
        seconds = nx.single_source_dijkstra_path_length(graph, ("s", s), weight="s")
        theirs = np.array([seconds.get(("p", p), np.inf) for p in range(500)])
        ours = 60.0 * table[f"s{s}"].reindex(demand.frame["id"]).to_numpy()
        assert (np.isfinite(ours) == (theirs <= 3600.0)).all()
        within = np.isfinite(ours)
        assert np.abs(ours[within] - theirs[within]).max() < 0.1
        nearest = np.minimum(nearest, theirs)
    assert (np.isfinite(minutes) == np.isfinite(nearest)).all()
    known = np.isfinite(nearest)
    assert known.sum() > 400
    assert np.abs(60.0 * minutes[known] - nearest[known]).max() < 0.1
