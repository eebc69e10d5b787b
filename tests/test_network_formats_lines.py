"""Line layers: placed by every reference system, judged by their attributes, made a network."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, drawn, way
from drawn_vector import frame, geojson, save, shapefile, zipped
from shapely import LineString

from geo import words
from geo.centrelines import LineColumns, LineReport, LineSource, read_lines
from geo.centrelines import read as read_module
from geo.datum import from_wgs84
from geo.errors import DatumError, NetworkError, OsmError, PlannerError, RequestError, VectorError
from geo.network import EdgeFlag, WalkNetwork
from geo.osm.clip import Clip
from geo.osm.overrides import Overrides
from geo.pace import profile_named

# A main street with a side street from its middle, and a lane that crosses it further on.
STREETS = [
    [(0, 0), (400, 0), (1000, 0)],
    [(500, 0), (500, 300)],
    [(800, -200), (800, 200)],
]


def in_degrees(lines=None) -> list[LineString]:
    return [LineString(degrees(line)) for line in lines or STREETS]


def layer(crs: str, lines=None, **columns: list) -> gpd.GeoDataFrame:
    shapes = in_degrees(lines)
    table = frame(shapes, "EPSG:4326", **(columns or {"n": list(range(len(shapes)))}))
    return table.to_crs(crs)


@pytest.fixture(scope="module")
def expected() -> WalkNetwork:
    return draw(
        way((0, 0), (400, 0), (500, 0), (800, 0), (1000, 0)),
        way((500, 0), (500, 300)),
        way((800, -200), (800, 0), (800, 200)),
    )


def assert_is(network: WalkNetwork, expected: WalkNetwork, off_m: float = 0.01) -> None:
    assert (network.n_nodes, network.n_edges) == (expected.n_nodes, expected.n_edges)
    assert sorted(network.edge_length_m) == pytest.approx(sorted(expected.edge_length_m), abs=off_m)
    here, there = (np.column_stack([n.node_lon, n.node_lat]) * 1e5 for n in (network, expected))
    gaps = np.hypot(*(here[:, None] - there[None, :]).transpose(2, 0, 1))
    assert gaps.min(axis=1).max() < off_m


def refused(path: Path, code: str, error: type[PlannerError] = VectorError, **how) -> PlannerError:
    with pytest.raises(error) as caught:
        read_lines(path, source=LineSource(**how))
    fault = caught.value
    assert fault.code == code
    assert all("\n" not in fault.sentence(lang) for lang in ("zh", "en"))
    return fault


# --- reference systems ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "form"),
    [
        ("EPSG:4549", "gpkg"),  # CGCS2000, 3 degrees, 120° E
        ("EPSG:4528", "gpkg"),  # the same with zone 40 before its eastings
        ("EPSG:4509", "gpkg"),  # CGCS2000, 6 degrees, 117° E
        ("EPSG:4498", "gpkg"),  # the same with zone 20
        ("EPSG:4490", "gpkg"),
        ("EPSG:4326", "gpkg"),
        ("EPSG:32651", "gpkg"),
        ("EPSG:3857", "gpkg"),
        ("EPSG:4528", "shp"),
        ("EPSG:4490", "shp"),
        ("EPSG:4549", "zip"),
        ("EPSG:4549", "geojson"),
        ("EPSG:4490", "geojson"),
    ],
)
def test_every_reference_system_gives_one_network(tmp_path, expected, crs, form):
    table = layer(crs)
    how = {}
    if form == "geojson":
        named = f"urn:ogc:def:crs:EPSG::{crs[5:]}"
        path = geojson(tmp_path / "a.geojson", table.geometry, crs=named)
        how = {"datum": "cgcs2000"} if crs in ("EPSG:4490", "EPSG:4326") else {}
    elif form == "zip":
        path = zipped(tmp_path / "a.zip", shapefile(tmp_path / "in/a.shp", table))
    else:
        path = save(table, tmp_path / f"a.{form}")
    network = read_lines(path, source=LineSource(**how))
    assert_is(network, expected)
    assert network.meta.source == path.name
    assert "OpenStreetMap" not in network.meta.attribution
    assert set(network.meta.flags) == {"own_lines", "levels_unknown", "no_water"}


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "wgs84", "cgcs2000"])
@pytest.mark.parametrize("form", ["geojson", "shp"])
def test_degrees_of_every_datum_give_one_network(tmp_path, expected, datum, form):
    shapes = [
        shapely.transform(line, lambda xy: np.column_stack(from_wgs84(*xy.T, datum)))
        for line in in_degrees()
    ]
    if form == "geojson":
        path = geojson(tmp_path / "a.geojson", shapes)
    else:
        path = save(frame(shapes, n=[1, 2, 3]), tmp_path / "a.shp")
    network = read_lines(path, source=LineSource(datum=datum))
    assert_is(network, expected)
    assert dict(network.meta.notes)["crs"] == datum


def test_the_grid_of_hong_kong(tmp_path):
    """Its origin: WGS-84 is 5.5" south and 8.8" east of the old datum there (Lands Department)."""
    line = LineString([(836694.05, 819069.8), (837694.05, 819069.8)])
    path = save(frame([line], "EPSG:2326", n=[1]), tmp_path / "a.gpkg")
    network = read_lines(path, source=LineSource())
    west, south = network.meta.bbox[:2]
    assert west == pytest.approx(114 + 10 / 60 + (42.8 + 8.8) / 3600, abs=3e-5)
    assert south == pytest.approx(22 + 18 / 60 + (43.68 - 5.5) / 3600, abs=3e-5)


def test_nothing_is_taken_for_granted(tmp_path):
    bare = geojson(tmp_path / "a.geojson", in_degrees())
    assert "EPSG:4549" in refused(bare, "lines_undeclared", DatumError).sentence("zh")
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"):
        said = geojson(tmp_path / "b.geojson", in_degrees(), crs=name)
        refused(said, "lines_undeclared", DatumError)  # what GeoJSON has to say, true or not
    shp = save(layer("EPSG:4549"), tmp_path / "c.shp")
    shp.with_suffix(".prj").unlink()
    refused(shp, "lines_undeclared", DatumError)
    assert read_lines(shp, source=LineSource(crs="EPSG:4549")).n_edges == 6
    assert read_lines(shp, source=LineSource(crs="4549")).n_edges == 6
    refused(shp, "crs_and_datum", RequestError, crs="EPSG:4549", datum="wgs84")


@pytest.mark.parametrize("crs", ["EPSG:1", "nonsense", "EPSG:4978", "EPSG:5773", "+proj=utm", ""])
def test_a_crs_that_is_none(tmp_path, crs):
    path = save(layer("EPSG:4549"), tmp_path / "a.gpkg")
    refused(path, "crs_unknown", RequestError, crs=crs)


@pytest.mark.parametrize("form", ["gpkg", "shp", "geojson"])
@pytest.mark.parametrize(
    ("own", "declared"), [("4549", "4548"), ("4547", "4549"), ("32651", "4549")]
)
def test_two_systems_that_are_two_places_are_refused(tmp_path, form, own, declared):
    table = layer("EPSG:4549").set_crs(f"EPSG:{own}", allow_override=True)
    if form == "geojson":
        crs = f"urn:ogc:def:crs:EPSG::{own}"
        path = geojson(tmp_path / "a.geojson", table.geometry, crs=crs)
    else:
        path = save(table, tmp_path / f"a.{form}")
    fault = refused(path, "lines_crs_twice", crs=f"EPSG:{declared}")
    assert f"EPSG:{declared}" in str(fault)
    assert own in str(fault) or form == "shp"  # a .prj has names alone


def test_two_names_of_one_place_are_told(tmp_path, expected):
    path = save(layer("EPSG:4528"), tmp_path / "a.gpkg")  # with the zone's number: one meridian
    told: list[LineReport] = []
    network = read_lines(path, source=LineSource(crs="EPSG:4549"), on_report=told.append)
    assert_is(network, expected)
    assert [code for code, _ in told[0].warnings] == ["crs_overridden", "zone_number"]


def test_an_owner_s_word_holds_against_the_file_s(tmp_path, expected):
    # Numbers of zone 40 under the name of zone 39, which they cannot be.
    path = save(layer("EPSG:4528").set_crs("EPSG:4527", allow_override=True), tmp_path / "a.gpkg")
    told: list[LineReport] = []
    network = read_lines(path, source=LineSource(crs="EPSG:4528"), on_report=told.append)
    assert_is(network, expected)
    assert [code for code, _ in told[0].warnings] == ["crs_overridden"]
    in_gcj = save(layer("EPSG:4326"), tmp_path / "b.gpkg")
    read_lines(in_gcj, source=LineSource(datum="gcj02"), on_report=told.append)
    assert [code for code, _ in told[1].warnings] == ["crs_overridden"]
    refused(path, "crs_and_datum_file", datum="gcj02")


@pytest.mark.parametrize(("written", "declared"), [("4528", "4549"), ("4549", "4528"),
                                                   ("4498", "4509"), ("4509", "4498")])  # fmt: skip
def test_a_zone_number_too_many_or_too_few(tmp_path, expected, written, declared):
    table = layer(f"EPSG:{written}").set_crs(f"EPSG:{declared}", allow_override=True)
    told: list[LineReport] = []
    path = save(table, tmp_path / "a.gpkg")
    assert_is(read_lines(path, source=LineSource(), on_report=told.append), expected)
    ((code, fields),) = told[0].warnings
    assert code == "zone_number"
    assert all(words.say(f"warning.{code}", lang, **fields) for lang in words.LANGUAGES)


def test_the_number_of_another_zone(tmp_path):
    table = layer("EPSG:4527").set_crs("EPSG:4549", allow_override=True)
    fault = refused(save(table, tmp_path / "a.gpkg"), "lines_other_zone")
    assert "EPSG:4527" in fault.sentence("zh")
    six = layer("EPSG:4498").set_crs("EPSG:4549", allow_override=True)
    assert "EPSG:4498" in refused(save(six, tmp_path / "b.gpkg"), "lines_other_zone").sentence()


def test_numbers_that_cannot_be(tmp_path):
    path = save(layer("EPSG:4326").set_crs("EPSG:4549", allow_override=True), tmp_path / "a.gpkg")
    refused(path, "lines_are_degrees")
    metres = save(layer("EPSG:4549").set_crs("EPSG:4490", allow_override=True), tmp_path / "b.gpkg")
    refused(metres, "lines_not_degrees")
    refused(metres, "lines_not_degrees", datum="gcj02")
    turned = shapely.transform(layer("EPSG:4549").geometry.to_numpy(), lambda xy: xy[:, ::-1])
    refused(save(frame(turned, "EPSG:4549", n=[1, 2, 3]), tmp_path / "c.gpkg"), "lines_swapped")
    turned = shapely.transform(np.array(in_degrees()), lambda xy: xy[:, ::-1])
    refused(geojson(tmp_path / "d.geojson", turned), "lines_swapped", datum="wgs84")
    abroad = [LineString([(500_000, 100_000), (501_000, 100_000)])]
    refused(save(frame(abroad, "EPSG:4549", n=[1]), tmp_path / "e.gpkg"), "lines_outside")


def test_a_datum_that_no_public_transformation_reaches(tmp_path):
    line = LineString([(500_000, 3_540_000), (501_000, 3_540_000)])
    fault = refused(save(frame([line], "EPSG:2385", n=[1]), tmp_path / "a.gpkg"), "crs_datum")
    assert "CGCS2000" in fault.sentence("zh")


def test_lines_over_half_the_country(tmp_path):
    lines = [LineString([(110, 32), (110.01, 32)]), LineString([(118, 32), (118.01, 32)])]
    path = save(frame(lines, "EPSG:4326", n=[1, 2]), tmp_path / "a.gpkg")
    refused(path, "lines_wide", NetworkError)


# --- attributes -------------------------------------------------------------------------------


def town(tmp_path: Path, form: str = "gpkg", **columns: list) -> Path:
    rows = len(next(iter(columns.values())))
    lines = [[(0, 100 * i), (1000, 100 * i)] for i in range(rows)]
    return save(layer("EPSG:4549", lines, **columns), tmp_path / f"a.{form}")


CLASSES = {
    "主干路": "primary",
    "城市次干道": "secondary",
    "支路": "tertiary",
    "国道G312": "primary",
    "街巷": "residential",
    "小区内部路": "service",
    "人行道": "footway",
    "步行街": "pedestrian",
    "台阶": "steps",
    "过街天桥(人行天桥)": "footway",
    "地下通道": "footway",
    "乡道": "unclassified",
    "residential": "residential",
    "track_grade2": "track",
    "甲类": "unclassed",
    None: "unclassed",
}
CLOSED = {
    "高速公路": "no_foot",
    "快速路": "no_foot",
    "匝道": "no_foot",
    "自行车道": "no_foot",
    "主干路（规划）": "not_a_way",
    "在建道路": "not_a_way",
    "motorway": "no_foot",
}


@pytest.mark.parametrize("heading", ["等级", "道路类型", "类型", "fclass", "Road_Class"])
def test_classes_of_road(tmp_path, heading):
    kinds = [*CLASSES, *CLOSED]
    network = read_lines(town(tmp_path, **{heading: kinds}), source=LineSource())
    found = dict(zip(network.edge_way - 1, network.edges["highway"], strict=True))
    assert found == dict(enumerate(CLASSES.values()))
    notes = dict(network.meta.notes)
    assert {k: n for k, n in notes.items() if k.startswith("left_out")} == {
        "left_out_no_foot": 5,
        "left_out_not_a_way": 2,
    }
    assert (notes["class_unknown"], notes["column_class"]) == (2, heading)
    flags = dict(zip((network.edge_way - 1).tolist(), network.edge_flags.tolist(), strict=True))
    place = {kind: flags[i] for i, kind in enumerate(CLASSES)}
    assert place["台阶"] == EdgeFlag.STEPS
    assert place["过街天桥(人行天桥)"] == EdgeFlag.BRIDGE
    assert place["地下通道"] == EdgeFlag.TUNNEL
    assert place["主干路"] == EdgeFlag.DRIVE
    assert place["人行道"] == 0


def test_a_layer_without_walkable_lines(tmp_path):
    refused(town(tmp_path, 等级=["高速公路"]), "network_empty", NetworkError)


def test_who_may_walk(tmp_path):
    path = town(
        tmp_path,
        等级=["快速路", "主干路", "主干路", "主干路"],
        可步行=["是", "否", None, "1"],
        道路名称=["机场路", "b", "中山路", None],
    )
    network = read_lines(path, source=LineSource())
    assert sorted((network.edge_way - 1).tolist()) == [0, 2, 3]
    assert sorted(network.names) == ["中山路", "机场路"]


def test_columns_chosen_by_hand(tmp_path):
    path = town(tmp_path, 名称=["x", "y"], 甲=["东路", "西路"], 乙=["人行道", "台阶"])
    columns = LineColumns(name="甲", kind="乙")
    network = read_lines(path, source=LineSource(columns=columns))
    assert sorted(network.names) == ["东路", "西路"]
    assert sorted(network.highways) == ["footway", "steps"]
    fault = refused(path, "column_unknown", RequestError, columns=LineColumns(foot="丙"))
    assert "名称, 甲, 乙" in fault.sentence()


def test_a_shapefile_as_geofabrik_makes_them(tmp_path):
    """Over a street a bridge, under it a tunnel; both go on at their ends."""
    lines = [
        [(0, 0), (1000, 0)],
        [(500, -50), (500, 50)], [(500, -300), (500, -50)], [(500, 50), (500, 300)],
        [(700, -50), (700, 50)], [(700, -300), (700, -50)], [(700, 50), (700, 300)],
    ]  # fmt: skip
    table = layer(
        "EPSG:4326", lines,
        fclass=["residential", *["footway"] * 6], name=["Main", *[None] * 6],
        bridge=["F", "T", "F", "F", "F", "F", "F"], tunnel=["F", "F", "F", "F", "T", "F", "F"],
        layer=[0, 1, 0, 0, -1, 0, 0],
    )  # fmt: skip
    network = read_lines(save(table, tmp_path / "a.shp"), source=LineSource())
    assert network.n_edges == 7
    assert dict(network.meta.notes)["crossings_apart"] == 2
    assert "levels_unknown" not in network.meta.flags
    assert network.has(EdgeFlag.BRIDGE).sum() == network.has(EdgeFlag.TUNNEL).sum() == 1
    flat = layer("EPSG:4326", lines, fclass=["residential", *["footway"] * 6])
    assert read_lines(save(flat, tmp_path / "b.shp"), source=LineSource()).n_edges == 11


# --- what is dropped, joined and told ---------------------------------------------------------


def test_everything_is_counted(tmp_path):
    lines = [
        *STREETS,
        [(1000, 0), (400, 0), (0, 0)],  # the main street once more, from its other end
        [(0, 0), (0, 0)],  # nothing
        [(1000.3, 0), (1200, 0)],  # goes on after a gap
        [(100, 3), (100, 90)],  # stops three metres short
        [(850, 0), (950, 0)],  # drawn over the main street
    ]
    shapes = [*layer("EPSG:4549", lines).geometry, None, shapely.Point(1, 1)]
    path = save(frame(shapes, "EPSG:4549", n=list(range(10))), tmp_path / "a.gpkg")
    told: list[LineReport] = []
    network = read_lines(path, source=LineSource(), on_report=told.append)
    notes = dict(network.meta.notes)
    expected = {
        "lines": 10, "unusable": 2, "zero_length": 1, "duplicate_lines": 1, "ends_joined": 1,
        "ends_near": 1, "duplicate_segments": 1, "snap_cm": 50,
    }  # fmt: skip
    assert {key: notes[key] for key in expected} == expected
    assert {row: code for row, (code, _) in told[0].faults.items()} == {
        8: "no_position",
        9: "not_a_line",
    }
    total = 1000 + 300 + 400 + 200 + 87
    assert network.edge_length_m.sum() == pytest.approx(total, abs=1)


def test_the_tolerance_and_crossings_are_the_user_s(tmp_path):
    path = save(layer("EPSG:4549", [*STREETS, [(1002, 0), (1200, 0)]]), tmp_path / "a.gpkg")
    apart = read_lines(path, source=LineSource())
    joined = read_lines(path, source=LineSource(snap_m=3.0))
    assert joined.n_nodes == apart.n_nodes - 1
    ends_only = read_lines(path, source=LineSource(crossings=False))
    assert ends_only.n_edges == apart.n_edges - 2
    assert "levels_unknown" not in ends_only.meta.flags
    for snap in (-0.1, 5.1, float("nan")):
        refused(path, "snap_range", RequestError, snap_m=snap)


def test_more_vertices_than_can_be_noded(tmp_path, monkeypatch):
    monkeypatch.setattr(read_module, "MAX_VERTICES", 6)
    refused(save(layer("EPSG:4549"), tmp_path / "a.gpkg"), "too_many_vertices")


def test_an_area_is_cut_out(tmp_path):
    path = save(layer("EPSG:4549"), tmp_path / "a.gpkg")
    (west, south), (east, north) = degrees([(-10, -10), (510, 310)])
    clip = Clip((west, south, east, north))
    network = read_lines(path, source=LineSource(), clip=clip)
    assert drawn(network.edges.geometry.to_numpy())[0].bounds[2] < 801
    assert 700 < network.edge_length_m.sum() < 1200
    far = Clip((0.0, 0.0, 1.0, 1.0))
    with pytest.raises(OsmError):
        read_lines(path, source=LineSource(), clip=far)


def test_osm_ids_mean_nothing_here(tmp_path):
    path = save(layer("EPSG:4549"), tmp_path / "a.gpkg")
    with pytest.raises(RequestError) as caught:
        read_lines(path, source=LineSource(), overrides=Overrides(forbidden=frozenset([7])))
    assert caught.value.code == "overrides_not_osm"


def test_a_walk_over_lines_takes_its_time(tmp_path, expected):
    """From the far end of the side street to the far end of the main street: 300 + 500 m."""
    import networkx as nx

    network = read_lines(save(layer("EPSG:4549"), tmp_path / "a.gpkg"), source=LineSource())
    graph = nx.Graph()
    for u, v, m in zip(network.edge_u, network.edge_v, network.edge_length_m, strict=True):
        graph.add_edge(int(u), int(v), m=float(m))
    nodes = np.column_stack([network.node_lon, network.node_lat])
    start, end = (
        int(np.argmin(np.hypot(*(nodes - degrees(p)[0]).T))) for p in ((500, 300), (1000, 0))
    )
    metres = nx.shortest_path_length(graph, start, end, weight="m")
    assert metres == pytest.approx(800, abs=0.05)
    assert metres / profile_named("shuang15").speed_m_s == pytest.approx(720, abs=0.1)
