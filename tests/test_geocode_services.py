"""Asking 高德, 天地图 and Nominatim: what is sent, what is understood, what is refused and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from geocoding_server import KEY, TOWN_HALL, GeocodingServer, amap, amap_fault, nominatim, tianditu
from nobody import nobody

from geo.datum import to_wgs84
from geo.errors import FetchError, PlannerError, RequestError
from geo.geocode import SERVICES, Asker, asking

ADDRESS = "北京东路41号"
HOUSE = (*TOWN_HALL, "门址")
GOOD = {
    "amap": amap([HOUSE]),
    "tianditu": tianditu(*TOWN_HALL),
    "nominatim": nominatim([(*TOWN_HALL, 0.0002)]),
}


@pytest.fixture
def server() -> Iterator[GeocodingServer]:
    with GeocodingServer({}) as made:
        yield made


def asker(server: GeocodingServer, name: str = "amap", **more: Any) -> Asker:
    defaults: dict[str, Any] = {"key": KEY, "base": server.url, "pause_s": 0.0, "timeout_s": 5.0}
    return Asker(SERVICES[name], **{"sleep": lambda _: None, **defaults, **more})


@pytest.mark.parametrize("name", list(SERVICES))
def test_each_service_is_asked_and_understood(server: GeocodingServer, name: str) -> None:
    server.answers[ADDRESS] = GOOD[name]
    (found,) = asker(server, name).find(ADDRESS)
    lon, lat = to_wgs84(found.lon, found.lat, SERVICES[name].datum)
    assert np.allclose((lon, lat), TOWN_HALL, atol=2e-6)  # services round to 1e-6 degree
    assert 30 <= found.accuracy_m <= 50
    (asked,) = server.seen
    expected = {
        "amap": ("/v3/geocode/geo", "key"),
        "tianditu": ("/geocoder", "tk"),
        "nominatim": ("/search", "key"),
    }[name]
    assert asked["path"] == expected[0]
    assert asked.get(expected[1]) == (KEY if SERVICES[name].needs_key else None)
    assert all(agent.startswith("Hongtu/") for agent in server.agents)


def test_amap_is_told_the_city_the_others_have_it_in_the_address(server: GeocodingServer) -> None:
    for name in SERVICES:
        asker(server, name, city="南京市").find(ADDRESS)
    assert server.seen[0]["city"] == "南京市"
    assert server.seen[1]["ds"] == '{"keyWord":"南京市北京东路41号"}'
    assert server.seen[2]["q"] == "南京市 北京东路41号"
    asker(server, "nominatim", city="南京市").find("南京北京东路41号")
    assert server.seen[3]["q"] == "南京北京东路41号"


@pytest.mark.parametrize("name", list(SERVICES))
def test_no_such_place_is_an_empty_answer(server: GeocodingServer, name: str) -> None:
    assert asker(server, name).find("无此路1号") == []


FAULTS: list[tuple[str, Any, str]] = [
    ("amap", amap_fault("10009", "USERKEY_PLAT_NOMATCH"), "geocode_key"),
    ("amap", amap_fault("10003", "DAILY_QUERY_OVER_LIMIT"), "geocode_quota"),
    ("amap", amap_fault("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT"), "geocode_busy"),
    ("amap", amap_fault("20000", "INVALID_PARAMS"), "geocode_answer"),
    ("amap", {"status": "1", "geocodes": "none"}, "geocode_answer"),
    ("amap", {"status": "1", "geocodes": [{"location": "x"}]}, "geocode_answer"),
    ("amap", {"status": "1", "geocodes": [{"location": "200,95"}]}, "geocode_answer"),
    ("amap", [], "geocode_answer"),
    ("amap", (200, "<html>login</html>"), "geocode_not_json"),
    ("amap", (302, "moved"), "geocode_answer"),
    ("amap", (503, "busy"), "geocode_busy"),
    ("amap", (200, "[" * 100_000), "geocode_not_json"),
    ("amap", (200, '"' + "x" * 1_200_000 + '"'), "geocode_answer"),
    ("tianditu", (403, '{"msg":"权限类型错误"}'), "geocode_key"),
    ("tianditu", (200, '{"msg":"今日调用次数超限"}'), "geocode_quota"),
    ("tianditu", {"status": "404", "msg": "错误"}, "geocode_answer"),
    ("tianditu", {"status": "0", "location": {"lon": "NaN", "lat": "1"}}, "geocode_answer"),
    ("nominatim", (429, "slow down"), "geocode_quota"),
    ("nominatim", {"error": "no"}, "geocode_answer"),
    ("nominatim", [1, 2], "geocode_answer"),
]


@pytest.mark.parametrize(("name", "answer", "code"), FAULTS)
def test_bad_answers_are_refused_in_a_sentence_and_not_kept(
    server: GeocodingServer, tmp_path: Path, name: str, answer: Any, code: str
) -> None:
    server.answers[ADDRESS] = answer
    with pytest.raises(FetchError) as caught:
        asker(server, name, store=tmp_path).find(ADDRESS)
    assert caught.value.code == code
    assert name in caught.value.sentence("zh")
    assert name in caught.value.sentence("en")
    assert not list(tmp_path.rglob("*.json"))
    assert all(asked["path"] != "/elsewhere" for asked in server.seen)


@pytest.mark.parametrize("name", ["amap", "tianditu"])
def test_a_wrong_key_is_named_and_never_repeated(server: GeocodingServer, name: str) -> None:
    with pytest.raises(FetchError) as caught:
        asker(server, name, key="wrong-secret").find(ADDRESS)
    assert caught.value.code == "geocode_key"
    assert len(server.seen) == 1  # it is not asked again and again
    told = " ".join([repr(caught.value), caught.value.sentence("zh"), caught.value.sentence("en")])
    assert "wrong-secret" not in told
    assert caught.value.__cause__ is None


def test_a_busy_service_is_asked_again_more_slowly(server: GeocodingServer) -> None:
    server.turns[ADDRESS] = [amap_fault("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT"), (502, "?")]
    server.answers[ADDRESS] = GOOD["amap"]
    slept: list[float] = []
    assert len(asker(server, sleep=slept.append).find(ADDRESS)) == 1
    assert len(server.seen) == 3
    assert [s for s in slept if s >= 1] == [1.0, 2.0]


def test_questions_keep_their_distance(
    server: GeocodingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: clock.now))
    slow = asker(server, "nominatim", pause_s=None, sleep=slept.append)
    pause = SERVICES["nominatim"].pause_s
    assert pause > 1.0  # what its policy asks for
    for n, later in enumerate((0.0, 0.0, 0.25, 5.0)):
        clock.now += later
        slow.find(f"{n} 号")
    assert slept == pytest.approx([pause, pause - 0.25])  # after five seconds it may go at once


def test_silence_is_told_within_the_time_given(server: GeocodingServer) -> None:
    server.answers[ADDRESS] = 30.0
    with pytest.raises(FetchError) as caught:
        asker(server, timeout_s=0.3).find(ADDRESS)
    assert caught.value.code in ("geocode_silent", "geocode_broke_off")
    assert KEY not in caught.value.sentence("en")


def test_nobody_there(tmp_path: Path) -> None:
    with nobody() as url, pytest.raises(FetchError) as caught:
        Asker(SERVICES["amap"], KEY, url, tmp_path, pause_s=0, sleep=lambda _: None).find(ADDRESS)
    assert caught.value.code == "geocode_refuses"
    assert KEY not in str(caught.value)


def test_answers_are_kept_by_service_address_and_city_without_the_key(
    server: GeocodingServer, tmp_path: Path
) -> None:
    server.answers[ADDRESS] = GOOD["amap"]
    first = asker(server, store=tmp_path)
    found = first.find(ADDRESS)
    again = asker(server, store=tmp_path)
    assert again.find(ADDRESS) == found
    assert (first.asked, again.asked, len(server.seen)) == (1, 0, 1)
    asker(server, store=tmp_path, city="南京").find(ADDRESS)
    assert len(server.seen) == 2  # another city is another question
    kept = list(tmp_path.rglob("*.json"))
    assert len(kept) == 2
    assert all(KEY not in path.read_text("utf-8") and KEY not in str(path) for path in kept)
    asker(server, store=tmp_path).find("无此路1号")
    assert len(list(tmp_path.rglob("*.json"))) == 2  # it may be there tomorrow


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": 99}'])
def test_a_damaged_store_is_asked_again(
    server: GeocodingServer, tmp_path: Path, damage: bytes
) -> None:
    server.answers[ADDRESS] = GOOD["amap"]
    found = asker(server, store=tmp_path).find(ADDRESS)
    (kept,) = tmp_path.rglob("*.json")
    kept.write_bytes(damage)
    assert asker(server, store=tmp_path).find(ADDRESS) == found
    assert len(server.seen) == 2


def test_a_store_that_cannot_be_written_loses_no_answer(
    server: GeocodingServer, tmp_path: Path
) -> None:
    server.answers[ADDRESS] = GOOD["amap"]
    (tmp_path / "amap").write_text("a file where a folder is wanted")
    assert len(asker(server, store=tmp_path).find(ADDRESS)) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"key": ""}, "geocode_no_key"),
        ({"key": "schlüssel\n"}, "geocode_bad_key"),
        ({"base": "ftp://example.org"}, "endpoint_url"),
        ({"base": "http://user:word@example.org"}, "endpoint_url"),
        ({"base": "http://example.org/?a=1"}, "endpoint_url"),
        ({"timeout_s": 0.0}, "option_range"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    more: dict[str, Any], code: str
) -> None:
    with pytest.raises(RequestError) as caught:
        Asker(**{"service": SERVICES["amap"], "key": KEY, **more})
    assert caught.value.code == code
    assert isinstance(caught.value, PlannerError)
    assert caught.value.sentence("zh")


def test_the_key_is_not_shown_by_the_asker() -> None:
    assert KEY not in repr(Asker(SERVICES["amap"], KEY))
