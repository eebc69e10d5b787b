"""The schematic network: the same everywhere, like the city, and honest about what it is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely

from geo.errors import MissingFileError, NetworkError
from geo.network import EdgeFlag, WalkNetwork
from geo.pace import allowed_edges, profile_named
from geo.schematic import cache as caching
from geo.schematic import cache_folder, schematic_network
from geo.schematic.avenues import lay_avenues
from geo.schematic.blocks import find_blocks
from geo.schematic.build import build
from geo.schematic.facts import FILES, FOLDER, facts_digest, read_facts
from geo.schematic.plane import to_degrees, to_plane


def _benchmark() -> ModuleType:
    """Return the comparison with the real roads, which is a script and not installed."""
    path = Path(__file__).parents[1] / "benchmarks" / "schematic_vs_real.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = _benchmark()
YUEJIANG_TOWER, PUKOU_STATION = (118.74279, 32.096523), (118.713541, 32.096248)


@pytest.fixture(scope="module")
def network() -> WalkNetwork:
    return build(read_facts(), facts_digest())


@pytest.fixture(scope="module")
def lines(network: WalkNetwork) -> np.ndarray:
    """Edges as lines on the plane."""
    return np.asarray(shapely.transform(network.edges.geometry.to_numpy(), to_plane))


def test_says_what_it_is(network: WalkNetwork) -> None:
    assert network.meta.flags == ("schematic",)
    assert network.meta.source == "data/network"
    assert "示意" in network.meta.name
    assert "schematic" in network.meta.name
    assert "OpenStreetMap contributors" in network.meta.attribution
    assert "ODbL" in network.meta.attribution


def test_large_enough_for_a_city(network: WalkNetwork) -> None:
    assert network.n_nodes >= 10_000
    named = network.edges[network.edges.name.notna() & ~network.edges.ferry]
    assert named.name.nunique() >= 80
    for street in (
        "中山路",
        "中山北路",
        "中央路",
        "热河路",
        "雨花东路",
        "南京长江大桥",
        "大桥北路",
    ):
        assert street in set(named.name)
    west, south, east, north = network.meta.bbox
    assert west < 118.70
    assert east > 118.86
    assert south < 31.99
    assert north > 32.13


def test_drawn_streets_carry_no_name(network: WalkNetwork) -> None:
    edges = network.edges
    local = edges[edges.highway.isin(["residential", "living_street", "steps"])]
    assert len(local) > 10_000
    assert local.name.isna().all()
    assert {"primary", "secondary", "footway"} <= set(edges.highway)
    assert edges.name_en[edges.name.notna()].notna().all()


def test_one_connected_town(network: WalkNetwork) -> None:
    walked = ~network.has(EdgeFlag.FERRY)
    main = network.component[network.edge_u] == 0
    length = np.asarray(network.edge_length_m)
    assert length[walked & main].sum() > 0.98 * length[walked].sum()
    assert length.min() > 0.5


def test_detours_like_the_city(network: WalkNetwork) -> None:
    ratio = bench.detours(network, np.random.default_rng(1), count=300)
    middle, high = np.percentile(ratio, [50, 90])
    assert 1.2 <= middle <= 1.4
    assert high <= 1.7


def test_no_street_in_the_water_but_bridges(network: WalkNetwork, lines: np.ndarray) -> None:
    dry = ~network.has(EdgeFlag.BRIDGE | EdgeFlag.FERRY)
    water = shapely.union_all(list(read_facts().water))
    assert shapely.length(shapely.intersection(lines[dry], water)).max() < 1.0
    bridges = network.has(EdgeFlag.OVER_WATER)
    assert shapely.intersects(lines[bridges], water).all()
    assert bridges.sum() > 15


def test_the_wall_is_passed_at_gates_only(network: WalkNetwork, lines: np.ndarray) -> None:
    wall = shapely.transform(network.barriers.to_numpy(), to_plane)
    assert shapely.length(wall).sum() > 15_000
    assert not shapely.intersects(lines, shapely.union_all(wall)).any()


def test_streets_that_cross_meet(network: WalkNetwork, lines: np.ndarray) -> None:
    ground = lines[~network.has(EdgeFlag.BRIDGE | EdgeFlag.FERRY)]
    one, other = shapely.STRtree(ground).query(ground, predicate="crosses")
    assert (one < other).sum() <= 3


def test_ferry_is_there_and_not_for_walkers(network: WalkNetwork) -> None:
    ferry = network.edges[network.edges.ferry]
    assert len(ferry) == 1
    assert "中山码头" in ferry.name.iloc[0]
    assert 900 < ferry.length_m.iloc[0] < 1600
    allowed = allowed_edges(network, profile_named("shuang15"))
    assert not allowed[network.has(EdgeFlag.FERRY)].any()
    # Both piers can be walked to.
    ends = [*ferry.u, *ferry.v]
    assert (network.component[ends] == 0).all()


def test_the_yangtze_is_crossed_on_the_bridge(network: WalkNetwork) -> None:
    pair = np.array([[YUEJIANG_TOWER, PUKOU_STATION]])
    assert 9_000 < bench.walks(network, pair)[0] < 14_000
    closed = network.edges.name.to_numpy() == "南京长江大桥"
    assert np.isnan(bench.walks(network, pair, closed=closed)[0])


def test_built_the_same_in_another_process(network: WalkNetwork) -> None:
    code = (
        "from geo.schematic.build import build\n"
        "from geo.schematic.facts import facts_digest, read_facts\n"
        "print(build(read_facts(), facts_digest()).meta.digest)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == network.meta.digest


def test_positions_are_whole_centimetres_at_most(network: WalkNetwork) -> None:
    scaled = np.asarray(network.coords) * 1e7
    assert np.abs(scaled - np.round(scaled)).max() < 1e-3


def test_second_time_from_the_cache(
    tmp_path: Path, network: WalkNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = schematic_network(tmp_path)
    assert first.folder is not None
    assert Path(first.folder).parent == tmp_path
    monkeypatch.setattr(caching, "build", _refuse)
    again = schematic_network(tmp_path)
    assert again.meta == first.meta == network.meta
    assert len(list(tmp_path.iterdir())) == 1


def _refuse(*_: object) -> WalkNetwork:
    raise AssertionError("built although it was cached")


def test_damaged_cache_is_built_again(tmp_path: Path, network: WalkNetwork) -> None:
    folder = Path(str(schematic_network(tmp_path).folder))
    (folder / "network.json").write_text("{}", encoding="utf-8")
    assert schematic_network(tmp_path).meta.digest == network.meta.digest
    assert caching.load_network(folder).meta.digest == network.meta.digest


def test_unwritable_cache_is_done_without(tmp_path: Path, network: WalkNetwork) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way", encoding="utf-8")
    found = schematic_network(blocked)
    assert found.folder is None
    assert found.meta.digest == network.meta.digest
    assert blocked.read_text(encoding="utf-8") == "in the way"


def test_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HONGTU_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("HONGTU_CACHE")
    for platform, variable, tail in (
        ("linux", "XDG_CACHE_HOME", ()),
        ("win32", "LOCALAPPDATA", ()),
        ("darwin", "HOME", ("Library", "Caches")),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setenv(variable, str(tmp_path))
        assert cache_folder() == tmp_path.joinpath(*tail, "hongtu")


def test_facts_with_other_line_ends_are_the_same_facts(tmp_path: Path) -> None:
    for name in FILES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode())
    assert facts_digest(tmp_path) == facts_digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('class = "primary"', 'class = "boulevard"'),
        ("at = [", "at = [[118.7, 32.0]]\nwas = ["),
        ("[[street]]", "[[street"),
    ],
)
def test_wrong_facts_are_refused_with_a_sentence(tmp_path: Path, old: str, new: str) -> None:
    facts = shutil.copytree(FOLDER, tmp_path / "network")
    streets = facts / "streets.toml"
    text = streets.read_text(encoding="utf-8")
    streets.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NetworkError) as fault:
        read_facts(facts)
    assert fault.value.code == "schematic_facts"
    assert "network" in fault.value.sentence("zh")


def test_outline_that_crosses_itself_is_refused(tmp_path: Path) -> None:
    facts = shutil.copytree(FOLDER, tmp_path / "network")
    (facts / "water.toml").write_text(
        '[[water]]\nname = "bow tie"\nring = [[118.7, 32.0], [118.8, 32.1], [118.8, 32.0], '
        "[118.7, 32.1]]\n",
        encoding="utf-8",
    )
    with pytest.raises(NetworkError, match="bow tie"):
        read_facts(facts)


def test_missing_facts_are_said(tmp_path: Path) -> None:
    for ask in (facts_digest, read_facts):
        with pytest.raises(MissingFileError):
            ask(tmp_path)


def test_avenues_meet_at_one_place() -> None:
    courses = {c.street.name: c for c in lay_avenues(read_facts())}
    shared = {p for _, p in courses["中山路"].stops} & {p for _, p in courses["中山东路"].stops}
    assert len(shared) == 1
    lon, lat = to_degrees(np.array(list(shared)))[0]
    assert (lon, lat) == pytest.approx((118.7788, 32.0437), abs=5e-4)  # 新街口


def test_each_gate_lets_a_street_through() -> None:
    import tomllib

    facts = read_facts()
    roads = [shapely.LineString(street.xy) for street in facts.streets]
    gates = tomllib.loads((FOLDER / "wall.toml").read_text(encoding="utf-8"))["gate"]
    for gate in gates:
        away = shapely.distance(shapely.Point(to_plane(gate["at"])[0]), roads).min()
        assert away < 5, gate["name"]


def test_blocks_do_not_overlap() -> None:
    facts = read_facts()
    blocks = find_blocks(facts, lay_avenues(facts))
    shapes = np.array([block.shape for block in blocks])
    assert len(shapes) > 100
    assert sum(block.hill for block in blocks) >= 3
    whole = shapely.area(shapely.union_all(shapes))
    assert shapely.area(shapes).sum() == pytest.approx(whole, rel=1e-6)


def test_plane_is_true_to_a_thousandth() -> None:
    from pyproj import Geod

    places = np.array([[118.70, 31.99], [118.86, 32.13]])
    flat = np.hypot(*np.diff(to_plane(places), axis=0)[0])
    round_earth = Geod(ellps="WGS84").inv(*places[0], *places[1])[2]
    assert flat == pytest.approx(round_earth, rel=1e-3)
    assert to_degrees(to_plane(places)) == pytest.approx(places, abs=2e-7)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sites.csv", "metro_stations.csv"])
def test_places_are_near_streets(network: WalkNetwork, shared: Path, name: str) -> None:
    names, lonlat = bench.places_inside(shared / "facts" / name)
    away = bench.distances_to_streets(network, lonlat)
    far = {place for place, metres in zip(names, away, strict=True) if metres > 150}
    assert far <= {"南京长江大桥(桥身)"}  # the middle of the river


@pytest.mark.shared
def test_avenues_lie_where_they_lie(network: WalkNetwork, shared: Path) -> None:
    fit = bench.compare(network, shared / bench.ROADS, moves=2, pairs=200)
    assert max(fit.offsets.values()) <= 60
    assert fit.offset_m < fit.random_m / 4
    assert 0.95 <= np.median(fit.ratio) <= 1.05
