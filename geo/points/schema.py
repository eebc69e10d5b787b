"""What a table of stations, sites or demand is, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    "NO_PLACES",
    "BBox",
    "Kind",
    "PointTable",
    "Raw",
    "Remark",
    "SheetSeen",
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
    "cell_error",
    "formula_empty",
    "projected",
    "bad_datum",
    "out_of_range",
    "swapped",
    "zero",
    "bad_weight",
    "ragged",
    "not_a_point",
    "continued",
    "total_row",
    "note_row",
)


@dataclass(frozen=True)
class SheetSeen:
    """A sheet of the file: its name, whether it was read, and if not why.

    `reason` is ``""`` where it was read, else ``empty``, ``no_heading``, ``hidden``,
    ``not_chosen`` (sentences ``points.sheet_<reason>``). `rows` counts records below the heading,
    or all that are not blank where there is none; `hidden_rows` those of them that are hidden.
    """

    name: str
    read: bool
    reason: str = ""
    rows: int = 0
    hidden_rows: int = 0


# Rows that are no places: nothing is lost with them, so they count nowhere.
NO_PLACES = ("total_row", "note_row", "continued")


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
    columns
        Role to the heading that plays it, once that is settled (`geo.points.columns`).
    cells
        Role to its cells, one a record, None where its sheet has no such column.
    sheets
        The sheet of each record; None where all are of one.
    datums
        The declared datum of each record where sheets differ, None where it is the file's.
    """

    own: pd.DataFrame
    rows: NDArray[np.int64]
    faults: dict[int, Remark] = field(default_factory=dict)
    lon: NDArray[np.float64] | None = None
    lat: NDArray[np.float64] | None = None
    ids: list[str | None] | None = None
    warnings: tuple[Remark, ...] = ()
    encoding: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    cells: dict[str, list[Any]] = field(default_factory=dict)
    sheets: list[str] | None = None
    datums: list[str | None] | None = None


@dataclass(frozen=True, eq=False)
class PointTable:
    """Stations, sites or demand, checked: each row is usable or listed with its reason.

    Attributes
    ----------
    frame
        Usable rows as WGS-84 points (EPSG:4326): ``id`` (text, unique), ``name`` (text or None),
        for demand ``demand`` (people, ≥ 0), ``sheet`` where several sheets were joined, the
        fields of `geo.points.fields` that were recognised, under their keys, then the input's own
        columns under their own headings (text; None where blank), then ``geometry``. An own
        column called like one of ours, or ``reason``, is dropped where ours was made from it,
        else renamed ``<heading>_input``.
    unused
        The other rows without geometry: the same columns, and ``reason`` (a fault code). Their
        demand belongs in every denominator: NaN where it is not known (a bad weight, a ragged
        row), 0 for a row of totals or notes.
    faults
        ``id, sheet, row, name, code, params, datum`` for each row of `unused`; the sentence of a
        fault is ``words.say(f"reason.{code}", lang, **params)``. ``row`` is the sheet's row (the
        first is 1; a cell with line breaks counts as part of one row) or the feature's number,
        ``sheet`` the sheet's name or None, ``datum`` that of the row's own cells.
    rows
        Records in the file that are not wholly blank: ``len(frame) + len(unused)``.
    digest
        sha256 of the content that matters: ids, names, WGS-84 positions to 1e-7 degree, demand,
        attributes. The same for one table saved in two encodings, formats or column orders.
    datum, kind
        As declared. Rows whose own column of datums says another were converted from that one.
    columns
        Role (``id``, ``name``, ``lon``, ``lat``, ``lonlat``, ``latlon``, ``demand``,
        ``address``, ``datum``, the keys of `geo.points.fields` …) to the heading recognised
        for it.
    warnings
        Code and fields of each sentence ``warning.<code>``.
    flags
        Of ``sample``, ``estimated``, ``geocoded`` (read off the input's columns) and
        ``unit_demand`` (no weights given: every place counts as one).
    encoding
        The character encoding of a text file; None for others.
    sheets
        What became of each sheet of a workbook, or each table of a web page.
    crs
        The reference system in metres that was named for positions in metres, if any.
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
    sheets: tuple[SheetSeen, ...] = ()
    crs: str | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def no_places(self) -> int:
        """Rows of totals and notes, and rows that only continue others."""
        return int(self.unused["reason"].isin(NO_PLACES).sum())

    def of_places(self) -> PointTable:
        """Return the table without the rows that are no places; the import report tells of them."""
        if not self.no_places:
            return self
        keep = ~self.unused["reason"].isin(NO_PLACES).to_numpy()
        return replace(
            self,
            unused=self.unused[keep].reset_index(drop=True),
            faults=self.faults[keep].reset_index(drop=True),
            rows=self.rows - self.no_places,
        )
