"""An order of its own for each of several groups, by constraint programming (CP-SAT, OR-Tools).

Each group visits every stop once, A before B where that was asked for; at a place at most so many
groups are inside at once; visits begin within opening hours. The last group's finish is made as
early as can be found in a fixed amount of the solver's work, so that the same request gives the
same plan; the solver's bound tells how far that can be from the best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from geo.network.model import FloatArray
from routes.group_times import Walk
from routes.order import with_doors
from routes.timetable import LAST, Timetable, Window
from routes.visits import StudyBrief

__all__ = ["MOST_ARCS", "MOST_WORK", "Own", "own_orders"]

MOST_WORK = 1.0
"""Deterministic time of the solver, about 2 s on one core."""
FULL_ARCS = 200
"""From as much to decide on, the work shrinks: each unit of it takes longer then."""
MOST_ARCS = 1200
"""Groups × stops²: where there is more to decide, the solver finds nothing good in that work."""
UNITS = 600  # the solver counts in tenths of a second


@dataclass(frozen=True)
class Own:
    """Orders: for each group (place, minute its visit begins), and a bound on the last finish.

    None where they were chosen on other minutes than the walk takes, which bound nothing.
    """

    orders: tuple[tuple[tuple[int, float], ...], ...]
    bound: float | None


@dataclass(frozen=True, eq=False)
class _Task:
    """What is to be planned, in whole units; `grid` has the start and the end in its last two."""

    stops: tuple[int, ...]
    grid: FloatArray
    service: tuple[int, ...]
    hours: tuple[tuple[tuple[int, int], ...], ...]
    before: tuple[tuple[int, int], ...]
    limits: tuple[int | None, ...]
    departs: int
    horizon: int


def own_orders(
    walk: Walk,
    brief: StudyBrief,
    hours: Mapping[int, Sequence[Window]],
    limits: Mapping[int, int],
    before: Sequence[tuple[int, int]],
    hint: Sequence[Timetable],
    least: float | None,
) -> Own | None:
    """Return an order for each group; None without OR-Tools, or where none was found.

    Times are whole units, rounded up, so a plan that holds here holds with exact ones too; the
    bound is lowered by as much as can have been rounded. Breaks are left aside: the orders are to
    be timed again where there are any, the bound holds all the same.

    Parameters
    ----------
    hours
        When the visit of each stop may begin, minutes from 00:00.
    limits, before
        Groups that a place takes at once; pairs of places, the first before the second.
    hint
        A plan to begin with.
    least
        A bound that is known already.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        return None
    task = _task(walk, brief, hours, limits, before, max(t.finish for t in hint))
    arcs = brief.groups * len(walk.stops) ** 2
    if task is None or arcs > MOST_ARCS:
        return None
    model = cp_model.CpModel()
    begins, finishes = _groups(model, cp_model, task, brief.groups)
    last = model.new_int_var(task.departs, task.horizon, "last")
    model.add_max_equality(last, finishes)
    if least is not None:
        model.add(last >= _down(least))
    _hint(model, task, [walk.places[i].id for i in task.stops], begins, hint)
    model.minimize(last)
    solver = _solver(cp_model, MOST_WORK * min(1.0, FULL_ARCS / arcs))
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    bound = (solver.best_objective_bound - 2 * len(task.stops) - 2) / UNITS
    if arcs <= FULL_ARCS:
        solver = _others_sooner(model, cp_model, solver, last, begins, finishes)
    orders = []
    for begin in begins:
        told = sorted((solver.value(var) / UNITS, task.stops[k]) for k, var in enumerate(begin))
        orders.append(tuple((i, minute) for minute, i in told))
    return Own(tuple(orders), bound if walk.reckoned is None else None)


def _task(
    walk: Walk,
    brief: StudyBrief,
    hours: Mapping[int, Sequence[Window]],
    limits: Mapping[int, int],
    before: Sequence[tuple[int, int]],
    latest: float,
) -> _Task | None:
    """Return the task in units, None where a stop cannot be begun in any of them."""
    stops = tuple(sorted(walk.stops))
    at = {i: k for k, i in enumerate(stops)}
    horizon = _up(min(latest, LAST)) + 60 * UNITS
    spans = tuple(
        tuple((_up(a), min(_down(b), horizon)) for a, b in hours[i]
              if _up(a) <= min(_down(b), horizon))
        for i in stops
    )  # fmt: skip
    if not all(spans):
        return None
    return _Task(
        stops, with_doors(walk.weighed, stops, walk.start, walk.end),
        tuple(_up(walk.stays[i] + brief.gather_minutes) for i in stops), spans,
        tuple((at[a], at[b]) for a, b in before), tuple(limits.get(i) for i in stops),
        _up(brief.departs), horizon,
    )  # fmt: skip


def _groups(
    model: Any, cp_model: Any, task: _Task, groups: int
) -> tuple[list[list[Any]], list[Any]]:
    """Add every group's visits and round; return when visits begin, and when each is done."""
    begins, finishes = [], []
    for g in range(groups):
        begin = [
            model.new_int_var_from_domain(cp_model.Domain.from_intervals(spans), f"b{g}.{k}")
            for k, spans in enumerate(task.hours)
        ]
        for a, b in task.before:
            model.add(begin[b] >= begin[a] + task.service[a])
        finishes.append(_round(model, g, task, begin))
        begins.append(begin)
    for k, limit in enumerate(task.limits):
        inside = [
            model.new_fixed_size_interval_var(begin[k], task.service[k], f"v{g}.{k}")
            for g, begin in enumerate(begins)
        ]
        if limit == 1:
            model.add_no_overlap(inside)
        elif limit is not None and limit < groups:
            model.add_cumulative(inside, [1] * groups, limit)
    for one, other in pairwise(begins):
        model.add(one[0] <= other[0])  # groups are alike: which is which decides nothing
    return begins, finishes


def _round(model: Any, group: int, task: _Task, begin: Sequence[Any]) -> Any:
    """Add one group's round through all stops; return the variable of its finish."""
    finish = model.new_int_var(task.departs, task.horizon, f"f{group}")
    arcs = []
    for a in range(len(task.stops)):
        leaving = model.new_bool_var(f"s{group}.{a}")
        ending = model.new_bool_var(f"e{group}.{a}")
        arcs += [(0, a + 1, leaving), (a + 1, 0, ending)]
        to, away = float(task.grid[-2, a]), float(task.grid[a, -1])
        if math.isfinite(to):
            model.add(begin[a] >= task.departs + _up(to)).only_enforce_if(leaving)
        else:
            model.add(leaving == 0)
        model.add(begin[a] >= task.departs)
        done = begin[a] + task.service[a]
        model.add(finish >= done)
        if math.isfinite(away):
            model.add(finish >= done + _up(away)).only_enforce_if(ending)
        else:
            model.add(ending == 0)
        for b in range(len(task.stops)):
            travel = float(task.grid[a, b])
            if a != b and math.isfinite(travel):
                arc = model.new_bool_var(f"a{group}.{a}.{b}")
                arcs.append((a + 1, b + 1, arc))
                model.add(begin[b] >= done + _up(travel)).only_enforce_if(arc)
    model.add_circuit(arcs)
    spans = [
        model.new_fixed_size_interval_var(begin[k], minutes, f"g{group}.{k}")
        for k, minutes in enumerate(task.service)
    ]
    model.add_no_overlap(spans)  # implied by the round, but it is what the solver reasons best with
    return finish


def _hint(
    model: Any, task: _Task, places: Sequence[str], begins: list[list[Any]],
    hint: Sequence[Timetable],
) -> None:  # fmt: skip
    """Tell the solver a plan to begin with."""
    days = [{v.place.id: v.begin for v in t.visits if v.minutes > 0} for t in hint]
    days.sort(key=lambda day: day[places[0]])
    for day, begin in zip(days, begins, strict=True):
        for site, var in zip(places, begin, strict=True):
            model.add_hint(var, _up(day[site]))


def _others_sooner(
    model: Any, cp_model: Any, solver: Any, last: Any, begins: list[list[Any]], finishes: list[Any]
) -> Any:
    """Solve once more for the other groups: nobody waits where it is of no use to the last."""
    found = solver.value(last)
    model.clear_hints()
    for begin in begins:
        for var in begin:
            model.add_hint(var, solver.value(var))
    model.add(last <= found)
    model.minimize(sum(finishes))
    again = _solver(cp_model, MOST_WORK / 4)
    return again if again.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE) else solver


def _solver(cp_model: Any, work: float) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.linearization_level = 0  # relaxations cost five times what they bring here
    return solver


def _up(minutes: float) -> int:
    return math.ceil(minutes * UNITS - 1e-6)


def _down(minutes: float) -> int:
    return math.floor(minutes * UNITS + 1e-6)
