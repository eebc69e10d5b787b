"""Points out of GeoJSON: what the file says of its datum, against the one that is declared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import shapely

from geo.errors import PointsError, VectorError
from geo.points.cells import clip, is_blank
from geo.points.columns import named_datum, same_datum
from geo.points.schema import MAX_CELL, Raw, Remark
from geo.vector.geojson import cell, collect, crs_member, parse
from geo.vector.text import as_json

__all__ = ["read_geojson"]

_DEGREES = re.compile(r"(?<!\d)(4326|4979|4490)$|CRS84h?$", re.IGNORECASE)


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
        document, encoding = parse(data, path)
        found = collect(document, path, "points", encoding)
    except VectorError as fault:
        raise PointsError(fault.code, **fault.params) from fault
    return Raw(
        own=found.own,
        rows=found.rows,
        faults=found.faults,
        lon=shapely.get_x(found.geometry),
        lat=shapely.get_y(found.geometry),
        ids=[None if is_blank(given) else _as_id(given) for given in found.ids or []],
        warnings=_declared(document, path, datum),
        encoding=encoding,
    )


def _declared(document: Any, path: Path, datum: str) -> tuple[Remark, ...]:
    """Return warnings about what the file says of its own coordinates."""
    remarks: list[Remark] = []
    name = crs_member(document)
    if name is not None or document.get("crs") is not None:
        if not (isinstance(name, str) and _DEGREES.search(name.strip())):
            raise PointsError("crs_projected", path=str(path), crs=clip(as_json(name)))
        if not same_datum("wgs84", datum):
            remarks.append(("crs_overridden", {"crs": clip(name), "declared": datum}))
    own = document.get("datum")
    named = named_datum(own) if isinstance(own, str) else None
    if named is not None and not same_datum(named, datum):
        remarks.append(("file_datum", {"named": named, "declared": datum}))
    return tuple(remarks)


def _as_id(value: Any) -> str:
    value = cell(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:MAX_CELL]
