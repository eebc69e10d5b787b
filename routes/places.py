"""Places to visit: heritage sites with what a visit needs to know of them."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import RouteError
from geo.points import PointTable

__all__ = ["DEFAULT_VISIT_MIN", "THEMES", "Place", "find_place", "places_of", "read_places"]

OTHERS = Path(__file__).parents[1] / "data" / "lines" / "places.geojson"
"""Stops that are no heritage sites: food, shops."""

DEFAULT_VISIT_MIN = 30.0
"""Where nothing is told: long enough to look and hear a talk. Such a visit counts as `sample`."""

THEMES = ("pioneers", "works", "industry", "innovation", "qinhuai", "riverside", "citywalk")

_TEXTS = ("hours", "coach", "booking", "text_zh", "text_en", "address", "note")
_LONGEST_NAME = 80  # letters of a name that nobody has which are compared
_TRUE, _FALSE = ("true", "1", "yes", "是", "有"), ("false", "0", "no", "否", "无")


@dataclass(frozen=True)
class Place:
    """A place that a line visits.

    Attributes
    ----------
    id, name_zh, name_en
        The name in one language stands for the other where that is missing.
    lon, lat
        WGS-84 degrees; None where the position is not known.
    coordinate_status, accuracy_m
        ``sourced``, ``estimated``, ``missing``, ``geocoded`` or ``given``; how far off it may be.
    themes
        Of `THEMES`.
    visit_minutes, last_entry_minutes
        How long a group stays; how long before closing nobody is let in any more.
    hours
        Opening hours in the OSM grammar; None: not known.
    capacity
        People at once; None: not known, so no limit is reckoned with.
    score
        How much a visit is worth when a line is chosen, ≥ 0.
    toilets, coach, booking
        None where not known. `coach` says where a coach sets down.
    text_zh, text_en
        What one sees there.
    statuses
        For each of these that is known, ``sourced`` or ``sample``, as (field, status) pairs.
    """

    id: str
    name_zh: str
    name_en: str
    lon: float | None = None
    lat: float | None = None
    coordinate_status: str = "given"
    accuracy_m: float | None = None
    themes: tuple[str, ...] = ()
    visit_minutes: float = DEFAULT_VISIT_MIN
    last_entry_minutes: float | None = None
    hours: str | None = None
    capacity: int | None = None
    score: float = 1.0
    toilets: bool | None = None
    coach: str | None = None
    booking: str | None = None
    text_zh: str | None = None
    text_en: str | None = None
    address: str | None = None
    note: str | None = None
    statuses: tuple[tuple[str, str], ...] = ()

    def name(self, lang: str) -> str:
        """Return the name in `lang`."""
        return self.name_zh if lang == "zh" else self.name_en

    def text(self, lang: str) -> str | None:
        """Return what one sees there, in `lang`."""
        return self.text_zh if lang == "zh" else self.text_en

    def status(self, field: str) -> str:
        """Return whether a field is ``sourced`` or ``sample``; untold counts as ``sample``."""
        return dict(self.statuses).get(field, "sample")


def read_places() -> dict[str, Place]:
    """Return the shipped heritage sites by id, those without a position too, and other stops."""
    from geo.points import read_points
    from geo.samples import sample_sites

    others = read_points(OTHERS, kind="sites", datum="wgs84")
    return {**places_of(sample_sites()), **places_of(others)}


def places_of(table: PointTable) -> dict[str, Place]:
    """Return the places of a table of sites; rows without a position have lon and lat None."""
    found: dict[str, Place] = {}
    for frame, usable in ((table.frame, True), (table.unused, False)):
        for row in frame.to_dict("records"):
            place = _place(row, usable)
            found[place.id] = place
    return found


def _place(row: Mapping[str, Any], usable: bool) -> Place:
    point = row.get("geometry") if usable else None
    name_zh = _text(row, "name_zh") or _text(row, "name") or str(row["id"])
    texts = {name: _text(row, name) for name in _TEXTS}
    told = [
        (key.removesuffix("_status"), status)
        for key in map(str, row)
        if key.endswith("_status") and key != "coordinate_status" and (status := _text(row, key))
    ]
    capacity = _number(row, "capacity")
    return Place(
        id=str(row["id"]),
        name_zh=name_zh,
        name_en=_text(row, "name_en") or name_zh,
        lon=None if point is None else float(point.x),
        lat=None if point is None else float(point.y),
        coordinate_status=_text(row, "coordinate_status") or ("given" if usable else "missing"),
        accuracy_m=_number(row, "accuracy_m"),
        themes=_list(row, "themes"),
        visit_minutes=_number(row, "visit_minutes") or DEFAULT_VISIT_MIN,
        last_entry_minutes=_number(row, "last_entry_minutes"),
        capacity=None if capacity is None else int(capacity),
        score=1.0 if (score := _number(row, "score")) is None else score,
        toilets=_truth(row, "toilets"),
        statuses=tuple(sorted(told)),
        **texts,
    )


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None


def _number(row: Mapping[str, Any], key: str) -> float | None:
    text = _text(row, key)
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _list(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    text = _text(row, key) or ""
    if text.startswith("["):
        try:
            return tuple(str(item) for item in json.loads(text))
        except ValueError:
            return ()
    return tuple(part.strip() for part in text.replace("、", ",").split(",") if part.strip())


def _truth(row: Mapping[str, Any], key: str) -> bool | None:
    text = (_text(row, key) or "").casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def find_place(text: str, places: Mapping[str, Place]) -> Place:
    """Return the place with this id or name.

    Raises
    ------
    RouteError
        There is none; the sentence names the most similar name. Or several have it.
    """
    if text in places:
        return places[text]
    asked = _folded(text)
    same = [p for p in places.values() if asked in _names(p)]
    if len(same) == 1:
        return same[0]
    within = [p for p in places.values() if any(asked in n for n in _names(p))]
    if len(within) == 1 and len(asked) >= 2:
        return within[0]
    if same or len(within) > 1:
        several = ", ".join(p.id for p in (same or within)[:5])
        raise RouteError("site_several", text=text, several=several)
    raise RouteError("site_unknown", text=text, **_nearest(asked, places.values()))


def _folded(text: str) -> str:
    return "".join(text.split()).casefold().replace("（", "(").replace("）", ")")


def _names(place: Place) -> tuple[str, ...]:
    """Return the forms of a name that are taken for the place: whole, and without brackets."""
    whole = [_folded(n) for n in (place.name_zh, place.name_en, place.id)]
    return (*whole, *(n.split("(")[0] for n in whole if "(" in n))


def _nearest(asked: str, places: Iterable[Place]) -> dict[str, str]:
    forms = {form: p for p in places for form in _names(p)}
    close = difflib.get_close_matches(asked[:_LONGEST_NAME], forms, n=1, cutoff=0.0)
    if not close:
        return {"nearest": "-"}
    place = forms[close[0]]
    return {f"nearest_{lang}": f"{place.name(lang)} ({place.id})" for lang in ("zh", "en")}
