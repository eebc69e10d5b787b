"""One layer as a stream: a FeatureCollection, or a text sequence of features."""

from __future__ import annotations

import io
import json

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from geo.exports import Provenance, geojson_bytes, stream_geojson


def points() -> gpd.GeoDataFrame:
    shapes = [Point(118.78, 32.04), Point(118.79, 32.05)]
    columns = {"id": ["a", "b"], "name": ["甲\n站", "乙"], "电话": ["1", "2"]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def provenance(**more) -> Provenance:
    return Provenance(created="2026-05-01T08:00:00+08:00", flags=("sample", "schematic"), **more)


def streamed(sequence: bool, **more) -> bytes:
    out = io.BytesIO()
    stream_geojson(points(), out, provenance(**more), sequence=sequence)
    return out.getvalue()


def test_a_stream_is_what_the_file_would_be():
    assert streamed(False) == geojson_bytes(points(), provenance())


def test_a_sequence_is_one_text_behind_each_separator():
    data = streamed(True)
    head, *texts = data.split(b"\x1e")
    assert head == b""
    assert all(text.endswith(b"\n") and text.count(b"\n") == 1 for text in texts)
    features = [json.loads(text) for text in texts]
    assert [f["id"] for f in features] == ["a", "b"]
    assert features[0]["properties"] == {
        "id": "a",
        "name": "甲\n站",
        "run_id": provenance().run_id,
        "run_flags": "sample schematic",
    }


def test_gdal_reads_a_sequence(tmp_path):
    path = tmp_path / "a.geojsons"
    path.write_bytes(streamed(True))
    found = pyogrio.read_dataframe(path)
    assert pyogrio.read_info(path)["driver"] == "GeoJSONSeq"
    assert found.geometry.tolist() == points().geometry.tolist()


@pytest.mark.parametrize("sequence", [False, True])
def test_a_shifted_datum_is_said(sequence):
    data = streamed(sequence, datum_out="gcj02")
    text = data.split(b"\x1e")[-1]
    found = json.loads(text)
    feature = found if sequence else found["features"][0]
    assert feature["properties"]["datum"] == "gcj02"
    assert feature["geometry"]["coordinates"][0] not in (118.78, 118.79)
