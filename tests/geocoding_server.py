"""A server on loopback that speaks as 高德, 天地图 and Nominatim do, faults included."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from geo.datum import from_wgs84

KEY = "0123456789abcdef0123456789abcdef"
TOWN_HALL = (118.7969, 32.0603)  # WGS-84, a place in Nanjing


def amap(places: list[tuple[float, float, str]], city: str = "南京市") -> dict[str, Any]:
    """Return AMap's answer for WGS-84 places of (lon, lat, level)."""
    codes = []
    for lon, lat, level in places:
        x, y = (float(v) for v in from_wgs84(lon, lat, "gcj02"))
        codes.append(
            {
                "formatted_address": f"江苏省{city}|{level}",
                "country": "中国",
                "province": "江苏省",
                "city": city,
                "district": [],
                "street": [],
                "location": f"{x:.6f},{y:.6f}",
                "level": level,
            }
        )
    told = {"status": "1", "info": "OK", "infocode": "10000", "count": str(len(codes))}
    return {**told, "geocodes": codes}


def amap_fault(code: str, info: str) -> dict[str, Any]:
    return {"status": "0", "info": info, "infocode": code}


def tianditu(lon: float, lat: float, level: str = "门址", score: int = 100) -> dict[str, Any]:
    place = {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "level": level, "score": score}
    return {"msg": "ok", "location": {**place, "keyWord": "市政府"}, "status": "0"}


def nominatim(places: list[tuple[float, float, float]], city: str = "南京市") -> list[Any]:
    """Return Nominatim's answer for places of (lon, lat, half the side of the box in degrees)."""
    return [
        {
            "lat": f"{lat:.7f}",
            "lon": f"{lon:.7f}",
            "category": "building",
            "type": "yes",
            "addresstype": "building",
            "place_rank": 30,
            "importance": 0.1,
            "display_name": f"某楼, 北京东路, {city}, 江苏省, 中国",
            "boundingbox": [str(lat - h), str(lat + h), str(lon - h), str(lon + h)],
        }
        for lon, lat, h in places
    ]


class GeocodingServer:
    """Answers by address; each answer is JSON, (status, text), or seconds to be silent.

    A list of answers in `turns` is given one after the other. What was asked is in `seen`.
    """

    def __init__(self, answers: dict[str, Any], *, key: str = KEY) -> None:
        self.answers = answers
        self.turns: dict[str, list[Any]] = {}
        self.key = key
        self.seen: list[dict[str, str]] = []
        self.times: list[float] = []
        self.agents: set[str] = set()
        self.stop = threading.Event()

    def __enter__(self) -> GeocodingServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                params = {k: v[0] for k, v in parse_qs(asked.query).items()}
                server.agents.add(self.headers.get("User-Agent", ""))
                server.answer(self, asked.path, params)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop.set()
        self.http.shutdown()
        self.http.server_close()

    def answer(self, request: BaseHTTPRequestHandler, path: str, params: dict[str, str]) -> None:
        self.seen.append({"path": path, **params})
        self.times.append(time.monotonic())
        address = params.get("address") or params.get("q") or ""
        if path == "/geocoder":
            address = json.loads(params["ds"])["keyWord"]
        if path == "/v3/geocode/geo" and params.get("key") != self.key:
            told: Any = amap_fault("10001", f"INVALID_USER_KEY {params.get('key')}")
        elif path == "/geocoder" and params.get("tk") != self.key:
            told = (403, json.dumps({"code": 301000, "msg": "非法Key", "resolve": "请核对"}))
        elif self.turns.get(address):
            told = self.turns[address].pop(0)
        else:
            told = self.answers.get(address, _EMPTY[path])
        if isinstance(told, float):
            self.stop.wait(told)
            return
        status, text = told if isinstance(told, tuple) else (200, json.dumps(told))
        body = text.encode()
        request.send_response(status)
        if status == 302:
            request.send_header("Location", f"{self.url}/elsewhere")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


_EMPTY: dict[str, Any] = {
    "/v3/geocode/geo": {"status": "1", "info": "OK", "infocode": "10000", "geocodes": []},
    "/geocoder": {"msg": "暂无数据", "status": "101"},
    "/search": [],
    "/elsewhere": [],
}
