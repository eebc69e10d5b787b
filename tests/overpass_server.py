"""An Overpass and Nominatim server on loopback that evaluates queries over a real OSM file.

Nothing is replayed: the query is parsed, its tag filters and its polygon are applied to every
object of the file, and `>` brings members and nodes, as in the language's own description
(wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL). It knows what OSMnx writes and no more, and
answers 400 with Overpass's own page to the rest.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import shapely

Key = tuple[str, int]
OSM_BASE = "2026-11-20T21:05:07Z"
ERROR_PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<html><head><title>OSM3S Response</title></head>'
    "<body><p>The data included in this document is from www.openstreetmap.org.</p>\n"
    '<p><strong style="color:#FF0000">Error</strong>: {text} </p></body></html>\n'
)
RATE_LIMITED = (
    "runtime error: open64: 0 Success /osm3s_osm_base "
    "Dispatcher_Client::request_read_and_idx::rate_limited"
)
STATUS = (
    "Connected as: 2130706433\nCurrent time: 2026-11-22T08:00:00Z\nAnnounced endpoint: none\n"
    "Rate limit: 2\n{slots}\nCurrently running queries (pid, space limit, time limit, "
    "start time):\n"
)


class QueryError(ValueError):
    """The query is not one that this server understands."""


class Extract:
    """The objects of an OSM file; nodes that the file lacks are dropped from its ways."""

    def __init__(self, path: Path) -> None:
        import osmium

        self.tags: dict[Key, dict[str, str]] = {}
        self.place: dict[int, tuple[float, float]] = {}
        self.refs: dict[int, list[int]] = {}
        self.members: dict[int, list[tuple[str, int, str]]] = {}
        self._within: dict[str, set[Key]] = {}
        self.answered: dict[str, str] = {}
        for item in osmium.FileProcessor(str(path)).with_locations():
            if item.is_node():
                self.place[item.id] = (item.lon, item.lat)
                self.tags["node", item.id] = dict(item.tags)
            elif item.is_way():
                self.refs[item.id] = [n.ref for n in item.nodes if n.location.valid()]
                self.tags["way", item.id] = dict(item.tags)
            elif item.is_relation():
                kinds = {"n": "node", "w": "way", "r": "relation"}
                self.members[item.id] = [(kinds[m.type], m.ref, m.role) for m in item.members]
                self.tags["relation", item.id] = dict(item.tags)
        self._nodes = np.fromiter(self.place, dtype=np.int64)
        self._places = np.array(list(self.place.values())).T
        self._ways = np.array([way for way, refs in self.refs.items() if len(refs) > 1])
        lines = [[self.place[ref] for ref in self.refs[way]] for way in self._ways.tolist()]
        self._lines = np.array([shapely.linestrings(line) for line in lines])

    def within(self, text: str) -> set[Key]:
        """Return what the `poly` filter lets pass: nodes inside, ways and relations that touch."""
        if text not in self._within:
            self._within[text] = self._touching(text)
        return self._within[text]

    def _touching(self, text: str) -> set[Key]:
        lat, lon = np.array(text.split(), dtype=float).reshape(-1, 2).T
        polygon = shapely.polygons(np.column_stack([lon, lat]))
        shapely.prepare(polygon)
        nodes = self._nodes[shapely.contains_xy(polygon, *self._places)].tolist()
        ways = self._ways[shapely.intersects(polygon, self._lines)].tolist()
        found = {("node", i) for i in nodes} | {("way", i) for i in ways}
        return found | {
            ("relation", i)
            for i, members in self.members.items()
            if any((kind, ref) in found for kind, ref, _ in members)
        }

    def below(self, keys: set[Key]) -> set[Key]:
        """Return what `>` brings: members of relations that are there, and nodes of ways."""
        members = {
            (kind, ref)
            for what, i in keys
            if what == "relation"
            for kind, ref, _ in self.members[i]
            if kind != "relation" and (kind, ref) in self.tags
        }
        ways = {i for what, i in keys | members if what == "way"}
        return members | {("node", ref) for way in ways for ref in self.refs[way]}

    def element(self, key: Key) -> dict[str, Any]:
        """Return one object as Overpass writes it."""
        kind, number = key
        made: dict[str, Any] = {"type": kind, "id": number}
        if kind == "node":
            made["lat"], made["lon"] = self.place[number][1], self.place[number][0]
        elif kind == "way":
            made["nodes"] = self.refs[number]
        else:
            made["members"] = [
                {"type": what, "ref": ref, "role": role} for what, ref, role in self.members[number]
            ]
        return {**made, "tags": self.tags[key]} if self.tags[key] else made


_HEAD = re.compile(r"^(?:\[(?:out:json|timeout:\d+|maxsize:\d+)\])+;")
_TEXT = r"""(?:"([^"]*)"|'([^']*)')"""
_QUERY = re.compile(r"(node|way|relation|nwr)((?:\[[^\]]*\])*)" + rf"\(poly:{_TEXT}\)")
_FILTER = re.compile(rf"\[(!?){_TEXT}(?:(=|!=|~|!~){_TEXT})?\]")


class Query:
    """One run of a query: recursive descent, with the default set `_`."""

    def __init__(self, extract: Extract, text: str) -> None:
        head = _HEAD.match(text)
        if not head:
            raise QueryError(f"line 1: parse error: Unknown type {text[:20]!r}")
        self.extract, self.text, self.at = extract, text, head.end()
        self.default: set[Key] = set()

    def run(self) -> set[Key]:
        """Return what `out` prints."""
        while not self._take("out;"):
            self.default = self._statement()
        if self.at != len(self.text):
            raise QueryError("line 1: parse error: text after out")
        return self.default

    def _take(self, word: str) -> bool:
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def _statement(self) -> set[Key]:
        """Return the result of the next statement; it has become the default set."""
        if self._take("._;"):
            return self.default
        if self._take(">;"):
            self.default = self.extract.below(self.default)
            return self.default
        if self._take("("):
            union: set[Key] = set()
            while not self._take(");"):
                union |= self._statement()
            self.default = union
            return union
        found = _QUERY.match(self.text, self.at)
        if not found or self.text[found.end() : found.end() + 1] != ";":
            raise QueryError(f"line 1: parse error: near {self.text[self.at : self.at + 40]!r}")
        self.at = found.end() + 1
        self.default = self._select(found[1], found[2], found[3] or found[4])
        return self.default

    def _select(self, kind: str, filters: str, polygon: str) -> set[Key]:
        tests, end = [], 0
        for one in _FILTER.finditer(filters):
            if one.start() != end:
                raise QueryError(f"line 1: parse error: filter {filters[end:]!r}")
            end = one.end()
            tests.append((one[1], one[2] or one[3], one[4], one[5] or one[6]))
        if end != len(filters):
            raise QueryError(f"line 1: parse error: filter {filters[end:]!r}")
        near = self.extract.within(polygon)
        return {
            key
            for key in near
            if kind in (key[0], "nwr") and all(passes(self.extract.tags[key], *t) for t in tests)
        }


def passes(tags: dict[str, str], absent: str, key: str, how: str | None, value: str | None) -> bool:
    """Judge one filter; regular expressions are not anchored."""
    if absent or how is None:
        return (key in tags) != bool(absent)
    assert value is not None
    said = tags.get(key)
    if how == "=":
        return said == value
    if how == "!=":
        return said != value
    matched = said is not None and re.search(value, said) is not None
    return matched == (how == "~")


@dataclass
class Overpass:
    """The state of a running server: what it knows, how it misbehaves, what it was asked.

    Attributes
    ----------
    places
        Name → shapely geometry, for Nominatim's search.
    faults
        What to do instead of answering the next questions, first come first served: a status
        (429, 504 …), or ``html``, ``hang``, ``trickle``, ``cut``, ``remark``, ``busy_remark``,
        ``broken``. Status pages are never at fault.
    asked
        Every path asked for, with the query of a POST.
    """

    extract: Extract
    places: dict[str, Any] = field(default_factory=dict)
    faults: list[Any] = field(default_factory=list)
    slots: str = "2 slots available now."
    retry_after: str | None = "0"
    asked: list[tuple[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def overpass(self) -> str:
        return f"{self.url}/api"

    @property
    def nominatim(self) -> str:
        return self.url

    def queries(self) -> list[str]:
        """Return the Overpass queries asked so far."""
        return [text for path, text in self.asked if path == "/api/interpreter"]

    def answer(self, text: str) -> str:
        """Return what Overpass would, in its layout; the same question is evaluated once."""
        if text not in self.extract.answered:
            self.extract.answered[text] = self._evaluated(text)
        return self.extract.answered[text]

    def _evaluated(self, text: str) -> str:
        keys = Query(self.extract, text).run()
        order = {"node": 0, "way": 1, "relation": 2}
        ordered = sorted(keys, key=lambda key: (order[key[0]], key[1]))
        head = {
            "version": 0.6,
            "generator": "Overpass API on loopback",
            "osm3s": {"timestamp_osm_base": OSM_BASE, "copyright": "ODbL"},
        }
        elements = (json.dumps(self.extract.element(key), indent=2) for key in ordered)
        body = ",\n".join(elements)
        return f'{json.dumps(head, indent=2)[:-2]},\n  "elements": [\n\n{body}\n\n  ]\n}}\n'

    def search(self, name: str) -> list[dict[str, Any]]:
        """Return what Nominatim would: nothing, or one place."""
        shape = self.places.get(name)
        if shape is None:
            return []
        west, south, east, north = shape.bounds
        return [
            {
                "place_id": 1, "osm_type": "relation", "osm_id": 1, "importance": 0.5,
                "lat": str(shape.centroid.y), "lon": str(shape.centroid.x), "class": "boundary",
                "type": "administrative", "display_name": f"{name}, Suomi",
                "boundingbox": [str(south), str(north), str(west), str(east)],
                "geojson": json.loads(shapely.to_geojson(shape)),
            }
        ]  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """HTTP, and the misbehaviour."""

    served: Overpass
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.served.asked.append((parts.path, parts.query))
        if parts.path == "/api/status":
            self._send(200, STATUS.format(slots=self.served.slots), "text/plain")
        elif parts.path == "/status":
            self._send(200, "OK", "text/plain")
        elif parts.path != "/search":
            self._send(404, "<html><title>404 Not Found</title></html>", "text/html")
        elif not self._misbehaves():
            name = parse_qs(parts.query)["q"][0]
            self._json(self.served.search(name))

    def do_POST(self) -> None:
        text = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        self.served.asked.append((self.path, text))
        if self._misbehaves():
            return
        try:
            self._stream(self.served.answer(text))
        except QueryError as fault:
            self._send(400, ERROR_PAGE.format(text=fault), "text/html")

    def _stream(self, body: str) -> None:
        """Answer as Overpass does: compressed, in chunks, of no length told beforehand."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        packed = gzip.compress(body.encode(), 1)
        for at in range(0, len(packed), 50_000):
            chunk = packed[at : at + 50_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _json(self, body: Any) -> None:
        self._send(200, json.dumps(body), "application/json")

    def _send(self, status: int, body: str, kind: str, **headers: str) -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def _misbehaves(self) -> bool:
        if not self.served.faults:
            return False
        fault = self.served.faults.pop(0)
        if isinstance(fault, int):
            after = self.served.retry_after
            more = {} if after is None else {"Retry_After": after}
            self._send(fault, ERROR_PAGE.format(text=RATE_LIMITED), "text/html", **more)
            return True
        _FAULTS[fault](self)
        return True

    def _hang(self) -> None:
        self.served.released.wait(30)
        self.close_connection = True

    def _trickle(self) -> None:
        """Begin an answer that never ends."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.served.released.wait(0.05):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                break
        self.close_connection = True

    def _cut(self) -> None:
        """Stop in the middle of an answer."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"elements": [')
        self.close_connection = True

    def _remark(self, text: str = "") -> None:
        told = text or 'runtime error: Query timed out in "query" at line 1 after 25 seconds.'
        self._json({"version": 0.6, "osm3s": {"timestamp_osm_base": OSM_BASE}, "elements": [],
                    "remark": told})  # fmt: skip


_FAULTS: dict[str, Callable[[Handler], None]] = {
    "html": lambda h: h._send(
        200, "<html><head><title>Please log in</title></head><body>Wi-Fi</body></html>", "text/html"
    ),
    "hang": Handler._hang,
    "trickle": Handler._trickle,
    "cut": Handler._cut,
    "remark": Handler._remark,
    "busy_remark": lambda h: h._remark(
        "runtime error: open64: 0 Success /osm3s_osm_base "
        "Dispatcher_Client::request_read_and_idx::timeout. The server is probably too busy."
    ),
    "broken": lambda h: h._json(
        {"osm3s": {}, "elements": [{"type": "node", "id": 1}, {"type": "way", "id": "x"}]}
    ),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


@contextmanager
def serving(extract: Extract, places: dict[str, Any] | None = None) -> Iterator[Overpass]:
    """Run a server over `extract` on a free port of loopback."""
    served = Overpass(extract, dict(places or {}))
    handler = type("Served", (Handler,), {"served": served})
    server = _Server(("127.0.0.1", 0), handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
        time.sleep(0)
