"""All files of a route into an open result folder, in one language."""

from __future__ import annotations

from typing import Any

from geo import words
from geo.exports import OutputFolder, write_atomic
from geo.exports.values import utf8
from routes.sheets.content import SheetContent, content_of
from routes.sheets.drawing import map_of
from routes.sheets.gpx import gpx_of
from routes.sheets.ics import ics_of
from routes.sheets.kml import kml_of
from routes.sheets.links import QrCode, qr_of
from routes.sheets.page import page_of
from routes.sheets.picture import Picture, picture_of
from routes.sheets.table import geojson_of, timetable_csv
from routes.studyroute import StudyRoute
from routes.visits import clock

__all__ = ["write_route"]


def write_route(
    route: StudyRoute, folder: OutputFolder, lang: str, *, share_base: str | None = None
) -> None:
    """Write route.geojson, .gpx, .kml, timetable.csv, .ics, sheet.html, .png and qr.svg, .png.

    Parameters
    ----------
    folder
        Open, its provenance from `routes.sheets.route_provenance`. Its summary gets the figures of
        the route, and why a file was not written: no calendar without a date, no picture without
        a font.
    lang
        ``zh`` or ``en``.
    share_base
        Where the app runs, for the share link in the QR code; without it the code is plain text.

    Raises
    ------
    RequestError
        `share_base` is no http or https address.
    OutputError
        A file cannot be written.
    """
    record = folder.provenance
    content = content_of(route, lang)
    code = qr_of(content, share_base)
    drawn = map_of(content, record.attribution)
    picture = picture_of(content, record, code, drawn)
    files: dict[str, bytes | None] = {
        "route.geojson": geojson_of(content, record),
        "route.gpx": gpx_of(content, record),
        "route.kml": kml_of(content, record),
        "timetable.csv": timetable_csv(content, record),
        "timetable.ics": ics_of(content, record),
        "sheet.html": utf8(page_of(content, record, code, drawn)),
        "sheet.png": None if picture is None else picture.png,
        "qr.svg": utf8(code.svg(300) + "\n"),
        "qr.png": code.png(),
    }
    for name, found in files.items():
        if found is not None:
            write_atomic(folder.path(name), found)
    folder.summary |= _summary(content, code, picture)


def _group(day: SheetContent) -> dict[str, Any]:
    """Return one group's day: its stops by the clock, and what conflicts."""
    return {
        "group": day.number,
        "start": clock(day.stops[0].arrive),
        "finish": clock(day.stops[-1].leave),
        "stops": [
            {"site": stop.place.id, "begin": clock(stop.begin), "leave": clock(stop.leave)}
            for stop in day.stops if stop.number is not None
        ],
        "conflicts": list(day.conflicts),
    }  # fmt: skip


def _summary(content: SheetContent, code: QrCode, picture: Picture | None) -> dict[str, Any]:
    route, lang = content.route, content.lang
    unwritten = {}
    if content.day is None:
        unwritten["timetable.ics"] = words.say("sheet.unwritten_no_date", lang)
    notes = []
    if picture is None:
        unwritten["sheet.png"] = words.say("sheet.unwritten_no_font", lang)
    elif picture.lang != lang:
        notes.append(words.say("sheet.picture_in_english", lang))
    if picture is not None and picture.lacking:
        notes.append(words.say("sheet.letters_missing", lang, letters=picture.lacking))
    return {
        "title": content.title,
        "status": route.status,
        "language": lang,
        "date": content.day,
        "stops": sum(stop.number is not None for stop in content.stops),
        "walk_m": round(route.walk_m, 1),
        "ride_m": round(route.ride_m, 1),
        "minutes": round(route.minutes_total, 1),
        "conflicts": list(content.conflicts),
        "left_out": list(content.left_out),
        "groups": list(content.groups),
        "group_days": [_group(day) for day in content.days],
        "proven": route.proven,
        "qr": code.text,
        "files_not_written": unwritten,
        "notes": notes,
        "picture_font": picture.family if picture else None,
    }
