"""Rules of a Chinese text written in the OSM grammar, the general before the particular.

There a later rule replaces an earlier one on the days of both, with the hours that the night before
left over; a closing rule takes those away too. Chinese texts mean neither: who closes on Sundays
still serves the end of Saturday's night. Where hours pass midnight, a rule that replaces or closes
therefore begins when the longest night is over and ends a day later.
"""

from __future__ import annotations

from dataclasses import replace

from geo.hours.zh_clock import doubt
from geo.hours.zh_comments import WORKDAY, joined, last_entry
from geo.hours.zh_model import EVERY_DAY, Rule, Span, year_days

__all__ = ["clock_text", "render"]

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 1440


def render(rules: list[Rule]) -> str:
    """Return the rules, in their order of precedence, in the OSM grammar.

    Raises
    ------
    NotUnderstoodError
        Hours run into those of the next day and other rules hold on some days.
    """
    over = max((end for r in rules for _, end in (*r.spans, *r.maybe)), default=0) - _DAY
    if over <= 0 or len(rules) == 1:
        return "; ".join(_render(rule) for rule in rules)
    text = _render(rules[0])
    for at, rule in enumerate(rules[1:], 1):
        cleared = _times([(over, over + _DAY)])
        if rule.state != "closed" and all(_apart(rule, before) for before in rules[:at]):
            text += f", {_render(rule)}"
            continue
        _refuse_early(rules, over)
        if rule.state == "closed":
            text += f"; {_where(rule)} {cleared} off"
        else:
            text += f"; {_where(rule)} {cleared} off, {_render(rule)}"
    return text


def _refuse_early(rules: list[Rule], over: int) -> None:
    """Refuse hours that begin before the longest night is over: clearing would leave them."""
    known = [r for r in rules if not (r.unknown and r.spans == [(0, _DAY)])]
    if any(start < over for r in known for start, _ in (*r.spans, *r.maybe)):
        raise doubt("not_understood")


def _apart(one: Rule, other: Rule) -> bool:
    """Return whether no day is of both rules."""
    if one.holiday or other.holiday:
        return False
    if not one.weekdays & other.weekdays:
        return True
    if one.months is None or other.months is None:
        return False
    return not year_days(one.months) & year_days(other.months)


def _render(rule: Rule) -> str:
    where = _where(rule)
    if rule.state == "closed":
        return " ".join(filter(None, (where, _times(rule.spans), "off")))
    comments = _comments(rule)
    if rule.spans == [(0, _DAY)] and not (where or rule.unknown):
        return f"24/7{_modifier('open', comments)}"
    kind = "unknown" if rule.unknown else "open"
    certain = " ".join(filter(None, (where, _times(rule.spans)))) + _modifier(kind, comments)
    if not rule.maybe:
        return certain
    # Behind a comma, hours without days would go on the list of hours before it.
    where = where or "Mo-Su"
    doubtful = _comments(replace(rule, unknown=rule.maybe_why, last_entry=None))
    uncertain = f"{where} {_times(rule.maybe)}{_modifier('unknown', doubtful)}"
    if not rule.spans:
        return uncertain
    return f"{where} {_times(rule.spans)}{_modifier(kind, comments)}, {uncertain}"


def _modifier(kind: str, comments: list[str]) -> str:
    return f' {kind} "{joined(comments)}"' if comments else ""


def _comments(rule: Rule) -> list[str]:
    found = [WORKDAY] if rule.workday else []
    found += [c for c in (rule.unknown, rule.access) if c]
    if rule.last_entry is not None:
        found.append(last_entry(clock_text(rule.last_entry % _DAY)))
    return found


def _where(rule: Rule) -> str:
    return " ".join(filter(None, (_months_text(rule), _days_text(rule))))


def _days_text(rule: Rule) -> str:
    if rule.days == EVERY_DAY and not (rule.workday or rule.holiday):
        return ""
    parts: list[str] = []
    named = rule.weekdays if rule.days is not None or rule.workday else frozenset()
    for day in range(7):
        if day in named and (day - 1 not in named or day == 0):
            last = next((d for d in range(day, 7) if d + 1 not in named), 6)
            parts.append(_DAYS[day] if last == day else f"{_DAYS[day]}-{_DAYS[last]}")
    if rule.both:
        return "PH " + ",".join(parts)
    return ",".join([*parts, "PH"] if rule.holiday else parts)


def _months_text(rule: Rule) -> str:
    if rule.months is None:
        return ""
    names = [_MONTHS[m - 1] + (f" {d:02d}" if d else "") for m, d in rule.months]
    return names[0] if names[0] == names[1] else "-".join(names)


def _times(spans: list[Span]) -> str:
    """Return the hours; past midnight as 17:00-02:00, a whole day from 8:30 on as 08:30-32:30."""
    return ",".join(
        f"{clock_text(s)}-{clock_text(e - _DAY if _DAY < e < s + _DAY else e)}" for s, e in spans
    )


def clock_text(minute: int) -> str:
    """Return a minute of the day as ``HH:MM``; past midnight the hours go on beyond 24."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
