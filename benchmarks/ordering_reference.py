"""The best score of a large request, proven: every route that a bound does not rule out.

Shares the transition with `routes.ordering` and nothing of its beam. Layers of routes with one,
two, … visits are kept whole, dominated ones apart (same places, same last place, later), and a
route is dropped only when an upper bound on what it can reach is below the best score known. The
bound is a Lagrangian one over slots of time, legs and waits rounded down, so that it is valid.
Scores must be whole numbers, visits longer than a slot, and there are no breaks or musts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routes.ordering.exact import leave_by
from routes.ordering.guide import horizon
from routes.ordering.problem import Problem
from routes.ordering.transition import begin

STEPS = 150
ROWS = 1_500_000  # routes of a layer, above which nothing is proven


class _Bound:
    """Upper bounds on what is still to come, by slot and place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        shortest = float(problem.service.min())
        span = horizon(problem) - problem.open_at
        self.slots = max(480, int(np.ceil(1.01 * span / shortest)))
        self.minutes = span / self.slots
        self.legs, self.first, self.home = map(
            self.slot, (problem.legs, problem.from_start, problem.to_end)
        )
        hours = problem.open_at + self.minutes * np.arange(self.slots + 1)[:, None]
        done = begin(problem, np.repeat(hours, problem.m, axis=1), slice(None)) + problem.service
        self.ready = self.slot(done - problem.open_at)
        assert (self.ready > np.arange(self.slots + 1)[:, None]).all()

    def slot(self, minutes: Any) -> Any:
        """Return whole slots, rounded down; never: past the last."""
        slots = np.floor(np.minimum(minutes / self.minutes, self.slots + 1) + 1e-9)
        return slots.astype(np.int64)

    def sweep(self, worth: Any) -> None:
        """Find `leave` (h, m) and `go` (m, h) when visits are worth so much."""
        m, long = self.problem.m, 2 * (self.slots + 2)
        self.leave, self.go = np.full((long, m), -np.inf), np.full((m, long), -np.inf)
        flat, onward, places = self.go.ravel(), np.arange(m) * long + self.legs, np.arange(m)
        for h in range(self.slots, -1, -1):
            self.go[:, h] = worth + self.leave[self.ready[h], places]
            home = np.where(h + self.home <= self.slots, 0.0, -np.inf)
            self.leave[h] = np.maximum(flat[h:].take(onward).max(axis=1), home)

    def path(self) -> tuple[float, list[int]]:
        """Return the bound on a whole route, and the places that reach it."""
        places, h, legs, found = np.arange(self.problem.m), 0, self.first, list[int]()
        value, ends = 0.0, 0.0
        while True:
            values = self.go[places, h + legs]
            j = int(values.argmax())
            value = float(max(values[j], ends)) if not found else value
            if values[j] <= ends:
                return value, found
            h, legs = int(self.ready[h + legs[j], j]), self.legs[j]
            ends = 0.0 if h + self.home[j] <= self.slots else -np.inf
            found.append(j)

    def prices(self, known: float) -> Any:
        """Return prices of a low bound by subgradient steps."""
        prices, direction, step, stalls = np.zeros(self.problem.m), 0.0, 0.5, 0
        best, least = prices, np.inf
        for _ in range(STEPS):
            self.sweep(self.problem.score - prices)
            value, path = self.path()
            bound, stalls = value + prices.sum(), stalls + 1
            if bound < least - 1e-9:
                best, least, stalls = prices, bound, 0
            if stalls >= 3:
                step, stalls = 0.6 * step, 0
            missed = 1.0 - np.bincount(path, minlength=prices.size)
            missed[(prices <= 0) & (missed > 0)] = 0.0
            direction = missed + 0.6 * direction
            if not (direction @ direction):
                break
            prices = np.maximum(
                prices - step * (bound - known) / (direction @ direction) * direction, 0
            )
        return best


def prove(problem: Problem, known: float) -> tuple[float, bool]:
    """Return the highest score, at least `known`, and whether it is proven."""
    bound = _Bound(problem)
    prices = bound.prices(known)
    worth = problem.score - prices
    bound.sweep(worth)
    due, m = leave_by(problem), problem.m
    signs = np.random.default_rng(1).integers(1, 1 << 62, m)
    visited, time, last = np.zeros((1, m), dtype=bool), np.array([problem.open_at]), None
    score, gained, sign = np.zeros(1), np.zeros(1), np.zeros(1, dtype=np.int64)
    while time.size:
        ways = []
        for a in range(0, time.size, 20_000):
            some = slice(a, a + 20_000)
            legs = problem.from_start[None, :] if last is None else problem.legs[last[some]]
            done = begin(problem, time[some, None] + legs, slice(None)) + problem.service
            row, place = np.nonzero((done <= due) & ~visited[some])
            at = done[row, place]
            slot = np.minimum(bound.slot(at - problem.open_at), bound.slots + 1)
            row += a
            hope = gained[row] + worth[place] + bound.leave[slot, place] + prices.sum()
            kept = hope >= known + 1 - 1e-6
            ways.append((row[kept], place[kept], at[kept]))
        row, place, at = (np.concatenate(x) for x in zip(*ways, strict=True))
        if not row.size:
            break
        over = at + problem.to_end[place] <= problem.budget
        known = max(known, float((score[row] + problem.score[place])[over].max(initial=0.0)))
        new = sign[row] ^ signs[place]
        order = np.lexsort((at, place, new))
        same = (np.diff(new[order]) == 0) & (np.diff(place[order]) == 0)
        kept = order[np.concatenate([[True], ~same])]
        if kept.size > ROWS:
            return known, False
        row, place, time = row[kept], place[kept], at[kept]
        score, gained, sign = (
            score[row] + problem.score[place],
            gained[row] + worth[place],
            new[kept],
        )
        visited, last = visited[row], place
        visited[np.arange(row.size), place] = True
    return known, True
