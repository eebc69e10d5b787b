"""An order of its own for each of several groups, by constraint programming (CP-SAT, OR-Tools).

Each group visits every stop once; at a place at most so many groups are inside at once; visits
begin within opening hours. The last group's finish is made as early as can be found in a fixed
amount of the solver's work, so that the same request gives the same plan; the solver's bound tells
how far that can be from the best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.hours import HolidayBook
from geo.network.model import FloatArray
from routes.places import Place
from routes.timetable import windows_of
from routes.visits import StudyBrief

__all__ = ["MOST_WORK", "Own", "own_orders"]

MOST_WORK = 4.0
"""Deterministic time of the solver; about as many seconds on one core."""
SECONDS = 60  # the solver counts whole seconds
LATEST = 24 * 60 * SECONDS


@dataclass(frozen=True)
class Own:
    """Orders: for each group (place, minute its visit begins), and the bound on the last finish."""

    orders: tuple[tuple[tuple[int, float], ...], ...]
    bound: float


def own_orders(
    stops: Sequence[int],
    start: int | None,
    end: int | None,
    minutes: FloatArray,
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
    most: dict[int, int | None],
) -> Own | None:
    """Return an order for each group, None without OR-Tools or where none was found.

    Times are whole seconds, rounded up, so a plan that holds here holds with exact ones too; the
    bound is lowered by as many seconds as can have been rounded.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        return None
    model = cp_model.CpModel()
    departs = _up(brief.departs)
    service = {i: _up(stays[i] + brief.gather_minutes) for i in stops}
    begins: list[dict[int, Any]] = []
    inside: dict[int, list[Any]] = {i: [] for i in stops}
    finishes = []
    for g in range(brief.groups):
        begin = {}
        for i in stops:
            spans = [
                [_up(a), _down(b)]
                for a, b in windows_of(places[i], stays[i], brief.day, book)
                if _down(b) >= _up(a)
            ]
            if not spans:
                return None
            domain = cp_model.Domain.from_intervals(spans)
            begin[i] = model.new_int_var_from_domain(domain, f"b{g}.{i}")
            model.add(begin[i] >= departs)
            inside[i].append(model.new_fixed_size_interval_var(begin[i], service[i], f"v{g}.{i}"))
        finishes.append(_route(model, g, stops, start, end, minutes, begin, service, departs))
        begins.append(begin)
    for i in stops:
        limit = most.get(i)
        if limit is not None:
            model.add_cumulative(inside[i], [1] * brief.groups, limit)
    last = model.new_int_var(0, 2 * LATEST, "last")
    model.add_max_equality(last, finishes)
    model.minimize(last * (brief.groups * LATEST) + sum(finishes))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = MOST_WORK
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    orders = []
    for begin in begins:
        told = sorted((solver.value(var) / SECONDS, i) for i, var in begin.items())
        orders.append(tuple((i, minute) for minute, i in told))
    bound = math.floor(solver.best_objective_bound / (brief.groups * LATEST))
    rounded = 2 * len(stops) + 2
    return Own(tuple(orders), (min(bound, solver.value(last)) - rounded) / SECONDS)


def _up(minutes: float) -> int:
    return math.ceil(minutes * SECONDS - 1e-6)


def _down(minutes: float) -> int:
    return math.floor(minutes * SECONDS + 1e-6)


def _route(
    model: Any,
    group: int,
    stops: Sequence[int],
    start: int | None,
    end: int | None,
    minutes: FloatArray,
    begin: dict[int, Any],
    service: dict[int, int],
    departs: int,
) -> Any:
    """Add one group's round through all stops; return the variable of its finish."""
    finish = model.new_int_var(0, 2 * LATEST, f"f{group}")
    arcs = []
    for a, i in enumerate(stops, 1):
        leaving = model.new_bool_var(f"s{group}.{i}")
        ending = model.new_bool_var(f"e{group}.{i}")
        to = 0.0 if start is None else float(minutes[start, i])
        away = 0.0 if end is None else float(minutes[i, end])
        arcs += [(0, a, leaving), (a, 0, ending)]
        if math.isfinite(to):
            model.add(begin[i] >= departs + _up(to)).only_enforce_if(leaving)
        else:
            model.add(leaving == 0)
        if math.isfinite(away):
            model.add(finish >= begin[i] + service[i] + _up(away)).only_enforce_if(ending)
        else:
            model.add(ending == 0)
        for b, j in enumerate(stops, 1):
            travel = float(np.asarray(minutes)[i, j])
            if i != j and math.isfinite(travel):
                arc = model.new_bool_var(f"a{group}.{i}.{j}")
                arcs.append((a, b, arc))
                model.add(begin[j] >= begin[i] + service[i] + _up(travel)).only_enforce_if(arc)
    model.add_circuit(arcs)
    return finish
