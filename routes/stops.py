"""From a request to the places it means: stops and their minutes, start, end, what is left out."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from geo.datum import DATUMS, to_wgs84
from geo.errors import RouteError
from routes.lines import StudyLine
from routes.places import Place, find_place
from routes.visits import StudyBrief

__all__ = ["METRO", "LeftOut", "Stops", "find_end", "metro_stations", "stops_of"]

METRO = Path(__file__).parents[1] / "data" / "points" / "metro_stations.csv"
_COORDINATES = re.compile(
    r"(?:(?P<datum>[a-z0-9]+):)?\s*(?P<lon>-?\d+(?:\.\d+)?)\s*[,，\s]\s*(?P<lat>-?\d+(?:\.\d+)?)"
)


@dataclass(frozen=True)
class LeftOut:
    """A wish that cannot be fulfilled: the sentence is ``left_out.<code>``."""

    site: str
    name_zh: str
    name_en: str
    code: str
    fields: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Stops:
    """What a request comes down to.

    Attributes
    ----------
    line
        The curated line, None for sites or a theme.
    places, stays
        Stops that have a position, in the curated order, and minutes at each.
    start, end
        Where the walk begins and ends, None for the first and the last stop.
    closed
        The walk ends at its first stop, whichever that is; `start` and `end` are then None.
    must, before
        As in the request, as indices into `places`.
    left_out
        Stops that cannot be planned at all.
    """

    line: StudyLine | None
    places: tuple[Place, ...]
    stays: tuple[float, ...]
    start: Place | None
    end: Place | None
    closed: bool
    must: tuple[int, ...]
    before: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]


def stops_of(
    brief: StudyBrief, places: Mapping[str, Place], lines: Mapping[str, StudyLine]
) -> Stops:
    """Return the stops that a brief means.

    Raises
    ------
    RouteError
        An unknown line, site, theme, start or end (the nearest name is told); no stop with a
        position; a must that is not among the stops; pairs A before B that contradict each other.
    """
    line, asked = _asked(brief, places, lines)
    left = tuple(
        LeftOut(p.id, p.name_zh, p.name_en, "no_position") for p, _ in asked if p.lon is None
    )
    known = [(place, stay) for place, stay in asked if place.lon is not None]
    if not known:
        raise RouteError("route_no_stops")
    found = tuple(place for place, _ in known)
    start = _bound(brief.start or (line.start if line else ""), places)
    wanted_end = brief.end or (line.end if line else "")
    back = wanted_end == "start"
    end = start if back else _bound(wanted_end, places)
    must = tuple(_stop_at(site, places, found, "route_not_a_stop") for site in brief.must)
    before = tuple(
        (_stop_at(a, places, found, "route_before_not_a_stop"),
         _stop_at(b, places, found, "route_before_not_a_stop"))
        for a, b in brief.before
    )  # fmt: skip
    _refuse_circle(before, found)
    return Stops(
        line, found, tuple(stay for _, stay in known), start, end, back and start is None,
        must, before, left,
    )  # fmt: skip


def _stop_at(site: str, places: Mapping[str, Place], stops: tuple[Place, ...], code: str) -> int:
    """Return which stop a site is; `code` names the refusal where it is none."""
    place = find_place(site, places)
    if place not in stops:
        raise RouteError(code, site_zh=place.name_zh, site_en=place.name_en)
    return stops.index(place)


def _refuse_circle(before: tuple[tuple[int, int], ...], stops: tuple[Place, ...]) -> None:
    """Refuse pairs A before B that no order can keep, naming a circle of them."""
    needs: dict[int, list[int]] = {}
    for a, b in before:
        needs.setdefault(b, []).append(a)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as fault:
        names = [stops[i] for i in fault.args[1]]
        raise RouteError(
            "route_contradictory_order",
            places_zh=" → ".join(p.name_zh for p in names),
            places_en=" → ".join(p.name_en for p in names),
        ) from fault


def _asked(
    brief: StudyBrief, places: Mapping[str, Place], lines: Mapping[str, StudyLine]
) -> tuple[StudyLine | None, list[tuple[Place, float]]]:
    if brief.line:
        if brief.line not in lines:
            known = ", ".join(lines)
            raise RouteError("line_unknown", line=brief.line, known=known)
        line = lines[brief.line]
        stops = [(find_place(stop.site, places), stop.visit_minutes) for stop in line.stops]
        return line, [(p, p.visit_minutes if stay is None else stay) for p, stay in stops]
    if brief.sites:
        asked = [find_place(site, places) for site in brief.sites]
        twice = next((p for i, p in enumerate(asked) if p in asked[:i]), None)
        if twice is not None:
            raise RouteError("route_site_twice_name", site_zh=twice.name_zh, site_en=twice.name_en)
        return None, [(p, p.visit_minutes) for p in asked]
    found = [p for p in places.values() if brief.theme in p.themes]
    if not found:
        themes = sorted({t for p in places.values() for t in p.themes})
        raise RouteError("theme_unknown", theme=brief.theme, known=", ".join(themes))
    found.sort(key=lambda p: (-p.score, p.id))
    return None, [(p, p.visit_minutes) for p in found]


def _bound(text: str, places: Mapping[str, Place]) -> Place | None:
    return find_end(text, places) if text else None


def find_end(text: str, places: Mapping[str, Place]) -> Place:
    """Return where a walk begins or ends: a site, a metro station, or ``lon,lat``.

    Coordinates are WGS-84 unless another datum stands before them: ``gcj02:118.79,32.04``.

    Raises
    ------
    RouteError
        No such place, or a site without a position.
    """
    given = _COORDINATES.fullmatch(text.strip())
    if given is not None:
        return _at(text, given)
    stations = metro_stations()
    name = text.strip().removesuffix("地铁站").removesuffix("站")
    if name in stations:
        lon, lat = stations[name]
        return Place(
            f"metro:{name}", f"地铁{name}站", f"{name} metro station", lon, lat, "sourced", 100.0
        )
    place = find_place(text, places)
    if place.lon is None:
        raise RouteError("route_end_nowhere", place_zh=place.name_zh, place_en=place.name_en)
    return place


def _at(text: str, given: re.Match[str]) -> Place:
    datum = given["datum"] or "wgs84"
    lon, lat = float(given["lon"]), float(given["lat"])
    if datum not in DATUMS or not (-180 <= lon <= 180 and -85 <= lat <= 85):
        raise RouteError("route_coordinates", text=text)
    (x,), (y,) = to_wgs84([lon], [lat], datum)
    said = f"{lon:.6g}, {lat:.6g}"
    return Place(f"at:{text.strip()}", f"({said})", f"({said})", float(x), float(y))


@cache
def metro_stations() -> dict[str, tuple[float, float]]:
    """Return the metro stations of the default area: name → WGS-84 degrees (OSM, ODbL)."""
    with METRO.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    name = next(iter(rows[0]))
    return {row[name]: (float(row["lon"]), float(row["lat"])) for row in rows}
