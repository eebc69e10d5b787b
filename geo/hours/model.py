"""What an opening-hours expression is once it is read: rules, and what each selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "DAY_MINUTES",
    "DateRange",
    "DaySelector",
    "Hours",
    "MonthDay",
    "Rule",
    "Span",
    "State",
]

State = Literal["open", "closed", "unknown"]
DAY_MINUTES = 1440


@dataclass(frozen=True)
class Span:
    """Minutes from midnight of the day it begins; `end` may lie in the next day (up to 2880).

    From `open_end` on (``19:00+``) nobody knows: open until then, unknown from then to `end`.
    """

    start: int
    end: int
    open_end: int | None = None


@dataclass(frozen=True)
class MonthDay:
    """A day of the year, or with `day` None the month; `year` None is every year."""

    month: int
    day: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class DateRange:
    """From the first day of `start` to the last of `end`, over the new year if that is earlier."""

    start: MonthDay
    end: MonthDay


@dataclass(frozen=True)
class DaySelector:
    """Which days a rule is about; an empty selector does not select, None is every day.

    Attributes
    ----------
    years, weeks
        ``(first, last, step)``; weeks are those of ISO 8601.
    dates
        Ranges of months or of days.
    weekdays
        0 is Monday; None where neither weekdays nor holidays are named.
    nth
        ``(weekday, n)``: the n-th of the month, from its end where n is negative.
    public, school
        Whether PH, SH are named.
    both
        ``PH Mo-Fr``: a holiday and one of these days, where ``PH,Mo-Fr`` is either.
    """

    years: tuple[tuple[int, int, int], ...] = ()
    dates: tuple[DateRange, ...] = ()
    weeks: tuple[tuple[int, int, int], ...] = ()
    weekdays: frozenset[int] | None = None
    nth: frozenset[tuple[int, int]] = frozenset()
    public: bool = False
    school: bool = False
    both: bool = False

    @property
    def by_weekday(self) -> bool:
        """Whether weekdays or holidays are named at all."""
        return self.weekdays is not None or bool(self.nth) or self.public or self.school


@dataclass(frozen=True)
class Rule:
    """One rule: on `days`, within `spans` (empty: all day), the place is in `state`.

    `link` says how it joins the rules before it: ``;`` replaces them on its days unless it
    closes, ``,`` adds to them, ``||`` holds where they leave the place closed.
    """

    days: DaySelector
    spans: tuple[Span, ...]
    state: State
    comment: str = ""
    link: Literal[";", ",", "||"] = ";"


@dataclass(frozen=True)
class Hours:
    """An expression that was read, or could not be: then every instant is unknown.

    Attributes
    ----------
    text
        As given.
    rules
        In the order written; empty where the expression could not be read.
    problem
        Why it could not be read: a code of a sentence ``hours.problem_<code>``; None if it was.
    """

    text: str
    rules: tuple[Rule, ...] = ()
    problem: str | None = None
