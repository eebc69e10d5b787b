"""What is to be said of a planned walk: remarks on the day, flags, the other order in figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from routes.day import Day
from routes.legs import Leg
from routes.matrix import MODES
from routes.order import Arranged
from routes.studyroute import Alternative
from routes.timetable import Remark, Timetable

__all__ = ["flags_of", "in_figures", "remarks_of"]


def remarks_of(day: Day) -> tuple[Remark, ...]:
    """Return what kind of day it is, or that this is not known."""
    when = day.brief.day
    if when is None:
        return (("no_date", ()),)
    if not day.book.knows(when):
        return (("holiday_year_unknown", (("year", when.year),)),)
    return ((f"day_{day.book.kind(when)}", ()),)


def flags_of(
    day: Day, order: Sequence[int], hops: Sequence[Sequence[Leg]], proven: bool | None
) -> tuple[str, ...]:
    """Return what must be said aloud of a walk, by the codes of ``flag.<code>``."""
    said = set(day.ground.network.meta.flags)
    visited = [day.places[i] for i in order]
    if day.stops.line and day.stops.line.status == "composed":
        said.add("composed")
    if any(p.coordinate_status in ("estimated", "geocoded") for p in visited):
        said.add("estimated_sites")
    if any(p.status("hours") == "sample" or p.status("visit_minutes") == "sample" for p in visited):
        said.add("sample_visits")
    modes = {leg.mode for hop in hops for leg in hop}
    if "ride" in modes:
        said.add("estimated_rides")
    if any(leg.mode == "walk" and "estimated" in leg.flags for hop in hops for leg in hop):
        said.add("estimated_walks")
    if "ferry" in modes and any(f.status == "sample" for f in day.ferries):
        said.add("sample_ferry")
    if proven is False:
        said.add("heuristic")
    return tuple(sorted(said))


def in_figures(name: str, day: Day, other: Arranged, table: Timetable) -> Alternative:
    """Return an order in figures, with what it leaves out and why."""
    pairs = list(pairwise(other.order))
    walk, ride = (sum(_metres(day, a, b, mode) for a, b in pairs) for mode in ("walk", "ride"))
    stops = tuple(
        day.places[i].id for i, seen in zip(other.order, other.visited, strict=True) if seen
    )
    return Alternative(name, stops, table.finish, walk, ride, len(table.conflicts),
                       other.left_out)  # fmt: skip


def _metres(day: Day, a: int, b: int, mode: str) -> float:
    """Return the metres on foot, or the straight metres ridden, from one place to another."""
    table = day.table
    used = MODES[table.mode[a, b]]
    if mode == "ride":
        return float(table.straight_m[a, b]) if used == "ride" else 0.0
    if used == "ride":
        return 0.0
    minutes = float(table.minutes[a, b])
    if used == "ferry":
        boat = day.ferries[int(table.ferry[a, b])]
        minutes -= boat.minutes + boat.every_minutes
    return minutes * day.ground.profile.speed_m_s * 60
