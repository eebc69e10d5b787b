"""GeoJSON as RFC 7946 wants it, and honestly marked where it is not."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geo import datum
from geo.errors import OutputError, RequestError
from geo.exports import Provenance, geojson_bytes, named_for_datum, write_geojson
from geo.exports.geometry import DENSIFY_DEG, ready

CREATED = "2026-05-01T08:00:00+08:00"


def provenance(**more) -> Provenance:
    return Provenance(version="0.1.0", created=CREATED, **more)


def frame(shapes, **columns) -> gpd.GeoDataFrame:
    ids = [f"s-{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=list(shapes), crs=4326)


def parsed(layer: gpd.GeoDataFrame, record: Provenance | None = None, **options) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    data = geojson_bytes(layer, record or provenance(), **options)
    return json.loads(data.decode("utf-8"), parse_constant=refuse)


def signed_area(ring: list[list[float]]) -> int:
    """Twice the area in steps of 1e-7 degrees, positive for counter-clockwise (shoelace)."""
    steps = [(round(point[0] * 1e7), round(point[1] * 1e7)) for point in ring]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(steps))


def polygons_of(geometry: dict) -> list:
    inner = geometry["coordinates"]
    return [inner] if geometry["type"] == "Polygon" else inner


# --- the collection --------------------------------------------------------------------------


def test_a_collection_has_its_members_and_no_crs():
    found = parsed(frame([Point(118.78, 32.04), Point(118.80, 32.01)], minutes=[5.0, 10.0]))
    assert list(found) == ["type", "hongtu", "features", "bbox"]
    assert found["bbox"] == [118.78, 32.01, 118.80, 32.04]
    assert found["hongtu"]["format"] == "GeoJSON (RFC 7946)"
    assert found["hongtu"]["run_id"] == provenance().run_id
    first = found["features"][0]
    assert first["id"] == "s-0"
    assert first["properties"] == {"id": "s-0", "minutes": 5.0}


def test_the_file_is_utf8_without_mark_and_chinese_is_readable(tmp_path):
    written = write_geojson(
        frame([Point(118.78, 32.04)], name=["工会驿站"]), tmp_path / "a.geojson", provenance()
    )
    data = written.path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert "工会驿站".encode() in data


def test_geopandas_reads_it_back(tmp_path):
    layer = frame([Point(118.78, 32.04).buffer(0.01), box(118, 32, 118.1, 32.1)], minutes=[5, 10])
    written = write_geojson(layer, tmp_path / "a.geojson", provenance())
    back = gpd.read_file(written.path)
    assert back.crs.to_epsg() == 4326
    assert back["minutes"].tolist() == [5, 10]
    difference = shapely.symmetric_difference(back.geometry.values, layer.geometry.values)
    assert shapely.area(difference).max() < 1e-7 * 0.4


def test_the_same_input_gives_the_same_bytes():
    layer = frame([Point(118.78, 32.04).buffer(0.01)], tags=[{"b", "a", "c"}])
    assert geojson_bytes(layer, provenance()) == geojson_bytes(layer.copy(), provenance())


def test_bytes_do_not_depend_on_the_chunk(monkeypatch):
    layer = frame(shapely.points(np.linspace(118, 119, 23), np.full(23, 32.0)))
    whole = geojson_bytes(layer, provenance())
    monkeypatch.setattr("geo.exports.geojson._CHUNK", 5)
    assert geojson_bytes(layer, provenance()) == whole


def test_an_empty_layer_is_an_empty_collection():
    found = parsed(frame([]))
    assert found["features"] == []
    assert "bbox" not in found


def test_missing_and_empty_shapes_stay_as_null():
    found = parsed(frame([None, Point(), Point(118, 32)]))
    assert [f["geometry"] for f in found["features"][:2]] == [None, None]
    assert found["bbox"] == [118, 32, 118, 32]


def test_heights_are_kept():
    found = parsed(frame([Point(118, 32, 17.5), Point(118, 32)]))
    assert found["features"][0]["geometry"]["coordinates"] == [118, 32, 17.5]
    assert found["features"][1]["geometry"]["coordinates"] == [118, 32]


# --- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [["a", "a"], ["a", None]])
def test_ids_that_do_not_tell_rows_apart_are_no_feature_ids(ids):
    layer = frame([Point(118, 32), Point(118, 33)]).assign(id=ids)
    found = parsed(layer)
    assert all("id" not in feature for feature in found["features"])
    assert [f["properties"]["id"] for f in found["features"]] == ids


def test_numbers_stay_numbers_as_ids():
    layer = frame([Point(118, 32)]).assign(id=np.array([7], dtype=np.int64))
    assert parsed(layer)["features"][0]["id"] == 7


def test_a_missing_id_column_is_refused():
    with pytest.raises(RequestError, match="no id column station_id"):
        geojson_bytes(frame([Point(118, 32)]), provenance(), id_column="station_id")


# --- values ----------------------------------------------------------------------------------


def test_every_kind_of_value_becomes_plain_json():
    moment = pd.Timestamp("2026-05-01 08:00", tz="Asia/Shanghai")
    layer = frame(
        [Point(118, 32)] * 2,
        float_=[math.nan, math.inf],
        i32=np.array([1, 2], dtype=np.int32),
        nullable=pd.array([1, None], dtype="Int64"),
        flag=[True, False],
        maybe=pd.array([True, None], dtype="boolean"),
        moment=[moment, pd.NaT],
        day=[dt.date(2026, 5, 1), None],
        hour=[dt.time(17, 30), None],
        span=pd.to_timedelta([90, None], unit="s"),
        words=pd.Series(["x", pd.NA], dtype="string"),
        kind=pd.Categorical(["a", None]),
        price=[Decimal("1.5"), None],
        nested=[{"reasons": ["too_far", np.float64("nan")], "n": np.int64(3)}, ()],
        array=[np.array([1.5, np.nan]), np.array([True])],
    )
    first, second = (feature["properties"] for feature in parsed(layer)["features"])
    assert first == {
        "id": "s-0",
        "float_": None,
        "i32": 1,
        "nullable": 1,
        "flag": True,
        "maybe": True,
        "moment": "2026-05-01T08:00:00+08:00",
        "day": "2026-05-01",
        "hour": "17:30:00",
        "span": 90.0,
        "words": "x",
        "kind": "a",
        "price": 1.5,
        "nested": {"reasons": ["too_far", None], "n": 3},
        "array": [1.5, None],
    }
    assert second["flag"] is False
    gaps = ("float_", "nullable", "maybe", "moment", "day", "hour", "span", "words", "kind")
    assert all(second[name] is None for name in gaps)


def test_floats_are_rounded_by_the_unit_in_their_name():
    layer = frame([Point(118, 32)], walk_minutes=[4.99999], length_m=[12.3456], other=[1 / 3])
    values = parsed(layer)["features"][0]["properties"]
    assert (values["walk_minutes"], values["length_m"]) == (5.0, 12.3)
    assert values["other"] == 0.333333


def test_a_value_without_a_plain_form_is_a_fault_and_leaves_no_file(tmp_path):
    target = tmp_path / "a.geojson"
    with pytest.raises(TypeError, match="object"):
        write_geojson(frame([Point(118, 32)], odd=[object()]), target, provenance())
    assert list(tmp_path.iterdir()) == []


def test_a_lone_surrogate_does_not_break_the_file():
    assert parsed(frame([Point(118, 32)], name=pd.Series(["a\ud800b"], dtype=object)))


# --- geometry --------------------------------------------------------------------------------


def test_rings_turn_as_the_right_hand_rule_says():
    wrong = Polygon(
        [(118, 32), (118, 33), (119, 33), (119, 32)],  # clockwise
        [[(118.4, 32.4), (118.6, 32.4), (118.6, 32.6), (118.4, 32.6)]],  # counter-clockwise
    )
    both = MultiPolygon([wrong, box(120, 32, 121, 33).reverse()])
    for feature in parsed(frame([wrong, both]))["features"]:
        for outer, *holes in polygons_of(feature["geometry"]):
            assert signed_area(outer) > 0
            assert all(signed_area(hole) < 0 for hole in holes)


def test_no_coordinate_has_more_than_seven_decimals():
    layer = frame(
        [Point(118.78, 32.04).buffer(1 / 300), LineString([(118 + 1 / 3, 32), (119, 32)])]
    )
    text = geojson_bytes(layer, provenance()).decode()
    numbers = re.findall(r"\d+\.(\d+)", text[text.index('"features"') :])
    assert max(map(len, numbers)) == 7


def test_a_line_that_crosses_itself_stays_one_line():
    eight = LineString([(118, 32), (118.1, 32.1), (118.1, 32), (118, 32.1), (118, 32)])
    assert parsed(frame([eight]))["features"][0]["geometry"]["type"] == "LineString"


def test_what_rounding_leaves_nothing_of_is_reported(tmp_path):
    speck = Point(118, 32).buffer(1e-9)
    dash = LineString([(118, 32), (118 + 1e-9, 32)])
    layer = frame([speck, Point(118, 32).buffer(0.01), dash])
    written = write_geojson(layer, tmp_path / "a.geojson", provenance())
    assert written.collapsed == ("s-0", "s-2")
    assert written.rows == 1
    found = json.loads(written.path.read_text(encoding="utf-8"))
    assert [feature["id"] for feature in found["features"]] == ["s-1"]


def test_rounding_alone_would_have_broken_this_polygon():
    """A spike 4e-8 degrees wide: vertex by vertex it folds onto itself."""
    spike = Polygon(
        [
            (0, 0),
            (0.001, 0),
            (0.001, 0.001),
            (0.00050002, 0.001),
            (0.0005, 0.002),
            (0.00049998, 0.001),
            (0, 0.001),
        ]
    )
    naive = shapely.transform(spike, lambda xy: np.round(xy, 7))
    assert not naive.is_valid
    prepared = ready(np.array([spike], dtype=object), "wgs84")
    assert prepared.geometries[0].is_valid
    assert prepared.geometries[0].area == pytest.approx(1e-6, rel=1e-3)


def test_an_invalid_polygon_comes_out_valid():
    bow_tie = Polygon([(118, 32), (118.1, 32.1), (118.1, 32), (118, 32.1)])
    found = ready(np.array([bow_tie], dtype=object), "wgs84").geometries[0]
    assert found.is_valid
    assert found.area == pytest.approx(0.005)


def test_repairing_leaves_no_lines_beside_polygons():
    spiked = Polygon(
        [(118, 32), (118.1, 32), (118.1, 32.1), (118.1, 32.2), (118.1, 32.1), (118, 32.1)]
    )
    assert shapely.make_valid(spiked).geom_type == "GeometryCollection"
    found = ready(np.array([spiked], dtype=object), "wgs84").geometries[0]
    assert found.geom_type == "Polygon"
    assert found.area == pytest.approx(0.01)
    flat = Polygon([(118, 32), (118.1, 32), (118.2, 32)])
    assert ready(np.array([flat], dtype=object), "wgs84").collapsed.tolist() == [True]


@st.composite
def stars(draw: st.DrawFn) -> Polygon:
    """A star-shaped polygon, from a few grid steps to some kilometres wide, perhaps with a hole."""
    count = draw(st.integers(4, 24))
    scale = 10.0 ** draw(st.floats(-7.5, -1.5))
    radii = draw(st.lists(st.floats(0.02, 1.0), min_size=count, max_size=count))
    lon, lat = draw(st.floats(100, 120)), draw(st.floats(22, 40))
    angles = np.arange(count) * 2 * np.pi / count
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * np.array(radii)[:, None]
    shell = ring * scale + [lon, lat]
    holes = [ring * scale * draw(st.floats(0.05, 0.95)) + [lon, lat]] if draw(st.booleans()) else []
    return Polygon(shell, holes)


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(stars(), min_size=1, max_size=4), st.sampled_from(datum.DATUMS))
def test_polygons_are_valid_after_rounding(shapes, datum_out):
    found = parsed(frame(shapes), provenance(datum_out=datum_out))
    for feature in found["features"]:
        geometry = shapely.geometry.shape(feature["geometry"])
        assert geometry.geom_type in {"Polygon", "MultiPolygon"}
        assert geometry.is_valid
        assert not geometry.is_empty
        for outer, *holes in polygons_of(feature["geometry"]):
            assert signed_area(outer) > 0
            assert all(signed_area(hole) < 0 for hole in holes)
    if datum_out == "wgs84":
        for feature in found["features"]:
            original = shapes[int(feature["id"][2:])]
            difference = original.symmetric_difference(shapely.geometry.shape(feature["geometry"]))
            assert difference.area <= 3e-7 * (original.length + 4e-7)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", [None, 4490, 4549])
def test_another_system_is_refused(crs):
    layer = gpd.GeoDataFrame({"id": [1]}, geometry=[Point(118, 32)], crs=crs)
    with pytest.raises(RequestError, match="EPSG:4326"):
        geojson_bytes(layer, provenance())


def test_metres_called_degrees_are_refused():
    with pytest.raises(RequestError, match="no degrees"):
        geojson_bytes(frame([Point(668000, 3546000)]), provenance())


def test_one_heading_twice_is_refused():
    layer = frame([Point(118, 32)], a=[1], b=[2]).rename(columns={"b": "a"})
    with pytest.raises(RequestError, match="column a twice"):
        geojson_bytes(layer, provenance())


def test_a_missing_folder_is_told_in_a_sentence(tmp_path):
    with pytest.raises(OutputError) as refused:
        write_geojson(frame([Point(118, 32)]), tmp_path / "no" / "a.geojson", provenance())
    assert str(tmp_path / "no" / "a.geojson") in refused.value.sentence("zh")


# --- datums ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_a_shifted_file_says_so_everywhere(tmp_path, name):
    place = Point(118.78, 32.04)
    written = write_geojson(
        frame([place]), tmp_path / "circles.geojson", provenance(datum_out=name)
    )
    assert written.path.name == f"circles.{name}.geojson"
    assert not (tmp_path / "circles.geojson").exists()
    found = json.loads(written.path.read_text(encoding="utf-8"))
    assert found["datum"] == name
    assert found["features"][0]["properties"]["datum"] == name
    assert "not RFC 7946" in found["hongtu"]["format"]
    lon, lat = found["features"][0]["geometry"]["coordinates"]
    assert np.hypot(lon - place.x, lat - place.y) > 0.003
    back = datum.to_wgs84(np.array([lon]), np.array([lat]), name)
    assert back[0][0] == pytest.approx(place.x, abs=2e-7)
    assert back[1][0] == pytest.approx(place.y, abs=2e-7)


def test_cgcs2000_keeps_its_numbers_and_name_and_is_marked(tmp_path):
    written = write_geojson(
        frame([Point(118.78, 32.04)]), tmp_path / "a.geojson", provenance(datum_out="cgcs2000")
    )
    assert written.path.name == "a.geojson"
    found = json.loads(written.path.read_text(encoding="utf-8"))
    assert found["datum"] == "cgcs2000"
    assert found["features"][0]["geometry"]["coordinates"] == [118.78, 32.04]


def test_wgs84_has_the_datum_in_its_record_only():
    found = parsed(frame([Point(118.78, 32.04)]))
    assert "datum" not in found
    assert "datum" not in found["features"][0]["properties"]
    assert found["hongtu"]["datum"] == "wgs84"


def test_the_datum_of_the_input_is_never_left_on_the_output():
    found = parsed(frame([Point(118.78, 32.04)], datum=["gcj02"]))
    assert found["features"][0]["properties"]["datum"] == "wgs84"


def test_columns_of_coordinates_move_with_the_geometry():
    layer = frame([Point(118.78, 32.04), Point(118.8, 32.0)], lon=[118.78, None], lat=[32.04, 32.0])
    layer = layer.assign(snap_lon=[118.78, 118.8], snap_lat=[32.04, 32.0], lon_text=["x", "y"])
    found = parsed(layer, provenance(datum_out="gcj02"))["features"]
    values = found[0]["properties"]
    assert [values["lon"], values["lat"]] == found[0]["geometry"]["coordinates"]
    assert [values["snap_lon"], values["snap_lat"]] == found[0]["geometry"]["coordinates"]
    assert found[1]["properties"]["lon"] is None


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_long_edges_follow_the_bend_of_the_datum(name):
    """Points along a 10 km edge, shifted one by one, lie within 10 cm of the shifted edge."""
    edge = LineString([(118.70, 32.00), (118.80, 32.05)])
    shifted = ready(np.array([edge], dtype=object), name).geometries[0]
    along = shapely.line_interpolate_point(edge, np.linspace(0, 1, 301), normalized=True)
    x, y = datum.from_wgs84(shapely.get_x(along), shapely.get_y(along), name)
    apart_deg = shapely.distance(shapely.points(x, y), shifted)
    assert apart_deg.max() * 111_320 < 0.10
    ends = LineString([(x[0], y[0]), (x[-1], y[-1])])
    assert shapely.distance(shapely.points(x, y), ends).max() * 111_320 > 1
    assert edge.length / DENSIFY_DEG < len(shifted.coords)


def test_names_tell_the_datum():
    assert named_for_datum("a/b.geojson", "bd09").as_posix() == "a/b.bd09.geojson"
    assert named_for_datum("a/b.gcj02.geojson", "gcj02").as_posix() == "a/b.gcj02.geojson"
    assert named_for_datum("b.gpkg", "wgs84").as_posix() == "b.gpkg"


# --- private columns -------------------------------------------------------------------------


def test_private_columns_are_left_out_unless_asked_for(tmp_path):
    layer = frame(
        [Point(118, 32)], 负责人=["张三"], 电话=["123"], more=[{"手机": "456", "面积": 5}]
    )
    written = write_geojson(layer, tmp_path / "a.geojson", provenance())
    assert written.dropped_columns == ("负责人", "电话")
    text = written.path.read_text(encoding="utf-8")
    assert "张三" not in text
    assert "123" not in text
    assert "456" not in text
    kept = parsed(layer, keep_private=True)["features"][0]["properties"]
    assert kept["电话"] == "123"


def test_values_of_numpy_and_others_inside_lists():
    odd = [
        np.datetime64("2026-05-01"),
        np.datetime64("NaT"),
        np.timedelta64(90, "s"),
        np.timedelta64("NaT"),
        PurePosixPath("a/b"),
        pd.NA,
        Kind.REST,
        frozenset({2, 1}),
    ]
    found = parsed(frame([Point(118, 32)], odd=[odd]))["features"][0]["properties"]["odd"]
    assert found == ["2026-05-01T00:00:00", None, 90.0, None, "a/b", None, "rest", [1, 2]]


class Kind(enum.Enum):
    REST = "rest"
