"""Fetching through the real OSMnx, from a server that evaluates its queries over a real extract.

Tolerances: none for what the same rules read from the same file — the arrays are equal; 0.1 % of
length and 0.05 min of time against the graph that OSMnx itself makes, which measures great circles.
"""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from drawn_network import degrees
from drawn_osm import OsmFile
from nobody import nobody
from overpass_server import OSM_BASE, Extract, Overpass, Query, QueryError, passes, serving

from geo.errors import FetchError, RequestError
from geo.network import WalkNetwork, from_osmnx
from geo.network.build import network_digest
from geo.osm import Overrides, read_osm
from geo.osm import calls as calling
from geo.osm import fetch as fetching
from geo.osm.clip import Clip
from geo.osm.endpoints import Endpoints, choose_endpoints, free_slot_in, host_of, probe
from geo.osm.estimate import MOST_KM2, USUAL_KM2, check_size, estimate
from geo.osm.fetch import Fetching, fetch_network
from geo.pace import edge_seconds, profile_named
from geo.search import Seeds, graph_towards, search_each

BOX = (24.939, 60.166, 24.950, 60.176)
SMALL = (24.941, 60.1675, 24.947, 60.1715)
KAMPPI = shapely.Polygon([(24.939, 60.166), (24.950, 60.167), (24.948, 60.175), (24.940, 60.173)])


TOWN = shapely.Polygon(degrees([(-300, -300), (300, -300), (300, 300), (-300, 300)]))


@pytest.fixture(scope="module")
def extract(helsinki_pbf: Path) -> Extract:
    return Extract(helsinki_pbf)


@pytest.fixture(scope="module")
def small_extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    """Two streets that cross, a footway, a square as a relation, a pond."""
    osm = OsmFile(tmp_path_factory.mktemp("town"))
    osm.nodes(a=(-200, 0), b=(0, 0), c=(200, 0), d=(0, 200), e=(0, -200), f=(200, 200))
    osm.nodes(g=(50, -50), h=(90, -50), i=(90, -90), k=(-90, 90), l=(-50, 90), m=(-50, 50))
    osm.way(1, "abc", {"highway": "residential"}).way(2, "dbe", {"highway": "primary"})
    osm.way(3, "cf").way(4, "ghig", {}).way(5, "klmk", {"natural": "water"})
    osm.relation(7, [(4, "outer")], {"highway": "pedestrian"})
    return Extract(osm.write())


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(calling, "_WAIT_SECONDS", (0.0, 0.0))
    # OSMnx sleeps a second before each question to Nominatim, as its policy asks; ours is alone.
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def city(extract: Extract, settled: None) -> Iterator[Overpass]:
    """Return a server over central Helsinki."""
    with serving(extract, {"Kamppi": KAMPPI}) as running:
        yield running


@pytest.fixture
def server(small_extract: Extract, settled: None) -> Iterator[Overpass]:
    """Return a server over a drawn town."""
    places = {"Town": TOWN, "Fountain": shapely.Point(120.0, 32.0)}
    with serving(small_extract, places) as running:
        yield running


def asked(server: Overpass, where: Any = None, **how: Any) -> Fetching:
    ends = Endpoints(server.overpass, server.nominatim)
    kind = "place" if isinstance(where, str) else "bbox"
    return Fetching(where or Clip(TOWN.bounds), kind, endpoints=ends, **how)


def refused(server: Overpass, where: Any = None, **how: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch_network(asked(server, where, **how))
    for lang in ("zh", "en"):
        assert "{" not in caught.value.sentence(lang)
    return caught.value


# --- the same network ------------------------------------------------------------------------


@pytest.mark.parametrize("where", [Clip(BOX), Clip(KAMPPI.bounds, KAMPPI)], ids=["box", "area"])
@pytest.mark.parametrize("rules", ["osmnx", "hongtu"])
def test_fetched_is_what_the_file_holds(city, helsinki_pbf, where, rules):
    network = fetch_network(asked(city, where, walk_rules=rules))
    read = read_osm(helsinki_pbf, clip=where, walk_rules=rules)
    assert network.n_nodes > 500
    dry = [replace(n, water_wkb=(), barrier_wkb=()) for n in (network, read)]
    assert network_digest(dry[0]) == network_digest(dry[1])  # junctions, edges, lengths, names


def test_water_comes_along(city, helsinki_pbf):
    """Overpass gives whole multipolygons, an extract cuts them: inside both are the same."""
    network = fetch_network(asked(city, Clip(BOX)))
    read = read_osm(helsinki_pbf, clip=Clip(BOX))
    inside = [
        shapely.intersection(shapely.union_all(n.water), shapely.box(*BOX)) for n in (network, read)
    ]
    assert inside[0].area > 0
    assert shapely.symmetric_difference(*inside).area < 1e-4 * inside[1].area
    assert "no_water" not in network.meta.flags


def test_osmnx_rules_know_no_water(server):
    network = fetch_network(asked(server, walk_rules="osmnx"))
    assert "no_water" in network.meta.flags
    assert len(server.queries()) == 1
    from osmnx import _overpass

    assert _overpass._get_network_filter("walk") in server.queries()[0]


def test_minutes_and_length_of_osmnx_s_own_graph(city, tmp_path):
    """OSMnx asks the same server, makes its own graph, cuts it at the same area.

    It keeps every street between neighbours of the inside; we, what has an end inside.
    """
    ours = fetch_network(asked(city, Clip(SMALL), walk_rules="osmnx"))
    caller = calling.Caller(Endpoints(city.overpass, city.nominatim), tmp_path)
    with caller._osmnx() as ox:
        graph = ox.graph_from_polygon(
            shapely.box(*SMALL), network_type="walk", retain_all=True, simplify=False,
            truncate_by_edge=True,
        )  # fmt: skip
    inner = {n for n, d in graph.nodes(data=True) if shapely.box(*SMALL).covers(
        shapely.Point(d["x"], d["y"]))}  # fmt: skip
    graph.remove_edges_from([e for e in graph.edges if not inner & set(e[:2])])
    theirs = from_osmnx(graph, name="osmnx", source="osmnx")
    assert theirs.edge_length_m.sum() == pytest.approx(ours.edge_length_m.sum(), rel=1e-3)
    assert sum(d["length"] for *_, d in graph.edges(data=True)) / 2 == pytest.approx(
        ours.edge_length_m.sum(), rel=5e-3
    )
    common = sorted(set(ours.node_osmid.tolist()) & set(theirs.node_osmid.tolist()))
    assert len(common) == ours.n_nodes
    joined = ours.node_osmid[ours.component == 0]
    chosen = np.random.default_rng(4).choice(joined, 30, replace=False)
    gap = np.abs(minutes(ours, chosen) - minutes(theirs, chosen))
    assert np.isfinite(gap).all()
    assert gap.max() < 0.05


def minutes(network: WalkNetwork, osmids: Any) -> Any:
    """Minutes at shuang15 between all pairs of junctions, NaN where there is no way."""
    where = {osmid: i for i, osmid in enumerate(network.node_osmid.tolist())}
    nodes = np.array([where[i] for i in osmids.tolist()], dtype=np.int32)
    graph = graph_towards(network, *edge_seconds(network, profile_named("shuang15")))
    reach = search_each(
        graph, Seeds(np.arange(nodes.size + 1), nodes, np.zeros(nodes.size)), 3600.0
    )
    table = np.full((nodes.size, network.n_nodes), np.nan)
    for i in range(nodes.size):
        found, cost = reach.of(i)
        table[i, found] = cost / 60
    return table[:, nodes]


def test_a_place(server):
    network = fetch_network(asked(server, "Town"))
    again = fetch_network(asked(server, Clip(TOWN.bounds, TOWN)))
    assert network.meta.digest == again.meta.digest
    meta = network.meta
    assert meta.name == "Town"
    assert meta.source == f"Overpass {host_of(server.url)}, place Town"
    assert meta.osm_date == OSM_BASE[:10]
    assert dict(meta.notes)["osm_base"] == OSM_BASE
    assert "OpenStreetMap" in meta.attribution


def test_overrides_hold_for_what_is_fetched(server):
    whole = fetch_network(asked(server))
    way = int(whole.edge_way[0])
    fewer = fetch_network(asked(server), overrides=Overrides(forbidden=frozenset({way})))
    assert way in whole.edge_way
    assert way not in fewer.edge_way


# --- what OSMnx is told, and what is left of it ----------------------------------------------


def test_osmnx_is_left_as_it_was(server):
    import osmnx as ox

    before = {k: v for k, v in vars(ox.settings).items() if not k.startswith("_")}
    resolver = socket.getaddrinfo
    fetch_network(asked(server, walk_rules="osmnx"))
    server.faults = ["html"]
    refused(server, walk_rules="osmnx")
    assert {k: v for k, v in vars(ox.settings).items() if not k.startswith("_")} == before
    assert socket.getaddrinfo is resolver
    assert ox.settings.doh_url_template is not None  # OSMnx's own; during a call it is None


def test_names_are_not_looked_up_abroad(server, monkeypatch):
    import osmnx as ox

    seen = []
    real = ox.graph_from_polygon
    monkeypatch.setattr(
        ox, "graph_from_polygon",
        lambda *a, **k: (seen.append(ox.settings.doh_url_template), real(*a, **k)),
    )  # fmt: skip
    fetch_network(asked(server, walk_rules="osmnx"))
    assert seen == [None]


def test_a_query_stays_short_whatever_the_border(server):
    """A border of 5,000 vertices, written eighteen times, would be a megabyte."""
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    ring = np.column_stack([120 + 0.002 * np.cos(angle), 32 + 0.002 * np.sin(angle)])
    area = shapely.Polygon(ring)
    fetch_network(asked(server, Clip(area.bounds, area)))
    assert max(len(query) for query in server.queries()) < 60_000


def test_progress_and_estimate(server):
    told: list[tuple[str, float, float]] = []
    expected: list[Any] = []
    fetch_network(asked(server, "Town"), on_estimate=expected.append,
                  on_progress=lambda *step: told.append(step))  # fmt: skip
    stages = [stage for stage, _ in itertools.groupby(stage for stage, _, _ in told)]
    assert stages == ["place", "ways", "areas", "read"]
    assert all(0 <= done <= total for _, done, total in told)
    received = sum(max(d for s, d, _ in told if s == stage) for stage in ("ways", "areas"))
    assert received > 1000
    assert expected[0].megabytes > 1
    assert expected[0].seconds > 10


# --- the cache -------------------------------------------------------------------------------


def test_the_cache_answers_without_any_network(server, tmp_path):
    first = fetch_network(asked(server, "Town", cache=tmp_path))
    count = len(server.asked)
    assert sorted(p.name.split("-")[0] for p in tmp_path.iterdir()) == ["areas", "place", "ways"]
    server.faults = ["hang"] * 9
    again = fetch_network(asked(server, "Town", cache=tmp_path))
    assert len(server.asked) == count
    assert again.meta == first.meta


def test_a_bad_answer_is_not_kept(server, tmp_path):
    server.faults = ["remark"]
    refused(server, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []
    fetch_network(asked(server, cache=tmp_path))


def test_what_was_whole_is_kept_when_the_rest_fails(server, tmp_path):
    """The ways came; of the areas the answer was a page. Tried again, only these are asked for."""
    server.faults = []
    real = fetching.fetch_areas
    try:
        fetching.fetch_areas = lambda *_: server.faults.append("html") or real(*_)
        assert refused(server, cache=tmp_path).code == "service_page"
    finally:
        fetching.fetch_areas = real
    ways = len(server.queries())
    fetch_network(asked(server, cache=tmp_path))
    assert len(server.queries()) == ways + 1


def test_a_cache_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    network = fetch_network(asked(server, walk_rules="osmnx", cache=tmp_path / "file" / "cache"))
    assert network.n_nodes


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("html", "service_page"),
        ("remark", "service_gave_up"),
        ("cut", "service_broke_off"),
        ("broken", "service_odd"),
        (400, "service_error"),
        (500, "service_error"),
    ],
)
def test_answers_that_are_none(server, tmp_path, fault, code):
    server.faults = [fault]
    assert refused(server, walk_rules="osmnx", cache=tmp_path).code == code
    assert not list(tmp_path.glob("*/*.osm*"))


@pytest.mark.parametrize("fault", [429, 504, "busy_remark"])
def test_a_busy_service_is_asked_again(server, fault):
    server.faults = [fault, fault]
    waits: list[float] = []
    network = fetch_network(
        asked(server, walk_rules="osmnx"),
        on_progress=lambda stage, _, total: waits.append(total) if stage == "wait" else None,
    )
    assert network.n_nodes == 6
    assert len(server.queries()) == 3


def test_a_service_that_stays_busy(server):
    server.faults = [429] * 9
    found = refused(server, walk_rules="osmnx")
    assert (found.code, found.params["status"]) == ("service_busy", 429)
    assert len(server.queries()) == 3


def test_the_service_says_how_long_to_wait(server):
    server.faults, server.retry_after = [429], "1"
    waits: list[float] = []
    fetch_network(
        asked(server, walk_rules="osmnx"),
        on_progress=lambda stage, _, total: waits.append(total) if stage == "wait" else None,
    )
    assert waits
    assert 0 < waits[0] <= 1  # a second, less what went by


@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_a_slow_server(server, fault, monkeypatch):
    """One says nothing, one a space every 50 ms for ever: neither holds us."""
    monkeypatch.setattr(calling, "_PATIENCE", 1)
    server.faults = [fault]
    assert refused(server, walk_rules="osmnx", timeout=1).code == "service_silent"


def test_an_endless_answer(server, monkeypatch):
    monkeypatch.setattr(calling, "MOST_BYTES", 100)
    assert refused(server, walk_rules="osmnx").code == "service_endless"


def test_a_service_with_no_slot_for_us(server):
    server.slots = "Slot available after: 2026-11-22T09:00:00Z, in 3600 seconds."
    assert refused(server).code == "service_full"
    assert server.queries() == []


def test_nobody_there():
    for where in (Clip(BOX), "Town"):
        with nobody() as url, pytest.raises(FetchError) as caught:
            fetch_network(Fetching(where, "bbox", endpoints=Endpoints(f"{url}/api", url)))
        assert caught.value.code == "service_refuses"
        assert url.removeprefix("http://") in str(caught.value)
        assert "network import" in str(caught.value)


def test_a_host_that_no_one_knows():
    with pytest.raises(FetchError) as caught:
        probe("http://hongtu.invalid/api")  # RFC 2606: never resolves
    assert caught.value.code in ("service_no_name", "service_silent", "service_broke_off")


def test_a_host_that_never_answers():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(FetchError) as caught:
            probe(f"http://127.0.0.1:{deaf.getsockname()[1]}", seconds=0.3)
    assert caught.value.code == "service_silent"


def test_places_that_are_none(server):
    assert refused(server, "Atlantis").code == "place_unknown"
    assert refused(server, "Fountain").code == "place_point"
    server.faults = ["html"]
    assert refused(server, "Town").code == "service_page"
    server.faults = ["broken"]
    assert refused(server, "Town").code in ("service_odd", "place_unknown")
    assert server.queries() == []


def test_nothing_to_walk_on(server):
    assert refused(server, Clip((25.2, 60.0, 25.21, 60.01))).code == "fetch_empty"


def test_too_large_is_refused_before_anything_is_asked(server):
    nanjing = Clip((118.36, 31.23, 119.23, 32.60))
    assert refused(server, nanjing, large=True).code == "fetch_too_large"
    district = Clip((118.7, 32.0, 118.9, 32.1))
    found = refused(server, district)
    assert found.code == "fetch_large"
    assert "--yes-large" in str(found)
    assert server.asked == []


def test_rules_that_are_none(server):
    with pytest.raises(RequestError):
        fetch_network(asked(server, walk_rules="mine"))


# --- estimate, addresses, status -------------------------------------------------------------


def test_the_estimate_follows_the_area():
    """1 km² at 60° N, grown by 600 m: 1 + 4 · 0.6 + π · 0.36 km²."""
    side = 0.5 / 111.412, 0.5 / (111.32 * np.cos(np.radians(60)) * 1.0025)
    square = shapely.box(25 - side[1], 60 - side[0], 25 + side[1], 60 + side[0])
    found = estimate(square)
    assert found.km2 == pytest.approx(1 + 2.4 + np.pi * 0.36, rel=0.01)
    assert found.megabytes / found.km2 == pytest.approx(1.2)
    assert found.seconds == pytest.approx(10 + found.megabytes)


def test_limits():
    small, usual, most = (replace(estimate(shapely.box(0, 0, 0.01, 0.01)), km2=km2) for km2 in
                          (1.0, USUAL_KM2 + 1, MOST_KM2 + 1))  # fmt: skip
    check_size(small, large=False)
    check_size(usual, large=True)
    for found, large in ((usual, False), (most, True)):
        with pytest.raises(FetchError):
            check_size(found, large=large)


def test_addresses():
    ends = choose_endpoints(environ={})
    assert ends == Endpoints()
    env = {"HONGTU_OVERPASS": "http://a/api/interpreter", "HONGTU_NOMINATIM": "https://b:8/search/"}
    assert choose_endpoints(environ=env) == Endpoints("http://a/api", "https://b:8")
    assert choose_endpoints("https://c/api/", environ=env).overpass == "https://c/api"
    assert host_of("https://me:secret@c:99/api") == "c:99"


@pytest.mark.parametrize(
    "text", ["ftp://a/api", "overpass", "http://", "http://a b/", "http://a:x/"]
)
def test_addresses_that_are_none(text):
    with pytest.raises(RequestError) as caught:
        choose_endpoints(text, environ={})
    assert caught.value.exit_code == 2


def test_slots():
    assert free_slot_in("Rate limit: 2\n2 slots available now.\n") == 0
    late = "Slot available after: 2026-11-22T09:00:00Z, in {} seconds.\n"
    assert free_slot_in(f"Rate limit: 2\n{late.format(45)}{late.format(12)}") == 12
    assert free_slot_in("<html>no such page</html>") == 0


# --- the server itself -----------------------------------------------------------------------


def test_the_server_evaluates(extract):
    around = "60.16 24.93 60.18 24.93 60.18 24.96 60.16 24.96"
    ways = Query(extract, f'[out:json];(way["highway"="steps"](poly:"{around}");>;);out;').run()
    steps = {i for (kind, i), tags in extract.tags.items() if tags.get("highway") == "steps" and
             kind == "way" and len(extract.refs[i]) > 1}  # fmt: skip
    assert {i for kind, i in ways if kind == "way"} == steps
    assert {i for kind, i in ways if kind == "node"} == {r for w in steps for r in extract.refs[w]}
    for text in ("[out:json];way[highway];out;", "[out:xml];out;", "[out:json];(way"):
        with pytest.raises(QueryError):
            Query(extract, text).run()


def test_the_server_s_filters():
    tags = {"highway": "footway", "name": "Katu"}
    assert passes(tags, "", "highway", None, None)
    assert passes(tags, "!", "foot", None, None)
    assert passes(tags, "", "highway", "~", "foot|path")
    assert passes(tags, "", "foot", "!~", "no")
    assert not passes(tags, "", "highway", "!~", "way")
    assert not passes(tags, "", "highway", "=", "foot")
    assert passes(tags, "", "foot", "!=", "no")


def test_the_server_refuses_what_it_does_not_know(server):
    import requests

    answer = requests.post(f"{server.overpass}/interpreter", data={"data": "[out:json];foo;out;"},
                           timeout=5)  # fmt: skip
    assert answer.status_code == 400
    assert "parse error" in answer.text
    assert json.loads(server.answer("[out:json];out;"))["elements"] == []
