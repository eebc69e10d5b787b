"""Why there is no route: conditions are taken away until one remains that alone stands in the way.

Up to 17 candidates every answer is exact. Above that it rests on a relaxation, musts alone with
the least minutes between them by any way, so that a cause is named only when it is proven.

========================================  =====================================================
``end_unreachable`` start, end            no way from start to end, whatever is visited
``budget_too_short`` late                 not even the quickest way to the end fits
``must_closed`` place                     a must has no hours at all
``must_unreachable`` place                no way to a must, or none from there to the end
``must_closes`` place, arrive, closes     its last door shuts before anyone can be there
``must_impossible`` place                 its hours and what has to come before it do not agree
``must_over_budget`` place, late          visiting it alone takes too long
``musts_exclude_each_other`` places       their hours allow no route with all of these
``musts_over_budget`` places, late        all of these take too long
``breaks_over_budget`` breaks, late       these breaks alone take too long
``breaks_clash`` breaks                   these breaks cannot all be begun in their time
``musts_leave_no_break`` breaks           the musts' hours leave no time for the breaks
``musts_and_breaks_over_budget`` late     musts and breaks together take too long
========================================  =====================================================

`late` stands for ``finish, budget, over``: the earliest end, what was allowed, the difference;
``must_closes`` has the minutes too late as ``late``. The fewest places that do not go together are
named, two or three where they suffice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np

from routes.ordering.exact import (
    EXACT,
    endings,
    forward,
    masks_of,
    time_between,
    time_from_start,
    time_to_end,
)
from routes.ordering.faults import InfeasibleError, NotFoundError, OrderingError
from routes.ordering.problem import BoolArray, Problem

__all__ = ["explain"]

Least = Callable[[BoolArray], float]  # earliest finish of a route with these candidates


def explain(problem: Problem) -> OrderingError:
    """Return the refusal for a request that no route was found for."""
    free = replace(problem, budget=np.inf)
    plain = free.without_breaks()
    exact = problem.m <= EXACT
    least = _least(plain) if exact else _least_by_musts(plain)
    found = _way_home(problem, least) or _one_must(problem, least) or _all_musts(problem, least)
    if found is None and exact:
        found = _breaks(problem, free)
    return found or NotFoundError("not_found", candidates=problem.m)


def _least(problem: Problem) -> Least:
    """Return a function from marks over all candidates to the earliest finish, ``inf`` = never."""
    if problem.m > EXACT:  # too many musts to say
        return lambda _: -np.inf
    sets, over = endings(problem, forward(problem))

    def least(wanted: BoolArray) -> float:
        mask = masks_of(wanted)
        return float(over[sets & mask == mask].min(initial=np.inf))

    return least


def _least_by_musts(problem: Problem) -> Least:
    """Return the like of `_least` for marks among the musts, never later than the truth."""
    least = _least(_musts_alone(problem))
    return lambda wanted: least(wanted[problem.must])


def _musts_alone(problem: Problem) -> Problem:
    """Return a request of the musts alone that every route of `problem` keeps.

    The others are only passed on the way, whenever that is quicker; hours are asked of musts.
    """
    to_end, start = time_to_end(problem), time_from_start(problem)
    direct = float((start + problem.service + to_end).min(initial=problem.direct))
    between = time_between(problem)
    np.fill_diagonal(between, np.inf)
    wide = replace(problem, legs=between, from_start=start, to_end=to_end, direct=direct)
    return wide.only(problem.must)


def _way_home(problem: Problem, least: Least) -> InfeasibleError | None:
    """Return the refusal when the end is out of reach even with no visit asked for."""
    over = least(np.zeros(problem.m, dtype=bool))
    if over == np.inf:
        return InfeasibleError("end_unreachable", start=problem.start, end=problem.end)
    if over > problem.budget:
        return InfeasibleError("budget_too_short", **_late(problem, over))
    return None


def _one_must(problem: Problem, least: Least) -> InfeasibleError | None:
    """Return the refusal when one of the musts is out of the question by itself."""
    for u in np.flatnonzero(problem.must).tolist():
        wanted = _with_needs(problem, [u])
        over = least(wanted)
        place = int(problem.places[u])
        if over == np.inf:
            return _never(problem, u) or InfeasibleError("must_impossible", place=place)
        if over > problem.budget:
            return InfeasibleError("must_over_budget", place=place, **_late(problem, over))
    return None


def _never(problem: Problem, u: int) -> InfeasibleError | None:
    """Return why candidate u cannot be visited at any price, where that can be shown."""
    place, closes = int(problem.places[u]), float(problem.closes[u].max())
    if closes == -np.inf:
        return InfeasibleError("must_closed", place=place)
    arrive = problem.open_at + float(time_from_start(problem)[u])
    if arrive == np.inf or time_to_end(problem)[u] == np.inf:
        return InfeasibleError("must_unreachable", place=place)
    if arrive > closes:
        late = arrive - closes
        return InfeasibleError("must_closes", place=place, arrive=arrive, closes=closes, late=late)
    return None


def _all_musts(problem: Problem, least: Least) -> InfeasibleError | None:
    """Return the refusal when the musts do not go together: the fewest of them that do not."""
    musts = np.flatnonzero(problem.must).tolist()
    over = least(problem.must)
    if over <= problem.budget:
        return None
    for size in (2, 3):
        for some in combinations(musts, size):
            together = least(_with_needs(problem, list(some)))
            if together > problem.budget:
                return _too_many(problem, list(some), together)
    return _too_many(problem, musts, over)


def _too_many(problem: Problem, musts: list[int], over: float) -> InfeasibleError:
    places = tuple(problem.places[musts].tolist())
    if over == np.inf:
        return InfeasibleError("musts_exclude_each_other", places=places)
    return InfeasibleError("musts_over_budget", places=places, **_late(problem, over))


def _breaks(problem: Problem, free: Problem) -> InfeasibleError | None:
    """Return the refusal when it is the breaks that leave no route."""
    none = np.zeros(problem.m, dtype=bool)
    each = range(problem.earliest.size)
    for which in [*([b] for b in each), list(each)]:
        over = _least(free.with_breaks(np.array(which, dtype=np.int64)))(none)
        names = tuple(problem.break_ids[which].tolist())
        if over == np.inf:
            return InfeasibleError("breaks_clash", breaks=names)
        if over > problem.budget:
            return InfeasibleError("breaks_over_budget", breaks=names, **_late(problem, over))
    over = _least(free)(problem.must)
    if over == np.inf:
        return InfeasibleError("musts_leave_no_break", breaks=tuple(problem.break_ids.tolist()))
    return InfeasibleError("musts_and_breaks_over_budget", **_late(problem, over))


def _late(problem: Problem, over: float) -> dict[str, float]:
    return {"finish": over, "budget": problem.budget, "over": over - problem.budget}


def _with_needs(problem: Problem, which: list[int]) -> BoolArray:
    wanted = np.zeros(problem.m, dtype=bool)
    wanted[which] = True
    return np.asarray(wanted | problem.needs[wanted].any(axis=0))
