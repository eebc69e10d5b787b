"""Where the same numbers would stand under each datum, and how far from streets: a hint only.

GCJ-02 and BD-09 numbers read as WGS-84 stand some 500 m and 1 km off. Places that people walk to
stand beside streets, so of the datums the right one usually gives the shortest distances; that is
a rule of thumb, which a person checks on the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geo.datum import to_wgs84
from geo.network import WalkNetwork
from geo.pace import profile_named
from geo.points import PointTable
from geo.snapping import SnapIndex, build_index, snap, snappable_edges
from views.shelf import Shelf

__all__ = ["KINDS_OF_DATUM", "Comparison", "Stand", "compare", "same_ground", "street_index"]

Floats = NDArray[np.float64]

KINDS_OF_DATUM = ("wgs84", "gcj02", "bd09")
"""Datums that give different places; CGCS2000 stands where WGS-84 does."""

MOST_POINTS = 3000
REACH_M = 300.0
_CLEAR = 0.6  # a median this much of the next one's is worth a word
_LEAST_POINTS = 10
_MOVED_DEGREES = 1e-7


@dataclass(frozen=True, eq=False)
class Stand:
    """Points under one datum.

    Attributes
    ----------
    lonlat
        (n, 2) WGS-84 degrees.
    median_m
        Median distance to the nearest street that points can join; infinite beyond `REACH_M`.
    shift_m, bearing
        How far and in which direction (degrees from north) they stand from `reference`, by the
        median of those that move.
    """

    datum: str
    lonlat: Floats
    median_m: float
    shift_m: float
    bearing: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Points of a table under each of `KINDS_OF_DATUM`.

    Attributes
    ----------
    rows
        (n,) positions of the points in the table that was read as WGS-84.
    stands
        By datum.
    moving
        How many of the points the choice moves; the others name a datum of their own.
    on_network
        Share of the points that stand within the network's box under their best datum.
    """

    rows: NDArray[np.int64]
    stands: dict[str, Stand]
    moving: int
    on_network: float

    @property
    def likely(self) -> str | None:
        """The datum under which points stand clearly nearest to streets, None where none does."""
        if self.moving < _LEAST_POINTS or self.on_network < 0.5:
            return None
        first, second, *_ = sorted(self.stands.values(), key=lambda s: s.median_m)
        return first.datum if first.median_m < _CLEAR * second.median_m else None


def same_ground(datum: str | None) -> str | None:
    """Return the one of `KINDS_OF_DATUM` that gives the places of a datum."""
    return "wgs84" if datum == "cgcs2000" else datum


def street_index(network: WalkNetwork, shelf: Shelf[SnapIndex]) -> SnapIndex:
    """Return the index of the streets that points can join, made once for a network."""
    return shelf.get(network.meta.digest, partial(_street_index, network))


def _street_index(network: WalkNetwork) -> SnapIndex:
    return build_index(network, snappable_edges(network, profile_named("shuang15"))[0])


def compare(
    as_wgs84: PointTable,
    as_gcj02: PointTable,
    network: WalkNetwork,
    index: SnapIndex,
    reference: str,
) -> Comparison:
    """Compare where points stand; shifts are told from `reference`.

    Parameters
    ----------
    as_wgs84, as_gcj02
        One file read under both datums: what stays where it is names a datum of its own.
    """
    rows = _evenly(len(as_wgs84))
    plain = _lonlat(as_wgs84)[rows]
    by_id = {name: at for at, name in enumerate(as_gcj02.frame["id"])}
    other = [by_id.get(name, -1) for name in as_wgs84.frame["id"].to_numpy()[rows]]
    shifted = np.vstack([_lonlat(as_gcj02), [[np.nan, np.nan]]])[other]
    moves: NDArray[np.bool_] = ~np.all(np.abs(shifted - plain) < _MOVED_DEGREES, axis=1)
    places = {"wgs84": plain, "gcj02": np.where(moves[:, None], shifted, plain)}
    bd09 = np.column_stack(to_wgs84(plain[:, 0], plain[:, 1], "bd09"))
    places["bd09"] = np.where(moves[:, None], bd09, plain)
    for name, lonlat in places.items():
        places[name] = np.where(np.isfinite(lonlat), lonlat, plain)
    from_here = places[reference]
    stands = {
        name: _stand(name, lonlat, from_here, moves, network, index)
        for name, lonlat in places.items()
    }
    best = max(_inside(lonlat, network) for lonlat in places.values())
    return Comparison(rows, stands, int(moves.sum()), best)


def _evenly(count: int) -> NDArray[np.int64]:
    """Return at most `MOST_POINTS` positions, spread over all."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MOST_POINTS).astype(np.int64)


def _lonlat(table: PointTable) -> Floats:
    return np.column_stack([table.frame.geometry.x, table.frame.geometry.y])


def _stand(
    datum: str,
    lonlat: Floats,
    reference: Floats,
    moves: NDArray[np.bool_],
    network: WalkNetwork,
    index: SnapIndex,
) -> Stand:
    counted = moves if moves.any() else np.ones(len(lonlat), dtype=bool)
    here = network.to_metric(lonlat[counted])
    here[~np.isfinite(here).all(axis=1)] = np.nan  # beyond what the network's projection is for
    near = snap(index, here, REACH_M, mind_barriers=False)
    away = np.where(near.found, near.access_m, np.inf)
    east, north = _metres(reference[counted], lonlat[counted])
    return Stand(
        datum,
        lonlat,
        float(np.sort(away)[len(away) // 2]) if len(away) else np.inf,
        float(np.hypot(np.median(east), np.median(north))) if len(east) else 0.0,
        float(np.degrees(np.arctan2(np.median(east), np.median(north))) % 360)
        if len(east)
        else 0.0,
    )


def _metres(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return metres east and north on the ellipsoid."""
    from pyproj import Geod

    turn, _, length = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    angle = np.radians(turn)
    return np.asarray(length) * np.sin(angle), np.asarray(length) * np.cos(angle)


def _inside(lonlat: Floats, network: WalkNetwork) -> float:
    west, south, east, north = network.meta.bbox
    held = (
        (lonlat[:, 0] >= west)
        & (lonlat[:, 0] <= east)
        & (lonlat[:, 1] >= south)
        & (lonlat[:, 1] <= north)
    )
    return float(held.mean()) if len(held) else 0.0
