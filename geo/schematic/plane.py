"""The plane the schematic city is drawn on: metres about the city's middle, by plain arithmetic.

An equirectangular plane, true within 0.1 % over the covered area. No projection library: sums and
products alone round the same on every machine, and so does the network's digest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.network.model import FloatArray

__all__ = ["STEP", "to_degrees", "to_plane"]

LON, LAT = 118.78, 32.06
METRES_PER_LON, METRES_PER_LAT = 94_399.0, 110_880.0  # WGS-84 at 32.06° N
STEP = 0.01  # metres; every position is a multiple, so that what meets meets exactly


def to_plane(lonlat: Any) -> FloatArray:
    """Return (k, 2) WGS-84 degrees as metres east and north of the middle."""
    degrees = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    metres = (degrees - [LON, LAT]) * [METRES_PER_LON, METRES_PER_LAT]
    return np.asarray(np.round(metres / STEP) * STEP)


def to_degrees(xy: FloatArray) -> FloatArray:
    """Return (k, 2) metres as WGS-84 degrees to 1e-7 (a centimetre)."""
    degrees = np.asarray(xy, dtype=np.float64) / [METRES_PER_LON, METRES_PER_LAT] + [LON, LAT]
    return np.asarray(np.round(degrees, 7))
