"""The tokens of a Chinese text read from left to right into statements.

Days stand before their hours or behind them, in brackets or not; which of the two a text does is
seen from what has been said already, and a text that does both is refused.
"""

from __future__ import annotations

from dataclasses import replace

from geo.hours.zh_clock import doubt
from geo.hours.zh_model import EVERY_DAY, Rule, Span
from geo.hours.zh_tokens import Token

__all__ = ["Reader"]

_DAY = 1440
_WEEKEND = frozenset({5, 6})
_STATING = {"closed", "half_closed", "booking", "open"}


class Reader:
    """One text, read into `rules`; `booking` says whether an appointment is wanted for all."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.booking = False
        self.access: list[str] = []
        self.found: list[Rule] = []
        self.excepted: list[Rule] = []
        self.open = Rule()
        self.outer: Rule | None = None  # days before a bracket that is about others
        self.at = 0
        self.before = ""  # the kind of the token before
        self.behind: list[int] = []  # how many hours each rule has whose days stand behind
        self.entries: list[Token] = []
        self.listed = False  # days before a comma and more behind it
        self.beside = False  # days that stand next to hours that have none
        self.never_closed = False  # 全年无休 is said
        self.loose = False  # days of which only 开放 is said

    def rules(self) -> list[Rule]:
        """Return the statements in the order of the text.

        Raises
        ------
        NotUnderstoodError
            It is not certain which hours belong to which days.
        """
        for at, token in enumerate(self.tokens):
            self.at = at
            _ON[token.kind](self, token)
            self.before = token.kind
        self._close()
        if self.outer is not None:
            raise doubt("not_understood")  # its bracket does not end
        if self.behind:
            self._check_behind()
        rules = [*self.found, *self.excepted]
        held = [r.weekdays for r in rules if r.spans]
        if self.never_closed and frozenset().union(*held) != EVERY_DAY:
            raise doubt("contradiction")
        if len(self.entries) == 1:
            for rule in rules:
                rule.last, rule.last_before = [], []
                self._enter(rule, self.entries[0])
        if self.access:
            access = "、".join(dict.fromkeys(self.access))
            rules = [replace(r, access=access) if r.spans else r for r in rules]
        return rules

    def _check_behind(self) -> None:
        """Refuse 8:30-11:30；14:00-17:30（5-9月），13:30-17:00（10-4月）: whose is the morning?"""
        if len(set(self.behind)) > 1 or any(r.spans and not r.selects for r in self.found):
            raise doubt("not_understood")

    def _close(self) -> None:
        """End the rule being read; days without hours belong to the hours before them."""
        rule, self.open = self.open, Rule()
        if self.listed and rule.state:
            raise doubt("not_understood")  # 9:00-17:00周一至周四，周五闭馆
        self.listed = False
        loose, self.loose, self.beside = self.loose, False, False
        if rule.says:
            self.found.append(rule)
        elif rule.selects or rule.rest or rule.not_on_holidays:
            before = self.found[-1] if self.found else None
            if before is None or not before.spans or before.selects or before.rest or rule.rest:
                raise doubt("not_understood")
            if loose:
                raise doubt("not_understood")  # 9:00-17:00，周末开放: only then, or then, too?
            self.behind.append(len(before.spans))
            self.found[-1] = replace(
                rule,
                spans=before.spans,
                last=before.last,
                last_before=before.last_before,
                not_on_holidays=rule.not_on_holidays or before.not_on_holidays,
            )

    # Days

    def on_days(self, token: Token) -> None:
        if token.kind == "every_day" and token.value and self.open.holiday:
            self.on_open(token)  # 节假日无休
            return
        if self.open.says:
            self._close()
        rule = self.open
        self._beside()
        if self.before == "sep" and (rule.workday or (rule.days or frozenset()) - _WEEKEND):
            self.listed = True
        if rule.rest and token.kind != "every_day":
            raise doubt("not_understood")
        if token.kind == "workday":
            rule.workday = True
        elif token.kind == "holiday":
            rule.holiday, rule.statutory = True, token.value
        elif token.kind == "every_day":
            self.never_closed |= token.value
            if rule.days is None and not (rule.workday or rule.holiday):
                rule.days = EVERY_DAY
        elif rule.days == EVERY_DAY:
            rule.days = token.value  # 全年无休，周一至周五9:00-17:00，周末10:00-16:00
        else:
            rule.days = (rule.days or frozenset()) | token.value

    def on_months(self, token: Token) -> None:
        if self.open.says:
            self._close()
        self._beside()
        last = self.found[-1] if self.found and not self.open.selects else None
        if token.kind == "months" and last is not None and last.season and last.months is None:
            # 夏季7:00-19:00（5-9月）: in brackets behind its hours, where it is the season's own.
            if self.before != "(":
                raise doubt("not_understood")
            last.months = token.value
            return
        if getattr(self.open, token.kind) is not None:
            raise doubt("not_understood")
        setattr(self.open, token.kind, token.value)

    def on_rest(self, _: Token) -> None:
        if self.open.says:
            self._close()
        if self.open.selects:
            raise doubt("not_understood")
        self.open.rest = True

    def _beside(self) -> None:
        before = self.found[-1] if self.found else None
        self.beside |= self.before in ("span", "all_day") and not (before and before.selects)

    # Hours

    def on_span(self, token: Token) -> None:
        if self.open.state == "booking":
            if self.before != "booking":
                raise doubt("not_understood")  # 周末需预约，9:00-17:00: then, or every day?
            self.open.state = ""
            self.booking = True
        if self.open.state == "as_usual" and (self.open.days or _WEEKEND) != _WEEKEND:
            raise doubt("not_understood")  # 周一至周五照常开放，9:00-17:00
        if self.before == "half_closed":
            raise doubt("not_understood")  # 周三下午休息14:00-17:00: when it is closed, or open?
        if self.beside and self.before == "sep" and not self.open.spans:
            raise doubt("not_understood")  # 9:00-17:00 5-9月，10:00-16:00: whose are the months?
        if self.open.state:
            self._close()
        if self.open.spans == [(0, _DAY)]:
            raise doubt("not_understood")
        self.open.spans.append(token.value)

    def on_all_day(self, _: Token) -> None:
        if self.open.spans and self.open.spans != [(0, _DAY)]:
            raise doubt("not_understood")
        if self.open.state:
            self._close()
        self.open.spans = [(0, _DAY)]

    def on_closed(self, token: Token) -> None:
        """Read 闭馆 of the days before it; behind hours (12:00-13:30休息) of those hours."""
        if self.before == "span" and token.value is None:
            rest = self.open.spans.pop()
            if not self.open.spans and self.found and not self.open.selects:
                self.found[-1].spans = _without(self.found[-1].spans, rest)
                return
            self.open.spans = _without(self.open.spans, rest)
            return
        if self.open.says:
            self._close()
        if token.value is not None:  # 双休, or 周末双休
            if (self.open.days or token.value) != token.value or self.open.rest:
                raise doubt("not_understood")
            self.open.days = token.value
        self.open.state = "closed"

    def on_half_closed(self, token: Token) -> None:
        rule = self.open
        if rule.says or not rule.days or not _only_days(rule):
            raise doubt("not_understood")
        rule.state, rule.half = "closed", token.value
        self._close()

    def on_spring(self, _: Token) -> None:
        if self.open.says:
            self._close()
        if self.open.selects or self.open.rest:
            raise doubt("not_understood")
        self.found.append(Rule(holiday=True, spring=True, state="closed"))

    def on_open(self, token: Token) -> None:
        """Read 节假日照常开放 as hours; 开放 adds nothing to hours."""
        rule = self.open
        if rule.state == "closed":
            raise doubt("not_understood")
        if rule.says or not rule.selects:
            return
        if not token.value:
            self.loose = not (rule.days and len(rule.days) > len(_WEEKEND) + 2)
        elif not _only_days(rule):
            raise doubt("not_understood")
        else:
            rule.state = "as_usual"

    # Exceptions and conditions

    def on_excepted(self, token: Token) -> None:
        """Read 周一及节假日除外 as closed on those days; said of a closure it is open on them."""
        rule = self.open if self.open.says or self.open.selects else None
        if rule is None:
            rule = self.found[-1] if self.found else self.open
        days, holidays = token.value.days, token.value.holidays
        if days and (rule.state or days & rule.weekdays):  # 周一至周五（周末除外）adds nothing
            if rule.state or not days < rule.weekdays:
                raise doubt("not_understood")
            if rule.months or rule.season or rule.rest:
                raise doubt("not_understood")
            self.excepted.append(Rule(days=days, state="closed"))
        rule.not_on_holidays |= holidays

    def on_but(self, _: Token) -> None:
        raise doubt("not_understood")  # 除 without 外: what is gathered has none

    def on_bracket(self, token: Token) -> None:
        """End what is complete at a bracket, so that (周一至周五) behind hours is theirs.

        周二至周日（周一闭馆）9:00-17:00: what is in the bracket is a statement of its own.
        """
        if token.kind == "(" and self.open.selects and not self.open.says and self._states():
            self.outer, self.open = self.open, Rule()
        elif token.kind == ")" and self.outer is not None:
            self._close()
            self.open, self.outer = self.outer, None
        elif self.open.says:
            self._close()
        elif token.kind == ")" and self.open.selects and self.found:
            before = self.found[-1]
            if before.spans and not before.selects and not before.rest:
                self._close()

    def _states(self) -> bool:
        """Return whether the bracket that opens here says what happens, and names no hours."""
        kinds = [t.kind for t in self.tokens[self.at + 1 :]]
        inside = set(kinds[: kinds.index(")")]) if ")" in kinds else set()
        return bool(inside & _STATING) and not inside & {"span", "all_day", "("}

    def on_separator(self, _: Token) -> None:
        """Let a separator stand: hours may follow their days, or more hours the hours."""

    def on_booking(self, _: Token) -> None:
        """Read 周末需预约 of those days; said of no days it is of all."""
        rule = self.open
        if rule.says or not (rule.selects or rule.rest):
            self.booking = True
            return
        if not _only_days(rule):
            raise doubt("not_understood")
        rule.state = "booking"

    def on_access(self, token: Token) -> None:
        """Keep 需刷卡, which does not close the door to those it is for."""
        if not self.open.says and (self.open.selects or self.open.rest):
            raise doubt("not_understood")
        self.access.append(token.value)

    def on_last(self, token: Token) -> None:
        """Take the last entry for that of the hours before it."""
        rule = self.open if self.open.says else self.found[-1] if self.found else None
        self.entries.append(token)
        if rule is not None:
            self._enter(rule, token)
        elif len(self.entries) > 1:
            raise doubt("not_understood")

    @staticmethod
    def _enter(rule: Rule, token: Token) -> None:
        if rule.spans:
            (rule.last if token.kind == "last" else rule.last_before).append(token.value)


_ON = {
    **dict.fromkeys(("days", "workday", "holiday", "every_day"), Reader.on_days),
    **dict.fromkeys(("months", "season"), Reader.on_months),
    **dict.fromkeys(("(", ")"), Reader.on_bracket),
    **dict.fromkeys(("sep", "and"), Reader.on_separator),
    **dict.fromkeys(("last", "last_before"), Reader.on_last),
    "rest": Reader.on_rest,
    "span": Reader.on_span,
    "all_day": Reader.on_all_day,
    "closed": Reader.on_closed,
    "half_closed": Reader.on_half_closed,
    "spring": Reader.on_spring,
    "open": Reader.on_open,
    "but": Reader.on_but,
    "excepted": Reader.on_excepted,
    "booking": Reader.on_booking,
    "access": Reader.on_access,
}


def _only_days(rule: Rule) -> bool:
    return not (rule.months or rule.season or rule.workday or rule.rest)


def _without(spans: list[Span], rest: Span) -> list[Span]:
    """Return the hours less a break that lies wholly within one of them."""
    for at, (start, end) in enumerate(spans):
        if start < rest[0] and rest[1] < end:
            return [*spans[:at], (start, rest[0]), (rest[1], end), *spans[at + 1 :]]
    raise doubt("not_understood")
