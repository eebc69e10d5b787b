"""Rows with an address only: asked for one by one, used where the answer is near and certain.

What is doubtful is listed with its reason and never used: several places far apart, a place outside
the area, a match as coarse as a road or a district.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geo.datum import to_wgs84
from geo.errors import FetchError
from geo.geocode.asking import Asker
from geo.geocode.services import Candidate
from geo.points import Located, PointTable, to_locate, with_located
from geo.points.cells import clip
from geo.points.schema import BBox

__all__ = ["OUTCOMES", "Geocoded", "geocode"]

OUTCOMES = (
    "located",
    "not_found",
    "ambiguous",
    "off_area",
    "too_coarse",
    "weak",
    "failed",
    "not_asked",
)
"""What became of a row; ``geocode.outcome_<code>`` says it."""

_SPREAD_M = 200.0  # places nearer to each other than this are one
_WEAK = 60.0  # of 100, the service's own confidence
_FAILURES = 3  # so many in a row, and the service is left alone
_MARGIN_DEG = 0.2  # about 20 km
_CITY_M = 100_000.0
_STOPS = ("geocode_key", "geocode_quota")


@dataclass(frozen=True, eq=False)
class Geocoded:
    """A table with what was found in it, and what became of every row asked for.

    Attributes
    ----------
    table
        The input with the located rows usable (`geo.points.with_located`): marked ``geocoded``
        in ``coordinate_status``, with ``coordinate_accuracy_m`` and ``coordinate_source``.
    rows
        ``id, sheet, row, name, address, outcome, level, accuracy_m, match, lon, lat`` of every
        row with an address only; WGS-84 degrees of what the service offered first, also where
        that was not used; ``match`` holds up to three offers.
    asked
        Questions sent to the service; the other answers came out of the store.
    stopped
        The refusal that ended the asking before the last row, or None.
    """

    table: PointTable
    rows: pd.DataFrame
    asked: int
    stopped: FetchError | None = None


@dataclass(frozen=True)
class _Area:
    """Where an answer may lie: a box, a city by name, or a city by its middle."""

    bbox: BBox | None = None
    city: str | None = None
    middle: tuple[float, float] | None = None

    def holds(self, place: _Offer) -> bool:
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (west <= place.lon <= east and south <= place.lat <= north):
                return False
        if self.city is None:
            return True
        if place.areas:
            return any(self.city in area for area in place.areas)
        return self.middle is None or _apart_m(self.middle, (place.lon, place.lat)) <= _CITY_M


@dataclass(frozen=True)
class _Offer:
    """A candidate in WGS-84."""

    lon: float
    lat: float
    level: str
    accuracy_m: float
    text: str
    areas: tuple[str, ...]
    score: float | None


def geocode(
    table: PointTable,
    asker: Asker,
    *,
    bbox: BBox | None = None,
    max_accuracy_m: float = 500.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Geocoded:
    """Find positions for the rows of `table` that have an address only.

    Parameters
    ----------
    table
        As `geo.points.read_points` gives it; ``unlocated=True`` where no row has a position.
    asker
        The service, with its key, city and store. This goes to the internet.
    bbox
        West, south, east, north in WGS-84 degrees; answers outside are ``off_area``. Without it
        the extent of the rows that have positions, widened by its own size and at least by 0.2°.
    max_accuracy_m
        Coarser answers are ``too_coarse``.
    on_progress
        Called with rows done and rows in all.

    Raises
    ------
    FetchError
        The service refuses, or is out of reach, before anything was found; or it failed for every
        row that was asked for, however few there are.
    """
    rows = to_locate(table)
    done: list[dict[str, Any]] = []
    stopped: FetchError | None = None
    last: FetchError | None = None
    failures = 0
    area: _Area | None = None
    for at, address in enumerate(map(str, rows["address"])):
        if stopped is not None:
            done.append({"outcome": "not_asked"})
            continue
        try:
            if area is None:
                area = _area(table, asker, bbox)
            done.append(_judge(_offers(asker, _tidy(address)), area, max_accuracy_m))
            failures = 0
        except FetchError as fault:
            last = fault
            failures += 1
            done.append({"outcome": "failed"})
            if fault.code in _STOPS or failures == _FAILURES:
                stopped = fault
        if on_progress is not None:
            on_progress(at + 1, len(rows))
    told = _listed(rows, done)
    located = told["outcome"] == "located"
    if stopped is not None and not located.any():
        raise stopped
    if last is not None and set(told["outcome"]) <= {"failed"}:
        raise last
    return Geocoded(_with(table, told[located], asker), told, asker.asked, stopped)


def _area(table: PointTable, asker: Asker, bbox: BBox | None) -> _Area:
    """Return where answers may lie; a service that names no city is asked where the city is."""
    box = bbox
    if box is None and len(table.frame):
        west, south, east, north = (float(side) for side in table.frame.total_bounds)
        wide, tall = max(east - west, _MARGIN_DEG), max(north - south, _MARGIN_DEG)
        box = (west - wide, south - tall, east + wide, north + tall)
    if not asker.city:
        return _Area(box)
    middle = None
    if asker.service.name == "tianditu":
        found = _offers(asker, asker.city)
        middle = (found[0].lon, found[0].lat) if found else None
    return _Area(box, asker.city.removesuffix("市"), middle)


def _tidy(address: str) -> str:
    """Return one line of at most 120 characters, which is more than any address has."""
    return " ".join(clip(address, 120).split())


def _offers(asker: Asker, address: str) -> list[_Offer]:
    return [_offer(one, asker.service.datum) for one in asker.find(address)]


def _offer(one: Candidate, datum: str) -> _Offer:
    x, y = to_wgs84(one.lon, one.lat, datum)
    return _Offer(float(x), float(y), one.level, one.accuracy_m, one.text, one.areas, one.score)


def _judge(offers: list[_Offer], area: _Area, max_accuracy_m: float) -> dict[str, Any]:
    """Return what became of a row, and the offer that decided it."""
    if not offers:
        return {"outcome": "not_found"}
    near = [one for one in offers if area.holds(one)]
    if not near:
        return _told("off_area", offers)
    best = near[0]
    rivals = [o for o in near[1:] if o.accuracy_m <= 2 * best.accuracy_m]
    spread = max(_SPREAD_M, best.accuracy_m)
    if any(_apart_m((best.lon, best.lat), (o.lon, o.lat)) > spread for o in rivals):
        return _told("ambiguous", near)
    if best.accuracy_m > max_accuracy_m:
        return _told("too_coarse", near)
    if best.score is not None and best.score < _WEAK:
        return _told("weak", near)
    return _told("located", near[:1])


def _told(outcome: str, offers: list[_Offer]) -> dict[str, Any]:
    first = offers[0]
    return {
        "outcome": outcome,
        "level": first.level or None,
        "accuracy_m": first.accuracy_m,
        "match": " / ".join(dict.fromkeys(o.text for o in offers[:3] if o.text)) or None,
        "lon": first.lon,
        "lat": first.lat,
    }


def _listed(rows: pd.DataFrame, done: list[dict[str, Any]]) -> pd.DataFrame:
    made: dict[str, pd.Series] = {}
    for name in ("outcome", "level", "match"):
        made[name] = pd.Series([one.get(name) for one in done], dtype=object, index=rows.index)
    for name in ("accuracy_m", "lon", "lat"):
        values = [one.get(name, np.nan) for one in done]
        made[name] = pd.Series(values, dtype=np.float64, index=rows.index)
    return rows.assign(**made)


def _with(table: PointTable, found: pd.DataFrame, asker: Asker) -> PointTable:
    source = f"{asker.service.name} {date.today().isoformat()}"
    places = {
        str(row.id): Located(
            float(row.lon), float(row.lat), accuracy_m=float(row.accuracy_m), source=source
        )
        for row in found.itertuples()
    }
    return with_located(table, places)


def _apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance in metres between two positions; within a city it is exact to 1 %."""
    (x1, y1), (x2, y2) = one, other
    wide = (x2 - x1) * math.cos(math.radians((y1 + y2) / 2))
    return math.hypot(wide, y2 - y1) * 111_320
