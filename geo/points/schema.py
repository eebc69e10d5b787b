"""What a table of stations, sites or demand is, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.vector.features import Remark
from geo.vector.limits import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS

__all__ = [
    "FAULT_CODES",
    "KINDS",
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "BBox",
    "Kind",
    "PointTable",
    "Raw",
    "Remark",
]

Kind = Literal["stations", "sites", "demand"]
KINDS: tuple[Kind, ...] = ("stations", "sites", "demand")

# West, south, east, north in WGS-84 degrees.
BBox = tuple[float, float, float, float]

# Why a row cannot be used. The order is that of the report; codes are stable, being read by
# other programs.
FAULT_CODES = (
    "no_position",
    "address_only",
    "bad_number",
    "out_of_range",
    "swapped",
    "zero",
    "bad_weight",
    "ragged",
    "not_a_point",
    "total_row",
)


@dataclass(frozen=True, eq=False)
class Raw:
    """Records as a reader found them, before any judgement: what every format comes down to.

    Attributes
    ----------
    own
        The input's own columns, one object column a heading; headings are unique even when case
        is ignored; None where a cell is blank.
    rows
        The row of the sheet, or the number of the feature, that each record stands on.
    faults
        By position in `own`: what the reader already knows to be wrong.
    lon, lat
        Degrees in the file's datum where the format has geometry of its own; NaN where a record
        has none. None for tables, whose columns have still to be recognised.
    ids
        Identifiers that are not in a column.
    warnings
        What the reader noticed.
    encoding
        The character encoding that the bytes were read with.
    """

    own: pd.DataFrame
    rows: NDArray[np.int64]
    faults: dict[int, Remark] = field(default_factory=dict)
    lon: NDArray[np.float64] | None = None
    lat: NDArray[np.float64] | None = None
    ids: list[str | None] | None = None
    warnings: tuple[Remark, ...] = ()
    encoding: str | None = None


@dataclass(frozen=True, eq=False)
class PointTable:
    """Stations, sites or demand, checked: each row is usable or listed with its reason.

    Attributes
    ----------
    frame
        Usable rows as WGS-84 points (EPSG:4326): ``id`` (text, unique), ``name`` (text or None),
        for demand ``demand`` (people, ≥ 0), then the input's own columns under their own
        headings (text; None where blank), then ``geometry``. An own column called like one of
        these, or ``reason``, is dropped where ours was made from it, else renamed
        ``<heading>_input``.
    unused
        The other rows without geometry: the same columns, and ``reason`` (a fault code). Their
        demand belongs in every denominator: NaN where it is not known (a bad weight, a ragged
        row), 0 for a row of totals.
    faults
        ``id, row, name, code, params`` for each row of `unused`; the sentence of a fault is
        ``words.say(f"reason.{code}", lang, **params)``. ``row`` is the sheet's row (the heading
        is row 1; a cell with line breaks counts as part of one row) or the feature's number.
    rows
        Records in the file that are not wholly blank: ``len(frame) + len(unused)``.
    digest
        sha256 of the content that matters: ids, names, WGS-84 positions to 1e-7 degree, demand,
        attributes. The same for one table saved in two encodings or column orders.
    datum, kind
        As declared.
    columns
        Role (``id``, ``name``, ``lon``, ``lat``, ``lonlat``, ``latlon``, ``demand``,
        ``address``) to the heading recognised for it.
    warnings
        Code and fields of each sentence ``warning.<code>``.
    flags
        Of ``sample``, ``estimated`` (read off the input's columns) and ``unit_demand`` (no
        weights given: every place counts as one).
    encoding
        The character encoding of the file.
    """

    frame: gpd.GeoDataFrame
    unused: pd.DataFrame
    faults: pd.DataFrame
    rows: int
    digest: str
    datum: str
    kind: Kind
    columns: dict[str, str]
    warnings: list[Remark]
    flags: tuple[str, ...]
    encoding: str | None = None

    def __len__(self) -> int:
        return len(self.frame)
