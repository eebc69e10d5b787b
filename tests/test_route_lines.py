"""Curated lines and the sites they visit: whole, honest about their sources, checked."""

from __future__ import annotations

import re

import pytest

from geo.errors import MissingFileError, RouteError
from geo.hours import parse
from routes.lines import LineStop, StudyLine, check_lines, read_lines
from routes.places import THEMES, find_place, read_places


@pytest.fixture(scope="module")
def places():
    return read_places()


@pytest.fixture(scope="module")
def lines():
    return read_lines()


def test_the_seven_lines_are_there(lines):
    titles = " ".join(line.title_zh for line in lines.values())
    for name in (
        "先驱之路", "大国重器", "产业强国", "智创未来", "十里秦淮", "滨江新貌", "Citywalk",
    ):  # fmt: skip
        assert name in titles
    published = [line.id for line in lines.values() if line.status == "published"]
    assert published == ["riverside"]
    assert lines["riverside"].sites == (
        "bridge-park", "meitan-harbour", "railway-theme-park", "power-workers-monument",
        "capital-power-plant-park",
    )  # fmt: skip
    kinds = {stop.kind for stop in lines["citywalk"].stops}
    assert {"site", "reading", "food"} <= kinds


def test_every_stop_says_why_in_both_languages(lines):
    for line in lines.values():
        assert "工会" in line.source("zh") or "公开走过" in line.source("zh")
        assert re.search("[A-Za-z]{4}", line.source("en"))
        for stop in line.stops:
            assert stop.why("zh")
            assert stop.why("en").isascii() or "–" in stop.why("en")


def test_every_site_has_what_a_visit_needs_and_says_what_is_sourced(places):
    assert len(places) == 41
    for place in places.values():
        assert place.text("zh"), place.id
        assert place.text("en"), place.id
        assert set(place.themes) <= set(THEMES)
        assert 10 <= place.visit_minutes <= 120
        assert place.status("visit_minutes") == "sample"
        assert parse(place.hours), place.id
        assert parse(place.hours).problem is None, place.id
    sourced = {p.id for p in places.values() if p.status("hours") == "sourced"}
    assert "mingyuan-tower" in sourced
    assert "wang-hebo-memorial" not in sourced


def test_the_check_names_what_is_missing_or_estimated(lines, places):
    faults = {(f.line, f.site, f.code) for f in check_lines(lines, places)}
    assert ("innovation", "jiangbei-smart-valley", "missing_position") in faults
    assert ("riverside", "meitan-harbour", "estimated_position") in faults
    assert not [f for f in faults if f[2] in ("unknown_site", "site_twice", "no_stops")]
    stop = LineStop("nowhere", None, "因", "why")
    twice = LineStop("yuejiang-tower", None, "因", "why")
    bad = StudyLine("bad", "坏", "Bad", "works", "composed", "", "", "", "", (stop, twice, twice))
    empty = StudyLine("empty", "空", "Empty", "works", "composed", "", "", "", "", ())
    found = {(f.line, f.site, f.code) for f in check_lines({"b": bad, "e": empty}, places)}
    assert found == {
        ("bad", "nowhere", "unknown_site"),
        ("bad", "yuejiang-tower", "site_twice"),
        ("empty", None, "no_stops"),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("yuejiang-tower", "yuejiang-tower"), ("阅江楼", "yuejiang-tower"),
        ("明远楼", "mingyuan-tower"), ("Yuejiang Tower", "yuejiang-tower"),
        ("rabe", "rabe-house"), ("熊猫电子（中山东路301号）", "panda-electronics"),
    ],
)  # fmt: skip
def test_a_place_is_found_by_id_or_name(places, text, found):
    assert find_place(text, places).id == found


def test_an_unknown_place_is_answered_with_the_nearest_name(places):
    with pytest.raises(RouteError) as refusal:
        find_place("yuejang-tower", places)
    assert "阅江楼" in refusal.value.sentence("zh")
    assert "Yuejiang Tower" in refusal.value.sentence("en")
    assert "阅江楼" not in refusal.value.sentence("en")
    with pytest.raises(RouteError) as refusal:
        find_place("长江大桥", places)
    assert refusal.value.code == "site_several"


LINE = """[[line]]
id = "a"
title_zh = "甲"
title_en = "A"
theme = "works"
status = "composed"
source_zh = "自编"
source_en = "own"
text_zh = "文"
text_en = "text"
[[line.stop]]
site = "yuejiang-tower"
why_zh = "因"
why_en = "why"
visit_minutes = {minutes}
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[line]]\nid = 'a'", "line_lacks"),
        ("[[line", "line_unreadable"),
        ("line = 3", "line_unreadable"),
        (LINE.format(minutes="-5"), "line_unreadable"),
        (LINE.format(minutes="nan"), "line_unreadable"),
        (LINE.format(minutes="inf"), "line_unreadable"),
        (LINE.format(minutes="0"), "line_unreadable"),
        ("", "lines_none"),
    ],
)
def test_a_bad_file_of_lines_is_refused_in_a_sentence(tmp_path, text, code):
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RouteError) as refusal:
        read_lines(tmp_path)
    assert refusal.value.code == code
    assert refusal.value.sentence("zh")


def test_minutes_of_a_stop_are_read(tmp_path):
    (tmp_path / "x.toml").write_text(LINE.format(minutes="12.5"), encoding="utf-8")
    (line,) = read_lines(tmp_path).values()
    assert line.stops[0].visit_minutes == 12.5
    assert (line.source("zh"), line.source("en")) == ("自编", "own")


def test_what_is_not_known_has_no_status(places):
    for place in places.values():
        for name, _ in place.statuses:
            value = getattr(place, name, "")
            assert value is not None, (place.id, name)


def test_no_folder_of_lines(tmp_path):
    with pytest.raises(MissingFileError):
        read_lines(tmp_path / "none")
