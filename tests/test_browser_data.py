"""The page 数据 in a browser that can reach only this machine: from a list to its circles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import chromium_path
from picked_points import PRIVATE, gbk_csv
from running_app import FRAME, IDLE, PAINTED, AppBrowser, serve
from test_browser_page import MAP, arrived, quiet

from geo import samples
from geo.layers.previews import DATUM_COLOURS
from geo.points import read_points

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="no chromium on this machine")

ATTACK = "{{ 7*7 }}<img src=x onerror=\"top.hit='img'\">${top.hit=1}`"
COUNT = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a union's list in it, one of whose names is an attack."""
    home = tmp_path_factory.mktemp("data")
    stations = read_points(samples.SHIPPED / "stations.geojson", kind="stations", datum="wgs84")
    rows = gbk_csv(stations.frame, COUNT).decode("gb18030")
    quoted = '"' + ATTACK.replace('"', '""') + '"'
    (home / "站点.csv").write_bytes(rows.replace("测试驿站7,", f"{quoted},").encode("gb18030"))
    return home


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    with serve(place, {"HONGTU_CACHE": str(place / "cache")}) as url:
        yield url


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[AppBrowser]:
    with AppBrowser() as browser:
        browser.open(address)
        browser.wait_for("!!document.querySelector('.st-key-to-data a')", 40)
        browser.run("document.querySelector('.st-key-to-data a').click()")
        browser.wait_for(f"!!document.querySelector('{UPLOAD}')", 60)
        settle(browser)
        yield browser


UPLOAD = ".st-key-data-file-stations input[type=file]"
POINTS = (
    f"(() => {{ {MAP}; const found = [];"
    "m.eachLayer(l => { if (l.feature && l.feature.properties.datum)"
    "found.push([l.feature.properties.k, l.getLatLng().lng, l.getLatLng().lat,"
    "l.options.fillColor]) }); return found })()"
)


def settle(browser: AppBrowser) -> None:
    browser.pause(0.4)
    browser.wait_for(IDLE, 60)


def put(browser: AppBrowser, selector: str, path: Path) -> None:
    """Have an uploader hold a file."""
    root = browser.call("DOM.getDocument", depth=1)["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


def choose_datum(browser: AppBrowser, place: int) -> None:
    before = browser.run(f"{FRAME}.contentDocument.querySelector('.leaflet-container')"
                         ".dataset.painted")  # fmt: skip
    browser.run(
        f"document.querySelectorAll('.st-key-data-datum-stations input[type=radio]')[{place}]"
        ".click()"
    )
    browser.wait_for(
        f"{FRAME} && {FRAME}.contentDocument.querySelector('.leaflet-container').dataset.painted"
        f" !== {json.dumps(before)}", 40,
    )  # fmt: skip
    settle(browser)


def filled(browser: AppBrowser) -> dict[str, np.ndarray]:
    """Return where points are drawn, by datum: those filled with its own colour."""
    rows = browser.run(POINTS)
    return {
        name: np.array([row[1:3] for row in rows if row[0] == name and row[3] == colour])
        for name, colour in DATUM_COLOURS.items()
    }


def test_a_list_is_read_and_drawn_before_its_datum_is_said(page: AppBrowser, place: Path) -> None:
    put(page, UPLOAD, place / "站点.csv")
    page.await_map(60)
    assert len(page.run(POINTS)) == 3 * COUNT
    assert all(len(points) == 0 for points in filled(page).values())
    assert page.run("document.querySelector('.st-key-data-use-stations button').disabled")
    assert "请先选坐标系" in page.text()


def test_switching_the_datum_moves_the_points_at_once(page: AppBrowser) -> None:
    page.run(f"void ({FRAME}.contentWindow.here = 'still')")
    choose_datum(page, 0)
    as_wgs84 = filled(page)["wgs84"]
    assert "西北 540 米" in page.text()
    choose_datum(page, 2)
    as_gcj02 = filled(page)["gcj02"]
    assert page.run(f"{FRAME}.contentWindow.here") == "still", "the frame was not loaded again"
    assert len(as_wgs84) == len(as_gcj02) == COUNT
    stations = read_points(samples.SHIPPED / "stations.geojson", kind="stations", datum="wgs84")
    truth = np.column_stack([stations.frame.geometry.x, stations.frame.geometry.y])[:COUNT]
    assert np.abs(as_gcj02 - truth).max() < 2e-5, "drawn where they are, to the map's 5 decimals"
    moved = (as_wgs84 - as_gcj02) * [94_380, 111_320]
    assert 450 < np.hypot(*np.median(moved, axis=0)) < 620
    assert "东南 540 米" in page.text()
    assert quiet(page)


def test_names_on_the_map_are_text(page: AppBrowser) -> None:
    page.run(
        f"(() => {{ {MAP}; window.told = [];"
        "m.eachLayer(l => { if (!l.feature || l.feature.properties.k !== 'gcj02') return;"
        "l.fire('mouseover', {latlng: l.getLatLng()}, true);"
        "const tips = w.document.querySelectorAll('.ht-tip');"
        "if (tips.length) window.told.push(tips[tips.length - 1].innerText);"
        "l.fire('mouseout', {}, true) }) })()"
    )
    page.pause(0.5)
    assert ATTACK in "\n".join(page.run("window.told"))
    assert page.run("window.hit") is None
    assert page.run(f"{FRAME}.contentWindow.hit") is None
    hosts = {url.split("/")[2] for url in page.requests if url.startswith("http")}
    assert {host.split(":")[0] for host in hosts} == {"localhost"}


def test_the_cleaned_file_reads_back(page: AppBrowser, place: Path) -> None:
    saved = place / "saved"
    saved.mkdir()
    page.save_downloads(saved)
    page.run("document.querySelectorAll('.st-key-data-format-stations button')[1].click()")
    settle(page)
    page.run("document.querySelector('.st-key-data-save-stations button').click()")
    cleaned = arrived(saved, "stations.csv")
    again = read_points(cleaned, kind="stations", datum="wgs84")
    assert len(again) == COUNT
    page.run("document.querySelector('.st-key-data-save-faults-stations button').click()")
    faults = arrived(saved, "faults.csv").read_text("utf-8-sig")
    for code in ("bad_number", "no_position", "total_row"):
        assert code in faults
    for word in PRIVATE:
        assert word not in faults
        assert word not in cleaned.read_text("utf-8-sig")


def test_the_circles_are_those_of_the_list(page: AppBrowser) -> None:
    page.run("document.querySelector('.st-key-data-use-stations button').click()")
    page.wait_for("document.body.innerText.includes('正在使用')", 30)
    settle(page)
    page.run("document.querySelector('.st-key-data-now a').click()")
    page.wait_for("!!document.querySelector('.ht-cards')", 60)
    page.await_map(60)
    text = page.text()
    assert f"{COUNT} 个站点" in text
    assert "公里道路" in text, "shares are of street length, not of the sample's demand"
    assert page.run("document.documentElement.scrollWidth") <= 1280
    assert quiet(page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_fits_a_phone(address: str, place: Path, lang: str) -> None:
    with AppBrowser(390, 844, mobile=True) as phone:
        phone.open(f"{address}/data?lang={lang}", 0.0)
        phone.wait_for(f"!!document.querySelector('{UPLOAD}')", 60)
        settle(phone)
        put(phone, UPLOAD, place / "站点.csv")
        phone.await_map(60)
        choose_datum(phone, 3)
        assert phone.run("document.documentElement.scrollWidth") <= 390
        assert phone.run(PAINTED)
        assert {"zh": "BD-09（百度）（已选）", "en": "BD-09 (Baidu) (chosen)"}[lang] in phone.text()
        phone.failures = [f for f in phone.failures if "/_stcore/" not in f]
        phone.complaints = [c for c in phone.complaints if "404 (Not Found)" not in c]
        assert quiet(phone)
