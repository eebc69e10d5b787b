"""Curated study lines: reading ``data/lines/*.toml`` and checking them against the sites."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.errors import MissingFileError, RouteError
from routes.places import THEMES, Place

__all__ = ["KINDS", "LINES", "LineFault", "LineStop", "StudyLine", "check_lines", "read_lines"]

LINES = Path(__file__).parents[1] / "data" / "lines"
KINDS = ("site", "reading", "food", "shop")
STATUSES = ("published", "composed")


@dataclass(frozen=True)
class LineStop:
    """A stop: a site's id, how long a group stays here, and why it is on this line."""

    site: str
    visit_minutes: float | None
    why_zh: str
    why_en: str
    kind: str = "site"

    def why(self, lang: str) -> str:
        """Return the reason in `lang`."""
        return self.why_zh if lang == "zh" else self.why_en


@dataclass(frozen=True)
class StudyLine:
    """A line to walk.

    Attributes
    ----------
    theme
        Of `routes.places.THEMES`.
    status
        ``published`` where a source gives these stops in this order; ``composed`` where this
        project put them together.
    source_zh, source_en
        Where the stops, or the line's name and theme, come from.
    start, end
        As in a `StudyBrief`; empty: the first and the last stop.
    """

    id: str
    title_zh: str
    title_en: str
    theme: str
    status: str
    source_zh: str
    source_en: str
    text_zh: str
    text_en: str
    stops: tuple[LineStop, ...]
    start: str = ""
    end: str = ""

    def title(self, lang: str) -> str:
        """Return the title in `lang`."""
        return self.title_zh if lang == "zh" else self.title_en

    def source(self, lang: str) -> str:
        """Return where it comes from, in `lang`."""
        return self.source_zh if lang == "zh" else self.source_en

    @property
    def sites(self) -> tuple[str, ...]:
        """Ids of the stops, in order."""
        return tuple(stop.site for stop in self.stops)


@dataclass(frozen=True)
class LineFault:
    """Something wrong with a line; the sentence is ``line.<code>`` with `fields`."""

    line: str
    site: str | None
    code: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def read_lines(folder: Path = LINES) -> dict[str, StudyLine]:
    """Read every line of a folder, in the order of file names.

    Raises
    ------
    MissingFileError, RouteError
        No such folder, or no line in it; a file that is not TOML, lacks something or has minutes
        that are none; an id used twice.
    """
    if not folder.is_dir():
        raise MissingFileError("file_missing", path=folder)
    found: dict[str, StudyLine] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            entries = [_line(entry) for entry in raw.get("line", [])]
        except KeyError as fault:
            raise RouteError("line_lacks", path=path, word=fault.args[0]) from fault
        except (OSError, ValueError, TypeError, AttributeError) as fault:
            raise RouteError("line_unreadable", path=path, detail=fault) from fault
        for line in entries:
            if line.id in found:
                raise RouteError("line_twice", path=path, line=line.id)
            found[line.id] = line
    if not found:
        raise RouteError("lines_none", path=folder)
    return found


def _line(entry: Mapping[str, Any]) -> StudyLine:
    if entry["status"] not in STATUSES:
        raise ValueError(f"status = {entry['status']!r}")
    if entry["theme"] not in THEMES:
        raise ValueError(f"theme = {entry['theme']!r}")
    texts = {
        key: str(entry[key])
        for key in (
            "id", "title_zh", "title_en", "theme", "status", "source_zh", "source_en",
            "text_zh", "text_en",
        )
    }  # fmt: skip
    return StudyLine(
        **texts,
        stops=tuple(_stop(stop) for stop in entry["stop"]),
        start=str(entry.get("start", "")),
        end=str(entry.get("end", "")),
    )


def _stop(entry: Mapping[str, Any]) -> LineStop:
    kind = entry.get("kind", "site")
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}")
    minutes = entry.get("visit_minutes")
    if minutes is not None and not (math.isfinite(float(minutes)) and float(minutes) > 0):
        raise ValueError(f"visit_minutes = {minutes!r}")
    return LineStop(
        str(entry["site"]),
        None if minutes is None else float(minutes),
        str(entry["why_zh"]),
        str(entry["why_en"]),
        kind,
    )


def check_lines(lines: Mapping[str, StudyLine], places: Mapping[str, Place]) -> list[LineFault]:
    """Return what is wrong with lines before any walk is planned.

    Codes: ``unknown_site``, ``site_twice``, ``no_stops``, ``missing_position`` (the stop is named
    but cannot be walked to), ``estimated_position`` (with the accuracy).
    """
    faults: list[LineFault] = []
    for line in lines.values():
        if not line.stops:
            faults.append(LineFault(line.id, None, "no_stops"))
        for at, site in enumerate(line.sites):
            place = places.get(site)
            if site in line.sites[:at]:
                faults.append(LineFault(line.id, site, "site_twice"))
            elif place is None:
                faults.append(LineFault(line.id, site, "unknown_site"))
            elif place.lon is None:
                faults.append(LineFault(line.id, site, "missing_position"))
            elif place.coordinate_status == "estimated":
                fields = {"accuracy_m": round(place.accuracy_m or 0)}
                faults.append(LineFault(line.id, site, "estimated_position", fields))
    return faults
