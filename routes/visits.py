"""The request for a study walk: a frozen value that is command line, share link and cache key."""

from __future__ import annotations

import datetime
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from geo.errors import RequestError, RouteError
from geo.pace import profile_named

__all__ = [
    "LANGUAGES",
    "MAX_SITES",
    "ORDERS",
    "Break",
    "StudyBrief",
    "clock",
    "minute_of",
    "minutes_between",
    "whole_minute",
]

LANGUAGES = ("zh", "en")
ORDERS = ("curated", "optimised")
MAX_SITES = 100
DAY = 24 * 60

Break = tuple[str, str, float]
"""Earliest start, latest start (``"11:30"``) and minutes of a break."""

_YEARS = (1970, 2200)  # the first and last days there are have no day before or after
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})")
# Lowest and highest value of each number; what lies outside is a slip of the hand.
_RANGES: dict[str, tuple[float, float]] = {
    "budget_minutes": (10.0, 24 * 60.0),
    "pace_kmh": (1.0, 8.0),
    "gather_minutes": (0.0, 60.0),
    "max_walk_min": (0.0, 240.0),
    "groups": (1, 20),
    "group_size": (0, 2000),
    "rest_detour_m": (0.0, 2000.0),
}

_LONGEST_BREAK = 600.0


def minute_of(text: str) -> float:
    """Return the minutes from 00:00 of a clock time such as ``09:00``.

    Raises
    ------
    RouteError
        It is not a time of day.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise RouteError("route_clock", text=text)
    return float(60 * int(found[1]) + int(found[2]))


def clock(minute: float) -> str:
    """Return minutes from 00:00 as ``09:05``; past midnight as ``25:10`` is never said: ``01:10``.

    Times are rounded up to the whole minute: who is told 9:05 may not have to be there at 9:04.
    """
    whole = whole_minute(minute) % DAY
    return f"{whole // 60:02d}:{whole % 60:02d}"


def whole_minute(minute: float) -> int:
    """Return the whole minute that is printed for `minute`: the one rule of rounding."""
    return math.ceil(minute - 1e-6)


def minutes_between(depart: float, arrive: float) -> int:
    """Return the minutes between two times as they are printed, so that they add up on paper."""
    return whole_minute(arrive) - whole_minute(depart)


@dataclass(frozen=True)
class StudyBrief:
    """What a group asks for.

    Attributes
    ----------
    line
        Id of a curated line; or `sites`, ids in the order wished for; or `theme`.
    must
        Sites that may not be left out.
    before
        Pairs (a, b): where b is visited, a is visited earlier.
    start, end
        A site's id or name, a metro station's name, or ``lon,lat`` in WGS-84. Empty: the first
        and the last stop. ``end="start"``: back to where it began; without a named start that is
        the first stop, and an optimised order may choose which stop is the first.
    date, depart
        ISO date and clock time of the departure.
    budget_minutes
        From departure to the end; None: as long as it takes.
    pace_kmh, gather_minutes
        A group walks slower than one person, and gathers before the door at each stop.
    breaks
        See `Break`.
    max_walk_min
        A leg that would take longer on foot is ridden; an optimised order reckons a ride as
        longer than any walk within this limit (`routes.matrix.ordering_minutes`).
    groups, group_size
        How many groups of how many people; 0: not told.
    order
        ``curated``: as the line or `sites` has it; ``optimised``.
    profile
        Which ways the group can use (`geo.pace`); its speed is `pace_kmh`.
    rest_detour_m
        How far a rest station may lie from the way.
    """

    line: str | None = None
    sites: tuple[str, ...] = ()
    theme: str | None = None
    must: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    start: str = ""
    end: str = ""
    date: str = ""
    depart: str = "09:00"
    budget_minutes: float | None = None
    pace_kmh: float = 4.0
    gather_minutes: float = 3.0
    breaks: tuple[Break, ...] = ()
    max_walk_min: float = 25.0
    groups: int = 1
    group_size: int = 0
    order: str = "curated"
    profile: str = "adult"
    rest_detour_m: float = 150.0
    lang: str = "zh"

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        RequestError
            No subject or more than one; an unknown word; a number out of range.
        RouteError
            What should be a date or a time of day is none; a budget nobody can plan with.
        """
        asked = [w for w in ("line", "sites", "theme") if getattr(self, w)]
        if len(asked) != 1:
            raise RequestError("route_subject_none" if not asked else "route_subject_many")
        for option, value, known in (
            ("--order", self.order, ORDERS),
            ("--lang", self.lang, LANGUAGES),
        ):
            if value not in known:
                raise RequestError(
                    "choice_unknown", option=option, word=value, known=", ".join(known)
                )
        profile_named(self.profile)
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                kind = RouteError if name == "budget_minutes" else RequestError
                raise kind(f"route_range_{name}", low=low, high=high, hours=high / 60)
        self._check_sites()
        self._check_times()

    def _check_sites(self) -> None:
        if len(self.sites) > MAX_SITES:
            raise RequestError("route_sites_many", most=MAX_SITES)
        twice = next((s for i, s in enumerate(self.sites) if s in self.sites[:i]), None)
        if twice is not None:
            raise RequestError("route_site_twice", text=twice)
        for a, b in self.before:
            if a == b:
                raise RequestError("route_before_itself", text=a)

    def _check_times(self) -> None:
        minute_of(self.depart)
        for earliest, latest, minutes in self.breaks:
            if minute_of(latest) < minute_of(earliest):
                raise RequestError("route_break_window", earliest=earliest, latest=latest)
            if not (math.isfinite(minutes) and 0 < minutes <= _LONGEST_BREAK):
                raise RequestError("route_range_breaks", high=_LONGEST_BREAK)
        try:
            near = self.day is None or _YEARS[0] <= self.day.year <= _YEARS[1]
        except ValueError:
            near = False
        if not near:
            raise RouteError("route_date", text=self.date)

    @property
    def departs(self) -> float:
        """Minutes from 00:00 of the departure."""
        return minute_of(self.depart)

    @property
    def day(self) -> datetime.date | None:
        """The date, None where none was given."""
        return datetime.date.fromisoformat(self.date) if self.date else None

    def to_query(self) -> str:
        """Return the request as the query of a link; what is as usual is left out."""
        said = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value != item.default:
                said[item.name] = _text(value)
        return urlencode(said)

    @classmethod
    def from_query(cls, query: str) -> StudyBrief:
        """Return the request that a link tells; `to_query` and this are each other's inverse.

        Raises
        ------
        RequestError
            A key that is not known or a value that makes no sense.
        """
        values: dict[str, Any] = {}
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=40)
        except ValueError:
            raise RequestError("route_link", text=query[:40]) from None
        for key, text in pairs:
            if key not in _READ:
                raise RequestError("route_link", text=key[:40])
            try:
                values[key] = _READ[key](text)
            except ValueError:
                raise RequestError("route_link", text=f"{key}={text[:40]}") from None
        return cls(**values)

    @property
    def digest(self) -> str:
        """SHA-256 of the request: the key of caches."""
        return hashlib.sha256(self.to_query().encode()).hexdigest()


def _text(value: Any) -> str:
    """Return a value as text: lists with commas, pairs with ``>``, breaks with ``-`` and ``/``."""
    if isinstance(value, float):
        return repr(value)
    if not isinstance(value, tuple):
        return str(value)
    parts = []
    for item in value:
        if isinstance(item, str):
            parts.append(_plain(item))
        elif len(item) == 2:
            parts.append(">".join(map(_plain, item)))
        else:
            parts.append(f"{item[0]}-{item[1]}/{item[2]!r}")
    return ",".join(parts)


def _plain(site: str) -> str:
    """Return an id without the letters that part ids from each other."""
    return site.replace("%", "%25").replace(",", "%2C").replace(">", "%3E")


def _words(text: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in text.split(",") if part)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in filter(None, text.split(",")):
        a, b = part.split(">")
        found.append((unquote(a), unquote(b)))
    return tuple(found)


def _breaks(text: str) -> tuple[Break, ...]:
    found = []
    for part in _words(text):
        span, minutes = part.split("/")
        earliest, latest = span.split("-")
        found.append((earliest, latest, float(minutes)))
    return tuple(found)


_READ: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("line", "theme", "start", "end", "date", "depart", "order", "profile", "lang"), str
    ),
    **dict.fromkeys(("sites", "must"), _words),
    **dict.fromkeys(
        ("budget_minutes", "pace_kmh", "gather_minutes", "max_walk_min", "rest_detour_m"), float
    ),
    **dict.fromkeys(("groups", "group_size"), int),
    "before": _pairs,
    "breaks": _breaks,
}
