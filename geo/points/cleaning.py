"""A checked table written out again: clean points in one datum, and the faults beside them.

What a cleaned file holds: ``id``, ``name``, the fields of docs/schema.md that were recognised, the
position in the datum asked for, and the input's own columns as far as they say more than ours.
Columns that name a person are left out (`geo.exports.private`).
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import words
from geo.datum import from_wgs84
from geo.errors import RequestError
from geo.exports import (
    Provenance,
    named_for_datum,
    private_columns,
    write_atomic,
    write_csv,
    write_geojson,
)
from geo.points.cells import is_blank
from geo.points.fields import FIELDS
from geo.points.report import fault_sentence
from geo.points.schema import PointTable
from geo.vector.text import unique

__all__ = ["FORMATS", "Cleaned", "cleaned_frame", "faults_frame", "write_cleaned"]

FORMATS = (".geojson", ".csv", ".xlsx")
_COORDINATES = (
    *("lon", "lat", "lonlat", "latlon", "lon_min", "lon_sec", "lat_min", "lat_sec", "datum"),
)
_MARKS = {"datum", "run_id", "run_flags"}
# Fields that say all that was said, in one spelling of many.
_LOSSLESS = ("facilities", "verified_on", "sample", "class", "built")
_SHEET_TEXT = 32_767  # characters that a cell of a workbook holds
_DATUM_WORDS = {"wgs84": "WGS-84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Cleaned:
    """What was written.

    Attributes
    ----------
    path, faults_path
        The points, and the faults beside them; no faults, no file: then None.
    points, faults
        How many rows each has.
    dropped
        The private columns that were left out.
    """

    path: Path
    faults_path: Path | None
    points: int
    faults: int
    dropped: tuple[str, ...]


def cleaned_frame(table: PointTable) -> gpd.GeoDataFrame:
    """Return the usable rows as a cleaned table holds them (EPSG:4326), private columns included.

    The columns that coordinates were read from go, the geometry stands for them. An own column
    goes where it says no more than ours in any row; that of addresses is called ``address``.
    """
    frame = table.frame
    own = {role: _own(frame, heading) for role, heading in table.columns.items()}
    gone = [name for role in _COORDINATES if (name := own.get(role)) is not None]
    gone += [
        name
        for role in ("id", "name", "demand", *FIELDS)
        if (name := own.get(role)) is not None and role in frame and name != role
        and _says_no_more(role, frame[role], frame[name])
    ]  # fmt: skip
    kept = frame.drop(columns=list(dict.fromkeys(gone)))
    address = own.get("address")
    if address is not None and address in kept and "address" not in kept:
        kept = kept.rename(columns={address: "address"})
    return kept


def _own(frame: pd.DataFrame, heading: str) -> str | None:
    """Return under which name an own column of `heading` is in `frame`."""
    return next((n for n in (f"{heading}_input", heading) if n in frame.columns), None)


def _says_no_more(role: str, ours: pd.Series, own: pd.Series) -> bool:
    pairs = list(zip(ours.tolist(), own.tolist(), strict=True))
    if role in _LOSSLESS:
        return all(a is not None or is_blank(b) for a, b in pairs)
    return all(is_blank(b) or _text(a) == _text(b) for a, b in pairs)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def faults_frame(table: PointTable, lang: str) -> pd.DataFrame:
    """Return the unusable rows: ``id, sheet, row, name, code, sentence``, their cells, ``datum``.

    The cells are those of the input's own columns, as it has them; a column whose heading is one
    of ours is called ``<heading>_input``. ``datum`` is that of the row's own coordinates, as it
    was judged, or the word that is no datum: so a row put right here reads back in its place. It
    stands for an own column of datums.
    """
    sentences = [
        fault_sentence(fault["code"], fault["params"], lang)
        for fault in table.faults.to_dict("records")
    ]
    listed = table.faults[["id", "sheet", "row", "name", "code"]].assign(sentence=sentences)
    ours = {"id", "name", "sheet", "reason", *FIELDS}
    if table.kind == "demand":
        ours.add("demand")
    own = table.unused.drop(columns=[c for c in table.unused.columns if c in ours])
    datums = table.faults["datum"].astype(object)
    said = _own(own, table.columns["datum"]) if "datum" in table.columns else None
    if said is not None:
        datums = datums.where(table.faults["code"] != "bad_datum", own[said].to_numpy())
        own = own.drop(columns=said)
    taken = {*listed.columns, *_MARKS}
    names = [f"{c}_input" if str(c).casefold() in taken else str(c) for c in own.columns]
    own = own.set_axis(unique(names), axis=1)
    listed, own = listed.reset_index(drop=True), own.reset_index(drop=True)
    return pd.concat([listed, own], axis=1).assign(datum=datums.to_numpy())


def write_cleaned(
    table: PointTable,
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    lang: str = "zh",
) -> Cleaned:
    """Write the usable rows as .geojson, .csv or .xlsx and the faults as CSV beside them.

    Parameters
    ----------
    table
        As read; of a table without faults only the points are written.
    path
        Where to; its suffix is the format. With a `datum_out` of GCJ-02 or BD-09 a .geojson has
        the datum in its name. The faults are in ``<stem>.faults.csv``.
    provenance
        Its `datum_out` decides the coordinates.
    lang
        Of the headings of a workbook (``zh``: those of the template) and of the faults' sentences.

    Raises
    ------
    RequestError
        Another suffix.
    OutputError
        A file cannot be written; what was there before is untouched.
    """
    where = Path(path)
    suffix = where.suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise RequestError("clean_format", suffix=where.suffix or "?", known=known)
    frame = cleaned_frame(table)
    faults = faults_frame(table, lang)
    beside = where.with_name(f"{where.stem}.faults.csv")
    if len(faults):
        write_csv(faults, beside, provenance, own_datums=True)
    if suffix == ".geojson":
        where = named_for_datum(where, provenance.datum_out)
        dropped = write_geojson(frame, where, provenance).dropped_columns
    elif suffix == ".csv":
        dropped = write_csv(frame, where, provenance).dropped_columns
    else:
        dropped = _write_workbook(frame, where, provenance, lang)
    return Cleaned(where, beside if len(faults) else None, len(frame), len(faults), dropped)


def _write_workbook(
    frame: gpd.GeoDataFrame, path: Path, provenance: Provenance, lang: str
) -> tuple[str, ...]:
    """Write a sheet of points under the template's headings, and a sheet of where they are from."""
    import xlsxwriter

    dropped = private_columns(frame.columns)
    table = _sheet_table(frame.drop(columns=dropped), provenance.datum_out, lang)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {**options, "in_memory": True}) as book:
        sheet = book.add_worksheet(words.say("points.book_sheet", lang))
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(table):
            sheet.write_string(0, column, heading, bold)
            for row, cell in enumerate(table[heading].tolist(), start=1):
                _write_cell(sheet, row, column, cell)
        about = book.add_worksheet(words.say("points.book_about", lang))
        for row, (key, value) in enumerate(_about(provenance)):
            about.write_string(row, 0, key)
            about.write_string(row, 1, value[:_SHEET_TEXT])
    write_atomic(path, held.getvalue())
    return tuple(str(name) for name in dropped)


def _sheet_table(frame: gpd.GeoDataFrame, datum_out: str, lang: str) -> pd.DataFrame:
    """Return the columns of a workbook under the headings that people know."""
    x, y = from_wgs84(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy(), datum_out)
    own = pd.DataFrame(frame.drop(columns="geometry"))
    own = own.drop(columns=[c for c in ("lon", "lat", "datum") if c in own])
    made = {
        "lon": np.round(x, 7),
        "lat": np.round(y, 7),
        "datum": [_DATUM_WORDS[datum_out]] * len(own),
    }
    place = 1 + next((i for i, c in enumerate(own.columns) if c == "name"), 0)
    head, rest = own.iloc[:, :place], own.iloc[:, place:]
    table = pd.concat([head, pd.DataFrame(made, index=own.index), rest], axis=1)
    known = words.entries()
    names = [
        words.say(f"points.role_{c}", lang) if f"points.role_{c}" in known else str(c)
        for c in table.columns
    ]
    return table.set_axis(unique(names), axis=1)


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    if cell is None or (isinstance(cell, float) and not np.isfinite(cell)):
        return
    if isinstance(cell, bool):
        sheet.write_string(row, column, "是" if cell else "否")
    elif isinstance(cell, int | float) and abs(cell) < 1e15:
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell)[:_SHEET_TEXT])


def _about(provenance: Provenance) -> list[tuple[str, str]]:
    """Return the provenance as rows of two texts."""
    rows: list[tuple[str, str]] = []
    for key, value in provenance.as_dict().items():
        if isinstance(value, dict):
            rows += [(f"{key}.{inner}", str(v)) for inner, v in value.items()]
        elif value not in (None, ""):
            rows.append(
                (key, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
            )
    return rows
