"""The one-file page in a real browser: painted, silent, kept in view, and its names harmless."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser, chromium_path
from drawn_network import degrees, draw, way
from hostile_town import PAYLOADS, Town, town

from geo.exports.provenance import NetworkSource, Provenance
from geo.layers.inert import inert
from geo.layers.legend import legend_html
from geo.layers.maps import coverage_map
from geo.layers.page import self_contained_html
from geo.network import save_network

needs_chromium = pytest.mark.skipif(
    chromium_path() is None, reason="no Chromium on this machine (apt-get install chromium)"
)
MAP = "window[Object.keys(window).find(k => /^map_[0-9a-f]{32}$/.test(k))]"
PAINTED = (
    "(() => {const c = document.querySelector('canvas'); if (!c) return 0;"
    "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
    "for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n})()"
)


@pytest.fixture(scope="module")
def hostile() -> Town:
    return town()


@pytest.fixture(scope="module")
def page(hostile: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the hostile town, in Chinese."""
    return written(hostile, tmp_path_factory.mktemp("page") / "地图 map.html", "zh")


def written(place: Town, path: Path, lang: str) -> Path:
    made = coverage_map(
        place.result, place.network, lang=lang, sites=place.sites, view_key="{{ 7*7 }}'\"\\"
    )
    legend = legend_html(place.result, lang=lang, with_sites=True)
    source = NetworkSource(PAYLOADS[0], "drawn", "abc", attribution=PAYLOADS[3])
    record = Provenance(
        parameters=tuple((p, p) for p in PAYLOADS), network=source, flags=("sample", *PAYLOADS)
    )
    path.write_bytes(
        self_contained_html(made, legend, title=" ".join(PAYLOADS), lang=lang, provenance=record)
    )
    return path


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


def test_nothing_in_the_file_leads_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", text)
    assert not re.search(r"""url\((?!\s*["']?(?:data:|#))""", text)
    assert not re.search(r"sourceMappingURL|@import|<link\b|<iframe|<script[^>]*\ssrc", text)
    assert "cdn." not in text
    assert "default-src 'none'" in text


def test_the_record_of_the_run_is_in_the_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="hongtu-provenance">(.*)</script>', text)
    assert found
    record = json.loads(found[1])
    assert record["program"] == "hongtu"
    assert record["parameters"] == {p: p for p in PAYLOADS}
    assert record["flags"] == ["sample", *PAYLOADS]


def test_two_maps_of_one_result_differ_in_nothing_but_an_id(hostile: Town, tmp_path: Path) -> None:
    pages = [written(hostile, tmp_path / f"{i}.html", "en").read_text("utf-8") for i in range(2)]
    same = [re.sub(r'[0-9a-f]{32}|"created":"[^"]*"', "", found) for found in pages]
    assert same[0] == same[1]


@needs_chromium
@pytest.mark.parametrize(("width", "height", "mobile"), [(1280, 900, False), (390, 844, True)])
def test_the_page_is_painted_without_a_request(
    page: Path, width: int, height: int, mobile: bool
) -> None:
    with Browser(width, height, mobile=mobile) as browser:
        browser.open(page.as_uri())
        assert browser.run(PAINTED) > 20_000
        assert [u for u in browser.requests if not u.startswith("data:")] == [page.as_uri()]
        assert (browser.failures, browser.complaints) == ([], [])
        assert browser.run("typeof window.pwned") == "undefined"
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.querySelector('details').open") is not mobile


@needs_chromium
def test_names_read_as_they_were_written(page: Path, browser: Browser) -> None:
    browser.open(page.as_uri())
    assert browser.run("document.title") == " ".join(PAYLOADS)
    assert browser.run("document.querySelector('h1').textContent") == " ".join(PAYLOADS)
    titles = browser.run(
        f"(() => {{const out = []; {MAP}.eachLayer(l => {{"
        "if (!l.feature || !l.feature.properties.title) return;"
        "const at = l.getLatLng ? l.getLatLng() : l.getBounds().getCenter();"
        "l.fire('mouseover', {latlng: at}, true); const tip = document.querySelector('.ht-tip');"
        "out.push([tip.querySelector('b').textContent, tip.textContent]);"
        "l.fire('mouseout', {latlng: at}, true); tip.remove();"
        "}); return out})()"
    )
    shown = {title for title, _ in titles}
    assert {f"name {p}" for p in PAYLOADS} <= shown
    assert f"点位 {' '.join(PAYLOADS)}" in shown
    # The site without a name shows its id, the kinds are those of the input's own column.
    assert any(title.endswith(PAYLOADS[1]) for title in shown)
    texts = "".join(text for _, text in titles)
    assert all(f"类型{p}" in texts for p in PAYLOADS)
    assert browser.run("typeof window.pwned") == "undefined"
    assert (browser.failures, browser.complaints) == ([], [])


@needs_chromium
def test_a_pointer_on_a_station_shows_its_tooltip(page: Path, browser: Browser) -> None:
    browser.open(page.as_uri())
    x, y = browser.run(
        f"(() => {{const m = {MAP}; let at; m.eachLayer(l => {{"
        "if (l.feature && l.getRadius) at = m.latLngToContainerPoint(l.getLatLng());});"
        "const box = m.getContainer().getBoundingClientRect();"
        "return [at.x + box.x, at.y + box.y]})()"
    )
    for step in (30, 1, 0):  # Leaflet looks at the pointer at most every 32 ms
        browser.mouse("mouseMoved", x - step, y)
        browser.pause(0.1)
    browser.wait_for("!!(document.querySelector('.ht-tip') || {}).innerText")
    tip = browser.run("document.querySelector('.ht-tip').innerText")
    assert tip.startswith("name ")
    assert "状态" in tip


@needs_chromium
def test_the_view_a_person_chose_is_kept(page: Path, browser: Browser) -> None:
    view = f"(() => {{const c = {MAP}.getCenter(); return [c.lat, c.lng, {MAP}.getZoom()]}})()"
    browser.open(page.as_uri())
    first = browser.run(view)
    browser.run(f"void {MAP}.setView([32.02, 120.01], 12, {{animate: false}})")
    browser.open(page.as_uri())
    assert browser.run(view) == pytest.approx(first, abs=1e-6), "a script's view is not kept"
    drag(browser)
    chosen = browser.still(view)
    assert chosen != pytest.approx(first, abs=1e-5)
    browser.open(page.as_uri())
    assert browser.run(view) == pytest.approx(chosen, abs=1e-6)
    assert browser.complaints == []


def drag(browser: Browser) -> None:
    """Drag the map 150 px to the right with the left button."""
    left: dict[str, Any] = {"button": "left", "clickCount": 1}
    browser.mouse("mouseMoved", 300, 700)
    browser.mouse("mousePressed", 300, 700, **left)
    for step in range(1, 6):
        browser.mouse("mouseMoved", 300 + 30 * step, 700, **left)
        browser.pause(0.05)
    browser.mouse("mouseReleased", 450, 700, **left)


@needs_chromium
def test_a_layer_taken_off_and_put_back_keeps_its_place(page: Path, browser: Browser) -> None:
    browser.open(page.as_uri())
    order = (
        f"(() => {{const m = {MAP}, out = []; let o = m.options.renderer._drawFirst;"
        "while (o) {const k = o.layer.feature.properties.k.replace(/[0-9]+$/, '');"
        "if (out[out.length - 1] !== k) out.push(k); o = o.next} return out})()"
    )
    first = browser.run(order)
    assert first == ["band", "gap", "used"], "the ground has a canvas of its own, below"
    for _ in range(2):
        browser.run(
            "void [...document.querySelectorAll('.leaflet-control-layers-selector')]"
            ".slice(0, 2).forEach(box => box.click())"
        )
    assert browser.still(order) == first
    assert browser.complaints == []


@needs_chromium
def test_the_checks_of_the_browser_can_fail(tmp_path: Path, browser: Browser) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<script src='https://example.org/x.js'></script><script>nothing()</script>")
    browser.open(bad.as_uri())
    assert browser.failures
    assert any("nothing" in text for text in browser.complaints)
    assert browser.run(PAINTED) == 0


def test_the_command_writes_the_map_beside_the_other_files(tmp_path: Path) -> None:
    network = draw(way((-1000, 0), (0, 0), (1000, 0)), way((0, 0), (0, 800)))
    save_network(network, tmp_path / "net")
    lon, lat = degrees([(100.0, 10.0)])[0]
    (tmp_path / "s.csv").write_text(
        f"id,name,lon,lat,负责人\na,{PAYLOADS[0]},{lon},{lat},王某\n", encoding="utf-8"
    )
    command = [sys.executable, "-c", "import cli; cli.main()", "coverage", "s.csv", "--datum"]
    done = subprocess.run(
        [*command, "wgs84", "--network", "net", "--out", "out", "--html", "--datum-out", "gcj02"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert "map.html" in json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["files"]
    assert inert(PAYLOADS[0]) in text
    assert '"datum":"wgs84"' in text, "the picture is in WGS-84 whatever the tables are in"
    assert "王某" not in text
