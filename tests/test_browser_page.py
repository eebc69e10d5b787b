"""The page in a browser that can reach nothing but this machine: painted, quiet, and unhurt."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser, chromium_path
from running_app import FRAME, IDLE, PAINTED, AppBrowser, serve

from geo import samples

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="no chromium on this machine")

ATTACKS = (
    "{{ 7*7 }}{% raw %}",
    "<img src=x onerror=\"top.hit='img'\">",
    "${top.hit='template'}`;top.hit='tick'//",
    "</script><script>top.hit='script'</script>",
    "'\"><svg/onload=top.hit='svg'>",
)
MAP = f"const w = {FRAME}.contentWindow, m = Object.values(w).find(v => v instanceof w.L.Map)"
# Streamlit looks for its server beside the address first when a page is linked to; its own
# warnings about features a browser does not know, and one about our looking, are no errors.
PROBES = ("/_stcore/health", "/_stcore/host-config")
KNOWN = ("Unrecognized feature", "An iframe which has both allow-scripts", "Canvas2D: Multiple")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample's points with attacks planted in stations and sites."""
    home = tmp_path_factory.mktemp("app")
    points = home / "points"
    shutil.copytree(samples.POINTS, points)
    for name, fields in (("stations", ("name", "kind", "address", "hours_text")),
                         ("sites", ("name_zh", "name_en", "address"))):  # fmt: skip
        path = points / f"{name}.geojson"
        told = json.loads(path.read_text("utf-8"))
        for at, attack in enumerate(ATTACKS):
            for field in fields:
                told["features"][at]["properties"][field] = attack
            told["features"][at]["properties"][attack] = attack
        path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return home


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    environ = {"HONGTU_POINTS": str(place / "points"), "HONGTU_CACHE": str(place / "cache")}
    with serve(place, environ) as url:
        yield url


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[AppBrowser]:
    """Return a browser that came to the page of service circles from the first page."""
    with AppBrowser() as browser:
        browser.open(address)
        browser.wait_for("!!document.querySelector('.st-key-to-circles a')", 40)
        browser.run("document.querySelector('.st-key-to-circles a').click()")
        browser.await_map(60)
        yield browser


def quiet(browser: Browser) -> bool:
    """Say whether nothing failed and nothing complained."""
    failures = [f for f in browser.failures if "ERR_ABORTED" not in f]
    complaints = [c for c in browser.complaints if not c.startswith(KNOWN)]
    assert failures == []
    assert complaints == []
    return True


def test_the_map_is_painted_without_the_internet(page: AppBrowser, tmp_path: Path) -> None:
    page.picture(tmp_path / "page.png")
    assert colours(page) > 20
    assert quiet(page)
    hosts = {url.split("/")[2] for url in page.requests if url.startswith("http")}
    assert {host.split(":")[0] for host in hosts} == {"localhost"}
    assert page.run(f"{FRAME}.contentDocument.querySelectorAll('img.leaflet-tile').length") == 0


def colours(page: AppBrowser) -> int:
    """Return how many colours the map shows."""
    return int(
        page.run(
            f"(() => {{ const c = {FRAME}.contentDocument.querySelector('canvas');"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "const s = new Set(); for (let i = 0; i < d.length; i += 4)"
            "s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size })()"
        )
    )


def test_a_changed_band_is_painted_and_the_view_stays(page: AppBrowser) -> None:
    corner = page.run(
        f"(() => {{ const f = {FRAME}; f.scrollIntoView({{block: 'center'}});"
        "const b = f.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )
    before = view(page)
    page.drag((corner[0] + 90, corner[1] + 130), (-120.0, -60.0))  # not on a site
    page.run(f"{FRAME}.contentDocument.querySelector('.leaflet-control-zoom-in').click()")
    moved = view(page)
    assert moved[1] > before[1]
    assert moved[2] > before[2]
    page.run(f"void ({FRAME}.contentWindow.here = 'still')")
    asked = len(page.requests)
    page.nudge_band(3)
    page.pause(0.3)
    page.submit()
    page.await_map()
    page.wait_for("document.body.innerText.includes('16 分钟内可达')")
    assert view(page) == moved
    assert page.run(f"{FRAME}.contentWindow.here") == "still", "the frame was not loaded again"
    assert [url for url in page.requests[asked:] if "/component/" in url] == []
    assert "limits=5%2C10%2C16" in page.run("location.href").replace(",", "%2C")
    assert quiet(page)


def test_back_returns_to_the_bands_asked_before(address: str) -> None:
    said = "document.body.innerText.includes('{} 分钟内可达')"
    with AppBrowser() as browser:
        browser.open(f"{address}/circles", 0.0)
        browser.wait_for(said.format(15), 60)
        browser.await_map()
        browser.nudge_band(3)
        browser.pause(0.3)
        browser.submit()
        browser.wait_for(said.format(16), 60)
        browser.wait_for(IDLE, 30)
        browser.run("history.back()")
        browser.wait_for(f"{said.format(15)} && !location.search.includes('limits')", 60)
        browser.wait_for(IDLE, 30)
        browser.run("history.forward()")
        browser.wait_for(f"{said.format(16)} && location.search.includes('limits')", 60)


def view(page: AppBrowser) -> list[float]:
    """Return the centre and zoom of the map that the browser's tab keeps, once it stands still."""
    return page.still(
        f"(() => {{ {MAP};"
        "const c = m.getCenter(); return [+c.lat.toFixed(6), +c.lng.toFixed(6), m.getZoom()] })()"
    )


def test_hostile_names_are_text(page: AppBrowser) -> None:
    page.run(
        f"(() => {{ {MAP}; window.told = [];"
        "m.eachLayer(l => { if (!l.feature) return;"
        "l.fire('mouseover', {latlng: l.getLatLng ? l.getLatLng() : m.getCenter()}, true);"
        "const tips = w.document.querySelectorAll('.ht-tip');"
        "if (tips.length) window.told.push(tips[tips.length - 1].innerText);"
        "l.fire('mouseout', {}, true) }) })()"
    )
    page.pause(0.5)
    told = "\n".join(page.run("window.told"))
    for attack in ATTACKS:
        assert told.count(attack) >= 2, f"{attack} is not shown as it was written"
    assert "49" not in [line.strip() for line in told.splitlines()]
    assert page.run("window.hit") is None
    assert page.run(f"{FRAME}.contentWindow.hit") is None
    assert quiet(page)


def test_files_can_be_taken_away(page: AppBrowser, place: Path) -> None:
    saved = place / "saved"
    saved.mkdir()
    page.save_downloads(saved)
    endings = {"geojson": ".geojson.zip", "gpkg": ".gpkg", "csv": ".csv.zip", "html": ".html"}
    for kind, ending in endings.items():
        page.run(f"document.querySelector('.st-key-download-{kind} button').click()")
        path = arrived(saved, ending)
        data = path.read_bytes()
        if kind == "gpkg":
            with sqlite3.connect(path) as base:
                assert base.execute("select count(*) from stations").fetchone()[0] == 160
        elif kind == "html":
            assert b"Content-Security-Policy" in data
        else:
            assert "run.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    with AppBrowser() as other:
        other.open(arrived(saved, ".html").as_uri(), 1.0)
        other.wait_for("!!document.querySelector('canvas')")
        assert other.run("window.hit") is None
        assert quiet(other)


def arrived(folder: Path, ending: str) -> Path:
    """Return the file of this ending once it is complete."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        found = [path for path in folder.iterdir() if path.name.endswith(ending)]
        if found and not list(folder.glob("*.crdownload")):
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(f"no file {ending} in {sorted(p.name for p in folder.iterdir())}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_share_link_opens_on_a_phone(address: str, lang: str) -> None:
    with AppBrowser(390, 844, mobile=True) as phone:
        phone.open(f"{address}/circles?lang={lang}&limits=8&profile=adult", 0.0)
        phone.await_map()
        assert {"zh": "8 分钟内可达", "en": "Within 8 min"}[lang] in phone.text()
        assert phone.run("document.documentElement.scrollWidth") <= 390
        assert phone.run(PAINTED)
        assert phone.run(IDLE)
        phone.failures = [f for f in phone.failures if not f.endswith(PROBES)]
        phone.complaints = [c for c in phone.complaints if "404 (Not Found)" not in c]
        assert quiet(phone)
