"""A zip of Shapefiles: what it keeps, and that it says what it cannot."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo import datum
from geo.errors import OutputError
from geo.exports import Layer, Provenance, shapefile, write_shapefiles
from geo.exports.fieldnames import MAX_BYTES, cut, short_names

CREATED = "2026-05-01T08:00:00+08:00"
CENTRE = Point(118.78, 32.04)


def provenance(**more) -> Provenance:
    return Provenance(version="0.1.0", created=CREATED, flags=("sample",), **more)


def frame(shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def bands() -> gpd.GeoDataFrame:
    rings = [CENTRE.buffer(0.008) - CENTRE.buffer(0.002), CENTRE.buffer(0.012)]
    return frame(
        rings, to_minutes=[5.0, 10.0], from_minutes=[0.0, 5.0], nearest_station_id=["甲 01", "乙"]
    )


def write(path: Path, *layers: Layer, **more):
    return write_shapefiles(layers, path / "out.shp.zip", provenance(**more))


def dbf_fields(content: bytes) -> list[tuple[str, str]]:
    """Read the names and types of a dBASE table straight from its bytes."""
    (head,) = struct.unpack_from("<H", content, 8)
    found = []
    for at in range(32, head - 1, 32):
        name = content[at : at + 11]
        assert name[10] == 0, "eleven bytes, the last of them zero"
        found.append((name.split(b"\0")[0].decode("utf-8"), chr(content[at + 11])))
    return found


# --- names of fields --------------------------------------------------------------------------


def test_names_are_shortened_as_people_would():
    assert short_names(["station_id", "nearest_station_id", "from_metres", "to_metres"]) == {
        "station_id": "station_id",
        "nearest_station_id": "near_stn",
        "from_metres": "from_m",
        "to_metres": "to_metres",
    }
    areas = ["within_15min_demand", "within_1000m_share", "two_in_reach_km", "stations_not_used"]
    assert list(short_names([*areas, "stations_per_km2", "_in_of_in_of_in"]).values()) == [
        "w15min_dem",
        "w1000m_shr",
        "k2_km",
        "stn_no_use",
        "stn_p_km2",
        "_in_of_in_",
    ]
    assert list(short_names(["服务项目名称", "服务项目数量", "服务项"]).values()) == [
        "服务项2",
        "服务项3",
        "服务项",
    ]
    assert list(short_names(["a b", "a-b", "", "A_B"]).values()) == ["a_b2", "a_b3", "field", "A_B"]


@given(st.lists(st.text(max_size=30), unique=True, max_size=60))
def test_names_fit_and_differ(columns):
    found = short_names(columns)
    assert list(found) == columns
    assert len({name.casefold() for name in found.values()}) == len(columns)
    for column, name in found.items():
        assert 0 < len(name.encode("utf-8")) <= MAX_BYTES
        if column.isascii() and column.isidentifier() and len(column) <= MAX_BYTES:
            assert name == column or column.casefold() in {c.casefold() for c in columns} - {column}


@given(st.text(alphabet="aé中😀", max_size=40), st.integers(0, 60))
def test_texts_are_cut_between_letters(text, size):
    found = cut(text, size)
    assert text.startswith(found)
    assert len(found.encode()) <= size
    rest = text[len(found) :]
    assert not rest or len((found + rest[0]).encode()) > size


# --- the zip ----------------------------------------------------------------------------------


def test_layers_come_back(tmp_path):
    lines = frame([LineString([(118.78, 32.04), (118.79, 32.05)])], minutes=[3.25])
    od = pd.DataFrame({"origin": ["p1"], "destination": ["甲"], "minutes": [3.5]})
    done = write(
        tmp_path,
        Layer("circles", bands(), "bands", "步行圈", None),
        Layer("lines", lines, "lines", "", None),
        Layer("od", od, None, "", None),
    )
    assert (done.rows, done.texts_cut, done.path.name) == (4, 0, "out.shp.zip")
    assert {n: k for n, k in pyogrio.list_layers(done.path)} == {
        "circles": "Polygon",
        "lines": "LineString",
        "od": None,
    }
    back = gpd.read_file(done.path, layer="circles")
    assert back.crs.to_epsg() == 4326
    assert back["near_stn"].tolist() == ["甲 01", "乙"]
    assert back["to_minutes"].tolist() == [5.0, 10.0]
    assert shapely.equals(
        shapely.normalize(back.geometry.to_numpy()),
        shapely.normalize(shapely.set_precision(bands().geometry.to_numpy(), 1e-7)),
    ).all()
    assert pyogrio.read_dataframe(done.path, layer="od")["dest"].tolist() == ["甲"]


def test_the_zip_says_what_it_is(tmp_path):
    done = write(tmp_path, Layer("circles", bands(), "bands", "步行圈", None))
    with zipfile.ZipFile(done.path) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        key = list(csv.DictReader(io.StringIO(archive.read("fields.csv").decode("utf-8-sig"))))
        fields = dbf_fields(archive.read("circles.dbf"))
        assert archive.read("circles.cpg") == b"UTF-8"
        assert b"GCS_WGS_1984" in archive.read("circles.prj")
        record = json.loads(archive.read("provenance.json"))
        style = archive.read("circles.qml").decode()
    assert {f"circles.{end}" for end in ("shp", "shx", "dbf", "prj", "cpg", "qml")} <= names
    assert (record["run_id"], record["flags"]) == (provenance().run_id, ["sample"])
    assert [name for name, _ in fields] == [row["field"] for row in key]
    assert [row["column"] for row in key] == ["to_minutes", "from_minutes", "nearest_station_id"]
    assert key[2] == {
        "file": "circles.dbf",
        "field": "near_stn",
        "column": "nearest_station_id",
        "heading_zh": "最近站点编号",
        "heading_en": "nearest station id",
    }
    assert 'attr="to_minutes"' in style
    assert 'field="near_stn"' in style


def test_texts_that_do_not_fit_are_cut_and_counted(tmp_path):
    texts = ["短", "长" * 100, None, "x" * 254, "y" * 255, '["热水", "微波炉"]']
    layer = frame([CENTRE] * 6, 备注=texts, facilities=[["热水", "微波炉"]] * 6)
    done = write(tmp_path, Layer("stations", layer, "stations", "", None))
    assert done.texts_cut == 2
    back = gpd.read_file(done.path, layer="stations")
    assert back["备注"].isna().tolist() == [False, False, True, False, False, False]
    left = back["备注"].dropna().tolist()
    assert left == ["短", "长" * 84, "x" * 254, "y" * 254, "热水、微波炉"]
    assert set(back["facilities"]) == {"热水、微波炉"}


def test_values_of_every_kind(tmp_path):
    layer = frame(
        [CENTRE, None],
        whole=pd.array([2**53, None], dtype="Int64"),
        number=[1.25, np.inf],
        yes=[True, False],
        moment=pd.to_datetime(["2026-05-01 08:00", None]).tz_localize("Asia/Shanghai"),
        kind=pd.Categorical(["a", None]),
        电话=["1", "2"],
    )
    done = write(tmp_path, Layer("stations", layer, "stations", "", None))
    assert done.dropped_columns == ("电话",)
    back = pyogrio.read_dataframe(done.path, layer="stations")
    first, second = back.iloc[0], back.iloc[1]
    assert (first["whole"], first["number"], bool(first["yes"])) == (2**53, 1.25, True)
    assert first["moment"] == "2026-05-01T08:00:00+08:00"
    assert second.geometry is None
    assert second[["whole", "number", "moment", "kind"]].isna().all()


def test_kinds_of_geometry_part(tmp_path):
    mixed = frame([CENTRE, None, CENTRE.buffer(0.01), CENTRE], name=["a", "b", "c", "d"])
    done = write(tmp_path, Layer("places", mixed, None, "", None))
    layers = {n: len(gpd.read_file(done.path, layer=n)) for n, _ in pyogrio.list_layers(done.path)}
    assert layers == {"places_points": 3, "places_polygons": 1}


def test_an_empty_layer_keeps_its_type(tmp_path):
    done = write(tmp_path, Layer("gaps", bands().iloc[:0], "gaps", "", None))
    assert dict(pyogrio.list_layers(done.path)) == {"gaps": "Polygon"}


@pytest.mark.parametrize("word", ["gcj02", "bd09"])
def test_shifted_datums_have_no_system(tmp_path, word):
    layer = frame([CENTRE], name=["甲"], lon=[118.78], lat=[32.04])
    done = write(tmp_path, Layer("stations", layer, "stations", "", None), datum_out=word)
    assert done.path.name == f"out.{word}.shp.zip"
    with zipfile.ZipFile(done.path) as archive:
        names = archive.namelist()
    assert f"stations.{word}.shp" in names
    assert not [name for name in names if name.endswith(".prj")]
    (row,) = gpd.read_file(done.path).itertuples()
    x, y = datum.from_wgs84(118.78, 32.04, word)
    assert (row.geometry.x, row.geometry.y) == pytest.approx((float(x), float(y)), abs=1e-7)
    assert (row.lon, row.lat) == pytest.approx((float(x), float(y)), abs=1e-7)


def test_cgcs2000_has_its_own_system(tmp_path):
    done = write(tmp_path, Layer("a", frame([CENTRE], x=[1]), None, "", None), datum_out="cgcs2000")
    assert gpd.read_file(done.path).crs.to_epsg() == 4490


def test_the_same_input_gives_the_same_bytes(tmp_path):
    layer = Layer("circles", bands(), "bands", "", None)
    first = write(tmp_path, layer).path.read_bytes()
    assert write(tmp_path, layer).path.read_bytes() == first


# --- refusals ---------------------------------------------------------------------------------


def test_a_file_over_two_gigabytes_is_refused_before_it_is_written(tmp_path, monkeypatch):
    layer = Layer("circles", bands(), "bands", "", None)
    done = write(tmp_path, layer)
    with zipfile.ZipFile(done.path) as archive:
        size = archive.getinfo("circles.shp").file_size
    done.path.unlink()
    monkeypatch.setattr(shapefile, "MAX_FILE_BYTES", size)
    done = write(tmp_path, layer)
    kept = done.path.read_bytes()
    monkeypatch.setattr(shapefile, "MAX_FILE_BYTES", size - 1)
    with pytest.raises(OutputError, match="ends at 2 GB") as refusal:
        write(tmp_path, layer)
    assert refusal.value.code == "shapefile_large"
    assert done.path.read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["out.shp.zip"]


def test_a_long_table_is_refused_too(tmp_path, monkeypatch):
    table = pd.DataFrame({"text": ["x" * 200] * 50})
    done = write(tmp_path, Layer("od", table, None, "", None))
    with zipfile.ZipFile(done.path) as archive:
        size = archive.getinfo("od.dbf").file_size
    monkeypatch.setattr(shapefile, "MAX_FILE_BYTES", size - 60)
    with pytest.raises(OutputError, match="od"):
        write(tmp_path, Layer("od", table, None, "", None))


def test_too_many_columns_are_refused(tmp_path):
    table = pd.DataFrame({f"c{i}": [i] for i in range(256)})
    with pytest.raises(OutputError, match="256 columns"):
        write(tmp_path, Layer("od", table, None, "", None))
    assert list(tmp_path.iterdir()) == []
    assert write(tmp_path, Layer("od", table.iloc[:, :255], None, "", None)).rows == 1


def test_layers_need_names_of_their_own(tmp_path):
    layer = Layer("A", bands(), None, "", None)
    with pytest.raises(ValueError, match="different names"):
        write(tmp_path, layer, Layer("a", bands(), None, "", None))
    with pytest.raises(ValueError, match="different names"):
        write(tmp_path)
