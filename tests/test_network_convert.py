"""Networks and OSMnx graphs: there, back, and what OSMnx makes of them."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from drawn_network import degrees, draw, way
from shapely import LineString, MultiLineString, Point

from geo.errors import NetworkError
from geo.network import EdgeFlag, WalkNetwork, from_osmnx, to_osmnx
from geo.osm import read_osm
from geo.osm.rules import walkable

FORTH, BACK = EdgeFlag.FORWARD_ONLY, EdgeFlag.BACKWARD_ONLY


def back(graph: nx.Graph) -> WalkNetwork:
    return from_osmnx(graph, name="城", source="test")


# --- there and back --------------------------------------------------------------------------


@pytest.fixture
def drawn() -> WalkNetwork:
    """One of everything.

    ::

        a════b════c      two lines between a and b, steps down c–d, an escalator up d–e,
        ║         ↓      a loop at a, a ferry from e
        ○         d→e┄┄┄f
    """
    return draw(
        way((0, 0), (100, 30), (200, 0)),
        way((0, 0), (100, -30), (200, 0), highway="residential", flags=EdgeFlag.DRIVE),
        way((200, 0), (400, 0), flags=EdgeFlag.BRIDGE | EdgeFlag.OVER_WATER),
        way((400, 0), (400, -50), highway="steps", flags=EdgeFlag.STEPS | EdgeFlag.TUNNEL),
        way((400, -50), (450, -50), highway="steps",
            flags=EdgeFlag.STEPS | EdgeFlag.CONVEYING | FORTH),
        way((450, -50), (470, -50), flags=BACK | EdgeFlag.INDOOR),
        way((470, -50), (900, -50), highway="ferry", flags=EdgeFlag.FERRY),
        way((0, 0), (-50, -50), (50, -50), (0, 0), highway="pedestrian", flags=EdgeFlag.AREA),
        way((0, 0), (0, 90), flags=EdgeFlag.LINK | EdgeFlag.NO_WHEELCHAIR),
    )  # fmt: skip


def test_there_and_back(drawn):
    again = back(to_osmnx(drawn))
    for column in ("edge_u", "edge_v", "edge_length_m", "edge_flags", "edge_way", "coords"):
        assert np.array_equal(getattr(again, column), getattr(drawn, column)), column
    assert again.meta.digest == drawn.meta.digest


def test_there_and_back_through_a_file(drawn, tmp_path):
    ox.save_graphml(to_osmnx(drawn), tmp_path / "net.graphml")
    assert back(ox.load_graphml(tmp_path / "net.graphml")).meta.digest == drawn.meta.digest
    raw = nx.read_graphml(tmp_path / "net.graphml", force_multigraph=True)  # all strings
    assert back(raw).meta.digest == drawn.meta.digest


def test_a_real_network_there_and_back(helsinki_pbf):
    network = read_osm(helsinki_pbf)
    again = back(to_osmnx(network))
    assert np.array_equal(again.coords, network.coords)
    assert np.array_equal(again.edge_flags, network.edge_flags)
    assert again.names == network.names
    assert again.meta.osm_date == network.meta.osm_date
    assert again.meta.attribution == network.meta.attribution


def test_arcs_run_only_where_people_may(drawn):
    graph = to_osmnx(drawn)
    arcs = [(u, v) for u, v, d in graph.edges(data=True) if d["oneway"]]
    ids = {tuple(xy): i for i, xy in enumerate([(400, -50), (450, -50), (470, -50)])}
    where = degrees(list(ids))
    names = {
        node: int(np.argmin(np.hypot(*(where - (d["x"], d["y"])).T)))
        for node, d in graph.nodes(data=True)
    }
    assert sorted((names[u], names[v]) for u, v in arcs) == [(0, 1), (2, 1)]
    assert graph.number_of_edges() == 2 * drawn.n_edges - 2


def test_osmnx_can_use_it(drawn, tmp_path):
    graph = to_osmnx(drawn)
    nodes, edges = ox.graph_to_gdfs(graph)
    assert nodes.crs == edges.crs == "epsg:4326"
    assert edges.index.names == ["u", "v", "key"]
    assert {"osmid", "length", "highway", "oneway", "reversed", "geometry"} <= set(edges.columns)
    assert edges.geometry.geom_type.unique().tolist() == ["LineString"]
    first = edges.iloc[0]
    u, v, _ = edges.index[0]
    assert first.geometry.coords[0] == (nodes.loc[u, "x"], nodes.loc[u, "y"])
    assert first.geometry.coords[-1] == (nodes.loc[v, "x"], nodes.loc[v, "y"])
    ox.save_graph_geopackage(graph, tmp_path / "net.gpkg")
    assert ox.project_graph(graph).graph["crs"] != "epsg:4326"
    assert ox.convert.to_undirected(graph).number_of_edges() == drawn.n_edges
    projected = ox.project_graph(graph)  # unprojected, OSMnx would want scikit-learn
    spots = [Point(at) for at in degrees([(0, 90), (400, 0)])]
    there = [ox.projection.project_geometry(p, to_crs=projected.graph["crs"])[0] for p in spots]
    start, end = ox.nearest_nodes(projected, [p.x for p in there], [p.y for p in there])
    metres = nx.shortest_path_length(graph, start, end, weight="length")
    assert metres == pytest.approx(90 + 2 * np.hypot(100, 30) + 200, abs=0.05)


def test_what_is_said_aloud_is_still_said():
    network = draw(way((0, 0), (100, 0)))
    graph = to_osmnx(network)
    graph.graph["hongtu_says"] = "sample,no_water,schematic"
    assert back(graph).meta.flags == ("no_water", "sample", "schematic")


# --- graphs of others ------------------------------------------------------------------------


@pytest.fixture
def graph() -> Callable[..., nx.MultiDiGraph]:
    """A maker of graphs over nodes 1 (0, 0), 2 (100, 0), 3 (200, 0) from (u, v, data) arcs."""

    def make(*arcs: tuple[int, int, dict], both: bool = True, **attrs: object) -> nx.MultiDiGraph:
        found = nx.MultiDiGraph(**{"crs": "epsg:4326", **attrs})
        for node, xy in {1: (0, 0), 2: (100, 0), 3: (200, 0)}.items():
            lon, lat = degrees(xy)[0]
            found.add_node(node, x=float(lon), y=float(lat))
        for u, v, data in arcs:
            known = {"osmid": 7, "highway": "footway", "oneway": False, **data}
            found.add_edge(u, v, **{"reversed": False, **known})
            if both:
                found.add_edge(v, u, **{"reversed": True, **known})
        return found

    return make


def flags(network: WalkNetwork) -> list[EdgeFlag]:
    return [EdgeFlag(int(f)) for f in network.edge_flags]


def test_two_arcs_are_one_edge_and_no_geometry_is_a_straight_line(graph):
    network = back(graph((1, 2, {}), (2, 3, {"osmid": 8})))
    assert network.n_edges == 2
    assert network.edge_length_m.round(1).tolist() == [100, 100]
    assert sorted(network.node_osmid.tolist()) == [1, 2, 3]
    assert sorted(network.edge_way.tolist()) == [7, 8]


def test_one_way_streets_are_walked_both_ways(graph):
    one = back(graph((1, 2, {"oneway": True, "highway": "residential"}), both=False))
    assert flags(one) == [EdgeFlag.DRIVE]
    assert back(graph((1, 2, {"oneway": True}), both=True)).n_edges == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"conveying": "forward"}, EdgeFlag.CONVEYING | FORTH),
        ({"conveying": "backward"}, EdgeFlag.CONVEYING | BACK),
        ({"oneway:foot": "yes"}, FORTH),
        ({"highway": "steps"}, EdgeFlag.STEPS),
        ({"highway": ["footway", "steps"]}, EdgeFlag.STEPS),
        ({"highway": ["steps", "footway"]}, EdgeFlag.STEPS),
        ({"highway": ["footway", "corridor", "elevator"]}, EdgeFlag.ELEVATOR | EdgeFlag.INDOOR),
        ({"tunnel": ["building_passage", "yes"]}, EdgeFlag.TUNNEL),
        ({"level": ["0", "-1"]}, EdgeFlag.TUNNEL),
        ({"tunnel": "building_passage"}, EdgeFlag(0)),
        ({"bridge": ["no", "viaduct"]}, EdgeFlag.BRIDGE),
        ({"route": "ferry"}, EdgeFlag.FERRY),
        ({"highway": ["footway", "ferry"]}, EdgeFlag.FERRY),
        ({"wheelchair": ["yes", "no"]}, EdgeFlag.NO_WHEELCHAIR),
        ({"tunnel": float("nan")}, EdgeFlag(0)),  # graph_from_gdfs leaves these
    ],
)
def test_of_merged_tags_the_strictest_wins(graph, data, expected):
    assert flags(back(graph((1, 2, data)))) == [expected]


def test_directions_follow_the_way_not_the_arc(graph):
    """Only the arc 2 → 1 is there, against the way: the escalator still runs 1 → 2."""
    turned = graph((2, 1, {"conveying": "forward", "reversed": True}), both=False)
    network = back(turned)
    assert network.node_osmid[[network.edge_u[0], network.edge_v[0]]].tolist() == [1, 2]
    assert flags(network) == [EdgeFlag.CONVEYING | FORTH]


def test_ways_joined_head_to_head_have_no_direction(graph):
    found = graph((1, 2, {"conveying": "forward", "reversed": [True, False]}), both=False)
    assert flags(back(found)) == [EdgeFlag.CONVEYING]


def test_names_are_joined(graph):
    network = back(
        graph((1, 2, {"name": ["中山路", "解放路", "中山路"], "name:en": "Zhongshan Rd"}))
    )
    assert network.edges["name"].tolist() == ["中山路 / 解放路"]
    assert network.edges["name_en"].tolist() == ["Zhongshan Rd"]


def test_two_ways_over_the_same_nodes_stay_two(graph):
    assert back(graph((1, 2, {}), (1, 2, {"osmid": 8}))).n_edges == 2
    assert back(graph((1, 2, {}), (1, 2, {}))).n_edges == 2


def test_two_lines_between_the_same_nodes_stay_two(graph):
    bow = LineString(degrees([(0, 0), (50, 40), (100, 0)]))
    found = graph((1, 2, {}))
    found.add_edge(1, 2, osmid=7, highway="footway", reversed=False, geometry=bow)
    found.add_edge(2, 1, osmid=7, highway="footway", reversed=True, geometry=bow.reverse())
    assert sorted(back(found).edge_length_m.round()) == [100, 128]


def test_a_loop_is_one_edge(graph):
    loop = LineString(degrees([(0, 0), (50, 40), (90, 0), (0, 0)]))
    found = graph()
    for reverse, line in ((False, loop), (True, loop.reverse())):
        found.add_edge(1, 1, osmid=7, highway="path", reversed=reverse, geometry=line)
    assert back(found).n_edges == 1
    for *_, data in found.edges(data=True):
        data["reversed"] = [True, False]
    assert back(found).n_edges == 1


def test_osmnx_s_own_simplified_graph(helsinki_pbf, tmp_path):
    """A graph that OSMnx built and simplified: merged lists, loops, parallel edges."""
    import osmium

    path = tmp_path / "part.osm"
    with osmium.SimpleWriter(str(path)) as out:
        for item in osmium.FileProcessor(str(helsinki_pbf)).with_locations():
            if item.is_node():
                out.add_node(item)
            elif item.is_way() and "highway" in item.tags and _inside(item):
                out.add_way(item)
    graph = ox.graph_from_xml(path, bidirectional=True, retain_all=True)
    network = back(graph)
    undirected = ox.convert.to_undirected(graph)
    assert network.n_edges == undirected.number_of_edges()
    theirs = sum(d["length"] for *_, d in undirected.edges(data=True))
    assert network.edge_length_m.sum() == pytest.approx(theirs, rel=0.005)  # sphere, ellipsoid
    assert network.has(EdgeFlag.STEPS).any()
    assert back(undirected).n_edges == network.n_edges
    ox.save_graphml(graph, tmp_path / "net.graphml")
    assert back(ox.load_graphml(tmp_path / "net.graphml")).meta.digest == network.meta.digest


def _inside(street) -> bool:
    """Return True for ways wholly in a few blocks of the city."""
    return all(
        node.location.valid() and 24.940 < node.lon < 24.947 and 60.168 < node.lat < 60.172
        for node in street.nodes
    )


def test_nodes_with_names_get_ids_of_their_own(graph):
    network = back(nx.relabel_nodes(graph((1, 2, {}), (2, 3, {})), {1: "a", 2: "b", 3: "c"}))
    assert sorted(network.node_osmid.tolist()) == [-3, -2, -1]


def test_a_line_that_stops_short_is_led_to_its_node(graph):
    short = LineString(degrees([(20, 0), (90, 0)]))
    network = back(graph((1, 2, {"geometry": short}), both=False))
    assert network.edge_length_m.round().tolist() == [100]


def test_what_a_geopackage_leaves_empty_is_missing(graph):
    """GeoPackages of OSMnx have an empty text where a street has no such tag."""
    network = back(graph((1, 2, {"bridge": "", "tunnel": "", "name": "", "conveying": ""})))
    assert flags(network) == [EdgeFlag(0)]
    assert network.names == ()


def test_a_graph_that_was_not_made_for_walking(graph):
    """Three streets: one to walk, a motorway, and one that is a motorway for a part."""
    found = graph(
        (1, 2, {"osmid": 7}),
        (2, 3, {"osmid": 8, "highway": "motorway"}),
        (1, 3, {"osmid": 9, "highway": ["residential", "motorway_link"]}),
    )
    assert back(found).n_edges == 3
    network = from_osmnx(found, name="城", source="test", walkable=walkable)
    assert network.edge_way.tolist() == [7]
    assert dict(network.meta.notes) == {"arcs": 6, "left_out": 2}


@pytest.mark.shared
def test_a_real_geopackage_of_osmnx(shared):
    path = shared / "data" / "hk_yaumatei_osmnx_all2022.gpkg"
    nodes = gpd.read_file(path, layer="nodes").set_index("osmid")
    edges = gpd.read_file(path, layer="edges").set_index(["u", "v", "key"])
    network = back(ox.graph_from_gdfs(nodes, edges))
    assert network.n_edges == 7788  # it was saved with one arc an edge
    assert network.edge_length_m.sum() == pytest.approx(edges["length"].sum(), rel=0.005)
    merged = edges["highway"].str.contains("steps").to_numpy()
    assert network.has(EdgeFlag.STEPS).sum() == merged.sum()
    assert network.has(EdgeFlag.BRIDGE).sum() == (edges["bridge"] != "").sum()
    on_foot = from_osmnx(ox.graph_from_gdfs(nodes, edges), name="x", source="y", walkable=walkable)
    assert "motorway" in network.highways
    assert "motorway" not in on_foot.highways


# --- graphs that cannot be used --------------------------------------------------------------


def refused(graph: nx.Graph, code: str = "network_graph") -> str:
    with pytest.raises(NetworkError) as caught:
        back(graph)
    assert caught.value.code == code
    assert "\n" not in caught.value.sentence("en")
    return caught.value.sentence("zh")


def test_a_projected_graph(graph):
    assert "32650" in refused(ox.project_graph(graph((1, 2, {})), to_crs="EPSG:32650"))


@pytest.mark.parametrize("crs", [None, "", "nonsense", 7, "epsg:4490"])
def test_a_graph_of_unknown_degrees(graph, crs):
    refused(graph((1, 2, {}), crs=crs))


def test_an_empty_graph(graph):
    refused(graph(), "network_empty")
    refused(nx.MultiDiGraph(crs="epsg:4326"), "network_empty")


@pytest.mark.parametrize("x", [None, "east", float("nan"), 500_000.0])
def test_a_node_without_a_place(graph, x):
    found = graph((1, 2, {}))
    found.nodes[1]["x"] = x
    assert "1" in refused(found)


@pytest.mark.parametrize(
    "geometry",
    [
        Point(120, 32),
        MultiLineString([[(120, 32), (120.1, 32)], [(120.2, 32), (120.3, 32)]]),
        LineString(),
        LineString([(500_000, 3_500_000), (500_100, 3_500_000)]),
        "LINESTRING (broken",
        f"LINESTRING (120 32, {'9' * 400} 32)",
        7,
    ],
)
def test_an_edge_without_a_line(graph, geometry):
    refused(graph((1, 2, {"geometry": geometry})))
