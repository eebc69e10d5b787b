"""The networks a session can choose from: the schematic one, saved ones, one of its own file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from geo.centrelines import LineReport, LineSource
from geo.imports import SUFFIXES, import_network
from geo.network import WalkNetwork, load_network
from geo.network.store import HEAD, is_network
from geo.osm import NO_OVERRIDES, Overrides, read_clip
from views.data.kept import Upload, opened

__all__ = ["ENDINGS", "FOLDER", "Imported", "imported", "opened_network", "saved"]

FOLDER = "HONGTU_NETWORKS"
"""Environment variable: the folder whose networks whoever runs the server offers to visitors."""

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
    overrides: Overrides = NO_OVERRIDES,
) -> Imported:
    """Return the network of an uploaded file, corrected by `overrides`.

    Raises
    ------
    PlannerError
        As `geo.imports.import_network`.
    """
    told: list[LineReport] = []
    with opened(upload, ENDINGS) as path:
        network = import_network(
            path, lines=lines, clip=read_clip(bbox, None), overrides=overrides, name=upload.name,
            on_progress=on_progress, on_lines=told.append,
        )  # fmt: skip
    named = replace(network, meta=replace(network.meta, source=upload.name))
    return Imported(named, upload.name, told[0] if told else None)
