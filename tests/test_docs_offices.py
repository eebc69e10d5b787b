"""docs/offices.md: its commands run on an office's files, and what it quotes is what they say."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import union_files
from pages import ROOT, blocks, commands, page, run
from typer.main import get_command

import cli
from geo.hours import from_text
from geo.points import read_points

PAGE = page("docs/offices.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with the files that the page speaks of."""
    found = tmp_path_factory.mktemp("office")
    union_files.write_workbook(found / "驿站.xlsx")
    union_files.write_gbk(found / "驿站.csv")
    union_files.write_demand(found / "单位.csv")
    union_files.write_areas(found / "区划.geojson")
    union_files.write_streets(found / "nanjing.osm.pbf")
    (found / "data" / "points").mkdir(parents=True)
    template = "data/points/template_stations.xlsx"
    shutil.copy(ROOT / template, found / template)
    return found


@pytest.fixture(scope="module")
def said(folder) -> str:
    """Return what all tested blocks print, run one after another."""
    before = os.environ.pop("HONGTU_LANG", None)
    try:
        return "\n".join(run(block, folder, "--cell-m 40") for block in blocks(PAGE, "tested"))
    finally:
        if before is not None:
            os.environ["HONGTU_LANG"] = before


def test_what_the_page_quotes_is_printed(said):
    quoted = [line for block in blocks(PAGE, "printed") for line in block.splitlines()]
    assert len(quoted) >= 5
    for line in quoted:
        assert line in said.splitlines()


def test_every_file_of_the_page_is_written(folder, said):
    named = {
        "结果": "stations.csv areas.csv demand.csv gaps.geojson map.html run.json",
        "研学": "sheet.html sheet.png timetable.csv timetable.ics route.gpx route.kml route.geojson"
        " qr.png qr.svg",
    }
    for results, names in named.items():
        for name in names.split():
            assert f"`{name}`" in PAGE
            assert (folder / results / name).stat().st_size > 0
    assert (folder / "清理后.faults.csv").is_file()


def test_stations_stand_where_they_are(folder, said):
    """A workbook in GCJ-02, a list in BD-09: both come back to the crossings they are drawn at."""
    cleaned = read_points(folder / "清理后.xlsx", kind="stations", datum="wgs84").frame
    first = cleaned.iloc[0].geometry
    assert (first.x, first.y) == pytest.approx(union_files.corner(2, 2), abs=2e-6)
    baidu = read_points(folder / "驿站.csv", kind="stations", datum="bd09").frame
    last = baidu.iloc[-1].geometry
    assert (last.x, last.y) == pytest.approx(union_files.corner(8, 5), abs=2e-5)


def test_districts_add_up(folder, said):
    table = pd.read_csv(folder / "结果" / "areas.csv")
    everyone = pd.read_csv(folder / "结果" / "demand.csv")["demand"].sum()
    assert table.groupby("level")["demand"].sum().tolist() == [everyone, everyone]
    assert everyone == 2850


def test_no_name_or_number_of_a_person_gets_out(folder, said):
    for results in ("结果", "三个团"):
        for path in (folder / results).rglob("*"):
            if path.suffix in {".csv", ".geojson", ".html", ".json", ".kml", ".gpx"}:
                text = path.read_text(encoding="utf-8")
                assert "张三" not in text
                assert "13800000000" not in text
    assert "张三" not in said
    assert "负责人" in (folder / "结果" / "run.json").read_text(encoding="utf-8")


def test_hours_are_read_as_the_table_says():
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE.split("## 三、")[1], re.M)
    assert len(rows) == 4
    for text, grammar in rows:
        assert from_text(text).osm == grammar
    assert from_text("按单位作息").status == from_text("13:00-5:30").status == "unknown"
    booked = '09:00-17:00; Sa-Su 09:00-17:00 unknown "需预约"'
    assert from_text("9:00-17:00（周末需预约）").osm == booked
    seasons = from_text("夏季 7:00-19:00 / 冬季 8:00-18:00")
    assert seasons.osm is not None
    assert "unknown" in seasons.osm
    assert "unknown" not in str(from_text("夏季（5月-9月）7:00-19:00，冬季 8:00-18:00").osm)


def test_what_is_not_run_says_why_and_exists():
    (block,) = blocks(PAGE, "not run")
    (line,) = commands(block)
    points = get_command(cli.app).commands["points"].commands["geocode"]
    known = {option for param in points.params for option in param.opts}
    assert set(re.findall(r"--[a-z-]+", line)) <= known


def test_flags_of_the_page_have_sentences():
    from geo import words

    for flag in re.findall(r"^\| (`[a-z_、`]+) \|", PAGE.split("**“注意：”")[1], re.M):
        for name in re.findall(r"[a-z_]+", flag):
            assert words.say(f"flag.{name}", "zh")


def test_links_of_the_page_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(targets) >= 5
    for target in targets:
        assert (ROOT / "docs" / target).is_file(), target
