"""Areas of one level that lie on each other, which sums per level would count but once."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas.rings import work
from geo.areas.schema import Remark
from geo.datum import metric_crs

__all__ = ["SLIVER_M", "Overlap", "overlap_remarks", "overlaps"]

SLIVER_M = 5.0
"""What is narrower than this on average lies between two drawings of one boundary."""

# Pairs cost their vertices; beyond this, and for outlines drawn to be costly, they are not looked
# at and the warning says so.
_MOST_VERTICES = 20_000_000
_MOST_WORK = 2e6
_TOLD = 10


@dataclass(frozen=True)
class Overlap:
    """Two areas of one level, and how much ground both claim."""

    level: str
    first: str
    second: str
    km2: float


def overlap_remarks(frame: gpd.GeoDataFrame) -> list[Remark]:
    """Return a warning for each of the ten largest overlaps, and one for the rest."""
    found, unseen = overlaps(frame)
    remarks: list[Remark] = [
        (
            "areas_overlap",
            {"first": o.first, "second": o.second, "level": o.level or "-", "km2": o.km2},
        )
        for o in found[:_TOLD]
    ]
    if len(found) > _TOLD:
        remarks.append(("areas_overlap_more", {"count": len(found) - _TOLD}))
    if unseen:
        remarks.append(("areas_overlap_unseen", {"count": unseen}))
    return remarks


def overlaps(frame: gpd.GeoDataFrame) -> tuple[list[Overlap], int]:
    """Return the overlaps within each level, the largest first, and how many pairs were not seen.

    Parts of an overlap count where their mean width, twice the area over the perimeter, is at
    least `SLIVER_M`. Square kilometres are of the CGCS2000 3-degree zone of the areas' centre.
    """
    shapes = frame.geometry.to_numpy()
    level = frame["level"].to_numpy()
    one, two = _pairs(shapes, level)
    size = shapely.get_num_coordinates(shapes)
    one, two, unseen = _affordable(shapes, one, two, size)
    shared = shapely.intersection(shapes[one], shapes[two])
    km2 = _broad_km2(shared, shapes)
    ids = frame["id"].to_numpy()
    found = []
    for i, j, k in zip(one.tolist(), two.tolist(), km2.tolist(), strict=True):
        if k > 0:
            first, second = sorted((str(ids[i]), str(ids[j])))
            found.append(Overlap(str(level[i]), first, second, round(k, 4)))
    return sorted(found, key=lambda o: (-o.km2, o.first, o.second)), unseen


def _pairs(
    shapes: NDArray[np.object_], level: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of one level whose boxes meet in more than a line."""
    boxes = shapely.bounds(shapes)
    one, two = shapely.STRtree(shapes).query(shapes)
    keep = (one < two) & (level[one] == level[two])
    one, two = one[keep], two[keep]
    low = np.maximum(boxes[one, :2], boxes[two, :2])
    high = np.minimum(boxes[one, 2:], boxes[two, 2:])
    meet = (low < high).all(axis=1)
    return one[meet], two[meet]


def _affordable(
    shapes: NDArray[np.object_],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
    size: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    cheap = np.array([work(shape) <= _MOST_WORK for shape in shapes], dtype=bool)
    keep = cheap[one] & cheap[two]
    keep &= np.cumsum(size[one].astype(np.int64) + size[two]) <= _MOST_VERTICES
    return one[keep], two[keep], int(np.count_nonzero(~keep))


def _broad_km2(shared: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return km² of each shared ground without its slivers."""
    from pyproj import Transformer

    km2 = np.zeros(len(shared))
    some = shapely.get_dimensions(shared) == 2
    if not some.any():
        return km2
    west, south, east, north = shapely.total_bounds(shapes)
    change = Transformer.from_crs(
        "EPSG:4326", metric_crs((west + east) / 2, (south + north) / 2), always_xy=True
    )
    parts, owner = shapely.get_parts(shared[some], return_index=True)
    flat = shapely.transform(parts, lambda p: np.column_stack(change.transform(*p.T)))
    area = shapely.area(flat)
    broad = 2 * area >= SLIVER_M * shapely.length(flat)
    km2[some] = np.bincount(owner[broad], weights=area[broad] / 1e6, minlength=int(some.sum()))
    return km2
