"""The frame of a small map: which ground it shows, and where positions lie in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.network.model import FloatArray

__all__ = ["MapFrame", "apart", "frame_around"]

_PER_LAT = 110_950.0
_PER_LON = 111_320.0
_LEAST_M = 600.0


@dataclass(frozen=True)
class MapFrame:
    """A rectangle of `width` × `height` units, north up, at one scale near its middle latitude.

    Attributes
    ----------
    lon, lat
        Of its middle, WGS-84.
    metres
        Of ground in one unit.
    """

    width: float
    height: float
    lon: float
    lat: float
    metres: float

    def xy(self, lonlat: FloatArray) -> FloatArray:
        """Return (k, 2) units from the top left for (k, 2) degrees."""
        shrink = math.cos(math.radians(self.lat))
        x = (lonlat[:, 0] - self.lon) * _PER_LON * shrink / self.metres + self.width / 2
        y = (self.lat - lonlat[:, 1]) * _PER_LAT / self.metres + self.height / 2
        return np.column_stack([x, y])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        across = self.width / 2 * self.metres / (_PER_LON * math.cos(math.radians(self.lat)))
        up = self.height / 2 * self.metres / _PER_LAT
        return self.lon - across, self.lat - up, self.lon + across, self.lat + up

    @property
    def scale_bar(self) -> tuple[float, float]:
        """A round length in metres and its units, at most a quarter of the width."""
        longest = self.width / 4 * self.metres
        power = 10.0 ** math.floor(math.log10(longest))
        length = next(k * power for k in (5.0, 2.0, 1.0) if k * power <= longest)
        return length, length / self.metres


def frame_around(lonlat: FloatArray, width: float, height: float, margin: float) -> MapFrame:
    """Return the frame in which all of (k, 2) degrees lie, `margin` units from its edge."""
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    lon, lat = (west + east) / 2, (south + north) / 2
    shrink = math.cos(math.radians(lat))
    metres = max(
        (east - west) * _PER_LON * shrink / (width - 2 * margin),
        (north - south) * _PER_LAT / (height - 2 * margin),
        _LEAST_M / (width - 2 * margin),
    )
    return MapFrame(width, height, float(lon), float(lat), float(metres))


def apart(spots: FloatArray, gap: float, box: Sequence[float]) -> FloatArray:
    """Return (k, 2) spots moved until no two are nearer than `gap` (by half a unit), in `box`.

    Pairs push each other away in a fixed order, so that the same spots end in the same place;
    two in one place part sideways. `box` is left, top, right, bottom.
    """
    moved = np.array(spots, dtype=np.float64)
    left, top, right, bottom = box
    for _ in range(300):
        moved = moved.clip((left, top), (right, bottom))
        still = True
        for i in range(len(moved)):
            for j in range(i):
                away = moved[i] - moved[j]
                length = float(np.hypot(*away))
                if length >= gap - 0.5:
                    continue
                still = False
                way = away / length if length > 1e-6 else np.array([1.0, 0.0])
                push = way * (gap - length) / 2
                moved[i] += push
                moved[j] -= push
        if still:
            break
    return moved.clip((left, top), (right, bottom))
