"""Exact choice and order: dynamic programming over (visited set, last), set by set by size.

A layer holds every set of one size that a route can have visited, and for each the earliest time
at which it leaves each last place. Going on to j from a set is one minimum over its last places,
then the transition once, so a layer is a few array operations per pair of places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routes.ordering.problem import BoolArray, FloatArray, IntArray, Problem
from routes.ordering.transition import begin, departure, finish, rest

__all__ = [
    "EXACT",
    "Best",
    "Layer",
    "best_sets",
    "endings",
    "forward",
    "leave_by",
    "masks_of",
    "time_between",
    "time_from_start",
    "time_to_end",
]

EXACT = 17  # candidates; one more doubles the sets
SAME = 1e-9  # scores and minutes that differ by less, relative to their size, are equal


@dataclass(frozen=True, eq=False)
class Layer:
    """All visited sets of one size: `masks` (v,) ascending, `leave` (s, m, v) minutes."""

    masks: IntArray
    leave: FloatArray


@dataclass(frozen=True, eq=False)
class Best:
    """The highest score, its earliest finish, and the sets that reach both."""

    score: float
    finish: float
    masks: IntArray


def masks_of(marks: BoolArray) -> int:
    """Return marks (m,) as bits of a number."""
    return sum(1 << i for i in np.flatnonzero(marks).tolist())


def time_to_end(problem: Problem) -> FloatArray:
    """Return (m,) the least minutes from leaving each candidate to the end, by whatever places.

    Places on the way are visited, but their hours are not asked: a lower bound.
    """
    hop = problem.legs + problem.service[None, :]
    least = problem.to_end.copy()
    for _ in range(problem.m):
        shorter = np.minimum(least, (hop + least[None, :]).min(axis=1, initial=np.inf))
        if (shorter == least).all():
            break
        least = shorter
    return least


def time_between(problem: Problem) -> FloatArray:
    """Return (m, m) the least minutes from leaving one place to arriving at another.

    Places on the way are visited, but their hours are not asked: a lower bound.
    """
    least = problem.legs.copy()
    for k in range(problem.m):
        by = least[:, k, None] + (problem.service[k] + least[k])[None, :]
        np.minimum(least, by, out=least)
    return least


def time_from_start(problem: Problem) -> FloatArray:
    """Return (m,) the least minutes from the start to each candidate, by any way."""
    onward = problem.service[:, None] + time_between(problem)
    by = (problem.from_start[:, None] + onward).min(axis=0, initial=np.inf)
    return np.asarray(np.minimum(problem.from_start, by))


def leave_by(problem: Problem) -> FloatArray:
    """Return (m,) when each candidate must be left at the latest for the end to be in reach."""
    least = time_to_end(problem)
    # A hair above the budget: the bound is added up in another order than a route's times.
    hair = SAME * max(1.0, abs(problem.budget)) if np.isfinite(problem.budget) else 0.0
    due = np.full(least.size, -np.inf)
    np.subtract(problem.budget + hair, least, out=due, where=np.isfinite(least))
    return due


def forward(problem: Problem) -> list[Layer]:
    """Return the layers of sets of one, two, … candidates, as far as the budget goes."""
    m, statuses = problem.m, len(problem.statuses)
    due = leave_by(problem)[None, :]
    needs = np.array([masks_of(row) for row in problem.needs], dtype=np.int64)
    leave = np.full((statuses, m, m), np.inf)
    first = departure(problem)[:, None] + problem.from_start[None, :]
    first[:, needs != 0] = np.inf
    first = _visit(problem, first, slice(None))
    leave[:, range(m), range(m)] = np.where(first <= due, first, np.inf)
    layers = [_alive(problem, 1 << np.arange(m, dtype=np.int64), leave)]
    slot = np.zeros(1 << m, dtype=np.int64)
    while layers[-1].masks.size and len(layers) < m:
        layers.append(_grown(problem, layers[-1], needs, due[0], slot))
    return [layer for layer in layers if layer.masks.size]


def _grown(
    problem: Problem, layer: Layer, needs: IntArray, due: FloatArray, slot: IntArray
) -> Layer:
    """Return the sets one larger; `slot` (2^m,) is scratch space."""
    grown: list[tuple[int, IntArray, FloatArray]] = []
    seen = np.zeros(slot.size, dtype=bool)
    near = np.empty_like(layer.leave[:, 0])
    reached = np.empty_like(near)
    for j in range(problem.m):
        near.fill(np.inf)
        for i in np.flatnonzero(np.isfinite(problem.legs[:, j])).tolist():
            np.add(layer.leave[:, i], problem.legs[i, j], out=reached)
            np.minimum(near, reached, out=near)
        bit = 1 << j
        able = (layer.masks & (bit | needs[j])) == needs[j]
        at = np.flatnonzero(able & np.isfinite(near).any(axis=0))
        times = _visit(problem, near[:, at], j)
        times[times > due[j]] = np.inf
        kept = np.isfinite(times).any(axis=0)
        masks = layer.masks[at[kept]] | bit
        seen[masks] = True
        grown.append((j, masks, times[:, kept]))
    masks = np.flatnonzero(seen)
    slot[masks] = np.arange(masks.size)
    leave = np.full((len(problem.statuses), problem.m, masks.size), np.inf)
    for j, held, times in grown:
        leave[:, j, slot[held]] = times
    return _alive(problem, masks, leave)


def _visit(problem: Problem, arrive: FloatArray, place: int | slice) -> FloatArray:
    """Return when service ends for arrivals (s, …) at `place`; a slice is the last axis."""
    return begin(problem, rest(problem, arrive), place) + problem.service[place]


def _alive(problem: Problem, masks: IntArray, leave: FloatArray) -> Layer:
    """Return the layer with breaks taken after the visits, without sets that nothing reaches."""
    kept = np.isfinite(leave).any(axis=(0, 1))
    if not kept.all():
        masks, leave = masks[kept], leave[:, :, kept]
    return Layer(masks, rest(problem, leave))


def endings(problem: Problem, layers: list[Layer]) -> tuple[IntArray, FloatArray]:
    """Return every visited set, the empty one first, and when a route with it is over at best."""
    sets, over = [np.zeros(1, dtype=np.int64)], [_directly(problem)]
    for layer in layers:
        sets.append(layer.masks)
        home = (layer.leave + problem.to_end[None, :, None]).min(axis=1)
        over.append(finish(problem, home))
    return np.concatenate(sets), np.concatenate(over)


def best_sets(problem: Problem, layers: list[Layer]) -> Best | None:
    """Return the best that the layers reach, or None when no route has all the musts."""
    must = masks_of(problem.must)
    sets, over = endings(problem, layers)
    kept = np.isfinite(over) & (sets & must == must)
    if not kept.any():
        return None
    sets, over = sets[kept], over[kept]
    scores = _scores(problem.score, sets)
    top = scores >= scores.max() - SAME * max(1.0, scores.max())
    sets, over = sets[top], over[top]
    soon = over <= over.min() + SAME * max(1.0, abs(over.min()))
    return Best(float(scores.max()), float(over.min()), sets[soon])


def _directly(problem: Problem) -> FloatArray:
    """Return (1,) when a route without any visit is over."""
    return finish(problem, departure(problem)[:, None] + problem.direct)


def _scores(score: FloatArray, sets: IntArray) -> FloatArray:
    """Return the score of each set; equal sets add up in the same order."""
    total = np.zeros(1)
    for value in score.tolist():
        total = np.concatenate([total, total + value])
    return total[sets]
