"""Points of GeoJSON, GeoPackage and Shapefile, through the gate of `geo.vector`, as a `Raw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import PointsError
from geo.points.cells import clip, is_blank
from geo.points.columns import named_datum, same_datum
from geo.points.projected import degrees_of, named_crs
from geo.points.schema import MAX_CELL, Raw, Remark

if TYPE_CHECKING:
    from geo.vector import Features

__all__ = ["read_points_of"]


def read_points_of(path: Path, datum: str | None, layer: str | None = None) -> Raw:
    """Read the points of a vector file; `datum` is the declared one.

    A reference system in degrees, and a ``datum`` member (our own exports carry one), give way to
    the declared datum with a warning. One in metres is brought to its own degrees first.

    Raises
    ------
    VectorError, MissingFileError, RequestError
        As `geo.vector.read_features`.
    PointsError
        The file's reference system is not known, or its datum cannot be brought to WGS-84.
    """
    from geo.vector import read_features

    found = read_features(path, geometry="points", layer=layer)
    lon, lat = _coordinates(found)
    warnings = list(found.warnings)
    if found.crs is not None:
        system = named_crs(found.crs)
        if system is None:
            raise PointsError("crs_projected", path=str(path), crs=clip(found.crs))
        if system != "degrees":
            lon, lat = degrees_of(system, lon, lat)
            warnings.append(("crs_metres", {"crs": clip(found.crs)}))
        if datum is not None and not same_datum("wgs84", datum):
            warnings.append(("crs_overridden", {"crs": clip(found.crs), "declared": datum}))
    warnings += _file_datum(found.datum, datum)
    faults = dict(found.faults)
    for i in np.flatnonzero(~(np.isfinite(lon) & np.isfinite(lat))).tolist():
        faults.setdefault(i, ("bad_number", {"value": "-"}))
    ids = None
    if found.ids is not None:
        ids = [None if is_blank(_cell(i)) else _as_id(i) for i in found.ids]
    return Raw(
        own=found.own,
        rows=found.rows,
        faults=faults,
        lon=lon,
        lat=lat,
        ids=ids,
        warnings=tuple(warnings),
        encoding=found.encoding,
    )


def _coordinates(found: Features) -> tuple[Any, Any]:
    """Return the coordinates of each feature, NaN where it has none."""
    import shapely

    there = ~shapely.is_missing(found.geometry)
    xy = np.full((len(found), 2), np.nan)
    xy[there] = shapely.get_coordinates(found.geometry[there])
    return xy[:, 0], xy[:, 1]


def _file_datum(told: Any, datum: str | None) -> list[Remark]:
    named = named_datum(told) if isinstance(told, str) else None
    if named is None or datum is None or same_datum(named, datum):
        return []
    return [("file_datum", {"named": named, "declared": datum})]


def _cell(value: Any) -> Any:
    from geo.vector.geojson import cell

    return cell(value)


def _as_id(value: Any) -> str:
    value = _cell(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:MAX_CELL]
