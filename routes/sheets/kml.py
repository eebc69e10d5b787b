"""OGC KML 2.2 (OGC 07-147r2): stops (of each group) and legs in folders, a style for each mode.

Viewers show a description as HTML, so its text is escaped once more than a name.
"""

from __future__ import annotations

import html
from xml.etree import ElementTree as ET

from geo import words
from geo.exports import Provenance
from routes.sheets.day import SharedWay, SheetContent, Stop, shared_ways, times_told
from routes.sheets.markup import add, degrees, document
from routes.visits import clock

__all__ = ["kml_of"]

_LINES = {"walk": ("ff1c1ca8", "4"), "ferry": ("ff9c5a1a", "4"), "ride": ("ff7a7a7a", "2")}
"""Colour (alpha, blue, green, red) and width of the legs of a mode."""


def kml_of(content: SheetContent, provenance: Provenance) -> bytes:
    """Return the route as KML 2.2."""
    root = ET.Element("kml", {"xmlns": "http://www.opengis.net/kml/2.2"})
    file = add(root, "Document")
    add(file, "name", content.title)
    warnings = [text for _, text in content.flags]
    said = [*warnings, *content.conflicts, *content.facts, provenance.attribution]
    add(file, "description", _lines(said))
    for mode, (colour, width) in _LINES.items():
        line = add(add(file, "Style", id=mode), "LineStyle")
        add(line, "color", colour)
        add(line, "width", width)
    _data(file, {"program": f"Hongtu {provenance.version}", "run_id": provenance.run_id,
                 "flags": " ".join(provenance.flags)})  # fmt: skip
    for day in content.every:
        stops = add(file, "Folder")
        add(stops, "name", day.group or words.say("sheet.stops", content.lang))
        before = f"group-{day.number}-" if day.number else ""
        for at, stop in enumerate(day.stops, start=1):
            _stop(stops, day, stop, f"{before}stop-{at}")
    legs = add(file, "Folder")
    add(legs, "name", words.say("sheet.legs", content.lang))
    for shared in shared_ways(content):
        _way(legs, shared, content.lang)
    return document(root)


def _lines(texts: list[str]) -> str:
    return "<br/>".join(html.escape(text) for text in texts if text)


def _data(parent: ET.Element, values: dict[str, object]) -> None:
    held = add(parent, "ExtendedData")
    for name, value in values.items():
        if value is not None:
            add(add(held, "Data", name=name), "value", value)


def _stop(folder: ET.Element, content: SheetContent, stop: Stop, name: str) -> None:
    mark = add(folder, "Placemark", id=name)
    add(mark, "name", f"{stop.mark} {stop.name}")
    place = stop.place
    said = [f"{clock(stop.arrive)}–{clock(stop.leave)}", stop.why or place.text(content.lang) or ""]
    if stop.estimated:
        said.append(words.say("sheet.near", content.lang, metres=round(place.accuracy_m or 0)))
    add(mark, "description", _lines([*said, *stop.remarks]))
    arrive, leave = content.at(stop.arrive), content.at(stop.leave)
    if arrive is not None and leave is not None:
        span = add(mark, "TimeSpan")
        add(span, "begin", arrive.isoformat())
        add(span, "end", leave.isoformat())
    _data(mark, {"group": content.number or None, "site": place.id,
                 "coordinate_status": place.coordinate_status, "accuracy_m": place.accuracy_m,
                 "remarks": " ".join(stop.codes)})  # fmt: skip
    add(add(mark, "Point"), "coordinates", f"{degrees(stop.lon)},{degrees(stop.lat)}")


def _way(folder: ET.Element, shared: SharedWay, lang: str) -> None:
    way = shared.way
    mark = add(folder, "Placemark", id=f"leg-{shared.number}")
    add(mark, "name", f"{way.origin} → {way.target}")
    add(mark, "description", _lines([way.said, *times_told(shared, lang), *way.steps]))
    add(mark, "styleUrl", f"#{way.mode}")
    groups = " ".join(map(str, shared.groups)) if shared.groups != (0,) else None
    _data(mark, {"groups": groups, "mode": way.mode, "minutes": round(way.minutes, 2),
                 "length_m": round(way.metres, 1), "flags": " ".join(way.flags)})  # fmt: skip
    line = add(mark, "LineString")
    add(line, "tessellate", 1)
    add(line, "coordinates", " ".join(f"{degrees(x)},{degrees(y)}" for x, y in way.line))
