"""Geometries made ready to be written: datum, decimals, validity, ring direction.

Frames come in EPSG:4326 (WGS-84 degrees). What leaves is in the datum of the provenance, rounded
to `DECIMALS`, valid, with outer rings counter-clockwise (RFC 7946, section 3.1.6).

Nothing is cut at the antimeridian (RFC 7946, section 3.1.9): the project's ground lies between
73° and 135° E. Coordinates that are no degrees at all are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import datum
from geo.errors import RequestError

__all__ = [
    "DECIMALS",
    "DENSIFY_DEG",
    "SHIFTED",
    "Prepared",
    "check_frame",
    "coordinate_pairs",
    "ready",
    "shift_columns",
]

DECIMALS = 7
"""Decimals of a degree: 1.1 cm, more than any source here knows (RFC 7946, section 11.2)."""

SHIFTED = ("gcj02", "bd09")
"""Datums whose numbers differ from WGS-84's by hundreds of metres."""

DENSIFY_DEG = 0.002
"""Longest edge, in degrees, that is shifted by its ends alone.

GCJ-02 and BD-09 bend straight lines: their fastest terms are waves of about 33 km and 13 m
(GCJ-02) and of about 13 km and 40 m (BD-09), so a straight edge of L metres strays from its true
image by up to 6e-8·L² and 1.2e-6·L² metres. At 0.002° (about 200 m) that is at most 5 cm; an edge
of 5 km shifted by its ends would be 30 m out. Longer edges are split first.
"""

Geometries = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """Geometries to write and the positions of those that rounding left nothing of."""

    geometries: Geometries
    collapsed: npt.NDArray[np.bool_]


def check_frame(frame: pd.DataFrame) -> None:
    """Refuse a frame that is not in WGS-84 degrees or has a heading twice.

    Raises
    ------
    RequestError
        The CRS is missing or not EPSG:4326, a column name occurs twice, or coordinates lie
        outside ±180° and ±90°.
    """
    headings = frame.columns.map(str)
    if not headings.is_unique:
        twice = headings[headings.duplicated()][0]
        raise RequestError("export_column_twice", column=twice)
    if not isinstance(frame, gpd.GeoDataFrame) or not _has_geometry(frame):
        return
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        raise RequestError("export_crs", crs="none" if frame.crs is None else frame.crs.name)
    bounds = np.asarray(frame.total_bounds, dtype=float)
    if np.any(np.abs(bounds) > np.array([180.0, 90.0, 180.0, 90.0])):
        raise RequestError("export_not_degrees", bounds=", ".join(f"{b:g}" for b in bounds))


def ready(geometries: Geometries, datum_out: str) -> Prepared:
    """Return `geometries` (WGS-84 degrees) as they are to be written in `datum_out`.

    Missing and empty geometries come back as None. A polygon or line that rounding collapses to
    nothing comes back as None too and is marked in `Prepared.collapsed`.
    """
    found = np.asarray(geometries, dtype=object)
    absent = shapely.is_missing(found) | shapely.is_empty(found)
    found = _without(found, absent)
    rounded = _rounded(_shifted(found, datum_out))
    gone = ~absent & (shapely.is_missing(rounded) | shapely.is_empty(rounded))
    rounded = _without(rounded, gone)
    return Prepared(shapely.orient_polygons(rounded), gone)


def coordinate_pairs(columns: pd.Index[Any]) -> list[tuple[str, str]]:
    """Return the pairs of columns that hold longitudes and latitudes.

    A pair is ``lon`` with ``lat``, or ``x_lon`` with ``x_lat`` for any x.
    """
    names = {name for name in columns if isinstance(name, str)}
    pairs = []
    for name in columns:
        if isinstance(name, str) and (name == "lon" or name.endswith("_lon")):
            mate = name[:-3] + "lat"
            if mate in names:
                pairs.append((name, mate))
    return pairs


def shift_columns(frame: pd.DataFrame, datum_out: str) -> pd.DataFrame:
    """Return `frame` with its `coordinate_pairs` in `datum_out` instead of WGS-84."""
    pairs = [
        (lon, lat)
        for lon, lat in coordinate_pairs(frame.columns)
        if all(pd.api.types.is_numeric_dtype(frame[name]) for name in (lon, lat))
    ]
    if datum_out not in SHIFTED or not pairs:
        return frame
    shifted = frame.copy()
    for lon, lat in pairs:
        x = frame[lon].to_numpy(dtype=float, na_value=np.nan)
        y = frame[lat].to_numpy(dtype=float, na_value=np.nan)
        shifted[lon], shifted[lat] = _convert(x, y, datum_out)
    return shifted


def _has_geometry(frame: gpd.GeoDataFrame) -> bool:
    return frame.active_geometry_name is not None


def _convert(lon: Floats, lat: Floats, datum_out: str) -> tuple[Floats, Floats]:
    known = np.isfinite(lon) & np.isfinite(lat)
    x, y = np.full(lon.shape, np.nan), np.full(lat.shape, np.nan)
    x[known], y[known] = datum.from_wgs84(lon[known], lat[known], datum_out)
    return x, y


def _shifted(geometries: Geometries, datum_out: str) -> Geometries:
    if datum_out not in SHIFTED:
        return geometries

    def move(coordinates: Floats) -> Floats:
        x, y = _convert(coordinates[:, 0], coordinates[:, 1], datum_out)
        return np.column_stack([x, y, *coordinates.T[2:]])

    return _per_dimension(shapely.segmentize(geometries, DENSIFY_DEG), move)


def _per_dimension(geometries: Geometries, change: Callable[[Floats], Floats]) -> Geometries:
    """Apply `change` to the coordinates, keeping heights where there are any."""
    result = geometries.copy()
    high = shapely.has_z(geometries)
    for has_z in (False, True):
        chosen = high == has_z
        if chosen.any():
            result[chosen] = shapely.transform(result[chosen], change, include_z=has_z)
    return result


def _rounded(geometries: Geometries) -> Geometries:
    """Round to `DECIMALS`, so that polygons stay valid.

    Most polygons are still valid after rounding vertex by vertex. The others are rebuilt on the
    grid by GEOS (Hobby's snap rounding), which may split or merge parts; what is thinner than the
    grid vanishes. Lines are never rebuilt: that would cut a route where it crosses itself.
    """
    rounded = _per_dimension(geometries, lambda xy: np.round(xy, DECIMALS))
    areal = shapely.get_dimensions(geometries) == 2
    broken = areal & ~shapely.is_valid(rounded)
    for position in np.flatnonzero(broken):
        rounded[position] = _rebuilt(geometries[position], rounded[position])
    linear = shapely.get_dimensions(rounded) == 1
    dots = linear & (shapely.length(rounded) == 0)
    rounded[dots] = None
    return rounded


def _rebuilt(shape: Any, rounded: Any) -> Any:
    """Return `shape` rounded and valid; `rounded` is it rounded vertex by vertex.

    A city's union has thousands of parts, of which rounding breaks one or two: those alone are
    rebuilt, and the whole only where that is not enough.
    """
    parts, by_vertex = shapely.get_parts(shape), shapely.get_parts(rounded)
    broken = ~shapely.is_valid(by_vertex)
    mended = shapely.get_parts(_on_grid(parts[broken]))
    merged = shapely.multipolygons(np.concatenate([by_vertex[~broken], mended]))
    if shapely.is_valid(merged) and not shapely.is_empty(merged):
        return merged if shape.geom_type == "MultiPolygon" or len(mended) != 1 else mended[0]
    return _on_grid(np.array([shape], dtype=object))[0]


def _on_grid(geometries: Geometries) -> Geometries:
    """Return polygons rebuilt on the grid of `DECIMALS` by GEOS."""
    snapped = shapely.set_precision(
        shapely.make_valid(geometries), 10.0**-DECIMALS, mode="valid_output"
    )
    return _per_dimension(_polygons_only(snapped), lambda xy: np.round(xy, DECIMALS))


def _polygons_only(geometries: Geometries) -> Geometries:
    """Drop the lines and points that repairing may have left beside polygons."""
    mixed = np.flatnonzero(
        shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    )
    for position in mixed:
        parts = shapely.get_parts(shapely.get_parts(geometries[position]))
        flat = parts[shapely.get_dimensions(parts) == 2]
        geometries[position] = shapely.union_all(flat) if len(flat) else None
    lower = shapely.get_dimensions(geometries) < 2
    return _without(geometries, lower)


def _without(geometries: Geometries, unwanted: npt.NDArray[np.bool_]) -> Geometries:
    kept = geometries.copy()
    kept[unwanted] = None
    return kept
