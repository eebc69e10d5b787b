"""OSMnx graphs on disk (GraphML, GeoPackage) → `WalkNetwork`.

A graph is judged by our walk rules unless it is a walk graph already: OSMnx keeps few tags, and
what it let walkers use by tags that it then dropped must not be shut to them here.
"""

from __future__ import annotations

import gzip
import io
import os
import warnings
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import NetworkError, OsmError, RequestError, VectorError
from geo.network.arcs import graph_ways, is_walk_graph, ways_of_osmnx
from geo.network.build import build_network
from geo.network.convert import graph_meta
from geo.network.model import WalkNetwork
from geo.osm import rules
from geo.osm.clip import Clip, clip_ways
from geo.osm.correcting import correct_ways
from geo.osm.overrides import NO_OVERRIDES, Overrides
from geo.osm.source import check_file
from geo.vector import Features, layers_of, read_features
from geo.vector.limits import MAX_BYTES, MAX_ROWS, MAX_UNPACKED
from geo.vector.text import clip as shortened

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["GRAPHML", "is_graph_geopackage", "read_graph"]

GRAPHML = (".graphml", ".graphml.gz")
LAYERS = ("nodes", "edges")  # of OSMnx's GeoPackages


def is_graph_geopackage(path: str | os.PathLike[str]) -> bool:
    """Return True for a GeoPackage with the layers that OSMnx writes.

    Raises
    ------
    MissingFileError, VectorError
        The file cannot be read.
    """
    return Path(path).suffix.lower() == ".gpkg" and set(LAYERS) <= set(layers_of(path))


def read_graph(
    path: str | os.PathLike[str],
    *,
    clip: Clip | None = None,
    overrides: Overrides = NO_OVERRIDES,
    walk_rules: str = "hongtu",
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> WalkNetwork:
    """Read the walking network of an OSMnx graph in EPSG:4326.

    Parameters
    ----------
    path
        ``.graphml``, ``.graphml.gz``, or ``.gpkg`` with the layers ``nodes`` and ``edges``.
    clip, overrides, name, on_progress
        As for `geo.osm.read_osm`. Of merged ways one that is forbidden forbids the edge, and all
        must be allowed to allow it.
    walk_rules
        ``hongtu`` or ``osmnx``. A graph that OSMnx made for walking (no one-ways, nothing that its
        filter leaves out), or that names no classes of road, is taken as it is.

    Raises
    ------
    MissingFileError
        There is no such file.
    OsmError, VectorError, NetworkError
        It is no graph of OSMnx, is projected, damaged, beyond the limits, or holds nothing that
        can be walked.
    RequestError
        There are no such rules.
    """
    if walk_rules not in rules.VERDICTS:
        known = ", ".join(rules.VERDICTS)
        raise RequestError("choice_unknown", option="--rules", word=walk_rules, known=known)
    source, report = Path(path), on_progress or (lambda done, total: None)
    report(0, 4)
    graph = _from_geopackage(source) if source.suffix.lower() == ".gpkg" else _from_graphml(source)
    report(2, 4)
    as_given = is_walk_graph(graph, rules.osmnx_walk)
    ways, counts = ways_of_osmnx(
        graph,
        source=source.name,
        verdict=None if as_given else rules.VERDICTS[walk_rules],
        allowed=overrides.allowed,
        forbidden=overrides.forbidden,
    )
    named = overrides.allowed | overrides.forbidden
    if named:
        counts["override_unknown"] = len(named - graph_ways(graph))
    ways = clip_ways(ways, clip, counts)
    if len(ways.way) == 0:
        raise OsmError("osm_no_ways", path=source)
    done = correct_ways(ways, overrides, seen=frozenset(graph_ways(graph)) if named else None)
    report(3, 4)
    kept = {key: count for key, count in counts.items() if count}
    notes: dict[str, int | str] = {**kept, "rules": "as_given" if as_given else walk_rules}
    title = name or source.name.split(".")[0]
    meta = graph_meta(graph, name=title, source=source.name, notes=notes)
    network = done.sign(build_network(done.ways, meta=meta, walls=done.walls))
    report(4, 4)
    return network


# --- GraphML ----------------------------------------------------------------------------------


def _from_graphml(source: Path) -> nx.MultiDiGraph:
    """Return the graph in a GraphML file, attributes as they stand (`geo.network.arcs` reads them).

    Raises
    ------
    MissingFileError, OsmError
        No such file; no GraphML; or a DOCTYPE, which OSMnx never writes and which can make a few
        bytes swell into gigabytes, or pull in other files.
    """
    import networkx as nx

    check_file(source, GRAPHML)
    data = _unpacked(source)
    # expat takes UTF-16 too, in which the words below would not be found.
    if b"\0" in data[:1000] or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise OsmError("graphml_doctype", path=source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "No key type for id": text is what is wanted
            graph = nx.read_graphml(io.BytesIO(data), force_multigraph=True)
    except (nx.NetworkXError, ET.ParseError, LookupError, ValueError, TypeError) as fault:
        detail = shortened(str(fault) or type(fault).__name__, 80)
        raise OsmError("graphml_unreadable", path=source, detail=detail) from None
    except (AttributeError, RecursionError) as fault:  # a key without a name, nested graphs
        detail = type(fault).__name__
        raise OsmError("graphml_unreadable", path=source, detail=detail) from None
    if graph.number_of_edges() > MAX_ROWS:
        raise VectorError("too_many_rows", path=str(source), limit=MAX_ROWS)
    return graph


def _unpacked(source: Path) -> bytes:
    """Return the bytes of the file, unpacked; never more than the limit."""
    if source.stat().st_size > MAX_BYTES:
        raise VectorError("file_too_large", path=str(source), limit=MAX_BYTES // 1_000_000)
    if not source.name.lower().endswith(".gz"):
        return source.read_bytes()
    try:
        with gzip.open(source) as packed:
            data = packed.read(MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as fault:
        detail = shortened(fault, 80)
        raise OsmError("graphml_unreadable", path=source, detail=detail) from None
    if len(data) > MAX_UNPACKED:
        limit = MAX_UNPACKED // 1_000_000
        raise VectorError("zip_too_large", path=str(source), limit=limit)
    return data


# --- GeoPackage -------------------------------------------------------------------------------


def _from_geopackage(source: Path) -> nx.MultiDiGraph:
    """Return the graph in a GeoPackage of OSMnx.

    Raises
    ------
    MissingFileError, VectorError
        The file cannot be read.
    NetworkError
        The layers are not what OSMnx writes, or contradict each other.
    """
    import networkx as nx

    nodes = read_features(source, geometry="points", layer=LAYERS[0])
    edges = read_features(source, geometry="lines", layer=LAYERS[1])
    graph = nx.MultiDiGraph(crs=edges.crs)
    keys = _column(nodes, "osmid")
    for i, (key, shape) in enumerate(zip(keys, nodes.geometry, strict=True)):
        if shape is None or key is None or key in graph:
            raise NetworkError("network_graph", detail=f"nodes {i + 1}: osmid = {shortened(key)}")
        graph.add_node(key, x=shape.x, y=shape.y)
    columns = [edges.own[name].tolist() for name in edges.own]
    ends = zip(_column(edges, "u"), _column(edges, "v"), strict=True)
    for i, (u, v) in enumerate(ends):
        fault = edges.faults.get(i)
        if u not in graph or v not in graph or (fault and fault[0] != "no_position"):
            raise NetworkError(
                "network_graph", detail=f"edges {i + 1}: {shortened(u)}–{shortened(v)}"
            )
        row = {name: values[i] for name, values in zip(edges.own, columns, strict=True)}
        graph.add_edge(u, v, **{**row, "geometry": edges.geometry[i]})
    return graph


def _column(features: Features, name: str) -> list[Any]:
    """Return a column of ids: whole numbers as such, however they were stored."""
    if name not in features.own:
        raise NetworkError("network_graph", detail=f"{features.layer}: {name}")
    return [
        int(v) if isinstance(v, float) and v.is_integer() else v
        for v in features.own[name].tolist()
    ]
