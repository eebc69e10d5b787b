"""What the page 研学线路 plans with, and the plans of all sessions, kept by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from geo import samples
from geo.exports import program_version
from geo.points import PointTable
from routes.lines import LINES, StudyLine, read_lines
from routes.places import Place, places_of, read_places
from routes.planner import plan
from routes.studyroute import StudyRoute
from routes.visits import StudyBrief
from views import inputs
from views.shelf import Shelf
from views.sources import Ground

__all__ = ["Known", "is_planned", "known_of", "known_to", "route_of"]

MOST = 48
KEEP_S = 3600.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Known:
    """Places and lines that can be walked; shared by sessions, so read only.

    Attributes
    ----------
    digest
        Of all that is known of them.
    """

    places: Mapping[str, Place]
    lines: Mapping[str, StudyLine]
    digest: str


@st.cache_resource(max_entries=1, show_spinner=False)
def _known() -> Shelf[Known]:
    return Shelf(6, KEEP_S)


@st.cache_resource(max_entries=1, show_spinner=False)
def _plans() -> Shelf[StudyRoute]:
    return Shelf(MOST, KEEP_S)


def known_to(ground: Ground) -> Known:
    """Return the places and lines of this session: the shipped ones, and sites of its own.

    Shipped places are left away, and lines with them, where the network is of somewhere else.

    Raises
    ------
    PlannerError
        A file of the project is missing or broken.
    """
    return known_of(ground, inputs.chosen().sites)


def known_of(ground: Ground, own: PointTable | None) -> Known:
    """Return the places and lines where `own` sites were added; see `known_to`."""
    key = (_stamp(), ground.network.meta.digest, None if own is None else own.digest)
    return _known().get(key, lambda: _read(ground, own))


def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Return what changes when somebody changes a file."""
    files = (samples.POINTS / "sites.geojson", *sorted(LINES.iterdir()))
    return tuple(_facts(path) for path in files if path.is_file())


def _facts(path: Path) -> tuple[str, int, int]:
    facts = path.stat()
    return str(path), facts.st_mtime_ns, facts.st_size


def _read(ground: Ground, own: PointTable | None) -> Known:
    shipped = read_places()
    west, south, east, north = ground.network.meta.bbox
    here = any(
        place.lon is not None
        and place.lat is not None
        and west <= place.lon <= east
        and south <= place.lat <= north
        for place in shipped.values()
    )
    places = dict(shipped) if here else {}
    if own is not None:
        places |= places_of(own)
    lines = read_lines() if here else {}
    told = repr((sorted(places.items()), sorted(lines.items())))
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    return Known(places, lines, digest)


def route_of(
    ground: Ground, known: Known, brief: StudyBrief, on_progress: Progress | None = None
) -> StudyRoute:
    """Return the walk that a brief asks for, planned once for all sessions and languages.

    Raises
    ------
    PlannerError
        Nothing is kept then, and the next one tries again.
    """
    plain = replace(brief, lang="zh")

    def make() -> StudyRoute:
        return plan(
            plain,
            network=ground.network,
            places=known.places,
            lines=known.lines,
            stations=ground.stations,
            on_progress=on_progress,
        )

    return replace(_plans().get(_key(ground, known, plain), make), brief=brief)


def is_planned(ground: Ground, known: Known, brief: StudyBrief) -> bool:
    """Return whether `route_of` has this walk already."""
    return _key(ground, known, replace(brief, lang="zh")) in _plans()


def _key(ground: Ground, known: Known, brief: StudyBrief) -> tuple[str, ...]:
    stations, network = ground.stations.digest, ground.network.meta.digest
    return (brief.digest, network, stations, known.digest, program_version())
