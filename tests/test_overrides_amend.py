"""Scenarios on a network that is saved already: drawn, schematic, real; in TOML and GeoJSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, way

from geo.errors import OsmError
from geo.network import EdgeFlag, WalkNetwork, build_network, components, load_network, save_network
from geo.network.amendments import amendment_lines
from geo.osm import Overrides, read_osm, read_overrides
from geo.osm.amend import amend_network, ways_of
from geo.osm.overrides import Barrier, Gate, Line, Link


def line(*xy: tuple[float, float]) -> Line:
    return tuple((float(lon), float(lat)) for lon, lat in degrees(xy))


def parts(network: WalkNetwork) -> list[int]:
    return [round(m) for m in components(network, ~network.has(EdgeFlag.FERRY))[1]]


@pytest.fixture
def town() -> WalkNetwork:
    """Two streets with a river between, and a ferry.

    ::

        ───────┬─────  y = 300, with a stub to the water
        ~~~~~~~~~~~~~  100 < y < 200, ferry at x = 0
        ─────────────  y = 0
        0          600
    """
    return draw(
        way((0, 300), (300, 300), (600, 300)),
        way((300, 300), (300, 220)),
        way((0, 0), (300, 0), (600, 0)),
        way((0, 0), (0, 300), flags=EdgeFlag.FERRY),
        water=[shapely.box(-100, 100, 700, 200)],
    )


BRIDGE = Link(line((300, 220), (300, 5)), "bridge", "asked for in 2026", "新桥", bridge=True)


def test_a_network_is_made_again_of_its_own_edges(town, helsinki_pbf):
    real = read_osm(helsinki_pbf)
    assert EdgeFlag.BRIDGE & int(np.bitwise_or.reduce(real.edge_flags))
    for network in (town, real):
        made = build_network(
            ways_of(network), meta=network.meta, water=list(network.water),
            barriers=list(network.barriers),
        )  # fmt: skip
        assert made.meta.digest == network.meta.digest
        assert made.meta == network.meta


def test_nothing_asked_for_is_nothing_done(town):
    assert amend_network(town, Overrides()) is town


def test_a_footbridge(town):
    network = amend_network(town, Overrides(links=(BRIDGE,)), name="with a bridge")
    assert parts(town) == [680, 600]
    assert parts(network) == [600 + 680 + 220]
    edge = int(np.flatnonzero(network.has(EdgeFlag.LINK))[0])
    assert network.has(EdgeFlag.OVER_WATER)[edge]  # nobody may step onto it from the water
    meta = network.meta
    assert meta.name == "with a bridge"
    assert "overrides" in meta.flags
    assert meta.digest != town.meta.digest
    (entry,) = meta.amendments
    assert (entry.kind, entry.id, entry.note, entry.reason) == (
        "link", "bridge", "asked for in 2026", "",
    )  # fmt: skip
    assert entry.length_m == pytest.approx(215, abs=0.5)


def test_what_no_entry_touches_stays(town):
    network = amend_network(town, Overrides(links=(BRIDGE,)))
    old = {w.wkb for w in town.edges.geometry}
    kept = {w.wkb for w in network.edges.geometry}
    assert len(old - kept) == 1  # the street that the bridge joins in its middle, now two edges
    assert len(kept - old) == 3
    assert network.water_wkb == town.water_wkb


def test_one_after_the_other_is_both(town):
    """A wall, later a gate in the wall's way, later a bridge that takes its time."""
    wall = Barrier(line((150, 250), (150, 350)), "wall")
    slow = replace(BRIDGE, minutes=6.0)
    first = amend_network(town, Overrides(barriers=(wall,)))
    second = amend_network(first, Overrides(links=(slow,)))
    third = amend_network(second, Overrides(gates=(Gate(line((450, 0), (450, 1))[0], id="gate"),)))
    assert [entry.id for entry in third.meta.amendments] == ["wall", "bridge", "gate"]
    assert third.barrier_wkb == first.barrier_wkb
    link = third.has(EdgeFlag.LINK)
    assert third.edge_length_m[link].sum() == pytest.approx(400)  # 6 min at 4 km/h, still
    assert parts(third) == [450 + 530 + 400, 150, 150]
    digests = {n.meta.overrides_digest for n in (first, second, third)}
    assert len(digests) == 3
    opened = amend_network(third, Overrides(gates=(Gate(line((450, 2), (0, 0))[0], True),)))
    assert parts(opened) == [600 + 530 + 400, 150]


def test_a_link_out_of_two_files_has_a_way_of_its_own(town):
    first = amend_network(town, Overrides(links=(BRIDGE,)))
    second = amend_network(first, Overrides(links=(Link(line((600, 0), (600, 300))),)))
    assert len({w for w in second.edge_way.tolist() if w < 0}) == 2


def test_ways_of_a_saved_network(town):
    forbidden = amend_network(town, Overrides(forbidden=frozenset({2, 77}), notes=((2, "stub"),)))
    assert parts(forbidden) == [600, 600]
    assert [(e.id, e.note, e.reason) for e in forbidden.meta.amendments] == [
        ("2", "stub", ""), ("77", "", "way_unknown"),
    ]  # fmt: skip
    with pytest.raises(OsmError) as caught:
        amend_network(town, Overrides(allowed=frozenset({99})))
    assert "import it again" in caught.value.sentence("en")


def test_the_record_is_saved(town, tmp_path):
    network = amend_network(town, Overrides(links=(BRIDGE,), forbidden=frozenset({77})))
    save_network(network, tmp_path / "net")
    loaded = load_network(tmp_path / "net", verify=True)
    assert loaded.meta == network.meta
    lines = amendment_lines(loaded.meta, "en")
    assert "1 applied, 1 not" in lines[0]
    assert "asked for in 2026" in lines[2]
    assert len(amendment_lines(loaded.meta, "zh")) == 3
    assert amendment_lines(town.meta, "en") == []


def test_networks_saved_before_have_no_record(town, tmp_path):
    save_network(town, tmp_path / "net")
    head = tmp_path / "net" / "network.json"
    raw = json.loads(head.read_text(encoding="utf-8"))
    del raw["meta"]["amendments"], raw["meta"]["overrides_digest"]
    head.write_text(json.dumps(raw), encoding="utf-8")
    assert load_network(tmp_path / "net").meta == town.meta


# --- GeoJSON ---------------------------------------------------------------------------------


def feature(kind: Any, geometry: Any, **own: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kind": kind, **own}, "geometry": geometry}


def written(folder: Path, *features: Any, **top: Any) -> Path:
    path = folder / "drawn.geojson"
    body = {"type": "FeatureCollection", **top, "features": list(features)}
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return path


def geo(shape: str, xy: Any) -> dict[str, Any]:
    return {"type": shape, "coordinates": xy}


TWO = [[118.78, 32.04], [118.79, 32.04]]


def test_what_a_gis_draws(tmp_path):
    """Multi-lines, heights, columns of other things, numbers kept as text, null columns."""
    path = written(
        tmp_path,
        feature("Link", geo("MultiLineString", [TWO]), fid=7, steps="true", minutes=None, id="a"),
        feature("barrier", geo("LineString", [[118.78, 32.04, 9.5], [118.79, 32.05, 9.5]])),
        feature("gate", geo("Point", [118.78, 32.04]), open=1, note="opened\nin 2025"),
        feature("way", None, way="123", walk="forbid", colour="red"),
        datum="wgs84",
    )
    found = read_overrides(path)
    assert found.links == (Link(((118.78, 32.04), (118.79, 32.04)), "a", steps=True),)
    assert found.barriers[0].line[1] == (118.79, 32.05)
    assert found.gates == (Gate((118.78, 32.04), True, "gate-1", "opened in 2025"),)
    assert found.forbidden == {123}


def test_toml_and_geojson_say_the_same(tmp_path):
    toml = tmp_path / "o.toml"
    toml.write_text(
        f'datum = "gcj02"\n[[link]]\nid = "a"\nline = {TWO}\nbridge = true\n[[way]]\nid = 5\n'
        'walk = "allow"\n', encoding="utf-8",
    )  # fmt: skip
    path = written(
        tmp_path, feature("link", geo("LineString", TWO), id="a", bridge=True),
        feature("way", None, way=5, walk="allow"),
    )  # fmt: skip
    one, other = read_overrides(toml), read_overrides(path, datum="gcj02")
    assert one == other
    assert one.digest == other.digest
    assert one.digest != replace(one, allowed=frozenset({6})).digest


@pytest.mark.parametrize(
    ("features", "code"),
    [
        (feature("bridge", geo("LineString", TWO)), "overrides_feature"),
        (feature(None, geo("LineString", TWO)), "overrides_feature"),
        ({"type": "Feature", "properties": None, "geometry": None}, "overrides_feature"),
        ("link", "overrides_feature"),
        (feature("link", geo("Point", TWO[0])), "overrides_entry"),
        (feature("link", geo("MultiLineString", [TWO, TWO])), "overrides_entry"),
        (feature("link", geo("LineString", None)), "overrides_entry"),
        (feature("gate", None), "overrides_entry"),
        (feature("gate", geo("Point", [[1], 2])), "overrides_entry"),
        (feature("way", None, way=1.5, walk="forbid"), "overrides_entry"),
    ],
)
def test_features_that_make_no_sense(tmp_path, features, code):
    path = written(tmp_path, features)
    with pytest.raises(OsmError) as caught:
        read_overrides(path, datum="wgs84")
    assert caught.value.code == code


def test_geojson_says_no_datum(tmp_path):
    """A crs member is what every GIS writes, also of coordinates picked from AMap."""
    path = written(tmp_path, feature("link", geo("LineString", TWO)), crs={"type": "name"})
    with pytest.raises(OsmError) as caught:
        read_overrides(path)
    assert caught.value.code == "overrides_datum"


@pytest.mark.parametrize("text", ["[]", "{}", '{"features": 1}', "{", "[" * 50_000, "\x00"])
def test_files_that_are_no_collection(tmp_path, text):
    path = tmp_path / "o.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OsmError) as caught:
        read_overrides(path)
    assert caught.value.code == "overrides_unreadable"


# --- what carries the record -----------------------------------------------------------------


def test_results_name_the_overrides(town):
    from drawn_network import points

    from geo.coverage.files import provenance_of
    from geo.coverage.request import CoverageRequest

    stations = points({"s": (0, 0)})
    told = []
    for network in (town, amend_network(town, Overrides(links=(BRIDGE,)))):
        made = provenance_of(CoverageRequest(), network, stations, None, datum_out="wgs84")
        told.append((dict(made.points).get("overrides"), "overrides" in made.flags))
    assert told[0] == (None, False)
    assert told[1] == (network.meta.overrides_digest, True)
    assert len(network.meta.overrides_digest) == 64
