"""Polygons of one station: field and contour beside ego graph, buffers and union."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from benchmarks.measure import METRO, Row, in_turn, once
from geo.coverage.placing import Placed, lay_ground, place
from geo.coverage.polygons import circles
from geo.coverage.reach import costs_of, seeds_of
from geo.coverage.request import CoverageRequest
from geo.coverage.surface import Surface, drawings
from geo.field import WaterCut
from geo.network import WalkNetwork, to_osmnx
from geo.search import search_each

EDGE_BUFFER_M, NODE_BUFFER_M = 25.0, 0.0
MINUTES, METRES_PER_MINUTE = 15.0, 1000.0 / 15.0
LIMIT_M = MINUTES * METRES_PER_MINUTE
TRIES = 15


def station(network: WalkNetwork, name: str, reach: float) -> Row:
    """Three bands at 10 m cells, beside the usual recipe of one band."""
    request = CoverageRequest(cell_m=10.0)
    ground = lay_ground(network, request)
    costs = costs_of(network, request.scale.profile)
    points = _points(network)
    placed = [place(ground, p[None], request.max_access_m) for p in points]
    placed = [p for p in placed if p.used.all()]
    drawn, cut = drawings(ground, request), WaterCut(network)

    def surface(spot: Placed) -> Surface:
        seeds, on_edge = seeds_of(costs, spot, request.scale.cost_per_m)
        reached = search_each(costs.graph, seeds, request.scale.limits[-1], threads=1)
        return Surface(request, costs, drawn, spot, seeds, on_edge, reached, cut)

    snapping = once(lambda: [surface(spot).prepare() for spot in placed])

    def ours() -> None:
        for spot in placed:
            circles(surface(spot))

    graph = _graph(network)
    origins = [int(network.node_osmid[network.edge_u[p.snapped.edge[0]]]) for p in placed]

    def recipe() -> None:
        for origin in origins:
            _isochrone(graph, origin)

    quick, slow = in_turn(ours, recipe, repeat=3 if reach > 50 else 7)
    row = Row(
        f"polygons of one station, three bands, 10 m cells, {name}",
        quick / len(placed),
        {"ego_graph + buffers + union, one band": slow / len(placed)},
        f"≥ {reach:.0f}×",
        f"snapping the cells of {len(placed)} stations apart: {snapping:.2f} s",
    )
    row.met = row.ratio("ego_graph + buffers + union, one band") >= reach
    return row


def _points(network: WalkNetwork) -> Any:
    """Return the metro stations nearest to the network's middle, or junctions in a small town."""
    main = np.flatnonzero(network.component == 0)
    spots = np.column_stack([network.node_lon, network.node_lat])[main]
    if METRO.exists():
        frame = pd.read_csv(METRO)
        metro = frame[["lon", "lat"]].to_numpy()
        west, south, east, north = network.meta.bbox
        inside = (metro > [west, south]).all(axis=1) & (metro < [east, north]).all(axis=1)
        if inside.sum() >= TRIES:
            spots = metro[inside]
    middle = np.median(spots, axis=0)
    close = np.argsort(np.hypot(*(spots - middle).T))[: TRIES * 4]
    return spots[np.random.default_rng(3).choice(close, TRIES, replace=False)]


def _graph(network: WalkNetwork) -> Any:
    """Return the network as OSMnx's example has it: projected, directed both ways, with times."""
    import osmnx as ox

    graph = ox.project_graph(to_osmnx(network))
    for _, _, _, data in graph.edges(data=True, keys=True):
        data["time"] = data["length"] / METRES_PER_MINUTE
    return graph


def _isochrone(graph: Any, origin: int) -> Any:
    """Return one band as `make_iso_polys` of OSMnx's isochrone example notebook does."""
    near = nx.ego_graph(graph, origin, radius=MINUTES, distance="time")
    points = [shapely.Point((data["x"], data["y"])) for _, data in near.nodes(data=True)]
    nodes = gpd.GeoDataFrame({"id": list(near.nodes)}, geometry=points).set_index("id")
    lines = []
    for u, v in near.edges():
        start, end = nodes.loc[u].geometry, nodes.loc[v].geometry
        data = graph.get_edge_data(u, v)[0]
        lines.append(data.get("geometry", shapely.LineString([start, end])))
    around_nodes = nodes.buffer(NODE_BUFFER_M).geometry
    around_edges = gpd.GeoSeries(lines).buffer(EDGE_BUFFER_M).geometry
    whole = gpd.GeoSeries([*around_nodes, *around_edges]).union_all()
    return shapely.Polygon(whole.exterior) if whole.geom_type == "Polygon" else whole
