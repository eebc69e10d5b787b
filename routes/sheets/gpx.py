"""GPX 1.1 (https://www.topografix.com/GPX/1/1/): sites, their order, and what is walked.

Sites are way points, their order is a route, each leg on foot or by ferry is a track; a ride is
an estimate without a line worth following and has none. Times are UTC, where a date is given.
Of several groups each has a route of its own, by its own times; what more than one of them passes
(a site, a leg) is there once and has no time, but tells those of each.
"""

from __future__ import annotations

import datetime
from xml.etree import ElementTree as ET

import numpy as np

from geo import words
from geo.exports import OSM_ATTRIBUTION, Provenance
from routes.sheets.day import (
    SharedWay,
    SheetContent,
    Stop,
    Way,
    group_name,
    shared_ways,
    times_told,
)
from routes.sheets.markup import add, degrees, document, utc
from routes.visits import clock

__all__ = ["gpx_of"]

_NAMESPACE = "http://www.topografix.com/GPX/1/1"
_SCHEMA = f"{_NAMESPACE} http://www.topografix.com/GPX/1/1/gpx.xsd"
_OSM_TERMS = "https://www.openstreetmap.org/copyright"


def gpx_of(content: SheetContent, provenance: Provenance) -> bytes:
    """Return the route as GPX 1.1."""
    root = ET.Element(
        "gpx",
        {
            "version": "1.1",
            "creator": f"Hongtu {provenance.version}",
            "xmlns": _NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
        },
    )
    _metadata(root, content, provenance)
    if content.days:
        _sites(root, content)
    else:
        for stop in content.stops:
            _stop(root, "wpt", content, stop)
    for day in content.every:
        route = add(root, "rte")
        add(route, "name", " · ".join(filter(None, (content.title, day.group))))
        add(route, "desc", " ".join((*day.facts, *day.conflicts) if day.number else day.facts))
        add(route, "src", f"Hongtu {provenance.run_id}")
        if day.number:
            add(route, "number", day.number)
        add(route, "type", content.route.status)
        for stop in day.stops:
            _stop(route, "rtept", day, stop)
    for shared in shared_ways(content):
        if shared.way.mode != "ride":
            _track(root, content, shared)
    return document(root)


def _sites(root: ET.Element, content: SheetContent) -> None:
    """Add each place once, with the times at which each group is there."""
    times: dict[str, list[tuple[int, Stop]]] = {}
    for day in content.every:
        for stop in day.stops:
            times.setdefault(stop.place.id, []).append((day.number, stop))
    for told in times.values():
        stop = next((stop for _, stop in told if stop.number), told[0][1])
        said = [
            words.say("groups.of", content.lang, group=group_name((number,), content.lang),
                      text=f"{clock(one.arrive)}–{clock(one.leave)}")
            for number, one in told
        ]  # fmt: skip
        _stop(root, "wpt", content, stop, tuple(said))


def _metadata(root: ET.Element, content: SheetContent, provenance: Provenance) -> None:
    head = add(root, "metadata")
    add(head, "name", content.title)
    warnings = " ".join(text for _, text in content.flags)
    add(head, "desc", " ".join(filter(None, (warnings, *content.conflicts))) or content.title)
    if provenance.attribution:
        rights = add(head, "copyright", author=provenance.attribution)
        if provenance.attribution == OSM_ATTRIBUTION:
            add(rights, "license", _OSM_TERMS)
    add(head, "time", utc(datetime.datetime.fromisoformat(provenance.created)))
    add(head, "keywords", ", ".join(provenance.flags) or "route")
    spots = np.vstack(
        [[(s.lon, s.lat) for day in content.every for s in day.stops],
         *(shared.way.line for shared in shared_ways(content))]
    )  # fmt: skip
    (west, south), (east, north) = spots.min(axis=0), spots.max(axis=0)
    add(head, "bounds", minlat=degrees(south), minlon=degrees(west), maxlat=degrees(north),
        maxlon=degrees(east))  # fmt: skip


def _stop(
    parent: ET.Element, tag: str, content: SheetContent, stop: Stop, times: tuple[str, ...] = ()
) -> None:
    """Add a stop; one that stands for those of several groups has no number and no time."""
    point = add(parent, tag, lat=degrees(stop.lat), lon=degrees(stop.lon))
    at = None if times else content.at(stop.arrive)
    if at is not None:
        add(point, "time", utc(at))
    add(point, "name", stop.name if times else f"{stop.mark} {stop.name}")
    comments = times or stop.remarks
    if comments:
        add(point, "cmt", "; ".join(comments))
    place = stop.place
    said = [stop.why or place.text(content.lang)]
    if stop.estimated:
        said.append(words.say("sheet.near", content.lang, metres=round(place.accuracy_m or 0)))
    if any(said):
        add(point, "desc", " ".join(filter(None, said)))
    add(point, "src", place.coordinate_status)
    add(point, "sym", "Flag, Blue" if stop.number else "Flag, Green")
    add(point, "type", "visit" if stop.number else "pass")


def _track(root: ET.Element, content: SheetContent, shared: SharedWay) -> None:
    way = shared.way
    track = add(root, "trk")
    add(track, "name", f"{shared.number} {way.origin} → {way.target}")
    told = times_told(shared, content.lang)
    if told:
        add(track, "cmt", "; ".join(told))
    add(track, "desc", " ".join((way.said, *way.steps)))
    add(track, "number", shared.number)
    add(track, "type", way.mode)
    segment = add(track, "trkseg")
    start = content.at(way.depart) if len(shared.times) == 1 else None
    for (lon, lat), share in zip(way.line, _shares(way), strict=True):
        point = add(segment, "trkpt", lat=degrees(lat), lon=degrees(lon))
        if start is not None:
            add(point, "time", utc(start + datetime.timedelta(minutes=share * way.minutes)))


def _shares(way: Way) -> list[float]:
    """Return how far along its leg each vertex lies, 0 to 1."""
    flat = (way.line - way.line[0]) * (np.cos(np.radians(way.line[0, 1])), 1.0)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(flat, axis=0).T))])
    return list((run / run[-1] if run[-1] > 0 else np.linspace(0.0, 1.0, len(run))).tolist())
