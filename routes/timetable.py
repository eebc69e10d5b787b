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
        """When the walk begins, at its first place."""
        return self.visits[0].arrive

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
    visited: Sequence[bool] | None = None,
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
    visited
        For each of `order` whether it is visited, not only passed; all by default. A walk may
        begin, or end, at a stop that it visits at another time.
    """
    leaves = brief.departs if departs is None else departs
    seen = [True] * len(order) if visited is None else list(visited)
    kept = [stays[i] if seen[k] else 0.0 for k, i in enumerate(order)]
    # The ordering ignores service and windows at start and end: both get a double, not visited.
    chain = [order[0], *order, order[-1]]
    grid = np.asarray(minutes, dtype=np.float64)[np.ix_(chain, chain)].copy()
    grid[np.equal.outer(chain, chain)] = 0.0
    service = [_service(stay, brief) for stay in (0.0, *kept, 0.0)]
    windows = [
        windows_of(places[i], stay, brief.day, book) if stay > 0 else [(0.0, 2 * DAY)]
        for i, stay in zip(chain, (0.0, *kept, 0.0), strict=True)
    ]
    n = len(chain)
    found = timed(
        list(range(n)), grid, service=service, windows=windows, score=np.zeros(n),
        start=0, end=n - 1, budget=_budget(brief, leaves), open_at=leaves,
        breaks=breaks_of(brief), strict=False,
    )  # fmt: skip
    return _told(found, [places[i] for i in order], kept, brief, book)


def _budget(brief: StudyBrief, leaves: float) -> float:
    return 2 * DAY if brief.budget_minutes is None else leaves + brief.budget_minutes


def _service(stay: float, brief: StudyBrief) -> float:
    return stay + brief.gather_minutes if stay > 0 else 0.0


def _told(
    found: Ordering,
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
) -> Timetable:
    """Return the ordering's times as visits, each with its conflicts in words."""
    visits = []
    last = len(places) - 1
    for k, place in enumerate(places):
        at = k + 1
        leave = found.leave[at + 1] if k == last else found.leave[at]
        _, doubts = opening(place, brief.day, book) if stays[k] > 0 else ([], ())
        conflicts = [
            _late(place, c.minutes, stays[k], brief, book)
            for c in found.conflicts
            if c.code == "closed" and c.place == at
        ]
        remarks = (*doubts, *conflicts)
        visits.append(Visit(place, found.arrive[at], found.begin[at], leave, stays[k], remarks))
    pauses = tuple((p.begin, p.minutes, min(max(p.stop - 1, 0), last)) for p in found.pauses)
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
