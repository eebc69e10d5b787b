"""Rest on the way: open stations near the walk at the minute the group passes them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.hours import HolidayBook, parse, state
from geo.network.model import FloatArray
from geo.points import PointTable

if TYPE_CHECKING:
    from routes.studyroute import StudyRoute

__all__ = ["Rest", "Rests", "Stretch", "rests_along"]


@dataclass(frozen=True)
class Rest:
    """A station to rest at.

    Attributes
    ----------
    hop
        Between which stops it lies: after stop number `hop`.
    along_m, detour_m
        Where it is left from, metres on foot since the departure; there and back, straight.
    at_minute
        When the group passes, minutes from 00:00.
    state
        ``open`` or ``unknown`` then; closed ones are counted in `Rests.closed`.
    """

    station_id: str
    name: str
    lon: float
    lat: float
    hop: int
    along_m: float
    detour_m: float
    at_minute: float
    state: str
    sample: bool


@dataclass(frozen=True)
class Stretch:
    """A stretch of walking without a rest: from and to, metres on foot since the departure."""

    from_m: float
    to_m: float

    @property
    def metres(self) -> float:
        """Its length."""
        return self.to_m - self.from_m


@dataclass(frozen=True)
class Rests:
    """Rests in the order of the walk, and the longest walk without one.

    Attributes
    ----------
    longest
        Between two rests known to be open, or stops with toilets or seats; None: nothing walked.
    closed
        Stations within the detour that are shut when the group passes.
    """

    found: tuple[Rest, ...]
    longest: Stretch | None
    closed: int


def rests_along(route: StudyRoute, stations: PointTable, book: HolidayBook) -> Rests:
    """Return the stations within the brief's detour of the walk, at the hour it passes them.

    The detour is twice the straight distance between the way and the station: an estimate, since
    the ways between are not searched. Without a date every known hour counts as unknown.
    """
    network, brief = route.network, route.brief
    points = stations.frame
    xy = network.to_metric(np.column_stack([points.geometry.x, points.geometry.y]))
    found: list[Rest] = []
    closed, walked = 0, 0.0
    for hop, legs in enumerate(route.hops):
        clock = route.timetable.visits[hop].leave
        for leg in legs:
            if leg.mode == "walk":
                line = network.to_metric(np.asarray(leg.line))
                for at, near_m, along in _near(line, xy, brief.rest_detour_m / 2):
                    minute = clock + leg.minutes * along / max(leg.metres, 1e-9)
                    row = points.iloc[at]
                    now = _state(row, brief.day, minute, book)
                    if now == "closed":
                        closed += 1
                        continue
                    found.append(_rest(row, hop, walked + along, 2 * near_m, minute, now))
                walked += leg.metres
            clock += leg.minutes
    best: dict[str, Rest] = {}
    for rest in found:
        if rest.station_id not in best or rest.detour_m < best[rest.station_id].detour_m:
            best[rest.station_id] = rest
    kept = tuple(sorted(best.values(), key=lambda r: (r.along_m, r.station_id)))
    return Rests(kept, _longest(route, kept, walked), closed)


def _near(line: FloatArray, xy: FloatArray, reach_m: float) -> list[tuple[int, float, float]]:
    """Return (station, distance, metres along) of every station within `reach_m` of a line."""
    import shapely

    if len(line) < 2:
        return []
    shape = shapely.linestrings(line)
    points = shapely.points(xy)
    gaps = shapely.distance(shape, points)
    close = np.flatnonzero(gaps <= reach_m)
    along = shapely.line_locate_point(shape, points[close])
    return [(int(i), float(gaps[i]), float(a)) for i, a in zip(close, along, strict=True)]


def _state(row: Any, day: Any, minute: float, book: HolidayBook) -> str:
    text = row.get("opening_hours")
    if day is None or not isinstance(text, str) or not text.strip():
        return "unknown"
    at = datetime.combine(day, time()) + timedelta(minutes=float(minute))
    return state(parse(text), at, book)


def _rest(row: Any, hop: int, along_m: float, detour_m: float, minute: float, now: str) -> Rest:
    name = row.get("name")
    return Rest(
        str(row["id"]), str(name) if name else str(row["id"]),
        float(row.geometry.x), float(row.geometry.y), hop, along_m, detour_m, minute, now,
        str(row.get("sample", "")).casefold() in ("true", "1"),
    )  # fmt: skip


def _longest(route: StudyRoute, rests: Sequence[Rest], walked: float) -> Stretch | None:
    """Return the longest walk between open rests and stops with toilets."""
    if walked <= 0:
        return None
    marks = [0.0, walked, *(r.along_m for r in rests if r.state == "open")]
    so_far = 0.0
    for hop, legs in enumerate(route.hops):
        so_far += sum(leg.metres for leg in legs if leg.mode == "walk")
        if route.timetable.visits[hop + 1].place.toilets:
            marks.append(so_far)
    marks.sort()
    gaps = [(b - a, -a) for a, b in itertools.pairwise(marks)]
    length, start = max(gaps)
    return Stretch(-start, -start + length)
