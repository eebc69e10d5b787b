"""Open, closed or unknown: at an instant, through a stretch, over a day and a week.

Times are wall times of one place without daylight saving (Asia/Shanghai). How rules meet on a day
follows the specification as opening_hours.js does: a rule behind ``;`` that opens replaces
the rules before it on its days, hours left over from the day before included; a closing rule takes
away only its own hours; the last rule to cover a minute decides; a rule behind ``||`` covers only
what the others leave closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from geo.hours.holidays import DayKind, HolidayBook
from geo.hours.model import DAY_MINUTES, DateRange, DaySelector, Hours, MonthDay, Rule, State
from geo.hours.zh_comments import WORKDAY, parts

__all__ = ["STATES", "day_minutes", "intervals", "next_change", "open_throughout", "state", "week"]

# The codes of `day_minutes` and `week`, in their order.
STATES: tuple[State, ...] = ("closed", "open", "unknown")
_CODES = {name: code for code, name in enumerate(STATES)}
_CLOSED, _OPEN, _UNKNOWN = range(3)
_WORKING = frozenset(range(5))

States = NDArray[np.uint8]


def state(hours: Hours, at: datetime, holidays: HolidayBook) -> State:
    """Return the state at one instant; an opening minute is open, a closing minute closed."""
    minutes = day_minutes(hours, at.date(), holidays)
    return STATES[int(minutes[at.hour * 60 + at.minute])]


def open_throughout(hours: Hours, start: datetime, minutes: float, holidays: HolidayBook) -> State:
    """Return whether it stays open from `start` for `minutes`, up to the closing minute itself.

    ``open`` if every minute is, ``closed`` if any is closed, else ``unknown``.

    Raises
    ------
    ValueError
        `minutes` is negative or no number, or longer than a week.
    """
    if not 0 <= minutes <= 7 * DAY_MINUTES:
        raise ValueError(f"minutes must be from 0 to a week, not {minutes}")
    first = start.hour * 60 + start.minute
    seconds = start.second + start.microsecond / 1e6
    count = max(1, int(np.ceil(round(seconds / 60 + minutes, 9))))
    days = range((first + count - 1) // DAY_MINUTES + 1)
    found = [day_minutes(hours, start.date() + timedelta(days=d), holidays) for d in days]
    seen = np.concatenate(found)[first : first + count]
    if (seen == _CLOSED).any():
        return "closed"
    return "open" if (seen == _OPEN).all() else "unknown"


def intervals(hours: Hours, day: date, holidays: HolidayBook) -> list[tuple[int, int, State]]:
    """Return ``(from, to, state)`` in minutes of `day` for each stretch that is not closed.

    A stretch ends at midnight (1440) at the latest; what goes on is the next day's.
    """
    minutes = day_minutes(hours, day, holidays)
    return [(a, b, STATES[code]) for a, b, code in _stretches(minutes) if code != _CLOSED]


def week(hours: Hours, monday: date, holidays: HolidayBook) -> States:
    """Return the seven days from `monday` on: (7, 1440) codes, each an index of `STATES`."""
    days = [monday + timedelta(days=d) for d in range(7)]
    return np.stack([day_minutes(hours, day, holidays) for day in days])


def next_change(
    hours: Hours, at: datetime, holidays: HolidayBook, *, within_days: int = 400
) -> tuple[datetime, State] | None:
    """Return when the state is next another than at `at`, and which; None if not `within_days`."""
    day = at.date()
    minutes = day_minutes(hours, day, holidays)
    now = at.hour * 60 + at.minute
    code = minutes[now]
    first = now + 1
    for _ in range(within_days + 1):
        others = np.flatnonzero(minutes[first:] != code)
        if len(others):
            minute = first + int(others[0])
            when = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
            return when, STATES[int(minutes[minute])]
        day += timedelta(days=1)
        minutes, first = day_minutes(hours, day, holidays), 0
    return None


def day_minutes(hours: Hours, day: date, holidays: HolidayBook) -> States:
    """Return the state of each minute of `day`: (1440,) codes, each an index of `STATES`.

    Where the day, or the one before, could be a holiday or not and the two answers differ, the
    minute is unknown.
    """
    if hours.problem is not None:
        return np.full(DAY_MINUTES, _UNKNOWN, np.uint8)
    answers = [_minutes(hours, *days) for days in _cases(hours, day, holidays)]
    found = answers[0]
    for other in answers[1:]:
        found = np.where(found == other, found, np.uint8(_UNKNOWN))
    return found


class _Day:
    """A date, and what it is taken for."""

    def __init__(self, day: date, kind: DayKind, school: bool) -> None:
        self.day = day
        self.holiday = kind == "holiday"
        self.makeup = kind == "makeup_workday"
        self.school = school


def _cases(hours: Hours, day: date, book: HolidayBook) -> Iterator[tuple[_Day, _Day]]:
    """Yield the day before and the day, once for all that they could be."""
    ours = _is_by_workday(hours)
    by_kind = ours or any(rule.days.public for rule in hours.rules)
    by_school = any(rule.days.school for rule in hours.rules)
    choices = []
    for one in (day - timedelta(days=1), day):
        kinds = book.possible(one) if by_kind else (book.kind(one),)
        schools = [by_school and book.school is not None and one in book.school]
        if by_school and book.school is None:
            schools = [False, True]
        choices.append([_Day(one, kind, school) for kind in kinds for school in schools])
    yield from product(choices[0], choices[1])


def _minutes(hours: Hours, before: _Day, here: _Day) -> States:
    """Return the minutes of `here`, both days being what they are taken for."""
    covers: list[tuple[Rule, _Day]] = []
    ours = _is_by_workday(hours)
    for rule in hours.rules:
        if _selects(rule, here, ours):
            if rule.link == ";" and rule.state != "closed":
                covers.clear()
            covers.append((rule, here))
        if any(s.end > DAY_MINUTES for s in rule.spans) and _selects(rule, before, ours):
            covers.append((rule, before))
    minutes = np.zeros(DAY_MINUTES, np.uint8)
    for rule, origin in covers:
        shift = 0 if origin is here else DAY_MINUTES
        fallen = minutes == _CLOSED if rule.link == "||" else None
        for start, end, code in _stretches_of(rule):
            low, high = max(start - shift, 0), min(end - shift, DAY_MINUTES)
            if low >= high:
                continue
            if fallen is None:
                minutes[low:high] = code
            else:
                minutes[low:high][fallen[low:high]] = code
    return minutes


def _stretches_of(rule: Rule) -> list[tuple[int, int, int]]:
    """Return from, to and state of the rule's hours, in minutes of the day they begin on."""
    code = _CODES[rule.state]
    if not rule.spans:
        return [(0, DAY_MINUTES, code)]
    found = []
    for span in rule.spans:
        if span.open_end is None:
            found.append((span.start, span.end, code))
            continue
        found.append((span.start, span.open_end, code))
        found.append((span.open_end, span.end, code if code == _CLOSED else _UNKNOWN))
    return found


def _is_by_workday(hours: Hours) -> bool:
    """Return whether the expression came of a text that says 工作日."""
    return any(_of_workdays(rule) for rule in hours.rules)


def _of_workdays(rule: Rule) -> bool:
    return WORKDAY in parts(rule.comment) and (rule.days.weekdays or frozenset()) >= _WORKING


def _selects(rule: Rule, at: _Day, by_workday: bool) -> bool:
    days, day = rule.days, at.day
    if days.years and not any(a <= day.year <= b and not (day.year - a) % s
                              for a, b, s in days.years):  # fmt: skip
        return False
    if days.dates and not any(_in_range(day, r) for r in days.dates):
        return False
    if days.weeks:
        number = day.isocalendar().week
        if not any(a <= number <= b and not (number - a) % s for a, b, s in days.weeks):
            return False
    if not days.by_weekday:
        return True
    if at.makeup and by_workday:
        return _of_workdays(rule)  # worked like a Monday to Friday, whatever its name
    return _on_weekday(days, at)


def _on_weekday(days: DaySelector, at: _Day) -> bool:
    weekday = at.day.weekday()
    named = weekday in (days.weekdays or ())
    if not named and days.nth:
        from_start = (at.day.day - 1) // 7 + 1
        from_end = -((_month_length(at.day) - at.day.day) // 7 + 1)
        named = (weekday, from_start) in days.nth or (weekday, from_end) in days.nth
    off = (days.public and at.holiday) or (days.school and at.school)
    return (off and named) if days.both else (off or named)


def _in_range(day: date, dates: DateRange) -> bool:
    start, end = dates.start, dates.end
    if start.year is not None and end.year is not None:
        first, last = _edge(start, first=True), _edge(end, first=False)
        return (start.year, *first) <= (day.year, day.month, day.day) <= (end.year, *last)
    here = (day.month, day.day)
    first, last = _edge(start, first=True), _edge(end, first=False)
    return first <= here <= last if first <= last else here >= first or here <= last


def _edge(at: MonthDay, *, first: bool) -> tuple[int, int]:
    return at.month, at.day or (1 if first else 31)


def _month_length(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _stretches(minutes: States) -> Iterator[tuple[int, int, int]]:
    """Yield from, to and code of each run of equal minutes."""
    edges = np.flatnonzero(np.diff(minutes)) + 1
    bounds = [0, *edges.tolist(), len(minutes)]
    for a, b in pairwise(bounds):
        yield a, b, int(minutes[a])
