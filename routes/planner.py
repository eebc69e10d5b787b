"""From a request to a study walk: stops, modes, order, times, legs, directions, groups, rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from geo.errors import RouteError
from geo.hours import HolidayBook, chinese_holidays
from geo.network.model import WalkNetwork
from geo.points import PointTable
from routes.account import flags_of, in_figures, remarks_of
from routes.crossings import crossings_of, with_ferry_hours
from routes.day import Day, day_of
from routes.directions import Instruction, directions
from routes.ferries import Ferry, read_ferries
from routes.groups import GroupPlan, Walk, plan_groups
from routes.legs import Leg, legs_between
from routes.lines import StudyLine, read_lines
from routes.matrix import MODES, ordering_minutes
from routes.order import Arranged, arranged
from routes.ordering import OrderingError
from routes.places import Place, read_places
from routes.refusals import named_cause
from routes.rests import rests_along
from routes.stops import stops_of
from routes.studyroute import Alternative, GroupDay, StudyRoute, leg_spans
from routes.themes import own_title
from routes.timetable import Timetable, timetable
from routes.visits import StudyBrief, minutes_between

__all__ = ["plan"]

Progress = Callable[[str, int, int], None]
THEME_BUDGET_MIN = 8 * 60.0
"""A theme without a budget is a day's walk."""


@dataclass(frozen=True, eq=False)
class _Draft:
    """An order on its day, by the clock of one group alone."""

    day: Day
    order: Arranged
    table: Timetable

    @property
    def walk(self) -> Walk:
        """The order, to be timed again for other groups."""
        day, order = self.day, self.order
        minutes = day.table.minutes
        rides = (day.table.mode == MODES.index("ride")).any()
        reckoned = ordering_minutes(day.table, day.brief.max_walk_min) if rides else None
        return Walk(
            order.order, minutes, day.places, day.stays, order.visited, order.bound, reckoned
        )


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
    stops = stops_of(brief, places, read_lines() if lines is None else lines)
    boats = tuple(read_ferries() if ferries is None else ferries)
    day = day_of(brief, stops, network, boats, chinese_holidays() if book is None else book)
    tell("route", 1, 4)
    _refuse_closed_musts(day)
    draft = _draft(day, brief.order)
    tell("route", 2, 4)
    _refuse_nothing(day, draft.table)
    route = _route(draft, assumed=assumed)
    tell("route", 3, 4)
    if stations is not None:
        route = replace(route, rests=rests_along(route, stations, day.book))
    tell("route", 4, 4)
    return route


def _refuse_closed_musts(day: Day) -> None:
    for at in day.stops.must:
        if not day.windows(at):
            place = day.places[at]
            raise RouteError(
                "route_must_closed", site_zh=place.name_zh, site_en=place.name_en,
                date=day.brief.date,
            )  # fmt: skip


def _draft(day: Day, name: str) -> _Draft:
    """Return an order by the clock; an optimised one rides where no ferry runs at that hour."""
    order = arranged(day, name)
    draft = _Draft(day, order, _timed(day, order))
    if order.proven is None or not _misses_boat(draft.table):
        return draft
    dry = day.without_ferries()
    try:
        order = arranged(dry, name)
        told = replace(order, remarks=(*order.remarks, ("ferry_left_out", ())))
        return _Draft(dry, told, _timed(dry, order))
    except RouteError:
        return draft


def _misses_boat(table: Timetable) -> bool:
    return any(code == "ferry_hours" for code, _ in table.conflicts)


def _timed(day: Day, order: Arranged) -> Timetable:
    try:
        table = timetable(
            order.order, day.table.minutes, day.places, day.stays, day.brief, day.book,
            visited=order.visited,
        )  # fmt: skip
    except OrderingError as fault:
        raise named_cause(fault, [None, *(day.places[i] for i in order.order), None]) from fault
    return with_ferry_hours(table, crossings_of(day.table, day.places, day.ferries))


def _refuse_nothing(day: Day, table: Timetable) -> None:
    """Refuse a budget in which not even one stop can be visited."""
    budget = day.brief.budget_minutes
    if budget is None:
        return
    ends = [v.leave - day.brief.departs for v in table.visits if v.minutes > 0]
    if not ends or min(ends) > budget + 1e-6:
        raise RouteError("route_budget", minutes=round(budget))


def _route(draft: _Draft, *, assumed: bool) -> StudyRoute:
    day, order = draft.day, draft.order
    line, brief = day.stops.line, day.brief
    groups = _groups(draft) if brief.groups > 1 else None
    days = _days(draft, groups)
    own = groups is not None and any(walk.order != order.order for walk in groups.walks)
    proven = None if own else order.proven
    remarks = (*remarks_of(day), *order.remarks)
    if assumed:
        remarks = (*remarks, ("budget_assumed", (("hours", THEME_BUDGET_MIN / 60),)))
    return StudyRoute(
        brief=brief,
        network=day.ground.network,
        title_zh=line.title_zh if line else own_title(brief.theme, "zh"),
        title_en=line.title_en if line else own_title(brief.theme, "en"),
        status=line.status if line else "own",
        source_zh=line.source_zh if line else "",
        source_en=line.source_en if line else "",
        timetable=days[0].timetable,
        hops=days[0].hops,
        directions=days[0].directions,
        why=days[0].why,
        left_out=(*day.stops.left_out, *order.left_out),
        remarks=remarks,
        flags=flags_of(day, order.order, [hop for one in days for hop in one.hops], order.proven),
        proven=proven,
        alternative=_alternative(draft),
        alone=in_figures(brief.order, day, order, draft.table) if own else None,
        groups=groups,
        days=days if groups else (),
    )


def _groups(draft: _Draft) -> GroupPlan:
    day = draft.day
    found = plan_groups(draft.table, draft.walk, day.brief, day.book, day.stops.before)
    boats = crossings_of(day.table, day.places, day.ferries)
    return found.with_groups(tuple(with_ferry_hours(table, boats) for table in found.groups))


def _days(draft: _Draft, groups: GroupPlan | None) -> tuple[GroupDay, ...]:
    """Return what each group walks; the legs that several walk are made once."""
    day = draft.day
    legs: dict[tuple[int, int], tuple[Leg, ...]] = {}
    told: dict[tuple[int, ...], tuple[tuple[Instruction, ...], ...]] = {}
    found = []
    for walk, table in (
        [(draft.walk, draft.table)] if groups is None
        else zip(groups.walks, groups.groups, strict=True)
    ):  # fmt: skip
        pairs = list(pairwise(walk.order))
        for a, b in pairs:
            if (a, b) not in legs:
                legs[a, b] = legs_between(day.ground, day.table, day.ferries, a, b)
        hops = tuple(legs[pair] for pair in pairs)
        keys = []
        for pair, hop, spans in zip(pairs, hops, leg_spans(table, hops), strict=True):
            minutes = tuple(minutes_between(*span) for span in spans)
            keys.append((*pair, *minutes))
            if keys[-1] not in told:
                told[keys[-1]] = _directions(day, hop, *pair, minutes)
        directed = tuple(told[key] for key in keys)
        found.append(GroupDay(table, hops, directed, _reasons(day, walk.order)))
    return tuple(found)


def _directions(
    day: Day, hop: Sequence[Leg], a: int, b: int, minutes: Sequence[int]
) -> tuple[tuple[Instruction, ...], ...]:
    joints: list[Place] = [day.places[a]]
    for before, after in pairwise(hop):
        joints.append(_pier(before, 1) if before.ferry is not None else _pier(after, 0))
    joints.append(day.places[b])
    return tuple(
        directions(leg, *ends, minutes=spoken)
        for leg, ends, spoken in zip(hop, pairwise(joints), minutes, strict=True)
    )


def _pier(crossing: Leg, landing: int) -> Place:
    """Return the pier at which a crossing is boarded (0) or left (1)."""
    if crossing.ferry is None:
        raise ValueError("not a crossing")
    boat, first = crossing.ferry
    end = first if landing == 0 else 1 - first
    (lon, lat), (name_zh, name_en) = boat.piers[end], boat.pier_names[end]
    return Place(f"{boat.id}/{end}", name_zh, name_en, lon, lat)


def _reasons(day: Day, order: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Return in zh and en why each place of an order is on the line."""
    line = day.stops.line
    reasons = {s.site: (s.why_zh, s.why_en) for s in line.stops} if line else {}
    return tuple(reasons.get(day.places[i].id, ("", "")) for i in order)


def _alternative(draft: _Draft) -> Alternative | None:
    """Return the other order in figures; None where there is none."""
    brief = draft.day.brief
    if brief.theme:
        return None
    name = "optimised" if brief.order == "curated" else "curated"
    try:
        other = _draft(draft.day, name)
    except RouteError:
        return None
    if other.order.order == draft.order.order:
        return None
    return in_figures(name, other.day, other.order, other.table)
