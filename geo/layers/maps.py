"""The map of a coverage result as a `folium.Map` without anything from a CDN.

One GeoJSON layer a kind, written as compact text: folium's own ``GeoJson`` walks every coordinate
several times and has branca read the data once more as a template.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import folium
import geopandas as gpd
import numpy as np
from branca.element import Element, MacroElement
from folium.map import Layer
from folium.template import Template
from folium.utilities import JsCode

from geo import words
from geo.coverage.result import Coverage
from geo.layers import results
from geo.layers.assets import Assets, own_file, set_assets
from geo.layers.basemap import STREET_STYLES, WATER_STYLE, base_map
from geo.layers.inert import inert
from geo.layers.marks import (
    GAPS_RANKED,
    SITE_SYMBOLS,
    area_styles,
    band_styles,
    gap_styles,
    station_style,
)
from geo.layers.shapes import collection, in_script
from geo.network.model import WalkNetwork

__all__ = ["coverage_map"]

Box = tuple[float, float, float, float]

MAX_ZOOM = 18
_MARGIN_DEGREES, _MARGIN_SHARE = 0.015, 0.35
"""How far the base map reaches beyond the data: at least 1.5 km, and a third of its extent."""
_GRID_DEGREES = 0.02
_MARGIN_M = 500.0
"""How far small streets are drawn beyond the reach of a station, where not all can be."""
_MANY_STATIONS, _VERY_MANY = 300, 2000


def coverage_map(
    result: Coverage,
    network: WalkNetwork,
    *,
    lang: str,
    sites: gpd.GeoDataFrame | None = None,
    view_key: str,
    bands: tuple[int, ...] | None = None,
    rings: bool = True,
    assets: Assets | None = None,
) -> folium.Map:
    """Return a map of `result`: base map, bands, gaps, stations, sites, each a layer.

    Make a map for every use: rendering changes it, and a cached one leaks between sessions.

    Parameters
    ----------
    network
        The network of the run, for the base map and its attribution.
    lang
        ``zh`` or ``en``.
    sites
        Heritage sites (EPSG:4326): ``id``, ``name`` or ``name_zh``/``name_en``; optional
        ``address``, ``coordinate_status``, ``accuracy_m``.
    view_key
        Names the view (centre, zoom) that the browser's tab keeps: the same key, the same view,
        whatever the data. Name the network in it.
    bands
        Positions in ``result.dissolved`` (0: the nearest) to draw; None: all.
    rings
        Draw bands without overlap, so that colours are those of the legend; else cumulative.
    assets
        Where scripts and styles come from; None: folium's own links are dropped, for
        `geo.layers.page`.
    """
    box = _bounds(result, network)
    # Room around the canvas for a pan, and around a finger for a small circle.
    renderer: Any = JsCode("L.canvas({padding: 0.4, tolerance: 4})")
    made = folium.Map(
        location=[(box[1] + box[3]) / 2, (box[0] + box[2]) / 2],
        zoom_start=12,
        tiles=None,
        max_zoom=MAX_ZOOM,  # of tiles, which there are none of
        maxZoom=MAX_ZOOM,
        zoomSnap=0.25,
        prefer_canvas=True,
        renderer=renderer,
        gestureHandling=True,
        gestureHandlingOptions={
            "text": {
                "touch": words.say("layers.touch", lang),
                "scroll": words.say("layers.scroll", lang),
                "scrollMac": words.say("layers.scroll_mac", lang),
            }
        },
    )
    set_assets(made, assets or Assets())
    made.add_child(_Prelude())
    drawings = _drawings(result, network, lang, sites, bands, rings, box)
    for drawing in drawings:
        made.add_child(drawing)
    made.add_child(folium.LayerControl(collapsed=True))
    made.add_child(
        _Finish(
            drawings,
            bounds=[[round(box[1], 5), round(box[0], 5)], [round(box[3], 5), round(box[2], 5)]],
            key=inert(view_key),
            credits=[inert(network.meta.attribution), *_flags(result, lang)],
            flags=" · ".join(_flags(result, lang)),
        )
    )
    return made


def _drawings(
    result: Coverage,
    network: WalkNetwork,
    lang: str,
    sites: gpd.GeoDataFrame | None,
    bands: tuple[int, ...] | None,
    rings: bool,
    box: Box,
) -> list[_Drawing]:
    """Return the layers from below."""

    def name(layer: str) -> str:
        return words.say(f"layers.{layer}", lang)

    west, south, east, north = box
    margin = max(_MARGIN_DEGREES, _MARGIN_SHARE * max(east - west, north - south))
    around = _widened((west - margin, south - margin, east + margin, north + margin))
    asked = result.request.scale
    used = result.stations[result.stations["status"] == "used"]
    reach_m = asked.limits[-1] / asked.cost_per_m + _MARGIN_M
    reach_m = float(np.ceil(reach_m / _MARGIN_M) * _MARGIN_M)
    with ThreadPoolExecutor(1) as pool:  # GEOS, which is most of the work, frees the GIL
        below = pool.submit(base_map, network, around, lang, near=_lonlat(used), reach_m=reach_m)
        circles = results.band_features(result, bands, rings)
        gaps = results.gap_features(result, lang)
        ground = below.result()
    count = len(result.dissolved)
    band = {f"band{i}": style for i, style in enumerate(band_styles(count))}
    weight = "unserved_street" if "street_km" in result.gaps.columns else "unserved_demand"
    found = [
        _Drawing(name("ground"), ground.shapes, quiet=True,
                 styles={**STREET_STYLES, "water": WATER_STYLE}),
        _Drawing(name("bands"), circles, quiet=True,
                 styles=band),
        *_areas(result, name("areas")),
        _Drawing(name("gaps"), gaps, styles=gap_styles(),
                 fields=[["weight", name(weight)], ["area", name("area")]]),
        _Drawing(name("names"), ground.labels, labels=True, quiet=True),
        _Drawing(name("stations"), results.station_features(result, lang),
                 styles=_station_styles(result),
                 fields=[[key, name(text)] for key, text in _STATION_FIELDS]),
    ]  # fmt: skip
    if sites is not None:
        found.append(
            _Drawing(name("sites"), results.site_features(sites, lang), icons=SITE_SYMBOLS,
                     fields=[[key, name(key)] for key in ("address", "position")])
        )  # fmt: skip
    return found


def _areas(result: Coverage, name: str) -> list[_Drawing]:
    """Return the layer of the outlines of areas, none where there are none."""
    features = results.area_features(result)
    styles = area_styles(len(result.summary["areas"]["levels"])) if features else {}
    return [_Drawing(name, features, quiet=True, styles=styles)] if features else []


_STATION_FIELDS = (
    ("status", "status"),
    ("reason", "reason"),
    ("kind", "kind"),
    ("hours", "hours"),
    ("address", "address"),
    ("area", "nearest_area"),
)


def _station_styles(result: Coverage) -> dict[str, dict[str, Any]]:
    count = len(result.stations)
    radius = 5.5 if count <= _MANY_STATIONS else 4.0 if count <= _VERY_MANY else 3.0
    statuses = {str(status) for status in result.stations["status"].unique()}
    return {inert(status): station_style(status, radius) for status in sorted(statuses)}


def _bounds(result: Coverage, network: WalkNetwork) -> Box:
    """Return the box of the bands, the stations in use and the worst gaps."""
    used = result.stations[result.stations["status"] == "used"]
    worst = result.gaps[result.gaps["rank"] <= GAPS_RANKED]
    frames = (result.dissolved, used, worst)
    boxes = np.array([frame.total_bounds for frame in frames if len(frame)]).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return network.meta.bbox
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _widened(box: Box) -> Box:
    """Return `box` out to a grid, so that a band changed by a minute has the same base map."""
    west, south = (np.floor(np.array(box[:2]) / _GRID_DEGREES) * _GRID_DEGREES).tolist()
    east, north = (np.ceil(np.array(box[2:]) / _GRID_DEGREES) * _GRID_DEGREES).tolist()
    return west, south, east, north


def _lonlat(frame: gpd.GeoDataFrame) -> Any:
    return np.column_stack([frame.geometry.x, frame.geometry.y])


def _flags(result: Coverage, lang: str) -> list[str]:
    """Return in a word each what must be known of the result."""
    known = words.entries()
    return [
        inert(words.say(f"layers.short_{flag}", lang) if f"layers.short_{flag}" in known else flag)
        for flag in result.flags
    ]


class _Verbatim(Element):
    """Text that branca writes as it is, not as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        return self.text


class _Prelude(MacroElement):
    """Our script and styles, before any layer."""

    _template = Template(
        "{% macro header(this, kwargs) %}<style>{{ this.css }}</style>{% endmacro %}"
        "{% macro script(this, kwargs) %}{{ this.js }}"
        "{{ this._parent.get_name() }}.createPane('names').style.zIndex = 405;"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HongtuPrelude"
        self.css = own_file("map.css")
        self.js = own_file("map.js")


class _Drawing(Layer):
    """One layer of features, given as GeoJSON text."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = hongtu.layer({{ this.text }}, {{ this.how }})"
        ".addTo({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self, name: str, features: list[str], **how: Any) -> None:
        super().__init__(name=name, overlay=True)
        self._name = "Drawing"
        self.text = collection(features)
        self.how = in_script(how)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Write the script, past branca's second reading as a template."""
        figure: Any = self.get_root()
        template: Any = self._template
        script = template.module.script(self, kwargs)
        figure.script.add_child(_Verbatim(script), name=self.get_name())


class _Finish(MacroElement):
    """Credits, scale, order of layers, and the view, once all layers are there."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "hongtu.finish({{ this._parent.get_name() }}, ["
        "{% for drawing in this.drawings %}{{ drawing.get_name() }},{% endfor %}"
        "], {{ this.how }});{% endmacro %}"
    )

    def __init__(self, drawings: list[_Drawing], **how: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HongtuFinish"
        self.drawings = drawings
        self.how = in_script(how)
