"""One gate for every file of points: what it is, whether it may be read, and with which datum."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geo.datum import DATUMS, parse_datum
from geo.errors import DatumError, MissingFileError, PointsError, RequestError
from geo.points.check import build_table
from geo.points.features import read_points_of
from geo.points.grids import Book
from geo.points.mapping import Mapping
from geo.points.projected import check_crs
from geo.points.schema import KINDS, MAX_BYTES, BBox, Kind, PointTable, SheetSeen
from geo.points.sheets import map_book, map_features, read_book, role_columns
from geo.points.tables import read_text

__all__ = ["SUFFIXES", "preview", "read_points"]

_TEXT = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et")
_FEATURES = (".geojson", ".json", ".gpkg", ".shp", ".zip")
SUFFIXES = (*_TEXT, *_WORKBOOKS, *_FEATURES)
"""Endings of the files that `read_points` reads."""

MAX_WORKBOOK = 50_000_000  # bytes
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")


def read_points(
    path: str | os.PathLike[str],
    *,
    kind: Kind,
    datum: str | None,
    sheet_bbox: BBox | None = None,
    sheets: Sequence[str] = (),
    crs: str | None = None,
    mapping: Mapping | None = None,
    unlocated: bool = False,
) -> PointTable:
    """Read stations, sites or demand from a table or a vector file and judge every row.

    Parameters
    ----------
    path
        CSV, TSV, TXT; .xlsx, .xls and what is called so (HTML, XML or text of web systems), WPS's
        .et; GeoJSON, GeoPackage, Shapefile (also zipped). The suffix tells the format of a text
        or vector file, the content that of a workbook.
    kind
        ``stations``, ``sites`` or ``demand``; only demand has weights.
    datum
        The datum of the file's coordinates in any usual spelling. It has to be declared, here or
        in `mapping`: nothing in a file of numbers tells GCJ-02 from WGS-84, and the two are half
        a kilometre apart. Rows of a table that name their own datum in a column are converted
        from that.
    sheet_bbox
        West, south, east, north in degrees of the area that the rows should lie in. Exchanged
        coordinates are then found by it instead of by China's rectangle.
    sheets
        Names of the sheets to read; all that have headings where it is empty. Of a GeoPackage or
        a zip, the one layer to read.
    crs
        The reference system of positions in metres, such as ``EPSG:4549``. Without it they are
        faults of their rows.
    mapping
        How to read the file, as `preview` gives it and a user may have changed it; its `kind`
        gives way to `kind`, its `datum` and `crs` to those given here.
    unlocated
        Accept a table whose rows have addresses only (`geo.points.locating`).

    Returns
    -------
    PointTable
        Points in WGS-84; rows that cannot be used are listed, not dropped.

    Raises
    ------
    RequestError
        `kind` or `crs` is not known, or `sheet_bbox` is not a rectangle.
    DatumError
        No datum is declared, or it is not known.
    MissingFileError
        There is no such file.
    PointsError, VectorError
        The file cannot be read, or none of its rows can be used.
    """
    _check_kind(kind)
    word = datum if datum is not None else mapping.datum if mapping is not None else None
    if word is None:
        raise DatumError("datum_undeclared", known=", ".join(DATUMS))
    declared = parse_datum(word)
    named = crs if crs is not None else mapping.crs if mapping is not None else None
    metres = None if named is None else check_crs(named)
    _check_bbox(sheet_bbox)
    where = Path(path)
    seen: tuple[SheetSeen, ...] = ()
    if where.suffix.lower() in _FEATURES:
        layer = _layer(where, sheets, mapping)
        raw = read_points_of(where, declared, layer)
        how = mapping or map_features(raw, kind=kind, datum=declared, encoding=raw.encoding)
        raw = role_columns(raw, replace(how, kind=kind, datum=declared), where)
    else:
        book = _book(where)
        how = mapping or map_book(book, kind=kind, datum=declared, sheets=sheets, path=where)
        how = replace(how, kind=kind, datum=declared)
        raw, seen = read_book(book, how, where, unlocated=unlocated)
    table = build_table(
        raw, path=where, kind=kind, datum=declared, sheet_bbox=sheet_bbox, crs=metres,
        unlocated=unlocated,
    )  # fmt: skip
    return replace(table, sheets=seen)


def preview(
    path: str | os.PathLike[str],
    *,
    kind: Kind,
    datum: str | None = None,
    sheets: Sequence[str] = (),
    crs: str | None = None,
    headings: dict[str, tuple[int, int]] | None = None,
) -> Mapping:
    """Return how a file would be read: sheets, headings, the role of each column, sample cells.

    The answer may be changed (`SheetMapping.with_role`, `dataclasses.replace`) and handed to
    `read_points`; nothing is judged yet and no datum has to be declared. Parameters and errors
    are those of `read_points`, but for `headings`: by sheet (``""`` in a file without sheets) the
    row on which its headings begin and how many they take, where they are not to be looked for.
    """
    _check_kind(kind)
    declared = None if datum is None else parse_datum(datum)
    metres = None if crs is None else check_crs(crs)
    where = Path(path)
    if where.suffix.lower() in _FEATURES:
        raw = read_points_of(where, declared, _layer(where, sheets, None))
        made = map_features(raw, kind=kind, datum=declared, encoding=raw.encoding)
    else:
        made = map_book(
            _book(where), kind=kind, datum=declared, sheets=sheets, path=where, headings=headings
        )
    return replace(made, crs=metres)


def _layer(path: Path, sheets: Sequence[str], mapping: Mapping | None) -> str | None:
    """Return the layer to read, by the option or by the mapping."""
    if len(sheets) > 1:
        raise PointsError("one_layer", path=str(path))
    if sheets:
        return sheets[0]
    named = [s.name for s in mapping.sheets if s.read and s.name] if mapping is not None else []
    return named[0] if named else None


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise RequestError("kind_unknown", kind=str(kind)[:40], known=", ".join(KINDS))


def _check_bbox(bbox: BBox | None) -> None:
    if bbox is None:
        return
    sides = np.asarray(bbox, np.float64) if len(bbox) == 4 else np.full(4, np.nan)
    west, south, east, north = sides.tolist()
    if not (np.isfinite(sides).all() and west < east and south < north):
        raise RequestError("bbox_unusable", bbox=", ".join(map(str, bbox)))


def _book(path: Path) -> Book:
    """Return the sheets of a table, by its suffix and, for workbooks, by its content."""
    suffix = path.suffix.lower()
    data = _read(path, known=suffix in _TEXT + _WORKBOOKS)
    if suffix in _TEXT:
        return read_text(data, path)
    if suffix in _WORKBOOKS:
        return _workbook_reader(data, path)(data, path)
    known = " ".join(SUFFIXES)
    raise PointsError("format_unknown", path=str(path), suffix=path.suffix or "?", known=known)


def _workbook_reader(data: bytes, path: Path) -> Callable[[bytes, Path], Book]:
    """Return the reader of what a workbook is, whatever it is called."""
    from geo.points import biff, markup, ooxml

    if len(data) > MAX_WORKBOOK:
        raise PointsError("file_too_large", path=str(path), limit=MAX_WORKBOOK // 1_000_000)
    if data.startswith(b"PK"):
        return ooxml.read_xlsx
    if data.startswith((_OLE, *_OLD_BIFF)):
        return biff.read_xls
    if markup.is_xml_workbook(data):
        return markup.read_xml_workbook
    if markup.is_html(data):
        return markup.read_html
    if b"\0" in data[:1000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PointsError("workbook_unknown", path=str(path))
    return read_text


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
