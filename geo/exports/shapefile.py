"""Shapefiles out: the layers of a result in one zip, for programs that read nothing newer.

A Shapefile (ESRI, 1998) is the poorest of the formats here, and says nothing of what it loses.
So the zip does: ``fields.csv`` leads from each short field name back to its column,
``provenance.json`` holds the record of the run, texts are UTF-8 with a ``.cpg`` that says so, and
texts longer than the 254 bytes of a field are cut between letters and counted. A field cannot
tell an empty text from a missing one. One Shapefile holds one kind of geometry.

GCJ-02 and BD-09 have no system: their files have the datum in their names and no ``.prj``.
GDAL opens ``*.shp.zip`` as it is; the ``.qml`` beside each Shapefile is its style in QGIS once
the zip is unpacked.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from geo.errors import OutputError
from geo.exports.atomic import atomic_path, staging_prefix
from geo.exports.fieldnames import cut, short_names
from geo.exports.geometry import SHIFTED
from geo.exports.headings import heading
from geo.exports.layer import CRS, GEOMETRY_OF_KIND, Content, Layer, content_of, gathered
from geo.exports.naming import named_for_datum
from geo.exports.provenance import Provenance
from geo.exports.shaping import Written
from geo.exports.styles import qml
from geo.exports.values import listed, plain, storable, utf8
from geo.stopping import scratch_folder

__all__ = ["FIELD_BYTES", "MAX_FIELDS", "write_shapefiles"]

FIELD_BYTES = 254
"""Room for a text in a field of dBASE."""

MAX_FIELDS = 255
MAX_FILE_BYTES = 2**31 - 1
"""What every reader opens: offsets in a ``.shp`` count 16-bit words, signed."""

_NUMBER_BYTES = 24
_ENDS = {0: "points", 1: "lines", 2: "polygons"}
_FIELDS_HEADING = ("file", "field", "column", "heading_zh", "heading_en")


def write_shapefiles(
    layers: Iterable[Layer],
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    lang: str = "zh",
    keep_private: bool = False,
) -> Written:
    """Write `layers` into one zip of Shapefiles, atomically.

    Parameters
    ----------
    layers
        At least one, of different names. A layer of several kinds of geometry becomes a
        Shapefile for each; one without geometry becomes a ``.dbf``.
    path, provenance, keep_private
        As for `geo.exports.write_geojson`; the name should end in ``.shp.zip``.
    lang
        Language of the legends in the ``.qml``.

    Returns
    -------
    Written
        Rows, collapsed ids and dropped columns of all layers together, and how many texts were
        cut.

    Raises
    ------
    RequestError
        A frame is not in EPSG:4326 degrees, or lacks its id column.
    OutputError
        A file would be larger than 2 GB or have more than 255 fields, or the zip cannot be
        written; what was there before is untouched.
    """
    target = named_for_datum(path, provenance.datum_out)
    contents = [content_of(x, provenance, lang, keep_private=keep_private) for x in layers]
    parts = [part for content in contents for part in _parts(content, provenance.datum_out)]
    if not parts or len({part.name.casefold() for part in parts}) < len(parts):
        raise ValueError(f"layers need different names: {[part.name for part in parts]}")
    for part in parts:
        part.check(target)
    place = Path(os.path.realpath(target))
    beside = scratch_folder(staging_prefix(place), place.parent)
    with atomic_path(target) as staged, beside as made:
        for part in parts:
            part.write(made, provenance, lang)
        _pack(made, staged, parts, provenance)
    return Written(target, **gathered(contents), texts_cut=sum(part.texts_cut for part in parts))


@dataclass(eq=False)
class _Part:
    """One Shapefile: rows of a layer that have one kind of geometry."""

    content: Content
    name: str
    table: pd.DataFrame
    geometries: npt.NDArray[np.object_] | None
    fields: dict[Hashable, str] = field(init=False)
    texts_cut: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.fields = short_names(self.table.columns)
        columns = {self.fields[name]: self._column(self.table[name]) for name in self.fields}
        self.columns = pd.DataFrame(columns, index=self.table.index)

    def check(self, target: Path) -> None:
        """Refuse what would not fit, before anything is written."""
        if len(self.fields) > MAX_FIELDS:
            raise OutputError(
                "shapefile_fields", path=str(target), layer=self.name, count=len(self.fields),
                most=MAX_FIELDS,
            )  # fmt: skip
        size = max(self._shape_bytes(), self._table_bytes())
        if size > MAX_FILE_BYTES:
            gigabytes = size / 2**30
            raise OutputError(
                "shapefile_large", path=str(target), layer=self.name, gigabytes=gigabytes
            )

    def write(self, folder: Path, provenance: Provenance, lang: str) -> None:
        datum = provenance.datum_out
        options = {
            "ENCODING": "UTF-8",
            "DBF_DATE_LAST_UPDATE": provenance.created_utc[:10],
            "RESIZE": "YES",
        }
        frame: pd.DataFrame = self.columns
        more: dict[str, Any] = {}
        kind = self.content.layer.kind
        if self.geometries is not None:
            crs = CRS.get(datum, "EPSG:4326")
            frame = gpd.GeoDataFrame(self.columns, geometry=list(self.geometries), crs=crs)
            if shapely.is_missing(self.geometries).all():
                more["geometry_type"] = GEOMETRY_OF_KIND[kind].removeprefix("Multi")
        path = folder / f"{self.name}{'.shp' if self.geometries is not None else '.dbf'}"
        pyogrio.write_dataframe(
            frame, path, layer=self.name, driver="ESRI Shapefile", layer_options=options, **more
        )
        if datum in SHIFTED:
            path.with_name(f"{self.name}.prj").unlink(missing_ok=True)
        if kind is not None and self.geometries is not None:
            style = qml(kind, self.table, lang, fields=self.fields)
            path.with_name(f"{self.name}.qml").write_bytes(utf8(style))

    def _column(self, column: pd.Series) -> pd.Series:
        found = storable(column, listed)
        if _is_number(found):
            return found
        # Moments too: a field holds days only.
        texts = [None if plain(value) is None else listed(value) for value in found]
        room = [text if text is None else cut(text, FIELD_BYTES) for text in texts]
        self.texts_cut += sum(a != b for a, b in zip(texts, room, strict=True))
        return pd.Series(room, index=found.index, dtype=object)

    def _shape_bytes(self) -> int:
        """The size of the ``.shp``: 52 bytes a shape, 4 a part or ring, 16 a vertex."""
        if self.geometries is None:
            return 0
        shapes = self.geometries
        rings = shapely.get_num_interior_rings(shapely.get_parts(shapes)) + 1
        vertices = int(shapely.get_num_coordinates(shapes).sum())
        return 100 + 52 * len(shapes) + 4 * int(rings.sum()) + 16 * vertices

    def _table_bytes(self) -> int:
        widths = [self._width(self.columns[name]) for name in self.columns]
        return 33 + 32 * len(widths) + len(self.columns) * (1 + sum(widths))

    @staticmethod
    def _width(column: pd.Series) -> int:
        if _is_number(column):
            return _NUMBER_BYTES
        return max((len(text.encode()) for text in column if text is not None), default=1)


def _is_number(column: pd.Series) -> bool:
    """Say whether a column is of numbers or booleans."""
    return bool(pd.api.types.is_numeric_dtype(column.dtype))


def _parts(content: Content, datum: str) -> list[_Part]:
    """Return the Shapefiles of a layer; rows without geometry go with the most frequent kind."""
    mark = f".{datum}" if datum in SHIFTED else ""
    name, shapes = content.layer.name, content.geometries
    if shapes is None:
        return [_Part(content, name, content.table, None)]
    dimension = shapely.get_dimensions(shapes)
    found, counts = np.unique(dimension[dimension >= 0], return_counts=True)
    if len(found) <= 1:
        return [_Part(content, f"{name}{mark}", content.table, shapes)]
    dimension = np.where(dimension < 0, found[counts.argmax()], dimension)
    return [
        _Part(
            content,
            f"{name}_{_ENDS[int(kind)]}{mark}",
            content.table[dimension == kind].reset_index(drop=True),
            shapes[dimension == kind],
        )
        for kind in found
    ]


def _pack(folder: Path, target: Path, parts: list[_Part], provenance: Provenance) -> None:
    """Zip the files in `folder` with the key to their fields; the same content, the same bytes."""
    record = json.dumps(provenance.as_dict(), ensure_ascii=False, indent=1)
    files = {path.name: path.read_bytes for path in sorted(folder.iterdir())}
    moment = datetime.fromisoformat(provenance.created).timetuple()[:6]
    clock = max((moment[0], *moment[1:]), (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(name, clock)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)

        add("fields.csv", _key(parts))
        add("provenance.json", utf8(record + "\n"))
        for name, read in files.items():
            add(name, read())


def _key(parts: list[_Part]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(_FIELDS_HEADING)
    for part in parts:
        file, kind = f"{part.name}.dbf", part.content.layer.kind
        for column, short in part.fields.items():
            said = (heading(column, lang, kind) for lang in ("zh", "en"))
            rows.writerow((file, short, column, *said))
    return b"\xef\xbb\xbf" + utf8(text.getvalue())
