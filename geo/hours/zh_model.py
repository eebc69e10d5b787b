"""What one statement of a Chinese text of opening hours says: on which days, and what then."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field

from geo.hours.zh_comments import SEASONS

__all__ = ["EVERY_DAY", "WORKING_DAYS", "MonthRange", "Rule", "Span", "year_days"]

EVERY_DAY = frozenset(range(7))
WORKING_DAYS = frozenset(range(5))

Span = tuple[int, int]
MonthRange = tuple[tuple[int, int | None], tuple[int, int | None]]


@dataclass
class Rule:
    """On which days, and what then: the hours, closed, or (on holidays) as on other days."""

    months: MonthRange | None = None
    season: str | None = None
    days: frozenset[int] | None = None
    workday: bool = False
    holiday: bool = False
    statutory: bool = False  # 法定节假日, which no weekend is
    rest: bool = False
    spans: list[Span] = field(default_factory=list)
    state: str = ""  # "", closed, as_usual, booking
    half: str = ""  # closed 上午 or 下午 only
    both: bool = False  # of the holidays, those on its days
    particular: bool = False  # made of another rule for some of its days
    spring: bool = False  # closed over the Spring Festival
    not_on_holidays: bool = False
    maybe: list[Span] = field(default_factory=list)  # hours that are not certain
    maybe_why: str = SEASONS
    unknown: str | None = None  # why one cannot be certain within the hours
    access: str = ""  # what one needs to be let in, 需刷卡
    last: list[int] = field(default_factory=list)  # last entry: minutes of the day
    last_before: list[int] = field(default_factory=list)  # minutes before closing
    last_entry: int | None = None

    @property
    def selects(self) -> bool:
        """Whether it names days, months or a season."""
        return bool(self.months or self.season or self.days or self.workday or self.holiday)

    @property
    def says(self) -> bool:
        """Whether it says what happens then."""
        return bool(self.spans or self.state)

    @property
    def weekdays(self) -> frozenset[int]:
        """The days of the week it holds on, whatever the months."""
        if self.workday:
            return (self.days or frozenset()) | WORKING_DAYS
        return self.days if self.days is not None else frozenset() if self.holiday else EVERY_DAY


def year_days(months: MonthRange) -> set[tuple[int, int]]:
    """Return month and day of each day in the range, both ends included; 29 February is none."""
    (first, first_day), (last, last_day) = months
    start, end = (first, first_day or 1), (last, last_day or 31)
    year = {(m, d) for m in range(1, 13) for d in range(1, monthrange(2025, m)[1] + 1)}
    if start <= end:
        return {d for d in year if start <= d <= end}
    return {d for d in year if d >= start or d <= end}
