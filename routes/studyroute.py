"""A planned study walk: what `routes.planner` hands over and every file and page shows."""

from __future__ import annotations

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

__all__ = ["Alternative", "StudyRoute", "remark_text"]


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
    """

    name: str
    order: tuple[str, ...]
    finish: float
    walk_m: float
    ride_m: float
    conflicts: int


@dataclass(frozen=True, eq=False)
class StudyRoute:
    """A study walk.

    Attributes
    ----------
    title_zh, title_en, status
        Of the line; ``own`` for sites or a theme of the user's.
    timetable
        Of the first group.
    hops
        For each pair of stops that follow each other its legs: one, or walk, ferry and walk.
    directions
        In the same shape: instructions of each leg of each hop.
    left_out
        Wishes that are not on the route, each with its reason.
    remarks
        What is to be said of the whole: conflicts, unknown holidays.
    flags
        ``composed``, ``sample_visits``, ``estimated``, ``rides``, ``heuristic`` and those of the
        network.
    proven
        True where no better order exists; None for a curated one.
    """

    brief: StudyBrief
    network: WalkNetwork
    title_zh: str
    title_en: str
    status: str
    source: str
    timetable: Timetable
    hops: tuple[tuple[Leg, ...], ...]
    directions: tuple[tuple[tuple[Instruction, ...], ...], ...]
    why: tuple[tuple[str, str], ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Remark, ...]
    flags: tuple[str, ...]
    proven: bool | None
    alternative: Alternative | None = None
    groups: GroupPlan | None = None
    rests: Rests | None = None

    def title(self, lang: str) -> str:
        """Return the title in `lang`."""
        return self.title_zh if lang == "zh" else self.title_en

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg in order."""
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
        """From departure to when all is over."""
        return self.timetable.finish - self.timetable.start

    @property
    def longest_walk_m(self) -> float:
        """The longest leg on foot, metres."""
        return max((leg.metres for leg in self.legs if leg.mode == "walk"), default=0.0)

    @property
    def conflicts(self) -> tuple[Remark, ...]:
        """Whatever makes the day impossible as planned."""
        return self.timetable.conflicts


def remark_text(remark: Remark, lang: str) -> str:
    """Return a remark as a phrase in ``zh`` or ``en``."""
    code, pairs = remark
    fields = {k: clock(float(str(v))) if k == "closes" else v for k, v in pairs}
    fields["site"] = fields.get(f"site_{lang}")
    return words.say(f"visit.{code}", lang, **fields)
