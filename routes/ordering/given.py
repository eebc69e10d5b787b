"""A given order: kept as it is, and what it breaks named instead of refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from routes.ordering.faults import BadRequestError, InfeasibleError
from routes.ordering.problem import Problem
from routes.ordering.schedule import Conflict, Ordering, schedule

__all__ = ["candidates_of", "keep_anyway", "left_undone"]


def candidates_of(problem: Problem, order: Sequence[int]) -> list[int]:
    """Return the candidates between start and end of `order`, which holds the caller's indices."""
    if len(order) < 2 or order[0] != problem.start or order[-1] != problem.end:
        raise BadRequestError("wrong_ends", start=problem.start, end=problem.end)
    at = {place: j for j, place in enumerate(problem.places.tolist())}
    middle = [int(place) for place in order[1:-1]]
    for k, place in enumerate(middle):
        if place in middle[:k] or place in (problem.start, problem.end):
            raise BadRequestError("visited_twice", place=place)
        if place not in at:
            raise BadRequestError("unknown_place", what="order", place=place, places=len(at) + 2)
    return [at[place] for place in middle]


def left_undone(
    order: Sequence[int], must: Iterable[int], before: Iterable[Sequence[int]]
) -> list[Conflict]:
    """Return what the order itself breaks, whatever the clock: musts left out, A not before B."""
    places = list(order)
    broken = [Conflict("must_left_out", int(u)) for u in must if u not in places]
    for a, b in before:
        if b in places and a not in places[: places.index(b)]:
            broken.append(Conflict("order_broken", int(b), other=int(a)))
    return broken


def keep_anyway(problem: Problem, order: list[int]) -> Ordering:
    """Return the times of an order, the conditions it breaks taken away one by one.

    A visit past closing time begins on arrival, a break that no longer fits is left out, the
    budget is overrun; each is a `Conflict` of the result.
    """
    relaxed = problem
    broken: list[InfeasibleError] = []
    while True:
        try:
            found = schedule(relaxed, order)
        except InfeasibleError as fault:
            relaxed = _without(relaxed, fault)
            broken.append(fault)
            continue
        return replace(found, conflicts=tuple(_conflict(problem, found, f) for f in broken))


def _without(problem: Problem, fault: InfeasibleError) -> Problem:
    """Return the request without the condition that `fault` names."""
    if fault.code == "over_budget":
        return replace(problem, budget=np.inf)
    if fault.code == "break_missed":
        return problem.with_breaks(np.flatnonzero(problem.break_ids != _number(fault, "which")))
    if fault.code != "closed":
        raise fault
    j = int(np.flatnonzero(problem.places == _number(fault, "place"))[0])
    opens, closes = problem.opens.copy(), problem.closes.copy()
    last = int(closes[j].argmax())
    opens[j, last] = min(opens[j, last], closes[j, last])
    closes[j, last] = np.inf
    return replace(problem, opens=opens, closes=closes)


def _conflict(problem: Problem, found: Ordering, fault: InfeasibleError) -> Conflict:
    """Return the fault with the minutes of the route as it was walked in the end."""
    if fault.code == "over_budget":
        return Conflict("over_budget", found.order[-1], found.leave[-1] - problem.budget)
    if fault.code != "closed":
        return Conflict(fault.code, _number(fault, "which"))
    place = _number(fault, "place")
    closes = float(problem.closes[problem.places == place].max())
    return Conflict("closed", place, found.begin[found.order.index(place, 1)] - closes)


def _number(fault: InfeasibleError, field: str) -> int:
    return int(str(fault.fields[field]))
