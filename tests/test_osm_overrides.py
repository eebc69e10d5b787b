"""Corrections by hand: allow, forbid, link, barrier."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from drawn_network import degrees

from geo.errors import DatumError, MissingFileError, OsmError
from geo.network import EdgeFlag, WalkNetwork, components
from geo.osm import Overrides, read_osm, read_overrides
from geo.osm.cutting import MADE_HERE
from geo.osm.overrides import Barrier, Gate, Link
from geo.pace import edge_seconds, profile_named


def line(*xy: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Drawn metres → degrees on OSM's grid, as the nodes are."""
    return tuple((float(lon), float(lat)) for lon, lat in degrees(xy).round(7))


def parts(network: WalkNetwork) -> list[int]:
    """Metres of each connected part, longest first."""
    found = components(network, np.ones(network.n_edges, dtype=bool))[1]
    return [round(m) for m in found]


def barred(*lines: tuple[tuple[float, float], ...]) -> Overrides:
    return Overrides(barriers=tuple(Barrier(one, f"barrier-{i}") for i, one in enumerate(lines, 1)))


def linked(*lines: tuple[tuple[float, float], ...]) -> Overrides:
    return Overrides(links=tuple(Link(one, f"link-{i}") for i, one in enumerate(lines, 1)))


# --- ways ------------------------------------------------------------------------------------


def test_allow_and_forbid(osm):
    osm.nodes(a=(0, 0), b=(100, 0), c=(200, 0), d=(300, 0))
    osm.way(1, "ab").way(2, "bc", {"highway": "motorway"}).way(3, "cd", {"man_made": "pier"})
    fixes = Overrides(allowed=frozenset({2, 3}), forbidden=frozenset({1, 99}))
    network = read_osm(osm.write(), overrides=fixes)
    assert sorted(network.edge_way.tolist()) == [2, 3]
    assert network.highways == ("motorway", "unclassed")
    notes = dict(network.meta.notes)
    assert notes["override_allowed"] == 2
    assert notes["override_forbidden"] == 1
    assert notes["override_unknown"] == 1  # way 99 is nowhere: a slip of the pen, perhaps


def test_overrides_hold_under_osmnx_s_rules_too(osm):
    osm.nodes(a=(0, 0), b=(100, 0), c=(200, 0)).way(1, "ab").way(2, "bc", {"highway": "motorway"})
    fixes = Overrides(allowed=frozenset({2}), forbidden=frozenset({1}))
    network = read_osm(osm.write(), overrides=fixes, walk_rules="osmnx")
    assert network.edge_way.tolist() == [2]


# --- barriers --------------------------------------------------------------------------------


@pytest.fixture
def cross(osm):
    """Two streets of 400 m that cross at c.

    ::

              d
              │
        a──b──c──e──f       100 m each; g is 200 m below c
              │
              g
    """
    osm.nodes(a=(0, 0), b=(100, 0), c=(200, 0), e=(300, 0), f=(400, 0), d=(200, 200), g=(200, -200))
    return osm.way(1, "abcef").way(2, "dcg").write()


def test_a_barrier_cuts_a_segment(cross):
    network = read_osm(cross, overrides=barred(line((150, -50), (150, 50))))
    assert parts(network) == [650, 150]
    assert len(network.barrier_wkb) == 1
    assert round(network.edge_length_m.sum()) == 800


def test_a_barrier_through_a_vertex_cuts_there_once(cross):
    """At e a street passes, at c two cross: no part of no length is left behind."""
    network = read_osm(cross, overrides=barred(line((300, -50), (300, 50))))
    assert parts(network) == [700, 100]
    network = read_osm(cross, overrides=barred(line((150, -50), (250, 50))))
    assert parts(network) == [200, 200, 200, 200]
    assert (network.edge_length_m > 1).all()


def test_a_barrier_at_the_end_of_a_way_takes_it_off_the_others(cross):
    network = read_osm(cross, overrides=barred(line((350, 50), (450, -50))))
    assert parts(network) == [800]


def test_a_barrier_that_crosses_one_segment_twice(cross):
    """A V over the segment b–c."""
    network = read_osm(cross, overrides=barred(line((120, 10), (150, -10), (180, 10))))
    assert parts(network) == [635, 135, 30]


def test_two_barriers_over_one_segment(cross):
    walls = barred(line((170, -9), (170, 9)), line((130, -9), (130, 9)), line((350, -9), (350, 9)))
    assert parts(read_osm(cross, overrides=walls)) == [580, 130, 50, 40]


def test_a_barrier_along_a_segment(cross):
    """The stretch under the wall is cut off at both ends, whoever meets it there."""
    network = read_osm(cross, overrides=barred(line((120, 0), (180, 0))))
    assert parts(network) == [620, 120, 60]
    network = read_osm(cross, overrides=barred(line((100, 0), (300, 0))))
    assert parts(network) == [200, 200, 100, 100, 100, 100]


def test_a_barrier_beside_everything(cross):
    assert parts(read_osm(cross, overrides=barred(line((0, 10), (190, 10))))) == [800]


def test_a_bridge_that_ends_at_a_barrier_is_not_over_water(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab", {"highway": "footway", "bridge": "yes"})
    network = read_osm(osm.write(), overrides=barred(line((50, -9), (50, 9))))
    assert network.n_edges == 2
    assert not network.has(EdgeFlag.OVER_WATER).any()
    assert len(network.barrier_wkb) == 1


def test_cut_ends_have_ids_of_their_own(cross):
    network = read_osm(cross, overrides=barred(line((150, -50), (150, 50))))
    made = network.node_osmid[network.node_osmid < 0]
    assert (made < MADE_HERE).all()
    assert np.unique(network.node_osmid).size == network.n_nodes


# --- links -----------------------------------------------------------------------------------


@pytest.fixture
def banks(osm):
    """Two streets 100 m apart, and a ferry between.

    ::

        a─────────b     y = 100
        e┄┄┄┄┄┄┄┄┄f     y = 60, ferry
        c─────────d     y = 0
        0        200
    """
    osm.nodes(a=(0, 100), b=(200, 100), c=(0, 0), d=(200, 0), e=(0, 60), f=(200, 60))
    return osm.way(1, "ab").way(2, "cd").way(3, "ef", {"route": "ferry"}).write()


def link_m(network: WalkNetwork) -> int:
    return round(network.edge_length_m[network.has(EdgeFlag.LINK)].sum())


def test_a_link_joins_the_middle_of_two_ways(banks):
    network = read_osm(banks, overrides=linked(line((50, 0), (50, 100))))
    assert parts(network) == [500, 200]
    assert link_m(network) == 100
    assert np.diff(network.indptr).max() == 3


def test_a_link_reaches_to_the_ways_it_joins(banks):
    """Drawn from 20 m above the lower street to 10 m below the upper: 100 m all the same."""
    network = read_osm(banks, overrides=linked(line((50, 20), (50, 90))))
    assert link_m(network) == 100


def test_a_link_never_joins_a_ferry(banks):
    """Its upper end is 3 m from the ferry, 43 m from the street."""
    network = read_osm(banks, overrides=linked(line((50, 0), (50, 57))))
    assert link_m(network) == 100
    assert parts(network) == [500, 200]


def test_a_link_from_the_end_of_a_way(banks):
    network = read_osm(banks, overrides=linked(line((0, 0), (0, 100))))
    assert set(network.node_osmid.tolist()) == {1, 2, 3, 4, 5, 6}
    assert parts(network) == [500, 200]


def test_a_link_between_two_positions_of_one_segment(banks):
    """A detour: from 50 m to 150 m along c–d, by way of (100, −100)."""
    network = read_osm(banks, overrides=linked(line((50, 0), (100, -100), (150, 0))))
    assert link_m(network) == 224
    assert sorted(np.round(network.edge_length_m[network.edge_way == 2])) == [50, 50, 100]


def test_two_links_that_meet_one_position(banks):
    network = read_osm(banks, overrides=linked(line((50, 0), (50, 100)), line((50, 0), (150, 100))))
    assert link_m(network) == 100 + 141
    assert np.diff(network.indptr).max() == 4
    assert len({w for w in network.edge_way.tolist() if w < 0}) == 2


def test_a_link_through_a_barrier_stands(banks):
    """Barriers cut what the file has; a link drawn across one is a gate in it."""
    wall, gate = line((-10, 50), (210, 50)), line((50, 0), (50, 100))
    both = Overrides(barriers=(Barrier(wall),), links=(Link(gate),))
    network = read_osm(banks, overrides=both)
    assert parts(network) == [500, 200]


def record(network: WalkNetwork) -> list[tuple[str, str, str]]:
    return [(entry.kind, entry.id, entry.reason) for entry in network.meta.amendments]


def test_a_link_that_ends_nowhere(banks):
    """The other one stands; that one is told of."""
    network = read_osm(banks, overrides=linked(line((50, 0), (50, 90)), line((50, 0), (50, 160))))
    assert record(network) == [("link", "link-1", ""), ("link", "link-2", "link_far")]
    assert link_m(network) == 100
    assert "overrides" in network.meta.flags


def test_nothing_that_could_be_applied(banks):
    with pytest.raises(OsmError) as caught:
        read_osm(banks, overrides=linked(line((0, -5), (-5, 0))))
    assert caught.value.code == "overrides_none"
    assert "joins nothing" in caught.value.sentence("en")
    assert "连不起" in caught.value.sentence("zh")


def test_a_link_of_its_own_kind(banks):
    """Steps of 100 m over a bridge, one way, that take three minutes: 200 m at 4 km/h."""
    stairs = Link(line((50, 0), (50, 100)), "a", "", "天桥", True, True, True, 3.0)
    network = read_osm(banks, overrides=Overrides(links=(stairs,)))
    edge = int(np.flatnonzero(network.has(EdgeFlag.LINK))[0])
    flags = EdgeFlag.LINK | EdgeFlag.STEPS | EdgeFlag.BRIDGE | EdgeFlag.FORWARD_ONLY
    assert network.edge_flags[edge] == int(flags)
    assert network.edge_length_m[edge] == pytest.approx(200)
    assert network.names[network.edge_name[edge]] == "天桥"
    assert network.highways[network.edge_highway[edge]] == "steps"
    start = network.coords[network.coord_ptr[edge]]
    along, against = edge_seconds(network, profile_named("shuang15"))
    assert along[edge] == pytest.approx(180)
    assert against[edge] == np.inf
    assert start[1] == pytest.approx(degrees((50, 0))[0, 1], abs=1e-6)


# --- gates -----------------------------------------------------------------------------------


def gated(*gates: Gate) -> Overrides:
    return Overrides(gates=gates)


def at(x: float, y: float) -> tuple[float, float]:
    return line((x, y))[0]


def test_a_gate_shuts_the_nearest_way(cross):
    network = read_osm(cross, overrides=gated(Gate(at(150, 8), id="east")))
    assert parts(network) == [650, 150]
    assert record(network) == [("close", "east", "")]
    assert network.barrier_wkb == ()


def test_a_gate_at_a_crossing_shuts_all_of_it(cross):
    network = read_osm(cross, overrides=gated(Gate(at(200, 0))))
    assert parts(network) == [200, 200, 200, 200]


def test_gates_with_no_way_near(cross):
    network = read_osm(cross, overrides=gated(Gate(at(150, 25), id="a"), Gate(at(150, 0), id="b"),
                                              Gate(at(150, 0), is_open=True, id="c")))  # fmt: skip
    # Opened first: at that time nothing is shut there.
    assert record(network) == [("open", "c", "gate_none"), ("close", "a", "gate_far"),
                               ("close", "b", "")]  # fmt: skip


def test_a_gate_that_the_data_shuts_is_opened(osm):
    """A locked gate at b, where three ways meet; one of them is far from the others' ends."""
    osm.nodes(a=(0, 0), c=(300, 0), d=(100, 90)).node("b", (100, 0), barrier="gate", locked="yes")
    path = osm.way(1, "ab").way(2, "bc").way(3, "bd").write()
    assert parts(read_osm(path)) == [200, 100, 90]
    network = read_osm(path, overrides=gated(Gate(at(104, 3), is_open=True)))
    assert parts(network) == [390]
    assert network.n_nodes == 4


# --- the file --------------------------------------------------------------------------------

WHOLE = """
datum = "wgs84"
[[way]]
id = 12
walk = "forbid"
note = "the gate is shut since 2023"
[[way]]
id = -3
walk = "allow"
[[link]]
line = [[118.78, 32.04], [118.79, 32.04]]
[[barrier]]
line = [[118.78, 32.04], [118.79, 32.04], [118.80, 32.05]]
"""


def test_reading(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    found = read_overrides(path)
    assert found.forbidden == {12}
    assert found.allowed == {-3}
    assert found.links == (Link(((118.78, 32.04), (118.79, 32.04)), "link-1"),)
    assert shapely.LineString(found.barriers[0].line).length > 0
    assert found.notes == ((12, "the gate is shut since 2023"),)


def test_positions_in_a_chinese_datum_are_moved(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text(WHOLE.replace("wgs84", "gcj02"), encoding="utf-8")
    (lon, lat), _ = read_overrides(path).links[0].line
    metres_east = (118.78 - lon) * 94_300
    metres_north = (32.04 - lat) * 111_000
    assert 400 < np.hypot(metres_east, metres_north) < 650


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("way = ", "overrides_unreadable"),
        ("a = " + "[" * 20_000, "overrides_unreadable"),
        ("fence = 1", "overrides_key"),
        ("gate = 1", "overrides_entry"),
        ('datum = "wgs84"\n[[gate]]', "overrides_entry"),
        ('datum = "wgs84"\n[[gate]]\nat = [1, 2, 3]', "overrides_entry"),
        ('datum = "wgs84"\n[[gate]]\nat = [1, 2]\nopen = "maybe"', "overrides_entry"),
        ('datum = "wgs84"\n[[gate]]\nat = [1, 2]\nline = 1', "overrides_word"),
        ('datum = "wgs84"\n[[link]]\nline = [[1, 2], [1, 3]]\nbrige = true', "overrides_word"),
        ('datum = "wgs84"\n[[link]]\nline = [[1, 2], [1, 3]]\nsteps = 3', "overrides_entry"),
        ('datum = "wgs84"\n[[link]]\nline = [[1, 2], [1, 3]]\nminutes = 0', "overrides_entry"),
        ('datum = "wgs84"\n[[link]]\nline = [[1, 2], [1, 3]]\nminutes = true', "overrides_entry"),
        ("way = 7", "overrides_entry"),
        ("way = [7]", "overrides_entry"),
        ('[[way]]\nid = "12"\nwalk = "allow"', "overrides_entry"),
        ('[[way]]\nid = true\nwalk = "allow"', "overrides_entry"),
        ('[[way]]\nid = 0\nwalk = "allow"', "overrides_entry"),
        ('[[way]]\nid = 99999999999999999999\nwalk = "allow"', "overrides_entry"),
        ('[[way]]\nid = 12\nwalk = "maybe"', "overrides_entry"),
        ("[[way]]\nid = 12", "overrides_entry"),
        (
            '[[way]]\nid = 12\nwalk = "allow"\n[[way]]\nid = 12\nwalk = "forbid"',
            "overrides_twice",
        ),
        ("[[link]]", "overrides_entry"),
        ("[[link]]\nline = [[1, 2]]", "overrides_entry"),
        ("[[link]]\nline = [[1, 2], [1, 2]]", "overrides_entry"),
        ("[[link]]\nline = [[1, 2, 3], [1, 2, 4]]", "overrides_entry"),
        ("[[link]]\nline = [[1, 2], [1]]", "overrides_entry"),
        ('[[link]]\nline = [["x", 2], [1, 2]]', "overrides_entry"),
        ("[[link]]\nline = [[nan, 2], [1, 2]]", "overrides_entry"),
        ("[[barrier]]\nline = [[32, 118], [32, 119]]", "overrides_entry"),
        ("[[barrier]]\nline = [[118, 32], [119, 32]]", "overrides_datum"),
        ("datum = 5\n[[barrier]]\nline = [[118, 32], [119, 32]]", "overrides_datum"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path, text, code):
    path = tmp_path / "fix.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OsmError) as caught:
        read_overrides(path)
    assert caught.value.code == code
    assert "fix.toml" in caught.value.sentence("zh")
    assert "fix.toml" in caught.value.sentence("en")


def test_the_entry_at_fault_is_numbered(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text(WHOLE.replace("id = -3", "id = 1.5"), encoding="utf-8")
    with pytest.raises(OsmError) as caught:
        read_overrides(path)
    assert caught.value.params["number"] == 2


def test_an_unknown_datum(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text(WHOLE.replace("wgs84", "amap-ish"), encoding="utf-8")
    with pytest.raises(DatumError):
        read_overrides(path)


def test_no_such_file(tmp_path):
    with pytest.raises(MissingFileError):
        read_overrides(tmp_path / "no.toml")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OsmError):
        read_overrides(path)
