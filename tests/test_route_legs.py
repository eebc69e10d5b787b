"""Minutes between stops, the mode of each pair, and the line of each leg, on drawn ground.

::

    y=900  ──────────────── n ──────────────    North Road, on the far bank
              P2 ·                              pier, at (300, 880)
    ≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈      water, y = 300 … 800
              P1 ·                              pier, at (300, 220)
    y=200  ───────┬──────────────────────────   South Road, x = 0 … 3000
                  │ Lane (x = 600)
    y=0    ───────┴── e                         Dead End, x = 600 … 900
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, way

from geo.network.model import EdgeFlag
from routes.ferries import Ferry, read_ferries
from routes.legs import legs_between
from routes.matrix import MODES, Spot, group_profile, lay_spots, leg_table, ride_minutes
from routes.visits import StudyBrief

BRIEF = StudyBrief(sites=("a",), pace_kmh=3.6)  # one metre a second


def spot(name, x, y):
    lon, lat = degrees((x, y))[0]
    return Spot(name, float(lon), float(lat))


def boat(minutes=10.0, every=20.0):
    piers = tuple((s.lon, s.lat) for s in (spot("", 300, 220), spot("", 300, 880)))
    names = (("南码头", "South Pier"), ("北码头", "North Pier"))
    return Ferry(
        "boat", "渡轮", "Boat", piers, names, minutes, every, "06:00", "20:00", "sample", ""
    )


@pytest.fixture(scope="module")
def ground():
    return draw(
        way((0, 200), (600, 200), (3000, 200), name="South Road"),
        way((600, 200), (600, 0), name="Lane"),
        way((600, 0), (900, 0), name="Dead End"),
        way((0, 900), (3000, 900), name="North Road"),
        water=[shapely.box(-500, 300, 3500, 800)],
    )


def table_of(network, spots, brief=BRIEF, ferries=()):
    laid = lay_spots(network, spots, ferries, brief)
    return laid, leg_table(laid, ferries, brief)


def test_a_walk_is_as_long_as_drawn(ground):
    spots = [spot("a", 100, 210), spot("e", 900, 0)]
    laid, table = table_of(ground, spots)
    assert table.walk_minutes[0, 1] * 60 == pytest.approx(10 + 500 + 200 + 300, abs=0.1)
    assert MODES[table.mode[0, 1]] == "walk"
    (leg,) = legs_between(laid, table, (), 0, 1)
    assert leg.metres == pytest.approx(1010, abs=0.1)
    assert leg.minutes * 60 == pytest.approx(1010, abs=0.1)
    assert [p.name_zh for p in leg.parts] == ["South Road", "Lane", "Dead End"]
    assert [round(p.metres) for p in leg.parts] == [500, 200, 300]
    expected = degrees([(100, 210), (100, 200), (600, 200), (600, 0), (900, 0)])
    np.testing.assert_allclose(leg.line, expected, atol=2e-8)


def test_on_one_edge_nobody_walks_to_its_end(ground):
    spots = [spot("a", 2000, 200), spot("b", 1400, 200)]
    laid, table = table_of(ground, spots)
    (leg,) = legs_between(laid, table, (), 0, 1)
    assert leg.metres == pytest.approx(600, abs=0.1)
    assert len(leg.parts) == 1
    assert leg.parts[0].start > leg.parts[0].end


def test_a_place_at_another_is_no_walk(ground):
    laid, table = table_of(ground, [spot("a", 50, 200), spot("b", 50, 200)])
    (leg,) = legs_between(laid, table, (), 0, 1)
    assert leg.metres == pytest.approx(0, abs=1e-6)
    assert leg.minutes == pytest.approx(0, abs=1e-6)
    assert len(leg.line) == 2


def test_what_is_too_far_is_ridden_and_marked(ground):
    spots = [spot("a", 0, 200), spot("far", 2900, 200)]
    laid, table = table_of(ground, spots)
    assert MODES[table.mode[0, 1]] == "ride"
    (leg,) = legs_between(laid, table, (), 0, 1)
    assert leg.flags == ("estimated",)
    assert leg.minutes == pytest.approx(ride_minutes(2900.0), abs=0.01)
    assert leg.minutes == pytest.approx(8 + 2900 * 1.4 / (20000 / 60), abs=0.01)
    assert leg.walk_minutes * 60 == pytest.approx(2900, abs=0.5)


def test_the_river_lies_between(ground):
    spots = [spot("south", 300, 200), spot("north", 300, 900)]
    laid, table = table_of(ground, spots)
    assert np.isnan(table.walk_minutes[0, 1])
    assert MODES[table.mode[0, 1]] == "ride"
    boats = (boat(),)
    laid, table = table_of(ground, spots, ferries=boats)
    assert MODES[table.mode[0, 1]] == "ferry"
    assert table.minutes[0, 1] == pytest.approx((20 + 20) / 60 + 20 + 10, abs=0.01)
    there, back = (legs_between(laid, table, boats, *pair) for pair in ((0, 1), (1, 0)))
    assert [leg.mode for leg in there] == ["walk", "ferry", "walk"]
    assert there[1].ferry == (boats[0], 0)
    assert back[1].ferry == (boats[0], 1)
    assert sum(leg.minutes for leg in there) == pytest.approx(table.minutes[0, 1])


def test_a_ferry_out_of_walking_reach_is_not_taken(ground):
    spots = [spot("south", 2900, 200), spot("north", 300, 900)]
    _, table = table_of(ground, spots, ferries=(boat(),))
    assert MODES[table.mode[0, 1]] == "ride"


def test_off_the_network_and_nowhere(ground):
    spots = [spot("a", 0, 200), spot("hill", 0, -900), Spot("lost", None, None)]
    _, table = table_of(ground, spots)
    assert MODES[table.mode[0, 1]] == "ride"
    assert np.isfinite(table.minutes[0, 1])
    assert np.isnan(table.minutes[0, 2])
    assert table.minutes[2, 2] == 0


def test_stairs_are_slower_in_the_same_ratio_and_wheels_go_round():
    steps = EdgeFlag.STEPS
    network = draw(
        way((0, 0), (100, 0), flags=steps, highway="steps"),
        way((0, 0), (0, 300), (100, 300), (100, 0)),
        way((-1000, 0), (0, 0)),
    )
    spots = [spot("a", -10, 0), spot("b", 100, 100)]
    brief = StudyBrief(sites=("a",), pace_kmh=2.4)  # half of an adult's 4.8
    profile = group_profile(brief)
    assert profile.steps_m_s == pytest.approx(0.25)
    _, table = table_of(network, spots, brief)
    expected = 10 / (2.4 / 3.6) + 100 / 0.25 + 100 / (2.4 / 3.6)
    assert table.walk_minutes[0, 1] * 60 == pytest.approx(expected, abs=0.2)
    _, table = table_of(
        network, spots, StudyBrief(sites=("a",), pace_kmh=2.4, profile="wheelchair")
    )
    assert table.walk_minutes[0, 1] * 60 == pytest.approx(610 / (2.4 / 3.6), abs=0.2)


def test_the_table_and_the_legs_agree_on_a_crooked_town():
    rng = np.random.default_rng(5)
    side = 8
    ways = []
    for i in range(side):
        for j in range(side):
            flags = EdgeFlag.FORWARD_ONLY if rng.random() < 0.2 else 0
            bend = (i * 100 + 50, j * 100 + float(rng.integers(-30, 30)))
            if i + 1 < side:
                ways.append(way((i * 100, j * 100), bend, ((i + 1) * 100, j * 100), flags=flags))
            if j + 1 < side:
                ways.append(way((i * 100, j * 100), (i * 100, (j + 1) * 100)))
    network = draw(*ways)
    spots = [spot(str(k), *rng.uniform(0, 700, 2)) for k in range(12)]
    laid, table = table_of(network, spots)
    for a in range(12):
        for b in range(12):
            if a != b:
                (leg,) = legs_between(laid, table, (), a, b)
                assert leg.minutes == pytest.approx(table.minutes[a, b], abs=1e-6)
                on_way = sum(p.metres for p in leg.parts) + sum(leg.access_m)
                assert leg.metres == pytest.approx(on_way)


def test_the_shipped_ferries_can_be_read():
    (ferry,) = read_ferries()
    assert ferry.status == "sourced"
    assert ferry.every_minutes == 30
    assert ferry.name("zh") == "宁浦线轮渡"
