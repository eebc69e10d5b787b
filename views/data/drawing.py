"""The map of inputs on the page 数据: the frame of the other maps, told what to show."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from geo.layers.basemap import Surroundings
from geo.layers.drawings import Shown
from geo.layers.previews import ground_digest, ground_json
from views import frame

__all__ = ["draw", "draw_over", "legend"]

HEIGHT = 440


def draw(shown: Shown, under: Surroundings, lang: str, key: str, *, room: str = "map") -> None:
    """Draw a map over the streets of `under`."""
    draw_over(shown, ground_digest(under), partial(ground_json, under), lang, key, room=room)


def draw_over(
    shown: Shown, ground: str, make: Callable[[], str], lang: str, key: str, *, room: str = "map"
) -> None:
    """Draw a map over the ground of a digest; the frame stays while what it shows changes.

    Each map of a page has a `room` of its own.
    """
    told = shown.text().encode()
    with st.container(key=room):
        frame.component(lang, shown.keys)(
            told=told,
            digest=hashlib.sha256(told).hexdigest()[:16],
            ground=frame.ground_url(lang, shown.keys, ground, make),
            height=HEIGHT,
            key=key,
        )


def legend(rows: list[tuple[str, bool, str]]) -> str:
    """Return a legend: (colour, filled, text) a row; every text is escaped."""
    return "".join(
        f'<div class="ht-stand"><img alt="" src="{_dot(colour, filled)}">'
        f"<span>{escape(text)}</span></div>"
        for colour, filled, text in rows
    )


def _dot(colour: str, filled: bool) -> str:
    inner = colour if filled else "#F6F5F2"
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">'
        f'<circle cx="8" cy="8" r="5.5" fill="{inner}" stroke="{colour}" stroke-width="2"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
