"""Which area a position is in: exactly one of each level, or none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["BORDER_DEG", "locate"]

BORDER_DEG = 1e-5
"""About a metre. A place in none of a level's areas but this close to one belongs to it, so that
the hair's breadth between two drawings of one boundary holds nobody."""


def locate(frame: gpd.GeoDataFrame, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each position the area that it is in, of areas of one level.

    A position on a shared border, or where areas overlap, belongs to the area whose id sorts
    first: each is in exactly one, whatever order the file has.

    Parameters
    ----------
    frame
        Areas of one level (EPSG:4326) with ``id``.
    lonlat
        (p, 2) WGS-84 degrees; NaN is in no area.

    Returns
    -------
    array
        (p,) position in `frame`, -1 for none.
    """
    count = len(frame)
    shapes = frame.geometry.to_numpy()
    order = np.argsort(frame["id"].to_numpy(dtype=str), kind="stable")
    found = np.full(len(lonlat), -1, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    _claim(shapes, order, lonlat, known, found, near=False)
    if count:
        _claim(shapes, order, lonlat, known[found[known] < 0], found, near=True)
    return found


def _claim(
    shapes: NDArray[np.object_],
    order: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    which: NDArray[np.int64],
    found: NDArray[np.int64],
    *,
    near: bool,
) -> None:
    """Give the positions `which` that nobody has to the first area, in `order`, that holds them.

    Positions run from west to east, so that each area looks at few. An area is prepared once and
    asked for all of them; that is faster than a tree, whose points would have to be made first.
    """
    which = which[np.argsort(lonlat[which, 0], kind="stable")]
    x, y = lonlat[which].T
    margin = BORDER_DEG if near else 0.0
    bounds = shapely.bounds(shapes) + np.array([-margin, -margin, margin, margin])
    first = np.searchsorted(x, bounds[:, 0], side="left")
    last = np.searchsorted(x, bounds[:, 2], side="right")
    for i in order.tolist():
        span = slice(first[i], last[i])
        low, high = bounds[i, 1], bounds[i, 3]
        mine = np.flatnonzero((y[span] >= low) & (y[span] <= high) & (found[which[span]] < 0))
        if not mine.size:
            continue
        mine += first[i]
        shapely.prepare(shapes[i])
        if near:
            held = shapely.dwithin(shapes[i], shapely.points(x[mine], y[mine]), BORDER_DEG)
        else:
            held = shapely.intersects_xy(shapes[i], x[mine], y[mine])
        found[which[mine[held]]] = i
