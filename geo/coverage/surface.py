"""What polygons are made from: the searches, and the lattices that each band is drawn on."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage.placing import Ground, Placed
from geo.coverage.reach import Costs
from geo.coverage.request import CoverageRequest
from geo.field import (
    Lattice,
    OnEdge,
    WaterCut,
    Window,
    band_polygon,
    fill_holes,
    gather_nearest,
    multipolygon,
    tiles_around,
)
from geo.field.lattice import MIN_CELL_M, TILE
from geo.network.model import FloatArray
from geo.search import Reach, Seeds, search_nearest

__all__ = ["BLOCK", "City", "Drawing", "Surface", "drawings", "inside"]

BLOCK = 8 * TILE  # cells on a side of the windows that a whole city is contoured in
# Whoever asks for cells of 10 m or less wants exact shapes: a band that reaches fewer than 45 of
# them is drawn on cells of half the size.
FINE_CELL_M, FINE_BELOW = 10.0, 45


@dataclass(frozen=True, eq=False)
class Drawing:
    """Bands that are drawn on one lattice.

    Attributes
    ----------
    lattice
        The cells.
    bands
        Numbers of the bands, rising.
    limit
        The largest of their limits.
    """

    lattice: Lattice
    bands: tuple[int, ...]
    limit: float


def drawings(ground: Ground, request: CoverageRequest) -> tuple[Drawing, ...]:
    """Return which bands are drawn on which cells, the smallest bands first.

    The error of a contour grows with its length and counts against its area, so small circles
    want smaller cells: half of `cell_m` where that is at most `FINE_CELL_M` and the reach is
    under `FINE_BELOW` cells.
    """
    scale = request.scale
    by_cell: dict[float, list[int]] = {}
    for band, limit in enumerate(scale.limits):
        few = limit / scale.cost_per_m < FINE_BELOW * request.cell_m
        fine = few and 2 * MIN_CELL_M <= request.cell_m <= FINE_CELL_M
        by_cell.setdefault(request.cell_m / 2 if fine else request.cell_m, []).append(band)
    return tuple(
        Drawing(
            Lattice(ground.network, ground.index, cell, request.max_access_m),
            tuple(bands),
            scale.limits[bands[-1]],
        )
        for cell, bands in by_cell.items()
    )


@dataclass(frozen=True, eq=False)
class Surface:
    """All that polygons are made from.

    Attributes
    ----------
    costs
        The network under a profile.
    drawings
        The bands and the cells they are drawn on.
    stations
        Every station asked for; only the used ones make polygons, numbered among themselves.
    seeds, on_edge, reach
        The searches of the used stations.
    """

    request: CoverageRequest
    costs: Costs
    drawings: tuple[Drawing, ...]
    stations: Placed
    seeds: Seeds
    on_edge: OnEdge
    reach: Reach
    cut: WaterCut

    @property
    def xy(self) -> FloatArray:
        """(s, 2) the used stations, metres."""
        return self.stations.xy[self.stations.used]

    def radius_m(self, limit: Any) -> Any:
        """No place further than this, in a straight line, is within `limit` (number or array)."""
        return limit / self.request.scale.cost_per_m

    def prepare(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Make the cells that the stations need; return how many tiles were new."""
        return sum(
            d.lattice.prepare(
                tiles_around(self.xy, self.radius_m(d.limit), d.lattice.cell_m), on_progress
            )
            for d in self.drawings
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

    def with_inner(self, shape: Any, inner: Any) -> Any:
        """Return a band with what smaller cells say is served sooner, holes filled on request."""
        if inner is not None and not shapely.covers(shape, inner):
            shape = multipolygon(shapely.union(shape, inner))
        return fill_holes(shape, self.request.fill_holes_m2)


@dataclass(frozen=True, eq=False)
class City:
    """The ground around the stations in blocks of cells, with the time to the nearest station."""

    surface: Surface
    lattice: Lattice
    node_cost: FloatArray
    node_label: npt.NDArray[np.int32]
    blocks: list[tuple[int, int]]

    @classmethod
    def of(cls, surface: Surface, drawing: Drawing) -> City:
        cost, label = search_nearest(surface.costs.graph, surface.seeds, drawing.limit)
        radius = surface.radius_m(drawing.limit)
        tiles = tiles_around(surface.xy, radius, drawing.lattice.cell_m)
        blocks = sorted({(i * TILE // BLOCK, j * TILE // BLOCK) for i, j in tiles})
        return cls(surface, drawing.lattice, cost, label, blocks)

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
        window = _window(self.lattice, block)
        if not ring:
            window = inside(window)
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


def inside(window: Window) -> Window:
    """Return a window without its outer ring."""
    return Window(window.x[1:-1], window.y[1:-1], window.cells[1:-1, 1:-1])
