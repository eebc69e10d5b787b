"""A day as every sheet shows it: stops, ways and breaks by the clock, of each group."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo import words
from geo.layers.inert import showable
from geo.network.model import FloatArray
from routes.places import Place
from routes.studyroute import StudyRoute
from routes.telling import group_line
from routes.visits import clock

__all__ = [
    "ZONE",
    "Pause",
    "SharedWay",
    "SheetContent",
    "Stop",
    "Way",
    "group_name",
    "moment",
    "shared_ways",
    "times_told",
]

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, eq=False)
class Stop:
    """A stop as the sheets show it.

    Attributes
    ----------
    mark
        What stands in its circle: its number, or a letter for a start or an end only passed.
    number
        From 1 over the places visited; None for one only passed.
    arrive, begin, leave, minutes
        Minutes from 00:00, and of the visit.
    remarks, codes
        Sentences on its hours, and their codes in the same order.
    conflict
        Whether one of them makes the visit impossible as planned.
    """

    mark: str
    number: int | None
    place: Place
    name: str
    lon: float
    lat: float
    arrive: float
    begin: float
    leave: float
    minutes: float
    wait: float
    remarks: tuple[str, ...]
    codes: tuple[str, ...]
    conflict: bool
    why: str

    @property
    def estimated(self) -> bool:
        """Whether the position is no surveyed one."""
        return self.place.coordinate_status in ("estimated", "geocoded")

    def services(self, lang: str) -> tuple[str, ...]:
        """Return address, coach stop, booking and toilets as far as known, samples marked."""
        place, told = self.place, []
        if place.address:
            told.append(words.say("sheet.address", lang, address=place.address))
        for field in ("coach", "booking", "toilets"):
            value = getattr(place, field)
            if value:
                text = words.say(f"sheet.{field}", lang, **{field: value})
                sample = place.status(field) == "sample"
                told.append(words.say("sheet.sample", lang, text=text) if sample else text)
        return tuple(told)


@dataclass(frozen=True, eq=False)
class Way:
    """A leg as the sheets show it.

    Attributes
    ----------
    hop, number
        After which stop (from 0), and which leg of the route (from 1).
    origin, target
        Names of its ends.
    depart, arrive
        Minutes from 00:00.
    line
        (k, 2) WGS-84 degrees.
    said
        Mode, length and minutes in one phrase.
    steps
        Directions, a sentence each.
    link
        Opens the walk in AMap; empty for other modes.
    """

    hop: int
    number: int
    mode: str
    origin: str
    target: str
    depart: float
    arrive: float
    minutes: float
    metres: float
    line: FloatArray
    flags: tuple[str, ...]
    said: str
    steps: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Pause:
    """A break: minutes from 00:00, how long, and before or at which stop (from 0) it falls."""

    begin: float
    minutes: float
    stop: int


@dataclass(frozen=True, eq=False)
class SheetContent:
    """A route in one language.

    Where several groups walk it, stops, ways and breaks are those of the first; facts and
    conflicts are of all of them.

    Attributes
    ----------
    number
        Of the group, from 1; 0 where there is only one.
    days
        The same for each group by itself; empty where there is only one.
    day
        None where no date was given.
    facts
        Date, times and lengths, a phrase each.
    flags
        Pairs of code and warning.
    ways
        For each hop its legs.
    conflicts, remarks, left_out, rests, groups, alternative
        Sentences; empty where there is nothing to say.
    """

    route: StudyRoute
    lang: str
    title: str
    day: datetime.date | None
    facts: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]
    stops: tuple[Stop, ...]
    ways: tuple[tuple[Way, ...], ...]
    pauses: tuple[Pause, ...]
    conflicts: tuple[str, ...]
    remarks: tuple[str, ...]
    left_out: tuple[str, ...]
    rests: tuple[str, ...]
    groups: tuple[str, ...]
    alternative: str
    number: int = 0
    days: tuple[SheetContent, ...] = ()

    @property
    def every(self) -> tuple[SheetContent, ...]:
        """The days of all groups, or the one day there is."""
        return self.days or (self,)

    @property
    def group(self) -> str:
        """The name of the group; empty where there is only one."""
        return group_name((self.number,), self.lang) if self.number else ""

    @property
    def line(self) -> str:
        """The group's stops by the clock in one line; empty where there is only one group."""
        if not self.number:
            return ""
        table = self.route.days[self.number - 1].timetable
        return showable(group_line(self.number, table, self.lang))

    @property
    def legs(self) -> tuple[Way, ...]:
        """Every leg in order."""
        return tuple(way for hop in self.ways for way in hop)

    def pauses_at(self, stop: int, *, before: bool) -> tuple[Pause, ...]:
        """Return the breaks taken before the visit of stop number `stop` begins, or after that."""
        begin = self.stops[stop].begin
        return tuple(p for p in self.pauses if p.stop == stop and (p.begin < begin) == before)

    def at(self, minute: float) -> datetime.datetime | None:
        """Return a minute of the day as a moment in China, None without a date."""
        return None if self.day is None else moment(self.day, minute)


def moment(day: datetime.date, minute: float) -> datetime.datetime:
    """Return a minute from 00:00 as a moment in China, rounded up as `routes.visits.clock` does."""
    start = datetime.datetime.combine(day, datetime.time(), ZONE)
    return start + datetime.timedelta(minutes=math.ceil(minute - 1e-6))


def group_name(numbers: Sequence[int], lang: str) -> str:
    """Return one group's name, or that of several."""
    if len(numbers) == 1:
        return words.say("groups.name", lang, number=numbers[0])
    joined = ("、" if lang == "zh" else ", ").join(map(str, numbers))
    return words.say("groups.names", lang, numbers=joined)


@dataclass(frozen=True, eq=False)
class SharedWay:
    """A leg that one or more groups go: its number over all of them, and each group's times."""

    number: int
    way: Way
    times: tuple[tuple[int, Way], ...]

    @property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the groups; (0,) where there is only one."""
        return tuple(dict.fromkeys(number for number, _ in self.times))


def shared_ways(content: SheetContent) -> tuple[SharedWay, ...]:
    """Return every leg that is gone, once, however many groups go it.

    A group that goes the same leg twice has it twice.
    """
    found: dict[tuple[int, int], list[tuple[int, Way]]] = {}
    for day in content.every:
        gone: dict[int, int] = {}
        for way in day.legs:
            gone[id(way.line)] = again = gone.get(id(way.line), 0) + 1
            found.setdefault((id(way.line), again), []).append((day.number, way))
    return tuple(
        SharedWay(number, times[0][1], tuple(times))
        for number, times in enumerate(found.values(), 1)
    )


def times_told(shared: SharedWay, lang: str) -> list[str]:
    """Return when each of several groups goes a leg; nothing where there is only one."""
    if shared.groups == (0,):
        return []
    return [
        words.say("groups.of", lang, group=group_name((number,), lang),
                  text=f"{clock(way.depart)}–{clock(way.arrive)}")
        for number, way in shared.times
    ]  # fmt: skip
