"""Coverage results of all sessions, keyed by the digests of everything they depend on."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from geo.coverage import Coverage, cover
from geo.exports import program_version
from views.ask import CircleAsk
from views.shelf import Shelf
from views.sources import Ground

__all__ = ["Key", "coverage_of", "is_kept", "key_of"]

Key = tuple[object, ...]
Progress = Callable[[str, int, int], None]

MOST = 24
KEEP_S = 3600.0


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> Shelf[Coverage]:
    return Shelf(MOST, KEEP_S)


def key_of(ground: Ground, ask: CircleAsk) -> Key:
    """Return what a result depends on; `ground` holds the stations that take part."""
    demand = None if ground.demand is None else ground.demand.digest
    network = ground.network.meta.digest
    areas = None if ground.areas is None else ground.areas.digest
    return (network, ground.stations.digest, demand, areas, ask.request, program_version())


def is_kept(ground: Ground, ask: CircleAsk) -> bool:
    """Return whether the figures and the map of `ask` are there already."""
    key = key_of(ground, ask)
    return (*key, True) in _shelf() or (*key, False) in _shelf()


def coverage_of(
    ground: Ground,
    ask: CircleAsk,
    on_progress: Progress | None = None,
    on_wait: Callable[[], None] | None = None,
    *,
    with_areas: bool = True,
) -> Coverage:
    """Return the result of `ask`, computed once for all sessions.

    Without areas it is what the figures and the map need, in half the time; a whole result that
    is there already serves as well. `on_wait` is called when somebody else is computing it.

    Raises
    ------
    PlannerError
        Nothing is kept then, and the next one tries again.
    """

    def make() -> Coverage:
        return cover(
            ground.network,
            ground.stations,
            ground.demand,
            ask.request,
            with_areas=with_areas,
            areas=ground.areas,
            on_progress=on_progress,
        )

    shelf, key = _shelf(), key_of(ground, ask)
    whole = with_areas or (*key, True) in shelf
    return shelf.get((*key, whole), make, on_wait)
