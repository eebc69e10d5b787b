"""A route as frames: features for GeoJSON, and a timetable with a row per stop, break and leg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geo.exports import Provenance, csv_bytes, geojson_bytes
from routes.sheets.day import Pause, SharedWay, SheetContent, Stop, Way, shared_ways
from routes.visits import clock

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["geojson_of", "route_frame", "timetable_csv", "timetable_frame"]


def geojson_of(content: SheetContent, provenance: Provenance) -> bytes:
    """Return the route as a FeatureCollection (RFC 7946): stops, rests as points, legs as lines."""
    return geojson_bytes(route_frame(content), provenance)


def timetable_csv(content: SheetContent, provenance: Provenance) -> bytes:
    """Return the timetable as CSV (UTF-8 with a mark, no cell that a spreadsheet would run)."""
    return csv_bytes(timetable_frame(content), provenance)


def route_frame(content: SheetContent) -> gpd.GeoDataFrame:
    """Return one row per stop, leg and rest in EPSG:4326; ``kind`` tells which.

    Several groups have their stops each, with the number of the group in ``group``. A leg is there
    once, however many groups go it: ``groups`` has their numbers, and ``leave_by_group`` and
    ``arrive_by_group`` their times in the same succession; ``group``, ``leave`` and ``arrive``
    stand where only one goes it. A leg within one place has no line.

    Clock times stand as ``09:05``, moments with their offset in ``*_at``, null without a date.
    A ride's line is straight and ``estimated``.
    """
    import geopandas as gpd
    import shapely

    rows, shapes = [], []
    for day in content.every:
        before = f"group-{day.number}-" if day.number else ""
        for at, stop in enumerate(day.stops, start=1):
            rows.append({"id": f"{before}stop-{at}", "kind": "stop", "group": day.number or None,
                         "groups": [day.number] if day.number else None,
                         **_stop(stop), **_when(content, stop)})  # fmt: skip
            shapes.append(shapely.Point(stop.lon, stop.lat))
    for shared in shared_ways(content):
        rows.append({"id": f"leg-{shared.number}", "kind": "leg", **_shared(shared)})
        still = np.ptp(shared.way.line, axis=0).max() == 0
        shapes.append(None if still else shapely.LineString(shared.way.line))
    for at, rest in enumerate(content.route.rests.found if content.route.rests else ()):
        rows.append(
            {"id": f"rest-{at + 1}", "kind": "rest", "name": rest.name, "site": rest.station_id,
             "arrive": clock(rest.at_minute), "detour_m": rest.detour_m, "state": rest.state,
             "flags": ["sample"] if rest.sample else []}
        )  # fmt: skip
        shapes.append(shapely.Point(rest.lon, rest.lat))
    return gpd.GeoDataFrame(_framed(rows, _COLUMNS), geometry=shapes, crs="EPSG:4326")


_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("id", "kind"), object),
    "group": "Int64",
    **dict.fromkeys(("groups", "leave_by_group", "arrive_by_group"), object),
    "number": "Int64",
    **dict.fromkeys(("mark", "site", "name", "name_zh", "name_en", "origin", "target"), object),
    **dict.fromkeys(("mode", "arrive", "begin", "leave"), object),
    **dict.fromkeys(("arrive_at", "begin_at", "leave_at"), object),
    **dict.fromkeys(("minutes", "wait_minutes", "length_m", "detour_m"), float),
    **dict.fromkeys(("state", "coordinate_status"), object),
    "accuracy_m": float,
    "estimated": "boolean",
    **dict.fromkeys(("flags", "remark_codes", "remarks", "steps", "amap_walk"), object),
}


def _framed(rows: list[dict[str, Any]], columns: dict[str, Any]) -> pd.DataFrame:
    """Return rows as a frame of given types; pandas' guess would stumble over odd names."""
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in rows], dtype=kind)
            for name, kind in columns.items()
        }
    )


def _stop(stop: Stop) -> dict[str, Any]:
    place = stop.place
    return {
        "number": stop.number, "mark": stop.mark, "site": place.id, "name": stop.name,
        "name_zh": place.name_zh, "name_en": place.name_en,
        "arrive": clock(stop.arrive), "begin": clock(stop.begin), "leave": clock(stop.leave),
        "minutes": stop.minutes, "wait_minutes": stop.wait,
        "coordinate_status": place.coordinate_status, "accuracy_m": place.accuracy_m,
        "estimated": stop.estimated, "flags": ["conflict"] if stop.conflict else [],
        "remark_codes": list(stop.codes), "remarks": list(stop.remarks),
    }  # fmt: skip


def _when(content: SheetContent, stop: Stop) -> dict[str, str | None]:
    moments = {"arrive_at": stop.arrive, "begin_at": stop.begin, "leave_at": stop.leave}
    found = {key: content.at(minute) for key, minute in moments.items()}
    return {key: None if at is None else at.isoformat() for key, at in found.items()}


def _way(way: Way) -> dict[str, Any]:
    return {
        "number": way.number, "name": way.said, "origin": way.origin, "target": way.target,
        "mode": way.mode, "leave": clock(way.depart), "arrive": clock(way.arrive),
        "minutes": way.minutes, "length_m": way.metres, "estimated": "estimated" in way.flags,
        "flags": list(way.flags), "steps": list(way.steps), "amap_walk": way.link or None,
    }  # fmt: skip


def _shared(shared: SharedWay) -> dict[str, Any]:
    """Return a leg, with the times of each group that goes it."""
    told = {**_way(shared.way), "number": shared.number}
    if shared.groups == (0,):
        return told
    told |= {"groups": list(shared.groups), "leave_by_group": [], "arrive_by_group": []}
    for _, way in shared.times:
        told["leave_by_group"].append(clock(way.depart))
        told["arrive_by_group"].append(clock(way.arrive))
    if len(shared.groups) == 1:
        return {**told, "group": shared.groups[0]}
    return {**told, "leave": None, "arrive": None}


def timetable_frame(content: SheetContent) -> pd.DataFrame:
    """Return the day in order: each stop, then the legs to the next; breaks where they fall.

    Several groups follow each other, with the number of each in ``group``.
    """
    import pandas as pd

    rows = [{"group": day.number or None, **row} for day in content.every for row in _rows(day)]
    date = content.day.isoformat() if content.day else None
    table = _framed(rows, _TABLE)
    table.insert(0, "date", pd.Series([date] * len(table), dtype=object))
    return table


def _rows(content: SheetContent) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for at, stop in enumerate(content.stops):
        rows += map(_pause, content.pauses_at(at, before=True))
        rows.append({"kind": "stop", "lon": stop.lon, "lat": stop.lat, **_stop(stop)})
        rows += map(_pause, content.pauses_at(at, before=False))
        rows += [{"kind": "leg", **_way(way)} for hop in content.ways[at : at + 1] for way in hop]
    return rows


def _pause(pause: Pause) -> dict[str, Any]:
    begin, end = clock(pause.begin), clock(pause.begin + pause.minutes)
    return {"kind": "break", "begin": begin, "leave": end, "minutes": pause.minutes}


_TABLE: dict[str, Any] = {
    "group": "Int64",
    "kind": object,
    "number": "Int64",
    **{name: _COLUMNS[name] for name in ("site", "name", "origin", "target", "mode")},
    **dict.fromkeys(("arrive", "begin", "leave"), object),
    **dict.fromkeys(("minutes", "wait_minutes", "length_m", "lon", "lat"), float),
    **{name: _COLUMNS[name] for name in ("coordinate_status", "accuracy_m", "estimated")},
    **dict.fromkeys(("flags", "remarks", "steps", "amap_walk"), object),
}
