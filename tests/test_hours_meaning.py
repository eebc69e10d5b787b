"""Opening hours told in Chinese from a known meaning, read back, and compared minute by minute.

The texts are made of a timetable (which hours on which kind of day), so that what holds when is
known without reading them. A text may be refused; read wrongly it may not be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from geo.hours import STATES, chinese_holidays, day_minutes, from_text, parse

Span = tuple[int, int]
Days = frozenset[int]

BOOK = chinese_holidays()
CODES = {name: code for code, name in enumerate(STATES)}
DAY = 1440
# Ordinary weeks in two seasons, the first week of October, the Spring Festival, worked weekends.
FIRST = [
    date(2026, 3, 16),
    date(2026, 7, 13),
    date(2026, 9, 28),
    date(2026, 2, 9),
    date(2026, 10, 9),
]
NAMES = "一二三四五六日"


@dataclass
class Table:
    """Hours of each day of the week, and of holidays where they differ; None is not certain."""

    week: list[list[Span]]
    holiday: list[Span] | None = None
    booked: Days = frozenset()
    by_workday: bool = False
    summer: list[Span] | None = field(default=None)  # May to September instead, on open days

    def on(self, day: date) -> list[Span]:
        kind = BOOK.kind(day)
        if self.holiday is not None and kind == "holiday":
            return self.holiday
        weekday = 0 if self.by_workday and kind == "makeup_workday" else day.weekday()
        hours = self.week[weekday]
        return self.summer if self.summer and hours and 5 <= day.month <= 9 else hours

    def minutes(self, day: date) -> np.ndarray:
        found = np.zeros(DAY, np.uint8)
        for origin, shift in ((day - timedelta(1), DAY), (day, 0)):
            code = CODES["unknown" if origin.weekday() in self.booked else "open"]
            for start, end in self.on(origin):
                found[max(start - shift, 0) : max(min(end - shift, DAY), 0)] = code
        return found


@st.composite
def spans(draw: st.DrawFn, night: bool = True) -> list[Span]:
    """A morning and an afternoon, a day, or a night."""
    kind = draw(st.sampled_from(["day", "halves", "night" if night else "day"]))
    half = draw(st.sampled_from([0, 30]))
    if kind == "halves":
        noon, after = draw(st.integers(11, 12)), draw(st.integers(13, 14))
        return [
            (draw(st.integers(7, 9)) * 60 + half, noon * 60),
            (after * 60 + half, 17 * 60 + half),
        ]
    if kind == "night":
        return [(draw(st.integers(17, 21)) * 60 + half, DAY + draw(st.integers(1, 6)) * 60)]
    return [(draw(st.integers(6, 10)) * 60 + half, draw(st.integers(16, 23)) * 60 + half)]


def clock(draw: st.DrawFn, minute: int) -> str:
    """One time of day, written in one of the ways of lists."""
    hour, rest = divmod(minute % DAY, 60)
    following = "次日" if minute >= DAY else ""
    style = draw(st.sampled_from(["24", "24", "24", "点", "twelve"]))
    if style == "24":
        return f"{following}{hour:02d}:{rest:02d}" if hour > 9 else f"{following}{hour}:{rest:02d}"
    if style == "点":
        return f"{following}{hour}点" + ("半" if rest else "")
    if hour < 6:
        return f"{following}凌晨{hour}:{rest:02d}"
    if hour < 12:
        return f"{following}上午{hour}:{rest:02d}"
    if hour == 12:
        return f"{following}中午12:{rest:02d}"
    half = "下午" if hour < 18 else "晚上"
    return f"{following}{half}{hour - 12}:{rest:02d}"


def told(draw: st.DrawFn, hours: list[Span]) -> str:
    dash = draw(st.sampled_from(["-", "—", "~", "至", "－"]))
    return draw(st.sampled_from(["，", " ", "、"])).join(
        f"{clock(draw, start)}{dash}{clock(draw, end)}" for start, end in hours
    )


def named(draw: st.DrawFn, days: Days) -> str:
    """Days of the week as a range, a list, or 周末."""
    week = draw(st.sampled_from(["周", "星期", "每周"]))
    listed = sorted(days)
    if days == {5, 6} and draw(st.booleans()):
        return draw(st.sampled_from(["周末", "双休日", "周六日", "周六、周日"]))
    if len(listed) > 2 and listed == list(range(listed[0], listed[-1] + 1)):
        return f"{week}{NAMES[listed[0]]}{draw(st.sampled_from('至到-'))}周{NAMES[listed[-1]]}"
    return draw(st.sampled_from(["、", "和", "及"])).join(f"周{NAMES[day]}" for day in listed)


HOLIDAY = st.sampled_from(["节假日", "法定节假日", "国家法定节假日"])
SOME = st.sets(st.integers(0, 6), min_size=1, max_size=4).map(frozenset)
ALL = frozenset(range(7))


def holidays(draw: st.DrawFn, table: Table, usual: list[Span] | None = None) -> str:
    """Say nothing of holidays, or that it is closed then, or open as on other days (`usual`)."""
    say = draw(st.sampled_from(["", "off", "usual" if usual else "except"]))
    name = draw(HOLIDAY)
    if say == "off":
        table.holiday = []
        return draw(st.sampled_from([f"，{name}休息", f"（{name}闭馆）", f"；{name}不开放"]))
    if say == "except":
        table.holiday = []
        return draw(st.sampled_from([f"（{name}除外）", f"，{name}除外", f"（除{name}外）"]))
    if say == "usual":
        table.holiday = usual
        return draw(st.sampled_from([f"，{name}正常开放", f"（{name}照常开放）", f"，{name}不休"]))
    return ""


@st.composite
def of_some_days(draw: st.DrawFn) -> tuple[str, Table]:
    """周一至周五 9:00-17:00, with the days before the hours or behind them."""
    days, hours = draw(SOME | st.just(frozenset(range(5)))), draw(spans())
    table = Table([hours if d in days else [] for d in range(7)])
    text = named(draw, days) + draw(st.sampled_from([" ", "：", ""])) + told(draw, hours)
    if draw(st.booleans()):
        text = f"{told(draw, hours)}（{named(draw, days)}）"
    return text + holidays(draw, table, draw(st.sampled_from([hours, None]))), table


@st.composite
def closed_on(draw: st.DrawFn) -> tuple[str, Table]:
    """Hours, and the days on which it is closed; said as a closure or as an exception."""
    closed, hours = draw(st.sets(st.integers(0, 6), min_size=1, max_size=3)), draw(spans())
    table = Table([[] if d in closed else hours for d in range(7)])
    times, days = told(draw, hours), named(draw, frozenset(closed))
    name = draw(HOLIDAY)
    every = draw(st.sampled_from(["", "每天", "周一至周日"]))
    plain = [
        f"{every}{times}，{days}闭馆",
        f"{days}休息，其余{times}",
        f"{every}{times}（{days}除外）",
        f"除{days}外，每天{times}",
        f"{every}{times}，{days}休",
        f"{every}（{days}除外）{times}",
        f"{days}除外，{times}",
    ]
    off = [
        f"{every}{times}（{days}、{name}除外）",
        f"{every}{times}，{days}及{name}除外",
        f"{every}{times}（{name}和{days}除外）",
        f"除{days}及{name}外，{every}{times}",
        f"{every}{times}，{days}及{name}休息",
        f"{every}{times}，{days}、{name}闭馆",
    ]
    if draw(st.booleans()):
        table.holiday = []
        return draw(st.sampled_from(off)), table
    text = draw(st.sampled_from(plain))
    if "除" not in text:
        text += holidays(draw, table, usual=hours)
    return text, table


@st.composite
def two_kinds(draw: st.DrawFn) -> tuple[str, Table]:
    """Some days with these hours, others with those, or all but some."""
    days = draw(SOME)
    one, other = draw(spans()), draw(spans())
    if draw(st.booleans()):
        rest = "其余时间" if draw(st.booleans()) else named(draw, ALL - days)
        table = Table([one if d in days else other for d in range(7)])
        mark = draw(st.sampled_from(["；", "，", "\n", " "]))
        text = f"{named(draw, days)}{told(draw, one)}{mark}{rest}{told(draw, other)}"
        return text + holidays(draw, table), table
    table = Table([one if d in days else other for d in range(7)])
    return f"每天{told(draw, other)}，{named(draw, days)}{told(draw, one)}", table


@st.composite
def workdays(draw: st.DrawFn) -> tuple[str, Table]:
    hours, other = draw(spans()), draw(spans())
    table = Table([hours] * 5 + [[], []], holiday=[], by_workday=True)
    say = draw(st.sampled_from(["", "rest", "weekend"]))
    text = f"工作日{draw(st.sampled_from(['', '：', ' ']))}{told(draw, hours)}"
    if say == "rest":
        text += draw(
            st.sampled_from(["，周末休息", "（周末双休）", "，周末及节假日休息", "，双休"])
        )
    elif say == "weekend":
        table.week[5:] = [other, other]
        text += f"，周末{told(draw, other)}，节假日休息"
    return text, table


@st.composite
def booked(draw: st.DrawFn) -> tuple[str, Table]:
    days, hours = draw(SOME), draw(spans())
    table = Table([hours] * 7, booked=days)
    text = told(draw, hours)
    say = draw(
        st.sampled_from([f"（{named(draw, days)}需预约）", f"，{named(draw, days)}需提前预约"])
    )
    return text + say, table


@st.composite
def seasons(draw: st.DrawFn) -> tuple[str, Table]:
    warm, cold = draw(spans(night=False)), draw(spans(night=False))
    table = Table([cold] * 7, summer=warm)
    text = draw(
        st.sampled_from(
            [
                f"5月-9月{told(draw, warm)}；10月-次年4月{told(draw, cold)}",
                f"夏季（5-9月）{told(draw, warm)}，冬季（10-4月）{told(draw, cold)}",
                f"{told(draw, warm)}（5-9月），{told(draw, cold)}（10-4月）",
                f"5月1日至9月30日{told(draw, warm)}，其余时间{told(draw, cold)}",
                f"夏季（5-9月）{told(draw, warm)}，冬季{told(draw, cold)}",
            ]
        )
    )
    return text, table


ANY = of_some_days() | closed_on() | two_kinds() | workdays() | booked() | seasons()


def differing(text: str, table: Table, days: list[date]) -> list[str]:
    osm = from_text(text).osm
    assert osm is not None
    hours = parse(osm)
    assert hours.problem is None
    wrong = []
    for day in days:
        found, meant = day_minutes(hours, day, BOOK), table.minutes(day)
        at = np.flatnonzero(found != meant)
        if len(at):
            minute = int(at[0])
            wrong.append(f"{text} → {osm}: {day:%a %d %b} {minute // 60}:{minute % 60:02d} "
                         f"{STATES[found[minute]]}, meant {STATES[meant[minute]]}")  # fmt: skip
    return wrong


@settings(max_examples=500, deadline=None)
@given(ANY, st.sampled_from(FIRST))
def test_what_is_read_is_what_was_meant(made: tuple[str, Table], first: date) -> None:
    text, table = made
    read = from_text(text).osm is not None
    event("read" if read else "refused")
    assume(read)
    assert differing(text, table, [first + timedelta(d) for d in range(10)]) == []
