"""Polygons of one station: field and contour beside ego graph, buffers and union."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import shapely

from benchmarks.measure import Row, once, seconds
from geo.coverage.placing import lay_ground, place
from geo.coverage.polygons import Surface, circles
from geo.coverage.reach import costs_of, seeds_of
from geo.coverage.request import CoverageRequest
from geo.field import Lattice, WaterCut, tiles_around
from geo.network import WalkNetwork
from geo.search import search_each

BUFFER_M = 25.0
LIMIT_M = 1000.0
TRIES = 15


def station(network: WalkNetwork, name: str, reach: float) -> Row:
    """Three bands at 10 m cells, beside the usual recipe of one band."""
    request = CoverageRequest(cell_m=10.0)
    ground = lay_ground(network, request)
    costs = costs_of(network, request.scale.profile)
    points = _points(network)
    placed = [place(ground, p[None], request.max_access_m) for p in points]
    placed = [p for p in placed if p.used.all()]
    lattice = Lattice(network, ground.index, request.cell_m, request.max_access_m)
    lattice.folder = None
    keys = set().union(*(tiles_around(p.xy, LIMIT_M, request.cell_m) for p in placed))
    snapping = once(lambda: lattice.prepare(keys))
    cut = WaterCut(network)

    def ours() -> None:
        for spot in placed:
            seeds, on_edge = seeds_of(costs, spot, request.scale.cost_per_m)
            reached = search_each(costs.graph, seeds, request.scale.limits[-1], threads=1)
            circles(Surface(request, costs, lattice, spot, seeds, on_edge, reached, cut))

    graph = _graph(network)
    origins = [int(network.edge_u[p.snapped.edge[0]]) for p in placed]

    def recipe() -> None:
        for origin in origins:
            near = nx.ego_graph(graph, origin, radius=LIMIT_M, distance="length")
            lines = [data["line"].buffer(BUFFER_M) for _, _, data in near.edges(data=True)]
            dots = [shapely.Point(near.nodes[n]["xy"]).buffer(BUFFER_M) for n in near.nodes]
            shapely.union_all([*lines, *dots])

    row = Row(
        f"polygons of one station, three bands, 10 m cells, {name}",
        seconds(ours, repeat=5) / len(placed),
        {"ego_graph + buffers + union, one band": seconds(recipe, repeat=2) / len(placed)},
        f"≥ {reach:.0f}×",
        f"snapping the cells of {len(placed)} stations apart: {snapping:.2f} s",
    )
    row.met = row.ratio("ego_graph + buffers + union, one band") >= reach
    return row


def _points(network: WalkNetwork) -> Any:
    """Return positions on streets of the densest part, where circles are full."""
    rng = np.random.default_rng(3)
    main = np.flatnonzero(network.component[np.asarray(network.edge_u)] == 0)
    lon, lat = (np.asarray(a)[network.edge_u[main]] for a in (network.node_lon, network.node_lat))
    middle = (np.median(lon), np.median(lat))
    close = np.argsort(np.hypot(lon - middle[0], lat - middle[1]))[: max(TRIES * 20, 1)]
    pick = main[rng.choice(close, TRIES, replace=False)]
    return network.coords[np.asarray(network.coord_ptr)[pick]]


def _graph(network: WalkNetwork) -> Any:
    """Return the network as the recipe has it: a projected MultiGraph with lines."""
    planar, ptr = network.planar, np.asarray(network.coord_ptr)
    graph = nx.MultiGraph()
    ends = np.column_stack([network.node_lon, network.node_lat])
    for n, xy in enumerate(network.to_metric(ends)):
        graph.add_node(n, xy=xy)
    for e in range(network.n_edges):
        line = shapely.LineString(planar[ptr[e] : ptr[e + 1]])
        length = float(network.edge_length_m[e])
        graph.add_edge(int(network.edge_u[e]), int(network.edge_v[e]), length=length, line=line)
    return graph
