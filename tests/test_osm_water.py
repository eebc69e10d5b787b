"""Water: areas, rivers, relations cut by an extract's edge, the sea behind a coast.

OSM draws a coast with the land on its left and the water on its right.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from drawn_network import degrees

from geo.network import EdgeFlag
from geo.osm import read_osm
from geo.osm.water import sea_polygons

BOX = (0.0, 0.0, 10.0, 10.0)


def coast(*xy: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(xy)


def sea_area(*lines: shapely.LineString) -> float:
    return float(sum(p.area for p in sea_polygons(list(lines), BOX)))


# --- the sea ---------------------------------------------------------------------------------


def test_no_coast_no_sea():
    assert sea_polygons([], BOX) == []
    assert sea_polygons([coast((20, 20), (30, 30))], BOX) == []


@pytest.mark.parametrize(("line", "area"), [([(4, -1), (4, 11)], 60), ([(4, 11), (4, -1)], 40)])
def test_a_straight_coast(line, area):
    """Drawn northwards the sea is in the east, southwards in the west."""
    assert sea_area(coast(*line)) == pytest.approx(area)


def test_a_coast_in_pieces_of_any_order():
    pieces = [coast((4, 3), (4, 7)), coast((4, 7), (4, 11)), coast((4, -1), (4, 3))]
    assert sea_area(*pieces) == pytest.approx(60)


def test_an_island():
    """
    ::

        ┌──────────┐
        │   ┌──┐   │     anticlockwise: land inside
        │   └──┘   │
        └──────────┘
    """
    island = coast((4, 4), (6, 4), (6, 6), (4, 6), (4, 4))
    assert sea_area(island) == pytest.approx(96)
    (sea,) = sea_polygons([island], BOX)
    assert len(sea.interiors) == 1
    lagoon = shapely.reverse(island)
    assert sea_area(lagoon) == pytest.approx(4)


def test_an_island_off_a_coast():
    island = coast((6, 4), (8, 4), (8, 6), (6, 6), (6, 4))
    assert sea_area(coast((4, -1), (4, 11)), island) == pytest.approx(56)


def test_a_bay():
    """
    ::

        │land│
        │  ┌─┘
        │  │  sea
        │  └─┐
        │land│
    """
    bay = coast((6, -1), (6, 3), (2, 3), (2, 7), (6, 7), (6, 11))
    assert sea_area(bay) == pytest.approx(40 + 16)


def test_two_coasts_make_a_strait():
    assert sea_area(coast((3, -1), (3, 11)), coast((7, 11), (7, -1))) == pytest.approx(40)


def test_a_coast_that_ends_inside_bounds_nothing():
    """The data stops at (4, 5): nobody knows where the sea ends, so none is drawn."""
    assert sea_area(coast((4, -1), (4, 5))) == 0


def test_a_loose_end_spoils_only_its_own_side():
    """West of x = 3 the sea is known; the stub in the east is not part of it."""
    stub = coast((8, -1), (8, 4))
    assert sea_area(coast((3, 11), (3, -1)), stub) == pytest.approx(30)


def test_one_segment_from_far_to_far():
    """Its middle lies outside the box; what counts is the stretch inside."""
    assert sea_area(coast((2, -2), (2, 100))) == pytest.approx(80)


def test_a_coast_along_the_box():
    assert sea_area(coast((0, -1), (0, 11))) == pytest.approx(100)


def test_the_direction_of_every_bend_counts():
    """A jagged coast, 200 vertices, cut by the box in many places."""
    y = np.linspace(-1, 11, 200)
    x = 5 + 5.5 * np.sin(y * 3)
    sea = shapely.union_all(sea_polygons([shapely.linestrings(np.column_stack([x, y]))], BOX))
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 10, (500, 2))
    east = at[:, 0] > np.interp(at[:, 1], y, x)
    assert (shapely.contains_xy(sea, at) == east).all()


# --- in files --------------------------------------------------------------------------------


@pytest.fixture
def street(osm):
    """A street of 1 km from a to b."""
    return osm.nodes(a=(0, 0), b=(1000, 0)).way(1, "ab")


def square_m(network) -> float:
    return round(sum(shapely.from_wkb(w).area for w in network.water_wkb) * 94_400 * 110_900, -2)


def test_a_pond_and_a_lake_with_an_island(street):
    """
    ::

        h───────g      lake of 400 × 400 m: relation, island of 200 × 200 m
        │ l───k │
        │ i───j │
        e───────f      and a pond mnop of 100 × 100 m: closed way
    """
    street.nodes(e=(0, 100), f=(400, 100), g=(400, 500), h=(0, 500))
    street.nodes(i=(100, 200), j=(300, 200), k=(300, 400), l=(100, 400))
    street.nodes(m=(600, 100), n=(700, 100), o=(700, 200), p=(600, 200))
    street.way(2, "efghe", {}).way(3, "ijkli", {}).way(4, "mnopm", {"natural": "water"})
    street.relation(5, [(2, "outer"), (3, "inner")], {"natural": "water"})
    network = read_osm(street.write())
    assert len(network.water_wkb) == 2
    assert square_m(network) == pytest.approx(160_000 - 40_000 + 10_000, rel=0.01)
    assert network.meta.flags == ()
    notes = dict(network.meta.notes)
    assert notes["water_areas"] == 2
    assert notes["water_incomplete"] == 0


def test_a_covered_pool_is_no_water(street):
    street.nodes(e=(0, 9), f=(40, 9), g=(40, 50))
    street.way(2, "efge", {"natural": "water", "covered": "yes"})
    assert read_osm(street.write()).meta.flags == ("no_water",)


def test_an_incomplete_lake_leaves_its_banks(street):
    """Way 3 of the lake is not in the file: way 2 remains as a line not to be crossed."""
    street.nodes(e=(0, 100), f=(400, 100), g=(400, 500)).way(2, "efg", {})
    street.relation(5, [(2, "outer"), (3, "outer")], {"natural": "water"})
    network = read_osm(street.write())
    assert network.water_wkb == ()
    (bank,) = [shapely.from_wkb(b) for b in network.barrier_wkb]
    assert shapely.get_num_points(bank) == 3
    assert dict(network.meta.notes)["water_incomplete"] == 1


def test_a_bank_with_a_missing_node_is_not_bridged(street):
    """
    ::

        e──f  ×x  g──h     x is not in the file
    """
    street.nodes(e=(0, 100), f=(100, 100), g=(300, 100), h=(400, 100))
    network = read_osm(street.way(2, "efxgh", {"waterway": "river"}).write())
    banks = [shapely.from_wkb(b) for b in network.barrier_wkb]
    assert [shapely.get_num_points(b) for b in banks] == [2, 2]


def test_a_river_is_a_bank_unless_it_runs_below(street):
    street.nodes(e=(0, 100), f=(100, 100))
    street.way(2, "ef", {"waterway": "river"})
    street.way(3, "ef", {"waterway": "canal", "tunnel": "culvert"})
    street.way(4, "ef", {"waterway": "stream"})
    assert len(read_osm(street.write()).barrier_wkb) == 1


def test_water_far_away_is_left(street):
    street.nodes(e=(0, 9000), f=(100, 9000), g=(100, 9100))
    street.way(2, "efge", {"natural": "water"}).way(3, "ef", {"waterway": "river"})
    network = read_osm(street.write())
    assert network.water_wkb == ()
    assert network.barrier_wkb == ()


def test_a_coast_becomes_sea_and_bank(street):
    """
    ::

        e─────────────f   coast 500 m north of the street, drawn westwards: sea in the north
        a─────────────b
    """
    street.nodes(e=(-9000, 500), f=(9000, 500)).way(2, "fe", {"natural": "coastline"})
    network = read_osm(street.write())
    (sea,) = [shapely.from_wkb(w) for w in network.water_wkb]
    inside = shapely.contains_xy(sea, degrees([(500, 600), (500, 400)]))
    assert inside.tolist() == [True, False]
    assert len(network.barrier_wkb) == 1


def test_bridges_over_water_are_known(street):
    """c–d crosses the river; e–f is a bridge over a road."""
    street.nodes(c=(300, 100), d=(300, 300), e=(600, 100), f=(600, 300), g=(0, 200), h=(400, 200))
    street.way(2, "cd", {"highway": "footway", "bridge": "yes"})
    street.way(3, "ef", {"highway": "footway", "bridge": "yes"})
    street.way(4, "gh", {"waterway": "river"})
    network = read_osm(street.write())
    assert network.edge_way[network.has(EdgeFlag.OVER_WATER)].tolist() == [2]


def test_water_that_crosses_itself_is_mended_or_counted(street):
    """A bow tie is no area to libosmium; nothing fails."""
    street.nodes(e=(0, 100), f=(100, 200), g=(100, 100), h=(0, 200))
    street.way(2, "efghe", {"natural": "water"})
    network = read_osm(street.write())
    assert all(shapely.from_wkb(w).is_valid for w in network.water_wkb)
