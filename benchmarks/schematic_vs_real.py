"""The schematic network beside the real roads: do avenues lie where they lie, how far is a walk?

``python -m benchmarks.schematic_vs_real [FOLDER]`` with the trial data of `FOLDER`
(``../shared`` beside the checkout): the city's roads, the sites and the metro stations.

Three questions. How far is each avenue from the nearest real road that runs its way (within 20°),
beside the same avenues moved at random? How long is the walk between two crossings of avenues on
either network? And how long is a walk for its straight line? The second half lists what lies far
from any street.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from scipy.spatial import cKDTree

from geo.errors import PlannerError
from geo.network import EdgeFlag, WalkNetwork
from geo.network.model import FloatArray
from geo.osm import read_osm
from geo.schematic import schematic_network
from geo.schematic.facts import Street, read_facts
from geo.schematic.plane import to_degrees, to_plane
from geo.search import Graph, Seeds, search_each

ROADS = Path("data") / "nanjing_city_roads_osm2021.osm.pbf"
BESIDE = Path(__file__).parents[1].parent / "shared"
BEARING = 20.0
FAR_M = 400.0  # further than this counts as this
STEP_M = 50.0
MOVED_M = (250.0, 750.0)
OFF_M = 100.0
NEAR_M = 150.0
SEED = 7


@dataclass(frozen=True)
class Fit:
    """What was measured; metres, and walked ÷ straight or schematic ÷ real."""

    offsets: dict[str, float]
    random_m: float
    ratio: FloatArray
    schematic_detour: FloatArray
    real_detour: FloatArray

    @property
    def offset_m(self) -> float:
        """Median over the avenues."""
        return float(np.median(list(self.offsets.values())))


def compare(drawn: WalkNetwork, roads: Path, *, moves: int = 8, pairs: int = 2000) -> Fit:
    """Measure the schematic network `drawn` beside the roads in the file `roads`.

    `moves` is how often each avenue is moved at random, `pairs` how many walks are compared.
    """
    real = read_osm(roads)
    rng = np.random.default_rng(SEED)
    streets = [s for s in read_facts().streets if s.name and s.highway != "footway"]
    segments = _Segments(roads)
    offsets = {str(s.name): float(np.median(segments.offsets(s.xy))) for s in streets}
    moved = [segments.offsets(s.xy + _move(rng)) for s in streets for _ in range(moves)]
    ends, far = _crossing_pairs(streets, rng, pairs)
    lengths = [walks(network, ends) for network in (drawn, real)]
    both = np.isfinite(lengths[0]) & np.isfinite(lengths[1]) & (far > 500)
    return Fit(
        offsets,
        float(np.median(np.concatenate(moved))),
        lengths[0][both] / lengths[1][both],
        detours(drawn, rng, pairs),
        lengths[1][both] / far[both],
    )


def detours(network: WalkNetwork, rng: np.random.Generator, count: int) -> FloatArray:
    """Return walked ÷ straight for random junctions 0.5–4 km apart on one bank of the Yangtze."""
    xy = to_plane(np.column_stack([network.node_lon, network.node_lat]))
    degree = np.diff(network.indptr)
    pool = np.flatnonzero(degree > 0)
    a, b = rng.choice(pool, (2, 6 * count))
    straight = np.hypot(*(xy[a] - xy[b]).T)
    river = max(read_facts().water, key=shapely.area)
    crosses = shapely.intersects(river, shapely.linestrings(np.stack([xy[a], xy[b]], axis=1)))
    fit = np.flatnonzero((straight > 500) & (straight < 4000) & ~crosses)[:count]
    walked = _between(network, a[fit], b[fit])
    return np.asarray((walked / straight[fit])[np.isfinite(walked)])


def distances_to_streets(network: WalkNetwork, lonlat: FloatArray) -> FloatArray:
    """Return metres from each place to the nearest edge that one can step on."""
    edges = network.edges
    edges = edges[~(edges.ferry | edges.over_water)]
    lines = shapely.transform(edges.geometry.to_numpy(), to_plane)
    tree = shapely.STRtree(lines)
    places = shapely.points(to_plane(lonlat))
    return np.asarray(shapely.distance(places, lines[tree.nearest(places)]))


def walks(network: WalkNetwork, pairs: FloatArray, *, closed: Any = None) -> FloatArray:
    """Return metres on foot between (k, 2, 2) places in degrees, pair by pair.

    NaN where one is over `OFF_M` from a junction, or where there is no way; `closed` edges are
    not walked.
    """
    nodes = to_plane(np.column_stack([network.node_lon, network.node_lat]))
    main = np.flatnonzero(network.component == 0)
    away, node = cKDTree(nodes[main]).query(to_plane(pairs))
    node = main[node].reshape(-1, 2)
    walked = _between(network, node[:, 0], node[:, 1], closed)
    walked[(away.reshape(-1, 2) > OFF_M).any(axis=1)] = np.nan
    return walked


def places_inside(file: Path) -> tuple[list[str], FloatArray]:
    """Return names and (k, 2) degrees of the places of a table that the network covers."""
    with file.open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["lon"]]
    lonlat = np.array([[float(row["lon"]), float(row["lat"])] for row in rows])
    inside = shapely.contains_xy(read_facts().area, to_plane(lonlat))
    return [row["name_zh"] for row, within in zip(rows, inside, strict=True) if within], lonlat[
        inside
    ]


class _Segments:
    """The straight pieces of all roads in a file, whoever may use them, with their bearings."""

    def __init__(self, roads: Path) -> None:
        ways = osmium.FileProcessor(str(roads), osmium.osm.WAY | osmium.osm.NODE).with_locations()
        pieces = []
        for way in ways.with_filter(osmium.filter.KeyFilter("highway")):
            if way.is_way():
                at = [node.location for node in way.nodes if node.location.valid()]
                xy = to_plane([(place.lon, place.lat) for place in at])
                pieces.append(np.stack([xy[:-1], xy[1:]], axis=1))
        ends = np.concatenate(pieces)
        self.lines = shapely.linestrings(ends)
        self.bearing = _bearing(ends)
        self.tree = shapely.STRtree(self.lines)

    def offsets(self, course: FloatArray) -> FloatArray:
        """Return metres to the nearest road along `course`, every `STEP_M`."""
        points, bearing = _samples(course)
        at, road = self.tree.query(points, predicate="dwithin", distance=FAR_M)
        turn = np.abs((bearing[at] - self.bearing[road] + 90) % 180 - 90)
        at, road = at[turn <= BEARING], road[turn <= BEARING]
        nearest = np.full(len(points), FAR_M)
        np.minimum.at(nearest, at, shapely.distance(points[at], self.lines[road]))
        return nearest


def _bearing(ends: FloatArray) -> FloatArray:
    east, north = (ends[:, 1] - ends[:, 0]).T
    return np.asarray(np.degrees(np.arctan2(east, north)) % 180)


def _samples(course: FloatArray) -> tuple[Any, FloatArray]:
    """Return points along a course and the bearing of the piece each is on."""
    points, bearing = [], []
    for ends in np.stack([course[:-1], course[1:]], axis=1):
        length = float(np.hypot(*(ends[1] - ends[0])))
        share = (np.arange(max(1, int(length // STEP_M))) + 0.5) * STEP_M / max(length, STEP_M)
        points.append(ends[0] + share[:, None] * (ends[1] - ends[0]))
        bearing.append(np.repeat(_bearing(ends[None]), share.size))
    return shapely.points(np.concatenate(points)), np.concatenate(bearing)


def _move(rng: np.random.Generator) -> FloatArray:
    turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(*MOVED_M)
    return np.array([np.cos(turn), np.sin(turn)]) * far


def _crossing_pairs(
    streets: list[Street], rng: np.random.Generator, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return (k, 2, 2) degrees of pairs of crossings of named avenues, and metres between them."""
    lines = [shapely.LineString(s.xy) for s in streets if not s.bridge]
    tree = shapely.STRtree(lines)
    i, j = tree.query(lines, predicate="intersects")
    met = shapely.intersection(np.array(lines)[i[i < j]], np.array(lines)[j[i < j]])
    places = shapely.get_coordinates(met[shapely.get_type_id(met) == 0])
    a, b = rng.integers(0, len(places), (2, count))
    far = np.hypot(*(places[a] - places[b]).T)
    ends = np.stack([to_degrees(places[a]), to_degrees(places[b])], axis=1)
    return ends, far


def _between(network: WalkNetwork, start: Any, end: Any, closed: Any = None) -> FloatArray:
    """Return metres on foot between junctions, pair by pair; NaN where there is no way."""
    edge = np.asarray(network.arc_edge)
    barred = network.has(EdgeFlag.FERRY) | (False if closed is None else closed)
    length = np.where(barred, np.inf, network.edge_length_m)
    graph = Graph(np.asarray(network.indptr), np.asarray(network.arc_head), length[edge])
    sources, which = np.unique(start, return_inverse=True)
    seeds = Seeds(np.arange(sources.size + 1), sources.astype(np.int32), np.zeros(sources.size))
    reach = search_each(graph, seeds, 40_000.0)
    walked = np.full(len(which), np.nan)
    for k, source in enumerate(which):
        nodes, costs = reach.of(int(source))
        hit = np.flatnonzero(nodes == end[k])
        if hit.size:
            walked[k] = costs[hit[0]]
    return walked


def _show(fit: Fit) -> None:
    for name, offset in sorted(fit.offsets.items(), key=lambda item: -item[1]):
        print(f"{offset:7.0f} m  {name}")
    over = sum(offset > 60 for offset in fit.offsets.values())
    print(f"\n{len(fit.offsets)} avenues, {over} over 60 m; median {fit.offset_m:.0f} m,")
    print(f"moved at random {fit.random_m:.0f} m")
    for what, values in (
        ("crossing to crossing, schematic ÷ real", fit.ratio),
        ("walked ÷ straight, schematic, 0.5–4 km", fit.schematic_detour),
        ("walked ÷ straight, real, between crossings", fit.real_detour),
    ):
        low, middle, high = np.percentile(values, [10, 50, 90])
        print(f"{what}: median {middle:.3f}, 10–90 % {low:.3f}–{high:.3f} ({values.size} pairs)")


def _show_far(facts: Path) -> None:
    network = schematic_network()
    for file in ("sites.csv", "metro_stations.csv"):
        names, lonlat = places_inside(facts / file)
        away = distances_to_streets(network, lonlat)
        far = [(names[i], away[i]) for i in np.flatnonzero(away > NEAR_M)]
        print(f"{file}: {len(names)} inside, {len(far)} over {NEAR_M:.0f} m from a street", end="")
        print("".join(f"; {place} {metres:.0f} m" for place, metres in far))


def main() -> None:
    """Print the tables, or say what is missing."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BESIDE
    if not (folder / ROADS).is_file():
        sys.exit(f"{folder / ROADS} is not there: the real roads are needed to compare with.")
    try:
        _show(compare(schematic_network(), folder / ROADS))
    except PlannerError as fault:
        sys.exit(fault.sentence("en"))
    if (folder / "facts").is_dir():
        _show_far(folder / "facts")


if __name__ == "__main__":
    main()
