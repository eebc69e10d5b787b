"""Any file of a network → `WalkNetwork`: which reader it wants, told by its ending and layers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from geo.centrelines import LineReport, LineSource, read_lines
from geo.errors import RequestError
from geo.network.model import WalkNetwork
from geo.osm import NO_OVERRIDES, Clip, Overrides, read_osm
from geo.osm.exported import is_exported, read_exported
from geo.osm.graphs import GRAPHML, is_graph_geopackage, read_graph
from geo.osm.source import SUFFIXES as OSM
from geo.osm.source import check_file
from geo.vector import SUFFIXES as VECTOR

__all__ = ["SUFFIXES", "import_network"]

SUFFIXES = (*OSM, *GRAPHML, *VECTOR)


def import_network(
    path: str | os.PathLike[str],
    *,
    lines: LineSource | None = None,
    clip: Clip | None = None,
    overrides: Overrides = NO_OVERRIDES,
    walk_rules: str = "hongtu",
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_lines: Callable[[LineReport], None] | None = None,
) -> WalkNetwork:
    """Read a walking network: an OSM file, a graph of OSMnx, our own GeoPackage, or lines.

    Parameters
    ----------
    path
        An OSM file (`geo.osm.read_osm`); ``.graphml``, ``.graphml.gz`` or a GeoPackage with the
        layers ``nodes`` and ``edges`` (`geo.osm.graphs.read_graph`), or one that a network was
        written to (`geo.osm.exported.read_exported`); else a vector file of lines
        (`geo.centrelines.read_lines`).
    lines
        How a line layer is to be read; refused for other files where it asks for anything.
    clip, overrides, walk_rules, name, on_progress
        As for `geo.osm.read_osm`.
    on_lines
        Called with what was found in a line layer.

    Raises
    ------
    PlannerError
        As the reader; or the file has an ending that none of them knows.
    """
    where, wanted = Path(path), lines or LineSource()
    check_file(where, SUFFIXES)
    if _is_of_lines(where, wanted):
        return read_lines(
            where, source=wanted, clip=clip, overrides=overrides, walk_rules=walk_rules,
            name=name, on_progress=on_progress, on_report=on_lines,
        )  # fmt: skip
    _refuse_options(where, wanted)
    if is_exported(where):
        return read_exported(
            where, clip=clip, overrides=overrides, name=name, on_progress=on_progress
        )
    read = read_osm if where.name.lower().endswith(OSM) else read_graph
    return read(
        where, clip=clip, overrides=overrides, walk_rules=walk_rules, name=name,
        on_progress=on_progress,
    )  # fmt: skip


def _is_of_lines(path: Path, wanted: LineSource) -> bool:
    """Return False for OSM files and graphs; a layer that is named is a layer of lines."""
    if path.name.lower().endswith((*OSM, *GRAPHML)):
        return False
    return wanted.layer is not None or not is_graph_geopackage(path)


def _refuse_options(path: Path, wanted: LineSource) -> None:
    """Refuse options of line layers with a file that knows its own coordinates and columns."""
    plain = LineSource()
    for each in fields(wanted):
        if getattr(wanted, each.name) != getattr(plain, each.name):
            option = {"crossings": "--no-crossings", "columns": "--…-column"}.get(each.name)
            option = option or f"--{each.name.replace('_', '-')}"
            raise RequestError("lines_only", option=option, path=path)
