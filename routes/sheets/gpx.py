"""GPX 1.1 (https://www.topografix.com/GPX/1/1/): sites, their order, and what is walked.

Sites are way points, their order is a route, each leg on foot or by ferry is a track; a ride is
an estimate without a line worth following and has none. Times are UTC, where a date is given.
"""

from __future__ import annotations

import datetime
from xml.etree import ElementTree as ET

import numpy as np

from geo import words
from geo.exports import OSM_ATTRIBUTION, Provenance
from routes.sheets.content import SheetContent, Stop, Way
from routes.sheets.markup import add, degrees, document, utc

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
    for stop in content.stops:
        _stop(root, "wpt", content, stop)
    route = add(root, "rte")
    add(route, "name", content.title)
    add(route, "desc", " ".join(content.facts))
    add(route, "src", f"Hongtu {provenance.run_id}")
    add(route, "type", content.route.status)
    for stop in content.stops:
        _stop(route, "rtept", content, stop)
    for way in content.legs:
        if way.mode != "ride":
            _track(root, content, way)
    return document(root)


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
    spots = np.vstack([[(s.lon, s.lat) for s in content.stops], *(w.line for w in content.legs)])
    (west, south), (east, north) = spots.min(axis=0), spots.max(axis=0)
    add(head, "bounds", minlat=degrees(south), minlon=degrees(west), maxlat=degrees(north),
        maxlon=degrees(east))  # fmt: skip


def _stop(parent: ET.Element, tag: str, content: SheetContent, stop: Stop) -> None:
    point = add(parent, tag, lat=degrees(stop.lat), lon=degrees(stop.lon))
    at = content.at(stop.arrive)
    if at is not None:
        add(point, "time", utc(at))
    add(point, "name", f"{stop.mark} {stop.name}")
    if stop.remarks:
        add(point, "cmt", "; ".join(stop.remarks))
    place = stop.place
    said = [stop.why or place.text(content.lang)]
    if stop.estimated:
        said.append(words.say("sheet.near", content.lang, metres=round(place.accuracy_m or 0)))
    if any(said):
        add(point, "desc", " ".join(filter(None, said)))
    add(point, "src", place.coordinate_status)
    add(point, "sym", "Flag, Blue" if stop.number else "Flag, Green")
    add(point, "type", "visit" if stop.number else "pass")


def _track(root: ET.Element, content: SheetContent, way: Way) -> None:
    track = add(root, "trk")
    add(track, "name", f"{way.number} {way.origin} → {way.target}")
    add(track, "desc", " ".join((way.said, *way.steps)))
    add(track, "number", way.number)
    add(track, "type", way.mode)
    segment = add(track, "trkseg")
    start = content.at(way.depart)
    for (lon, lat), share in zip(way.line, _shares(way), strict=True):
        point = add(segment, "trkpt", lat=degrees(lat), lon=degrees(lon))
        if start is not None:
            add(point, "time", utc(start + datetime.timedelta(minutes=share * way.minutes)))


def _shares(way: Way) -> list[float]:
    """Return how far along its leg each vertex lies, 0 to 1."""
    flat = (way.line - way.line[0]) * (np.cos(np.radians(way.line[0, 1])), 1.0)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(flat, axis=0).T))])
    return list((run / run[-1] if run[-1] > 0 else np.linspace(0.0, 1.0, len(run))).tolist())
