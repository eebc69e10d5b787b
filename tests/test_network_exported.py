"""A network written to a GeoPackage and read back: the same edges, the same to be said of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, way

from geo.centrelines import LineSource
from geo.errors import NetworkError, PlannerError
from geo.imports import import_network
from geo.network import EdgeFlag, WalkNetwork, write_network_geopackage
from geo.osm import Clip, read_osm
from geo.osm.exported import is_exported
from geo.osm.overrides import Link, Overrides
from geo.schematic import schematic_network

BRIDGE = EdgeFlag.BRIDGE | EdgeFlag.OVER_WATER


@pytest.fixture
def network() -> WalkNetwork:
    # Two streets cross on two levels, which no line layer would keep apart.
    drawn = draw(
        way((0, 0), (300, 0), (300, 400)),
        way((300, 0), (500, 0), flags=EdgeFlag.STEPS, highway="steps"),
        way((-100, -50), (150, 50), (400, 200), flags=BRIDGE),
        way((0, 0), (0, 0.4), (-60, 0.4)),
        water=[shapely.box(100, 100, 200, 200)],
        barriers=[shapely.LineString([(0, -50), (90, -50)])],
    )
    meta = replace(
        drawn.meta, name="城 / Town", osm_date="2024-05-06", notes=(("ways", 2), ("rules", "x")),
        flags=(*drawn.meta.flags, "schematic"), overrides_digest="ab",
    )  # fmt: skip
    names = np.where(np.arange(drawn.n_edges) % 2, 0, -1)
    return replace(drawn, meta=meta, names=("中山路",), edge_name=names)


def exported(network: WalkNetwork, folder: Path) -> Path:
    path = folder / "network.gpkg"
    write_network_geopackage(network, path)
    return path


def assert_same(one: WalkNetwork, other: WalkNetwork) -> None:
    a, b = one.edges, other.edges
    plain = a.columns.drop(["geometry", "length_m"])
    assert a[plain].equals(b[plain])
    assert a["length_m"].to_numpy() == pytest.approx(b["length_m"].to_numpy(), abs=0.05)
    assert np.abs(one.coords - other.coords).max() < 1e-7
    assert one.node_osmid.tolist() == other.node_osmid.tolist()
    assert len(one.water_wkb) == len(other.water_wkb)
    assert len(one.barrier_wkb) == len(other.barrier_wkb)
    kept = ("name", "osm_date", "attribution", "flags", "notes", "overrides_digest")
    for field in kept:
        assert getattr(one.meta, field) == getattr(other.meta, field), field


def test_it_comes_back_as_it_was(network, tmp_path):
    path = exported(network, tmp_path)
    again = import_network(path)
    assert_same(again, network)
    assert again.meta.source == "network.gpkg"
    second = import_network(exported(again, tmp_path / "."))
    assert second.meta.digest == again.meta.digest


def test_the_schematic_one_stays_schematic(tmp_path):
    network = schematic_network()
    again = import_network(exported(network, tmp_path))
    assert_same(again, network)
    assert "schematic" in again.meta.flags


def test_a_real_one_keeps_its_credit(tmp_path, helsinki_pbf):
    network = read_osm(helsinki_pbf, clip=Clip((24.94, 60.165, 24.95, 60.17)))
    again = import_network(exported(network, tmp_path), name="mine")
    assert_same(replace(again, meta=replace(again.meta, name=network.meta.name)), network)
    assert again.meta.name == "mine"
    assert "OpenStreetMap" in again.meta.attribution


def test_links_count_for_as_much_as_before(network, tmp_path):
    (x, y), (x2, y2) = degrees([(500, 0), (300, 400)])
    link = Link(((x, y), (x2, y2)), "桥", minutes=20.0)
    again = import_network(exported(network, tmp_path), overrides=Overrides(links=(link,)))
    links = again.has(EdgeFlag.LINK)
    metres = again.edge_length_m[links].sum()
    assert metres > 1.5 * np.hypot(200, 400)
    third = import_network(exported(again, tmp_path))
    assert third.edge_length_m[third.has(EdgeFlag.LINK)].sum() == pytest.approx(metres, rel=1e-6)
    assert "overrides" in third.meta.flags


def test_it_can_be_clipped(network, tmp_path):
    west, south = degrees([(250, -10)])[0]
    east, north = degrees([(600, 450)])[0]
    cut = import_network(exported(network, tmp_path), clip=Clip((west, south, east, north)))
    assert 0 < cut.n_edges < network.n_edges


def test_a_named_layer_is_a_layer_of_lines(network, tmp_path):
    path = exported(network, tmp_path)
    lines = import_network(path, lines=LineSource(layer="edges"))
    assert "own_lines" in lines.meta.flags


def sql(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as base, base:
        triggers = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            base.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            base.execute(statement)
    return path


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE edges SET u = NULL WHERE edge = 1", "network_edited"),
        ("UPDATE edges SET u = 999 WHERE edge = 1", "network_edited"),
        ("UPDATE edges SET u = v WHERE edge = 1", "network_edited"),
        ("UPDATE edges SET highway = NULL WHERE edge = 1", "network_edited"),
        ("UPDATE edges SET geom = NULL WHERE edge = 1", "network_edited"),
        ("UPDATE nodes SET node = 99 WHERE node = 1", "network_edited"),
        ("ALTER TABLE edges DROP COLUMN steps", "network_columns"),
        ("ALTER TABLE nodes DROP COLUMN osmid", "network_columns"),
    ],
)
def test_what_was_edited_is_refused_with_what_to_do(network, tmp_path, change, code):
    path = sql(exported(network, tmp_path), change)
    with pytest.raises(NetworkError) as caught:
        import_network(path)
    assert caught.value.code == code
    assert all("--layer edges" in caught.value.sentence(lang) for lang in ("zh", "en"))


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE provenance",
        "DELETE FROM provenance WHERE key = 'program'",
        "UPDATE provenance SET value = 'coverage' WHERE key = 'command'",
        "ALTER TABLE provenance RENAME COLUMN key TO k",
    ],
)
def test_others_are_not_taken_for_one(network, tmp_path, change):
    path = exported(network, tmp_path)
    assert is_exported(path)
    assert not is_exported(sql(path, change))


def test_damaged_words_of_its_source_are_no_traceback(network, tmp_path):
    path = sql(exported(network, tmp_path), "UPDATE provenance SET value = '{' || value")
    assert not is_exported(path)
    path = sql(
        exported(network, tmp_path),
        "UPDATE provenance SET value = '[[[' WHERE key NOT IN ('program', 'command')",
    )
    try:
        assert import_network(path).n_edges == network.n_edges
    except PlannerError as fault:
        pytest.fail(fault.sentence("en"))
