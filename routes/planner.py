"""From a request to a study walk: stops, modes, order, times, legs, directions, groups, rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from geo.errors import RouteError
from geo.hours import HolidayBook, chinese_holidays
from geo.network.model import WalkNetwork
from geo.points import PointTable
from routes.directions import Instruction, directions
from routes.ferries import Ferry, read_ferries
from routes.groups import Walk, plan_groups
from routes.legs import Leg, legs_between
from routes.lines import StudyLine, read_lines
from routes.matrix import MODES, LegTable, Spot, WalkGround, lay_spots, leg_table
from routes.order import chosen, named_cause
from routes.ordering import OrderingError
from routes.places import Place, read_places
from routes.rests import rests_along
from routes.stops import LeftOut, Stops, stops_of
from routes.studyroute import Alternative, StudyRoute
from routes.timetable import Remark, Timetable, opening, timetable, windows_of
from routes.visits import StudyBrief, clock, minute_of

__all__ = ["plan"]

Progress = Callable[[str, int, int], None]
THEME_BUDGET_MIN = 8 * 60.0
"""A theme without a budget is a day's walk."""


@dataclass(frozen=True, eq=False)
class _Day:
    """All that orders of one request are made from.

    `places` are the stops, then the start and the end where they are no stops.
    """

    brief: StudyBrief
    stops: Stops
    places: tuple[Place, ...]
    stays: tuple[float, ...]
    start: int | None
    end: int | None
    ground: WalkGround
    table: LegTable
    ferries: tuple[Ferry, ...]
    book: HolidayBook


def plan(
    brief: StudyBrief,
    *,
    network: WalkNetwork,
    places: Mapping[str, Place] | None = None,
    lines: Mapping[str, StudyLine] | None = None,
    stations: PointTable | None = None,
    ferries: Sequence[Ferry] | None = None,
    book: HolidayBook | None = None,
    on_progress: Progress | None = None,
) -> StudyRoute:
    """Plan a study walk.

    Parameters
    ----------
    brief
        The request.
    network
        Where it is walked.
    places, lines, ferries
        The shipped ones by default.
    stations
        Rest stations; without them no rests are looked for.
    book
        Holidays; those of mainland China by default.
    on_progress
        Called with (stage, done, total).

    Raises
    ------
    RouteError
        Unknown names; a start off the network; a must that is closed; conditions that contradict
        each other or the budget.
    """
    tell = on_progress or (lambda stage, done, total: None)
    tell("route", 0, 4)
    assumed = brief.theme is not None and brief.budget_minutes is None
    if assumed:  # or all that is open somewhere would be visited until midnight
        brief = replace(brief, budget_minutes=THEME_BUDGET_MIN)
    places = read_places() if places is None else places
    lines = read_lines() if lines is None else lines
    day = _day(
        brief, stops_of(brief, places, lines), network,
        tuple(read_ferries() if ferries is None else ferries),
        chinese_holidays() if book is None else book,
    )  # fmt: skip
    tell("route", 1, 4)
    _refuse_closed_musts(day)
    walk, left, proven = _order(day, brief.order)
    order = walk.order
    tell("route", 2, 4)
    table = _timed(day, walk)
    _refuse_nothing(day, table)
    hops = tuple(legs_between(day.ground, day.table, day.ferries, a, b) for a, b in pairwise(order))
    told = tuple(
        _directions(day, hop, a, b) for hop, (a, b) in zip(hops, pairwise(order), strict=True)
    )
    route = _route(day, order, table, hops, told, left, proven)
    if assumed:
        told_so = ("budget_assumed", (("hours", THEME_BUDGET_MIN / 60),))
        route = replace(route, remarks=(*route.remarks, told_so))
    tell("route", 3, 4)
    if brief.groups > 1:
        route = replace(route, groups=plan_groups(table, walk, brief, day.book))
    if stations is not None:
        route = replace(route, rests=rests_along(route, stations, day.book))
    tell("route", 4, 4)
    return route


def _day(
    brief: StudyBrief,
    stops: Stops,
    network: WalkNetwork,
    ferries: tuple[Ferry, ...],
    book: HolidayBook,
) -> _Day:
    places, stays = list(stops.places), list(stops.stays)
    ends: list[int | None] = []
    for bound in (stops.start, stops.end):
        if bound is None:
            ends.append(None)
            continue
        if bound not in places:
            places.append(bound)
            stays.append(0.0)
        ends.append(places.index(bound))
    spots = [Spot(p.id, p.lon, p.lat) for p in places]
    ground = lay_spots(network, spots, ferries, brief)
    for text, end in ((brief.start, ends[0]), (brief.end, ends[1])):
        if end is not None and end >= len(stops.places) and not ground.placed.used[end]:
            raise RouteError("route_end_off_network", place=places[end].name_zh or text)
    table = leg_table(ground, ferries, brief)
    return _Day(
        brief, stops, tuple(places), tuple(stays), ends[0], ends[1], ground, table, ferries, book
    )


def _refuse_closed_musts(day: _Day) -> None:
    for site in day.brief.must:
        at = day.stops.index(site)
        if not windows_of(day.places[at], day.stays[at], day.brief.day, day.book):
            name = day.places[at].name_zh
            raise RouteError("route_must_closed", site=name, date=day.brief.date)


def _order(day: _Day, name: str) -> tuple[Walk, tuple[LeftOut, ...], bool | None]:
    """Return the order of places, what it leaves out, and whether it is proven the best."""
    if name == "curated" and not day.brief.theme:
        return _curated(day), (), None
    found = chosen(
        day.brief, day.stops, day.places, day.stays, day.start, day.end, day.table.minutes, day.book
    )
    left = tuple(_why_left(day, i) for i in range(len(day.stops.places)) if i not in found.order)
    return _walk_of(day, found.order, found.visited), left, found.proven


def _curated(day: _Day) -> Walk:
    """Return the stops as given, between start and end; a bound that is a stop is visited there."""
    inner = list(range(len(day.stops.places)))
    if day.start is not None:
        inner = [day.start, *(i for i in inner if i != day.start)]
    if day.end is not None and day.end != inner[0]:
        inner = [*(i for i in inner if i != day.end), day.end]
    elif day.end is not None:
        inner.append(day.end)  # one comes back to it, and does not visit it twice
    seen = [day.stays[i] > 0 and i not in inner[:k] for k, i in enumerate(inner)]
    return _walk_of(day, inner, seen)


def _why_left(day: _Day, at: int) -> LeftOut:
    place, brief = day.places[at], day.brief
    code = "no_time"
    if not opening(place, brief.day, day.book)[0]:
        code = "closed_that_day"
    elif not windows_of(place, day.stays[at], brief.day, day.book):
        code = "open_too_short"
    return LeftOut(place.id, place.name_zh, place.name_en, code)


def _walk_of(day: _Day, order: Sequence[int], visited: Sequence[bool]) -> Walk:
    bound = (day.start is not None, day.end is not None)
    return Walk(tuple(order), day.table.minutes, day.places, day.stays, tuple(visited), bound)


def _timed(day: _Day, walk: Walk) -> Timetable:
    try:
        return timetable(
            walk.order, walk.minutes, walk.places, walk.stays, day.brief, day.book,
            visited=walk.visited,
        )  # fmt: skip
    except OrderingError as fault:
        raise named_cause(fault, [None, *(day.places[i] for i in walk.order), None]) from fault


def _refuse_nothing(day: _Day, table: Timetable) -> None:
    """Refuse a budget in which not even one stop can be visited."""
    budget = day.brief.budget_minutes
    if budget is None:
        return
    ends = [v.leave - day.brief.departs for v in table.visits if v.minutes > 0]
    if not ends or min(ends) > budget + 1e-6:
        raise RouteError("route_budget", minutes=round(budget))


def _directions(
    day: _Day, hop: Sequence[Leg], a: int, b: int
) -> tuple[tuple[Instruction, ...], ...]:
    joints: list[Place] = [day.places[a]]
    for before, after in pairwise(hop):
        joints.append(_pier(before, 1) if before.ferry is not None else _pier(after, 0))
    joints.append(day.places[b])
    return tuple(directions(leg, *ends) for leg, ends in zip(hop, pairwise(joints), strict=True))


def _pier(crossing: Leg, landing: int) -> Place:
    """Return the pier at which a crossing is boarded (0) or left (1)."""
    if crossing.ferry is None:
        raise ValueError("not a crossing")
    boat, first = crossing.ferry
    end = first if landing == 0 else 1 - first
    (lon, lat), (name_zh, name_en) = boat.piers[end], boat.pier_names[end]
    return Place(f"{boat.id}/{end}", name_zh, name_en, lon, lat)


def _route(
    day: _Day,
    order: Sequence[int],
    table: Timetable,
    hops: tuple[tuple[Leg, ...], ...],
    told: tuple[tuple[tuple[Instruction, ...], ...], ...],
    left: tuple[LeftOut, ...],
    proven: bool | None,
) -> StudyRoute:
    line, brief = day.stops.line, day.brief
    reasons = {s.site: (s.why_zh, s.why_en) for s in line.stops} if line else {}
    return StudyRoute(
        brief=brief,
        network=day.ground.network,
        title_zh=line.title_zh if line else "自选研学线路",
        title_en=line.title_en if line else "Your own study walk",
        status=line.status if line else "own",
        source=line.source if line else "",
        timetable=table,
        hops=hops,
        directions=told,
        why=tuple(reasons.get(day.places[i].id, ("", "")) for i in order),
        left_out=(*day.stops.left_out, *left),
        remarks=(*_remarks(day), *_ferry_remarks(table, hops)),
        flags=_flags(day, order, hops, proven),
        proven=proven,
        alternative=_alternative(day, order),
    )


def _remarks(day: _Day) -> tuple[Remark, ...]:
    when = day.brief.day
    if when is None:
        return (("no_date", ()),)
    if not day.book.knows(when):
        return (("holiday_year_unknown", (("year", when.year),)),)
    return ((f"day_{day.book.kind(when)}", ()),)


def _ferry_remarks(table: Timetable, hops: Sequence[Sequence[Leg]]) -> list[Remark]:
    """Name every crossing that the plan reaches before the first boat or after the last."""
    told: list[Remark] = []
    for visit, hop in zip(table.visits, hops, strict=False):
        minute = visit.leave
        for leg in hop:
            if leg.ferry is not None:
                boat = leg.ferry[0]
                if not minute_of(boat.first) <= minute <= minute_of(boat.last):
                    fields = (("first", boat.first), ("last", boat.last), ("at", clock(minute)))
                    told.append(("ferry_hours", fields))
            minute += leg.minutes
    return told


def _flags(
    day: _Day, order: Sequence[int], hops: Sequence[Sequence[Leg]], proven: bool | None
) -> tuple[str, ...]:
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
    if "ferry" in modes and any(f.status == "sample" for f in day.ferries):
        said.add("sample_ferry")
    if proven is False:
        said.add("heuristic")
    return tuple(sorted(said))


def _alternative(day: _Day, order: Sequence[int]) -> Alternative | None:
    """Return the other order in figures; None where there is none."""
    name = "optimised" if day.brief.order == "curated" and not day.brief.theme else "curated"
    if day.brief.theme:
        return None
    try:
        other, _, _ = _order(day, name)
        table = _timed(day, other)
    except RouteError:
        return None
    if other.order == tuple(order):
        return None
    pairs = list(pairwise(other.order))
    walk, ride = (sum(_metres(day, a, b, mode) for a, b in pairs) for mode in ("walk", "ride"))
    stops = tuple(
        day.places[i].id for i, seen in zip(other.order, other.visited, strict=True) if seen
    )
    return Alternative(name, stops, table.finish, walk, ride, len(table.conflicts))


def _metres(day: _Day, a: int, b: int, mode: str) -> float:
    if MODES[day.table.mode[a, b]] != mode:
        return 0.0
    if mode == "ride":
        return float(day.table.straight_m[a, b])
    return float(np.nan_to_num(day.table.walk_minutes[a, b])) * day.ground.profile.speed_m_s * 60
