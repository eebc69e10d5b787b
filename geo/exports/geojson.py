"""GeoJSON out, as RFC 7946 wants it.

WGS-84 longitude and latitude (section 4; no ``crs`` member), outer rings counter-clockwise
(3.1.6), a ``bbox`` (5), ``id`` members (3.2), UTF-8 without a byte order mark (RFC 8259, 8.1).
The provenance is a foreign member ``hongtu`` (6.1). The same frame and provenance give the same
bytes.

With ``datum_out`` GCJ-02 or BD-09 the file is no RFC 7946 GeoJSON, and says so: it is named
``*.gcj02.geojson`` or ``*.bd09.geojson`` and has a ``datum`` member and a ``datum`` property on
each feature. CGCS2000 is marked the same way; its numbers are those of WGS-84 and its name stays.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Hashable, Iterator
from typing import Any, BinaryIO

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.exports.atomic import write_atomic
from geo.exports.geometry import ready
from geo.exports.naming import named_for_datum
from geo.exports.provenance import Provenance
from geo.exports.shaping import Shaped, Written, shaped
from geo.exports.values import column_values, json_text, plain, utf8

__all__ = ["geojson_bytes", "stream_geojson", "write_geojson"]

_CHUNK = 2_000
_FORMATS = {
    "wgs84": "GeoJSON (RFC 7946)",
    "cgcs2000": "GeoJSON (RFC 7946 numbers: CGCS2000 and WGS-84 agree within the precision here)",
    "gcj02": "GeoJSON layout with GCJ-02 coordinates, not RFC 7946",
    "bd09": "GeoJSON layout with BD-09 coordinates, not RFC 7946",
}


def write_geojson(
    frame: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    id_column: str | None = "id",
    keep_private: bool = False,
) -> Written:
    """Write `frame` as one FeatureCollection, feature by feature, atomically.

    Parameters
    ----------
    frame
        Rows in EPSG:4326; every other column becomes a property. Floats are rounded to the
        decimals of the unit in their name, NaN, ±inf and missing values become null.
    path
        Where to. With a GCJ-02 or BD-09 `Provenance.datum_out` the datum goes into the name:
        the path written is in the answer.
    provenance
        The ``hongtu`` member; its `datum_out` decides the coordinates.
    id_column
        Column for the ``id`` members, which are left out where it has a gap or a repetition.
        None: no ids.
    keep_private
        Keep columns with names and telephone numbers of people: only for files that stay in the
        office.

    Returns
    -------
    Written
        The path, the number of features, the ids of rows whose shape collapsed when rounded to
        1e-7 degrees (left out) and the private columns left out.

    Raises
    ------
    RequestError
        The frame is not in EPSG:4326 degrees, or lacks `id_column`.
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    target = named_for_datum(path, provenance.datum_out)
    layer = shaped(frame, provenance.datum_out, id_column=id_column, keep_private=keep_private)
    writer = _Writer(layer, provenance)
    write_atomic(target, writer.write)
    return Written(target, writer.count, tuple(writer.collapsed), layer.dropped_columns)


def geojson_bytes(
    frame: gpd.GeoDataFrame,
    provenance: Provenance,
    *,
    id_column: str | None = "id",
    keep_private: bool = False,
) -> bytes:
    """Return what `write_geojson` would write."""
    layer = shaped(frame, provenance.datum_out, id_column=id_column, keep_private=keep_private)
    out = io.BytesIO()
    _Writer(layer, provenance).write(out)
    return out.getvalue()


def stream_geojson(
    frame: gpd.GeoDataFrame,
    out: BinaryIO,
    provenance: Provenance,
    *,
    id_column: str | None = "id",
    sequence: bool = False,
) -> None:
    """Write what `write_geojson` would write to an open stream, such as a pipe.

    With `sequence` a GeoJSON text sequence (RFC 8142) comes out: each feature on a line of its
    own behind a record separator (U+001E), so that a reader may start before the end. It has no
    collection to carry the provenance; each feature has the properties ``run_id`` and
    ``run_flags`` instead.

    Raises
    ------
    RequestError
        The frame is not in EPSG:4326 degrees, or lacks `id_column`.
    BrokenPipeError
        Nobody reads any more.
    """
    layer = shaped(frame, provenance.datum_out, id_column=id_column, keep_private=False)
    writer = _Writer(layer, provenance)
    if sequence:
        writer.write_sequence(out)
    else:
        writer.write(out)


class _Writer:
    """Features of one layer, a chunk of rows at a time: the whole text is never in memory."""

    def __init__(self, layer: Shaped, provenance: Provenance) -> None:
        self.layer = layer
        self.provenance = provenance
        datum = provenance.datum_out
        self.marks = {} if datum == "wgs84" else {"datum": datum}
        self.count = 0
        self.collapsed: list[Hashable] = []
        self._low = np.full(2, np.inf)
        self._high = np.full(2, -np.inf)

    def write(self, out: BinaryIO) -> None:
        datum = self.provenance.datum_out
        record = {**self.provenance.as_dict(), "format": _FORMATS[datum]}
        marked = "" if datum == "wgs84" else f'"datum":{json_text(datum)},\n'
        out.write(utf8(f'{{"type":"FeatureCollection",\n"hongtu":{json_text(record)},\n{marked}'))
        out.write(b'"features":[')
        before = b"\n"
        for feature in self._features():
            out.write(before + utf8(feature))
            before = b",\n"
        out.write(b"\n]")
        if np.isfinite(self._low).all():
            box = [*self._low.tolist(), *self._high.tolist()]
            out.write(utf8(f',\n"bbox":{json_text(box)}'))
        out.write(b"}\n")

    def write_sequence(self, out: BinaryIO) -> None:
        flags = " ".join(self.provenance.flags)
        self.marks |= {"run_id": self.provenance.run_id, "run_flags": flags}
        for feature in self._features():
            out.write(utf8(f"\x1e{feature}\n"))

    def _features(self) -> Iterator[str]:
        for start in range(0, len(self.layer.table), _CHUNK):
            yield from self._chunk(slice(start, start + _CHUNK))

    def _chunk(self, rows: slice) -> Iterator[str]:
        geometries = self.layer.geometries[rows]
        prepared = ready(geometries, self.provenance.datum_out)
        self._widen(prepared.geometries)
        shapes = _geometry_texts(prepared.geometries)
        table = self.layer.table.iloc[rows]
        names = [str(name) for name in table.columns]
        columns = [column_values(table[name]) for name in table.columns]
        ids = self.layer.ids[rows] if self.layer.ids is not None else None
        for position, shape in enumerate(shapes):
            if prepared.collapsed[position]:
                self.collapsed.append(self.layer.label(rows.start + position))
                continue
            values = {name: column[position] for name, column in zip(names, columns, strict=True)}
            self.count += 1
            head = "" if ids is None else f'"id":{_dumps(plain(ids[position]))},'
            properties = _dumps({**values, **self.marks})
            yield f'{{"type":"Feature",{head}"geometry":{shape},"properties":{properties}}}'

    def _widen(self, geometries: npt.NDArray[np.object_]) -> None:
        box = shapely.total_bounds(geometries)
        if np.isfinite(box).all():
            self._low = np.minimum(self._low, box[:2])
            self._high = np.maximum(self._high, box[2:])


def _geometry_texts(geometries: npt.NDArray[np.object_]) -> list[str]:
    texts = shapely.to_geojson(geometries)
    return ["null" if text is None else text for text in texts]


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
