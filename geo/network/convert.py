"""Walking networks to and from OSMnx graphs (MultiDiGraph, OSMnx 2 conventions).

OSMnx has an arc for each direction and merges the tags of joined ways into lists; a `WalkNetwork`
has each edge once, with one class and one name. What cannot be told by tags (`EdgeFlag.LINK`,
bridges over water that is not in the graph) travels in the attribute ``hongtu_flags``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import NetworkError
from geo.network.build import WayTable, build_network
from geo.network.model import EdgeFlag, FloatArray, NetworkMeta, WalkNetwork
from geo.network.tags import Tags, edge_flags

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_osmnx", "to_osmnx"]

_SAME_DEG = 1e-7
# Of a merged list of classes the first of these wins; it is the one that shuts most people out.
_STRICTEST = ("ferry", "elevator", "escalator", "ladder", "steps", "corridor")
_TAGS = (
    *("highway", "route", "tunnel", "bridge", "indoor", "area", "wheelchair", "conveying"),
    *("oneway:foot", "foot:oneway", "location", "level"),
)
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


@dataclass(frozen=True, eq=False)
class _Arc:
    """One arc of a graph: its ends, its line from u to v, its attributes."""

    u: int
    v: int
    line: FloatArray
    data: dict[str, Any]


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
    _check_crs(graph.graph.get("crs"))
    ids, positions = _nodes(graph)
    merged = _merged(_arcs(graph, positions))
    edges = [arc for arc in merged if walkable is None or _passes(arc.data, walkable)]
    if not edges:
        raise NetworkError("network_empty", source=source)
    said = str(graph.graph.get("hongtu_says", ""))
    meta = NetworkMeta(
        name=name,
        source=source,
        osm_date=str(graph.graph.get("osm_date", "")) or None,
        bbox=(0.0, 0.0, 0.0, 0.0),
        attribution=str(graph.graph.get("attribution") or NetworkMeta.attribution),
        flags=tuple(flag for flag in said.split(",") if flag),
        notes=(("arcs", graph.number_of_edges()), ("left_out", len(merged) - len(edges))),
    )
    return build_network(_table(edges, ids), meta=meta)


def _passes(data: dict[str, Any], walkable: Callable[[Tags], bool]) -> bool:
    """Return True where every value of every merged tag lets people walk."""
    values = {key: [str(m) for m in _members(value)] for key, value in data.items()}
    plain = {key: members[0] for key, members in values.items() if members}
    return all(
        walkable({**plain, key: member}) for key, members in values.items() for member in members
    )


def _check_crs(crs: Any) -> None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs).to_epsg() == 4326
    except CRSError:
        known = False
    if not known:
        raise NetworkError("network_graph", detail=f"crs = {str(crs)[:60]}, not epsg:4326")


def _nodes(graph: Any) -> tuple[list[int], dict[Any, tuple[int, float, float]]]:
    """Return the id of each node, and of each key its number and position."""
    keys = list(graph.nodes)
    try:
        ids = [int(key) for key in keys]
    except (TypeError, ValueError):
        ids = []
    if len(set(ids)) < len(keys):
        ids = [-1 - i for i in range(len(keys))]
    positions: dict[Any, tuple[int, float, float]] = {}
    for number, (key, data) in enumerate(graph.nodes(data=True)):
        try:
            lon, lat = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError):
            raise NetworkError("network_graph", detail=f"node {key}: x, y") from None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise NetworkError("network_graph", detail=f"node {key}: x = {lon}, y = {lat}")
        positions[key] = (number, lon, lat)
    return ids, positions


def _arcs(graph: Any, positions: dict[Any, tuple[int, float, float]]) -> Iterator[_Arc]:
    for key_u, key_v, raw in graph.edges(data=True):
        data = {str(key): _value(value) for key, value in raw.items()}
        u, *start = positions[key_u]
        v, *end = positions[key_v]
        line = _line(data.get("geometry"), np.array([start, end]), f"{key_u}–{key_v}")
        if data.get("reversed") is True:  # now along the way, as its tags are
            u, v, line = v, u, line[::-1]
        yield _Arc(u, v, line, data)


def _value(raw: Any) -> Any:
    """Return an attribute as OSMnx has it in memory, whatever GraphML made of it."""
    if isinstance(raw, str):
        if raw in ("True", "False"):
            return raw == "True"
        if raw.startswith("[") and raw.endswith("]"):
            try:
                return ast.literal_eval(raw)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                return raw
    return raw


def _line(geometry: Any, ends: FloatArray, where: str) -> FloatArray:
    """Return (k, 2) the line of an arc, from its first node to its last."""
    import shapely

    if geometry is None or (isinstance(geometry, float) and np.isnan(geometry)):
        return ends
    try:
        shape = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
        usable = shape.geom_type == "LineString" and not shape.is_empty
    except (shapely.errors.ShapelyError, AttributeError, TypeError):
        usable = False
    xy = shapely.get_coordinates(shape) if usable else np.array([[np.nan, np.nan]])
    if not np.isfinite(xy).all() or (np.abs(xy) > (180, 90)).any():
        raise NetworkError("network_graph", detail=f"edge {where}: geometry")
    if np.abs(xy[0] - ends[0]).sum() > np.abs(xy[-1] - ends[0]).sum():
        xy = xy[::-1]  # undirected graphs keep the line of one of the two arcs
    # A line that stops short of its node (merged junctions) is led on to it.
    before = ends[:1] if np.abs(xy[0] - ends[0]).max() > _SAME_DEG else ends[:0]
    after = ends[1:] if np.abs(xy[-1] - ends[1]).max() > _SAME_DEG else ends[:0]
    xy = np.vstack([before, xy, after])
    xy[0], xy[-1] = ends
    return xy


def _merged(arcs: Iterator[_Arc]) -> list[_Arc]:
    """Return one arc of each pair of directions.

    Arcs belong together when they share ends, ways and line. A way mapped twice has two arcs each
    way, and remains two edges.
    """
    groups: dict[Any, tuple[list[_Arc], list[_Arc]]] = defaultdict(lambda: ([], []))
    for arc in arcs:
        scaled = np.round(arc.line / _SAME_DEG).astype(np.int64)
        along, against = scaled.tobytes(), scaled[::-1].tobytes()
        ways = tuple(sorted(str(way) for way in _members(arc.data.get("osmid"))))
        key = (min(arc.u, arc.v), max(arc.u, arc.v), ways, min(along, against))
        # Arcs were turned along their way, so only `reversed` still tells the two of a pair apart;
        # where it was merged into a list nothing was turned, and the ends do.
        side = arc.data.get("reversed")
        if not isinstance(side, bool):
            side = (arc.u, along) > (arc.v, against)
        groups[key][side].append(arc)
    edges: list[_Arc] = []
    for forth, back in groups.values():
        edges += forth if len(forth) >= len(back) else back
    return edges


def _members(value: Any) -> list[Any]:
    """Return the members of a merged attribute, one for a plain one, none for a missing one.

    What is missing may be None, NaN or, out of a GeoPackage, an empty text.
    """
    members = value if isinstance(value, list) else [value]
    return [
        m for m in members if m not in (None, "") and not (isinstance(m, float) and np.isnan(m))
    ]


def _table(edges: list[_Arc], ids: list[int]) -> WayTable:
    sizes = np.array([len(arc.line) for arc in edges])
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    # Vertices inside an edge meet nothing: ids of their own, below all that the graph has.
    ref = min(0, *ids) - 1 - np.arange(ptr[-1])
    ref[ptr[:-1]] = [ids[arc.u] for arc in edges]
    ref[ptr[1:] - 1] = [ids[arc.v] for arc in edges]
    coords = np.vstack([arc.line for arc in edges])
    tags = [_tags_in(arc.data) for arc in edges]
    highways = list(dict.fromkeys(t.get("highway", "unclassed") for t in tags))
    texts: dict[str, int] = {}

    def codes(key: str) -> Any:
        found = [" / ".join(dict.fromkeys(map(str, _members(a.data.get(key))))) for a in edges]
        return np.array([texts.setdefault(t, len(texts)) if t else -1 for t in found])

    return WayTable(
        ptr=ptr,
        ref=ref,
        lon=coords[:, 0],
        lat=coords[:, 1],
        way=np.array([_way(arc.data) for arc in edges], dtype=np.int64),
        flags=np.array([_flags(a.data, t) for a, t in zip(edges, tags, strict=True)]),
        highway=np.array([highways.index(t.get("highway", "unclassed")) for t in tags]),
        name=codes("name"),
        name_en=codes("name:en"),
        highways=tuple(highways),
        names=tuple(texts),
    )


def _way(data: dict[str, Any]) -> int:
    """Return the first way of an edge, 0 where it names none."""
    try:
        way = int(_members(data.get("osmid"))[0])
    except (IndexError, TypeError, ValueError):
        return 0
    return way if abs(way) < 2**63 else 0


def _tags_in(data: dict[str, Any]) -> dict[str, str]:
    """Return one value for each tag of an edge, of several the one that says most against it."""

    def weight(key: str, value: str) -> int:
        return edge_flags({"highway": "", key: value}).bit_count()

    tags = {}
    for key in _TAGS:
        values = [str(member) for member in _members(data.get(key))]
        if key == "highway":
            values = [v for v in _STRICTEST if v in values] or values
            values = values[:1]
        if values:
            tags[key] = max(values, key=lambda value: weight(key, value))
    return tags


def _flags(data: dict[str, Any], tags: dict[str, str]) -> int:
    try:
        return int(data["hongtu_flags"]) & 0xFFFF
    except (KeyError, TypeError, ValueError):
        flags = edge_flags(tags)
    # Joined from ways drawn both ways, "forward" has lost its meaning.
    return flags & ~_DIRECTED if isinstance(data.get("reversed"), list) else flags
