"""The comments that an expression carries when it came of a Chinese text, put together and told.

To other readers of the OSM grammar they are comments; ours are told in both languages, and one of
them, `WORKDAY`, is heeded when the expression is evaluated.
"""

from __future__ import annotations

import re

__all__ = [
    "ASSUMED",
    "BOOKING",
    "CLOSURES",
    "HALF",
    "MONTHS",
    "SEASONS",
    "SPRING",
    "WEEKENDS",
    "WORKDAY",
    "joined",
    "last_entry",
    "last_entry_of",
    "parts",
]

# By this our evaluation knows that Mo-Fr was written as 工作日: such a rule holds on the Saturdays
# and Sundays that are worked for a holiday, too.
WORKDAY = "工作日"
SEASONS = "夏冬季月份未说明"
BOOKING = "需预约"
CLOSURES = "开放时间未说明"
WEEKENDS = "节假日是否含周末未说明"
HALF = "半天关闭的起止时间未说明"
MONTHS = "其余月份未说明"
SPRING = "春节期间关闭的日期未说明"
# Their texts are ``hours.assumed_<code>``.
ASSUMED = {
    SEASONS: "seasons",
    BOOKING: "appointment",
    CLOSURES: "closures",
    WEEKENDS: "weekends",
    HALF: "half",
    MONTHS: "months",
    SPRING: "spring",
}
_BETWEEN = "；"
_LAST = re.compile(r"(\d\d:\d\d)停止入场")


def joined(comments: list[str]) -> str:
    """Return one comment of several."""
    return _BETWEEN.join(comments).replace('"', "")


def parts(comment: str) -> list[str]:
    """Return the comments that `joined` put together."""
    return comment.split(_BETWEEN)


def last_entry(clock: str) -> str:
    """Return the comment that nobody is let in from `clock` (``HH:MM``) on."""
    return f"{clock}停止入场"


def last_entry_of(comment: str) -> str | None:
    """Return the time of a comment made by `last_entry`; None for any other comment."""
    found = _LAST.fullmatch(comment)
    return found[1] if found else None
