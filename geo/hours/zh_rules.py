"""Rules read off a Chinese text: seasons, holidays and contradictions settled, and written as OSM.

In the OSM grammar a later rule replaces an earlier one on the days of both, so that rules are
written from the general to the particular: every day, days, months, closures, holidays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

from geo.hours.zh_clock import doubt

__all__ = ["ASSUMED", "WORKDAY", "Rule", "render", "settle"]

# The comment by which our evaluation knows that Mo-Fr was written as 工作日: such a rule holds on
# the Saturdays and Sundays that are worked for a holiday, too. To other readers it is a comment.
WORKDAY = "工作日"
_SEASONS = "夏冬季月份未说明"
_BOOKING = "需预约"
_HOURS = "开放时间未说明"
_WEEKENDS = "节假日是否含周末未说明"
# Our other comments, and the texts in which they are told (``hours.assumed_<code>``).
ASSUMED = {_SEASONS: "seasons", _BOOKING: "appointment", _HOURS: "closures", _WEEKENDS: "weekends"}
_ALL = frozenset(range(7))
_WORKING = frozenset(range(5))
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 1440
_PAIRS = ({"summer", "winter"}, {"peak", "low"})

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
    state: str = ""  # "", closed, as_usual
    not_on_holidays: bool = False
    maybe: list[Span] = field(default_factory=list)  # hours that hold in one season only
    unknown: str | None = None  # why one cannot be certain within the hours

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
            return (self.days or frozenset()) | _WORKING
        return self.days if self.days is not None else frozenset() if self.holiday else _ALL


def settle(rules: list[Rule], *, booking: bool) -> tuple[list[Rule], str | None]:
    """Return the rules in the order to be written, and the note's code.

    Raises
    ------
    NotUnderstoodError
        The rules contradict each other, or leave open what cannot be left open.
    """
    rules = [r for r in rules if not (r.rest and r.state == "closed")]  # 其余时间关闭 says no more
    closed_only = _only_closures(rules)
    if closed_only:
        rules = [Rule(spans=[(0, _DAY)], unknown=_HOURS), *rules]
    _refuse_gaps(rules)
    rules, seasonal = _settle_seasons(rules)
    rules = _settle_holidays(rules)
    _refuse_contradictions(rules)
    if booking:
        rules = [replace(r, unknown=r.unknown or _BOOKING) if r.spans else r for r in rules]
    rules.sort(key=_precedence)
    assumed = {"closures": closed_only, "seasons": seasonal, "appointment": booking}
    return rules, next((note for note, holds in assumed.items() if holds), None)


def render(rules: list[Rule]) -> str:
    """Return the rules in the OSM grammar."""
    return "; ".join(_render(rule) for rule in rules)


def _only_closures(rules: list[Rule]) -> bool:
    """Return whether all that is said is on which days it is closed: unknown on the others."""
    return bool(rules) and all(r.state == "closed" and r.selects and not r.season for r in rules)


def _refuse_gaps(rules: list[Rule]) -> None:
    opening = [r for r in rules if r.spans]
    if not opening:
        alone = rules and all(not r.selects for r in rules)
        raise doubt("suspended" if alone else "not_understood")
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
        merged.append(replace(a, season=None, spans=both, maybe=either))
    return merged + [r for r in rules if not r.season]


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
        if rule.state == "as_usual":
            settled += _as_usual(rules, rule)
            continue
        settled.append(replace(rule, not_on_holidays=False))
        if rule.not_on_holidays:
            closing = rule.state == "closed"
            holiday = Rule(holiday=True, state="" if closing else "closed")
            settled += _as_usual(rules, holiday) if closing else [holiday]
    holidays = [r for r in settled if r.holiday]
    if any(r.workday and r.spans for r in settled):
        if not holidays:
            settled.append(Rule(holiday=True, state="closed"))
        settled += _weekends(settled, holidays)
    return settled


def _as_usual(rules: list[Rule], holiday: Rule) -> list[Rule]:
    """Return the holiday rule with the hours of the one rule that says hours."""
    opening = [r for r in rules if r.spans and not r.holiday]
    if len(opening) != 1 or opening[0].months or opening[0].workday or holiday.days:
        raise doubt("not_understood")
    usual = opening[0]
    return [replace(holiday, state="", spans=list(usual.spans), maybe=list(usual.maybe))]


def _weekends(rules: list[Rule], holidays: list[Rule]) -> list[Rule]:
    """Return what holds at weekends where 节假日 has hours and 周末 is not mentioned.

    节假日 may mean the statutory holidays or every day off: the weekend is unknown then.
    """
    loose = [r for r in holidays if r.spans and not r.statutory and not r.days]
    if not loose or any(r.weekdays & {5, 6} for r in rules if r not in holidays):
        return []
    return [Rule(days=frozenset({5, 6}), spans=list(loose[0].spans), unknown=_WEEKENDS)]


def _refuse_contradictions(rules: list[Rule]) -> None:
    if sum(r.holiday for r in rules) > 1:
        raise doubt("contradiction")
    opening = [r for r in rules if r.spans and not (r.holiday and r.days is None)]
    for a, b in combinations(opening, 2):
        if bool(a.months) == bool(b.months):
            if not (a.weekdays & b.weekdays and _meet(a.months, b.months)):
                continue
            general = [r for r in (a, b) if r.weekdays == _ALL]
            if a.months or len(general) != 1 or not (general[0].rest or general[0].days):
                raise doubt("contradiction")
        elif a.weekdays != b.weekdays:
            raise doubt("not_understood")
    for closed in (r for r in rules if r.state == "closed" and r.days):
        if any(r.weekdays <= closed.weekdays for r in opening if not closed.months):
            raise doubt("contradiction")


def _meet(a: MonthRange | None, b: MonthRange | None) -> bool:
    if a is None or b is None:
        return True
    return bool(_year_days(a) & _year_days(b))


def _year_days(months: MonthRange) -> set[tuple[int, int]]:
    (first, first_day), (last, last_day) = months
    start, end = (first, first_day or 1), (last, last_day or 31)
    year = {(month, day) for month in range(1, 13) for day in range(1, 32)}
    if start <= end:
        return {d for d in year if start <= d <= end}
    return {d for d in year if d >= start or d <= end}


def _precedence(rule: Rule) -> int:
    if rule.holiday:
        return 4
    if rule.state == "closed":
        return 3
    return 2 if rule.months else 0 if rule.weekdays == _ALL else 1


def _render(rule: Rule) -> str:
    months, days = _months_text(rule.months), _days_text(rule)
    if rule.state == "closed":
        return " ".join(filter(None, (months, days, "off")))
    if rule.spans == [(0, _DAY)] and not (months or days or rule.unknown):
        return "24/7"
    where = " ".join(filter(None, (months, days)))
    comment = f' unknown "{rule.unknown}"' if rule.unknown else ""
    if rule.workday and not rule.unknown:
        comment = f' open "{WORKDAY}"'
    certain = " ".join(filter(None, (where, _times(rule.spans)))) + comment
    if not rule.maybe:
        return certain
    # Behind a comma, hours without days would go on the list of hours before it.
    where = where or "Mo-Su"
    uncertain = f'{where} {_times(rule.maybe)} unknown "{_SEASONS}"'
    return f"{where} {_times(rule.spans)}{comment}, {uncertain}" if rule.spans else uncertain


def _days_text(rule: Rule) -> str:
    if rule.days == _ALL and not (rule.workday or rule.holiday):
        return ""
    parts: list[str] = []
    named = rule.weekdays if rule.days is not None or rule.workday else frozenset()
    for day in range(7):
        if day in named and (day - 1 not in named or day == 0):
            last = next((d for d in range(day, 7) if d + 1 not in named), 6)
            parts.append(_DAYS[day] if last == day else f"{_DAYS[day]}-{_DAYS[last]}")
    if rule.holiday:
        parts.append("PH")
    return ",".join(parts)


def _months_text(months: MonthRange | None) -> str:
    if months is None:
        return ""
    names = [_MONTHS[m - 1] + (f" {d:02d}" if d else "") for m, d in months]
    return names[0] if names[0] == names[1] else "-".join(names)


def _times(spans: list[Span]) -> str:
    """Return the hours; past midnight as 17:00-02:00, a whole day from 8:30 on as 08:30-32:30."""
    return ",".join(
        f"{_clock(s)}-{_clock(e - _DAY if _DAY < e < s + _DAY else e)}" for s, e in spans
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
