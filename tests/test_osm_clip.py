"""Reading part of a file: by box, by area."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from drawn_network import degrees

from geo.errors import MissingFileError, OsmError, RequestError
from geo.osm import Clip, read_clip, read_osm


def area(*xy: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon(degrees(xy))


def clip_to(shape: shapely.Polygon) -> Clip:
    return Clip(shape.bounds, shape)


@pytest.fixture
def street(osm):
    """A street with a node every 100 m, and one far off.

    ::

        a──b──c──d──e──f        y──z
        0                500 m  2000
    """
    osm.nodes(**{name: (100.0 * i, 0.0) for i, name in enumerate("abcdef")})
    osm.nodes(y=(2000, 0), z=(2100, 0))
    return osm.way(1, "abcdef").way(2, "yz").write()


def spans(network) -> list[tuple[int, int]]:
    """Edges as (from, to) in steps of 100 m."""
    ids = network.node_osmid - 1
    return sorted(
        (int(min(u, v)), int(max(u, v)))
        for u, v in zip(ids[network.edge_u], ids[network.edge_v], strict=True)
    )


def test_a_stretch_is_kept_when_one_of_its_nodes_is_inside(street):
    box = area((150, -10), (350, -10), (350, 10), (150, 10)).bounds
    network = read_osm(street, clip=Clip(box))
    assert spans(network) == [(1, 4)]  # c and d are inside, b and e the far ends
    notes = dict(network.meta.notes)
    assert notes["ways_clipped"] == 1
    assert notes["outside_clip"] == 1


def test_an_area_keeps_less_than_its_box(street):
    """A triangle: c (200 m) is inside, d and e only inside its box."""
    triangle = area((150, -100), (450, 300), (150, 300))
    assert spans(read_osm(street, clip=clip_to(triangle))) == [(1, 3)]


def test_a_street_that_leaves_and_returns_is_cut_in_two(street):
    """A horseshoe holds b and e, but not c and d between its legs."""
    shoe = area(
        (50, -10), (150, -10), (150, 100), (350, 100), (350, -10), (450, -10), (450, 200), (50, 200)
    )
    assert spans(read_osm(street, clip=clip_to(shoe))) == [(0, 2), (3, 5)]


def test_nothing_inside(street):
    with pytest.raises(OsmError, match="holds no way"):
        read_osm(street, clip=Clip((10.0, 10.0, 11.0, 11.0)))


def test_clip_of_the_real_extract(helsinki_pbf):
    clip = Clip((24.940, 60.168, 24.945, 60.172))
    network = read_osm(helsinki_pbf, clip=clip)
    whole = read_osm(helsinki_pbf)
    inside = clip.holds(whole.node_lon, whole.node_lat)
    assert set(whole.node_osmid[inside].tolist()) <= set(network.node_osmid.tolist())
    # Each edge begins or ends inside, or passes through.
    line = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    touches = np.bincount(line, clip.holds(*network.coords.T)) > 0
    assert touches.all()


# --- asking for a part -----------------------------------------------------------------------


def test_box_from_text():
    assert read_clip("118.7, 31.9,118.9,32.1", None) == Clip((118.7, 31.9, 118.9, 32.1))
    assert read_clip(None, None) is None


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "a,b,c,d", "3,2,1,4", "1,4,2,3", "1,2,1,3", "nan,0,1,1", "0,0,inf,1", "0,0,1,91"],
)
def test_box_that_is_none(text):
    with pytest.raises(RequestError):
        read_clip(text, None)


def test_box_and_area_together(tmp_path):
    with pytest.raises(RequestError):
        read_clip("1,2,3,4", tmp_path / "x.geojson")


SQUARE = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}


def feature(geometry):
    return {"type": "Feature", "properties": {}, "geometry": geometry}


@pytest.mark.parametrize(
    "raw",
    [
        SQUARE,
        feature(SQUARE),
        {"type": "FeatureCollection", "features": [feature(SQUARE), feature(None)]},
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
    ],
)
def test_area_from_geojson(tmp_path, raw):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(raw), encoding="utf-8-sig")
    clip = read_clip(None, path)
    assert clip.bbox == (1, 1, 2, 2)
    inside = clip.holds(np.array([1.5, 2.5, 1.0]), np.array([1.5, 1.5, 1.0]))
    assert inside.tolist() == [True, False, True]


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
METRES = {"type": "Polygon", "coordinates": [[[500000, 1], [500001, 1], [500001, 2], [500000, 1]]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "7",
        "{}",
        '{"type": "Point", "coordinates": [1, 1]}',
        '{"type": "Polygon", "coordinates": []}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, null], [1, 1], [0, 0]]]}',
        '{"type": "Polygon"}',
        '{"type": "FeatureCollection", "features": [1, null, {"type": "Feature"}]}',
        '{"type": "FeatureCollection", "features": 5}',
        json.dumps(BOW_TIE),
        json.dumps(METRES),
        "[" * 20_000,
        '{"type":"FeatureCollection","features":[' * 20_000,
        '{"type":"Polygon","coordinates":' + "[" * 20_000 + "]" * 20_000 + "}",
    ],
)
def test_area_that_is_none(tmp_path, text):
    path = tmp_path / "area.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OsmError) as caught:
        read_clip(None, path)
    assert caught.value.code == "area_unusable"
    assert "\n" not in caught.value.sentence("zh")


def test_area_that_is_not_there(tmp_path):
    with pytest.raises(MissingFileError):
        read_clip(None, tmp_path / "no.geojson")
    with pytest.raises(MissingFileError):
        read_clip(None, tmp_path)
