"""Corrections and scenarios by hand: the entries of an override file, from TOML or GeoJSON.

Ways allowed or forbidden by OSM id, links and barriers drawn, gates shut or opened. Real data is
wrong in places, and a planner who knows that a gate is shut, or asks what a footbridge would do,
should not have to edit OSM first. `geo.osm.correcting` applies them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geo.datum import parse_datum, to_wgs84
from geo.errors import MissingFileError, OsmError
from geo.osm.source import DRAFT

__all__ = ["NO_OVERRIDES", "Barrier", "Gate", "Line", "Link", "Overrides", "read_overrides"]

MAX_BYTES = 20_000_000
MAX_ENTRIES = 10_000
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Link:
    """A footway to add, WGS-84; both ends join the nearest way within 50 m that is no ferry.

    Attributes
    ----------
    minutes
        How long it takes at the default pace (shuang15), where its length does not tell; other
        walkers take as much longer as they walk slower. None: by its length.
    one_way
        Walked in the direction drawn only.
    """

    line: Line
    id: str = ""
    note: str = ""
    name: str = ""
    steps: bool = False
    bridge: bool = False
    one_way: bool = False
    minutes: float | None = None


@dataclass(frozen=True)
class Barrier:
    """A line that ways end at and access lines may not cross."""

    line: Line
    id: str = ""
    note: str = ""


@dataclass(frozen=True)
class Gate:
    """A position where the nearest way is shut, or where one that the data shuts is open."""

    at: tuple[float, float]
    is_open: bool = False
    id: str = ""
    note: str = ""


@dataclass(frozen=True)
class Overrides:
    """All entries of a file, WGS-84 degrees.

    Attributes
    ----------
    allowed, forbidden
        OSM way ids.
    notes
        What was noted of a way: (way id, text).
    """

    allowed: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    links: tuple[Link, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    gates: tuple[Gate, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()

    def __bool__(self) -> bool:
        return self != NO_OVERRIDES

    @property
    def digest(self) -> str:
        """SHA-256 over every entry; the order and form of the file do not matter for ways."""
        ways = (sorted(self.allowed), sorted(self.forbidden), sorted(self.notes))
        told = repr((ways, self.links, self.barriers, self.gates))
        return hashlib.sha256(told.encode()).hexdigest()


NO_OVERRIDES = Overrides()

_KEYS = {
    "way": {"id", "walk", "note"},
    "link": {"line", "id", "note", "name", "steps", "bridge", "one_way", "minutes"},
    "barrier": {"line", "id", "note"},
    "gate": {"at", "open", "id", "note"},
}


def read_overrides(path: str | os.PathLike[str], *, datum: str | None = None) -> Overrides:
    """Read an override file: GeoJSON by its ending (``.geojson``, ``.json``), else TOML.

    ::

        datum = "wgs84"                # of every position below; required where there are any
        [[way]]
        id = 123456789                 # OSM's
        walk = "forbid"                # or "allow"
        [[link]]
        line = [[118.78, 32.04], [118.79, 32.04]]
        steps = true                   # also: bridge, one_way, minutes = 2.5, name = "…"
        [[barrier]]
        line = [[118.78, 32.04], [118.79, 32.04]]
        [[gate]]
        at = [118.785, 32.041]
        open = false

    Any entry may carry a ``note``, and all but ways an ``id``. In GeoJSON each feature has a
    property ``kind`` (way, link, barrier, gate) and the other words as properties; a way has its
    number in ``way`` and needs no geometry. Properties of other names are somebody else's.

    Parameters
    ----------
    datum
        What the positions are in, where the file does not say: GeoJSON out of a GIS cannot.

    Raises
    ------
    MissingFileError, OsmError
        No such file; unreadable; an entry that makes no sense, named by its place in the file.
    DatumError
        The datum is not one of those known.
    """
    source = Path(path)
    if not source.is_file():
        raise MissingFileError("file_missing", path=source)
    geojson = source.suffix.lower() in (".geojson", ".json")
    kind = "GeoJSON" if geojson else "TOML"
    try:
        if source.stat().st_size > MAX_BYTES:
            raise ValueError(f"> {MAX_BYTES // 10**6} MB")
        text = source.read_text(encoding="utf-8-sig")
        raw = json.loads(text) if geojson else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as fault:
        detail = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise OsmError("overrides_unreadable", path=source, kind=kind, detail=detail) from fault
    entries = _features(raw, source) if geojson else _tables(raw, source)
    said = raw.get("datum") if isinstance(raw, dict) else None
    if len(entries) > MAX_ENTRIES:
        raise OsmError("overrides_many", path=source, count=len(entries), limit=MAX_ENTRIES)
    return _Reader(source, said if isinstance(said, str) else datum).read(entries)


Entry = tuple[str, int, dict[str, Any]]


def _tables(raw: dict[str, Any], source: Path) -> list[Entry]:
    """Return the entries of a TOML file: kind, number within the kind, content."""
    found: list[Entry] = []
    for key, tables in raw.items():
        if key == "datum":
            continue
        if key not in _KEYS:
            raise OsmError("overrides_key", path=source, word=key)
        if not isinstance(tables, list):
            raise OsmError("overrides_entry", path=source, kind=key, number=1)
        for number, table in enumerate(tables, 1):
            if not isinstance(table, dict):
                raise OsmError("overrides_entry", path=source, kind=key, number=number)
            for word in table:
                if word not in _KEYS[key]:
                    raise OsmError(
                        "overrides_word", path=source, kind=key, number=number, word=word,
                        known=", ".join(sorted(_KEYS[key])),
                    )  # fmt: skip
            found.append((key, number, table))
    return found


def _features(raw: Any, source: Path) -> list[Entry]:
    """Return the features of a GeoJSON file as entries, numbered by their kind."""
    features = raw.get("features") if isinstance(raw, dict) else None
    if not isinstance(features, list):
        raise OsmError(
            "overrides_unreadable", path=source, kind="GeoJSON", detail="FeatureCollection?"
        )
    found: list[Entry] = []
    counts: Counter[str] = Counter()
    for place, feature in enumerate(features, 1):
        own = feature.get("properties") if isinstance(feature, dict) else None
        kind = str((own or {}).get("kind", "")).strip().lower()
        if not isinstance(own, dict) or kind not in _KEYS:
            raise OsmError("overrides_feature", path=source, number=place, word=kind)
        counts[kind] += 1
        words = {key: value for key, value in own.items() if key in _KEYS[kind]}
        if "id" not in words and feature.get("id") is not None:
            words["id"] = feature["id"]
        words |= _geometry(feature.get("geometry"), kind)
        if kind == "way":
            words["id"] = _whole(own.get("way"))
        found.append((kind, counts[kind], {k: v for k, v in words.items() if v is not None}))
    return found


def _geometry(geometry: Any, kind: str) -> dict[str, Any]:
    """Return the positions of a feature under the word that TOML has for them."""
    if not isinstance(geometry, dict) or kind == "way":
        return {}
    shape, xy = geometry.get("type"), geometry.get("coordinates")
    if shape in ("MultiLineString", "MultiPoint") and isinstance(xy, list) and len(xy) == 1:
        xy = xy[0]  # a GIS makes layers of multi-lines, each with one
        shape = shape.removeprefix("Multi")
    if (shape, kind) == ("Point", "gate"):
        return {"at": xy[:2] if isinstance(xy, list) else xy}
    if shape == "LineString" and kind in ("link", "barrier") and isinstance(xy, list):
        return {"line": [p[:2] if isinstance(p, list) else p for p in xy]}
    return {}


def _whole(value: Any) -> Any:
    """Return the number that a GIS kept as text or as a float; anything else as it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return value


class _Reader:
    """Entries of one file, each checked as it is read."""

    def __init__(self, source: Path, datum: str | None) -> None:
        self.source, self.datum = source, datum

    def read(self, entries: list[Entry]) -> Overrides:
        ways = [self._way(*entry) for entry in entries if entry[0] == "way"]
        ids = [way for way, _, _ in ways]
        if len(set(ids)) < len(ids):
            twice = next(i for at, i in enumerate(ids) if i in ids[:at])
            raise OsmError("overrides_twice", path=self.source, id=twice)

        def of(kind: str, make: Callable[[Entry], Any]) -> tuple[Any, ...]:
            return tuple(make(entry) for entry in entries if entry[0] == kind)

        return Overrides(
            allowed=frozenset(way for way, allow, _ in ways if allow),
            forbidden=frozenset(way for way, allow, _ in ways if not allow),
            links=of("link", self._link),
            barriers=of("barrier", self._barrier),
            gates=of("gate", self._gate),
            notes=tuple((way, note) for way, _, note in ways if note),
        )

    def _way(self, kind: str, number: int, entry: dict[str, Any]) -> tuple[int, bool, str]:
        walk, way = entry.get("walk"), entry.get("id")
        if type(way) is not int or not 0 < abs(way) < DRAFT or walk not in ("allow", "forbid"):
            raise self._fault(kind, number)
        return way, walk == "allow", _text(entry.get("note"))

    def _link(self, given: Entry) -> Link:
        kind, number, entry = given
        minutes = entry.get("minutes")
        if minutes is not None and (
            isinstance(minutes, bool)
            or not isinstance(minutes, int | float)
            or not 0 < minutes <= 60
        ):
            raise self._fault(kind, number)
        own, note = self._label(given)
        return Link(
            self._line(given), own, note, _text(entry.get("name")),
            steps=self._yes(given, "steps"),
            bridge=self._yes(given, "bridge"),
            one_way=self._yes(given, "one_way"),
            minutes=None if minutes is None else float(minutes),
        )  # fmt: skip

    def _barrier(self, given: Entry) -> Barrier:
        return Barrier(self._line(given), *self._label(given))

    def _gate(self, given: Entry) -> Gate:
        kind, number, entry = given
        at = entry.get("at")
        place = self._positions([at, at] if at is not None else None, kind, number)[0]
        return Gate(place, self._yes(given, "open"), *self._label(given))

    def _label(self, given: Entry) -> tuple[str, str]:
        kind, number, entry = given
        return _text(entry.get("id")) or f"{kind}-{number}", _text(entry.get("note"))

    def _yes(self, given: Entry, word: str) -> bool:
        kind, number, entry = given
        value = entry.get(word, False)
        if isinstance(value, str):  # a GIS without a type for it
            value = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False,
                     "": False}.get(value.strip().lower(), value)  # fmt: skip
        if value not in (True, False):
            raise self._fault(kind, number)
        return bool(value)

    def _line(self, given: Entry) -> Line:
        kind, number, entry = given
        return self._positions(entry.get("line"), kind, number)

    def _positions(self, given: Any, kind: str, number: int) -> Line:
        try:
            xy = np.array(given, dtype=np.float64)
        except (TypeError, ValueError):
            xy = np.empty((0, 0))
        degrees = xy.ndim == 2 and xy.shape[0] >= 2 and xy.shape[1] == 2 and np.isfinite(xy).all()
        if not degrees or (np.abs(xy) > (180, 90)).any():
            raise self._fault(kind, number)
        if kind != "gate" and (xy == xy[0]).all():
            raise self._fault(kind, number)
        if self.datum is None:
            raise OsmError("overrides_datum", path=self.source)
        lon, lat = to_wgs84(xy[:, 0], xy[:, 1], parse_datum(self.datum))
        return tuple((float(a), float(b)) for a, b in zip(lon, lat, strict=True))

    def _fault(self, kind: str, number: int) -> OsmError:
        return OsmError("overrides_entry", path=self.source, kind=kind, number=number)


def _text(value: Any) -> str:
    """Return one line of text."""
    return "" if value is None else " ".join(str(value).split())[:500]
