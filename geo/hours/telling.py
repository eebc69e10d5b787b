"""Telling an expression in words, in Chinese and English."""

from __future__ import annotations

from geo import words
from geo.hours.model import DAY_MINUTES, DateRange, DaySelector, Hours, MonthDay, Rule, Span
from geo.hours.zh_comments import ASSUMED, WORKDAY, last_entry_of, parts

__all__ = ["describe"]

_LINKS = {";": "then", ",": "also", "||": "otherwise"}


def describe(hours: Hours, lang: str) -> str:
    """Return `hours` as short text in ``zh`` or ``en``: 周一至周五 09:00–17:00；法定节假日休息.

    An expression that could not be read is told with the reason.
    """
    if hours.problem is not None:
        return _say(f"problem_{hours.problem}", lang)
    parts = [_rule(hours.rules[0], lang)]
    for rule in hours.rules[1:]:
        parts.append(_say(_LINKS[rule.link], lang, rule=_rule(rule, lang)))
    return "".join(parts)


def _rule(rule: Rule, lang: str) -> str:
    workday = WORKDAY in parts(rule.comment)
    when = " ".join(filter(None, (_dates(rule.days, lang), _days(rule.days, lang, workday))))
    if rule.state == "closed" and not rule.spans:
        told = _say("closed", lang)
    else:
        times = _list([_span(span, lang) for span in rule.spans], lang)
        told = times or _say("all_day" if when else "always", lang)
        if rule.state != "open":
            told = _say(f"{rule.state}_hours", lang, hours=told)
    text = " ".join(filter(None, (when, told)))
    comment = _list([_comment(p, lang) for p in parts(rule.comment) if p != WORKDAY], lang)
    return _say("with_comment", lang, text=text, comment=comment) if comment else text


def _comment(part: str, lang: str) -> str:
    if part in ASSUMED:
        return _say(f"assumed_{ASSUMED[part]}", lang)
    last = last_entry_of(part)
    return part if last is None else _say("last_entry", lang, time=last)


def _dates(days: DaySelector, lang: str) -> str:
    parts = [_list([_years(*y, lang) for y in days.years], lang)]
    parts.append(_list([_date_range(r, lang) for r in days.dates], lang))
    if days.weeks:
        weeks = _list([_step(str(a), str(b), s, lang) for a, b, s in days.weeks], lang)
        parts.append(_say("weeks", lang, weeks=weeks))
    return " ".join(filter(None, parts))


def _years(first: int, last: int, step: int, lang: str) -> str:
    if last == 9999:
        return _say("year_on", lang, year=first)
    return _step(_say("year", lang, year=first), _say("year", lang, year=last), step, lang)


def _step(first: str, last: str, step: int, lang: str) -> str:
    if first == last:
        return first
    text = _say("to", lang, first=first, last=last)
    return text if step == 1 else _say("every", lang, text=text, step=step)


def _date_range(dates: DateRange, lang: str) -> str:
    first, last = _month_day(dates.start, lang), _month_day(dates.end, lang)
    return first if first == last else _say("to", lang, first=first, last=last)


def _month_day(at: MonthDay, lang: str) -> str:
    text = _say(f"month_{at.month}", lang)
    if at.day is not None:
        text = _say("month_day", lang, month=text, day=at.day)
    if at.year is not None:
        text = _say("year_date", lang, year=at.year, date=text)
    return text


def _days(days: DaySelector, lang: str, workday: bool) -> str:
    named = [] if days.weekdays is None else _weekdays(days.weekdays, lang, workday)
    for weekday, n in sorted(days.nth):
        key = "nth" if n > 0 else "nth_last"
        named.append(_say(key, lang, day=_say(f"day_{weekday}", lang), n=abs(n)))
    off = [_say("public", lang)] if days.public else []
    off += [_say("school", lang)] if days.school else []
    if days.both:
        return _say("both", lang, days=_list(named, lang), off=_list(off, lang))
    return _list([*named, *off], lang)


def _weekdays(named: frozenset[int], lang: str, workday: bool) -> list[str]:
    """Return the days in runs; seven are every day, Monday to Friday of 工作日 working days."""
    parts = []
    if workday:
        parts.append(_say("workday", lang))
        named = named - frozenset(range(5))
    if len(named) == 7:
        return [_say("every_day", lang)]
    for day in range(7):
        if day in named and day - 1 not in named:
            last = next(d for d in range(day, 8) if d + 1 not in named)
            first_name, last_name = _say(f"day_{day}", lang), _say(f"day_{last}", lang)
            parts.append(_step(first_name, last_name, 1, lang))
    return parts


def _span(span: Span, lang: str) -> str:
    if span.open_end == span.start:
        return _say("from", lang, start=_clock(span.start, lang))
    end = span.end if span.open_end is None else span.open_end
    if (span.start, end) == (0, DAY_MINUTES):
        return _say("all_day", lang)
    text = f"{_clock(span.start, lang)}–{_clock(end, lang)}"
    return text if span.open_end is None else _say("or_later", lang, text=text)


def _clock(minute: int, lang: str) -> str:
    if minute <= DAY_MINUTES:
        return f"{minute // 60:02d}:{minute % 60:02d}"
    minute -= DAY_MINUTES
    return _say("next_day", lang, time=f"{minute // 60:02d}:{minute % 60:02d}")


def _list(parts: list[str], lang: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _say("list", lang, first=parts[0], rest=_list(parts[1:], lang))


def _say(key: str, lang: str, **params: object) -> str:
    return words.say(f"hours.{key}", lang, **params)
