"""What a table of reporting areas is, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

__all__ = ["FAULT_CODES", "MAX_AREAS", "MAX_TOTAL_WORK", "MAX_WORK", "AreaTable", "Remark"]

# A code of the words (`warning.<code>`, `reason.<code>`) and the fields of its sentence.
Remark = tuple[str, dict[str, Any]]

MAX_AREAS = 20_000

# How often edges of one area, and of all of one file, may lie over each other by their boxes
# (`geo.areas.rings.work`): what judging a ring costs, 25 to 200 ns each. A boundary as surveyed
# has about as many as it has vertices; a drawn star of 20,000 points has 50 million.
MAX_WORK = 1e7
MAX_TOTAL_WORK = 5e7

FAULT_CODES = (
    "no_position",
    "not_an_area",
    "bad_number",
    "bad_shape",
    "open_ring",
    "no_extent",
    "ring_crosses",
    "hole_outside",
    "rings_nested",
    "interior_split",
    "ring_invalid",
    "too_involved",
    "swapped",
    "out_of_range",
    "turned_invalid",
)
"""Why an area cannot be used, in the order of the report; codes are stable."""


@dataclass(frozen=True, eq=False)
class AreaTable:
    """Reporting areas, checked: each is usable or listed with its reason.

    Attributes
    ----------
    frame
        Usable areas as WGS-84 polygons (EPSG:4326): ``id`` (text, unique), ``name`` (text or
        None), ``level`` (text, empty where there is none), ``union`` (所属工会, text or None),
        then the input's own columns, then ``geometry``. An own column called like one of these,
        or ``reason``, is renamed ``<heading>_input``.
    unused
        The other rows without geometry: the same columns, and ``reason`` (a fault code).
    faults
        ``id, row, name, code, params`` for each row of `unused`; the sentence of a fault is
        ``words.say(f"reason.{code}", lang, **params)``. ``row`` is the feature's number from 1.
    rows
        Features in the file: ``len(frame) + len(unused)``.
    digest
        sha256 of ids, names, levels, attributes and WGS-84 outlines to 1e-7 degree.
    datum
        What the coordinates were read in: a datum, or ``EPSG:4549`` with the datum it stands for.
    columns
        Role (``id``, ``name``, ``level``, ``union``) to the heading recognised for it.
    warnings
        Code and fields of each sentence ``warning.<code>``; among them overlaps within a level.
    flags
        ``schematic_areas`` or ``sample``, read off the input's columns.
    """

    frame: gpd.GeoDataFrame
    unused: pd.DataFrame
    faults: pd.DataFrame
    rows: int
    digest: str
    datum: str
    columns: dict[str, str]
    warnings: list[Remark]
    flags: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def levels(self) -> list[str]:
        """The levels, of usable and of unusable areas, in the order in which they come."""
        found = [*self.frame["level"], *self.unused["level"]]
        return list(dict.fromkeys(found))
