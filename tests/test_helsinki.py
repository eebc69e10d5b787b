"""The real extract of Helsinki: minutes against networkx, polygons against minutes.

The graph, its components, the snapping and the split at snapped positions are made here anew,
with networkx and shapely, from the network's frame of edges alone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely
from drawn_network import table_of

from geo.coverage.placing import lay_ground, place
from geo.coverage.reach import costs_of, seeds_of
from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover
from geo.field import gather_one
from geo.network.model import WalkNetwork
from geo.osm.read import read_osm
from geo.search import search_each
from geo.snapping import snap

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


# Polygons against minutes. The minutes of a spot, which networkx has just confirmed, are those of
# the kernels; the polygons know only what the lattice knows.


def minutes_at(network: WalkNetwork, lonlat: np.ndarray, xy: np.ndarray, asked: CoverageRequest):
    """Return (s, p) minutes from spots (metric CRS) to stations; inf where there is no way."""
    ground = lay_ground(network, asked)
    costs = costs_of(network, asked.scale.profile)
    stations = place(ground, lonlat, asked.max_access_m)
    assert stations.used.all()
    seeds, _ = seeds_of(costs, stations, asked.scale.cost_per_m)
    reach = search_each(costs.graph, seeds, 3600.0)
    spots = snap(ground.index, xy, asked.max_access_m)
    found = np.full((len(lonlat), len(xy)), np.inf)
    at = stations.snapped
    for s in range(len(lonlat)):
        nodes, seconds = reach.of(s)
        node_cost = np.full(network.n_nodes, np.inf)
        node_cost[nodes] = seconds
        found[s] = gather_one(
            spots.edge,
            spots.share,
            spots.access_m * asked.scale.cost_per_m,
            ends=costs.ends,
            node_cost=node_cost,
            along=costs.along,
            against=costs.against,
            station=(at.edge[s], at.share[s], at.access_m[s] * asked.scale.cost_per_m),
        )
    return found / 60.0


def metric(network: WalkNetwork, shapes: Any) -> np.ndarray:
    return shapely.transform(np.asarray(shapes, dtype=object), network.to_metric)


def circles_of(network: WalkNetwork, result: Coverage) -> list[tuple[int, float, Any]]:
    """Return (station, minutes, polygon in the metric CRS)."""
    frame = result.circles
    shapes = metric(network, frame.geometry)
    numbers = frame["station_id"].str[1:].astype(int)
    return list(zip(numbers, frame["minutes"], shapes, strict=True))


STATIONS = np.array(
    [
        [24.9427, 60.1706],  # Central station
        [24.9512, 60.1689],  # Aleksanterinkatu
        [24.9384, 60.1663],  # Erottaja
        [24.9401, 60.1758],  # by the bay of Töölönlahti
        [24.9486, 60.1757],  # Kaisaniemi
    ]
)


def cover_circles(network: WalkNetwork, asked: CoverageRequest) -> Coverage:
    return cover(network, table_of(STATIONS, [f"s{i}" for i in range(len(STATIONS))]), None, asked)


@pytest.mark.parametrize(("profile", "cell"), [("shuang15", 20.0), ("wheelchair", 10.0)])
def test_polygons_agree_with_minutes_away_from_the_boundary(helsinki, profile, cell):
    asked = CoverageRequest((5.0, 10.0, 15.0), profile=profile, cell_m=cell)
    spots = helsinki.to_metric(random_points(helsinki, 3000, 8, 1e-3))
    minutes = minutes_at(helsinki, STATIONS, spots, asked)
    agreed, judged = 0, 0
    for station, limit, shape in circles_of(helsinki, cover_circles(helsinki, asked)):
        away = shapely.distance(shapely.boundary(shape), shapely.points(spots)) > cell
        inside = shapely.contains_xy(shape, spots[:, 0], spots[:, 1])
        agreed += ((minutes[station] <= limit) == inside)[away].sum()
        judged += away.sum()
        assert away.sum() >= 1000
    assert judged >= 15 * 2000
    assert agreed / judged >= 0.995


def test_polygons_are_the_exact_region_but_for_two_percent(helsinki):
    """At 10 m cells; the exact region is sampled every 2 m."""
    asked = CoverageRequest((5.0, 10.0, 15.0), cell_m=10.0)
    west, south, east, north = helsinki.meta.bbox
    low, high = helsinki.to_metric(np.array([[west, south], [east, north]]))
    grid = np.meshgrid(*(np.arange(a - 160, b + 160, 2.0) for a, b in zip(low, high, strict=True)))
    spots = np.column_stack([axis.ravel() for axis in grid])
    minutes = minutes_at(helsinki, STATIONS, spots, asked)
    both, either = dict.fromkeys(asked.limits, 0), dict.fromkeys(asked.limits, 0)
    for station, limit, shape in circles_of(helsinki, cover_circles(helsinki, asked)):
        inside = shapely.contains_xy(shape, spots[:, 0], spots[:, 1])
        exact = minutes[station] <= limit
        both[limit] += (inside & exact).sum()
        either[limit] += (inside | exact).sum()
    assert sum(both.values()) / sum(either.values()) >= 0.98
    # What is lost is lost along the boundary, of which a small circle has more for its size.
    for limit, least in ((5.0, 0.985), (10.0, 0.985), (15.0, 0.99)):
        assert both[limit] / either[limit] >= least


def test_polygons_are_valid_nested_and_dry(helsinki):
    asked = CoverageRequest((5.0, 10.0, 15.0), cell_m=10.0)
    result = cover_circles(helsinki, asked)
    water = shapely.union_all(metric(helsinki, helsinki.water))
    for frame in (result.circles, result.dissolved, result.responsibility, result.gaps):
        assert frame.geometry.is_valid.all()
        shapes = metric(helsinki, frame.geometry)
        assert shapely.area(shapely.intersection(shapes, water)).max() < 1.0
    bands = [shape for _, _, shape in circles_of(helsinki, result)]
    bands += list(metric(helsinki, result.dissolved.geometry))
    for inner, outer in itertools.pairwise(bands):
        if inner.area < outer.area:
            assert shapely.difference(inner, outer).area < 1e-4 * inner.area


def test_an_hour_covers_the_whole_extract(helsinki):
    result = cover_circles(helsinki, CoverageRequest((60.0,), cell_m=50.0))
    base = result.summary["denominator"]
    assert result.summary["bands"][0]["served"] == pytest.approx(base["total"] - base["not_used"])
    assert result.dissolved.geometry.is_valid.all()
