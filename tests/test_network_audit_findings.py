"""Findings on drawn towns: every kind where it is, at its cost, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, drawn, way

from geo.exports import NetworkSource, Provenance, write_geojson
from geo.layers.audit_map import audit_page, audit_shown
from geo.network import EdgeFlag, WalkNetwork
from geo.network.detours import Positions, walked_m
from geo.network.findings import KINDS, AuditRules, Findings, find, findings_lines
from geo.osm import Overrides, read_osm
from geo.osm.amend import amend_network
from geo.osm.overrides import Barrier, Gate, Line, Link
from geo.schematic import schematic_network

POND = shapely.box(-900, -900, -800, -800)


def line(*xy: tuple[float, float]) -> Line:
    return tuple((float(lon), float(lat)) for lon, lat in degrees(xy))


def seen(network: WalkNetwork, kind: str, **rules: float) -> list[tuple[float, float]]:
    """Cost and length of the findings of a kind, in order."""
    frame = find(network, AuditRules(**rules)).frame
    rows = frame[frame["kind"] == kind]
    return list(zip(rows["cost_m"].round(), rows["length_m"].round(), strict=True))


def kinds(network: WalkNetwork) -> set[str]:
    return set(find(network).frame["kind"])


@pytest.fixture
def square() -> WalkNetwork:
    """A square of 500 m sides, footways, a pond far off."""
    return draw(way((0, 0), (500, 0), (500, 500), (0, 500), (0, 0)), water=[POND])


def test_nothing_to_find(square):
    found = find(square)
    assert len(found.frame) == found.slight == 0
    assert found.counts() == {
        "total": 0, "severity": {"high": 0, "medium": 0, "low": 0}, "kind": {}, "slight": 0,
    }  # fmt: skip
    assert findings_lines(found, "en") == ["Nothing suspicious was found."]


def test_islands():
    """
    ::

        ├── 1500 m ──┤      ├── 400 m ──┤   ├ 50 m ┤      ┄ ferry ┄
    """
    network = draw(
        way((0, 0), (1500, 0)), way((1600, 0), (1800, 0), (2000, 0)), way((2100, 0), (2150, 0)),
        way((3000, 0), (3100, 0), flags=EdgeFlag.FERRY), water=[POND],
    )  # fmt: skip
    assert seen(network, "island") == [(400, 400), (50, 50)]
    frame = find(network).frame
    assert frame["severity"].tolist() == ["medium", "low"]
    assert kinds(network) == {"island"}


def test_a_dead_end_beside_a_way():
    """
    ::

        ─────────────────  y = 200
                │
                │ 8 m short of y = 0: 2 × 192 + … round by x = 0
        ─────────────────  y = 0
    """
    network = draw(
        way((0, 200), (300, 200), (600, 200)), way((300, 200), (300, 8)),
        way((0, 0), (600, 0)), way((0, 0), (0, 200)), water=[POND],
    )  # fmt: skip
    # 192 + 300 + 200 + 300 m round, less the 8 m that are missing.
    assert seen(network, "near_miss") == [(984, 8)]
    assert seen(network, "near_miss", near_m=7) == []
    assert seen(network, "near_miss", least_m=1000) == []
    assert find(network, AuditRules(least_m=1000)).slight == 1
    (row,) = find(network).frame.to_dict("records")
    assert "8.0 m" in row["reason_en"]
    assert "992" in row["reason_zh"]
    ends = shapely.get_coordinates(drawn(row["geometry"])[()])
    assert np.abs(ends - [[300, 8], [300, 0]]).max() < 0.01


def test_dead_ends_that_face_each_other_are_one():
    network = draw(
        way((0, 0), (300, 0)), way((310, 0), (600, 0)), way((0, 0), (0, 400), (600, 400), (600, 0)),
        water=[POND],
    )  # fmt: skip
    assert len(seen(network, "near_miss")) == 1


def test_a_near_miss_that_keeps_a_part_away():
    network = draw(
        way((0, 0), (2000, 0)), way((100, 5), (100, 400)), way((100, 400), (500, 400), (500, 6)),
        water=[POND],
    )  # fmt: skip
    # Two places would do; one is told, with how many there are.
    assert seen(network, "near_miss") == [(1189, 5)]
    row = find(network).frame.set_index("kind").loc["near_miss"]
    assert "such places: 2" in row["reason_en"]


@pytest.mark.parametrize(
    "between", [{"water": [shapely.box(-50, 1, 650, 6)]},
                {"barriers": [shapely.LineString([(-50, 3), (650, 3)])], "water": [POND]}],
    ids=["water", "barrier"],
)  # fmt: skip
def test_water_and_walls_explain_a_gap(between):
    network = draw(
        way((0, 200), (300, 200), (600, 200)), way((300, 200), (300, 8)),
        way((0, 0), (600, 0)), way((0, 0), (0, 200)), **between,
    )  # fmt: skip
    assert seen(network, "near_miss") == []


def test_a_crossing_without_a_junction():
    """Two ways cross at (300, 100); they meet 300 m to the west."""
    cross = [way((0, 100), (600, 100)), way((0, 0), (0, 100)), way((0, 0), (300, 0), (300, 200))]
    network = draw(*cross, water=[POND])
    assert seen(network, "crossing") == [(800, 0)]
    row = find(network).frame.set_index("kind").loc["crossing"]
    assert np.abs(shapely.get_coordinates(drawn(row["geometry"])[()]) - [300, 100]).max() < 0.01
    over = draw(*cross[:2], way((0, 0), (300, 0)), way((300, 0), (300, 200), flags=EdgeFlag.BRIDGE),
                water=[POND])  # fmt: skip
    assert seen(over, "crossing") == []


def test_shut_gates(osm):
    """A locked gate at b, between two streets that meet 900 m away; it is told once."""
    osm.nodes(a=(0, 0), c=(300, 0), d=(300, 300), e=(0, 300)).node(
        "b", (150, 0), barrier="gate", locked="yes"
    )
    path = osm.way(1, "abc").way(2, "cdea").write()
    network = read_osm(path)
    assert seen(network, "gate") == [(1200, 0)]
    assert kinds(network) == {"gate", "network"}


def test_bridges_without_a_footway():
    """
    ::

        ──┬────────┬──  y = 100, water between 40 and 60
          ║        │     bridges at x = 0 (carriageways, two of them) and 400
        ──┴────────┴──  y = 0
    """
    drive = EdgeFlag.BRIDGE | EdgeFlag.DRIVE
    banks = [way((0, 0), (20, 0), (400, 0)), way((0, 100), (20, 100), (400, 100))]
    water = [shapely.box(-100, 40, 900, 60)]
    two = [way((x, 0), (x, 100), flags=drive, highway="primary") for x in (0, 20)]
    far = way((400, 0), (400, 100), flags=EdgeFlag.BRIDGE)
    network = draw(*banks, *two, far, water=water)
    # Both carriageways shut: 380 + 100 + 380 m round from the nearer, 400 from the farther.
    ((cost, length),) = seen(network, "bridge")
    assert length == 200
    assert cost == pytest.approx(900 - np.hypot(20, 100), abs=25)
    beside = draw(*banks, *two, way((-20, 0), (-20, 100), flags=EdgeFlag.BRIDGE), far,
                  way((-20, 0), (0, 0)), way((-20, 100), (0, 100)), water=water)  # fmt: skip
    assert seen(beside, "bridge") == []


def test_main_roads_without_a_footway():
    drive = EdgeFlag.DRIVE
    network = draw(
        way((0, 0), (400, 0), flags=drive, highway="primary"),
        way((400, 0), (800, 0), flags=drive, highway="primary"),
        way((800, 0), (1200, 0), flags=drive, highway="primary"),
        way((0, -200), (0, 0)), way((800, 20), (1200, 20)), way((1200, 20), (1200, 0)),
        way((800, 20), (800, 0)), water=[POND],
    )  # fmt: skip
    assert seen(network, "carriageway") == [(0, 800)]


def test_single_edges():
    network = draw(
        way((0, 0), (2500, 0)), way((0, 0), (2500, 0)), way((0, 0), (0, 1e-12)), water=[POND]
    )
    assert seen(network, "duplicate") == [(2500, 2500)]
    assert seen(network, "zero_length") == [(0, 0)]
    assert seen(network, "long_edge") == [(0, 2500)] * 2
    assert seen(network, "long_edge", long_m=2600) == []


def test_names():
    network = draw(
        way((0, 0), (700, 0), flags=EdgeFlag.DRIVE, highway="primary"), way((0, 0), (0, 50)),
        water=[POND],
    )  # fmt: skip
    assert "names" in kinds(network)
    named = replace(network, names=("ä¸­å±±\x8dè·¯",), edge_name=np.zeros(2, dtype=np.int32))
    frame = find(named).frame
    (row,) = frame[frame["kind"] == "names"].to_dict("records")
    assert row["length_m"] == 750
    good = replace(network, names=("中山路",), edge_name=np.zeros(2, dtype=np.int32))
    assert "names" not in kinds(good)


def test_what_concerns_the_whole_network():
    network = draw(way((0, 0), (700, 0), flags=EdgeFlag.DRIVE, highway="residential"))
    frame = find(network).frame
    assert frame[frame["kind"] == "network"].geometry.isna().tolist() == [True, True]


def test_overrides_are_listed(square):
    fixes = Overrides(
        links=(Link(line((0, 250), (500, 250)), "across"), Link(line((0, 900), (9, 900)), "no")),
        barriers=(Barrier(line((250, -20), (250, 20)), "wall", "a fence"),),
        gates=(Gate(line((500, 100), (0, 0))[0], id="gate"),),
    )
    network = amend_network(square, fixes)
    frame = find(network, AuditRules(least_m=10)).frame
    told = frame[frame["kind"] == "override"]
    assert sorted(told["severity"]) == ["low", "low", "low", "medium"]
    assert "a fence" in " ".join(told["reason_en"])
    assert set(told.geometry.geom_type) == {"LineString", "Point"}
    # What was shut on purpose is no fault of the data.
    assert not set(frame["kind"]) & {"gate", "crossing", "near_miss"}


def test_ranked_by_what_it_costs():
    network = schematic_network()
    frame = find(network).frame
    order = frame["severity"].map({"high": 0, "medium": 1, "low": 2})
    assert order.is_monotonic_increasing
    for _, rows in frame.groupby(order):
        assert rows["cost_m"].is_monotonic_decreasing
    assert (frame["cost_m"][order == 0] >= 1000).all()
    assert frame["id"].is_unique
    assert set(frame["kind"]) <= set(KINDS)


# --- the way round ---------------------------------------------------------------------------


def test_the_way_round(square):
    """One ring of 2000 m, from its only junction and from shares of it."""
    ring = Positions(np.array([0, 0, 0]), np.array([0.0, 0.1, 0.25]))
    other = Positions(np.array([0, 0, 0]), np.array([0.25, 0.9, 0.75]))
    assert walked_m(square, ring, other, 5000).round().tolist() == [500, 400, 1000]
    assert walked_m(square, ring, other, 450).round().tolist() == [np.inf, 400, np.inf]


# --- files and the map -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(helsinki_pbf) -> tuple[WalkNetwork, Findings]:
    network = read_osm(helsinki_pbf)
    return network, find(network)


def test_the_real_extract(real):
    network, found = real
    frame = found.frame
    assert {"island", "gate", "near_miss", "crossing", "duplicate"} <= set(frame["kind"])
    counted = found.counts()
    assert counted["total"] == len(frame) == sum(counted["kind"].values())
    from geo.network.audit import audit

    facts = audit(network)
    islands = frame[frame["kind"] == "island"]
    assert len(islands) == facts["components"] - 1
    assert counted["kind"]["duplicate"] == facts["duplicate_edges"]
    gates = frame[frame["kind"] == "gate"]
    assert len(gates) <= dict(network.meta.notes)["gates_closed"]


def test_the_file(real, tmp_path):
    network, found = real
    source = NetworkSource("h", "pbf", network.meta.digest)
    path = tmp_path / "findings.geojson"
    written = write_geojson(found.frame, path, Provenance(command="audit", network=source))
    assert not written.collapsed
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert len(raw["features"]) == len(found.frame)
    own = raw["features"][0]["properties"]
    assert {"id", "kind", "severity", "cost_m", "length_m", "reason_zh", "reason_en"} <= set(own)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_else(real, lang):
    network, found = real
    page = audit_page(found, network, lang=lang).decode()
    assert "Content-Security-Policy" in page
    for word in ("cdn", "unpkg", "jsdelivr", 'src="http', 'href="http'):
        assert word not in page
    assert page.count("<button") == sum(found.frame.head(200).geometry.notna())


def test_every_finding_with_a_place_is_drawn(real):
    network, found = real
    shown, ground = audit_shown(found, network, lang="en")
    drawn_count = sum(
        len(features) for key, (features, _) in shown.layers.items() if "audit" in key
    )
    assert drawn_count == int(found.frame.geometry.notna().sum())
    assert json.loads(ground)["data"]["features"]


def test_hostile_texts_cannot_act(square):
    bad = "</script><img src=x onerror=alert(1)>{{7*7}}${1}\"'`"
    network = amend_network(square, Overrides(links=(Link(line((0, 250), (500, 250)), bad, bad),)))
    network = replace(network, meta=replace(network.meta, name=bad))
    page = audit_page(find(network), network, lang="en").decode()
    assert "<img src=x" not in page
    assert "{{7*7}}" not in page


def test_the_city_beside_the_checkout(shared: Path):
    network = read_osm(shared / "data" / "nanjing_city_roads_osm2021.osm.pbf")
    found = find(network)
    counts = found.counts()["kind"]
    assert counts["island"] > 100
    assert counts["crossing"] > 500
    assert found.frame.iloc[0]["cost_m"] > 50_000
