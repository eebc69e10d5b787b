"""Chinese texts of opening hours: known answers, and nothing half read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import words
from geo.hours import from_text

LETTERS = "周一二五六日至到上下午早晚休闭馆开放节假工作夏冬季月次除外其余:：-—,，;（）0123456789 "
WORKDAYS = 'Mo-Fr 09:00-17:30 open "工作日"; PH off'
SEASONS = 'Mo-Su 08:00-18:00, Mo-Su 07:00-08:00,18:00-19:00 unknown "夏冬季月份未说明"'

READ = {
    "8:30-11:00 13:30-17:00": "08:30-11:00,13:30-17:00",
    "周一至周五 9:30-17:00": "Mo-Fr 09:30-17:00",
    "周一到周五:9:00—17:00,周六日10:00-16:00": "Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00",
    "全天": "24/7",
    "24小时": "24/7",
    "7×24小时": "24/7",
    "全年无休 24小时": "24/7",
    "周一至周日 全天开放": "24/7",
    "00:00-24:00": "24/7",
    "24小时开放（节假日除外）": "24/7; PH off",
    "夏季 7:00-19:00 / 冬季 8:00-18:00": SEASONS,
    "夏季（5月-9月）7:00-19:00；冬季（10月-次年4月）8:00-18:00": (
        "May-Sep 07:00-19:00; Oct-Apr 08:00-18:00"
    ),
    "夏季（5月-9月）7:00-19:00；冬季8:00-18:00": "08:00-18:00; May-Sep 07:00-19:00",
    "夏季7:00-19:00（5-9月）/冬季8:00-18:00": "08:00-18:00; May-Sep 07:00-19:00",
    "夏季7:00-19:00（5月-9月），冬季8:00-18:00（10月-4月）": (
        "May-Sep 07:00-19:00; Oct-Apr 08:00-18:00"
    ),
    "5-9月 7:00-19:00，其余月份 8:00-18:00": "08:00-18:00; May-Sep 07:00-19:00",
    "4月1日—10月31日 8:00-18:00；11月1日—次年3月31日 8:30-17:30": (
        "Apr 01-Oct 31 08:00-18:00; Nov 01-Mar 31 08:30-17:30"
    ),
    "工作日 9:00-17:30": WORKDAYS,
    "工作日 9:00-17:30，节假日休息": WORKDAYS,
    "工作日 9:00-17:30，节假日 10:00-16:00": (
        'Mo-Fr 09:00-17:30 open "工作日"; Sa-Su 10:00-16:00 unknown "节假日是否含周末未说明"'
        "; PH 10:00-16:00"
    ),
    "工作日9:00-17:30；周末及节假日10:00-16:00": (
        'Mo-Fr 09:00-17:30 open "工作日"; Sa-Su,PH 10:00-16:00'
    ),
    "上午8:30-11:30，下午2:00-5:30": "08:30-11:30,14:00-17:30",
    "星期一至星期五 上午 9:00-12:00 下午 1:30-5:00，周六、周日休息": (
        "Mo-Fr 09:00-12:00,13:30-17:00; Sa-Su off"
    ),
    "早8点至晚6点": "08:00-18:00",
    "早八点到晚六点半": "08:00-18:30",
    "9-17点": "09:00-17:00",
    "9:00AM-5:00PM": "09:00-17:00",
    "晚上6:00-12:00": "18:00-24:00",
    "0830-1730": "08:30-17:30",
    "9.00-17.30": "09:00-17:30",
    "9：00－17：00": "09:00-17:00",
    "06:00~22:00": "06:00-22:00",
    "8:30-次日2:00": "08:30-02:00",
    "17:00-02:00": "17:00-02:00",
    "周五7:00-19:00": "Fr 07:00-19:00",
    "周一、三、五 9:00-17:00": "Mo,We,Fr 09:00-17:00",
    "周1-5 9:00-17:00": "Mo-Fr 09:00-17:00",
    "周六至周一 9:00-17:00": "Mo,Sa-Su 09:00-17:00",
    "9:00-17:00（周一至周五）": "Mo-Fr 09:00-17:00",
    "9:00-17:00(周一至周五),10:00-16:00(周末)": "Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00",
    "每天9:00-17:00，周五9:00-21:00": "09:00-17:00; Fr 09:00-21:00",
    "周一闭馆，其余9:00-17:00": "09:00-17:00; Mo off",
    "闭馆日：每周一；开放时间：9:00-17:00": "09:00-17:00; Mo off",
    "除周一外，每天9:00-17:00": "09:00-17:00; Mo off",
    "9:00-17:00，周一除外": "09:00-17:00; Mo off",
    "周二至周日9:00-17:00，周一闭馆（法定节假日除外）": (
        "Tu-Su 09:00-17:00; Mo off; PH 09:00-17:00"
    ),
    "周一至周五8:30-17:30（除法定节假日外）": "Mo-Fr 08:30-17:30; PH off",
    "12月-次年2月闭馆，其余时间9:00-17:00": "09:00-17:00; Dec-Feb off",
    "8:30-17:30（12:00-13:30午休）": "08:30-12:00,13:30-17:30",
    "9:00开馆，17:00闭馆": "09:00-17:00",
    "每周一闭馆": '00:00-24:00 unknown "开放时间未说明"; Mo off',
    "法定节假日休息": '00:00-24:00 unknown "开放时间未说明"; PH off',
    "周一至周五 9:00-17:00（需预约）": 'Mo-Fr 09:00-17:00 unknown "需预约"',
    "00:00-23:59": "24/7",
    "02:00-05:30": "02:00-05:30",
    "全天24小时不打烊": "24/7",
    "朝九晚五": "09:00-17:00",
    "早9晚5": "09:00-17:00",
    "旺季（3月1日-11月30日）6:30-18:00，淡季（12月1日-次年2月底）7:00-17:00": (
        "Mar 01-Nov 30 06:30-18:00; Dec 01-Feb 29 07:00-17:00"
    ),
    "夏季（6-9月）8:00-18:00，其余季节8:30-17:30": "08:30-17:30; Jun-Sep 08:00-18:00",
    "开放时间：9:00-17:00 闭馆时间：周一": "09:00-17:00; Mo off",
    "晚10点到早6点": "22:00-06:00",
    "9:00-17:00（12:00-14:00不对外开放）": "09:00-12:00,14:00-17:00",
    "Mo-Fr 9:00-18:00; PH off": "Mo-Fr 09:00-18:00; PH off",
    "8:30-21:00（延时）": "08:30-21:00",
    "Mo-Fr 08:00-18:00; PH off": "Mo-Fr 08:00-18:00; PH off",
    "9:00-17:00（无需预约）": "09:00-17:00",
}

UNKNOWN = {
    "": "blank",
    "—": "blank",
    "暂停开放": "suspended",
    "装修中，9:00-17:00": "suspended",
    "以现场公示为准": "announced",
    "随商场营业时间": "announced",
    "8:30-5:30": "ambiguous_time",
    "2:00-5:30": "ambiguous_time",
    "每月第一个周一闭馆，其他时间9:00-17:00": "not_understood",
    "室外24小时，室内9:00-17:00": "not_understood",
    "10:00-22:00（周五、周六至23:00）": "not_understood",
    "工作日：8:30-12:00，14:00-17:30（夏令时14:30-18:00）": "season_alone",
    "8:30-11:30 2:00-5:30": "ambiguous_time",
    "下午1:00-12:00": "ambiguous_time",
    "8.30-11.30": "ambiguous_time",  # as well 30 August to 30 November
    "25:00-26:00": "not_understood",
    "8:30-12:00 10:00-17:00": "ambiguous_time",
    "周一至周五 9:00-17:00，周五 9:00-21:00": "contradiction",
    "周一至周五 9:00-17:00，周一至周日闭馆": "contradiction",
    "9:00-17:00 (周末)10:00-16:00": "not_understood",
    "9:00-17:00 周一至周五 10:00-16:00 周末": "not_understood",
    "夏季 7:00-19:00": "season_alone",
    "周一至周五": "not_understood",
    "早上": "not_understood",
    "17:00": "not_understood",
    "9:00-17:00左右": "not_understood",
    "9:00-17:00（母婴室除外）": "not_understood",
    "13月-14月 9:00-17:00": "not_understood",
}


@pytest.mark.parametrize("text", sorted(READ))
def test_a_text_is_read_whole(text: str) -> None:
    read = from_text(text)
    assert (read.status, read.osm) == ("parsed", READ[text])
    assert read.original == text


@pytest.mark.parametrize("text", sorted(UNKNOWN))
def test_what_is_not_understood_is_unknown_with_its_text(text: str) -> None:
    read = from_text(text)
    assert (read.status, read.osm, read.note) == ("unknown", None, UNKNOWN[text])
    assert read.original == text


def test_the_last_entry_is_kept_apart() -> None:
    read = from_text("周一闭馆，其余9:00-17:00（16:30停止入场）")
    expected = '09:00-17:00 open "16:30停止入场"; Mo off'
    assert (read.osm, read.last_entry) == (expected, "16:30")
    assert from_text("9:00-17:00，闭馆前30分钟停止入馆").last_entry == "16:30"
    assert from_text("9:00-17:00，最晚入馆时间：16点").last_entry == "16:00"
    assert from_text("9:00-17:00").last_entry is None


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("夏季 7:00-19:00 / 冬季 8:00-18:00", "seasons"),
        ("每周一闭馆", "closures"),
        ("9:00-17:00（需预约）", "appointment"),
        ("9:00-17:00", None),
    ],
)
def test_what_was_assumed_is_noted(text: str, note: str | None) -> None:
    assert from_text(text).note == note


def test_every_note_has_a_sentence() -> None:
    notes = {from_text(text).note for text in (*READ, *UNKNOWN)} - {None}
    for note in notes:
        assert words.say(f"hours.note_{note}", "zh") != words.say(f"hours.note_{note}", "en")


@given(st.text(alphabet=LETTERS, max_size=24))
def test_no_text_whatever_raises(text: str) -> None:
    read = from_text(text)
    assert read.status == ("unknown" if read.osm is None else "parsed")
    assert read.original == text
