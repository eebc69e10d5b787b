"""Above 17 candidates: the same recursion, but of each layer only the most promising routes.

A layer is the routes with one more visit than the last. Of all ways to go on, those whose score so
far and value still to come (`routes.ordering.guide`) are highest are kept, one per set, last place
and breaks taken: the one that is earliest, as in the exact recursion. The beam is run with several
sets of prices; what it finds is put into its best order exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routes.ordering.exact import EXACT, leave_by, time_between, time_from_start
from routes.ordering.guide import Grid, Guide, Prices
from routes.ordering.problem import BoolArray, FloatArray, IntArray, Problem
from routes.ordering.refine import refine
from routes.ordering.shortest import exact_order
from routes.ordering.transition import begin, departure, finish, rest

__all__ = ["search"]

ROUNDS = 3
STEPS = 10  # of the prices between two beams
COARSE, FINE = 120, 400  # slots for finding prices, and for following them
MUST = (2.0, 20.0)  # a must is worth so many times the highest score, then more
ALIKE = 2  # routes over the same places, by different ways, before others get their chance
AHEAD = 4  # times the width are looked at one step further


@dataclass(frozen=True)
class _Found:
    """A whole route: candidates in order, score and when it is over."""

    order: tuple[int, ...]
    score: float
    finish: float


@dataclass(frozen=True, eq=False)
class _Rows:
    """The routes of a layer, one a row."""

    visited: BoolArray  # (r, m)
    order: IntArray  # (r, visits)
    status: IntArray
    time: FloatArray
    score: FloatArray
    worth: FloatArray  # of the places visited, less their prices
    sign: IntArray  # equal for equal sets


def search(problem: Problem, width: int) -> list[int] | None:
    """Return the best order the beams find, None when none has all the musts.

    Parameters
    ----------
    problem
        At least one candidate.
    width
        Routes kept per layer.
    """
    able = _visitable(problem)
    if problem.must[~able].any():
        return None
    at, part = np.flatnonzero(able), problem.only(able)
    order = exact_order(part) if part.m <= EXACT else _beams(part, width)
    if order is None and part.must.any() and part.must.sum() <= EXACT:
        musts = np.flatnonzero(part.must)
        alone = exact_order(part.only(part.must))
        order = None if alone is None else musts[alone].tolist()
    if order is None:
        return None
    return list(at[refine(part, order)].tolist())


def _visitable(problem: Problem) -> BoolArray:
    """Return (m,) whether a candidate could be on any route: the clock and the way allow it."""
    soonest = problem.open_at + time_from_start(problem)
    doors = begin(problem, soonest, slice(None))
    able = doors + problem.service <= leave_by(problem)
    while (stuck := able & problem.needs[:, ~able].any(axis=1)).any():
        able &= ~stuck
    return able


def _beams(problem: Problem, width: int) -> list[int] | None:
    coarse, fine = Grid(problem, COARSE), Grid(problem, FINE)
    beam = _Beam(problem, width)
    best: _Found | None = None
    for bonus in MUST:
        worth = problem.score + np.where(problem.must, bonus * max(problem.score.max(), 1.0), 0.0)
        prices = Prices(coarse, worth)
        for turn in range(ROUNDS + 1):
            price = prices.best if turn == ROUNDS else prices.now
            best = _better(best, beam.run(fine, fine.guide(worth - price), worth - price))
            if turn < ROUNDS:
                prices.improve(_known(worth, best), STEPS)
        if best is not None:
            return list(best.order)
    return None


def _known(worth: FloatArray, best: _Found | None) -> float:
    return 0.0 if best is None else float(worth[list(best.order)].sum())


def _better(one: _Found | None, other: _Found | None) -> _Found | None:
    """Return the higher score, the earlier finish; the first of equals."""
    if one is None or other is None:
        return one or other
    return other if (-other.score, other.finish) < (-one.score, one.finish) else one


class _Beam:
    """What the layers of all runs have in common."""

    def __init__(self, problem: Problem, width: int) -> None:
        self.problem = problem
        self.width = width
        self.due = leave_by(problem)
        self.between = time_between(problem)
        self.musts = np.flatnonzero(problem.must)
        doors = problem.closes.max(axis=1, initial=-np.inf)
        self.latest = np.minimum(doors, self.due - problem.service)
        # Equal sets get equal signs, whatever their order; 64 bits leave no room for chance.
        signs = np.random.default_rng(20240423).integers(1, 1 << 62, problem.m)
        self.signs = signs.astype(np.int64)

    def run(self, grid: Grid, guide: Guide, worth: FloatArray) -> _Found | None:
        """Return the best route met on the way."""
        m = self.problem.m
        rows = _Rows(
            np.zeros((1, m), dtype=bool), np.zeros((1, 0), dtype=np.int64),
            np.zeros(1, dtype=np.int64), np.array([self.problem.open_at]),
            np.zeros(1), np.zeros(1), np.zeros(1, dtype=np.int64),
        )  # fmt: skip
        best: _Found | None = None
        while rows.time.size:
            leave = self._leave(rows)
            best = _better(best, self._over(rows, leave))
            rows = self._next(rows, leave, grid, guide, worth)
        return best

    def _leave(self, rows: _Rows) -> FloatArray:
        """Return the times of departure (s, r) by status."""
        if not rows.order.shape[1]:
            return departure(self.problem)[:, None]
        times = np.full((len(self.problem.statuses), rows.time.size), np.inf)
        times[rows.status, np.arange(rows.time.size)] = rows.time
        return rest(self.problem, times)

    def _over(self, rows: _Rows, leave: FloatArray) -> _Found | None:
        """Return the best of the routes that go to the end now."""
        home: FloatArray | float = self.problem.direct
        if rows.order.shape[1]:
            home = self.problem.to_end[rows.order[:, -1]]
        over = finish(self.problem, leave + home)
        over[~rows.visited[:, self.musts].all(axis=1)] = np.inf
        if np.isinf(over).all():
            return None
        score = np.where(np.isinf(over), -np.inf, rows.score)
        row = int(np.lexsort((over, -score))[0])
        return _Found(tuple(rows.order[row].tolist()), float(rows.score[row]), float(over[row]))

    def _next(
        self, rows: _Rows, leave: FloatArray, grid: Grid, guide: Guide, worth: FloatArray
    ) -> _Rows:
        """Return the next layer."""
        problem = self.problem
        status, row, place, time = self._ways(rows, leave)
        slot = np.maximum(grid.slot(time), 0)
        gained = rows.worth[row] + worth[place]
        hope = gained + guide.leave[status, slot, place]
        top = _highest(hope, AHEAD * self.width)
        status, row, place, time = status[top], row[top], place[top], time[top]
        slot, gained = slot[top], gained[top]
        sign = rows.sign[row] ^ self.signs[place]
        order = np.lexsort((time, status, place, sign))
        same = np.zeros(order.size, dtype=bool)
        same[1:] = (
            (np.diff(sign[order]) == 0)
            & (np.diff(place[order]) == 0)
            & (np.diff(status[order]) == 0)
        )
        kept = order[~same]
        if kept.size > self.width:
            seen = rows.visited[row[kept]]
            seen[np.arange(kept.size), place[kept]] = True
            further = _one_further(grid, guide, status[kept], slot[kept], place[kept], seen)
            hope = gained[kept] + further
            ranked = kept[np.lexsort((time[kept], -hope))]
            kept = _varied(ranked, sign[ranked], self.width)
        status, row, place, time = status[kept], row[kept], place[kept], time[kept]
        visited = rows.visited[row]
        visited[np.arange(kept.size), place] = True
        return _Rows(
            visited, np.column_stack([rows.order[row], place]), status, time,
            rows.score[row] + problem.score[place], gained[kept], sign[kept],
        )  # fmt: skip

    def _ways(
        self, rows: _Rows, leave: FloatArray
    ) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Return (status, row, place, time of leaving it) of every way to go on."""
        problem = self.problem
        legs = problem.from_start[None, :]
        if rows.order.shape[1]:
            legs = problem.legs[rows.order[:, -1]]
        arrive = rest(problem, leave[:, :, None] + legs[None])
        times = begin(problem, arrive, slice(None)) + problem.service
        able = (times <= self.due) & ~rows.visited[None]
        if problem.needs.any():
            had = rows.visited.astype(np.float64) @ problem.needs.T
            able &= (had == problem.needs.sum(axis=1))[None]
        for must in self.musts:
            soon = times + self.between[:, must] <= self.latest[must]
            soon[:, :, must] = True
            able &= soon | rows.visited[None, :, must, None]
        status, row, place = np.nonzero(able)
        return status, row, place, times[status, row, place]


def _highest(values: FloatArray, count: int) -> IntArray:
    """Return where the `count` highest values are; of equal ones the first."""
    if values.size <= count:
        return np.arange(values.size)
    least = np.partition(values, values.size - count)[values.size - count]
    above = np.flatnonzero(values > least)
    level = np.flatnonzero(values == least)[: count - above.size]
    return np.sort(np.concatenate([above, level]))


def _varied(ranked: IntArray, sign: IntArray, width: int) -> IntArray:
    """Return the first `width` of `ranked`, of equal sets (equal `sign`) only `ALIKE` at first."""
    by = np.argsort(sign, kind="stable")
    begins = np.flatnonzero(np.diff(sign[by], prepend=sign[by[0]] - 1))
    place = np.arange(by.size) - np.repeat(begins, np.diff(begins, append=by.size))
    first = np.zeros(by.size, dtype=bool)
    first[by] = place < ALIKE
    return np.concatenate([ranked[first], ranked[~first]])[:width]


def _one_further(
    grid: Grid, guide: Guide, status: IntArray, slot: IntArray, place: IntArray, seen: BoolArray
) -> FloatArray:
    """Return the value still to come, looking one visit ahead at what has not been seen."""
    _, m, long = guide.go.shape
    index = grid.legs[place] + np.arange(m) * long + (status * m * long + slot)[:, None]
    values = guide.go.ravel().take(index)
    back = guide.then.ravel().take(index) == place[:, None]
    values[back] = guide.other.ravel().take(index[back])
    values[seen] = -np.inf
    over = slot + grid.home[place]
    ends = np.where(over <= grid.last[status], -grid.early * over, -np.inf)
    values = np.maximum(values.max(axis=1), ends)
    for s, t, earliest, latest, length in grid.rests:
        after = np.maximum(slot, earliest) + length
        able = (status == s) & (slot <= latest) & (after <= grid.slots)
        at = np.flatnonzero(able)
        values[at] = np.maximum(values[at], guide.leave[t, after[at], place[at]])
    return np.asarray(values)
