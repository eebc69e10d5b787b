"""With OSMnx's own filter the network is as long as OSMnx's graph of the same ways.

OSMnx measures great circles on a sphere of 6,371,009 m, `WalkNetwork` geodesics on the WGS-84
ellipsoid; at 60° N the two are 0.2–0.4 % apart. So each measure is taken of both geometries, and
they must agree within 0.1 %.
"""

from __future__ import annotations

import numpy as np
import pytest
from kept_ways import write_kept_ways
from pyproj import Geod

from geo.network import WalkNetwork
from geo.osm import read_osm

EARTH_M = 6_371_009.0


def great_circle_m(a: np.ndarray, b: np.ndarray) -> float:
    """Length of segments on OSMnx's sphere (haversine)."""
    (lon_a, lat_a), (lon_b, lat_b) = np.radians(a).T, np.radians(b).T
    half = np.sin((lat_b - lat_a) / 2) ** 2
    half = half + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return float((2 * EARTH_M * np.arcsin(np.sqrt(half))).sum())


def geodesic_m(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(Geod(ellps="WGS84").inv(*a.T, *b.T)[2]))


def segments(network: WalkNetwork) -> tuple[np.ndarray, np.ndarray]:
    inside = np.ones(len(network.coords) - 1, dtype=bool)
    inside[network.coord_ptr[1:-1] - 1] = False
    return network.coords[:-1][inside], network.coords[1:][inside]


@pytest.fixture(scope="module")
def both(helsinki_pbf, tmp_path_factory):
    """Our network, and the segments of OSMnx's graph, each pair of arcs once."""
    ox = pytest.importorskip("osmnx")
    path = tmp_path_factory.mktemp("osmnx") / "kept.osm"
    assert write_kept_ways(helsinki_pbf, path) > 2000
    graph = ox.graph_from_xml(path, bidirectional=True, simplify=False, retain_all=True)
    arcs = [(u, v, d["length"]) for u, v, d in graph.edges(data=True) if not d["reversed"]]
    assert 2 * len(arcs) == graph.number_of_edges()
    where = {node: (d["x"], d["y"]) for node, d in graph.nodes(data=True)}
    start = np.array([where[u] for u, _, _ in arcs])
    end = np.array([where[v] for _, v, _ in arcs])
    total = sum(length for *_, length in arcs)
    return read_osm(helsinki_pbf, walk_rules="osmnx"), start, end, total


def test_great_circles_of_both(both):
    network, start, end, total = both
    assert great_circle_m(start, end) == pytest.approx(total, rel=1e-9)  # OSMnx's own figure
    assert great_circle_m(*segments(network)) == pytest.approx(total, rel=0.001)


def test_geodesics_of_both(both):
    network, start, end, _ = both
    ours = float(network.edge_length_m.sum())
    assert geodesic_m(*segments(network)) == pytest.approx(ours, rel=1e-9)
    assert ours == pytest.approx(geodesic_m(start, end), rel=0.001)


def test_the_two_measures_do_differ(both):
    """Were they the same, comparing like with like would prove nothing."""
    network, _, _, total = both
    assert 0.001 < float(network.edge_length_m.sum()) / total - 1 < 0.005
