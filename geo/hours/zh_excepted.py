"""The exceptions of a Chinese text, each made one token: 周一、节假日除外, 除周一及节假日外.

What stands before 除外 may be a list of exceptions, or days that hold and one exception behind
them (周一至周五，节假日除外). Where it could be either the text is refused: taken the wrong way
round, a place would be open on just the days on which it is closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.hours.zh_clock import doubt
from geo.hours.zh_tokens import Token

__all__ = ["Excepted", "gather"]

_NAMED = ("days", "holiday")
_LISTED = (*_NAMED, "and", "sep")
_BEFORE = ("(", "span", "all_day")
_MOST = 5  # so many days of a week are those that hold, fewer the exceptions


@dataclass(frozen=True)
class Excepted:
    """The weekdays excepted, and whether holidays are."""

    days: frozenset[int] = frozenset()
    holidays: bool = False


def gather(tokens: list[Token]) -> list[Token]:
    """Return `tokens` with each exception, and the brackets round it, as one token ``excepted``.

    Raises
    ------
    NotUnderstoodError
        It is open what is excepted.
    """
    made: list[Token] = []
    for token in tokens:
        if token.kind == "except":
            _fold_behind(made)
        elif token.kind == "but_end":
            _fold_between(made)
        elif token.kind == ")" and [t.kind for t in made[-2:]] == ["(", "excepted"]:
            del made[-2]
        else:
            made.append(token)
    return made


def _fold_between(made: list[Token]) -> None:
    """Fold 除周一及节假日外: everything behind 除 is excepted."""
    at = len(made)
    while at and made[at - 1].kind in _LISTED:
        at -= 1
    if not at or made[at - 1].kind != "but":
        raise doubt("not_understood")
    listed = made[at:]
    del made[at - 1 :]
    made.append(_excepted(listed))


def _fold_behind(made: list[Token]) -> None:
    """Fold 周一、节假日除外, leaving days before it that hold: 周一至周五，节假日除外."""
    at = len(made)
    while at and made[at - 1].kind in _LISTED:
        at -= 1
    opener = made[at - 1].kind if at else ""
    if opener == "but":
        _fold_between(made)
        return
    if opener in ("workday", "every_day") and at < len(made) and made[at].kind == "and":
        raise doubt("not_understood")
    listed = made[at:]
    while listed and listed[0].kind in ("and", "sep"):
        listed = listed[1:]
    hold = _holding(listed)
    if not hold and [t.kind for t in listed] == ["days", "holiday"] and opener not in _BEFORE:
        raise doubt("not_understood")  # 周六节假日除外9:00-12:00: on Saturdays, or on all others
    del made[len(made) - len(listed) + hold :]
    made.append(_excepted(listed[hold:]))


def _holding(listed: list[Token]) -> int:
    """Return how many tokens before the exceptions are days that hold, with their comma."""
    kinds = [t.kind for t in listed]
    hold = 0
    if kinds[:1] == ["days"] and len(kinds) > 1 and len(listed[0].value) >= _MOST:
        if kinds[1] == "and":
            raise doubt("not_understood")
        hold = 2 if kinds[1] == "sep" else 1
    if "sep" in kinds[hold:]:
        raise doubt("not_understood")
    return hold


def _excepted(listed: list[Token]) -> Token:
    days: frozenset[int] = frozenset()
    holidays = False
    for token in listed:
        if token.kind == "days":
            days |= token.value
        holidays |= token.kind == "holiday"
    if len(days) >= _MOST or not (days or holidays):
        raise doubt("not_understood")
    return Token("excepted", Excepted(days, holidays))
