"""The files of a walk, each read back by a library that did not write it."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import fastkml
import geopandas as gpd
import gpxpy
import ics
import numpy as np
import pyogrio
import pytest
import zxingcpp
from drawn_network import degrees
from drawn_route import FORMULA, FRIDAY, MONDAY, SCRIPT, drawn_route, flagged
from fastkml.validator import validate
from lxml import etree
from PIL import Image

from geo.errors import RequestError
from routes.sheets import (
    QrCode,
    content_of,
    geojson_of,
    gpx_of,
    ics_of,
    kml_of,
    qr_of,
    route_provenance,
    share_link,
    timetable_csv,
)
from routes.sheets.content import moment
from routes.sheets.links import QR_BYTES, qr_text
from routes.visits import StudyBrief

UTC = datetime.UTC
# a from 9:00, 30 min; 700 s to b, 30 min; 520 s, the boat's 30 min and 20 s to c, 30 min; the ride.
RIDE_MIN = 8 + 2600 * 1.4 / (20_000 / 60)
CLOCK = {
    "a": ("09:00", "09:30"),
    "b": ("09:42", "10:12"),  # 9:41:40, told as the next whole minute
    "c": ("10:51", "11:21"),
    "d": ("11:40", "12:10"),
}


@pytest.fixture(scope="module")
def monday():
    return flagged(drawn_route(), "schematic")


@pytest.fixture(scope="module")
def record(monday):
    return route_provenance(monday)


@pytest.fixture(scope="module")
def undated():
    return drawn_route(date="")


def test_the_day_is_what_was_reckoned_by_hand(monday):
    content = content_of(monday, "zh")
    assert [w.mode for w in content.legs] == ["walk", "walk", "ferry", "walk", "ride"]
    assert content.stops[3].arrive == pytest.approx(680 + 2 / 3 + RIDE_MIN, abs=0.02)
    assert [(w.origin, w.target) for w in content.legs][1:3] == [
        (FORMULA, "南码头"),
        ("南码头", "北码头"),
    ]
    for one, other in zip(content.legs[1:3], content.legs[2:4], strict=True):
        assert one.arrive == other.depart, "no gap at a pier"


# GeoJSON


def test_geojson_is_read_by_gdal(monday, record, tmp_path):
    path = tmp_path / "route.geojson"
    path.write_bytes(geojson_of(content_of(monday, "zh"), record))
    frame = gpd.read_file(path, engine="pyogrio").set_index("id")
    assert frame.crs == "EPSG:4326"
    stops = frame[frame["kind"] == "stop"]
    times = zip(stops.arrive.astype(str).str[:5], stops.leave.astype(str).str[:5], strict=True)
    assert dict(zip(stops.site, times, strict=True)) == CLOCK  # GDAL takes them for times of day
    np.testing.assert_allclose(stops.geometry.get_coordinates(), degrees(
        [(100, 200), (600, 0), (300, 900), (2900, 900)]), atol=2e-7)  # fmt: skip
    legs = frame[frame["kind"] == "leg"]
    assert legs["mode"].tolist() == ["walk", "walk", "ferry", "walk", "ride"]
    assert legs["estimated"].tolist() == [False, False, False, False, True]
    assert legs["length_m"].tolist() == pytest.approx([700, 520, 660, 20, 2600], abs=0.3)
    assert legs["amap_walk"].notna().tolist() == [True, True, False, True, False]


def test_geojson_says_what_is_what(monday, record):
    found = json.loads(geojson_of(content_of(monday, "zh"), record))
    assert set(found["hongtu"]["flags"]) >= {"estimated_sites", "estimated_rides", "schematic"}
    assert found["hongtu"]["points"]["request"] == monday.brief.digest
    assert found["hongtu"]["network"]["digest"] == monday.network.meta.digest
    by_id = {f["id"]: f["properties"] for f in found["features"]}
    assert by_id["stop-2"]["coordinate_status"] == "estimated"
    assert by_id["stop-2"]["accuracy_m"] == 80
    assert by_id["stop-4"]["remark_codes"] == ["closed_that_day"]
    assert by_id["stop-4"]["flags"] == ["conflict"]
    assert by_id["stop-3"]["remark_codes"] == ["hours_unknown"]
    assert by_id["stop-3"]["flags"] == [], "not to know is no conflict"
    assert by_id["stop-1"]["arrive_at"] == f"{MONDAY}T09:00:00+08:00"
    assert by_id["leg-5"]["flags"] == ["estimated"]


def test_without_a_date_there_are_no_moments(undated):
    text = geojson_of(content_of(undated, "en"), route_provenance(undated))
    assert all(f["properties"]["arrive_at"] is None for f in json.loads(text)["features"])


# GPX

# Children in the order of https://www.topografix.com/GPX/1/1/gpx.xsd.
_POINT = ("ele time magvar geoidheight name cmt desc src link sym type fix sat hdop vdop pdop "
          "ageofdgpsdata dgpsid extensions")  # fmt: skip
GPX_ORDER = {
    "gpx": "metadata wpt rte trk extensions",
    "metadata": "name desc author copyright link time keywords bounds extensions",
    "copyright": "year license",
    **dict.fromkeys(("wpt", "rtept", "trkpt"), _POINT),
    "rte": "name cmt desc src link number type extensions rtept",
    "trk": "name cmt desc src link number type extensions trkseg",
    "trkseg": "trkpt extensions",
}


def gpx_faults(text):
    """Return each element that GPX 1.1 does not allow where it stands."""
    faults = []
    for element in etree.fromstring(text).iter():
        space, tag = element.tag[1:].split("}")
        if space != "http://www.topografix.com/GPX/1/1":
            faults.append(element.tag)
        order = GPX_ORDER.get(tag, "").split()
        places = [order.index(t) if (t := c.tag.split("}")[1]) in order else -1 for c in element]
        if places != sorted(places) or -1 in places:
            faults.append(tag)
    return faults


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_gpx_is_in_the_order_of_its_schema(monday, record, lang):
    assert gpx_faults(gpx_of(content_of(monday, lang), record)) == []
    broken = b'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg/><name/></trk></gpx>'
    assert gpx_faults(broken) == ["trk"]


def test_gpx_is_read_by_gpxpy_in_utc(monday, record):
    found = gpxpy.parse(gpx_of(content_of(monday, "zh"), record).decode())
    assert found.version == "1.1"
    assert len(found.waypoints) == 4
    assert [len(r.points) for r in found.routes] == [4]
    assert [t.type for t in found.tracks] == ["walk", "walk", "ferry", "walk"], "no ride"
    times = [p.time.astimezone(UTC).strftime("%H:%M") for p in found.waypoints]
    assert times == ["01:00", "01:42", "02:51", "03:40"]
    assert found.waypoints[0].time.date().isoformat() == MONDAY
    for track in found.tracks:
        at = [p.time for p in track.segments[0].points]
        assert at == sorted(at)
        assert track.segments[0].points
    walk = found.tracks[0]
    assert walk.length_2d() == pytest.approx(700, rel=0.01)
    assert walk.get_duration() == pytest.approx(700, abs=1)
    assert found.waypoints[0].name == f"1 {SCRIPT}"
    assert found.waypoints[2].name == "3 C\ufffd\ufffd,桥\ufffd"


def test_gpx_is_read_by_gdal(monday, record, tmp_path):
    path = tmp_path / "route.gpx"
    path.write_bytes(gpx_of(content_of(monday, "en"), record))
    assert {"waypoints", "routes", "tracks"} <= set(pyogrio.list_layers(path)[:, 0])
    assert len(pyogrio.read_dataframe(path, layer="waypoints")) == 4
    assert len(pyogrio.read_dataframe(path, layer="tracks")) == 4
    box = pyogrio.read_dataframe(path, layer="routes").total_bounds
    (low, high) = degrees([(100, 0), (2900, 900)])
    np.testing.assert_allclose(box, [*low, *high], atol=1e-6)


def test_without_a_date_gpx_has_no_times_but_its_own(undated):
    found = gpxpy.parse(gpx_of(content_of(undated, "zh"), route_provenance(undated)).decode())
    assert found.time is not None
    points = [*found.waypoints, *found.routes[0].points]
    points += [p for t in found.tracks for s in t.segments for p in s.points]
    assert {p.time for p in points} == {None}


# KML


def test_kml_holds_to_the_schema_of_ogc(monday, record):
    text = kml_of(content_of(monday, "zh"), record).decode()
    assert validate(element=etree.fromstring(text.encode())) is True
    with pytest.raises(AssertionError):
        validate(element=etree.fromstring(text.replace("<LineStyle>", "<Line>").replace(
            "</LineStyle>", "</Line>").encode()))  # fmt: skip


def test_kml_is_read_by_fastkml(monday, record):
    text = kml_of(content_of(monday, "en"), record).decode()
    (document,) = fastkml.KML.from_string(text.encode()).features
    stops, legs = document.features
    assert [len(stops.features), len(legs.features)] == [4, 5]
    first = stops.features[0]
    assert first.name == f"1 {SCRIPT}"
    assert first.times.begin.dt == datetime.datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
    np.testing.assert_allclose(first.geometry.coords[0][:2], degrees((100, 200))[0], atol=1e-7)
    ride = legs.features[-1]
    assert ride.style_url.url == "#ride"
    data = {d.name: d.value for d in ride.extended_data.elements}
    assert data["flags"] == "estimated"


def test_kml_is_read_by_gdal(monday, record, tmp_path):
    path = tmp_path / "route.kml"
    path.write_bytes(kml_of(content_of(monday, "zh"), record))
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    assert sum(len(pyogrio.read_dataframe(path, layer=name)) for name in layers) == 9


def test_a_description_that_viewers_show_as_html_is_text(monday, record):
    text = kml_of(content_of(monday, "zh"), record)
    shown = [e.text for e in etree.fromstring(text).iter("{*}description")]
    assert any("&lt;script&gt;" in told for told in shown)
    assert not any("<script" in told for told in shown)


# CSV


def test_the_timetable_opens_in_a_spreadsheet_and_runs_nothing(monday, record):
    raw = timetable_csv(content_of(monday, "zh"), record)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    kinds = ["stop", "leg", "stop", "leg", "leg", "leg", "stop", "leg", "stop"]
    assert [row["kind"] for row in rows] == kinds
    assert {row["date"] for row in rows} == {MONDAY}
    stops = [row for row in rows if row["kind"] == "stop"]
    assert {row["site"]: (row["arrive"], row["leave"]) for row in stops} == CLOCK
    assert stops[1]["name"] == f"'{FORMULA}"
    assert not any(re.match(r"[=+@\t\r]", cell) for row in rows for cell in row.values())
    assert stops[3]["remarks"] == "当天不开放"
    assert {row["run_flags"] for row in rows} == {" ".join(record.flags)}


@pytest.mark.parametrize(
    ("earliest", "kinds"),
    [("09:10", ["stop", "break", "leg"]), ("09:31", ["leg", "break", "stop"])],
)
def test_a_break_stands_where_it_is_taken(earliest, kinds):
    route = drawn_route(breaks=((earliest, "12:00", 20.0),), date=FRIDAY)
    raw = timetable_csv(content_of(route, "en"), route_provenance(route)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    at = [row["kind"] for row in rows].index("break")
    assert rows[at]["minutes"] == "20.00"
    clocks = [row["begin"] or row["arrive"] for row in rows if row["kind"] != "leg"]
    assert clocks == sorted(clocks)
    assert [row["kind"] for row in rows[at - 1 : at + 2]] == kinds


# iCalendar


def test_the_calendar_is_read_by_ics(monday, record):
    raw = ics_of(content_of(monday, "zh"), record)
    found = sorted(ics.Calendar(raw.decode()).events, key=lambda e: e.begin)
    assert [e.begin.to("UTC").format("YYYY-MM-DD HH:mm") for e in found] == [
        f"{MONDAY} {clock}" for clock in ("01:00", "01:42", "02:51", "03:40")
    ]
    assert [e.duration for e in found] == [datetime.timedelta(minutes=30)] * 4
    assert [e.name for e in found] == [
        f"1 {SCRIPT}", f"2 {FORMULA}", "3 C\ufffd\ufffd,桥\ufffd", "4 丁馆",
    ]  # fmt: skip
    assert [e.status for e in found] == ["CONFIRMED"] * 3 + ["TENTATIVE"]
    assert "误差约 80 米" in found[1].description
    assert "渡轮" in found[2].description


def test_the_calendar_keeps_to_rfc_5545(monday, record):
    raw = ics_of(content_of(monday, "zh"), record)
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines), "every line ends with CRLF"
    assert max(map(len, lines)) <= 75
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert b"BEGIN:VTIMEZONE" in lines
    assert b"TZOFFSETTO:+0800" in lines
    assert b"DTSTART;TZID=Asia/Shanghai:20260511T090000" in lines
    uids = [line for line in lines if line.startswith(b"UID:")]
    assert len(set(uids)) == 4


def test_without_a_date_there_is_no_calendar(undated):
    assert ics_of(content_of(undated, "zh"), route_provenance(undated)) is None


# Moments


@pytest.mark.parametrize(
    ("minute", "utc"),
    [(540.0, "2026-05-08 01:00"), (540.2, "2026-05-08 01:01"), (25 * 60.0, "2026-05-08 17:00"),
     (0.0, "2026-05-07 16:00")],
)  # fmt: skip
def test_a_minute_of_the_day_in_utc(minute, utc):
    at = moment(datetime.date(2026, 5, 8), minute).astimezone(UTC)
    assert at.strftime("%Y-%m-%d %H:%M") == utc


# Links and codes


def read_code(png):
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return found.text


def test_the_share_link_is_read_from_the_code_and_asks_for_the_same(monday):
    code = qr_of(content_of(monday, "zh"), "https://example.org/app?lang=zh#top")
    text = read_code(code.png())
    assert text.startswith("https://example.org/app?lang=zh&")
    query = urlsplit(text).query.removeprefix("lang=zh&")
    assert StudyBrief.from_query(query) == monday.brief


def test_without_an_address_the_code_is_the_plan(undated):
    text = read_code(qr_of(content_of(undated, "en")).png())
    assert text.splitlines()[0] == undated.title_en
    assert text.splitlines()[-1].endswith("4 Hall D" if "Hall D" in text else "4 丁馆")


def test_the_drawn_code_is_the_printed_code(monday):
    import resvg_py

    code = qr_of(content_of(monday, "zh"))
    png = resvg_py.svg_to_bytes(svg_string=code.svg(600), background="#fff")
    assert read_code(bytes(png)) == read_code(code.png()) == code.text


def test_a_plan_too_long_for_a_code_loses_its_last_stops(monday):
    content = content_of(monday, "zh")
    many = replace(content, stops=content.stops * 40)
    text = qr_text(many, "https://example.org/" + "x" * QR_BYTES)
    assert text.endswith("…")
    assert len(text.encode()) <= QR_BYTES
    assert read_code(QrCode(text).png()) == text


@pytest.mark.parametrize(
    "address", ["", "example.org", "javascript:alert(1)", "https://", "http://a b", "http://[::1"]
)
def test_what_is_no_address_is_refused(monday, address):
    with pytest.raises(RequestError) as fault:
        share_link(monday.brief, address)
    assert fault.value.code == "sheet_base_url"


def test_a_walk_opens_in_amap_with_its_datum_named(monday):
    (first, *_) = content_of(monday, "zh").legs
    parts = urlsplit(first.link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "uri.amap.com", "/navigation")
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    assert asked["mode"] == "walk"
    assert asked["coordinate"] == "wgs84"
    lon, lat, name = asked["from"].split(",")
    np.testing.assert_allclose([float(lon), float(lat)], degrees((100, 200))[0], atol=1e-6)
    assert name == SCRIPT
    third = content_of(monday, "zh").legs[3].link
    asked = {key: values[0] for key, values in parse_qs(urlsplit(third).query).items()}
    assert asked["to"].split(",")[2:] == ["C\ufffd\ufffd，桥\ufffd"]
