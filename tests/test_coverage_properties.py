"""What must hold on any network: found by hypothesis on small random ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import shapely
from drawn_network import XY, Way, draw, drawn, places, points, way
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover
from geo.errors import PointsError
from geo.network.model import EdgeFlag as F
from geo.network.model import WalkNetwork

CELL = 20.0
FLAGS = [F(0)] * 5 + [F.STEPS, F.TUNNEL, F.BRIDGE, F.FORWARD_ONLY, F.BACKWARD_ONLY, F.FERRY]
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Town:
    ways: tuple[Way, ...]
    river: bool
    stations: dict[str, XY]
    places: dict[str, XY]
    asked: CoverageRequest

    @property
    def network(self) -> WalkNetwork:
        return draw(*self.ways, water=[shapely.box(-300, 480, 1500, 540)] if self.river else [])


@st.composite
def towns(draw_from, least_stations: int = 1) -> Town:
    """Streets between neighbours of a jittered 4 × 4 grid, some of them special or missing."""
    jitter = st.integers(-60, 60)
    xy = {
        (i, j): (300.0 * i + draw_from(jitter), 300.0 * j + draw_from(jitter))
        for i in range(4)
        for j in range(4)
    }
    ways = []
    for (i, j), here in xy.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other in xy and draw_from(st.integers(0, 9)) > 0:
                ways.append(way(here, xy[other], flags=draw_from(st.sampled_from(FLAGS))))
    spot = st.tuples(st.integers(-150, 1050), st.integers(-150, 1050))
    stations = draw_from(st.lists(spot, min_size=least_stations, max_size=5))
    spots = draw_from(st.lists(spot, min_size=5, max_size=30))
    limits = draw_from(st.sampled_from([(300.0,), (200.0, 500.0), (400.0, 900.0)]))
    profile = draw_from(st.sampled_from(["shuang15", "wheelchair"]))
    return Town(
        tuple(ways),
        draw_from(st.booleans()),
        {f"s{i}": xy for i, xy in enumerate(stations)},
        {f"p{i}": xy for i, xy in enumerate(spots)},
        CoverageRequest(limits, "metres", profile=profile, cell_m=CELL, min_component_m=600.0),
    )


def covered(town: Town, **changes) -> Coverage:
    """Cover a town; a town where no station can be used is not of interest."""
    town = replace(town, **changes)
    assume(town.ways)
    try:
        return cover(town.network, points(town.stations), places(town.places), town.asked,
                     with_od=True)  # fmt: skip
    except PointsError:
        assume(False)
        raise


def shares(result: Coverage) -> list[float]:
    summary = result.summary
    return [
        *(b["share"] for b in summary["bands"]),
        summary["two_in_reach"]["share"],
        summary["two_in_reach"]["share_ignoring_distance"],
        *summary["shuang15"].values(),
    ]


@FEW
@given(towns())
def test_more_minutes_never_shrink_a_circle(town):
    small = covered(town)
    wider = replace(town.asked, limits=tuple(1.3 * v for v in town.asked.limits))
    large = covered(town, asked=wider)
    for frame in ("circles", "dissolved"):
        inner, outer = (drawn(getattr(r, frame).geometry) for r in (small, large))
        for one, other in zip(inner, outer, strict=True):
            assert shapely.difference(one, other).area <= 1e-3 * one.area + 0.5
    was, now = (set(r.demand.loc[r.demand["status"] == "served", "place_id"])
                for r in (small, large))  # fmt: skip
    assert was <= now
    for band, share in enumerate(b["share"] for b in small.summary["bands"]):
        assert large.summary["bands"][band]["share"] >= share


@FEW
@given(towns(least_stations=2))
def test_a_station_added_never_lowers_coverage(town):
    names = list(town.stations)
    fewer = covered(town, stations={n: town.stations[n] for n in names[:-1]})
    more = covered(town)
    before, after = (r.demand["metres"].fillna(np.inf).to_numpy() for r in (fewer, more))
    assert (after <= before).all()
    counts = [r.demand["stations_within"].astype(int).to_numpy() for r in (fewer, more)]
    assert (counts[0] <= counts[1]).all()
    assert all(a <= b for a, b in zip(shares(fewer), shares(more), strict=True))
    for one, other in zip(*(drawn(r.dissolved.geometry) for r in (fewer, more)), strict=True):
        # Where both stations are equally far the labels change, and a jump's half way with them.
        lost = shapely.difference(one, other)
        assert shapely.difference(lost, other.buffer(CELL)).area == 0.0
        assert lost.area <= 0.02 * one.area + CELL**2


@FEW
@given(towns(least_stations=2))
def test_dissolved_is_the_union_of_the_circles_within_a_cell(town):
    result = covered(town)
    bands = len(town.asked.limits)
    circles = drawn(result.circles.geometry)
    for band, union in enumerate(drawn(result.dissolved.geometry)):
        together = shapely.union_all(circles[band::bands])
        apart = shapely.symmetric_difference(union, together)
        assert apart.area <= CELL * (union.length + together.length) / 20
        edge = shapely.union(shapely.boundary(union), shapely.boundary(together))
        if not apart.is_empty:
            assert shapely.difference(apart, edge.buffer(CELL)).area == 0.0


@FEW
@given(towns(least_stations=2))
def test_areas_of_responsibility_tile_the_union(town):
    result = covered(town)
    areas, union = drawn(result.responsibility.geometry), drawn(result.dissolved.geometry)[-1]
    assert shapely.area(areas).sum() == pytest.approx(union.area, rel=1e-3, abs=1.0)
    assert shapely.symmetric_difference(shapely.union_all(areas), union).area < 1.0
    assert result.responsibility["station_id"].is_unique


@FEW
@given(towns(least_stations=2), st.randoms(use_true_random=False))
def test_the_order_of_stations_and_places_changes_nothing(town, random):
    # Two stations at one place, so that there are ties.
    stations = {**town.stations, "twin": town.stations["s0"]}
    one = covered(town, stations=stations)
    mixed = [random.sample(list(d.items()), len(d)) for d in (stations, town.places)]
    other = covered(town, stations=dict(mixed[0]), places=dict(mixed[1]))
    for name, key in (
        ("stations", ["station_id"]),
        ("demand", ["place_id"]),
        ("circles", ["station_id", "metres"]),
        ("dissolved", ["metres"]),
        ("responsibility", ["station_id"]),
        ("gaps", ["rank"]),
        ("od", ["station_id", "place_id"]),
    ):
        frames = [getattr(r, name).sort_values(key, ignore_index=True) for r in (one, other)]
        pd.testing.assert_frame_equal(*frames)
    assert shares(one) == pytest.approx(shares(other), abs=1e-12)


@FEW
@given(towns())
def test_polygons_are_valid_and_states_agree(town):
    result = covered(town)
    for frame in (result.circles, result.dissolved, result.responsibility, result.gaps):
        assert frame.geometry.is_valid.all()
    demand = result.demand
    assert demand["status"].isin(["served", "not_served", "not_used"]).all()
    served = demand["status"] == "served"
    assert (served == (demand["stations_within"] > 0)).all()
    assert set(result.od["place_id"]) == set(demand.loc[served, "place_id"])
    least = result.od.groupby("place_id")["metres"].min()
    nearest = demand.set_index("place_id")["metres"].loc[least.index]
    np.testing.assert_allclose(least, nearest, atol=0.011)
    base = result.summary["denominator"]
    assert base["total"] == len(demand)
    assert base["not_used"] == (demand["status"] == "not_used").sum()
