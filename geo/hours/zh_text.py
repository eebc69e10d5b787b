"""Chinese free text of opening hours to the OSM grammar, whole or not at all.

A text that is not understood to its last character stays `unknown` with the text kept: half a
reading would be shown as a fact. What is understood but leaves a question open (in which months it
is summer, who is let in without booking) becomes a three-state value of the grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from geo.hours.grammar import parse
from geo.hours.model import DaySelector
from geo.hours.zh_clock import NotUnderstoodError, doubt
from geo.hours.zh_rules import Rule, Span, render, settle
from geo.hours.zh_tokens import Token, cut

__all__ = ["HoursText", "from_text"]

_LONGEST = 500
_ALL = frozenset(range(7))
_DAY = 1440


@dataclass(frozen=True)
class HoursText:
    """What a text of opening hours says.

    Attributes
    ----------
    status
        ``parsed``: understood to the last character; ``unknown``: not, or it says nothing.
    osm
        The same in the OSM grammar (`geo.hours.parse` reads it); None where unknown.
    original
        The text as it was given.
    note
        Code of a sentence ``hours.note_<code>``: why it is unknown, or what was assumed.
    last_entry
        The last time at which visitors are let in, ``HH:MM``; None where the text names none.
        It is no part of `osm`: the place stays open after it. The earliest where several differ.
    """

    status: Literal["parsed", "unknown"]
    osm: str | None
    original: str
    note: str | None = None
    last_entry: str | None = None


def from_text(text: str | None) -> HoursText:
    """Read a Chinese text of opening hours; never raises, whatever the text.

    ``"周一至周五 9:30-17:00"`` gives ``Mo-Fr 09:30-17:00``; ``"工作日 9:00-17:30"`` gives
    ``Mo-Fr 09:00-17:30 open "工作日"; PH off``; of 夏季 and 冬季 without months the hours common to
    both are open and the others unknown. A text in the OSM grammar is taken as it is.
    """
    original = "" if text is None else str(text)
    if not original.strip(" \t\r\n-—/\\无"):
        return HoursText("unknown", None, original, "blank")
    if len(original) > _LONGEST:
        return HoursText("unknown", None, original, "not_understood")
    try:
        reader = _Reader(_holidays_excepted(cut(original)))
        rules, note = settle(reader.rules(), booking=reader.booking)
        return HoursText("parsed", render(rules), original, note, reader.last(rules))
    except NotUnderstoodError as why:
        if _is_osm(original):
            return HoursText("parsed", re.sub(r"(?<!\d)(?=\d:)", "0", original.strip()), original)
        return HoursText("unknown", None, original, str(why))


def _is_osm(text: str) -> bool:
    """Return whether `text` is in the OSM grammar already: its words, and no Chinese.

    Bare times are not: what 8:30-5:30 means in a list is not what it means there.
    """
    if re.search(r"[㐀-鿿]", re.sub(r'"[^"]*"', "", text)) or not re.search(r"[A-Za-z]{2}", text):
        return False
    hours = parse(text.strip())
    return hours.problem is None and any(r.spans or r.days != DaySelector() for r in hours.rules)


def _holidays_excepted(tokens: list[Token]) -> list[Token]:
    """Make one token of 节假日除外, (节假日除外) and 除节假日外, whatever they belong to."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        kinds = [t.kind for t in tokens[at : at + 5]]
        for form in _EXCEPTED:
            if kinds[: len(form)] == list(form):
                made.append(Token("not_on_holidays"))
                at += len(form)
                break
        else:
            made.append(tokens[at])
            at += 1
    return made


_EXCEPTED = (
    ("(", "but", "holiday", "but_end", ")"),
    ("(", "holiday", "except", ")"),
    ("but", "holiday", "but_end"),
    ("holiday", "except"),
)


class _Reader:
    """The tokens of one text, read from left to right into rules."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.booking = False
        self.last_entries: list[int] = []
        self.last_before: list[int] = []
        self.found: list[Rule] = []
        self.open = Rule()
        self.before = ""  # the kind of the token before
        self.postfix = False

    def rules(self) -> list[Rule]:
        """Return the rules in the order of the text; days stand before their hours or behind."""
        for token in self.tokens:
            _ON[token.kind](self, token)
            self.before = token.kind
        self._close()
        if self.postfix and any(r.spans and not r.selects for r in self.found):
            raise doubt("not_understood")
        return self.found

    def last(self, rules: list[Rule]) -> str | None:
        """Return the last entry, from times named or from minutes before closing."""
        ends = [r.spans[-1][1] for r in rules if r.spans]
        minutes = [*self.last_entries, *(e - b for b in self.last_before for e in ends)]
        if not minutes:
            return None
        first = min(minutes) % _DAY
        return f"{first // 60:02d}:{first % 60:02d}"

    def _close(self) -> None:
        """End the rule being read; days without hours belong to the hours before them."""
        rule, self.open = self.open, Rule()
        if rule.says:
            self.found.append(rule)
        elif rule.selects or rule.rest or rule.not_on_holidays:
            before = self.found[-1] if self.found else None
            if before is None or not before.spans or before.selects or before.rest or rule.rest:
                raise doubt("not_understood")
            self.postfix = True
            self.found[-1] = replace(rule, spans=before.spans)

    def on_days(self, token: Token) -> None:
        if self.open.says:
            self._close()
        rule = self.open
        if rule.rest and token.kind != "every_day":
            raise doubt("not_understood")
        if token.kind == "workday":
            rule.workday = True
        elif token.kind == "holiday":
            rule.holiday, rule.statutory = True, token.value
        elif token.kind == "every_day":
            if rule.days is None and not (rule.workday or rule.holiday):
                rule.days = _ALL
        else:
            rule.days = (rule.days or frozenset()) | token.value

    def on_months(self, token: Token) -> None:
        if self.open.says:
            self._close()
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

    def on_span(self, token: Token) -> None:
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

    def on_closed(self, _: Token) -> None:
        """Read 闭馆 of the days before it; behind hours (12:00-13:30休息) of those hours."""
        if self.before == "span":
            rest = self.open.spans.pop()
            if not self.open.spans and self.found and not self.open.selects:
                self.found[-1].spans = _without(self.found[-1].spans, rest)
                return
            self.open.spans = _without(self.open.spans, rest)
            return
        if self.open.says:
            self._close()
        self.open.state = "closed"

    def on_open(self, token: Token) -> None:
        """Read 节假日照常开放 as hours; 开放 adds nothing to hours."""
        if token.value and self.open.holiday and not self.open.says:
            self.open.state = "as_usual"
        elif self.open.state == "closed":
            raise doubt("not_understood")

    def on_except(self, _: Token) -> None:
        """Read 周一除外 as closed on those days."""
        rule = self.open
        if rule.says or rule.months or rule.season or rule.workday or rule.rest or not rule.days:
            raise doubt("not_understood")
        rule.state = "closed"
        self._close()

    def on_but(self, _: Token) -> None:
        if self.open.says:
            self._close()
        if self.open.selects:
            raise doubt("not_understood")

    def on_not_on_holidays(self, _: Token) -> None:
        rule = self.open if self.open.says or self.open.selects else None
        if rule is None:
            rule = self.found[-1] if self.found else self.open
        rule.not_on_holidays = True

    def on_bracket(self, token: Token) -> None:
        """End what is complete at a bracket, so that (周一至周五) behind hours is theirs."""
        if self.open.says:
            self._close()
        elif token.kind == ")" and self.open.selects and self.found:
            before = self.found[-1]
            if before.spans and not before.selects and not before.rest:
                self._close()

    def on_separator(self, _: Token) -> None:
        """Let a separator stand: hours may follow their days, or more hours the hours."""

    def on_booking(self, _: Token) -> None:
        self.booking = True

    def on_last(self, token: Token) -> None:
        (self.last_entries if token.kind == "last" else self.last_before).append(token.value)


_ON = {
    **dict.fromkeys(("days", "workday", "holiday", "every_day"), _Reader.on_days),
    **dict.fromkeys(("months", "season"), _Reader.on_months),
    **dict.fromkeys(("(", ")"), _Reader.on_bracket),
    **dict.fromkeys(("sep", "and"), _Reader.on_separator),
    **dict.fromkeys(("last", "last_before"), _Reader.on_last),
    **dict.fromkeys(("except", "but_end"), _Reader.on_except),
    "rest": _Reader.on_rest,
    "span": _Reader.on_span,
    "all_day": _Reader.on_all_day,
    "closed": _Reader.on_closed,
    "open": _Reader.on_open,
    "but": _Reader.on_but,
    "not_on_holidays": _Reader.on_not_on_holidays,
    "booking": _Reader.on_booking,
}


def _without(spans: list[Span], rest: Span) -> list[Span]:
    """Return the hours less a break that lies wholly within one of them."""
    for at, (start, end) in enumerate(spans):
        if start < rest[0] and rest[1] < end:
            return [*spans[:at], (start, rest[0]), (rest[1], end), *spans[at + 1 :]]
    raise doubt("not_understood")
