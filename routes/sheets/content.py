"""What every sheet says of a route in one language: stops and ways by the clock, remarks."""

from __future__ import annotations

import datetime
import itertools
import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo import words
from geo.layers.inert import showable
from geo.network.model import FloatArray
from routes.directions import distance, sentence
from routes.legs import Leg
from routes.places import Place
from routes.sheets.links import walking_link
from routes.studyroute import StudyRoute, remark_text
from routes.telling import counted, group_lines
from routes.timetable import DOUBTS, Visit
from routes.visits import clock, minutes_between

__all__ = [
    "ZONE",
    "Pause",
    "SheetContent",
    "Stop",
    "Way",
    "content_of",
    "moment",
    "spoken_minutes",
]

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, eq=False)
class Stop:
    """A stop as the sheets show it.

    Attributes
    ----------
    mark
        What stands in its circle: its number, or a letter for a start or an end only passed.
    number
        From 1 over the places visited; None for one only passed.
    arrive, begin, leave, minutes
        Minutes from 00:00, and of the visit.
    remarks, codes
        Sentences on its hours, and their codes in the same order.
    conflict
        Whether one of them makes the visit impossible as planned.
    """

    mark: str
    number: int | None
    place: Place
    name: str
    lon: float
    lat: float
    arrive: float
    begin: float
    leave: float
    minutes: float
    wait: float
    remarks: tuple[str, ...]
    codes: tuple[str, ...]
    conflict: bool
    why: str

    @property
    def estimated(self) -> bool:
        """Whether the position is no surveyed one."""
        return self.place.coordinate_status in ("estimated", "geocoded")

    def services(self, lang: str) -> tuple[str, ...]:
        """Return address, coach stop, booking and toilets as far as known, samples marked."""
        place, told = self.place, []
        if place.address:
            told.append(words.say("sheet.address", lang, address=place.address))
        for field in ("coach", "booking", "toilets"):
            value = getattr(place, field)
            if value:
                text = words.say(f"sheet.{field}", lang, **{field: value})
                sample = place.status(field) == "sample"
                told.append(words.say("sheet.sample", lang, text=text) if sample else text)
        return tuple(told)


@dataclass(frozen=True, eq=False)
class Way:
    """A leg as the sheets show it.

    Attributes
    ----------
    hop, number
        After which stop (from 0), and which leg of the route (from 1).
    origin, target
        Names of its ends.
    depart, arrive
        Minutes from 00:00.
    line
        (k, 2) WGS-84 degrees.
    said
        Mode, length and minutes in one phrase.
    steps
        Directions, a sentence each.
    link
        Opens the walk in AMap; empty for other modes.
    """

    hop: int
    number: int
    mode: str
    origin: str
    target: str
    depart: float
    arrive: float
    minutes: float
    metres: float
    line: FloatArray
    flags: tuple[str, ...]
    said: str
    steps: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Pause:
    """A break: minutes from 00:00, how long, and before or at which stop (from 0) it falls."""

    begin: float
    minutes: float
    stop: int


@dataclass(frozen=True, eq=False)
class SheetContent:
    """A route in one language.

    Attributes
    ----------
    day
        None where no date was given.
    facts
        Date, times and lengths, a phrase each.
    flags
        Pairs of code and warning.
    ways
        For each hop its legs.
    conflicts, remarks, left_out, rests, groups, alternative
        Sentences; empty where there is nothing to say.
    """

    route: StudyRoute
    lang: str
    title: str
    day: datetime.date | None
    facts: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]
    stops: tuple[Stop, ...]
    ways: tuple[tuple[Way, ...], ...]
    pauses: tuple[Pause, ...]
    conflicts: tuple[str, ...]
    remarks: tuple[str, ...]
    left_out: tuple[str, ...]
    rests: tuple[str, ...]
    groups: tuple[str, ...]
    alternative: str

    @property
    def legs(self) -> tuple[Way, ...]:
        """Every leg in order."""
        return tuple(way for hop in self.ways for way in hop)

    def pauses_at(self, stop: int, *, before: bool) -> tuple[Pause, ...]:
        """Return the breaks taken before the visit of stop number `stop` begins, or after that."""
        begin = self.stops[stop].begin
        return tuple(p for p in self.pauses if p.stop == stop and (p.begin < begin) == before)

    def at(self, minute: float) -> datetime.datetime | None:
        """Return a minute of the day as a moment in China, None without a date."""
        return None if self.day is None else moment(self.day, minute)


def moment(day: datetime.date, minute: float) -> datetime.datetime:
    """Return a minute from 00:00 as a moment in China, rounded up as `routes.visits.clock` does."""
    start = datetime.datetime.combine(day, datetime.time(), ZONE)
    return start + datetime.timedelta(minutes=math.ceil(minute - 1e-6))


def content_of(route: StudyRoute, lang: str) -> SheetContent:
    """Return what the sheets say of `route` in `lang` (``zh`` or ``en``)."""
    stops = _stops(route, lang)
    table = route.timetable
    conflicts = [
        words.say("sheet.at_stop", lang, stop=stop.name, text=text)
        for stop in stops
        for text, code in zip(stop.remarks, stop.codes, strict=True)
        if code not in DOUBTS
    ]
    conflicts += [remark_text(r, lang) for r in table.remarks if r[0] not in DOUBTS]
    left = [
        words.say("sheet.at_stop", lang, stop=_one(lang, out.name_zh, out.name_en),
                  text=words.say(f"left_out.{out.code}", lang, **dict(out.fields)))
        for out in route.left_out
    ]  # fmt: skip
    return SheetContent(
        route=route, lang=lang, title=showable(route.title(lang)), day=route.brief.day,
        facts=_facts(route, lang), flags=_flags(route, lang), stops=stops,
        ways=_ways(route, stops, lang),
        pauses=tuple(Pause(*pause) for pause in table.pauses),
        conflicts=tuple(conflicts),
        remarks=tuple(_begun(remark_text(r, lang)) for r in route.remarks),
        left_out=tuple(map(showable, left)), rests=_rests(route, lang), groups=_groups(route, lang),
        alternative=_alternative(route, lang),
    )  # fmt: skip


def _one(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def spoken_minutes(minutes: float, lang: str) -> str:
    """Return a span of time as people say it: minutes, from an hour on hours and minutes."""
    whole = math.ceil(minutes - 1e-6)
    if whole < 60:
        return words.say("sheet.minutes", lang, minutes=whole)
    if whole % 60 == 0:
        return words.say("sheet.hours", lang, hours=whole // 60)
    return words.say("sheet.hours_minutes", lang, hours=whole // 60, minutes=whole % 60)


def _begun(text: str) -> str:
    """Return a phrase with a capital letter: here it stands by itself."""
    return text[:1].upper() + text[1:]


def _length(metres: float, lang: str) -> str:
    """Return a sum of lengths, which may be nothing at all."""
    return distance(metres, lang) if metres >= 1 else words.say("way.m", lang, m=0)


def _flags(route: StudyRoute, lang: str) -> tuple[tuple[str, str], ...]:
    known = words.entries()
    return tuple(
        (flag, _begun(words.say(f"flag.{flag}", lang)) if f"flag.{flag}" in known else flag)
        for flag in route.flags
    )


def _facts(route: StudyRoute, lang: str) -> tuple[str, ...]:
    brief, table = route.brief, route.timetable
    day, start = brief.day, table.visits[0].arrive
    if day is None:
        told = [words.say("sheet.no_date", lang)]
    else:
        weekday = words.say(f"sheet.weekday{day.weekday()}", lang)
        told = [words.say("sheet.date", lang, date=day.isoformat(), weekday=weekday)]
    told.append(
        words.say("sheet.span", lang, start=clock(start), end=clock(table.finish),
                  total=spoken_minutes(table.finish - start, lang))
    )  # fmt: skip
    told.append(words.say("sheet.walked", lang, distance=_length(route.walk_m, lang)))
    if route.ride_m > 0:
        told.append(words.say("sheet.ridden", lang, distance=distance(route.ride_m, lang)))
    told.append(words.say("sheet.pace", lang, kmh=f"{brief.pace_kmh:g}"))
    if brief.group_size:
        told.append(words.say("sheet.people", lang, groups=brief.groups, people=brief.group_size))
    return tuple(told)


def _stops(route: StudyRoute, lang: str) -> tuple[Stop, ...]:
    found: list[Stop] = []
    number, last = 0, len(route.timetable.visits) - 1
    for at, visit in enumerate(route.timetable.visits):
        visited = visit.minutes > 0 and visit.leave > visit.begin
        number += visited
        end = "start" if at == 0 else "end" if at == last else "passed"
        mark = str(number) if visited else words.say(f"sheet.mark_{end}", lang)
        why = route.why[at] if at < len(route.why) and visited else ("", "")
        found.append(_stop(visit, mark, number if visited else None, _one(lang, *why), lang))
    return tuple(found)


def _stop(visit: Visit, mark: str, number: int | None, why: str, lang: str) -> Stop:
    place = visit.place
    if place.lon is None or place.lat is None:
        raise ValueError(f"a stop without a position: {place.id}")
    codes = tuple(code for code, _ in visit.remarks)
    return Stop(
        mark, number, place, showable(place.name(lang)), place.lon, place.lat,
        visit.arrive, visit.begin, visit.leave, visit.minutes if number else 0.0, visit.wait,
        tuple(remark_text(r, lang) for r in visit.remarks), codes,
        any(code not in DOUBTS for code in codes), why,
    )  # fmt: skip


def _ways(route: StudyRoute, stops: tuple[Stop, ...], lang: str) -> tuple[tuple[Way, ...], ...]:
    found: list[tuple[Way, ...]] = []
    number = 0
    for hop, legs in enumerate(route.hops):
        ends = _ends(legs, stops[hop].name, stops[hop + 1].name, lang)
        ways = []
        for leg, span, told, (origin, target) in zip(
            legs, route.spans[hop], route.directions[hop], ends, strict=True
        ):
            number += 1
            link = walking_link(leg.line, origin, target) if leg.mode == "walk" else ""
            ways.append(
                Way(hop, number, leg.mode, origin, target, *span, leg.minutes, leg.metres,
                    leg.line, leg.flags, _said(leg, span, lang),
                    tuple(showable(sentence(step, lang)) for step in told), link)
            )  # fmt: skip
        found.append(tuple(ways))
    return tuple(found)


def _ends(legs: tuple[Leg, ...], start: str, goal: str, lang: str) -> list[tuple[str, str]]:
    """Return the names of both ends of each leg: the stops, and piers between them."""
    joints = [start]
    for before, after in itertools.pairwise(legs):
        leg, landing = (after, 0) if after.ferry is not None else (before, 1)
        if leg.ferry is None:
            raise ValueError("two legs in one hop meet at a pier or nowhere")
        boat, boarded = leg.ferry
        joints.append(_one(lang, *boat.pier_names[boarded if landing == 0 else 1 - boarded]))
    joints.append(goal)
    return list(itertools.pairwise(joints))


def _said(leg: Leg, span: tuple[float, float], lang: str) -> str:
    minutes = minutes_between(*span)
    length = distance(leg.metres, lang)
    if leg.ferry is not None:
        boat = leg.ferry[0]
        return words.say("sheet.way_ferry", lang, ferry=boat.name(lang), minutes=minutes,
                         wait=math.ceil(boat.every_minutes))  # fmt: skip
    if leg.metres < 1:
        return words.say("sheet.way_none", lang)
    guess = "_estimated" if leg.mode == "walk" and "estimated" in leg.flags else ""
    return words.say(f"sheet.way_{leg.mode}{guess}", lang, distance=length, minutes=minutes)


def _rests(route: StudyRoute, lang: str) -> tuple[str, ...]:
    if route.rests is None:
        return ()
    told = []
    for rest in route.rests.found:
        text = words.say(
            "sheet.rest", lang, name=rest.name, at=clock(rest.at_minute),
            detour=round(rest.detour_m), state=words.say(f"rest_state.{rest.state}", lang),
        )  # fmt: skip
        told.append(words.say("sheet.sample", lang, text=text) if rest.sample else text)
    if not told:
        told.append(words.say("sheet.rest_none", lang))
    if route.rests.closed:
        told.append(counted("rests_closed", route.rests.closed, lang))
    if route.rests.longest is not None:
        km = route.rests.longest.metres / 1000
        told.append(words.say("route.longest", lang, km=km))
    return tuple(map(showable, told))


def _groups(route: StudyRoute, lang: str) -> tuple[str, ...]:
    if route.groups is None:
        return ()
    return tuple(showable(line.strip()) for line in group_lines(route.groups, lang))


def _alternative(route: StudyRoute, lang: str) -> str:
    other = route.alternative
    if other is None:
        return ""
    return words.say(
        f"sheet.other_{other.name}", lang, end=clock(other.finish),
        walk=_length(other.walk_m, lang), conflicts=other.conflicts, stops=len(other.order),
    )  # fmt: skip
