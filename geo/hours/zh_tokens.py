"""Chinese texts of opening hours cut into tokens: clock spans, days, months, closures, last entry.

Nothing is guessed here: a character that belongs to no token ends the reading.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geo.hours.zh_clock import CLOCK, clock_of, doubt, span_of

__all__ = ["Token", "cut"]

_DASH = r"(?:-|~|至|到)"
_DAY_NUMBERS = dict(zip("一二三四五六日天1234567", (*range(7), 6, *range(7)), strict=True))
_WEEK = r"(?:每?(?:周|星期|礼拜))"
_DAY = r"(?:[一二三四五六日天]+|[1-7](?![\d:点时月.]))"
_DAYS = rf"{_WEEK}{_DAY}(?:(?:[、/和及与]|{_DASH}){_WEEK}?{_DAY}|{_WEEK}{_DAY})*"
_HOLIDAY = r"(?:国家|国定)?(?:法定)?(?:节假日|节日|假日|假期|公众假期)"
_MONTH = r"(?:每年)?\d{1,2}月(?:份|底|初)?(?:\d{1,2}[日号])?"
_ALL_DAY = r"全天候?|7[*×x/]24(?:小时)?|24/7|24\s?(?:个?小时|h(?:ours?)?)"
_CLOSED = (
    r"(?:全天)?(?:闭馆|闭园|休馆|休园|闭门|关闭|关门|休息|不开放|不营业|不对外开放|停业|停止开放|打烊"
    r"|休业|歇业|不上班|午休|休(?![息馆园业闲])|闭(?![馆园门]))(?:一天|维护|整修|检修)?"
)
_OPEN = r"(?:照常|正常|均|免费|对外|全部|自助)*(?:开放|营业|开馆|开园|上班|服务|开门|办公)"
_CARD = r"(?:刷卡|刷脸|扫码|刷码|人脸识别|登记|(?:身份|工会会员|工会|会员|职工|门禁)[卡证])"
_CARDED = r"(?:进入|入内|进门|开门|使用|入场)"
_SPRING = (
    r"春节(?:期间|假期)?(?:\((?:农历)?(?:除夕|大年三十|正月?初一|年?初一)(?:-|~|至|到)"
    r"(?:正月|大年|年)?初[一二三四五六七]\)|除夕(?:-|~|至|到)(?:正月|大年|年)?初[一二三四五六七])?"
)
_ENTRY = r"(?:入场|入馆|入园|进馆|进园|进场|检票|售票|领票|取票|换票|发票|参观|进入|接待|办理)"
_SEASONS = {
    **dict.fromkeys(("夏令时间", "夏令时", "夏时制", "夏季", "夏天"), "summer"),
    **dict.fromkeys(("冬令时间", "冬令时", "冬时制", "冬季", "冬天"), "winter"),
    "旺季": "peak",
    "淡季": "low",
}
_NUMERAL = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"
_TIME = rf"{_NUMERAL}(?:点半?|:\d\d)"
_OFF = rf"(?:周末|双休日|{_HOLIDAY})"
_HALVES = r"(上午|下午|中午|晚上|早上|晚间|早晨|夜间|凌晨|次日)"


@dataclass(frozen=True)
class Token:
    """A kind and its value: what a stretch of the text says."""

    kind: str
    value: Any = None


def cut(text: str) -> list[Token]:
    """Return the tokens of `text`; separators are tokens, words that add nothing are left out.

    Raises
    ------
    NotUnderstoodError
        A stretch of the text belongs to no token; its argument is the code of the note.
    """
    line = _plain(text)
    if line.count("(") != line.count(")"):
        raise doubt("not_understood")
    tokens: list[Token] = []
    at = 0
    while at < len(line):
        for pattern, make in _TOKENS:
            match = pattern.match(line, at)
            if match and match.end() > at:
                token = make(match)
                if token is not None:
                    tokens.append(token)
                at = match.end()
                break
        else:
            raise doubt("not_understood")
    return tokens


def _plain(text: str) -> str:
    """Return `text` half width, with one kind of dash and digits for the numerals of a clock."""
    line = unicodedata.normalize("NFKC", text).strip()
    line = re.sub(r"[—–―─‐‑‒−﹣ー]", "-", line)
    line = re.sub(r"[~∼〜]", "~", line).replace("週", "周").replace("﹕", ":")
    line = re.sub(r"[\r\n\t;。|]+", ";", line)
    line = re.sub(r"\s*(--+|-|~|:|,|、|/|至|到|[()\[\]【】])\s*", r"\1", line)
    line = re.sub(r"-{2,}", "-", line)
    line = line.translate(str.maketrans("[]【】", "()()"))
    line = re.sub(rf"{_HALVES}[:\s]+(?=\d)", r"\1", line)
    line = re.sub(rf"(?:闭馆|休馆|闭园|休息)(?:日|时间)[为:]*({_DAYS})", r"\1闭馆", line)
    line = re.sub(rf"(?:含|包括|包含)({_OFF}(?:[和及、]{_OFF})*)", r"\1照常开放", line)
    line = re.sub(
        r"(?:午休|午间休息|中午休息)(?:时间)?[:为]?(\d\d?:\d\d-\d\d?:\d\d)", r"\1午休", line
    )
    line = re.sub(rf"[早朝]({_NUMERAL})晚({_NUMERAL})(?![\d点时:])", r"早\1点-晚\2点", line)
    line = re.sub(rf"早({_TIME})晚({_TIME})", r"早\1-晚\2", line)
    return re.sub(rf"{_NUMERAL}(?=点|时(?!间)|小时)", _digits, line)


def _digits(match: re.Match[str]) -> str:
    word = match.group()
    if word.isascii():
        return word
    ones = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
    if "十" in word:
        tens, _, rest = word.partition("十")
        if (tens and tens not in ones) or (rest and rest not in ones):
            return word
        return str(ones.get(tens, 1) * 10 + ones.get(rest, 0))
    return str(ones[word]) if word in ones else word


def _days(match: re.Match[str]) -> Token:
    """Return the weekdays of 周一至周五, 周一、三、五, 周六日, 周1-5."""
    days: set[int] = set()
    # 周六周日 without a mark between them is a list, too.
    listed = re.sub(rf"(?<=[一二三四五六日天\d])(?={_WEEK})", "、", match.group())
    for part in re.split(r"[、,/和及与]", re.sub(r"每|周|星期|礼拜", "", listed)):
        ends = re.split(_DASH, part)
        if len(ends) == 1:
            days |= {_DAY_NUMBERS[c] for c in part}
        elif len(ends) == 2 and len(ends[0]) == len(ends[1]) == 1:
            first, last = _DAY_NUMBERS[ends[0]], _DAY_NUMBERS[ends[1]]
            days |= {(first + k) % 7 for k in range((last - first) % 7 + 1)}
        else:
            raise doubt("not_understood")
    return Token("days", frozenset(days))


def _months(match: re.Match[str]) -> Token:
    """Return ((month, day or None), (month, day or None)) of 5月-9月, 5月1日至10月31日, 5-9月."""
    ends = re.split(_DASH, re.sub(r"次年|翌年|每年", "", match.group()))
    first, last = _month(ends[0], "初"), _month(ends[-1], "底")
    if first[1] is not None and ends[-1].endswith("底"):
        last = last[0], monthrange(2024, last[0])[1]
    if (first[1] is None) != (last[1] is None):
        raise doubt("not_understood")
    return Token("months", (first, last))


def _month(text: str, edge: str) -> tuple[int, int | None]:
    """Return month and day; 初 and 底 may stand where they change nothing (5月初-9月底)."""
    found = re.fullmatch(r"(\d{1,2})月?(份|底|初)?(?:(\d{1,2})[日号])?", text)
    if found is None or found[2] not in (None, "份", edge) or not 1 <= int(found[1]) <= 12:
        raise doubt("not_understood")
    month, day = int(found[1]), int(found[3]) if found[3] else None
    if day is not None and not 1 <= day <= monthrange(2024, month)[1]:
        raise doubt("not_understood")
    return month, day


def _last(match: re.Match[str]) -> Token:
    text = next(g for g in match.groups() if g)
    return Token("last", clock_of(text))


def _last_before(match: re.Match[str]) -> Token:
    amount = {"半": 0.5, "一": 1, "两": 2}.get(match[1]) or float(match[1])
    return Token("last_before", round(amount * (60 if match[2] == "小时" else 1)))


def _kind(kind: str, value: Any = None) -> Callable[[re.Match[str]], Token]:
    return lambda _: Token(kind, value)


def _nothing(_: re.Match[str]) -> None:
    return None


def _refuse(code: str) -> Callable[[re.Match[str]], Token]:
    def refuse(_: re.Match[str]) -> Token:
        raise doubt(code)

    return refuse


# The first pattern that fits at a place wins: the longer and the more particular go first.
_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], Token | None]], ...] = (
    (r"暂停|暂不|停用|临时|装修|维修|改造|升级|关停|撤销|已拆|试运行|试开放", _refuse("suspended")),
    (r"[^\d,;()]{0,8}(?:为准|公示|公告|另行通知|不定|随.{1,8}|同.{1,8}时间)", _refuse("announced")),
    (rf"({CLOCK})(?:后|起|以后|之后)?(?:停止|谢绝|截止|禁止|不再){_ENTRY}", _last),
    (rf"(?:最晚|最后|末次|停止|截止){_ENTRY}(?:时间)?[为:]*({CLOCK})", _last),
    (
        r"(?:闭馆|闭园|关门|结束|关闭)?(?:前|提前)(\d+|半|一|两)个?(分钟|小时)"
        rf"(?:停止|谢绝|截止){_ENTRY}",
        _last_before,
    ),
    (rf"({CLOCK}){_DASH}({CLOCK})", lambda m: Token("span", span_of(m[1], m[2]))),
    (
        rf"({CLOCK})(?:开馆|开放|开门|开园)[,至到]?({CLOCK})(?:闭馆|闭园|关门|关闭|结束)",
        lambda m: Token("span", span_of(m[1], m[2])),
    ),
    (r"(?:中午|午间|午休|中途)不(?:休息?|关门|闭馆|打烊)", _nothing),
    (r"(?:全年|全周|天天)不休息?", _kind("every_day", True)),
    (r"不(?:休息?|闭馆|打烊|放假)(?!时)", lambda m: Token("open", True)),
    (rf"{_SPRING}(?:{_CLOSED}|放假|除外)", _kind("spring")),
    (r"(?:寒暑假|寒假|暑假)(?:期间)?(?:照常|正常|不休息?)(?:开放|营业|服务)?", _nothing),
    (r"双休(?!日)", _kind("closed", frozenset({5, 6}))),
    (rf"(上午|下午)(?:{_CLOSED})", lambda m: Token("half_closed", m[1])),
    (_CLOSED, _kind("closed")),
    (rf"(?:{_ALL_DAY})(?:[,/]?(?:{_ALL_DAY}))*(?:/天|制)?", _kind("all_day")),
    (_DAYS, _days),
    (r"每?(?:周末|双休日)", _kind("days", frozenset({5, 6}))),
    (r"(?:法定)?工作日", _kind("workday")),
    (_HOLIDAY, lambda m: Token("holiday", "法定" in m.group())),
    (
        r"每[天日]|天天|日常|全年(?:无休)?|无休|全周|一周七天|整年|365天",
        lambda m: Token("every_day", "无休" in m.group()),
    ),
    (rf"(?:{_MONTH}|(?:每年)?\d{{1,2}}){_DASH}(?:次年|翌年)?{_MONTH}|{_MONTH}", _months),
    ("|".join(_SEASONS), lambda m: Token("season", _SEASONS[m.group()])),
    (
        r"(?:其余|其他|其它|余下)(?:各?(?:时间|时段|日期|月份|季节|日子|天))?(?:均为?|都)?",
        _kind("rest"),
    ),
    (r"除外", _kind("except")),
    (r"除了?", _kind("but")),
    (r"(?:以?外)(?=[\s,;)]|\d|$|[全每均开照上下早])", _kind("but_end")),
    (r"延时(?:服务|开放|站)?|不打烊", _nothing),  # the mark of a station that closes late
    (r"(?:无需|免|不需要?)(?:提前)?预约", _nothing),
    (
        rf"(?:需要?|须|请|凭)(?:本人|持)?{_CARD}(?:[或、/及和]{_CARD})*{_CARDED}?"
        rf"|{_CARD}(?:[或、/及和]{_CARD})*{_CARDED}",
        lambda m: Token("access", m.group()),
    ),
    (
        r"(?:需要?|须|请|凭|实行)?(?:提前)?(?:电话)?预约(?:参观|入场|入馆|开放|制)?",
        _kind("booking"),
    ),
    (r"(?:开放|营业|服务|开馆|开园|办公|上班|工作|运营)?(?:时间|时段)(?:为|是)?", _nothing),
    (_OPEN, lambda m: Token("open", "常" in m.group())),
    (r"\(", _kind("(")),
    (r"\)", _kind(")")),
    (r"以及|及|和|与|、|并", _kind("and")),
    (r"[,;/]+", _kind("sep")),
    (r"[\s:.]+|均为?|都|为", _nothing),
)
_TOKENS = tuple((re.compile(pattern, re.IGNORECASE), make) for pattern, make in _PATTERNS)
