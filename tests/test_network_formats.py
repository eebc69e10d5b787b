"""`network import` of every kind of file: which reader, what is refused, what is said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from drawn_network import degrees, draw, way
from drawn_osm import OsmFile
from drawn_vector import frame, geojson, save, shapefile, zipped
from shapely import LineString
from typer.testing import CliRunner

import cli
from geo.centrelines import LineSource
from geo.errors import MissingFileError, NetworkError, OsmError, PlannerError, VectorError
from geo.imports import SUFFIXES, import_network
from geo.network import EdgeFlag, is_network, load_network, to_osmnx
from geo.osm import graphs as graphs_module
from geo.osm.clip import Clip
from geo.osm.graphs import read_graph
from geo.osm.overrides import read_overrides

LINES = [LineString(degrees(p)) for p in ([(0, 0), (1000, 0)], [(500, -300), (500, 300)])]


def refused(path: Path, code: str, error: type[PlannerError] = OsmError, **how: Any) -> None:
    with pytest.raises(error) as caught:
        import_network(path, **how)
    assert caught.value.code == code
    for lang in ("zh", "en"):
        assert "\n" not in caught.value.sentence(lang)


@pytest.fixture
def graph() -> nx.MultiDiGraph:
    """A drive graph as OSMnx has them: one-ways, merged ways, a motorway, an underpass.

    ::

        1 ══ 2 ── 3 ── 4      1–2 a motorway, 2–3 a street, 3–4 a street and steps,
             │                2–5 closed to the public
             5
    """
    found = nx.MultiDiGraph(crs="epsg:4326", created_date="2024-05-06 07:08:09", simplified=True)
    for node, xy in {1: (0, 0), 2: (400, 0), 3: (800, 0), 4: (1200, 0), 5: (400, -300)}.items():
        lon, lat = degrees(xy)[0]
        found.add_node(node, x=float(lon), y=float(lat), street_count=2)
    for u, v, data in [
        (1, 2, {"osmid": 11, "highway": "motorway", "oneway": True}),
        (2, 3, {"osmid": 12, "highway": "residential", "oneway": False, "name": "中山路"}),
        (3, 4, {"osmid": [13, 14], "highway": ["residential", "steps"], "oneway": False}),
        (2, 5, {"osmid": 15, "highway": "service", "access": "private", "oneway": False}),
    ]:
        line = LineString([(found.nodes[n]["x"], found.nodes[n]["y"]) for n in (u, v)])
        found.add_edge(u, v, **data, reversed=False, length=400.0, geometry=line)
        if not data["oneway"]:
            found.add_edge(v, u, **data, reversed=True, length=400.0, geometry=line.reverse())
    return found


def written(graph: nx.MultiDiGraph, folder: Path, ending: str) -> Path:
    path = folder / f"town{ending}"
    if ending == ".gpkg":
        ox.save_graph_geopackage(graph, path)
    else:
        ox.save_graphml(graph, folder / "town.graphml")
    if ending.endswith(".gz"):
        path.write_bytes(gzip.compress((folder / "town.graphml").read_bytes()))
    return path


ENDINGS = [".graphml", ".graphml.gz", ".gpkg"]


# --- graphs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_drive_graph_is_judged_by_our_rules(graph, tmp_path, ending):
    network = import_network(written(graph, tmp_path, ending))
    assert sorted(network.edge_way.tolist()) == [12, 13]
    notes = dict(network.meta.notes)
    assert notes == {
        "arcs": notes["arcs"], "left_out_no_foot": 1, "left_out_closed": 1, "rules": "hongtu",
    }  # fmt: skip
    steps = network.edge_way[network.has(EdgeFlag.STEPS)].tolist()
    assert steps == [13]  # merged with a street, the stricter holds
    assert network.names == ("中山路",)
    assert network.edge_length_m.tolist() == pytest.approx([400, 400], abs=0.1)


def test_osmnx_s_rules(graph, tmp_path):
    network = import_network(written(graph, tmp_path, ".graphml"), walk_rules="osmnx")
    assert dict(network.meta.notes)["left_out_osmnx"] == 2
    assert network.meta.osm_date == "2024-05-06"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_walk_graph_is_taken_as_it_is(tmp_path, ending):
    """No one-ways and nothing that OSMnx shuts out: what it knew of foot=yes is in no tag."""
    network = draw(way((0, 0), (1000, 0), highway="trunk"), way((500, 0), (500, 200)))
    made = to_osmnx(network)
    for *_, data in made.edges(data=True):
        data["access"] = "no"  # and foot=yes, which OSMnx keeps no word of
    again = import_network(written(made, tmp_path, ending))
    assert dict(again.meta.notes)["rules"] == "as_given"
    assert again.n_edges == network.n_edges


@pytest.mark.parametrize("ending", [".graphml", ".gpkg"])
def test_overrides_and_a_box_apply_to_graphs(graph, tmp_path, ending):
    path = written(graph, tmp_path, ending)
    lon, lat = degrees([(400, -290), (1200, -290)]).T
    file = tmp_path / "o.toml"
    file.write_text(
        'datum = "wgs84"\n[[way]]\nid = 15\nwalk = "allow"\n[[way]]\nid = 14\nwalk = "forbid"\n'
        f"[[link]]\nline = [[{lon[0]}, {lat[0]}], [{lon[0] + 1e-3}, {lat[0]}],"
        f" [{degrees((700, -10))[0][0]}, {degrees((700, -10))[0][1]}]]\n"
    )
    network = import_network(path, overrides=read_overrides(file))
    assert {12, 15} == {w for w in network.edge_way.tolist() if w > 0}
    assert network.has(EdgeFlag.LINK).sum() >= 1
    assert dict(network.meta.notes)["override_forbidden"] == 1
    west, south, east, north = *degrees((750, -50))[0], *degrees((1300, 50))[0]
    clipped = import_network(path, clip=Clip((west, south, east, north)))
    assert sorted(clipped.edge_way.tolist()) == [12, 13]


HEAD = b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;">]><graphml>&c;</graphml>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><graphml>&f;</graphml>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, f"<!-- <graphml -->{BOMB}"])
@pytest.mark.parametrize("ending", [".graphml", ".graphml.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_entities_are_not_read(tmp_path, text, ending, encoding):
    data = text.encode(encoding)
    path = tmp_path / f"x{ending}"
    path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    refused(path, "graphml_doctype")


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"<graphml>",
        b"<osm/>",
        b"<graphml></graphml>",
        HEAD + b'<key id="a"/><graph><node id="1"><data key="b">x</data></node></graph></graphml>',
        HEAD + b'<key id="a" for="node"/></graphml>',
        b"\xff\xfe\xff",
        b"<a>" * 50_000,
    ],
)
def test_graphml_that_is_none(tmp_path, data):
    path = tmp_path / "x.graphml"
    path.write_bytes(data)
    refused(path, "graphml_unreadable")


def test_graphml_of_something_else(tmp_path):
    path = tmp_path / "x.graphml"
    path.write_bytes(HEAD + b"<graph><edge/></graph></graphml>")
    refused(path, "network_graph", NetworkError)


def test_graphml_that_is_packed_too_tightly_or_cut_off(tmp_path, monkeypatch):
    path = tmp_path / "x.graphml.gz"
    path.write_bytes(gzip.compress(b"<graphml>" + b" " * 10**6))
    monkeypatch.setattr(graphs_module, "MAX_UNPACKED", 10**5)
    refused(path, "zip_too_large", VectorError)
    path.write_bytes(gzip.compress(bytes(1000))[:-9])
    refused(path, "graphml_unreadable")
    path.write_bytes(b"no gzip")
    refused(path, "graphml_unreadable")


def test_graphs_that_contradict_themselves(graph, tmp_path):
    path = written(graph, tmp_path, ".gpkg")
    import geopandas as gpd

    nodes, edges = (gpd.read_file(path, layer=layer) for layer in ("nodes", "edges"))
    other = tmp_path / "other.gpkg"
    save(nodes.iloc[1:], other, layer="nodes")
    save(edges, other, layer="edges")
    refused(other, "network_graph", NetworkError)
    save(edges.drop(columns="u"), tmp_path / "third.gpkg", layer="edges")
    save(nodes, tmp_path / "third.gpkg", layer="nodes")
    refused(tmp_path / "third.gpkg", "network_graph", NetworkError)
    projected = tmp_path / "fourth.gpkg"
    save(nodes.to_crs(32651), projected, layer="nodes")
    save(edges.to_crs(32651), projected, layer="edges")
    refused(projected, "network_graph", NetworkError)


def test_another_file_is_no_graph(tmp_path):
    (tmp_path / "x.osm").write_text("<osm/>")
    with pytest.raises(OsmError) as caught:
        read_graph(tmp_path / "x.osm")
    assert caught.value.code == "osm_suffix"


# --- which reader -----------------------------------------------------------------------------


def test_every_file_finds_its_reader(graph, tmp_path, osm: OsmFile):
    osm.nodes(a=(0, 0), b=(1000, 0)).way(1, "ab")
    assert import_network(osm.write()).n_edges == 1
    assert import_network(written(graph, tmp_path, ".gpkg")).n_edges == 2
    table = frame(LINES, "EPSG:4326", n=[1, 2]).to_crs("EPSG:4549")
    lines = save(table, tmp_path / "lines.gpkg", layer="edges")
    assert import_network(lines).n_edges == 4
    # A layer that is named is a layer of lines, in a graph's GeoPackage too.
    source = LineSource(layer="edges", crossings=False)
    assert import_network(tmp_path / "town.gpkg", lines=source).n_edges == 3


def test_what_no_reader_takes(tmp_path):
    refused(tmp_path / "no.gpkg", "file_missing", MissingFileError)
    refused(tmp_path, "osm_folder")
    for name in ("x.csv", "x.kml", "x.vrt", "x"):
        (tmp_path / name).write_text("x")
        refused(tmp_path / name, "osm_suffix")
    assert {".osm.pbf", ".graphml.gz", ".gpkg", ".zip"} <= set(SUFFIXES)


def test_line_options_with_other_files(graph, tmp_path, osm: OsmFile):
    osm.nodes(a=(0, 0), b=(1000, 0)).way(1, "ab")
    for path in (osm.write(), written(graph, tmp_path, ".graphml")):
        for source in (
            LineSource(crs="EPSG:4549"),
            LineSource(snap_m=1),
            LineSource(crossings=False),
        ):
            refused(path, "lines_only", PlannerError, lines=source)


# --- the command ------------------------------------------------------------------------------


def run(*words: object) -> Any:
    """Run the command line; a refusal is what it raises (`terminal` makes sentences of them)."""
    return CliRunner().invoke(cli.app, [str(w) for w in words])


def test_the_command_takes_lines_and_tells_what_it_did(tmp_path):
    shapes = [*LINES, None]
    table = frame(shapes, "EPSG:4326", 名称=["中山路", None, None]).to_crs("EPSG:4549")
    shp = shapefile(tmp_path / "in/路网.shp", table, "GBK")
    shp.with_suffix(".prj").unlink()
    path, out = zipped(tmp_path / "路网.zip", shp), tmp_path / "net"
    done = run("network", "import", path, "--crs", "EPSG:4549", "--out", out, "--lang", "en")
    assert done.exception is None, done.output
    assert "3 lines, read as EPSG:4549, tolerance 0.5 m" in done.output
    assert "1 crossings made junctions" in done.output
    assert "Feature 3 is not used: it has no coordinates." in done.output
    assert "every crossing counts as a junction" in done.output
    network = load_network(out, verify=True)
    assert (network.n_edges, network.names) == (4, ("中山路",))
    shown = run("network", "info", out, "--lang", "zh")
    assert "crossings=1" in shown.output
    assert "交叉打断 1 处" in shown.output
    assert "自备的线图层" in shown.output


def test_the_command_in_json_with_a_geopackage(graph, tmp_path):
    path, out = written(graph, tmp_path, ".graphml.gz"), tmp_path / "net"
    done = run("network", "import", path, "--out", out, "--gpkg", "--json", "--name", "试")
    facts = json.loads(done.stdout)
    assert (facts["name"], facts["notes"]["left_out_closed"]) == ("试", 1)
    assert (tmp_path / "net.gpkg").exists()
    lines = [LineString(np.roll(np.array(line.coords), 0, axis=0)) for line in LINES]
    path = geojson(tmp_path / "l.geojson", lines)
    done = run("network", "import", path, "--datum", "高德", "--out", out, "--json")
    assert json.loads(done.stdout)["notes"]["crs"] == "gcj02"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "lines_undeclared"),
        (["--crs", "EPSG:4549"], "lines_are_degrees"),
        (["--crs", "EPSG:4549", "--datum", "wgs84"], "crs_and_datum"),
        (["--datum", "xian80"], "datum_unknown"),
        (["--datum", "wgs84", "--snap-m", "9"], "snap_range"),
        (["--datum", "wgs84", "--layer", "x"], "layer_unknown"),
        (["--datum", "wgs84", "--name-column", "x"], "column_unknown"),
        (["--datum", "wgs84", "--bbox", "0,0,1,1"], "osm_no_ways"),
    ],
)
def test_the_command_refuses_and_leaves_nothing(tmp_path, words, code):
    path = geojson(tmp_path / "l.geojson", LINES)
    done = run("network", "import", path, "--out", tmp_path / "net", *words)
    assert isinstance(done.exception, PlannerError)
    assert done.exception.code == code
    assert [p.name for p in tmp_path.iterdir()] == ["l.geojson"]
    assert not is_network(tmp_path / "net")
