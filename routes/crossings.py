"""Crossings by ferry against its timetable: a boat that does not run is a conflict of the visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from routes.ferries import Ferry
from routes.matrix import FERRY, LegTable
from routes.places import Place
from routes.timetable import Remark, Timetable
from routes.visits import clock, minute_of

__all__ = ["Crossing", "crossings_of", "with_ferry_hours"]

Ends = tuple[str, str]


@dataclass(frozen=True)
class Crossing:
    """A ferry on the way from one place to another, and the minutes on foot to its pier."""

    ferry: Ferry
    to_pier: float


def crossings_of(
    table: LegTable, places: Sequence[Place], ferries: Sequence[Ferry]
) -> dict[Ends, Crossing]:
    """Return every pair of places between which a ferry is taken, by their ids."""
    return {
        (places[a].id, places[b].id): Crossing(
            ferries[int(table.ferry[a, b])], float(table.pier_minutes[a, b])
        )
        for a, b in np.argwhere(table.mode == FERRY).tolist()
    }


def with_ferry_hours(table: Timetable, crossings: Mapping[Ends, Crossing]) -> Timetable:
    """Return a timetable in which a visit says so where no boat runs on the way to it."""
    visits = list(table.visits)
    for k, (here, there) in enumerate(pairwise(table.visits), 1):
        crossing = crossings.get((here.place.id, there.place.id))
        fault = crossing and _not_running(crossing, here.leave)
        if fault:
            visits[k] = replace(there, remarks=(*there.remarks, fault))
    return replace(table, visits=tuple(visits))


def _not_running(crossing: Crossing, leave: float) -> Remark | None:
    """Return the conflict where the pier is reached too early for the wait reckoned, or too late.

    A plan reckons with the longest wait between two boats, so who comes that long before the first
    one takes it.
    """
    boat, at = crossing.ferry, leave + crossing.to_pier
    if minute_of(boat.first) - boat.every_minutes <= at <= minute_of(boat.last):
        return None
    return ("ferry_hours", (("first", boat.first), ("last", boat.last), ("at", clock(at))))
