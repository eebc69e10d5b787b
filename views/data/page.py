"""The page 数据: what the session works on, and a part for each kind of input."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from geo import words
from geo.points import KINDS, Kind
from views import inputs
from views.data import areas, network, points, uploader
from views.language import current
from views.refusals import guarded

__all__ = ["page"]

_CHOICE = "data.part"


def page(circles: Any = None) -> None:
    """Draw the page; `circles` is the page of service circles to lead to."""
    lang = current()
    st.header(words.say("data.title", lang), anchor=False)
    uploader.dress(lang)
    with guarded(lang):
        _now(circles, lang)
        part = _part(lang)
        kinds: dict[str, Kind] = {str(kind): kind for kind in KINDS}
        if part in kinds:
            points.draw(kinds[part], lang)
        elif part == "areas":
            areas.draw(lang)
        else:
            network.draw(lang)


def _now(circles: Any, lang: str) -> None:
    """Draw what the other pages compute on, and the way there and back."""
    own = inputs.chosen()
    with st.container(border=True, key="data-now"):
        rows = "".join(
            f"<dt>{escape(words.say(f'data.role_{role}', lang))}</dt>"
            f"<dd>{escape(_called(role, own, lang))}</dd>"
            for role in inputs.ROLES
        )
        st.html(f'<dl class="ht-now">{rows}</dl>')
        with st.container(horizontal=True, vertical_alignment="center"):
            if circles is not None:
                st.page_link(
                    circles,
                    label=words.say("app.home_open", lang),
                    icon=":material/arrow_forward:",
                )
            if own.roles:
                st.button(
                    words.say("data.back_to_sample", lang),
                    on_click=inputs.forget,
                    icon=":material/undo:",
                    key="data-back",
                )
        share = _share_on_network() if own.roles else 1.0
        if share < 0.5:
            told = words.say("data.apart", lang, share=f"{share:.0%}")
            st.warning(told, icon=":material/wrong_location:")
    st.caption(words.say("data.privacy", lang))


def _share_on_network() -> float:
    """Return the share of the session's stations within the box of its network."""
    ground = inputs.ground()
    west, south, east, north = ground.network.meta.bbox
    points = ground.stations.frame.geometry
    return float((points.x.between(west, east) & points.y.between(south, north)).mean())


def _called(role: str, own: inputs.Inputs, lang: str) -> str:
    """Return what the session uses for a role."""
    if role in own.roles:
        if role == "demand" and own.stations is None:
            return words.say("data.waiting", lang, name=own.names[role])
        value = getattr(own, role)
        if role == "network":
            return own.names[role]
        return words.say("data.own", lang, name=own.names[role], count=len(value))
    if role in ("demand", "areas") and own.stations is not None:
        return words.say(f"data.none_{role}", lang)
    return words.say(f"data.default_{role}", lang)


def _part(lang: str) -> str:
    """Draw the choice of the part that is shown; only that one costs anything."""
    parts = ("stations", "demand", "areas", "sites", "network")
    key = "data-part"
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(_CHOICE, parts[0])
    part = st.segmented_control(
        words.say("data.part", lang),
        parts,
        format_func=lambda role: words.say(f"data.role_{role}", lang),
        key=key,
        required=True,
        label_visibility="collapsed",
    )
    st.session_state[_CHOICE] = part
    return str(part)
