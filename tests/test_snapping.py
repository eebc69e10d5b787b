"""Snapping: positions on edges, what may be joined, water and barriers, the access limit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from drawn_network import draw, drawn, on_plane, way
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.network.model import EdgeFlag as F
from geo.network.model import WalkNetwork
from geo.pace import PROFILES
from geo.snapping import Snapped, build_index, snap, snappable_edges

SHUANG15, WHEELCHAIR = PROFILES["shuang15"], PROFILES["wheelchair"]


def snapped(network: WalkNetwork, *xy, reach=150.0, profile=SHUANG15, least=0.0) -> Snapped:
    edges, _ = snappable_edges(network, profile, min_component_m=least)
    return snap(build_index(network, edges), on_plane(xy), reach)


def positions(found: Snapped) -> list[tuple[float, float]]:
    """Return positions in drawn metres, to the centimetre."""
    xy = np.column_stack([found.x, found.y]) - on_plane((0, 0))
    return [tuple(np.round(p, 2).tolist()) for p in xy]


# A bent street of 200 + 300 m:
#
#            (200,0)────(200,300)
#               │
#   (0,0)───────┘


@pytest.fixture(scope="module")
def bent():
    return draw(way((0, 0), (200, 0), (200, 300)))


def test_a_point_joins_the_middle_of_an_edge(bent):
    found = snapped(bent, (50, 30), (230, 100), (-30, -40), (200, 0))
    assert positions(found) == [(50, 0), (200, 100), (0, 0), (200, 0)]
    np.testing.assert_allclose(found.access_m, [30, 30, 50, 0], atol=1e-4)
    share = found.share if bent.coords[0, 0] < bent.coords[-1, 0] else 1 - found.share
    np.testing.assert_allclose(share, [0.1, 0.6, 0, 0.4], atol=1e-6)


def test_the_access_limit_is_inclusive(bent):
    xy = (50, 30)
    exactly = float(snapped(bent, xy).access_m[0])
    assert snapped(bent, xy, reach=exactly).found[0]
    beyond = snapped(bent, xy, reach=np.nextafter(exactly, 0))
    assert not beyond.found[0]
    assert np.isnan([beyond.access_m[0], beyond.share[0], beyond.x[0]]).all()


def test_a_point_without_a_position_is_not_found(bent):
    found = snapped(bent, (np.nan, 0), (10, np.inf), (1e7, 0))
    assert not found.found.any()
    assert not found.blocked.any()


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("upright", [False, True])
def test_points_beside_a_network_that_is_a_single_line(side, upright):
    """The index has one row of buckets; both sides are searched as far as the limit."""
    turn = (lambda x, y: (y, x)) if upright else (lambda x, y: (x, y))
    network = draw(way(turn(0, 0), turn(1000, 0)))
    spots = [turn(500, side * d) for d in (50, 149, 151)]
    assert snapped(network, *spots).found.tolist() == [True, True, False]
    assert snapped(network, *spots, reach=600).found.all()


def test_the_lower_edge_wins_where_edges_are_equally_near():
    network = draw(way((0, 0), (100, 0)), way((0, 40), (100, 40)), way((100, 0), (100, 40)))
    found = snapped(network, (50, 20), (100, 0))
    low = shapely.linestrings([network.coords[a:b] for a, b in spans(network)])
    near = shapely.distance(drawn(low), shapely.points(50, 20))
    assert found.edge[0] == np.flatnonzero(np.isclose(near, 20, atol=1e-3))[0]
    at_corner = shapely.distance(drawn(low), shapely.points(100, 0))
    assert found.edge[1] == np.flatnonzero(at_corner < 1e-3)[0]


def spans(network: WalkNetwork) -> list[tuple[int, int]]:
    ptr = network.coord_ptr.tolist()
    return list(itertools.pairwise(ptr))


@pytest.mark.parametrize(
    "flag", [F.STEPS, F.FERRY, F.TUNNEL, F.INDOOR, F.ELEVATOR, F.OVER_WATER], ids=lambda f: f.name
)
def test_some_ways_cannot_be_joined(flag):
    network = draw(way((0, 0), (1000, 0)), way((0, 0), (0, 50), (1000, 50), flags=flag))
    assert positions(snapped(network, (500, 40))) == [(500, 0)]
    plain = draw(way((0, 0), (1000, 0)), way((0, 0), (0, 50), (1000, 50)))
    assert positions(snapped(plain, (500, 40))) == [(500, 50)]


def test_a_wheelchair_joins_other_ways():
    network = draw(way((0, 0), (1000, 0)), way((0, 0), (0, 50), (1000, 50), flags=F.NO_WHEELCHAIR))
    assert positions(snapped(network, (500, 40))) == [(500, 50)]
    assert positions(snapped(network, (500, 40), profile=WHEELCHAIR)) == [(500, 0)]


def test_small_components_are_islands():
    #   (0,0)──────1000 m──────(1000,0)   and, unconnected, 999 m at y = 100
    network = draw(way((0, 0), (1000.001, 0)), way((0, 100), (999, 100)))
    edges, islands = snappable_edges(network, SHUANG15)
    assert edges.sum() == islands.sum() == 1
    assert positions(snapped(network, (500, 90), least=1000.0)) == [(500, 0)]
    assert not snapped(network, (500, 160), least=1000.0).found[0]
    assert snapped(network, (500, 160), least=998.0).found[0]


def test_without_stairs_a_city_falls_into_more_components():
    network = draw(way((0, 0), (900, 0)), way((900, 0), (950, 0), flags=F.STEPS),
                   way((950, 0), (2000, 0)))  # fmt: skip
    assert snappable_edges(network, SHUANG15)[0].sum() == 2
    assert snappable_edges(network, WHEELCHAIR)[0].sum() == 1
    assert snappable_edges(network, WHEELCHAIR)[1].sum() == 1


# Two streets, a river of 40 m between, 20 m of bank on either side:
#
#   y = 80  ═══════════ north street
#      60  ~~~~~~~~~~~
#      20  ~~~~~~~~~~~
#       0  ═══════════ south street


@pytest.fixture(scope="module")
def river():
    return draw(
        way((0, 0), (1000, 0)),
        way((0, 80), (1000, 80)),
        way((0, 0), (0, 80), flags=F.BRIDGE),
        water=[shapely.box(-500, 20, 1500, 60)],
    )


def test_each_bank_joins_its_own_street(river):
    assert positions(snapped(river, (500, 15), (500, 65))) == [(500, 0), (500, 80)]
    found = snapped(river, (500, 15), (500, 30), reach=14.0)
    assert not found.found.any()
    assert not found.blocked.any()


def test_a_place_in_the_water_is_across_water_on_both_sides(river):
    found = snapped(river, (500, 30), (500, 50))
    assert not found.found.any()
    assert found.blocked.all()


def test_a_bridge_over_water_cannot_be_joined_but_a_viaduct_can(river):
    assert river.has(F.OVER_WATER).sum() == 1
    assert not snapped(river, (0, 40)).found[0]
    assert positions(snapped(river, (3, 10))) == [(3, 0)]
    dry = draw(way((0, 0), (1000, 0)), way((0, 0), (0, 80), flags=F.BRIDGE))
    assert positions(snapped(dry, (3, 40))) == [(0, 40)]


@pytest.mark.parametrize("bank", [20, 220])
@pytest.mark.parametrize(
    "turn",
    [lambda x, y: (x, y), lambda x, y: (x, -y), lambda x, y: (y, x), lambda x, y: (-y, x)],
    ids=["north", "south", "east", "west"],
)
def test_a_river_beyond_the_last_street_still_parts(turn, bank):
    """Its banks lie outside the box of the network, where the index has no buckets."""
    water = shapely.MultiPoint([turn(-500, bank), turn(1500, bank + 40)]).envelope
    network = draw(way(turn(0, 0), turn(1000, 0)), water=[water])
    found = snapped(network, turn(500, bank + 70), turn(500, bank - 5), reach=400.0)
    assert found.found.tolist() == [False, True]
    assert found.blocked.tolist() == [True, False]


def test_holes_and_parts_of_water_are_shores_too():
    pond = shapely.box(100, 20, 400, 120).difference(shapely.box(200, 50, 300, 100))
    far = shapely.box(600, 20, 900, 60)
    network = draw(way((0, 0), (1000, 0)), water=[shapely.union(pond, far)])
    # On the isle, in the pond, on dry ground between the parts, beyond the second part.
    found = snapped(network, (250, 75), (150, 75), (500, 75), (750, 75))
    assert found.found.tolist() == [False, False, True, False]


def test_a_street_that_is_the_shore_is_joined_from_land_only():
    """A promenade mapped with the nodes of the lake's shore, both bent."""
    shore = [(0, 0), (300, 40), (600, -20), (1000, 30)]
    lake = shapely.Polygon([*shore, (1000, -500), (0, -500)])
    network = draw(way(*shore), water=[lake])
    line = shapely.LineString(shore)
    rng = np.random.default_rng(7)
    xy = np.column_stack([rng.uniform(50, 950, 400), rng.uniform(-80, 120, 400)])
    afloat = shapely.contains_xy(lake, xy[:, 0], xy[:, 1])
    found = snapped(network, *xy)
    assert (found.found == ~afloat).all()
    assert 50 < afloat.sum() < 350
    np.testing.assert_allclose(
        found.access_m[~afloat], shapely.distance(line, shapely.points(xy[~afloat])), atol=2e-3
    )
    # Standing on it is standing on it, whichever side a rounding says.
    assert snapped(
        network, *shapely.get_coordinates(line.interpolate(range(0, 900, 7)))
    ).found.all()


def test_two_quays_do_not_meet_across_the_river():
    """Both streets are shores: from one quay's land the other quay is across the water."""
    network = draw(
        way((0, 0), (1000, 0), flags=F.STEPS),
        way((1000, 0), (1000, 40), flags=F.BRIDGE),
        way((1000, 40), (0, 40)),
        water=[shapely.box(0, 0, 1000, 40)],
    )
    found = snapped(network, (500, -5), (500, 45), (500, 20), (500, 0.001))
    assert found.found.tolist() == [False, True, False, False]


def test_a_pier_in_the_water_is_joined_from_the_water():
    network = draw(way((0, 0), (1000, 0)), way((500, 0), (500, -80)),
                   water=[shapely.box(-100, -300, 1100, -20)])  # fmt: skip
    assert positions(snapped(network, (510, -50))) == [(500, -50)]


def test_a_wall_is_not_crossed_but_walked_around():
    #   y = 100  ═══════ lane
    #        50  ━━━━━━━ wall, from x = 0 to 600
    #         0  ═══════ street
    wall = shapely.LineString([(0, 50), (600, 50)])
    network = draw(way((0, 0), (1000, 0)), barriers=[wall])
    found = snapped(network, (300, 60), (300, 40), (700, 60))
    assert found.found.tolist() == [False, True, True]
    assert found.blocked.tolist() == [True, False, False]
    lane = draw(way((0, 0), (1000, 0)), way((0, 300), (1000, 300)), barriers=[wall])
    assert positions(snapped(lane, (300, 60), reach=250)) == [(300, 300)]


def test_the_junction_of_a_one_way_is_exactly_its_end():
    """A rounding short of it would send the walker all the way back."""
    rng = np.random.default_rng(11)
    lanes = [[(float(x), float(y)) for x, y in rng.uniform(0, 3000, (9, 2))] for _ in range(300)]
    network = draw(*(way(*lane) for lane in lanes))
    found = snapped(network, *(lane[end] for lane in lanes for end in (0, -1)))
    assert set(found.share.tolist()) == {0.0, 1.0}


xys = st.tuples(st.integers(-200, 1200), st.integers(-200, 1200))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(xys, xys).filter(lambda p: p[0] != p[1]), min_size=1, max_size=8),
    st.lists(xys, min_size=1, max_size=8),
    st.sampled_from([20.0, 150.0, 700.0]),
)
def test_the_nearest_is_the_nearest_of_all(lines, spots, reach):
    network = draw(*(way(*line) for line in lines))
    found = snapped(network, *spots, reach=reach)
    shapes = drawn([shapely.linestrings(network.coords[a:b]) for a, b in spans(network)])
    for i, spot in enumerate(spots):
        away = shapely.distance(shapes, shapely.points(spot))
        if abs(away.min() - reach) < 0.01:
            continue
        assert found.found[i] == (away.min() < reach)
        if found.found[i]:
            assert found.access_m[i] == pytest.approx(away.min(), abs=1e-3)
            here = shapely.points(positions(found)[i])
            assert shapes[found.edge[i]].distance(here) < 0.02
            # Its share of the edge is where it is.
            line = shapes[found.edge[i]]
            assert line.interpolate(found.share[i], normalized=True).distance(here) < 0.02
