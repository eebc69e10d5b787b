"""Orders of walks: what was asked for is kept or named, and little is ridden."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, way

from geo.hours import chinese_holidays
from geo.schematic import schematic_network
from routes.lines import read_lines
from routes.matrix import Spot, lay_spots, leg_table, ordering_minutes
from routes.places import Place, read_places
from routes.planner import plan
from routes.sheets.content import content_of
from routes.sheets.ics import ics_of
from routes.sheets.record import route_provenance
from routes.telling import report_lines
from routes.visits import StudyBrief, clock, minute_of

FRIDAY, MONDAY = "2026-05-08", "2026-05-11"


@pytest.fixture(scope="module")
def go():
    network, places, lines = schematic_network(), read_places(), read_lines()

    def planned(**asked):
        brief = StudyBrief(**{"date": FRIDAY, **asked})
        return plan(brief, network=network, places=places, lines=lines)

    return planned


@pytest.fixture(scope="module")
def town():
    """Return a planner of a town: one street of 6 km, walked at a metre a second.

    a and b are 900 m apart, c and d 900 m; b and c 3 km. Nothing gathers.
    """
    street = draw(way((0, 0), (6000, 0), name="Street"))
    at = {"a": 0, "b": 900, "c": 3900, "d": 4800}

    def planned(sites, hours=None, **asked):
        spots = [degrees((at[s], 0))[0] for s in sites]
        places = {
            s: Place(s, f"{s}馆", f"Hall {s}", float(lon), float(lat), visit_minutes=30.0,
                     hours=(hours or {}).get(s, "24/7"))
            for s, (lon, lat) in zip(sites, spots, strict=True)
        }  # fmt: skip
        brief = StudyBrief(**{"sites": tuple(sites), "date": FRIDAY, "pace_kmh": 3.6,
                              "gather_minutes": 0.0, **asked})  # fmt: skip
        return plan(brief, network=street, places=places, lines={}, ferries=[],
                    book=chinese_holidays())  # fmt: skip

    return planned


def sites_of(route):
    return [v.place.id for v in route.timetable.visits]


def codes_of(route):
    return [code for code, _ in route.remarks]


# A before B.


def test_a_curated_order_that_breaks_a_wish_says_so_everywhere(go):
    route = go(line="qinhuai", before=(("老门东", "明远楼"),))
    first = route.timetable.visits[0]
    assert [c for c, _ in first.remarks] == ["order_broken"]
    assert [c for c, _ in route.conflicts] == ["order_broken"]
    for lang, word in (("zh", "老门东"), ("en", "Laomendong")):
        content = content_of(route, lang)
        assert any(word in text for text in content.conflicts)
        assert any(word in text for text in report_lines(route, lang) if text.startswith("    !"))
    calendar = ics_of(content_of(route, "zh"), route_provenance(route)).decode()
    assert "STATUS:TENTATIVE" in calendar
    kept = go(line="qinhuai", before=(("mingyuan-tower", "laomendong"),))
    assert kept.conflicts == ()
    best = go(line="qinhuai", order="optimised", before=(("老门东", "明远楼"),))
    assert best.conflicts == ()
    assert sites_of(best).index("laomendong") < sites_of(best).index("mingyuan-tower")
    assert best.alternative.conflicts == 1


# Back to where it began.


@pytest.mark.parametrize("line", list(read_lines()))
@pytest.mark.parametrize("order", ["curated", "optimised"])
@pytest.mark.parametrize("date", [FRIDAY, MONDAY])
def test_a_walk_back_to_its_start_is_closed(go, line, order, date):
    route = go(line=line, order=order, end="start", date=date)
    sites = sites_of(route)
    assert sites[0] == sites[-1]
    assert len(sites) > len(set(sites)) >= 1
    visited = [v.place.id for v in route.timetable.visits if v.minutes > 0]
    assert sites[0] in visited
    assert len(visited) == len(set(visited))
    if order == "curated":
        wished = [s for s in read_lines()[line].sites if s in visited]
        assert visited == wished
    else:
        assert route.conflicts == ()


def test_the_best_round_is_the_best_from_any_of_its_stops(town):
    # Only d opens late: it is last whichever way round, and the walk begins beside it.
    sites = ("a", "b", "c", "d")
    route = town(sites, end="start", order="optimised", hours={"d": "12:00-18:00"})
    best = min(
        town(order, end="start", hours={"d": "12:00-18:00"}).timetable.finish
        for order in itertools.permutations(sites)
    )
    assert route.proven is True
    assert route.timetable.finish == pytest.approx(best)


# Little is ridden.


def test_a_ride_never_counts_less_than_the_longest_walk():
    street = draw(way((0, 0), (9000, 0)))
    brief = StudyBrief(sites=("x",), pace_kmh=3.6)
    spots = [Spot(str(x), *map(float, degrees((x, 0))[0])) for x in (0, 1000, 1600, 8000)]
    table = leg_table(lay_spots(street, spots, (), brief), (), brief)
    counted = ordering_minutes(table, brief.max_walk_min)
    rides = table.mode == 2
    assert rides.any()
    assert not rides.all()
    assert (counted >= table.minutes - 1e-9).all()
    assert (counted[rides] > brief.max_walk_min + 8).all()
    assert (np.argsort(counted[rides]) == np.argsort(table.minutes[rides])).all()
    np.testing.assert_allclose(counted[~rides], table.minutes[~rides])


def test_walks_are_not_given_up_for_a_quicker_ride(town):
    # a–b and c–d take 15 min on foot each; to ride between them all is quicker in no other order.
    route = town(("a", "c", "b", "d"), order="optimised")
    assert [leg.mode for leg in route.legs].count("ride") == 1
    assert route.walk_m == pytest.approx(1800, abs=1)
    assert route.proven is True
    assert "rides_reckoned" in codes_of(route)
    assert any("Reckoned like this" in text for text in report_lines(route, "en"))


def test_the_riverside_is_walked(go):
    best = go(line="riverside", order="optimised")
    assert best.ride_m == 0
    assert best.proven is True


@pytest.mark.parametrize("line", list(read_lines()))
def test_no_other_order_rides_less_and_is_over_sooner(go, line):
    """Compare with every order, each timed as a curated one."""
    best = go(line=line, order="optimised")
    visited = [v.place.id for v in best.timetable.visits]

    def cost(route):
        rides = sum(leg.minutes + 25.0 for leg in route.legs if leg.mode == "ride")
        return rides + sum(leg.minutes for leg in route.legs if leg.mode != "ride")

    orders = list(itertools.permutations(visited))[:: 1 if len(visited) < 5 else 17]
    for order in orders:
        other = go(sites=order)
        if not other.conflicts:
            waits = sum(v.wait for v in other.timetable.visits)
            assert cost(best) <= cost(other) + waits + 1e-6


def test_what_fits_by_the_clock_is_not_left_out_for_the_reckoning(town):
    # By the clock a and d take 30 + 28 + 30 min; with the longest walk on top it is 113.
    true = town(("a", "d"), order="optimised", budget_minutes=92.0)
    assert sorted(sites_of(true)) == ["a", "d"]
    assert true.timetable.finish <= minute_of("09:00") + 92
    assert "rides_reckoned" not in codes_of(true)
    assert {"rides_reckoned_partly", "rides_as_estimated"} & set(codes_of(true))
    ample = town(("a", "d"), order="optimised", budget_minutes=114.0)
    assert "rides_reckoned" in codes_of(ample)


def test_a_monday_s_other_order_says_why_it_leaves_out(go):
    route = go(line="pioneers", date=MONDAY)
    assert {w.code for w in route.alternative.left_out} == {"closed_that_day"}
    text = "\n".join(report_lines(route, "en"))
    assert "Meiyuan" in text.split("Optimised:")[1]


# Breaks.


@pytest.mark.parametrize("order", ["curated", "optimised"])
def test_no_break_comes_before_the_first_visit(go, order):
    route = go(line="riverside", depart="12:30", breaks=(("12:30", "13:30", 30.0),), order=order)
    table = route.timetable
    assert clock(table.start) == "12:30"
    ((begin, minutes, _),) = table.pauses
    assert minutes == 30.0
    assert begin >= table.visits[0].begin + table.visits[0].minutes
    assert begin <= minute_of("13:30")
    assert table.visits[0].begin == table.visits[0].arrive
    assert table.conflicts == ()
    assert f"Break {clock(begin)}–{clock(begin + 30)}" in "\n".join(report_lines(route, "en"))


def test_a_break_that_fits_nowhere_else_is_taken_first_and_moves_no_departure(town):
    route = town(("a", "b"), depart="12:00", breaks=(("12:00", "12:10", 20.0),))
    table = route.timetable
    assert clock(table.start) == "12:00"
    assert table.pauses[0][0] == minute_of("12:00")
    assert table.visits[0].begin == minute_of("12:20")
    assert "break_missed" not in {c for c, _ in table.remarks}


def test_the_sentence_on_too_many_breaks_tells_the_ordering_s_limits():
    from routes.ordering import problem

    assert (problem.BREAKS, problem.STATUSES) == (8, 2**4)


# Gathering, and the clock on paper.


def test_a_group_is_out_by_closing_time(town):
    hours = {"a": "09:00-09:35"}
    fits = town(("a", "b"), hours=hours, gather_minutes=5.0)
    assert fits.conflicts == ()
    assert fits.timetable.visits[0].leave == minute_of("09:35")
    late = town(("a", "b"), hours=hours, gather_minutes=6.0)
    assert [c for c, _ in late.conflicts] == ["open_too_short"]


@pytest.mark.parametrize("line", list(read_lines()))
def test_printed_minutes_add_up(go, line):
    route = go(line=line, gather_minutes=2.5, depart="09:07")
    content = content_of(route, "en")
    for at, hop in enumerate(content.ways):
        said = [int("".join(filter(str.isdigit, w.said.split(" min")[0].split()[-1])))
                for w in hop if " min" in w.said]  # fmt: skip
        there = minute_of(clock(content.stops[at + 1].arrive))
        away = minute_of(clock(content.stops[at].leave))
        if said:
            assert sum(said) == there - away


# Off the network.


def test_near_places_without_footways_between_are_walked():
    """Two drive roads meet far away; the places on them are 300 m apart."""
    roads = draw(way((0, 0), (3000, 0), (3000, 300), (0, 300), highway="secondary"))
    places = {
        name: Place(name, name, name, *map(float, degrees(xy)[0]), hours="24/7")
        for name, xy in (("p", (500, 0)), ("q", (500, 300)), ("r", (500, 900)))
    }
    brief = StudyBrief(sites=("p", "q"), date=FRIDAY, pace_kmh=3.6)

    def legs(network):
        return plan(brief, network=network, places=places, lines={}, ferries=[]).legs

    assert "drive_only" not in roads.meta.flags
    assert [(leg.mode, leg.flags) for leg in legs(roads)] == [("ride", ("estimated",))]
    meta = replace(roads.meta, flags=(*roads.meta.flags, "drive_only"))
    assert [(leg.mode, leg.flags) for leg in legs(replace(roads, meta=meta))] == [
        ("walk", ("estimated",))
    ]


@pytest.fixture(scope="module")
def shore():
    return draw(
        way((0, 0), (3000, 0), name="Street"),
        water=[shapely.box(-500, 600, 3500, 650)],
    )


@pytest.mark.parametrize(
    ("here", "there", "mode"),
    [
        ((1000, 450), (1300, 500), "walk"),  # both off the network, 304 m apart
        ((1000, 450), (1300, 300), "walk"),  # one of them on it
        ((1000, 450), (1300, 700), "ride"),  # water lies between
        ((1000, 450), (2900, 500), "ride"),  # too far
    ],
)
def test_a_near_place_off_the_network_is_walked_to(shore, here, there, mode):
    places = {
        name: Place(name, name, name, *map(float, degrees(xy)[0]), hours="24/7")
        for name, xy in (("p", here), ("q", there))
    }
    brief = StudyBrief(sites=("p", "q"), date=FRIDAY, pace_kmh=3.6)
    route = plan(brief, network=shore, places=places, lines={}, ferries=[])
    (leg,) = route.legs
    assert leg.mode == mode
    assert leg.flags == ("estimated",)
    if mode == "walk":
        metres = 1.4 * np.hypot(there[0] - here[0], there[1] - here[1])
        assert leg.metres == pytest.approx(metres, rel=2e-3)
        assert leg.minutes * 60 == pytest.approx(metres, rel=2e-3)
        assert "estimated_walks" in route.flags
        for lang, word in (("zh", "问"), ("en", "ask")):
            assert word in content_of(route, lang).legs[0].said
            assert word in content_of(route, lang).legs[0].steps[0]
            assert any(word in text for text in report_lines(route, lang))
