"""Contours of a field of times → valid polygons of several bands, water cut out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt
import shapely

from geo.field.lattice import Window
from geo.network.model import FloatArray, WalkNetwork

__all__ = ["WaterCut", "as_multipolygon", "band_polygon", "clipped", "fill_holes", "thinned"]


def band_polygon(
    window: Window,
    cost: FloatArray,
    limit: float,
    *,
    max_access_m: float,
    cost_per_m: float,
    closed: bool = True,
) -> Any:
    """Return the region of cost ≤ `limit` within reach of the access limit, as a MultiPolygon.

    The contoured quantity is how far a cell is from being served, in walking cost: the larger of
    (cost - limit) and (access - limit of access). It is clipped to what one cell's step can
    change, so that at a jump between cells (a wall, a dead end) the boundary falls half way.

    Parameters
    ----------
    window
        Cells, metres.
    cost
        (rows, columns) cost at each cell, inf where unreached.
    limit
        Largest cost.
    max_access_m, cost_per_m
        Access limit, and what a metre of straight walking costs.
    closed
        True: nothing beyond the window is served. False: the window is one of several that share
        their outermost cells, and the polygon is cut straight there.
    """
    step = float(window.x[1] - window.x[0]) * cost_per_m
    part = _around(cost < limit)
    if part is None:
        return shapely.MultiPolygon()
    x, y, cells = window.x[part[1]], window.y[part[0]], window.cells[part]
    over = (cells["access_m"].astype(np.float64) - max_access_m) * cost_per_m
    level = np.maximum(cost[part] - limit, over)
    level[cells["edge"] < 0] = step
    np.clip(level, -step, step, out=level)
    if closed:
        x, y, level = _padded(x), _padded(y), np.pad(level, 1, constant_values=step)
    generator = contourpy.contour_generator(
        x, y, level,
        name="serial", fill_type=contourpy.FillType.OuterOffset,
    )  # fmt: skip
    lines: Any = generator.filled(-2.0 * step, 0.0)
    points, offsets = lines
    return _to_multipolygon(points, offsets)


def _around(inside: npt.NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold True, and one more on each side; None: none do."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return None
    return (
        slice(max(int(rows[0]) - 1, 0), int(rows[-1]) + 2),
        slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2),
    )


def _padded(axis: FloatArray) -> FloatArray:
    step = axis[1] - axis[0]
    return np.concatenate([[axis[0] - step], axis, [axis[-1] + step]])


def _to_multipolygon(points: Sequence[Any], offsets: Sequence[Any]) -> Any:
    if not points:
        return shapely.MultiPolygon()
    coords = np.concatenate(points)
    starts = np.concatenate([[0], np.cumsum([len(p) for p in points])])
    rings = np.concatenate(
        [o[:-1].astype(np.int64) + s for o, s in zip(offsets, starts, strict=False)]
        + [starts[-1:].astype(np.int64)]
    )
    ring_counts = np.concatenate([[0], np.cumsum([len(o) - 1 for o in offsets])])
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, coords, (rings, ring_counts.astype(np.int64))
    )
    return as_multipolygon(polygons)


def as_multipolygon(polygons: npt.NDArray[Any]) -> Any:
    """Return polygons as one valid MultiPolygon; contours may touch themselves at a saddle."""
    if not shapely.is_valid(polygons).all():
        polygons = shapely.make_valid(polygons)
    parts = shapely.get_parts(polygons)
    parts = shapely.get_parts(parts)
    areal = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON)]
    merged = shapely.multipolygons(areal[shapely.area(areal) > 0.0])
    return merged if shapely.is_valid(merged) else _multi(shapely.union_all(areal))


def _multi(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def thinned(shape: Any, cell_m: float) -> Any:
    """Return a MultiPolygon without vertices that add under 1/400 of a cell (5 cm at 20 m).

    Where a contour runs straight it has a vertex at every cell all the same; half of them go,
    and 0.002 % of the area with them.
    """
    return as_multipolygon(np.array([shapely.simplify(shape, cell_m / 400)]))


def fill_holes(shape: Any, smaller_than_m2: float) -> Any:
    """Return a MultiPolygon without its holes under a size (0: all stay)."""
    if smaller_than_m2 <= 0:
        return shape
    filled = []
    for part in shapely.get_parts(shape):
        rings = shapely.get_rings(part)
        keep = [r for r in rings[1:] if shapely.area(shapely.polygons(r)) >= smaller_than_m2]
        filled.append(shapely.polygons(rings[0], keep))
    # A part that lay inside a filled hole is now covered by its surroundings.
    return _multi(shapely.union_all(filled)) if filled else shape


def clipped(shape: Any, bounds: Any) -> Any:
    """Return the part of a polygon in a box: quickly where that goes well.

    GEOS's quick way leaves rings that touch themselves where a contour does, on which later
    operations stop.
    """
    part = shapely.clip_by_rect(shape, *bounds)
    return part if shapely.is_valid(part) else shapely.intersection(shape, shapely.box(*bounds))


class WaterCut:
    """Cuts water out of polygons in the metric CRS."""

    def __init__(self, network: WalkNetwork) -> None:
        self._tree: Any = None
        if network.water_wkb:
            shapes = shapely.from_wkb(np.array(network.water_wkb, dtype=object))
            self._shapes = shapely.make_valid(shapely.transform(shapes, network.to_metric))
            self._tree = shapely.STRtree(self._shapes)

    def __call__(self, shape: Any) -> Any:
        """Return `shape` without the water in it, as a MultiPolygon."""
        if self._tree is None or shapely.is_empty(shape):
            return shape
        wet = self._tree.query(shape, predicate="intersects")
        if wet.size == 0:
            return shape
        dry = shapely.difference(shape, shapely.union_all(self._shapes[wet]))
        return as_multipolygon(np.array([dry], dtype=object))
