"""Reading reporting areas: columns, levels, datums, and rings refused by id with a reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from drawn_areas import areas, collection, features, square
from hypothesis import given
from hypothesis import strategies as st
from pyogrio import raw
from pyproj import Transformer

from geo import words
from geo.areas import BORDER_DEG, build_areas, locate, read_areas
from geo.areas.overlaps import SLIVER_M, overlaps
from geo.areas.rings import work
from geo.areas.schema import FAULT_CODES, MAX_WORK
from geo.datum import from_wgs84
from geo.errors import AreasError, DatumError, VectorError

A, B = square(118.70, 32.00), square(118.71, 32.00)
HERE = Path("here.geojson")


def written(tmp_path: Path, *found: tuple, name: str = "areas.geojson", **members) -> Path:
    path = tmp_path / name
    path.write_text(collection(*found, **members), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("level", "name", "union"),
    [
        ("level", "name", "union"),
        ("层级", "名称", "所属工会"),
        ("级别", "区域名称", "上级工会"),
        (" 类型 ", "街道（名称）", "工会"),
        ("Area_Level", "NAME", "Union Name"),
    ],
)
def test_headings_are_recognised(tmp_path: Path, level: str, name: str, union: str) -> None:
    given_ = {level: "街道", name: "湖南路", union: "鼓楼区总工会", "人口": 3}
    if name == "街道（名称）":
        given_ = {level: "街道", "街道名称": "湖南路", union: "鼓楼区总工会", "人口": 3}
    table = read_areas(written(tmp_path, ({"id": "hn", **given_}, [A])), datum="wgs84")
    row = table.frame.iloc[0]
    assert (row["id"], row["name"], row["level"]) == ("hn", "湖南路", "街道")
    assert row["union"] == "鼓楼区总工会"
    assert list(table.frame.columns) == ["id", "name", "level", "union", "人口", "geometry"]
    assert table.warnings == []


def test_areas_without_a_level_get_the_default(tmp_path: Path) -> None:
    path = written(tmp_path, ({"id": 1, "level": "区"}, [A]), ({"id": 2.0, "level": ""}, [B]))
    assert read_areas(path, datum="wgs84", level=" 园区 ").frame["level"].tolist() == ["区", "园区"]
    plain = read_areas(path, datum="wgs84")
    assert plain.levels == ["区", ""]
    assert plain.frame["id"].tolist() == ["1", "2"]


def test_ids_are_a_columns_a_members_or_the_rows(tmp_path: Path) -> None:
    both = written(tmp_path, ({"id": 7, "编号": "x"}, [A]), ({"id": 8, "编号": "y"}, [B]))
    assert read_areas(both, datum="wgs84").frame["id"].tolist() == ["x", "y"]
    partly = written(tmp_path, ({"id": 7, "编号": "x"}, [A]), ({"id": 8}, [B]))
    assert read_areas(partly, datum="wgs84").frame["id"].tolist() == ["7", "8"]
    none = read_areas(written(tmp_path, ({}, [A]), ({}, [B])), datum="wgs84")
    assert none.frame["id"].tolist() == ["row-1", "row-2"]
    assert none.warnings == []
    some = read_areas(written(tmp_path, ({"id": "row-2"}, [A]), ({}, [B])), datum="wgs84")
    assert some.frame["id"].tolist() == ["row-2", "row-2-bis"]
    assert some.warnings == [("ids_missing", {"count": 1})]


def test_an_id_that_occurs_twice_refuses_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, ({"编号": "a"}, [A]), ({"编号": "a"}, [B]))
    with pytest.raises(AreasError, match="more than once") as refusal:
        read_areas(path, datum="wgs84")
    assert refusal.value.exit_code == 1


def test_a_column_called_like_ours_is_kept_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path, ({"id": "a", "层级": "区", "LEVEL": 3, "reason": "x"}, [A]))
    table = read_areas(path, datum="wgs84")
    # "level" as it stands goes before 层级, the second of the aliases
    assert table.frame.loc[0, "level"] == "3"
    assert table.frame.loc[0, "层级"] == "区"
    assert table.frame.loc[0, "reason_input"] == "x"
    assert [code for code, _ in table.warnings] == ["ambiguous_column"]


BOW_TIE = [[118.70, 32.0], [118.71, 32.01], [118.71, 32.0], [118.70, 32.01], [118.70, 32.0]]
EIGHT = [[118.7, 32.0], [118.72, 32.0], [118.7, 32.01], [118.72, 32.01], [118.7, 32.0]]
FLAT = [[118.70, 32.0], [118.71, 32.0], [118.72, 32.0], [118.70, 32.0]]
INSIDE = square(118.703, 32.003, 0.004)
DIAMOND = [[118.7, 32.005], [118.705, 32.01], [118.71, 32.005], [118.705, 32.0], [118.7, 32.005]]
BROKEN = {
    "bow-tie": ([BOW_TIE], "ring_crosses"),
    "eight": ([EIGHT], "ring_crosses"),
    "open": ([A[:-1]], "open_ring"),
    "three": ([A[:2] + A[:1]], "bad_shape"),
    "flat": ([FLAT], "no_extent"),
    "point": ([[A[0]] * 4], "no_extent"),
    "hole-out": ([A, square(118.75, 32.0)], "hole_outside"),
    "hole-across": ([A, square(118.705, 32.005)], "ring_crosses"),
    "hole-twice": ([A, INSIDE, square(118.704, 32.004, 0.001)], "rings_nested"),
    "cut-apart": (
        [A, DIAMOND],
        "interior_split",
    ),
    "nan": ([[[118.7, 32.0], [float("nan"), 32.1], [118.8, 32.1], [118.7, 32.0]]], "bad_number"),
    "text": ([[["x", 32.0], *A[1:]]], "bad_number"),
    "swapped": ([[[y, x] for x, y in A]], "swapped"),
    "far": ([square(500.0, 32.0)], "out_of_range"),
    "huge": ([square(1e308, 32.0, 1e307)], "out_of_range"),
    "pieces": (
        {"type": "MultiPolygon", "coordinates": [[A], [square(118.705, 32.005)]]},
        "ring_crosses",
    ),
    "line": ({"type": "LineString", "coordinates": A}, "not_an_area"),
    "nothing": (None, "no_position"),
}  # fmt: skip


def test_each_broken_outline_is_refused_by_id_with_its_reason(tmp_path: Path) -> None:
    found = [({"id": name, "level": "区"}, rings) for name, (rings, _) in BROKEN.items()]
    path = written(tmp_path, ({"id": "good", "level": "区"}, [A]), *found)
    table = read_areas(path, datum="wgs84")
    assert table.frame["id"].tolist() == ["good"]
    assert table.rows == len(BROKEN) + 1
    told = dict(zip(table.faults["id"], table.faults["code"], strict=True))
    assert told == {name: code for name, (_, code) in BROKEN.items()}
    assert table.unused["reason"].tolist() == table.faults["code"].tolist()
    assert set(told.values()) <= set(FAULT_CODES)
    for fault in table.faults.to_dict("records"):
        for lang in words.LANGUAGES:
            assert words.say(f"reason.{fault['code']}", lang, **fault["params"])
    crossing = table.faults.set_index("id").loc["bow-tie", "params"]
    assert (crossing["x"], crossing["y"]) == ("118.705", "32.005")


def test_a_file_of_broken_outlines_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path, ({"id": "a"}, [BOW_TIE]), ({"id": "b"}, [EIGHT]), ({"id": "c"}, [FLAT])
    )
    with pytest.raises(
        AreasError, match=r"None of the 3 areas .* most \(2\): .* crosses"
    ) as refusal:
        read_areas(path, datum="wgs84")
    assert "自相交" in refusal.value.sentence("zh")
    with pytest.raises(VectorError):
        read_areas(written(tmp_path, ({}, {"type": "Point", "coordinates": [1, 2]})), datum="wgs84")


def test_an_outline_drawn_to_be_costly_is_refused_before_it_is_judged() -> None:
    count = 40_000
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = np.where(np.arange(count) % 2, 0.01, 0.0001)
    star = shapely.polygons(
        np.column_stack([118.8 + radius * np.cos(angle), 32 + radius * np.sin(angle)])
    )
    surveyed = shapely.segmentize(shapely.Point(118.8, 32.05).buffer(0.02, quad_segs=500), 1e-6)
    assert shapely.get_num_coordinates(surveyed) > 100_000
    assert work(surveyed) < MAX_WORK / 1000 < MAX_WORK < work(star)
    table = build_areas(
        features([star, surveyed], {"id": ["star", "round"]}), path=HERE, datum="wgs84"
    )
    assert table.frame["id"].tolist() == ["round"]
    assert table.faults["code"].tolist() == ["too_involved"]
    assert table.faults["params"][0] == {"vertices": count + 1}


def test_the_datum_has_to_be_declared(tmp_path: Path) -> None:
    path = written(tmp_path, ({"id": "a"}, [A]))
    with pytest.raises(DatumError, match="areas-datum") as refusal:
        read_areas(path, datum=None)
    assert refusal.value.exit_code == 2
    with pytest.raises(DatumError):
        read_areas(path, datum="venus")
    # degrees in EPSG:4326 are what files say that know no better
    crs = {"type": "name", "properties": {"name": "EPSG:4326"}}
    with pytest.raises(DatumError):
        read_areas(written(tmp_path, ({"id": "a"}, [A]), crs=crs), datum=None)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_every_vertex_is_converted(tmp_path: Path, datum: str) -> None:
    ring = shapely.segmentize(shapely.Polygon(A), 0.003)
    lonlat = shapely.get_coordinates(ring)
    shifted = np.column_stack(from_wgs84(*lonlat.T, datum))
    assert np.abs(shifted - lonlat).max() > 0.001
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path = written(tmp_path, ({"id": "a"}, [shifted.tolist()]), crs=crs)
    table = read_areas(path, datum=datum)
    back = shapely.get_coordinates(table.frame.geometry[0])
    assert np.abs(back - lonlat).max() < 1e-8
    assert [code for code, _ in table.warnings] == ["areas_crs_overridden"]
    assert table.datum == datum
    assert read_areas(path, datum="CGCS2000").warnings == []


@pytest.mark.parametrize("told", ["file", "user", "both"])
def test_a_projected_system_is_undone(tmp_path: Path, told: str) -> None:
    change = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    x, y = change.transform(*np.array(A).T)
    assert x.min() > 100_000
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    members = {"crs": crs} if told in ("file", "both") else {}
    path = written(tmp_path, ({"id": "a"}, [np.column_stack([x, y]).tolist()]), **members)
    table = read_areas(path, datum=None if told == "file" else "EPSG:4549")
    assert np.abs(shapely.get_coordinates(table.frame.geometry[0]) - np.array(A)).max() < 1e-9
    assert table.warnings == []
    assert table.datum == "EPSG:4549 (cgcs2000)"


def test_contradictions_about_the_system(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:4549"}}
    path = written(tmp_path, ({"id": "a"}, [square(500_000.0, 3_500_000.0, 100.0)]), crs=crs)
    with pytest.raises(AreasError, match=r"EPSG:4549.*EPSG:4548"):
        read_areas(path, datum="4548")
    with pytest.raises(AreasError, match="not known"):
        read_areas(path, datum="EPSG:99999")
    # a map drawn over GCJ-02 and projected as if it were WGS-84: what is declared holds
    table = read_areas(path, datum="gcj02")
    assert [code for code, _ in table.warnings] == ["areas_crs_overridden"]
    plain = read_areas(path, datum="cgcs2000")
    apart = plain.frame.to_crs("EPSG:4549").centroid.distance(
        table.frame.to_crs("EPSG:4549").centroid
    )
    assert 300 < apart[0] < 800
    odd = written(tmp_path, ({"id": "a"}, [A]), crs={"properties": {"name": "my own grid"}})
    with pytest.raises(AreasError, match="my own grid"):
        read_areas(odd, datum="wgs84")


def test_an_old_national_system_is_converted_and_said_to_be_inexact(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:2363"}}  # Xian 1980, zone 39
    path = written(tmp_path, ({"id": "a"}, [square(39_500_000.0, 3_500_000.0, 100.0)]), crs=crs)
    table = read_areas(path, datum=None)
    assert [code for code, _ in table.warnings] == ["areas_crs_inexact"]
    assert shapely.get_coordinates(table.frame.geometry[0])[0] == pytest.approx(
        [117, 31.6], abs=0.1
    )


def test_geopackages_and_shapefiles_give_the_same_areas(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"编号": ["a", "b"], "层级": ["区", "区"]},
        geometry=[shapely.Polygon(A), shapely.Polygon(B)],
        crs="EPSG:4490",
    )
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG", layer="qu")
    found = read_areas(tmp_path / "a.gpkg", datum="cgcs2000")
    drawn = read_areas(
        written(tmp_path, ({"编号": "a", "层级": "区"}, [A]), ({"编号": "b", "层级": "区"}, [B])),
        datum="wgs84",
    )
    assert found.frame["id"].tolist() == drawn.frame["id"].tolist()
    assert found.frame.geometry.normalize().equals(drawn.frame.geometry.normalize())
    assert found.warnings == []


# --- overlaps ---------------------------------------------------------------------------------


def test_an_overlap_within_a_level_is_told_with_both_ids_and_its_extent() -> None:
    table = areas(
        {
            "west": shapely.box(0, 0, 1000, 1000),
            "east": shapely.box(900, 0, 2000, 1000),
            "north": shapely.box(0, 1000, 2000, 2000),  # shares a border only
            "sliver": shapely.box(0, -1000, 2000, SLIVER_M / 3),
            "park": shapely.box(500, 500, 1500, 1500),  # another level may
        },
        {"park": "园区"},
    )
    assert [code for code, _ in table.warnings] == ["areas_overlap"]
    told = table.warnings[0][1]
    assert (told["first"], told["second"], told["level"]) == ("east", "west", "区")
    assert told["km2"] == pytest.approx(0.1, abs=1e-3)
    for lang in words.LANGUAGES:
        assert "east" in words.say("warning.areas_overlap", lang, **told)


def test_overlaps_are_the_ones_found_by_hand() -> None:
    rng = np.random.default_rng(5)
    boxes = {
        f"b{i:02d}": shapely.box(x, y, x + 300, y + 300)
        for i, (x, y) in enumerate(rng.uniform(0, 2000, (40, 2)))
    }
    table = areas(boxes)
    found, unseen = overlaps(table.frame)
    by_hand = {
        (one, two): shapely.intersection(boxes[one], boxes[two]).area / 1e6
        for one in boxes
        for two in boxes
        if one < two
        and 2 * (s := shapely.intersection(boxes[one], boxes[two])).area > SLIVER_M * s.length
    }
    assert unseen == 0
    assert {(o.first, o.second) for o in found} == by_hand.keys()
    for o in found:
        assert o.km2 == pytest.approx(by_hand[o.first, o.second], abs=2e-4)
    assert [o.km2 for o in found] == sorted((o.km2 for o in found), reverse=True)
    codes = [code for code, _ in table.warnings]
    assert codes == ["areas_overlap"] * 10 + ["areas_overlap_more"]
    assert table.warnings[-1][1] == {"count": len(found) - 10}


# --- locating ---------------------------------------------------------------------------------


def test_a_place_on_a_shared_border_is_in_exactly_one_area() -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["b", "a"]},
        geometry=[shapely.box(118, 32, 119, 33), shapely.box(119, 32, 120, 33)],
        crs="EPSG:4326",
    )
    spots = np.array([[119, 32.37], [119, 32], [119, 33]])
    assert locate(frame, spots).tolist() == [1, 1, 1]  # the id that sorts first
    turned = frame.iloc[::-1].reset_index(drop=True)
    assert locate(turned, spots).tolist() == [0, 0, 0]


def test_a_hairs_breadth_between_two_drawings_holds_nobody() -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1 + BORDER_DEG, 0, 2, 1)],
        crs="EPSG:4326",
    )
    spots = np.array([[1 + 0.4 * BORDER_DEG, 0.5], [1.5, 1 + 0.9 * BORDER_DEG], [1.5, 1.0001]])
    assert locate(frame, spots).tolist() == [0, 1, -1]
    assert locate(frame, np.array([[np.nan, 0.5]])).tolist() == [-1]
    assert locate(frame.iloc[:0], spots).tolist() == [-1, -1, -1]
    assert locate(frame, np.empty((0, 2))).tolist() == []


@given(st.integers(0, 2**32 - 1))
def test_locating_agrees_with_looking_at_every_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 8, (6, 2))
    shapes = [
        shapely.Polygon([(x, y), (x + w, y), (x + w // 2, y + 3), (x, y + 2)])
        for (x, y), w in zip(corners.tolist(), rng.integers(2, 5, 6).tolist(), strict=True)
    ]
    names = [f"n{k}" for k in rng.permutation(6)]
    frame = gpd.GeoDataFrame({"id": names}, geometry=shapes, crs="EPSG:4326")
    spots = rng.integers(0, 24, (60, 2)) / 2  # many on corners and borders
    expected = []
    for x, y in spots:
        holds = [i for i, shape in enumerate(shapes) if shape.intersects(shapely.Point(x, y))]
        expected.append(min(holds, key=names.__getitem__) if holds else -1)
    assert locate(frame, spots).tolist() == expected


def test_gdal_never_sees_a_geojson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("GDAL was asked")

    for module, name in ((pyogrio, "read_info"), (pyogrio, "read_dataframe"), (raw, "open_arrow")):
        monkeypatch.setattr(module, name, refuse)
    table = read_areas(written(tmp_path, ({"id": "a"}, [A])), datum="wgs84")
    assert table.frame["id"].tolist() == ["a"]
    gpd.GeoDataFrame(geometry=[shapely.Polygon(A)], crs=4326).to_file(tmp_path / "a.gpkg")
    with pytest.raises(AssertionError, match="GDAL was asked"):
        read_areas(tmp_path / "a.gpkg", datum="wgs84")
