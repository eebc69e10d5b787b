"""Tables with addresses only: what is used, what is listed, and the command that does it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geocoding_server import KEY, TOWN_HALL, GeocodingServer, amap, amap_fault, nominatim, tianditu
from nobody import nobody
from typer.testing import CliRunner

import cli
from geo.datum import from_wgs84
from geo.errors import FetchError, PlannerError
from geo.exports import Provenance
from geo.geocode import SERVICES, Asker, Geocoded, geocode
from geo.geocode.writing import joined, write_located
from geo.points import PointTable, read_points

ROOT = Path(__file__).parents[1]
X, Y = TOWN_HALL
GCJ = tuple(float(v) for v in from_wgs84(X + 0.01, Y + 0.01, "gcj02"))
SHEET = f"""编号,名称,地址,经度,纬度,联系电话
A1,有坐标站,中山路1号,{GCJ[0]:.6f},{GCJ[1]:.6f},1300000
A2,门址站,北京东路41号,,,1300001
A3,同名站,人民路1号,,,1300002
A4,外地站,解放路1号,,,1300003
A5,只到道路,学府路,,,1300004
A6,查无,不存在路9号,,,1300005
A7,无地址无坐标,,,,1300006
A8,坏坐标,中山路2号,abc,32,1300007
"""
ANSWERS: dict[str, Any] = {
    "北京东路41号": amap([(X, Y, "门址")]),
    "人民路1号": amap([(X, Y, "门址"), (X + 0.05, Y, "门址")]),
    "解放路1号": amap([(121.47, 31.23, "门址")], city="上海市"),
    "学府路": amap([(X, Y, "道路")]),
}


@pytest.fixture
def server() -> Iterator[GeocodingServer]:
    with GeocodingServer(dict(ANSWERS)) as made:
        yield made


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def table_of(path: Path) -> PointTable:
    return read_points(path, kind="stations", datum="gcj02", unlocated=True)


def found_in(
    path: Path, server: GeocodingServer, name: str = "amap", city: str | None = None, **more: Any
) -> Geocoded:
    asker = Asker(
        SERVICES[name], KEY, server.url, city=city, pause_s=0, timeout_s=5, sleep=lambda _: None
    )
    return geocode(table_of(path), asker, **more)


def outcomes(found: Geocoded) -> dict[str, str]:
    return dict(zip(found.rows["id"], found.rows["outcome"], strict=True))


def test_only_what_is_near_and_certain_is_used(sheet: Path, server: GeocodingServer) -> None:
    before = table_of(sheet)
    found = found_in(sheet, server, city="南京")
    assert outcomes(found) == {
        "A2": "located",
        "A3": "ambiguous",
        "A4": "off_area",
        "A5": "too_coarse",
        "A6": "not_found",
    }
    assert found.table.frame["id"].tolist() == ["A1", "A2"]
    old, new = found.table.frame.geometry.tolist()
    assert old.equals(before.frame.geometry.iloc[0])  # rows with a position are as they were
    assert np.allclose((new.x, new.y), TOWN_HALL, atol=2e-6)  # GCJ-02 made WGS-84
    assert found.table.frame["coordinate_status"].tolist() == [None, "geocoded"]
    assert found.table.frame["coordinate_accuracy_m"].tolist() == [None, 30.0]
    assert found.table.frame["coordinate_source"].iloc[1].startswith("amap ")
    assert "geocoded" in found.table.flags
    assert sorted(found.table.unused["id"]) == ["A3", "A4", "A5", "A6", "A7", "A8"]
    assert found.table.rows == len(found.table.frame) + len(found.table.unused) == before.rows
    assert (found.asked, found.stopped) == (5, None)
    assert found.table.digest != before.digest


def test_without_a_city_the_other_rows_say_where_the_area_is(
    sheet: Path, server: GeocodingServer
) -> None:
    assert outcomes(found_in(sheet, server))["A4"] == "off_area"
    wide = found_in(sheet, server, bbox=(116.0, 30.0, 123.0, 34.0))
    assert outcomes(wide)["A4"] == "located"


def test_of_several_places_those_outside_the_area_do_not_count(
    sheet: Path, server: GeocodingServer
) -> None:
    server.answers["人民路1号"] = amap([(X + 1.5, Y, "门址"), (X, Y, "门址")])
    found = found_in(sheet, server, bbox=(118.3, 31.2, 119.3, 32.7))
    row = found.rows.set_index("id").loc["A3"]
    assert row["outcome"] == "located"
    assert np.allclose((row["lon"], row["lat"]), TOWN_HALL, atol=2e-6)


def test_coarser_is_used_where_it_is_asked_for(sheet: Path, server: GeocodingServer) -> None:
    found = found_in(sheet, server, max_accuracy_m=1000)
    assert outcomes(found)["A5"] == "located"
    located = found.table.frame.set_index("id")
    assert located.loc["A5", "coordinate_accuracy_m"] == 1000


def test_tianditu_is_judged_by_its_confidence_and_the_middle_of_the_city(
    sheet: Path, server: GeocodingServer
) -> None:
    server.answers.clear()
    server.answers |= {
        "南京": tianditu(X, Y, "市"),
        "南京北京东路41号": tianditu(X, Y),
        "南京人民路1号": tianditu(X, Y, score=40),
        "南京解放路1号": tianditu(121.47, 31.23),
        "南京学府路": tianditu(X, Y, "道路"),
    }
    found = found_in(sheet, server, "tianditu", city="南京", bbox=(70.0, 10.0, 130.0, 50.0))
    assert outcomes(found) == {
        "A2": "located",
        "A3": "weak",
        "A4": "off_area",
        "A5": "too_coarse",
        "A6": "not_found",
    }


def test_nominatim_is_judged_by_the_size_of_the_match(sheet: Path, server: GeocodingServer) -> None:
    server.answers.clear()
    server.answers |= {
        "南京市 北京东路41号": nominatim([(X, Y, 0.0002)]),
        "南京市 人民路1号": nominatim([(X, Y, 0.0002), (X + 0.001, Y, 0.0002)]),
        "南京市 学府路": nominatim([(X, Y, 0.02)]),
        "南京市 解放路1号": nominatim([(X, Y, 0.0002)], city="上海市"),
    }
    found = found_in(sheet, server, "nominatim", city="南京市")
    assert outcomes(found) == {
        "A2": "located",
        "A3": "located",  # the other is a hundred metres away
        "A4": "off_area",
        "A5": "too_coarse",
        "A6": "not_found",
    }
    rows = found.rows.set_index("id")
    assert rows.loc["A5", "accuracy_m"] == pytest.approx(np.hypot(2226, 1887), rel=0.01)


def test_a_quota_used_up_halfway_keeps_what_was_found(sheet: Path, server: GeocodingServer) -> None:
    server.answers["解放路1号"] = amap_fault("10003", "DAILY_QUERY_OVER_LIMIT")
    found = found_in(sheet, server)
    assert found.stopped is not None
    assert found.stopped.code == "geocode_quota"
    assert outcomes(found) == {
        "A2": "located",
        "A3": "ambiguous",
        "A4": "failed",
        "A5": "not_asked",
        "A6": "not_asked",
    }
    assert len(server.seen) == 3


def test_one_answer_that_cannot_be_understood_fails_its_row_only(
    sheet: Path, server: GeocodingServer
) -> None:
    server.answers["人民路1号"] = (200, "<html>")
    found = found_in(sheet, server)
    assert outcomes(found)["A3"] == "failed"
    assert outcomes(found)["A5"] == "too_coarse"
    assert found.stopped is None


def test_a_service_that_never_answers_well_is_refused(sheet: Path, server: GeocodingServer) -> None:
    server.answers = {address: (200, "<html>") for address in ANSWERS} | {"不存在路9号": []}
    with pytest.raises(FetchError) as caught:
        found_in(sheet, server)
    assert caught.value.code == "geocode_not_json"
    assert len(server.seen) == 3  # and left alone


def test_the_table_reads_back_as_it_was_written(
    sheet: Path, server: GeocodingServer, tmp_path: Path
) -> None:
    found = found_in(sheet, server, city="南京")
    out = tmp_path / "located.csv"
    written = write_located(found, out, Provenance(command="points geocode"))
    assert written.rows == 8
    assert "联系电话" in written.dropped_columns
    back = read_points(out, kind="stations", datum="wgs84")
    assert back.frame["id"].tolist() == ["A1", "A2"]
    ours, theirs = (t.frame.geometry for t in (found.table, back))
    assert np.allclose(ours.x, theirs.x, atol=1e-7)
    assert np.allclose(ours.y, theirs.y, atol=1e-7)
    assert "geocoded" in back.flags
    codes = dict(zip(back.faults["id"], back.faults["code"], strict=True))
    assert codes["A3"] == "address_only"
    assert codes["A7"] == "no_position"
    with out.open(encoding="utf-8-sig", newline="") as handle:
        rows = {row["id"]: row for row in csv.DictReader(handle)}
    assert float(rows["A1"]["lon"]) == pytest.approx(X + 0.01, abs=2e-7)
    assert rows["A1"]["经度_input"] == f"{GCJ[0]:.6f}"  # nothing of the input is lost
    assert rows["A8"]["经度_input"] == "abc"
    assert rows["A3"]["geocode_outcome"] == "ambiguous"
    assert rows["A2"]["geocode_level"] == "门址"
    assert rows["A2"]["datum"] == "wgs84"


def test_a_sheet_without_any_position(tmp_path: Path, server: GeocodingServer) -> None:
    path = tmp_path / "addresses.csv"
    path.write_text("名称,地址\n甲,北京东路41号\n乙,不存在路9号\n", encoding="utf-8")
    found = found_in(path, server, city="南京")
    assert found.table.frame["name"].tolist() == ["甲"]
    frame = joined(found)
    assert frame["name"].tolist() == ["甲", "乙"]
    assert frame.geometry.isna().tolist() == [False, True]


# The command


def run(*args: object, key: str | None, cache: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "HONGTU_GEOCODE_KEY"}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "HONGTU_LANG": "zh"}
    if key is not None:
        env["HONGTU_GEOCODE_KEY"] = key
    env["HONGTU_CACHE"] = str(cache)
    return subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "points", "geocode", *map(str, args)],
        capture_output=True, text=True, env=env, cwd=ROOT, check=False, timeout=120,
    )  # fmt: skip


def test_the_command_writes_reports_and_keeps_the_key_to_itself(
    sheet: Path, server: GeocodingServer, tmp_path: Path
) -> None:
    cache, out = tmp_path / "cache", tmp_path / "located.csv"
    common = (sheet, "--datum", "gcj02", "--provider", "amap", "--city", "南京", "--base-url")
    done = run(*common, server.url, "--out", out, key=KEY, cache=cache)
    assert done.returncode == 0, done.stderr
    assert "已定位 1 行" in done.stdout
    assert "有几处相距较远的地点" in done.stdout
    asked = len(server.seen)
    key = tmp_path / "key.txt"
    key.write_text(f"{KEY}\n")
    again = run(*common, server.url, "--out", out, "--key-file", key, "--json", key=None,
                cache=cache)  # fmt: skip
    told = json.loads(again.stdout)
    assert told["usable"] == 2
    assert len(server.seen) == asked + 1  # only what was not found is asked again
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p != key]
    assert out in files
    for path in files:
        assert KEY not in path.read_text("utf-8", errors="replace"), path
    assert KEY not in done.stdout + done.stderr + again.stdout + again.stderr


def refused(*args: object, key: str | None = KEY) -> PlannerError:
    """Return the refusal of the command, run in this process."""
    env = {"HONGTU_GEOCODE_KEY": key}
    done = CliRunner().invoke(cli.app, ["points", "geocode", *map(str, args)], env=env)
    assert isinstance(done.exception, PlannerError), done.output
    return done.exception


@pytest.mark.parametrize(
    ("args", "key", "code", "sentence"),
    [
        (("--provider", "baidu"), KEY, 2, "--provider"),
        (("--provider", "amap,nominatim"), KEY, 2, "--provider"),
        (("--provider", "amap"), None, 2, "HONGTU_GEOCODE_KEY"),
        (("--provider", "amap", "--key-file", "none.txt"), None, 1, "none.txt"),
        (("--provider", "amap", "--key-file", "."), None, 1, "4 KB"),
        (("--provider", "amap", "--base-url", "nowhere"), KEY, 2, "--base-url"),
        (("--provider", "amap", "--bbox", "1,2"), KEY, 2, "1,2"),
        (("--provider", "amap", "--kind", "shops"), KEY, 2, "shops"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    sheet: Path, tmp_path: Path, args: tuple[str, ...], key: str | None, code: int, sentence: str
) -> None:
    out = tmp_path / "located.csv"
    fault = refused(sheet, "--datum", "gcj02", "--out", out, *args, key=key)
    assert fault.exit_code == code
    assert sentence in fault.sentence("zh")
    assert sentence in fault.sentence("en")
    assert not out.exists()


def test_the_command_says_why_in_both_languages(
    sheet: Path, server: GeocodingServer, tmp_path: Path
) -> None:
    server.answers["解放路1号"] = amap_fault("10003", "DAILY_QUERY_OVER_LIMIT")
    for lang, said in (("en", "not asked: the service had stopped"), ("zh", "没有查询（服务")):
        key = tmp_path / "key.txt"
        key.write_text(f"\ufeff{KEY}\r\nsecond line\n", encoding="utf-8")
        words = ["points", "geocode", str(sheet), "--datum", "gcj02", "--provider", "amap"]
        words += ["--out", str(tmp_path / f"{lang}.csv"), "--base-url", server.url, "--no-cache"]
        words += ["--key-file", str(key), "--lang", lang]
        done = CliRunner().invoke(cli.app, words)
        assert done.exception is None, done.output
        assert said in done.output
        assert "DAILY_QUERY_OVER_LIMIT" in done.output
        assert "人民路1号" in done.output  # the ambiguous row, with what was offered
        assert "联系电话" in done.output
        assert KEY not in done.output


def test_a_wrong_key_leaves_no_file(sheet: Path, server: GeocodingServer, tmp_path: Path) -> None:
    out = tmp_path / "located.csv"
    fault = refused(sheet, "--datum", "gcj02", "--out", out, "--provider", "amap", "--no-cache",
                    "--base-url", server.url, key="wrong-secret")  # fmt: skip
    assert (fault.code, fault.exit_code) == ("geocode_key", 1)
    assert "wrong-secret" not in fault.sentence("zh")
    assert not out.exists()


@pytest.mark.parametrize("rows", [1, 2])
def test_a_service_out_of_reach_leaves_no_file(tmp_path: Path, rows: int) -> None:
    path, out = tmp_path / "few.csv", tmp_path / "located.csv"
    lines = "".join(f"A{i},某站,中山路{i}号,,\n" for i in range(rows))
    path.write_text(f"编号,名称,地址,经度,纬度\nB1,有,x,{X},{Y}\n{lines}", encoding="utf-8")
    with nobody() as url:
        fault = refused(path, "--datum", "wgs84", "--out", out, "--provider", "nominatim",
                        "--base-url", url, "--no-cache")  # fmt: skip
    assert (fault.code, fault.exit_code) == ("geocode_refuses", 1)
    assert all(url.removeprefix("http://") in fault.sentence(lang) for lang in ("zh", "en"))
    assert not out.exists()


def test_a_service_that_fails_the_only_rows_asked_is_refused(
    sheet: Path, server: GeocodingServer
) -> None:
    text = "\n".join(line for line in SHEET.splitlines() if line[:2] not in ("A3", "A4", "A5"))
    sheet.write_text(text, encoding="utf-8")
    server.answers = {"北京东路41号": (200, "<html>"), "不存在路9号": (200, "<html>")}
    with pytest.raises(FetchError) as caught:
        found_in(sheet, server)
    assert caught.value.code == "geocode_not_json"
    del server.answers["不存在路9号"]  # an answer, if no place: the service is there
    assert outcomes(found_in(sheet, server)) == {"A2": "failed", "A6": "not_found"}


def test_nothing_to_ask(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(f"id,lon,lat,address\na,{X},{Y},somewhere\n")
    fault = refused(path, "--datum", "wgs84", "--out", tmp_path / "o.csv", "--provider", "amap")
    assert (fault.code, fault.exit_code) == ("geocode_none", 1)
