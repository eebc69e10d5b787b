"""The shipped points: complete, marked as samples, on the network, and made again the same."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo import samples
from geo.coverage import CoverageRequest
from geo.coverage.placing import lay_ground, place
from geo.errors import MissingFileError
from geo.exports.private import private_columns
from geo.points import read_points
from geo.schematic import schematic_network

ROOT = Path(__file__).parents[1]
POINTS = ROOT / "data" / "points"
FILES = ("stations", "sites", "demand", "areas")
BLANK = "(unknown)"


@cache
def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((POINTS / f"{name}.geojson").read_text(encoding="utf-8"))
    return found


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(name)["features"]
    return found


def tables(text: str) -> list[list[dict[str, str]]]:
    """Return every table of a Markdown text, its rows by heading."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        cells = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(cells[0], row, strict=True)) for row in cells[2:]])
    return found


@cache
def schema(name: str) -> dict[str, dict[str, str]]:
    """Return the fields of docs/schema.md for one kind, by key."""
    text = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    return {field["Key"]: field for field in tables(section)[0]}


def fits(value: Any, field: dict[str, str]) -> bool:
    """Return whether a value is what docs/schema.md says of it."""
    if value is None or value == "":
        return field["Needed"] == "no"
    kinds: dict[str, Any] = {
        "text": str, "number": (int, float), "integer": int, "yes-no": bool, "list": list,
        "date": str,
    }  # fmt: skip
    right = isinstance(value, kinds[field["Type"]])
    if field["Type"] in ("number", "integer"):
        right = right and not isinstance(value, bool) and value >= 0
    if field["Type"] == "date":
        right = right and date.fromisoformat(value).isoformat() == value
    words = field["Values"].split(" / ")
    if field["Values"] != "free" and field["Type"] != "yes-no":
        right = right and all(v in words for v in (value if isinstance(value, list) else [value]))
    return bool(right)


@pytest.mark.parametrize("name", FILES)
def test_every_feature_is_as_the_schema_says(name: str) -> None:
    fields = {k: f for k, f in schema(name).items() if f["In"] in ("both", "GeoJSON")}
    wrong = []
    for feature in features(name):
        found = {"id": feature["id"], **feature["properties"]}
        wrong += [(feature["id"], "keys") for _ in [0] if set(found) != set(fields)]
        wrong += [(feature["id"], k, v) for k, v in found.items() if not fits(v, fields[k])]
    assert wrong == []
    ids = [f["id"] for f in features(name)]
    assert len(ids) == len(set(ids))


def test_the_schema_check_can_fail() -> None:
    fields = schema("stations")
    assert not fits("银行", fields["kind"])
    assert not fits(None, fields["name"])
    assert not fits("8", fields["capacity"])
    assert not fits(["饮水", "黄金"], fields["facilities"])


@pytest.mark.parametrize("name", FILES)
def test_files_are_plain_geojson(name: str) -> None:
    text = (POINTS / f"{name}.geojson").read_text(encoding="utf-8")
    assert "crs" not in document(name)
    assert document(name)["attribution"]
    assert document(name)["note"]
    for feature in features(name):
        assert list(feature) == ["type", "id", "properties", "geometry"]
        shape = feature["geometry"] and shapely.geometry.shape(feature["geometry"])
        if shape is not None:
            assert shapely.get_dimensions(shape) == (2 if name == "areas" else 0)
            west, south, east, north = shape.bounds
            assert 118.5 < west <= east < 119
            assert 31.9 < south <= north < 32.3
    assert not re.search(r"\d\.\d{8,}", text), "more than seven decimals"
    assert private_columns(features(name)[0]["properties"]) == []


@pytest.mark.parametrize("name", FILES)
def test_private_fields_of_the_schema_are_those_no_export_carries(name: str) -> None:
    said = [f for f in schema(name).values() if f["Private"] == "yes"]
    keys = private_columns(schema(name))
    assert [f["Key"] for f in said] == keys
    assert private_columns([f["表头"] for f in schema(name).values()]) == [f["表头"] for f in said]


def test_samples_cannot_be_mistaken() -> None:
    for name in ("stations", "demand"):
        for feature in features(name):
            assert feature["properties"]["sample"] is True
            assert feature["properties"]["name"].startswith("示例")
            assert feature["id"].startswith("sample-")
    for feature in features("stations"):
        assert "示例" in feature["properties"]["union"]
        assert "示例" in feature["properties"]["address"]
    assert all(f["properties"]["schematic"] is True for f in features("areas"))
    network, stations, demand = samples.sample()
    assert "schematic" in network.meta.flags
    assert stations.flags == demand.flags == ("sample",)
    assert (len(stations.unused), len(demand.unused)) == (0, 0)


def test_counts_are_those_of_sources() -> None:
    text = (POINTS / "SOURCES.md").read_text(encoding="utf-8")
    sheets = {next(iter(t[0])): t for t in tables(text)}
    stations = [f["properties"] for f in features("stations")]
    assert len(stations) >= 120
    assert Counter(s["kind"] for s in stations) == {
        row["Kind"]: int(row["Stations"]) for row in sheets["Kind"]
    }
    hours = Counter((s["opening_hours"] or BLANK, s["hours_text"]) for s in stations)
    assert hours == {
        (row["opening_hours"], row["hours_text"]): int(row["Stations"])
        for row in sheets["opening_hours"]
    }
    assert Counter(s["class"] for s in stations if s["class"]) == {
        "标准站": 60, "微型站": 28, "流动站": 8,
    }  # fmt: skip
    assert {s["class"] is None for s in stations if s["kind"] == "工会驿站"} == {False}
    assert all(s["area_m2"] < 5 for s in stations if s["class"] == "微型站")
    assert all(s["area_m2"] >= 5 for s in stations if s["class"] == "标准站")
    status = {f["properties"]["name_zh"]: f["properties"] for f in features("sites")}
    for row in sheets["Site"]:
        key = next(k for k in status if k.startswith(row["Site"].split(" ")[0]))
        site = status[key]
        assert site["coordinate_status"] == row["Decision"]
        assert str(site["accuracy_m"] or "") == row["Radius, m"]


def test_demand_is_workers_by_day() -> None:
    people = [f["properties"] for f in features("demand")]
    assert len(people) >= 300
    assert all(p["demand"] == p["workers_day"] for p in people)
    assert all(min(p["workers_day"], p["residents_night"]) > 0 for p in people)
    xy = np.array([f["geometry"]["coordinates"] for f in features("demand")])
    weight = np.array([p["demand"] for p in people])
    middle = np.hypot((xy[:, 0] - 118.7788) * 94_400, (xy[:, 1] - 32.0437) * 110_900) < 2500
    assert weight[middle].mean() > 3 * weight[~middle].mean()


def test_no_estimate_is_presented_as_sourced() -> None:
    sites = samples.sample_sites()
    assert "estimated" in sites.flags
    statuses = Counter(f["properties"]["coordinate_status"] for f in features("sites"))
    assert statuses == {"sourced": 27, "estimated": 9, "missing": 3}
    for feature in features("sites"):
        site = feature["properties"]
        status = site["coordinate_status"]
        assert (feature["geometry"] is None) == (status == "missing")
        assert bool(site["missing_reason"]) == (status == "missing")
        assert bool(site["estimate_basis"]) == (status == "estimated")
        if status == "estimated":
            assert site["accuracy_m"] >= 200
            assert site["n_sources"] == 0
            assert site["confidence"] == "low"
    assert len(sites.frame) == 36
    assert set(sites.faults["code"]) == {"address_only"}


def test_sourced_positions_are_the_facts(shared: Path) -> None:
    with (shared / "facts" / "sites.csv").open(encoding="utf-8", newline="") as file:
        facts = {row["name_zh"]: row for row in csv.DictReader(file)}
    assert facts.keys() == {f["properties"]["name_zh"] for f in features("sites")}
    for feature in features("sites"):
        fact = facts[feature["properties"]["name_zh"]]
        if feature["properties"]["coordinate_status"] == "sourced":
            assert feature["geometry"]["coordinates"] == [float(fact["lon"]), float(fact["lat"])]
            assert feature["properties"]["accuracy_m"] == int(fact["accuracy_m"])
        else:
            assert fact["lon"] == ""


def test_every_sample_station_is_at_a_street() -> None:
    ground = lay_ground(schematic_network(), CoverageRequest())
    for name in ("stations", "demand"):
        lonlat = np.array([f["geometry"]["coordinates"] for f in features(name)])
        placed = place(ground, lonlat, 150.0)
        lost = [f["id"] for f, ok in zip(features(name), placed.used, strict=True) if not ok]
        assert lost == []
        assert set(placed.component.tolist()) == {0}, "cut off from the rest"


def test_districts_are_valid_and_do_not_overlap() -> None:
    table = samples.sample_areas()
    assert (table.warnings, len(table.unused)) == ([], 0)
    assert table.flags == ("schematic_areas",)
    frame = table.frame
    assert list(frame.columns) == ["id", "name", "level", "union", "schematic", "geometry"]
    assert frame.crs == "EPSG:4326"
    assert frame.geometry.is_valid.all()
    assert frame.geometry.geom_type.unique().tolist() == ["Polygon"]
    assert all(shapely.is_ccw(g.exterior) for g in frame.geometry)
    districts = frame[frame["level"] == "区"]
    parks = frame[frame["level"] == "园区"]
    assert (len(districts), len(parks)) == (6, 3)
    for i, one in enumerate(districts.geometry):
        for other in districts.geometry[i + 1 :]:
            assert one.intersection(other).area < 1e-12
    assert any(sum(park.intersects(d) for d in districts.geometry) > 1 for park in parks.geometry)
    standing = shapely.points([f["geometry"]["coordinates"] for f in features("stations")])
    inside = shapely.contains_properly(shapely.union_all(districts.geometry), standing)
    assert inside.mean() > 0.97


def test_missing_data_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(samples, "POINTS", tmp_path)
    for read in (samples.sample, samples.sample_sites, samples.sample_areas):
        with pytest.raises(MissingFileError, match="checkout"):
            read()


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("make_samples.py", ("stations.geojson", "demand.geojson", "areas.geojson")),
        ("make_template.py", ("template_stations.xlsx",)),
    ],
)
def test_the_shipped_files_are_what_the_scripts_make(
    script: str, made: tuple[str, ...], tmp_path: Path
) -> None:
    command = [sys.executable, str(POINTS / script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(made)
    for name in made:
        same = (tmp_path / name).read_bytes() == (POINTS / name).read_bytes()
        assert same, f"run python data/points/{script}"


def test_the_template_is_read_as_stations(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(POINTS / "template_stations.xlsx")
    sheet = book["站点"]
    heading, example = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=2))
    fields = [f for f in schema("stations").values() if f["In"] != "GeoJSON"]
    assert heading == [f["表头"] for f in fields]
    assert sheet.max_row == 2
    chosen = [rule.formula1 for rule in sheet.data_validations.dataValidation]
    assert len(chosen) == 6
    assert all(len(words) < 255 for words in chosen), "Excel takes no more"
    told = [[c.value for c in row] for row in book["填写说明"].iter_rows(min_row=2)]
    assert [row[0] for row in told] == heading
    assert all(row[1] for row in told)

    saved = tmp_path / "stations.csv"
    with saved.open("w", encoding="utf-8-sig", newline="") as file:
        days = [v.date() if isinstance(v, datetime) else v for v in example]
        csv.writer(file).writerows([heading, days])
    table = read_points(saved, kind="stations", datum="wgs84")
    assert table.flags == ("sample",)
    assert table.warnings == []
    in_tables = {k: f["表头"] for k, f in schema("stations").items() if f["In"] != "GeoJSON"}
    assert table.columns == in_tables  # every column of the template is recognised
    book = read_points(POINTS / "template_stations.xlsx", kind="stations", datum="wgs84")
    assert book.digest == table.digest
    assert [(s.name, s.read, s.reason) for s in book.sheets] == [
        ("站点", True, ""), ("填写说明", False, "no_heading"),
    ]  # fmt: skip


def test_the_template_tells_no_time() -> None:
    with zipfile.ZipFile(POINTS / "template_stations.xlsx") as book:
        assert {info.date_time for info in book.infolist()} == {(2026, 1, 1, 0, 0, 0)}


def test_coverage_runs_on_the_sample_alone(tmp_path: Path) -> None:
    out = tmp_path / "result"
    command = [sys.executable, "-c", "import cli; cli.main()", "coverage", "--out", str(out)]
    env = {**os.environ, "HONGTU_LANG": "en", "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["hongtu"]["flags"] == ["sample", "schematic", "schematic_areas"]
    assert run["summary"]["stations"]["not_used"] == 0
    assert run["summary"]["denominator"]["not_used"] == 0
    assert 0.5 < run["summary"]["bands"][-1]["share"] < 0.98, "nothing left to plan, or to show"
    for path in out.glob("*.geojson"):
        written = json.loads(path.read_text(encoding="utf-8"))
        assert written["hongtu"]["flags"] == ["sample", "schematic", "schematic_areas"], path.name
    for path in out.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["run_id"] for row in rows} == {run["hongtu"]["run_id"]}, path.name
        assert {row["run_flags"] for row in rows} == {"sample schematic schematic_areas"}, path.name
        if path.name != "areas.csv":  # what is reckoned there mixes both kinds of row
            assert {row["sample"] for row in rows} == {"true"}, path.name
    for flag in ("sample data", "schematic network"):
        assert flag in done.stdout
