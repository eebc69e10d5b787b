"""Where lines lie: from what a file or its owner says of the numbers to WGS-84, or a refusal.

A number tells neither its datum nor its projection. What can be told is when the two cannot belong
together: degrees under a projection in metres, an easting of another zone, exchanged axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.datum import DATUMS, parse_datum, to_wgs84
from geo.errors import DatumError, RequestError, VectorError
from geo.network.model import FloatArray
from geo.vector import Features, Remark
from geo.vector.text import clip

__all__ = ["Placed", "place"]

_CODE = re.compile(r"(?:urn:ogc:def:crs:)?([A-Za-z]+)::?(\d{3,6})|(\d{4,6})")
_WGS84 = ("EPSG:4326", "OGC:CRS84", "EPSG:4979")
_MARGIN_DEG = 3.0  # beyond its area of use: three-degree zones are stretched over a whole city
_WORST_M = 20.0  # accuracy of a change of datum that a street can bear
_SAME_DEG = 1e-4  # about 10 m: two names of one system, or two datums
_ZONE = 1_000_000.0  # an easting of zone 40 begins with 40


@dataclass(frozen=True, eq=False)
class Placed:
    """Positions in WGS-84.

    Attributes
    ----------
    lonlat
        (k, 2) degrees.
    declared
        What the numbers were taken for: a datum, or an authority code.
    warnings
        What was noticed, as ``warning.<code>`` and its fields.
    """

    lonlat: FloatArray
    declared: str
    warnings: tuple[Remark, ...]


def place(
    xy: FloatArray, features: Features, *, crs: str | None, datum: str | None, path: str
) -> Placed:
    """Return (k, 2) positions of `features` in WGS-84.

    Parameters
    ----------
    xy
        As the file has them, longitude or easting first.
    features
        For what the file says itself. GeoJSON that says nothing, or that it is in degrees (which
        it has to say, whatever its datum), is undeclared.
    crs, datum
        What its owner says, at most one of the two: ``EPSG:4549``, or a datum for degrees.

    Raises
    ------
    RequestError
        Both are given, or `crs` is not known.
    DatumError
        Nothing is declared.
    VectorError
        The numbers cannot be what is declared, or the file names another projection for them.
    """
    if crs is not None and datum is not None:
        raise RequestError("crs_and_datum")
    if datum is not None:
        return _degrees(xy, features, parse_datum(datum), path)
    own = features.crs if features.crs is None or features.driver != "geojson" else _own(features)
    if crs is None and own is None:
        known = ", ".join(DATUMS)
        raise DatumError("lines_undeclared", path=path, known=known)
    asked = _known_crs(crs) if crs is not None else _file_crs(str(own), path)
    warnings: list[Remark] = []
    if crs is not None and own is not None and not _same(asked, own):
        warnings.append(("crs_overridden", {"crs": clip(own), "declared": clip(crs)}))
    if asked.is_geographic:
        degrees = _project(_checked_degrees(xy, path, asked.name), asked, path)
        return Placed(degrees, _label(asked), tuple(warnings))
    given, (xy, remark) = xy, _in_zone(_checked_metres(xy, path, asked.name), asked, path)
    lonlat = _project(xy, asked, path)
    if warnings:
        _refuse_two(lonlat, given, asked, str(own), path)
    _check_use(lonlat, xy, asked, path)
    return Placed(lonlat, _label(asked), (*warnings, *([remark] if remark else [])))


def _own(features: Features) -> str | None:
    """Return what GeoJSON declares: a projection; degrees it has to say, whatever the datum."""
    said = str(features.crs)
    return None if said in (*_WGS84, "EPSG:4490") else said


def _degrees(xy: FloatArray, features: Features, datum: str, path: str) -> Placed:
    """Return degrees of a declared datum in WGS-84."""
    warnings: tuple[Remark, ...] = ()
    said = features.crs
    if said is not None:
        known = _file_crs(said, path)
        if not known.is_geographic:
            raise VectorError("crs_and_datum_file", path=path, crs=_label(known), datum=datum)
        same = datum in ("wgs84", "cgcs2000")
        if not same:
            warnings = (("crs_overridden", {"crs": _label(known), "declared": datum}),)
    degrees = _checked_degrees(xy, path, datum)
    lon, lat = to_wgs84(degrees[:, 0], degrees[:, 1], datum)
    return Placed(np.column_stack([lon, lat]), datum, warnings)


def _known_crs(text: str) -> Any:
    """Return the CRS that a user names by its code.

    Raises
    ------
    RequestError
        It is no code, not known, or of no use for a map.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    code = _CODE.fullmatch(text.strip())
    if code is None:
        raise RequestError("crs_unknown", crs=clip(text))
    try:
        known = CRS.from_authority(code[1] or "EPSG", code[2] or code[3]).to_2d()
    except CRSError:
        raise RequestError("crs_unknown", crs=clip(text)) from None
    if not (known.is_projected or known.is_geographic):
        raise RequestError("crs_unknown", crs=clip(text))
    return known


def _file_crs(said: str, path: str) -> Any:
    """Return the CRS that a file names, by code or WKT."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    code = re.fullmatch(r"([A-Za-z]+):(\w+)", said)
    try:
        known = CRS.from_authority(code[1], code[2]) if code else CRS.from_wkt(said)
        known = known.to_2d()
    except CRSError:
        raise VectorError("crs_unreadable", path=path, crs=clip(said, 60)) from None
    if not (known.is_projected or known.is_geographic):
        raise VectorError("crs_unreadable", path=path, crs=clip(known.name, 60))
    return known


def _same(known: Any, own: str) -> bool:
    return _label(known) == own


def _refuse_two(lonlat: FloatArray, xy: FloatArray, asked: Any, own: str, path: str) -> None:
    """Refuse a projection that puts the lines elsewhere than the file's own, which fits as well.

    One of the two is wrong by whole degrees, and nothing in the numbers tells which.
    """
    known = _file_crs(own, path)
    if known.is_geographic:
        return
    try:
        there = _project(_in_zone(xy, known, path)[0], known, path)
    except VectorError:  # the file's own word cannot be: it is no rival
        return
    if _within(there, known) and np.abs(there - lonlat).max() > _SAME_DEG:
        raise VectorError("lines_crs_twice", path=path, crs=_label(known), declared=_label(asked))


def _label(known: Any) -> str:
    authority = known.to_authority()
    return ":".join(authority) if authority else clip(known.name, 60)


def _checked_degrees(xy: FloatArray, path: str, declared: str) -> FloatArray:
    """Refuse numbers that are no longitudes and latitudes."""
    if (np.abs(xy) <= (180, 90)).all():
        return xy
    swapped = bool((np.abs(xy) <= (90, 180)).all())
    code = "lines_swapped" if swapped else "lines_not_degrees"
    raise VectorError(code, path=path, declared=declared, **_example(xy))


def _checked_metres(xy: FloatArray, path: str, declared: str) -> FloatArray:
    """Refuse degrees under the name of metres."""
    if (np.abs(xy) <= (180, 90)).all() or (np.abs(xy) <= (90, 180)).all():
        raise VectorError("lines_are_degrees", path=path, declared=declared, **_example(xy))
    return xy


def _example(xy: FloatArray) -> dict[str, float]:
    return {"x": round(float(xy[0, 0]), 3), "y": round(float(xy[0, 1]), 3)}


def _in_zone(xy: FloatArray, known: Any, path: str) -> tuple[FloatArray, Remark | None]:
    """Return eastings as the CRS has them: with its zone number before them, or without.

    Raises
    ------
    VectorError
        The eastings carry another zone's number.
    """
    operation = known.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return xy, None
    values = {p.name: float(p.value) for p in operation.params}
    false_easting = values.get("False easting", 0.0)
    meridian = values.get("Longitude of natural origin", 0.0)
    zone, expected = np.floor(xy[:, 0] / _ZONE), np.floor(false_easting / _ZONE)
    if (zone == expected).all() or false_easting % _ZONE != 500_000.0:
        return xy, None
    found = int(np.median(zone))
    own = {0.0, meridian / 3, (meridian + 3) / 6}  # of three degrees and of six
    if (zone == found).all() and found in own:
        moved = xy + np.array([(expected - found) * _ZONE, 0.0])
        return moved, ("zone_number", {"crs": _label(known), "zone": found})
    # Zones 25–45 are three degrees wide, 13–23 six: EPSG:4513 … 4533 and 4491 … 4501.
    fits = f"EPSG:{4488 + found}" if 25 <= found <= 45 else ""
    fits = f"EPSG:{4478 + found}" if 13 <= found <= 23 else fits
    if not fits:
        return xy, None  # the area of use will tell
    raise VectorError("lines_other_zone", path=path, declared=_label(known), zone=found, fits=fits)


def _project(xy: FloatArray, known: Any, path: str) -> FloatArray:
    """Return (k, 2) WGS-84 degrees.

    Raises
    ------
    VectorError
        The two datums are joined by no known transformation that a street could bear.
    """
    from pyproj import Transformer
    from pyproj.aoi import AreaOfInterest
    from pyproj.transformer import TransformerGroup

    rough = Transformer.from_crs(known, "EPSG:4326", always_xy=True)
    lonlat = np.column_stack(rough.transform(xy[:, 0], xy[:, 1]))
    # CGCS2000 and WGS-84 differ by less than any street is known to; PROJ has no word for that.
    base = known.geodetic_crs
    if base.to_epsg() in (4326, 4490, 4979) or base.datum.name in ("China 2000", "D_China_2000"):
        return lonlat
    inside = lonlat[np.isfinite(lonlat).all(axis=1)]
    if len(inside) == 0:
        return lonlat
    (west, south), (east, north) = inside.min(axis=0), inside.max(axis=0)
    area: Any = AreaOfInterest(west, south, east, north)
    group = TransformerGroup(known, "EPSG:4326", always_xy=True, area_of_interest=area)
    best = group.transformers[0] if group.transformers else rough
    if not 0 <= best.accuracy <= _WORST_M:
        raise VectorError("crs_datum", path=path, crs=_label(known))
    return np.column_stack(best.transform(xy[:, 0], xy[:, 1]))


def _check_use(lonlat: FloatArray, xy: FloatArray, known: Any, path: str) -> None:
    """Refuse positions far outside the area that a CRS is made for."""
    if _within(lonlat, known):
        return
    from pyproj import Transformer

    turned = Transformer.from_crs(known, "EPSG:4326", always_xy=True)
    other = np.column_stack(turned.transform(xy[:, 1], xy[:, 0]))
    code = "lines_swapped" if _within(other, known) else "lines_outside"
    raise VectorError(code, path=path, declared=_label(known), **_example(xy))


def _within(lonlat: FloatArray, known: Any) -> bool:
    if not np.isfinite(lonlat).all():
        return False
    area = known.area_of_use
    if area is None:
        return bool((np.abs(lonlat) <= (180, 90)).all())
    low = np.array([area.west, area.south]) - _MARGIN_DEG
    high = np.array([area.east, area.north]) + _MARGIN_DEG
    if area.west > area.east:  # across the antimeridian
        low[0], high[0] = -180.0, 180.0
    return bool(((lonlat >= low) & (lonlat <= high)).all())
