"""Reporting areas on a page: the table of a level, the outlines and the legend of the map."""

from __future__ import annotations

import json

import pytest
import shapely
from drawn_areas import areas, features
from drawn_network import degrees, draw, places, points, way

from geo.areas import build_areas
from geo.coverage import Coverage, CoverageRequest, cover
from geo.layers.drawings import shown
from geo.layers.legend import legend_html
from geo.words import LANGUAGES, say
from views.areas import area_table, levels

ASKED = CoverageRequest((500.0, 1000.0), "metres", cell_m=50.0)
DRAWN = {
    "west": shapely.box(-100, -500, 1000, 500),
    "east": shapely.box(1000, -500, 4100, 500),
    "moon": shapely.box(90_000, 0, 91_000, 1000),
    "<b>park</b>": shapely.box(0, -50, 800, 50),
}


@pytest.fixture(scope="module")
def street():
    return draw(way((0, 0), (4000, 0)))


@pytest.fixture(scope="module")
def result(street) -> Coverage:
    table = areas(DRAWN, {"<b>park</b>": "<i>园区</i>"}, 所属工会=["甲", "乙", None, None])
    spots = places({"p": (100, 0), "q": (3000, 0), "r": (3100, 0)}, 10.0)
    return cover(street, points({"S": (0, 0)}), spots, ASKED, areas=table)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_puts_the_least_served_first_and_the_rest_last(
    result: Coverage, lang: str
) -> None:
    assert levels(result) == ["区", "<i>园区</i>"]
    table = area_table(result, "区", lang)
    rest, off = (say(f"reason.{code}", lang) for code in
                 ("outside_every_area", "area_outside_network"))  # fmt: skip
    assert table.iloc[:, 0].tolist() == ["east", "west", "moon", rest]
    assert table[say("areas.left", lang)].tolist() == [20.0, 0.0, 0.0, 0.0]
    assert table[say("areas.reason", lang)].tolist() == ["", "", off, ""]
    assert table[say("areas.share_metres", lang, limit=1000)].tolist()[:2] == [0.0, 1.0]
    assert table[say("areas.demand", lang)].sum() == 30.0
    park = area_table(result, "<i>园区</i>", lang)
    assert say("areas.reason", lang) not in park
    assert park[say("areas.demand", lang)].tolist() == [10.0, 20.0]


def test_streets_have_a_table_too(street) -> None:
    result = cover(street, points({"S": (0, 0)}), None, ASKED, areas=areas(DRAWN))
    table = area_table(result, "区", "en")
    assert table["Street (km)"].sum() == pytest.approx(4.0, abs=1e-6)
    assert "Stations per 10,000" not in table
    assert levels(cover(street, points({"S": (0, 0)}), None, ASKED)) == []


def test_the_map_draws_the_outlines_of_the_areas_in_use(street, result: Coverage) -> None:
    told = json.loads(shown(result, street, lang="en", view_key="k").text())["layers"]["areas"]
    drawn = told["data"]["features"]
    assert [f["properties"]["k"] for f in drawn] == ["area0", "area0", "area1"]
    assert {f["geometry"]["type"] for f in drawn} == {"MultiLineString"}
    found = shapely.Polygon(drawn[0]["geometry"]["coordinates"][0])
    expected = shapely.transform(DRAWN["west"], degrees)
    assert found.hausdorff_distance(expected) < 1e-4
    assert told["how"]["styles"]["area1"]["dashArray"]
    without = cover(street, points({"S": (0, 0)}), None, ASKED)
    assert "areas" not in shown(without, street, lang="en", view_key="k").keys


def test_the_legend_counts_areas_by_level(result: Coverage) -> None:
    told = legend_html(result, lang="en")
    assert "Areas" in told
    assert "区" in told
    assert "<i>" not in told  # a level is somebody's text


def test_a_level_without_a_name_is_called_so(street) -> None:
    shapes = [shapely.transform(DRAWN["west"], degrees)]
    table = build_areas(features(shapes, {"id": ["w"]}), path=None, datum="wgs84")
    result = cover(street, points({"S": (0, 0)}), None, ASKED, areas=table)
    assert levels(result) == [""]
    assert say("areas.level_none", "zh") in legend_html(result, lang="zh")
    assert len(area_table(result, "", "zh")) == 2
