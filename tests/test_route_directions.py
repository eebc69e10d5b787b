"""Every instruction and every mode, on drawn streets whose turns are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_network import degrees, draw, way

from geo import words
from geo.network.model import EdgeFlag
from routes.directions import directions, distance, sentence, turn_of
from routes.ferries import read_ferries
from routes.legs import Leg, legs_between
from routes.matrix import Spot, lay_spots, leg_table
from routes.places import Place
from routes.visits import StudyBrief


def leg_on(ways, start, end):
    """Return the walk from start to end, in drawn metres, on a network of `ways`."""
    far = way((-5000, -5000), (-5000, -6200), name="Far")  # long enough to be no island
    network = draw(*ways, far)
    spots = []
    for name, xy in (("a", start), ("b", end)):
        lon, lat = degrees(xy)[0]
        spots.append(Spot(name, float(lon), float(lat)))
    brief = StudyBrief(sites=("a",), max_walk_min=200.0)
    laid = lay_spots(network, spots, (), brief)
    (leg,) = legs_between(laid, leg_table(laid, (), brief), (), 0, 1)
    return leg


def told(ways, start, end, **ends):
    return directions(leg_on(ways, start, end), **ends)


def kinds(found):
    return [(i.kind, i.turn, i.street and i.street[0]) for i in found]


@pytest.mark.parametrize(
    ("angle", "word"),
    [
        (0, "straight"), (15, "straight"), (-15, "straight"),
        (15.1, "slight_left"), (-45, "slight_right"), (45.1, "left"), (-135, "right"),
        (135.1, "sharp_left"), (-170, "sharp_right"), (175, "back"), (-175, "back"),
    ],
)  # fmt: skip
def test_turn_words(angle, word):
    assert turn_of(angle) == word


def spoke(degrees_left, name="Second"):
    """A street from the origin, turned left by some degrees from due north."""
    a = math.radians(90 + degrees_left)
    return way((0, 0), (1000 * math.cos(a), 1000 * math.sin(a)), name=name)


@pytest.mark.parametrize(
    ("left", "word"),
    [
        (0, "straight"), (30, "slight_left"), (-30, "slight_right"), (90, "left"),
        (-90, "right"), (150, "sharp_left"), (-150, "sharp_right"), (175, "back"),
    ],
)  # fmt: skip
def test_each_turn_onto_another_street(left, word):
    first = way((0, -1000), (0, 0), name="First")
    a = math.radians(90 + left)
    end = (400 * math.cos(a), 400 * math.sin(a))
    found = told([first, spoke(left)], (0, -300), end)
    assert kinds(found) == [
        ("depart", "n", "First"), ("onto", word, "Second"), ("arrive", "ahead", None)
    ]  # fmt: skip
    assert found[0].metres == pytest.approx(300, abs=0.5)
    assert found[1].metres == pytest.approx(400, abs=0.5)


def test_a_turn_within_one_name_and_a_new_name_without_a_turn_are_both_told():
    ways = [
        way((0, 0), (300, 0), name="Ring"),
        way((300, 0), (300, 300), name="Ring"),
        way((300, 300), (300, 600), name="Gate Street"),
        way((300, 0), (900, 0), name="Side"),
    ]
    found = told(ways, (0, 0), (300, 600))
    assert kinds(found)[:3] == [
        ("depart", "e", "Ring"), ("along", "left", "Ring"), ("onto", "straight", "Gate Street")
    ]  # fmt: skip


def test_edges_of_one_name_are_one_instruction():
    ways = [way((0, 0), (200, 0), (400, 20), (600, 20), name="Long")]
    ways += [way((x, y), (x, y + 300), name="Cross") for x, y in ((200, 0), (400, 20))]
    found = told(ways, (0, 0), (600, 20))
    assert kinds(found) == [("depart", "e", "Long"), ("arrive", "ahead", None)]
    assert found[0].metres == pytest.approx(200 + np.hypot(200, 20) + 200, abs=0.5)


@pytest.mark.parametrize(
    ("flags", "highway", "kind"),
    [
        (EdgeFlag.STEPS, "steps", "steps"),
        (EdgeFlag.BRIDGE, "footway", "footbridge"),
        (EdgeFlag.TUNNEL, "footway", "underpass"),
        (EdgeFlag.INDOOR, "corridor", "indoor"),
        (EdgeFlag.ELEVATOR, "elevator", "lift"),
    ],
)
def test_what_is_special_about_a_way(flags, highway, kind):
    ways = [
        way((0, 0), (500, 0), name="West"),
        way((500, 0), (560, 0), flags=flags, highway=highway),
        way((560, 0), (1200, 0), name="East"),
    ]
    found = told(ways, (100, 0), (900, 0))
    assert [i.kind for i in found] == ["depart", kind, "onto", "arrive"]
    assert found[1].metres == pytest.approx(60, abs=0.5)


def test_a_bridge_of_a_street_is_that_street():
    ways = [
        way((0, 0), (500, 0), name="Bridge Road", highway="primary"),
        way((500, 0), (700, 0), name="Bridge Road", highway="primary", flags=EdgeFlag.BRIDGE),
        way((700, 0), (1200, 0), name="Bridge Road", highway="primary"),
    ]
    assert [i.kind for i in told(ways, (100, 0), (900, 0))] == ["depart", "arrive"]


@pytest.mark.parametrize(
    ("end", "side"), [((600, 30), "left"), ((600, -30), "right"), ((600, 4), "ahead")]
)
def test_the_side_of_the_place(end, side):
    found = told([way((0, 0), (1200, 0), name="West–East")], (0, 0), end)
    assert found[-1].turn == side


def test_an_unnamed_way_is_told_by_its_type():
    ways = [way((0, 0), (300, 0)), way((300, 0), (300, 900), highway="residential")]
    found = told(ways, (0, 0), (300, 500))
    assert found[0].street == (words.say("way.path", "zh"), words.say("way.path", "en"))
    assert "无名街巷" in sentence(found[1], "zh")


HALL = Place("hall", "纪念馆", "Memorial Hall", 120.0, 32.0, "estimated", 300.0)


def test_nobody_is_led_by_turns_to_an_estimated_position():
    ways = [way((0, -900), (0, 0), name="First"), spoke(90)]
    found = told(ways, (0, -300), (-400, 0), target=HALL)
    assert [i.kind for i in found] == ["near"]
    assert "300" in sentence(found[0], "zh")
    assert "ask there" in sentence(found[0], "en")
    found = told(ways, (0, -300), (-400, 0), origin=HALL)
    assert [i.kind for i in found] == ["find_way", "onto", "arrive"]


def test_a_long_piece_off_the_way_is_told():
    found = told([way((0, 0), (1200, 0), name="Road")], (0, 0), (600, 130))
    assert [i.kind for i in found] == ["depart", "off_way", "arrive"]
    assert found[1].metres == pytest.approx(130, abs=0.5)


def test_a_ride_and_a_crossing():
    line = np.array([[118.7, 32.0], [118.8, 32.1]])
    ride = Leg("a", "b", "ride", 42.3, 9000.0, line, walk_minutes=180.2)
    (one,) = directions(ride, target=HALL)
    assert "43" in sentence(one, "en")
    assert "181" in sentence(one, "en")
    (one,) = directions(Leg("a", "b", "ride", 42.3, 9000.0, line), target=HALL)
    assert "没有可走" in sentence(one, "zh")
    (boat,) = read_ferries()
    crossing = Leg("a", "b", "ferry", 45.0, 1000.0, line, ferry=(boat, 1))
    (one,) = directions(crossing)
    text = sentence(one, "zh")
    assert text.index("浦口码头") < text.index("中山码头")
    assert "19:00" in text


def test_every_sentence_has_both_languages_and_needs_no_more_than_it_is_given():
    places = {"target": HALL}
    ways = [way((0, -900), (0, 0), name="一路", name_en="First Road"), spoke(90)]
    for found in (told(ways, (0, -300), (-400, 0)), told(ways, (0, -300), (-400, 0), **places)):
        for one in found:
            for lang in ("zh", "en"):
                assert "{" not in sentence(one, lang)
    first = told(ways, (0, -300), (-400, 0))[0]
    assert "一路" in sentence(first, "zh")
    assert "First Road" in sentence(first, "en")


def test_distances_as_people_say_them():
    assert distance(4, "en") == "10 m"
    assert distance(994, "en") == "990 m"
    assert distance(995, "en") == "1.0 km"
    assert distance(1234, "zh") == "1.2 公里"
