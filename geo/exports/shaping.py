"""A result frame as a table without private columns, its geometries and its ids."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import RequestError
from geo.exports.geometry import check_frame, shift_columns
from geo.exports.private import private_columns

__all__ = ["Shaped", "Written", "shaped"]


@dataclass(frozen=True)
class Written:
    """What a writer wrote and what it left out.

    Attributes
    ----------
    path
        The file, with the datum in its name where that is due.
    rows
        Number of rows or features in it.
    collapsed
        Ids of rows left out because rounding to 1e-7 degrees left nothing of their shape.
    dropped_columns
        Private columns left out (`geo.exports.private_columns`).
    texts_cut
        Texts that were cut because the format has no room for them.
    """

    path: Path
    rows: int
    collapsed: tuple[Hashable, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    texts_cut: int = 0

    def __fspath__(self) -> str:
        return os.fspath(self.path)


@dataclass(frozen=True)
class Shaped:
    """A layer: attributes, geometries in WGS-84 and, where they are unique, ids."""

    table: pd.DataFrame
    geometries: npt.NDArray[np.object_]
    ids: list[Any] | None
    labels: list[Any]
    dropped_columns: tuple[str, ...]

    def label(self, position: int) -> Hashable:
        """Return how to name a row: its id, or its place counted from 0."""
        found: Hashable = self.labels[position]
        return found


def shaped(
    frame: pd.DataFrame, datum_out: str, *, id_column: str | None, keep_private: bool
) -> Shaped:
    """Split `frame`, drop private columns, put columns of coordinates in `datum_out`.

    Raises
    ------
    RequestError
        The frame is not in EPSG:4326 degrees, has a heading twice, or lacks `id_column`.
    """
    check_frame(frame)
    if id_column is not None and id_column not in frame.columns:
        raise RequestError("export_no_id", column=id_column)
    table = _attributes(frame)
    dropped = [] if keep_private else private_columns(table.columns)
    table = shift_columns(table.drop(columns=dropped), datum_out)
    if "datum" in table.columns:
        # What the input was in; the file written says what its own coordinates are in.
        table = table.assign(datum=datum_out)
    labels = list(range(len(frame))) if id_column is None else frame[id_column].tolist()
    unique = id_column is not None and _all_distinct(frame[id_column])
    return Shaped(
        table=table,
        geometries=_geometries(frame),
        ids=labels if unique else None,
        labels=labels,
        dropped_columns=tuple(str(name) for name in dropped),
    )


def _attributes(frame: pd.DataFrame) -> pd.DataFrame:
    shapes = [name for name, kind in frame.dtypes.items() if str(kind) == "geometry"]
    return pd.DataFrame(frame.drop(columns=shapes))


def _geometries(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return np.asarray(frame.geometry.to_numpy(), dtype=object)
    return np.full(len(frame), None, dtype=object)


def _all_distinct(column: pd.Series) -> bool:
    return bool(column.notna().all() and column.is_unique)
