"""Reading OSM files: drawn ones, whose every way a reader can follow."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
from drawn_osm import OsmFile

from geo.network import EdgeFlag, WalkNetwork, components
from geo.osm import Overrides, read_osm


def ends(network: WalkNetwork) -> list[str]:
    """Edges as pairs of letters, ``ab`` for the stretch from a to b, ``?`` for ends made here."""

    def letter(node: int) -> str:
        ref = int(network.node_osmid[node])
        return chr(ord("a") + ref - 1) if 0 < ref <= 26 else "?"

    return sorted(
        letter(u) + letter(v) for u, v in zip(network.edge_u, network.edge_v, strict=True)
    )


def lengths(network: WalkNetwork) -> dict[int, int]:
    """Metres of each way, rounded."""
    ways, at = np.unique(network.edge_way, return_inverse=True)
    metres = np.bincount(at, weights=network.edge_length_m)
    return dict(zip(ways.tolist(), np.round(metres).astype(int).tolist(), strict=True))


def notes(network: WalkNetwork) -> dict[str, int | str]:
    return dict(network.meta.notes)


def parts(network: WalkNetwork) -> int:
    """Number of connected parts."""
    return components(network, np.ones(network.n_edges, dtype=bool))[1].size


# --- ways and junctions ----------------------------------------------------------------------


def test_ways_are_split_where_they_meet(osm):
    """
    ::

              d
              │ 2
        a──b──e──c     1 (b is no junction: nothing else meets there)
    """
    osm.nodes(a=(0, 0), b=(300, 0), e=(600, 0), c=(1000, 0), d=(600, 250))
    osm.way(1, "abec", {"highway": "residential", "name": "中山路", "name:en": "Zhongshan Rd"})
    osm.way(2, "de")
    network = read_osm(osm.write())
    assert ends(network) == ["ae", "de", "ec"]
    assert lengths(network) == {1: 1000, 2: 250}
    assert set(network.edges["name"].dropna()) == {"中山路"}
    assert set(network.edges["name_en"].dropna()) == {"Zhongshan Rd"}
    assert notes(network)["ways"] == 2


def test_a_ring_meets_itself_once(osm):
    """A closed way without junctions is one edge from its first node to itself."""
    osm.nodes(a=(0, 0), b=(100, 0), c=(100, 100), d=(0, 100)).way(1, "abcda")
    network = read_osm(osm.write())
    assert ends(network) == ["aa"]
    assert lengths(network) == {1: 400}
    assert np.diff(network.indptr).tolist() == [2]


def test_a_figure_of_eight_is_two_loops(osm):
    """
    ::

        b──a──d
         ╲╱ ╲╱
         c   e
    """
    osm.nodes(a=(0, 0), b=(-60, 0), c=(0, -80), d=(60, 0), e=(0, 80)).way(1, "abcadea")
    network = read_osm(osm.write())
    assert ends(network) == ["aa", "aa"]
    assert lengths(network) == {1: 480}


def test_two_ways_over_the_same_nodes_stay_two_edges(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab").way(2, "ab", {"highway": "residential"})
    network = read_osm(osm.write())
    assert lengths(network) == {1: 100, 2: 100}
    assert parts(network) == 1


@pytest.mark.parametrize("nodes", ["aab", "abb", "aabb", "aaabbb"])
def test_a_node_named_twice_in_a_row_counts_once(osm, nodes):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, nodes)
    assert ends(read_osm(osm.write())) == ["ab"]


def test_a_way_of_one_node_is_no_way(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab").way(2, "a").way(3, "bbb").way(4, "")
    assert ends(read_osm(osm.write())) == ["ab"]


def test_a_way_there_and_back(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "aba")
    network = read_osm(osm.write())
    assert lengths(network) == {1: 200}


def test_missing_nodes_trim_a_way_and_are_counted(osm):
    """
    ::

        a──b  ×c  d──e      c is not in the file: b and d are not joined across the gap
    """
    osm.nodes(a=(0, 0), b=(100, 0), d=(300, 0), e=(450, 0)).way(1, "abcde")
    network = read_osm(osm.write())
    assert ends(network) == ["ab", "de"]
    assert lengths(network) == {1: 250}
    assert notes(network)["ways_trimmed"] == 1
    assert notes(network)["nodes_missing"] == 1


def test_a_node_off_the_globe_is_as_good_as_missing(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "abc")
    osm.parts["node"].append('<node id="3" version="1" lon="10" lat="95"/>')
    network = read_osm(osm.write())
    assert ends(network) == ["ab"]
    assert notes(network)["nodes_missing"] == 1


# --- kinds of ways ---------------------------------------------------------------------------


def test_flags_reach_the_edges(osm):
    osm.nodes(a=(0, 0), b=(100, 0), c=(200, 0), d=(300, 0))
    osm.way(1, "ab").way(2, "bc", {"highway": "steps", "conveying": "backward"})
    osm.way(3, "cd", {"route": "ferry"})
    network = read_osm(osm.write())
    flags = dict(zip(network.edge_way.tolist(), network.edge_flags.tolist(), strict=True))
    assert flags[2] == EdgeFlag.STEPS | EdgeFlag.CONVEYING | EdgeFlag.BACKWARD_ONLY
    assert flags[3] == EdgeFlag.FERRY
    assert network.highways == ("ferry", "footway", "steps")


def test_what_is_left_out_is_counted_by_reason(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab")
    osm.way(2, "ab", {"highway": "motorway"}).way(3, "ab", {"highway": "service", "access": "no"})
    osm.way(4, "ab", {"highway": "path", "foot": "no"}).way(5, "ab", {"highway": "proposed"})
    found = notes(read_osm(osm.write()))
    counts = {key: value for key, value in found.items() if key.startswith("left_out")}
    assert counts == {
        "left_out_no_foot": 1,
        "left_out_closed": 1,
        "left_out_foot_no": 1,
        "left_out_not_a_way": 1,
    }


def test_deleted_ways_are_not_read(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab").way(2, "ab", attrs='visible="false"')
    network = read_osm(osm.write())
    assert lengths(network) == {1: 100}
    assert notes(network)["deleted"] == 1


def test_outlines_of_areas_can_be_walked(osm):
    """A square as a closed way, and one as a relation with a pool in it.

    ::

        d───c───f
        │   │h─g│      abcd: closed way; befc: outer way of relation 9; ghi: its hole
        │   │ i │
        a───b───e
    """
    osm.nodes(a=(0, 0), b=(100, 0), c=(100, 100), d=(0, 100), e=(200, 0), f=(200, 100))
    osm.nodes(g=(180, 80), h=(120, 80), i=(150, 40))
    osm.way(1, "abcda", {"highway": "pedestrian", "area": "yes"})
    osm.way(2, "befcb", {}).way(3, "ghig", {})
    osm.relation(9, [(2, "outer"), (3, "inner")], {"highway": "pedestrian"})
    network = read_osm(osm.write())
    assert lengths(network) == {1: 400, -9: 560}  # relation 9, not way 9
    assert network.has(EdgeFlag.AREA).all()
    assert parts(network) == 2  # the hole's rim is apart


def test_an_area_whose_outline_is_not_all_there_is_counted(osm):
    """Way 3 of the square is not in the file."""
    osm.nodes(a=(0, 0), b=(100, 0), c=(100, 100)).way(1, "ab").way(2, "bca", {})
    osm.relation(9, [(2, "outer"), (3, "outer")], {"highway": "pedestrian"})
    network = read_osm(osm.write())
    assert lengths(network) == {1: 100}
    assert notes(network)["areas_incomplete"] == 1


def test_a_closed_street_is_no_area(osm):
    osm.nodes(a=(0, 0), b=(100, 0), c=(0, 100)).way(1, "abca", {"highway": "pedestrian"})
    network = read_osm(osm.write())
    assert len(ends(network)) == 1
    assert not network.has(EdgeFlag.AREA).any()


# --- gates -----------------------------------------------------------------------------------


def test_a_closed_gate_in_the_middle_of_a_way_ends_it(osm):
    """
    ::

        a────b‖───c        b: barrier=gate, locked=yes
    """
    osm.nodes(a=(0, 0), c=(200, 0)).node("b", (100, 0), barrier="gate", locked="yes")
    network = read_osm(osm.way(1, "abc").write())
    assert ends(network) == ["?c", "a?"]
    assert parts(network) == 2
    assert lengths(network) == {1: 200}
    assert notes(network)["gates_closed"] == 1


def test_a_closed_gate_parts_every_way_that_meets_there(osm):
    """
    ::

            d
            │ 2
        a───b‖──c   1
    """
    osm.nodes(a=(0, 0), c=(200, 0), d=(100, 100))
    osm.node("b", (100, 0), barrier="gate", access="private")
    network = read_osm(osm.way(1, "abc").way(2, "db").write())
    assert parts(network) == 3


def test_a_gate_that_opens_for_walkers_does_not(osm):
    osm.nodes(a=(0, 0), c=(200, 0))
    osm.node("b", (100, 0), barrier="gate", access="private", foot="yes")
    assert ends(read_osm(osm.way(1, "abc").write())) == ["ac"]


def test_a_closed_gate_opens_a_ring(osm):
    osm.nodes(b=(100, 0), c=(100, 100)).node("a", (0, 0), barrier="gate", access="no")
    network = read_osm(osm.way(1, "abca").write())
    assert ends(network) == ["??"]
    assert network.edge_u[0] != network.edge_v[0]


# --- files -----------------------------------------------------------------------------------


def drawn(osm: OsmFile) -> OsmFile:
    osm.nodes(a=(0, 0), b=(300, 0), c=(600, 0), d=(600, 250))
    osm.way(1, "abc").way(2, "cd", {"highway": "steps", "name": "Ω"})
    osm.nodes(e=(0, 300), f=(300, 300), g=(300, 600))
    return osm.way(3, "efge", {"natural": "water"})


@pytest.mark.parametrize(
    "name", ["x.osm", "x.osm.bz2", "x.osm.gz", "x.osm.pbf", "x.pbf", "x.xml", "X.OSM", "X.OSM.PBF"]
)
def test_every_kind_of_file_gives_the_same_network(osm, name):
    import osmium

    plain = drawn(osm).write("plain.osm")
    path = osm.folder / name
    text = plain.read_bytes()
    if name.lower().endswith("pbf"):
        with osmium.SimpleWriter(osmium.io.File(str(path), "pbf")) as out:
            for item in osmium.FileProcessor(str(plain)):
                out.add(item)
    else:
        pack = {".bz2": bz2.compress, ".gz": gzip.compress}.get(path.suffix, lambda b: b)
        path.write_bytes(pack(text))
    assert read_osm(path).meta.digest == read_osm(plain).meta.digest


def test_ways_before_their_nodes_as_overpass_gives_them(osm):
    drawn(osm)
    plain = read_osm(osm.write("plain.osm"))
    turned = read_osm(osm.write("turned.osm", order=("relation", "way", "node")))
    assert turned.meta.digest == plain.meta.digest
    assert len(turned.water_wkb) == 1


def test_ways_before_their_nodes_survive_a_clip(osm):
    from geo.osm import Clip

    path = drawn(osm).write(order=("way", "node"))
    assert ends(read_osm(path, clip=Clip((119.999, 31.999, 120.004, 32.001)))) == ["ac"]


def test_drafts_of_an_editor_have_negative_ids(osm):
    """A way drawn in an editor and saved without uploading: node −4, way −2."""
    text = drawn(osm).text().replace('"4"', '"-4"').replace('<way id="2"', '<way id="-2"')
    path = osm.folder / "draft.osm"
    path.write_text(text, encoding="utf-8")
    network = read_osm(path)
    assert lengths(network) == {1: 600, -2: 250}
    assert -4 in network.node_osmid
    forbidden = read_osm(path, overrides=Overrides(forbidden=frozenset({-2})))
    assert lengths(forbidden) == {1: 600}


def test_order_of_the_file_changes_nothing(osm):
    """Neither arrays nor digest depend on which way was read first."""
    first = read_osm(drawn(osm).write("first.osm"))
    for lines in osm.parts.values():
        lines.reverse()
    assert read_osm(osm.write("second.osm")).meta.digest == first.meta.digest


@pytest.mark.parametrize(
    ("how", "date"),
    [
        ({}, None),
        ({"attrs": 'timestamp="2024-05-06T07:08:09Z"'}, "2024-05-06"),
        ({"head": '<meta osm_base="2023-01-02T03:04:05Z"/>'}, "2023-01-02"),
        ({"attrs": 'timestamp="yesterday"'}, None),
    ],
)
def test_date_of_the_data(osm, how, date):
    assert read_osm(drawn(osm).write(**how)).meta.osm_date == date


def test_date_of_the_newest_way_where_the_file_has_none(osm):
    osm.nodes(a=(0, 0), b=(100, 0))
    osm.way(1, "ab", attrs='timestamp="2019-04-05T00:00:00Z"')
    osm.way(2, "ab", attrs='timestamp="2021-06-07T00:00:00Z"')
    assert read_osm(osm.write()).meta.osm_date == "2021-06-07"


def test_fillers_are_no_dates(osm):
    osm.nodes(a=(0, 0), b=(100, 0)).way(1, "ab", attrs='timestamp="1970-01-01T00:00:00Z"')
    assert read_osm(osm.write()).meta.osm_date is None


def test_what_is_said_of_a_network(osm):
    network = read_osm(drawn(osm).write("city.of.ab.osm"), name="城")
    assert network.meta.name == "城"
    assert network.meta.source == "city.of.ab.osm"
    assert network.meta.attribution == "© OpenStreetMap contributors, ODbL 1.0"
    west, south, east, north = network.meta.bbox
    assert (west, south) == pytest.approx((120.0, 32.0), abs=1e-6)
    assert east > west
    assert north > south
    assert notes(network)["rules"] == "hongtu"
    assert network.meta.flags == ()
    assert read_osm(osm.write("city.of.ab.osm")).meta.name == "city"


def test_only_carriageways_is_said_aloud(osm):
    osm.nodes(a=(0, 0), b=(5000, 0), c=(5000, 50))
    osm.way(1, "ab", {"highway": "primary"}).way(2, "bc")
    assert read_osm(osm.write()).meta.flags == ("drive_only", "no_water")
    osm.way(3, "ab", {"highway": "footway"})
    assert read_osm(osm.write()).meta.flags == ("no_water",)


def test_progress_runs_to_its_end(osm):
    steps: list[tuple[int, int]] = []
    read_osm(drawn(osm).write(), on_progress=lambda done, total: steps.append((done, total)))
    assert steps == sorted(steps)
    assert steps[0] == (0, 4)
    assert steps[-1] == (4, 4)


def test_real_extract(helsinki_pbf: Path):
    network = read_osm(helsinki_pbf)
    assert 100_000 < network.edge_length_m.sum() < 110_000
    assert network.meta.osm_date == "2019-04-17"
    assert network.has(EdgeFlag.STEPS).any()
    assert notes(network)["gates_closed"] > 0
    assert notes(network)["ways_trimmed"] > 0
    assert len(network.water_wkb) > 0
