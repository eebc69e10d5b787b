"""Cutting an OSM file to a box or an area, and ways to the nodes that are there."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import MissingFileError, OsmError, RequestError
from geo.network.build import WayTable
from geo.network.model import FloatArray
from geo.osm.cutting import keep_segments

__all__ = ["Clip", "clip_ways", "read_clip"]

MAX_AREA_BYTES = 50_000_000


@dataclass(frozen=True)
class Clip:
    """What part of a file to keep.

    Attributes
    ----------
    bbox
        (west, south, east, north), WGS-84 degrees.
    area
        A shapely polygon in EPSG:4326, or None for the whole box.
    """

    bbox: tuple[float, float, float, float]
    area: Any = None

    def integer_box(self) -> tuple[int, int, int, int]:
        """Return the box in libosmium's 1e-7 degrees."""
        west, south, east, north = (round(v * 1e7) for v in self.bbox)
        return west, south, east, north

    def holds(self, lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.bool_]:
        """Return True for each position inside."""
        west, south, east, north = self.bbox
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if self.area is not None:
            import shapely

            shapely.prepare(self.area)
            at = np.flatnonzero(inside)
            inside[at] = shapely.intersects_xy(self.area, lon[at], lat[at])
        return inside


def clip_ways(
    ways: WayTable,
    clip: Clip | None,
    counts: Counter[str],
    present: npt.NDArray[np.bool_] | None = None,
) -> WayTable:
    """Return `ways` cut to what is inside.

    A segment is kept when both its vertices are `present` (by default all are) and, with a clip,
    at least one is inside. Ways that lose segments are counted as ``ways_trimmed`` or
    ``ways_clipped``.
    """
    k = ways.ref.size
    if k == 0:
        return ways
    if present is None:
        present = np.ones(k, dtype=bool)
    part_of = np.repeat(np.arange(ways.way.size), np.diff(ways.ptr))
    whole = part_of[:-1] == part_of[1:]
    known = whole & present[:-1] & present[1:]
    counts["ways_trimmed"] = int(np.unique(part_of[:-1][whole & ~known]).size)
    keep = known
    if clip is not None:
        inside = clip.holds(ways.lon, ways.lat) & present
        keep = known & (inside[:-1] | inside[1:])
        counts["ways_clipped"] = int(np.unique(part_of[:-1][known & ~keep]).size)
    return keep_segments(ways, keep)


def read_clip(bbox: str | None, area: str | os.PathLike[str] | None) -> Clip | None:
    """Return the part to keep, from ``W,S,E,N`` text or a GeoJSON polygon file (WGS-84).

    Raises
    ------
    RequestError
        Both are given, or the text is not a box.
    MissingFileError, OsmError
        There is no such file, or no polygon in it.
    """
    if bbox is not None and area is not None:
        raise RequestError("bbox_and_area")
    if bbox is not None:
        return Clip(_box(bbox))
    if area is None:
        return None
    polygon = _read_area(Path(area))
    return Clip(tuple(polygon.bounds), polygon)


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise RequestError("bbox_text", text=text) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise RequestError("bbox_text", text=text)
    return west, south, east, north


def _read_area(path: Path) -> Any:
    import shapely

    if not path.is_file():
        raise MissingFileError("file_missing", path=path)
    if path.stat().st_size > MAX_AREA_BYTES:
        raise OsmError("area_unusable", path=path, detail=f"> {MAX_AREA_BYTES // 10**6} MB")
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
        shapes = [shapely.from_geojson(json.dumps(g)) for g in _geometries(raw)]
    except (OSError, ValueError, TypeError, RecursionError, shapely.errors.ShapelyError) as fault:
        raise OsmError("area_unusable", path=path, detail=type(fault).__name__) from fault
    polygons = [s for s in shapes if s.geom_type in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise OsmError("area_unusable", path=path, detail="0 Polygon")
    for number, polygon in enumerate(polygons, 1):
        if not shapely.is_valid(polygon):
            detail = f"{number}: {shapely.is_valid_reason(polygon)}"
            raise OsmError("area_unusable", path=path, detail=detail)
    whole = shapely.union_all(polygons)
    west, south, east, north = whole.bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise OsmError("area_unusable", path=path, detail="WGS-84?")
    return whole


def _geometries(raw: Any) -> list[Any]:
    if not isinstance(raw, dict):
        return []
    if raw.get("type") == "FeatureCollection":
        features = raw.get("features")
        return [g for f in features for g in _geometries(f)] if isinstance(features, list) else []
    if raw.get("type") == "Feature":
        return [raw["geometry"]] if isinstance(raw.get("geometry"), dict) else []
    return [raw]
