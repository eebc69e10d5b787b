"""Choosing and ordering on made-up days out on the schematic network: how good, how long.

``python -m benchmarks.ordering [FOLDER]``. Scores are set beside a proven optimum: the exact
recursion with its limit raised at 18 candidates, `benchmarks.ordering_reference` above. With a
`FOLDER` of files in the TOPTW format (one vertex a line: number, x, y, visit, profit, …, opening,
closing; the first is start and end) those are run too: distances rounded down to the second
decimal as for Cordeau's instances.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ordering_reference import prove
from geo.network import WalkNetwork
from geo.pace import edge_seconds, in_metres, profile_named
from geo.schematic import schematic_network
from geo.search import Graph, Seeds, graph_towards, search_each
from routes.ordering import choose
from routes.ordering.problem import read_problem
from routes.ordering.schedule import schedule
from routes.ordering.shortest import exact_order

GROUP_M_MIN = 4000 / 60  # a group walks 4.0 km/h
DAY = 480.0  # minutes: 09:00 to 17:00 is 0 to 480
SEEDS = range(12)


def walking_minutes(network: WalkNetwork, nodes: Any) -> Any:
    """Return (n, n) minutes on foot between junctions at a group's pace; inf: no way."""
    along, against = edge_seconds(network, in_metres(profile_named("shuang15")))
    graph: Graph = graph_towards(network, along, against)
    seeds = Seeds(np.arange(len(nodes) + 1), nodes.astype(np.int32), np.zeros(len(nodes)))
    reach = search_each(graph, seeds, 60_000.0)
    minutes = np.full((len(nodes), len(nodes)), np.inf)
    for k in range(len(nodes)):
        found, metres = reach.of(k)
        order = np.argsort(found)
        at = order[np.searchsorted(found[order], nodes).clip(max=found.size - 1)]
        hit = found[at] == nodes
        minutes[hit, k] = metres[at[hit]] / GROUP_M_MIN  # the search gives minutes towards k
    return minutes


def day_out(
    network: WalkNetwork, places: int, seed: int, *, radius_m: float = 3500.0, loop: bool = False
) -> dict[str, Any]:
    """Return a request: `places` junctions round a random centre, with hours, visits and scores.

    A third of the places are open all day, a third shut at midday, a third open for some hours.
    """
    rng = np.random.default_rng(seed)
    lon, lat = np.asarray(network.node_lon), np.asarray(network.node_lat)
    pool = np.flatnonzero(np.asarray(network.component) == 0)
    while True:
        centre = rng.choice(pool)
        east = (lon[pool] - lon[centre]) * 94_000
        north = (lat[pool] - lat[centre]) * 111_000
        near = pool[np.hypot(east, north) < radius_m]
        if near.size >= 4 * places:
            break
    nodes = rng.choice(near, places, replace=False)
    windows: list[list[tuple[float, float]]] = []
    for kind in rng.integers(0, 3, places).tolist():
        opening = float(rng.integers(0, 240))
        windows.append(
            [
                [(0.0, DAY)],
                [(0.0, 150.0), (270.0, 450.0)],
                [(opening, opening + float(rng.integers(60, 240)))],
            ][kind]
        )
    return {
        "minutes": walking_minutes(network, nodes),
        "service": rng.integers(10, 41, places).astype(float),
        "windows": windows,
        "score": rng.integers(1, 11, places).astype(float),
        "start": 0,
        "end": 0 if loop else 1,
        "budget": DAY,
    }


def published(file: Path) -> dict[str, Any]:
    """Return the request of a file in the TOPTW format."""
    rows = [[float(x) for x in line.split()] for line in file.read_text().splitlines()[2:]]
    x, y = np.array([row[1:3] for row in rows]).T
    far = np.hypot(x[:, None] - x, y[:, None] - y)
    return {
        "minutes": np.floor(far * 100 + 1e-9) / 100,
        "service": [row[3] for row in rows],
        "score": [row[4] for row in rows],
        "windows": [[(row[-2], row[-1])] for row in rows],
        "start": 0,
        "end": 0,
        "budget": rows[0][-1],
    }


def _run(name: str, requests: list[dict[str, Any]], reference: Any) -> None:
    """Print one line: seconds of CPU, and the gap to the reference."""
    gaps, seconds, proven = [], [], 0
    for request in requests:
        start = time.process_time()
        found = choose(**request)
        seconds.append(time.process_time() - start)
        best, sure = reference(request, found.score)
        gaps.append(100 * (1 - found.score / best))
        proven += sure
    print(
        f"{name}: CPU mean {np.mean(seconds):.2f} s, most {max(seconds):.2f} s; "
        f"gap mean {np.mean(gaps):.3f} %, most {max(gaps):.1f} %; "
        f"{gaps.count(0.0)} of {len(gaps)} at the reference, {proven} references proven",
        flush=True,
    )


def _exactly(request: dict[str, Any], _: float) -> tuple[float, bool]:
    problem = read_problem(**request)
    order = exact_order(problem)
    return (schedule(problem, order).score if order else 0.0), True


def _proven(request: dict[str, Any], known: float) -> tuple[float, bool]:
    wide = choose(**request, width=4000).score
    return prove(read_problem(**request), max(known, wide))


def main() -> None:
    """Print a line per size."""
    network = schematic_network()
    for places, reference in ((17, _exactly), (18, _exactly), (48, _proven), (98, _proven)):
        requests = [day_out(network, places + 2, seed) for seed in SEEDS]
        _run(f"{places} candidates", requests, reference)
    for file in sorted(Path(sys.argv[1]).glob("*.txt")) if len(sys.argv) > 1 else []:
        _run(file.stem, [published(file)], _proven)


if __name__ == "__main__":
    main()
