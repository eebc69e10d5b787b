"""The files of several groups: each group's day, read back from every file, is what is planned."""

from __future__ import annotations

import csv
import io
import itertools
import json

import fastkml
import gpxpy
import ics
import pytest
from drawn_route import FRIDAY, MONDAY, drawn_route

from geo.exports import OutputFolder
from routes.sheets import (
    content_of,
    geojson_of,
    gpx_of,
    ics_of,
    kml_of,
    map_of,
    page_of,
    qr_of,
    route_provenance,
    timetable_csv,
    write_route,
)
from routes.sheets.drawing import escaped
from routes.telling import conflict_lines, report_lines
from routes.visits import clock

CASES = {
    "two": {"groups": 2, "group_size": 30, "date": FRIDAY},
    "three_optimised": {"groups": 3, "group_size": 30, "date": FRIDAY, "order": "optimised"},
    "three_breaks": {"groups": 3, "date": FRIDAY, "breaks": (("11:00", "13:00", 30.0),)},
    "eight_monday": {"groups": 8, "group_size": 30, "date": MONDAY},
    "twenty": {"groups": 20, "group_size": 30, "date": FRIDAY, "depart": "07:00"},
    "one_order": {"groups": 2, "date": FRIDAY, "before": (("a", "b"), ("b", "c"), ("c", "d"))},
    "budget": {"groups": 3, "date": FRIDAY, "budget_minutes": 100.0},
}


@pytest.fixture(scope="module", params=CASES)
def route(request):
    return drawn_route(**CASES[request.param])


def planned(route):
    """Return (group, site, begin, leave) of every visit, from the plan alone."""
    return [
        (number, visit.place.id, clock(visit.begin), clock(visit.leave))
        for number, table in enumerate(route.groups.groups, 1)
        for visit in table.visits
        if visit.minutes > 0
    ]


def test_the_timetable_has_every_group_in_order(route):
    raw = timetable_csv(content_of(route, "zh"), route_provenance(route)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    stops = [(int(r["group"]), r["site"], r["begin"], r["leave"]) for r in rows
             if r["kind"] == "stop" and r["number"]]  # fmt: skip
    assert stops == planned(route)
    legs = [(int(r["group"]), r["leave"], r["arrive"]) for r in rows if r["kind"] == "leg"]
    assert len(legs) == sum(len(hop) for day in route.days for hop in day.hops)
    for day, (_, found) in zip(route.days, itertools.groupby(legs, lambda r: r[0]), strict=True):
        spans = [span for hop in day.spans for span in hop]
        assert [(a, b) for _, a, b in found] == [(clock(a), clock(b)) for a, b in spans]


def test_the_calendar_has_an_event_of_each_visit_of_each_group(route):
    found = ics.Calendar(ics_of(content_of(route, "en"), route_provenance(route)).decode()).events
    times = [
        (*(at.to("Asia/Shanghai").format("HH:mm") for at in (e.begin, e.end)),
         int(e.name.split(" · ")[0].removeprefix("Group ")))
        for e in found
    ]  # fmt: skip
    assert sorted(times) == sorted((begin, leave, g) for g, _, begin, leave in planned(route))
    assert len({e.uid for e in found}) == len(found)


def test_geojson_has_stops_of_each_group_and_legs_once(route):
    text = geojson_of(content_of(route, "zh"), route_provenance(route))
    told = [f["properties"] for f in json.loads(text)["features"]]
    stops = [(p["group"], p["site"], p["begin"], p["leave"]) for p in told
             if p["kind"] == "stop" and p["number"]]  # fmt: skip
    assert stops == planned(route)
    legs = [p for p in told if p["kind"] == "leg"]
    gone = sorted((g, a, b) for p in legs
                  for g, a, b in zip(p["groups"], p["leave_by_group"], p["arrive_by_group"],
                                     strict=True))  # fmt: skip
    assert gone == sorted(
        (number, clock(a), clock(b))
        for number, day in enumerate(route.days, 1) for hop in day.spans for a, b in hop
    )  # fmt: skip
    pairs = {(leg.origin, leg.target, leg.mode) for day in route.days for hop in day.hops
             for leg in hop}  # fmt: skip
    assert len(legs) == len(pairs), "no leg twice"


def test_gpx_has_a_route_for_each_group_and_places_once(route):
    found = gpxpy.parse(gpx_of(content_of(route, "zh"), route_provenance(route)).decode())
    assert [r.number for r in found.routes] == list(range(1, len(route.days) + 1))
    for told, table in zip(found.routes, route.groups.groups, strict=True):
        assert len(told.points) == len(table.visits)
        times = [p.time for p in told.points]
        assert times == sorted(times)
        for point, visit in zip(told.points, table.visits, strict=True):
            assert point.longitude == pytest.approx(visit.place.lon, abs=1e-6)
    assert len(found.waypoints) == 4
    shared = [t for t in found.tracks if "；" in (t.comment or "") or ";" in (t.comment or "")]
    for track in shared:
        assert {p.time for s in track.segments for p in s.points} == {None}


def test_kml_has_a_folder_for_each_group(route):
    text = kml_of(content_of(route, "en"), route_provenance(route))
    (document,) = fastkml.KML.from_string(text).features
    *days, legs = document.features
    assert [d.name for d in days] == [f"Group {n}" for n in range(1, len(route.days) + 1)]
    for folder, table in zip(days, route.groups.groups, strict=True):
        assert len(folder.features) == len(table.visits)
        first = folder.features[0].times.begin.dt.astimezone(None)
        assert first.minute == int(clock(table.visits[0].arrive)[3:])
    assert legs.features


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sheet_and_the_report_tell_every_group_and_conflict(route, lang):
    content, record = content_of(route, lang), route_provenance(route)
    page = page_of(content, record, qr_of(content), map_of(content))
    report = "\n".join(report_lines(route, lang))
    for day, table in zip(content.days, route.groups.groups, strict=True):
        assert day.group in page
        assert day.group in report
        assert len(day.conflicts) == len(table.conflicts)
        for text in conflict_lines(table, lang):
            assert f"! {text}" in report
        for text in day.conflicts:
            assert escaped(text) in page
    sections = page.count('<section class="group-day">')
    assert sections == (len(route.days) if route.own_orders else 0)
    assert page.count("<thead>") >= sections
    first = min(t.start for t in route.groups.groups)
    assert any(clock(first) in f and clock(route.groups.finish) in f for f in content.facts)


def test_run_json_has_every_group_and_what_conflicts(route, tmp_path):
    record = route_provenance(route)
    with OutputFolder(tmp_path / "run", record) as folder:
        write_route(route, folder, "en")
    told = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["summary"]
    days = told["group_days"]
    found = [(d["group"], s["site"], s["begin"], s["leave"]) for d in days for s in d["stops"]]
    assert found == planned(route)
    for day, table in zip(days, route.groups.groups, strict=True):
        assert len(day["conflicts"]) == len(table.conflicts)


def test_a_conflict_of_one_group_names_it_and_one_of_all_does_not():
    content = content_of(drawn_route(**CASES["eight_monday"]), "en")
    shut = [text for text in content.conflicts if "closed that day" in text]
    assert len(shut) == 1
    assert not shut[0].startswith("Group"), "it is shut for everybody"
    assert all("closed that day" in " ".join(day.conflicts) for day in content.days)


def test_a_leg_within_one_place_does_not_disappear():
    from dataclasses import replace

    from drawn_route import boat, places, town

    from geo.hours import chinese_holidays
    from routes.planner import plan
    from routes.visits import StudyBrief

    known = places()
    known["b"] = replace(known["b"], lon=known["a"].lon, lat=known["a"].lat)
    route = plan(StudyBrief(sites=("a", "b", "c"), date=FRIDAY), network=town(), places=known,
                 lines={}, ferries=[boat()], book=chinese_holidays())  # fmt: skip
    found = json.loads(geojson_of(content_of(route, "zh"), route_provenance(route)))["features"]
    legs = [f for f in found if f["properties"]["kind"] == "leg"]
    assert len(legs) == len(route.legs)
    assert legs[0]["geometry"] is None
    assert legs[1]["geometry"]["type"] == "LineString"
