"""What a map of a coverage result shows, as text for its script: layers, view, credits.

The ground (water and streets) is apart from the rest: it is the same for many results.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from geo import words
from geo.coverage.result import Coverage
from geo.credits import credited
from geo.layers import results
from geo.layers.assets import own_file
from geo.layers.basemap import (
    STREET_STYLES,
    WATER_STYLE,
    Surroundings,
    ground_shapes,
    street_labels,
)
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

__all__ = ["GROUND", "Shown", "ground_key", "ground_text", "layer_name", "shown"]

Box = tuple[float, float, float, float]

GROUND = "ground"
"""Key of the lowest layer."""

Layer = tuple[list[str], dict[str, Any]]
_MARGIN_M = 500.0
"""How far small streets are drawn beyond the reach of a station, where not all can be."""
_MANY_STATIONS, _VERY_MANY = 300, 2000
_STATION_FIELDS = (
    ("status", "status"),
    ("reason", "reason"),
    ("kind", "kind"),
    ("hours", "hours"),
    ("address", "address"),
    ("area", "nearest_area"),
)


@dataclass(frozen=True)
class Shown:
    """All that a map shows but the ground.

    Attributes
    ----------
    layers
        By key, from below: features (GeoJSON text) and how they are drawn.
    bounds
        West, south, east, north of what matters (WGS-84).
    key
        Names the view that the browser's tab keeps.
    credits, flags
        HTML text, inert.
    """

    layers: dict[str, Layer]
    bounds: Box
    key: str
    credits: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the layers of this map, the ground's first."""
        return (GROUND, *self.layers)

    def text(self) -> str:
        """Return all of it as JSON for `hongtu.show` of map.js."""
        west, south, east, north = (round(degrees, 5) for degrees in self.bounds)
        beside = {
            "bounds": [[south, west], [north, east]],
            "key": self.key,
            "credits": list(self.credits),
            "flags": " · ".join(self.flags),
        }
        layers = ",".join(
            f'"{key}":{_part(features, how)}' for key, (features, how) in self.layers.items()
        )
        return f'{in_script(beside)[:-1]},"layers":{{{layers}}}}}'


def _part(features: list[str], how: dict[str, Any]) -> str:
    return f'{{"data":{collection(features)},"how":{in_script(how)}}}'


def layer_name(key: str, lang: str) -> str:
    """Return what a layer is called."""
    return _say(key, lang)


def ground_key(result: Coverage, network: WalkNetwork) -> str:
    """Return a digest of all that the ground depends on, this package's code included."""
    key = hashlib.sha256(repr(_surroundings(result, network).identity).encode())
    for name in ("basemap.py", "drawings.py", "shapes.py"):
        key.update(own_file(name).encode())
    return key.hexdigest()[:24]


def ground_text(result: Coverage, network: WalkNetwork) -> str:
    """Return water and streets under a result as JSON for `hongtu.fill` of map.js.

    Nothing in it is of a language or of anybody's text; the last few are kept.
    """
    how = {"styles": {**STREET_STYLES, "water": WATER_STYLE}, "quiet": True}
    return _part(list(ground_shapes(_surroundings(result, network))), how)


def shown(
    result: Coverage,
    network: WalkNetwork,
    *,
    lang: str,
    view_key: str,
    sites: gpd.GeoDataFrame | None = None,
    bands: tuple[int, ...] | None = None,
    rings: bool = True,
) -> Shown:
    """Return what a map of `result` shows; the parameters are those of `coverage_map`."""

    layers = {
        "bands": _bands(result, bands, rings),
        **_areas(result),
        "gaps": _gaps(result, lang),
        "names": (
            list(street_labels(_surroundings(result, network), lang)),
            {"labels": True, "quiet": True},
        ),
        "stations": _stations(result, lang),
    }
    if sites is not None:
        fields = [[key, _say(key, lang)] for key in ("address", "position")]
        layers["sites"] = (
            results.site_features(sites, lang),
            {"icons": SITE_SYMBOLS, "fields": fields},
        )
    return Shown(
        layers,
        _bounds(result, network),
        inert(view_key),
        (inert(credited(network.meta.attribution, lang)),),
        _flags(result, lang),
    )


def _say(text: str, lang: str) -> str:
    return words.say(f"layers.{text}", lang)


def _bands(result: Coverage, bands: tuple[int, ...] | None, rings: bool) -> Layer:
    styles = {f"band{i}": style for i, style in enumerate(band_styles(len(result.dissolved)))}
    return results.band_features(result, bands), {"styles": styles, "quiet": True, "rings": rings}


def _areas(result: Coverage) -> dict[str, Layer]:
    """Return the layer of the outlines of areas, none where there are none."""
    features = results.area_features(result)
    if not features:
        return {}
    styles = area_styles(len(result.summary["areas"]["levels"]))
    return {"areas": (features, {"styles": styles, "quiet": True})}


def _gaps(result: Coverage, lang: str) -> Layer:
    weight = "unserved_street" if "street_km" in result.gaps.columns else "unserved_demand"
    fields = [["weight", _say(weight, lang)], ["area", _say("area", lang)]]
    return results.gap_features(result, lang), {"styles": gap_styles(), "fields": fields}


def _stations(result: Coverage, lang: str) -> Layer:
    fields = [[key, _say(text, lang)] for key, text in _STATION_FIELDS]
    how = {"styles": _station_styles(result), "fields": fields}
    return results.station_features(result, lang), how


def _station_styles(result: Coverage) -> dict[str, dict[str, Any]]:
    count = len(result.stations)
    radius = 5.5 if count <= _MANY_STATIONS else 4.0 if count <= _VERY_MANY else 3.0
    statuses = {str(status) for status in result.stations["status"].unique()}
    return {inert(status): station_style(status, radius) for status in sorted(statuses)}


def _surroundings(result: Coverage, network: WalkNetwork) -> Surroundings:
    """Return what the ground is drawn of."""
    used = result.stations[result.stations["status"] == "used"]
    asked = result.request.scale
    reach_m = asked.limits[-1] / asked.cost_per_m + _MARGIN_M
    reach_m = float(np.ceil(reach_m / _MARGIN_M) * _MARGIN_M)
    lonlat = np.column_stack([used.geometry.x, used.geometry.y])
    return Surroundings(network, _bounds(result, network), lonlat, reach_m)


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


def _flags(result: Coverage, lang: str) -> tuple[str, ...]:
    """Return in a word each what must be known of the result."""
    known = words.entries()
    return tuple(
        inert(words.say(f"layers.short_{flag}", lang) if f"layers.short_{flag}" in known else flag)
        for flag in result.flags
    )
