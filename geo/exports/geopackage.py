"""GeoPackage out (OGC 12-128r19): several layers in one file, with styles and provenance.

Layers are written by GDAL (pyogrio). Beside them the file has ``layer_styles``, the table from
which QGIS takes how a layer is drawn, and ``provenance``, a table of keys and values.

GCJ-02 and BD-09 have no EPSG code, and calling them WGS-84 would put everything half a kilometre
off: such a file is named ``*.gcj02.gpkg``, its layers have the undefined geographic system
(``srs_id`` 0, requirement 11) and say so in their descriptions. CGCS2000 is EPSG:4490.

The same frames and provenance give the same bytes with the same versions of GDAL and SQLite:
the only clock in the file, ``last_change``, is set to the provenance's `created`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Hashable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.exports.atomic import atomic_path
from geo.exports.geometry import SHIFTED, ready
from geo.exports.naming import named_for_datum
from geo.exports.provenance import Provenance
from geo.exports.shaping import Written, shaped
from geo.exports.styles import qml
from geo.exports.values import json_text, storable
from geo.words import say

__all__ = ["Layer", "write_geopackage"]

_STYLES = """CREATE TABLE layer_styles (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
 f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
 f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
 useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""
_ADD_STYLE = """INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,
 f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui,
 update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', '', ?)"""
_PROVENANCE = """CREATE TABLE provenance (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, key TEXT NOT NULL, value TEXT)"""
_ATTRIBUTES = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description,
 last_change, srs_id) VALUES (?, 'attributes', ?, ?, ?, 0)"""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a GeoPackage.

    Attributes
    ----------
    name
        Table name, unique in the file whatever its case.
    frame
        Rows in EPSG:4326; columns keep full precision, lists and dicts become JSON text.
    kind
        Which style it gets, one of `geo.exports.KINDS`; None for no style.
    description
        A sentence about the layer, kept in the file.
    id_column
        Column that names rows in reports; None for none.
    """

    name: str
    frame: gpd.GeoDataFrame
    kind: str | None = None
    description: str = ""
    id_column: str | None = "id"


def write_geopackage(
    layers: Iterable[Layer],
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    lang: str = "zh",
    keep_private: bool = False,
) -> Written:
    """Write `layers` into one new GeoPackage with styles and provenance, atomically.

    Parameters
    ----------
    layers
        At least one, of different names.
    path, provenance, keep_private
        As for `geo.exports.write_geojson`.
    lang
        Language of the legends and of the datum notes.

    Returns
    -------
    Written
        Rows, collapsed ids and dropped columns of all layers together.

    Raises
    ------
    RequestError
        A frame is not in EPSG:4326 degrees, or lacks its id column.
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    target = named_for_datum(path, provenance.datum_out)
    found = list(layers)
    _check_names([layer.name.lower() for layer in found])
    tables = [_table(layer, provenance, lang, keep_private) for layer in found]
    with atomic_path(target) as staged:
        for table in tables:
            _write_layer(table, staged, provenance.datum_out)
        with closing(sqlite3.connect(staged)) as base, base:
            _finish(base, tables, provenance, lang)
    return Written(
        target,
        sum(len(table.frame) for table in tables),
        tuple(label for table in tables for label in table.collapsed),
        tuple(dict.fromkeys(name for table in tables for name in table.dropped_columns)),
    )


def _check_names(names: list[str]) -> None:
    own = {"layer_styles", "provenance"}
    reserved = [n for n in names if n in own or n.startswith(("gpkg_", "rtree_", "sqlite_"))]
    if not names or len(set(names)) < len(names) or reserved or not all(names):
        raise ValueError(f"layers need different names of their own: {names}")


@dataclass(frozen=True, eq=False)
class _Table:
    """A layer as it goes to GDAL."""

    layer: Layer
    frame: gpd.GeoDataFrame
    geometry_column: str
    fid_column: str
    description: str
    collapsed: tuple[Hashable, ...]
    dropped_columns: tuple[str, ...]


def _table(layer: Layer, provenance: Provenance, lang: str, keep_private: bool) -> _Table:
    datum = provenance.datum_out
    parts = shaped(layer.frame, datum, id_column=layer.id_column, keep_private=keep_private)
    prepared = ready(parts.geometries, datum)
    kept = np.flatnonzero(~prepared.collapsed)
    columns = _columns(parts.table.iloc[kept])
    taken = {name.lower() for name in columns}
    geometry_column = _free("geom", taken)
    columns[geometry_column] = gpd.GeoSeries(
        prepared.geometries[kept], index=parts.table.index[kept]
    )
    note = say(f"style.datum_{datum}", lang) if datum != "wgs84" else ""
    return _Table(
        layer=layer,
        frame=gpd.GeoDataFrame(columns, geometry=geometry_column, crs=_CRS[datum]),
        geometry_column=geometry_column,
        fid_column=_free("fid", taken),
        description=" ".join(text for text in (layer.description, note) if text),
        collapsed=tuple(parts.label(i) for i in np.flatnonzero(prepared.collapsed).tolist()),
        dropped_columns=parts.dropped_columns,
    )


_CRS = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490", "gcj02": "EPSG:4326", "bd09": "EPSG:4326"}


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Return storable columns under names that differ in more than case (SQLite's rule)."""
    columns: dict[str, Any] = {}
    taken: set[str] = set()
    for name in table.columns:
        free = _free(str(name), taken)
        taken.add(free.lower())
        columns[free] = storable(table[name])
    return columns


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate.lower() in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _write_layer(table: _Table, path: Path, datum: str) -> None:
    options = {
        "GEOMETRY_NAME": table.geometry_column,
        "FID": table.fid_column,
        "IDENTIFIER": table.layer.name,
        "DESCRIPTION": table.description,
    }
    if datum in SHIFTED:
        # Overrides the frame's system, without which pyogrio would warn.
        options["SRID"] = "0"
    dimensions = set(np.unique(shapely.get_dimensions(table.frame.geometry.to_numpy()))) - {-1}
    empty = {"geometry_type": _EMPTY_TYPES[table.layer.kind]} if not dimensions else {}
    pyogrio.write_dataframe(
        table.frame,
        path,
        layer=table.layer.name,
        driver="GPKG",
        append=path.exists(),
        promote_to_multi=0 not in dimensions,
        dataset_options={"DATETIME_FORMAT": "UTC"},
        layer_options=options,
        **empty,
    )


_EMPTY_TYPES: dict[str | None, str] = {
    "bands": "MultiPolygon",
    "responsibility": "MultiPolygon",
    "gaps": "MultiPolygon",
    "stations": "Point",
    "demand": "Point",
    "lines": "MultiLineString",
    None: "Unknown",
}


def _finish(
    base: sqlite3.Connection, tables: list[_Table], provenance: Provenance, lang: str
) -> None:
    """Check the rows, add styles and provenance, and set the clock."""
    moment = provenance.created_utc
    for table in tables:
        name = table.layer.name.replace('"', '""')
        (rows,) = base.execute(f'SELECT count(*) FROM "{name}"').fetchone()
        if rows != len(table.frame):
            raise sqlite3.DatabaseError(f"{rows} of {len(table.frame)} rows in {name}")
    base.execute(_STYLES)
    base.execute(_PROVENANCE)
    for table in tables:
        kind = table.layer.kind
        if kind is not None:
            name = table.layer.name
            style = qml(kind, table.frame, lang)
            values = (name, table.geometry_column, name[:30], style, table.description, moment)
            base.execute(_ADD_STYLE, values)
    record = provenance.as_dict()
    base.executemany(
        "INSERT INTO provenance (key, value) VALUES (?, ?)",
        [
            (key, value if isinstance(value, str) else json_text(value))
            for key, value in record.items()
        ],
    )
    for name in ("layer_styles", "provenance"):
        base.execute(_ATTRIBUTES, (name, name, say(f"style.table_{name}", lang), moment))
    base.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
