"""Reporting areas drawn in metres beside `drawn_network`, and as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from drawn_network import degrees

from geo.areas import AreaTable, build_areas
from geo.vector import Features


def features(
    shapes: Sequence[Any], own: Mapping[str, Sequence[Any]] | None = None, **more: Any
) -> Features:
    """Return features of `shapes` in WGS-84 degrees with the columns `own`."""
    count = len(shapes)
    geometry = np.empty(count, dtype=object)
    geometry[:] = shapes
    columns = {k: pd.Series(list(v), dtype=object) for k, v in (own or {}).items()}
    given: dict[str, Any] = {
        "faults": {}, "crs": None, "driver": "geojson", "layer": "drawn", **more,
    }  # fmt: skip
    frame = pd.DataFrame(columns, index=range(count))
    return Features(own=frame, geometry=geometry, rows=np.arange(1, count + 1), **given)


def areas(
    drawn: Mapping[str, Any], levels: Mapping[str, str] | None = None, **columns: Sequence[Any]
) -> AreaTable:
    """Return areas by id whose shapes are in drawn metres; without a level they are of ``区``."""
    shapes = [shapely.transform(shape, degrees) for shape in drawn.values()]
    told = [(levels or {}).get(name, "区") for name in drawn]
    own = {"id": list(drawn), "level": told, **columns}
    return build_areas(features(shapes, own), path=Path("drawn"), datum="wgs84")


def collection(*found: tuple[dict[str, Any], Any], **members: Any) -> str:
    """Return a FeatureCollection of (properties, rings or geometry); ``id`` is the member."""
    listed = []
    for properties, geometry in found:
        given = dict(properties)
        shape = geometry
        if isinstance(geometry, list):
            shape = {"type": "Polygon", "coordinates": geometry}
        feature = {"type": "Feature", "geometry": shape}
        if "id" in given:
            feature["id"] = given.pop("id")
        listed.append({**feature, "properties": given})
    return json.dumps({"type": "FeatureCollection", **members, "features": listed})


def square(west: float, south: float, side: float = 0.01) -> list[list[float]]:
    """Return the ring of a square, counter-clockwise from its lower left corner."""
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
