"""A planned walk in lines of text: what the command line prints, and a chat message can hold."""

from __future__ import annotations

from collections.abc import Sequence

from geo import words
from routes.groups import GroupPlan
from routes.legs import Leg
from routes.stops import LeftOut
from routes.studyroute import StudyRoute, remark_sentence, remark_text
from routes.timetable import DOUBTS, Timetable
from routes.visits import clock, minutes_between

__all__ = [
    "conflict_lines",
    "counted",
    "flag_lines",
    "group_line",
    "group_lines",
    "groups_told",
    "leg_minutes",
    "proof_key",
    "report_lines",
]


def report_lines(route: StudyRoute, lang: str) -> list[str]:
    """Return the walk: title, stops by the clock with the legs between, conflicts, rests, flags."""
    status = words.say(f"line_status.{route.status}", lang)
    lines = [f"{route.title(lang)} — {status}"]
    if route.groups is not None:
        lines.append(words.say("groups.shown", lang))
    visits, spans = route.timetable.visits, route.spans
    for number, visit in enumerate(visits):
        name = visit.place.name(lang)
        key = "route.visit" if visit.minutes > 0 else "route.point"
        lines.append(words.say(key, lang, number=number + 1, name=name,
                               arrive=clock(visit.arrive), begin=clock(visit.begin),
                               leave=clock(visit.leave)))  # fmt: skip
        lines += [f"    ! {remark_text(remark, lang)}" for remark in visit.remarks]
        lines += [
            "    " + words.say("route.break", lang, begin=clock(at), end=clock(at + minutes))
            for at, minutes, stop in route.timetable.pauses if stop == number
        ]  # fmt: skip
        if number < len(route.hops):
            lines += [
                f"    {_leg_line(leg, span, lang)}"
                for leg, span in zip(route.hops[number], spans[number], strict=True)
            ]
    lines.append(words.say("route.total", lang, walk=route.walk_m / 1000, ride=route.ride_m / 1000,
                           start=clock(route.timetable.start),
                           finish=clock(route.timetable.finish)))  # fmt: skip
    lines += [remark_text(r, lang) for r in (*route.timetable.remarks, *route.remarks)]
    lines += _left_lines(route.left_out, lang)
    lines += _order_lines(route, lang)
    if route.groups is not None:
        lines += group_lines(route.groups, lang)
    lines += _rest_lines(route, lang)
    return lines + flag_lines(route, lang)


def leg_minutes(span: tuple[float, float], lang: str) -> str:
    """Return how long a leg takes by the times printed beside it; `span` is from when to when."""
    return counted("minutes", minutes_between(*span), lang)


def counted(what: str, count: int, lang: str) -> str:
    """Return a number of things, of ``count.<what>``; English has a form of its own for one."""
    return words.say(f"count.{what}_one" if count == 1 else f"count.{what}", lang, n=count)


def proof_key(route: StudyRoute) -> str:
    """Return what is known of the order: ``curated``, ``proven``, ``proven_reckoned`` (by minutes
    in which rides count more, which a remark tells) or ``heuristic``."""
    if route.proven is None:
        return "curated"
    reckoned = any(code in _RECKONED for code, _ in route.remarks)
    return ("proven_reckoned" if reckoned else "proven") if route.proven else "heuristic"


_RECKONED = ("rides_reckoned", "rides_reckoned_partly")


def _leg_line(leg: Leg, span: tuple[float, float], lang: str) -> str:
    if leg.mode == "walk" and leg.metres < 1:
        return words.say("sheet.way_none", lang)
    guess = "_estimated" if leg.mode == "walk" and "estimated" in leg.flags else ""
    minutes, km = leg_minutes(span, lang), leg.metres / 1000
    return words.say(f"route.{leg.mode}{guess}", lang, minutes=minutes, km=km)


def _left_lines(left: Sequence[LeftOut], lang: str) -> list[str]:
    return [
        words.say("route.left_out", lang, name=wish.name_zh if lang == "zh" else wish.name_en,
                  reason=words.say(f"left_out.{wish.code}", lang))
        for wish in left
    ]  # fmt: skip


def _order_lines(route: StudyRoute, lang: str) -> list[str]:
    lines = []
    if route.proven is not None:
        lines.append(words.say(f"route.{proof_key(route)}", lang))
    other = route.alternative
    if other is not None:
        lines.append(words.say(f"route.beside_{other.name}", lang, finish=clock(other.finish),
                               stops=counted("stops", len(other.order), lang),
                               walk=other.walk_m / 1000,
                               conflicts=counted("conflicts", other.conflicts, lang)))  # fmt: skip
        lines += [f"    {text}" for text in _left_lines(other.left_out, lang)]
    return lines


def groups_told(plan: GroupPlan, lang: str) -> list[str]:
    """Return how the groups are kept apart: method, bound, what was assumed."""
    method = plan.method
    if method != "stagger" and plan.orders < len(plan.groups):
        method = "some_orders"
    lines = [words.say(f"groups.{method}", lang, groups=len(plan.groups), orders=plan.orders,
                       finish=clock(plan.finish))]  # fmt: skip
    if plan.bound is not None:
        key = "groups.proven" if plan.proven else "groups.bound"
        lines.append(words.say(key, lang, bound=clock(plan.bound)))
    return [*lines, *(remark_sentence(remark, lang) for remark in plan.remarks)]


def group_lines(plan: GroupPlan, lang: str) -> list[str]:
    """Return how the groups are kept apart, and each one's stops by the clock and conflicts."""
    first, *others = groups_told(plan, lang)
    lines = [first]
    for number, table in enumerate(plan.groups, 1):
        lines.append(f"  {group_line(number, table, lang)}")
        lines += [f"    ! {text}" for text in conflict_lines(table, lang)]
    return lines + others


def group_line(number: int, table: Timetable, lang: str) -> str:
    """Return a group's stops by the clock in one line."""
    stops = " → ".join(
        f"{v.place.name(lang)} {clock(v.begin)}–{clock(v.leave)}"
        for v in table.visits
        if v.minutes > 0
    )
    name = words.say("groups.name", lang, number=number)
    return words.say("groups.day", lang, group=name, start=clock(table.start),
                     finish=clock(table.finish), stops=stops)  # fmt: skip


def conflict_lines(table: Timetable, lang: str) -> list[str]:
    """Return what makes one group's day impossible as planned, with the names of places."""
    told = [
        words.say("sheet.at_stop", lang, stop=visit.place.name(lang), text=remark_text(r, lang))
        for visit in table.visits
        for r in visit.remarks
        if r[0] not in DOUBTS
    ]
    return told + [remark_text(r, lang) for r in table.remarks if r[0] not in DOUBTS]


def _rest_lines(route: StudyRoute, lang: str) -> list[str]:
    if route.rests is None:
        return []
    lines = [
        words.say("route.rest", lang, name=rest.name, at=clock(rest.at_minute),
                  detour=round(rest.detour_m), state=words.say(f"rest_state.{rest.state}", lang))
        for rest in route.rests.found
    ]  # fmt: skip
    if route.rests.closed:
        lines.append(counted("rests_closed", route.rests.closed, lang))
    if route.rests.longest is not None:
        km = route.rests.longest.metres / 1000
        lines.append(words.say("route.longest", lang, km=km))
    return lines


def flag_lines(route: StudyRoute, lang: str) -> list[str]:
    """Return what must be said aloud of the walk."""
    return [
        words.say("cli.flag", lang, text=words.say(f"flag.{flag}", lang)) for flag in route.flags
    ]
