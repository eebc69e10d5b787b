"""The OSM grammar: answers of the reference implementation, a peer, holidays, three states."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import opening_hours
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hours_text import LETTERS, READ

from geo import words
from geo.hours import (
    NO_HOLIDAYS,
    STATES,
    HolidayBook,
    chinese_holidays,
    day_minutes,
    describe,
    from_text,
    intervals,
    next_change,
    open_throughout,
    parse,
    state,
    week,
)

ROOT = Path(__file__).parents[1]
REFERENCE = json.loads(Path(__file__).with_name("hours_reference.json").read_text("utf-8"))
CODES = {name: code for code, name in enumerate(STATES)}
MONDAY = date(2026, 11, 23)
WORKDAYS = 'Mo-Fr 09:00-17:30 open "工作日"; PH off'


def minutes_of(text: str, first: date, days: int, book: HolidayBook = NO_HOLIDAYS) -> np.ndarray:
    hours = parse(text)
    return np.concatenate([day_minutes(hours, first + timedelta(d), book) for d in range(days)])


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case[0])
def test_as_the_reference_implementation(case: list) -> None:
    text, first, spans = case
    expected = np.zeros(REFERENCE["days"] * 1440, np.uint8)
    for start, end, name in spans:
        expected[start:end] = CODES[name]
    assert parse(text).problem is None
    found = minutes_of(text, date.fromisoformat(first), REFERENCE["days"])
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("case", REFERENCE["holiday_cases"], ids=lambda case: case[0])
def test_holidays_and_nights_as_the_reference_implementation(case: list) -> None:
    text, first, spans = case
    book = HolidayBook(
        frozenset(map(date.fromisoformat, REFERENCE["holidays"])), school=frozenset()
    )
    expected = np.zeros(REFERENCE["days"] * 1440, np.uint8)
    for start, end, name in spans:
        expected[start:end] = CODES[name]
    assert parse(text).problem is None
    found = minutes_of(text, date.fromisoformat(first), REFERENCE["days"], book)
    assert np.array_equal(found, expected)


# Worked out by hand from the explanations of the specification's wiki page.
@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("24/7", "2026-11-23 03:00", "open"),
        ("Mo-Fr 08:00-12:00,13:00-17:30", "2026-11-23 12:00", "closed"),
        ("Mo-Fr 08:00-12:00,13:00-17:30", "2026-11-23 13:00", "open"),
        ("Mo-Sa 10:00-20:00; Tu off", "2026-11-24 11:00", "closed"),
        ("Mo-Sa 10:00-20:00; Tu 10:00-14:00", "2026-11-24 15:00", "closed"),
        ("Mo-Fr 08:00-12:00, We 14:00-18:00", "2026-11-25 09:00", "open"),
        ("Mo-Fr 08:00-12:00; We 14:00-18:00", "2026-11-25 09:00", "closed"),
        ("We 22:00-03:00", "2026-11-26 02:59", "open"),
        ("We 22:00-03:00", "2026-11-25 02:00", "closed"),
        ("Su 10:00+", "2026-11-29 12:00", "unknown"),
        ("week 01-53/2 Fr 09:00-12:00", "2026-11-27 10:00", "closed"),  # ISO week 48
        ("week 02-52/2 We 09:00-12:00", "2026-11-25 10:00", "open"),
        ("Th[1,-1] 10:00-12:00", "2026-11-26 10:00", "open"),
        ("Th[1,-1] 10:00-12:00", "2026-11-19 10:00", "closed"),
        ("Oct-Apr 08:00-18:00", "2027-01-05 09:00", "open"),
        ("2026 Dec 24-2027 Jan 06 off, 24/7", "2026-12-30 09:00", "open"),
        ("24/7; 2026 Dec 24-2027 Jan 06 off", "2026-12-30 09:00", "closed"),
        ("24/7; 2026 Dec 24-2027 Jan 06 off", "2027-12-30 09:00", "open"),
        ('Mo-Fr 08:00-12:00 || "on call"', "2026-11-28 09:00", "unknown"),
        ('Mo-Fr 08:00-12:00 open "ring the bell"', "2026-11-23 09:00", "open"),
        ('"on appointment"', "2026-11-23 09:00", "unknown"),
        ("Dec 25: 09:00-12:00", "2026-12-25 10:00", "open"),
        ("Mo–Fr 9:00–17:00", "2026-11-23 09:00", "open"),
    ],
)
def test_the_specification_by_hand(text: str, at: str, expected: str) -> None:
    assert state(parse(text), datetime.fromisoformat(at), NO_HOLIDAYS) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("nonsense", "syntax"),
        ("Mo-Fr 08:00 to 9", "point_in_time"),
        ("Mo-We, Aug 10:00-12:00", "syntax"),
        ("10:00-12:00 ||", "syntax"),
        ("Mo 25:00-26:00", "range"),
        ("Mo 10:61-12:00", "range"),
        ("Feb 30 10:00-12:00", "range"),
        ("Mo[6] 10:00-12:00", "range"),
        ("week 54 10:00-12:00", "range"),
        ("sunrise-sunset", "variable_time"),
        ("08:00-sunset", "variable_time"),
        ("Mo (sunrise+01:00)-18:00", "variable_time"),
        ("easter off", "easter"),
        ("PH +1 day off", "offset"),
        ("Dec 24 -2 days off", "offset"),
        ("Su[1] +1 day off", "offset"),
        ("Oct Su[-1]-Mar Su[-1] off", "syntax"),
        ("PH Mo,SH off", "syntax"),
        ("PH[1] off", "syntax"),
        ("Dec 26-24 off", "range"),
        ("2028-2026 off", "range"),
        ("Dec 24-2027 Jan 06 off", "syntax"),
        ("08:00-10:00,sunset-22:00", "variable_time"),
        ("08:00-49:00", "range"),
        ("Mo 10:00-12:00 #", "syntax"),
        ("Mo;;Tu", "syntax"),
        ("10:00-16:00/01:30", "interval"),
        ("Mo 10:00", "point_in_time"),
        ("Mo 10:00-12:00; " * 200, "too_long"),
    ],
)
def test_what_cannot_be_read_is_unknown_with_its_reason(text: str, problem: str) -> None:
    hours = parse(text)
    assert (hours.problem, hours.rules) == (problem, ())
    assert state(hours, datetime(2026, 11, 23, 10), NO_HOLIDAYS) == "unknown"
    assert intervals(hours, MONDAY, NO_HOLIDAYS) == [(0, 1440, "unknown")]
    assert next_change(hours, datetime(2026, 11, 23, 10), NO_HOLIDAYS) is None
    assert describe(hours, "en") == words.say(f"hours.problem_{problem}", "en")


WEEKDAYS = st.sampled_from(["Mo", "Tu,Th", "Mo-Fr", "Sa-Mo", "Fr[1]", "We[-1],Su", "Mo-Su"])
WIDE = st.sampled_from(["", "Nov", "Oct-Mar", "Nov 20-Dec 05", "week 40-50", "2026", "Dec 24-26"])


@st.composite
def times(draw: st.DrawFn) -> str:
    """One or two stretches of a day, in order."""
    edges = sorted(draw(st.sets(st.integers(1, 95), min_size=4, max_size=4)))
    clock = [f"{e // 4:02d}:{e % 4 * 15:02d}" for e in edges]
    one, other = f"{clock[0]}-{clock[1]}", f"{clock[2]}-{clock[3]}"
    return draw(st.sampled_from([one, f"{one},{other}"]))


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Expressions in which the peer follows the specification.

    Not so: comments alone, fallbacks, open ends, and hours left over from the day before under
    rules of a new day; the reference above has those.
    """
    if draw(st.booleans()):
        late, early = draw(st.integers(12, 23)), draw(st.integers(0, 11))
        return f"{draw(WIDE)} {draw(WEEKDAYS)} {late:02d}:30-{early:02d}:15".strip()
    text = ""
    for _ in range(draw(st.integers(1, 4))):
        rule = f"{draw(WIDE)} {draw(WEEKDAYS)} {draw(times())}".strip()
        modifier = draw(st.sampled_from(["", "", " off", " unknown", " open"]))
        link = draw(st.sampled_from(["; ", ", "])) if text else ""
        text += f"{link}{rule}{modifier}"
    return text


@settings(max_examples=300, deadline=None)
@given(expressions(), st.dates(date(2026, 1, 1), date(2027, 12, 20)))
def test_as_another_implementation(text: str, first: date) -> None:
    days = 3
    start = datetime(first.year, first.month, first.day)
    expected = np.zeros(days * 1440, np.uint8)
    stretches = opening_hours.OpeningHours(text).intervals(start, start + timedelta(days))
    for begin, end, name, _ in stretches:
        low, high = (int((at - start).total_seconds() // 60) for at in (begin, end))
        expected[low:high] = CODES[str(name)]
    assert np.array_equal(minutes_of(text, first, days), expected), text


@given(st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["Mo", "Fr", "-", ",", ";", " ", "||", "10:00", "26:00", "PH", "SH", "off", "week", "Dec",
         "24", "2026", "[", "]", "1", "/", "+", ":", '"x"', "24/7", "unknown", "sunset"]
    ),
    max_size=12,
).map("".join))  # fmt: skip
def test_no_expression_whatever_raises(text: str) -> None:
    hours = parse(text)
    assert (hours.problem is None) == bool(hours.rules)
    for lang in words.LANGUAGES:
        assert describe(hours, lang)
    day_minutes(hours, date(2026, 2, 28), NO_HOLIDAYS)


@pytest.mark.parametrize("text", sorted(READ))
def test_what_is_read_off_a_chinese_text_reads_back(text: str) -> None:
    assert parse(READ[text]).problem is None


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(
    ["周一至周五", "周末", "周六日", "工作日", "法定节假日", "每天", "其余", "夏季", "冬季",
     "5月-9月", "9:00-17:00", "8:30-11:00", "13:30-17:00", "18:00-次日2:00", "全天", "休息",
     "闭馆", "除外", "，", "；", "（", "）", " ", "开放", "需预约", "16:30停止入场", "、",
     "除", "外", "下午休息", "照常开放", "双休", "春节闭馆", "需刷卡", "其余时间", "10-4月",
     "周一", "不休"]
), max_size=10).map("".join) | st.text(alphabet=LETTERS, max_size=20))  # fmt: skip
def test_every_reading_is_in_the_grammar(text: str) -> None:
    read = from_text(text)
    if read.osm is not None:
        hours = parse(read.osm)
        assert hours.problem is None
        assert describe(hours, "zh")
        for day in (date(2026, 2, 17), date(2026, 10, 1), date(2026, 10, 10), date(2027, 1, 1)):
            assert day_minutes(hours, day, chinese_holidays()).max() < len(STATES)


# Holidays: the announcement for 2026 gave 1 to 7 October off, and 20 September and 10 October
# (a Sunday and a Saturday) to be worked.


def test_what_the_state_council_announced() -> None:
    book = chinese_holidays()
    kinds = {d: book.kind(date(2026, *d)) for d in [(10, 1), (10, 4), (9, 20), (10, 10), (10, 11)]}
    assert kinds == {
        (10, 1): "holiday",
        (10, 4): "holiday",  # a Sunday among them
        (9, 20): "makeup_workday",
        (10, 10): "makeup_workday",
        (10, 11): "weekend",
    }
    assert book.kind(date(2026, 11, 23)) == "workday"
    assert book.known_until is not None
    assert book.known_until >= date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("24/7; PH off", "2026-10-01 10:00", "closed"),
        ("24/7; PH off", "2026-10-09 10:00", "open"),
        ("Tu-Su 09:00-17:00; Mo off; PH 09:00-17:00", "2026-10-05 10:00", "open"),  # a Monday
        ("Tu-Su 09:00-17:00; Mo off; PH 09:00-17:00", "2026-10-12 10:00", "closed"),
        ("PH Mo-Fr 09:00-17:00", "2026-10-04 10:00", "closed"),  # a holiday, but a Sunday
        ("PH Mo-Fr 09:00-17:00", "2026-10-05 10:00", "open"),
        # A worked Saturday: 工作日 holds, 周一至周五 does not.
        (WORKDAYS, "2026-10-10 10:00", "open"),
        (WORKDAYS, "2026-10-17 10:00", "closed"),
        (WORKDAYS, "2026-10-01 10:00", "closed"),
        ("Mo-Fr 09:00-17:30; PH off", "2026-10-10 10:00", "closed"),
        (f"{WORKDAYS}; Sa-Su 12:00-13:00", "2026-10-10 10:00", "open"),
        (f"{WORKDAYS}; Sa-Su 12:00-13:00", "2026-10-17 12:30", "open"),
        ("SH 09:00-17:00", "2026-11-23 10:00", "unknown"),  # nobody says when schools are closed
    ],
)
def test_holidays_and_worked_weekends(text: str, at: str, expected: str) -> None:
    assert state(parse(text), datetime.fromisoformat(at), chinese_holidays()) == expected


def test_a_year_not_announced_is_unknown_only_where_it_matters() -> None:
    book = HolidayBook(
        holidays=frozenset({date(2026, 10, 1), date(2026, 10, 3)}),
        makeup_workdays=frozenset({date(2026, 10, 10)}),
        known_from=date(2026, 1, 1),
        known_until=date(2026, 12, 31),
        movable=frozenset({(10, 1), (10, 10)}),
    )
    hours = parse(WORKDAYS)
    at = {day: state(hours, datetime(2027, *day, 10), book) for day in [(3, 3), (10, 1), (10, 10)]}
    # 1 October 2027 is a Friday, 10 October a Sunday; a Wednesday in March was never a holiday.
    assert at == {(3, 3): "open", (10, 1): "unknown", (10, 10): "unknown"}
    assert state(parse("09:00-17:00"), datetime(2027, 10, 1, 10), book) == "open"
    assert state(hours, datetime(2027, 10, 1, 20), book) == "closed"


def test_open_throughout_the_largest_band() -> None:
    hours = parse("Mo-Fr 09:00-17:30")
    at = datetime(2026, 11, 23, 17, 15)
    assert open_throughout(hours, at, 15, NO_HOLIDAYS) == "open"  # to the closing minute
    assert open_throughout(hours, at, 15.5, NO_HOLIDAYS) == "closed"
    assert open_throughout(hours, at + timedelta(seconds=1), 15, NO_HOLIDAYS) == "closed"
    assert open_throughout(hours, datetime(2026, 11, 23, 8, 59), 15, NO_HOLIDAYS) == "closed"
    assert open_throughout(parse("Fr 22:00-02:00"), datetime(2026, 11, 27, 23, 50), 15,
                           NO_HOLIDAYS) == "open"  # fmt: skip
    doubtful = parse("10:00-12:00, Mo-Su 12:00-13:00 unknown")
    before_noon = datetime(2026, 11, 23, 11, 50)
    assert open_throughout(doubtful, before_noon, 15, NO_HOLIDAYS) == "unknown"
    with pytest.raises(ValueError, match="minutes"):
        open_throughout(hours, at, -1, NO_HOLIDAYS)


@settings(max_examples=60, deadline=None)
@given(expressions(), st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
       st.integers(0, 400))  # fmt: skip
def test_the_questions_agree(text: str, at: datetime, length: int) -> None:
    hours, at = parse(text), at.replace(second=0, microsecond=0)
    now = state(hours, at, NO_HOLIDAYS)
    seen = {state(hours, at + timedelta(minutes=m), NO_HOLIDAYS) for m in range(max(length, 1))}
    expected = "closed" if "closed" in seen else "open" if seen == {"open"} else "unknown"
    assert open_throughout(hours, at, length, NO_HOLIDAYS) == expected
    change = next_change(hours, at, NO_HOLIDAYS)
    if change is not None:
        when, then = change
        assert then != now
        assert state(hours, when, NO_HOLIDAYS) == then
        assert state(hours, when - timedelta(minutes=1), NO_HOLIDAYS) == now
    monday = at.date() - timedelta(at.weekday())
    table = week(hours, monday, NO_HOLIDAYS)
    assert table.shape == (7, 1440)
    assert STATES[table[at.weekday(), at.hour * 60 + at.minute]] == now
    found = intervals(hours, at.date(), NO_HOLIDAYS)
    inside = [name for a, b, name in found if a <= at.hour * 60 + at.minute < b]
    assert (inside or ["closed"]) == [now]


def test_always_open_never_changes() -> None:
    assert next_change(parse("24/7"), datetime(2026, 11, 23, 9), NO_HOLIDAYS) is None


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("24/7", "24 小时", "around the clock"),
        ("Mo-Fr 09:30-17:00", "周一至周五 09:30–17:00", "Mon–Fri 09:30–17:00"),
        (
            WORKDAYS,
            "工作日 09:00–17:30；法定节假日 关闭",
            "working days 09:00–17:30; public holidays closed",
        ),
        ("17:00-02:00", "17:00–次日02:00", "17:00–02:00 next day"),
        ("Apr-Sep 07:00-19:00", "4月至9月 07:00–19:00", "Apr–Sep 07:00–19:00"),
        ("10:00+", "10:00起（结束时间不详）", "from 10:00 (no end given)"),
        ("Mo unknown", "周一 全天 是否开放未知", "Mon all day perhaps open"),
        (
            "Mo[1],We[-1] 10:00-12:00+",
            "每月第 1 个周一、每月倒数第 1 个周三 10:00–12:00 或更晚",
            "Mon no. 1 of the month, Wed no. 1 from the end of the month 10:00–12:00 or later",
        ),
        (
            "2026-2028 week 1-9/2,20 Mo 10:00-26:00",
            "2026 年至2028 年 第 1至9（每 2 个）、20 周 周一 10:00–次日02:00",
            "2026–2028 week every 2 of 1–9, 20 Mon 10:00–02:00 next day",
        ),
        (
            '2026 Dec 24-2027 Jan 03 off "moving", Sa 10:00-12:00 || PH,SH unknown "call"',
            "2026 年12月24日至2027 年1月3日 关闭（moving）；另 周六 10:00–12:00"
            "；其余时间 法定节假日、学校假期 全天 是否开放未知（call）",
            "24 Dec 2026–3 Jan 2027 closed (moving); also Sat 10:00–12:00"
            "; otherwise public holidays, school holidays all day perhaps open (call)",
        ),
        ("PH Mo-Fr off", "逢周一至周五的法定节假日 关闭", "public holidays on Mon–Fri closed"),
        ("2027+ 12:00-13:00 off", "2027 年起 12:00–13:00 关闭", "from 2027 on 12:00–13:00 closed"),
        (
            'Mo-Fr 09:00-17:00 unknown "需预约"',
            "周一至周五 09:00–17:00 是否开放未知（需预约）",
            "Mon–Fri 09:00–17:00 perhaps open (by appointment)",
        ),
    ],
)
def test_told_in_both_languages(text: str, zh: str, en: str) -> None:
    assert (describe(parse(text), "zh"), describe(parse(text), "en")) == (zh, en)


def test_the_hours_of_the_shipped_sites_are_in_the_grammar() -> None:
    sites = json.loads((ROOT / "data/points/sites.geojson").read_text("utf-8"))["features"]
    found = {feature["properties"].get("hours") for feature in sites} - {None}
    assert [text for text in found if parse(text).problem is not None] == []


def test_the_shipped_hours_are_all_read() -> None:
    stations = json.loads((ROOT / "data/points/stations.geojson").read_text("utf-8"))["features"]
    for feature in stations:
        own = feature["properties"]
        read = from_text(own["hours_text"])
        if own["opening_hours"] is None:
            assert (read.status, read.note) == ("unknown", "blank")
            continue
        hours = parse(own["opening_hours"])
        assert hours.problem is None
        assert read.osm is not None, own["hours_text"]
        mine = week(parse(read.osm), MONDAY, chinese_holidays())
        kept = week(hours, MONDAY, chinese_holidays())
        assert ((mine == kept) | (mine == CODES["unknown"])).all(), own["hours_text"]
