"""A planned walk in lines of text: what the command line prints, and a chat message can hold."""

from __future__ import annotations

import math

from geo import words
from routes.groups import GroupPlan
from routes.studyroute import StudyRoute, remark_text
from routes.visits import clock

__all__ = ["flag_lines", "group_lines", "report_lines"]


def report_lines(route: StudyRoute, lang: str) -> list[str]:
    """Return the walk: title, stops by the clock with the legs between, conflicts, rests, flags."""
    status = words.say(f"line_status.{route.status}", lang)
    lines = [f"{route.title(lang)} — {status}"]
    visits = route.timetable.visits
    for number, visit in enumerate(visits):
        name = visit.place.name(lang)
        key = "route.visit" if visit.minutes > 0 else "route.point"
        lines.append(words.say(key, lang, number=number + 1, name=name,
                               arrive=clock(visit.arrive), begin=clock(visit.begin),
                               leave=clock(visit.leave)))  # fmt: skip
        lines += [f"    ! {remark_text(remark, lang)}" for remark in visit.remarks]
        if number < len(route.hops):
            lines += [
                "    " + words.say(f"route.{leg.mode}", lang, minutes=math.ceil(leg.minutes),
                          km=leg.metres / 1000)
                for leg in route.hops[number]
            ]  # fmt: skip
    lines.append(words.say("route.total", lang, walk=route.walk_m / 1000, ride=route.ride_m / 1000,
                           start=clock(route.timetable.start),
                           finish=clock(route.timetable.finish)))  # fmt: skip
    lines += [remark_text(r, lang) for r in (*route.timetable.remarks, *route.remarks)]
    for wish in route.left_out:
        name = wish.name_zh if lang == "zh" else wish.name_en
        reason = words.say(f"left_out.{wish.code}", lang)
        lines.append(words.say("route.left_out", lang, name=name, reason=reason))
    lines += _order_lines(route, lang)
    if route.groups is not None:
        lines += group_lines(route.groups, lang)
    lines += _rest_lines(route, lang)
    return lines + flag_lines(route, lang)


def _order_lines(route: StudyRoute, lang: str) -> list[str]:
    lines = []
    if route.proven is not None:
        lines.append(words.say(f"route.{'proven' if route.proven else 'heuristic'}", lang))
    other = route.alternative
    if other is not None:
        lines.append(words.say(f"route.beside_{other.name}", lang, finish=clock(other.finish),
                               stops=len(other.order), walk=other.walk_m / 1000,
                               conflicts=other.conflicts))  # fmt: skip
    return lines


def group_lines(plan: GroupPlan, lang: str) -> list[str]:
    """Return how the groups are kept apart: method, each one's times, the bound."""
    lines = [words.say(f"route.groups_{plan.method}", lang, groups=len(plan.groups),
                       finish=clock(plan.finish))]  # fmt: skip
    for number, table in enumerate(plan.groups, 1):
        stops = " → ".join(
            f"{v.place.name(lang)} {clock(v.begin)}" for v in table.visits if v.minutes > 0
        )
        lines.append("  " + words.say("route.group", lang, number=number, stops=stops))
    if plan.bound is not None:
        key = "route.groups_proven" if plan.proven else "route.groups_bound"
        lines.append(words.say(key, lang, bound=clock(plan.bound)))
    for code, pairs in plan.remarks:
        lines.append(remark_text((code, pairs), lang))
    return lines


def _rest_lines(route: StudyRoute, lang: str) -> list[str]:
    if route.rests is None:
        return []
    lines = [
        words.say("route.rest", lang, name=rest.name, at=clock(rest.at_minute),
                  detour=round(rest.detour_m), state=words.say(f"rest_state.{rest.state}", lang))
        for rest in route.rests.found
    ]  # fmt: skip
    if route.rests.closed:
        lines.append(words.say("route.rests_closed", lang, count=route.rests.closed))
    if route.rests.longest is not None:
        km = route.rests.longest.metres / 1000
        lines.append(words.say("route.longest", lang, km=km))
    return lines


def flag_lines(route: StudyRoute, lang: str) -> list[str]:
    """Return what must be said aloud of the walk."""
    return [
        words.say("cli.flag", lang, text=words.say(f"flag.{flag}", lang)) for flag in route.flags
    ]
