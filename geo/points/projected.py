"""Positions in metres: recognising them, saying which zone they look like, and degrees of them.

Surveyors' sheets give the Gauss-Kruger coordinates of CGCS2000, X to the north and Y to the east,
often with the number of the 3-degree zone before the easting: 40 500 000 is 500 km in zone 40.
EPSG:4513 to 4533 are the zones 25 to 45 with that number, EPSG:4534 to 4554 the same without.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import RequestError

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

__all__ = ["check_crs", "degrees_of", "guess_zone", "is_metres", "named_crs"]

Floats = NDArray[np.float64]

_ZONED = 1e6  # an easting from here on has the number of its zone before it
_NORTHINGS = (1.5e6, 6.3e6)  # of China
_OFFSETS = (1e5, 9e5)  # eastings without a number
# Datums whose degrees are those of WGS-84 within less than a station is known to.
_SAME = (
    *("World Geodetic System 1984", "WGS 84", "WGS_1984", "China 2000", "China_2000"),
    *("D_China_2000", "European Terrestrial"),
)


def is_metres(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Return whether each pair is too large for degrees in both of its numbers, as metres are."""
    found: NDArray[np.bool_] = (np.abs(first) > 1000) & (np.abs(second) > 1000)
    return found


def guess_zone(first: float, second: float) -> tuple[str, str]:
    """Return the reference system that a pair in metres looks like, and its name; "" if none.

    Without the number of a zone every zone looks alike, and the code is "".
    """
    for east, north in ((first, second), (second, first)):
        if not _NORTHINGS[0] <= north <= _NORTHINGS[1]:
            continue
        zone = int(east // _ZONED)
        if 25 <= zone <= 45 and _OFFSETS[0] <= east % _ZONED <= _OFFSETS[1]:
            return f"EPSG:{4488 + zone}", f"CGCS2000 3° {zone}"
        if 13 <= zone <= 23 and _OFFSETS[0] <= east % _ZONED <= _OFFSETS[1]:
            return f"EPSG:{4478 + zone}", f"CGCS2000 6° {zone}"
        if _OFFSETS[0] <= east <= _OFFSETS[1]:
            return "", "CGCS2000 3°"
    return "", ""


def check_crs(text: str) -> str:
    """Return `text` as the name of a reference system in metres that positions may be in.

    Raises
    ------
    RequestError
        It is not known, not in metres, or of a datum (Beijing 1954, Xi'an 1980) whose shift to
        WGS-84 is not public.
    """
    crs = _crs(text)
    if crs is None or not crs.is_projected:
        raise RequestError("points_crs_metres", crs=text[:60])
    if not _fits(crs):
        base = crs.geodetic_crs
        name = "?" if base is None else str(base.name)[:60]
        raise RequestError("points_crs_datum", crs=text[:60], datum=name)
    return f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else text


def named_crs(text: str) -> str | None:
    """Say what a file's own reference system is: ``degrees``, its name in metres, or None.

    None: unknown, or of a datum that cannot be brought to WGS-84.
    """
    crs = _crs(text)
    if crs is None or not _fits(crs):
        return None
    if crs.is_geographic:
        return "degrees"
    return text if crs.is_projected else None


def _fits(crs: CRS) -> bool:
    geodetic = crs.geodetic_crs
    name = "" if geodetic is None or geodetic.datum is None else str(geodetic.datum.name)
    return name.startswith(_SAME)


@cache
def _crs(text: str) -> CRS | None:
    import pyproj
    from pyproj.exceptions import CRSError

    word = text.strip()
    word = f"EPSG:{word}" if word.isascii() and word.isdigit() else word
    if len(word) > 20_000 or not (re.match(r"(?i)(epsg|ogc|urn|esri):", word) or "[" in word):
        return None
    try:
        return pyproj.CRS.from_user_input(word)
    except CRSError:
        return None


@cache
def _transformer(text: str) -> Transformer:
    import pyproj

    crs = _crs(text)
    assert crs is not None
    return pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


def degrees_of(crs: str, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of positions in metres of `crs`, NaN where they cannot be.

    Which of the two numbers is the northing is told by their size where `crs` is a Gauss-Kruger
    system of China, else `first` is the easting. The number of a zone is put before an easting or
    taken from it as `crs` wants it; one of another zone makes the pair NaN.

    Parameters
    ----------
    crs
        As `check_crs` returns it, or a name that `named_crs` found to be in metres.
    first, second
        (n,) metres, as the columns have them.
    """
    found = _crs(crs)
    east, north = first.astype(np.float64), second.astype(np.float64)
    false_easting, meridian = _gauss_kruger(found)
    if false_easting is not None:
        turned = (north < _NORTHINGS[0]) | (north > _NORTHINGS[1])
        turned &= (east >= _NORTHINGS[0]) & (east <= _NORTHINGS[1])
        east, north = np.where(turned, north, east), np.where(turned, east, north)
        east = _with_zone(east, false_easting, meridian)
    lon, lat = _transformer(crs).transform(east, north, errcheck=False)
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    bad = ~(np.isfinite(lon) & np.isfinite(lat))
    if false_easting is not None:
        bad |= np.abs(lon - meridian) > 4  # metres of another zone, or no metres at all
    return np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)


def _gauss_kruger(crs: CRS | None) -> tuple[float | None, float]:
    """Return false easting and central meridian of a Gauss-Kruger system of China."""
    if crs is None or crs.coordinate_operation is None:
        return None, 0.0
    told: dict[str, Any] = {p.name: p.value for p in crs.coordinate_operation.params}
    easting = told.get("False easting")
    if crs.coordinate_operation.method_name != "Transverse Mercator" or easting is None:
        return None, 0.0
    if easting % _ZONED != 500_000 or told.get("Scale factor at natural origin") != 1:
        return None, 0.0
    meridian = float(told.get("Longitude of natural origin", 0.0))
    return (float(easting), meridian) if 75 <= meridian <= 135 else (None, 0.0)


def _with_zone(east: Floats, false_easting: float, meridian: float) -> Floats:
    zone = np.floor(east / _ZONED)
    bare = east - zone * _ZONED
    numbers = [0.0, meridian / 3, (meridian + 3) / 6]  # of 3-degree and of 6-degree zones
    mine = np.isin(zone, [n for n in numbers if n.is_integer()])
    wanted = np.floor(false_easting / _ZONED)
    return np.where(mine, bare + wanted * _ZONED, np.nan)
