"""Several groups: nobody crowded, A before B, no false proof; recomputed from timetables alone."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.hours import chinese_holidays
from routes import group_orders
from routes.groups import GroupPlan, Walk, plan_groups
from routes.places import Place
from routes.timetable import timetable
from routes.visits import StudyBrief, minute_of

BOOK = chinese_holidays()
FRIDAY = "2026-05-08"
HOURS = ["24/7", "Mo-Fr 09:30-17:00", "Mo-Fr 09:00-11:30,13:30-16:00", "Sa 09:00-17:00"]


def crowd_of(plan):
    """Return the most groups in each place at any moment, from begin to leave."""
    found = {}
    for site in {v.place.id for t in plan.groups for v in t.visits if v.minutes > 0}:
        spans = [(v.begin, v.leave) for t in plan.groups for v in t.visits
                 if v.place.id == site and v.minutes > 0]  # fmt: skip
        found[site] = max(sum(a <= at + 1e-5 and at + 1e-5 < b - 1e-5 for a, b in spans)
                          for at, _ in spans)  # fmt: skip
    return found


def planned(capacities, stays, minutes, brief, *, hours="24/7", before=(), bound=(False, False),
            order=None):  # fmt: skip
    n = len(capacities)
    texts = [hours] * n if isinstance(hours, str) else hours
    places = tuple(
        Place(f"p{k}", f"p{k}", f"p{k}", 118.8, 32.0, hours=h, capacity=c)
        for k, (c, h) in enumerate(zip(capacities, texts, strict=True))
    )
    order = tuple(range(n)) if order is None else order
    seen = tuple(stays[i] > 0 and i not in order[:k] for k, i in enumerate(order))
    walk = Walk(order, minutes, places, tuple(stays), seen, bound)
    first = timetable(order, minutes, places, stays, brief, BOOK, visited=seen)
    return first, plan_groups(first, walk, brief, BOOK, before)


def asked(groups, size=40, **more):
    return StudyBrief(sites=("x",), date=FRIDAY, groups=groups, group_size=size, **more)


def even(n, minutes):
    return np.full((n, n), minutes) - minutes * np.eye(n)


def test_one_small_hall_makes_groups_start_apart():
    first, plan = planned([50, 50], [30.0, 30.0], even(2, 5.0), asked(3))
    assert crowd_of(plan) == {"p0": 1, "p1": 1}
    # Three groups of 33 minutes each through one door, then the last one's way and visit.
    assert plan.finish >= 540 + 3 * 33
    assert plan.bound is not None
    assert plan.bound <= plan.finish
    assert first.finish <= plan.finish


def test_room_enough_needs_no_apartness():
    first, plan = planned([500, 500], [30.0, 30.0], even(2, 5.0), asked(3, 10))
    assert plan.finish == first.finish
    assert plan.proven
    assert plan.method == "stagger"
    assert plan.remarks == ()


def test_a_hall_too_small_for_one_group_is_named():
    _, plan = planned([20, None], [30.0, 30.0], even(2, 5.0), asked(2))
    assert [code for code, _ in plan.remarks] == ["group_too_large", "capacity_assumed"]


@pytest.mark.parametrize(("size", "capacity"), [(0, 500), (40, None), (0, None)])
def test_what_is_not_known_means_one_group_at_a_time(size, capacity):
    _, plan = planned([capacity] * 3, [30.0] * 3, even(3, 5.0), asked(3, size))
    assert set(crowd_of(plan).values()) == {1}
    code = "capacity_assumed" if size else "group_size_assumed"
    assert [found for found, _ in plan.remarks] == [code]


def test_without_the_solver_the_order_is_turned_about(monkeypatch):
    monkeypatch.setattr("routes.groups.own_orders", lambda *a: None)
    _, plan = planned([40, 40, 40], [20.0] * 3, even(3, 4.0), asked(3))
    assert plan.method == "rotation"
    assert plan.orders == 3
    assert set(crowd_of(plan).values()) == {1}
    assert plan.proven, "3 visits and 2 ways are the least that one group alone needs"


def test_the_bound_is_the_truth_on_a_case_by_hand():
    _, plan = planned([40, 40], [30.0, 30.0], even(2, 5.0), asked(2, gather_minutes=0))
    # Each begins in the other's second hall: 30 + 5 + 30 minutes for both.
    assert plan.finish == pytest.approx(540 + 65)
    assert plan.bound == pytest.approx(540 + 65)
    assert plan.proven
    assert plan.orders == 2


def test_the_narrowest_hall_bounds_the_day():
    grid = even(4, 15.0)
    _, plan = planned([120, 500, 500, 500], [60.0, 15, 20, 30], grid, asked(8, 100))
    assert plan.bound == pytest.approx(540 + 8 * 63)
    assert plan.finish == pytest.approx(540 + 8 * 63)
    assert plan.proven


def test_a_before_b_holds_for_every_group():
    _, plan = planned([40] * 3, [30.0] * 3, even(3, 5.0), asked(3), before=((0, 1), (1, 2)))
    for table in plan.groups:
        assert [v.place.id for v in table.visits] == ["p0", "p1", "p2"]
    assert plan.method == "stagger"
    assert plan.finish == pytest.approx(540 + 3 * 33 + 2 * 38)


def test_an_order_that_breaks_a_pair_gives_way_to_one_that_keeps_it():
    brief = asked(2, before=(("p1", "p0"),))
    first, plan = planned([400] * 3, [30.0] * 3, even(3, 5.0), brief, before=((1, 0),))
    assert first.finish <= plan.finish
    for table in plan.groups:
        ids = [v.place.id for v in table.visits]
        assert ids.index("p1") < ids.index("p0")


def test_a_break_does_not_make_the_bound_a_lie():
    """One group in another order is over sooner than the given order alone: no bound is that."""
    grid = np.array([[0, 40, 5.0], [40, 0, 5.0], [5.0, 40, 0]])
    brief = asked(2, breaks=(("11:30", "12:30", 30.0),))
    first, plan = planned([40] * 3, [30.0] * 3, grid, brief, order=(0, 1, 2))
    assert plan.bound < first.finish
    assert plan.bound <= plan.finish


def test_every_group_is_back_where_all_began():
    _, plan = planned([40] * 4, [0.0, 20, 20, 20], even(4, 10.0), asked(3), bound=(True, True),
                      order=(0, 1, 2, 3, 0))  # fmt: skip
    for table in plan.groups:
        ids = [v.place.id for v in table.visits]
        assert (ids[0], ids[-1]) == ("p0", "p0")
        assert sorted(ids[1:-1]) == ["p1", "p2", "p3"], "the end is told once"


def test_a_tour_from_a_stop_visits_it_once():
    _, plan = planned([40] * 3, [20.0] * 3, even(3, 10.0), asked(3), bound=(True, True),
                      order=(0, 1, 2, 0))  # fmt: skip
    for table in plan.groups:
        ids = [v.place.id for v in table.visits]
        assert (ids[0], ids[-1]) == ("p0", "p0")
        assert sorted(v.place.id for v in table.visits if v.minutes > 0) == ["p0", "p1", "p2"]


def test_every_group_over_the_budget_says_so():
    _, plan = planned([40] * 3, [30.0] * 3, even(3, 5.0), asked(3, budget_minutes=60))
    for table in plan.groups:
        assert [code for code, _ in table.conflicts] == ["over_budget"]
        assert dict(table.conflicts[0][1])["late"] == round(table.finish - table.start - 60)
    assert not plan.proven
    assert plan.bound is not None, "a bound past the budget says that it cannot be kept"


def test_a_conflict_of_a_late_group_is_kept_and_fewer_are_better():
    hours = ["24/7", "Mo-Su 09:00-11:00", "24/7"]
    _, plan = planned([40] * 3, [30.0] * 3, even(3, 5.0), asked(5), hours=hours)
    assert crowd_of(plan)["p1"] == 1
    # The door of p1 lets three groups in by 11:00, whatever anybody does.
    assert plan.conflicts == 2
    late = [t for t in plan.groups if t.conflicts]
    assert [v.place.id for t in late for v in t.visits if v.remarks] == ["p1", "p1"]
    assert plan.bound is None
    assert not plan.proven


def test_a_place_shut_that_day_is_a_conflict_of_every_group():
    hours = ["24/7", "Sa-Su 09:00-17:00", "24/7"]
    _, plan = planned([40] * 3, [30.0] * 3, even(3, 5.0), asked(3), hours=hours)
    for table in plan.groups:
        assert [code for code, _ in table.conflicts] == ["closed_that_day"]
    assert not plan.proven
    assert set(crowd_of(plan).values()) == {1}


@pytest.mark.parametrize("groups", [8, 20])
def test_many_groups_are_planned_and_the_same_again(groups):
    stays, grid = [60.0, 15.0, 15.0, 50.0, 90.0], even(5, 20.0)
    caps = [120, None, None, 100, 200]
    _, plan = planned(caps, stays, grid, asked(groups))
    _, again = planned(caps, stays, grid, asked(groups))
    assert [t.visits for t in plan.groups] == [t.visits for t in again.groups]
    for site, most in crowd_of(plan).items():
        assert most <= max((caps[int(site[1])] or 40) // 40, 1)


def least_of_all(n, groups, limits, inside, grid, before, departs):
    """Return the earliest finish over all orders and successions at places, by trying them all.

    Semi-active schedules: groups' visits are put one after another in every interleaving.
    """
    best = math.inf
    fits = [p for p in itertools.permutations(range(n))
            if all(p.index(a) < p.index(b) for a, b in before)]  # fmt: skip

    def go(orders, done, clocks, held, latest):
        nonlocal best
        if latest >= best - 1e-9:
            return
        if all(d == n for d in done):
            best = latest
            return
        for g in range(groups):
            if done[g] == n:
                continue
            i = orders[g][done[g]]
            came = clocks[g] + (grid[orders[g][done[g] - 1], i] if done[g] else 0.0)
            inside_now = sorted(held[i])[-limits[i] :]
            begin = max(came, inside_now[0]) if len(inside_now) == limits[i] else came
            leave = begin + inside[i]
            go(orders, (*done[:g], done[g] + 1, *done[g + 1 :]),
               (*clocks[:g], leave, *clocks[g + 1 :]),
               (*held[:i], (*held[i], leave), *held[i + 1 :]), max(latest, leave))  # fmt: skip

    for orders in itertools.combinations_with_replacement(fits, groups):
        go(orders, (0,) * groups, (departs,) * groups, ((),) * n, departs)
    return best


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_bound_is_no_later_than_the_best_there_is(data):
    n, groups = data.draw(st.sampled_from([(2, 2), (2, 3), (3, 2)]))
    limits = data.draw(st.lists(st.integers(1, 2), min_size=n, max_size=n))
    stays = data.draw(st.lists(st.floats(5, 60), min_size=n, max_size=n))
    rng = np.random.default_rng(data.draw(st.integers(0, 9999)))
    grid = rng.uniform(2, 40, (n, n))
    np.fill_diagonal(grid, 0.0)
    before = data.draw(st.sampled_from([(), ((0, 1),), ((1, 0),)]))
    brief = asked(groups, before=tuple((f"p{a}", f"p{b}") for a, b in before))
    first, plan = planned([40 * k for k in limits], stays, grid, brief, before=before)
    inside = [stay + 3.0 for stay in stays]
    best = least_of_all(n, groups, limits, inside, grid, before, 540.0)
    assert plan.bound <= best + 1e-6
    assert plan.finish >= best - 1e-6
    if plan.proven:
        assert plan.finish == pytest.approx(best, abs=0.1)
    assert first.finish >= 540


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_what_holds_for_every_plan(data):
    n, groups = data.draw(st.integers(2, 5)), data.draw(st.integers(2, 4))
    size = data.draw(st.sampled_from([0, 20, 40]))
    capacities = data.draw(st.lists(st.none() | st.integers(20, 120), min_size=n, max_size=n))
    stays = data.draw(st.lists(st.floats(10, 60), min_size=n, max_size=n))
    hours = data.draw(st.lists(st.sampled_from(HOURS), min_size=n, max_size=n))
    rng = np.random.default_rng(data.draw(st.integers(0, 9999)))
    grid = rng.uniform(2, 25, (n, n))
    np.fill_diagonal(grid, 0.0)
    pairs = data.draw(st.sampled_from([(), ((0, 1),), ((n - 1, 0),)]))
    rest = data.draw(st.sampled_from([(), (("11:30", "12:30", 45.0),)]))
    brief = asked(groups, size, breaks=rest, before=tuple((f"p{a}", f"p{b}") for a, b in pairs))
    _, plan = planned(capacities, stays, grid, brief, hours=hours, before=pairs)
    check(plan, brief, n, size, capacities, pairs)


def check(plan: GroupPlan, brief, n, size, capacities, pairs):
    assert len(plan.groups) == brief.groups
    for table, walk in zip(plan.groups, plan.walks, strict=True):
        ids = [v.place.id for v in table.visits]
        assert sorted(ids) == [f"p{k}" for k in range(n)]
        assert ids == [walk.places[i].id for i in walk.order]
        broken = [c for c, _ in table.conflicts if c == "order_broken"]
        assert len(broken) == sum(ids.index(f"p{a}") > ids.index(f"p{b}") for a, b in pairs)
        for one, other in itertools.pairwise(table.visits):
            assert other.arrive >= one.leave - 1e-6
        missed = [c for c, _ in table.conflicts if c == "break_missed"]
        for _, latest, minutes in brief.breaks:
            taken = [p for p in table.pauses if p[1] == minutes]
            assert (
                taken
                or missed
                or table.finish <= minute_of(latest)
                or table.start > minute_of(latest)
            )
    assert "crowded" not in [code for code, _ in plan.remarks]
    for site, most in crowd_of(plan).items():
        capacity = capacities[int(site[1:])]
        known = capacity is not None and size > 0
        assert most <= (max(capacity // size, 1) if known else 1)
    assert plan.finish == max(t.finish for t in plan.groups)
    if plan.proven:
        assert plan.conflicts == 0
        assert plan.finish == pytest.approx(plan.bound, abs=0.1)
    if plan.bound is not None:
        assert plan.bound <= plan.finish + 1e-6
    if plan.method == "stagger":
        assert plan.orders == 1
    else:
        assert plan.orders > 1


def test_the_solver_finds_what_it_should_by_itself():
    pytest.importorskip("ortools")
    assert group_orders.MOST_WORK > 0
    grid = even(3, 4.0)
    _, plan = planned([40] * 3, [20.0] * 3, grid, asked(3))
    walk = plan.walks[0]
    hours = {i: [(0.0, 1440.0)] for i in range(3)}
    own = group_orders.own_orders(walk, asked(3), hours, dict.fromkeys(range(3), 1), (),
                                  plan.groups, None)  # fmt: skip
    last = max(begin + 23 for order in own.orders for _, begin in order)
    assert last == pytest.approx(540 + 3 * 23 + 2 * 4, abs=0.05)
    assert own.bound <= last
