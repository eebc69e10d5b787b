"""The one transition of the recursion: rest, go, rest, wait for the door, visit.

Times are arrays whose first axis is the status of the breaks (`Problem.statuses`): entry s is the
earliest time at which a route can be there with those breaks taken, ``inf`` when it cannot.
Earlier is never worse, since one may always wait: every function here is non-decreasing in time,
which is what makes dominance by time exact. Each has its inverse, the latest time that still
leads to a given one.

A break is taken whole, at a place, before or after the visit there, never during it or on a leg.
It is owed as soon as the route goes on after the break's `earliest`; one that has reached the end
by then need not take it. At the end a break may be taken on arrival, and the route is over after
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routes.ordering.problem import FloatArray, Problem

__all__ = [
    "begin",
    "departure",
    "finish",
    "latest_arrival",
    "latest_before_rest",
    "latest_begin",
    "rest",
    "steps",
]


def begin(problem: Problem, times: FloatArray, place: int | slice | Any) -> FloatArray:
    """Return the earliest start of service at or after `times`; ``inf`` when the doors stay shut.

    `place` is one candidate, or an index of several that make the last axis of `times`.
    """
    opens, closes = problem.opens[place], problem.closes[place]
    found = np.full(times.shape, np.inf)
    for w in reversed(range(opens.shape[-1])):
        o, c = opens[..., w], closes[..., w]
        found = np.where(times <= c, np.maximum(times, o), found)
    return found


def latest_begin(problem: Problem, times: FloatArray, place: int) -> FloatArray:
    """Return the latest start of service at or before `times`; ``-inf`` when there is none."""
    found = np.full(times.shape, -np.inf)
    for o, c in zip(problem.opens[place], problem.closes[place], strict=True):
        found = np.where(times >= o, np.minimum(times, c), found)
    return found


def rest(problem: Problem, times: FloatArray) -> FloatArray:
    """Return `times` (s, …) once any breaks that can be taken here and now have been, in place.

    What was reached earlier without a break stays: taking it is a choice.
    """
    if len(problem.statuses) == 1:
        return times
    for s, b, t in steps(problem):
        start = np.maximum(times[s], problem.earliest[b])
        after = np.where(start <= problem.latest[b], start + problem.length[b], np.inf)
        times[t] = np.minimum(times[t], after)
    for s, missed in enumerate(problem.missed_after):
        times[s] = np.where(times[s] > missed, np.inf, times[s])
    return times


def latest_before_rest(problem: Problem, times: FloatArray) -> FloatArray:
    """Return the latest times from which `rest` leads to `times` (s, …) or earlier, in place."""
    for s, b, t in reversed(steps(problem)):
        start = np.minimum(times[t] - problem.length[b], problem.latest[b])
        times[s] = np.maximum(times[s], np.where(start >= problem.earliest[b], start, -np.inf))
    return times


def departure(problem: Problem) -> FloatArray:
    """Return (s,) the times of departure."""
    times = np.full(len(problem.statuses), np.inf)
    times[0] = problem.open_at
    return rest(problem, times)


def finish(problem: Problem, arrivals: FloatArray) -> FloatArray:
    """Return (…) when routes that arrive at the end at `arrivals` (s, …) are over; ``inf`` if late.

    `arrivals` is changed.
    """
    over = rest(problem, arrivals)
    last = np.minimum(problem.owed_from, problem.budget)
    late = over > last.reshape(-1, *[1] * (over.ndim - 1))
    return np.asarray(np.where(late, np.inf, over).min(axis=0))


def latest_arrival(problem: Problem, finish_by: float) -> FloatArray:
    """Return (s,) the latest arrivals at the end of routes that are over by `finish_by`."""
    return latest_before_rest(problem, np.minimum(problem.owed_from, finish_by))


def steps(problem: Problem) -> list[tuple[int, int, int]]:
    """Return (status, break, status with it taken), so that each status is ready when used."""
    at = {taken: s for s, taken in enumerate(problem.statuses)}
    return [
        (s, b, at[taken | 1 << b])
        for s, taken in enumerate(problem.statuses)
        for b in range(problem.earliest.size)
        if not taken >> b & 1 and taken | 1 << b in at
    ]
