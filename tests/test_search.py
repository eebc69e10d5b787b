"""Searches against scipy's Dijkstra on random graphs, and the promises of their results."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_network import draw, way
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.network.model import EdgeFlag
from geo.pace import PROFILES, edge_seconds, in_metres
from geo.search import (
    Graph,
    Seeds,
    graph_along,
    graph_towards,
    search_each,
    search_nearest,
    shortest_path,
)


def graph_of(size: int, arcs: list[tuple[int, int, float]]) -> Graph:
    arcs = sorted(arcs)
    counts = np.bincount([a for a, _, _ in arcs], minlength=size)
    return Graph(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([b for _, b, _ in arcs], dtype=np.int32),
        np.array([c for _, _, c in arcs], dtype=np.float64),
    )


def seeds_at(*sources: list[tuple[int, float]]) -> Seeds:
    flat = [s for source in sources for s in source]
    return Seeds(
        np.cumsum([0, *map(len, sources)]).astype(np.int64),
        np.array([n for n, _ in flat], dtype=np.int32),
        np.array([c for _, c in flat], dtype=np.float64),
    )


def table(graph: Graph, seeds: Seeds, limit: float, **options) -> np.ndarray:
    """Return (sources, nodes) costs, inf where not reached."""
    reach = search_each(graph, seeds, limit, **options)
    found = np.full((seeds.count, graph.indptr.size - 1), np.inf)
    for i in range(seeds.count):
        nodes, costs = reach.of(i)
        assert np.unique(nodes).size == nodes.size
        found[i, nodes] = costs
    return found


def by_scipy(graph: Graph, seeds: Seeds) -> np.ndarray:
    """Return the same by a node more for each source."""
    n = graph.indptr.size - 1
    arcs: dict[tuple[int, int], float] = {}
    tails = np.repeat(np.arange(n), np.diff(graph.indptr))
    first = np.repeat(np.arange(seeds.count), np.diff(seeds.ptr)) + n
    for a, b, cost in [
        *zip(tails, graph.heads, graph.costs, strict=True),
        *zip(first, seeds.nodes, seeds.costs, strict=True),
    ]:
        arcs[a, b] = min(cost, arcs.get((a, b), np.inf))
    pairs = np.array([k for k, c in arcs.items() if np.isfinite(c)]).reshape(-1, 2)
    # An explicit zero would be no arc at all to scipy.
    costs = np.array([max(c, 1e-300) for c in arcs.values() if np.isfinite(c)])
    size = n + seeds.count
    matrix = csr_array((costs, (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    found = dijkstra(matrix, indices=np.arange(n, size))[:, :n]
    return np.where(found < 1e-100, 0.0, found)


@st.composite
def questions(draw_from) -> tuple[Graph, Seeds, float]:
    size = draw_from(st.integers(1, 8))
    node = st.integers(0, size - 1)
    cost = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 7.0, np.inf])  # few, so that there are ties
    arcs = draw_from(st.lists(st.tuples(node, node, cost), min_size=size, max_size=40))
    sources = draw_from(
        st.lists(st.lists(st.tuples(node, cost), min_size=1, max_size=3), min_size=1, max_size=5)
    )
    return graph_of(size, arcs), seeds_at(*sources), draw_from(st.integers(0, 15)) * 1.0


@settings(max_examples=150, deadline=None)
@given(questions())
def test_search_each_equals_scipy(question):
    graph, seeds, limit = question
    theirs = by_scipy(graph, seeds)
    np.testing.assert_allclose(
        table(graph, seeds, limit), np.where(theirs <= limit, theirs, np.inf), atol=1e-9
    )


@settings(max_examples=150, deadline=None)
@given(questions())
def test_the_nearest_is_the_least_of_all_and_a_tie_goes_to_the_lower_number(question):
    graph, seeds, limit = question
    cost, source = search_nearest(graph, seeds, limit)
    each = table(graph, seeds, limit)
    least = each.min(axis=0)
    np.testing.assert_array_equal(cost, np.where(np.isfinite(least), least, np.nan))
    np.testing.assert_array_equal(source, np.where(np.isfinite(least), each.argmin(axis=0), -1))


def test_a_tie_does_not_hang_on_the_order_of_visits():
    # Both sources are one away from the middle, and both from the end beyond it.
    graph = graph_of(4, [(0, 1, 1.0), (2, 1, 1.0), (1, 3, 1.0)])
    for first, second in ((0, 2), (2, 0)):
        cost, source = search_nearest(graph, seeds_at([(first, 0.0)], [(second, 0.0)]))
        assert cost[[1, 3]].tolist() == [1.0, 2.0]
        assert source[[1, 3]].tolist() == [0, 0]


def lattice_graph(side: int, seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    arcs = []
    for a in range(side * side):
        for b in ((a + 1) if (a + 1) % side else -1, a + side):
            if 0 <= b < side * side:
                cost = float(rng.uniform(1, 5))
                arcs += [(a, b, cost), (b, a, cost)]
    return graph_of(side * side, arcs)


def test_threads_change_nothing():
    graph = lattice_graph(30, 3)
    seeds = seeds_at(*([(int(n), 0.5)] for n in np.random.default_rng(4).integers(0, 900, 130)))
    one, many = (search_each(graph, seeds, 25.0, threads=t) for t in (1, 7))
    for name in ("ptr", "nodes", "costs"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


def test_more_nodes_than_the_first_heap_and_the_first_output_hold():
    graph = lattice_graph(80, 5)
    seeds = seeds_at([(n, float(n % 7)) for n in range(6400)], [(0, 0.0)])
    found = table(graph, seeds, np.inf)
    np.testing.assert_allclose(found, by_scipy(graph, seeds))
    assert (found[1] > found[0]).any()


def test_progress_ends_at_the_number_of_sources():
    told = []
    graph = lattice_graph(4, 1)
    seeds = seeds_at(*([(i % 16, 0.0)] for i in range(70)))
    search_each(graph, seeds, 3.0, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (70, 70)
    assert told == sorted(told)


def test_no_sources_reach_nothing():
    graph, none = lattice_graph(3, 1), seeds_at()
    assert search_each(graph, none, 5.0).ptr.tolist() == [0]
    cost, source = search_nearest(graph, none)
    assert np.isnan(cost).all()
    assert (source == -1).all()


def test_the_limit_itself_is_reached_and_a_seed_beyond_it_is_not():
    graph = graph_of(3, [(0, 1, 4.0), (1, 2, 1.0)])
    assert table(graph, seeds_at([(0, 1.0)]), 5.0)[0].tolist() == [1.0, 5.0, np.inf]
    assert np.isinf(table(graph, seeds_at([(0, 5.1)]), 5.0)).all()
    cost, _ = search_nearest(graph, seeds_at([(0, 1.0)]), 5.0)
    np.testing.assert_array_equal(cost, [1.0, 5.0, np.nan])


def test_a_search_goes_against_the_walkers():
    # a → b → c may be walked; towards a station at a nobody comes from c.
    one_way = EdgeFlag.FORWARD_ONLY
    network = draw(way((0, 0), (100, 0), flags=one_way), way((100, 0), (300, 0), flags=one_way))
    west, _, east = np.argsort(network.node_lon)
    costs = edge_seconds(network, in_metres(PROFILES["shuang15"]))
    graph = graph_towards(network, *costs)
    towards = table(graph, seeds_at([(int(west), 0.0)], [(int(east), 0.0)]), 1000.0)
    assert np.isfinite(towards[0]).sum() == 1
    np.testing.assert_allclose(np.sort(towards[1]), [0, 200, 300], atol=0.01)


@settings(max_examples=150, deadline=None)
@given(questions(), st.lists(st.integers(0, 7), min_size=1, max_size=3))
def test_a_path_costs_what_the_search_says_and_its_arcs_add_up(question, ends):
    graph, seeds, _ = question
    n = graph.indptr.size - 1
    start = seeds_at([(int(a), float(c)) for a, c in zip(seeds.nodes, seeds.costs, strict=True)])
    goals = seeds_at([(e % n, 0.5 * i) for i, e in enumerate(ends)])
    path = shortest_path(graph, start, goals)
    least = by_scipy(graph, start)[0]
    best = min(least[e % n] + 0.5 * i for i, e in enumerate(ends))
    if path is None:
        assert not np.isfinite(best)
        return
    assert path.cost == pytest.approx(best)
    assert len(path.arcs) == len(path.nodes) - 1
    assert (graph.heads[path.arcs] == path.nodes[1:]).all()
    tails = np.repeat(np.arange(n), np.diff(graph.indptr))
    assert (tails[path.arcs] == path.nodes[:-1]).all()
    first = min(c for a, c in zip(start.nodes, start.costs, strict=True) if a == path.nodes[0])
    last = min(c for a, c in zip(goals.nodes, goals.costs, strict=True) if a == path.nodes[-1])
    assert path.cost == pytest.approx(first + graph.costs[path.arcs].sum() + last)


def test_a_path_runs_the_way_it_is_walked():
    one_way = EdgeFlag.FORWARD_ONLY
    network = draw(way((0, 0), (100, 0), flags=one_way), way((100, 0), (300, 0)))
    west, middle, east = np.argsort(network.node_lon)
    graph = graph_along(network, *edge_seconds(network, in_metres(PROFILES["shuang15"])))
    there = shortest_path(graph, seeds_at([(int(west), 0.0)]), seeds_at([(int(east), 0.0)]))
    assert there is not None
    assert there.nodes.tolist() == [west, middle, east]
    assert there.cost == pytest.approx(300, abs=0.01)
    back = shortest_path(graph, seeds_at([(int(east), 0.0)]), seeds_at([(int(west), 0.0)]))
    assert back is None
