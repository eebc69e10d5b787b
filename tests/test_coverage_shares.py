"""Shares and their denominators: demand, street length, the readings of 双15, pairs of stations."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from drawn_network import degrees, draw, places, points, way

from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover
from geo.network.model import EdgeFlag as F
from geo.points import PointTable, read_points

# A street of 4 km along y = 0.
STREET = way((0, 0), (4000, 0))


@pytest.fixture(scope="module")
def street():
    return draw(STREET)


def asked(*metres: float, **options) -> CoverageRequest:
    return CoverageRequest(metres or (1000.0,), "metres", cell_m=50.0, **options)


def sheet(path: Path, rows: list[tuple]) -> PointTable:
    """Read demand from a table with an id, a position in drawn metres (or text) and people."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "lon", "lat", "people"])
        for name, where, people in rows:
            if isinstance(where, tuple):
                lon, lat = (f"{d:.8f}" for d in degrees([where])[0])
            else:
                lon, lat = where, ""
            out.writerow([name, lon, lat, people])
    return read_points(path, kind="demand", datum="wgs84")


def band_share(result: Coverage, band: int = -1) -> float:
    return result.summary["bands"][band]["share"]


def test_what_cannot_be_used_stays_in_the_denominator(street, tmp_path):
    demand = sheet(
        tmp_path / "demand.csv",
        [
            ("near", (100, 0), 300),
            ("middle", (900, 10), 100),
            ("beyond", (2500, 0), 50),
            ("field", (500, 400), 30),  # no street within 150 m
            ("no place", "", 20),  # a row fault with a known weight
            ("合计", "", 500),  # a total row counts for nothing
        ],
    )
    result = cover(street, points({"S": (0, 0)}), demand, asked(500.0, 1000.0))
    base = result.summary["denominator"]
    assert (base["total"], base["not_used"]) == (500.0, 50.0)
    assert base["not_used_share"] == 0.1
    assert base["kind"] == "demand"
    assert [b["served"] for b in result.summary["bands"]] == [300.0, 400.0]
    assert [b["share"] for b in result.summary["bands"]] == [0.6, 0.8]
    states = result.demand.set_index("place_id")["status"]
    assert states.value_counts().to_dict() == {"served": 2, "not_served": 1, "not_used": 2}
    counts = result.summary["demand_places"]
    assert (counts["total"], counts["served"], counts["not_used"]) == (5, 2, 2)
    assert counts["no_places"] == 1
    # (100 · 300 + 910 · 100) / 400 metres, at 1000 m in 15 min
    mean = (100 * 300 + 910 * 100) / 400 * 15 / 1000
    assert result.summary["mean_minutes_of_served"] == pytest.approx(mean, abs=1e-4)


def test_demand_of_unknown_weight_is_counted_apart(street, tmp_path):
    demand = sheet(
        tmp_path / "demand.csv",
        [("a", (100, 0), 10), ("b", (200, 0), "many"), ("c", (3000, 0), 10), ("d", (300, 0), -4)],
    )
    result = cover(street, points({"S": (0, 0)}), demand, asked())
    base = result.summary["denominator"]
    assert base["places_of_unknown_demand"] == 2
    assert base["total"] == 20.0
    assert band_share(result) == 0.5
    assert len(result.demand) == 4


def test_without_weights_every_place_counts_as_one(street):
    spots = {"a": (100, 0), "b": (500, 0), "c": (3000, 0), "d": (2000, 900)}
    result = cover(street, points({"S": (0, 0)}), places(spots), asked())
    assert band_share(result) == 0.5
    assert result.summary["denominator"]["total"] == 4.0


def test_demand_of_no_weight_at_all_has_no_share(street):
    result = cover(street, points({"S": (0, 0)}), places({"a": (100, 0)}, 0.0), asked())
    assert band_share(result) is None
    assert result.summary["denominator"]["not_used_share"] is None
    assert set(result.summary["shuang15"].values()) == {None}
    assert result.summary["mean_minutes_of_served"] is None
    assert result.demand["status"].tolist() == ["served"]


def test_street_length_served_without_demand():
    #                   ┃ 400, stairs (nobody stands on them)
    #   ━━━━━━━━━━━━━━━━┻━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   and an island of 500
    #   0      station  1000                        4000
    network = draw(
        way((0, 0), (1000, 0), (4000, 0)),
        way((1000, 0), (1000, 400), flags=F.STEPS),
        way((0, 700), (500, 700)),
    )
    result = cover(network, points({"S": (500, 0)}), None, asked(300.0, 1000.0))
    base = result.summary["denominator"]
    assert base["kind"] == "street_km"
    assert base["total"] == pytest.approx(4.5, abs=1e-4)
    assert base["not_used"] == pytest.approx(0.5, abs=1e-4)
    # 300 m both ways, then 500 to the street's end and 1000 the other way; pieces of 20 m
    # count as a whole by their middle.
    assert [b["served"] for b in result.summary["bands"]] == pytest.approx([0.6, 1.5], abs=0.021)
    assert band_share(result) == pytest.approx(1.5 / 4.5, abs=0.005)
    assert result.demand is None
    assert result.od is None
    rows = result.gaps
    assert rows["street_km"].sum() == pytest.approx(3.0, abs=0.021)
    assert set(rows.columns) >= {"rank", "street_km", "area_km2"}


def test_the_three_readings_of_shuang15():
    #    Q (0,990)
    #    ┃
    #    ┃ 990                          S stands 20 m off the street
    #    ┃        S
    #    ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    #    0       100     …      4000
    network = draw(way((0, 990), (0, 0), (4000, 0)))
    spots = {
        "P1": (1000, 0),  # 900.2 straight, 920 walked
        "Q": (0, 990),  # 975.1 straight, 1110 walked
        "P2": (1090, 0),  # 990.2 straight, 1010 walked
        "P3": (1200, 0),  # 1100.2 straight, 1120 walked
        "P4": (1300, 0),  # 1220 walked
    }
    result = cover(network, points({"S": (100, 20)}), places(spots), asked(300.0))
    assert result.summary["shuang15"] == {
        "straight_1km": 3 / 5,
        "walked_1000m": 1 / 5,
        "walked_15min_4_8kmh": 4 / 5,
    }
    # The readings do not hang on the profile's pace.
    elder = CoverageRequest((5.0,), profile="elder", cell_m=50.0)
    again = cover(network, points({"S": (100, 20)}), places(spots), elder)
    assert again.summary["shuang15"] == result.summary["shuang15"]


def pair_share(network, xs: dict[str, float], **options) -> tuple[float, float]:
    spots = {"P": (500, 0), "Q": (2500, 0)}
    stations = points({name: (x, 0) for name, x in xs.items()})
    two = cover(network, stations, places(spots), asked(**options)).summary["two_in_reach"]
    return two["share"], two["share_ignoring_distance"]


@pytest.mark.parametrize(
    ("xs", "expected"),
    [
        ({"A": 300}, (0.0, 0.0)),
        ({"A": 300, "B": 300}, (0.0, 0.5)),
        ({"A": 300, "B": 499}, (0.0, 0.5)),
        ({"A": 300, "B": 501}, (0.5, 0.5)),
        # Each is near to its neighbour, but the first and the last are apart.
        ({"A": 300, "B": 450, "C": 600}, (0.5, 0.5)),
        ({"B": 450, "A": 300, "C": 499}, (0.0, 0.5)),
        # Two apart, but only one of them in reach of P, the other of Q.
        ({"A": 300, "B": 2600}, (0.0, 0.0)),
        ({"A": 300, "B": 600, "C": 2300, "D": 2700}, (1.0, 1.0)),
    ],
)
def test_two_stations_in_reach_at_least_200_m_apart(street, xs, expected):
    assert pair_share(street, xs) == expected


def test_how_far_apart_is_a_parameter(street):
    xs = {"A": 300, "B": 499}
    assert pair_share(street, xs, apart_m=199.5)[0] == 0.0
    assert pair_share(street, xs, apart_m=198.5)[0] == 0.5
    assert pair_share(street, {"A": 300, "B": 300}, apart_m=0.0)[0] == 0.5


def test_many_stations_around_one_place(street):
    """More than the kernel's first buffer of kept stations holds."""
    xs = np.linspace(0, 150, 1500)
    stations = points({f"s{i:04}": (x, 0) for i, x in enumerate(xs)})
    result = cover(street, stations, places({"P": (500, 0), "Q": (2500, 0)}), asked())
    assert result.demand["stations_within"].tolist() == [1500, 0]
    assert result.summary["two_in_reach"]["share"] == 0.0
    assert result.summary["two_in_reach"]["share_ignoring_distance"] == 0.5


def test_counts_of_stations_and_reasons(street):
    stations = points({"S": (0, 0), "far": (500, 500), "gone": (500, 20_000)})
    result = cover(street, stations, None, asked())
    assert result.summary["stations"] == {
        "total": 3,
        "used": 1,
        "not_used": 2,
        "reasons": {"outside_network": 2},
        "no_places": 0,
    }
