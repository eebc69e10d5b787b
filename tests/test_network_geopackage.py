"""A network as a GeoPackage: what QGIS finds in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from drawn_network import draw, way

from geo.errors import OutputError
from geo.network import EdgeFlag, WalkNetwork, write_network_geopackage


@pytest.fixture
def network() -> WalkNetwork:
    drawn = draw(
        way((0, 0), (300, 0), (300, 400)),
        way((300, 0), (500, 0), flags=EdgeFlag.STEPS, highway="steps"),
        water=[shapely.box(100, 100, 200, 200)],
        barriers=[shapely.LineString([(0, 50), (90, 50)])],
    )
    meta = replace(drawn.meta, name="城", osm_date="2024-05-06", notes=(("ways", 2),))
    return replace(drawn, meta=meta, names=("中山路",), edge_name=drawn.edge_u * 0)


def test_layers(network, tmp_path):
    path = tmp_path / "net.gpkg"
    assert write_network_geopackage(network, path).rows == 3 + 4 + 1 + 1
    layers = {name: gpd.read_file(path, layer=name) for name in gpd.list_layers(path)["name"][:4]}
    assert list(layers) == ["edges", "nodes", "water", "barriers"]
    for frame in layers.values():
        assert frame.crs == "EPSG:4326"
    edges = layers["edges"]
    assert edges["edge"].tolist() == [0, 1, 2]
    assert edges["length_m"].round().sum() == 900
    assert edges["highway"].tolist().count("steps") == 1
    assert edges["steps"].sum() == 1
    assert set(edges["name"]) == {"中山路"}
    assert edges["u"].tolist() == network.edge_u.tolist()
    assert layers["nodes"]["osmid"].tolist() == network.node_osmid.tolist()
    assert layers["water"].geometry.iloc[0].area > 0
    assert layers["barriers"].geometry.iloc[0].length > 0


def test_style_and_provenance(network, tmp_path):
    path = tmp_path / "net.gpkg"
    write_network_geopackage(network, path, lang="en")
    with closing(sqlite3.connect(path)) as base:
        styled = {row[0] for row in base.execute("SELECT f_table_name FROM layer_styles")}
        said = dict(base.execute("SELECT key, value FROM provenance"))
        (text,) = base.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'edges'"
        ).fetchone()
    assert styled == {"edges", "barriers"}
    assert said["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    source = json.loads(said["network"])
    assert source["digest"] == network.meta.digest
    assert source["osm_date"] == "2024-05-06"
    assert json.loads(said["parameters"]) == {"notes.ways": 2}
    assert "metres" in text


def test_no_water_and_no_barriers(tmp_path):
    """Layers without rows are there all the same, so that a project file finds them."""
    path = tmp_path / "net.gpkg"
    write_network_geopackage(draw(way((0, 0), (100, 0))), path)
    assert len(gpd.read_file(path, layer="edges")) == 1
    assert len(gpd.read_file(path, layer="water")) == 0
    assert len(gpd.read_file(path, layer="barriers")) == 0


def test_the_network_s_own_frames_are_not_written_to(network, tmp_path):
    before = list(network.edges.columns)
    write_network_geopackage(network, tmp_path / "net.gpkg")
    assert list(network.edges.columns) == before


def test_a_folder_that_is_not_there(network, tmp_path):
    with pytest.raises(OutputError):
        write_network_geopackage(network, tmp_path / "no" / "net.gpkg")
