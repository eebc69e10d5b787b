"""Reading GeoJSON with the json module alone, since GDAL guesses, renames and drops silently.

RFC 7946, and the ``crs`` member of the 2008 draft, which planning data still carries.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import VectorError
from geo.vector.features import WRONG_KIND, Features, Geometry, Remark, refuse_wrong_kind
from geo.vector.limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_VERTICES
from geo.vector.text import as_json, clip, sound, unique

__all__ = ["cell", "collect", "crs_member", "parse", "read_geojson"]

_GEOMETRIES = {
    *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "GeometryCollection",
}
_URN = re.compile(r"urn:ogc:def:crs:(EPSG|OGC):[\d.]*:(\w+)", re.IGNORECASE)

Feature = dict[str, Any]
Array = NDArray[np.float64]


def read_geojson(data: bytes, path: Path, geometry: Geometry) -> Features:
    """Read the points, lines or areas of a FeatureCollection, a Feature or a bare geometry.

    Altitudes are ignored.

    Raises
    ------
    VectorError
        No JSON, no GeoJSON, nothing of that kind of geometry, or beyond the limits.
    """
    document, encoding = parse(data, path)
    return collect(document, path, geometry, encoding)


def parse(data: bytes, path: Path) -> tuple[Any, str]:
    """Return the document and its encoding: what JSON allows, else GB 18030.

    The words NaN and Infinity pass: they are a fault of their row, not of the file.

    Raises
    ------
    VectorError
        No JSON, or nested more deeply than Python goes (some 1000 levels).
    """
    for encoding in (json.detect_encoding(data), "gb18030"):
        try:
            text = data.decode(encoding, "surrogatepass" if encoding != "gb18030" else "strict")
            break
        except UnicodeDecodeError:
            continue
    else:
        raise VectorError("encoding_unknown", path=str(path))
    try:
        return json.loads(text), encoding
    except RecursionError:
        raise VectorError("json_too_deep", path=str(path)) from None
    except json.JSONDecodeError as error:
        detail = f"{error.msg} ({error.lineno}:{error.colno})"
        raise VectorError("json_broken", path=str(path), detail=detail) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise VectorError("json_broken", path=str(path), detail=clip(error, 80)) from None


def crs_member(document: Any) -> Any:
    """Return the name in the ``crs`` member, None where there is none; else whatever is there."""
    crs = document.get("crs") if isinstance(document, dict) else None
    if crs is None:
        return None
    inner = crs.get("properties") if isinstance(crs, dict) else None
    return inner.get("name", crs) if isinstance(inner, dict) else crs


def collect(document: Any, path: Path, geometry: Geometry, encoding: str) -> Features:
    """Return the features of a parsed document; see `read_geojson`."""
    try:
        features = _features(document, path)
        own = _properties(features, path)
        shapes, faults = _shapes(features, geometry, path)
    except RecursionError:  # a property too deep to be written as text
        raise VectorError("json_too_deep", path=str(path)) from None
    refuse_wrong_kind(len(features), faults, geometry, path)
    said = crs_member(document)
    return Features(
        own=own,
        geometry=shapes,
        rows=np.arange(1, len(features) + 1, dtype=np.int64),
        faults=faults,
        crs=None if said is None else _code(said),
        driver="geojson",
        layer=path.stem,
        ids=[feature.get("id") for feature in features],
        datum=document.get("datum"),
        encoding=encoding,
    )


def _code(said: Any) -> str:
    text = said.strip() if isinstance(said, str) else clip(as_json(said))
    urn = _URN.fullmatch(text)
    return f"{urn[1].upper()}:{urn[2]}" if urn else text


def _features(document: Any, path: Path) -> list[Feature]:
    """Return one object per record, whatever the outermost object is."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        features = [f if isinstance(f, dict) else {} for f in document["features"]]
    elif kind == "Feature":
        features = [document]
    elif kind == "GeometryCollection" and isinstance(document.get("geometries"), list):
        features = [{"geometry": geometry} for geometry in document["geometries"]]
    elif isinstance(kind, str) and kind in _GEOMETRIES:
        features = [{"geometry": document}]
    else:
        found = clip(kind if isinstance(kind, str) else type(document).__name__, 30)
        raise VectorError("not_geojson", path=str(path), found=found)
    if len(features) > MAX_ROWS:
        raise VectorError("too_many_rows", path=str(path), limit=MAX_ROWS)
    return features


# --- geometry ---------------------------------------------------------------------------------


class _Unusable(Exception):  # noqa: N818 -- never leaves this module
    """A geometry that cannot be used; its remark is the argument."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.remark: Remark = (code, fields)


class _Parts:
    """Coordinates of every part in one list, so that shapely builds all of them at once.

    A part is a point, a line or a ring; `group` is the polygon a ring belongs to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.flat: list[float] = []
        self.sizes: list[int] = []
        self.group: list[int] = []
        self.groups = 0

    def add(self, positions: Any, least: int) -> None:
        """Add one part of at least so many positions."""
        if not isinstance(positions, list):
            raise _Unusable("bad_number", value=clip(as_json(positions)))
        row: list[float] = []
        for position in positions:
            pair = position[:2] if isinstance(position, list) else []
            for value in pair:
                row.append(_number(value))
            if len(pair) < 2 or not (math.isfinite(row[-1]) and math.isfinite(row[-2])):
                raise _Unusable("bad_number", value=clip(as_json(position)))
        if len(positions) < least:
            raise _Unusable("bad_shape", vertices=len(positions), least=least)
        if least == 4 and row[:2] != row[-2:]:
            raise _Unusable("open_ring")
        self.flat += row
        self.sizes.append(len(positions))
        self.group.append(self.groups)
        if len(self.flat) > 2 * MAX_VERTICES:
            raise VectorError("too_many_vertices", path=str(self.path), limit=MAX_VERTICES)

    def undo(self, parts: int) -> None:
        """Forget what came after the first `parts` parts."""
        gone = sum(self.sizes[parts:])
        del self.sizes[parts:], self.group[parts:]
        if gone:
            del self.flat[-2 * gone :]

    def coordinates(self) -> tuple[Array, NDArray[np.int64]]:
        """Return (k, 2) coordinates and the (k,) part of each."""
        xy = np.array(self.flat, dtype=np.float64).reshape(-1, 2)
        return xy, np.repeat(np.arange(len(self.sizes)), self.sizes)


def _shapes(
    features: list[Feature], kind: Geometry, path: Path
) -> tuple[NDArray[np.object_], dict[int, Remark]]:
    """Return the geometry of each feature, None where it has a fault."""
    parts = _Parts(path)
    add = {"points": _add_point, "lines": _add_lines, "areas": _add_areas}[kind]
    faults: dict[int, Remark] = {}
    spans: list[tuple[int, int, int, bool]] = []  # feature, first and last member, whether multi
    for i, feature in enumerate(features):
        before = len(parts.sizes), parts.groups
        try:
            multi = add(_alone(feature.get("geometry"), kind), parts)
        except _Unusable as fault:
            faults[i] = fault.remark
            parts.undo(before[0])
            parts.groups = before[1]
            continue
        now = parts.groups if kind == "areas" else len(parts.sizes)
        spans.append((i, before[kind == "areas"], now, multi))
    shapes = np.full(len(features), None, dtype=object)
    members = _members(parts, kind)
    for i, first, last, multi in spans:
        shapes[i] = _joined(members[first:last], kind) if multi else members[first]
    return shapes, faults


def _members(parts: _Parts, kind: Geometry) -> NDArray[np.object_]:
    import shapely

    if not parts.sizes:
        return np.empty(0, dtype=object)
    xy, index = parts.coordinates()
    if kind == "points":
        return np.asarray(shapely.points(xy))
    if kind == "lines":
        return np.asarray(shapely.linestrings(xy, indices=index))
    rings = shapely.linearrings(xy, indices=index)
    return np.asarray(shapely.polygons(rings, indices=np.array(parts.group)))


def _joined(members: NDArray[np.object_], kind: Geometry) -> Any:
    import shapely

    return shapely.multipolygons(members) if kind == "areas" else shapely.multilinestrings(members)


def _alone(geometry: Any, kind: Geometry) -> Feature:
    """Return a geometry object; a collection, or for points a MultiPoint, of one is its member."""
    if geometry is None:
        raise _Unusable("no_position")
    if not isinstance(geometry, dict):
        raise _Unusable(WRONG_KIND[kind], found="?")
    if geometry.get("type") == "GeometryCollection":
        members = geometry.get("geometries")
        if isinstance(members, list) and len(members) == 1:
            return _alone(members[0], kind)
    positions = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(positions, list) and len(positions) == 1:
        return {"type": "Point", "coordinates": positions[0]}
    return geometry


def _add_point(geometry: Feature, parts: _Parts) -> bool:
    coordinates = _coordinates(geometry, "points", ("Point",))
    parts.add([coordinates], 1)
    return False


def _add_lines(geometry: Feature, parts: _Parts) -> bool:
    coordinates = _coordinates(geometry, "lines", ("LineString", "MultiLineString"))
    multi: bool = geometry["type"] == "MultiLineString"
    for line in _listed(coordinates) if multi else [coordinates]:
        parts.add(line, 2)
    return multi


def _add_areas(geometry: Feature, parts: _Parts) -> bool:
    coordinates = _coordinates(geometry, "areas", ("Polygon", "MultiPolygon"))
    multi: bool = geometry["type"] == "MultiPolygon"
    for polygon in _listed(coordinates) if multi else [coordinates]:
        for ring in _listed(polygon):
            parts.add(ring, 4)
        if not polygon:
            raise _Unusable("bad_shape", vertices=0, least=4)
        parts.groups += 1
    return multi


def _coordinates(geometry: Feature, kind: Geometry, known: tuple[str, ...]) -> Any:
    """Return the coordinates of a geometry of one of the known types."""
    found = geometry.get("type")
    if found not in known:
        shown = found if isinstance(found, str) and found in _GEOMETRIES else "?"
        raise _Unusable(WRONG_KIND[kind], found=shown)
    coordinates = geometry.get("coordinates")
    if coordinates == []:
        raise _Unusable("no_position")
    return coordinates


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Unusable("bad_number", value=clip(as_json(value)))
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


# --- properties -------------------------------------------------------------------------------


def _properties(features: list[Feature], path: Path) -> pd.DataFrame:
    """Return the union of the properties in order of appearance, None where one is absent."""
    given = [f.get("properties") for f in features]
    records = [p if isinstance(p, dict) else {} for p in given]
    keys: dict[str, None] = {}
    for record in records:
        keys.update(dict.fromkeys(record))
        if len(keys) > MAX_COLUMNS:
            raise VectorError("too_many_columns", path=str(path), limit=MAX_COLUMNS)
    columns = {}
    for key, name in zip(keys, unique([sound(k) for k in keys]), strict=True):
        values = [cell(record.get(key)) for record in records]
        for row, value in enumerate(values, start=1):
            if isinstance(value, str) and len(value) > MAX_CELL:
                raise VectorError("cell_too_long", path=str(path), row=row, limit=MAX_CELL)
        columns[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns, index=range(len(features)))


def cell(value: Any) -> Any:
    """Return a property as a cell: lists and objects as JSON text, NaN as nothing."""
    if isinstance(value, str):
        return sound(value).strip() or None
    if isinstance(value, list | dict):
        return as_json(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if value.bit_length() < 1000 else clip(value)
    return value
