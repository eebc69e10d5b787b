"""How much a download will be, before it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from geo.errors import FetchError

__all__ = ["Estimate", "check_size", "estimate"]

MARGIN_M = 600.0
"""What is asked for beyond the area: 500 m by OSMnx, 100 m by us (see `geo.osm.calls`)."""
MB_PER_KM2 = 1.2
"""Overpass's JSON of central Helsinki, one of the most thoroughly mapped city centres; elsewhere
it is less. Measured by benchmarks of `docs/decisions/0045-fetching.md`."""
_BYTES_PER_SECOND = 1_000_000
_QUERY_SECONDS = 10.0
USUAL_KM2 = 200.0
"""Above this a person must say that they mean it."""
MOST_KM2 = 4_000.0
"""Above this an extract from disk is the only reasonable way."""


@dataclass(frozen=True)
class Estimate:
    """What to expect, at most.

    Attributes
    ----------
    km2
        The area asked for, with its margin.
    megabytes
        `MB_PER_KM2` times that.
    seconds
        10 s for the queries themselves and 1 MB/s, an ordinary office line.
    """

    km2: float
    megabytes: float
    seconds: float


def estimate(area: Any) -> Estimate:
    """Return what fetching `area` (polygon, EPSG:4326) will come to, from its size alone."""
    from pyproj import Geod

    square_m, around_m = Geod(ellps="WGS84").geometry_area_perimeter(area)
    # A polygon grown by r gains its outline times r, and a disk of that radius.
    grown = abs(square_m) + around_m * MARGIN_M + math.pi * MARGIN_M**2
    km2 = grown / 1e6
    megabytes = km2 * MB_PER_KM2
    return Estimate(km2, megabytes, _QUERY_SECONDS + megabytes * 1e6 / _BYTES_PER_SECOND)


def check_size(found: Estimate, *, large: bool) -> None:
    """Refuse an area that is too large to ask of a public service.

    Raises
    ------
    FetchError
        More than `USUAL_KM2` and not `large`, or more than `MOST_KM2`.
    """
    told = {"km2": found.km2, "mb": found.megabytes, "minutes": math.ceil(found.seconds / 60)}
    if found.km2 > MOST_KM2:
        raise FetchError("fetch_too_large", **told, most=MOST_KM2)
    if found.km2 > USUAL_KM2 and not large:
        raise FetchError("fetch_large", **told, usual=USUAL_KM2)
