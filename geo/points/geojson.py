"""Reading GeoJSON with the json module alone, since GDAL guesses, renames and drops silently."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import PointsError
from geo.points.cells import clip, is_blank
from geo.points.columns import named_datum, same_datum, unique
from geo.points.schema import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Raw, Remark

__all__ = ["read_geojson"]

_GEOMETRIES = {
    *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "GeometryCollection",
}
_DEGREES = re.compile(r"(?<!\d)(4326|4979|4490)$|CRS84h?$", re.IGNORECASE)

Feature = dict[str, Any]


def read_geojson(data: bytes, path: Path, datum: str) -> Raw:
    """Read points of a FeatureCollection, a Feature or a bare geometry.

    `datum` is the declared one. A ``crs`` member that names degrees and a ``datum`` member (our
    own exports carry one) give way to it with a warning. Altitudes are ignored.

    Raises
    ------
    PointsError
        No JSON, no GeoJSON, a projected ``crs``, no point at all, or beyond the limits.
    """
    try:
        document, encoding = _parse(data, path)
        features = _features(document, path)
        warnings = _declared(document, path, datum)
        return _collect(features, path, warnings, encoding)
    except RecursionError:
        raise PointsError("json_too_deep", path=str(path)) from None


def _parse(data: bytes, path: Path) -> tuple[Any, str]:
    """Return the document and its encoding: what JSON allows, else GB 18030.

    The words NaN and Infinity pass: they are a fault of their row, not of the file.
    """
    for encoding in (json.detect_encoding(data), "gb18030"):
        try:
            text = data.decode(encoding, "surrogatepass" if encoding != "gb18030" else "strict")
            break
        except UnicodeDecodeError:
            continue
    else:
        raise PointsError("encoding_unknown", path=str(path))
    try:
        return json.loads(text), encoding
    except json.JSONDecodeError as error:
        detail = f"{error.msg} ({error.lineno}:{error.colno})"
        raise PointsError("json_broken", path=str(path), detail=detail) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise PointsError("json_broken", path=str(path), detail=clip(error, 80)) from None


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
        raise PointsError("not_geojson", path=str(path), found=found)
    if len(features) > MAX_ROWS:
        raise PointsError("too_many_rows", path=str(path), limit=MAX_ROWS)
    return features


def _declared(document: Any, path: Path, datum: str) -> tuple[Remark, ...]:
    """Return warnings about what the file says of its own coordinates."""
    remarks: list[Remark] = []
    crs = document.get("crs")
    if crs is not None:
        inner = crs.get("properties") if isinstance(crs, dict) else None
        name = inner.get("name") if isinstance(inner, dict) else crs
        if not (isinstance(name, str) and _DEGREES.search(name.strip())):
            raise PointsError("crs_projected", path=str(path), crs=clip(_as_text(name)))
        if not same_datum("wgs84", datum):
            remarks.append(("crs_overridden", {"crs": clip(name), "declared": datum}))
    own = document.get("datum")
    named = named_datum(own) if isinstance(own, str) else None
    if named is not None and not same_datum(named, datum):
        remarks.append(("file_datum", {"named": named, "declared": datum}))
    return tuple(remarks)


def _collect(
    features: list[Feature], path: Path, warnings: tuple[Remark, ...], encoding: str
) -> Raw:
    count = len(features)
    lon, lat = np.full(count, np.nan), np.full(count, np.nan)
    faults: dict[int, Remark] = {}
    for i, feature in enumerate(features):
        found = _point(feature.get("geometry"))
        if isinstance(found[0], str):
            faults[i] = (found[0], found[1])
        else:
            lon[i], lat[i] = found
    if count and all(code == "not_a_point" for code, _ in faults.values()) and len(faults) == count:
        kinds = Counter(str(fields["found"]) for _, fields in faults.values())
        commonest = kinds.most_common(1)[0][0]
        raise PointsError("no_points", path=str(path), rows=count, found=commonest)
    ids = [None if is_blank(f.get("id")) else _as_id(f.get("id")) for f in features]
    return Raw(
        own=_properties(features, path),
        rows=np.arange(1, count + 1, dtype=np.int64),
        faults=faults,
        lon=lon,
        lat=lat,
        ids=ids,
        warnings=warnings,
        encoding=encoding,
    )


def _point(geometry: Any) -> tuple[float, float] | Remark:
    """Return longitude and latitude, or the fault; a MultiPoint or collection of one is a point."""
    if geometry is None:
        return "no_position", {}
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if isinstance(parts, list) and len(parts) == 1:
            return _point(parts[0])
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(coordinates, list) and len(coordinates) == 1:
        kind, coordinates = "Point", coordinates[0]
    if kind != "Point":
        shown = kind if isinstance(kind, str) and kind in _GEOMETRIES else "?"
        return "not_a_point", {"found": shown}
    if coordinates == []:
        return "no_position", {}
    pair = [_degree(c) for c in coordinates[:2]] if isinstance(coordinates, list) else []
    if len(pair) < 2 or not all(map(math.isfinite, pair)):
        return "bad_number", {"value": clip(_as_text(coordinates))}
    return pair[0], pair[1]


def _degree(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _properties(features: list[Feature], path: Path) -> pd.DataFrame:
    """Return the union of the properties in order of appearance, None where one is absent."""
    given = [f.get("properties") for f in features]
    records = [p if isinstance(p, dict) else {} for p in given]
    keys: dict[str, None] = {}
    for record in records:
        keys.update(dict.fromkeys(record))
        if len(keys) > MAX_COLUMNS:
            raise PointsError("too_many_columns", path=str(path), limit=MAX_COLUMNS)
    columns = {}
    for key, name in zip(keys, unique([_sound(k) for k in keys]), strict=True):
        values = [_value(record.get(key)) for record in records]
        for row, value in enumerate(values, start=1):
            if isinstance(value, str) and len(value) > MAX_CELL:
                raise PointsError("cell_too_long", path=str(path), row=row, limit=MAX_CELL)
        columns[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns, index=range(len(features)))


def _value(value: Any) -> Any:
    """Return a property as a cell: lists and objects as JSON text, NaN as nothing."""
    if isinstance(value, str):
        return _sound(value).strip() or None
    if isinstance(value, list | dict):
        return _as_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if value.bit_length() < 1000 else clip(value)
    return value


def _as_id(value: Any) -> str:
    value = _value(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:MAX_CELL]


def _as_text(value: Any) -> str:
    try:
        return _sound(json.dumps(value, ensure_ascii=False))
    except ValueError:  # an integer of more digits than Python prints
        return "…"


def _sound(text: str) -> str:
    """Return `text` without lone surrogates, which JSON can write and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
