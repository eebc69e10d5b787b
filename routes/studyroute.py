"""A planned study walk: what `routes.planner` hands over and every file and page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo import words
from geo.network.model import WalkNetwork
from routes.directions import Instruction
from routes.groups import GroupPlan
from routes.legs import Leg
from routes.rests import Rests
from routes.stops import LeftOut
from routes.timetable import Remark, Timetable
from routes.visits import StudyBrief, clock

__all__ = [
    "Alternative",
    "GroupDay",
    "Spans",
    "StudyRoute",
    "leg_spans",
    "remark_sentence",
    "remark_text",
]

Spans = tuple[tuple[tuple[float, float], ...], ...]
"""For each hop its legs, from when to when each lasts, minutes from 00:00."""


@dataclass(frozen=True)
class Alternative:
    """The other order beside the one planned, in figures: curated for optimised and back.

    Attributes
    ----------
    order
        Ids of the stops visited.
    finish
        Minutes from 00:00 when all is over.
    walk_m, ride_m
        Metres on foot, and straight metres ridden.
    left_out
        Stops that it leaves out, each with its reason.
    """

    name: str
    order: tuple[str, ...]
    finish: float
    walk_m: float
    ride_m: float
    conflicts: int
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, eq=False)
class GroupDay:
    """What one of several groups walks; its fields are those of `StudyRoute`."""

    timetable: Timetable
    hops: tuple[tuple[Leg, ...], ...]
    directions: tuple[tuple[tuple[Instruction, ...], ...], ...]
    why: tuple[tuple[str, str], ...]

    @property
    def sites(self) -> tuple[str, ...]:
        """Ids of its places, from the first to the last."""
        return tuple(visit.place.id for visit in self.timetable.visits)

    @property
    def spans(self) -> Spans:
        """From when to when each leg of each hop lasts."""
        return leg_spans(self.timetable, self.hops)


@dataclass(frozen=True, eq=False)
class StudyRoute:
    """A study walk.

    Attributes
    ----------
    title_zh, title_en, status, source_zh, source_en
        Of the line; ``own``, and no source, for sites or a theme of the user's.
    timetable, hops, directions, why
        Of the first group, as it walks.
    hops
        For each pair of stops that follow each other its legs: one, or walk, ferry and walk.
    directions
        In the same shape: instructions of each leg of each hop.
    left_out
        Wishes that are not on the route, each with its reason.
    remarks
        What is to be said of the whole: conflicts, unknown holidays.
    flags
        Codes of `routes.account.flags_of`.
    proven
        True where no better order exists by the minutes it was chosen on, which a remark tells
        (``rides_reckoned`` …) where they are not the timetable's; None for a curated one, and
        where groups walk orders of their own.
    alternative, alone
        The other order, and the one that was asked for, each for one group by itself; `alone` is
        None where that is what is walked.
    groups, days
        How several groups are kept apart, and what each of them walks, in the same succession;
        None and empty for one group.
    """

    brief: StudyBrief
    network: WalkNetwork
    title_zh: str
    title_en: str
    status: str
    source_zh: str
    source_en: str
    timetable: Timetable
    hops: tuple[tuple[Leg, ...], ...]
    directions: tuple[tuple[tuple[Instruction, ...], ...], ...]
    why: tuple[tuple[str, str], ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Remark, ...]
    flags: tuple[str, ...]
    proven: bool | None
    alternative: Alternative | None = None
    alone: Alternative | None = None
    groups: GroupPlan | None = None
    days: tuple[GroupDay, ...] = ()
    rests: Rests | None = None

    def title(self, lang: str) -> str:
        """Return the title in `lang`."""
        return self.title_zh if lang == "zh" else self.title_en

    def source(self, lang: str) -> str:
        """Return where the line's stops come from, in `lang`; empty for the user's own."""
        return self.source_zh if lang == "zh" else self.source_en

    @property
    def every_day(self) -> tuple[GroupDay, ...]:
        """The day of each group; of the only one, where there are not several."""
        return self.days or (GroupDay(self.timetable, self.hops, self.directions, self.why),)

    @property
    def own_orders(self) -> bool:
        """Whether the groups do not all walk the same order."""
        return len({day.sites for day in self.days}) > 1

    @property
    def start(self) -> float:
        """When the first group sets out, minutes from 00:00."""
        return min(day.timetable.start for day in self.every_day)

    @property
    def finish(self) -> float:
        """When the last group is done, minutes from 00:00."""
        return max(day.timetable.finish for day in self.every_day)

    @property
    def spans(self) -> Spans:
        """From when to when each leg of each hop of the first group lasts."""
        return leg_spans(self.timetable, self.hops)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg of the first group, in order."""
        return tuple(leg for hop in self.hops for leg in hop)

    @property
    def walk_m(self) -> float:
        """Metres on foot."""
        return sum(leg.metres for leg in self.legs if leg.mode == "walk")

    @property
    def ride_m(self) -> float:
        """Straight metres ridden."""
        return sum(leg.metres for leg in self.legs if leg.mode == "ride")

    @property
    def minutes_total(self) -> float:
        """From the first group's departure to when all is over."""
        return self.finish - self.start

    @property
    def longest_walk_m(self) -> float:
        """The longest leg on foot, metres."""
        return max((leg.metres for leg in self.legs if leg.mode == "walk"), default=0.0)

    @property
    def conflicts(self) -> tuple[Remark, ...]:
        """Whatever makes the day of a group impossible as planned."""
        return tuple(r for day in self.every_day for r in day.timetable.conflicts)


def leg_spans(table: Timetable, hops: Sequence[Sequence[Leg]]) -> Spans:
    """Return from when to when the legs of each hop last.

    Printed with `routes.visits.clock`, and their minutes with `routes.visits.minutes_between`,
    they add up on paper.
    """
    found = []
    for visit, hop in zip(table.visits, hops, strict=False):
        depart, spans = visit.leave, []
        for leg in hop:
            spans.append((depart, depart + leg.minutes))
            depart += leg.minutes
        found.append(tuple(spans))
    return tuple(found)


def remark_text(remark: Remark, lang: str) -> str:
    """Return a remark as a phrase in ``zh`` or ``en``."""
    code, pairs = remark
    fields = {k: clock(float(str(v))) if k == "closes" else v for k, v in pairs}
    return words.say(f"visit.{code}", lang, **words.in_language(fields, lang))


def remark_sentence(remark: Remark, lang: str) -> str:
    """Return a remark as a sentence by itself."""
    text = remark_text(remark, lang)
    return f"{text[:1].upper()}{text[1:]}{'。' if lang == 'zh' else '.'}"
