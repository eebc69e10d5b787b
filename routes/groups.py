"""Several groups on one walk, so that no place holds more people than it can at any minute.

By default every group has the curated order and they start one after another. Where orders of
their own let the last group finish earlier, they are offered instead: found with CP-SAT (Google
OR-Tools) where that is installed, else by rotation of the order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from geo.hours import HolidayBook
from geo.network.model import FloatArray
from routes.group_orders import Own, own_orders
from routes.ordering import OrderingError
from routes.places import Place
from routes.timetable import Remark, Timetable, Visit, opening, timetable
from routes.visits import StudyBrief

__all__ = ["GroupPlan", "Walk", "crowding", "plan_groups"]

STEP_MIN = 5.0
LATEST_START_MIN = 6 * 60.0


@dataclass(frozen=True, eq=False)
class Walk:
    """An order with all that times it again, at another departure or turned about.

    Attributes
    ----------
    order
        Indices into `places`, from the first to the last.
    visited
        For each of `order` whether it is visited, not only passed.
    bound
        Whether the first and the last are given, so that every group begins and ends there.
    """

    order: tuple[int, ...]
    minutes: FloatArray
    places: tuple[Place, ...]
    stays: tuple[float, ...]
    visited: tuple[bool, ...]
    bound: tuple[bool, bool]


@dataclass(frozen=True)
class GroupPlan:
    """The day of every group.

    Attributes
    ----------
    groups
        One timetable each.
    method
        ``stagger``, ``own_orders`` or ``rotation``.
    finish
        When the last group is done, minutes from 00:00.
    bound
        No plan in which every group visits every stop is done before; None: not known.
    proven
        True where `finish` is that bound.
    remarks
        ``group_too_large`` for a place that cannot take even one group, ``capacity_unknown``,
        ``crowded`` where no start kept a place within its capacity.
    """

    groups: tuple[Timetable, ...]
    method: str
    finish: float
    bound: float | None
    proven: bool
    remarks: tuple[Remark, ...] = ()


def plan_groups(first: Timetable, walk: Walk, brief: StudyBrief, book: HolidayBook) -> GroupPlan:
    """Return the day of `brief.groups` groups.

    Parameters
    ----------
    first
        The timetable of a group alone.
    walk
        Its order.
    """
    most = {i: _most(walk.places[i], brief) for i in walk.order if walk.stays[i] > 0}
    remarks = _capacity_remarks(walk, brief)
    staggered, crowded = _stagger([walk] * brief.groups, brief, book, most)
    best = GroupPlan(
        staggered, "stagger", max(t.finish for t in staggered), None, False,
        (*remarks, *crowded),
    )  # fmt: skip
    own = None if brief.breaks else _own(walk, brief, book, most)
    if own is not None:
        tables = tuple(_as_table(walk, o, brief, book) for o in own.orders)
        finish = max(t.finish for t in tables)
        if crowded or finish < best.finish - 0.5:
            best = GroupPlan(tables, "own_orders", finish, own.bound, False, remarks)
        best = replace(best, bound=own.bound)
    else:
        turned, still = _stagger(_rotations(walk, brief.groups), brief, book, most)
        finish = max(t.finish for t in turned)
        if not still and (crowded or finish < best.finish - 0.5):
            best = GroupPlan(turned, "rotation", finish, None, False, remarks)
    if best.bound is None:
        best = replace(best, bound=first.finish)
    proven = best.bound is not None and best.finish <= best.bound + 1.0
    return replace(best, proven=proven)


def _most(place: Place, brief: StudyBrief) -> int | None:
    """Return how many groups a place takes at once, None where that is not known."""
    if place.capacity is None or brief.group_size <= 0:
        return None
    return max(place.capacity // brief.group_size, 1)


def _capacity_remarks(walk: Walk, brief: StudyBrief) -> tuple[Remark, ...]:
    if brief.group_size <= 0:
        return (("group_size_unknown", ()),)
    visited = [walk.places[i] for i in dict.fromkeys(walk.order) if walk.stays[i] > 0]
    told: list[Remark] = [
        ("group_too_large", (*_named([p]), ("capacity", p.capacity)))
        for p in visited
        if p.capacity is not None and p.capacity < brief.group_size
    ]
    unknown = [p for p in visited if p.capacity is None]
    if unknown:
        told.append(("capacity_unknown", _named(unknown)))
    return tuple(told)


def _named(places: Sequence[Place]) -> tuple[tuple[str, object], ...]:
    return (
        ("site_zh", "、".join(p.name_zh for p in places)),
        ("site_en", ", ".join(p.name_en for p in places)),
    )


def _stagger(
    walks: Sequence[Walk], brief: StudyBrief, book: HolidayBook, most: dict[int, int | None]
) -> tuple[tuple[Timetable, ...], tuple[Remark, ...]]:
    """Start each group as soon as no place is crowded by it and those before."""
    tables: list[Timetable] = []
    crowded: tuple[Remark, ...] = ()
    earliest = brief.departs
    limits = _by_id(walks[0].places, most)
    for walk in walks:
        # Who walks the same order starts no earlier than those before.
        first = earliest if walk.order == walks[0].order else brief.departs
        for step in range(int(LATEST_START_MIN / STEP_MIN) + 1):
            start = first + step * STEP_MIN
            table = _timed(walk, brief, book, start)
            if not crowding([*tables, table], limits):
                earliest = start
                break
        else:
            crowded = (("crowded", ()),)
            table = _timed(walk, brief, book, first)
        tables.append(table)
    return tuple(tables), crowded


def _timed(walk: Walk, brief: StudyBrief, book: HolidayBook, departs: float) -> Timetable:
    return timetable(
        walk.order, walk.minutes, walk.places, walk.stays, brief, book,
        departs=departs, visited=walk.visited,
    )  # fmt: skip


def _by_id(places: Sequence[Place], most: dict[int, int | None]) -> dict[str, int]:
    return {places[i].id: k for i, k in most.items() if k is not None}


def crowding(tables: Sequence[Timetable], most: dict[str, int]) -> list[tuple[str, float, int]]:
    """Return (place, minute, groups) wherever more groups are inside than `most` allows.

    A group is inside from the visit's beginning until it leaves; the minute one leaves another
    may enter.
    """
    found = []
    for site, limit in most.items():
        events = []
        for table in tables:
            for visit in table.visits:
                if visit.place.id == site and visit.minutes > 0:
                    events += [(round(visit.begin, 6), 1), (round(visit.leave, 6), -1)]
        inside = 0
        for minute, change in sorted(events):
            inside += change
            if inside > limit:
                found.append((site, minute, inside))
                break
    return found


def _rotations(walk: Walk, groups: int) -> list[Walk]:
    """Return the order turned about, a share of it further for each group."""
    first, last = int(walk.bound[0]), len(walk.order) - int(walk.bound[1])
    inner = list(zip(walk.order, walk.visited, strict=True))
    head, middle, tail = inner[:first], inner[first:last], inner[last:]
    found = []
    for g in range(groups):
        k = g * len(middle) // groups
        turned = [*head, *middle[k:], *middle[:k], *tail]
        order = tuple(i for i, _ in turned)
        usable = all(math.isfinite(walk.minutes[a, b]) for a, b in pairwise(order))
        seen = tuple(v for _, v in turned)
        found.append(replace(walk, order=order, visited=seen) if usable else walk)
    return found


def _own(
    walk: Walk, brief: StudyBrief, book: HolidayBook, most: dict[int, int | None]
) -> Own | None:
    """Return orders of their own, None where the solver is missing or found none."""
    first, last = int(walk.bound[0]), len(walk.order) - int(walk.bound[1])
    inner = walk.order[first:last]
    passed = (*walk.visited[:first], *walk.visited[last:])
    if len(inner) < 2 or any(passed) or not all(walk.visited[first:last]):
        return None  # a bound that is a stop itself is visited where it is, in everybody's order
    start = walk.order[0] if walk.bound[0] else None
    end = walk.order[-1] if walk.bound[1] else None
    try:
        return own_orders(
            inner, start, end, walk.minutes, walk.places, walk.stays, brief, book, most
        )
    except OrderingError:
        return None


def _as_table(
    walk: Walk, order: Sequence[tuple[int, float]], brief: StudyBrief, book: HolidayBook
) -> Timetable:
    """Return a solver's order, (place, minute it begins), as a timetable."""
    visits: list[Visit] = []
    at, clock = (walk.order[0] if walk.bound[0] else None), brief.departs
    if at is not None:
        visits.append(Visit(walk.places[at], clock, clock, clock, 0.0))
    for i, begin in order:
        arrive = clock + (float(walk.minutes[at, i]) if at is not None else 0.0)
        _, doubts = opening(walk.places[i], brief.day, book)
        clock = begin + walk.stays[i] + brief.gather_minutes
        visits.append(Visit(walk.places[i], arrive, begin, clock, walk.stays[i], doubts))
        at = i
    if walk.bound[1] and at is not None:
        last = walk.order[-1]
        arrive = clock + float(walk.minutes[at, last])
        visits.append(Visit(walk.places[last], arrive, arrive, arrive, 0.0))
    return Timetable(tuple(visits))
