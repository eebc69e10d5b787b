"""Circles and their dissolved union, from fields of times on lattices of cells."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import shapely

from geo.coverage.surface import City, Drawing, Surface
from geo.field import Window, gather_one, thinned
from geo.network.model import FloatArray

__all__ = ["circles", "dissolved"]


def circles(
    surface: Surface, on_progress: Callable[[int, int], None] | None = None
) -> list[list[Any]]:
    """Return for each used station its polygons, one a band, in the metric CRS."""
    network = surface.costs.network
    node_xy = network.node_planar
    count = surface.seeds.count
    at = np.argsort(surface.on_edge.label, kind="stable")

    def some(span: range) -> list[list[Any]]:
        scratch = np.full(network.n_nodes, np.inf)
        return [_circle(surface, i, int(at[i]), node_xy, scratch) for i in span]

    if count == 1:  # a pool would take longer to start than the work
        return some(range(1))
    threads = os.cpu_count() or 1
    bounds = np.linspace(0, count, min(count, threads * 8) + 1).astype(int)
    spans = [range(a, b) for a, b in itertools.pairwise(bounds)]
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
    nodes, node_cost = surface.reach.of(station)
    scratch[nodes] = node_cost
    found: list[Any] = []
    for drawing in surface.drawings:
        inner = found[-1] if found else None
        window = drawing.lattice.window(*_ground(surface, drawing.limit, station, at, node_xy))
        cost = _field(surface, window, at, scratch)
        for band in drawing.bands:
            limit = surface.request.scale.limits[band]
            shape = surface.polygon(window, cost, limit, closed=True)
            found.append(surface.with_inner(shape, inner))
    scratch[nodes] = np.inf
    return found


def _field(surface: Surface, window: Window, at: int, node_cost: FloatArray) -> FloatArray:
    """Return the cost of each cell of a window to one station."""
    on_edge, cells = surface.on_edge, window.cells.ravel()
    return gather_one(
        np.ascontiguousarray(cells["edge"]),
        np.ascontiguousarray(cells["share"]),
        cells["access_m"] * np.float64(surface.request.scale.cost_per_m),
        ends=surface.costs.ends,
        node_cost=node_cost,
        along=surface.costs.along,
        against=surface.costs.against,
        station=(on_edge.edge[at], on_edge.share[at], on_edge.cost[at]),
    ).reshape(window.cells.shape)


def _ground(
    surface: Surface, limit: float, station: int, at: int, node_xy: FloatArray
) -> tuple[float, float, float, float]:
    """Return a box around all that one station can serve within `limit`: W, S, E, N, metres."""
    network = surface.costs.network
    nodes, node_cost = surface.reach.of(station)
    ptr, edge = network.coord_ptr, surface.on_edge.edge[at]
    box: tuple[float, float, float, float] = _box(
        node_xy, nodes, node_cost, float(limit), surface.radius_m(1.0),
        network.planar[ptr[edge] : ptr[edge + 1]], surface.xy[station],
        float(surface.request.max_access_m),
    )  # fmt: skip
    return box


@numba.njit(cache=True, nogil=True)
def _box(node_xy, nodes, node_cost, limit, metres, line, own, access):  # type: ignore[no-untyped-def]  # pragma: no cover
    """What is reached past a junction lies within what is left of the walk there; the rest is
    beside the station's own edge, which may be long and bent, and within the whole walk."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for axis in range(2):
        for i in range(line.shape[0]):
            low[axis] = min(low[axis], line[i, axis] - access)
            high[axis] = max(high[axis], line[i, axis] + access)
        low[axis] = max(low[axis], own[axis] - limit * metres)
        high[axis] = min(high[axis], own[axis] + limit * metres)
        for i in range(nodes.size):
            left = (limit - node_cost[i]) * metres
            if left >= 0.0:
                low[axis] = min(low[axis], node_xy[nodes[i], axis] - left)
                high[axis] = max(high[axis], node_xy[nodes[i], axis] + left)
    return low[0], low[1], high[0], high[1]


def dissolved(surface: Surface) -> list[Any]:
    """Return the union of all circles, one polygon a band, from one multi-source search."""
    limits = surface.request.scale.limits
    found: list[Any] = []
    for drawing in surface.drawings:
        inner = found[-1] if found else None

        def bands(
            window: Window, cost: FloatArray, _: Any, drawing: Drawing = drawing
        ) -> list[Any]:
            return [surface.polygon(window, cost, limits[b], closed=False) for b in drawing.bands]

        def merge(pieces: Any, drawing: Drawing = drawing, inner: Any = inner) -> Any:
            # Most pieces lie in one block and touch nothing: only the others are worth a union.
            parts = shapely.get_parts(np.array(pieces, dtype=object))
            united = shapely.disjoint_subset_union_all(parts)
            whole = thinned(united, drawing.lattice.cell_m)
            return surface.with_inner(whole, inner)

        by_block = City.of(surface, drawing).map(bands)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            found += pool.map(merge, zip(*by_block, strict=True))
    return found
