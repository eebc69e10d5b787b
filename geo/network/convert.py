"""Walking networks to and from OSMnx graphs (MultiDiGraph, OSMnx 2 conventions).

OSMnx has an arc for each direction and merges the tags of joined ways into lists; a `WalkNetwork`
has each edge once, with one class and one name. What cannot be told by tags (`EdgeFlag.LINK`,
bridges over water that is not in the graph) travels in the attribute ``hongtu_flags``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.network.arcs import ways_of_osmnx
from geo.network.build import build_network
from geo.network.model import EdgeFlag, NetworkMeta, WalkNetwork
from geo.network.tags import Tags, edge_flags

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_osmnx", "graph_meta", "to_osmnx"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DIRECTED = int(EdgeFlag.FORWARD_ONLY | EdgeFlag.BACKWARD_ONLY)


def to_osmnx(network: WalkNetwork) -> nx.MultiDiGraph:
    """Return `network` as an OSMnx graph in EPSG:4326.

    Nodes are keyed by OSM id with ``x``, ``y``, ``street_count``. Arcs carry ``osmid``,
    ``length`` (metres, geodesic), ``highway``, ``name``, ``name:en``, tags such as ``tunnel``,
    ``oneway`` (True where only one direction may be walked), ``reversed`` (True against the line
    of the way) and ``geometry``. Water and barriers have no place in a graph and stay behind.
    """
    import networkx as nx
    import shapely

    meta = network.meta
    graph = nx.MultiDiGraph(
        crs="epsg:4326",
        created_with="Hongtu",
        simplified=True,
        name=meta.name,
        source=meta.source,
        attribution=meta.attribution,
        osm_date=meta.osm_date or "",
        hongtu_digest=meta.digest,
        hongtu_says=",".join(meta.flags),
    )
    ids = np.asarray(network.node_osmid).tolist()
    lon, lat = np.asarray(network.node_lon).tolist(), np.asarray(network.node_lat).tolist()
    streets = np.diff(network.indptr).tolist()
    for i, x, y, count in zip(ids, lon, lat, streets, strict=True):
        graph.add_node(i, x=x, y=y, street_count=count)
    index = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    lines = shapely.linestrings(np.asarray(network.coords), indices=index)
    for e in range(network.n_edges):
        flags = int(network.edge_flags[e])
        u, v = ids[network.edge_u[e]], ids[network.edge_v[e]]
        data = {
            "osmid": int(network.edge_way[e]),
            "length": float(network.edge_length_m[e]),
            **_tags_of(network, e, flags),
            "oneway": bool(flags & _DIRECTED),
        }
        if not flags & EdgeFlag.BACKWARD_ONLY:
            graph.add_edge(u, v, **data, reversed=False, geometry=lines[e])
        if not flags & EdgeFlag.FORWARD_ONLY:
            graph.add_edge(v, u, **data, reversed=True, geometry=lines[e].reverse())
    return graph


def _tags_of(network: WalkNetwork, e: int, flags: int) -> dict[str, Any]:
    """Return the tags of an edge, and its flags themselves where tags do not tell them all."""
    tags = {"highway": network.highways[network.edge_highway[e]]}
    for flag, key, value in (
        (EdgeFlag.FERRY, "route", "ferry"),
        (EdgeFlag.TUNNEL, "tunnel", "yes"),
        (EdgeFlag.BRIDGE, "bridge", "yes"),
        (EdgeFlag.INDOOR, "indoor", "yes"),
        (EdgeFlag.AREA, "area", "yes"),
        (EdgeFlag.NO_WHEELCHAIR, "wheelchair", "no"),
        (EdgeFlag.CONVEYING, "conveying", "yes"),
        (EdgeFlag.FORWARD_ONLY, "oneway:foot", "yes"),
        (EdgeFlag.BACKWARD_ONLY, "oneway:foot", "-1"),
    ):
        if flags & flag:
            tags[key] = value
    more: dict[str, Any] = {} if edge_flags(tags) == flags else {"hongtu_flags": flags}
    for key, code in (("name", network.edge_name[e]), ("name:en", network.edge_name_en[e])):
        if code >= 0:
            more[key] = network.names[code]
    return {**tags, **more}


def from_osmnx(
    graph: nx.MultiDiGraph,
    *,
    name: str,
    source: str,
    walkable: Callable[[Tags], bool] | None = None,
) -> WalkNetwork:
    """Return an OSMnx graph, also one loaded from GraphML, as a `WalkNetwork`.

    Arcs of both directions become one edge, walkable both ways: OSMnx's ``oneway`` speaks of
    vehicles; only ``oneway:foot`` and ``conveying`` have a direction here. Of merged classes the
    strictest wins (ferry, steps …), a tunnel or bridge on part of an edge counts for all of it, and
    names are joined. Lengths are measured anew, geodesic along the geometry; an edge without
    geometry is straight.

    Parameters
    ----------
    graph
        Directed or not, in EPSG:4326.
    name, source
        Where it comes from, for `NetworkMeta`.
    walkable
        Which edges to keep, by their tags: `geo.osm.rules.walkable` for a graph that was not made
        for walking, such as one with motorways. By default all; of merged tags each must pass.

    Raises
    ------
    NetworkError
        The graph is projected, has no edges, or nodes or lines that make no sense.
    """
    verdict = None if walkable is None else lambda tags: "kept" if walkable(tags) else "no"
    ways, counts = ways_of_osmnx(graph, source=source, verdict=verdict)
    notes = {"arcs": counts["arcs"], "left_out": counts["left_out_no"]}
    return build_network(ways, meta=graph_meta(graph, name=name, source=source, notes=notes))


def graph_meta(graph: nx.Graph, *, name: str, source: str, notes: Mapping[str, Any]) -> NetworkMeta:
    """Return what a graph says of itself: date, attribution and what must be said aloud."""
    about = graph.graph
    date = str(about.get("osm_date") or about.get("created_date") or "")[:10]
    return NetworkMeta(
        name=name,
        source=source,
        osm_date=date if _DATE.fullmatch(date) else None,
        bbox=(0.0, 0.0, 0.0, 0.0),
        attribution=str(about.get("attribution") or NetworkMeta.attribution),
        flags=tuple(flag for flag in str(about.get("hongtu_says", "")).split(",") if flag),
        notes=tuple(sorted(notes.items())),
    )
