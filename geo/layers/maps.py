"""The map of a coverage result as a `folium.Map` without anything from a CDN.

One GeoJSON layer a kind, written as compact text: folium's own ``GeoJson`` walks every coordinate
several times and has branca read the data once more as a template.
"""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
from branca.element import Element, MacroElement
from folium.map import Layer
from folium.template import Template
from folium.utilities import JsCode

from geo import words
from geo.coverage.result import Coverage
from geo.layers.assets import Assets, own_file, set_assets
from geo.layers.drawings import GROUND, Shown, ground_text, layer_name, shown
from geo.layers.shapes import in_script
from geo.network.model import WalkNetwork

__all__ = ["coverage_map", "shown_map", "waiting_map"]

MAX_ZOOM = 18
_CONTROLS = ("map", "closer", "farther", "layers")


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
    told = shown(
        result, network, lang=lang, sites=sites, view_key=view_key, bands=bands, rings=rings
    )
    return shown_map(told, ground_text(result, network), lang=lang, assets=assets)


def shown_map(told: Shown, ground: str, *, lang: str, assets: Assets | None = None) -> folium.Map:
    """Return a map of what is told (`geo.layers.drawings.Shown`) over a ground (JSON text)."""
    # The ground is a layer like the others, and the first of them.
    content = told.text().replace('"layers":{', f'"layers":{{"{GROUND}":{ground},', 1)
    return _map(lang, told.keys, assets, _Showing(content))


def waiting_map(keys: tuple[str, ...], *, lang: str) -> folium.Map:
    """Return a map without content, for a frame whose page sends it what to show.

    `geo.layers.drawings` makes that content, with `keys` of layers; frame.js says how it is sent.
    """
    return _map(lang, keys, None, _Listening())


def _map(lang: str, keys: tuple[str, ...], assets: Assets | None, content: _Content) -> folium.Map:
    # Room around the canvas for a pan, and around a finger for a small circle.
    renderer: Any = JsCode("L.canvas({padding: 0.4, tolerance: 4})")
    made = folium.Map(
        location=[0, 0],  # until the content says where
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
    made.add_child(_Prelude(lang))
    for key in keys:
        content.layers[key] = _Drawing(layer_name(key, lang), under=key == GROUND)
        made.add_child(content.layers[key])
    made.add_child(folium.LayerControl(collapsed=True))
    made.add_child(content)
    return made


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
        "{% macro script(this, kwargs) %}{{ this.js }}hongtu.said = {{ this.said }};"
        "{{ this._parent.get_name() }}.createPane('ground').style.zIndex = 350;"
        "{{ this._parent.get_name() }}.createPane('names').style.zIndex = 405;"
        "{% endmacro %}"
    )

    def __init__(self, lang: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HongtuPrelude"
        self.said = in_script(
            {name: words.say(f"layers.control_{name}", lang) for name in _CONTROLS}
        )
        self.css = own_file("map.css")
        self.js = own_file("map.js")


class _Drawing(Layer):
    """One layer, empty until the content is there."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = hongtu.layer({{ this._parent.get_name() }}, {{ this.pane }});"
        "{% endmacro %}"
    )

    def __init__(self, name: str, *, under: bool) -> None:
        super().__init__(name=name, overlay=True)
        self._name = "Drawing"
        self.pane = "'ground'" if under else "null"


class _Content(MacroElement):
    """What is done once all layers are there."""

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.helper }}(function (map, layers) {"
        "hongtu.start(map, layers); {{ this.call }}"
        "})({{ this._parent.get_name() }}, { "
        "{% for key, layer in this.layers.items() %}{{ key }}: {{ layer.get_name() }},{% endfor %}"
        "});{% endmacro %}"
    )
    helper = ""
    call = ""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HongtuContent"
        self.layers: dict[str, _Drawing] = {}

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Write the script, past branca's second reading as a template."""
        figure: Any = self.get_root()
        template: Any = self._template
        script = template.module.script(self, kwargs)
        figure.script.add_child(_Verbatim(script), name=self.get_name())


class _Showing(_Content):
    """Shows what it is given at once."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told
        self.call = f"hongtu.show(map, layers, {told});"


class _Listening(_Content):
    """Waits to be told, by the page around the map's frame."""

    def __init__(self) -> None:
        super().__init__()
        self.helper = own_file("frame.js")
        self.call = "hongtu.listen(map, layers);"
