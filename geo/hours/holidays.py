"""Which days are holidays in China, and which weekends are worked for them.

The State Council announces both each November for the year to come; nothing computes them. The
kept library ``chinesecalendar`` carries the announcements. For years it does not know yet, a day is
taken for what its weekday says, except where that day of the year has been a holiday or a worked
weekend in any year known: then it could be either, and what hangs on it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

__all__ = ["NO_HOLIDAYS", "DayKind", "HolidayBook", "chinese_holidays"]

DayKind = Literal["workday", "weekend", "holiday", "makeup_workday"]


@dataclass(frozen=True, eq=False)
class HolidayBook:
    """Holidays and worked weekends.

    Attributes
    ----------
    holidays
        Days off for a public holiday, the weekends among them included.
    makeup_workdays
        Saturdays and Sundays worked in exchange.
    known_from, known_until
        The first and last day that the two above are complete for; None: for ever.
    movable
        Month and day that may be one of them in years not known.
    school
        Days of school holidays; None where nobody has said, so that they may be any day.
    """

    holidays: frozenset[date] = frozenset()
    makeup_workdays: frozenset[date] = frozenset()
    known_from: date | None = None
    known_until: date | None = None
    movable: frozenset[tuple[int, int]] = frozenset()
    school: frozenset[date] | None = None

    def knows(self, day: date) -> bool:
        """Return whether the announcement for `day` is in the book."""
        return (self.known_from is None or self.known_from <= day) and (
            self.known_until is None or day <= self.known_until
        )

    def kind(self, day: date) -> DayKind:
        """Return what `day` is; in years not known, what its weekday says."""
        if day in self.holidays:
            return "holiday"
        if day in self.makeup_workdays:
            return "makeup_workday"
        return "weekend" if day.weekday() >= 5 else "workday"

    def possible(self, day: date) -> tuple[DayKind, ...]:
        """Return every kind that `day` could be: one where the book knows."""
        kind = self.kind(day)
        if self.knows(day) or (day.month, day.day) not in self.movable:
            return (kind,)
        if day.weekday() >= 5:
            return ("weekend", "holiday", "makeup_workday")
        return ("workday", "holiday")


NO_HOLIDAYS = HolidayBook(school=frozenset())


@cache
def chinese_holidays() -> HolidayBook:
    """Return what the installed ``chinesecalendar`` knows of mainland China."""
    from chinese_calendar import constants

    off, worked = frozenset(constants.holidays), frozenset(constants.workdays)
    years = [day.year for day in (*off, *worked)]
    return HolidayBook(
        holidays=off,
        makeup_workdays=worked,
        known_from=date(min(years), 1, 1),
        known_until=date(max(years), 12, 31),
        movable=frozenset((day.month, day.day) for day in (*off, *worked)),
    )
