"""The timetable of a walk: arrival, wait, visit, leave; and by name whatever conflicts.

A group waits for the door, goes in, gathers inside and then visits: it enters while the place is
open, no later than its last entry, and has left when it closes. Where hours are not known, or
depend on a holiday that nobody has announced yet, the visit is planned as if the place were open,
and says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo.hours import HolidayBook, intervals, parse
from geo.network.model import FloatArray
from routes.ordering import Ordering, timed
from routes.places import Place, find_place
from routes.visits import Break, StudyBrief, minute_of

__all__ = [
    "DAY",
    "DOUBTS",
    "LAST",
    "Remark",
    "Room",
    "Timetable",
    "Visit",
    "Window",
    "breaks_of",
    "opening",
    "timetable",
    "windows_of",
]

DAY = 24 * 60.0
_INSTANT = 1e-6  # minutes; a walk that is over just then still owes its break
LAST = 10 * DAY  # later than any group that waits for its turn
Window = tuple[float, float]
Remark = tuple[str, tuple[tuple[str, object], ...]]
"""A code of the words (``visit.<code>``) and the fields of its sentence, as pairs."""
Room = Callable[[int, float], list[Window]]
"""When a visit may begin that others leave room for: of an index of a place, and minutes there."""


@dataclass(frozen=True)
class Visit:
    """A stop by the clock, minutes from 00:00 of the day.

    Attributes
    ----------
    place
        What is visited; at the start and the end of a walk it may be a bare position.
    arrive, begin, leave
        `begin` is when the group goes in, after the wait for the door and any break taken first.
        Gathering and visit lie between `begin` and `leave`, and so does a break taken after.
    minutes
        Of the visit itself, without the gathering.
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
    """Return from when to when a group may go in, by hours and last entry.

    `minutes` are all that it spends inside, the gathering with the visit.
    """
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
    room: Room | None = None,
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
    room
        When there is room beside other groups; anywhere at any time by default. It is waited for,
        past closing time if need be, which is then a conflict.
    """
    leaves = brief.departs if departs is None else departs
    seen = [True] * len(order) if visited is None else list(visited)
    kept = [stays[i] if seen[k] else 0.0 for k, i in enumerate(order)]
    # The ordering ignores service and windows at start and end: both get a double, not visited.
    chain = [order[0], *order, order[-1]]
    grid = np.asarray(minutes, dtype=np.float64)[np.ix_(chain, chain)].copy()
    grid[np.equal.outer(chain, chain)] = 0.0
    windows = [
        _begins(i, places[i], stay, brief, book, room) if stay > 0 else [(0.0, 2 * DAY)]
        for i, stay in zip(chain, (0.0, *kept, 0.0), strict=True)
    ]
    asked: dict[str, Any] = {
        "minutes": grid, "service": [_service(stay, brief) for stay in (0.0, *kept, 0.0)],
        "windows": windows, "budget": _budget(brief, leaves), "open_at": leaves,
    }  # fmt: skip
    found = _timed(asked, breaks_of(brief), first=next((k for k, s in enumerate(kept) if s > 0), 0))
    visits = _visits(found, [places[i] for i in order], kept, brief, book)
    last = len(order) - 1
    pauses = tuple((p.begin, p.minutes, min(max(p.stop - 1, 0), last)) for p in found.pauses)
    visits = _in_order(visits, _before(brief, places))
    return Timetable(tuple(visits), pauses, tuple(_whole(found, brief)))


def _timed(asked: dict[str, Any], breaks: list[tuple[float, float, float]], first: int) -> Ordering:
    """Return the chain by the clock; no break is taken before stop number `first` is over.

    Where that is not possible, or breaks something else, a break comes first after all.
    """
    n = len(asked["windows"])
    more: dict[str, Any] = {"score": np.zeros(n), "start": 0, "end": n - 1, "strict": False}
    plain = timed(list(range(n)), **asked, **more, breaks=breaks)
    at = first + 1
    if not any(p.stop < at or (p.stop == at and not p.after_visit) for p in plain.pauses):
        return plain
    over = timed(list(range(n)), **asked, **more).begin[at] + asked["service"][at] - _INSTANT
    later = [(max(a, over) if over <= b else a, b, length) for a, b, length in breaks]
    found = timed(list(range(n)), **asked, **more, breaks=later)
    return found if len(found.conflicts) <= len(plain.conflicts) else plain


def _begins(
    at: int, place: Place, stay: float, brief: StudyBrief, book: HolidayBook, room: Room | None
) -> list[Window]:
    """Return when a visit may begin by the hours, and by the room that others leave."""
    hours = windows_of(place, _service(stay, brief), brief.day, book)
    if room is None:
        return hours
    spans = [*hours, (max((b for _, b in hours), default=0.0), LAST)]
    free = room(at, _service(stay, brief))
    both = ((max(a, c), min(b, d)) for a, b in spans for c, d in free)
    return [(a, b) for a, b in both if a <= b]


def _budget(brief: StudyBrief, leaves: float) -> float:
    return 2 * DAY if brief.budget_minutes is None else leaves + brief.budget_minutes


def _service(stay: float, brief: StudyBrief) -> float:
    return stay + brief.gather_minutes if stay > 0 else 0.0


def _visits(
    found: Ordering,
    places: Sequence[Place],
    stays: Sequence[float],
    brief: StudyBrief,
    book: HolidayBook,
) -> list[Visit]:
    """Return the ordering's times as visits, each with its conflicts in words."""
    visits: list[Visit] = []
    last = len(places) - 1
    for k, place in enumerate(places):
        at = k + 1
        # A break before departure is a wait at the first place.
        arrive = found.arrive[at] if k else found.arrive[0]
        leave = found.leave[at + 1] if k == last else found.leave[at]
        remarks = _on_hours(place, found.begin[at], stays[k], brief, book) if stays[k] > 0 else ()
        visits.append(Visit(place, arrive, found.begin[at], leave, stays[k], remarks))
    return visits


def _before(brief: StudyBrief, places: Sequence[Place]) -> list[tuple[Place, Place]]:
    known = {place.id: place for place in places}
    return [(find_place(a, known), find_place(b, known)) for a, b in brief.before]


def _in_order(visits: list[Visit], before: list[tuple[Place, Place]]) -> list[Visit]:
    """Return visits, each one that comes too early with what it was to come after."""
    seen = [visit.place.id if visit.minutes > 0 else None for visit in visits]
    for a, b in before:
        if b.id in seen and a.id not in seen[: seen.index(b.id)]:
            k = seen.index(b.id)
            names = (("other_zh", a.name_zh), ("other_en", a.name_en))
            told = (*visits[k].remarks, ("order_broken", names))
            visits[k] = replace(visits[k], remarks=told)
    return visits


def _on_hours(
    place: Place, begin: float, stay: float, brief: StudyBrief, book: HolidayBook
) -> tuple[Remark, ...]:
    """Return what is not known of the hours, and whether the visit begins outside them."""
    _, doubts = opening(place, brief.day, book)
    inside = _service(stay, brief)
    hours = windows_of(place, inside, brief.day, book)
    if any(a - 1e-6 <= begin <= b + 1e-6 for a, b in hours):
        return doubts
    late = begin - max((b for _, b in hours), default=begin)
    return (*doubts, _late(place, late, inside, brief, book))


def _late(
    place: Place, minutes: float, inside: float, brief: StudyBrief, book: HolidayBook
) -> Remark:
    """Return why a visit cannot begin: closed that day, after the last entry, or too late."""
    spans, _ = opening(place, brief.day, book)
    if not spans:
        return ("closed_that_day", ())
    if not windows_of(place, inside, brief.day, book):
        return ("open_too_short", (("minutes", round(inside)),))
    last = max(end for _, end in spans)
    entry = place.last_entry_minutes
    if entry is not None and entry > inside:
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
