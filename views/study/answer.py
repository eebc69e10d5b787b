"""What the page 研学线路 says of a planned walk: warnings first, then figures, map and day."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from geo import words
from routes.directions import distance
from routes.rests import Rest
from routes.sheets import SheetContent
from routes.sheets.content import spoken_minutes
from routes.sheets.drawing import escaped
from routes.telling import counted
from routes.visits import clock
from views import figures
from views.plain import plain
from views.sources import Ground
from views.study import map as walk_map
from views.study import orders
from views.study.plans import Known
from views.study.timetable import day_html

__all__ = ["draw", "groups_html", "head_html", "rests_html", "warnings_html"]


def draw(content: SheetContent, ground: Ground, known: Known) -> None:
    """Draw a walk: what is wrong with it, its figures, the map, the day, the other order."""
    lang = content.lang
    _flags(content)
    st.html(warnings_html(content))
    st.html(figures.cards(_figures(content)))
    walk_map.draw(content)
    st.html(walk_map.legend(content))
    names = ["day", "orders", "rests"]
    if content.route.groups is not None:
        names.insert(1, "groups")
    rooms = dict(zip(names, st.tabs([words.say(f"study.tab_{n}", lang) for n in names]),
                     strict=True))  # fmt: skip
    with rooms["day"]:
        st.html(day_html(content))
    if content.route.groups is not None:
        with rooms["groups"]:
            st.html(groups_html(content))
    with rooms["orders"]:
        orders.draw(content, ground, known)
    with rooms["rests"]:
        st.html(rests_html(content))


def head_html(content: SheetContent) -> str:
    """Return the title, where the line comes from, and the facts of the day."""
    route, lang = content.route, content.lang
    status = words.say(f"line_status.{route.status}", lang)
    return (
        f'<div class="ht-line"><h3>{escaped(content.title)}</h3>'
        f'<p><span class="ht-chip ht-{escaped(route.status)}">{escaped(status)}</span> '
        f"{' · '.join(escaped(fact) for fact in content.facts)}</p></div>"
    )


def _flags(content: SheetContent) -> None:
    if content.flags:
        stop, gap = ("。", "") if content.lang == "zh" else (".", " ")
        said = [text[:1].upper() + text[1:].rstrip(stop) + stop for _, text in content.flags]
        told = gap.join(said)
        st.warning(f"**{plain(told)}**", icon=":material/warning:")


def warnings_html(content: SheetContent) -> str:
    """Return conflicts, what is left out, and what is to be known of the day."""
    return (
        _box("conflicts", content.conflicts, content.lang, "ht-wrong")
        + _box("left_out", content.left_out, content.lang, "ht-left")
        + "".join(f'<p class="ht-small">{escaped(text)}</p>' for text in content.remarks)
    )


def _box(key: str, texts: Sequence[str], lang: str, kind: str) -> str:
    if not texts:
        return ""
    rows = "".join(f"<li>{escaped(text)}</li>" for text in texts)
    title = words.say("study.count", lang, text=words.say(f"sheet.{key}", lang), count=len(texts))
    return f'<div class="ht-box {kind}" role="alert"><b>{escaped(title)}</b><ul>{rows}</ul></div>'


def _figures(content: SheetContent) -> list[figures.Figure]:
    route, lang = content.route, content.lang
    table = route.timetable
    told = [
        ("finish", clock(table.finish), spoken_minutes(route.minutes_total, lang)),
        ("walk", distance(route.walk_m, lang),
         words.say("study.longest_leg", lang, distance=distance(route.longest_walk_m, lang))),
        ("ride", distance(route.ride_m, lang) if route.ride_m else "—",
         words.say("study.ride_note", lang) if route.ride_m else words.say("study.no_ride", lang)),
        ("visits", str(sum(stop.number is not None for stop in content.stops)),
         words.say("study.left_out_count", lang, count=len(content.left_out))),
        ("conflicts", str(len(content.conflicts)), _proof(content)),
    ]  # fmt: skip
    if route.rests is not None:
        longest = route.rests.longest.metres if route.rests.longest else 0.0
        note = words.say("study.longest_without", lang, distance=distance(longest, lang))
        told.append(("rests", str(len(route.rests.found)), note))
    return [
        figures.Figure(words.say(f"study.figure_{name}", lang), value, note)
        for name, value, note in told
    ]


def _proof(content: SheetContent) -> str:
    proven = content.route.proven
    key = "curated" if proven is None else "proven" if proven else "heuristic"
    return words.say(f"study.proof_{key}", content.lang)


def groups_html(content: SheetContent) -> str:
    """Return the day of each group, how they are kept apart, and when all could be over.

    In one order each group has its times; in orders of their own each has its ways as well.
    """
    first, *others = content.groups
    notes = "".join(f"<p>{escaped(text)}</p>" for text in others)
    days = "".join(_group(day) for day in content.days)
    return f'<div class="ht-groups"><p><b>{escaped(first)}</b></p>{notes}{days}</div>'


def _group(day: SheetContent) -> str:
    lang = day.lang
    title = words.say("study.group", lang, number=day.number, start=clock(day.stops[0].arrive),
                      finish=clock(day.stops[-1].leave))  # fmt: skip
    wrong = "".join(f'<li class="ht-wrong">! {escaped(text)}</li>' for text in day.conflicts)
    told = f"<ul>{wrong}</ul>" if wrong else ""
    rows = "".join(
        f"<li><time>{clock(stop.begin)}–{clock(stop.leave)}</time> "
        f"{'! ' if stop.conflict else ''}{escaped(stop.name)}</li>"
        for stop in day.stops
        if stop.number
    )
    if day.route.own_orders:
        more = escaped(words.say("sheet.directions", lang))
        told += f"<details><summary>{more}</summary>{day_html(day)}</details>"
    return f"<section><h4>{escaped(title)}</h4><ol>{rows}</ol>{told}</section>"


def rests_html(content: SheetContent) -> str:
    """Return the stations passed, each with its state then, and the longest walk without one."""
    rests, lang = content.route.rests, content.lang
    if rests is None:
        return f"<p>{escaped(words.say('study.no_stations', lang))}</p>"
    rows = "".join(_rest(rest, lang) for rest in rests.found)
    told = [] if rows else [words.say("sheet.rest_none", lang)]
    if rests.closed:
        told.append(counted("rests_closed", rests.closed, lang))
    if rests.longest is not None:
        told.append(words.say("route.longest", lang, km=rests.longest.metres / 1000))
    notes = "".join(f"<p>{escaped(text)}</p>" for text in told)
    return f'<ul class="ht-rests">{rows}</ul>{notes}'


def _rest(rest: Rest, lang: str) -> str:
    state = words.say(f"rest_state.{rest.state}", lang)
    sample = ""
    if rest.sample:
        sample = f' <span class="ht-chip">{escaped(words.say("layers.short_sample", lang))}</span>'
    told = words.say("study.rest", lang, at=clock(rest.at_minute), detour=round(rest.detour_m))
    return (
        f'<li><b>{escaped(rest.name)}</b> <span class="ht-chip ht-rest-{escaped(rest.state)}">'
        f"{escaped(state)}</span>{sample}<br><small>{escaped(told)}</small></li>"
    )
