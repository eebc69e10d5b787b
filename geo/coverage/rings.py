"""Bands as rings that do not overlap, made of the cumulative ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage.result import Coverage
from geo.network.model import WalkNetwork

__all__ = ["as_rings", "rings"]


def as_rings(coverage: Coverage, network: WalkNetwork) -> Coverage:
    """Return `coverage` with `circles` and `dissolved` as `rings`; the rest is the same."""
    return replace(
        coverage,
        circles=rings(coverage.circles, network, by="station_id"),
        dissolved=rings(coverage.dissolved, network),
    )


def rings(
    bands: gpd.GeoDataFrame, network: WalkNetwork, *, by: str | None = None
) -> gpd.GeoDataFrame:
    """Return each band without the ground of the nearer ones.

    Parameters
    ----------
    bands
        Cumulative bands in EPSG:4326, rising within each value of `by`: ``minutes``, with
        ``metres`` where asked in metres, and ``area_km2``.
    network
        Its metric CRS is where the difference is taken and the area measured.
    by
        Column that tells whose bands they are; None: all are of one.

    Returns
    -------
    GeoDataFrame
        As many rows, in order, with ``from_minutes, to_minutes`` (and ``from_metres,
        to_metres``) in place of the limit. The areas of the rings of one owner add up to that
        of the ground its bands cover; a ring of which nothing is left is empty.
    """
    flat = shapely.transform(bands.geometry.to_numpy(), network.to_metric)
    frame = bands.copy()
    owner = np.zeros(len(bands), dtype=np.int64) if by is None else _numbers(bands[by])
    new = np.ones(len(bands), dtype=bool)
    new[1:] = owner[1:] != owner[:-1]
    for unit in [name for name in ("minutes", "metres") if name in bands.columns]:
        high = bands[unit].to_numpy(dtype=np.float64)
        low = np.where(new, 0.0, np.roll(high, 1))
        at = frame.columns.get_loc(unit)
        frame = frame.rename(columns={unit: f"to_{unit}"})
        frame.insert(at, f"from_{unit}", low)
    shapes = _differences(flat, new)
    frame["area_km2"] = np.round(shapely.area(shapes) / 1e6, 6)
    return frame.set_geometry(
        gpd.GeoSeries(shapely.transform(shapes, network.to_degrees), index=frame.index, crs=4326)
    )


def _differences(shapes: npt.NDArray[Any], new: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Return each polygon without the ones before it that have the same owner."""
    found = np.empty(len(shapes), dtype=object)
    within: Any = None
    for at, shape in enumerate(shapes):
        if new[at]:
            found[at] = within = shape
            continue
        found[at] = _areal(shapely.difference(shape, within))
        # Bands of one field nest; those of two lattices may miss it by a sliver.
        within = shape if shapely.covers(shape, within) else shapely.union(shape, within)
    return found


def _areal(shape: Any) -> Any:
    """Return the polygons of a difference; where borders touch it may leave lines beside them."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def _numbers(column: Any) -> npt.NDArray[np.int64]:
    codes, _ = column.factorize()
    return np.asarray(codes, dtype=np.int64)
