"""One gate for every file of points: what it is, whether it may be read, and with which datum."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np

from geo.datum import DATUMS, parse_datum
from geo.errors import DatumError, MissingFileError, PointsError, RequestError
from geo.points.check import build_table
from geo.points.geojson import read_geojson
from geo.points.schema import KINDS, MAX_BYTES, BBox, Kind, PointTable, Raw
from geo.points.tables import read_table

__all__ = ["read_points"]

_READERS: dict[str, Callable[[bytes, Path, str], Raw]] = {
    ".csv": lambda data, path, _: read_table(data, path),
    ".tsv": lambda data, path, _: read_table(data, path),
    ".txt": lambda data, path, _: read_table(data, path),
    ".geojson": read_geojson,
    ".json": read_geojson,
}


def read_points(
    path: str | os.PathLike[str],
    *,
    kind: Kind,
    datum: str | None,
    sheet_bbox: BBox | None = None,
) -> PointTable:
    """Read stations, sites or demand from CSV, TSV, TXT or GeoJSON and judge every row.

    Parameters
    ----------
    path
        A file; its format is told by its suffix.
    kind
        ``stations``, ``sites`` or ``demand``; only demand has weights.
    datum
        The datum of the file's coordinates in any usual spelling. It has to be declared: nothing
        in a file of numbers tells GCJ-02 from WGS-84, and the two are half a kilometre apart.
    sheet_bbox
        West, south, east, north in degrees of the area that the rows should lie in. Exchanged
        coordinates are then found by it instead of by China's rectangle.

    Returns
    -------
    PointTable
        Points in WGS-84; rows that cannot be used are listed, not dropped.

    Raises
    ------
    RequestError
        `kind` is not known, or `sheet_bbox` is not a rectangle.
    DatumError
        `datum` is None or not known.
    MissingFileError
        There is no such file.
    PointsError
        The file cannot be read, or none of its rows can be used.
    """
    if kind not in KINDS:
        raise RequestError("kind_unknown", kind=str(kind)[:40], known=", ".join(KINDS))
    if datum is None:
        raise DatumError("datum_undeclared", known=", ".join(DATUMS))
    declared = parse_datum(datum)
    _check_bbox(sheet_bbox)
    where = Path(path)
    reader = _READERS.get(where.suffix.lower())
    data = _read(where, known=reader is not None)
    if reader is None:
        raise PointsError(
            "format_unknown", path=str(where), suffix=where.suffix or "?", known=" ".join(_READERS)
        )
    raw = reader(data, where, declared)
    return build_table(raw, path=where, kind=kind, datum=declared, sheet_bbox=sheet_bbox)


def _check_bbox(bbox: BBox | None) -> None:
    if bbox is None:
        return
    sides = np.asarray(bbox, np.float64) if len(bbox) == 4 else np.full(4, np.nan)
    west, south, east, north = sides.tolist()
    if not (np.isfinite(sides).all() and west < east and south < north):
        raise RequestError("bbox_unusable", bbox=", ".join(map(str, bbox)))


def _read(path: Path, *, known: bool) -> bytes:
    """Return the bytes of a regular file within the limit; nothing of an unknown format."""
    try:
        _check_file(path)
        data = path.read_bytes() if known else b"?"
    except PointsError:
        raise
    except FileNotFoundError as error:
        raise MissingFileError("file_missing", path=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        detail = getattr(error, "strerror", None) or str(error)
        raise PointsError("file_unreadable", path=str(path), detail=detail) from error
    if not data:
        raise PointsError("file_empty", path=str(path))
    return data


def _check_file(path: Path) -> None:
    info = path.stat()
    if stat.S_ISDIR(info.st_mode):
        raise PointsError("file_is_folder", path=str(path))
    if not stat.S_ISREG(info.st_mode):
        raise PointsError("file_not_regular", path=str(path))
    if info.st_size > MAX_BYTES:
        raise PointsError("file_too_large", path=str(path), limit=MAX_BYTES // 1_000_000)
