"""Reading OSMnx graphs: arcs of both directions become one edge, merged tags the strictest.

What may be walked is for the caller to say; see `ways_of_osmnx`.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import NetworkError
from geo.network.build import WayTable
from geo.network.model import EdgeFlag, FloatArray
from geo.network.tags import Tags, edge_flags

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["graph_ways", "is_walk_graph", "ways_of_osmnx"]

_SAME_DEG = 1e-7
# Of a merged list of classes the first of these wins; it is the one that shuts most people out.
_STRICTEST = ("ferry", "elevator", "escalator", "ladder", "steps", "corridor")
_TAGS = (
    *("highway", "route", "tunnel", "bridge", "indoor", "area", "wheelchair", "conveying"),
    *("oneway:foot", "foot:oneway", "location", "level"),
)
_DIRECTED = int(EdgeFlag.FORWARD_ONLY | EdgeFlag.BACKWARD_ONLY)


@dataclass(frozen=True, eq=False)
class _Arc:
    """One arc of a graph: its ends, its line from u to v, its attributes."""

    u: int
    v: int
    line: FloatArray
    data: dict[str, Any]


def ways_of_osmnx(
    graph: nx.MultiDiGraph,
    *,
    source: str,
    verdict: Callable[[Tags], str] | None = None,
    allowed: Collection[int] = (),
    forbidden: Collection[int] = (),
) -> tuple[WayTable, Counter[str]]:
    """Return the edges of an OSMnx graph as ways, and counts of what was kept and left out.

    Parameters
    ----------
    graph, source
        As for `from_osmnx`.
    verdict
        Tags → ``kept`` or why not; of merged tags each must be kept.
    allowed, forbidden
        OSM way ids that are kept or left out whatever the verdict; an edge that joins several ways
        is left out when one of them is forbidden.

    Raises
    ------
    NetworkError
        As `from_osmnx`.
    """
    _check_crs(graph.graph.get("crs"))
    ids, positions = _nodes(graph)
    counts: Counter[str] = Counter(arcs=graph.number_of_edges())
    edges: list[_Arc] = []
    for arc in _merged(_arcs(graph, positions)):
        ways = _ways(arc.data)
        if not ways.isdisjoint(forbidden):
            counts["override_forbidden"] += 1
            continue
        why = "kept" if verdict is None else _verdict(arc.data, verdict)
        if why != "kept" and ways and ways <= set(allowed):
            counts["override_allowed"] += 1
        elif why != "kept":
            counts[f"left_out_{why}"] += 1
            continue
        edges.append(arc)
    if not edges:
        raise NetworkError("network_empty", source=source)
    return _table(edges, ids), counts


def graph_ways(graph: nx.Graph) -> set[int]:
    """Return the OSM way ids that the edges of a graph name."""
    found: set[int] = set()
    for *_, data in graph.edges(data=True):
        found |= _ways({"osmid": _value(data.get("osmid"))})
    return found


def is_walk_graph(graph: nx.Graph, walk: Callable[[Tags], bool]) -> bool:
    """Return True for what OSMnx calls a walk graph: no one-ways, nothing that `walk` leaves out.

    So is a graph whose edges do not say what class of road they are.
    """
    classed = False
    for *_, raw in graph.edges(data=True):
        data = {str(key): _value(value) for key, value in raw.items()}
        if any(member is True or member == "True" for member in _members(data.get("oneway"))):
            return False
        if _members(data.get("highway")):
            classed = True
            if _verdict(data, lambda tags: "kept" if walk(tags) else "no") != "kept":
                return False
        elif classed:
            return False
    return True


def _verdict(data: dict[str, Any], verdict: Callable[[Tags], str]) -> str:
    """Return ``kept`` where every value of every merged tag is, else why the first is not."""
    values = {key: [str(m) for m in _members(value)] for key, value in data.items()}
    plain = {key: members[0] for key, members in values.items() if members}
    why = verdict(plain)
    for key, members in values.items():
        for member in members[1:]:
            why = verdict({**plain, key: member}) if why == "kept" else why
    return why


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
        with np.errstate(over="ignore"):  # a number of 400 digits is refused below
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


def _ways(data: dict[str, Any]) -> set[int]:
    """Return all ways of an edge."""
    return {_way({"osmid": member}) for member in _members(data.get("osmid"))} - {0}


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
