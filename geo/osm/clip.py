"""Cutting an OSM file to a box or an area, and ways to the nodes that are there."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import MissingFileError, OsmError, RequestError
from geo.network.build import WAY_COLUMNS, WayTable
from geo.network.model import FloatArray, IntArray

__all__ = ["Clip", "clip_ways", "keep_segments", "read_clip"]

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


def keep_segments(
    ptr: IntArray,
    present: npt.NDArray[np.bool_],
    lon: FloatArray,
    lat: FloatArray,
    clip: Clip | None,
    counts: Counter[str],
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the runs of vertices to keep: (start, stop, part), `stop` exclusive.

    A segment is kept when both its nodes are present and, with a clip, at least one is inside.
    Ways that lose segments are counted as ``ways_trimmed`` or ``ways_clipped``.
    """
    k = present.size
    part_of = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    whole = part_of[:-1] == part_of[1:] if k else np.zeros(0, dtype=bool)
    known = whole & present[:-1] & present[1:] if k else whole
    counts["ways_trimmed"] = int(np.unique(part_of[:-1][whole & ~known]).size) if k else 0
    keep = known
    if clip is not None and k:
        inside = clip.holds(lon, lat) & present
        keep = known & (inside[:-1] | inside[1:])
        counts["ways_clipped"] = int(np.unique(part_of[:-1][known & ~keep]).size)
    edge = np.diff(np.concatenate([[0], keep.astype(np.int8), [0]]))
    start, stop = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) + 1
    # A run of kept segments never crosses into another part, but may touch it end to end.
    return start, stop, part_of[start] if k else start


def clip_ways(
    ways: WayTable,
    clip: Clip | None,
    counts: Counter[str],
    present: npt.NDArray[np.bool_] | None = None,
) -> WayTable:
    """Return `ways` cut to what `keep_segments` keeps; by default every vertex is present."""
    if present is None:
        present = np.ones(ways.ref.size, dtype=bool)
    start, stop, part = keep_segments(ways.ptr, present, ways.lon, ways.lat, clip, counts)
    sizes = stop - start
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    take = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - start, sizes)
    return replace(
        ways,
        ptr=ptr,
        ref=ways.ref[take],
        lon=ways.lon[take],
        lat=ways.lat[take],
        **{name: getattr(ways, name)[part] for name in WAY_COLUMNS},
    )


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
