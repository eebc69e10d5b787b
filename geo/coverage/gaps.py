"""Gaps: contiguous unserved demand (or street length), ranked by how much of it can be served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.field import WaterCut, as_multipolygon, clipped
from geo.network.model import FloatArray, IntArray

__all__ = ["GapGroups", "group_gaps", "shape_gaps"]


@dataclass(frozen=True, eq=False)
class GapGroups:
    """Unserved places in groups, ranked; nothing is shaped yet.

    Attributes
    ----------
    side_m
        Side of the squares that places are counted on.
    cells, piece
        (c, 2) squares and the piece that each belongs to.
    order
        Pieces that weigh something, by falling weight on the network, then by falling weight.
    gap
        (pieces,) number of the gap that a piece is part of, the first the heaviest piece's.
    weight, places, gap_weight, off_network
        (pieces,) of a piece, weight of the gap it is part of, and what of its own weight lies
        where no street leads.
    rank
        (p,) rank of each place's piece from 1, 0 where it weighs nothing.
    """

    side_m: float
    cells: IntArray
    piece: IntArray
    order: IntArray
    gap: IntArray
    weight: FloatArray
    places: IntArray
    gap_weight: FloatArray
    off_network: FloatArray
    rank: IntArray


def group_gaps(
    xy: FloatArray,
    weight: FloatArray,
    joined: npt.NDArray[np.bool_],
    *,
    link_m: float,
    cut_m: float,
) -> GapGroups:
    """Group unserved places by nearness.

    Places are counted on squares of half `link_m`; squares at most two apart belong to one gap,
    so that places within `link_m` always do. A gap wider than `cut_m` is of no use to somebody
    who must put one station somewhere, so it is cut along a square grid of that size; the pieces
    keep the number of the gap they are part of. A place that no street leads to (a wrong position,
    or ground outside the network) counts in its gap but not in the ranking: no station in the
    network could serve it.

    Parameters
    ----------
    xy, weight, joined
        (p, 2) metres and (p,) weight of unserved places, and whether each is on the network.
    link_m, cut_m
        See above, metres.
    """
    side = link_m / 2
    if len(xy) == 0:
        none = np.empty(0, dtype=np.int64)
        nothing = np.empty(0)
        return GapGroups(
            side, none.reshape(0, 2), none, none, none, nothing, none, nothing, nothing, none
        )  # fmt: skip
    cells, cell_of = _distinct(np.floor(xy / side).astype(np.int64))
    cell_weight = np.bincount(cell_of, weights=weight, minlength=len(cells))
    cell_places = np.bincount(cell_of, minlength=len(cells))
    gap = _linked(cells)
    piece = _cut(cells, gap, max(int(cut_m // side), 1))
    weights = np.bincount(piece, weights=cell_weight).astype(np.float64)
    places = np.bincount(piece, weights=cell_places).astype(np.int64)
    off: FloatArray = np.where(joined, 0.0, weight).astype(np.float64)
    # At most the whole: these are sums of the same numbers in another order.
    away: FloatArray = np.minimum(np.bincount(piece[cell_of], weights=off), weights)
    first = np.full(weights.size, -1)
    first[piece[::-1]] = np.arange(len(cells))[::-1]
    # Ties by position, so that the ranking does not hang on the order of the input.
    order = np.lexsort((cells[first, 1], cells[first, 0], -weights, away - weights))
    order = order[weights[order] > 0]
    own = gap[first]
    numbers = {g: i + 1 for i, g in enumerate(dict.fromkeys(own[order].tolist()))}
    rank = np.zeros(weights.size, dtype=np.int64)
    rank[order] = np.arange(order.size) + 1
    return GapGroups(
        side_m=side,
        cells=cells,
        piece=piece,
        order=order,
        gap=np.array([numbers.get(g, 0) for g in own.tolist()], dtype=np.int64),
        weight=weights,
        places=places,
        gap_weight=np.bincount(gap, weights=cell_weight)[own],
        off_network=away,
        rank=rank[piece[cell_of]],
    )


def shape_gaps(
    groups: GapGroups, *, most: int | None, served: Any, water: WaterCut
) -> list[dict[str, Any]]:
    """Return the groups by rank, each with its shape (empty where all its ground is served or wet).

    Parameters
    ----------
    most
        How many pieces to return; None: all.
    served
        What no gap may overlap, metres.
    water
        Cuts water out of the shapes.

    Returns
    -------
    list
        One dict a piece: rank, gap, weight, places, gap_weight, off_network, geometry.
    """
    return [
        {
            "rank": rank,
            "gap": int(groups.gap[number]),
            "weight": float(groups.weight[number]),
            "places": int(groups.places[number]),
            "gap_weight": float(groups.gap_weight[number]),
            "off_network": float(groups.off_network[number]),
            "geometry": _shape(groups.cells[groups.piece == number], groups.side_m, served, water),
        }
        for rank, number in enumerate(groups.order[:most].tolist(), 1)
    ]


def _distinct(rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct (p, 2) rows and the number of each row among them."""
    low = rows.min(axis=0)
    width = int(rows[:, 1].max() - low[1]) + 1
    keys, inverse = np.unique(
        (rows[:, 0] - low[0]) * width + rows[:, 1] - low[1], return_inverse=True
    )
    return np.column_stack([keys // width, keys % width]) + low, inverse


def _linked(cells: IntArray) -> npt.NDArray[np.int64]:
    """Return the group of each cell; cells at most two apart share one. Cells are sorted."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    low = cells.min(axis=0)
    width = int(cells[:, 1].max() - low[1]) + 5  # two columns of nothing on either side
    key = (cells[:, 0] - low[0]) * width + cells[:, 1] - low[1] + 2
    ahead = [(0, 1), (0, 2), *((i, j) for i in (1, 2) for j in range(-2, 3))]
    pairs = []
    for i, j in ahead:
        at = np.searchsorted(key, key + i * width + j)
        met = np.flatnonzero(key[np.minimum(at, key.size - 1)] == key + i * width + j)
        pairs.append(np.column_stack([met, at[met]]).astype(np.int32))
    joined = np.concatenate(pairs)
    graph = coo_array(
        (np.ones(len(joined), np.int8), (joined[:, 0], joined[:, 1])), shape=(key.size, key.size)
    )
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _cut(cells: IntArray, gap: IntArray, side_cells: int) -> npt.NDArray[np.int64]:
    """Return the piece of each cell: its gap where that is small, else gap and grid square."""
    low = np.full((int(gap.max()) + 1, 2), np.iinfo(np.int64).max)
    high = np.full_like(low, np.iinfo(np.int64).min)
    np.minimum.at(low, gap, cells)
    np.maximum.at(high, gap, cells)
    wide = ((high - low + 1) > side_cells).any(axis=1)[gap]
    square = np.where(wide[:, None], cells // side_cells, 0)
    keys = np.column_stack([gap, square])
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


def _shape(cells: IntArray, side: float, served: Any, water: WaterCut) -> Any:
    """Return the ground of some cells, neither served nor wet."""
    low, high = cells * side, (cells + 1) * side
    squares = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    ground = shapely.coverage_union_all(squares)
    near = clipped(served, ground.bounds)
    return water(as_multipolygon(np.array([shapely.difference(ground, near)])))
