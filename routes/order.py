"""The order of a walk: the curated one, or one chosen so that as little as possible is ridden.

What can be visited at all is decided on the true minutes; the order among it on those of
`routes.matrix.ordering_minutes`, in which a ride counts more than any walk. They are never less
than the true ones, so an order that holds with them holds by the clock. Where not everything fits
with them, only a share of what a ride counts more is counted, and the walk says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.errors import RouteError
from geo.network.model import FloatArray
from routes.day import Day
from routes.matrix import MODES, ordering_minutes
from routes.ordering import Ordering, OrderingError, choose
from routes.refusals import named_cause
from routes.stops import LeftOut
from routes.timetable import DAY, Remark, breaks_of, opening

__all__ = ["Arranged", "arranged", "joined", "with_doors"]

MOST_FIRSTS = 17
"""Stops up to which each is tried as the first of a walk that comes back to it: all are exact."""
SHARES = (0.5, 0.25, 0.1)
"""Of what a ride counts more than its minutes, where with all of it something does not fit."""


@dataclass(frozen=True)
class Arranged:
    """An order and what is to be said of it.

    Attributes
    ----------
    order, visited
        Indices of the day's places, and whether each is visited, not only passed.
    bound
        Whether the first and the last are given, so that every group begins and ends there.
    left_out
        Stops that are not on it.
    remarks
        How rides were counted for it.
    proven
        No order visits what is worth more, nor, with the same stops, is over sooner by the minutes
        it was chosen on; None for a curated order.
    """

    order: tuple[int, ...]
    visited: tuple[bool, ...]
    bound: tuple[bool, bool]
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[Remark, ...] = ()
    proven: bool | None = None


@dataclass(frozen=True)
class _Found:
    """Indices of places from the first to the last, and which of them are visited."""

    order: tuple[int, ...]
    visited: tuple[bool, ...]
    score: float
    finish: float
    travel: float
    proven: bool

    @property
    def rank(self) -> tuple[float, float, float]:
        return round(self.score, 9), -self.finish, -self.travel


def arranged(day: Day, name: str) -> Arranged:
    """Return the ``curated`` or the ``optimised`` order; a theme has no curated one.

    Raises
    ------
    RouteError
        No order keeps the conditions; the cause that `routes.ordering` found, with names.
    """
    if name == "curated" and not day.brief.theme:
        order, visited = _curated(day)
        return Arranged(order, visited, _bound(day))
    seen = [i for i, stay in enumerate(day.stays) if stay > 0]
    found, remarks = _optimised(day, seen)
    left = tuple(_why_left(day, i) for i in range(len(day.stops.places)) if i not in found.order)
    return Arranged(found.order, found.visited, _bound(day), left, remarks, found.proven)


def _curated(day: Day) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Return the stops as given, between start and end; a bound that is a stop is visited there."""
    inner = list(range(len(day.stops.places)))
    if day.start is not None:
        inner = [day.start, *(i for i in inner if i != day.start)]
    end = inner[0] if day.stops.closed else day.end
    if end is not None and end != inner[0]:
        inner = [*(i for i in inner if i != end), end]
    elif end is not None:
        inner.append(end)  # one comes back to it, and does not visit it twice
    seen = (day.stays[i] > 0 and i not in inner[:k] for k, i in enumerate(inner))
    return tuple(inner), tuple(seen)


def _bound(day: Day) -> tuple[bool, bool]:
    closed = day.stops.closed  # every group then begins where the first does
    return closed or day.start is not None, closed or day.end is not None


def _why_left(day: Day, at: int) -> LeftOut:
    place = day.places[at]
    code = "no_time"
    if not opening(place, day.brief.day, day.book)[0]:
        code = "closed_that_day"
    elif not day.windows(at):
        code = "open_too_short"
    return LeftOut(place.id, place.name_zh, place.name_en, code)


def _optimised(day: Day, seen: list[int]) -> tuple[_Found, tuple[Remark, ...]]:
    true = day.table.minutes
    reckoned = ordering_minutes(day.table, day.brief.max_walk_min)
    if not (day.table.mode == MODES.index("ride")).any():
        return _best(day, true, seen, day.stops.must), ()
    try:
        light = _best(day, reckoned, seen, day.stops.must)
    except RouteError:
        light = None
    most = sum(day.places[i].score for i in seen if day.windows(i))
    if light is not None and light.score >= most - 1e-9:
        return light, (_reckoned(day),)
    full = _best(day, true, seen, day.stops.must)
    if light is not None and light.score >= full.score - 1e-9:
        return light, (_reckoned(day),)
    among = sorted({i for i, seen_here in zip(full.order, full.visited, strict=True) if seen_here})
    for share in SHARES:
        try:
            found = _best(day, true + share * (reckoned - true), among, among)
        except RouteError:
            continue
        return _proven_with(found, full), (_reckoned(day, share),)
    return full, (_reckoned(day, 0.0),)


def _proven_with(found: _Found, full: _Found) -> _Found:
    return _Found(
        found.order, found.visited, found.score, found.finish, found.travel,
        found.proven and full.proven,
    )  # fmt: skip


def _reckoned(day: Day, share: float = 1.0) -> Remark:
    """Return how rides were counted: in full, in part, or as estimated."""
    walk = day.brief.max_walk_min
    if share == 0.0:
        return "rides_as_estimated", (("walk", walk),)
    code = "rides_reckoned" if share == 1.0 else "rides_reckoned_partly"
    return code, (("walk", walk), ("more", round(share * walk, 1)))


def _best(day: Day, minutes: FloatArray, among: list[int], must: Sequence[int]) -> _Found:
    """Return the best order; of a walk that comes back to its first stop, whichever that is.

    With more than `MOST_FIRSTS` stops it is the first one in the order given that can be visited.
    """
    if not day.stops.closed:
        return _one(day, minutes, among, must, day.start, day.end)
    firsts = [i for i in among if day.windows(i)]
    found: list[_Found] = []
    refused: RouteError | None = None
    for i in firsts if len(among) <= MOST_FIRSTS else firsts[:1]:
        try:
            found.append(_one(day, minutes, among, {*must, i}, i, i, first=True))
        except RouteError as fault:
            refused = refused or fault
    if not found:
        raise refused or RouteError("route_nothing_fits")
    return max(found, key=lambda one: one.rank)


def _one(
    day: Day, minutes: FloatArray, among: list[int], must: Sequence[int] | set[int],
    start: int | None, end: int | None, *, first: bool = False,
) -> _Found:  # fmt: skip
    """Return the order of the highest score among some stops, then the one that is over first.

    `first` has the stop at which it starts visited before all others.

    A start or end that nobody named is a door at no distance from any stop. A named one that is a
    stop itself is visited on the way: the ordering gets a second, unvisited place there.
    """
    try:
        before = list(day.stops.before)
        if first and start is not None:
            before += [(start, i) for i in among if i != start]
        found = _choose(day, minutes, among, must, start, end, before)
    except OrderingError as fault:
        nodes = (*among, start, end)
        named = [None if i is None else day.places[i] for i in nodes]
        raise named_cause(fault, named) from fault
    inner = [among[a] for a in found.order[1:-1]]
    if not inner:
        raise RouteError("route_nothing_fits")
    order, seen = joined(inner, start, end)
    return _Found(order, seen, found.score, found.leave[-1], found.travel, found.proven)


def _choose(
    day: Day, minutes: FloatArray, among: list[int], must: Sequence[int] | set[int],
    start: int | None, end: int | None, before: Sequence[tuple[int, int]],
) -> Ordering:  # fmt: skip
    brief, m = day.brief, len(among)
    at = {i: a for a, i in enumerate(among)}
    budget = 2 * DAY if brief.budget_minutes is None else brief.departs + brief.budget_minutes
    return choose(
        with_doors(minutes, among, start, end),
        service=[*(day.stays[i] + brief.gather_minutes for i in among), 0.0, 0.0],
        windows=[*(day.windows(i) for i in among), [], []],
        score=[*(day.places[i].score for i in among), 0.0, 0.0],
        start=m, end=m + 1, budget=budget, open_at=brief.departs,
        must=sorted(at[i] for i in must),
        before=[(at[a], at[b]) for a, b in before if a in at and b in at],
        breaks=breaks_of(brief),
    )  # fmt: skip


def with_doors(
    minutes: FloatArray, visited: Sequence[int], start: int | None, end: int | None
) -> FloatArray:
    """Return the minutes between `visited`, then from the start and to the end in the last two.

    Nobody's start or end is at no distance from any stop.
    """
    nodes = [*visited, start, end]
    grid = np.zeros((len(nodes), len(nodes)))
    for a, i in enumerate(nodes):
        for b, j in enumerate(nodes):
            if a != b and i is not None and j is not None and i != j:
                grid[a, b] = minutes[i, j]
    return grid


def joined(
    inner: Sequence[int], start: int | None, end: int | None
) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Return the visits with their bounds; a bound that is the next stop is not told twice."""
    order, seen = list(inner), [True] * len(inner)
    if start is not None and order[0] != start:
        order.insert(0, start)
        seen.insert(0, False)
    if end is not None and (order[-1] != end or (len(order) == 1 and start == end)):
        order.append(end)
        seen.append(False)
    return tuple(order), tuple(seen)
