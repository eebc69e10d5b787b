"""Timetables: invariants of the clock, and conflicts by name, on days whose kind is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.hours import chinese_holidays
from routes.places import Place
from routes.timetable import opening, timetable, windows_of
from routes.visits import StudyBrief, minute_of

BOOK = chinese_holidays()
MUSEUM = "Tu-Su 09:00-17:00; PH 09:00-17:00"
FRIDAY, MONDAY, LABOUR_DAY = "2026-05-08", "2026-05-11", "2026-05-01"


def place(name, hours=None, **more):
    return Place(name, name, name, 118.8, 32.0, hours=hours, **more)


def table_of(places, stays, minutes, **asked):
    brief = StudyBrief(sites=tuple(p.id for p in places), **asked)
    n = len(places)
    grid = np.full((n, n), float(minutes))
    np.fill_diagonal(grid, 0.0)
    return timetable(list(range(n)), grid, places, stays, brief, BOOK)


def codes(visit):
    return [code for code, _ in visit.remarks]


def test_a_day_by_hand():
    places = [place("a", MUSEUM), place("b", "10:30-12:00"), place("c", "24/7")]
    found = table_of(places, [30.0, 20.0, 10.0], 12.0, date=FRIDAY, depart="09:00")
    a, b, c = found.visits
    assert (a.arrive, a.begin, a.leave) == (540, 540, 573)  # 30 and 3 to gather
    assert (b.arrive, b.begin, b.leave) == (585, 630, 653)  # waits for the door at 10:30
    assert b.wait == 45
    assert (c.arrive, c.begin, c.leave) == (665, 665, 678)
    assert (found.start, found.finish) == (540, 678)
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("date", "expected"), [(FRIDAY, []), (MONDAY, ["closed_that_day"]), (LABOUR_DAY, [])]
)
def test_closed_on_monday_but_open_on_a_holiday(date, expected):
    found = table_of([place("a", MUSEUM), place("b")], [30.0, 5.0], 10.0, date=date)
    assert [c for c in codes(found.visits[0]) if c != "hours_unknown"] == expected


def test_a_monday_that_is_a_holiday_is_open():
    # 5 October 2026 is a Monday within the National Day holiday.
    assert BOOK.kind(StudyBrief(line="x", date="2026-10-05").day) == "holiday"
    assert windows_of(place("a", MUSEUM), 30.0, StudyBrief(line="x", date="2026-10-05").day, BOOK)


def test_after_the_last_entry_and_over_closing():
    hall = place("a", MUSEUM, last_entry_minutes=60.0)
    late = table_of([hall, place("b", "24/7")], [30.0, 5.0], 5.0, date=FRIDAY, depart="16:20")
    ((code, fields),) = late.visits[0].remarks
    assert code == "after_last_entry"
    assert dict(fields) == {"late": 20, "closes": minute_of("16:00")}
    over = table_of(
        [place("a", MUSEUM), place("b", "24/7")], [30.0, 5.0], 5.0, date=FRIDAY, depart="16:48"
    )
    ((code, fields),) = over.visits[0].remarks
    assert code == "over_closing"
    assert dict(fields) == {"late": 21, "closes": minute_of("17:00")}  # 3 to gather


def test_unknown_hours_are_a_doubt_and_no_conflict():
    found = table_of([place("a"), place("b", "by appointment only")], [5.0, 5.0], 5.0, date=FRIDAY)
    assert codes(found.visits[0]) == ["hours_unknown"]
    assert codes(found.visits[1])
    assert found.conflicts == ()


def test_a_year_nobody_has_announced_is_said():
    day = StudyBrief(line="x", date="2031-10-02").day
    _, doubts = opening(place("a", "Mo-Fr 09:00-17:00; PH off"), day, BOOK)
    assert [code for code, _ in doubts] == ["holiday_unknown"]


def test_over_the_budget_and_a_break_that_does_not_fit():
    places = [place("a", "24/7"), place("b", "24/7")]
    found = table_of(places, [60.0, 60.0], 30.0, date=FRIDAY, budget_minutes=100.0)
    assert [(c, dict(f)) for c, f in found.remarks] == [("over_budget", {"late": 56})]
    found = table_of(places, [60.0, 60.0], 10.0, date=FRIDAY, breaks=(("10:00", "10:30", 20.0),))
    assert found.pauses
    begin, minutes, _ = found.pauses[0]
    assert minutes == 20
    assert 600 <= begin <= 630
    found = table_of(places, [60.0, 60.0], 0.5, date=FRIDAY, breaks=(("09:10", "09:20", 20.0),))
    assert "break_missed" in [c for c, _ in found.remarks] or found.pauses


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "24/7", MUSEUM, "10:00-11:00,14:00-16:00"]),
            st.floats(5, 90),
            st.floats(0, 60),
        ),
        min_size=2,
        max_size=6,
    ),
    st.sampled_from([FRIDAY, MONDAY, ""]),
    st.integers(6, 18),
)
def test_the_clock_never_runs_backwards(stops, date, hour):
    places = [place(f"p{k}", hours) for k, (hours, _, _) in enumerate(stops)]
    stays = [stay for _, stay, _ in stops]
    n = len(stops)
    grid = np.array([[abs(i - j) * stops[i][2] for j in range(n)] for i in range(n)])
    brief = StudyBrief(sites=("x",), date=date, depart=f"{hour:02d}:00")
    found = timetable(list(range(n)), grid, places, stays, brief, BOOK)
    assert found.visits[0].arrive == brief.departs
    for k, visit in enumerate(found.visits):
        assert visit.arrive <= visit.begin + 1e-9
        assert visit.leave - visit.begin == pytest.approx(stays[k] + 3.0)
        if k:
            before = found.visits[k - 1]
            assert visit.arrive - before.leave == pytest.approx(grid[k - 1, k])
        # Past midnight the hours are those of another day.
        today = visit.begin + stays[k] + 3.0 <= 24 * 60
        if (
            date
            and today
            and not [c for c in codes(visit) if c not in ("hours_unknown", "hours_doubtful")]
        ):
            spans, _ = opening(visit.place, brief.day, BOOK)
            assert any(a - 1e-6 <= visit.begin and visit.begin + stays[k] + 3.0 <= b + 1e-6
                       for a, b in spans) or not visit.place.hours  # fmt: skip
