"""Who is served: minutes and metres on drawn networks, each length checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from drawn_network import degrees, draw, places, points, way

from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover
from geo.errors import PointsError, RequestError
from geo.network.model import EdgeFlag as F
from geo.points import read_points

# A street of 1200 m with a side street of 600 m:
#
#                 (600,600)
#                     │
#                     │ 600
#                     │
#   (0,0)────600──(600,0)────600────(1200,0)
TEE = (way((0, 0), (600, 0), (1200, 0)), way((600, 0), (600, 600)))


@pytest.fixture(scope="module")
def tee():
    return draw(*TEE)


def walked(network, stations, spots, *, metres=(1000.0,), **options) -> Coverage:
    """Cover with limits in metres, and every pair listed."""
    asked = CoverageRequest(metres, "metres", cell_m=options.pop("cell_m", 50.0), **options)
    return cover(network, points(stations), places(spots), asked, with_od=True)


def metres_of(result: Coverage) -> dict[str, float]:
    """Return metres to the nearest station by place, to the centimetre."""
    found = result.demand.set_index("place_id")["metres"].round(2)
    return {k: v for k, v in found.items() if np.isfinite(v)}


def column(result: Coverage, name: str) -> dict[str, object]:
    return dict(zip(result.demand["place_id"], result.demand[name], strict=True))


def test_both_access_legs_count(tee):
    # 30 to the street, 500 along it, 200 up the side street, 40 to the place.
    result = walked(tee, {"S": (100, 30)}, {"P": (640, 200)})
    assert metres_of(result) == {"P": 770.0}
    assert result.demand["access_m"][0] == 40.0
    assert result.stations["access_m"][0] == 30.0


def test_places_and_stations_within_an_edge(tee):
    spots = {"west": (50, 0), "east": (250, 0), "same": (100, 0), "over": (100, -20)}
    result = walked(tee, {"S": (100, 30)}, spots)
    assert metres_of(result) == {"west": 80.0, "east": 180.0, "same": 30.0, "over": 50.0}


def test_two_stations_on_one_edge_and_a_place_between():
    network = draw(way((0, 0), (1100, 0)))
    stations = {"A": (200, 0), "B": (800, 20)}
    spots = {"a": (450, 10), "b": (560, 0), "middle": (510, 0)}
    result = walked(network, stations, spots)
    # From (450, 10): 260 to A, 380 to B; from (560, 0): 360 and 260; from 510: 310 and 310.
    assert metres_of(result) == {"a": 260.0, "b": 260.0, "middle": 310.0}
    assert column(result, "nearest_station_id")["a"] == "A"
    assert column(result, "nearest_station_id")["b"] == "B"
    pairs = result.od.set_index(["station_id", "place_id"])["metres"].round(2)
    assert pairs["B", "a"] == 380.0
    assert pairs["A", "b"] == 360.0
    assert column(result, "stations_within") == {"a": 2, "b": 2, "middle": 2}


def test_an_edge_may_be_left_by_the_longer_end():
    #  (0,0)━━━━ 300 m, a detour round (0,300),(100,300) of 700 m ━━━━ back to (100, 0)
    network = draw(way((0, 0), (0, 300), (100, 300), (100, 0)), way((0, 0), (100, 0)),
                   way((100, 0), (900, 0)))  # fmt: skip
    # From the top of the detour both ends are near; the station is beyond the short side.
    result = walked(network, {"S": (50, 0)}, {"P": (20, 300), "Q": (90, 300)})
    assert metres_of(result) == {"P": 370.0, "Q": 360.0}


def test_a_tie_goes_to_the_first_id_whatever_the_order(tee):
    spots = {"P": (600, 300), "Q": (300, 0)}
    for ids in (["S1", "S2", "S3"], ["S3", "S1", "S2"]):
        result = walked(tee, dict.fromkeys(ids, (100, 30)), spots)
        assert set(column(result, "nearest_station_id").values()) == {"S1"}
        assert result.stations["station_id"].tolist() == ids
        assert result.circles["station_id"].tolist() == ids


def test_the_limit_is_inclusive(tee):
    station, spots = {"S": (100, 30)}, {"P": (640, 200), "at a junction": (600, 0)}
    cost = walked(tee, station, spots).od.set_index("place_id")["metres"]
    for name, exact in (("P", 770.0), ("at a junction", 530.0)):
        assert cost[name] == exact
        for limit, status in ((exact + 0.01, "served"), (exact - 0.01, "not_served")):
            result = walked(tee, station, spots, metres=(limit,))
            assert column(result, "status")[name] == status
            assert column(result, "stations_within")[name] == int(status == "served")


def test_a_walk_longer_than_the_limit_by_a_rounding_only_is_within_it():
    network = draw(way((0, 0), (500, 0), (1000, 0), (1000, 400)))
    length = float(network.edge_length_m[0])
    result = walked(network, {"S": (1000, 400)}, {"P": (0, 0)}, metres=(np.nextafter(length, 0),))
    assert column(result, "status") == {"P": "served"}
    assert column(result, "stations_within") == {"P": 1}
    assert len(result.od) == 1
    assert result.summary["bands"][0]["share"] == 1.0


def test_the_access_limit_holds_on_both_sides(tee):
    spots = {"near": (300, 149.9), "far": (300, 150.1)}
    result = walked(tee, {"S": (100, 30)}, spots)
    assert column(result, "status") == {"near": "served", "far": "not_used"}
    assert column(result, "reason") == {"near": "", "far": "too_far"}
    result = walked(tee, {"in": (100, 149.9), "out": (200, 150.1)}, {"P": (200, 0)})
    assert result.stations["status"].tolist() == ["used", "not_used"]
    assert result.stations["reason"].tolist() == ["", "too_far"]
    assert metres_of(result) == {"P": 249.9}


def test_minutes_are_of_the_profile(tee):
    asked = CoverageRequest((5.0, 10.0, 15.0), cell_m=50.0)
    result = cover(tee, points({"S": (100, 30)}), places({"P": (640, 200)}), asked)
    # 770 m at 1000 m in 15 min are 11.55 min; at 4.8 km/h 9.625 min.
    assert result.demand["minutes"][0] == 11.55
    assert "metres" not in result.demand
    adult = CoverageRequest((15.0,), profile="adult", cell_m=50.0)
    result = cover(tee, points({"S": (100, 30)}), places({"P": (640, 200)}), adult)
    assert result.demand["minutes"][0] == 9.625


def test_metres_also_have_minutes(tee):
    result = walked(tee, {"S": (100, 30)}, {"P": (640, 200)})
    assert result.demand["minutes"][0] == 11.55
    assert result.circles[["metres", "minutes"]].iloc[0].tolist() == [1000.0, 15.0]


# Directions: a lane from (0,0) to (400,0) that may be walked eastwards only, and a way round
# it of 1000 m over (0,300) and (400,300).
@pytest.mark.parametrize("flag", [F.FORWARD_ONLY, F.FORWARD_ONLY | F.CONVEYING])
def test_minutes_run_from_the_place_to_the_station(flag):
    network = draw(
        way((0, 0), (400, 0), flags=flag),
        way((0, 0), (0, 300), (400, 300), (400, 0)),
        way((-100, 0), (0, 0)),
        way((400, 0), (500, 0)),
    )
    result = walked(network, {"east": (500, 0)}, {"P": (-100, 0), "in": (150, 0)})
    assert metres_of(result) == {"P": 600.0, "in": 350.0}
    result = walked(network, {"west": (-100, 0)}, {"P": (500, 0), "in": (150, 0)}, metres=(2000.0,))
    # Against the lane one goes round; from within it, forward first: 250 + 1000 + 100.
    assert metres_of(result) == {"P": 1200.0, "in": 1350.0}
    # On the lane itself: the station behind the place is a whole round away.
    result = walked(network, {"S": (100, 0)}, {"ahead": (50, 0), "behind": (150, 0)},
                    metres=(2000.0,))  # fmt: skip
    assert metres_of(result) == {"ahead": 50.0, "behind": 1350.0}


def test_backward_only_is_the_mirror():
    network = draw(way((0, 0), (1200, 0), flags=F.BACKWARD_ONLY))
    result = walked(network, {"S": (300, 0)}, {"east": (700, 0), "west": (100, 0)})
    assert metres_of(result) == {"east": 400.0}
    assert column(result, "reason") == {"east": "", "west": "no_route"}
    assert result.demand["nearest_station_id"].isna().tolist() == [False, True]


def test_places_and_stations_on_the_junctions_of_a_one_way():
    network = draw(way((0, 0), (333.3, 77.7), (700, 0), flags=F.BACKWARD_ONLY),
                   way((700, 0), (1400, 0)), way((0, 0), (-900, 0)))  # fmt: skip
    result = walked(network, {"S": (1400, 0), "T": (-900, 0)}, {"P": (700, 0), "Q": (0, 0)})
    assert metres_of(result) == {"P": 700.0, "Q": 900.0}


# Stairs of 60 m between two streets, and a ramp round them of 460 m:
#
#  (0,0)────500────(500,0)▒60▒(500,60)────500────(1000,60)
#                     └── 200 + 60 + 200 over x = 700 ──┘
@pytest.fixture(scope="module")
def stairs():
    return draw(
        way((0, 0), (500, 0)),
        way((500, 0), (500, 60), flags=F.STEPS),
        way((500, 0), (700, 0), (700, 60), (500, 60)),
        way((500, 60), (-200, 60)),
    )


@pytest.mark.parametrize(
    ("profile", "seconds"),
    [
        ("shuang15", (400 + 60 + 200) * 0.9),
        ("adult", 600 / (4.8 / 3.6) + 60 / 0.5),
        ("elder", 600 / 0.92 + 60 / 0.345),
        ("stroller", (400 + 460 + 200) / 1.067),
        ("wheelchair", (400 + 460 + 200) / 0.914),
    ],
)
def test_stairs_by_profile(stairs, profile, seconds):
    asked = CoverageRequest((60.0,), profile=profile, cell_m=50.0)
    result = cover(stairs, points({"S": (100, 0)}), places({"P": (300, 60)}), asked)
    assert result.demand["minutes"][0] == pytest.approx(seconds / 60, abs=1e-4)


def test_a_wheelchair_takes_no_conveyor_and_no_forbidden_way():
    for flag in (F.CONVEYING, F.NO_WHEELCHAIR):
        network = draw(
            way((0, 0), (1000, 0)),
            way((1000, 0), (1000, 60), flags=flag),
            way((1000, 60), (0, 60)),
        )
        spots, station = {"P": (900, 60)}, {"S": (900, 0)}
        assert metres_of(walked(network, station, spots)) == {"P": 260.0}
        barred = walked(network, station, spots, profile="wheelchair", min_component_m=900.0)
        assert column(barred, "reason") == {"P": "no_route"}


def test_a_profile_that_may_walk_nowhere_gets_one_sentence():
    network = draw(way((0, 0), (2000, 0), flags=F.STEPS))
    with pytest.raises(PointsError) as refusal:
        walked(network, {"S": (100, 0)}, {"P": (200, 0)}, profile="wheelchair")
    assert str(refusal.value).count(".") == 1
    assert "no walkable street" in str(refusal.value)


# Islands: a main street, and a yard of 600 m that nothing connects.
@pytest.fixture(scope="module")
def yard():
    return draw(way((0, 0), (2000, 0)), way((0, 300), (600, 300)))


def test_an_island_is_named_where_nothing_else_is_near(yard):
    spots = {"yard": (300, 310), "both": (300, 140), "none": (1300, 200), "street": (300, 5)}
    result = walked(yard, {"S": (100, 0), "I": (300, 290)}, spots)
    assert column(result, "reason") == {
        "yard": "island", "both": "", "none": "too_far", "street": "",
    }  # fmt: skip
    assert result.stations.set_index("station_id")["reason"].to_dict() == {"S": "", "I": "island"}
    # (300, 160) is 140 m from the yard and 160 m from the street: with 170 m it joins the street.
    assert column(walked(yard, {"S": (100, 0)}, {"P": (300, 160)}), "reason") == {"P": "island"}
    result = walked(yard, {"S": (100, 0)}, {"P": (300, 160)}, max_access_m=170.0)
    assert metres_of(result) == {"P": 360.0}


def test_what_counts_as_an_island_can_be_asked(yard):
    result = walked(yard, {"I": (300, 290)}, {"P": (500, 310)}, min_component_m=500.0)
    assert metres_of(result) == {"P": 220.0}


def test_components_are_numbered_by_length(yard):
    result = walked(yard, {"S": (100, 0), "I": (300, 290)}, {"P": (0, 0)}, min_component_m=500.0)
    assert result.stations["component"].tolist() == [0, 1]


def test_outside_the_network(yard):
    result = walked(yard, {"S": (100, 0), "far": (90_000, 0)}, {"P": (9000, 0), "Q": (0, 9000)})
    assert set(result.demand["reason"]) == {"outside_network"}
    assert result.stations["reason"].tolist() == ["", "outside_network"]


# A river of 100 m with a street on either bank and one bridge in the west:
#
#   y=140 ═════════════════ north street, 2000 m
#     120 ~~~║~~~~~~~~~~~~~
#      20 ~~~║~~~~~~~~~~~~~
#       0 ═══╩═════════════ south street, 2000 m
def river(**bridge):
    return draw(
        way((0, 0), (2000, 0)),
        way((0, 140), (2000, 140)),
        *([way((0, 0), (0, 140), **bridge)] if bridge else []),
        water=[shapely.box(-1000, 20, 3000, 120)],
    )


def test_a_river_is_crossed_on_the_bridge_only():
    station, spots = {"S": (500, 0)}, {"over": (500, 140), "bank": (500, 125)}
    result = walked(river(flags=F.BRIDGE), station, spots, metres=(2000.0,))
    assert metres_of(result) == {"over": 1140.0, "bank": 1155.0}
    result = walked(river(), station, spots, metres=(2000.0,))
    assert column(result, "reason") == {"over": "no_route", "bank": "no_route"}


def test_a_place_on_the_water_or_on_the_bridge_is_not_used():
    spots = {"boat": (500, 60), "bridge": (0, 70)}
    result = walked(river(flags=F.BRIDGE), {"S": (500, 0)}, spots)
    assert column(result, "reason") == {"boat": "across_water", "bridge": "across_water"}


def test_a_place_on_the_bank_does_not_reach_over():
    # The station's bank is 15 m off, the other street 125 m: only its own counts.
    result = walked(river(), {"S": (500, 15)}, {"P": (600, 0), "Q": (600, 140)})
    assert column(result, "status") == {"P": "served", "Q": "not_served"}


def test_ferries_carry_nobody():
    result = walked(river(flags=F.FERRY), {"S": (500, 0)}, {"P": (100, 140)}, metres=(3000.0,))
    assert column(result, "reason") == {"P": "no_route"}


@pytest.mark.parametrize("flag", [F.TUNNEL, F.INDOOR])
def test_tunnels_are_walked_but_not_joined(flag):
    network = draw(way((0, 0), (1000, 0)), way((1000, 0), (1000, 300), flags=flag),
                   way((1000, 300), (0, 300)))  # fmt: skip
    spots = {"through": (900, 300), "beside": (1010, 200)}
    result = walked(network, {"S": (900, 0)}, spots, metres=(2000.0,))
    # Beside the passage one joins the street's corner at (1000, 300), 100.5 m away.
    assert metres_of(result) == {"through": 500.0, "beside": 500.5}


def test_a_wall_keeps_a_place_from_the_street_behind_it():
    wall = shapely.LineString([(0, 20), (1000, 20)])
    network = draw(way((0, 0), (1000, 0)), way((1000, 0), (1000, 100), (0, 100)), barriers=[wall])
    result = walked(network, {"S": (500, 0)}, {"P": (500, 30)}, metres=(2000.0,))
    assert metres_of(result) == {"P": 1170.0}


def test_every_station_and_place_is_in_exactly_one_state(yard):
    rng = np.random.default_rng(5)
    xy = rng.uniform((-400, -400), (2400, 700), (60, 2))
    spots = {f"p{i}": tuple(p) for i, p in enumerate(xy)}
    stations = {f"s{i}": tuple(p) for i, p in enumerate(xy[::3])}
    result = walked(yard, stations, spots, metres=(300.0,))
    for frame, ids, states in (
        (result.demand, spots, {"served", "not_served", "not_used"}),
        (result.stations, stations, {"used", "not_used"}),
    ):
        assert sorted(frame.iloc[:, 0]) == sorted(ids)
        assert set(frame["status"]) == states
        assert ((frame["reason"] == "") == frame["status"].isin(["served", "used"])).all()
        assert (frame["access_m"].isna() == (frame["status"] == "not_used")).all()
    demand = result.demand
    assert ((demand["stations_within"] > 0) == (demand["status"] == "served")).all()
    assert (demand.loc[demand["status"] == "not_used", "minutes"].isna()).all()


def test_the_table_of_pairs_agrees_with_the_nearest(tee):
    rng = np.random.default_rng(6)
    spots = {f"p{i}": tuple(p) for i, p in enumerate(rng.uniform((0, -60), (1200, 600), (80, 2)))}
    stations = {f"s{i}": (float(x), 0.0) for i, x in enumerate(rng.uniform(0, 1200, 9))}
    result = walked(tee, stations, spots, metres=(500.0,))
    demand = result.demand.set_index("place_id")
    pairs = result.od.groupby("place_id")
    served = demand.index[demand["status"] == "served"]
    assert set(pairs.groups) == set(served)
    assert pairs["metres"].min().to_dict() == demand.loc[served, "metres"].to_dict()
    assert pairs.size().to_dict() == demand.loc[served, "stations_within"].to_dict()
    nearest = result.od.loc[pairs["metres"].idxmin()].set_index("place_id")["station_id"]
    assert nearest.to_dict() == demand.loc[served, "nearest_station_id"].to_dict()


def test_one_edge_is_a_network():
    network = draw(way((0, 0), (1100, 0)))
    result = walked(network, {"S": (0, 0)}, {"P": (1100, 0), "Q": (1100, 100)}, metres=(1100.0,))
    assert metres_of(result) == {"P": 1100.0, "Q": 1200.0}
    assert len(result.circles) == 1


def test_points_may_stand_outside_the_box_of_the_network(tee):
    result = walked(tee, {"S": (-100, 0)}, {"P": (1300, 0), "Q": (0, -140)}, metres=(2000.0,))
    assert metres_of(result) == {"P": 1400.0, "Q": 240.0}


def test_bands_are_cumulative_sorted_and_checked():
    assert CoverageRequest((15.0, 5.0, 15.0)).limits == (5.0, 15.0)
    for limits, unit in (((-5.0,), "minutes"), ((61.0,), "minutes"), ((), "minutes"),
                         ((float("nan"),), "minutes"), ((10.0,), "metres"),
                         (tuple(range(1, 8)), "minutes"), ((5.0,), "miles")):  # fmt: skip
        with pytest.raises(RequestError):
            CoverageRequest(limits, unit)
    for option in ("cell_m", "max_access_m", "apart_m", "min_component_m", "gap_link_m"):
        with pytest.raises(RequestError, match=option):
            CoverageRequest(**{option: float("nan")})


def test_a_row_of_totals_is_no_station_and_no_place(tee, tmp_path):
    lon, lat = degrees((100, 30))[0]
    rows = f"编号,名称,经度,纬度,人数\nS,站,{lon},{lat},10\nX,无址,,,5\n合计,,,,15\n"
    path = tmp_path / "a.csv"
    path.write_text(rows, encoding="utf-8")
    stations = read_points(path, kind="stations", datum="wgs84")
    demand = read_points(path, kind="demand", datum="wgs84")
    assert stations.no_places == 1
    result = cover(tee, stations, demand)
    counted = result.summary["stations"]
    assert (counted["total"], counted["used"], counted["not_used"]) == (2, 1, 1)
    assert counted["no_places"] == 1
    assert set(result.stations["reason"]) == {"", "no_position"}
    assert result.summary["denominator"]["total"] == 15.0
    assert len(result.demand) == 2
