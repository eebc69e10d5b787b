"""The command line: the main job end to end, and what it says to bad input."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo import datum

HONGTU = [sys.executable, "-c", "import cli; cli.main()"]
STATIONS = """编号,名称,经度,纬度,类型
A1,甲站,24.9400,60.1700,标准站
A2,乙站,24.9450,60.1720,微型站
A3,丙站,24.9480,60.1690,=1+1
"""
DEMAND = """place_id,name,lon,lat,people
p1,a,24.9402,60.1701,120
p2,b,24.9470,60.1700,30
p3,far,25.5,60.17,7
"""


def run(*words: object, cwd: Path, lang: str = "en") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HONGTU_LANG": lang, "PYTHONUTF8": "1"}
    command = [*HONGTU, *(str(w) for w in words)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)


def refused(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    """Assert one plain sentence on standard error and the exit code."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in said:
        assert word in done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, helsinki_pbf: Path) -> Path:
    """Return a folder with a saved network, stations and demand."""
    folder = tmp_path_factory.mktemp("home")
    done = run("network", "import", helsinki_pbf, "--out", "helsinki", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "stations.csv").write_text(STATIONS, encoding="utf-8")
    (folder / "demand.csv").write_text(DEMAND, encoding="utf-8")
    return folder


def cover(home: Path, *more: object, stations: str = "stations.csv", datum: str = "wgs84") -> Any:
    return run("coverage", stations, "--datum", datum, "--network", "helsinki", *more, cwd=home)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_main_job(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "result"
    done = cover(
        home, "--demand", "demand.csv", "--demand-datum", "wgs84", "--od", "csv", "--lines",
        "--format", "geojson,gpkg", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert sorted(p.name for p in out.iterdir()) == sorted([*record["files"], "run.json"])

    circles = json.loads((out / "circles.geojson").read_text(encoding="utf-8"))
    first = circles["features"][0]["properties"]
    assert {"station_id", "minutes", "area_km2", "snapped_lon", "snapped_lat", "access_m"} <= set(
        first
    )
    assert first["类型"] == "标准站"
    assert len(circles["features"]) == 9
    dissolved = json.loads((out / "dissolved.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["minutes"] for f in dissolved["features"]] == [5, 10, 15]
    areas = json.loads((out / "responsibility.geojson").read_text(encoding="utf-8"))
    assert {f["properties"]["station_id"] for f in areas["features"]} == {"A1", "A2", "A3"}

    stations = rows(out / "stations.csv")
    assert list(stations[0])[:6] == [
        "station_id", "status", "reason", "reason_text", "access_m", "component",
    ]  # fmt: skip
    assert [r["status"] for r in stations] == ["used"] * 3
    assert stations[2]["类型"] == "'=1+1"
    assert {r["datum"] for r in stations} == {"wgs84"}

    places = {r["place_id"]: r for r in rows(out / "demand.csv")}
    assert list(places["p1"])[:7] == [
        "place_id", "status", "reason", "reason_text", "nearest_station_id", "minutes",
        "stations_within",
    ]  # fmt: skip
    assert places["p1"]["status"] == "served"
    assert places["p3"]["status"] == "not_used"
    assert places["p3"]["reason"] == "outside_network"
    assert places["p3"]["reason_text"]
    base = record["summary"]["denominator"]
    assert (base["kind"], base["total"], base["not_used"]) == ("demand", 157, 7)
    assert record["summary"]["bands"][-1]["share"] == pytest.approx(150 / 157)
    od = rows(out / "od.csv")
    assert {(r["station_id"], r["place_id"]) for r in od} >= {("A1", "p1"), ("A3", "p2")}
    assert "Stations: 3 of 3 used" in done.stdout
    assert "157" in done.stdout


def test_streets_are_the_denominator_without_demand(home: Path, tmp_path: Path) -> None:
    done = cover(home, "--metres", "300,500,1000", "--json", "--out", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["summary"]["denominator"]["kind"] == "street_km"
    assert [b["metres"] for b in record["summary"]["bands"]] == [300, 500, 1000]
    assert rows(tmp_path / "r" / "demand.csv") == []
    circles = json.loads((tmp_path / "r" / "circles.geojson").read_text(encoding="utf-8"))
    assert circles["features"][0]["properties"]["minutes"] == pytest.approx(4.5)


def test_gcj02_out_is_named_and_marked(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "r"
    assert cover(home, "--out", out).returncode == 0
    (out / "mine.txt").write_text("keep")
    done = cover(home, "--datum-out", "gcj02", "--out", out)
    assert done.returncode == 0, done.stderr
    names = {p.name for p in out.iterdir()}
    assert "circles.gcj02.geojson" in names
    assert "circles.geojson" not in names, "a stale file of another datum stays beside the new"
    assert "mine.txt" in names
    assert json.loads((out / "circles.gcj02.geojson").read_text("utf-8"))["datum"] == "gcj02"


def test_gbk_simply_works(home: Path, tmp_path: Path) -> None:
    (home / "gbk.csv").write_bytes(STATIONS.encode("gb18030"))
    done = cover(home, "--out", tmp_path / "r", stations="gbk.csv")
    assert done.returncode == 0, done.stderr
    assert [r["name"] for r in rows(tmp_path / "r" / "stations.csv")] == ["甲站", "乙站", "丙站"]


def test_row_faults_are_listed_and_strict_refuses(home: Path, tmp_path: Path) -> None:
    text = STATIONS + "A4,丁站,,,\nA5,戊站,abc,60.17,\nA6,己站,60.17,24.94,\n"
    (home / "faults.csv").write_text(text, encoding="utf-8")
    done = cover(home, "--out", tmp_path / "r", stations="faults.csv")
    assert done.returncode == 0, done.stderr
    reasons = {r["station_id"]: r["reason"] for r in rows(tmp_path / "r" / "stations.csv")}
    assert reasons["A4"] == "no_position"
    assert reasons["A5"] == "bad_number"
    assert reasons["A6"]
    refused(cover(home, "--strict", "--out", tmp_path / "s", stations="faults.csv"), 1, "--strict")
    assert not (tmp_path / "s").exists()


BAD_FILES = {
    "missing": (None, "no file"),
    "empty": (b"", "is empty"),
    "headings": ("编号,名称\n1,x\n".encode(), "编号"),
    "duplicate": (b"id,lon,lat\n1,24.94,60.17\n1,24.95,60.17\n", "more than once"),
    "swapped": (b"id,lon,lat\n1,32.04,118.79\n2,32.05,118.78\n", "exchanged"),
    "nan": (b"id,lon,lat\n1,NaN,60.17\n", "None of"),
    "outside": (b"id,lon,lat\n1,118.79,32.04\n", "outside the network"),
    "binary": (b"\x00\x01\x02" * 50, "NUL"),
}


@pytest.mark.parametrize("case", sorted(BAD_FILES))
def test_bad_stations(case: str, home: Path, tmp_path: Path) -> None:
    content, said = BAD_FILES[case]
    path = tmp_path / f"{case}.csv"
    if content is not None:
        path.write_bytes(content)
    refused(cover(home, "--out", tmp_path / "out", stations=str(path)), 1, said)
    assert not (tmp_path / "out").exists(), "a refusal leaves no folder behind"


def test_bad_geojson(home: Path, tmp_path: Path) -> None:
    deep = tmp_path / "deep.geojson"
    deep.write_text('{"a":' * 20_000 + "1" + "}" * 20_000)
    refused(cover(home, "--out", tmp_path / "o", stations=str(deep)), 1, "nested")
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    polygons = tmp_path / "polygons.geojson"
    polygons.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": square}))
    refused(cover(home, "--out", tmp_path / "o", stations=str(polygons)), 1, "point")


USAGE = {
    "wrong datum word": (["--datum", "wgs72x"], "wgs84"),
    "minutes negative": (["--minutes", "-5"], "1 to 60"),
    "minutes words": (["--minutes", "abc"], "abc"),
    "minutes many": (["--minutes", "1,2,3,4,5,6,7"], "6"),
    "minutes and metres": (["--minutes", "5", "--metres", "300"], "not both"),
    "profile": (["--profile", "bird"], "shuang15"),
    "format": (["--format", "dxf"], "geojson"),
    "cell": (["--cell-m", "0"], "cell_m"),
    "datum out": (["--datum-out", "mars-1"], "wgs84"),
    "od without demand": (["--od", "csv"], "--demand"),
    "demand without datum": (["--demand", "demand.csv"], "--demand-datum"),
    "unknown option": (["--bands", "5"], "--bands"),
    "language": (["--lang", "fr"], "zh, en"),
}


@pytest.mark.parametrize("case", sorted(USAGE))
def test_usage(case: str, home: Path, tmp_path: Path) -> None:
    words, said = USAGE[case]
    refused(cover(home, "--out", tmp_path / "o", *words), 2, said)
    assert not (tmp_path / "o").exists()


def test_no_datum(home: Path, tmp_path: Path) -> None:
    done = run("coverage", "stations.csv", "--network", "helsinki", "--out", tmp_path, cwd=home)
    refused(done, 2, "datum")


def test_errors_speak_chinese(home: Path, tmp_path: Path) -> None:
    done = run(
        "coverage", "nichts.csv", "--datum", "wgs84", "--network", "helsinki",
        "--out", tmp_path / "o", cwd=home, lang="zh",
    )  # fmt: skip
    assert done.stderr.strip() == "错误：找不到文件 nichts.csv。"


def test_bad_networks(home: Path, tmp_path: Path, helsinki_pbf: Path) -> None:
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(helsinki_pbf.read_bytes()[:200_000])
    refused(run("network", "import", cut, "--out", tmp_path / "n", cwd=home), 1, "cut off")
    text = tmp_path / "text.osm.pbf"
    text.write_text("hello " * 100)
    refused(run("network", "import", text, "--out", tmp_path / "n", cwd=home), 1)
    refused(run("network", "import", tmp_path / "no.osm", "--out", "n", cwd=home), 1, "no file")
    assert not (tmp_path / "n").exists()
    refused(run("network", "info", tmp_path, cwd=home), 1, "not a saved network")
    done = run("network", "import", helsinki_pbf, "--bbox", "1,2,3", "--out", "n", cwd=home)
    refused(done, 2, "W,S,E,N")
    done = run("network", "import", helsinki_pbf, "--bbox", "1,2,3,4", "--out", "n", cwd=home)
    refused(done, 1, "no way")


def test_network_info(home: Path) -> None:
    facts = json.loads(run("network", "info", "helsinki", "--json", cwd=home).stdout)
    assert facts["nodes"] > 3000
    assert facts["audit"]["steps_km"] > 0
    text = run("network", "info", "helsinki", cwd=home).stdout
    assert "OpenStreetMap" in text
    assert "2019" in text


def test_points_check(home: Path) -> None:
    done = run(
        "points", "check", "stations.csv", "--kind", "stations", "--datum", "wgs84", cwd=home
    )
    assert done.returncode == 0, done.stderr
    assert "经度" in done.stdout
    report = json.loads(
        run("points", "check", "demand.csv", "--kind", "demand", "--datum", "WGS-84", "--json",
            cwd=home).stdout
    )  # fmt: skip
    assert (report["rows"], report["demand"]["used"]) == (3, 157)
    refused(run("points", "check", "demand.csv", "--kind", "x", "--datum", "wgs84", cwd=home), 2)


def test_out_of_disk_is_one_sentence(home: Path, tmp_path: Path) -> None:
    """A limit on file sizes stands in for a full disk: both end as a refused write."""
    resource = pytest.importorskip("resource", reason="needs POSIX limits")
    command = [
        *HONGTU, "coverage", "stations.csv", "--datum", "wgs84", "--network", "helsinki",
        "--out", str(tmp_path / "full"),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=home, capture_output=True, text=True, timeout=300,
        env={**os.environ, "HONGTU_LANG": "en"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )  # fmt: skip
    refused(done, 1, "no room")
    assert not (tmp_path / "full").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_leaves_nothing(home: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    child = subprocess.Popen(
        [*HONGTU, "coverage", "stations.csv", "--datum", "wgs84", "--network", "helsinki",
         "--minutes", "30,60", "--cell-m", "5", "--out", str(tmp_path / "stopped")],
        cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "HONGTU_LANG": "en"}, start_new_session=True,
        # A shell that runs this in the background would hand down an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and set(tmp_path.iterdir()) == before:
        time.sleep(0.02)  # the staging folder shows that the work has begun
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=300)
    assert child.returncode == 130, said
    assert said.strip().splitlines()[-1] == "Interrupted; nothing was written."
    assert "Traceback" not in said
    assert set(tmp_path.iterdir()) == before


def test_help_names_every_option_of_the_contract() -> None:
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    out = subprocess.run(
        [*HONGTU, "coverage", "--help"], capture_output=True, text=True, check=True, env=env
    ).stdout
    for option in (
        "--datum", "--network", "--demand", "--demand-datum", "--minutes", "--metres", "--profile",
        "--cell-m", "--max-access-m", "--datum-out", "--format", "--strict", "--out", "--json",
        "--verbose", "--lang",
    ):  # fmt: skip
        assert option in out


@pytest.mark.parametrize("datum_out", ["gcj02", "bd09"])
def test_a_bad_row_does_not_keep_the_others_from_being_shifted(
    home: Path, tmp_path: Path, datum_out: str
) -> None:
    """Raw text of the bad rows once turned the columns to text, which no shift looked at."""
    (tmp_path / "s.csv").write_text(
        "id,lon,lat,note\n1,118.78,32.04,a\n2,118.80,32.05,b\n3,32.04,118.76,c\n4,abc,32,d\n",
        encoding="utf-8",
    )
    (tmp_path / "d.csv").write_text(
        "place_id,lon,lat,people\np1,118.79,32.045,120\np2,118.791,32.046,x\n", encoding="utf-8"
    )
    done = run("coverage", tmp_path / "s.csv", "--datum", "wgs84", "--demand", tmp_path / "d.csv",
               "--demand-datum", "wgs84", "--datum-out", datum_out, "--minutes", "10",
               "--network", "schematic", "--out", tmp_path / "out", cwd=home)  # fmt: skip
    assert done.returncode == 0, done.stderr
    stations = rows(tmp_path / "out" / "stations.csv")
    lon, lat = datum.from_wgs84(np.array([118.78, 118.80]), np.array([32.04, 32.05]), datum_out)
    for row, x, y in zip(stations, lon, lat, strict=False):
        assert row["datum"] == datum_out
        assert (float(row["lon"]), float(row["lat"])) == pytest.approx((x, y), abs=1e-6)
        assert float(row["snapped_lon"]) == pytest.approx(x, abs=0.002)
    swapped, word = stations[2:]
    assert (swapped["lon"], swapped["lon_wgs84"], swapped["lat_wgs84"]) == ("", "32.04", "118.76")
    assert (word["status"], word["lon_wgs84"], word["note"]) == ("not_used", "abc", "d")
    good, bad = rows(tmp_path / "out" / "demand.csv")
    lon, lat = datum.from_wgs84(np.array([118.79]), np.array([32.045]), datum_out)
    assert (float(good["lon"]), float(good["lat"])) == pytest.approx((lon[0], lat[0]), abs=1e-6)
    assert (bad["lon"], bad["lon_wgs84"]) == ("", "118.791")


def test_demand_without_numbers_of_people_counts_places(home: Path, tmp_path: Path) -> None:
    done = cover(home, "--demand", "stations.csv", "--demand-datum", "wgs84", "--html",
                 "--out", tmp_path / "out")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "every place counts as one" in done.stdout
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert "unit_demand" in record["hongtu"]["flags"]
    assert f"({len(record['files']) + 1} files)" in done.stdout  # and run.json
