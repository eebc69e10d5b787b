"""Choosing an order for a request: the ordering's arrays, and its refusals with names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.errors import RouteError
from geo.hours import HolidayBook
from geo.network.model import FloatArray
from routes.ordering import Ordering, OrderingError, choose
from routes.places import Place
from routes.stops import Stops
from routes.timetable import DAY, Window, breaks_of, windows_of
from routes.visits import StudyBrief

__all__ = ["Chosen", "chosen", "joined", "named_cause", "with_doors"]


@dataclass(frozen=True)
class Chosen:
    """Indices of places from the first to the last, which of them are visited, not only passed,
    and whether no order is better."""

    order: tuple[int, ...]
    visited: tuple[bool, ...]
    proven: bool


def chosen(
    brief: StudyBrief,
    stops: Stops,
    places: Sequence[Place],
    stays: Sequence[float],
    start: int | None,
    end: int | None,
    minutes: FloatArray,
    book: HolidayBook,
) -> Chosen:
    """Return which stops to visit in which order, for the highest score in the time there is.

    A start or end that nobody named is a door at no distance from any stop. A named one that is a
    stop itself is visited on the way: the ordering gets a second, unvisited place there.

    Raises
    ------
    RouteError
        There is no such order; the cause that `routes.ordering` found, with names.
    """
    visited = [i for i in range(len(places)) if stays[i] > 0]
    m = len(visited)
    grid = with_doors(minutes, visited, start, end)
    service = [stays[i] + brief.gather_minutes for i in visited] + [0.0, 0.0]
    windows = [windows_of(places[i], stays[i], brief.day, book) for i in visited]
    score = [places[i].score for i in visited] + [0.0, 0.0]
    at = {i: a for a, i in enumerate(visited)}
    budget = 2 * DAY if brief.budget_minutes is None else brief.departs + brief.budget_minutes
    try:
        found = _choose(brief, stops, grid, service, windows, score, at, m, budget)
    except OrderingError as fault:
        named = [None if i is None else places[i] for i in (*visited, start, end)]
        raise named_cause(fault, named) from fault
    inner = [visited[a] for a in found.order[1:-1]]
    if not inner:
        raise RouteError("route_nothing_fits")
    order, seen = joined(inner, start, end)
    return Chosen(order, seen, found.proven)


def _choose(
    brief: StudyBrief,
    stops: Stops,
    grid: FloatArray,
    service: list[float],
    windows: list[list[Window]],
    score: list[float],
    at: dict[int, int],
    m: int,
    budget: float,
) -> Ordering:
    return choose(
        grid, service=service, windows=[*windows, [], []], score=score, start=m, end=m + 1,
        budget=budget, open_at=brief.departs, must=[at[stops.index(s)] for s in brief.must],
        before=[(at[stops.index(a)], at[stops.index(b)]) for a, b in brief.before],
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


def named_cause(fault: OrderingError, places: Sequence[Place | None]) -> RouteError:
    """Return an ordering's refusal as a sentence with the names of places."""

    def name(index: object) -> str:
        at = int(str(index))
        place = places[at] if 0 <= at < len(places) else None
        return "—" if place is None else place.name_zh

    fields = fault.fields
    first = fields.get("places", fields.get("place", fields.get("end", -1)))
    named = "、".join(map(name, first)) if isinstance(first, tuple) else name(first)
    late = fields.get("late", fields.get("over", 0))
    code = fault.code if fault.code in NAMED else "infeasible"
    return RouteError(
        f"route_{code}", places=named, other=name(fields.get("to", fields.get("other", -1))),
        late=math.ceil(float(str(late))), cause=fault.code.replace("_", " "),
    )  # fmt: skip


# Codes of `routes.ordering` that have a sentence of their own.
NAMED = frozenset(
    ("end_unreachable", "budget_too_short", "must_impossible", "must_over_budget",
     "must_unreachable", "must_closes", "musts_exclude_each_other", "musts_over_budget",
     "breaks_clash", "breaks_over_budget", "musts_leave_no_break",
     "musts_and_breaks_over_budget", "contradictory_order", "not_found", "no_way")
)  # fmt: skip
