"""A given order by the clock: the same transition along one route, with every time kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from routes.ordering.faults import InfeasibleError
from routes.ordering.problem import FloatArray, Problem
from routes.ordering.transition import begin, rest, steps

__all__ = ["Conflict", "Ordering", "Pause", "schedule"]


@dataclass(frozen=True)
class Pause:
    """One of the breaks: which (the caller's index), at which stop of the order, from when.

    `after_visit` is True when it follows the visit at that stop (or precedes departure).
    """

    which: int
    stop: int
    begin: float
    minutes: float
    after_visit: bool


@dataclass(frozen=True)
class Conflict:
    """What a given order breaks.

    ``closed``: the visit at `place` begins `minutes` after the last door shut (``inf``: it never
    opens). ``over_budget``: all is over `minutes` late. ``break_missed``: break number `place`
    could not be begun in its time. ``must_left_out``: `place` is not on the route.
    ``order_broken``: `place` is visited although `other` was not visited before it.
    """

    code: str
    place: int
    minutes: float = 0.0
    other: int | None = None


@dataclass(frozen=True)
class Ordering:
    """A route by the clock; places are the caller's indices, times are minutes from 0.

    Attributes
    ----------
    order
        Places from start to end.
    arrive, begin, leave
        One each per place of `order`: the moment one gets there, the visit's start (after waiting
        and any break taken first), the moment one sets out again (after any break taken then).
        At the end all that is left is a break that is still owed: `leave` is when all is over.
    score
        Sum over the places visited between start and end.
    minutes_total
        From departure to when all is over: ``leave[-1] - open_at``.
    proven
        True when no route scores higher, and none that scores as high ends earlier, or travels
        less and ends as early.
    travel
        Minutes on the legs.
    pauses
        The breaks taken, in order of time.
    conflicts
        Empty for whatever `choose` returns; see `timed`.
    """

    order: tuple[int, ...]
    arrive: tuple[float, ...]
    begin: tuple[float, ...]
    leave: tuple[float, ...]
    score: float
    minutes_total: float
    proven: bool
    travel: float
    pauses: tuple[Pause, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class _Stop:
    """The times (s,) at one stop: there, rested, begun, visited, rested again."""

    arrive: FloatArray
    ready: FloatArray
    begin: FloatArray
    done: FloatArray
    leave: FloatArray


def schedule(problem: Problem, order: list[int], *, proven: bool = False) -> Ordering:
    """Return the earliest times for candidates in `order`.

    Where a break can be taken at several stops without ending later, the first of them is kept.

    Raises
    ------
    InfeasibleError
        The first that stands in the way: ``no_way`` (place, to), ``closed`` (place, arrive,
        closes, late), ``break_missed`` (which) or ``over_budget`` (finish, budget, over).
    """
    stops = _walk(problem, order)
    over = stops[-1].leave
    kept = np.flatnonzero(over <= problem.owed_from)
    if not kept.size:
        raise _missed(problem, over)
    status = int(kept[np.argmin(over[kept])])
    finish = float(over[status])
    if finish > problem.budget:
        late = finish - problem.budget
        raise InfeasibleError("over_budget", finish=finish, budget=problem.budget, over=late)
    return _back(problem, order, stops, status, proven)


def _walk(problem: Problem, order: list[int]) -> list[_Stop]:
    now = np.full(len(problem.statuses), np.inf)
    now[0] = problem.open_at
    stops = [_Stop(now, now, now, now, rest(problem, now.copy()))]
    at = problem.start
    for leg, j in zip(_legs(problem, order), [*order, None], strict=True):
        place = problem.end if j is None else int(problem.places[j])
        if np.isinf(leg):
            raise InfeasibleError("no_way", place=at, to=place)
        arrive = stops[-1].leave + leg
        ready = rest(problem, arrive.copy())
        if np.isinf(ready).all():
            raise _missed(problem, arrive)
        at = place
        if j is None:
            stops.append(_Stop(arrive, ready, ready, ready, ready))
            continue
        starts = begin(problem, ready, j)
        if np.isinf(starts).all():
            raise _closed(problem, float(ready.min()), j)
        done = starts + problem.service[j]
        leave = rest(problem, done.copy())
        if np.isinf(leave).all():
            raise _missed(problem, done)
        stops.append(_Stop(arrive, ready, starts, done, leave))
    return stops


def _legs(problem: Problem, order: list[int]) -> list[float]:
    if not order:
        return [problem.direct]
    between = [float(problem.legs[i, j]) for i, j in pairwise(order)]
    return [float(problem.from_start[order[0]]), *between, float(problem.to_end[order[-1]])]


def _missed(problem: Problem, times: FloatArray) -> InfeasibleError:
    """Return the refusal when every status has missed a break: named for the fullest status."""
    fullest = max(np.flatnonzero(np.isfinite(times)).tolist(), default=0)
    missing = [b for b in range(problem.latest.size) if not problem.statuses[fullest] >> b & 1]
    which = min(missing, key=lambda b: float(problem.latest[b]))
    return InfeasibleError("break_missed", which=int(problem.break_ids[which]))


def _closed(problem: Problem, arrive: float, j: int) -> InfeasibleError:
    closes = float(problem.closes[j].max())
    late = arrive - closes
    return InfeasibleError(
        "closed", place=int(problem.places[j]), arrive=arrive, closes=closes, late=late
    )


def _back(
    problem: Problem, order: list[int], stops: list[_Stop], status: int, proven: bool
) -> Ordering:
    """Return the times along the statuses that lead to `status` at the end."""
    arrive, starts, leave = [], [], []
    pauses: list[Pause] = []
    for k in reversed(range(len(stops))):
        stop = stops[k]
        leave.append(float(stop.leave[status]))
        if k < len(stops) - 1:
            status = _undo(problem, stop.done, stop.leave, status, k, pauses, after_visit=True)
        starts.append(float(stop.begin[status]))
        status = _undo(problem, stop.arrive, stop.ready, status, k, pauses, after_visit=False)
        arrive.append(float(stop.arrive[status]))
    places = (problem.start, *problem.places[order].tolist(), problem.end)
    return Ordering(
        order=places,
        arrive=tuple(arrive[::-1]),
        begin=tuple(starts[::-1]),
        leave=tuple(leave[::-1]),
        score=math.fsum(problem.score[order].tolist()),
        minutes_total=leave[0] - problem.open_at,
        proven=proven,
        travel=math.fsum(_legs(problem, order)),
        pauses=tuple(pauses[::-1]),
    )


def _undo(
    problem: Problem, before: FloatArray, after: FloatArray, status: int, stop: int,
    pauses: list[Pause], *, after_visit: bool,
) -> int:  # fmt: skip
    """Return the status before a rest, noting the breaks taken in it, the last one first."""
    while before[status] != after[status]:
        for s, b, t in steps(problem):
            begun = max(float(after[s]), float(problem.earliest[b]))
            length = float(problem.length[b])
            if t == status and begun <= problem.latest[b] and begun + length == after[status]:
                which = int(problem.break_ids[b])
                pauses.append(Pause(which, stop, begun, length, after_visit))
                status = s
                break
    return status
