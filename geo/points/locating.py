"""Rows that have an address but no position, and positions found for them by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.datum import parse_datum, to_wgs84
from geo.points.cells import is_blank
from geo.points.check import digest_of, flags_of
from geo.points.schema import PointTable

__all__ = ["STATUS", "Located", "to_locate", "with_located"]

STATUS = "coordinate_status"
"""The column that says how a position came to be: of ours, beside the input's own."""


@dataclass(frozen=True)
class Located:
    """A position found for one row.

    Attributes
    ----------
    lon, lat
        Degrees in `datum`.
    datum
        One of `geo.datum.DATUMS`, in any usual spelling.
    status
        What goes into ``coordinate_status``: ``geocoded`` unless told otherwise.
    accuracy_m
        Within how many metres the position is believed to lie; None where nobody says.
    source
        Who found it, such as a service's name and day; ``""`` where nobody says.
    """

    lon: float
    lat: float
    datum: str = "wgs84"
    status: str = "geocoded"
    accuracy_m: float | None = None
    source: str = ""


def to_locate(table: PointTable) -> pd.DataFrame:
    """Return the rows that have an address and nothing else: ``id, sheet, row, name, address``.

    Their fault is ``address_only``. Read the file with ``unlocated=True`` where it may have no
    other rows.
    """
    heading = table.columns.get("address")
    address: Any = [None] * len(table.unused)
    if heading is not None:
        own = next((c for c in (heading, f"{heading}_input") if c in table.unused), None)
        address = address if own is None else table.unused[own].tolist()
    listed = table.faults[["id", "sheet", "row", "name"]].assign(
        address=pd.Series(address, dtype=object)
    )
    wanted = (table.faults["code"] == "address_only").to_numpy(bool)
    known = np.array([not is_blank(a) for a in address], dtype=bool)
    return listed[wanted & known].reset_index(drop=True)


def with_located(table: PointTable, located: Mapping[str, Located]) -> PointTable:
    """Return `table` with the rows of `located` (id to position) usable, marked and flagged.

    Parameters
    ----------
    table
        As read; its other rows, usable or not, stay as they are.
    located
        Positions for rows that `to_locate` lists; ids that it does not list are passed over.

    Returns
    -------
    PointTable
        ``coordinate_status`` says `Located.status` of the new rows, which come after the others;
        ``coordinate_accuracy_m`` and ``coordinate_source`` are there where somebody says them.
        The flag ``geocoded`` is set, the digest is that of the new content.

    Raises
    ------
    DatumError
        A datum that is not known.
    """
    open_ids = set(to_locate(table)["id"])
    chosen = [i in located and i in open_ids for i in table.unused["id"]]
    if not any(chosen):
        return table
    mask = np.array(chosen)
    rows = table.unused[mask].drop(columns="reason").reset_index(drop=True)
    found = [located[i] for i in rows["id"]]
    xy = [to_wgs84(p.lon, p.lat, parse_datum(p.datum)) for p in found]
    made: dict[str, list[Any]] = {
        STATUS: [p.status for p in found],
        "coordinate_accuracy_m": [p.accuracy_m for p in found],
        "coordinate_source": [p.source or None for p in found],
    }
    frame, rows = _same_columns(table.frame, rows, made)
    points = gpd.points_from_xy([float(x) for x, _ in xy], [float(y) for _, y in xy])
    new = gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")
    joined = _stacked(frame, new)
    unused = table.unused[~mask].reset_index(drop=True)
    good = np.ones(len(joined), dtype=bool)
    extra = ("geocoded",) if any(p.status == "geocoded" for p in found) else ()
    flags = flags_of(pd.DataFrame(joined.drop(columns="geometry")), good, table.kind, table.columns)
    return replace(
        table,
        frame=joined,
        unused=unused,
        faults=table.faults[~mask].reset_index(drop=True),
        digest=digest_of(table.kind, joined, unused, table.columns),
        flags=tuple(dict.fromkeys((*table.flags, *flags, *extra))),
    )


def _same_columns(
    frame: gpd.GeoDataFrame, rows: pd.DataFrame, made: dict[str, list[Any]]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return both with the columns of `made`; an own column of such a name is filled further."""
    frame, rows = frame.copy(), rows.copy()
    for name, values in made.items():
        if name != STATUS and all(v is None for v in values):
            continue
        if name not in frame:
            place = frame.columns.get_loc("geometry")
            frame.insert(place, name, pd.Series([None] * len(frame), dtype=object))
        rows[name] = pd.Series(values, dtype=object)
    return frame, rows.reindex(columns=frame.columns.drop("geometry"))


def _stacked(frame: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one frame under the other, column by column, so that no empty one changes a type."""
    columns = {
        name: pd.Series([*frame[name].tolist(), *new[name].tolist()], dtype=frame[name].dtype)
        for name in frame.columns.drop("geometry")
    }
    geometry = [*frame.geometry.tolist(), *new.geometry.tolist()]
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs="EPSG:4326")
