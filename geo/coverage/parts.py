"""What the steps of a coverage run hand to each other: demand, who is served, shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.placing import Placed
from geo.coverage.reach import Places
from geo.network.model import FloatArray, IntArray

__all__ = ["Demand", "Served", "Shapes"]


@dataclass(frozen=True, eq=False)
class Demand:
    """What is to be served: places or street pieces, with the denominator they belong to."""

    places: Places
    xy: FloatArray
    placed: Placed | None
    total: float
    not_used: float
    unknown: int
    is_street: bool


@dataclass(frozen=True, eq=False)
class Served:
    """Of each place: cost to the nearest station, its number, how many, and two of them apart."""

    cost: FloatArray
    label: npt.NDArray[np.int32]
    count: npt.NDArray[np.int32]
    apart: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Polygons in the metric CRS, the gaps, and the rank of the gap of each place, 0 for none."""

    circles: list[list[Any]]
    union: list[Any]
    areas: list[Any]
    gaps: list[dict[str, Any]]
    gaps_total: int
    gap_rank: IntArray
