"""Coverage per reporting area: known answers on a drawn street, and sums that agree."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from drawn_areas import areas, features
from drawn_network import degrees, draw, points, way
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import words
from geo.areas import build_areas
from geo.coverage import Coverage, CoverageRequest, cover
from geo.coverage.by_area import Standing, by_area
from geo.coverage.report import summary_lines
from geo.errors import AreasError
from geo.points import PointTable, read_points

# A street of 4 km along y = 0; a second one that nothing joins would be an island.
STREET = way((0, 0), (4000, 0))
WEST, EAST = shapely.box(-100, -500, 1000, 500), shapely.box(1000, -500, 4100, 500)
ASKED = CoverageRequest((500.0, 1000.0), "metres", cell_m=50.0)


@pytest.fixture(scope="module")
def street():
    return draw(STREET)


def sheet(path: Path, rows: list[tuple]) -> PointTable:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "lon", "lat", "people"])
        for name, where, people in rows:
            lon, lat = where, ""
            if isinstance(where, tuple):
                lon, lat = (f"{d:.8f}" for d in degrees([where])[0])
            out.writerow([name, lon, lat, people])
    return read_points(path, kind="demand", datum="wgs84")


@pytest.fixture(scope="module")
def result(street, tmp_path_factory) -> Coverage:
    demand = sheet(
        tmp_path_factory.mktemp("areas") / "demand.csv",
        [
            ("near", (100, 0), 300),
            ("middle", (700, 10), 100),
            ("beyond", (2500, 0), 50),
            ("further", (2600, 0), 25),
            ("far end", (3900, 0), 10),
            ("field", (500, 400), 30),  # no street within 150 m: not usable, yet it stands there
            ("outside", (500, 510), 5),
            ("no place", "", 20),  # a row fault of known weight
            ("unknown", (100, 0), "many"),  # a row fault of unknown weight
        ],
    )
    stations = points({"S": (0, 0), "T": (300, 0), "off": (2000, 900), "E": (1300, 0)})
    said = {"class": ["标准站", "微型站", None, "流动站"], "built": ["自建", "共建", "共建", None]}
    stations = replace(stations, frame=stations.frame.assign(**said))
    table = areas(
        {"west": WEST, "east": EAST, "park": shapely.box(0, -50, 800, 50),
         "moon": shapely.box(90_000, 0, 91_000, 1000)},
        {"park": "园区", "moon": "园区"},
        所属工会=["西区总工会", "东区总工会", None, None],
        人口=[1, 2, 3, 4],
    )  # fmt: skip
    return cover(street, stations, demand, ASKED, areas=table)


def row(result: Coverage, name: str) -> dict:
    frame = result.areas
    return frame[frame["area_id"] == name].iloc[0].to_dict()


def rest(result: Coverage, level: str, reason: str) -> dict:
    frame = result.areas
    found = frame[(frame["level"] == level) & (frame["reason"] == reason)]
    assert len(found) == 1
    return found.iloc[0].to_dict()


def test_demand_of_an_area_is_served_or_not_or_not_usable(result: Coverage) -> None:
    west = row(result, "west")
    assert (west["demand"], west["places"]) == (430.0, 3)
    assert west["within_500m_demand"] == 400.0  # near: 100 m to S; middle: 410 m to T
    assert west["within_1000m_demand"] == 400.0
    assert west["within_1000m_share"] == pytest.approx(400 / 430)
    assert (west["not_served_demand"], west["not_used_demand"]) == (0.0, 30.0)
    assert (west["places_not_used"], west["served_places"]) == (1, 2)
    # 100 m by 300 people and 410 m by 100, at 1000 m in 15 minutes
    mean = (100 * 300 + 410 * 100) / 400 * 15 / 1000
    assert west["served_mean_minutes"] == pytest.approx(mean, abs=1e-4)
    east = row(result, "east")
    assert (east["demand"], east["not_served_demand"]) == (85.0, 85.0)
    assert east["within_1000m_share"] == 0.0
    assert np.isnan(east["served_mean_minutes"])


def test_two_in_reach_have_to_be_apart(result: Coverage) -> None:
    # near reaches S and T, 300 m apart; middle reaches S, T and E
    assert row(result, "west")["two_in_reach_demand"] == 400.0
    assert row(result, "west")["two_in_reach_share"] == pytest.approx(400 / 430)
    assert row(result, "park")["two_in_reach_share"] == 1.0


def test_gaps_count_where_their_demand_is(result: Coverage) -> None:
    # beyond and further are one gap, far end another; field and outside are too
    east = row(result, "east")
    assert (east["gaps"], east["gaps_demand"], east["largest_gap_demand"]) == (2, 85.0, 75.0)
    west = row(result, "west")
    assert (west["gaps"], west["gaps_demand"]) == (1, 30.0)
    outside = rest(result, "区", "outside_every_area")
    assert (outside["gaps"], outside["gaps_demand"]) == (1, 5.0)
    placed = result.areas[(result.areas["level"] == "区")]
    assert placed["gaps_demand"].sum() == result.gaps["demand"].sum()


def test_stations_by_state_class_and_way_of_building(result: Coverage) -> None:
    west, east = row(result, "west"), row(result, "east")
    names = ("stations", "stations_used", "stations_standard", "stations_micro", "stations_roving")
    assert [west[n] for n in names] == [2, 2, 1, 1, 0]
    assert [east[n] for n in names] == [1, 1, 0, 0, 1]
    assert (west["stations_self_built"], west["stations_co_built"]) == (1, 1)
    assert east["stations_built_unknown"] == 1
    outside = rest(result, "区", "outside_every_area")
    assert [outside[n] for n in names] == [1, 0, 0, 0, 0]
    assert (outside["stations_not_used"], outside["stations_class_unknown"]) == (1, 1)
    assert west["area_km2"] == pytest.approx(1.1, rel=1e-4)
    assert west["stations_per_km2"] == pytest.approx(2 / 1.1, rel=1e-4)
    assert west["stations_per_10k_demand"] == pytest.approx(2 / 0.0430)


def test_what_is_in_no_area_is_a_row_of_its_own(result: Coverage) -> None:
    outside = rest(result, "区", "outside_every_area")
    assert (outside["demand"], outside["not_used_demand"]) == (5.0, 5.0)
    nowhere = rest(result, "区", "area_unknown")
    assert (nowhere["demand"], nowhere["places"], nowhere["places_not_used"]) == (20.0, 2, 2)
    assert nowhere["places_of_unknown_demand"] == 1
    assert row(result, "park")["demand"] == 400.0
    assert rest(result, "园区", "outside_every_area")["demand"] == 120.0


def test_an_area_beyond_the_network_is_listed(result: Coverage) -> None:
    moon = row(result, "moon")
    assert (moon["status"], moon["reason"]) == ("outside_network", "area_outside_network")
    assert (moon["demand"], moon["in_network_share"]) == (0.0, 0.0)
    assert np.isnan(moon["within_1000m_share"])
    levels = {level["level"]: level for level in result.summary["areas"]["levels"]}
    assert (levels["园区"]["used"], levels["园区"]["outside_network"]) == (1, 1)
    assert 0 < row(result, "west")["in_network_share"] < 1


def test_own_columns_and_the_union_stay(result: Coverage) -> None:
    assert row(result, "west")["union"] == "西区总工会"
    assert row(result, "east")["人口"] == 2


def test_the_least_served_come_first(result: Coverage) -> None:
    found = next(s for s in result.summary["areas"]["levels"] if s["level"] == "区")
    assert [(a["id"], a["left_demand"]) for a in found["least_served"]] == [
        ("east", 85.0),
        ("west", 30.0),
    ]
    assert found["rest"]["demand"] == 25.0
    for lang in words.LANGUAGES:
        told = "\n".join(summary_lines(result, lang))
        assert "east" in told
        assert "园区" in told


def test_areas_that_are_all_elsewhere_are_refused(street) -> None:
    table = areas({"moon": shapely.box(90_000, 0, 91_000, 1000)})
    with pytest.raises(AreasError, match="outside the network"):
        cover(street, points({"S": (0, 0)}), None, ASKED, areas=table)


def test_street_is_shared_out_by_the_middle_of_its_pieces(street) -> None:
    table = areas({"west": WEST, "rest": shapely.box(1015, -500, 4100, 500)})
    result = cover(street, points({"S": (0, 0)}), None, ASKED, areas=table)
    west, east = row(result, "west"), row(result, "rest")
    assert west["street_km"] == pytest.approx(1.0, abs=1e-6)
    assert west["within_500m_km"] == pytest.approx(0.5, abs=0.0101)
    assert west["within_1000m_share"] == pytest.approx(1.0)
    assert east["street_km"] == pytest.approx(4 - 1.02, abs=1e-6)  # 1000–1020 m is in the middle
    outside = rest(result, "区", "outside_every_area")
    assert outside["street_km"] == pytest.approx(0.02, abs=1e-6)
    assert "places" not in result.areas
    assert "stations_per_10k_demand" not in result.areas
    for lang in words.LANGUAGES:
        assert any("rest" in line for line in summary_lines(result, lang))


def test_unusable_areas_keep_a_row_and_their_demand_is_outside(street, tmp_path) -> None:
    bow_tie = shapely.Polygon([(-100, -50), (900, 50), (900, -50), (-100, 50)])
    shapes = [shapely.transform(s, degrees) for s in (bow_tie, EAST)]
    own = {"id": ["broken", "east"], "level": ["街道", "区"], "note": ["x", None]}
    table = build_areas(features(shapes, own), path=Path("a"), datum="wgs84")
    demand = sheet(tmp_path / "d.csv", [("near", (100, 0), 300), ("far", (3000, 0), 7)])
    result = cover(street, points({"S": (0, 0)}), demand, ASKED, areas=table)
    broken = row(result, "broken")
    assert (broken["status"], broken["reason"]) == ("not_used", "ring_crosses")
    assert (broken["note"], broken["level"]) == ("x", "街道")
    assert pd.isna(broken["demand"])
    assert rest(result, "街道", "outside_every_area")["demand"] == 307.0
    assert result.summary["areas"]["not_used"] == 1


SUMS = ("demand", "within_500m_demand", "within_1000m_demand", "not_served_demand",
        "not_used_demand", "two_in_reach_demand", "gaps_demand")  # fmt: skip
COUNTS = ("places", "places_not_used", "served_places", "stations", "stations_used")


def some_areas(rng: np.random.Generator, count: int = 12) -> tuple[dict, dict]:
    """Return boxes that overlap, touch and leave ground out, and their levels."""
    drawn, levels = {}, {}
    for i in range(count):
        x, y = rng.integers(-5, 40) * 100, rng.integers(-6, 3) * 100
        name = f"a{rng.integers(10**9)}-{i}"
        wide, high = rng.integers(1, 20) * 100, rng.integers(1, 9) * 100
        drawn[name] = shapely.box(x, y, x + wide, y + high)
        levels[name] = ("区", "街道", "园区")[rng.integers(3)]
    return drawn, levels


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32 - 1))
def test_per_level_everything_adds_up_to_the_whole(street, seed: int) -> None:
    """Overlapping, touching and missing areas: nothing disappears and nothing counts twice."""
    rng = np.random.default_rng(seed)
    count, usable = 80, rng.random(80) < 0.8
    cost = np.where(usable & (rng.random(count) < 0.9), rng.uniform(0, 1500, count), np.nan)
    weight = rng.integers(0, 50, count).astype(float)
    gap = np.where(~(cost <= 1000) & (weight > 0), rng.integers(1, 6, count), 0)
    spots = rng.integers(-6, 45, (count, 2)) * [100, 20] + [0, -400]  # many on borders
    used = rng.random(7) < 0.7
    standing = Standing(
        lonlat=degrees(spots), weight=weight, cost=cost, apart=(cost < 800) & usable,
        usable=usable, gap=gap, lost_rows=3, lost_weight=17.0, lost_unknown=1,
        station_lonlat=degrees(rng.uniform(0, 4000, (7, 2)) - [0, 2000]), station_used=used,
        stations_lost=2, stations_said={"class": ["标准站", None] * 4 + ["?"]}, is_street=False,
    )  # fmt: skip
    drawn, levels = some_areas(rng)
    drawn["sure"], levels["sure"] = shapely.box(0, -10, 10, 10), "区"
    frame, told = by_area(areas(drawn, levels), standing, street, ASKED)
    whole = {
        "demand": weight.sum() + 17,
        "within_500m_demand": weight[cost <= 500].sum(),
        "within_1000m_demand": weight[cost <= 1000].sum(),
        "not_served_demand": weight[usable & ~(cost <= 1000)].sum(),
        "not_used_demand": weight[~usable].sum() + 17,
        "two_in_reach_demand": weight[standing.apart].sum(),
        "gaps_demand": weight[gap > 0].sum(),
        "places": count + 3,
        "places_not_used": (~usable).sum() + 3,
        "served_places": (cost <= 1000).sum(),
        "stations": 9,
        "stations_used": used.sum(),
    }
    for level in set(levels.values()):
        rows = frame[frame["level"] == level]
        assert {name: rows[name].sum() for name in (*SUMS, *COUNTS)} == whole, level
        classes = ["standard", "micro", "roving", "class_unknown"]
        assert rows[[f"stations_{name}" for name in classes]].to_numpy().sum() == 9
        busiest = max((weight[gap == rank].sum() for rank in range(1, 6)), default=0)
        assert rows["largest_gap_demand"].max() <= busiest
    assert sum(level["used"] + level["outside_network"] for level in told["levels"]) == len(drawn)

    backwards = areas(dict(reversed(drawn.items())), levels)
    again = by_area(backwards, standing, street, ASKED)[0]
    mine, theirs = (
        f.dropna(subset="area_id").set_index("area_id")["demand"].sort_index()
        for f in (frame, again)
    )
    pd.testing.assert_series_equal(mine, theirs)


def test_a_whole_run_adds_up_too(street) -> None:
    rng = np.random.default_rng(11)
    drawn, levels = some_areas(rng)
    count = 60
    spots = {f"p{i}": (rng.uniform(-200, 4200), rng.uniform(-170, 170)) for i in range(count)}
    weights = {name: float(rng.integers(0, 50)) for name in spots}
    demand = points(spots, demand=weights)
    stations = points({f"s{i}": (rng.uniform(0, 4000), rng.uniform(-200, 200)) for i in range(6)}
                      | {"sure": (10, 0)})  # fmt: skip
    result = cover(street, stations, demand, ASKED, areas=areas(drawn, levels), with_areas=False)
    base = result.summary
    total = base["denominator"]["total"]
    whole = {
        "demand": sum(weights.values()),
        "within_500m_demand": base["bands"][0]["served"],
        "within_1000m_demand": base["bands"][1]["served"],
        "not_used_demand": base["denominator"]["not_used"],
        "two_in_reach_demand": base["two_in_reach"]["share"] * total,
        "gaps_demand": total - base["bands"][1]["served"],
        "places": count,
        "places_not_used": base["demand_places"]["not_used"],
        "served_places": base["demand_places"]["served"],
        "stations": len(result.stations),
        "stations_used": base["stations"]["used"],
    }
    assert 0 < whole["not_used_demand"] < whole["within_500m_demand"] < whole["demand"]
    for level in set(levels.values()):
        rows = result.areas[result.areas["level"] == level]
        for name, value in whole.items():
            assert rows[name].sum() == pytest.approx(value, abs=1e-6), (level, name)
