"""Rings instead of disks: they share no ground, and add up to what the disks cover."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from drawn_network import draw, drawn, places, points, way

from geo.coverage import Coverage, CoverageRequest, cover
from geo.coverage.rings import as_rings, rings
from geo.network.model import WalkNetwork

STREETS = draw(
    way(*((float(x), 0.0) for x in range(-1500, 1501, 100))),
    way(*((0.0, float(y)) for y in range(-1500, 1501, 100))),
    way((0.0, 500.0), (500.0, 500.0), (500.0, 0.0)),
    water=[shapely.box(200, 100, 400, 300)],
)


def covered(**asked) -> Coverage:
    stations = points({"b": (-800.0, 0.0), "a": (40.0, 10.0)})
    return cover(STREETS, stations, places({"p": (100.0, 10.0)}), CoverageRequest(**asked))


@pytest.fixture(scope="module")
def network() -> WalkNetwork:
    return STREETS


@pytest.fixture(scope="module")
def disks() -> Coverage:
    return covered(limits=(3.0, 6.0, 12.0))


def test_rings_add_up_to_the_disks(disks, network):
    found = as_rings(disks, network)
    for before, after in ((disks.circles, found.circles), (disks.dissolved, found.dissolved)):
        assert len(before) == len(after)
        owner = "station_id" if "station_id" in before else None
        keys = before[owner] if owner else np.zeros(len(before))
        own = after[owner] if owner else np.zeros(len(after))
        for key in sorted(set(keys)):
            disk = before[keys == key]
            ring = after[own == key]
            sums = ring["area_km2"].cumsum().to_numpy()
            assert sums == pytest.approx(disk["area_km2"].to_numpy(), abs=3e-6)
            # The areas are those of the shapes in the metric CRS, measured once more here.
            assert shapely.area(drawn(ring.geometry)) / 1e6 == pytest.approx(
                ring["area_km2"].to_numpy(), abs=1e-6
            )
            shapes = drawn(ring.geometry)
            for i, one in enumerate(shapes):
                for other in shapes[:i]:
                    assert shapely.intersection(one, other).area < 0.01
            whole = drawn(disk.geometry)[-1]
            assert shapely.symmetric_difference(shapely.union_all(shapes), whole).area < 1.0


def test_rings_say_from_and_to(disks, network):
    found = as_rings(disks, network)
    assert found.dissolved["from_minutes"].tolist() == [0.0, 3.0, 6.0]
    assert found.dissolved["to_minutes"].tolist() == [3.0, 6.0, 12.0]
    assert found.circles["station_id"].tolist() == ["b"] * 3 + ["a"] * 3
    assert found.circles["from_minutes"].tolist() == [0.0, 3.0, 6.0] * 2
    assert "minutes" not in found.circles
    assert found.circles.crs.to_epsg() == 4326
    assert disks.circles["minutes"].tolist() == [3.0, 6.0, 12.0] * 2, "what came in is as it was"
    assert found.summary is disks.summary


def test_rings_of_metres_have_both(network):
    found = rings(covered(limits=(300.0, 500.0), unit="metres").dissolved, network)
    assert found["from_metres"].tolist() == [0.0, 300.0]
    assert found["to_metres"].tolist() == [300.0, 500.0]
    assert found["from_minutes"].iloc[1] == found["to_minutes"].iloc[0] == pytest.approx(4.5)


def test_one_band_is_its_own_ring(network):
    one = covered(limits=(5.0,))
    found = rings(one.dissolved, network)
    assert found["area_km2"].tolist() == one.dissolved["area_km2"].tolist()
    assert found.geometry.iloc[0].symmetric_difference(one.dissolved.geometry.iloc[0]).area < 1e-15


def test_a_ring_of_nothing_is_empty_and_one_that_sticks_out_is_counted_once(network):
    small = shapely.box(120.0, 32.0, 120.01, 32.01)
    other = shapely.box(120.005, 32.0, 120.015, 32.01)  # does not hold the first
    frame = gpd.GeoDataFrame(
        {"minutes": [1.0, 2.0, 3.0], "area_km2": [0.0] * 3},
        geometry=[small, small, other],
        crs=4326,
    )
    found = rings(frame, network)
    assert found.geometry.iloc[1].is_empty
    assert found["area_km2"].iloc[1] == 0.0
    total = shapely.area(drawn([shapely.union(small, other)])[0]) / 1e6
    assert found["area_km2"].sum() == pytest.approx(total, abs=1e-5)


def test_no_rows_are_no_rings(disks, network):
    found = rings(disks.circles.iloc[:0], network, by="station_id")
    assert len(found) == 0
    assert {"from_minutes", "to_minutes"} <= set(found.columns)
