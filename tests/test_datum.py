"""Datums: published positions, exact inverses, identity abroad, metric CRS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from geo.datum import DATUMS, from_wgs84, in_china, metric_crs, parse_datum, to_wgs84
from geo.errors import DatumError, RequestError

OFFSET = ("gcj02", "bd09")
JIANGSU = (116.3, 30.7, 122.0, 35.2)
GEOD = Geod(ellps="WGS84")

# github.com/googollee/eviltransform, go/transform_test.go: WGS-84 lat, lon, then GCJ-02.
EVILTRANSFORM = [
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
]
# github.com/hujiulong/gcoord, test/fixtures/china-cities.json: WGS-84, GCJ-02, BD-09, each lon,
# lat with 7 decimals.
GCOORD = [
    (119.9183831, 32.4580023, 119.9231242, 32.4557802, 119.9296902, 32.4615531),  # 泰州
    (114.0164322, 33.0133556, 114.022306, 33.0115324, 114.0287781, 33.0176697),  # 驻马店
    (113.6192856, 34.7478004, 113.6253334, 34.7466173, 113.6317519, 34.7528605),  # 郑州
    (92.0499619, 31.4784436, 92.0512438, 31.4762063, 92.0576832, 31.4824421),  # 那曲
    (123.4253306, 41.8032629, 123.4314787, 41.8057023, 123.438095, 41.8114013),  # 沈阳
]


def metres(lon: float, lat: float, lon2: float, lat2: float) -> float:
    return float(GEOD.inv(lon, lat, lon2, lat2)[2])


@pytest.mark.parametrize(("lat", "lon", "gcj_lat", "gcj_lon"), EVILTRANSFORM)
def test_gcj02_is_what_eviltransform_publishes(lat, lon, gcj_lat, gcj_lon):
    x, y = from_wgs84(lon, lat, "gcj02")
    assert metres(float(x), float(y), gcj_lon, gcj_lat) < 0.001
    x, y = to_wgs84(gcj_lon, gcj_lat, "gcj02")
    assert metres(float(x), float(y), lon, lat) < 0.001


def test_both_offsets_are_what_coordtransform_publishes():
    # github.com/wandergis/coordtransform, test/app.js. Its own way back is only a step, not an
    # inverse, so the pair of BD-09 is read in the direction that is exact.
    x, y = from_wgs84(116.404, 39.915, "gcj02")
    assert (float(x), float(y)) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    wgs = to_wgs84(116.404, 39.915, "gcj02")
    x, y = from_wgs84(*wgs, "bd09")
    assert (float(x), float(y)) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


@pytest.mark.parametrize(("lon", "lat", "gcj_lon", "gcj_lat", "bd_lon", "bd_lat"), GCOORD)
def test_offsets_are_what_gcoord_tests_against(lon, lat, gcj_lon, gcj_lat, bd_lon, bd_lat):
    # Its WGS-84 side is two thirds of a metre off everywhere: the mark of an inverse that stopped
    # early. Its GCJ-02 and BD-09 sides agree with ours to the last of their decimals.
    wgs = to_wgs84(gcj_lon, gcj_lat, "gcj02")
    assert metres(*map(float, wgs), lon, lat) < 1
    assert metres(*map(float, from_wgs84(*wgs, "bd09")), bd_lon, bd_lat) < 0.02
    assert metres(*map(float, to_wgs84(bd_lon, bd_lat, "bd09")), lon, lat) < 1


def test_the_offset_at_nanjing_is_half_a_kilometre():
    x, y = from_wgs84(118.79, 32.04, "gcj02")
    assert 500 < metres(118.79, 32.04, float(x), float(y)) < 600


@pytest.mark.parametrize("datum", DATUMS)
@settings(deadline=None)
@given(lon=st.floats(JIANGSU[0], JIANGSU[2]), lat=st.floats(JIANGSU[1], JIANGSU[3]))
def test_round_trip_over_jiangsu_is_under_a_millimetre(datum, lon, lat):
    x, y = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert metres(float(x), float(y), lon, lat) < 0.001


@pytest.mark.parametrize("datum", OFFSET)
def test_round_trip_over_china_is_under_a_millimetre(datum):
    lon, lat = np.meshgrid(np.linspace(72.01, 137.83, 300), np.linspace(0.83, 55.82, 300))
    x, y = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert x.shape == (300, 300)
    assert max(np.abs(x - lon).max(), np.abs(y - lat).max()) * 111_320 < 0.001


@pytest.mark.parametrize("datum", DATUMS)
@settings(deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_abroad_nothing_moves(datum, lon, lat):
    moved = from_wgs84(lon, lat, datum)
    if not in_china(lon, lat):
        assert (float(moved[0]), float(moved[1])) == (lon, lat)
    elif datum in OFFSET:
        assert (float(moved[0]), float(moved[1])) != (lon, lat)


@pytest.mark.parametrize("datum", OFFSET)
def test_helsinki_is_kept_and_hong_kong_is_shifted(datum):
    assert [float(v) for v in to_wgs84(24.94, 60.17, datum)] == [24.94, 60.17]
    # Hong Kong lies in the rectangle; whoever declares GCJ-02 there means the offset.
    assert float(to_wgs84(114.17, 22.31, datum)[0]) != 114.17


@pytest.mark.parametrize("datum", DATUMS)
def test_nan_and_empty_and_scalars_pass_through(datum):
    lon = np.array([118.79, np.nan, np.inf, 118.79])
    lat = np.array([32.04, 32.04, 32.04, np.nan])
    x, y = to_wgs84(lon, lat, datum)
    assert np.isnan(x[1])
    assert np.isinf(x[2])
    assert np.isnan(y[3])
    assert np.isfinite([x[0], y[0]]).all()
    assert to_wgs84([], [], datum)[0].size == 0
    assert to_wgs84(118.79, 32.04, datum)[0].shape == ()


def test_inputs_are_not_written_to():
    lon, lat = np.array([118.79]), np.array([32.04])
    to_wgs84(lon, lat, "gcj02")
    x, _ = to_wgs84(lon, lat, "wgs84")
    x[0] = 0
    assert (lon[0], lat[0]) == (118.79, 32.04)


def test_cgcs2000_is_wgs84():
    assert [float(v) for v in to_wgs84(118.79, 32.04, "cgcs2000")] == [118.79, 32.04]


@pytest.mark.parametrize(
    ("word", "datum"),
    [
        ("WGS-84", "wgs84"),
        ("wgs 84", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84"),
        ("urn:ogc:def:crs:EPSG::4326", "wgs84"),
        ("GPS", "wgs84"),
        ("CGCS2000", "cgcs2000"),
        ("EPSG:4490", "cgcs2000"),
        ("天地图", "cgcs2000"),
        ("国家大地坐标系", "cgcs2000"),
        ("2000国家大地坐标系", "cgcs2000"),
        ("gcj-02", "gcj02"),
        ("ＧＣＪ０２", "gcj02"),
        ("高德", "gcj02"),
        ("腾讯地图", "gcj02"),
        ("火星坐标", "gcj02"),
        ("火星坐标系", "gcj02"),
        ("BD-09", "bd09"),
        ("百度坐标系", "bd09"),
        ("bd09ll", "bd09"),
    ],
)
def test_usual_spellings_are_understood(word, datum):
    assert parse_datum(word) == datum


@pytest.mark.parametrize(
    "word", ["", "bd09mc", "西安80", "EPSG:3857", "wgs84x", "{known}", "北京54"]
)
def test_other_words_are_refused_with_the_known_ones(word):
    with pytest.raises(DatumError) as refusal:
        parse_datum(word)
    for lang in ("zh", "en"):
        assert "gcj02" in refusal.value.sentence(lang)
    assert refusal.value.exit_code == 2


def test_an_unknown_datum_is_refused_by_the_conversion():
    with pytest.raises(DatumError):
        to_wgs84(1, 1, "xian80")


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (118.79, 32.04, "EPSG:4549"),  # Nanjing: zone of 120° E begins at 118.5
        (118.49, 32.04, "EPSG:4548"),
        (120.37, 31.49, "EPSG:4549"),  # Wuxi
        (73.5, 39.5, "EPSG:4534"),
        (134.99, 48.3, "EPSG:4554"),
        (136.4, 48.3, "EPSG:4554"),
        (24.94, 60.17, "EPSG:32635"),
        (-58.4, -34.6, "EPSG:32721"),
        (180.0, 10.0, "EPSG:32660"),
        (-180.0, 10.0, "EPSG:32601"),
        (118.0, 60.0, "EPSG:32650"),  # north of the rectangle
    ],
)
def test_metric_crs(lon, lat, epsg):
    assert metric_crs(lon, lat) == epsg


@settings(deadline=None, max_examples=25)  # PROJ opens its database at each new CRS
@given(lon=st.floats(73.5, 136.49), lat=st.floats(18, 53.5))
def test_the_zone_is_the_nearest_and_nearly_true_to_scale(lon, lat):
    crs = CRS(metric_crs(lon, lat))
    meridian = crs.coordinate_operation.params[1].value
    assert abs(lon - meridian) <= 1.5 + 1e-9
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    (x1, x2), (y1, y2) = to_metres.transform([lon, lon], [lat, lat + 0.001])
    assert np.hypot(x2 - x1, y2 - y1) == pytest.approx(metres(lon, lat, lon, lat + 0.001), rel=4e-4)


@pytest.mark.parametrize(("lon", "lat"), [(np.nan, 1), (1, np.inf), (181, 0), (0, 91)])
def test_no_position_has_no_metric_crs(lon, lat):
    with pytest.raises(RequestError):
        metric_crs(lon, lat)
