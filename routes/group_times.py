"""Several groups by the clock: who is where and when, and the next group timed beside them.

A group is inside a place from the beginning of its visit until it leaves; the minute one leaves,
another may enter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from geo.hours import HolidayBook
from geo.network.model import FloatArray
from routes.places import Place
from routes.timetable import DAY, LAST, Room, Timetable, Window, timetable
from routes.visits import StudyBrief

__all__ = ["EPS", "Rooms", "Walk", "crowding", "in_turn", "line_up", "next_in", "timed_walk"]

EPS = 1e-6
_TRIES = 120  # starts tried for a group before it waits at the doors instead


@dataclass(frozen=True, eq=False)
class Walk:
    """An order with all that times it again, at another departure or turned about.

    Attributes
    ----------
    order
        Indices into `places`, from the first to the last.
    visited
        For each of `order` whether it is visited, not only passed.
    bound
        Whether the first and the last are given, so that every group begins and ends there.
    reckoned
        Minutes to choose other orders on, never less than `minutes`; those by default.
    """

    order: tuple[int, ...]
    minutes: FloatArray
    places: tuple[Place, ...]
    stays: tuple[float, ...]
    visited: tuple[bool, ...]
    bound: tuple[bool, bool]
    reckoned: FloatArray | None = None

    @property
    def weighed(self) -> FloatArray:
        """The minutes to choose other orders on."""
        return self.minutes if self.reckoned is None else self.reckoned

    @property
    def surplus(self) -> float:
        """By how much its legs count more than they take."""
        more = self.weighed - self.minutes
        return float(sum(more[a, b] for a, b in pairwise(self.order)))

    @property
    def stops(self) -> tuple[int, ...]:
        """Indices of the places visited, in order."""
        return tuple(i for i, seen in zip(self.order, self.visited, strict=True) if seen)

    @property
    def start(self) -> int | None:
        """Where every group begins, None where nobody said."""
        return self.order[0] if self.bound[0] else None

    @property
    def end(self) -> int | None:
        """Where every group ends, None where nobody said."""
        return self.order[-1] if self.bound[1] else None


class Rooms:
    """The groups in each place, over the day.

    Parameters
    ----------
    limits
        How many groups each place takes at once, by index; others take any number.
    """

    def __init__(self, limits: Mapping[int, int]) -> None:
        self._limits = limits
        self._held: dict[int, list[Window]] = {i: [] for i in limits}

    def take(self, walk: Walk, table: Timetable) -> None:
        """Note where a group is all day."""
        for i, visit in zip(walk.order, table.visits, strict=True):
            if visit.minutes > 0 and i in self._held:
                self._held[i].append((visit.begin, visit.leave))

    def free(self, place: int, minutes: float) -> list[Window]:
        """Return from when to when `minutes` in a place may begin, given who is there."""
        free, since = [], -LAST
        for begin, leave in self._full(place):
            if begin - minutes >= since:
                free.append((since, begin - minutes))
            since = leave
        return [*free, (since, 2 * LAST)]

    def fits(self, walk: Walk, table: Timetable) -> bool:
        """Tell whether a group finds room wherever it goes."""
        return self.wait(walk, table) <= EPS

    def wait(self, walk: Walk, table: Timetable) -> float:
        """Return the longest that a group would wait for room at any one place."""
        longest = 0.0
        for i, visit in zip(walk.order, table.visits, strict=True):
            if visit.minutes > 0 and i in self._held:
                free = self.free(i, visit.leave - visit.begin - EPS)
                longest = max(longest, next_in(free, visit.begin) - visit.begin)
        return longest

    def _full(self, place: int) -> list[Window]:
        """Return when a place takes nobody more, in order."""
        if place not in self._limits:
            return []
        events = [(round(at, 6), change) for begin, leave in self._held[place]
                  for at, change in ((begin, 1), (leave, -1))]  # fmt: skip
        full: list[Window] = []
        inside, since = 0, math.inf
        for at, change in sorted(events):
            inside += change
            if inside >= self._limits[place]:
                since = min(since, at)
            elif since < math.inf:
                full.append((since, at))
                since = math.inf
        return full


def next_in(windows: Sequence[Window], at: float) -> float:
    """Return the first moment from `at` on that lies in one of `windows`; inf: none."""
    return min((max(a, at) for a, b in windows if at <= b + EPS), default=math.inf)


def timed_walk(
    walk: Walk, brief: StudyBrief, book: HolidayBook, departs: float, room: Room | None = None
) -> Timetable:
    """Return a walk by the clock."""
    return timetable(
        walk.order, walk.minutes, walk.places, walk.stays, brief, book,
        departs=departs, visited=walk.visited, room=room,
    )  # fmt: skip


def line_up(
    walk: Walk, groups: int, brief: StudyBrief, book: HolidayBook, limits: Mapping[int, int]
) -> tuple[Timetable, ...]:
    """Start each group on the same walk at the first whole minute from which it finds room."""
    tables: list[Timetable] = []
    rooms = Rooms(limits)
    start = brief.departs
    for _ in range(groups):
        for _ in range(_TRIES):
            table = timed_walk(walk, brief, book, start)
            wait = rooms.wait(walk, table)
            if wait <= EPS or start + wait > 2 * DAY:
                break
            start = math.ceil(start + wait - EPS)
        if wait > EPS:
            table = in_turn(walk, brief, book, rooms)
        rooms.take(walk, table)
        tables.append(table)
    return tuple(tables)


def in_turn(walk: Walk, brief: StudyBrief, book: HolidayBook, rooms: Rooms) -> Timetable:
    """Return a walk that waits at each door until there is room, departing no sooner than it must.

    A break after a visit is taken where the group is: it then needs the place for as long.
    """
    longer: dict[int, float] = {}
    table = _leaving_late(walk, brief, book, rooms.free)
    for _ in range(2 * len(walk.order) if brief.breaks else 0):
        if rooms.fits(walk, table):
            break
        for i, visit in zip(walk.order, table.visits, strict=True):
            stay = visit.minutes + brief.gather_minutes
            if visit.minutes > 0 and visit.leave - visit.begin > stay + EPS:
                longer[i] = visit.leave - visit.begin - stay
        table = _leaving_late(walk, brief, book, _holding(rooms, dict(longer)))
    return table


def _holding(rooms: Rooms, longer: Mapping[int, float]) -> Room:
    def free(place: int, minutes: float) -> list[Window]:
        return rooms.free(place, minutes + longer.get(place, 0.0))

    return free


def _leaving_late(walk: Walk, brief: StudyBrief, book: HolidayBook, room: Room) -> Timetable:
    """Return a walk without a wait at its first visit that could be spent before departure."""
    table = timed_walk(walk, brief, book, brief.departs, room)
    first = next((v for v in table.visits if v.minutes > 0), None)
    if first is None or first.wait < 1.0 or any(at <= first.begin for at, _, _ in table.pauses):
        return table
    later = timed_walk(walk, brief, book, brief.departs + math.floor(first.wait), room)
    same = later.finish <= table.finish + EPS and len(later.conflicts) <= len(table.conflicts)
    return later if same else table


def crowding(tables: Sequence[Timetable], most: Mapping[str, int]) -> list[tuple[str, float, int]]:
    """Return (place, minute, groups) wherever more groups are inside than `most` allows."""
    found = []
    for site, limit in most.items():
        events = []
        for table in tables:
            for visit in table.visits:
                if visit.place.id == site and visit.minutes > 0:
                    events += [(round(visit.begin, 6), 1), (round(visit.leave, 6), -1)]
        inside = 0
        for minute, change in sorted(events):
            inside += change
            if inside > limit:
                found.append((site, minute, inside))
                break
    return found
