"""Circles, their union, areas of responsibility and gaps on drawn networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from drawn_network import Way, draw, drawn, on_plane, places, points, way

from geo.coverage.gaps import group_gaps, shape_gaps
from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover
from geo.field import WaterCut
from geo.network.model import EdgeFlag as F


def asked(*metres: float, cell: float = 10.0, **options) -> CoverageRequest:
    return CoverageRequest(metres or (1000.0,), "metres", cell_m=cell, **options)


def circle(result: Coverage, station: str, band: int = -1):
    rows = result.circles[result.circles["station_id"] == station]
    return drawn(rows.geometry)[band]


def holds(shape, *xy) -> list[bool]:
    return shapely.contains_xy(shape, np.array(xy, dtype=float)).tolist()


def grid(*streets: float, side: float = 1000.0) -> list[Way]:
    """Return streets along x and y at the same numbers."""
    lines = [[(s, t) for t in streets] for s in streets]
    return [way(*line) for line in lines] + [way(*((y, x) for x, y in line)) for line in lines]


# A street of 3 km along y = 0; the circle around a station on it is the ground from which
# |x| + |y| ≤ limit and |y| ≤ 150, a long six-cornered shape.


@pytest.fixture(scope="module")
def street():
    return draw(way((0, 0), (3000, 0)))


def test_a_circle_on_a_long_edge_reaches_both_ways(street):
    """The window of cells once ended 150 m from the station where no junction was in reach."""
    for x in (1500, 700, 2300):
        shape = circle(cover(street, points({"S": (x, 0)}), None, asked(600.0)), "S")
        assert (
            holds(shape, (x - 590, 0), (x + 590, 0), (x - 450, 140), (x + 450, -140)) == [True] * 4
        )
        assert not any(holds(shape, (x - 610, 0), (x + 610, 0), (x - 480, 140), (x, 155)))


@pytest.mark.parametrize("cell", [10.0, 20.0])
def test_the_area_of_a_circle_by_hand(street, cell):
    result = cover(street, points({"S": (1500, 0)}), None, asked(300.0, 600.0, cell=cell))
    # 2 · 150 · (2 · limit − 150): a rectangle of 2 (limit − 150) and two trapezia.
    by_hand = [2 * 150 * (2 * limit - 150) / 1e6 for limit in (300, 600)]
    assert result.circles["area_km2"].tolist() == pytest.approx(by_hand, rel=0.01)
    assert result.dissolved["area_km2"].tolist() == pytest.approx(by_hand, rel=0.01)
    assert result.responsibility["area_km2"].tolist() == pytest.approx(by_hand[-1:], rel=0.01)


def test_a_circle_on_a_bent_edge():
    """One edge in the shape of a U: what is beside it lies far from both of its junctions."""
    network = draw(way((-150, 400), (-150, 0), (150, 0), (150, 400)))
    result = cover(network, points({"S": (0, 0)}), None, asked(450.0))
    # 150 to the corner at (150, 0) and 140 beyond, in the open.
    assert holds(circle(result, "S"), (285, 0), (-285, 0), (240, 100)) == [True] * 3


def test_the_access_leg_of_the_station_shortens_the_circle(street):
    near = cover(street, points({"S": (1500, 0)}), None, asked(500.0))
    far = cover(street, points({"S": (1500, 100)}), None, asked(500.0))
    assert holds(circle(near, "S"), (1950, 0)) == [True]
    assert holds(circle(far, "S"), (1890, 0), (1910, 0)) == [True, False]


def test_a_station_on_the_border_of_tiles_and_on_a_junction():
    tile = 64 * 10.0
    x0, y0 = on_plane((0, 0))[0]
    x = tile - x0 % tile  # drawn metres of the next border of tiles
    y = tile - y0 % tile
    network = draw(way((x - 900, y), (x, y), (x + 900, y)), way((x, y - 900), (x, y), (x, y + 900)))
    result = cover(network, points({"S": (x, y)}), None, asked(400.0))
    shape = circle(result, "S")
    assert len(shapely.get_parts(shape)) == 1
    turned = shapely.affinity.rotate(shape, 90, origin=(x, y))
    assert shapely.symmetric_difference(shape, turned).area < 0.01 * shape.area
    union = drawn(result.dissolved.geometry)[0]
    assert shapely.symmetric_difference(shape, union).area < 0.002 * shape.area


def test_the_other_bank_is_not_covered_and_water_is_cut_out():
    river = shapely.box(-1000, 20, 3000, 120)
    network = draw(way((0, 0), (2000, 0)), way((0, 140), (2000, 140)),
                   way((0, 0), (0, 140), flags=F.BRIDGE), water=[river])  # fmt: skip
    result = cover(network, points({"S": (1000, 0)}), None, asked(600.0))
    for shape in (circle(result, "S"), drawn(result.dissolved.geometry)[0],
                  drawn(result.responsibility.geometry)[0]):  # fmt: skip
        assert holds(shape, (1000, 19), (1000, 21), (1000, 60), (1000, 125), (1000, 140)) == [
            True, False, False, False, False,
        ]  # fmt: skip
        assert shapely.intersection(shape, river).area < 1.0
        # Up to the bank, not to the last cell before it.
        assert shape.bounds[3] == pytest.approx(20.0, abs=0.1)
    over = cover(network, points({"S": (100, 0)}), None, asked(600.0))
    # Over the bridge: 100 + 140 + 300 to (300, 140), and beyond.
    assert holds(circle(over, "S"), (300, 140), (300, 125), (400, 140)) == [True, True, False]


def test_an_hour_in_the_middle_of_nothing(street):
    result = cover(street, points({"S": (1500, 0)}), None, CoverageRequest((60.0,), cell_m=50.0))
    assert holds(circle(result, "S"), (10, 0), (2990, 0)) == [True, True]


def test_bands_lie_in_one_another(street):
    limits = (200.0, 400.0, 600.0, 800.0)
    network = draw(*grid(0, 400, 800, 1200))
    result = cover(network, points({"S": (390, 20)}), None, asked(*limits))
    shapes = drawn(result.circles.geometry)
    for inner, outer in itertools.pairwise(shapes):
        assert inner.area < outer.area
        assert shapely.difference(inner, outer).area < 1.0


def test_holes_are_kept_and_filled_on_request():
    # Blocks of 400 m: 150 m from every street leaves a hole of 100 × 100 in each.
    network = draw(*grid(0, 400, 800))
    station = points({"S": (400, 400)})
    kept = circle(cover(network, station, None, asked(2000.0)), "S")
    assert holds(kept, (200, 200), (200, 100)) == [False, True]
    filled = circle(cover(network, station, None, asked(2000.0, fill_holes_m2=20_000)), "S")
    assert holds(filled, (200, 200)) == [True]
    assert filled.area - kept.area == pytest.approx(4 * 100 * 100, rel=0.05)


# Three stations on a grid of streets, two of them with overlapping circles.


@pytest.fixture(scope="module")
def three():
    network = draw(*grid(0, 300, 600, 900, 1200))
    stations = {"A": (150, 0), "B": (750, 0), "C": (600, 1150)}
    return cover(network, points(stations), None, asked(500.0, 700.0))


def test_the_union_is_that_of_the_circles(three):
    for band in (0, 1):
        together = shapely.union_all([circle(three, s, band) for s in "ABC"])
        union = drawn(three.dissolved.geometry)[band]
        assert shapely.symmetric_difference(union, together).area < 0.01 * union.area


def test_areas_of_responsibility_tile_the_union(three):
    areas = drawn(three.responsibility.geometry)
    union = drawn(three.dissolved.geometry)[-1]
    assert three.responsibility["station_id"].tolist() == ["A", "B", "C"]
    for one, other in itertools.combinations(areas, 2):
        assert shapely.intersection(one, other).area < 0.01
    assert shapely.symmetric_difference(shapely.union_all(areas), union).area < 0.1
    assert sum(a.area for a in areas) == pytest.approx(union.area, rel=1e-6)
    listed = three.stations.set_index("station_id")["responsibility_km2"]
    assert listed.to_dict() == pytest.approx({"A": areas[0].area / 1e6, "B": areas[1].area / 1e6,
                                              "C": areas[2].area / 1e6}, rel=1e-3)  # fmt: skip


def test_each_area_is_what_is_nearest(three):
    # Half way between A and B on the street between them; and up each side.
    area = dict(zip(three.responsibility["station_id"], drawn(three.responsibility.geometry),
                    strict=True))  # fmt: skip
    assert holds(area["A"], (430, 0), (470, 0), (300, 200)) == [True, False, True]
    assert holds(area["B"], (430, 0), (470, 0), (600, 200)) == [False, True, True]
    assert holds(area["C"], (600, 900), (600, 1200)) == [True, True]


def test_of_two_stations_at_one_place_the_first_id_is_responsible(street):
    stations = points({"Z": (500, 0), "A": (500, 0), "M": (2500, 0)})
    result = cover(street, stations, places({"P": (600, 0)}), asked(400.0))
    assert result.responsibility["station_id"].tolist() == ["A", "M"]
    listed = result.stations.set_index("station_id")
    assert listed.loc["Z", "responsibility_km2"] == 0.0
    assert listed.loc["A", "responsibility_km2"] > 0.1
    assert listed["status"].eq("used").all()
    assert circle(result, "Z").equals(circle(result, "A"))
    assert result.demand["stations_within"][0] == 2


# Gaps


def test_gaps_are_ranked_by_demand_and_not_served(street):
    spots = {"served": (300, 0), "a": (2000, 0), "b": (2100, 50), "c": (2700, 0), "z": (2720, 0),
             "off": (1200, 600)}  # fmt: skip
    demand = {"served": 90, "a": 3, "b": 4, "c": 10, "z": 0, "off": 50}
    result = cover(street, points({"S": (0, 0)}), points(spots, demand=demand), asked(500.0))
    gaps = result.gaps
    assert gaps["rank"].tolist() == [1, 2, 3]
    assert gaps["demand"].tolist() == [10.0, 7.0, 50.0]
    assert gaps["demand_off_network"].tolist() == [0.0, 0.0, 50.0]  # no station could serve it
    assert gaps["places"].tolist() == [2, 2, 1]
    shapes = drawn(gaps.geometry)
    assert holds(shapes[0], (2700, 0)) == [True]
    assert holds(shapes[1], (2000, 0), (2100, 50)) == [True, True]
    assert holds(shapes[2], (1200, 600)) == [True]
    served = drawn(result.dissolved.geometry)[-1]
    assert shapely.area(shapely.intersection(shapes, served)).max() < 1.0
    assert result.summary["gaps"] == {"found": 3, "written": 3, "without_ground": 0}


def test_a_gap_with_nobody_in_it_is_none(street):
    spots = places({"P": (2000, 0)}, 0.0)
    assert len(cover(street, points({"S": (0, 0)}), spots, asked(500.0)).gaps) == 0


def gaps_at(xy, *, link=250.0, cut=1e6, weight=None, most=None):
    network = draw(way((0, 0), (100, 0)))
    xy = np.array(xy, dtype=float)
    weight = np.ones(len(xy)) if weight is None else np.array(weight, dtype=float)
    groups = group_gaps(xy, weight, np.ones(len(xy), bool), link_m=link, cut_m=cut)
    nothing = shapely.MultiPolygon()
    found = shape_gaps(groups, most=most, served=nothing, water=WaterCut(network))
    ranks = [int(weight[groups.rank == gap["rank"]].sum()) for gap in found]
    assert ranks == [gap["weight"] for gap in found]  # each place knows its gap
    return found, groups.order.size


def test_places_within_the_link_belong_to_one_gap():
    rng = np.random.default_rng(1)
    for _ in range(50):
        first = rng.uniform(-1000, 1000, 2)
        angle = rng.uniform(0, 2 * np.pi)
        step = np.array([np.cos(angle), np.sin(angle)])
        assert gaps_at([first, first + 249 * step])[1] == 1
        assert gaps_at([first, first + 760 * step])[1] == 2
    assert gaps_at(np.column_stack([np.arange(0, 5000, 240.0), np.zeros(21)]))[1] == 1


def test_a_wide_gap_is_cut_into_pieces_of_one_gap():
    xy = np.column_stack([np.arange(0, 5000, 100.0), np.zeros(50)])
    found, total = gaps_at(xy, cut=1000.0)
    assert total == len(found) >= 5
    assert {g["gap"] for g in found} == {1}
    assert {g["gap_weight"] for g in found} == {50.0}
    assert sum(g["weight"] for g in found) == 50.0
    assert [g["weight"] for g in found] == sorted((g["weight"] for g in found), reverse=True)
    for one, other in itertools.combinations(found, 2):
        assert shapely.intersection(one["geometry"], other["geometry"]).area == 0.0


def test_gaps_do_not_hang_on_the_order_of_places():
    rng = np.random.default_rng(2)
    xy = rng.uniform(0, 4000, (80, 2))
    order = rng.permutation(80)
    one, other = gaps_at(xy)[0], gaps_at(xy[order])[0]
    assert [g["weight"] for g in one] == [g["weight"] for g in other]
    assert all(a["geometry"].equals(b["geometry"]) for a, b in zip(one, other, strict=True))


def test_the_heaviest_gaps_are_kept():
    found, total = gaps_at([(0, 0), (2000, 0), (4000, 0)], weight=[1, 3, 2], most=2)
    assert total == 3
    assert [g["weight"] for g in found] == [3.0, 2.0]
    assert gaps_at(np.empty((0, 2))) == ([], 0)
