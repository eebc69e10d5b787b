"""A route made better a stretch at a time: the exact recursion on some of its stops and others.

A short route is one stretch. Of a longer one, some stops in a row are given up together with the
places beside the way, between the moment the stop before is left and the latest arrival at the
stop after from which the rest still works. A stretch is only taken over when the whole route,
timed again, scores higher, or ends earlier, or travels less.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routes.ordering.exact import SAME
from routes.ordering.faults import InfeasibleError
from routes.ordering.problem import FloatArray, Problem
from routes.ordering.schedule import Ordering, schedule
from routes.ordering.shortest import exact_order
from routes.ordering.transition import latest_begin

__all__ = ["refine"]

WHOLE = 13  # visits up to which a route is one stretch
STRETCH, STRIDE = 8, 4
TOGETHER = 14  # candidates of a stretch, places beside the way included
PASSES = 2


def refine(problem: Problem, order: list[int]) -> list[int]:
    """Return `order` or a better one."""
    best = schedule(problem, order)
    for _ in range(PASSES):
        before = best
        # With breaks a stretch would need to know which were taken: then only whole routes.
        if len(order) <= WHOLE or len(problem.statuses) > 1:
            spans = [(0, len(order))] if len(order) <= TOGETHER else []
        else:
            spans = [(a, a + STRETCH) for a in range(0, len(order) - STRIDE, STRIDE)]
        for a, b in (span for span in spans if span[0] <= len(order)):
            order, best = _tried(problem, order, best, a, min(b, len(order)))
        if best is before:
            break
    return order


def _tried(
    problem: Problem, order: list[int], best: Ordering, a: int, b: int
) -> tuple[list[int], Ordering]:
    """Return the order with stops a to b chosen and ordered anew, if that is better."""
    beside = _beside(problem, order, a, b)[: TOGETHER - (b - a)]
    some = np.sort(np.concatenate([np.array(order[a:b], dtype=np.int64), beside]))
    part = _stretch(problem, order, best, a, b, some)
    found = exact_order(part)
    if found is None:
        return order, best
    anew = [*order[:a], *some[found].tolist(), *order[b:]]
    try:
        timed = schedule(problem, anew)
    except InfeasibleError:  # by a rounding of the latest arrival
        return order, best
    return (anew, timed) if _merit(timed) < _merit(best) else (order, best)


def _merit(route: Ordering) -> tuple[float, float, float]:
    """Return what is compared, rounded so that equal routes are equal."""
    return -round(route.score, 9), round(route.leave[-1], 6), round(route.travel, 6)


def _stretch(
    problem: Problem, order: list[int], best: Ordering, a: int, b: int, some: np.ndarray
) -> Problem:
    """Return the request for the stops between a and b, out of candidates `some` (ascending)."""
    keep = np.zeros(problem.m, dtype=bool)
    keep[some] = True
    had = np.zeros(problem.m, dtype=bool)
    had[order[:a]] = True
    asked = problem.needs[some][:, ~(keep | had)].any(axis=1)  # needs what comes later or never
    later = problem.needs[order[b:]].any(axis=0) & keep  # what a later stop needs
    part = problem.only(keep, must=(problem.must | later)[some])
    part.closes[asked] = -np.inf
    changes: dict[str, object] = {}
    if a > 0:
        changes |= {"from_start": problem.legs[order[a - 1], some], "open_at": best.leave[a]}
    if b < len(order):
        arrive_by = _arrive_by(problem, order[b:])
        changes |= {"to_end": problem.legs[some, order[b]], "budget": arrive_by}
    if a > 0 or b < len(order):
        changes["direct"] = np.inf
    return replace(part, **changes)  # type: ignore[arg-type]


def _arrive_by(problem: Problem, rest: list[int]) -> float:
    """Return the latest arrival at the first of `rest` after which all of them still work."""
    by, leg = problem.budget, float(problem.to_end[rest[-1]])
    for j, previous in zip(reversed(rest), [*reversed(rest[:-1]), None], strict=True):
        by = float(latest_begin(problem, np.array(by - leg - problem.service[j]), j))
        leg = 0.0 if previous is None else float(problem.legs[previous, j])
    return by + SAME * abs(by)


def _beside(problem: Problem, order: list[int], a: int, b: int) -> np.ndarray:
    """Return the candidates not on the route, those with the most score for a detour first."""
    at = np.array(order[max(a - 1, 0) : b + 1], dtype=np.int64)
    direct = problem.legs[at[:-1], at[1:]][:, None]
    ends: list[FloatArray] = [problem.legs[at[:-1]] + problem.legs[:, at[1:]].T - direct]
    if not order:
        ends.append((problem.from_start + problem.to_end)[None])
    if order and a == 0:
        onward = problem.legs[:, order[0]] - problem.from_start[order[0]]
        ends.append((problem.from_start + onward)[None])
    if order and b == len(order):
        ends.append((problem.legs[order[-1]] + problem.to_end - problem.to_end[order[-1]])[None])
    cost = np.concatenate(ends).min(axis=0) + problem.service
    cost[order] = np.inf
    rate = problem.score / np.maximum(cost, 1.0)
    some = np.flatnonzero(np.isfinite(cost) & (problem.score > 0))
    return some[np.argsort(-rate[some], kind="stable")]
