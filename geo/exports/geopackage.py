"""GeoPackage out: several layers in one file, with styles and provenance.

Version 1.2 (OGC 12-128r14), which every GIS of the last years opens without a warning; GDAL would
write 1.4. Layers are written by GDAL (pyogrio). Beside them the file has ``layer_styles``, the
table from which QGIS takes how a layer is drawn, and ``provenance``, a table of keys and values.

GCJ-02 and BD-09 have no EPSG code, and calling them WGS-84 would put everything half a kilometre
off: such a file is named ``*.gcj02.gpkg``, its layers have the undefined geographic system
(``srs_id`` 0, requirement 11) and say so in their descriptions. CGCS2000 is EPSG:4490.

The same frames and provenance give the same bytes with the same versions of GDAL and SQLite:
the only clock in the file, ``last_change``, is set to the provenance's `created`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
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
from geo.exports.geometry import SHIFTED
from geo.exports.layer import CRS, GEOMETRY_OF_KIND, Content, Layer, content_of, free_name, gathered
from geo.exports.naming import named_for_datum
from geo.exports.provenance import Provenance
from geo.exports.shaping import Written
from geo.exports.styles import qml
from geo.exports.values import json_text, storable
from geo.words import say

__all__ = ["write_geopackage"]

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
    tables = [
        _table(content_of(layer, provenance, lang, keep_private=keep_private), provenance)
        for layer in found
    ]
    with atomic_path(target) as staged:
        for table in tables:
            _write_layer(table, staged, provenance.datum_out)
        with closing(sqlite3.connect(staged)) as base, base:
            _finish(base, tables, provenance, lang)
    return Written(target, **gathered(table.content for table in tables))


def _check_names(names: list[str]) -> None:
    own = {"layer_styles", "provenance"}
    reserved = [n for n in names if n in own or n.startswith(("gpkg_", "rtree_", "sqlite_"))]
    if not names or len(set(names)) < len(names) or reserved or not all(names):
        raise ValueError(f"layers need different names of their own: {names}")


@dataclass(frozen=True, eq=False)
class _Table:
    """A layer as it goes to GDAL; without geometry its frame is a plain one."""

    content: Content
    frame: pd.DataFrame
    geometry_column: str
    fid_column: str

    @property
    def name(self) -> str:
        return self.content.layer.name


def _table(content: Content, provenance: Provenance) -> _Table:
    columns = _columns(content.table)
    taken = {name.lower() for name in columns}
    geometry_column = free_name("geom", taken)
    frame = pd.DataFrame(columns)
    if content.geometries is not None:
        columns[geometry_column] = gpd.GeoSeries(content.geometries, index=content.table.index)
        # Where a datum has no system, WGS-84 keeps pyogrio quiet and the option SRID overrides it.
        crs = CRS.get(provenance.datum_out, "EPSG:4326")
        frame = gpd.GeoDataFrame(columns, geometry=geometry_column, crs=crs)
    return _Table(content, frame, geometry_column, free_name("fid", taken))


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Return storable columns under names that differ in more than case (SQLite's rule)."""
    columns: dict[str, Any] = {}
    taken: set[str] = set()
    for name in table.columns:
        free = free_name(str(name), taken)
        taken.add(free.lower())
        columns[free] = storable(table[name])
    return columns


def _write_layer(table: _Table, path: Path, datum: str) -> None:
    options = {
        "FID": table.fid_column,
        "IDENTIFIER": table.name,
        "DESCRIPTION": table.content.description,
    }
    more: dict[str, Any] = {}
    if isinstance(table.frame, gpd.GeoDataFrame):
        options["GEOMETRY_NAME"] = table.geometry_column
        if datum in SHIFTED:
            options["SRID"] = "0"
        found = set(np.unique(shapely.get_dimensions(table.frame.geometry.to_numpy()))) - {-1}
        more["promote_to_multi"] = 0 not in found
        if not found:
            more["geometry_type"] = GEOMETRY_OF_KIND[table.content.layer.kind]
    pyogrio.write_dataframe(
        table.frame,
        path,
        layer=table.name,
        driver="GPKG",
        append=path.exists(),
        dataset_options={"DATETIME_FORMAT": "UTC", "VERSION": "1.2"},
        layer_options=options,
        **more,
    )


def _finish(
    base: sqlite3.Connection, tables: list[_Table], provenance: Provenance, lang: str
) -> None:
    """Check the rows, add styles and provenance, and set the clock."""
    moment = provenance.created_utc
    for table in tables:
        name = table.name.replace('"', '""')
        (rows,) = base.execute(f'SELECT count(*) FROM "{name}"').fetchone()
        if rows != len(table.frame):
            raise sqlite3.DatabaseError(f"{rows} of {len(table.frame)} rows in {name}")
    base.execute(_STYLES)
    base.execute(_PROVENANCE)
    for table in tables:
        kind, name = table.content.layer.kind, table.name
        if kind is not None:
            style, about = qml(kind, table.frame, lang), table.content.description
            values = (name, table.geometry_column, name[:30], style, about, moment)
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
