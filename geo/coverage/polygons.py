"""Circles, their dissolved union, and areas of responsibility, all from one field of times."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage.placing import Placed
from geo.coverage.reach import Costs
from geo.coverage.request import CoverageRequest
from geo.field import (
    Lattice,
    OnEdge,
    WaterCut,
    Window,
    as_multipolygon,
    band_polygon,
    clipped,
    fill_holes,
    gather_nearest,
    gather_one,
    thinned,
    tiles_around,
)
from geo.field.lattice import TILE
from geo.network.model import FloatArray, IntArray
from geo.search import Reach, Seeds, search_nearest

__all__ = ["Surface", "circles", "dissolved", "responsibility"]

BLOCK = 8 * TILE  # cells on a side of the windows that a whole city is contoured in


@dataclass(frozen=True, eq=False)
class Surface:
    """All that polygons are made from.

    Attributes
    ----------
    costs, lattice
        The network under a profile, and its cells.
    stations
        Every station asked for; only the used ones make polygons, numbered among themselves.
    seeds, on_edge, reach
        The searches of the used stations.
    """

    request: CoverageRequest
    costs: Costs
    lattice: Lattice
    stations: Placed
    seeds: Seeds
    on_edge: OnEdge
    reach: Reach
    cut: WaterCut

    @property
    def xy(self) -> FloatArray:
        """(s, 2) the used stations, metres."""
        return self.stations.xy[self.stations.used]

    @property
    def radius_m(self) -> float:
        """No place further than this, in a straight line, can be served."""
        scale = self.request.scale
        return scale.limits[-1] / scale.cost_per_m

    def prepare(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Make the cells that the stations need; return how many tiles were new."""
        return self.lattice.prepare(
            tiles_around(self.xy, self.radius_m, self.lattice.cell_m), on_progress
        )

    def polygon(self, window: Window, cost: FloatArray, limit: float, *, closed: bool) -> Any:
        """Return the region of cost ≤ `limit` in a window, water cut out."""
        shape = band_polygon(
            window,
            cost,
            limit,
            max_access_m=self.request.max_access_m,
            cost_per_m=self.request.scale.cost_per_m,
            closed=closed,
        )
        return self.cut(shape)


def circles(
    surface: Surface, on_progress: Callable[[int, int], None] | None = None
) -> list[list[Any]]:
    """Return for each used station its polygons, one a band, in the metric CRS."""
    network = surface.costs.network
    node_xy = network.node_planar
    count = surface.seeds.count
    threads = os.cpu_count() or 1
    bounds = np.linspace(0, count, min(count, threads * 8) + 1).astype(int)
    spans = [range(a, b) for a, b in itertools.pairwise(bounds)]
    at = np.argsort(surface.on_edge.label, kind="stable")

    def some(span: range) -> list[list[Any]]:
        scratch = np.full(network.n_nodes, np.inf)
        return [_circle(surface, i, int(at[i]), node_xy, scratch) for i in span]

    if count == 1:  # a pool would take longer to start than the work
        return some(spans[0])
    found: list[list[Any]] = []
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(some, spans):
            found.extend(part)
            if on_progress:
                on_progress(len(found), count)
    return found


def _circle(
    surface: Surface, station: int, at: int, node_xy: FloatArray, scratch: FloatArray
) -> list[Any]:
    """Return one station's polygons. `scratch` is (n,) inf, and is so again afterwards."""
    scale = surface.request.scale
    nodes, node_cost = surface.reach.of(station)
    low, high = _ground(surface, station, at, node_xy)
    window = surface.lattice.window(*low, *high)
    on_edge = surface.on_edge
    scratch[nodes] = node_cost
    cost = gather_one(
        np.ascontiguousarray(window.cells["edge"]).ravel(),
        np.ascontiguousarray(window.cells["share"]).ravel(),
        np.ascontiguousarray(window.cells["access_m"]).ravel() * np.float64(scale.cost_per_m),
        ends=surface.costs.ends,
        node_cost=scratch,
        along=surface.costs.along,
        against=surface.costs.against,
        station=(on_edge.edge[at], on_edge.share[at], on_edge.cost[at]),
    ).reshape(window.cells.shape)
    scratch[nodes] = np.inf
    return [
        fill_holes(surface.polygon(window, cost, limit, closed=True), surface.request.fill_holes_m2)
        for limit in scale.limits
    ]


def _ground(
    surface: Surface, station: int, at: int, node_xy: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the corners of a box around all that one station can serve.

    What is reached past a junction lies within what is left of the walk there; the rest is
    beside the station's own edge, which may be long and bent.
    """
    scale, costs = surface.request.scale, surface.costs
    nodes, node_cost = surface.reach.of(station)
    left_m = ((scale.limits[-1] - node_cost) / scale.cost_per_m)[:, None]
    ptr, edge = costs.network.coord_ptr, surface.on_edge.edge[at]
    line = costs.network.planar[ptr[edge] : ptr[edge + 1]]
    own, access = surface.xy[station], surface.request.max_access_m
    beside_low = np.maximum(line.min(axis=0) - access, own - surface.radius_m)
    beside_high = np.minimum(line.max(axis=0) + access, own + surface.radius_m)
    low = np.vstack([node_xy[nodes] - left_m, beside_low]).min(axis=0)
    high = np.vstack([node_xy[nodes] + left_m, beside_high]).max(axis=0)
    return low, high


def dissolved(surface: Surface) -> list[Any]:
    """Return the union of all circles, one polygon a band, from one multi-source search."""
    limits = surface.request.scale.limits

    def bands(window: Window, cost: FloatArray, _: Any) -> list[Any]:
        return [surface.polygon(window, cost, limit, closed=False) for limit in limits]

    def merge(pieces: Any) -> Any:
        whole = thinned(shapely.union_all(pieces), surface.lattice.cell_m)
        return fill_holes(whole, surface.request.fill_holes_m2)

    by_block = _City.of(surface).map(bands)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(merge, zip(*by_block, strict=True)))


def responsibility(surface: Surface, union: Any) -> list[Any]:
    """Return for each used station the part of `union` that is nearest to it on foot.

    Cells are labelled with their nearest station; the borders between labels are straightened
    as a coverage, so that neighbours keep one common border, and the whole is cut to `union`.

    Returns
    -------
    list
        A MultiPolygon per used station, empty where another is nearer everywhere.
    """
    count = surface.seeds.count
    cell_m = surface.lattice.cell_m
    slack = 3.0 * cell_m * surface.request.scale.cost_per_m
    limit = surface.request.scale.limits[-1] + slack

    kind = np.int16 if count < 2**15 else np.int32  # kept for every block at once

    def mark(window: Window, cost: FloatArray, label: npt.NDArray[np.int32]) -> Any:
        marked = _grown(np.where(cost <= limit, label, np.int32(-1)).astype(kind))
        window = _inside(window)
        block = _block_of(window.x[0], window.y[0], cell_m)
        return block, marked, _label_borders(window, marked)

    marked = _City.of(surface).map(mark, ring=True)
    labels = {block: label for block, label, _ in marked}
    borders = np.concatenate([lines for _, _, lines in marked])
    if len(borders) == 0:
        return [shapely.MultiPolygon()] * count
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(borders).tolist()))
    owner = _face_labels(faces, labels, cell_m)
    faces, owner = faces[owner >= 0], owner[owner >= 0]
    faces = shapely.coverage_simplify(faces, cell_m, simplify_boundary=False)

    def one(station: int) -> Any:
        own = shapely.coverage_union_all(faces[owner == station])
        if shapely.is_empty(own):
            return shapely.MultiPolygon()
        near = clipped(union, own.bounds)
        return as_multipolygon(np.array([shapely.intersection(own, near)]))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(one, range(count)))


def _grown(label: IntArray) -> IntArray:
    """Return labels without the outer ring, unlabelled cells beside labelled ones labelled too.

    A contour cuts the corners of the cells outside it, which else nobody would be responsible
    for. Of several neighbours the highest label is taken: any would do.
    """
    rows, columns = label.shape
    around = np.full((rows - 2, columns - 2), -1, dtype=label.dtype)
    for i in range(3):
        for j in range(3):
            np.maximum(around, label[i : rows - 2 + i, j : columns - 2 + j], out=around)
    inside = label[1:-1, 1:-1]
    return np.asarray(np.where(inside >= 0, inside, around))


def _label_borders(window: Window, label: IntArray) -> FloatArray:
    """Return (b, 2, 2) segments between cells of different labels, each as long as both stay.

    Of the window's last row and column only the borders towards the inside count; the next
    window, which shares them, adds the rest.
    """
    upright = _runs(window.x, window.y, label[:-1, :-1], label[:-1, 1:])
    level = _runs(window.y, window.x, label[:-1, :-1].T, label[1:, :-1].T)
    return np.concatenate([upright, level[:, :, ::-1]])


def _runs(across: FloatArray, along: FloatArray, here: IntArray, there: IntArray) -> FloatArray:
    """Return (b, 2, 2) borders between each cell `here` and its neighbour `there`.

    A border ends where either label changes, which is where another one meets it.
    """
    column, row = np.nonzero((here != there).T)
    pair = np.column_stack([here[row, column], there[row, column]])
    new = np.ones(row.size, dtype=bool)
    new[1:] = (
        (column[1:] != column[:-1])
        | (row[1:] != row[:-1] + 1)
        | (pair[1:] != pair[:-1]).any(axis=1)
    )
    first = np.flatnonzero(new)
    last = np.append(first[1:], row.size) - 1 if row.size else first
    half = (across[1] - across[0]) / 2
    x = across[column[first]] + half
    start = np.column_stack([x, along[row[first]] - half])
    end = np.column_stack([x, along[row[last]] + half])
    # Corners must be the same number whichever window made them.
    return np.asarray(np.round(np.stack([start, end], axis=1) / half) * half)


def _face_labels(
    faces: npt.NDArray[Any], labels: dict[tuple[int, int], IntArray], cell_m: float
) -> npt.NDArray[np.int32]:
    """Return the label of each face: that of the cell at a point inside, -1 for unlabelled."""
    owner = np.full(len(faces), -1, dtype=np.int32)
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    for face, (x, y) in enumerate(inside):
        block = _block_of(x, y, cell_m)
        if block in labels:
            column = int(np.floor(x / cell_m)) - block[0] * BLOCK
            row = int(np.floor(y / cell_m)) - block[1] * BLOCK
            owner[face] = labels[block][row, column]
    return owner


def _block_of(x: float, y: float, cell_m: float) -> tuple[int, int]:
    return int(np.floor(x / cell_m)) // BLOCK, int(np.floor(y / cell_m)) // BLOCK


@dataclass(frozen=True, eq=False)
class _City:
    """The ground around the stations in blocks of cells, with the time to the nearest station."""

    surface: Surface
    node_cost: FloatArray
    node_label: npt.NDArray[np.int32]
    blocks: list[tuple[int, int]]

    @classmethod
    def of(cls, surface: Surface) -> _City:
        limit = surface.request.scale.limits[-1]
        cost, label = search_nearest(surface.costs.graph, surface.seeds, limit)
        tiles = tiles_around(surface.xy, surface.radius_m, surface.lattice.cell_m)
        blocks = sorted({(i * TILE // BLOCK, j * TILE // BLOCK) for i, j in tiles})
        return cls(surface, cost, label, blocks)

    def map(
        self,
        work: Callable[[Window, FloatArray, npt.NDArray[np.int32]], Any],
        *,
        ring: bool = False,
    ) -> list[Any]:
        """Return ``work(window, cost, label)`` of every block, a block a thread at a time.

        Neighbouring windows share one row or column of cells, so that polygons and borders made
        in each meet without a gap. With `ring` a window has one more ring of cells around.
        """

        def one(block: tuple[int, int]) -> Any:
            return work(*self._field(block, ring))

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(one, self.blocks))

    def _field(
        self, block: tuple[int, int], ring: bool
    ) -> tuple[Window, FloatArray, npt.NDArray[np.int32]]:
        surface = self.surface
        window = _window(surface.lattice, block)
        if not ring:
            window = _inside(window)
        access = np.ascontiguousarray(window.cells["access_m"]).ravel()
        cost, label = gather_nearest(
            np.ascontiguousarray(window.cells["edge"]).ravel(),
            np.ascontiguousarray(window.cells["share"]).ravel(),
            access * np.float64(surface.request.scale.cost_per_m),
            ends=surface.costs.ends,
            node_cost=self.node_cost,
            node_label=self.node_label,
            along=surface.costs.along,
            against=surface.costs.against,
            stations=surface.on_edge,
        )
        shape = window.cells.shape
        return window, cost.reshape(shape), label.reshape(shape)


def _window(lattice: Lattice, block: tuple[int, int]) -> Window:
    """Return a block's cells, one more row and column, which the next block starts with, and a
    ring around."""
    west, south, cell = block[0] * BLOCK, block[1] * BLOCK, lattice.cell_m
    return lattice.window(
        (west + 0.5) * cell, (south + 0.5) * cell,
        (west + BLOCK + 0.5) * cell, (south + BLOCK + 0.5) * cell,
    )  # fmt: skip


def _inside(window: Window) -> Window:
    """Return a window without its outer ring."""
    return Window(window.x[1:-1], window.y[1:-1], window.cells[1:-1, 1:-1])
