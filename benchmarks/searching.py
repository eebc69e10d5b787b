"""Searches: what 1,000 stations reach each, and the nearest of them for every junction."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from benchmarks.measure import Row, in_turn, seconds
from geo.network import WalkNetwork
from geo.pace import edge_seconds, in_metres, profile_named
from geo.search import Graph, Seeds, graph_towards, search_each, search_nearest

LIMIT_M = 1000.0
STATIONS = 1000


def metre_graph(network: WalkNetwork) -> Graph:
    """Return the search graph in metres."""
    along, against = edge_seconds(network, in_metres(profile_named("shuang15")))
    return graph_towards(network, along, against)


def as_networkx(graph: Graph) -> Any:
    """Return the same arcs as a networkx DiGraph; of parallel arcs the shortest."""
    tails = np.repeat(np.arange(graph.indptr.size - 1), np.diff(graph.indptr))
    ok = np.isfinite(graph.costs)
    frame = pd.DataFrame({"a": tails[ok], "b": graph.heads[ok], "w": graph.costs[ok]})
    frame = frame.groupby(["a", "b"], as_index=False)["w"].min()
    out = nx.DiGraph()
    out.add_weighted_edges_from(frame.itertuples(index=False, name=None))
    return out


def each(network: WalkNetwork) -> Row:
    """1,000 bounded searches apart, beside networkx and pandana."""
    graph = metre_graph(network)
    rng = np.random.default_rng(7)
    nodes = rng.integers(0, network.n_nodes, STATIONS).astype(np.int32)
    seeds = Seeds(np.arange(STATIONS + 1), nodes, np.zeros(STATIONS))
    ours = seconds(lambda: search_each(graph, seeds, LIMIT_M), repeat=21)
    found = search_each(graph, seeds, LIMIT_M).nodes.size
    peer = as_networkx(graph)

    def run() -> int:
        paths = nx.single_source_dijkstra_path_length
        return sum(len(paths(peer, int(n), cutoff=LIMIT_M)) for n in nodes if n in peer)

    in_networkx = run()
    row = Row(
        "junctions within 1,000 m of each of 1,000 stations, separate searches, both cores",
        ours,
        {"networkx": seconds(run, repeat=3), "pandana": _pandana(network, nodes)},
        "≥ 8× networkx, ≥ 12× pandana",
        f"{found:,} junctions found; networkx finds {in_networkx:,}",
    )
    row.met = row.ratio("networkx") >= 8 and row.ratio("pandana") >= 12
    return row


def _pandana(network: WalkNetwork, nodes: Any) -> float:
    import pandana

    weights = pd.DataFrame({"metres": np.asarray(network.edge_length_m)})
    net = pandana.Network(
        pd.Series(network.node_lon), pd.Series(network.node_lat),
        pd.Series(np.asarray(network.edge_u)), pd.Series(np.asarray(network.edge_v)),
        weights, twoway=True,
    )  # fmt: skip
    return seconds(lambda: net.nodes_in_range(list(map(int, nodes)), LIMIT_M), repeat=3)


def nearest(network: WalkNetwork) -> Row:
    """The nearest of 1,000 stations for every junction, beside networkx and scipy."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    graph = metre_graph(network)
    rng = np.random.default_rng(7)
    nodes = np.unique(rng.integers(0, network.n_nodes, STATIONS).astype(np.int32))
    seeds = Seeds(np.arange(nodes.size + 1), nodes, np.zeros(nodes.size))
    peer = as_networkx(graph)
    known = {int(n) for n in nodes if n in peer}
    n = network.n_nodes
    tails = np.repeat(np.arange(n), np.diff(graph.indptr))
    ok = np.isfinite(graph.costs)
    # scipy adds parallel arcs up, so it gets the shortest of each pair, like networkx.
    frame = pd.DataFrame({"a": tails[ok], "b": graph.heads[ok], "w": graph.costs[ok]})
    frame = frame.groupby(["a", "b"], as_index=False)["w"].min()
    matrix = csr_array((frame["w"], (frame["a"], frame["b"])), shape=(n, n))
    ours, in_scipy = in_turn(
        lambda: search_nearest(graph, seeds),
        lambda: dijkstra(matrix, indices=nodes, min_only=True),
        repeat=21,
    )
    in_networkx = seconds(lambda: nx.multi_source_dijkstra_path_length(peer, known), repeat=3)
    row = Row(
        "nearest of 1,000 stations for every junction",
        ours,
        {"networkx multi-source": in_networkx, "scipy min_only": in_scipy},
        "≥ 10× networkx, on par with scipy",
    )
    row.met = row.ratio("networkx multi-source") >= 10 and row.ratio("scipy min_only") >= 1.0
    return row
