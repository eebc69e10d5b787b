"""Blocks: the ground between the streets of the table, the shores and the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.schematic.avenues import Course
from geo.schematic.facts import Facts

__all__ = ["Block", "find_blocks"]

SLIT_M = 0.2  # half the breadth of the slit that a street's dead end cuts
BANK_M = 12.0  # local streets keep this far from water and from the wall
MIN_BLOCK_M2 = 2_500.0
HILL_SHARE = 0.5  # of a block: one with more of it on a hill has paths, not streets


@dataclass(frozen=True, eq=False)
class Block:
    """One piece of ground that no street of the table crosses; on a `hill` or in the town."""

    shape: Any
    hill: bool


def find_blocks(facts: Facts, courses: Sequence[Course]) -> list[Block]:
    """Return the blocks in a stable order (south to north, then west to east)."""
    wall = shapely.union_all(shapely.buffer(list(facts.wall), BANK_M, quad_segs=2))
    water = shapely.union_all(shapely.buffer(list(facts.water), BANK_M, quad_segs=2))
    dry = shapely.difference(facts.area, shapely.union(water, wall))
    roads = [c.line for c in courses if not c.street.bridge]
    lines = shapely.union_all([*roads, shapely.boundary(dry)])
    closed, cuts, dangles, _ = shapely.polygonize_full(shapely.get_parts(lines))
    # A street that ends inside a face is a slit in it, so that what crosses it must meet it.
    slits = shapely.buffer(shapely.union(cuts, dangles), SLIT_M, cap_style="flat", quad_segs=1)
    faces = shapely.get_parts(shapely.difference(shapely.get_parts(closed), slits))
    shapely.prepare(dry)
    faces = faces[shapely.contains(dry, shapely.point_on_surface(faces))]
    faces = faces[shapely.area(faces) >= MIN_BLOCK_M2]
    high = shapely.area(shapely.intersection(faces, facts.hills)) >= HILL_SHARE * shapely.area(
        faces
    )
    found = [Block(face, bool(hill)) for face, hill in zip(faces, high, strict=True)]
    middle = shapely.get_coordinates(shapely.centroid([block.shape for block in found]))
    order = np.lexsort((np.round(middle[:, 0]), np.round(middle[:, 1])))
    return [found[i] for i in order]
