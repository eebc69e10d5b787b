"""Several groups: nobody crowded at any minute, recomputed from the timetables alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.hours import chinese_holidays
from routes import group_orders
from routes.groups import Walk, plan_groups
from routes.places import Place
from routes.timetable import timetable
from routes.visits import StudyBrief

BOOK = chinese_holidays()


def inside_at_most(plan, size):
    """Return the most people in each place at any minute, minute by minute."""
    most = {}
    for minute in np.arange(0, 30 * 60, 0.5):
        for table in plan.groups:
            for visit in table.visits:
                if visit.minutes > 0 and visit.begin <= minute < visit.leave:
                    key = (visit.place.id, minute)
                    most[key] = most.get(key, 0) + size
    found = {}
    for (site, _), people in most.items():
        found[site] = max(found.get(site, 0), people)
    return found


def planned(capacities, stays, minutes, brief):
    places = tuple(
        Place(f"p{k}", f"p{k}", f"p{k}", 118.8, 32.0, hours="24/7", capacity=c)
        for k, c in enumerate(capacities)
    )
    n = len(places)
    walk = Walk(tuple(range(n)), minutes, places, tuple(stays), (True,) * n, (False, False))
    first = timetable(walk.order, minutes, places, stays, brief, BOOK)
    return first, plan_groups(first, walk, brief, BOOK)


def test_one_small_hall_makes_groups_start_apart():
    brief = StudyBrief(sites=("x",), date="2026-05-08", groups=3, group_size=40)
    grid = np.array([[0.0, 5.0], [5.0, 0.0]])
    first, plan = planned([50, 50], [30.0, 30.0], grid, brief)
    assert inside_at_most(plan, 40) == {"p0": 40, "p1": 40}
    # Three groups of 33 minutes each through one door, then the last one's way and visit.
    assert plan.finish >= 540 + 3 * 33 + 5
    assert plan.bound is not None
    assert plan.bound <= plan.finish
    assert first.finish <= plan.finish


def test_room_enough_needs_no_apartness():
    brief = StudyBrief(sites=("x",), date="2026-05-08", groups=3, group_size=10)
    first, plan = planned([500, 500], [30.0, 30.0], np.array([[0.0, 5.0], [5.0, 0.0]]), brief)
    assert plan.finish == first.finish
    assert plan.proven
    assert plan.method == "stagger"


def test_a_hall_too_small_for_one_group_is_named():
    brief = StudyBrief(sites=("x",), date="2026-05-08", groups=2, group_size=40)
    _, plan = planned([20, None], [30.0, 30.0], np.array([[0.0, 5.0], [5.0, 0.0]]), brief)
    told = [code for code, _ in plan.remarks]
    assert "group_too_large" in told
    assert "capacity_unknown" in told


def test_without_the_solver_the_order_is_turned_about(monkeypatch):
    monkeypatch.setattr("routes.groups.own_orders", lambda *a: None)
    brief = StudyBrief(sites=("x",), date="2026-05-08", groups=3, group_size=40)
    grid = np.full((3, 3), 4.0) - 4.0 * np.eye(3)
    _, plan = planned([40, 40, 40], [20.0, 20.0, 20.0], grid, brief)
    assert plan.method == "rotation"
    assert inside_at_most(plan, 40) == {"p0": 40, "p1": 40, "p2": 40}


def test_the_solver_s_bound_is_the_truth_on_a_case_by_hand():
    pytest.importorskip("ortools")
    brief = StudyBrief(sites=("x",), date="2026-05-08", groups=2, group_size=40, gather_minutes=0)
    grid = np.array([[0.0, 5.0], [5.0, 0.0]])
    _, plan = planned([40, 40], [30.0, 30.0], grid, brief)
    # Each begins in the other's second hall: 30 + 5 + 30 minutes for both.
    assert plan.method == "own_orders"
    assert plan.finish == 540 + 65
    assert plan.finish - 0.2 < plan.bound <= plan.finish
    assert plan.proven
    assert group_orders.MOST_WORK > 0


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_nobody_is_ever_crowded(data):
    n = data.draw(st.integers(2, 4))
    size = data.draw(st.integers(10, 50))
    capacities = data.draw(
        st.lists(st.none() | st.integers(size, 3 * size), min_size=n, max_size=n)
    )
    stays = data.draw(st.lists(st.floats(10, 40), min_size=n, max_size=n))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    grid = rng.uniform(2, 25, (n, n))
    np.fill_diagonal(grid, 0.0)
    brief = StudyBrief(
        sites=("x",), date="2026-05-08", groups=data.draw(st.integers(2, 3)), group_size=size
    )
    first, plan = planned(capacities, stays, grid, brief)
    assert len(plan.groups) == brief.groups
    for table in plan.groups:
        assert sorted(v.place.id for v in table.visits) == [f"p{k}" for k in range(n)]
    if "crowded" in [code for code, _ in plan.remarks]:
        return
    for site, people in inside_at_most(plan, size).items():
        limit = capacities[int(site[1:])]
        assert limit is None or people <= limit
    if plan.bound is not None:
        assert plan.bound <= plan.finish + 1e-6
    assert plan.finish >= first.visits[0].arrive
