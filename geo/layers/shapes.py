"""Geometry as it is drawn: simplified, rounded to 5 decimals (1 m), as GeoJSON text.

Drawing needs less than exporting: the exact shapes are in the files of `geo.exports`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

__all__ = ["DRAWN_DEGREES", "collection", "feature", "in_script", "simple"]

DRAWN_DEGREES = 4e-5
"""How far a drawn line may leave the exact one: about 4 m."""
DECIMALS = 5


def simple(shapes: Any, tolerance: float = DRAWN_DEGREES) -> Any:
    """Return shapes (EPSG:4326) with the vertices that drawing needs.

    Polygons stay valid and keep their topology; lines lose vertices only.
    """
    return shapely.simplify(shapes, tolerance, preserve_topology=True)


def feature(shape: Any, properties: Mapping[str, Any]) -> str:
    """Return one GeoJSON feature as text; `properties` are already inert."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    geometry = shapely.to_geojson(rounded)
    return f'{{"type":"Feature","properties":{in_script(properties)},"geometry":{geometry}}}'


def collection(features: Iterable[str]) -> str:
    """Return a GeoJSON FeatureCollection as text."""
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def in_script(value: Any) -> str:
    """Return `value` as JSON that may stand inside a ``<script>``."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
