"""The index of what may be joined, and joining points to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.network.components import components
from geo.network.model import EdgeFlag, FloatArray, IntArray, WalkNetwork
from geo.pace import Profile, allowed_edges
from geo.snapping.kernels import bucket_kernel, snap_all

__all__ = [
    "MIN_COMPONENT_M",
    "SnapIndex",
    "Snapped",
    "WaterMask",
    "build_index",
    "snap",
    "snappable_edges",
]

MIN_COMPONENT_M = 1000.0
NEVER = (
    EdgeFlag.STEPS
    | EdgeFlag.FERRY
    | EdgeFlag.TUNNEL
    | EdgeFlag.INDOOR
    | EdgeFlag.ELEVATOR
    | EdgeFlag.OVER_WATER
)
_BUCKET_M = 100.0
_MAX_BUCKETS = 4_000_000


class WaterMask:
    """Which points are on water."""

    def __init__(self, network: WalkNetwork) -> None:
        import shapely

        self._shapes: Any = None
        if network.water_wkb:
            shapes = shapely.from_wkb(np.array(network.water_wkb, dtype=object))
            self._shapes = shapely.transform(shapes, network.to_metric)
            shapely.prepare(self._shapes)
            for shape in self._shapes:
                # The first question builds GEOS's index, which threads must not do at once.
                shapely.contains_xy(shape, *shapely.get_coordinates(shape)[0])
            self._tree = shapely.STRtree(self._shapes)

    def holds(self, xy: FloatArray) -> npt.NDArray[np.bool_]:
        """Return (p,) True for points (metric CRS) strictly inside water."""
        import shapely

        wet = np.zeros(len(xy), dtype=bool)
        if self._shapes is None:
            return wet
        for i in self._tree.query(shapely.box(*xy.min(axis=0), *xy.max(axis=0))):
            wet |= shapely.contains_xy(self._shapes[i], xy[:, 0], xy[:, 1])
        return wet


@dataclass(frozen=True, eq=False)
class SnapIndex:
    """Segments of a set of edges in square buckets, metres in the network's metric CRS.

    Attributes
    ----------
    west, south, bucket_m, columns, rows
        The bucket grid.
    seg_ptr, seg_list, bar_ptr, bar_list
        Segments, and barrier segments, of each bucket (CSR, row by row).
    seg_xy, bar_xy
        (s, 4) x0, y0, x1, y1.
    seg_edge, seg_from, seg_to
        (s,) edge, and the fractions of it at which the segment starts and ends.
    edges_digest
        Names the edge set; part of every cache key.
    water
        Tells which points are on water.
    """

    west: float
    south: float
    bucket_m: float
    columns: int
    rows: int
    seg_ptr: IntArray
    seg_list: IntArray
    bar_ptr: IntArray
    bar_list: IntArray
    seg_xy: FloatArray
    bar_xy: FloatArray
    seg_edge: IntArray
    seg_from: FloatArray
    seg_to: FloatArray
    edges_digest: str
    water: WaterMask


@dataclass(frozen=True, eq=False)
class Snapped:
    """Positions of p points.

    Attributes
    ----------
    edge, share, access_m
        (p,) edge (-1: none within reach), fraction of its length from u, straight distance.
    x, y
        (p,) the position on the edge, metres in the metric CRS; NaN where there is none.
    blocked
        (p,) True where edges were within reach, but only across water or a barrier.
    """

    edge: npt.NDArray[np.int32]
    share: FloatArray
    access_m: FloatArray
    x: FloatArray
    y: FloatArray
    blocked: npt.NDArray[np.bool_]

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """(p,) True where there is a position."""
        return self.edge >= 0


def snappable_edges(
    network: WalkNetwork, profile: Profile, *, min_component_m: float = MIN_COMPONENT_M
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return (m,) edges that points may join, and (m,) those too isolated for it (islands).

    Components are counted over what `profile` may walk: without stairs a city falls into more.
    """
    allowed = allowed_edges(network, profile)
    label, length = components(network, allowed)
    kinds = allowed & ~network.has(NEVER)
    large = length[label[network.edge_u]] >= min_component_m
    return kinds & large, kinds & ~large


def build_index(network: WalkNetwork, edges: npt.NDArray[np.bool_]) -> SnapIndex:
    """Return the index of the segments of `edges` and of every line not to be crossed."""
    planar = network.planar
    first, edge = _segment_starts(network, edges)
    seg_xy = np.hstack([planar[first], planar[first + 1]])
    seg_from, seg_to = _shares(network, first, edge, seg_xy)
    bar_xy = _barrier_segments(network)
    low, high = planar.min(axis=0), planar.max(axis=0)
    width, height = (high - low) + 1.0
    bucket = max(_BUCKET_M, float(np.sqrt(width * height / _MAX_BUCKETS)))
    columns, rows = int(width // bucket) + 1, int(height // bucket) + 1
    grid = (float(low[0]), float(low[1]), bucket, columns, rows)
    seg_ptr, seg_list = _fill_buckets(seg_xy, *grid)
    bar_ptr, bar_list = _fill_buckets(bar_xy, *grid)
    digest = hashlib.sha256(np.packbits(edges).tobytes()).hexdigest()[:16]
    return SnapIndex(
        *grid,
        seg_ptr, seg_list, bar_ptr, bar_list, seg_xy, bar_xy,
        edge.astype(np.int32), seg_from, seg_to, digest, WaterMask(network),
    )  # fmt: skip


def snap(
    index: SnapIndex, xy: FloatArray, max_access_m: float, *, mind_barriers: bool = True
) -> Snapped:
    """Snap points to the nearest position that a straight line reaches.

    Equally near edges: the lower edge number. `mind_barriers` off lets access lines cross water,
    which only the field's cells on water want.

    Parameters
    ----------
    index
        What may be joined.
    xy
        (p, 2) metres in the network's metric CRS; NaN rows are not found.
    max_access_m
        Longest access line, inclusive.
    """
    xy = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
    grid = (index.west, index.south, index.bucket_m, index.columns, index.rows)
    bar_ptr = index.bar_ptr if mind_barriers else np.zeros_like(index.bar_ptr)

    def run(xy: FloatArray, from_water: bool) -> Any:
        return snap_all(
            xy, float(max_access_m), *grid, index.seg_ptr, index.seg_list,
            index.seg_xy, index.seg_edge, index.seg_from, index.seg_to,
            bar_ptr, index.bar_list, index.bar_xy, from_water,
        )  # fmt: skip

    *found, on_shore = run(xy, False)
    # A street that is the shore is joined from the land; from a boat it is across water.
    afloat = np.flatnonzero(on_shore)
    afloat = afloat[index.water.holds(xy[afloat])] if afloat.size else afloat
    if afloat.size:
        for whole, part in zip(found, run(xy[afloat], True)[:-1], strict=True):
            whole[afloat] = part
    return Snapped(*found)


def _segment_starts(
    network: WalkNetwork, edges: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray]:
    """Return the first vertex and the edge of every segment of `edges`."""
    sizes = np.diff(network.coord_ptr) - 1
    edge = np.repeat(np.arange(network.n_edges), sizes)
    first = np.arange(sizes.sum()) + edge  # one vertex more than segments per edge before
    keep = edges[edge]
    return first[keep], edge[keep]


def _shares(
    network: WalkNetwork, first: IntArray, edge: IntArray, seg_xy: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the fractions of its edge at which each segment starts and ends.

    Exactly 0 and 1 at the ends of the edge: there no more of it is left to walk, which matters
    where it may not be walked in that direction.
    """
    length = np.hypot(seg_xy[:, 2] - seg_xy[:, 0], seg_xy[:, 3] - seg_xy[:, 1])
    total = np.bincount(edge, weights=length, minlength=network.n_edges)
    run = np.concatenate([[0.0], np.cumsum(length)])
    starts = np.flatnonzero(np.diff(edge, prepend=-1))
    base = np.repeat(run[starts], np.diff(np.append(starts, edge.size)))
    whole = np.maximum(total[edge], 1e-9)
    ends = np.clip((run[1:] - base) / whole, 0.0, 1.0)
    ends[np.append(starts[1:], edge.size)[: starts.size] - 1] = 1.0
    return np.clip((run[:-1] - base) / whole, 0.0, 1.0), ends


def _barrier_segments(network: WalkNetwork) -> FloatArray:
    """Return (b, 4) shores, banks and barriers as segments in the metric CRS."""
    import shapely

    blobs = [*network.water_wkb, *network.barrier_wkb]
    if not blobs:
        return np.empty((0, 4))
    shapes = shapely.get_parts(shapely.from_wkb(np.array(blobs, dtype=object)))
    areal = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    shapes[areal] = shapely.boundary(shapes[areal])
    lines: Any = shapely.get_parts(shapes)
    xy, index = shapely.get_coordinates(lines, return_index=True)
    planar = network.to_metric(xy)
    same = index[:-1] == index[1:]
    return np.hstack([planar[:-1][same], planar[1:][same]])


def _fill_buckets(
    xy: FloatArray, west: float, south: float, bucket: float, columns: int, rows: int
) -> tuple[IntArray, IntArray]:
    """Return CSR of the segments whose bounding box meets each bucket.

    What lies outside the grid is listed in the outermost buckets: a river just beyond the last
    street still parts it from the other bank.
    """
    ptr, listed = bucket_kernel(np.ascontiguousarray(xy), west, south, bucket, columns, rows)
    return ptr, listed
