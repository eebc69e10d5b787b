"""The page 研学线路 as a script, in both languages: chosen, linked to, refused, switched, taken."""

from __future__ import annotations

import datetime
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

import drawn_route
import numpy as np
import pytest
from drawn_network import degrees
from pyproj import Geod
from streamlit.testing.v1 import AppTest

from geo import words
from geo.errors import PlannerError
from geo.hours import chinese_holidays
from geo.layers.walks import WalkLeg, WalkRest, WalkStop, walk_ground, walk_shown
from geo.points import read_points
from geo.schematic import schematic_network
from routes.lines import read_lines
from routes.planner import plan
from routes.sheets import content_of, route_provenance
from routes.sheets.fonts import find_font
from routes.stops import LeftOut
from routes.studyroute import Alternative
from routes.visits import StudyBrief
from views.inputs import Inputs
from views.plain import plain
from views.study import answer, asked, cards, files, orders, plans
from views.study.timetable import day_html

LANGUAGES = words.LANGUAGES
FRIDAY, MONDAY = "2026-05-08", "2026-05-11"
PARK = {"zh": "南京长江大桥公园(大桥公园)", "en": "Bridge Park"}


def study_script() -> None:
    from views.study import page

    page.page()


def opened(lang: str = "zh", **params: str) -> AppTest:
    test = AppTest.from_function(study_script, default_timeout=60)
    test.query_params["lang"] = lang
    for name, value in params.items():
        test.query_params[name] = value
    return test.run()


def html(test: AppTest) -> str:
    """Return what is on the page as HTML, but for the style sheet."""
    parts = [str(part.proto.body) for part in test.get("html")]
    return " ".join(part for part in parts if "<style>" not in part)


def marks(test: AppTest) -> list[str]:
    """Return what stands in the circles of the timetable."""
    return re.findall(r'class="ht-mark[^>]*>([^<]+)<', html(test))


def address(test: AppTest) -> dict[str, str]:
    found = {name: test.query_params[name] for name in test.query_params if name != "lang"}
    return {name: v[-1] if isinstance(v, list) else str(v) for name, v in found.items()}


def widget(test: AppTest, kind: str, name: str) -> Any:
    (found,) = (w for w in test.get(kind) if re.fullmatch(rf"study-{name}-\d+", w.key or ""))
    return found


class _Parsed(HTMLParser):
    """Tags, and text by tag, of what a browser would read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_chosen_shows_a_card_for_each_line(lang: str) -> None:
    test = opened(lang)
    assert not test.exception
    assert not test.error
    lines = read_lines()
    chosen = [b.key for b in test.button if (b.key or "").startswith("study-line-")]
    assert sorted(chosen) == sorted(f"study-line-{line}" for line in lines)
    assert chosen[0] == "study-line-riverside", "published lines come first"
    shown = html(test)
    for line in lines.values():
        assert line.title(lang) in shown
    assert words.say("line_status.composed", lang) in shown
    assert not test.get("component_instance")
    assert address(test) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_line_is_walked_by_one_button(lang: str) -> None:
    test = opened(lang)
    test.button(key="study-line-riverside").click().run()
    assert not test.exception
    assert not test.error
    assert address(test) == {"line": "riverside", "date": asked.usual_day()}
    shown = html(test)
    assert read_lines()["riverside"].title(lang) in shown
    assert marks(test) == ["1", "2", "3", "4", "5"]
    assert shown.count("uri.amap.com") == 4
    assert "coordinate=wgs84" in shown
    assert test.get("component_instance"), "a map"
    kinds = [b.key.removeprefix("study-file-") for b in test.get("download_button")]
    assert kinds == [k for k in files.MIME if k != "png" or find_font() is not None]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_no_fact_is_said_aloud(lang: str) -> None:
    test = opened(lang, line="great-works", date=FRIDAY)
    said = test.warning[0].value.lower()
    for flag in ("schematic", "composed", "estimated_sites", "sample_visits", "estimated_rides"):
        assert words.say(f"flag.{flag}", lang).rstrip("。.").lower() in said, flag
    shown = html(test)
    assert "ht-mark ht-guess" in shown
    assert words.say("line_status.composed", lang) in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_conflicts_and_what_is_left_out_come_first(lang: str) -> None:
    test = opened(lang, sites="meiyuan-memorial,yuhuatai-cemetery,jiangbei-smart-valley",
                  date=MONDAY, budget_minutes="180")  # fmt: skip
    shown = html(test)
    closed = words.say("visit.closed_that_day", lang)
    wrong, left, cards_at = (shown.index(t) for t in ("ht-wrong", "ht-left", "ht-cards"))
    assert wrong < left < cards_at
    assert closed in shown[wrong:left]
    assert words.say("left_out.no_position", lang) in shown[left:cards_at]


def test_one_change_plans_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[StudyBrief] = []

    def noted(brief: StudyBrief, **more: Any) -> Any:
        planned.append(brief)
        return plan(brief, **more)

    monkeypatch.setattr(plans, "plan", noted)
    test = opened(line="riverside", date="2026-05-12")
    widget(test, "number_input", "pace_kmh").set_value(3.5).run()
    assert [brief.pace_kmh for brief in planned] == [4.0], "a form waits until it is sent"
    widget(test, "number_input", "pace_kmh").set_value(3.5)
    widget(test, "number_input", "groups").set_value(2)
    test.button(key="study-submit").click().run()
    assert [(b.pace_kmh, b.groups) for b in planned] == [(4.0, 1), (3.5, 2)]
    assert address(test)["pace_kmh"] == "3.5"
    opened("en", **address(test))
    assert len(planned) == 2, "another session and language finds it made"


def test_sessions_do_not_share_a_question() -> None:
    one, other = opened(line="riverside", date=FRIDAY), opened(line="qinhuai", date=FRIDAY)
    one.run()
    assert one.session_state[asked.BRIEF].line == "riverside"
    assert other.session_state[asked.BRIEF].line == "qinhuai"
    assert opened().session_state[asked.BRIEF] is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_orders_stand_side_by_side_and_can_be_switched(lang: str) -> None:
    test = opened(lang, line="pioneers", date=FRIDAY)
    first = html(test)
    assert "ht-two" in first
    assert [b.label for b in test.button if b.key == "study-switch"] == [
        words.say("study.use_optimised", lang)
    ]
    test.button(key="study-switch").click().run()
    assert address(test)["order"] == "optimised"
    second = html(test)
    cells = [re.findall(r"<td>([^<]*)</td>", shown[shown.index("ht-two"):])[:2]
             for shown in (first, second)]  # fmt: skip
    assert cells[0] == cells[1], "the same two figures, whichever is shown"
    shown_now = words.say("study.shown", lang)
    heads = [re.search(r"<thead>(.*?)</thead>", s)[1] for s in (first, second)]  # type: ignore[index]
    assert [head.index(shown_now) < head.rindex("<th>") for head in heads] == [True, False]
    test.button(key="study-switch").click().run()
    assert "order" not in address(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_other_order_is_told_with_what_it_leaves_out(lang: str) -> None:
    test = opened(lang, line="pioneers", date=FRIDAY)
    maps = len(test.get("component_instance"))
    (toggle,) = (t for t in test.toggle if (t.key or "").startswith("study-other-map"))
    toggle.set_value(True).run()
    assert not test.exception
    assert not test.error
    assert len(test.get("component_instance")) == maps + 1
    assert address(test) == {"line": "pioneers", "date": FRIDAY}, "the walk stays what it is"
    out = LeftOut("x", "甲<b>", "A<b>", "no_time")
    other = Alternative("optimised", ("y",), 600.0, 0.0, 0.0, 0, (out,))
    told = orders.left_html(other, lang)
    assert words.say("study.left_by_optimised", lang) in told
    assert words.say("left_out.no_time", lang) in told
    assert {"zh": "甲&lt;b&gt;", "en": "A&lt;b&gt;"}[lang] in told
    assert orders.left_html(replace(other, left_out=()), lang) == ""


def test_the_figures_of_the_other_order_are_those_it_has_when_it_is_shown() -> None:
    asked_for = {"line": "citywalk", "date": FRIDAY, "start": "新街口", "end": "start"}
    rows = []
    for order in ("curated", "optimised"):
        shown = html(opened(order=order, **asked_for))
        rows.append(re.findall(r"<td>([^<]*)</td>", shown[shown.index("ht-two") :]))
    assert len(rows[0]) == 12
    assert rows[0] == rows[1]


def test_a_share_link_opens_the_same_walk() -> None:
    brief = StudyBrief(
        sites=("meiyuan-memorial", "rabe-house", "central-university"),
        must=("rabe-house",), before=(("central-university", "rabe-house"),), start="新街口",
        end="start", date=FRIDAY, depart="08:40", budget_minutes=400.0, pace_kmh=3.6,
        breaks=(("11:30", "12:30", 45.0), ("15:00", "16:00", 10.0)), groups=2, group_size=30,
        order="optimised", profile="wheelchair", gather_minutes=2.0, max_walk_min=20.0,
    )  # fmt: skip
    linked = dict(part.split("=", 1) for part in brief.to_query().split("&"))
    test = opened(**{name: unquote_plus(text) for name, text in linked.items()})
    assert not test.exception
    assert not test.error
    assert test.session_state[asked.BRIEF] == brief
    assert f"?{brief.to_query()}" == test.code[0].value
    test.button(key="study-submit").click().run()  # the form asks for what the link asked for
    assert test.session_state[asked.BRIEF] == brief


def test_a_step_back_asks_for_what_the_address_says(monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(line="riverside", date=FRIDAY)
    test.query_params["line"] = "qinhuai"
    test.run()
    assert test.session_state[asked.BRIEF].line == "riverside", "what is late is no step back"
    assert address(test)["line"] == "riverside"
    monkeypatch.setattr(asked, "went_back", lambda: True)
    test.query_params["line"] = "qinhuai"
    test.run()
    assert test.session_state[asked.BRIEF] == StudyBrief(line="qinhuai", date=FRIDAY)
    assert read_lines()["qinhuai"].title("zh") in html(test)
    for name in ("line", "date"):
        del test.query_params[name]
    test.run()
    assert test.session_state[asked.BRIEF] is None
    assert test.button(key="study-line-riverside")


def test_what_chat_programs_put_into_a_link_is_left_alone() -> None:
    told = {"line": "riverside", "date": FRIDAY, "from": "singlemessage", "isappinstalled": "0"}
    test = opened(**told)
    assert not test.error
    assert test.session_state[asked.BRIEF] == StudyBrief(line="riverside", date=FRIDAY)


@pytest.mark.parametrize(
    "broken",
    [{"date": "2026-13-01"}, {"date": "0001-01-01"}, {"pace_kmh": "99"}, {"groups": "two"},
     {"breaks": "noon"}, {"depart": "25:00"}, {"order": "random"}, {"profile": "bird"},
     {"theme": "works"}, {"budget_minutes": "nan"}, {"line": ""}],
)  # fmt: skip
def test_a_bad_link_is_a_sentence_and_shows_the_lines(broken: dict[str, str]) -> None:
    lang = LANGUAGES[len(str(broken)) % 2]
    told = {"line": "riverside", **broken}
    test = opened(lang, **told)
    assert not test.exception
    assert not test.error
    with pytest.raises(PlannerError) as fault:
        StudyBrief.from_query("&".join(f"{k}={v}" for k, v in told.items()))
    sentence = fault.value.sentence(lang)
    assert test.warning[0].value == plain(words.say("study.link_unusable", lang, sentence=sentence))
    assert test.button(key="study-line-riverside")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"line": "nope"}, "line_unknown"),
        ({"sites": "大桥公圆"}, "site_unknown"),
        ({"theme": "x"}, "theme_unknown"),
        ({"line": "riverside", "start": "118.0,31.0"}, "route_end_off_network"),
        ({"line": "riverside", "must": "mingyuan-tower"}, "route_not_a_stop"),
        ({"line": "pioneers", "date": MONDAY, "must": "meiyuan-memorial"}, "route_must_closed"),
        ({"line": "riverside", "budget_minutes": "10"}, "route_budget"),
        ({"sites": "jiangbei-smart-valley"}, "route_no_stops"),
        ({"line": "riverside", "order": "optimised",
          "before": "bridge-park>meitan-harbour,meitan-harbour>bridge-park"},
         "route_contradictory_order"),
    ],
)  # fmt: skip
def test_what_cannot_be_walked_is_a_sentence_with_a_way_out(
    told: dict[str, str], code: str
) -> None:
    lang = LANGUAGES[len(code) % 2]
    test = opened(lang, **told)
    assert not test.exception
    (error,) = test.error
    known = words.entries()[f"error.{code}"][lang]
    start = plain(re.split(r"[“{]", known)[0])
    assert error.value.startswith(start)
    assert words.say("app.unexpected", lang) != error.value
    assert not test.get("component_instance")
    test.button(key="study-forget").click().run()
    assert not test.error
    assert address(test) == {}
    assert test.button(key="study-line-riverside")


def test_hostile_text_in_a_link_is_text() -> None:
    test = opened(line="[x](javascript:alert(1)) <img src> **b** $e$")
    assert "\\[x\\](javascript" in test.error[0].value
    assert "\\<img" in test.error[0].value
    assert "\\*\\*b" in test.error[0].value


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_form_that_makes_no_sense_leaves_the_walk_standing(lang: str) -> None:
    test = opened(lang, line="riverside", date=FRIDAY)
    widget(test, "number_input", "budget").set_value(5.0)
    test.button(key="study-submit").click().run()
    assert [e.value for e in test.error] == [words.say("error.study_budget", lang, least=10)]
    assert test.session_state[asked.BRIEF].budget_minutes is None
    assert "ht-day" in html(test)
    widget(test, "number_input", "budget").set_value(0.0)
    test.button(key="study-submit").click().run()
    assert not test.error


@pytest.mark.parametrize("lang", LANGUAGES)
def test_own_sites_are_chosen_by_name(lang: str) -> None:
    test = opened(lang)
    sites = widget(test, "multiselect", "sites")
    assert PARK[lang] in sites.options
    sites.set_value(["yuejiang-tower", "bridge-park"])
    test.button(key="study-submit").click().run()
    assert not test.error
    assert address(test)["sites"] == "yuejiang-tower,bridge-park", "in the order chosen"
    assert marks(test) == ["1", "2"]
    test = opened(lang)
    test.button(key="study-submit").click().run()
    assert [e.value for e in test.error] == [words.say("error.route_subject_none", lang)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_groups_have_their_times_and_the_bound(lang: str) -> None:
    test = opened(lang, line="riverside", date=FRIDAY, groups="3", group_size="40")
    assert words.say("study.tab_groups", lang) in [tab.label for tab in test.tabs]
    shown = html(test)
    shown = shown[shown.index("ht-groups") :]
    assert shown.count("<section><h4>") == 3
    assert shown.count("<li><time>") == 15
    bound = words.entries()["groups.bound"][lang].split("{")[0]
    proven = words.entries()["groups.proven"][lang].split("{")[0]
    assert bound in shown or proven in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_on_a_network_of_ones_own_there_are_sites_of_ones_own(lang: str, tmp_path: Path) -> None:
    rows = [f"s{at},Site {at} <b>,{lon},{lat}" for at, (lon, lat) in
            enumerate(degrees([(100, 200), (900, 200)]).tolist())]  # fmt: skip
    path = tmp_path / "sites.csv"
    path.write_text("id,name,lon,lat\n" + "\n".join(rows), "utf-8")
    sites = read_points(path, kind="sites", datum="wgs84")
    test = AppTest.from_function(study_script, default_timeout=60)
    test.query_params["lang"] = lang
    test.session_state["inputs"] = Inputs(network=drawn_route.town(), sites=sites)
    test.run()
    assert not test.exception
    assert [i.value for i in test.info] == [words.say("study.no_lines", lang)]
    chosen = widget(test, "multiselect", "sites")
    assert chosen.options == ["Site 0 <b>", "Site 1 <b>"]
    chosen.set_value(["s1", "s0"])
    test.button(key="study-submit").click().run()
    assert not test.error
    assert marks(test) == ["1", "2"]
    assert "Site 1 &lt;b&gt;" in html(test)


def test_without_a_date_there_is_no_calendar_and_it_says_so() -> None:
    test = opened(line="riverside")
    assert "study-file-ics" not in [b.key for b in test.get("download_button")]
    said = " ".join(c.value for c in test.caption)
    assert words.say("sheet.unwritten_no_date", "zh") in said
    assert words.say("visit.no_date", "zh") in html(test)


def test_the_usual_day_is_one_on_which_groups_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    book = chinese_holidays()
    for offset in range(0, 400, 7):
        today = datetime.date(2026, 1, 1) + datetime.timedelta(days=offset)
        monkeypatch.setattr(asked, "today", lambda today=today: today)
        day = datetime.date.fromisoformat(asked.usual_day())
        assert today < day
        assert day.weekday() != 0
        assert book.kind(day) in ("workday", "makeup_workday")
    monkeypatch.setattr(asked, "today", lambda: datetime.date(2026, 9, 30))
    assert asked.usual_day() == "2026-10-08", "after the National Day"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_of_others_are_text_everywhere(lang: str) -> None:
    route = drawn_route.drawn_route(groups=2, group_size=10)
    content = content_of(route, lang)
    known = plans.Known(drawn_route.places(), {}, "")
    parts = [answer.head_html(content), answer.warnings_html(content), day_html(content),
             answer.rests_html(content)]  # fmt: skip
    assert route.groups is not None
    parts.append(answer.groups_html(content))
    if route.alternative is not None:
        parts.append(orders.orders_html(content, route.alternative, known))
    line = replace(read_lines()["riverside"], title_zh=drawn_route.SCRIPT,
                   title_en=drawn_route.SCRIPT)  # fmt: skip
    parts.append(cards.card_html(line, known.places, lang))
    for part in parts:
        read = _Parsed(part)
        assert not set(read.tags) & {"script", "img", "svg", "iframe"}
        assert "\x00" not in part
    day = _Parsed(day_html(content))
    for hostile in (drawn_route.SCRIPT, drawn_route.FORMULA):
        assert hostile in day.text


def test_each_stop_break_and_way_is_in_the_day() -> None:
    network = schematic_network()
    brief = StudyBrief(line="riverside", date=FRIDAY, breaks=(("10:00", "11:00", 20.0),),
                       start="新街口", end="start")  # fmt: skip
    content = content_of(plan(brief, network=network), "zh")
    shown = day_html(content)
    assert shown.count('<li class="ht-stop') == len(content.stops) == 7
    assert shown.count('<li class="ht-way') == len(content.legs)
    assert shown.count('<li class="ht-pause') == 1
    for way in content.legs:
        for step in way.steps:
            assert step in _Parsed(shown).text
    times = re.findall(r"<time>(\d\d:\d\d)", shown)
    assert times == sorted(times)


def test_files_are_what_they_say() -> None:
    content = content_of(
        plan(StudyBrief(line="riverside", date=FRIDAY), network=schematic_network()), "zh"
    )
    record = route_provenance(content.route)
    base = "https://example.org/study"
    gpx = ET.fromstring(files.made("gpx", content, record, base))
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    assert len(gpx.findall("g:wpt", space)) == 5
    assert len(gpx.findall("g:trk", space)) == 4
    assert b"BEGIN:VEVENT" in files.made("ics", content, record, base)
    assert files.made("csv", content, record, base).decode("utf-8-sig").count("\n") > 9
    assert b"FeatureCollection" in files.made("geojson", content, record, base)
    assert b"Placemark" in files.made("kml", content, record, base)
    assert b"Content-Security-Policy" in files.made("html", content, record, base)
    box = zipfile.ZipFile(io.BytesIO(files.made("zip", content, record, base)))
    assert {"route.gpx", "timetable.ics", "sheet.html", "run.json", "qr.svg"} <= set(box.namelist())
    assert base in box.read("run.json").decode()
    undated = content_of(replace(content.route, brief=StudyBrief(line="riverside")), "zh")
    with pytest.raises(KeyError):
        files.made("ics", undated, record, base)


def _stop(mark: str, lon: float, lat: float, accuracy: float = 0.0) -> WalkStop:
    told = {"times": "09:00", "position": "", "remarks": drawn_route.SCRIPT}
    return WalkStop(mark, drawn_route.SCRIPT, lon, lat, accuracy > 0, accuracy, told)


def test_the_map_has_numbers_modes_and_circles_of_doubt() -> None:
    network = schematic_network()
    stops = [_stop("1", 118.78, 32.04), _stop("2", 118.79, 32.05, 500.0),
             _stop("3", 118.79, 32.05, 300.0)]  # fmt: skip
    line = np.array([(118.78, 32.04), (118.79, 32.05)])
    legs = [WalkLeg(mode, line, "a → {{7*7}}", "x") for mode in ("walk", "ride", "ferry")]
    rests = [WalkRest("unknown", "</script>", 118.785, 32.045, "x")]
    under = walk_ground(network, stops, legs)
    text = walk_shown(
        stops, legs, rests, under, flags=("schematic",), lang="zh", view_key="{{k}}"
    ).text()
    assert "{{" not in text
    assert "<script" not in text
    layers = json.loads(text)["layers"]
    marks = layers["walk_stops"]
    assert [f["properties"]["k"] for f in marks["data"]["features"]] == ["m0", "m1"]
    assert [re.search(r">([^<>]+)</text>", marks["how"]["icons"][k])[1]  # type: ignore[index]
            for k in ("m0", "m1")] == ["1", "2·3"]  # fmt: skip
    assert "stroke-dasharray" in marks["how"]["icons"]["m1"]
    assert "stroke-dasharray" not in marks["how"]["icons"]["m0"]
    drawn = layers["walk_accuracy"]["data"]["features"]
    far = [Geod(ellps="WGS84").inv(118.79, 32.05, *corner)[2]
           for f in drawn for corner in f["geometry"]["coordinates"][0]]  # fmt: skip
    assert np.allclose(far[: len(far) // 2], 500, rtol=0.01)
    assert np.allclose(far[len(far) // 2 :], 300, rtol=0.01)
    kinds = [f["properties"]["k"] for f in layers["walk_legs"]["data"]["features"]]
    assert kinds == ["ride", "ferry", "walk"], "what is walked lies on top"
    styles = layers["walk_legs"]["how"]["styles"]
    assert "dashArray" not in styles["walk"]
    assert styles["ride"]["dashArray"] != styles["ferry"]["dashArray"]
    west, south, east, north = under.box
    assert (west, south) < (118.78, 32.04)
    assert (east, north) > (118.79, 32.05)
