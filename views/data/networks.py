"""The networks a session can choose from: the schematic one, saved ones, one of its own file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import streamlit as st
from numpy.typing import NDArray

from geo.centrelines import LineReport, LineSource
from geo.imports import SUFFIXES, import_network
from geo.network import WalkNetwork, load_network
from geo.network.audit import duplicate_edges
from geo.network.components import components
from geo.network.model import EdgeFlag
from geo.network.store import HEAD, is_network
from geo.osm import read_clip
from geo.snapping import MIN_COMPONENT_M
from views.data.kept import Upload, opened

__all__ = ["ENDINGS", "FOLDER", "Imported", "found_in", "imported", "opened_network", "saved"]

FOLDER = "HONGTU_NETWORKS"
"""Environment variable: the folder whose networks whoever runs the server offers to visitors."""

MOST_SAVED = 200
MOST_SHOWN = 3000
# A Shapefile's parts come as a zip.
ENDINGS = tuple(ending for ending in SUFFIXES if ending not in (".shp", ".xml"))


@dataclass(frozen=True, eq=False)
class Imported:
    """A network made of an uploaded file, and what was found in a layer of lines."""

    network: WalkNetwork
    name: str
    report: LineReport | None = None


def saved() -> dict[str, Path]:
    """Return the networks that the server offers, by the name of their folder."""
    told = os.environ.get(FOLDER)
    if not told:
        return {}
    try:
        inside = sorted(Path(told).iterdir())
    except OSError:
        return {}
    return {path.name: path for path in inside if is_network(path)}


def opened_network(path: Path) -> WalkNetwork:
    """Return a saved network, opened again when it was replaced.

    Raises
    ------
    PlannerError
        It cannot be opened.
    """
    facts = (path / HEAD).stat()
    return _open(str(path), facts.st_mtime_ns, facts.st_size)


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str, changed_ns: int, size: int) -> WalkNetwork:
    return load_network(path)


def imported(
    upload: Upload,
    lines: LineSource,
    bbox: str | None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Return the network of an uploaded file.

    Raises
    ------
    PlannerError
        As `geo.imports.import_network`.
    """
    told: list[LineReport] = []
    with opened(upload, ENDINGS) as path:
        network = import_network(
            path, lines=lines, clip=read_clip(bbox, None), name=upload.name,
            on_progress=on_progress, on_lines=told.append,
        )  # fmt: skip
    named = replace(network, meta=replace(network.meta, source=upload.name))
    return Imported(named, upload.name, told[0] if told else None)


def found_in(network: WalkNetwork) -> dict[str, NDArray[Any]]:
    """Return what a person should look at, as shapes in WGS-84 by kind.

    ``apart``: streets of parts under 1 km in all, which points do not join; ``repeated``: edges
    that repeat another; ``dead_end``: junctions with one edge. At most `MOST_SHOWN` of each.
    """
    streets = ~network.has(EdgeFlag.FERRY)
    label, length = components(network, streets)
    small = streets & (length[label[network.edge_u]] < MIN_COMPONENT_M)
    ends = np.flatnonzero(np.diff(network.indptr) == 1)[:MOST_SHOWN]
    return {
        "apart": _lines(network, np.flatnonzero(small)[:MOST_SHOWN]),
        "repeated": _lines(network, np.flatnonzero(duplicate_edges(network))[:MOST_SHOWN]),
        "dead_end": shapely.points(
            np.asarray(network.node_lon)[ends], np.asarray(network.node_lat)[ends]
        ),
    }


def _lines(network: WalkNetwork, edges: NDArray[np.intp]) -> NDArray[Any]:
    starts, stops = network.coord_ptr[edges], network.coord_ptr[edges + 1]
    found = [
        shapely.linestrings(np.asarray(network.coords[a:b]))
        for a, b in zip(starts.tolist(), stops.tolist(), strict=True)
    ]
    return np.array(found, dtype=object)
