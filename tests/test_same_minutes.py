"""One real area read as PBF, as OSMnx graphs and as lines: the same minutes.

Minutes between stations and places are compared to a millionth, which is rounding. What is walked
never differs. What may differ is where a point joins the network, and only for a reason that
a test below names: OSMnx drops tags unless it is told to keep them, and merges ways of different
kinds into one edge, which then counts as the strictest of them (steps, tunnel).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmnx as ox
import pytest
from drawn_vector import save
from kept_ways import write_kept_ways

from geo.centrelines import LineSource, read_lines
from geo.coverage.placing import Placed, lay_ground, place, positions_xy
from geo.coverage.reach import Places, costs_of, od_table, seeds_of
from geo.coverage.request import CoverageRequest
from geo.imports import import_network
from geo.network import EdgeFlag, WalkNetwork, to_osmnx
from geo.osm import read_osm
from geo.osm.graphs import read_graph
from geo.search import search_each

TOLERANCE_MIN = 1e-6
TAGS = ("conveying", "indoor", "level", "location", "wheelchair", "oneway:foot", "foot", "name:en")


@dataclass(frozen=True, eq=False)
class Minutes:
    """(20, count) minutes between stations and places, NaN beyond an hour; and where they join."""

    table: np.ndarray
    station_at: np.ndarray
    place_at: np.ndarray


def minutes(network: WalkNetwork, bbox: tuple[float, ...], count: int = 500) -> Minutes:
    west, south, east, north = bbox
    rng = np.random.default_rng(7)
    asked = CoverageRequest(limits=(60.0,))
    scale = asked.scale
    ground, costs = lay_ground(network, asked), costs_of(network, scale.profile)
    stations, places = (
        place(
            ground,
            np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)]),
            asked.max_access_m,
        )
        for n in (20, count)
    )
    seeds, on_edge = seeds_of(costs, stations, scale.cost_per_m)
    reach = search_each(costs.graph, seeds, limit=scale.limits[-1])
    joins = places.snapped
    wanted = Places(joins.edge, joins.share, joins.access_m, np.ones(count))
    station, spot, cost = od_table(
        costs, reach, on_edge, wanted, limit=scale.limits[-1], cost_per_m=scale.cost_per_m
    )
    table = np.full((20, count), np.nan)
    table[np.flatnonzero(stations.used)[station], spot] = cost * scale.minutes_per_cost
    return Minutes(table, joined_at(network, stations), joined_at(network, places))


def joined_at(network: WalkNetwork, placed: Placed) -> np.ndarray:
    """Return where points join the network, metres; (0, 0) for those that do not."""
    found = placed.used
    at = np.zeros((found.size, 2))
    at[found] = positions_xy(network, placed.snapped.edge[found], placed.snapped.share[found])
    return at


def compared(one: Minutes, other: Minutes) -> tuple[np.ndarray, np.ndarray]:
    """Return |difference| of every pair, and which pairs join at the same positions."""
    here = np.hypot(*(one.station_at - other.station_at).T) < 0.001
    there = np.hypot(*(one.place_at - other.place_at).T) < 0.001
    assert np.isfinite(one.table).sum() > 2000
    return np.abs(one.table - other.table), here[:, None] & there[None, :]


def assert_same(one: Minutes, other: Minutes) -> None:
    off, unmoved = compared(one, other)
    assert (np.isnan(one.table) == np.isnan(other.table)).all()  # reached in one, reached in both
    assert np.nanmax(off) <= TOLERANCE_MIN
    assert unmoved.mean() > 0.98


@pytest.fixture(scope="module")
def bbox(pbf: WalkNetwork) -> tuple[float, ...]:
    return pbf.meta.bbox


@pytest.fixture(scope="module")
def part(helsinki_pbf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ways that lie wholly in the middle of the extract, as a PBF of their own."""
    import osmium

    path = tmp_path_factory.mktemp("part") / "part.osm.pbf"
    with osmium.SimpleWriter(str(path)) as out:
        for item in osmium.FileProcessor(str(helsinki_pbf)).with_locations():
            if item.is_node():
                out.add_node(item)
            elif item.is_way() and all(
                n.location.valid() and 24.935 < n.lon < 24.955 and 60.165 < n.lat < 60.175
                for n in item.nodes
            ):
                out.add_way(item)
    return path


@pytest.fixture(scope="module")
def pbf(part: Path) -> WalkNetwork:
    return read_osm(part, walk_rules="osmnx")


@pytest.fixture(scope="module")
def truth(pbf: WalkNetwork) -> Minutes:
    return minutes(pbf, pbf.meta.bbox)


@pytest.fixture(scope="module")
def kept(part: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "kept.osm"
    write_kept_ways(part, path)
    return path


@pytest.fixture(scope="module")
def graphs(kept: Path) -> dict[str, Any]:
    """Graphs that OSMnx makes of the XML: as people usually do, and keeping what we need."""
    usual = ox.settings.useful_tags_way
    made = {"usual": ox.graph_from_xml(kept, bidirectional=True, retain_all=True)}
    try:
        ox.settings.useful_tags_way = [*usual, *TAGS]
        plain = ox.graph_from_xml(kept, bidirectional=True, retain_all=True, simplify=False)
    finally:
        ox.settings.useful_tags_way = usual
    made["unsimplified"] = plain
    made["by way"] = ox.simplify_graph(plain, edge_attrs_differ=["osmid"])
    return made


def written(graph: Any, path: Path) -> Path:
    if path.suffix == ".gpkg":
        ox.save_graph_geopackage(graph, path)
    else:
        ox.save_graphml(graph, path)
    return path


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("unsimplified", ".graphml"), ("by way", ".gpkg")],
)
def test_a_graph_that_keeps_the_tags_gives_the_same_minutes(
    graphs, truth, bbox, tmp_path, kind, ending
):
    network = import_network(written(graphs[kind], tmp_path / f"helsinki{ending}"))
    assert dict(network.meta.notes)["rules"] == "as_given"
    assert_same(truth, minutes(network, bbox))


def test_a_usual_graph_differs_only_where_points_join(graphs, truth, bbox, pbf, tmp_path):
    """Merged ways of different kinds count as the strictest, so fewer edges can be joined."""
    network = import_network(written(graphs["usual"], tmp_path / "helsinki.graphml"))
    found = minutes(network, bbox)
    off, unmoved = compared(truth, found)
    assert np.nanmax(off[unmoved]) <= TOLERANCE_MIN
    assert unmoved.mean() > 0.8
    assert np.nanmedian(off) <= TOLERANCE_MIN
    barred = EdgeFlag.STEPS | EdgeFlag.TUNNEL
    length = [float(n.edge_length_m[n.has(barred)].sum()) for n in (network, pbf)]
    assert length[0] > length[1]
    again = import_network(written(graphs["usual"], tmp_path / "helsinki.gpkg"))
    assert_same(found, minutes(again, bbox))


def test_our_own_network_through_graphml(pbf, truth, bbox, tmp_path):
    network = read_graph(written(to_osmnx(pbf), tmp_path / "ours.graphml"))
    assert_same(truth, minutes(network, bbox))


def test_its_edges_as_lines_that_meet_at_their_ends(pbf, truth, bbox, tmp_path):
    """As a Shapefile in metres: coordinates to the micrometre, attributes by their headings."""
    edges = pbf.edges[["highway", "name", "bridge", "tunnel", "geometry"]]
    edges = edges.assign(**{c: edges[c].map({True: "T", False: "F"}) for c in ("bridge", "tunnel")})
    path = save(edges.to_crs("EPSG:3879"), tmp_path / "helsinki.shp")
    network = read_lines(path, source=LineSource(snap_m=0.0, crossings=False))
    notes = dict(network.meta.notes)
    assert notes["lines"] == pbf.n_edges
    assert network.edge_length_m.sum() == pytest.approx(pbf.edge_length_m.sum(), rel=1e-4)
    off, unmoved = compared(truth, minutes(network, bbox))
    # Two edges end within two centimetres of another that they do not meet in OSM.
    assert notes["t_junctions"] <= 3
    assert np.nanquantile(off[unmoved], 0.95) <= 0.01
    assert unmoved.mean() > 0.8


# --- files beside the checkout ----------------------------------------------------------------


@pytest.mark.shared
def test_a_real_geopackage_and_its_graphml(shared, tmp_path):
    """The graph of Hong Kong holds all kinds of roads: our rules are applied to both."""
    path = shared / "data" / "hk_yaumatei_osmnx_all2022.gpkg"
    network = import_network(path)
    notes = dict(network.meta.notes)
    assert notes["rules"] == "hongtu"
    assert notes["left_out_closed"] > 100
    edges = import_graph_by_hand(path)
    again = import_network(written(edges, tmp_path / "hk.graphml"))
    assert again.meta.digest == network.meta.digest


def import_graph_by_hand(path: Path) -> Any:
    import geopandas as gpd

    nodes = gpd.read_file(path, layer="nodes").set_index("osmid")
    edges = gpd.read_file(path, layer="edges").set_index(["u", "v", "key"])
    return ox.graph_from_gdfs(nodes, edges)


@pytest.mark.shared
def test_a_real_file_of_shanghai_through_osmnx(shared, tmp_path):
    """Roads for vehicles, one-ways and all: OSMnx's graph is no walk graph, our rules decide."""
    path = shared / "data" / "shanghai_huangpu_drive2026.osm"
    plain = read_osm(path)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The XML file")
        graph = ox.graph_from_xml(path, retain_all=True, simplify=False)
    network = import_network(written(graph, tmp_path / "shanghai.graphml"))
    assert dict(network.meta.notes)["rules"] == "hongtu"
    assert network.edge_length_m.sum() == pytest.approx(plain.edge_length_m.sum(), rel=0.01)
    bbox = plain.meta.bbox
    off, unmoved = compared(minutes(plain, bbox), minutes(network, bbox))
    # Coordinates there have more than seven decimals; libosmium keeps seven, a centimetre.
    assert np.nanmax(off[unmoved]) <= 1e-4
    assert unmoved.mean() > 0.9
