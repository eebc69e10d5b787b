"""The printed sheet, its picture, and the folder of all files, on paper and in a browser."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import shapely
from chromium import Browser, chromium_path
from drawn_network import degrees
from drawn_route import FORMULA, FRIDAY, SCRIPT, drawn_route, flagged
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geo import words
from geo.errors import RequestError
from geo.exports import OutputFolder
from routes.places import Place
from routes.rests import Rest, Rests, Stretch
from routes.sheets import (
    content_of,
    map_of,
    page_of,
    picture_of,
    qr_of,
    route_provenance,
    write_route,
)
from routes.sheets.drawing import LINE_STYLES
from routes.sheets.fonts import Font, find_font, font_folders
from routes.sheets.mapframe import MapFrame, apart, frame_around

ALL = {
    "qr.png", "qr.svg", "route.geojson", "route.gpx", "route.kml", "run.json", "sheet.html",
    "sheet.png", "timetable.csv", "timetable.ics",
}  # fmt: skip


IN_ORDER = (("a", "b"), ("b", "c"), ("c", "d"))


@pytest.fixture(scope="module")
def monday():
    return flagged(drawn_route(groups=2, group_size=30, before=IN_ORDER), "schematic")


@pytest.fixture(scope="module")
def rested(monday):
    lon, lat = degrees((300, 200))[0].tolist()
    rest = Rest(SCRIPT, SCRIPT, lon, lat, 0, 200.0, 40.0, 573.0, "open", True)
    return replace(monday, rests=Rests((rest,), Stretch(200.0, 1220.0), 2))


class Sheet(HTMLParser):
    """What a parser that is no browser makes of the page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        held = dict(attrs)
        self.links += [held[k] for k in ("href", "src", "xlink:href") if held.get(k)]
        assert not [k for k in held if k.startswith("on")], held

    def handle_data(self, data):
        self.texts.append(data)


def sheet_of(route, lang, share_base=None):
    content = content_of(route, lang)
    record = route_provenance(route)
    drawn = map_of(content, record.attribution)
    return page_of(content, record, qr_of(content, share_base), drawn)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_are_text(rested, lang):
    sheet = Sheet(sheet_of(rested, lang))
    assert not {"script", "iframe", "object", "img", "link", "base"} & set(sheet.tags)
    assert SCRIPT in sheet.texts, "in the heading of a stop"
    assert any(f"{SCRIPT}" in text for text in sheet.texts if "→" in text)
    assert FORMULA in sheet.texts
    assert sheet.links
    assert all(link.startswith("https://uri.amap.com/navigation?") for link in sheet.links)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sheet_says_all_that_must_be_said(rested, lang):
    text = " ".join(Sheet(sheet_of(rested, lang)).texts)
    content = content_of(rested, lang)
    for _, flag in content.flags:
        assert flag in text
    assert words.say("sheet.schematic", lang) in text, "in the map, which may be copied alone"
    for told in (*content.conflicts, *content.groups, *content.rests, *content.facts):
        assert told in text
    assert any("(" in t or "（" in t for t in content.rests[:1]), "a sample station says so"
    assert len(content.groups) >= 2
    assert words.say("sheet.near", lang, metres=80) in text
    assert route_provenance(rested).run_id in text
    for way in content.legs:
        assert way.said in text
        for step in way.steps:
            assert step in text


def test_what_a_coach_driver_asks_is_told_and_marked(monday):
    texts = Sheet(sheet_of(monday, "zh")).texts
    assert "大客车：东门（示例数据） · 有厕所" in texts
    assert content_of(monday, "en").stops[0].services("en") == ()


def test_an_english_sheet_has_no_chinese_but_names():
    route = drawn_route(date=FRIDAY)
    names = {stop.name for stop in content_of(route, "en").stops} | {route.network.meta.name}
    names.add("东门")
    said = [text for text in Sheet(sheet_of(route, "en")).texts if re.search("[一-鿿]", text)]
    for name in sorted(names, key=len, reverse=True):
        said = [text.replace(name, "") for text in said]
    assert not [text for text in said if re.search("[一-鿿]", text)]


def test_what_is_left_out_and_why():
    from drawn_route import boat, places, town

    from routes.planner import plan
    from routes.visits import StudyBrief

    lost = Place("lost", "失馆", "Lost Hall", None, None, "missing")
    route = plan(StudyBrief(sites=("a", "lost", "b")), network=town(), lines={}, ferries=[boat()],
                 places={**places(), "lost": lost})  # fmt: skip
    for lang, name in (("zh", "失馆"), ("en", "Lost Hall")):
        (told,) = content_of(route, lang).left_out
        assert name in told
        assert told in " ".join(Sheet(sheet_of(route, lang)).texts)


def test_modes_and_estimates_can_be_told_apart_without_colours(monday):
    dashes = [style.get("stroke-dasharray") for style in LINE_STYLES.values()]
    assert len(set(dashes)) == len(dashes) == 3
    drawn = map_of(content_of(monday, "zh")).svg
    circles = [c for c in drawn.split("<circle")[1:] if f'r="{14:g}"' in c.split(">")[0]]
    assert ["dasharray" in c.split(">")[0] for c in circles] == [False, True, False, False]


def test_the_map_is_no_larger_than_its_frame(monday):
    from lxml import etree

    drawn = map_of(content_of(monday, "zh"), "© all")
    root = etree.fromstring(drawn.svg)
    for path in root.iter("{*}path"):
        if path.get("transform") or set("hl") & set(path.get("d")):
            continue
        numbers = np.array(path.get("d").replace("M", " ").replace("L", " ").replace("z", " ")
                           .split(), dtype=float).reshape(-1, 2)  # fmt: skip
        assert (numbers >= -0.01).all()
        assert (numbers <= (drawn.width + 0.01, drawn.height + 0.01)).all()
    assert any("© all" in (t.text or "") for t in root.iter("{*}text"))


# In a browser

needs_browser = pytest.mark.skipif(chromium_path() is None, reason="no Chromium here")


@needs_browser
def test_the_page_asks_for_nothing_and_runs_nothing(rested, tmp_path):
    file = tmp_path / "sheet.html"
    file.write_bytes(sheet_of(rested, "zh").encode("utf-8", "replace"))
    with Browser(794, 1123) as browser:
        browser.open(file.as_uri(), settle_s=0.2)
        assert browser.requests == [file.as_uri()]
        assert browser.complaints == []
        assert browser.failures == []
        assert browser.run("document.title") == rested.title_zh
        name = "document.querySelector('tr.stop td.name').firstChild.textContent"
        assert browser.run(name) == SCRIPT
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        paper = browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", base64.b64decode(paper))
    assert 1 <= len(boxes) <= 2 + len(rested.days), "a page for what is common, one for each group"
    a4 = (210 / 25.4 * 72, 297 / 25.4 * 72)
    assert [tuple(map(float, box)) for box in boxes] == [pytest.approx(a4, abs=0.6)] * len(boxes)


@needs_browser
def test_the_page_fits_a_telephone(rested, tmp_path):
    file = tmp_path / "sheet.html"
    file.write_bytes(sheet_of(rested, "en").encode("utf-8", "replace"))
    with Browser(360, 740, mobile=True) as browser:
        browser.open(file.as_uri(), settle_s=0.2)
        assert browser.run("document.documentElement.scrollWidth") <= 360


# The picture


def picture(route, lang="zh", font=None):
    content, record = content_of(route, lang), route_provenance(route)
    return picture_of(content, record, qr_of(content), map_of(content, record.attribution), font)


def latin_font():
    found = [p for f in font_folders() for p in f.rglob("*Sans*.ttf") if p.stem.endswith("Sans")]
    found += [p for f in font_folders() for p in f.rglob("LiberationSans-Regular.ttf")]
    if not found:
        pytest.skip("no font without Chinese here")
    return found[0]


@pytest.fixture
def chinese():
    font = find_font()
    if font is None or not font.chinese:
        pytest.skip("no Chinese font here")
    return font


def test_the_picture_is_for_a_chat_message(monday, chinese):
    found = picture(monday)
    image = Image.open(io.BytesIO(found.png))
    assert image.format == "PNG"
    assert image.width == 1080
    assert len(found.png) < 1_000_000
    assert (found.lang, found.family) == ("zh", chinese.family)
    assert np.asarray(image.convert("L")).min() < 60, "something is drawn"
    again = picture(monday)
    assert again.png == found.png


def test_names_are_drawn_with_real_letters(monday, chinese):
    import resvg_py

    def drawn(text):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30">{text}</svg>'
        return bytes(resvg_py.svg_to_bytes(
            svg_string=svg, background="#fff", skip_system_fonts=True,
            font_files=list(chinese.files), font_family=chinese.family))  # fmt: skip

    one, other = (drawn(f'<text x="5" y="24" font-size="22">{sign}</text>') for sign in "南桥")
    assert len({one, other, drawn("")}) == 3, "no two letters are the same box"
    assert chinese.lacking("南京 梅园 abc") == ""
    assert chinese.lacking("南\U000f0000京") == "\U000f0000"


def test_a_letter_without_a_glyph_is_told_and_no_box(chinese):
    route = replace(drawn_route(), title_zh="南\U000f0000京")
    found = picture(route)
    assert "\U000f0000" in found.lacking


def test_without_a_chinese_font_the_picture_is_in_english(monday, tmp_path):
    shutil.copy(latin_font(), tmp_path / "DejaVuSans.ttf")
    font = find_font([tmp_path])
    assert isinstance(font, Font)
    assert not font.chinese
    assert font.lacking("Abc") == ""
    found = picture(monday, "zh", font)
    assert found.lang == "en"
    assert "丁" in found.lacking or "馆" in found.lacking or "桥" in found.lacking


def test_without_any_font_there_is_no_picture(monday, tmp_path, monkeypatch):
    (tmp_path / "simhei.ttf").write_bytes(b"not a font")
    assert find_font([tmp_path, tmp_path / "nowhere"]) is None
    monkeypatch.setattr("routes.sheets.picture.find_font", lambda: None)
    with OutputFolder(tmp_path / "out", route_provenance(monday)) as out:
        write_route(monday, out, "en")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "sheet.png" not in run["files"]
    assert run["summary"]["files_not_written"] == {
        "sheet.png": words.say("sheet.unwritten_no_font", "en")
    }


# The folder


def test_the_folder_holds_all_and_says_what_it_lacks(monday, tmp_path):
    with OutputFolder(tmp_path / "out", route_provenance(monday)) as out:
        write_route(monday, out, "zh", share_base="https://example.org/")
    assert {p.name for p in out.files} == ALL
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert run["summary"]["stops"] == 4
    assert run["summary"]["conflicts"] == ["丁馆：当天不开放"]
    assert run["summary"]["qr"] == f"https://example.org/?{monday.brief.to_query()}"
    undated = drawn_route(date="")
    with OutputFolder(tmp_path / "out", route_provenance(undated)) as out:
        write_route(undated, out, "zh")
    assert {p.name for p in out.files} == ALL - {"timetable.ics"}
    assert not (tmp_path / "out" / "timetable.ics").exists(), "none of another day stays"
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert list(run["summary"]["files_not_written"]) == ["timetable.ics"]


def test_a_bad_address_leaves_nothing_behind(monday, tmp_path):
    with (
        pytest.raises(RequestError, match="no address"),
        OutputFolder(tmp_path / "out", route_provenance(monday)) as out,
    ):
        write_route(monday, out, "zh", share_base="ftp://example.org")
    assert list(tmp_path.iterdir()) == []


def test_the_same_walk_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")

    def files(name):
        route = drawn_route(groups=2, group_size=30)
        with OutputFolder(tmp_path / name, route_provenance(route)) as out:
            write_route(route, out, "zh")
        return {p.name: Path(p).read_bytes() for p in out.files}

    assert files("one") == files("two")


# The frame


def test_a_frame_has_one_scale_and_holds_everything():
    points = degrees([(0, 0), (4000, 0), (4000, 1000), (0, 1000)])
    frame = frame_around(points, 1000, 600, 100)
    assert frame.metres == pytest.approx(5.0, rel=0.005), "4000 m over 800 units"
    xy = frame.xy(points)
    assert (xy >= 99.9).all()
    assert (xy <= (900.1, 500.1)).all()
    assert xy[0, 1] > xy[3, 1], "north is up"
    west, south, east, north = frame.box
    assert shapely.box(west, south, east, north).contains(shapely.MultiPoint(points))
    length, units = frame.scale_bar
    assert length == 1000
    assert units == pytest.approx(200, rel=0.005)


def test_one_place_alone_has_a_frame_too():
    frame = frame_around(degrees([(0, 0), (0, 0)]), 1000, 600, 100)
    assert frame.metres == pytest.approx(0.75)
    np.testing.assert_allclose(frame.xy(degrees((0, 0))), [(500, 300)], atol=1e-6)


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 600)), min_size=1, max_size=12))
def test_circles_part_and_stay_near(spots):
    moved = apart(np.array(spots), 30.0, (14, 14, 970, 690))
    assert (moved >= 14).all()
    assert (moved <= (970, 690)).all()
    far = np.hypot(*(moved[:, None] - moved[None]).transpose(2, 0, 1))
    assert far[~np.eye(len(far), dtype=bool)].min(initial=99.0) > 27.0
    again = apart(np.array(spots), 30.0, (14, 14, 970, 690))
    assert (again == moved).all()


def test_circles_that_are_apart_stay():
    spots = np.array([(100.0, 100.0), (200.0, 100.0)])
    assert (apart(spots, 30.0, (0, 0, 984, 700)) == spots).all()


def test_the_frame_knows_its_middle():
    frame = MapFrame(100, 50, 118.8, 32.0, 10.0)
    np.testing.assert_allclose(frame.xy(np.array([(118.8, 32.0)])), [(50, 25)])
