"""Areas of responsibility: the ground that is nearest to each station on foot."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage.surface import BLOCK, City, Surface, inside
from geo.field import Window, as_multipolygon, clipped
from geo.network.model import FloatArray, IntArray

__all__ = ["responsibility"]


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
    drawing = surface.drawings[-1]
    cell_m = drawing.lattice.cell_m
    limit = drawing.limit + 3.0 * cell_m * surface.request.scale.cost_per_m

    kind = np.int16 if count < 2**15 else np.int32  # kept for every block at once

    def mark(window: Window, cost: FloatArray, label: npt.NDArray[np.int32]) -> Any:
        marked = _grown(np.where(cost <= limit, label, np.int32(-1)).astype(kind))
        window = inside(window)
        block = _block_of(window.x[0], window.y[0], cell_m)
        return block, marked, _label_borders(window, marked)

    marked = City.of(surface, drawing).map(mark, ring=True)
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
