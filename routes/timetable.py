"""The timetable of a walk: arrival, wait, visit, leave; and by name whatever conflicts.

A visit may begin while the place is open, no later than its last entry, and is over when it
closes. Where hours are not known, or depend on a holiday that nobody has announced yet, the visit
is planned as if the place were open, and says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.hours import HolidayBook, intervals, parse
from geo.network.model import FloatArray
from routes.ordering import Ordering, timed
from routes.places import Place
from routes.visits import Break, StudyBrief, minute_of

__all__ = [
    "DAY",
    "Remark",
    "Timetable",
    "Visit",
    "Window",
    "breaks_of",
    "opening",
    "timetable",
    "windows_of",
]

DAY = 24 * 60.0
Window = tuple[float, float]
Remark = tuple[str, tuple[tuple[str, object], ...]]
"""A code of the words (``visit.<code>``) and the fields of its sentence, as pairs."""


@dataclass(frozen=True)
class Visit:
    """A stop by the clock, minutes from 00:00 of the day.

    Attributes
    ----------
    place
        What is visited; at the start and the end of a walk it may be a bare position.
    arrive, begin, leave
        `begin` is after the wait for the door and the gathering of the group.
    minutes
        Of the visit itself.
    remarks
        What conflicts with the hours or is not known of them.
    """

    place: Place
    arrive: float
    begin: float
    leave: float
    minutes: float
    remarks: tuple[Remark, ...] = ()

    @property
    def wait(self) -> float:
        """Minutes between arrival and the visit's beginning."""
        return max(self.begin - self.arrive, 0.0)


@dataclass(frozen=True)
class Timetable:
    """One group's day.

    Attributes
    ----------
    visits
        From the start to the end of the walk.
    pauses
        Breaks as (minute they begin, minutes, number of the visit before or at which they fall).
    remarks
        Conflicts that belong to no single stop.
    """

    visits: tuple[Visit, ...]
    pauses: tuple[tuple[float, float, int], ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def start(self) -> float:
        """When the group departs."""
        return self.visits[0].leave

    @property
    def finish(self) -> float:
        """When all is over."""
        return self.visits[-1].leave

    @property
    def conflicts(self) -> tuple[Remark, ...]:
        """Every remark that makes the day impossible as planned; doubts are not among them."""
        every = (*self.remarks, *(r for v in self.visits for r in v.remarks))
        return tuple(r for r in every if r[0] not in DOUBTS)


DOUBTS = ("hours_unknown", "hours_doubtful", "holiday_unknown")


def opening(
    place: Place, day: datetime.date | None, book: HolidayBook
) -> tuple[list[Window], tuple[Remark, ...]]:
    """Return when a place is open on a day, and what is not known of it.

    Without a day, or where the hours are not known, it is taken to be open all day.
    """
    if day is None:
        return [(0.0, DAY)], ()
    if not place.hours:
        return [(0.0, DAY)], (("hours_unknown", ()),)
    found = intervals(parse(place.hours), day, book)
    remarks: list[Remark] = []
    if any(state == "unknown" for _, _, state in found):
        code = "hours_doubtful" if book.knows(day) else "holiday_unknown"
        remarks.append((code, ()))
    spans: list[Window] = []
    for start, end, _ in found:
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], float(end))
        else:
            spans.append((float(start), float(end)))
    return spans, tuple(remarks)


def windows_of(
    place: Place, minutes: float, day: datetime.date | None, book: HolidayBook
) -> list[Window]:
    """Return from when to when a visit of `minutes` may begin, by hours and last entry."""
    spans, _ = opening(place, day, book)
    found = []
    for start, end in spans:
        latest = end - minutes if end < DAY else DAY
        if place.last_entry_minutes is not None and end < DAY:
            latest = min(latest, end - place.last_entry_minutes)
        if latest >= start:
            found.append((start, latest))
    return found


def breaks_of(brief: StudyBrief) -> list[tuple[float, float, float]]:
    """Return the brief's breaks as the ordering wants them."""

    def one(pause: Break) -> tuple[float, float, float]:
        return minute_of(pause[0]), minute_of(pause[1]), pause[2]

    return [one(pause) for pause in brief.breaks]


def timetable(
    order: Sequence[int],
    minutes: FloatArray,
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
    *,
    departs: float | None = None,
    service_at_ends: tuple[bool, bool] = (True, True),
) -> Timetable:
    """Run an order of places by the clock, keeping every stop, and name what conflicts.

    Parameters
    ----------
    order
        Indices into `places`, from the start to the end of the walk.
    minutes
        (n, n) between places.
    places, stays
        What is visited, and for how many minutes; gathering is added to each visit.
    departs
        Another departure than the brief's: that of a later group.
    service_at_ends
        Whether the first and the last place of the order are visited, not only passed.
    """
    leaves = brief.departs if departs is None else departs
    padded, service, windows = _with_ends(
        order, minutes, places, stays, brief, book, service_at_ends
    )
    n = len(padded)
    found = timed(
        list(range(n)), padded, service=service, windows=windows, score=np.zeros(n),
        start=0, end=n - 1, budget=_budget(brief, leaves), open_at=leaves,
        breaks=breaks_of(brief), strict=False,
    )  # fmt: skip
    return _told(found, order, places, stays, brief, book, service_at_ends)


def _budget(brief: StudyBrief, leaves: float) -> float:
    return 2 * DAY if brief.budget_minutes is None else leaves + brief.budget_minutes


def _with_ends(
    order: Sequence[int],
    minutes: FloatArray,
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
    service_at_ends: tuple[bool, bool],
) -> tuple[FloatArray, list[float], list[list[Window]]]:
    """Return the matrix of the order with an end at no distance before and after visited ends.

    The ordering ignores service and windows of start and end; a first stop that is visited
    therefore gets a start of its own in the same place.
    """
    first, last = service_at_ends
    chain = [*([order[0]] if first else []), *order, *([order[-1]] if last else [])]
    padded = np.asarray(minutes, dtype=np.float64)[np.ix_(chain, chain)].copy()
    same = np.array(chain)[:, None] == np.array(chain)[None, :]
    padded[same] = 0.0
    service = [_service(stays[i], places[i], brief) for i in chain]
    windows = [
        windows_of(places[i], stays[i], brief.day, book) if service[k] > 0 else [(0.0, 2 * DAY)]
        for k, i in enumerate(chain)
    ]
    return padded, service, windows


def _service(stay: float, place: Place, brief: StudyBrief) -> float:
    return stay + brief.gather_minutes if stay > 0 else 0.0


def _told(
    found: Ordering,
    order: Sequence[int],
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
    service_at_ends: tuple[bool, bool],
) -> Timetable:
    """Return the ordering's times as visits, each with its conflicts in words."""
    skip = int(service_at_ends[0])
    visits = []
    for k, i in enumerate(order):
        at = k + skip
        place = places[i]
        leave = found.leave[at]
        if k == len(order) - 1 and service_at_ends[1]:
            leave = found.leave[at + 1]
        _, doubts = opening(place, brief.day, book) if stays[i] > 0 else ([], ())
        conflicts = [
            _late(place, c.minutes, stays[i], brief, book)
            for c in found.conflicts
            if c.code == "closed" and c.place == at
        ]
        remarks = (*doubts, *conflicts)
        visits.append(Visit(place, found.arrive[at], found.begin[at], leave, stays[i], remarks))
    pauses = tuple(
        (p.begin, p.minutes, min(max(p.stop - skip, 0), len(order) - 1)) for p in found.pauses
    )
    return Timetable(tuple(visits), pauses, tuple(_whole(found, brief)))


def _late(
    place: Place, minutes: float, stay: float, brief: StudyBrief, book: HolidayBook
) -> Remark:
    """Return why a visit cannot begin: closed that day, after the last entry, or too late."""
    spans, _ = opening(place, brief.day, book)
    if not spans:
        return ("closed_that_day", ())
    if not windows_of(place, stay, brief.day, book):
        return ("open_too_short", (("minutes", round(stay)),))
    last = max(end for _, end in spans)
    entry = place.last_entry_minutes
    if entry is not None and entry > stay:
        return ("after_last_entry", (("late", round(minutes)), ("closes", last - entry)))
    return ("over_closing", (("late", round(minutes)), ("closes", last)))


def _whole(found: Ordering, brief: StudyBrief) -> list[Remark]:
    told: list[Remark] = []
    for conflict in found.conflicts:
        if conflict.code == "over_budget":
            told.append(("over_budget", (("late", round(conflict.minutes)),)))
        elif conflict.code == "break_missed":
            earliest, latest, _ = brief.breaks[conflict.place]
            told.append(("break_missed", (("earliest", earliest), ("latest", latest))))
    return told
