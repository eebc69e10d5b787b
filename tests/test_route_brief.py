"""The request for a study walk: what it refuses, and that a link carries all of it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import PlannerError, RequestError, RouteError
from routes.visits import ORDERS, StudyBrief, clock, minute_of, minutes_between

times = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59))
ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-明远楼 &=%+#,>/", min_size=1, max_size=12)
breaks = st.tuples(times, times, st.floats(1, 600)).map(lambda b: (*sorted(b[:2]), b[2]))


@given(
    st.builds(
        StudyBrief,
        sites=st.lists(ids, min_size=1, max_size=6, unique=True).map(tuple),
        must=st.lists(ids, max_size=3).map(tuple),
        before=st.lists(st.tuples(ids, ids).filter(lambda p: p[0] != p[1]), max_size=3).map(tuple),
        start=ids,
        date=st.dates(date(1970, 1, 1), date(2200, 12, 31)).map(str),
        depart=times,
        budget_minutes=st.none() | st.floats(10, 1440),
        pace_kmh=st.floats(1, 8),
        breaks=st.lists(breaks, max_size=2).map(tuple),
        groups=st.integers(1, 20),
        order=st.sampled_from(ORDERS),
    )
)
def test_a_link_carries_the_whole_request(brief):
    again = StudyBrief.from_query(brief.to_query())
    assert again == brief
    assert again.digest == brief.digest


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "route_subject_none"),
        ({"line": "a", "theme": "b"}, "route_subject_many"),
        ({"line": "a", "order": "best"}, "choice_unknown"),
        ({"line": "a", "pace_kmh": float("nan")}, "route_range_pace_kmh"),
        ({"line": "a", "budget_minutes": 5.0}, "route_range_budget_minutes"),
        ({"line": "a", "gather_minutes": 61.0}, "route_range_gather_minutes"),
        ({"line": "a", "max_walk_min": -1.0}, "route_range_max_walk_min"),
        ({"line": "a", "groups": 0}, "route_range_groups"),
        ({"line": "a", "group_size": -1}, "route_range_group_size"),
        ({"line": "a", "rest_detour_m": 1e9}, "route_range_rest_detour_m"),
        ({"line": "a", "breaks": (("11:00", "12:00", 0.0),)}, "route_range_breaks"),
        ({"line": "a", "date": "2026-02-30"}, "route_date"),
        ({"line": "a", "date": "0001-01-01"}, "route_date"),
        ({"line": "a", "date": "9999-12-31"}, "route_date"),
        ({"line": "a", "depart": "24:00"}, "route_clock"),
        ({"line": "a", "breaks": (("13:00", "12:00", 30.0),)}, "route_break_window"),
        ({"sites": ("x", "x")}, "route_site_twice"),
        ({"line": "a", "before": (("x", "x"),)}, "route_before_itself"),
        ({"line": "a", "profile": "horse"}, "profile_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, code):
    with pytest.raises(PlannerError) as refusal:
        StudyBrief(**asked)
    assert refusal.value.code == code
    assert refusal.value.sentence("zh")
    assert refusal.value.sentence("en")
    if code.startswith("route_range_"):
        assert "--" in refusal.value.sentence("zh"), "named as the user writes it"
        assert refusal.value.exit_code == (1 if "budget" in code else 2)


def test_minutes_add_up_as_they_are_printed():
    # 10:17.2 → 10:35.6 is 18.4 minutes; on paper 10:18 → 10:36.
    assert minutes_between(617.2, 635.6) == 18
    assert clock(617.2) == "10:18"
    assert clock(635.6) == "10:36"


def test_what_somebody_wrote_is_not_repeated_at_length():
    with pytest.raises(RouteError) as refusal:
        StudyBrief(line="a", depart="9" * 500)
    assert len(refusal.value.sentence("zh")) < 90


@pytest.mark.parametrize("query", ["line=a&wings=2", "line=a&groups=two", "sites=a&before=a"])
def test_a_link_that_says_nonsense_is_refused(query):
    with pytest.raises(RequestError):
        StudyBrief.from_query(query)


def test_clock_times():
    assert minute_of("9:05") == 545
    assert clock(545) == "09:05"
    assert clock(544.2) == "09:05"
    assert clock(1500) == "01:00"
