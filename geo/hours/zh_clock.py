"""Times of day as Chinese texts write them: 8:30, 下午2点, 早八点, 次日2:00, 0830, 9.00."""

from __future__ import annotations

import re

__all__ = ["CLOCK", "NotUnderstoodError", "clock_of", "doubt", "span_of"]

_MORNING = ("凌晨", "清晨", "早晨", "早上", "早间", "上午", "早")
_EVENING = ("傍晚", "晚上", "晚间", "夜间", "夜晚", "夜里", "晚", "夜")
_AFTERNOON = ("下午", "午后")
_NEXT = ("次日", "翌日", "第二天", "隔天", "隔日", "第2天")
_PERIODS = "|".join(sorted((*_MORNING, *_EVENING, *_AFTERNOON, "中午"), key=len, reverse=True))

# Without named groups, so that it can stand twice in one pattern.
CLOCK = (
    rf"(?:(?:{'|'.join(_NEXT)})?(?:{_PERIODS})?"
    r"(?:\d{1,2}:[0-5]\d(?::00)?|\d{1,2}[点时](?:半|整|[0-5]?\d分?|)|\d{4}(?!\d)|\d{1,2}\.[0-5]\d"
    r"|\d{1,2}(?=(?:-|~|至|到)\d{1,2}[点时])|(?<=[点时半分整][-~至到])\d{1,2}(?![\d:.月]))"
    r"(?:\s?[ap]m)?"
    rf"|(?:{'|'.join(_NEXT)})?\d{{1,2}}\s?[ap]m)"
)
_PARTS = re.compile(
    rf"(?P<next>{'|'.join(_NEXT)})?(?P<period>{_PERIODS})?"
    r"(?P<hour>\d{1,2})(?:(?P<mark>[:点时.])(?P<minute>半|整|[0-5]?\d)?分?|(?P<packed>\d\d))?"
    r"(?::00)?(?:\s?(?P<half>[ap])m)?",
    re.IGNORECASE,
)
_DAWN = ("清晨", "早晨", "早上", "早间", "早")
_HOUR = 60
_DAY = 24 * _HOUR
_NOON = _DAY // 2
_EVENING_BEGINS = 17 * _HOUR
_MORNING_BEGUN = 9 * _HOUR


class NotUnderstoodError(ValueError):
    """The text, or this stretch of it, is not understood; the argument is the code of the note."""


def doubt(code: str) -> NotUnderstoodError:
    """Return the refusal to read on, to be raised; ``hours.note_<code>`` is its sentence."""
    return NotUnderstoodError(code)


def clock_of(text: str) -> int:
    """Return the minute of the day that one time means."""
    minute, _, _ = _read(text)
    return minute


def span_of(first: str, last: str) -> tuple[int, int]:
    """Return the opening and closing minute; past midnight the second is over 1440.

    Raises
    ------
    NotUnderstoodError
        ``ambiguous_time``: it could be morning or afternoon, or be dates (8.30-11.30).
    """
    if _looks_like_dates(first, last):
        raise doubt("ambiguous_time")
    start, period, start_next = _read(first)
    end, end_period, end_next = _read(last)
    if start_next or start >= _DAY:
        raise doubt("ambiguous_time")
    if period is None and end_period is None and re.match("[1-5](?!\\d)", first) and end <= _NOON:
        raise doubt("ambiguous_time")  # 2:00-5:30 is an afternoon, written 02:00-05:30 a night
    if end_period is None and not end_next:
        end = _inherit(end, period, start)
    if end == _DAY - 1:
        end = _DAY  # 23:59 is how some write the end of the day
    if end_next:
        end += _DAY
    elif end <= start:
        if not _is_tomorrow(start, end, period, end_period):
            raise doubt("ambiguous_time")
        end += _DAY
    if not start < end <= start + _DAY:
        raise doubt("ambiguous_time")
    return start, end


def _is_tomorrow(start: int, end: int, period: str | None, end_period: str | None) -> bool:
    """Return whether an `end` not after `start` can only be meant of the next day.

    8:30-5:30 and 13:00-5:30 may be written with the hours of a twelve-hour clock, 12:00-12:00 may
    be anything; 14:00-2:00, 17:00-7:30 and 8:00-0:00 are nights.
    """
    if end == start:
        return False
    if end < _HOUR and end_period in (None, "凌晨"):
        return True  # no twelve-hour clock has a nought
    if end_period in ("凌晨", *_DAWN):
        return start >= _NOON or end_period == "凌晨"
    if start < _NOON or end >= _NOON or end_period in (*_AFTERNOON, *_EVENING, "pm"):
        return False
    if period is not None or end_period is not None or end + _NOON <= start:
        return True
    return start >= _EVENING_BEGINS and end <= _MORNING_BEGUN  # 18:00-10:00 may end at 22:00


def _inherit(end: int, period: str | None, start: int) -> int:
    """Return `end` in the half of the day that the opening time names: 下午2:00-5:30."""
    if period in (*_AFTERNOON, *_EVENING, "中午", "pm") and end <= _NOON:
        later = end + _NOON
        if end == _NOON and period not in _EVENING:
            raise doubt("ambiguous_time")  # 下午1:00-12:00
        return later if start < later <= _DAY else end
    return end


def _read(text: str) -> tuple[int, str | None, bool]:
    """Return the minute of the day, the word for its half, and whether it is the next day's."""
    found = _PARTS.fullmatch(text)
    if found is None:
        raise doubt("not_understood")
    hour = int(found["hour"])
    minute = {"半": 30, "整": 0, None: 0}.get(found["minute"], -1)
    if minute < 0:
        minute = int(found["minute"])
    if found["packed"]:
        minute = int(found["packed"])
    period = found["period"] or (f"{found['half'].lower()}m" if found["half"] else None)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise doubt("not_understood")
    return _in_period(hour, period) * 60 + minute, period, bool(found["next"])


def _in_period(hour: int, period: str | None) -> int:
    if period is None:
        return hour
    if period in (*_AFTERNOON, "pm"):
        return hour + 12 if hour < 12 else hour
    if period in _EVENING:
        if hour == 12:
            return 24
        return hour + 12 if 5 <= hour < 12 else hour  # 晚2点 is two in the night
    if period == "中午":
        return hour + 12 if hour < 5 else hour
    if hour > 12 or (period == "凌晨" and hour == 12):
        raise doubt("ambiguous_time")
    return 0 if period == "am" and hour == 12 else hour


def _looks_like_dates(first: str, last: str) -> bool:
    """Return whether 8.30-11.30 could be dates as well as times."""
    ends = [re.fullmatch(r"(\d{1,2})\.(\d\d)", end) for end in (first, last)]
    return all(e and 1 <= int(e[1]) <= 12 and 1 <= int(e[2]) <= 31 for e in ends)
