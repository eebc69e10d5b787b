"""What a route can still collect from each place at each hour: the compass of the beam.

A relaxation of the recursion that forgets which places were visited: time is cut into slots, and
from the last slot back, the value of leaving a place is the best of what can be visited next. A
place may be collected twice, though never by going elsewhere and straight back (Christofides,
Mingozzi & Toth 1981). Each place has a price, taken off its worth: it rises while the best relaxed
route visits the place more than once and sinks while it is left out, until coming again does not
pay (subgradients of the Lagrangian dual, Held & Karp 1971). Slots are rounded to the nearest and a
break on arrival is left out, so values are estimates, not bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routes.ordering.problem import FloatArray, IntArray, Problem
from routes.ordering.transition import begin, latest_arrival, steps

__all__ = ["Grid", "Guide", "Prices", "horizon"]

STEP = 0.5  # of the way the gap between relaxed and known value allows
MEMORY = 0.6  # of the last direction
PATIENCE = 3  # steps without a lower bound before shorter ones are taken
SHORTER = 0.6


@dataclass(frozen=True, eq=False)
class Guide:
    """Values of going on: from leaving (s, h, m) and from arriving (s, m, h), in slots h.

    `first` (s, h, m) is the place that the best way goes on to, -1 for the end; `second` is the
    value of the best way that does not. `go`, `other` and `then` say the same of arriving, with
    the worth of the place itself.
    """

    leave: FloatArray
    second: FloatArray
    first: IntArray
    go: FloatArray
    other: FloatArray
    then: NDArray[np.int16]


def horizon(problem: Problem) -> float:
    """Return a time by which every route is over: the budget, or when all doors have shut."""

    def most(values: FloatArray) -> float:
        return float(values[np.isfinite(values)].max(initial=0.0))

    shut = problem.closes.max(axis=1, initial=-np.inf)
    opens = most(problem.opens)
    legs = most(problem.from_start) + float(sum(most(row) for row in problem.legs))
    rests = float(problem.length.sum()) + max(most(problem.earliest), 0.0)
    ends = most(problem.to_end) + rests + (0.0 if np.isinf(problem.direct) else problem.direct)
    last = min(
        float((shut + problem.service).max(initial=problem.open_at)),
        max(opens, problem.open_at) + legs + float(problem.service.sum()) + rests,
    )
    return min(problem.budget, max(last, problem.open_at) + ends + 1.0)


class Grid:
    """A request in `slots` slots of time."""

    def __init__(self, problem: Problem, slots: int) -> None:
        self.problem = problem
        self.slots = slots
        self.minutes = max(horizon(problem) - problem.open_at, 1e-6) / slots
        self.legs = np.maximum(self._whole(problem.legs), 1)
        self.first_leg = np.maximum(self._whole(problem.from_start), 1)
        self.home = self._whole(problem.to_end)
        hours = problem.open_at + self.minutes * np.arange(slots + 1)[:, None]
        ready = begin(problem, np.repeat(hours, problem.m, axis=1), slice(None)) + problem.service
        self.ready = np.maximum(self.slot(ready), np.arange(slots + 1)[:, None])
        end = problem.open_at + self.minutes * slots
        self.last = self.slot(latest_arrival(problem, end))
        self.rests = [(s, t, *self._rest(b)) for s, b, t in steps(problem)]
        self.early = 1e-4 * max(1.0, float(problem.score.max(initial=0.0))) / slots

    def slot(self, times: FloatArray) -> IntArray:
        """Return the slots of times; all that are past the horizon are one, ``slots + 1``."""
        return self._whole(times - self.problem.open_at)

    def _whole(self, minutes: FloatArray) -> IntArray:
        slots = np.rint(np.clip(minutes / self.minutes, -1, self.slots + 1))
        return np.asarray(slots, dtype=np.int64)

    def _rest(self, b: int) -> tuple[int, int, int]:
        """Return a break in slots: earliest and latest start, length."""
        problem = self.problem
        bounds = self.slot(np.array([problem.earliest[b], problem.latest[b]])).tolist()
        return bounds[0], bounds[1], int(self._whole(problem.length[b : b + 1])[0])

    def guide(self, worth: FloatArray) -> Guide:
        """Return the values when a visit to each candidate is worth (m,) so much."""
        m, statuses = self.problem.m, len(self.problem.statuses)
        long = 2 * (self.slots + 2)  # a leg from the last slot still points into the table
        from_h, to_h = (statuses, self.slots + 2, m), (statuses, m, long)
        guide = Guide(
            np.full(from_h, -np.inf), np.full(from_h, -np.inf), np.full(from_h, -1, np.int64),
            np.full(to_h, -np.inf), np.full(to_h, -np.inf), np.full(to_h, -1, np.int16),
        )  # fmt: skip
        onward = np.arange(m)[None, :] * long + self.legs
        places = np.arange(m)
        for h in range(self.slots, -1, -1):
            ready = self.ready[h]
            for s in reversed(range(statuses)):
                found = self._leaving(guide, s, h, onward)
                guide.leave[s, h], guide.second[s, h], guide.first[s, h] = found
                guide.go[s, :, h] = worth + guide.leave[s, ready, places]
                guide.other[s, :, h] = worth + guide.second[s, ready, places]
                guide.then[s, :, h] = guide.first[s, ready, places]
        return guide

    def _leaving(
        self, guide: Guide, s: int, h: int, onward: IntArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Return (best, second, first) of leaving each place in status s and slot h."""
        places = np.arange(self.problem.m)
        # Slot h of the flat table comes first, so that the same indices serve all slots.
        values = guide.go[s].ravel()[h:].take(onward)
        back = guide.then[s].ravel()[h:].take(onward) == places[:, None]
        values[back] = guide.other[s].ravel()[h:].take(onward[back])
        first = values.argmax(axis=1)
        best = values[places, first]
        values[places, first] = -np.inf
        over = h + self.home
        end = np.where(over <= self.last[s], -self.early * over, -np.inf)
        home = end >= best
        second = np.where(home, end, np.maximum(values.max(axis=1), end))
        best, first = np.where(home, end, best), np.where(home, -1, first)
        for t, after in self._rested(s, h):
            better = guide.leave[t, after] > best
            best = np.where(better, guide.leave[t, after], best)
            second = np.where(better, guide.second[t, after], second)
            first = np.where(better, guide.first[t, after], first)
        return best, second, first

    def _rested(self, s: int, h: int) -> list[tuple[int, int]]:
        """Return (status, slot) after each break that can be taken from slot h on."""
        return [
            (t, max(h, earliest) + length)
            for before, t, earliest, latest, length in self.rests
            if before == s and h <= latest and max(h, earliest) + length <= self.slots
        ]

    def best_path(self, guide: Guide) -> tuple[float, list[int]]:
        """Return the value of the best relaxed route, and the candidates along it."""
        s, h, came, at, path = 0, 0, -1, -1, list[int]()
        value = -np.inf
        while True:
            for t, after in self._rested(s, h) if at >= 0 else ():
                if guide.leave[t, after, at] >= guide.leave[s, h, at]:
                    s, h = t, after
                    break
            values = self._onward(guide, s, h, at, came)
            j = int(values.argmax()) if values.size else -1
            ends = self._ending(s, h, at)
            if not path:
                value = max(ends, float(values[j]) if j >= 0 else -np.inf)
            if j < 0 or values[j] <= ends or len(path) > self.slots:
                return value, path
            leg = self.first_leg[j] if at < 0 else self.legs[at, j]
            came, at, h = at, j, int(self.ready[h + leg, j])
            path.append(j)

    def _onward(self, guide: Guide, s: int, h: int, at: int, came: int) -> FloatArray:
        """Return (m,) the value of going on to each place, not straight back."""
        places = np.arange(self.problem.m)
        arrive = h + (self.first_leg if at < 0 else self.legs[at])
        back = guide.then[s, places, arrive] == at
        values = np.where(
            back & (at >= 0), guide.other[s, places, arrive], guide.go[s, places, arrive]
        )
        if came >= 0:
            values[came] = -np.inf
        return np.asarray(values)

    def _ending(self, s: int, h: int, at: int) -> float:
        if at < 0:
            return 0.0 if np.isfinite(self.problem.direct) else -np.inf
        over = h + int(self.home[at])
        return -self.early * over if over <= self.last[s] else -np.inf


class Prices:
    """Prices of the candidates, and how they are found."""

    def __init__(self, grid: Grid, worth: FloatArray) -> None:
        self.grid = grid
        self.worth = worth
        self.now = np.zeros(worth.size)
        self.best = self.now
        self.bound = np.inf
        self._direction = np.zeros(worth.size)
        self._step = STEP
        self._stalls = 0

    def improve(self, known: float, times: int) -> None:
        """Take steps towards prices of a lower bound; `known` is the worth of a real route."""
        free = self.grid.problem.must  # a must is visited exactly once: its price may be negative
        for _ in range(times):
            value, path = self.grid.best_path(self.grid.guide(self.worth - self.now))
            bound = value + float(self.now.sum())
            if bound < self.bound - 1e-9:
                self.bound, self.best, self._stalls = bound, self.now, 0
            else:
                self._stalls += 1
            if self._stalls >= PATIENCE:
                self._step, self._stalls = self._step * SHORTER, 0
            missed = 1.0 - np.bincount(path, minlength=self.now.size)
            missed[(self.now <= 0) & (missed > 0) & ~free] = 0.0
            self._direction = missed + MEMORY * self._direction
            length = float(self._direction @ self._direction)
            if length < 1e-12 or not np.isfinite(bound):
                return
            step = self._step * max(bound - known, 0.0) / length
            moved = self.now - step * self._direction
            self.now = np.where(free, moved, np.maximum(moved, 0.0))
