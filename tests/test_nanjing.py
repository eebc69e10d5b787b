"""The real streets of Nanjing, beside the checkout: the bridge, and another router's distances."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geo.coverage.placing import lay_ground, place
from geo.coverage.reach import Places, costs_of, od_table, seeds_of
from geo.coverage.request import CoverageRequest
from geo.network.model import WalkNetwork
from geo.osm.overrides import Overrides
from geo.osm.read import read_osm
from geo.search import search_each

STREETS = "data/nanjing_city_roads_osm2021.osm.pbf"

pytestmark = pytest.mark.shared


@pytest.fixture(scope="session")
def nanjing(shared: Path) -> WalkNetwork:
    return read_osm(shared / STREETS)


def walked_km(network: WalkNetwork, start: np.ndarray, goal: np.ndarray, access: float):
    """Return (s, g) kilometres from every start to every goal, NaN where there is no way."""
    asked = CoverageRequest((1000.0,), "metres", max_access_m=access)
    ground = lay_ground(network, asked)
    costs = costs_of(network, asked.scale.profile)
    stations, spots = (place(ground, lonlat, access) for lonlat in (goal, start))
    seeds, on_edge = seeds_of(costs, stations, 1.0)
    places = Places(
        spots.snapped.edge, spots.snapped.share, spots.snapped.access_m, np.ones(len(start))
    )
    reach = search_each(costs.graph, seeds, 1e6)
    station, spot, metres = od_table(costs, reach, on_edge, places, limit=1e6, cost_per_m=1.0)
    table = np.full((len(start), len(goal)), np.nan)
    table[spot, np.flatnonzero(stations.used)[station]] = metres / 1000
    return table


def over_the_river_km(network: WalkNetwork, shared: Path) -> float:
    """Return the walk from 阅江楼 to 浦口火车站, both somewhat off the drive roads."""
    with (shared / "facts" / "sites.csv").open(encoding="utf-8") as file:
        sites = {row["name_zh"]: row for row in csv.DictReader(file)}
    start, goal = (
        np.array([[float(sites[name]["lon"]), float(sites[name]["lat"])]])
        for name in ("阅江楼", "浦口火车站")
    )
    return float(walked_km(network, start, goal, 600.0)[0, 0])


def test_the_river_is_crossed_on_the_bridge(nanjing, shared):
    assert 11.0 <= over_the_river_km(nanjing, shared) <= 12.5


def test_without_the_bridge_there_is_no_way(shared):
    import osmium

    ways = osmium.FileProcessor(str(shared / STREETS)).with_filter(osmium.filter.KeyFilter("foot"))
    bridge = frozenset(
        w.id
        for w in ways
        if w.is_way() and w.tags.get("foot") == "yes" and w.tags.get("bridge") == "yes"
    )
    assert bridge
    cut = read_osm(shared / STREETS, overrides=Overrides(forbidden=bridge))
    assert np.isnan(over_the_river_km(cut, shared))


def test_distances_agree_with_another_router(nanjing, shared):
    """Valhalla's pedestrian matrix of 9 × 23 sights; on drive roads only, so not to the metre."""
    path = shared / "data" / "nanjing_valhalla_walk_matrix_subset.json"
    matrix = json.loads(path.read_text(encoding="utf-8"))
    ids, lonlat = matrix["locationIds"], np.array(matrix["locations"])[:, ::-1]
    ours = walked_km(nanjing, lonlat, lonlat, 600.0)
    theirs = np.full_like(ours, np.nan)
    for name, row in matrix["distancesKm"].items():
        theirs[ids.index(name)] = row
    compared = (theirs > 0) & ~np.eye(len(ids), dtype=bool)
    ratio = (ours / np.where(compared, theirs, np.nan))[compared]
    # One sight is an island in a lake, 600 m from any drive road; it counts as a miss.
    assert np.isnan(ratio).sum() <= 9
    assert (np.abs(ratio - 1) <= 0.15).mean() >= 0.75
    assert 0.97 <= np.nanmedian(ratio) <= 1.03
