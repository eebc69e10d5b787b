"""Every route of a small request, by permutation and step-by-step simulation: slow and plain.

Nothing here is shared with `routes.ordering`: times are single numbers, breaks are placed by
trying every stop before and after the visit there, and the best route is picked from the list.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Walk:
    """One way to walk an order: score, when it is over, minutes on legs."""

    order: tuple[int, ...]
    score: float
    over: float
    travel: float


def every_walk(request: dict[str, Any]) -> Iterator[Walk]:
    """Yield each order with each placing of the breaks that keeps all the conditions."""
    start, end = request["start"], request["end"]
    others = [i for i in range(len(request["minutes"])) if i not in (start, end)]
    for size in range(len(others) + 1):
        for middle in itertools.permutations(others, size):
            if set(request["must"]) - {start, end} - set(middle) or _out_of_order(request, middle):
                continue
            order = (start, *middle, end)
            travel = sum(_leg(request, i, j) for i, j in itertools.pairwise(order))
            if math.isinf(travel):
                continue
            score = math.fsum(request["score"][i] for i in middle)
            for over in _ends(request, order):
                yield Walk(order, score, over, travel)


def best_walk(request: dict[str, Any]) -> Walk | None:
    """Return the walk of the highest score, then the earliest end, then the least travel."""
    walks = list(every_walk(request))
    if not walks:
        return None
    top = max(walk.score for walk in walks)
    walks = [walk for walk in walks if walk.score >= top - 1e-9]
    soonest = min(walk.over for walk in walks)
    walks = [walk for walk in walks if walk.over <= soonest + 1e-7]
    return min(walks, key=lambda walk: walk.travel)


def _leg(request: dict[str, Any], i: int, j: int) -> float:
    if i == j:
        return 0.0  # from the start to an end that is the start, with nothing between
    leg = float(request["minutes"][i][j])
    return math.inf if math.isnan(leg) else leg


def _out_of_order(request: dict[str, Any], middle: tuple[int, ...]) -> bool:
    order = (request["start"], *middle, request["end"])
    return any(b in order and a not in order[: order.index(b)] for a, b in request["before"])


def _ends(request: dict[str, Any], order: tuple[int, ...]) -> Iterator[float]:
    """Yield when the walk is over for every choice of stop, side and sequence of the breaks."""
    coming = [b for b in request["breaks"] if b[1] >= request["open_at"]]
    slots = [(k, side) for k in range(len(order)) for side in ("on arrival", "after")]
    for taken in itertools.chain.from_iterable(
        itertools.permutations(range(len(coming)), r) for r in range(len(coming) + 1)
    ):
        for places in itertools.combinations_with_replacement(slots, len(taken)):
            over = _simulate(request, order, coming, list(zip(places, taken, strict=True)))
            left = [coming[b] for b in range(len(coming)) if b not in taken]
            if over <= request["budget"] and all(over <= earliest for earliest, _, _ in left):
                yield over


def _simulate(
    request: dict[str, Any], order: tuple[int, ...], breaks: list[Any], plan: list[Any]
) -> float:
    """Return when the walk is over; ``inf`` when a door or a break is missed."""
    now = float(request["open_at"])
    for k, place in enumerate(order):
        if k:
            now += _leg(request, order[k - 1], place)
        for side in ("on arrival", "after"):
            for slot, which in plan:
                if slot == (k, side):
                    earliest, latest, length = breaks[which]
                    if now > latest:
                        return math.inf
                    now = max(now, earliest) + length
            if side == "on arrival" and 0 < k < len(order) - 1:
                doors = [max(now, o) for o, c in request["windows"][place] if max(now, o) <= c]
                if not doors:
                    return math.inf
                now = min(doors) + request["service"][place]
    return now


def soonest(request: dict[str, Any], order: tuple[int, ...]) -> float:
    """Return when a given order is over at best; ``inf`` when it cannot be walked."""
    return min(_ends(request, order), default=math.inf)
