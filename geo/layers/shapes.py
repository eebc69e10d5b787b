"""Geometry as it is drawn: simplified, rounded to 5 decimals (1 m), as GeoJSON text.

Drawing needs less than exporting: the exact shapes are in the files of `geo.exports`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = [
    "DRAWN_DEGREES",
    "collection",
    "feature",
    "in_script",
    "line_features",
    "outlines",
    "polygon_features",
    "thin_lines",
]

DRAWN_DEGREES = 5e-5
"""How far a drawn line may leave the exact one: about 5 m."""
DECIMALS = 5

Shapes = npt.NDArray[np.object_]


def outlines(shape: Any) -> Shapes:
    """Return the rings of a (multi)polygon as `thin_lines` thins them."""
    return np.asarray(shapely.get_parts(thin_lines(np.array([shape], dtype=object))), dtype=object)


def thin_lines(shapes: Shapes) -> Shapes:
    """Return of each (multi)polygon its simplified rings (Douglas and Peucker) as lines.

    A thinned ring may touch itself; filled by the even-odd rule it still looks right, and this
    takes a third of the time of a simplification that keeps polygons valid.
    """
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    thin = shapely.simplify(rings, DRAWN_DEGREES, preserve_topology=False)
    kept = ~shapely.is_empty(thin)
    found = np.full(len(shapes), shapely.MultiLineString(), dtype=object)
    shapely.multilinestrings(thin[kept], indices=of_shape[of_part][kept], out=found)
    return found


def line_features(shapes: Shapes, properties: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return lines or points as GeoJSON features; those that are empty are left out.

    `properties` are already inert.
    """
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    texts = shapely.to_geojson(rounded)
    return [
        f'{{"type":"Feature","properties":{in_script(told)},"geometry":{text}}}'
        for text, told, empty in zip(texts, properties, shapely.is_empty(shapes), strict=True)
        if not empty
    ]


def feature(shape: Any, properties: Mapping[str, Any]) -> str:
    """Return one line or point as a GeoJSON feature; `properties` are already inert."""
    return line_features(np.array([shape], dtype=object), [properties])[0]


def polygon_features(shapes: Shapes, properties: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return (multi)polygons as features of the ground that their rings enclose, each a polygon.

    With the rings of the nearer one within it, a band is thus drawn without that, and no
    difference of large shapes is needed. Good for Leaflet, which fills by the even-odd rule; it
    is no polygon of RFC 7946. What vanishes when it is simplified is left out.
    """
    lines = line_features(thin_lines(shapes), properties)
    return [text.replace('"type":"MultiLineString"', '"type":"Polygon"', 1) for text in lines]


def collection(features: Iterable[str]) -> str:
    """Return a GeoJSON FeatureCollection as text."""
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def in_script(value: Any) -> str:
    """Return `value` as JSON that may stand inside a ``<script>``."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
