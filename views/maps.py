"""The map of a page: its scripts served by this very server, and one folium map built per run."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import folium
import streamlit as st
from streamlit.components import v1 as components

from geo import words
from geo.coverage import Coverage
from geo.exports import Provenance
from geo.layers.assets import Assets, asset_files
from geo.layers.legend import legend_html
from geo.layers.maps import coverage_map
from geo.layers.page import self_contained_html
from views.sources import Ground

__all__ = ["draw", "page_bytes", "served_assets"]

HEIGHT = 520
# A map asks this server for Leaflet, and nobody for anything else.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:;'
    " style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'\">"
)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


@cache
def served_assets() -> Assets:
    """Return the addresses of a map's scripts and styles on this server.

    Streamlit serves the folder of every declared component under ``/component/<its name>/``.
    Addresses relative to a page of ours work under any base path.
    """
    names: dict[Path, str] = {}
    urls = []
    for name, path in asset_files().items():
        if name.startswith("jquery"):  # for folium's popups, which these maps do not have
            continue
        if path.parent not in names:
            part = f"files_{path.parents[1].name}"
            component: Any = components.declare_component(part, path=str(path.parent))
            names[path.parent] = component.name
        urls.append((name, f"component/{names[path.parent]}/{path.name}"))
    return Assets(
        js=tuple(url for name, url in urls if name.endswith(".js")),
        css=tuple(url for name, url in urls if name.endswith(".css")),
    )


def draw(result: Coverage, ground: Ground, lang: str) -> None:
    """Draw the map and its legend. A pan or zoom never comes back to the server."""
    sites = None if ground.sites is None else ground.sites.frame
    made = coverage_map(
        result,
        ground.network,
        lang=lang,
        sites=sites,
        view_key=f"circles-{ground.network.meta.digest[:16]}",
        assets=served_assets(),
    )
    left, right = st.columns([4, 1])
    with left, st.container(key="map"):
        st.iframe(frame(made), height=HEIGHT, alt=words.say("app.map", lang))
    with right:
        st.html(legend(result, lang, with_sites=sites is not None))


def frame(made: folium.Map) -> str:
    """Return a map as a page for a frame: the same text for the same map, and so drawn once.

    Why not `st_folium`: docs/decisions/0031-a-map-in-a-frame.md.
    """
    text: str = made.get_root().render()
    parts: list[Any] = [made]
    for number, part in enumerate(parts):  # `parts` grows while it is read
        parts.extend(part._children.values())
        text = text.replace(part._id, f"{number:032x}")
    return text.replace("<head>", f"<head>{_POLICY}", 1)


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
