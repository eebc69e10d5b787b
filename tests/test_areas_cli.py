"""`hongtu coverage --areas`: files, sentences and exit codes."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from drawn_areas import collection
from drawn_network import degrees, draw, way

import cli
from geo.datum import from_wgs84
from geo.network import save_network

WEST, EAST = shapely.box(-100, -500, 1000, 500), shapely.box(1000, -500, 4100, 500)


def ring(box: Any, datum: str = "wgs84") -> list[list[list[float]]]:
    lonlat = degrees(shapely.get_coordinates(box))
    return [np.column_stack(from_wgs84(*lonlat.T, datum)).tolist()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a saved street, stations, demand and areas."""
    folder = tmp_path_factory.mktemp("areas")
    save_network(draw(way((0, 0), (4000, 0))), folder / "net")
    for name, head, found in (
        ("stations", "class", {"S": (0, 0, "标准站"), "T": (900, 0, "流动站")}),
        ("demand", "人数", {"p": (100, 0, 300), "q": (3000, 0, 50), "r": (9, 600, 7)}),
    ):
        lines = [f"编号,名称,经度,纬度,{head}"]
        for key, (x, y, last) in found.items():
            lon, lat = degrees([(x, y)])[0]
            lines.append(f"{key},{key},{lon:.7f},{lat:.7f},{last}")
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    west = {"编号": "w", "名称": "西区", "层级": "区", "所属工会": "西区总工会", "联系电话": "1"}
    east = {**west, "编号": "e", "名称": "东区", "所属工会": "东区总工会"}
    for datum in ("wgs84", "gcj02"):
        text = collection((west, ring(WEST, datum)), (east, ring(EAST, datum)))
        (folder / f"{datum}.geojson").write_text(text, encoding="utf-8")
    bow_tie = shapely.Polygon([(0, 0), (900, 90), (900, 0), (0, 90)])
    text = collection((west, ring(WEST)), ({**east, "编号": "x"}, ring(bow_tie)))
    (folder / "broken.geojson").write_text(text, encoding="utf-8")
    text = collection((west, ring(WEST)), (west, ring(EAST)))
    (folder / "twice.geojson").write_text(text, encoding="utf-8")
    text = collection((west, ring(bow_tie)))
    (folder / "useless.geojson").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs `hongtu coverage` here and returns exit code, out and err."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("HONGTU_LANG", "en")

    def call(*words: object) -> tuple[int, str, str]:
        fixed = ["stations.csv", "--datum", "wgs84", "--network", "net"]
        more = ["--demand", "demand.csv", "--demand-datum", "wgs84", "--cell-m", "100"]
        monkeypatch.setattr(
            sys, "argv", ["hongtu", "coverage", *fixed, *more, *(str(w) for w in words)]
        )
        code = 0
        try:
            cli.main()
        except SystemExit as leave:
            code = int(leave.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_areas_are_written_printed_and_recorded(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "r"
    words = ["--areas", "gcj02.geojson", "--areas-datum", "gcj02", "--format", "geojson,gpkg"]
    code, said, _ = run(*words, "--out", out)
    assert code == 0
    assert "Level 区: 2 areas used" in said
    assert "东区: demand 50, served 0.0%, not served 50; stations 0" in said
    table = rows(out / "areas.csv")
    assert list(table[0])[:9] == [
        "area_id", "name", "level", "union", "status", "reason", "reason_text", "demand", "places",
    ]  # fmt: skip
    told = {row["area_id"] or row["reason"]: row for row in table}
    assert told.keys() == {"w", "e", "outside_every_area"}
    assert told["w"]["union"] == "西区总工会"
    assert (told["w"]["stations_standard"], told["w"]["stations_roving"]) == ("1", "1")
    assert told["outside_every_area"]["reason_text"] == "in no usable area of this level"
    assert "联系电话" not in table[0]
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    total = record["summary"]["denominator"]["total"]
    assert sum(float(row["demand"]) for row in table) == total == 357
    assert record["hongtu"]["parameters"]["areas_datum"] == "gcj02"
    assert len(record["hongtu"]["points"]["areas"]) == 64
    assert record["summary"]["areas"]["levels"][0]["least_served"][0]["id"] == "e"

    drawn = json.loads((out / "areas.geojson").read_text(encoding="utf-8"))
    assert [f["id"] for f in drawn["features"]] == ["w", "e"]
    assert drawn["hongtu"]["run_id"] == record["hongtu"]["run_id"]
    assert drawn["features"][1]["properties"]["not_served_demand"] == 50
    found = shapely.Polygon(drawn["features"][0]["geometry"]["coordinates"][0])
    expected = shapely.Polygon(ring(WEST)[0])
    assert found.hausdorff_distance(expected) < 2e-7

    layer = gpd.read_file(out / "coverage.gpkg", layer="areas")
    assert layer["area_id"].tolist() == ["w", "e"]
    assert layer["within_15min_share"].tolist() == [1.0, 0.0]
    with closing(sqlite3.connect(out / "coverage.gpkg")) as base:
        query = "SELECT styleQML FROM layer_styles WHERE f_table_name = 'areas'"
        (style,) = base.execute(query).fetchone()
    assert 'attr="level"' in style
    assert 'value="区"' in style


def test_the_datum_of_the_results_holds_for_areas_too(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "r"
    words = ["--areas", "wgs84.geojson", "--areas-datum", "wgs84", "--datum-out", "gcj02"]
    assert run(*words, "--out", out)[0] == 0
    drawn = json.loads((out / "areas.gcj02.geojson").read_text(encoding="utf-8"))
    assert drawn["datum"] == "gcj02"
    found = shapely.Polygon(drawn["features"][0]["geometry"]["coordinates"][0])
    assert found.hausdorff_distance(shapely.Polygon(ring(WEST, "gcj02")[0])) < 2e-6
    assert {row["datum"] for row in rows(out / "areas.csv")} == {"gcj02"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--areas", "wgs84.geojson"], 2, "--areas-datum"),
        (["--areas-datum", "wgs84"], 2, "needs --areas"),
        (["--area-level", "区"], 2, "needs --areas"),
        (["--areas", "wgs84.geojson", "--areas-datum", "venus"], 2, "venus"),
        (["--areas", "nowhere.geojson", "--areas-datum", "wgs84"], 1, "no file nowhere.geojson"),
        (["--areas", "twice.geojson", "--areas-datum", "wgs84"], 1, "more than once"),
        (["--areas", "useless.geojson", "--areas-datum", "wgs84"], 1, "crosses itself"),
        (["--areas", "broken.geojson", "--areas-datum", "wgs84", "--strict"], 1, "--strict"),
        (["--areas", "stations.csv", "--areas-datum", "wgs84"], 1, "stations.csv"),
    ],
)
def test_bad_areas_are_refused_in_a_sentence(
    run: Any, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    done, _, err = run(*words, "--out", tmp_path / "r")
    assert done == code
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()


def test_a_broken_outline_is_told_and_kept_in_the_table(run: Any, tmp_path: Path) -> None:
    words = ["--areas", "broken.geojson", "--areas-datum", "wgs84"]
    code, said, _ = run(*words, "--out", tmp_path / "r")
    assert code == 0
    assert "area x is not used: its outline crosses itself near" in said
    told = {row["area_id"]: row for row in rows(tmp_path / "r" / "areas.csv")}
    assert (told["x"]["status"], told["x"]["reason"]) == ("not_used", "ring_crosses")
    assert told["x"]["demand"] == ""


def test_the_sample_has_schematic_areas(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["hongtu", "coverage", "--out", str(tmp_path / "r"), "--cell-m", "100", "--lang", "en"]
    monkeypatch.setattr(sys, "argv", argv)
    cli.main()
    said = capsys.readouterr().out
    assert "schematic areas: not official boundaries" in said
    assert "Level 园区: 3 areas used" in said
    record = json.loads((tmp_path / "r" / "run.json").read_text(encoding="utf-8"))
    assert "schematic_areas" in record["hongtu"]["flags"]
    table = rows(tmp_path / "r" / "areas.csv")
    assert {row["flags"] for row in table if row["area_id"]} == {"schematic_areas"}
    total = record["summary"]["denominator"]["total"]
    for level in ("区", "园区"):
        here = [float(row["demand"]) for row in table if row["level"] == level]
        assert sum(here) == pytest.approx(total)
