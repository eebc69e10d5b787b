"""Rules read off a Chinese text: seasons, holidays and contradictions settled, and put in order.

A later rule will replace an earlier one on the days of both, so that they go from the general to
the particular: every day, days, months, closures, holidays.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

from geo.hours.zh_clock import doubt
from geo.hours.zh_comments import BOOKING, CLOSURES, MONTHS, WEEKENDS
from geo.hours.zh_days import settle_days
from geo.hours.zh_model import EVERY_DAY, MonthRange, Rule, Span, year_days

__all__ = ["settle"]

_DAY = 1440
_MOST_CLOSED = 4  # who opens on two days says which, not on which five it is closed
_YEAR = 365
_PAIRS = ({"summer", "winter"}, {"peak", "low"})


def settle(rules: list[Rule], *, booking: bool) -> tuple[list[Rule], str | None]:
    """Return the rules in the order to be written, and the note's code.

    Raises
    ------
    NotUnderstoodError
        The rules contradict each other, or leave open what cannot be left open.
    """
    rules = [r for r in rules if not _says_no_more(r)]
    if len(rules) == 1 and rules[0].rest:
        raise doubt("not_understood")
    closed_only = _only_closures(rules)
    if closed_only:
        rules = [Rule(spans=[(0, _DAY)], unknown=CLOSURES), *rules]
    part_of_year = _only_months(rules)
    if part_of_year:
        rules = [Rule(spans=[(0, _DAY)], unknown=MONTHS, rest=True), *rules]
    booked = any(r.state == "booking" for r in rules)
    _refuse_gaps(rules)
    rules, seasonal = _settle_seasons(rules)
    rules = _settle_holidays(rules)
    _refuse_contradictions(rules)
    rules = settle_days(rules)
    if booking:
        rules = [replace(r, unknown=r.unknown or BOOKING) if r.spans else r for r in rules]
    rules.sort(key=_precedence)
    assumed = {
        "closures": closed_only,
        "months": part_of_year,
        "seasons": seasonal,
        "appointment": booking or booked,
        "half": any(r.half for r in rules),
        "spring": any(r.spring for r in rules),
        "access": any(r.access for r in rules),
    }
    return rules, next((note for note, holds in assumed.items() if holds), None)


def _says_no_more(rule: Rule) -> bool:
    """Return whether it is 其余时间关闭, which the other rules say already."""
    if not (rule.rest and rule.state == "closed"):
        return False
    if rule.selects:
        raise doubt("not_understood")
    return True


def _only_months(rules: list[Rule]) -> bool:
    """Return whether hours are told of some months only, and nothing of the others."""
    telling = [r for r in rules if not r.spring and not (r.holiday and r.days is None)]
    if not any(r.months and r.spans for r in telling):
        return False
    if any(r.months is None and (r.spans or r.season) for r in telling):
        return False
    told = frozenset().union(*(year_days(r.months) for r in telling if r.months))
    return len(told) < _YEAR


def _only_closures(rules: list[Rule]) -> bool:
    """Return whether all that is said is on which days it is closed: unknown on the others."""
    return bool(rules) and all(
        r.state == "closed" and r.selects and not (r.season or r.spring) for r in rules
    )


def _refuse_gaps(rules: list[Rule]) -> None:
    opening = [r for r in rules if r.spans]
    if not opening:
        alone = rules and all(not r.selects for r in rules)
        raise doubt("suspended" if alone else "not_understood")
    if all(r.holiday and not r.days for r in opening):
        raise doubt("not_understood")  # 9:00-17:00，节假日: hours of holidays only are half a text
    if any(r.state == "closed" and not r.selects for r in rules):
        raise doubt("not_understood")
    for rule in opening:
        _refuse_disorder(rule.spans)


def _refuse_disorder(spans: list[Span]) -> None:
    """Refuse hours that overlap, or go back: 8:30-11:30 2:00-5:30 may mean the afternoon."""
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise doubt("ambiguous_time")
    if spans[-1][1] - _DAY > spans[0][0]:
        raise doubt("ambiguous_time")


def _settle_seasons(rules: list[Rule]) -> tuple[list[Rule], bool]:
    """Give seasons without months a meaning, or refuse them.

    Where one of a pair has its months the other is the rest of the year. Where neither has, what
    both say is certain and what one says is not.
    """
    bare = [r for r in rules if r.season and not r.months]
    if not bare:
        return rules, False
    named = {r.season for r in rules if r.season}
    if named not in _PAIRS or any(r.state == "closed" and r.season for r in rules):
        raise doubt("season_alone")
    if len({r.season for r in bare}) == 1:
        if any(r.season == bare[0].season for r in rules if r.months):
            raise doubt("not_understood")
        return [replace(r, season=None, rest=True) if r in bare else r for r in rules], False
    if len(bare) < sum(bool(r.season) for r in rules) or any(r.months for r in rules):
        raise doubt("not_understood")
    return _merge_seasons(rules), True


def _merge_seasons(rules: list[Rule]) -> list[Rule]:
    first = next(r.season for r in rules if r.season)
    one = [r for r in rules if r.season == first]
    other = [r for r in rules if r.season and r.season != first]
    if [(r.weekdays, r.workday, r.holiday) for r in one] != [
        (r.weekdays, r.workday, r.holiday) for r in other
    ]:
        raise doubt("season_alone")
    merged = []
    for a, b in zip(one, other, strict=True):
        both, either = _common(a.spans, b.spans)
        both, either = _from_midnight(both, a), _from_midnight(either, a)
        last, before = sorted({*a.last, *b.last})[:1], [*a.last_before, *b.last_before]
        merged.append(
            replace(a, season=None, spans=both, maybe=either, last=last, last_before=before)
        )
    return merged + [r for r in rules if not r.season]


def _from_midnight(spans: list[Span], rule: Rule) -> list[Span]:
    """Return hours that begin past midnight as those of the day that they lie on."""
    if any(start >= _DAY for start, _ in spans) and rule.weekdays != EVERY_DAY:
        raise doubt("season_alone")
    return [(s - _DAY, e - _DAY) if s >= _DAY else (s, e) for s, e in spans]


def _common(a: list[Span], b: list[Span]) -> tuple[list[Span], list[Span]]:
    """Return the minutes of both lists of hours, and those of only one."""
    edges = sorted({edge for span in (*a, *b) for edge in span})
    both: list[Span] = []
    either: list[Span] = []
    for low, high in pairwise(edges):
        count = sum(any(s <= low and high <= e for s, e in spans) for spans in (a, b))
        if count:
            into = both if count == 2 else either
            if into and into[-1][1] == low:
                into[-1] = (into[-1][0], high)
            else:
                into.append((low, high))
    return both, either


def _settle_holidays(rules: list[Rule]) -> list[Rule]:
    """Say of holidays what the text means: closed, as usual, or hours of their own."""
    settled = []
    for rule in rules:
        if rule.state == "as_usual" and rule.holiday:
            settled += _as_usual(rules, replace(rule, days=None))
            if rule.days is None:
                continue
            rule = replace(rule, holiday=False)  # noqa: PLW2901  # 周末及节假日照常开放
        settled.append(replace(rule, not_on_holidays=False))
        if rule.not_on_holidays:
            closing = rule.state == "closed"
            holiday = Rule(holiday=True, state="" if closing else "closed")
            settled += _as_usual(rules, holiday) if closing else [holiday]
    holidays = [r for r in settled if r.holiday and not r.spring]
    if any(r.workday and r.spans for r in settled):
        if not holidays:
            settled.append(Rule(holiday=True, state="closed"))
        settled += _weekends(settled, holidays)
    return settled


def _as_usual(rules: list[Rule], holiday: Rule) -> list[Rule]:
    """Return the holiday rule with the hours of the one rule that says hours.

    None is wanted where every day of the week has hours, and no closure to be excepted from.
    """
    opening = [r for r in rules if r.spans and not r.holiday]
    if all(r.weekdays == EVERY_DAY and not r.workday for r in opening) and not any(
        r.state == "closed" for r in rules
    ):
        return []
    if len(opening) != 1 or opening[0].months or opening[0].workday:
        raise doubt("not_understood")
    return [replace(opening[0], days=None, rest=False, holiday=True, not_on_holidays=False)]


def _weekends(rules: list[Rule], holidays: list[Rule]) -> list[Rule]:
    """Return what holds at weekends where 节假日 has hours and 周末 is not mentioned.

    节假日 may mean the statutory holidays or every day off: the weekend is unknown then.
    """
    loose = [r for r in holidays if r.spans and not r.statutory and not r.days]
    if not loose or any(r.weekdays & {5, 6} for r in rules if r not in holidays):
        return []
    return [Rule(days=frozenset({5, 6}), spans=list(loose[0].spans), unknown=WEEKENDS)]


def _refuse_contradictions(rules: list[Rule]) -> None:
    if sum(r.holiday and not r.spring for r in rules) > 1:
        raise doubt("contradiction")
    opening = [r for r in rules if r.spans and not (r.holiday and r.days is None)]
    for a, b in combinations(opening, 2):
        _refuse_pair(a, b)
    stated = [r for r in rules if r.days or r.workday]
    for closed in (r for r in stated if r.state in ("closed", "booking") and not r.half):
        if closed.state == "closed" and not closed.months:
            for rule in opening:
                _refuse_closed(rule, closed.weekdays)
        others = [r for r in stated if r is not closed and r.state]
        if any(r.state != closed.state and r.weekdays & closed.weekdays for r in others):
            raise doubt("contradiction")


def _refuse_closed(rule: Rule, closed: frozenset[int]) -> None:
    """Refuse a closure of all the days that have hours, of most, or of some and others besides."""
    if not rule.weekdays & closed:
        return
    if rule.weekdays <= closed or not (closed <= rule.weekdays and len(closed) <= _MOST_CLOSED):
        raise doubt("contradiction")


def _refuse_pair(a: Rule, b: Rule) -> None:
    """Refuse two rules with hours of which neither is the general one, or it is not clear."""
    if a.months and b.months and _named(a) != _named(b):
        raise doubt("not_understood")  # 周一至周五5-9月8:00-18:00，10-4月9:00-17:00: on which days?
    if bool(a.months) == bool(b.months):
        if not (a.weekdays & b.weekdays and _meet(a.months, b.months)):
            return
        general = [r for r in (a, b) if r.weekdays == EVERY_DAY]
        if a.months or len(general) != 1 or not (general[0].rest or general[0].days):
            raise doubt("contradiction")
    elif a.weekdays != b.weekdays:
        raise doubt("not_understood")
    else:
        general = [r for r in (a, b) if not r.months]
    if general[0].rest:
        return
    # 每天8:30-11:30，周五14:00-17:00: on Fridays instead of the morning, or besides it?
    (start, end), (other, until) = a.spans[0], b.spans[0]
    if max(start, other) >= min(end, until):
        raise doubt("contradiction")


def _named(rule: Rule) -> bool:
    return rule.days is not None or rule.workday


def _meet(a: MonthRange | None, b: MonthRange | None) -> bool:
    if a is None or b is None:
        return True
    return bool(year_days(a) & year_days(b))


def _precedence(rule: Rule) -> int:
    if rule.holiday:
        return 6 if rule.spring else 5
    if rule.state == "closed":
        return 4
    if rule.particular:
        return 3
    return 2 if rule.months else 0 if rule.weekdays == EVERY_DAY else 1
