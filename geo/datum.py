"""Datums of Chinese coordinates: WGS-84, CGCS2000, GCJ-02, BD-09, and one metric CRS per area.

GCJ-02 is the offset that public maps in mainland China carry (AMap, Tencent); BD-09 is Baidu's
further offset on top of it. Neither is published by its makers: the formulas are the ones the
public has agreed on since 2013, as in github.com/googollee/eviltransform and
github.com/wandergis/coordtransform. They have no closed inverse, so ours is iterated.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import DatumError, RequestError

__all__ = ["DATUMS", "from_wgs84", "in_china", "metric_crs", "parse_datum", "to_wgs84"]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

# Every usual spelling, folded: lower case, half width, letters and digits only.
_SPELLINGS = {
    "wgs84": ("wgs84", "wgs1984", "wgs", "gps", "epsg4326", "4326", "crs84", "ogccrs84", "osm"),
    "cgcs2000": (
        *("cgcs2000", "cgcs", "epsg4490", "4490", "天地图", "tianditu"),
        *("国家2000", "国家大地2000", "2000国家大地", "国家大地", "大地2000"),
    ),
    "gcj02": (
        *("gcj02", "gcj", "gcj2", "火星", "mars", "国测局", "高德", "高德地图", "amap", "gaode"),
        *("autonavi", "腾讯", "腾讯地图", "tencent", "qq"),
    ),
    "bd09": ("bd09", "bd9", "bd", "bd09ll", "百度", "百度地图", "百度经纬度", "baidu"),
}
_WORDS = {spelling: datum for datum, words in _SPELLINGS.items() for spelling in words}

_AXIS_M = 6378245.0  # Krasovsky 1940, which the GCJ-02 formula uses whatever the datum
_ECCENTRICITY2 = 0.00669342162296594323
_BD_PI = math.pi * 3000.0 / 180.0
# The offset changes by less than 4 % of a step, so each turn gains over 1.4 decimals: eight turns
# leave less than a micrometre.
_INVERSE_TURNS = 8
# West, south, east, north of the rectangle that the public implementations share. Hong Kong,
# Macau, Taiwan and parts of the neighbours are inside it.
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_EDGE = 0.1  # degrees; more than any offset, so that the inverse sees points that left the edge


def parse_datum(word: str) -> str:
    """Return the member of `DATUMS` that `word` means, in any usual spelling.

    ``"GCJ-02"``, ``"高德"``, ``"火星坐标系"``, ``"EPSG:4490"``, ``"天地图"`` are understood.

    Raises
    ------
    DatumError
        `word` is none of them; the sentence lists the known words. BD-09 in metres (``bd09mc``)
        is not a datum of longitudes and latitudes and is refused too.
    """
    folded = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(word)).casefold())
    folded = re.sub(r"^urnogcdefcrs(epsg|ogc)(13|\d+(?=4326|4490))?", "", folded)
    found = _WORDS.get(folded) or _WORDS.get(re.sub(r"(坐标系?|系|标准)$", "", folded))
    if found is None:
        raise DatumError("datum_unknown", word=str(word)[:40], known=", ".join(DATUMS))
    return found


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each position (degrees) lies in the rectangle where the offsets apply."""
    return _within(np.asarray(lon, np.float64), np.asarray(lat, np.float64), 0.0)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Convert WGS-84 degrees to `datum`; shapes are kept, NaN stays NaN.

    CGCS2000 is returned unchanged: it and WGS-84 differ by the drift of the ITRF realisations,
    well under a metre, less than any station's position is known to. GCJ-02 and BD-09 are the
    identity outside the rectangle 72.004–137.8347° E, 0.8293–55.8271° N. That rectangle holds
    Hong Kong, Macau and Taiwan, and parts of neighbouring countries: data from there are usually
    plain WGS-84, and must then be declared so.

    Raises
    ------
    DatumError
        `datum` is not known.
    """
    shift = _shift(datum)
    x, y = _floats(lon, lat)
    if shift is None:
        return x, y
    inside = _within(x, y, 0.0)
    x[inside], y[inside] = shift(x[inside], y[inside])
    return x, y


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Convert degrees of `datum` to WGS-84; the exact inverse of `from_wgs84` within 1 mm.

    Only in a strip of about a kilometre outside the rectangle's edge, where two places share one
    GCJ-02 position, is the place inside preferred.

    Raises
    ------
    DatumError
        `datum` is not known.
    """
    shift = _shift(datum)
    x, y = _floats(lon, lat)
    if shift is None:
        return x, y
    near = _within(x, y, _EDGE)
    goal_x, goal_y = x[near], y[near]
    guess_x, guess_y = goal_x, goal_y
    for _ in range(_INVERSE_TURNS):
        there_x, there_y = shift(guess_x, guess_y)
        guess_x, guess_y = guess_x + goal_x - there_x, guess_y + goal_y - there_y
    inside = _within(guess_x, guess_y, 0.0)
    x[near] = np.where(inside, guess_x, goal_x)
    y[near] = np.where(inside, guess_y, goal_y)
    return x, y


def metric_crs(lon: float, lat: float) -> str:
    """Return the CRS in metres for work around one centre (WGS-84 degrees).

    Within China the CGCS2000 3-degree Gauss-Kruger zone (EPSG:4534, central meridian 75° E, to
    EPSG:4554, 135° E), whose scale is within 0.04 % of one; elsewhere the WGS-84
    UTM zone.

    Raises
    ------
    RequestError
        The centre is not a position.
    """
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lat) <= 90 and abs(lon) <= 180):
        raise RequestError("centre_unusable", lon=lon, lat=lat)
    if 73.5 <= lon < 136.5 and bool(in_china(lon, lat)):
        return f"EPSG:{4534 + math.floor((lon - 73.5) / 3)}"
    zone = min(math.floor((lon + 180) / 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _floats(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return both as float64 arrays of one shape that may be written to."""
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return x.copy(), y.copy()


def _within(x: Floats, y: Floats, margin: float) -> NDArray[np.bool_]:
    west, south, east, north = _CHINA
    inside: NDArray[np.bool_] = np.asarray(
        (x >= west - margin) & (x <= east + margin) & (y >= south - margin) & (y <= north + margin)
    )
    return inside


def _shift(datum: str) -> Callable[[Any, Any], Pair] | None:
    """Return the offset of `datum` over WGS-84 as a function, None where there is none."""
    known = parse_datum(datum)
    if known == "gcj02":
        return _gcj02
    return (lambda x, y: _bd09(*_gcj02(x, y))) if known == "bd09" else None


def _gcj02(lon: Floats, lat: Floats) -> Pair:
    """Return the GCJ-02 position of WGS-84 degrees, wherever they lie."""
    x, y = lon - 105.0, lat - 35.0
    both = 20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)
    east = both + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))
    north = both + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))
    root = np.sqrt(np.abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north * 2 / 3
    phi = np.radians(lat)
    bend = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    parallel_m = _AXIS_M / np.sqrt(bend) * np.cos(phi)
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY2) / bend**1.5
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _waves(u: Floats, *terms: tuple[float, float]) -> Floats:
    """Return the sum of ``size * sin(pi * u / length)`` over `terms` of (size, length)."""
    total: Floats = sum((size * np.sin(u * np.pi / length) for size, length in terms), 0 * u)
    return total


def _bd09(lon: Floats, lat: Floats) -> Pair:
    """Return the BD-09 position of GCJ-02 degrees."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
