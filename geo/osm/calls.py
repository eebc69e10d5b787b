"""OSMnx, asked politely: its settings set and restored around each call, every answer judged.

OSMnx keeps its settings, and the way names are looked up, in globals; here they are ours for the
length of a call only. It waits 55 seconds and asks again for as long as a server is busy, with no
word; here each answer passes a judge before OSMnx sees it, which reads it with a limit, tells how
far it is, and refuses what is no answer.
"""

from __future__ import annotations

import html
import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.datum import metric_crs
from geo.errors import FetchError
from geo.exports.provenance import program_version
from geo.osm.endpoints import Endpoints, failure, host_of

__all__ = ["Caller", "fetch_areas", "fetch_ways", "find_place"]

MOST_BYTES = 2_000_000_000
_BUSY = (429, 503, 504)
_BUSY_WORDS = re.compile(r"rate_limited|too busy|Dispatcher_Client", re.IGNORECASE)
_TRIES = 3
_WAIT_SECONDS = (10.0, 30.0)
_LONGEST_WAIT = 60.0
_PATIENCE = 10  # times the timeout: as long as an answer may take in all
_CHUNK = 1 << 16
_LOCK = threading.Lock()

# What hongtu's own rules need beyond OSMnx's walk filter. Footways and squares come with the areas:
# a multipolygon is no way, and no way should be asked for twice.
WAY_FILTERS = [
    '["highway"]["highway"!~"^(footway|pedestrian)$"]',
    '["route"="ferry"]',
    '["waterway"~"^(river|canal)$"]',
    '["natural"="coastline"]',
]
AREA_TAGS: dict[str, bool | str | list[str]] = {
    "highway": ["footway", "pedestrian"],
    "natural": "water",
    "waterway": ["riverbank", "dock"],
    "landuse": "reservoir",
}


class _BusyError(Exception):
    """The service asks to come back later."""

    def __init__(self, status: int, seconds: float | None) -> None:
        super().__init__(status)
        self.status, self.seconds = status, seconds


@dataclass
class Caller:
    """How to call, and whom to tell.

    Attributes
    ----------
    endpoints
        Where to.
    folder
        Where OSMnx puts the answers; one of ours, made for this.
    timeout
        Seconds a server may take for a query, and may stay silent.
    lang
        Language of place names.
    told
        Called with the bytes received, now and then.
    waiting
        Called with the seconds before the next try.
    """

    endpoints: Endpoints
    folder: Path
    timeout: int = 180
    lang: str = "zh"
    told: Callable[[int], None] = lambda received: None
    waiting: Callable[[float], None] = lambda seconds: None
    received: int = field(default=0, init=False)
    answers: int = field(default=0, init=False)

    def judge(self, response: Any, *_: Any, **__: Any) -> None:
        """Read an answer and refuse what is none; a hook of requests.

        Raises
        ------
        FetchError
            It is an error, a page instead of data, or too large.
        _BusyError
            The service is.
        """
        if response.is_redirect:
            return
        try:
            body = self._judged(response, host_of(response.url))
        except BaseException:
            response.close()
            raise
        self.answers += 1
        response.raw = io.BytesIO(body)  # where OSMnx now finds it

    def _judged(self, response: Any, host: str) -> bytes:
        body = self._read(response, host)
        if response.status_code in _BUSY:
            raise _BusyError(response.status_code, _seconds(response.headers.get("Retry-After")))
        if not response.ok:
            detail = _what_it_says(body) or response.reason
            raise FetchError("service_error", host=host, status=response.status_code, detail=detail)
        if body.lstrip()[:1] not in (b"{", b"["):
            raise FetchError("service_page", host=host, detail=_what_it_says(body) or "—")
        remark = _remark(body)
        if remark and _BUSY_WORDS.search(remark):
            raise _BusyError(200, None)
        if remark:
            raise FetchError("service_gave_up", host=host, detail=remark)
        return body

    def _read(self, response: Any, host: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        until = time.monotonic() + _PATIENCE * self.timeout
        # Unlike `stream`, read1 gives what has come, be it a byte: a trickle is noticed in time.
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            self.told(self.received + size)
            if size > MOST_BYTES:
                raise FetchError("service_endless", host=host, mb=MOST_BYTES // 10**6)
            if time.monotonic() > until:
                raise FetchError("service_silent", host=host, seconds=_PATIENCE * self.timeout)
        self.received += size
        return b"".join(parts)

    def call(self, url: str, ask: Callable[[Any], Any]) -> Any:
        """Return ``ask(osmnx)``, asked again while the service is busy, at most three times.

        Raises
        ------
        FetchError
            The service cannot be reached, stays busy, refuses, or answers nonsense.
        """
        import requests
        import urllib3

        for attempt in range(_TRIES):
            try:
                with self._osmnx() as ox:
                    return ask(ox)
            except _BusyError as busy:
                if attempt == _TRIES - 1:
                    raise FetchError(
                        "service_busy", host=host_of(url), status=busy.status, tries=_TRIES
                    ) from busy
                usual = _WAIT_SECONDS[attempt]
                self.wait(usual if busy.seconds is None else min(busy.seconds, _LONGEST_WAIT))
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
                if isinstance(fault, FetchError | InterruptedError):
                    raise
                raise failure(fault, url, self.timeout) from fault
        raise AssertionError  # the last attempt returned or raised

    def wait(self, seconds: float) -> None:
        """Sleep, and say so once a second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.waiting(left)
            time.sleep(min(left, 1.0))

    @contextmanager
    def _osmnx(self) -> Iterator[Any]:
        """Give OSMnx with our settings; whatever it does to itself and to sockets is undone."""
        import osmnx as ox

        ours = {
            "overpass_url": self.endpoints.overpass,
            "nominatim_url": self.endpoints.nominatim,
            "cache_folder": self.folder,
            "use_cache": True,
            "doh_url_template": None,  # names are looked up here, not at an address abroad
            "overpass_rate_limit": False,  # we asked for a slot ourselves
            "requests_timeout": self.timeout,
            "requests_kwargs": {"hooks": {"response": self.judge}, "stream": True},
            "http_user_agent": f"Hongtu {program_version()} (OSMnx {ox.__version__})",
            "http_referer": "Hongtu",
            "http_accept_language": "zh-CN,zh,en" if self.lang == "zh" else "en",
        }
        with _LOCK:
            before = {name: getattr(ox.settings, name) for name in [*ours, "cache_only_mode"]}
            resolver = socket.getaddrinfo
            try:
                for name, value in ours.items():
                    setattr(ox.settings, name, value)
                yield ox
            finally:
                for name, value in before.items():
                    setattr(ox.settings, name, value)
                socket.getaddrinfo = resolver


def find_place(caller: Caller, place: str) -> Any:
    """Return the polygon (EPSG:4326) that Nominatim knows by the name `place`.

    Raises
    ------
    FetchError
        No such place, or none with an outline; or the service fails.
    """
    import shapely

    host = host_of(caller.endpoints.nominatim)
    try:
        frame = caller.call(
            caller.endpoints.nominatim, lambda ox: ox.geocoder.geocode_to_gdf(place)
        )
        shape = frame.geometry.iloc[0]
    except TypeError as fault:  # OSMnx: not of type (Multi)Polygon
        raise FetchError("place_point", host=host, place=place) from fault
    except KeyError as fault:
        raise FetchError("service_odd", host=host, detail=f"KeyError {fault}") from fault
    except ValueError as fault:  # OSMnx: nothing found
        raise FetchError("place_unknown", host=host, place=place) from fault
    if shapely.is_valid(shape):
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all([p for p in parts if p.geom_type in ("Polygon", "MultiPolygon")])


def fetch_ways(caller: Caller, area: Any, rules: str) -> None:
    """Download the ways of `area` and their nodes into the caller's folder.

    With the rules ``osmnx`` those of OSMnx's walk filter; with ``hongtu`` all streets but those
    that `fetch_areas` brings, ferries, and lines of water.
    """
    filters = None if rules == "osmnx" else WAY_FILTERS

    def ask(ox: Any) -> None:
        ox.settings.cache_only_mode = True
        ox.graph_from_polygon(_asked(ox, area, 100), network_type="walk", custom_filter=filters)

    _download(caller, ask)


def fetch_areas(caller: Caller, area: Any) -> None:
    """Download footways, squares and water of `area`, ways and multipolygons alike."""

    def ask(ox: Any) -> None:
        ox.settings.cache_only_mode = True
        ox.features_from_polygon(_asked(ox, area, 600), AREA_TAGS)

    _download(caller, ask)


def _asked(ox: Any, area: Any, metres: float) -> Any:
    """Return `area` grown, with few vertices: a border of a city has thousands, and OSMnx writes
    them into a query up to eighteen times."""
    import shapely

    west, south, east, north = area.bounds
    plane = metric_crs((west + east) / 2, (south + north) / 2)
    projected, crs = ox.projection.project_geometry(area, to_crs=plane)
    grown = shapely.simplify(projected.buffer(metres), 50.0)
    return ox.projection.project_geometry(grown, crs=crs, to_latlong=True)[0]


def _download(caller: Caller, ask: Callable[[Any], None]) -> None:
    """Let OSMnx fill its cache, which ends with an InterruptedError of its own."""
    url = caller.endpoints.overpass
    try:
        caller.call(url, ask)
    except InterruptedError:
        return
    except ValueError as fault:  # OSMnx: no JSON, or not what it should be
        raise FetchError("service_odd", host=host_of(url), detail=type(fault).__name__) from fault


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,6}", text.strip()) else None


def _remark(body: bytes) -> str:
    """Return what Overpass remarks after the elements: that it gave up half-way, mostly."""
    found = re.search(rb'"remark"\s*:\s*("(?:[^"\\]|\\.)*")\s*\}\s*$', body[-4096:])
    return _short(json.loads(found[1])) if found else ""


def _what_it_says(body: bytes) -> str:
    """Return the error or the title of an HTML page."""
    text = body[:20_000].decode("utf-8", "replace")
    found = re.search(r"Error</strong>:\s*(.*?)</p>", text, re.DOTALL) or re.search(
        r"<title>(.*?)</title>", text, re.DOTALL | re.IGNORECASE
    )
    return _short(html.unescape(re.sub(r"<[^>]+>", "", found[1]))) if found else ""


def _short(text: str) -> str:
    """Return `text` on one line, without what a terminal would act upon."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 160 else f"{line[:159]}…"
