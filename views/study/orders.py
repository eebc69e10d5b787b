"""Both orders of a walk side by side: in figures, why one leaves a place out, and on maps."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from geo import words
from routes.directions import distance
from routes.sheets import SheetContent, content_of
from routes.sheets.drawing import escaped
from routes.studyroute import Alternative
from routes.visits import clock
from views.refusals import spoken
from views.sources import Ground
from views.study import asked
from views.study import map as walk_map
from views.study.plans import Known, route_of
from views.waiting import Progress

__all__ = ["draw", "left_html", "orders_html"]


def draw(content: SheetContent, ground: Ground, known: Known) -> None:
    """Draw the other order beside the one that is shown, and its map once that is wished for."""
    lang, other = content.lang, content.route.alternative
    if other is None:
        theme = content.route.brief.theme
        st.caption(words.say("study.no_order" if theme else "study.same_order", lang))
        return
    st.html(orders_html(content, other, known) + left_html(other, lang))
    st.button(
        words.say(f"study.use_{other.name}", lang), on_click=asked.use_order, args=(other.name,),
        icon=":material/swap_vert:", key="study-switch",
    )  # fmt: skip
    _map(content, other.name, ground, known)


@st.fragment
def _map(content: SheetContent, order: str, ground: Ground, known: Known) -> None:
    """Draw the map of the other order; it is planned whole only for who wants to see it."""
    lang = content.lang
    if not st.toggle(words.say(f"study.map_{order}", lang), key=f"study-other-map-{order}"):
        return
    brief = replace(content.route.brief, order=order, groups=1)
    with spoken(lang), Progress(lang) as tell:
        found = content_of(route_of(ground, known, brief, tell), lang)
        walk_map.draw(found, beside=True)
        st.html(walk_map.legend(found))


def orders_html(content: SheetContent, other: Alternative, known: Known) -> str:
    """Return both orders in figures, the curated one first."""
    route, lang = content.route, content.lang
    names = {site: place.name(lang) for site, place in known.places.items()}
    now = "optimised" if other.name == "curated" else "curated"
    alone, one = route.alone, content.every[0]
    visited = [stop.place.id for stop in one.stops if stop.number is not None]
    figures_now = (route.timetable.finish, route.walk_m, route.ride_m, len(one.conflicts))
    if alone is not None:  # the groups walk neither of the two
        visited = list(alone.order)
        figures_now = (alone.finish, alone.walk_m, alone.ride_m, alone.conflicts)
    ids = {now: visited, other.name: list(other.order)}
    told = {
        now: figures_now,
        other.name: (other.finish, other.walk_m, other.ride_m, other.conflicts),
    }
    columns = ("curated", "optimised")
    heads = "".join(_order_head(name, current=name == now, lang=lang) for name in columns)
    rows = [
        ("finish", [clock(told[c][0]) for c in columns]),
        ("walk", [distance(told[c][1], lang) for c in columns]),
        ("ride", [distance(told[c][2], lang) if told[c][2] else "—" for c in columns]),
        ("visits", [str(len(ids[c])) for c in columns]),
        ("conflicts", [str(told[c][3]) for c in columns]),
        ("way", [" → ".join(names.get(site, site) for site in ids[c]) for c in columns]),
    ]
    body = "".join(
        f'<tr class="ht-row-{name}"><th>{escaped(words.say(f"study.figure_{name}", lang))}</th>'
        + "".join(f"<td>{escaped(value)}</td>" for value in values) + "</tr>"
        for name, values in rows
    )  # fmt: skip
    return (
        f'<table class="ht-two"><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody>'
        "</table>"
    )


def _order_head(name: str, *, current: bool, lang: str) -> str:
    shown = f" <small>{escaped(words.say('study.shown', lang))}</small>" if current else ""
    return f"<th>{escaped(words.say(f'study.order_{name}', lang))}{shown}</th>"


def left_html(other: Alternative, lang: str) -> str:
    """Return which stops the other order leaves out, each with its reason."""
    rows = "".join(
        "<li>"
        + escaped(
            words.say(
                "sheet.at_stop", lang, stop=out.name_zh if lang == "zh" else out.name_en,
                text=words.say(f"left_out.{out.code}", lang, **dict(out.fields)),
            )
        )
        + "</li>"
        for out in other.left_out
    )  # fmt: skip
    if not rows:
        return ""
    title = words.say(f"study.left_by_{other.name}", lang)
    return f'<div class="ht-box ht-left"><b>{escaped(title)}</b><ul>{rows}</ul></div>'
