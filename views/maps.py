"""The map of a page and its legend: what the frame is sent, and the map as a file."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import partial

import streamlit as st

from geo import words
from geo.coverage import Coverage
from geo.exports import Provenance
from geo.layers.drawings import ground_key, ground_text, shown
from geo.layers.legend import legend_html
from geo.layers.page import self_contained_html
from views import frame
from views.sources import Ground

__all__ = ["draw", "legend", "page_bytes", "prepare"]

HEIGHT = 520
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


def draw(result: Coverage, ground: Ground, lang: str) -> None:
    """Draw the map and its legend. A pan or zoom never comes back to the server.

    The frame of the map stays while results change, and is sent only what it shows; a ground that
    it has already is not sent again. Why so: docs/decisions/0032-a-map-that-stays.md.
    """
    told, keys = _shown(result, ground, lang)
    under = _under(result, ground, lang, keys)
    left, right = st.columns([4, 1])
    with left, st.container(key="map"):
        frame.component(lang, keys)(
            told=told,
            digest=hashlib.sha256(told).hexdigest()[:16],
            ground=under,
            height=HEIGHT,
            key="circles-map",
        )
    with right:
        st.html(legend(result, lang, with_sites="sites" in keys))


def prepare(result: Coverage, ground: Ground, lang: str) -> None:
    """Make what every map of `ground` needs, before a page asks for it."""
    _, keys = _shown(result, ground, lang)
    _under(result, ground, lang, keys)


def _shown(result: Coverage, ground: Ground, lang: str) -> tuple[bytes, tuple[str, ...]]:
    """Return what the frame is told, as JSON in UTF-8, and the keys of its layers."""
    found = shown(
        result,
        ground.network,
        lang=lang,
        sites=None if ground.sites is None else ground.sites.frame,
        view_key=f"circles-{ground.network.meta.digest[:16]}",
    )
    return found.text().encode(), found.keys


def _under(result: Coverage, ground: Ground, lang: str, keys: tuple[str, ...]) -> str:
    make = partial(ground_text, result, ground.network)
    return frame.ground_url(lang, keys, ground_key(result, ground.network), make)


def legend(result: Coverage, lang: str, *, with_sites: bool) -> str:
    """Return the legend; the flags stand at the head of the page already."""
    told = legend_html(replace(result, flags=()), lang=lang, with_sites=with_sites)
    return _SVG.sub(_as_image, told)


def _as_image(found: re.Match[str]) -> str:
    """Return a drawing as an image: Streamlit takes ``<svg>`` out of HTML."""
    drawing = base64.b64encode(found[0].encode()).decode()
    return f'<img alt="" src="data:image/svg+xml;base64,{drawing}">'


def page_bytes(result: Coverage, ground: Ground, record: Provenance, lang: str) -> bytes:
    """Return the map as one HTML file that opens offline."""
    from geo.layers.maps import coverage_map

    sites = None if ground.sites is None else ground.sites.frame
    made = coverage_map(
        result, ground.network, lang=lang, sites=sites, view_key=f"page-{record.run_id}"
    )
    return self_contained_html(
        made,
        legend_html(result, lang=lang, with_sites=sites is not None),
        title=words.say("app.page_title", lang),
        lang=lang,
        provenance=record,
    )
