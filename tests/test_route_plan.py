"""The whole of a study walk on the default network, and what cannot be planned, in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geo.errors import RouteError
from geo.samples import sample_stations
from geo.schematic import schematic_network
from routes.directions import sentence
from routes.lines import read_lines
from routes.places import Place, read_places
from routes.planner import plan
from routes.studyroute import remark_text
from routes.telling import report_lines
from routes.visits import StudyBrief

LINES = list(read_lines())
FRIDAY, MONDAY = "2026-05-08", "2026-05-11"


@pytest.fixture(scope="module")
def network():
    return schematic_network()


@pytest.fixture(scope="module")
def go(network):
    places, lines = read_places(), read_lines()

    def planned(**asked):
        stations = asked.pop("stations", None)
        found = {**places, **asked.pop("places", {})}
        brief = StudyBrief(**asked)
        return plan(brief, network=network, places=found, lines=lines, stations=stations)

    return planned


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_planned_on_a_friday(go, line):
    route = go(line=line, date=FRIDAY)
    visits = route.timetable.visits
    stops = read_lines()[line].sites
    told = [v.place.id for v in visits] + [w.site for w in route.left_out]
    assert sorted(told) == sorted(stops), "nothing disappears"
    assert [v.place.id for v in visits] == [s for s in stops if s in {v.place.id for v in visits}]
    assert route.conflicts == ()
    assert "schematic" in route.flags
    assert ("composed" in route.flags) == (read_lines()[line].status == "composed")
    assert len(route.hops) == len(visits) - 1 == len(route.directions)
    for k, hop in enumerate(route.hops):
        minutes = sum(leg.minutes for leg in hop)
        assert visits[k + 1].arrive - visits[k].leave == pytest.approx(minutes, abs=1e-6)
        assert hop[0].origin == visits[k].place.id
        assert hop[-1].target == visits[k + 1].place.id
        for leg in hop:
            assert np.isfinite(leg.line).all()
            assert leg.mode in ("walk", "ride", "ferry")
            if leg.mode == "walk":
                assert leg.minutes <= 25.0
        for told_leg in route.directions[k]:
            assert told_leg
            for one in told_leg:
                assert sentence(one, "zh")
                assert sentence(one, "en")


@pytest.mark.parametrize("line", ["pioneers", "great-works", "citywalk"])
def test_on_a_monday_it_says_what_is_closed(go, line):
    closed = {c for c, _ in go(line=line, date=MONDAY).conflicts}
    assert "closed_that_day" in closed
    better = go(line=line, date=MONDAY, order="optimised")
    assert better.conflicts == ()
    assert {w.code for w in better.left_out} >= {"closed_that_day"}


def test_a_monday_that_is_a_holiday(go):
    route = go(line="pioneers", date="2026-10-05")
    assert "closed_that_day" not in {c for c, _ in route.conflicts}
    assert "day_holiday" in {c for c, _ in route.remarks}
    assert "day_makeup_workday" in {c for c, _ in go(line="pioneers", date="2026-10-10").remarks}
    late = go(line="pioneers", date="2031-05-08")
    assert "holiday_year_unknown" in {c for c, _ in late.remarks}


def test_both_orders_are_told_side_by_side(go):
    curated = go(line="pioneers", date=FRIDAY)
    best = go(line="pioneers", date=FRIDAY, order="optimised")
    assert curated.alternative.name == "optimised"
    assert best.alternative.name == "curated"
    assert best.proven is True
    assert curated.proven is None
    assert best.ride_m < curated.ride_m
    assert curated.alternative.finish == pytest.approx(best.timetable.finish)
    assert best.alternative.finish == pytest.approx(curated.timetable.finish)


def test_musts_precedence_budget_and_ends(go):
    route = go(
        theme="riverside", date=FRIDAY, budget_minutes=180.0, must=("yuejiang-tower",),
        before=(("yuejiang-tower", "jinghai-temple"),), start="jinghai-temple", end="start",
    )  # fmt: skip
    visited = [v.place.id for v in route.timetable.visits]
    assert visited[0] == visited[-1] == "jinghai-temple"
    assert "yuejiang-tower" in visited
    assert route.timetable.finish <= 540 + 180 + 1e-6
    assert {w.code for w in route.left_out} <= {"no_time", "no_position"}
    metro = go(sites=("may-20-square", "meiyuan-memorial"), start="大行宫地铁站", date=FRIDAY)
    assert metro.timetable.visits[0].place.id == "metro:大行宫"
    assert metro.timetable.visits[0].minutes == 0
    given = go(sites=("may-20-square",), start="118.79,32.045", end="start", date=FRIDAY)
    assert len(given.timetable.visits) == 3


def test_a_theme_without_a_budget_is_a_day(go):
    route = go(theme="pioneers", date=FRIDAY)
    assert route.timetable.finish <= 540 + 480 + 1e-6
    assert "budget_assumed" in {c for c, _ in route.remarks}


def test_a_ferry_is_taken_where_both_walks_are_short(go):
    route = go(sites=("capital-power-plant-park", "pukou-station"), max_walk_min=30.0, date=FRIDAY)
    modes = [leg.mode for leg in route.legs]
    assert modes == ["walk", "ferry", "walk"]
    told = [sentence(i, "zh") for hop in route.directions for leg in hop for i in leg]
    assert any("宁浦线" in text for text in told)
    assert any("到达中山码头" in text for text in told)
    late = go(
        sites=("capital-power-plant-park", "pukou-station"), max_walk_min=30.0, date=FRIDAY,
        depart="19:30",
    )  # fmt: skip
    assert [c for c, _ in late.timetable.visits[1].remarks if c == "ferry_hours"]
    assert "ferry_hours" in {c for c, _ in late.conflicts}
    assert "19:00" in "".join(report_lines(late, "zh"))
    ridden = go(
        sites=("capital-power-plant-park", "pukou-station"), max_walk_min=30.0, date=FRIDAY,
        depart="19:30", order="optimised",
    )  # fmt: skip
    assert [leg.mode for leg in ridden.legs] == ["ride"]
    assert "ferry_left_out" in {c for c, _ in ridden.remarks}
    assert "ferry_hours" not in {c for c, _ in ridden.conflicts}


def test_rests_are_open_when_the_group_passes(go):
    route = go(line="citywalk", date=FRIDAY, rest_detour_m=400.0, stations=sample_stations())
    assert route.rests is not None
    assert route.rests.found
    for rest in route.rests.found:
        assert rest.state in ("open", "unknown")
        assert 0 <= rest.detour_m <= 400
        assert rest.sample
    assert route.rests.longest.metres <= route.walk_m + 1e-6


@pytest.mark.parametrize(
    ("asked", "code", "word"),
    [
        ({"line": "nowhere"}, "line_unknown", "riverside"),
        ({"sites": ("阅江搂",)}, "site_unknown", "阅江楼"),
        ({"theme": "cats"}, "theme_unknown", "pioneers"),
        ({"line": "riverside", "start": "0,0"}, "route_end_off_network", ""),
        ({"line": "riverside", "must": ("rabe-house",)}, "route_not_a_stop", "拉贝"),
        ({"line": "pioneers", "date": MONDAY, "must": ("meiyuan-memorial",)},
         "route_must_closed", "梅园"),
        ({"line": "riverside", "budget_minutes": 15.0}, "route_budget", "15"),
        ({"line": "riverside", "order": "optimised", "budget_minutes": 15.0},
         "route_nothing_fits", ""),
        ({"line": "riverside", "order": "optimised",
          "before": (("bridge-park", "meitan-harbour"), ("meitan-harbour", "bridge-park"))},
         "route_contradictory_order", "煤炭港"),
        ({"line": "riverside", "before": (("bridge-park", "meitan-harbour"),
                                          ("meitan-harbour", "bridge-park"))},
         "route_contradictory_order", "煤炭港"),
        ({"line": "riverside", "before": (("bridge-park", "rabe-house"),)},
         "route_before_not_a_stop", "拉贝"),
        ({"line": "riverside", "start": "x" * 500}, "site_unknown", ""),
        ({"line": "riverside", "breaks": (("11:00", "14:00", 15.0),) * 5},
         "route_too_many_breaks", "5"),
        ({"sites": ("heji-egg-factory",)}, "route_no_stops", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_said_in_a_sentence(go, asked, code, word):
    with pytest.raises(RouteError) as refusal:
        go(**asked)
    assert refusal.value.code == code
    assert word in refusal.value.sentence("zh")
    said = refusal.value.sentence("en")
    assert not any("一" <= letter <= "鿿" for letter in said) or "text" in refusal.value.params
    assert len(said) < 260


def test_a_place_off_the_network_is_ridden_to(go):
    hill = Place("hill", "山", "Hill", 118.9, 32.3)
    route = go(sites=("yuejiang-tower", "hill"), places={"hill": hill}, date=FRIDAY)
    assert [leg.mode for leg in route.legs] == ["ride"]


def test_every_line_of_the_report_has_both_languages(go):
    route = go(line="citywalk", date=MONDAY, groups=2, group_size=40, stations=sample_stations())
    for lang in ("zh", "en"):
        text = "\n".join(report_lines(route, lang))
        assert "{" not in text
        for visit in route.timetable.visits:
            assert visit.place.name(lang) in text
            for remark in visit.remarks:
                assert remark_text(remark, lang) in text


def test_the_same_request_gives_the_same_walk(go):
    asked = {"line": "citywalk", "date": FRIDAY, "order": "optimised", "groups": 3,
             "group_size": 40}  # fmt: skip
    first, again = go(**asked), go(**asked)
    assert report_lines(first, "zh") == report_lines(again, "zh")


def test_the_command_line(tmp_path):
    out = tmp_path / "walk"
    env = {**os.environ, "PYTHONUTF8": "1", "HONGTU_LANG": "en"}
    hongtu = [sys.executable, "-c", "import cli; cli.main()"]

    def run(*words):
        return subprocess.run(
            [*hongtu, *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
        )

    done = run("route", "riverside", "--date", FRIDAY, "--groups", "2", "--group-size", "40",
               "--out", str(out))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Bridge Park" in done.stdout
    names = {p.name for p in out.iterdir()}
    assert names >= {
        "route.geojson", "route.gpx", "route.kml", "timetable.csv", "timetable.ics",
        "sheet.html", "sheet.png", "run.json",
    }  # fmt: skip
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert "estimated_sites" in record["hongtu"]["flags"]
    for words, code in (
        (("route", "nowhere", "--out", "x"), 1),
        (("route", "--sites", "阅江搂", "--out", "x"), 1),
        (("route", "riverside", "--date", "soon", "--out", "x"), 1),
        (("route", "riverside", "--budget", "long", "--out", "x"), 2),
        (("route", "--out", "x"), 2),
        (("route", "riverside", "--budget", "10", "--out", "x"), 1),
    ):
        done = run(*words)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert not (tmp_path / "x").exists()
    assert Path(out / "sheet.html").stat().st_size > 2000
