"""What the page works on: a network, stations, demand and sites; opened once, never written to."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from geo import samples
from geo.areas import AreaTable
from geo.exports import program_version
from geo.network import WalkNetwork
from geo.points import PointTable

__all__ = ["Ground", "sample_ground"]


@dataclass(frozen=True, eq=False)
class Ground:
    """A network, the points on it and reporting areas; shared by sessions, so read only."""

    network: WalkNetwork
    stations: PointTable
    demand: PointTable | None
    sites: PointTable | None
    areas: AreaTable | None = None


def sample_ground() -> Ground:
    """Return the embedded sample, opened again when one of its files changes."""
    return _sample(_stamp(), program_version())


def _stamp() -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in sorted(samples.POINTS.glob("*.geojson")):
        facts = path.stat()
        found.append((str(path), facts.st_mtime_ns, facts.st_size))
    return tuple(found)


@st.cache_resource(max_entries=2, show_spinner=False)
def _sample(stamp: tuple[tuple[str, int, int], ...], version: str) -> Ground:
    network, stations, demand = samples.sample()
    return Ground(network, stations, demand, samples.sample_sites(), samples.sample_areas())
