"""Geometry as it is drawn: simplified, rounded to 5 decimals (1 m), as GeoJSON text.

Drawing needs less than exporting: the exact shapes are in the files of `geo.exports`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["DRAWN_DEGREES", "area_feature", "collection", "feature", "in_script", "outlines"]

DRAWN_DEGREES = 5e-5
"""How far a drawn line may leave the exact one: about 5 m."""
DECIMALS = 5


def outlines(shape: Any) -> npt.NDArray[np.object_]:
    """Return the rings of a (multi)polygon as simplified rings (Douglas and Peucker).

    A thinned ring may touch itself; filled by the even-odd rule it still looks right, and this
    takes a third of the time of a simplification that keeps polygons valid.
    """
    rings = shapely.get_rings(shapely.get_parts(shape))
    thin = shapely.simplify(rings, DRAWN_DEGREES, preserve_topology=False)
    return np.asarray(thin[~shapely.is_empty(thin)], dtype=object)


def feature(shape: Any, properties: Mapping[str, Any]) -> str:
    """Return one GeoJSON feature as text; `properties` are already inert."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    geometry = shapely.to_geojson(rounded)
    return f'{{"type":"Feature","properties":{in_script(properties)},"geometry":{geometry}}}'


def area_feature(rings: npt.NDArray[np.object_], properties: Mapping[str, Any]) -> str:
    """Return the ground that `rings` enclose by the even-odd rule, as one feature of a polygon.

    With the rings of the nearer one within it, a band is thus drawn without that, and no
    difference of large shapes is needed. Good for Leaflet, which fills by that rule; it is no
    polygon of RFC 7946.
    """
    lines = feature(shapely.multilinestrings(rings), properties)
    return lines.replace('"type":"MultiLineString"', '"type":"Polygon"', 1)


def collection(features: Iterable[str]) -> str:
    """Return a GeoJSON FeatureCollection as text."""
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def in_script(value: Any) -> str:
    """Return `value` as JSON that may stand inside a ``<script>``."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
