"""The page 研学线路 on a telephone that reaches nothing but this machine: walked, taken, unhurt."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from chromium import Browser, chromium_path
from running_app import FRAME, IDLE, MAP_BOX, AppBrowser, serve

from geo import samples
from routes.lines import read_lines

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="no chromium on this machine")

ATTACKS = (
    "{{ 7*7 }}{% raw %}<img src=x onerror=\"top.hit='img'\">",
    "${top.hit='template'}`;top.hit='tick'//</script><script>top.hit='script'</script>",
    "'\"><svg/onload=top.hit='svg'> [x](javascript:top.hit='link') **b** $e$",
)
DRAWN = f"(() => {{ const box = {MAP_BOX}; return box && box.dataset.painted }})()"
MARKS = f"[...{FRAME}.contentDocument.querySelectorAll('.ht-site text')].map(t => t.textContent)"
DAY = "document.querySelectorAll('.ht-day > li.ht-stop').length"
# The grid's own buttons stand over what they are about, so they stay small.
TOO_SMALL = """(() => [...document.querySelectorAll(
  '.stApp :is(button, summary, [role=tab], [data-testid=stPageLink-NavLink])')]
  .filter(e => e.checkVisibility()
    && !e.closest('[data-testid=stSidebar], [data-testid=stDataFrame]')
    && !e.closest('[data-testid=stTooltipIcon], [data-testid=stElementToolbar]')
    && !e.closest('[data-testid=stDateInputField]'))
  .map(e => [e.innerText || e.title, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 43 || box.height < 41.5))
  .map(([text, box]) => `${text} ${box.width}x${box.height}`))()"""
HEADS = "[...document.querySelectorAll('.ht-line h3')].map(head => head.innerText)"
# Streamlit looks for its server beside the address first when a page is linked to; the others are
# its own warnings about features a browser does not know, and about our looking.
PROBES = ("/_stcore/health", "/_stcore/host-config")
KNOWN = (
    "Unrecognized feature", "An iframe which has both allow-scripts", "Canvas2D: Multiple",
    "Failed to load resource: the server responded with a status of 404",
    # A map that is left while its frame still loads reports to nobody.
    "[{'type': 'string', 'value': 'Received component message for unregistered",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample's points with attacks as the names of the first sites."""
    home = tmp_path_factory.mktemp("study")
    points = home / "points"
    shutil.copytree(samples.POINTS, points)
    path = points / "sites.geojson"
    told = json.loads(path.read_text("utf-8"))
    for feature, attack in zip(_own_choice(told), ATTACKS, strict=True):
        for field in ("name_zh", "name_en", "text_zh", "text_en", "address", "booking"):
            feature["properties"][field] = attack
    path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return home


def _own_choice(
    told: dict[str, list[dict[str, dict[str, str]]]],
) -> list[dict[str, dict[str, str]]]:
    """Return three sites with a position that the line of the other tests does not visit."""
    ids = ("rabe-house", "central-university", "meiyuan-memorial")
    by_id = {feature["id"]: feature for feature in told["features"]}
    return [by_id[site] for site in ids]


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    environ = {"HONGTU_POINTS": str(place / "points"), "HONGTU_CACHE": str(place / "cache")}
    with serve(place, environ) as url:
        yield url


@pytest.fixture(scope="module")
def phone(address: str) -> Iterator[AppBrowser]:
    """Return a telephone on which the line 滨江新貌 was chosen among the cards."""
    with AppBrowser(390, 844, mobile=True) as browser:
        browser.open(f"{address}/study", 0.0)
        browser.wait_for("!!document.querySelector('.st-key-study-line-riverside button')", 60)
        browser.run("document.querySelector('.st-key-study-line-riverside button').click()")
        shown(browser)
        yield browser


def shown(browser: AppBrowser, old: str = "") -> None:
    """Wait until the map is painted, other than `old`, and the script of the page has ended."""
    try:
        browser.wait_for(f"{DRAWN} && {DRAWN} !== {old!r}", 60)
        browser.wait_for(IDLE, 30)
    except TimeoutError:
        raise TimeoutError(browser.text()[:2000]) from None


def quiet(browser: Browser) -> None:
    """Make sure that nothing failed, nothing complained, and nobody else was asked."""
    failures = [f for f in browser.failures if "ERR_ABORTED" not in f and not f.endswith(PROBES)]
    complaints = [c for c in browser.complaints if not c.startswith(KNOWN)]
    assert failures == []
    assert complaints == []
    hosts = {url.split("/")[2].split(":")[0] for url in browser.requests if url.startswith("http")}
    assert hosts == {"localhost"}


def test_a_line_is_walked_on_a_telephone(phone: AppBrowser, tmp_path: Path) -> None:
    phone.picture(tmp_path / "phone.png")
    assert phone.run(MARKS) == ["1", "2", "3", "4·5"], "two stops stand on one spot"
    assert phone.run(DAY) == 5
    assert red_pixels(phone) > 200, "the walk is painted"
    assert phone.run("document.documentElement.scrollWidth") <= 390
    wide = phone.run(
        "Math.max(...[...document.querySelectorAll('.ht-day *')]"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert wide <= 390, "nothing of the timetable is cut off"
    assert "line=riverside" in phone.run("location.search")
    quiet(phone)


def red_pixels(browser: AppBrowser) -> int:
    """Return how many pixels of the map have about the colour of a walk."""
    return int(
        browser.run(
            f"[...{FRAME}.contentDocument.querySelectorAll('.leaflet-overlay-pane canvas')]"
            ".map(c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "let n = 0; for (let i = 0; i < d.length; i += 4)"
            "if (d[i] > 140 && d[i + 1] < 70 && d[i + 2] < 70 && d[i + 3] > 200) n++; return n })"
            ".reduce((a, b) => a + b, 0)"
        )
    )


@pytest.mark.parametrize("path", ["home", "study", "study?line=riverside", "circles", "data"])
def test_fingers_have_room_and_readers_are_told_the_language(address: str, path: str) -> None:
    with AppBrowser(390, 844, mobile=True) as browser:
        browser.open(f"{address}/{path}", 0.0)
        browser.wait_for("!!document.querySelector('.stMainBlockContainer :is(h1, h2)')", 60)
        if path == "circles":
            browser.await_map()
        elif "line" in path:
            shown(browser)
        browser.wait_for(IDLE, 30)
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        browser.wait_for(f"{TOO_SMALL}.length === 0", 30)  # styles come after the first elements
        assert not browser.run("!!document.querySelector('[role=dialog]')")
        assert browser.run("document.documentElement.lang") == "zh-CN"
        assert browser.run("document.documentElement.scrollWidth") <= 390
        if browser.run(f"!!{FRAME}"):
            assert browser.run(f"{FRAME}.title") == "地图"
            zoom = f"[...{FRAME}.contentDocument.querySelectorAll('.leaflet-bar a')]"
            assert browser.run(f"{zoom}.map(a => a.title)") == ["放大", "缩小"]
            sizes = browser.run(f"{zoom}.map(a => a.offsetWidth)")
            assert min(sizes) >= 44


def test_directions_fold_out_without_a_request(phone: AppBrowser) -> None:
    asked = len(phone.requests)
    first = "document.querySelector('.ht-way details')"
    phone.run(f"{first}.open = false")
    assert not phone.run(f"{first}.querySelector('ol').checkVisibility()")
    phone.click(f"{first}.querySelector('summary')")
    phone.wait_for(f"{first}.open")
    assert phone.run(f"{first}.querySelector('ol').checkVisibility()")
    assert phone.run(f"{first}.querySelector('ol').innerText").strip()
    link = phone.run(f"{first}.querySelector('a').href")
    assert link.startswith("https://uri.amap.com/navigation?from=118.")
    assert phone.run(f"{first}.querySelector('a').rel") == "noopener noreferrer"
    assert len(phone.requests) == asked
    quiet(phone)


def test_the_other_order_is_a_press_away(phone: AppBrowser, address: str) -> None:
    phone.open(f"{address}/study?line=pioneers&date=2026-05-08", 0.0)  # where there is another
    shown(phone)
    before = phone.run(DRAWN)
    stops = phone.run("[...document.querySelectorAll('.ht-when b')].map(b => b.innerText)")
    tabs = "[...document.querySelectorAll('[role=tab]')]"
    phone.run(f"{tabs}.find(t => t.innerText.includes('两种顺序')).click()")
    phone.wait_for("!!document.querySelector('.st-key-study-switch button')")
    assert phone.run("document.querySelectorAll('.ht-two tbody tr').length") == 6
    phone.run("document.querySelector('.st-key-study-switch button').click()")
    shown(phone, before)
    phone.wait_for("location.search.includes('order=optimised')")
    other = phone.run("[...document.querySelectorAll('.ht-when b')].map(b => b.textContent)")
    assert sorted(other) == sorted(stops)
    assert other != stops
    quiet(phone)


def test_the_other_order_has_a_map_beside_the_first(address: str) -> None:
    with AppBrowser(390, 844, mobile=True) as browser:
        browser.open(f"{address}/study?line=pioneers&date=2026-05-08", 0.0)
        shown(browser)
        browser.run(
            "[...document.querySelectorAll('[role=tab]')]"
            ".find(tab => tab.innerText.includes('两种顺序')).click()"
        )
        toggle = "document.querySelector('[class*=st-key-study-other-map] input')"
        browser.wait_for(f"!!{toggle} && {toggle}.closest('label').checkVisibility()")
        browser.run(f"{toggle}.click()")
        beside = FRAME.replace("st-key-map", "st-key-map-beside")
        box = f"{beside} && {beside}.contentDocument.querySelector('.leaflet-container')"
        browser.wait_for(
            f"(() => {{ const box = {box}; return !!box && !!box.dataset.painted }})()", 60
        )
        browser.wait_for(IDLE, 30)
        first = browser.run(MARKS)
        second = browser.run(MARKS.replace("st-key-map", "st-key-map-beside"))
        assert sorted(second) == sorted(first)
        assert browser.run(f"{beside}.clientWidth") > 300
        spots = [
            browser.run(
                f"[...{frame}.contentDocument.querySelectorAll('.ht-site')].map(mark => "
                "mark.innerText + mark.style.transform)"
            )
            for frame in (FRAME, beside)
        ]
        assert spots[0] != spots[1], "the numbers stand elsewhere"
        quiet(browser)


def test_a_track_can_be_taken_away(phone: AppBrowser, place: Path) -> None:
    saved = place / "saved"
    saved.mkdir()
    phone.save_downloads(saved)
    phone.run("document.querySelector('.st-key-study-file-gpx button').click()")
    root = ET.fromstring(arrived(saved, ".gpx").read_bytes())
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    assert len(root.findall("g:wpt", space)) == 5
    for point in root.findall("g:wpt", space):
        assert 118 < float(point.get("lon", "0")) < 119
    assert root.findall("g:trk/g:trkseg/g:trkpt", space)
    quiet(phone)


def arrived(folder: Path, ending: str) -> Path:
    """Return the file of this ending once it is complete."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        found = [path for path in folder.iterdir() if path.name.endswith(ending)]
        if found and not list(folder.glob("*.crdownload")):
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(f"no file {ending} in {sorted(p.name for p in folder.iterdir())}")


def test_a_share_link_opens_the_same_walk(phone: AppBrowser) -> None:
    link = phone.run("document.querySelector('[data-testid=stCode] code').innerText").strip()
    assert link.split("?")[0] == phone.run("location.origin + location.pathname")
    assert "order=optimised" in link
    asked = set(phone.run("[...new URLSearchParams(location.search).keys()]"))
    assert {part.split("=")[0] for part in link.split("?")[1].split("&")} == asked
    told = "[...document.querySelectorAll('.ht-when')].map(p => p.textContent)"
    with AppBrowser(390, 844, mobile=True) as other:
        other.open(link, 0.0)
        shown(other)
        assert other.run(told) == phone.run(told)
        assert other.run(MARKS) == phone.run(MARKS)
        assert other.run("document.querySelector('.ht-qr img').naturalWidth") > 100
        quiet(other)


def test_back_returns_to_what_was_seen_before(address: str) -> None:
    with AppBrowser(390, 844, mobile=True) as browser:
        browser.open(f"{address}/study", 0.0)
        for line in ("riverside", "pioneers"):
            button = f"document.querySelector('.st-key-study-line-{line} button')"
            browser.wait_for(f"!!{button}", 60)
            browser.run(f"{button}.click()")
            browser.wait_for(f"{HEADS}.length === 1 && location.search.includes('{line}')", 60)
            browser.wait_for(IDLE, 30)
            if line == "riverside":
                browser.run("document.querySelector('.st-key-study-forget button').click()")
        lines = read_lines()  # and now a step for each press, none of them twice
        _step(browser, "back", "", len(lines))
        _step(browser, "back", "line=riverside", 1)
        assert browser.run(HEADS) == [lines["riverside"].title("zh")]
        _step(browser, "back", "", len(lines))
        _step(browser, "forward", "line=riverside", 1)
        assert browser.run(HEADS) == [lines["riverside"].title("zh")]
        assert browser.run(DAY) == 5
        quiet(browser)


def _step(browser: AppBrowser, way: str, search: str, heads: int) -> None:
    """Step through the history and wait for an address and as many headings of lines."""
    browser.run(f"history.{way}()")
    there = f"location.search.includes('{search}')" if search else "location.search === ''"
    browser.wait_for(f"{there} && {HEADS}.length === {heads}", 60)
    browser.wait_for(IDLE, 30)


def test_hostile_names_are_text(address: str) -> None:
    with AppBrowser() as browser:
        sites = "rabe-house,central-university,meiyuan-memorial"
        browser.open(f"{address}/study?lang=en&sites={sites}&date=2026-05-08&max_walk_min=60", 0.0)
        shown(browser)
        browser.run("document.querySelectorAll('.ht-day details').forEach(d => d.open = true)")
        browser.pause(0.5)
        day = browser.run("document.querySelector('.ht-day').innerText")
        for attack in ATTACKS:
            assert day.count(attack) >= 4, f"{attack} is not shown as it was written"
        tips = browser.run(
            f"(() => {{ const w = {FRAME}.contentWindow;"
            "const m = Object.values(w).find(v => v instanceof w.L.Map); const told = [];"
            "m.eachLayer(l => { if (!l.feature || !l.getTooltip) return;"
            "l.fire('mouseover', {latlng: l.getLatLng ? l.getLatLng() : m.getCenter()}, true);"
            "w.document.querySelectorAll('.ht-tip').forEach(t => told.push(t.innerText));"
            "l.fire('mouseout', {}, true) }); return told.join('\\n') })()"
        )
        for attack in ATTACKS:
            assert attack in tips, f"{attack} is not on the map as it was written"
        assert browser.run("window.hit") is None
        assert browser.run(f"{FRAME}.contentWindow.hit") is None
        quiet(browser)
