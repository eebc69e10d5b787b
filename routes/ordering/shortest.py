"""Of the routes that reach the best score at the best hour, the one with the least travel.

Waiting makes this a question of its own: the order that is earliest everywhere may walk further
than one that would only have waited. The layers are gone through once more from the end, for the
latest time at which each place may be left and the least travel still to come; a best-first
search over (travel, time) then meets nothing that cannot be finished in time.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from routes.ordering.exact import SAME, Best, Layer, best_sets, forward
from routes.ordering.problem import BoolArray, FloatArray, IntArray, Problem
from routes.ordering.transition import (
    begin,
    departure,
    finish,
    latest_arrival,
    latest_before_rest,
    latest_begin,
    rest,
)

__all__ = ["exact_order", "least_travel"]

LABELS = 50_000  # looked at before the earliest of the equally good routes has to do


@dataclass(frozen=True, eq=False)
class _Rest:
    """What is left to do from each (last, set) of a layer: `until` (s, m, v), `travel` (m, v)."""

    masks: IntArray
    until: FloatArray
    travel: FloatArray

    def at(self, mask: int) -> int:
        """Return the column of a set, -1 when it leads nowhere."""
        column = int(np.searchsorted(self.masks, mask))
        return column if column < self.masks.size and self.masks[column] == mask else -1


def exact_order(problem: Problem) -> list[int] | None:
    """Return the candidates of the best route in order, None when none has all the musts."""
    layers = forward(problem)
    best = best_sets(problem, layers)
    return None if best is None else least_travel(problem, layers, best)


def least_travel(problem: Problem, layers: list[Layer], best: Best) -> list[int]:
    """Return the candidates in order: a route of `best` with the least minutes of travel."""
    hair = SAME * max(1.0, abs(best.finish))
    by = best.finish + hair
    remaining = _backward(problem, layers, best, by, hair)
    return _Search(problem, remaining, set(best.masks.tolist()), by, hair).run()


def _backward(
    problem: Problem, layers: list[Layer], best: Best, by: float, hair: float
) -> list[_Rest]:
    """Return, layer by layer, what is left to do from the sets that lead to one of the best."""
    home = latest_arrival(problem, by)
    inside = _inside(problem.m, best.masks)
    done = np.zeros(inside.size, dtype=bool)
    done[best.masks] = True
    slot = np.full(inside.size, -1, dtype=np.int64)
    found: list[_Rest] = []
    for layer in reversed(layers):
        kept = inside[layer.masks]
        if not kept.any():
            continue
        masks = layer.masks[kept]
        rows = _left(problem, masks, done[masks], home, found[-1] if found else None, slot)
        over = layer.leave[:, :, kept] > rows.until + hair
        rows.until[over] = -np.inf
        rows.travel[over.all(axis=0)] = np.inf
        slot[:] = -1
        slot[masks] = np.arange(masks.size)
        found.append(rows)
    return found[::-1]


def _left(
    problem: Problem,
    masks: IntArray,
    done: BoolArray,
    home: FloatArray,
    after: _Rest | None,
    slot: IntArray,
) -> _Rest:
    """Return what is left to do from sets `masks`; `after` are the sets one larger."""
    until = np.full((home.size, problem.m, masks.size), -np.inf)
    travel = np.full((problem.m, masks.size), np.inf)
    until[:, :, done] = (home[:, None] - problem.to_end[None, :])[:, :, None]
    travel[:, done] = problem.to_end[:, None]
    if after is not None:
        for j in range(problem.m):
            up = slot[masks | 1 << j]
            at = np.flatnonzero((up >= 0) & (masks >> j & 1 == 0))
            arrive = np.full((home.size, masks.size), -np.inf)
            further = np.full(masks.size, np.inf)
            arrive[:, at] = _latest_arrivals(problem, after.until[:, j, up[at]], j)
            further[at] = after.travel[j, up[at]]
            for i in np.flatnonzero(np.isfinite(problem.legs[:, j])).tolist():
                leg = problem.legs[i, j]
                np.maximum(until[:, i], arrive - leg, out=until[:, i])
                np.minimum(travel[i], further + leg, out=travel[i])
    return _Rest(masks, latest_before_rest(problem, until), travel)


def _latest_arrivals(problem: Problem, leave: FloatArray, j: int) -> FloatArray:
    """Return the latest arrivals (s, v) at j after which it can be left by `leave` (s, v)."""
    return latest_before_rest(problem, latest_begin(problem, leave - problem.service[j], j))


def _inside(m: int, masks: IntArray) -> BoolArray:
    """Return (2^m,) whether each set is part of one of `masks`."""
    inside = np.zeros(1 << m, dtype=bool)
    inside[masks] = True
    for b in range(m):
        halves = inside.reshape(-1, 2, 1 << b)
        halves[:, 0] |= halves[:, 1]
    return inside


@dataclass(frozen=True)
class _Label:
    """A beginning of a route, or a whole one when it is `over`."""

    bound: float  # minutes of travel it takes at least
    time: float
    order: tuple[int, ...]
    mask: int
    status: int
    travel: float
    over: bool = False


class _Search:
    """Best-first search forwards; what cannot be finished by `by` is never entered."""

    def __init__(
        self, problem: Problem, remaining: list[_Rest], best: set[int], by: float, hair: float
    ) -> None:
        self.problem = problem
        self.remaining = remaining
        self.best = best
        self.by = by
        self.hair = hair
        self.heap: list[tuple[float, float, float, tuple[int, ...], int, _Label]] = []
        self.dives = False

    def run(self) -> list[int]:
        """Return the order of the first route that is over."""
        problem = self.problem
        start = _Label(0.0, problem.open_at, (), 0, 0, 0.0)
        self._go_on(start, departure(problem), problem.from_start, problem.direct)
        soonest: dict[tuple[int, int, int], float] = {}
        while self.heap:
            label = heapq.heappop(self.heap)[-1]
            if label.over:
                return list(label.order)
            last = label.order[-1]
            # Labels of one state come with growing travel: only an earlier one is of use.
            key = (label.mask, last, label.status)
            if label.time >= soonest.get(key, np.inf):
                continue
            soonest[key] = label.time
            if len(soonest) > LABELS and not self.dives:
                self._dive()
            times = np.full(len(problem.statuses), np.inf)
            times[label.status] = label.time
            self._go_on(
                label, rest(problem, times), problem.legs[last], float(problem.to_end[last])
            )
        raise RuntimeError("no route, although the layers hold one")

    def _go_on(self, label: _Label, leave: FloatArray, legs: FloatArray, home: float) -> None:
        """Push what follows `label`, left at `leave` (s,) with `legs` (m,) to go on by."""
        problem = self.problem
        if label.mask in self.best:
            over = float(finish(problem, (leave + home)[:, None])[0])
            if over <= self.by:
                self._push(label, over, label.order, label.mask, 0, label.travel + home, 0.0, True)
        size = len(label.order)
        if size == len(self.remaining):
            return
        after = self.remaining[size]
        arrive = rest(problem, leave[:, None] + legs[None, :])
        times = begin(problem, arrive, slice(None)) + problem.service
        for j in np.flatnonzero(np.isfinite(times).any(axis=0)).tolist():
            mask = label.mask | 1 << j
            at = after.at(mask)
            if mask == label.mask or at < 0:
                continue
            travel = label.travel + float(legs[j])
            for s in np.flatnonzero(times[:, j] <= after.until[:, j, at] + self.hair).tolist():
                more = float(after.travel[j, at])
                order = (*label.order, j)
                self._push(label, float(times[s, j]), order, mask, s, travel, more, False)

    def _push(
        self, label: _Label, time: float, order: tuple[int, ...], mask: int, status: int,
        travel: float, more: float, over: bool,
    ) -> None:  # fmt: skip
        # A bound never sinks on the way, but its sum may by a hair.
        bound = max(label.bound, travel + more)
        found = _Label(bound, time, order, mask, status, travel, over)
        heapq.heappush(self.heap, (*self._rank(found), found))

    def _rank(self, label: _Label) -> tuple[float, float, float, tuple[int, ...], int]:
        deep = -float(len(label.order) + 1000 * label.over) if self.dives else 0.0
        return deep, label.bound, label.time, label.order, label.status

    def _dive(self) -> None:
        """From here on take the deepest label first: any of the routes left will do."""
        self.dives = True
        self.heap = [(*self._rank(item[-1]), item[-1]) for item in self.heap]
        heapq.heapify(self.heap)
