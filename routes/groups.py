"""Several groups on one walk, so that no place holds more people than it can at any minute.

By default every group has the curated order and they start one after another. Where other orders
bring fewer conflicts, or let the last group finish earlier, they are offered instead: each group's
best beside those before it, the order turned about, or orders found with CP-SAT (Google OR-Tools)
where that is installed. Where a capacity or the size of a group is not known, a place is assumed
to take one group at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from geo.hours import HolidayBook
from routes.group_bounds import Pairs, hours_of, lower_bound, order_alone
from routes.group_orders import Own, own_orders
from routes.group_times import EPS, Rooms, Walk, crowding, in_turn, line_up, next_in, timed_walk
from routes.order import joined
from routes.places import Place
from routes.timetable import Remark, Timetable, Window
from routes.visits import StudyBrief

__all__ = ["GroupPlan", "Walk", "crowding", "group_limits", "plan_groups"]

MOST_TRIED = 12
"""With more stops than this, trying all orders for each group in turn would take too long."""
SOONER_MIN = 0.5
"""Other orders than the given one are worth it from so many minutes on."""
SAME_MIN = 0.1
"""A finish that is no more than this above the bound is the bound: the solver rounds."""


@dataclass(frozen=True)
class GroupPlan:
    """The day of every group.

    Attributes
    ----------
    groups
        One timetable each.
    walks
        The order each of them is of.
    method
        ``stagger`` (one order, starting apart), ``own_orders`` or ``rotation``.
    finish
        When the last group is done, minutes from 00:00.
    bound
        No plan without conflicts, but for the budget, in which every group visits every stop is
        done before; None: not known, or this plan has other conflicts.
    proven
        True where `finish` is that bound and nothing conflicts.
    remarks
        ``group_too_large`` for a place that cannot take even one group; ``capacity_assumed``,
        ``group_size_assumed`` where one group at a time was assumed; ``crowded`` where a place
        takes more than it can.
    """

    groups: tuple[Timetable, ...]
    walks: tuple[Walk, ...]
    method: str
    finish: float
    bound: float | None
    proven: bool
    remarks: tuple[Remark, ...] = ()

    @property
    def conflicts(self) -> int:
        """How many things, over all groups, make the plan impossible as it stands."""
        return sum(len(table.conflicts) for table in self.groups)

    def with_groups(self, groups: tuple[Timetable, ...]) -> GroupPlan:
        """Return the plan with timetables that tell what else conflicts: then nothing is proven."""
        plan = replace(self, groups=groups)
        codes = {code for table in groups for code, _ in table.conflicts}
        bound = None if codes - {"over_budget"} else self.bound
        return replace(plan, bound=bound, proven=self.proven and not codes)

    @property
    def orders(self) -> int:
        """How many different orders are walked."""
        return len({walk.order for walk in self.walks})


@dataclass(frozen=True, eq=False)
class _Case:
    """What groups are planned from."""

    walk: Walk
    brief: StudyBrief
    book: HolidayBook
    limits: Mapping[int, int]
    before: Pairs
    hours: Mapping[int, list[Window]]


def plan_groups(
    first: Timetable, walk: Walk, brief: StudyBrief, book: HolidayBook, before: Pairs = ()
) -> GroupPlan:
    """Return the day of `brief.groups` groups.

    Parameters
    ----------
    first
        The timetable of a group alone.
    walk
        Its order.
    before
        Pairs of indices of places: where both are visited, the first is visited earlier.
    """
    limits = group_limits(walk, brief)
    seen = set(walk.stops)
    pairs = tuple((a, b) for a, b in before if a in seen and b in seen)
    case = _Case(walk, brief, book, limits, pairs, hours_of(walk, brief, book))
    bound = lower_bound(walk, brief.groups, brief, book, limits, pairs)
    best = _plan(case, "stagger", [walk] * brief.groups,
                 line_up(walk, brief.groups, brief, book, limits))  # fmt: skip
    if not _reached(best, bound):
        best, bound = _others(best, bound, case)
    remarks = (*_capacity_remarks(walk, brief), *best.remarks)
    proven = _reached(best, bound) and not best.remarks
    if bound is not None:
        bound = min(bound, best.finish)
    found = replace(best, bound=bound, proven=proven, remarks=remarks)
    return found.with_groups(best.groups)


def group_limits(walk: Walk, brief: StudyBrief) -> dict[int, int]:
    """Return how many groups each stop takes at once; one where that is not known."""

    def most(place: Place) -> int:
        if place.capacity is None or brief.group_size <= 0:
            return 1
        return max(place.capacity // brief.group_size, 1)

    return {i: most(walk.places[i]) for i in walk.stops}


def _others(best: GroupPlan, bound: float | None, case: _Case) -> tuple[GroupPlan, float | None]:
    """Return the best of plans with other orders, and the bound with the solver's."""
    tried = [*_relays(case), _turned(case), _one_by_one(case)]
    for plan in tried:
        best = _better(best, plan)
    if len(case.walk.stops) < 2 or _reached(best, bound):
        return best, bound
    own = own_orders(case.walk, case.brief, case.hours, case.limits, case.before,
                     best.groups, bound)  # fmt: skip
    if own is not None:
        best = _better(best, _replayed(own, case, "own_orders"))
        if bound is not None and own.bound is not None:
            bound = max(bound, own.bound)
    return best, bound


def _reached(plan: GroupPlan, bound: float | None) -> bool:
    return bound is not None and plan.finish <= bound + SAME_MIN and not plan.conflicts


def _better(best: GroupPlan, plan: GroupPlan | None) -> GroupPlan:
    """Return a plan with less amiss, or as much and over sooner; else the one there was.

    A plan that rides more has to be sooner by as much as rides are reckoned more than they take.
    """
    if plan is None:
        return best
    amiss, now = _amiss(plan), _amiss(best)
    sooner = SOONER_MIN if best.method == "stagger" else EPS
    return plan if amiss < now or (amiss == now and _over(plan) < _over(best) - sooner) else best


def _over(plan: GroupPlan) -> float:
    """Return when the last group is done by the minutes that orders are chosen on."""
    both = zip(plan.groups, plan.walks, strict=True)
    return max(table.finish + walk.surplus for table, walk in both)


def _amiss(plan: GroupPlan) -> tuple[int, int]:
    return len(plan.remarks), plan.conflicts


def _keeps(stops: Sequence[int], before: Pairs) -> bool:
    return all(stops.index(a) < stops.index(b) for a, b in before)


def _plan(
    case: _Case, method: str, walks: Sequence[Walk], tables: Sequence[Timetable]
) -> GroupPlan:
    """Return groups as a plan, in the order they begin; whether they crowd is reckoned anew."""
    by_id = {case.walk.places[i].id: most for i, most in case.limits.items()}
    remarks: tuple[Remark, ...] = (("crowded", ()),) if crowding(tables, by_id) else ()
    if len({walk.order for walk in walks}) == 1:
        method = "stagger"
    both = sorted(zip(tables, walks, strict=True), key=lambda of: (of[0].start, of[0].finish))
    return GroupPlan(
        tuple(t for t, _ in both), tuple(w for _, w in both), method,
        max(t.finish for t in tables), None, False, remarks,
    )  # fmt: skip


def _along(walk: Walk, stops: Sequence[int]) -> Walk | None:
    """Return the walk through the same stops in another order; None where there is no way."""
    order, seen = joined(stops, walk.start, walk.end)
    if not all(math.isfinite(walk.minutes[a, b]) for a, b in pairwise(order)):
        return None
    return replace(walk, order=order, visited=seen)


def _rotations(case: _Case) -> list[Walk]:
    """Return the order turned about by each number of stops, if it then keeps A before B."""
    stops = case.walk.stops
    turned = [(*stops[k:], *stops[:k]) for k in range(1, len(stops))]
    found = [_along(case.walk, t) for t in turned if _keeps(t, case.before)]
    return [case.walk, *(walk for walk in found if walk is not None)]


def _turned(case: _Case) -> GroupPlan:
    """Return each group on the next turn of the order, waiting at doors for those before it."""
    turns = _rotations(case)
    walks = [turns[g % len(turns)] for g in range(case.brief.groups)]
    return _plan(case, "rotation", walks, _all_in_turn(walks, case))


def _relays(case: _Case) -> list[GroupPlan]:
    """Return plans in which the groups follow each other round the stops at an even pace.

    The pace is that of the narrowest place; a round of stops, as many steps apart as the way
    between them needs, is entered by each group one step later. With as many groups as steps, the
    narrowest place is never empty and no plan is over sooner.
    """
    rounds = [case.walk.stops, case.walk.stops[::-1]]
    alone = order_alone(case.walk, case.walk.weighed, case.brief, case.hours, ())
    if alone is not None:
        rounds += [alone[0], alone[0][::-1]]
    found = [_relay(stops, case) for stops in dict.fromkeys(rounds)]
    return [plan for plan in found if plan is not None]


def _relay(stops: Sequence[int], case: _Case) -> GroupPlan | None:
    walk, groups = case.walk, case.brief.groups
    inside = {i: walk.stays[i] + case.brief.gather_minutes for i in stops}
    pace = max(inside[i] / case.limits[i] for i in stops)
    steps, at = [0], 0
    for a, b in pairwise((*stops, stops[0])):
        away = inside[a] + float(walk.weighed[a, b])
        if not math.isfinite(away):
            return None
        at += math.ceil(away / pace - EPS)
        steps.append(at)
    length = max(groups, at)
    orders = []
    for g in range(groups):
        told = sorted(((g + k) % length, i) for k, i in zip(steps, stops, strict=False))
        orders.append(tuple((i, case.brief.departs + pace * k) for k, i in told))
    if not all(_keeps([i for i, _ in order], case.before) for order in orders):
        return None
    method = "rotation" if tuple(stops) == walk.stops else "own_orders"
    return _replayed(Own(tuple(orders), None), case, method)


def _all_in_turn(walks: Sequence[Walk], case: _Case) -> list[Timetable]:
    rooms, tables = Rooms(case.limits), []
    for walk in walks:
        table = in_turn(walk, case.brief, case.book, rooms)
        rooms.take(walk, table)
        tables.append(table)
    return tables


def _one_by_one(case: _Case) -> GroupPlan | None:
    """Return each group on the order that is best beside those before it."""
    if len(case.walk.stops) > MOST_TRIED:
        return None
    rooms, walks, tables = Rooms(case.limits), [], []
    for _ in range(case.brief.groups):
        walk, table = _next(case, rooms)
        rooms.take(walk, table)
        walks.append(walk)
        tables.append(table)
    return _plan(case, "own_orders", walks, tables)


def _next(case: _Case, rooms: Rooms) -> tuple[Walk, Timetable]:
    """Return the order that is over first in the room that is left; the least amiss if none is."""
    walk, brief = case.walk, case.brief
    free = {i: _meet(hours, rooms.free(i, walk.stays[i] + brief.gather_minutes))
            for i, hours in case.hours.items()}  # fmt: skip
    found = order_alone(walk, walk.weighed, brief, free, case.before)
    best = None if found is None else _along(walk, found[0])
    if best is not None:
        return best, in_turn(best, brief, case.book, rooms)
    every = [(one, in_turn(one, brief, case.book, rooms)) for one in _rotations(case)]
    return min(every, key=lambda of: (len(of[1].conflicts), of[1].finish))


def _meet(some: Sequence[Window], others: Sequence[Window]) -> list[Window]:
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return [(a, b) for a, b in both if a <= b]


def _replayed(own: Own, case: _Case, method: str) -> GroupPlan | None:
    """Return orders by the clock, each visit as early as the succession at its place allows."""
    walks = [_along(case.walk, [i for i, _ in order]) for order in own.orders]
    if any(walk is None for walk in walks):
        return None
    kept = [walk for walk in walks if walk is not None]
    if case.brief.breaks:
        return _plan(case, method, kept, _all_in_turn(kept, case))
    begins = _pulled(own, case)
    tables = []
    for walk, told in zip(kept, begins, strict=True):
        table = _exactly(walk, told, case, case.brief.departs)
        wait = next(v for v in table.visits if v.minutes > 0).wait
        tables.append(_exactly(walk, told, case, case.brief.departs + math.floor(wait)))
    return _plan(case, method, kept, tables)


def _exactly(walk: Walk, begins: Mapping[int, float], case: _Case, departs: float) -> Timetable:
    """Return the timetable whose visits begin when they are told to."""

    def then(place: int, _: float) -> list[Window]:
        return [(begins[place] - EPS / 1000, begins[place] + EPS)]

    return timed_walk(walk, case.brief, case.book, departs, then)


def _pulled(own: Own, case: _Case) -> list[dict[int, float]]:
    """Return when visits begin, without the parts of a minute that the solver rounded up."""
    walk, brief = case.walk, case.brief
    held: dict[int, list[float]] = {i: [] for i in walk.stops}
    begins: list[dict[int, float]] = [{} for _ in own.orders]
    ready: list[tuple[int | None, float]] = [(walk.start, brief.departs)] * len(own.orders)
    every = sorted((at, g, i) for g, order in enumerate(own.orders) for i, at in order)
    for _, g, i in every:
        here, clock = ready[g]
        arrive = clock + (float(walk.minutes[here, i]) if here is not None else 0.0)
        inside = sorted(held[i])[-case.limits[i] :]
        if len(inside) == case.limits[i]:
            arrive = max(arrive, inside[0])
        begin = next_in(case.hours[i], arrive)
        if begin == math.inf:
            begin = arrive  # too late, which is a conflict then
        begins[g][i] = begin
        leave = begin + walk.stays[i] + brief.gather_minutes
        held[i].append(leave)
        ready[g] = (i, leave)
    return begins


def _capacity_remarks(walk: Walk, brief: StudyBrief) -> tuple[Remark, ...]:
    if brief.group_size <= 0:
        return (("group_size_assumed", ()),)
    visited = [walk.places[i] for i in walk.stops]
    told: list[Remark] = [
        ("group_too_large", (*_named([p]), ("capacity", p.capacity)))
        for p in visited
        if p.capacity is not None and p.capacity < brief.group_size
    ]
    unknown = [p for p in visited if p.capacity is None]
    if unknown:
        told.append(("capacity_assumed", _named(unknown)))
    return tuple(told)


def _named(places: Sequence[Place]) -> tuple[tuple[str, object], ...]:
    return (
        ("site_zh", "、".join(p.name_zh for p in places)),
        ("site_en", ", ".join(p.name_en for p in places)),
    )
