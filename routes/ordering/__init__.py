"""Choosing and ordering visits on a matrix of minutes; knows nothing of maps.

`choose` picks which places to visit, and in what order, for the highest score within a budget of
time; `timed` runs a given order through the same transition (`routes.ordering.transition`, which
also says what a break is). Up to 17 candidates the answer is proven, above that it is a beam of
the same recursion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from routes.ordering.beam import search
from routes.ordering.causes import explain
from routes.ordering.exact import EXACT
from routes.ordering.faults import BadRequestError, InfeasibleError, NotFoundError, OrderingError
from routes.ordering.given import candidates_of, keep_anyway, left_undone
from routes.ordering.problem import read_problem
from routes.ordering.schedule import Conflict, Ordering, Pause, schedule
from routes.ordering.shortest import exact_order

__all__ = [
    "BadRequestError",
    "Conflict",
    "InfeasibleError",
    "NotFoundError",
    "Ordering",
    "OrderingError",
    "Pause",
    "choose",
    "timed",
]


def choose(
    minutes: ArrayLike,
    *,
    service: ArrayLike,
    windows: Sequence[Iterable[Sequence[float]]],
    score: ArrayLike,
    start: int,
    end: int,
    budget: float,
    open_at: float = 0.0,
    must: Iterable[int] = (),
    before: Iterable[Sequence[int]] = (),
    breaks: Iterable[Sequence[float]] = (),
    width: int = 500,
) -> Ordering:
    """Return the route of the highest score; then the earliest end, then the least travel.

    Parameters
    ----------
    minutes
        (n, n) minutes from place to place, one way; NaN or inf: cannot go. Nobody passes through
        a place without visiting it unless the matrix says so.
    service
        (n,) minutes of the visit at each place.
    windows
        For each place its (open, close) pairs, minutes from 0: the visit may *begin* from open to
        close. In any order, overlapping ones are joined; none at all: the place stays shut.
    score
        (n,) what a visit is worth, >= 0.
    start, end
        Indices, possibly the same. Their service, windows and score are ignored; candidates are
        all other places.
    budget, open_at
        When everything has to be over, and departure; minutes from 0.
    must
        Indices to visit whatever they score.
    before
        Pairs (a, b): if b is visited, a is visited earlier. A pair (a, end) makes a a must.
    breaks
        (earliest, latest, minutes): each is begun once within [earliest, latest], between visits,
        and takes so long. One that the route ends before (at `earliest` or sooner) is not needed,
        nor one that could only have begun before departure. It may be taken at the start, and at
        the end on arrival; the route is then over after it.
    width
        Routes kept per layer above 17 candidates.

    Returns
    -------
    Ordering
        `proven` up to 17 candidates, all of them counted, whether they can be reached or not.

    Raises
    ------
    BadRequestError
        If the request makes no sense (`routes.ordering.problem`).
    InfeasibleError
        If no route exists, with the cause (`routes.ordering.causes`).
    NotFoundError
        If the beam found none and a cause could not be proven.
    """
    problem = read_problem(
        minutes, service=service, windows=windows, score=score, start=start, end=end,
        budget=budget, open_at=open_at, must=must, before=before, breaks=breaks,
    )  # fmt: skip
    if width < 1:
        raise BadRequestError("width", width=width)
    proven = problem.m <= EXACT
    order = exact_order(problem) if proven else search(problem, width)
    if order is None:
        raise explain(problem)
    return schedule(problem, order, proven=proven)


def timed(
    order: Sequence[int],
    minutes: ArrayLike,
    *,
    service: ArrayLike,
    windows: Sequence[Iterable[Sequence[float]]],
    score: ArrayLike,
    start: int | None = None,
    end: int | None = None,
    budget: float = np.inf,
    open_at: float = 0.0,
    must: Iterable[int] = (),
    before: Iterable[Sequence[int]] = (),
    breaks: Iterable[Sequence[float]] = (),
    width: int = 500,
    strict: bool = True,
) -> Ordering:
    """Return the earliest times of `order` (start … end), as `choose` would have them.

    Parameters
    ----------
    order
        Places from start to end.
    minutes, service, windows, score, budget, open_at, must, before, breaks
        As for `choose`.
    start, end, width
        So that a request to `choose` can be passed on as it is: the ends are checked, the width
        is of no use here.
    strict
        False: an order that breaks a condition is kept all the same, and `conflicts` says what it
        breaks: a visit begins on arrival though the doors are shut, a break is left out, the
        budget is overrun.

    Raises
    ------
    BadRequestError
        If the request makes no sense or `order` does not fit it.
    InfeasibleError
        ``no_way`` where two places that follow each other have no way between them; if `strict`
        also what `routes.ordering.schedule.schedule` names, ``must_left_out`` and
        ``order_broken``.
    """
    if len(order) < 2:
        raise BadRequestError("wrong_ends", start=start or 0, end=end or 0)
    must, before = list(must), [tuple(pair) for pair in before]
    problem = read_problem(
        minutes, service=service, windows=windows, score=score,
        start=order[0] if start is None else start, end=order[-1] if end is None else end,
        budget=budget, open_at=open_at, must=must, breaks=breaks,
    )  # fmt: skip
    middle = candidates_of(problem, order)
    undone = left_undone(order, must, before)
    if strict:
        for broken in undone:
            other = {} if broken.other is None else {"other": broken.other}
            raise InfeasibleError(broken.code, place=broken.place, **other)
        return schedule(problem, middle)
    found = keep_anyway(problem, middle)
    return replace(found, conflicts=(*undone, *found.conflicts))
