"""The OSM grammar of opening hours, version 0.7, read into rules.

https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification

Not read, because no station list has them and a wrong guess would be shown as a fact: times by the
sun, times without an end (``10:00``), repeated times (``/``), easter, and days counted from another
(``PH -1 day``). An expression with one of them is unknown as a whole, with the reason.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from geo.hours.model import DAY_MINUTES, DateRange, DaySelector, Hours, MonthDay, Rule, Span, State

__all__ = ["parse"]

_WEEKDAYS = {name: i for i, name in enumerate(("mo", "tu", "we", "th", "fr", "sa", "su"))}
_MONTHS = {
    name: i
    for i, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_STATES: dict[str, State] = {
    "open": "open",
    "closed": "closed",
    "off": "closed",
    "unknown": "unknown",
}
_VARIABLE = ("dawn", "sunrise", "sunset", "dusk")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<comment>"[^"]*")
    | (?P<always>24/7)
    | (?P<time>\d{1,2}:\d\d)(?![\d:])
    | (?P<number>\d+)
    | (?P<word>[A-Za-z]+)
    | (?P<mark>\|\||[-,;:+/\[\]()])
    )""",
    re.VERBOSE,
)
_LONGEST = 2000
_LAST_YEAR = 9999
_END = ("end", "")

_Stepped = tuple[int, int, int]  # first, last, step


class _Unreadable(Exception):  # noqa: N818  # never leaves this module
    """The expression cannot be read; the argument is the code of the problem."""


@lru_cache(maxsize=4096)
def parse(osm: str) -> Hours:
    """Read an expression of the OSM grammar.

    Never raises: what cannot be read comes back with `Hours.problem` and is unknown at every
    instant. Upper and lower case, one-digit hours and dashes of other kinds are accepted.
    """
    if not osm.strip():
        return Hours(osm, problem="empty")
    if len(osm) > _LONGEST:
        return Hours(osm, problem="too_long")
    try:
        return Hours(osm, tuple(_Parser(_tokens(osm)).rules()))
    except _Unreadable as why:
        return Hours(osm, problem=str(why))


def _tokens(text: str) -> list[tuple[str, str]]:
    line = re.sub(r"[‐‑‒–—−－]", "-", text.strip())
    line = line.replace("“", '"').replace("”", '"')
    tokens = []
    at = 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        if match is None or match.lastgroup is None:
            raise _Unreadable("syntax")
        kind, value = match.lastgroup, match[match.lastgroup]
        if kind == "word":
            value = value.lower()
            kind = (
                "weekday" if value in _WEEKDAYS
                else "month" if value in _MONTHS
                else "state" if value in _STATES
                else "holiday" if value in ("ph", "sh")
                else "word"
            )  # fmt: skip
        tokens.append((kind, value))
        at = match.end()
    return tokens


@dataclass
class _Parser:
    tokens: list[tuple[str, str]]
    at: int = 0

    def rules(self) -> list[Rule]:
        rules: list[Rule] = []
        link: Literal[";", ",", "||"] = ";"
        while self._peek() != _END:
            rules.append(replace(self._rule(), link=link))
            if self._peek() == _END:
                break
            said = rules[-1].spans or self.tokens[self.at - 1][0] in ("always", "state", "comment")
            mark = self._take("mark")
            if mark == ";":
                link = ";"
            elif mark == "," and self._peek() != _END and said:  # of "Mo, Aug" nobody is sure
                link = "||" if link == "||" else ","  # what is added to a fallback falls back too
            elif mark == "||" and self._peek() != _END:
                link = "||"
            else:
                raise _Unreadable("syntax")
        return rules

    def _rule(self) -> Rule:
        began = self.at
        days = DaySelector()
        spans: tuple[Span, ...] = ()
        if self._peek()[0] == "always":
            self._take("always")
        else:
            days = self._days()
            spans = self._spans()
        state, comment = self._modifier()
        if self.at == began:
            raise _Unreadable("syntax")
        return Rule(days, spans, state, comment)

    def _modifier(self) -> tuple[State, str]:
        kind, _ = self._peek()
        state: State = "open"
        if kind == "state":
            state = _STATES[self._take("state")]
        elif kind == "comment":
            state = "unknown"  # a comment alone: "by appointment"
        comment = self._take("comment")[1:-1] if self._peek()[0] == "comment" else ""
        return state, comment

    def _days(self) -> DaySelector:
        years = self._ranges(self._year) if self._is_year() else ()
        dates: tuple[DateRange, ...] = ()
        if self._peek()[0] == "month":
            only = years[0][0] if len(years) == 1 and years[0][0] == years[0][1] else None
            dates = self._dates(only)
            years = () if any(d.start.year for d in dates) else years
        weeks: tuple[_Stepped, ...] = ()
        if self._peek() == ("word", "week"):
            self._take("word")
            weeks = self._ranges(lambda: self._range(1, 53))
        if self._peek() == ("mark", ":") and (years or dates or weeks):
            self._take("mark")
        self._refuse_words()
        return replace(self._weekdays(), years=years, dates=dates, weeks=weeks)

    def _refuse_words(self) -> None:
        kind, value = self._peek()
        if kind == "word":
            codes = {**dict.fromkeys(_VARIABLE, "variable_time"), "easter": "easter"}
            raise _Unreadable(codes.get(value, "syntax"))

    # Years and weeks

    def _is_year(self) -> bool:
        kind, value = self._peek()
        return kind == "number" and len(value) == 4

    def _year(self) -> _Stepped:
        if not self._is_year():
            raise _Unreadable("syntax")
        if self._peek(1) == ("mark", "+"):
            year = int(self._take("number"))
            self._take("mark")
            return year, _LAST_YEAR, 1
        return self._range(1000, _LAST_YEAR)

    def _ranges(self, one: Callable[[], _Stepped]) -> tuple[_Stepped, ...]:
        found = [one()]
        while self._peek() == ("mark", ",") and self._peek(1)[0] == "number":
            self._take("mark")
            found.append(one())
        return tuple(found)

    def _range(self, low: int, high: int) -> _Stepped:
        """Read ``first[-last[/step]]``."""
        first = last = self._number(low, high)
        step = 1
        if self._peek() == ("mark", "-") and self._peek(1)[0] == "number":
            self._take("mark")
            last = self._number(low, high)
            if self._peek() == ("mark", "/"):
                self._take("mark")
                step = self._number(1, high)
        if last < first:
            raise _Unreadable("range")
        return first, last, step

    def _number(self, low: int, high: int) -> int:
        value = int(self._take("number")[:9])
        if not low <= value <= high:
            raise _Unreadable("range")
        return value

    # Months and dates

    def _dates(self, year: int | None) -> tuple[DateRange, ...]:
        found = [self._date_range(year)]
        while self._peek() == ("mark", ","):
            follows = self._peek(1)[0]
            if follows == "month":
                self._take("mark")
                found.append(self._date_range(year))
            elif follows == "number" and found[-1].end.day is not None:
                self._take("mark")
                month = found[-1].end
                found.append(self._days_of(replace(month, day=self._day(month.month))))
            else:
                break
        return tuple(found)

    def _date_range(self, year: int | None) -> DateRange:
        """Read Dec, Dec 24, Dec 24-26, Dec 24-Jan 06, 2026 Dec 24-2027 Jan 06."""
        start = self._month_day()
        if self._peek() != ("mark", "-") or self._peek(1)[0] not in ("month", "number"):
            return DateRange(start, start)
        if self._peek(1)[0] == "month":
            self._take("mark")
            return DateRange(start, self._month_day())
        if len(self._peek(1)[1]) == 4 and self._peek(2)[0] == "month":
            if year is None:
                raise _Unreadable("syntax")
            self._take("mark")
            until = int(self._take("number"))
            end = replace(self._month_day(), year=until)
            return DateRange(replace(start, year=year), end)
        return self._days_of(start)

    def _days_of(self, start: MonthDay) -> DateRange:
        """Read the ``-26`` of Dec 24-26, where there is one."""
        if self._peek() != ("mark", "-") or self._peek(1)[0] != "number" or start.day is None:
            return DateRange(start, start)
        self._take("mark")
        end = self._day(start.month)
        if end < start.day:
            raise _Unreadable("range")
        return DateRange(start, replace(start, day=end))

    def _month_day(self) -> MonthDay:
        month = _MONTHS[self._take("month")]
        kind, value = self._peek()
        if kind == "number" and len(value) <= 2:
            return MonthDay(month, self._day(month))
        return MonthDay(month)

    def _day(self, month: int) -> int:
        day = self._number(1, monthrange(2024, month)[1])
        self._refuse_offset()
        return day

    def _refuse_offset(self) -> None:
        if self._peek()[1] in ("+", "-") and self._peek(2) in (("word", "day"), ("word", "days")):
            raise _Unreadable("offset")

    # Weekdays and holidays

    def _weekdays(self) -> DaySelector:
        days = DaySelector()
        while self._peek()[0] in ("weekday", "holiday"):
            kind, value = self._peek()
            if kind == "holiday":
                self._take("holiday")
                days = replace(
                    days, public=days.public or value == "ph", school=days.school or value == "sh"
                )
                if self._peek() == ("mark", "["):
                    raise _Unreadable("syntax")
                self._refuse_offset()
                if self._peek()[0] == "weekday":
                    days = replace(days, both=True)
                    continue
            else:
                days = self._weekday(days)
            follows = self._peek(1)[0]
            if self._peek() != ("mark", ",") or follows not in ("weekday", "holiday"):
                break
            if days.both and follows == "holiday":
                raise _Unreadable("syntax")
            self._take("mark")
        if self._peek()[0] in ("month", "holiday", "weekday"):
            raise _Unreadable("syntax")
        return days

    def _weekday(self, days: DaySelector) -> DaySelector:
        first = last = _WEEKDAYS[self._take("weekday")]
        if self._peek() == ("mark", "-") and self._peek(1)[0] == "weekday":
            self._take("mark")
            last = _WEEKDAYS[self._take("weekday")]
        elif self._peek() == ("mark", "["):
            self._take("mark")
            nth = {(first, n) for n in self._nths()}
            self._refuse_offset()
            return replace(days, nth=days.nth | nth)
        named = {(first + k) % 7 for k in range((last - first) % 7 + 1)}
        return replace(days, weekdays=(days.weekdays or frozenset()) | named)

    def _nths(self) -> set[int]:
        """Read the ``1,3-4,-1]`` of a weekday of the month."""
        found: set[int] = set()
        while True:
            if self._peek() == ("mark", "-"):
                self._take("mark")
                found.add(-self._number(1, 5))
            else:
                first, last, _ = self._range(1, 5)
                found |= set(range(first, last + 1))
            mark = self._take("mark")
            if mark == "]":
                return found
            if mark != ",":
                raise _Unreadable("syntax")

    # Times

    def _spans(self) -> tuple[Span, ...]:
        if self._peek() == ("mark", "("):
            raise _Unreadable("variable_time")
        self._refuse_words()
        if self._peek()[0] != "time":
            return ()
        found = [self._span()]
        while self._peek() == ("mark", ",") and self._peek(1)[0] == "time":
            self._take("mark")
            found.append(self._span())
        if self._peek() == ("mark", ",") and (
            self._peek(1)[1] in _VARIABLE or self._peek(1) == ("mark", "(")
        ):
            raise _Unreadable("variable_time")
        return tuple(found)

    def _span(self) -> Span:
        start = self._time(DAY_MINUTES - 1)
        if self._peek() == ("mark", "+"):
            self._take("mark")
            return Span(start, _guessed_end(start), start)
        if self._peek() != ("mark", "-"):
            raise _Unreadable("point_in_time")
        self._take("mark")
        if self._peek()[1] in _VARIABLE or self._peek() == ("mark", "("):
            raise _Unreadable("variable_time")
        end = self._time(2 * DAY_MINUTES)
        if end <= start:
            end += DAY_MINUTES
        if self._peek() == ("mark", "+"):
            self._take("mark")
            return Span(start, max(end, _guessed_end(end)), end)
        if self._peek() == ("mark", "/"):
            raise _Unreadable("interval")
        if end > start + DAY_MINUTES:
            raise _Unreadable("range")
        return Span(start, end)

    def _time(self, latest: int) -> int:
        hour, minute = map(int, self._take("time").split(":"))
        if minute > 59 or hour * 60 + minute > latest:
            raise _Unreadable("range")
        return hour * 60 + minute

    # Tokens

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else _END

    def _take(self, kind: str) -> str:
        found, value = self._peek()
        if found != kind:
            raise _Unreadable("syntax")
        self.at += 1
        return value


def _guessed_end(start: int) -> int:
    """Return until when a place that opens at `start` without an end may be open.

    The guess of opening_hours.js: midnight, ten hours from five in the afternoon on, eight from ten
    in the evening on. What is guessed is unknown, never open.
    """
    if start >= 22 * 60:
        return start + 8 * 60
    return start + 10 * 60 if start >= 17 * 60 else DAY_MINUTES
