"""A true lower bound on when several groups can all be done, whatever orders they walk.

It holds for every plan in which each group visits every stop within its hours, no place takes more
groups at once than it can, and what was asked for (start, end, A before B, breaks) is kept. The
budget is left aside: a bound beyond it says that the budget cannot be kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from geo.hours import HolidayBook
from geo.network.model import FloatArray
from routes.group_times import EPS, Walk, next_in
from routes.order import with_doors
from routes.ordering import OrderingError, choose
from routes.timetable import LAST, Window, breaks_of, windows_of
from routes.visits import StudyBrief

__all__ = ["hours_of", "lower_bound", "order_alone"]

Pairs = Sequence[tuple[int, int]]


def lower_bound(
    walk: Walk, groups: int, brief: StudyBrief, book: HolidayBook, limits: Mapping[int, int],
    before: Pairs,
) -> float | None:  # fmt: skip
    """Return the latest of all bounds known without a solver; None where a stop never opens.

    They are the proven best order of one group alone, and for each place the time in which all
    groups can have been there, with the way to it and from it.
    """
    hours = {
        i: windows_of(walk.places[i], walk.stays[i] + brief.gather_minutes, brief.day, book)
        for i in walk.stops
    }
    if not all(hours.values()):
        return None
    alone = order_alone(walk, walk.minutes, brief, hours, before)
    found = [brief.departs if alone is None else alone[1]]
    shortest = _shortest(with_doors(walk.minutes, walk.stops, walk.start, walk.end))
    service = {i: walk.stays[i] + brief.gather_minutes for i in walk.stops}
    index = {i: at for at, i in enumerate(walk.stops)}
    inside = [service[i] for i in walk.stops]
    for at, i in enumerate(walk.stops):
        earlier, later = _beside(i, before)
        head = _least(shortest, [index[j] for j in earlier], -2, at, inside)
        tail = _least(shortest, [index[j] for j in later], at, -1, inside)
        last = _all_there(hours[i], service[i], groups, limits.get(i), brief.departs + head)
        if last is None:
            return None
        found.append(last + tail)
    return max(found)


def hours_of(walk: Walk, brief: StudyBrief, book: HolidayBook) -> dict[int, list[Window]]:
    """Return when the visit of each stop may begin; any time where it is a conflict anyway."""
    every = {
        i: windows_of(walk.places[i], walk.stays[i] + brief.gather_minutes, brief.day, book)
        for i in walk.stops
    }
    return {i: hours or [(0.0, LAST)] for i, hours in every.items()}


def order_alone(
    walk: Walk, minutes: FloatArray, brief: StudyBrief,
    windows: Mapping[int, Sequence[Window]], before: Pairs,
) -> tuple[tuple[int, ...], float] | None:  # fmt: skip
    """Return the stops in the order that is over first, and when; None where none is proven.

    Parameters
    ----------
    minutes
        The walk's, or those it is chosen on.
    windows
        When the visit of each stop may begin.
    before
        Pairs of indices: the first is visited before the second.
    """
    stops = walk.stops
    m = len(stops)
    at = {i: k for k, i in enumerate(stops)}
    try:
        found = choose(
            with_doors(minutes, stops, walk.start, walk.end),
            service=[*(walk.stays[i] + brief.gather_minutes for i in stops), 0.0, 0.0],
            windows=[*(windows[i] for i in stops), [], []], score=np.zeros(m + 2),
            start=m, end=m + 1, budget=LAST, open_at=brief.departs, must=range(m),
            before=[(at[a], at[b]) for a, b in before], breaks=breaks_of(brief),
        )  # fmt: skip
    except OrderingError:
        return None
    if not found.proven:
        return None
    return tuple(stops[k] for k in found.order[1:-1]), found.leave[-1]


def _shortest(grid: FloatArray) -> FloatArray:
    """Return the least minutes between all pairs, by way of others too."""
    best = np.where(np.isfinite(grid), grid, np.inf)
    # Nobody goes by way of the end, or comes to the start again.
    for k in range(len(best) - 2):
        best = np.minimum(best, best[:, [k]] + best[[k], :])
    return best


def _least(
    shortest: FloatArray, among: Sequence[int], start: int, end: int, inside: Sequence[float]
) -> float:
    """Return the least minutes from one place to another with visits to all of some on the way."""
    nodes = [*among, start, end]
    m = len(among)
    try:
        found = choose(
            shortest[np.ix_(nodes, nodes)], service=[*(inside[k] for k in among), 0.0, 0.0],
            windows=[[(0.0, LAST)]] * m + [[], []], score=np.zeros(m + 2), start=m, end=m + 1,
            budget=LAST, must=range(m),
        )  # fmt: skip
    except OrderingError:
        return 0.0
    return found.leave[-1] if found.proven else sum(inside[k] for k in among)


def _beside(place: int, before: Pairs) -> tuple[set[int], set[int]]:
    """Return what is visited before a place, and what after it, by the pairs alone."""

    def reached(pairs: Pairs) -> set[int]:
        found: set[int] = set()
        ahead = [place]
        while ahead:
            one = ahead.pop()
            fresh = {a for a, b in pairs if b == one} - found
            found |= fresh
            ahead += fresh
        return found

    return reached(before), reached([(b, a) for a, b in before])


def _all_there(
    hours: Sequence[Window], minutes: float, groups: int, limit: int | None, since: float
) -> float | None:
    """Return when the last group can have left a place; None where it shuts before.

    Groups are alike, so the first that can enters: no other succession is over sooner.
    """
    leaving = [-math.inf] * min(limit or groups, groups)
    last = since
    for _ in range(groups):
        begin = next_in(hours, max(since, min(leaving)))
        if begin > max(b for _, b in hours) + EPS:
            return None
        last = begin + minutes
        leaving[leaving.index(min(leaving))] = last
    return last
