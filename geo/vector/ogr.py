"""Reading one layer through GDAL, from a private copy whose kind is known by its bytes.

pyogrio cannot be told which driver to take. So GDAL is only ever shown a file that begins as its
kind does, under a name of ours with that kind's ending, alone in a folder of ours: none of GDAL's
other drivers claims such a file, and there is nothing beside it to be led to.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import VectorError
from geo.vector.features import Remark
from geo.vector.geojson import cell
from geo.vector.limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_VERTICES, Deadline
from geo.vector.text import clip

__all__ = ["Layer", "read_layer"]

_BATCH = 20_000  # features between two looks at the clock


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer as GDAL hands it over.

    Attributes
    ----------
    headings, columns
        The columns' names and their (n,) cells.
    geometry
        (n,) shapely geometry of any kind; None where there is none.
    faults
        By position: geometry that is no well-formed WKB.
    crs
        An authority code or WKT, None where the layer has none.
    """

    headings: list[str]
    columns: list[list[Any]]
    geometry: NDArray[np.object_]
    faults: dict[int, Remark]
    crs: str | None

    def frame(self, headings: list[str]) -> pd.DataFrame:
        """Return the columns under these headings."""
        columns = {
            name: pd.Series(values, dtype=object)
            for name, values in zip(headings, self.columns, strict=True)
        }
        return pd.DataFrame(columns, index=range(len(self.geometry)))


def read_layer(
    path: Path, layer: str, shown: Path, deadline: Deadline, *, driver: str, latin: bool
) -> Layer:
    """Read `layer` of a file that was checked; `latin` leaves a .dbf's bytes as Latin-1.

    Raises
    ------
    VectorError
        GDAL cannot read it, it takes too long, or it is beyond the limits.
    """
    import pyarrow as pa
    import pyogrio
    from pyogrio.raw import open_arrow

    options: dict[str, Any] = {"encoding": "ISO-8859-1"} if latin else {"list_all_tables": "NO"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if pyogrio.read_info(path, layer=layer, **options)["driver"] != driver:
                raise VectorError("vector_kind", path=str(shown), kind=driver)
            with open_arrow(path, layer=layer, batch_size=_BATCH, use_pyarrow=True, **options) as (
                about,
                stream,
            ):
                return _gather(about, stream, shown, deadline, latin)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        pyogrio.errors.CRSError,
        pa.ArrowException,
        OSError,
        ValueError,
        RuntimeError,
    ) as fault:
        if isinstance(fault, VectorError):
            raise
        if "onlinear" in str(fault):
            raise VectorError("vector_curves", path=str(shown)) from None
        detail = clip((str(fault).strip() or type(fault).__name__).splitlines()[0], 80)
        detail = detail.replace(str(path), shown.name)
        raise VectorError("vector_damaged", path=str(shown), detail=detail) from None


def _gather(
    about: dict[str, Any], stream: Any, shown: Path, deadline: Deadline, latin: bool
) -> Layer:
    import shapely

    name = about["geometry_name"] or "wkb_geometry"
    headings = [str(field) for field in about["fields"]]
    if len(headings) > MAX_COLUMNS:
        raise VectorError("too_many_columns", path=str(shown), limit=MAX_COLUMNS)
    columns: list[list[Any]] = [[] for _ in headings]
    shapes: list[NDArray[np.object_]] = [np.empty(0, dtype=object)]
    faults: dict[int, Remark] = {}
    rows = vertices = 0
    for batch in stream:
        rows += batch.num_rows
        if rows > MAX_ROWS:
            raise VectorError("too_many_rows", path=str(shown), limit=MAX_ROWS)
        found, broken = _geometry(batch, name)
        faults |= {rows - batch.num_rows + i: ("bad_wkb", {}) for i in broken.tolist()}
        vertices += int(shapely.get_num_coordinates(found).sum())
        if vertices > MAX_VERTICES:
            raise VectorError("too_many_vertices", path=str(shown), limit=MAX_VERTICES)
        shapes.append(found)
        for values, heading in zip(columns, headings, strict=True):
            values.extend(_cells(batch.column(heading), len(values), shown, latin))
        if deadline.passed:
            raise VectorError("vector_slow", path=str(shown))
    return Layer(headings, columns, np.concatenate(shapes), faults, _crs(about["crs"]))


def _crs(said: str | None) -> str | None:
    """Return an authority code where there is one; the GeoPackage's "undefined" is nothing."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if said is None or "Undefined" in said[:60]:
        return None
    if re.fullmatch(r"[A-Za-z]+:\w+", said):
        return said
    try:
        authority = CRS.from_wkt(said).to_authority()
    except CRSError:
        return said
    return ":".join(authority) if authority else said


def _geometry(batch: Any, name: str) -> tuple[NDArray[np.object_], NDArray[np.integer[Any]]]:
    """Return (n,) shapely geometry, and which rows have one that cannot be understood."""
    import shapely

    if name not in batch.schema.names:
        return np.full(batch.num_rows, None, dtype=object), np.empty(0, dtype=np.int64)
    wkb = np.array(batch.column(name).to_pylist(), dtype=object)
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    return shapes, np.flatnonzero(shapely.is_missing(shapes) & (wkb != np.array(None)))


def _cells(column: Any, start: int, shown: Path, latin: bool) -> list[Any]:
    values = [_cell(value, latin) for value in column.to_pylist()]
    for row, value in enumerate(values, start=start + 1):
        if isinstance(value, str) and len(value) > MAX_CELL:
            raise VectorError("cell_too_long", path=str(shown), row=row, limit=MAX_CELL)
    return values


def _cell(value: Any, latin: bool) -> Any:
    if latin and isinstance(value, str):
        return value or None  # bytes still: what looks like a blank may be half a character
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return None  # a picture, or another program's own
    return cell(value)
