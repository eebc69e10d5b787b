"""A network's own GeoPackage (`geo.network.write_network_geopackage`) → `WalkNetwork` again.

Its edges end at its junctions and say everything a network knows, so nothing is noded or judged
anew: edges and junctions come back as they were, to the seven decimals of a degree that the file
has, and with them what must be said of the network (schematic, overrides, OSM's credit).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import NetworkError, OsmError, VectorError
from geo.network.build import WayTable, build_network, network_digest
from geo.network.model import EdgeFlag, IntArray, NetworkMeta, WalkNetwork
from geo.osm.amend import amend_network
from geo.osm.clip import Clip, clip_ways
from geo.osm.cutting import MADE_HERE
from geo.osm.overrides import NO_OVERRIDES, Overrides
from geo.vector import Features, layers_of, pairs_of, read_features
from geo.vector.text import clip as shortened

__all__ = ["is_exported", "read_exported"]

_LAYERS = {"edges", "nodes"}
_TABLE = "provenance"
_SAME_DEG = 1e-6  # a decimetre: an end that lies further from its junction was moved


def is_exported(path: str | os.PathLike[str]) -> bool:
    """Return True for a GeoPackage that says of itself that it is a network of this program.

    Raises
    ------
    MissingFileError, VectorError
        The file cannot be read.
    """
    if Path(path).suffix.lower() != ".gpkg" or not set(layers_of(path)) >= _LAYERS:
        return False
    said = pairs_of(path, _TABLE)
    return (said.get("program"), said.get("command")) == ("hongtu", "network")


def read_exported(
    path: str | os.PathLike[str],
    *,
    clip: Clip | None = None,
    overrides: Overrides = NO_OVERRIDES,
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> WalkNetwork:
    """Read a network out of the GeoPackage that it was written to.

    Parameters
    ----------
    path
        With the layers ``edges`` and ``nodes``, and ``water`` and ``barriers`` where there are any.
    clip, overrides, on_progress
        As for `geo.osm.read_osm`; overrides are applied beyond those that the network has.
    name
        Name of the network; its own by default.

    Raises
    ------
    MissingFileError, VectorError
        The file cannot be read.
    NetworkError
        An edge does not end at its junctions any more, or something that edges say is missing.
    OsmError
        Nothing in it can be walked, or no override can be applied.
    """
    source, report = Path(path), on_progress or (lambda done, total: None)
    report(0, 4)
    edges = read_features(source, geometry="lines", layer="edges")
    nodes = read_features(source, geometry="points", layer="nodes")
    report(2, 4)
    ways, length = _ways(edges, nodes, source)
    ways = clip_ways(ways, clip, Counter())
    if len(ways.way) == 0:
        raise OsmError("osm_no_ways", path=source)
    network = build_network(
        ways,
        meta=_meta(pairs_of(source, _TABLE), source, name),
        water=_shapes(source, "water", "areas"),
        walls=_shapes(source, "barriers", "lines"),  # bridges over them say so themselves
    )
    network = amend_network(_with_lengths(network, length), overrides)
    report(4, 4)
    return network


def _ways(edges: Features, nodes: Features, source: Path) -> tuple[WayTable, dict[int, float]]:
    """Return a part an edge, and metres by way of links that count for other than their length."""
    u, v, way = (_whole(edges, column, source) for column in ("u", "v", "way"))
    number, osmid = (_whole(nodes, column, source) for column in ("node", "osmid"))
    lines = [_line(shape, row, edges, source) for row, shape in enumerate(edges.geometry)]
    sizes = np.array([len(line) for line in lines])
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    coords = np.concatenate(lines)
    place = {key: at for at, key in enumerate(number.tolist())}
    ref = min(MADE_HERE, int(osmid.min(initial=0))) - 1 - np.arange(len(coords), dtype=np.int64)
    for ends, at in ((u, ptr[:-1]), (v, ptr[1:] - 1)):
        rows = np.array([place.get(key, -1) for key in ends.tolist()])
        lost = rows < 0
        shapes = np.array(nodes.geometry, dtype=object)[rows]
        lost |= np.array([shape is None for shape in shapes])
        xy = np.full((len(rows), 2), np.nan)
        xy[~lost] = shapely.get_coordinates(shapes[~lost])
        moved = ~(np.abs(coords[at] - xy) <= _SAME_DEG).all(axis=1)
        if moved.any():
            row = int(edges.rows[int(np.flatnonzero(moved)[0])])
            raise NetworkError("network_edited", path=source, row=row)
        ref[at], coords[at] = osmid[rows], xy
    highways, highway = _coded(edges, ["highway"], source)
    names, name = _coded(edges, ["name", "name_en"], source)
    half = len(edges)
    table = WayTable(
        ptr=ptr, ref=ref, lon=coords[:, 0], lat=coords[:, 1],
        way=way, flags=_flags(edges, source), highway=highway, highways=highways,
        name=name[:half], name_en=name[half:], names=names,
    )  # fmt: skip
    return table, _link_lengths(edges, table)


def _line(shape: Any, row: int, edges: Features, source: Path) -> npt.NDArray[np.float64]:
    parts = [] if shape is None else shapely.get_parts(shape)
    if len(parts) != 1 or row in edges.faults:
        raise NetworkError("network_edited", path=source, row=int(edges.rows[row]))
    return np.array(shapely.get_coordinates(parts[0]))


def _column(features: Features, name: str, source: Path) -> list[Any]:
    if name not in features.own:
        raise NetworkError("network_columns", path=source, layer=features.layer, column=name)
    return list(features.own[name].tolist())


def _whole(features: Features, name: str, source: Path) -> IntArray:
    """Return a column of whole numbers."""
    found = []
    for row, value in zip(features.rows, _column(features, name, source), strict=True):
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or number != value or abs(number) >= 2**63:
            raise NetworkError("network_edited", path=source, row=int(row))
        found.append(number)
    return np.array(found, dtype=np.int64)


def _coded(edges: Features, columns: list[str], source: Path) -> tuple[tuple[str, ...], IntArray]:
    """Return the words of columns and their codes, one column after the other; -1 for none."""
    known: dict[str, int] = {}
    codes = [
        -1 if not value else known.setdefault(shortened(value, 500), len(known))
        for column in columns
        for value in _column(edges, column, source)
    ]
    if columns == ["highway"] and -1 in codes:
        row = int(edges.rows[codes.index(-1)])
        raise NetworkError("network_edited", path=source, row=row)
    return tuple(known), np.array(codes, dtype=np.int64)


def _flags(edges: Features, source: Path) -> IntArray:
    flags = np.zeros(len(edges), dtype=np.int64)
    for flag in EdgeFlag:
        said = _column(edges, str(flag.name).lower(), source)
        flags |= np.where([value in (True, 1) for value in said], int(flag), 0)
    return flags


def _link_lengths(edges: Features, ways: WayTable) -> dict[int, float]:
    """Return metres of links by way: some count for more than their line, a wait at a lift."""
    said = edges.own["length_m"].tolist() if "length_m" in edges.own else []
    found: dict[int, float] = {}
    for at in np.flatnonzero(ways.flags & int(EdgeFlag.LINK)).tolist() if said else []:
        value = said[at]
        if isinstance(value, int | float) and np.isfinite(value) and value > 0:
            found[int(ways.way[at])] = found.get(int(ways.way[at]), 0.0) + float(value)
    return found


def _with_lengths(network: WalkNetwork, metres: dict[int, float]) -> WalkNetwork:
    """Return `network` with links of the metres told, where these are not their own."""
    length = np.array(network.edge_length_m)
    for way, told in metres.items():
        own = np.asarray(network.edge_way) == way
        total = length[own].sum()
        if total > 0 and abs(told - total) > 1e-6 * total:
            length[own] *= told / total
    network = replace(network, edge_length_m=length)
    return replace(network, meta=replace(network.meta, digest=network_digest(network)))


def _shapes(source: Path, layer: str, geometry: Any) -> list[Any]:
    """Return the shapes of a layer that may be empty."""
    if layer not in layers_of(source):
        return []
    try:
        found = read_features(source, geometry=geometry, layer=layer)
    except VectorError as fault:
        if fault.code == "vector_empty":
            return []
        raise
    shapes = [shape for shape in found.geometry if shape is not None]
    return [part for shape in shapes for part in shapely.get_parts(shape)]


def _meta(said: dict[str, str], source: Path, name: str | None) -> NetworkMeta:
    """Return what the file says of its network; what is damaged there counts as not said."""
    network, flags = _json(said.get("network"), dict), _json(said.get("flags"), list)
    parameters = _json(said.get("parameters"), dict)
    notes = tuple(
        (key.removeprefix("notes."), value)
        for key, value in parameters.items()
        if key.startswith("notes.") and isinstance(value, int | str)
    )
    points = _json(said.get("points"), dict)
    plain = {key: value for key, value in network.items() if isinstance(value, str)}
    return NetworkMeta(
        name=name or plain.get("name") or source.name.split(".")[0],
        source=source.name,
        osm_date=plain.get("osm_date") or None,
        bbox=(0.0, 0.0, 0.0, 0.0),
        attribution=plain.get("attribution", source.name),
        flags=tuple(sorted(str(flag) for flag in flags)),
        notes=notes,
        overrides_digest=str(points.get("overrides", "")),
    )


def _json(text: str | None, kind: type) -> Any:
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()
