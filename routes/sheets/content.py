"""What every sheet says of a route in one language: stops and ways by the clock, remarks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from geo import words
from geo.layers.inert import showable
from routes.directions import distance, sentence
from routes.legs import Leg
from routes.sheets.day import (
    ZONE,
    Pause,
    SharedWay,
    SheetContent,
    Stop,
    Way,
    group_name,
    moment,
    shared_ways,
)
from routes.sheets.links import walking_link
from routes.studyroute import GroupDay, StudyRoute, remark_sentence, remark_text
from routes.telling import conflict_lines, counted, groups_told
from routes.timetable import DOUBTS, Visit
from routes.visits import StudyBrief, clock, minutes_between

__all__ = [
    "ZONE",
    "Pause",
    "SharedWay",
    "SheetContent",
    "Stop",
    "Way",
    "content_of",
    "group_name",
    "moment",
    "shared_ways",
    "spoken_minutes",
]


def content_of(route: StudyRoute, lang: str) -> SheetContent:
    """Return what the sheets say of `route` in `lang` (``zh`` or ``en``)."""
    days = route.every_day
    first = _content(route, days[0], lang)
    if not route.days:
        return first
    every = [first, *(_of_day(first, day, lang) for day in days[1:])]
    numbered = tuple(replace(one, number=number) for number, one in enumerate(every, 1))
    return replace(
        numbered[0], facts=_facts(route, days, lang), conflicts=_conflicts_of_all(numbered),
        days=numbered,
    )  # fmt: skip


def _content(route: StudyRoute, day: GroupDay, lang: str) -> SheetContent:
    left = [
        words.say("sheet.at_stop", lang, stop=_one(lang, out.name_zh, out.name_en),
                  text=words.say(f"left_out.{out.code}", lang, **dict(out.fields)))
        for out in route.left_out
    ]  # fmt: skip
    empty = SheetContent(
        route=route, lang=lang, title=showable(route.title(lang)), day=route.brief.day,
        facts=(), flags=_flags(route, lang), stops=(), ways=(), pauses=(), conflicts=(),
        remarks=tuple(remark_sentence(r, lang) for r in route.remarks),
        left_out=tuple(map(showable, left)), rests=_rests(route, lang), groups=_groups(route, lang),
        alternative=_alternative(route, lang),
    )  # fmt: skip
    return _of_day(empty, day, lang)


def _of_day(content: SheetContent, day: GroupDay, lang: str) -> SheetContent:
    """Return the same for what another group walks."""
    stops = _stops(day, lang)
    return replace(
        content, facts=_facts(content.route, (day,), lang), stops=stops,
        ways=_ways(day, stops, lang),
        pauses=tuple(Pause(*pause) for pause in day.timetable.pauses),
        conflicts=tuple(map(showable, conflict_lines(day.timetable, lang))),
    )  # fmt: skip


def _conflicts_of_all(days: Sequence[SheetContent]) -> tuple[str, ...]:
    """Return the conflicts of all groups; what befalls several is told once, with their numbers."""
    told: dict[str, list[int]] = {}
    for day in days:
        for text in dict.fromkeys(day.conflicts):
            told.setdefault(text, []).append(day.number)
    lang = days[0].lang
    return tuple(
        text if len(numbers) == len(days)
        else words.say("groups.of", lang, group=group_name(numbers, lang), text=text)
        for text, numbers in told.items()
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


def _facts(route: StudyRoute, days: Sequence[GroupDay], lang: str) -> tuple[str, ...]:
    """Return when, how far and how many: of one group's day, or of all of them together."""
    brief, day = route.brief, route.brief.day
    start = min(one.timetable.start for one in days)
    finish = max(one.timetable.finish for one in days)
    if day is None:
        told = [words.say("sheet.no_date", lang)]
    else:
        weekday = words.say(f"sheet.weekday{day.weekday()}", lang)
        told = [words.say("sheet.date", lang, date=day.isoformat(), weekday=weekday)]
    told.append(
        words.say("sheet.span", lang, start=clock(start), end=clock(finish),
                  total=spoken_minutes(minutes_between(start, finish), lang))
    )  # fmt: skip
    walked, ridden = ([_metres(one, mode) for one in days] for mode in ("walk", "ride"))
    told.append(words.say("sheet.walked", lang, distance=_lengths(walked, lang)))
    if max(ridden) > 0:
        told.append(words.say("sheet.ridden", lang, distance=_lengths(ridden, lang)))
    told.append(words.say("sheet.pace", lang, kmh=f"{brief.pace_kmh:g}"))
    if brief.groups > 1 or brief.group_size:
        told.append(_people(brief, lang))
    return tuple(told)


def _metres(day: GroupDay, mode: str) -> float:
    return sum(leg.metres for hop in day.hops for leg in hop if leg.mode == mode)


def _lengths(metres: Sequence[float], lang: str) -> str:
    """Return a length, or from the least to the greatest of several."""
    low, high = _length(min(metres), lang), _length(max(metres), lang)
    return low if low == high else words.say("groups.range", lang, low=low, high=high)


def _people(brief: StudyBrief, lang: str) -> str:
    """Return how many groups of how many people, as far as known."""
    if brief.groups == 1:
        return words.say("groups.people", lang, people=brief.group_size)
    if not brief.group_size:
        return words.say("groups.many", lang, groups=brief.groups)
    return words.say("groups.many_people", lang, groups=brief.groups, people=brief.group_size)


def _stops(day: GroupDay, lang: str) -> tuple[Stop, ...]:
    found: list[Stop] = []
    number, last = 0, len(day.timetable.visits) - 1
    for at, visit in enumerate(day.timetable.visits):
        visited = visit.minutes > 0 and visit.leave > visit.begin
        number += visited
        end = "start" if at == 0 else "end" if at == last else "passed"
        mark = str(number) if visited else words.say(f"sheet.mark_{end}", lang)
        why = day.why[at] if at < len(day.why) and visited else ("", "")
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


def _ways(day: GroupDay, stops: tuple[Stop, ...], lang: str) -> tuple[tuple[Way, ...], ...]:
    found: list[tuple[Way, ...]] = []
    number = 0
    for hop, legs in enumerate(day.hops):
        ends = _ends(legs, stops[hop].name, stops[hop + 1].name, lang)
        ways = []
        for leg, span, told, (origin, target) in zip(
            legs, day.spans[hop], day.directions[hop], ends, strict=True
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
    if not route.rests.found:
        told.append(words.say("sheet.rest_none", lang))
    elif route.days:
        told.append(words.say("groups.rests", lang))
    if route.rests.closed:
        told.append(counted("rests_closed", route.rests.closed, lang))
    if route.rests.longest is not None:
        km = route.rests.longest.metres / 1000
        told.append(words.say("route.longest", lang, km=km))
    return tuple(map(showable, told))


def _groups(route: StudyRoute, lang: str) -> tuple[str, ...]:
    if route.groups is None:
        return ()
    return tuple(map(showable, groups_told(route.groups, lang)))


def _alternative(route: StudyRoute, lang: str) -> str:
    other = route.alternative
    if other is None:
        return ""
    told = words.say(
        f"sheet.other_{other.name}", lang, end=clock(other.finish),
        walk=_length(other.walk_m, lang), stops=counted("stops", len(other.order), lang),
        conflicts=counted("conflicts", other.conflicts, lang),
    )  # fmt: skip
    if not route.days:
        return told
    return words.say("groups.alone", lang, text=told)
