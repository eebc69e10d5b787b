"""Files beside a file on the page 数据: a mapping saved before, corrections of the network."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from pages import ROOT
from streamlit.testing.v1 import AppTest

from geo import words
from geo.errors import PointsError
from geo.network import EdgeFlag
from geo.points import preview, read_points
from geo.points.showing import saved_mapping
from views.data import mapping_file
from views.data.kept import Draft, Upload

LANGUAGES = words.LANGUAGES
SHEET = """门牌,东,北,说明,人数
甲,118.79,32.04,工会驿站甲,5
乙,118.78,32.05,工会驿站乙,7
"""
MAPPING = """format_version = 1
kind = "stations"
datum = "gcj02"
[[sheet]]
name = ""
header_row = 1
header_rows = 1
[[sheet.column]]
heading = "门牌"
role = "id"
[[sheet.column]]
heading = "东"
role = "lon"
[[sheet.column]]
heading = "北"
role = "lat"
[[sheet.column]]
heading = "说明"
role = "name"
[[sheet.column]]
heading = "人数"
"""
FOOTBRIDGE = ROOT / "docs" / "examples" / "footbridge.toml"
DRAWN = ROOT / "docs" / "examples" / "footbridge.geojson"


def data_script() -> None:
    from views.data import page

    page.page()


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def opened(part: str, lang: str) -> AppTest:
    test = AppTest.from_function(data_script, default_timeout=300)
    test.query_params["lang"] = lang
    test.session_state["data.part"] = part
    return test.run()


def given(test: AppTest, key: str, name: str, data: bytes) -> AppTest:
    """Drop a file where the uploader's key begins so."""
    place = next(one for one in test.file_uploader if str(one.key).startswith(key))
    place.set_value((name, data, "application/octet-stream"))
    return test.run()


def quiet(test: AppTest) -> bool:
    return not test.exception and not test.error


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_saved_mapping_reads_what_nobody_could_recognise(lang: str, scratch: Path) -> None:
    test = given(opened("stations", lang), "data-file-stations", "表.csv", SHEET.encode())
    assert len(test.error) == 1, "neither 东 nor 北 is known for a coordinate"
    given(test, "data-mapping-file-stations", "旧.toml", MAPPING.encode())
    assert quiet(test)
    assert test.session_state["data-datum-stations"] == "gcj02"
    assert test.radio(key="data-datum-stations").value == "gcj02"
    told = next(f.value for f in test.dataframe if words.say("data.role", lang) in f.value)
    assert told[words.say("data.role", lang)].tolist()[:2] == [
        words.say("points.role_id", lang), words.say("points.role_lon", lang),
    ]  # fmt: skip
    assert "118.79 | 118.78" in told[words.say("data.samples", lang)].tolist()
    test.button(key="data-use-stations").click()
    test.run()
    assert quiet(test)
    table = test.session_state["inputs"].stations
    path = scratch / "表.csv"
    path.write_text(SHEET, "utf-8")
    (scratch / "旧.toml").write_text(MAPPING, "utf-8")
    from geo.points import load_mapping

    expected = read_points(
        path, kind="stations", datum=None, mapping=load_mapping(scratch / "旧.toml")
    )
    assert table.digest == expected.digest
    assert table.frame["id"].tolist() == ["甲", "乙"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("旧.toml", "门牌", "没有", "没有"),  # a heading that the file lacks
        ("旧.toml", 'role = "lon"', 'role = "east"', "east"),
        ("旧.toml", "format_version = 1", "format_version = 9", "9"),
        ("旧.toml", "[[sheet]]", "[[sheet", "旧.toml"),
        ("旧.txt", "a", "a", ".txt"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_sentence(
    lang: str, name: str, old: str, new: str, said: str, scratch: Path
) -> None:
    sheet = SHEET.replace("东,北", "经度,纬度")
    test = given(opened("stations", lang), "data-file-stations", "表.csv", sheet.encode())
    text = MAPPING.replace('"东"', '"经度"').replace('"北"', '"纬度"')
    given(test, "data-mapping-file-stations", name, text.replace(old, new, 1).encode())
    assert not test.exception
    assert [said in each.value for each in test.error] == [True]
    assert str(scratch) not in test.error[0].value
    assert test.session_state["data.stations"].mapping is None, "the file is read as before"
    given(test, "data-mapping-file-stations", "旧.toml", text.encode())
    assert quiet(test)
    assert test.session_state["data.stations"].mapping is not None
    assert list(scratch.iterdir()) == []


def test_what_the_page_saves_it_takes_back(tmp_path: Path) -> None:
    template = (ROOT / "data" / "points" / "template_stations.xlsx").read_bytes()
    path = tmp_path / "t.xlsx"
    path.write_bytes(template)
    found = preview(path, kind="stations", datum="gcj02")
    file = Upload.of("m.toml", saved_mapping(found, "zh", path="t.xlsx").encode())
    again = mapping_file.fitted(
        "stations", Draft(Upload.of("t.xlsx", template)), file, (".xlsx", ".csv")
    )
    assert [s.roles for s in again.sheets] == [s.roles for s in found.sheets]
    assert [s.rows for s in again.sheets] == [s.rows for s in found.sheets]
    plain = [c.samples for s in found.sheets for c in s.columns]
    assert [c.samples for s in again.sheets for c in s.columns] == plain
    with pytest.raises(PointsError):
        mapping_file.fitted("stations", Draft(Upload.of("t.xlsx", template)), file, (".csv",))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_corrections_change_the_network_that_is_looked_at(lang: str, scratch: Path) -> None:
    test = opened("network", lang)
    assert quiet(test)
    given(test, "data-file-overrides", "桥.toml", FOOTBRIDGE.read_bytes())
    assert quiet(test)
    told = " ".join(text.value for text in test.markdown)
    assert words.say("data.corrected", lang, name="").strip() in told
    test.button(key="data-use-network").click()
    test.run()
    assert quiet(test)
    network = test.session_state["inputs"].network
    assert network.has(EdgeFlag.LINK).any()
    assert "overrides" in network.meta.flags
    assert len(network.meta.amendments) >= 1
    assert list(scratch.iterdir()) == []


def test_drawn_corrections_need_a_datum_as_the_command_does() -> None:
    test = given(opened("network", "en"), "data-file-overrides", "b.geojson", DRAWN.read_bytes())
    assert not test.exception
    assert len(test.error) == 1
    assert "data-use-network" not in {button.key for button in test.button}
    test.selectbox(key="data-overrides-datum").set_value("wgs84")
    test.run()
    assert quiet(test)
    test.button(key="data-use-network").click()
    test.run()
    assert test.session_state["inputs"].network.has(EdgeFlag.LINK).any()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("b.toml", b"[[link"),
        ("b.toml", b'datum = "wgs84"\n[[link]]\nline = [[1, 2], [3, 4]]\n'),
        ("b.xlsx", b"PK"),
    ],
)
def test_corrections_that_cannot_be_used_are_one_sentence(
    name: str, data: bytes, scratch: Path
) -> None:
    test = given(opened("network", "en"), "data-file-overrides", name, data)
    assert not test.exception
    assert len(test.error) == 1
    assert str(scratch) not in test.error[0].value
    test.button(key="data-remove-overrides").click()
    test.run()
    assert quiet(test)
    assert any(button.key == "data-use-network" for button in test.button)


def test_corrections_hold_for_a_file_that_is_imported(osm, scratch: Path) -> None:
    osm.nodes(a=(0, 0), b=(300, 0), c=(300, 300)).way(7, "ab").way(8, "bc")
    test = opened("network", "en")
    test.radio(key="data-network").set_value("uploaded")
    test.run()
    given(test, "data-file-network", "town.osm", osm.text().encode())
    way = b'[[way]]\nid = 8\nwalk = "forbid"\n'
    given(test, "data-file-overrides", "gate.toml", way)
    test.button(key="data-run-import").click()
    test.run()
    assert quiet(test)
    test.button(key="data-use-network").click()
    test.run()
    network = test.session_state["inputs"].network
    assert set(network.edge_way.tolist()) == {7}
    assert [entry.id for entry in network.meta.amendments] == ["8"]
    test.button(key="data-remove-overrides").click()
    test.run()
    keys = {button.key for button in test.button}
    assert "data-use-network" not in keys, "what was made with them is no longer on offer"
