"""Tables out: CSV for spreadsheets, Parquet for whatever is too long for one.

A CSV is UTF-8 with a byte order mark, without which Excel takes Chinese for the system's code
page, and has CRLF line ends (RFC 4180, section 2). Positions are columns ``lon`` and ``lat`` in
the datum that the column ``datum`` names.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.exports.atomic import atomic_path, write_atomic
from geo.exports.geometry import DECIMALS, shift_columns
from geo.exports.provenance import Provenance
from geo.exports.shaping import Written, shaped
from geo.exports.values import OTHERWISE, column_values, decimals_of, json_text, listed, storable

__all__ = ["csv_bytes", "inert", "write_csv", "write_parquet"]

_CHUNK = 10_000
_RISKY = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def inert(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula.

    A text that begins like one (``= + - @``, their full-width forms, a tab or a line end; blanks
    before them do not count) gets an apostrophe in front. A number in text, such as ``-5.2``,
    is let be. https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def write_csv(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    id_column: str | None = None,
    keep_private: bool = False,
    own_datums: bool = False,
) -> Written:
    """Write `frame` as CSV, atomically; ``datum, run_id, run_flags`` are its last columns.

    Parameters
    ----------
    frame
        Any frame, or a GeoDataFrame in EPSG:4326. Points become ``lon`` and ``lat``; other
        shapes are left out. Floats get the fixed decimals of the unit in their name, missing
        values are empty, lists are words with 、 between them, dicts JSON, texts `inert`.
    path, provenance, keep_private
        As for `geo.exports.write_geojson`; the name is never changed.
    id_column
        Where given, it must be there.
    own_datums
        The coordinates of a row are in the datum that its ``datum`` names, which stays: rows of
        an input as they were, which no datum of the result is true of.

    Raises
    ------
    RequestError
        The frame is not in EPSG:4326 degrees, or lacks `id_column`.
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    table, dropped = _tabular(frame, provenance, id_column, keep_private, own_datums=own_datums)

    def write(out: BinaryIO) -> None:
        _write_csv(table, out)

    write_atomic(path, write)
    return Written(Path(path), len(table), (), dropped)


def csv_bytes(
    frame: pd.DataFrame,
    provenance: Provenance,
    *,
    id_column: str | None = None,
    keep_private: bool = False,
    own_datums: bool = False,
) -> bytes:
    """Return what `write_csv` would write."""
    out = io.BytesIO()
    table, _ = _tabular(frame, provenance, id_column, keep_private, own_datums=own_datums)
    _write_csv(table, out)
    return out.getvalue()


def write_parquet(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    id_column: str | None = None,
    keep_private: bool = False,
) -> Written:
    """Write `frame` as Parquet, its provenance as JSON under ``hongtu`` in the schema's metadata.

    The columns are those of `write_csv`, numbers unrounded, texts as they are. Parameters and
    errors are the same.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, dropped = _tabular(frame, provenance, id_column, keep_private)
    columns = pd.DataFrame({str(name): storable(table[name]) for name in table.columns})
    found = pa.Table.from_pandas(columns, preserve_index=False)
    record = json_text(provenance.as_dict()).encode()
    found = found.replace_schema_metadata({**(found.schema.metadata or {}), b"hongtu": record})
    with atomic_path(path) as staged:
        pq.write_table(found, staged, compression="zstd")
    return Written(Path(path), len(table), (), dropped)


def _tabular(
    frame: pd.DataFrame,
    provenance: Provenance,
    id_column: str | None,
    keep_private: bool,
    *,
    own_datums: bool = False,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    layer = shaped(frame, "wgs84", id_column=id_column, keep_private=keep_private)
    table = layer.table
    if _is_of_points(frame, layer.geometries) and not {"lon", "lat"} & set(table.columns):
        lon = np.round(shapely.get_x(layer.geometries), DECIMALS)
        lat = np.round(shapely.get_y(layer.geometries), DECIMALS)
        table = table.assign(lon=lon, lat=lat)
    if not own_datums:
        table = shift_columns(table, provenance.datum_out)
    marks = {
        "datum": frame["datum"].to_numpy() if own_datums else provenance.datum_out,
        "run_id": provenance.run_id,
        "run_flags": " ".join(provenance.flags),  # a CSV has no other place to say "sample"
    }
    return table.drop(columns=list(marks), errors="ignore").assign(**marks), layer.dropped_columns


def _is_of_points(frame: pd.DataFrame, geometries: npt.NDArray[np.object_]) -> bool:
    """Say whether positions are due: rows or not, the heading of a table of points is the same."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return False
    types = shapely.get_type_id(geometries[~shapely.is_missing(geometries)])
    return bool((types == shapely.GeometryType.POINT).all())


def _write_csv(table: pd.DataFrame, out: BinaryIO) -> None:
    text = io.TextIOWrapper(
        cast(io.BufferedWriter, out), encoding="utf-8-sig", errors="replace", newline=""
    )
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow([inert(str(name)) for name in table.columns])
    for start in range(0, len(table), _CHUNK):
        rows.writerows(_cells(table.iloc[start : start + _CHUNK]))
    text.flush()
    text.detach()


def _cells(table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    columns = []
    for name in table.columns:
        decimals = decimals_of(name)
        columns.append([_cell(value, decimals) for value in column_values(table[name])])
    return zip(*columns, strict=True)


def _decimal(value: float, decimals: int | None) -> str:
    """Return a number with fixed decimals; without a unit, as short as six decimals allow."""
    places = OTHERWISE if decimals is None else decimals
    text = f"{round(value, places) + 0.0:.{places}f}"
    return text if decimals is not None else text.rstrip("0").rstrip(".")


def _cell(value: Any, decimals: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _decimal(value, decimals)
    return str(value) if isinstance(value, int) else inert(listed(value))
