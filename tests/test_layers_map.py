"""The map as text: what is in it, in which order, how large, and that no text of others acts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from drawn_network import draw, points, way
from hostile_town import PAYLOADS, Town, town

from geo import words
from geo.coverage import CoverageRequest, cover
from geo.exports.provenance import Provenance
from geo.layers.assets import Assets, asset_files, own_file, use_assets
from geo.layers.basemap import Surroundings, ground_shapes
from geo.layers.drawings import ground_key, ground_text, shown
from geo.layers.inert import inert
from geo.layers.legend import legend_html
from geo.layers.maps import coverage_map, waiting_map
from geo.layers.page import frame_html, self_contained_html
from geo.network.model import WalkNetwork
from geo.words import LANGUAGES


@pytest.fixture(scope="module")
def hostile() -> Town:
    return town()


def map_of(place: Town, lang: str = "zh", **more: Any) -> folium.Map:
    return coverage_map(
        place.result, place.network, lang=lang, sites=place.sites, view_key="{{ 7*7 }}'\"", **more
    )


def page_of(place: Town, lang: str = "zh") -> str:
    return self_contained_html(
        map_of(place, lang),
        legend_html(place.result, lang=lang, with_sites=True),
        title=" ".join(PAYLOADS),
        lang=lang,
        provenance=Provenance(parameters=tuple((p, p) for p in PAYLOADS), flags=PAYLOADS),
    ).decode()


def layers_of(made: folium.Map) -> dict[str, list[dict[str, Any]]]:
    """The features of each layer by the layer's name, in drawing order."""
    drawn = content_of(made)["layers"]
    names = [child.layer_name for child in made._children.values() if hasattr(child, "pane")]
    return {n: part["data"]["features"] for n, part in zip(names, drawn.values(), strict=True)}


def content_of(made: folium.Map) -> dict[str, Any]:
    """What the map's script is told to show."""
    (told,) = (child.told for child in made._children.values() if hasattr(child, "told"))
    return dict(json.loads(told))


def planted(text: str) -> list[str]:
    """The payloads that stand in `text` as they are; `</script>` is counted, not sought."""
    return [p for p in PAYLOADS if p in text and p not in ("</script>", "\"'`")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_payload_reaches_the_map(hostile: Town, lang: str) -> None:
    text = map_of(hostile, lang).get_root().render()
    assert planted(text) == []
    assert "name &#123;&#123; 7*7 &#125;&#125;" in text
    assert "name 49" not in text
    assert not re.search(r"(id|site|点位) 49", text)
    # Figure writes one, the page's own three more; none of a name.
    assert text.count("</script>") == text.count("<script>") + text.count("<script src")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_payload_reaches_the_page(hostile: Town, lang: str) -> None:
    text = page_of(hostile, lang)
    assert planted(text) == []
    assert "name 49" not in text
    assert text.count("</script>") == len(re.findall(r"<script[ >]", text))


def test_the_check_for_payloads_can_fail() -> None:
    made = folium.Map(tiles=None)
    folium.GeoJson(
        {"type": "Point", "coordinates": [0, 0]}, tooltip="name {{ 7*7 }} ${window.pwned=1}"
    ).add_to(made)
    text = made.get_root().render()
    assert "name 49" in text
    assert planted(text) == ["${window.pwned=1}"]


def test_only_what_is_shown_is_in_a_layer(hostile: Town) -> None:
    text = map_of(hostile).get_root().render()
    keys = {
        key
        for features in layers_of(map_of(hostile)).values()
        for feature in features
        for key in feature["properties"]
    }
    shown = {"k", "n", "a", "title", "status", "reason", "kind", "area", "weight", "address"}
    assert keys <= shown | {"position", "hours"}
    # Ids of stations that have a name, and demand places, are in no layer.
    assert inert("id {{ 7*7 }}") not in text
    assert "far &#123;" not in text


def test_layers_come_in_order(hostile: Town) -> None:
    zh = ["底图", "服务圈", "空白区", "路名", "站点", "红色工运点位"]
    en = ["Base map", "Service circles", "Gaps", "Street names", "Stations", "Heritage sites"]
    assert list(layers_of(map_of(hostile, "zh"))) == zh
    assert list(layers_of(map_of(hostile, "en"))) == en


def test_bands_are_whole_and_cut_where_they_are_drawn(hostile: Town) -> None:
    drawn = layers_of(map_of(hostile, "en"))["Service circles"]
    assert [f["properties"]["k"] for f in drawn] == ["band2", "band1", "band0"]
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in drawn]
    assert shared_part(*shapes[:2]) > 0.99
    # What `hongtu.cut` of map.js makes of the first; rounding to a metre leaves slivers.
    rings = [r for shape in shapes[:2] for r in shapely.get_rings(shape)]
    cut = shapely.from_geojson(
        json.dumps({"type": "Polygon", "coordinates": [list(r.coords) for r in rings]})
    )
    assert shared_part(cut, shapes[1]) < 0.01
    for rings_wanted in (True, False):
        how = content_of(map_of(hostile, rings=rings_wanted))["layers"]["bands"]["how"]
        assert how["rings"] is rings_wanted


def shared_part(wide: Any, narrow: Any) -> float:
    """The part of `narrow` that `wide` covers too; both filled by the even-odd rule."""
    wide, narrow = (
        reduce(shapely.symmetric_difference, shapely.make_valid(shapely.polygons(rings)))
        for rings in (shapely.get_rings(wide), shapely.get_rings(narrow))
    )
    return float(shapely.area(shapely.intersection(wide, narrow)) / shapely.area(narrow))


def test_bands_can_be_chosen(hostile: Town) -> None:
    drawn = layers_of(map_of(hostile, "en", bands=(1,)))["Service circles"]
    assert [f["properties"]["k"] for f in drawn] == ["band1"]
    legend = legend_html(hostile.result, lang="en", bands=(1,))
    assert "within 6 min" in legend
    assert "within 9 min" not in legend


def test_coordinates_have_five_decimals(hostile: Town) -> None:
    for features in layers_of(map_of(hostile)).values():
        for feature in features:
            for lon, lat in shapely.get_coordinates(shapely.from_geojson(json.dumps(feature))):
                assert (round(lon, 5), round(lat, 5)) == (lon, lat)


def test_every_station_with_a_position_is_drawn(hostile: Town) -> None:
    drawn = layers_of(map_of(hostile))["站点"]
    assert len(drawn) == hostile.result.stations.geometry.notna().sum() == len(PAYLOADS)


def test_without_gaps_sites_or_names_layers_are_empty(hostile: Town) -> None:
    network = draw(way((0, 0), (1500, 0)))
    result = cover(network, points({"a": (500, 0)}), None, CoverageRequest(limits=(30.0,)))
    assert result.gaps.empty
    made = coverage_map(result, network, lang="en", view_key="k")
    assert "Heritage sites" not in layers_of(made)
    assert layers_of(made)["Gaps"] == []
    assert "no gaps" in legend_html(result, lang="en")
    assert made.get_root().render()


def test_metres_are_bands_too() -> None:
    network = draw(way((0, 0), (1500, 0)))
    asked = CoverageRequest(limits=(300.0, 500.0), unit="metres")
    result = cover(network, points({"a": (500, 0)}), None, asked)
    assert "within 300 m" in legend_html(result, lang="en")
    assert len(layers_of(coverage_map(result, network, lang="en", view_key="k"))) == 5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_legend_says_flags_loudly_and_is_inert(hostile: Town, lang: str) -> None:
    legend = legend_html(hostile.result, lang=lang, with_sites=True)
    assert planted(legend) == []
    assert {"zh": "示例数据", "en": "Sample data"}[lang] in legend
    assert "http" not in legend.replace("http://www.w3.org/2000/svg", "")
    assert "class=" in legend
    assert "<script" not in legend


def test_credits_and_flags_are_on_the_map(hostile: Town) -> None:
    text = map_of(hostile).get_root().render()
    assert '"flags":"' in text
    assert "\\u793a\\u4f8b\\u6570\\u636e" in text  # 示例数据
    assert inert(hostile.network.meta.attribution) in text


def test_assets_stay_with_one_map(hostile: Town) -> None:
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    assets = Assets(("/a/leaflet.js", "/a/x.js"), ("/a/leaflet.css",))
    made = map_of(hostile, assets=assets)
    text = made.get_root().render()
    assert re.findall(r'<script src="([^"]*)"', text) == ["/a/leaflet.js", "/a/x.js"]
    assert re.findall(r'<link rel="stylesheet" href="([^"]*)"', text) == ["/a/leaflet.css"]
    assert (folium.Map.default_js, folium.Map.default_css) == before
    other = folium.Map()
    assert other.default_js is folium.Map.default_js


def test_use_assets_puts_back_what_was_there() -> None:
    made = folium.Map(tiles=None)
    with use_assets(made, Assets(("/x.js",))):
        assert made.default_js == [("hongtu_js_0", "/x.js")]
        assert made.default_css == []
    assert "default_js" not in vars(made)
    assert made.default_js is folium.Map.default_js


def test_asset_files_are_installed() -> None:
    files = asset_files()
    assert list(files)[:2] == ["leaflet.js", "leaflet.css"]
    for path in files.values():
        assert path.is_file(), path
    assert "Leaflet 1.9" in files["leaflet.js"].read_text(encoding="utf-8")[:200]


def test_our_script_is_no_template() -> None:
    for name in ("map.js", "frame.js", "map.css", "page.js", "page.css"):
        assert not re.search(r"\{\{|\{%|\{#", own_file(name)), name


@pytest.fixture(scope="module")
def city() -> tuple[WalkNetwork, gpd.GeoSeries]:
    """A grid of 120 × 120 streets: too many to draw."""
    step = 60.0
    lines = [way(*((i * step, j * step) for j in range(120))) for i in range(120)]
    lines += [way(*((i * step, j * step) for i in range(120)), highway="primary")
              for j in range(0, 120, 10)]  # fmt: skip
    return draw(*lines), points({"a": (600, 600)}).frame.geometry


def test_small_streets_are_drawn_near_stations_only(
    city: tuple[WalkNetwork, gpd.GeoSeries], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, station = city
    box = network.meta.bbox
    near = shapely.get_coordinates(station.to_numpy())
    monkeypatch.setattr("geo.layers.basemap.MOST_VERTICES", 4000)
    drawn = {}
    for text in ground_shapes(Surroundings(network, box, near, 500.0)):
        found = json.loads(text)
        drawn[found["properties"]["k"]] = shapely.from_geojson(json.dumps(found["geometry"]))
    assert list(drawn) == ["street4", "street0"]
    assert width_m(drawn["street4"]) < 1400
    assert width_m(drawn["street0"]) > 7000


def width_m(shape: Any) -> float:
    west, _, east, _ = shapely.bounds(shape).tolist()
    return float(east - west) * 94_000


def test_water_is_clipped_to_the_map() -> None:
    lake = shapely.box(-50_000, 100, 50_000, 400)
    network = draw(way((0, 0), (3000, 0)), water=[lake])
    west, _, east, _ = network.meta.bbox
    under = Surroundings(network, network.meta.bbox, shapely.get_coordinates([]), 1.0)
    water = json.loads(ground_shapes(under)[0])
    assert water["properties"] == {"k": "water"}
    bounds = shapely.bounds(shapely.from_geojson(json.dumps(water["geometry"])))
    # On the grid beyond a margin; the lake goes on for fifty kilometres.
    assert west - 0.04 <= bounds[0] <= west - 0.015
    assert east + 0.015 <= bounds[2] <= east + 0.04


def test_the_ground_of_a_small_network_is_the_same_for_all_stations(
    city: tuple[WalkNetwork, gpd.GeoSeries], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, _ = city
    west, south, east, north = network.meta.bbox
    quarter = (west, south, (west + east) / 2, (south + north) / 2)
    one, other = (
        Surroundings(network, box, np.array([[lon, south]]), reach_m)
        for box, lon, reach_m in ((quarter, west, 500.0), (network.meta.bbox, east, 900.0))
    )
    assert one.identity == other.identity
    monkeypatch.setattr("geo.layers.basemap.MOST_VERTICES", 4000)
    assert one.identity != other.identity


def test_a_ground_is_named_by_what_it_shows(hostile: Town) -> None:
    key = ground_key(hostile.result, hostile.network)
    assert key == ground_key(hostile.result, hostile.network)
    moved = replace(hostile.network, meta=replace(hostile.network.meta, digest="another"))
    assert ground_key(hostile.result, moved) != key
    assert planted(ground_text(hostile.result, hostile.network)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_frame_is_the_same_page_at_every_start_and_asks_nobody_else(lang: str) -> None:
    keys = ("ground", "bands", "sites")
    one, other = (frame_html(waiting_map(keys, lang=lang), lang=lang) for _ in range(2))
    assert one == other
    text = one.decode()
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", text)
    assert "default-src 'none'" in text
    assert "connect-src 'self'" in text
    written = {k: json.dumps(words.say(f"layers.{k}", lang)) in text for k in (*keys, "gaps")}
    assert written == {**dict.fromkeys(keys, True), "gaps": False}


def test_what_a_frame_is_told_is_what_a_file_shows(hostile: Town) -> None:
    told = shown(hostile.result, hostile.network, lang="en", view_key="k", sites=hostile.sites)
    assert planted(told.text()) == []
    whole = content_of(map_of(hostile, "en"))
    alone = json.loads(told.text())
    assert told.keys == tuple(whole["layers"])
    del whole["layers"]["ground"]
    assert alone["layers"] == whole["layers"]
    assert alone["bounds"] == whole["bounds"]


@pytest.mark.shared
def test_a_real_city_fits_in_four_megabytes(shared: Path, tmp_path: Path) -> None:
    from geo.osm import read_osm
    from geo.points import read_points

    network = read_osm(shared / "data" / "nanjing_city_roads_osm2021.osm.pbf")
    stations = read_points(shared / "facts" / "metro_stations.csv", kind="stations", datum="wgs84")
    result = cover(network, stations)
    made = coverage_map(result, network, lang="zh", view_key="k")
    page = self_contained_html(made, legend_html(result, lang="zh"), title="t", lang="zh")
    assert len(page) < 4_000_000
    # A layer a kind, however many things are in it: a marker each cost 3.8 s for 2,000 of them.
    assert parts(made) < len(stations) / 2


def parts(element: Any) -> int:
    """Return of how many elements of folium a map is made."""
    return 1 + sum(map(parts, element._children.values()))
