"""The lattice and its tiles, times gathered on cells, contours, holes and water."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from drawn_network import draw, on_plane, way

from geo.errors import RequestError
from geo.field import (
    Lattice,
    OnEdge,
    WaterCut,
    Window,
    as_multipolygon,
    band_polygon,
    clipped,
    fill_holes,
    gather_nearest,
    gather_one,
    tiles_around,
)
from geo.field.lattice import CELL_DTYPE, TILE
from geo.network.store import load_network, save_network
from geo.pace import PROFILES
from geo.snapping import build_index, snap, snappable_edges


@pytest.fixture(scope="module")
def cross():
    return draw(way((0, 0), (500, 0), (1000, 0)), way((500, -400), (500, 0), (500, 400)),
                water=[shapely.box(700, 30, 760, 90)])  # fmt: skip


def lattice_of(network, cell: float, **options) -> Lattice:
    edges, _ = snappable_edges(network, PROFILES["shuang15"])
    return Lattice(network, build_index(network, edges), cell, 150.0, **options)


def box_of(network) -> tuple[float, ...]:
    low, high = network.planar.min(axis=0) - 200, network.planar.max(axis=0) + 200
    return (*low, *high)


def assert_same_cells(one: np.ndarray, other: np.ndarray) -> None:
    for name in CELL_DTYPE.names:
        np.testing.assert_array_equal(one[name], other[name])


def keys_of(network, cell: float) -> set[tuple[int, int]]:
    return tiles_around(network.planar, 300.0, cell)


# The lattice


@pytest.mark.parametrize("cell", [10.0, 20.0])
def test_cells_are_snapped_centres(cross, cell):
    lattice = lattice_of(cross, cell)
    made = lattice.prepare(keys_of(cross, cell))
    assert made == len(keys_of(cross, cell))
    assert lattice.prepare(keys_of(cross, cell)) == 0
    window = lattice.window(*box_of(cross))
    assert np.allclose(window.x % cell, cell / 2)
    x, y = np.meshgrid(window.x, window.y)
    xy = np.column_stack([x.ravel(), y.ravel()])
    found = snap(lattice.index, xy, lattice.snap_reach_m)
    wet = lattice.index.water.holds(xy)
    assert wet.sum() == pytest.approx(3600 / cell**2, abs=60 / cell * 2)
    cells = window.cells.ravel()
    np.testing.assert_array_equal(cells["edge"][~wet], found.edge[~wet])
    at = ~wet & found.found
    np.testing.assert_allclose(cells["access_m"][at], found.access_m[at], atol=1e-4)
    np.testing.assert_allclose(cells["share"][at], found.share[at], atol=1e-6)
    # On water the field goes on, so that it does not end a cell short of the bank.
    assert (cells["edge"][wet] >= 0).all()
    assert not found.found[wet].any()


def test_windows_of_the_same_ground_agree(cross):
    lattice = lattice_of(cross, 20.0)
    lattice.prepare(keys_of(cross, 20.0))
    west, south, east, north = box_of(cross)
    whole = lattice.window(west, south, east, north)
    part = lattice.window(west + 333, south + 111, east - 222, north - 44)
    i = int(np.flatnonzero(whole.x == part.x[0])[0])
    j = int(np.flatnonzero(whole.y == part.y[0])[0])
    assert_same_cells(whole.cells[j : j + part.y.size, i : i + part.x.size], part.cells)


def test_tiles_that_were_not_made_are_empty(cross):
    lattice = lattice_of(cross, 20.0)
    assert (lattice.window(*box_of(cross)).cells["edge"] == -1).all()


def test_tiles_around_a_disc():
    side = TILE * 20.0
    middle = np.array([[10.5 * side, -3.5 * side]])
    assert tiles_around(middle, 0.4 * side, 20.0) == {(10, -4)}
    assert len(tiles_around(middle, 0.6 * side, 20.0)) == 5
    # On the border of two tiles both are needed; at a corner all four.
    assert tiles_around(np.array([[11 * side, -3.5 * side]]), 1.0, 20.0) == {(10, -4), (11, -4)}
    assert len(tiles_around(np.array([[11 * side, -3 * side]]), 1.0, 20.0)) == 4


@pytest.mark.parametrize("cell", [4.9, 201.0, float("nan")])
def test_a_cell_has_a_sensible_size(cross, cell):
    with pytest.raises(RequestError):
        lattice_of(cross, cell)


# The cache beside a saved network


@pytest.fixture
def saved(cross, tmp_path):
    save_network(cross, tmp_path / "net")
    return load_network(tmp_path / "net")


def test_cold_warm_and_another_process_agree(cross, saved):
    keys, box = keys_of(cross, 20.0), box_of(cross)
    plain = lattice_of(cross, 20.0)
    plain.prepare(keys)
    expected = plain.window(*box).cells
    some = set(sorted(keys)[::2])
    code = (
        "import sys; sys.path[:0] = sys.argv[1:2]\n"
        "from test_field import keys_of, lattice_of\n"
        "from geo.network.store import load_network\n"
        "net = load_network(sys.argv[2])\n"
        "print(lattice_of(net, 20.0).prepare(sorted(keys_of(net, 20.0))[::2]))\n"
    )
    arguments = [sys.executable, "-c", code, str(Path(__file__).parent), saved.folder]
    other = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert int(other.stdout) == len(some)
    warm = lattice_of(saved, 20.0)
    assert warm.prepare(some) == 0
    assert warm.prepare(keys) == len(keys) - len(some)
    assert_same_cells(warm.window(*box).cells, expected)
    again = lattice_of(saved, 20.0)
    assert again.prepare(keys) == 0
    assert_same_cells(again.window(*box).cells, expected)


def test_the_cache_is_of_one_cell_size_access_limit_and_edge_set(saved):
    index = build_index(saved, saved.edge_length_m > 450)
    every = lattice_of(saved, 20.0)
    others = [
        lattice_of(saved, 10.0),
        Lattice(saved, every.index, 20.0, 151.0),
        Lattice(saved, index, 20.0, 150.0),
    ]
    assert len({every.folder, *(o.folder for o in others)}) == 4


def test_a_broken_cache_is_only_slower(cross, saved):
    keys, box = keys_of(cross, 20.0), box_of(cross)
    first = lattice_of(saved, 20.0)
    first.prepare(keys)
    expected = first.window(*box).cells
    for path in first.folder.glob("tiles-*"):
        path.write_bytes(path.read_bytes()[:100])
    second = lattice_of(saved, 20.0)
    assert second.prepare(keys) == len(keys)
    assert_same_cells(second.window(*box).cells, expected)


def test_a_cache_that_cannot_be_written_is_only_slower(cross, tmp_path, caplog):
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    lattice = lattice_of(cross, 20.0, folder=blocked / "cache")
    assert lattice.prepare(keys_of(cross, 20.0)) > 0
    assert "cannot be written" in caplog.text
    assert (lattice.window(*box_of(cross)).cells["edge"] >= 0).any()


# Gathering: one edge of 100 s from junction 0 to junction 1.


def one_edge(node_cost, share, *, along=100.0, against=100.0, stations=(), access=0.0):
    """Return what both gathers say of a position on the edge."""
    ends = np.array([0], np.int32), np.array([1], np.int32)
    places = np.array([0], np.int32), np.array([share]), np.array([access])
    edge_costs = {"along": np.array([along]), "against": np.array([against])}
    at = [np.array([s[i] for s in stations], float) for i in range(2)]
    cost, label = gather_nearest(
        *places,
        ends=ends,
        node_cost=np.array(node_cost, float),
        node_label=np.array([7, 8], np.int32),
        stations=OnEdge.of(np.zeros(len(stations), np.int32), *at),
        **edge_costs,
    )
    far = stations[0] if stations else (0.0, np.inf)
    one = gather_one(*places, ends=ends, node_cost=np.array(node_cost, float),
                     station=(0 if stations else -2, *far), **edge_costs)  # fmt: skip
    if len(stations) <= 1:
        assert one[0] == cost[0]
    return cost[0], label[0]


INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("node_cost", "share", "options", "expected"),
    [
        ((50, 10), 0.25, {}, (75, 7)),
        ((50, 10), 0.75, {}, (35, 8)),
        ((50, 50), 0.5, {}, (100, 7)),  # a tie: the lower number
        ((50, 10), 0.25, {"access": 5.0}, (80, 7)),
        ((50, NAN), 0.9, {}, (140, 7)),
        ((NAN, NAN), 0.5, {}, (INF, -1)),
        ((INF, INF), 0.5, {}, (INF, -1)),
        # One way u → v: only ahead, but at u itself one is already there.
        ((50, 10), 0.25, {"against": INF}, (85, 8)),
        ((5, 10), 0.0, {"against": INF}, (5, 7)),
        ((50, NAN), 0.25, {"against": INF}, (INF, -1)),
        ((50, 10), 1.0, {"along": INF}, (10, 8)),
        # A station on the same edge, ahead and behind.
        ((NAN, NAN), 0.25, {"stations": [(0.75, 3.0)]}, (53, 0)),
        ((NAN, NAN), 0.75, {"stations": [(0.25, 3.0)]}, (53, 0)),
        ((NAN, NAN), 0.75, {"stations": [(0.25, 3.0)], "against": INF}, (INF, -1)),
        ((NAN, NAN), 0.5, {"stations": [(0.5, 3.0)], "along": INF, "against": INF}, (3, 0)),
        ((50, 10), 0.75, {"stations": [(0.25, 3.0)]}, (35, 8)),
        ((NAN, NAN), 0.5, {"stations": [(0.75, 3.0), (0.25, 3.0)]}, (28, 0)),
        ((50, NAN), 0.25, {"stations": [(0.75, 25.0)]}, (75, 0)),  # a tie with a junction's
        ((NAN, NAN), 0.5, {"stations": [(0.9, 3.0), (0.4, 1.0)]}, (11, 1)),
    ],
)
def test_gather(node_cost, share, options, expected):
    assert one_edge(node_cost, share, **options) == pytest.approx(expected)


def test_a_position_nowhere_has_no_cost():
    nowhere = np.array([-1], np.int32), np.array([NAN]), np.array([NAN])
    ends = np.array([0], np.int32), np.array([1], np.int32)
    one = gather_one(*nowhere, ends=ends, node_cost=np.zeros(2), along=np.ones(1),
                     against=np.ones(1), station=(0, 0.0, 0.0))  # fmt: skip
    assert one.tolist() == [INF]


# Contours


def disc_window(radius: float, size: int = 41, cell: float = 10.0) -> tuple[Window, np.ndarray]:
    """Return a window around (0, 0) and the distance from there as cost."""
    axis = (np.arange(size) - size // 2) * cell
    x, y = np.meshgrid(axis, axis)
    cells = np.zeros((size, size), dtype=CELL_DTYPE)
    return Window(axis, axis, cells), np.hypot(x, y)


def band(window, cost, limit, **options):
    return band_polygon(window, cost, limit, max_access_m=150.0, cost_per_m=1.0, **options)


def test_the_contour_of_a_disc_is_round():
    window, cost = disc_window(100)
    shape = band(window, cost, 100.0)
    assert shape.is_valid
    assert shape.area == pytest.approx(np.pi * 100**2, rel=0.005)
    assert shapely.hausdorff_distance(shape, shapely.Point(0, 0).buffer(100, 64)) < 1.0
    assert band(window, cost, 150.0).contains(shape)


def test_nothing_reached_is_an_empty_multipolygon():
    window, cost = disc_window(100)
    empty = band(window, np.full_like(cost, np.inf), 100.0)
    assert empty.is_empty
    assert empty.geom_type == "MultiPolygon"


def test_the_access_limit_cuts_the_region():
    window, cost = disc_window(100)
    window.cells["access_m"] = np.abs(window.x)[None, :]
    shape = band_polygon(window, cost, 100.0, max_access_m=40.0, cost_per_m=1.0)
    assert shape.bounds[0] == pytest.approx(-40, abs=0.5)
    assert shape.bounds[2] == pytest.approx(40, abs=0.5)


def test_at_a_jump_the_boundary_lies_half_way():
    window, cost = disc_window(100)
    cost[:, :] = np.where(window.x < 12, 0.0, np.inf)[None, :]
    shape = band(window, cost, 100.0)
    assert shape.bounds[2] == pytest.approx(15.0)
    cost[:, window.x > -8] = np.inf  # as the gather says of cells without an edge
    assert band(window, cost, 100.0).bounds[2] == pytest.approx(-5.0)


def test_windows_that_share_a_column_meet_without_a_gap():
    window, cost = disc_window(100)
    halves = [
        band(Window(window.x[part], window.y, window.cells[:, part]), cost[:, part], 95.0,
             closed=False)
        for part in (slice(0, 19), slice(18, 41))
    ]  # fmt: skip
    whole = band(window, cost, 95.0)
    together = shapely.union_all(halves)
    assert shapely.get_num_geometries(together) == 1
    assert shapely.intersection(*halves).area == 0.0
    assert shapely.symmetric_difference(whole, together).area < 0.001 * whole.area


def test_holes_stay_and_small_ones_are_filled_on_request():
    window, cost = disc_window(100)
    cost = np.where(cost < 22, 500.0, cost)
    ring = band(window, cost, 100.0)
    assert shapely.get_num_interior_rings(shapely.get_geometry(ring, 0)) == 1
    assert fill_holes(ring, 0.0) is ring
    hole = np.pi * 25**2
    assert fill_holes(ring, 0.5 * hole).area == pytest.approx(ring.area)
    assert fill_holes(ring, 2 * hole).area == pytest.approx(np.pi * 100**2, rel=0.005)


def test_an_isle_in_a_filled_hole_is_swallowed():
    moat = shapely.Point(0, 0).buffer(100).difference(shapely.Point(0, 0).buffer(50))
    both = shapely.MultiPolygon([moat, shapely.Point(0, 0).buffer(20)])
    filled = fill_holes(both, 1e6)
    assert shapely.get_num_geometries(filled) == 1
    assert filled.area == pytest.approx(shapely.Point(0, 0).buffer(100).area)


def test_shapes_become_valid_multipolygons():
    """A ring that touches itself, as contours do at a saddle, and a shape of nothing."""
    saddle = [(0, 0), (10, 0), (10, 10), (20, 10), (20, 20), (10, 20), (10, 10), (0, 10)]
    shape = as_multipolygon(np.array([shapely.Polygon(saddle), shapely.Polygon()], dtype=object))
    assert shape.is_valid
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(200.0)


def test_a_clip_is_valid_where_rings_touch_the_box():
    holes = [[(1, 5), (2, 4), (2, 6)], [(2, 5), (4, 4), (4, 6)]]
    shape = as_multipolygon(np.array([shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], holes)]))
    part = clipped(shape, (1.0, 1.0, 3.0, 8.0))
    assert part.is_valid
    assert part.area == pytest.approx(shape.intersection(shapely.box(1, 1, 3, 8)).area)


def test_water_is_cut_out(cross):
    low = on_plane((600, -50))[0]
    ground = shapely.multipolygons([shapely.box(*low, *(low + 200))])
    dry = WaterCut(cross)(ground)
    assert dry.geom_type == "MultiPolygon"
    assert dry.area == pytest.approx(200 * 200 - 3600, rel=1e-4)
    elsewhere = shapely.multipolygons([shapely.box(*(low + 5000), *(low + 5100))])
    assert WaterCut(cross)(elsewhere) is elsewhere
    waterless = draw(way((0, 0), (1000, 0)))
    assert WaterCut(waterless)(ground) is ground
