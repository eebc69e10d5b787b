"""Statements of a Chinese text that change the hours of others on some days.

Booking wanted on some days, days as usual, a half day closed, the Spring Festival: each becomes a
rule of its own days with hours made of those that hold otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from geo.hours.zh_clock import doubt
from geo.hours.zh_comments import BOOKING, CLOSURES, HALF, SPRING
from geo.hours.zh_model import EVERY_DAY, Rule, Span

__all__ = ["settle_days", "settle_last_entries"]

_DAY = 1440
# Without hours to go by: 上午 and 下午 at their narrowest.
_CORE = {"上午": (480, 660), "下午": (780, 1020)}
_NOON = (660, 780)  # a half day ends or begins somewhere from eleven to one
_EVENING = 1110
# The holiday of the Spring Festival lies within these days in every year; PH alone is any holiday.
_SPRING = ((1, 17), (2, 28))


def settle_days(rules: list[Rule]) -> list[Rule]:
    """Return `rules` with each such statement made a rule with hours, or dropped if it adds none.

    Raises
    ------
    NotUnderstoodError
        The hours that it changes are not to be found.
    """
    settled: list[Rule] = []
    for rule in rules:
        if rule.spring:
            settled += _spring(rules, rule)
        elif rule.state == "booking":
            settled.append(_booked(rules, rule))
        elif rule.state == "as_usual":
            settled += _as_usual(rules, rule)
        elif rule.half:
            settled.append(_half(rules, rule))
        else:
            settled.append(rule)
    return settled


def settle_last_entries(rules: list[Rule]) -> None:
    """Set the last entry of each rule with hours; one that the text names once is for all.

    Raises
    ------
    NotUnderstoodError
        ``ambiguous_time``: it lies in none of the hours.
    """
    opening = [r for r in rules if r.spans and r.state != "closed"]
    for rule in opening:
        minutes = [_within(rule.spans, at) for at in rule.last]
        minutes += [rule.spans[-1][1] - before for before in rule.last_before]
        found = [at for at in minutes if at is not None]
        if found:
            rule.last_entry = min(found)
    named = {at for r in opening for at in r.last}
    met = {at for r in opening for at in r.last if _within(r.spans, at) is not None}
    if named != met:
        raise doubt("ambiguous_time")
    if any(r.last_entry is not None and r.last_entry <= r.spans[0][0] for r in opening):
        raise doubt("ambiguous_time")


def _within(spans: list[Span], at: int) -> int | None:
    for start, end in spans:
        for minute in (at, at + _DAY):
            if start < minute <= end:
                return minute
    return None


def _opening(rules: list[Rule]) -> list[Rule]:
    return [r for r in rules if r.spans and not r.holiday]


def _one_for(rules: list[Rule], days: frozenset[int]) -> Rule | None:
    """Return the one rule whose hours hold on all of `days`, if there is just one."""
    on = [r for r in _opening(rules) if r.weekdays & days]
    if len(on) != 1 or on[0].months or on[0].maybe or not days <= on[0].weekdays:
        return None
    return on[0]


def _booked(rules: list[Rule], rule: Rule) -> Rule:
    """Return the hours of its days as not certain; all day where they are not told."""
    days = (rule.days or frozenset()) | (EVERY_DAY if rule.holiday else frozenset())
    usual = _one_for(rules, days)
    spans = [(0, _DAY)] if usual is None else list(usual.spans)
    return replace(rule, state="", spans=spans, unknown=BOOKING, particular=True)


def _as_usual(rules: list[Rule], rule: Rule) -> list[Rule]:
    """Return nothing where its days have hours, else the hours of the one rule there is."""
    days = rule.days or frozenset()
    opening = _opening(rules)
    if any(r.state == "closed" and r.days and r.days & days for r in rules):
        raise doubt("contradiction")
    if all(days <= r.weekdays for r in opening):
        return []
    if len(opening) != 1 or opening[0].months or opening[0].weekdays & days:
        raise doubt("not_understood")
    return [replace(opening[0], days=days, workday=False, particular=True)]


def _half(rules: list[Rule], rule: Rule) -> Rule:
    """Return the hours of a day of which a half is closed; about noon they may be uncertain."""
    days = rule.days or frozenset()
    usual = _one_for(rules, days)
    if usual is None or usual.workday:
        raise doubt("not_understood")
    if usual.unknown == CLOSURES:
        return replace(rule, spans=[_CORE[rule.half]])
    made = replace(usual, days=days, half=rule.half, particular=True, spans=[], maybe_why=HALF)
    made.last, made.last_before = [], []
    made.maybe = []
    for start, end in usual.spans:
        _halve(made, start, end)
    if not (made.spans or made.maybe) or usual.unknown:
        raise doubt("not_understood")
    return made


def _halve(made: Rule, start: int, end: int) -> None:
    """Add to `made` what of these hours lies in the half that is open, or may."""
    morning, afternoon = _NOON
    if end > _EVENING:
        raise doubt("not_understood")  # is the evening a part of the afternoon?
    of_morning, of_afternoon = end <= afternoon, start >= morning
    if of_morning or of_afternoon:
        if of_morning == (made.half == "下午"):
            made.spans.append((start, end))
        return
    made.spans.append((start, morning) if made.half == "下午" else (afternoon, end))
    made.maybe.append(_NOON)


def _spring(rules: list[Rule], rule: Rule) -> list[Rule]:
    """Return the holidays about the Spring Festival as not certain, unless all are closed."""
    holidays = [r for r in rules if r.holiday and not r.spring]
    if any(r.state == "closed" for r in holidays):
        return []
    usual = next((r for r in holidays if r.spans), None) or _one_for(rules, EVERY_DAY)
    made = replace(rule, state="", months=_SPRING, spans=[(0, _DAY)], unknown=SPRING)
    if usual is not None:
        return [replace(made, spans=list(usual.spans))]
    opening = _opening(rules)
    if holidays or any(r.months or r.maybe for r in opening):
        return [made]
    return [replace(made, days=r.weekdays, both=True, spans=list(r.spans)) for r in opening]
