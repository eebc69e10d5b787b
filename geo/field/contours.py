"""Contours of a field of times → valid polygons of several bands, water cut out."""

from __future__ import annotations

from typing import Any

import contourpy
import numba
import numpy as np
import numpy.typing as npt
import shapely

from geo.field.lattice import Window
from geo.network.model import FloatArray, WalkNetwork

IDLE = 1 / 400  # of a cell

__all__ = [
    "WaterCut",
    "as_multipolygon",
    "band_polygon",
    "clipped",
    "fill_holes",
    "multipolygon",
    "thinned",
]


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
    cell_m = float(window.x[1] - window.x[0])
    step = cell_m * cost_per_m
    grid_x, grid_y, level = _levels(
        window.x, window.y, cost, window.cells["access_m"],
        float(limit), float(max_access_m), float(cost_per_m), step, closed,
    )  # fmt: skip
    if level.size == 0:
        return shapely.MultiPolygon()
    unmasked: Any = None
    # The class itself: `contour_generator` looks for NaN in what cannot hold any, which on
    # windows of this size takes as long as the contours.
    generator = contourpy.SerialContourGenerator(
        grid_x, grid_y, level, unmasked,
        corner_mask=False, line_type=contourpy.LineType.Separate,
        fill_type=contourpy.FillType.ChunkCombinedOffsetOffset, quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
    )  # fmt: skip
    filled: Any = generator.filled(-2.0 * step, 0.0)
    (coords,), (rings,), (polygons,) = filled
    if coords is None:
        return shapely.MultiPolygon()
    if closed:  # where windows share a border, every vertex on it must stay for the sides to meet
        coords, rings = _without_idle(coords, rings, IDLE / 2 * cell_m)
    return _to_multipolygon(coords, rings, polygons)


@numba.njit(cache=True, nogil=True)
def _levels(x, y, cost, access_m, limit, max_access_m, cost_per_m, step, closed):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return x, y and the level of each cell of the part that holds served cells.

    The part has one more cell on each side, where the window has any; when `closed`, cells
    beyond the window count as not served.
    """
    rows, columns = cost.shape
    south, north, west, east = rows, -1, columns, -1
    for i in range(rows):
        first = 0
        while first < columns and not cost[i, first] < limit:
            first += 1
        if first == columns:
            continue
        last = columns - 1
        while not cost[i, last] < limit:
            last -= 1
        south, north = min(south, i), i
        west, east = min(west, first), max(east, last)
    if north < 0:
        none = np.empty((0, 0))
        return none, none, none
    margin = 1 if closed else 0
    south, north = max(south - 1, -margin), min(north + 1, rows - 1 + margin)
    west, east = max(west - 1, -margin), min(east + 1, columns - 1 + margin)
    shape = (north - south + 1, east - west + 1)
    grid_x, grid_y, level = np.empty(shape), np.empty(shape), np.empty(shape)
    cell = x[1] - x[0]
    farthest = limit + step
    for i in range(south, north + 1):
        for j in range(west, east + 1):
            grid_x[i - south, j - west] = x[0] + j * cell
            grid_y[i - south, j - west] = y[0] + i * cell
            over = step
            if 0 <= i < rows and 0 <= j < columns and cost[i, j] < farthest:
                far = (access_m[i, j] - max_access_m) * cost_per_m
                over = min(max(cost[i, j] - limit, far, -step), step)
            level[i - south, j - west] = over
    return grid_x, grid_y, level


def _to_multipolygon(coords: FloatArray, rings: Any, polygons: Any) -> Any:
    """Return one valid MultiPolygon of rings in `coords` and polygons in `rings`, as offsets."""
    whole = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        coords,
        (rings.astype(np.int64), polygons.astype(np.int64), np.array([0, len(polygons) - 1])),
    )
    return as_multipolygon(whole)


@numba.njit(cache=True, nogil=True)
def _without_idle(coords, rings, tolerance):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Drop vertices nearer than `tolerance` to the line between their neighbours.

    Two passes over every other vertex: no two neighbours go at once, so that what is left out
    stays within twice the tolerance. A ring's first vertex, and rings of under eight, stay.
    """
    for parity in (1, 0):
        kept = np.empty_like(coords)
        starts = np.empty_like(rings)
        size = 0
        for r in range(rings.size - 1):
            starts[r] = size
            first, last = rings[r], rings[r + 1] - 1
            for i in range(first, last + 1):
                if first < i < last and (i - first) % 2 == parity and last - first >= 7:
                    chord_x = coords[i + 1, 0] - coords[i - 1, 0]
                    chord_y = coords[i + 1, 1] - coords[i - 1, 1]
                    off_x = coords[i, 0] - coords[i - 1, 0]
                    off_y = coords[i, 1] - coords[i - 1, 1]
                    height = abs(chord_x * off_y - chord_y * off_x)
                    if height < tolerance * np.hypot(chord_x, chord_y):
                        continue
                kept[size] = coords[i]
                size += 1
        starts[rings.size - 1] = size
        coords, rings = kept[:size], starts
    return coords, rings


def as_multipolygon(polygons: npt.NDArray[Any]) -> Any:
    """Return polygons as one valid MultiPolygon; contours may touch themselves at a saddle."""
    merged = polygons[0] if _is_one(polygons) else multipolygon(polygons)
    if shapely.is_valid(merged):
        return merged
    return multipolygon(shapely.union_all(shapely.make_valid(shapely.get_parts(merged))))


def _is_one(shapes: npt.NDArray[Any]) -> bool:
    return len(shapes) == 1 and isinstance(shapes[0], shapely.MultiPolygon)


def multipolygon(shapes: Any) -> Any:
    """Return the polygons in any shapes as one MultiPolygon, unchecked; lines and points go."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    areal = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(areal[shapely.area(areal) > 0.0])


def thinned(shape: Any, cell_m: float) -> Any:
    """Return a MultiPolygon without vertices that add under `IDLE` of a cell (5 cm at 20 m).

    Where a contour runs straight it has a vertex at every cell all the same; half of them go,
    and 0.002 % of the area with them. For shapes put together of several windows; `band_polygon`
    leaves such vertices out by itself where it has the whole.
    """
    return as_multipolygon(np.array([shapely.simplify(shape, cell_m * IDLE)]))


def fill_holes(shape: Any, smaller_than_m2: float) -> Any:
    """Return a MultiPolygon without its holes under a size (0: all stay)."""
    if smaller_than_m2 <= 0:
        return shape
    filled = []
    for part in shapely.get_parts(shape):
        rings = shapely.get_rings(part)
        keep = [r for r in rings[1:] if shapely.area(shapely.polygons(r)) >= smaller_than_m2]
        filled.append(shapely.polygons(rings[0], keep or None))
    # A part that lay inside a filled hole is now covered by its surroundings.
    return multipolygon(shapely.union_all(filled)) if filled else shape


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
        return multipolygon(dry)
