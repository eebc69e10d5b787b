"""What each geocoding service is asked, and what its answers say.

- 高德 AMap, https://lbs.amap.com/api/webservice/guide/api/georegeo (GCJ-02; wants a key)
- 天地图 Tianditu, http://lbs.tianditu.gov.cn/server/geocodinginterface.html (CGCS2000; a key)
- Nominatim, https://nominatim.org/release-docs/latest/api/Search/ (WGS-84; none; the public one
  allows one request a second and no bulk work)

How near a match lies is our estimate by the level that the service names, not the service's word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geo.errors import FetchError
from geo.points.cells import clip

__all__ = ["SERVICES", "Candidate", "Service"]


@dataclass(frozen=True)
class Candidate:
    """One place that a service offers for an address.

    Attributes
    ----------
    lon, lat
        Degrees in the service's datum.
    level
        What was matched, in the service's own word (门址, 道路, house).
    accuracy_m
        Within how many metres we believe the address to lie.
    text
        The address as the service read it.
    areas
        Names of the province, city and district it lies in; empty where the service names none.
    score
        The service's own confidence, 0–100; None where it gives none.
    """

    lon: float
    lat: float
    level: str
    accuracy_m: float
    text: str
    areas: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True)
class Service:
    """A geocoding service.

    Attributes
    ----------
    name, datum
        Its name here, and the datum of its positions.
    base
        Where it is reached; can be replaced by a server of one's own.
    needs_key
        Whether it answers only to a key.
    pause_s
        Seconds from one question to the next.
    ask
        (address, city, key) to the path and the parameters of the question.
    read
        (HTTP status, JSON) to candidates; an empty list says that there is no such place. Raises
        `FetchError` ``geocode_key``, ``geocode_quota``, ``geocode_busy`` or ``geocode_answer``.
    """

    name: str
    datum: str
    base: str
    needs_key: bool
    pause_s: float
    ask: Callable[[str, str | None, str], tuple[str, dict[str, str]]]
    read: Callable[[int, Any], list[Candidate]]


# Metres, by the level of the match. Coarser than half a kilometre is no position for a circle.
_AMAP_LEVELS = {
    "门牌号": 30, "门址": 30, "单元号": 30, "楼栋号": 30, "兴趣点": 50, "道路交叉路口": 50,
    "公交站台": 50, "公交站点": 50, "地铁站": 100, "热点商圈": 500, "道路": 1_000, "村庄": 1_000,
    "乡镇": 3_000, "开发区": 3_000, "区县": 10_000, "市": 30_000, "省": 200_000, "国家": 2_000_000,
}  # fmt: skip
_TIANDITU_LEVELS = {
    "门址": 30, "门牌": 30, "地名地址": 200, "兴趣点": 50, "POI": 50, "道路": 1_000, "村庄": 1_000,
    "乡镇": 3_000, "街道": 3_000, "区县": 10_000, "市": 30_000, "省": 200_000,
}  # fmt: skip
_NO_LEVEL = 1_000.0
_BAD_KEY = {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10010", "10012"} | {
    *("10013", "10026", "10041"),
}
_QUOTA = {"10003", "10044", "10045", "40000", "40002"}
_BUSY = {"10004", "10014", "10015", "10016", "10019", "10020", "10021", "10029"}
_NO_DATA = {"30001", "30002", "30003", "20003"}


def _ask_amap(address: str, city: str | None, key: str) -> tuple[str, dict[str, str]]:
    where = {"city": city} if city else {}
    return "/v3/geocode/geo", {"address": address, **where, "output": "JSON", "key": key}


def _read_amap(status: int, told: Any) -> list[Candidate]:
    body = _object(status, told)
    if str(body.get("status")) != "1":
        code = str(body.get("infocode", ""))
        if code in _NO_DATA:
            return []
        raise _refusal(code, clip(body.get("info", code)))
    found = []
    for one in _list(body.get("geocodes", [])):
        lon, _, lat = str(one.get("location", "")).partition(",")
        level = _text(one.get("level"))
        areas = tuple(filter(None, (_text(one.get(k)) for k in ("province", "city", "district"))))
        found.append(
            Candidate(
                *_position(lon, lat), level, float(_AMAP_LEVELS.get(level, _NO_LEVEL)),
                _text(one.get("formatted_address")).replace("|", ""), areas,
            )
        )  # fmt: skip
    return found


def _refusal(code: str, told: str) -> FetchError:
    for codes, name in ((_BAD_KEY, "key"), (_QUOTA, "quota"), (_BUSY, "busy")):
        if code in codes:
            return FetchError(f"geocode_{name}", service="amap", told=told)
    return FetchError("geocode_answer", service="amap", told=told)


def _ask_tianditu(address: str, city: str | None, key: str) -> tuple[str, dict[str, str]]:
    full = address if not city or city.removesuffix("市") in address else f"{city}{address}"
    question = json.dumps({"keyWord": full}, ensure_ascii=False, separators=(",", ":"))
    return "/geocoder", {"ds": question, "tk": key}


def _read_tianditu(status: int, told: Any) -> list[Candidate]:
    message = clip(told.get("msg", "")) if isinstance(told, dict) else ""
    if status in (401, 403, 418) or "非法" in message or "权限" in message:
        raise FetchError("geocode_key", service="tianditu", told=message or f"HTTP {status}")
    if status == 429 or "超限" in message or "上限" in message:
        raise FetchError("geocode_quota", service="tianditu", told=message or f"HTTP {status}")
    body = _object(status, told)
    code = str(body.get("status", ""))
    if code == "101":
        return []
    one = body.get("location")
    if code != "0" or not isinstance(one, dict):
        raise FetchError("geocode_answer", service="tianditu", told=message or code)
    level = _text(one.get("level"))
    score = one.get("score")
    return [
        Candidate(
            *_position(one.get("lon"), one.get("lat")), level,
            float(_TIANDITU_LEVELS.get(level, _NO_LEVEL)), _text(one.get("keyWord")), (),
            None if score in (None, "") else _number(score),
        )
    ]  # fmt: skip


def _ask_nominatim(address: str, city: str | None, key: str) -> tuple[str, dict[str, str]]:
    full = address if not city or city.removesuffix("市") in address else f"{city} {address}"
    asked = {"q": full, "format": "jsonv2", "limit": "5", "countrycodes": "cn"}
    return "/search", {**asked, "accept-language": "zh"}


def _read_nominatim(status: int, told: Any) -> list[Candidate]:
    if status in (403, 429):
        raise FetchError("geocode_quota", service="nominatim", told=f"HTTP {status}")
    if status != 200 or not isinstance(told, list):
        raise _odd(status, told)
    found = []
    for one in _list(told):
        lon, lat = _position(one.get("lon"), one.get("lat"))
        text = _text(one.get("display_name"))
        areas = tuple(part.strip() for part in text.split(",") if part.strip())
        level = _text(one.get("addresstype")) or _text(one.get("type"))
        found.append(
            Candidate(lon, lat, level, _half_diagonal(one.get("boundingbox")), text, areas)
        )
    return found


def _half_diagonal(box: Any) -> float:
    """Return half the diagonal of south, north, west, east in metres, at least 30."""
    try:
        south, north, west, east = (_number(side) for side in box)
    except (TypeError, ValueError):
        return _NO_LEVEL
    tall = (north - south) * 111_320
    wide = (east - west) * 111_320 * math.cos(math.radians((south + north) / 2))
    return max(30.0, round(math.hypot(tall, wide) / 2))


def _object(status: int, told: Any) -> dict[str, Any]:
    if status != 200 or not isinstance(told, dict):
        raise _odd(status, told)
    return told


def _odd(status: int, told: Any) -> FetchError:
    shown = f"HTTP {status}" if status != 200 else clip(json.dumps(told, ensure_ascii=False))
    code = "geocode_busy" if status in (429, 500, 502, 503, 504) else "geocode_answer"
    return FetchError(code, service="", told=shown)


def _list(told: Any) -> list[Mapping[str, Any]]:
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise FetchError("geocode_answer", service="", told=clip(told))
    return told


def _text(told: Any) -> str:
    """Return a text; AMap gives an empty list where it has none."""
    return clip(told, 120) if isinstance(told, str) else ""


def _position(lon: Any, lat: Any) -> tuple[float, float]:
    x, y = _number(lon), _number(lat)
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise FetchError("geocode_answer", service="", told=clip(f"{lon}, {lat}"))
    return x, y


def _number(told: Any) -> float:
    try:
        value = float(told)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise FetchError("geocode_answer", service="", told=clip(told))
    return value


SERVICES: dict[str, Service] = {
    "amap": Service(
        "amap", "gcj02", "https://restapi.amap.com", True, 0.35, _ask_amap, _read_amap
    ),
    "tianditu": Service(
        "tianditu", "cgcs2000", "https://api.tianditu.gov.cn", True, 0.35,
        _ask_tianditu, _read_tianditu,
    ),
    "nominatim": Service(
        "nominatim", "wgs84", "https://nominatim.openstreetmap.org", False, 1.1,
        _ask_nominatim, _read_nominatim,
    ),
}  # fmt: skip
"""By the name that ``--provider`` takes."""
