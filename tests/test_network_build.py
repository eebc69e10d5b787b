"""Ways → arrays: splitting, order, adjacency; what holds for every set of ways."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from drawn_network import draw, way
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import NetworkError
from geo.network import EdgeFlag, NetworkMeta, WalkNetwork, WayTable, build_network
from geo.network.build import _morton_order, geodesic_lengths

META = NetworkMeta("drawn", "test", None, (0.0, 0.0, 0.0, 0.0))


def table(ways: list[list[int]], seed: int = 0) -> WayTable:
    """Return ways through numbered nodes, each node at a place of its own within a kilometre."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((120.0, 32.0), (120.01, 32.01), (100, 2)).round(7)
    ref = np.array([node for nodes in ways for node in nodes], dtype=np.int64)
    count = len(ways)
    return WayTable(
        ptr=np.cumsum([0, *map(len, ways)]),
        ref=ref,
        lon=places[ref, 0],
        lat=places[ref, 1],
        way=np.arange(count) + 1000,
        flags=np.zeros(count, dtype=np.int64),
        highway=np.arange(count) % 3,
        name=np.arange(count) % 4 - 1,
        name_en=np.full(count, -1),
        highways=("path", "footway", "steps"),
        names=("丙", "甲", "乙"),
    )


def permuted(ways: WayTable, order: list[int]) -> WayTable:
    """Return the ways in another order."""
    spans = [np.arange(ways.ptr[i], ways.ptr[i + 1]) for i in order]
    take = np.concatenate(spans)
    columns = {c: getattr(ways, c)[order] for c in ("way", "flags", "highway", "name", "name_en")}
    return replace(
        ways,
        ptr=np.cumsum([0, *map(len, spans)]),
        ref=ways.ref[take],
        lon=ways.lon[take],
        lat=ways.lat[take],
        **columns,
    )


def whole_length(ways: WayTable) -> float:
    """Geodesic length of all segments, whatever is split."""
    geod = Geod(ellps="WGS84")
    return sum(
        geod.line_length(ways.lon[a:b], ways.lat[a:b])
        for a, b in zip(ways.ptr[:-1], ways.ptr[1:], strict=True)
    )


some_ways = st.lists(
    st.lists(st.integers(0, 30), min_size=2, max_size=8).filter(lambda w: len(set(w)) > 1),
    min_size=1,
    max_size=12,
)


@given(some_ways)
@settings(max_examples=60, deadline=None)
def test_splitting_keeps_the_length(ways):
    network = build_network(table(ways), meta=META)
    assert network.edge_length_m.sum() == pytest.approx(whole_length(table(ways)), abs=1e-6)


@given(some_ways, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_ways_changes_nothing(ways, random):
    order = list(range(len(ways)))
    random.shuffle(order)
    first = build_network(table(ways), meta=META)
    second = build_network(permuted(table(ways), order), meta=META)
    assert second.meta.digest == first.meta.digest


@given(some_ways)
@settings(max_examples=60, deadline=None)
def test_adjacency_is_symmetric(ways):
    """Every edge has two arcs, one each way, and arcs of a junction start at it."""
    network = build_network(table(ways), meta=META)
    n, m = network.n_nodes, network.n_edges
    tail = np.repeat(np.arange(n), np.diff(network.indptr))
    edge, forward = network.arc_edge, network.arc_forward
    assert np.bincount(edge, minlength=m).tolist() == [2] * m
    assert np.bincount(edge[forward], minlength=m).tolist() == [1] * m
    assert (tail == np.where(forward, network.edge_u[edge], network.edge_v[edge])).all()
    assert (network.arc_head == np.where(forward, network.edge_v[edge], network.edge_u[edge])).all()


@given(some_ways)
@settings(max_examples=60, deadline=None)
def test_lines_run_from_their_first_junction_to_their_last(ways):
    network = build_network(table(ways), meta=META)
    first = network.coords[network.coord_ptr[:-1]]
    last = network.coords[network.coord_ptr[1:] - 1]
    place = np.column_stack([network.node_lon, network.node_lat])
    assert (first == place[network.edge_u]).all()
    assert (last == place[network.edge_v]).all()


@given(st.integers(1, 200), st.integers(0, 10))
@settings(max_examples=40, deadline=None)
def test_morton_order_is_a_permutation(count, seed):
    xy = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    assert sorted(_morton_order(xy[:, 0], xy[:, 1]).tolist()) == list(range(count))


def test_morton_order_of_four_corners():
    """
    ::

        2──3      west before east, south before north
         ╲
        0──1
    """
    lon, lat = np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    assert _morton_order(lon, lat).tolist() == [3, 2, 1, 0]


def test_neighbours_in_the_city_are_neighbours_in_memory():
    """On a grid of 32 × 32 a step is at most 3 places in the median; by rows it would be 16."""
    x, y = (a.ravel().astype(float) for a in np.meshgrid(np.arange(32), np.arange(32)))
    rank = np.empty(1024, dtype=int)
    rank[_morton_order(x, y)] = np.arange(1024)
    grid = rank.reshape(32, 32)
    steps = np.concatenate([np.abs(np.diff(grid, axis=a)).ravel() for a in (0, 1)])
    assert np.median(steps) <= 3


def test_one_junction():
    """All of a network may be one loop: a box of no size has a Morton order too."""
    network = build_network(table([[1, 2, 3, 1]]), meta=META)
    assert network.n_nodes == 1
    assert network.edge_u.tolist() == network.edge_v.tolist() == [0]


@pytest.mark.parametrize("ways", [[], [[5, 5]], [[5, 5, 5], [7, 7]]])
def test_nothing_to_walk_on(ways):
    empty = table([[1, 2]])
    source = table(ways) if ways else permuted_to_nothing(empty)
    with pytest.raises(NetworkError) as caught:
        build_network(source, meta=META)
    assert caught.value.code == "network_empty"
    assert "test" in caught.value.sentence("zh")


def permuted_to_nothing(ways: WayTable) -> WayTable:
    none = np.empty(0, dtype=np.int64)
    return replace(
        ways, ptr=np.array([0]), ref=none, lon=none.astype(float), lat=none.astype(float),
        way=none, flags=none, highway=none, name=none, name_en=none,
    )  # fmt: skip


def test_texts_in_use_are_kept_in_order():
    """Of three names one is used, of three classes two."""
    ways = replace(table([[1, 2], [2, 3]]), name=np.array([2, -1]), name_en=np.array([-1, 2]))
    network = build_network(ways, meta=META)
    assert network.names == ("乙",)
    assert network.highways == ("footway", "path")
    assert network.edges["name"].tolist().count("乙") == 1
    assert network.edges["name_en"].tolist().count("乙") == 1


def test_lengths_do_not_depend_on_what_comes_before():
    line = np.array([[120.0, 32.0], [120.0001, 32.0001]])
    far = np.array([[10.0, 0.0], [170.0, 60.0]])
    alone = geodesic_lengths(line, np.array([0, 2]))
    after = geodesic_lengths(np.vstack([far] * 50 + [line]), np.arange(0, 103, 2))
    assert after[-1] == alone[0]


def test_drawn_lengths():
    network = draw(way((0, 0), (300, 400), (300, 1000)))
    assert network.edge_length_m.round(2).tolist() == [1100.0]


@pytest.mark.parametrize(
    "change",
    [
        {"edge_flags": np.array([1], dtype=np.uint16)},
        {"names": ("x",)},
        {"highways": ("steps",)},
        {"water_wkb": (b"w",)},
        {"barrier_wkb": (b"w",)},
    ],
)
def test_the_digest_sees_what_can_change_a_result(change):
    from geo.network import network_digest

    network = draw(way((0, 0), (100, 0)))
    assert network_digest(network) == network.meta.digest
    assert network_digest(replace(network, **change)) != network.meta.digest


def test_frames():
    network = draw(way((0, 0), (100, 0), flags=EdgeFlag.STEPS), way((100, 0), (100, 50)))
    edges, nodes = network.edges, network.nodes
    assert edges.crs == nodes.crs == "EPSG:4326"
    assert edges["steps"].sum() == 1
    assert edges["length_m"].round().sum() == 150
    assert nodes["component"].tolist() == [0, 0, 0]
    assert edges.geometry.iloc[0].geom_type == "LineString"


def test_degrees_and_metres():
    network: WalkNetwork = draw(way((0, 0), (1000, 0)))
    xy = network.to_metric(network.coords)
    assert np.hypot(*(xy[0] - xy[1])) == pytest.approx(1000, abs=0.01)
    assert network.to_degrees(xy) == pytest.approx(network.coords, abs=1e-9)
    assert np.isnan(network.to_degrees(np.array([[np.nan, 0.0]]))).all()


def test_importing_networks_stays_light():
    heavy = ("osmnx", "networkx", "geopandas", "pyogrio", "folium", "pyarrow", "osmium", "pandas")
    code = f"import sys, geo.network; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
