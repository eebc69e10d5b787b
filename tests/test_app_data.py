"""The page 数据 as a script: every state is designed, and what was chosen goes to 服务圈."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_osm import OsmFile
from picked_points import PRIVATE, gbk_csv
from streamlit.testing.v1 import AppTest

from geo import samples, words
from geo.datum import from_wgs84
from geo.errors import PointsError
from geo.layers.audit_map import audit_shown
from geo.network import load_network, save_network
from geo.network.findings import find
from geo.osm import read_osm
from geo.pace import profile_named
from geo.points import preview, read_points
from geo.snapping import build_index, snappable_edges
from views import inputs
from views.data import audits, cleaned, datums, kept, mapping, networks
from views.data.kept import Draft, Upload
from views.inputs import Inputs, laid_out
from views.plain import plain
from views.sources import sample_ground

LANGUAGES = words.LANGUAGES
PARTS = ("stations", "demand", "areas", "sites", "network")


def data_script() -> None:
    from views.data import page

    page.page()


def circles_script() -> None:
    from views import circles

    circles.page()


def opened(lang: str = "zh", part: str = "stations") -> AppTest:
    test = AppTest.from_function(data_script, default_timeout=300)
    test.query_params["lang"] = lang
    test.session_state["data.part"] = part
    return test.run()


def given(test: AppTest, name: str, data: bytes) -> AppTest:
    """Drop a file on the page."""
    test.file_uploader[0].set_value((name, data, "application/octet-stream"))
    return test.run()


def html(test: AppTest) -> str:
    return " ".join(str(part.proto.body) for part in test.get("html"))


def shows_map(test: AppTest) -> bool:
    return bool(test.get("component_instance"))


@pytest.fixture(scope="module")
def picked() -> bytes:
    return gbk_csv(sample_ground().stations.frame)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where temporary files go in this test."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("part", PARTS[:4])
def test_a_part_without_a_file_says_what_it_reads(lang: str, part: str) -> None:
    test = opened(lang, part)
    assert not test.exception
    assert not test.error
    assert words.say(f"data.empty_{part}", lang) in [text.value for text in test.markdown]
    assert "50 MB" in " ".join(text.value for text in test.caption)
    assert words.say("data.default_demand", lang) in html(test)
    assert (len(test.get("download_button")) == 1) is (part == "stations"), "the template"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_used_before_the_datum_is_said(lang: str, picked: bytes) -> None:
    test = given(opened(lang), "站点.csv", picked)
    assert not test.exception
    assert not test.error
    assert test.radio(key="data-datum-stations").value is None
    assert test.info[0].value == words.say("data.datum_first", lang)
    assert test.button(key="data-use-stations").disabled
    assert shows_map(test)
    assert words.say("data.wind_nw", lang) not in html(test), "there is nothing to be north-west of"
    assert len(test.dataframe) == 1, "the columns, and no table of faults yet"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_datum_gives_figures_faults_and_files(lang: str, picked: bytes, scratch: Path) -> None:
    test = given(opened(lang), "站点.csv", picked)
    test.radio(key="data-datum-stations").set_value("wgs84")
    test.run()
    told = html(test)
    assert words.say("data.wind_nw", lang) in told, "picked on AMap they stand north-west"
    test.radio(key="data-datum-stations").set_value("gcj02")
    test.run()
    assert not test.exception
    assert not test.error
    assert words.say("data.wind_se", lang) in html(test), "from GCJ-02, WGS-84 is south-east"
    assert "63" in test.info[0].value
    faults = next(f.value for f in test.dataframe if words.say("data.fault_code", lang) in f.value)
    assert sorted(faults[words.say("data.fault_code", lang)]) == [
        "bad_number", "no_position", "total_row",
    ]  # fmt: skip
    assert "abc" in set(faults["经度"])
    assert not {"负责人", "联系电话"} & set(faults.columns)
    everything = "".join(frame.value.to_csv() for frame in test.dataframe)
    assert not any(word in everything for word in PRIVATE)
    assert {b.key for b in test.get("download_button")} == {
        "data-save-mapping-stations", "data-save-faults-stations", "data-save-stations",
    }  # fmt: skip
    assert list(scratch.iterdir()) == [], "no file of the visitor stays on the disk"


HEADINGS = ["编号,名称", "Id,Name", "行,原因", "代码,坐标系", "Row,Reason", "Code,Datum", "编号,Id"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("head", HEADINGS)
def test_a_sheet_may_call_its_columns_as_the_fault_table_does(
    lang: str, head: str, scratch: Path
) -> None:
    said = ["WGS84"] * 2 if head.endswith(("坐标系", "Datum")) else ["甲", "乙"]
    text = f"{head},经度,纬度\nA1,{said[0]},118.785,32.02\nA2,{said[1]},0,0\n"
    test = given(opened(lang), "站点.csv", text.encode())
    test.radio(key="data-datum-stations").set_value("wgs84")
    test.run()
    assert not test.exception
    assert not test.error
    code = words.say("data.fault_code", lang)
    shown = next(f.value for f in test.dataframe if code in f.value and len(f.value) == 1)
    assert shown[code].tolist() == ["zero"]
    assert shown.columns.is_unique
    assert {"A2", "乙"} & set(shown.iloc[0].tolist())
    path = scratch / "in.csv"
    path.write_bytes(text.encode())
    table = read_points(path, kind="stations", datum="wgs84")
    rows = list(csv.DictReader(io.StringIO(cleaned.faults_bytes(table, lang).decode("utf-8-sig"))))
    assert [(row["code"], row["datum"]) for row in rows] == [("zero", "wgs84")]


def test_the_downloaded_faults_keep_the_datum_of_their_cells(scratch: Path) -> None:
    path = scratch / "in.csv"
    path.write_text("编号,经度,纬度\nA1,118.785,32.02\nA2,0,0\n", "utf-8")
    table = read_points(path, kind="stations", datum="gcj02")
    text = cleaned.faults_bytes(table, "zh").decode("utf-8-sig")
    path.write_text(text.replace(",0,0,", ",118.785,32.02,"), "utf-8")
    again = read_points(path, kind="stations", datum="wgs84")
    assert again.frame.geometry[0].distance(table.frame.geometry[0]) < 1e-8


def test_a_cleaned_file_reads_back_at_the_same_places(picked: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(picked)
    table = read_points(path, kind="stations", datum="gcj02")
    truth = sample_ground().stations.frame.geometry.iloc[:60]
    for suffix, datum in ((".csv", "wgs84"), (".geojson", "gcj02"), (".xlsx", "bd09")):
        data = cleaned.cleaned_bytes(table, suffix, datum, "zh")
        out = tmp_path / f"out{suffix}"
        out.write_bytes(data)
        again = read_points(out, kind="stations", datum=datum)
        assert len(again) == 60
        assert np.abs(again.frame.geometry.x.to_numpy() - truth.x.to_numpy()).max() < 2e-6
        assert np.abs(again.frame.geometry.y.to_numpy() - truth.y.to_numpy()).max() < 2e-6
        assert not {"负责人", "联系电话", "contact_person"} & set(again.frame.columns)
    assert not any(word.encode() in cleaned.cleaned_bytes(table, ".csv", "wgs84", "zh")
                   for word in PRIVATE)  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_stations_go_to_the_circles_alone(lang: str, picked: bytes) -> None:
    test = given(opened(lang), "站点.csv", picked)
    test.radio(key="data-datum-stations").set_value("gcj02")
    test.run()
    test.button(key="data-use-stations").click()
    test.run()
    assert test.button(key="data-use-stations").label == words.say("data.used", lang)
    assert words.say("data.none_demand", lang) in html(test)
    own: Inputs = test.session_state["inputs"]
    assert own.stations is not None
    assert not {"负责人", "联系电话"} & set(own.stations.frame.columns)
    circles = AppTest.from_function(circles_script, default_timeout=300)
    circles.query_params["lang"] = lang
    circles.session_state["inputs"] = own
    circles.run()
    assert not circles.exception
    assert not circles.error
    table = circles.dataframe[0].value
    used = table[words.say("table.status", lang)] == words.say("table.status_used", lang)
    assert used.sum() == 60
    assert {"坏行", "缺坐标"} <= set(table[~used][words.say("table.name", lang)])
    assert words.say("data.no_demand", lang) in " ".join(c.value for c in circles.sidebar.caption)
    assert "站点.csv" in " ".join(c.value for c in circles.sidebar.caption)
    assert words.say("figure.denominator_demand", lang, total=1, not_used=0)[:8] not in " ".join(
        c.value for c in circles.caption
    )
    test.button(key="data-back").click()
    test.run()
    assert test.session_state["inputs"].roles == ()
    assert words.say("data.default_stations", lang) in html(test)


def test_what_goes_with_what() -> None:
    base = sample_ground()
    own = replace(base.stations, digest="own")
    demand = replace(base.demand, digest="demand") if base.demand else None
    assert laid_out(base, Inputs()) is base
    alone = laid_out(base, Inputs(stations=own))
    assert (alone.stations, alone.demand, alone.areas) == (own, None, None)
    assert alone.sites is base.sites, "sourced sites lie on this network"
    both = laid_out(base, Inputs(stations=own, demand=demand))
    assert both.demand is demand
    waiting = laid_out(base, Inputs(demand=demand))
    assert (waiting.stations, waiting.demand) == (base.stations, base.demand)
    areas = laid_out(base, Inputs(areas=base.areas))
    assert areas.demand is base.demand


NASTY = [
    ("名.xlsx", b"PK\x03\x04 not really"),
    ("名.csv", "甲,乙\n1,2\n".encode()),
    ("名.csv", "编号,经度,纬度\na,118.7,32.0\na,118.8,32.1\n".encode()),
    ("名.csv", "编号,经度,纬度\n1,,\n".encode()),
    ("名.csv", b"\0\1\2\3" * 50),
    ("名.png", b"\x89PNG\r\n"),
    ("../../etc/名", b"x"),
    ("名.geojson", b'{"type": "FeatureCollection"'),
    ("名.geojson", b'<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>'),
    ("名.gpkg", b"SQLite format 3\0" + b"\0" * 100),
    ("名.zip", b"PK\x05\x06" + b"\0" * 18),
    ("![名](x.png).csv", b"![a](http://example.org/x.png),b\n1,2\n"),
]


@pytest.mark.parametrize("at", range(len(NASTY)))
def test_what_cannot_be_read_is_one_sentence(at: int, scratch: Path) -> None:
    (name, data), lang = NASTY[at], LANGUAGES[at % 2]
    test = given(opened(lang), name, data)
    if test.radio:
        test.radio(key="data-datum-stations").set_value("wgs84")
        test.run()
    assert not test.exception
    assert len(test.error) == 1
    sentence = test.error[0].value
    assert "名" in sentence
    assert str(scratch) not in sentence
    assert "upload" not in sentence
    assert "![" not in sentence, "a name is no picture"
    assert sentence != words.say("app.unexpected", lang)
    assert list(scratch.iterdir()) == []
    test.button(key="data-remove-stations").click()
    test.run()
    assert not test.error
    assert words.say("data.empty_stations", lang) in [text.value for text in test.markdown]


def test_columns_can_be_said_by_hand(picked: bytes) -> None:
    odd = "甲,乙,丙\n1,118.78,32.04\n2,118.79,32.05\n".encode()
    test = given(opened(), "怪.csv", odd)
    test.radio(key="data-datum-stations").set_value("wgs84")
    test.run()
    assert len(test.error) == 1
    draft: Draft = test.session_state["data.stations"]
    with kept.opened(draft.upload, (".csv",)) as path:
        how = preview(path, kind="stations", headings={"": (1, 1)})
    sheet = how.sheets[0]
    assert [c.heading for c in sheet.columns] == ["甲", "乙", "丙"]
    said = mapping.edited(how, sheet, ["id", "lon", "lat"], [""], "怪.csv")
    test.session_state["data.stations"] = replace(draft, mapping=said, datum="wgs84")
    test.run()
    assert not test.exception
    assert not test.error
    assert "2" in test.success[0].value
    with pytest.raises(PointsError) as twice:
        mapping.edited(how, sheet, ["id", "lon", "lon"], [""], "怪.csv")
    assert twice.value.code == "mapping_role_twice"


def test_the_row_of_headings_can_be_said(picked: bytes) -> None:
    test = given(opened(), "站点.csv", picked)
    row = next(n for n in test.number_input if n.label == words.say("data.header_row", "zh"))
    assert row.value == 2
    row.set_value(1)
    test.button(key="data-apply-stations").click()
    test.run()
    assert not test.exception
    draft: Draft = test.session_state["data.stations"]
    assert draft.headings == (("", (1, 1)),)
    headings = test.dataframe[0].value[words.say("data.heading", "zh")]
    assert "南京市工会驿站一览表" in set(headings)
    test.button(key="data-forget-mapping-stations").click()
    test.run()
    assert "驿站名称" in set(test.dataframe[0].value[words.say("data.heading", "zh")])


def test_shifts_are_those_of_the_datums(picked: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(picked)
    network = sample_ground().network
    index = build_index(network, snappable_edges(network, profile_named("shuang15"))[0])
    one, other = (read_points(path, kind="stations", datum=d) for d in ("wgs84", "gcj02"))
    found = datums.compare(one, other, network, index, "gcj02")
    truth = sample_ground().stations.frame.geometry.iloc[:60]
    assert found.moving == 60
    assert np.abs(found.stands["gcj02"].lonlat[:, 0] - truth.x.to_numpy()).max() < 1e-6
    assert found.stands["gcj02"].shift_m == 0
    wgs84 = found.stands["wgs84"]
    # By hand: the offset of GCJ-02 at the middle of Nanjing, on a sphere.
    x, y = from_wgs84([118.78], [32.04], "gcj02")
    east, north = (x[0] - 118.78) * 94_380, (y[0] - 32.04) * 111_320
    assert wgs84.shift_m == pytest.approx(np.hypot(east, north), rel=0.03)
    assert wgs84.bearing == pytest.approx(np.degrees(np.arctan2(east, north)) % 360, abs=3)
    assert found.stands["gcj02"].median_m == min(s.median_m for s in found.stands.values())


def test_rows_that_name_their_datum_stay(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    rows = "\n".join(f"{i},118.7{i},32.0{i},GCJ-02" for i in range(9))
    path.write_text(f"编号,经度,纬度,坐标系\n{rows}\n", "utf-8")
    network = sample_ground().network
    index = build_index(network, snappable_edges(network, profile_named("shuang15"))[0])
    one, other = (read_points(path, kind="stations", datum=d) for d in ("wgs84", "gcj02"))
    found = datums.compare(one, other, network, index, "wgs84")
    assert found.moving == 0
    assert found.likely is None
    assert all(stand.shift_m == 0 for stand in found.stands.values())


def test_areas_are_drawn_listed_and_used() -> None:
    data = (samples.SHIPPED / "areas.geojson").read_bytes()
    test = given(opened("zh", "areas"), "区.geojson", data)
    assert not shows_map(test)
    test.radio(key="data-datum-areas").set_value("wgs84")
    test.run()
    assert not test.exception
    assert not test.error
    assert shows_map(test)
    assert len(test.dataframe[0].value) == 9
    test.button(key="data-use-areas").click()
    test.run()
    own: Inputs = test.session_state["inputs"]
    assert own.areas is not None
    assert len(laid_out(sample_ground(), own).areas or ()) == 9
    test.radio(key="data-datum-areas").set_value("projected")
    test.run()
    assert not test.exception
    assert len(test.error) == 1, "no code of a reference system yet"


@pytest.fixture(scope="module")
def schematic_page() -> AppTest:
    return opened("zh", "network")


def test_the_schematic_network_says_what_it_is(schematic_page: AppTest) -> None:
    test = schematic_page
    assert not test.exception
    assert not test.error
    flag = words.say("flag.schematic", "zh")
    assert flag in test.warning[0].value
    assert shows_map(test)
    assert test.button(key="data-use-network").disabled, "it is in use"
    assert [b.key for b in test.get("download_button")] == ["data-save-network"]


def test_a_finding_is_looked_at_where_it_is(osm: OsmFile) -> None:
    osm.nodes(a=(-1000, 0), b=(-8, 0), c=(0, 0), d=(1000, 0), e=(0, 900))
    osm.way(1, "ab", {"highway": "residential"})
    osm.way(2, "ecd", {"highway": "residential"})
    network = read_osm(osm.write())
    found = find(network)
    assert "near_miss" in set(found.frame["kind"])
    shown, _ = audit_shown(found, network, lang="zh")
    row = found.frame["kind"].tolist().index("near_miss")
    west, south, east, north = audits.closer(shown, found, [row]).bounds
    spot = found.frame.geometry.iloc[row].centroid
    assert west < spot.x < east
    assert south < spot.y < north
    assert east - west < 0.01
    assert audits.closer(shown, found, [row]).key != shown.key, "or the map would stay where it is"
    assert audits.closer(shown, found, []) is shown
    assert audits.closer(shown, found, [10_000]) is shown
    assert len(audits.finding_table(found, "en")) == len(found.frame)


def drawn(osm: OsmFile) -> Path:
    """Return a cross of two streets, 2 km each, far from Nanjing."""
    osm.nodes(a=(-1000, 0), b=(0, 0), c=(1000, 0), d=(0, -1000), e=(0, 1000))
    osm.way(1, "abc", {"highway": "residential", "name": "东西街"})
    osm.way(2, "dbe", {"highway": "residential", "name": "南北街"})
    return osm.write()


def test_only_saved_networks_of_the_folder_are_offered(
    osm: OsmFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "offered"
    save_network(read_osm(drawn(osm)), folder / "北京")
    (folder / "not a network").mkdir()
    (folder / "file").write_text("x")
    assert networks.saved() == {}
    monkeypatch.setenv(networks.FOLDER, str(tmp_path / "nowhere"))
    assert networks.saved() == {}
    monkeypatch.setenv(networks.FOLDER, str(folder))
    assert list(networks.saved()) == ["北京"]
    test = opened("zh", "network")
    test.radio(key="data-network").set_value("saved:北京")
    test.run()
    assert not test.exception
    assert not test.error
    assert str(tmp_path) not in " ".join(text.value for text in test.markdown)
    test.button(key="data-use-network").click()
    test.run()
    own: Inputs = test.session_state["inputs"]
    assert own.network is not None
    assert own.network.meta.digest == load_network(folder / "北京").meta.digest
    apart = words.say("data.apart", "zh", share="0%")
    assert apart in [text.value for text in test.warning], "stations of Nanjing on it"
    assert laid_out(sample_ground(), own).sites is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_network_is_imported_and_audited(lang: str, osm: OsmFile, scratch: Path) -> None:
    test = opened(lang, "network")
    test.radio(key="data-network").set_value("uploaded")
    test.run()
    assert words.say("data.empty_network", lang) in [text.value for text in test.markdown]
    given(test, "街.osm", drawn(osm).read_bytes())
    assert not shows_map(test)
    test.button(key="data-run-import").click()
    test.run()
    assert not test.exception
    assert not test.error
    told = " ".join(text.value for text in test.markdown)
    assert "街.osm" in told
    assert str(scratch) not in told
    test.button(key="data-use-network").click()
    test.run()
    assert test.session_state["inputs"].names == {"network": "街.osm"}
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_broken_network_is_one_sentence(lang: str, scratch: Path) -> None:
    test = opened(lang, "network")
    test.radio(key="data-network").set_value("uploaded")
    test.run()
    given(test, "坏.osm.pbf", b"no protocol buffer")
    test.button(key="data-run-import").click()
    test.run()
    assert not test.exception
    assert len(test.error) == 1
    assert "坏.osm.pbf" in test.error[0].value
    assert str(scratch) not in test.error[0].value
    assert list(scratch.iterdir()) == []


def test_sessions_know_nothing_of_each_other(picked: bytes) -> None:
    one, other = opened(), opened()
    given(one, "站点.csv", picked)
    other.run()
    assert "data.stations" in one.session_state
    assert "data.stations" not in other.session_state
    assert "data.made" not in other.session_state
    assert words.say("data.empty_stations", "zh") in [text.value for text in other.markdown]


def test_names_lose_what_leads_elsewhere() -> None:
    assert Upload.of("../../etc/passwd", b"x").name == "passwd"
    assert Upload.of("C:\\Users\\我\\站点.xlsx", b"x").name == "站点.xlsx"
    assert Upload.of("a\u202e\x00b.csv", b"x").name == "ab.csv"
    assert Upload.of("", b"x").name == "?"
    long = Upload.of("长" * 500 + ".geojson", b"x").name
    assert len(long) <= 80
    assert long.endswith(".geojson")


def test_text_is_no_markup() -> None:
    assert plain("![x](http://a) **b** `c` <i> $d$") == (
        "!\\[x\\](http://a) \\*\\*b\\*\\* \\`c\\` \\<i\\> \\$d\\$"
    )


def test_private_cells_stay_out_of_the_editor(picked: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(picked)
    how = preview(path, kind="stations")
    names = {words.say(f"points.role_{c.role}", "zh"): c.role for c in how.sheets[0].columns}
    table: pd.DataFrame = mapping.role_table(how.sheets[0], {"": "", **names}, "zh")
    text = table.to_csv()
    assert "测试驿站1" in text
    assert not any(word in text for word in PRIVATE)


def test_inputs_are_forgotten_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(inputs.st, "session_state", state)
    base = sample_ground()
    inputs.choose("stations", base.stations, "a.csv")
    inputs.choose("areas", base.areas, "b.geojson")
    assert inputs.chosen().roles == ("stations", "areas")
    assert inputs.chosen().digest("stations") == base.stations.digest
    inputs.forget(("areas",))
    assert inputs.chosen().names == {"stations": "a.csv"}
    assert "a.csv" in inputs.told("en")
