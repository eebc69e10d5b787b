"""Local streets: a block filled with a bent, broken grid of streets, lanes and alleys.

The grid lies along the block's longest side. Lines are 60 to 130 m apart, junctions are shaken off
the straight, lanes and alleys lose some of their links, and most dead ends are taken away: what is
left has about the density and the detours of the real city (see benchmarks/schematic_vs_real.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.network.model import FloatArray, IntArray
from geo.schematic.blocks import Block

__all__ = ["Fill", "fill_block"]

SEED = 1927
STREET, LANE, ALLEY, STEPS = range(4)  # codes of `Fill.kind`
KIND_SHARE = (0.32, 0.40, 0.28)  # of the grid's lines: streets, lanes, alleys
SPACING_M = (60.0, 130.0)
HILL_SPACING_M = (150.0, 300.0)
SHAKE = 0.16  # of the spacing: how far a junction is moved off the straight
LOST = np.array([0.08, 0.26, 0.38])  # share of a line's links that are missing, by kind
CLOSED = np.array([0.15, 0.45, 0.60])  # share of its ways out to the avenue that are missing
DEAD_ENDS_LOST = 0.6
STEPS_SHARE, HILL_STEPS_SHARE = 0.01, 0.15  # of alleys; of hill paths
EDGE_M = 18.0  # no junction nearer to the block's edge

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fill:
    """The local streets of one block, metres.

    Attributes
    ----------
    xy
        (n, 2) junctions inside the block.
    link, kind
        (m, 2) pairs of junctions, and what joins them.
    stub, stub_kind, stub_xy
        (s,) junctions from which a way leads to the block's edge, what it is, and where.
    """

    xy: FloatArray
    link: IntArray
    kind: IntArray
    stub: IntArray
    stub_kind: IntArray
    stub_xy: FloatArray


def fill_block(block: Block) -> Fill | None:
    """Return the local streets of `block`, or None where it is too narrow for any.

    The random numbers hang on where the block lies, so that a change of the table elsewhere leaves
    it alone.
    """
    middle = shapely.centroid(block.shape)
    rng = np.random.default_rng([SEED, int(middle.x // 25) + 10_000, int(middle.y // 25) + 10_000])
    grid = _grid(block, rng)
    xy, inside = grid.xy, shapely.contains_xy(shapely.buffer(block.shape, -EDGE_M), grid.xy)
    links, kinds = grid.link, grid.kind
    both = inside[links].all(axis=1)
    out = inside[links].any(axis=1) & ~both
    both[both] = shapely.covers(block.shape, _segments(xy[links[both]]))
    both &= rng.random(len(links)) >= LOST[kinds]
    stub, stub_kind, stub_xy = _ways_out(block, xy, links[out], kinds[out], inside)
    stay = rng.random(len(stub)) >= CLOSED[stub_kind] * (0.5 if block.hill else 1.0)
    if not stay.any():
        stay[:] = True
    stub, stub_kind, stub_xy = stub[stay], stub_kind[stay], stub_xy[stay]
    links, kinds = _without_dead_ends(links[both], kinds[both], stub, len(xy), rng)
    kinds = np.where(_climbs(kinds, block.hill, rng), STEPS, kinds)
    if len(stub) == 0:
        return None
    return Fill(xy, links, kinds, stub, stub_kind, stub_xy)


@dataclass(frozen=True, eq=False)
class _Grid:
    xy: FloatArray
    link: IntArray
    kind: IntArray


def _grid(block: Block, rng: np.random.Generator) -> _Grid:
    """Return the shaken grid over the block's extent and one line beyond it on each side."""
    along = _direction(block.shape)
    corner = shapely.get_coordinates(block.shape) @ along.T
    spacing = HILL_SPACING_M if block.hill else SPACING_M
    u = _lines(corner[:, 0].min(), corner[:, 0].max(), spacing, rng)
    v = _lines(corner[:, 1].min(), corner[:, 1].max(), spacing, rng)
    uv = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1)
    uv += rng.uniform(-SHAKE, SHAKE, uv.shape) * spacing[0]
    number = np.arange(u.size * v.size).reshape(u.size, v.size)
    kind_u, kind_v = (rng.choice(3, size, p=KIND_SHARE) for size in (u.size, v.size))
    if block.hill:
        kind_u[:] = kind_v[:] = ALLEY
    across = np.stack([number[:-1], number[1:]], axis=-1).reshape(-1, 2)
    up = np.stack([number[:, :-1], number[:, 1:]], axis=-1).reshape(-1, 2)
    kind = np.concatenate([np.tile(kind_v, u.size - 1), np.repeat(kind_u, v.size - 1)])
    return _Grid(np.round(uv.reshape(-1, 2) @ along, 2), np.concatenate([across, up]), kind)


def _direction(shape: Any) -> FloatArray:
    """Return the (2, 2) rotation to the longest side of the block."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.simplify(shape, 15.0)))
    side = np.diff(ring, axis=0)
    length = np.hypot(*side.T)
    east, north = side[length.argmax()] / length.max()
    return np.array([[east, north], [-north, east]])


def _lines(
    low: float, high: float, spacing: tuple[float, float], rng: np.random.Generator
) -> FloatArray:
    """Return positions of grid lines: irregular, and one beyond each end."""
    count = int((high - low) // spacing[0]) + 3
    steps = rng.uniform(*spacing, count)
    at = low - steps[0] * rng.random() + np.concatenate([[0.0], np.cumsum(steps)])
    stop = int(np.searchsorted(at, high)) + 1
    return np.asarray(at[:stop])


def _segments(ends: FloatArray) -> Any:
    return shapely.linestrings(ends)


def _ways_out(
    block: Block, xy: FloatArray, links: IntArray, kinds: IntArray, inside: Bools
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (junction, kind, place) where links from inside reach the block's edge."""
    first = inside[links[:, 0]]
    start = np.where(first, links[:, 0], links[:, 1])
    beyond = np.where(first, links[:, 1], links[:, 0])
    # Far enough to reach the edge even where the next junction lies just short of it.
    towards = xy[beyond] + (xy[beyond] - xy[start]) * 0.5
    rays = _segments(np.stack([xy[start], towards], axis=1))
    hits = shapely.intersection(rays, shapely.boundary(block.shape))
    nearest = shapely.shortest_line(shapely.points(xy[start]), hits)
    reached = ~shapely.is_empty(hits)
    place = shapely.get_coordinates(nearest[reached]).reshape(-1, 2, 2)[:, 1]
    return start[reached], kinds[reached], place


def _without_dead_ends(
    links: IntArray, kinds: IntArray, stub: IntArray, count: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Take away most links that lead nowhere, twice over."""
    for _ in range(2):
        degree = np.bincount(links.ravel(), minlength=count) + np.bincount(stub, minlength=count)
        dead = (degree[links] == 1).any(axis=1) & (rng.random(len(links)) < DEAD_ENDS_LOST)
        links, kinds = links[~dead], kinds[~dead]
    return links, kinds


def _climbs(kinds: IntArray, hill: bool, rng: np.random.Generator) -> Bools:
    share = HILL_STEPS_SHARE if hill else STEPS_SHARE
    return np.asarray((kinds == ALLEY) & (rng.random(len(kinds)) < share))
