"""Every column of ours is called something by people, and the same word means the same thing."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import shapely
from drawn_areas import areas
from drawn_network import degrees, draw, points, way

from geo.coverage import Coverage, CoverageRequest, cover
from geo.coverage.files import coverage_layers
from geo.coverage.rings import as_rings
from geo.exports import Layer, Provenance, write_shapefiles
from geo.exports.headings import heading
from geo.exports.styles import qml
from geo.points import PointTable, read_points
from geo.points.fields import FIELDS

STREET = way((0, 0), (4000, 0))
OF_INPUT = {"编号", "人口", "sample_input", "people"}


@pytest.fixture(scope="module")
def network():
    return draw(STREET)


@pytest.fixture(scope="module")
def demand(tmp_path_factory) -> PointTable:
    path = tmp_path_factory.mktemp("headings") / "demand.csv"
    rows = [("near", (100, 0), 300), ("far", (3000, 0), 50), ("off", (500, 400), 30)]
    text = "编号,people,经度,纬度\n"
    for name, place, people in rows:
        lon, lat = degrees([place])[0]
        text += f"{name},{people},{lon:.8f},{lat:.8f}\n"
    path.write_text(text + "none,5,,\n", "utf-8")
    return read_points(path, kind="demand", datum="wgs84")


def run(network, demand: PointTable | None, unit: str) -> Coverage:
    limits = (7.5, 15.0) if unit == "minutes" else (500.0, 1000.0)
    stations = points({"S": (0, 0), "T": (300, 0), "off": (2000, 900)})
    said = {key: ["标准站", "自建", None] for key in FIELDS}
    stations = replace(stations, frame=stations.frame.assign(**said))
    drawn = {"west": shapely.box(-100, -500, 1000, 500), "moon": shapely.box(9e4, 0, 9.1e4, 1e3)}
    table = areas(drawn, 所属工会=["西区总工会", None], 人口=[1, 2])
    asked = CoverageRequest(limits, unit, cell_m=50.0)
    some = demand is not None
    return cover(network, stations, demand, asked, areas=table, with_od=some, with_lines=some)


@pytest.fixture(scope="module", params=list(product(("minutes", "metres"), (True, False))))
def layers(request, network, demand) -> list[Layer]:
    unit, counted = request.param
    done = run(network, demand if counted else None, unit)
    found = [*coverage_layers(done, "zh"), *coverage_layers(as_rings(done, network), "zh")]
    return [*found, *coverage_layers(done, "zh", od_names="origin")]


def test_every_column_of_a_run_has_headings_in_both_languages(layers):
    assert {layer.name for layer in layers} >= {"areas", "gaps", "stations", "circles"}
    for layer in layers:
        ours = [c for c in layer.frame.columns if c not in OF_INPUT and c != "geometry"]
        ours = [c for c in ours if not str(c).endswith("_wgs84")]
        for lang in ("zh", "en"):
            said = {column: heading(column, lang, layer.kind) for column in ours}
            assert all(said.values()), (layer.name, lang, [c for c, s in said.items() if not s])
            assert len(set(said.values())) == len(said), (layer.name, lang, said)


def test_no_word_of_the_gaps_is_said_of_another_layer(layers):
    for layer in layers:
        for column in ("places", "demand", "street_km"):
            if column in layer.frame.columns:
                said = [heading(column, lang, layer.kind) for lang in ("zh", "en")]
                of_gaps = "未覆盖" in said[0], "unserved" in said[1]
                assert of_gaps == (layer.kind == "gaps",) * 2, (layer.name, said)


def test_the_files_say_the_headings_of_their_layer(layers, tmp_path: Path):
    some = [layer for layer in layers[:5] if layer.kind in ("areas", "gaps")]
    assert len(some) == 2
    record = Provenance(created="2026-01-01T00:00:00+00:00")
    path = write_shapefiles(some, tmp_path / "a.shp.zip", record).path
    with zipfile.ZipFile(path) as archive:
        text = archive.read("fields.csv").decode("utf-8-sig")
    key = {(row[0], row[2]): row[3] for row in csv.reader(io.StringIO(text))}
    for layer in some:
        root = ET.fromstring(qml(str(layer.kind), layer.frame, "zh"))
        aliases = {alias.get("field"): alias.get("name") for alias in root.iter("alias")}
        for column in layer.frame.columns.drop("geometry"):
            said = heading(column, "zh", layer.kind)
            assert key[f"{layer.name}.dbf", column] == said
            assert aliases.get(column, "") == said


def test_a_band_says_its_bound():
    assert heading("within_7.5min_share", "zh", "areas") == "7.5 分钟内占比"
    assert heading("within_1000m_demand", "en", "areas") == "demand within 1000 m"
    assert heading("within_1000m_people", "en", "areas") == ""
