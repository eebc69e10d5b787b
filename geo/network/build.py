"""Ways → `WalkNetwork`: splitting at junctions, Morton order, adjacency, lengths.

Every reader (OSM files, OSMnx graphs, the drawn sample) hands over a `WayTable`; this is the only
place that turns lines into edges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import NetworkError
from geo.network.model import EdgeFlag, FloatArray, IntArray, NetworkMeta, WalkNetwork

__all__ = ["WAY_COLUMNS", "WayTable", "build_network", "geodesic_lengths", "network_digest"]

# Columns of WalkNetwork that its digest covers, in this order.
DIGESTED = (
    "node_lon",
    "node_lat",
    "node_osmid",
    "edge_u",
    "edge_v",
    "edge_length_m",
    "edge_flags",
    "edge_highway",
    "edge_name",
    "edge_name_en",
    "edge_way",
    "coord_ptr",
    "coords",
)


WAY_COLUMNS = ("way", "flags", "highway", "name", "name_en")
"""Columns of `WayTable` with one value a part."""


@dataclass(frozen=True, eq=False)
class WayTable:
    """Walkable ways before they are split: p parts with k vertices in all.

    Attributes
    ----------
    ptr
        (p + 1,) vertices of part i are ``ptr[i]:ptr[i + 1]``; at least two each.
    ref, lon, lat
        (k,) node id and WGS-84 position of each vertex; parts meet where ids are equal.
    way, flags, highway, name, name_en
        (p,) way id, `EdgeFlag` bits, and codes into `highways` and `names` (-1: none).
    """

    ptr: IntArray
    ref: IntArray
    lon: FloatArray
    lat: FloatArray
    way: IntArray
    flags: IntArray
    highway: IntArray
    name: IntArray
    name_en: IntArray
    highways: tuple[str, ...]
    names: tuple[str, ...]


def geodesic_lengths(coords: FloatArray, ptr: IntArray) -> FloatArray:
    """Return the WGS-84 geodesic length in metres of each line ``coords[ptr[i]:ptr[i + 1]]``.

    Karney (2013), through PROJ.
    """
    from pyproj import Geod

    if len(coords) == 0:
        return np.zeros(len(ptr) - 1)
    lon, lat = coords[:, 0], coords[:, 1]
    step = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    step = np.append(np.asarray(step, dtype=np.float64), 0.0)
    step[ptr[1:] - 1] = 0.0  # from the end of one line to the start of the next
    # Not differences of one running sum: an edge's length would depend on the edges before it.
    return np.asarray(np.add.reduceat(step, ptr[:-1]))


def build_network(
    ways: WayTable,
    *,
    meta: NetworkMeta,
    water: Sequence[Any] = (),
    barriers: Sequence[Any] = (),
    walls: Sequence[Any] = (),
) -> WalkNetwork:
    """Split `ways` at their junctions and return the network.

    Parameters
    ----------
    ways
        Walkable ways; a vertex shared by two parts, met twice by one, or ending one is a junction.
        A node named twice in a row counts once.
    meta
        Source and flags; `bbox` and `digest` are filled in here.
    water, barriers
        Shapely polygons and lines (rivers, coasts) in EPSG:4326; a bridge across either is a bridge
        over water.
    walls
        Further barriers, of which no bridge is known: lines drawn by hand.

    The order of the ways changes neither arrays nor digest, as long as parts of one way keep
    theirs; the direction in which a line is drawn does, since flags refer to it.

    Raises
    ------
    NetworkError
        There is no way to walk on.
    """
    ways = _canonical(_without_repeats(ways))
    if len(ways.way) == 0:
        raise NetworkError("network_empty", source=meta.source)
    ptr, part, junction = _split(ways)
    ref = ways.ref[junction]
    node_ref, first = np.unique(ref, return_index=True)
    node_lon, node_lat = ways.lon[junction][first], ways.lat[junction][first]
    order = _morton_order(node_lon, node_lat)
    node_ref, node_lon, node_lat = node_ref[order], node_lon[order], node_lat[order]
    rank = np.empty(order.size, dtype=np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    sorted_ref = np.sort(node_ref)
    edge_u = rank[np.searchsorted(sorted_ref, ways.ref[ptr[:, 0]])]
    edge_v = rank[np.searchsorted(sorted_ref, ways.ref[ptr[:, 1]])]

    # Edges follow the junctions they leave, for the same reason that junctions follow the curve;
    # ties go by way, so that the order of ways in a file changes nothing.
    edge_order = np.lexsort((ways.way[part], edge_v, edge_u))
    ptr, part = ptr[edge_order], part[edge_order]
    edge_u, edge_v = edge_u[edge_order], edge_v[edge_order]
    sizes = ptr[:, 1] - ptr[:, 0] + 1
    coord_ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    take = np.arange(coord_ptr[-1]) - np.repeat(coord_ptr[:-1] - ptr[:, 0], sizes)
    coords = np.column_stack([ways.lon[take], ways.lat[take]])

    indptr, head, edge, forward = adjacency(node_ref.size, edge_u, edge_v)
    network = WalkNetwork(
        meta=meta,
        node_lon=node_lon,
        node_lat=node_lat,
        node_osmid=node_ref.astype(np.int64),
        edge_u=edge_u,
        edge_v=edge_v,
        edge_length_m=geodesic_lengths(coords, coord_ptr),
        edge_flags=ways.flags[part].astype(np.uint16),
        edge_highway=ways.highway[part].astype(np.int32),
        edge_name=ways.name[part].astype(np.int32),
        edge_name_en=ways.name_en[part].astype(np.int32),
        edge_way=ways.way[part].astype(np.int64),
        coord_ptr=coord_ptr,
        coords=coords,
        indptr=indptr,
        arc_head=head,
        arc_edge=edge,
        arc_forward=forward,
        highways=ways.highways,
        names=ways.names,
        water_wkb=_wkb(water),
        barrier_wkb=_wkb(barriers),
    )
    network = replace(
        network,
        edge_flags=_mark_over_water(network),
        barrier_wkb=(*network.barrier_wkb, *_wkb(walls)),
    )
    return _finish(network)


def _finish(network: WalkNetwork) -> WalkNetwork:
    """Fill in bbox, flags and digest."""
    coords = network.coords
    west, south = coords.min(axis=0)
    east, north = coords.max(axis=0)
    said = set(network.meta.flags) - {"no_water", "drive_only"}
    if not network.water_wkb:
        said.add("no_water")
    if _is_drive_only(network):
        said.add("drive_only")
    meta = replace(
        network.meta,
        bbox=(float(west), float(south), float(east), float(north)),
        flags=tuple(sorted(said)),
    )
    network = replace(network, meta=meta)
    return replace(network, meta=replace(meta, digest=network_digest(network)))


def network_digest(network: WalkNetwork) -> str:
    """Return the SHA-256 of everything that can change a result."""
    digest = hashlib.sha256()
    for column in DIGESTED:
        digest.update(np.ascontiguousarray(getattr(network, column)).tobytes())
    for text in (*network.highways, "\0", *network.names):
        digest.update(text.encode() + b"\0")
    for blob in (*network.water_wkb, b"\0", *network.barrier_wkb):
        digest.update(blob)
    return digest.hexdigest()


def adjacency(
    n: int, edge_u: IntArray, edge_v: IntArray
) -> tuple[IntArray, IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Return CSR (indptr, head, edge, forward) over both directions of every edge."""
    m = edge_u.size
    tail = np.concatenate([edge_u, edge_v])
    head = np.concatenate([edge_v, edge_u])
    edge = np.tile(np.arange(m, dtype=np.int32), 2)
    forward = np.arange(2 * m) < m
    order = np.argsort(tail, kind="stable")
    indptr = np.zeros(n + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(tail, minlength=n))
    return indptr, head[order].astype(np.int32), edge[order], forward[order]


def _without_repeats(ways: WayTable) -> WayTable:
    """Return `ways` with each node named twice in a row named once; what is then no line goes."""
    k = ways.ref.size
    keep = np.ones(k, dtype=bool)
    keep[1:] = ways.ref[1:] != ways.ref[:-1]
    keep[ways.ptr[:-1]] = True
    part_of = np.repeat(np.arange(ways.way.size), np.diff(ways.ptr))
    sizes = np.bincount(part_of[keep], minlength=ways.way.size)
    lines = sizes >= 2
    if keep.all() and lines.all():
        return ways
    keep &= lines[part_of]
    return replace(
        ways,
        ptr=np.concatenate([[0], np.cumsum(sizes[lines])]).astype(np.int64),
        ref=ways.ref[keep],
        lon=ways.lon[keep],
        lat=ways.lat[keep],
        **{name: getattr(ways, name)[lines] for name in WAY_COLUMNS},
    )


def _canonical(ways: WayTable) -> WayTable:
    """Return `ways` with texts in alphabetical order, whatever order they were met in."""
    highways, (highway,) = _recoded(ways.highways, ways.highway)
    names, (name, name_en) = _recoded(ways.names, ways.name, ways.name_en)
    return replace(
        ways, highways=highways, highway=highway, names=names, name=name, name_en=name_en
    )


def _recoded(texts: tuple[str, ...], *codes: IntArray) -> tuple[tuple[str, ...], list[IntArray]]:
    """Return the texts in use, sorted, and the codes into them; -1 stays -1."""
    used = np.unique(np.concatenate(codes))
    found = {texts[code] for code in used.tolist() if code >= 0}
    place = {text: at for at, text in enumerate(sorted(found))}
    new = np.array([place.get(text, -1) for text in texts] + [-1], dtype=np.int64)
    return tuple(place), [new[column] for column in codes]


def _split(ways: WayTable) -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Return (m, 2) first and last vertex of each edge, its part, and (k,) junction marks."""
    k = ways.ref.size
    ends = np.zeros(k, dtype=bool)
    ends[ways.ptr[:-1]] = True
    ends[ways.ptr[1:] - 1] = True
    _, inverse, counts = np.unique(ways.ref, return_inverse=True, return_counts=True)
    junction = ends | (counts[inverse] > 1)
    # A ring's shared vertex is met twice by its own part and so is already a junction.
    marks = np.flatnonzero(junction)
    last = np.zeros(k, dtype=bool)
    last[ways.ptr[1:] - 1] = True
    starts, stops = marks[:-1], marks[1:]
    inside = ~last[starts]
    spans = np.column_stack([starts[inside], stops[inside]])
    part = np.searchsorted(ways.ptr, spans[:, 0], side="right") - 1
    return spans, part, junction


def _morton_order(lon: FloatArray, lat: FloatArray) -> IntArray:
    """Return the order of points along a Z curve of 2 × 21 bits over their bounding box."""

    def cells(values: FloatArray) -> npt.NDArray[np.uint64]:
        span = max(float(values.max() - values.min()), 1e-12)
        return np.asarray((values - values.min()) / span * (2**21 - 1)).astype(np.uint64)

    code = _spread(cells(lon)) | (_spread(cells(lat)) << np.uint64(1))
    return np.argsort(code, kind="stable")


def _spread(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return 21-bit numbers with a zero bit between neighbours."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        x = (x | (x << np.uint64(shift))) & np.uint64(mask)
    return x


def _mark_over_water(network: WalkNetwork) -> IntArray:
    """Return edge flags with OVER_WATER on every bridge that meets known water or a bank."""
    import shapely

    flags = np.array(network.edge_flags, dtype=np.uint16)
    bridges = np.flatnonzero(network.has(EdgeFlag.BRIDGE))
    obstacles = [*network.water_wkb, *network.barrier_wkb]
    if bridges.size == 0 or not obstacles:
        return flags
    ptr = network.coord_ptr
    lines = [shapely.linestrings(network.coords[ptr[e] : ptr[e + 1]]) for e in bridges]
    tree = shapely.STRtree(shapely.from_wkb(np.array(obstacles, dtype=object)))
    over = np.unique(tree.query(lines, predicate="intersects")[0])
    flags[bridges[over]] |= np.uint16(EdgeFlag.OVER_WATER)
    return flags


def _is_drive_only(network: WalkNetwork) -> bool:
    """Return True where practically nothing but carriageways is mapped (under 2 % by length)."""
    length = np.asarray(network.edge_length_m)
    made_here = network.has(EdgeFlag.LINK) | network.has(EdgeFlag.FERRY)
    drive = network.has(EdgeFlag.DRIVE)
    total = length[~made_here].sum()
    return bool(total > 0 and length[~made_here & ~drive].sum() < 0.02 * total)


def _wkb(geometries: Sequence[Any]) -> tuple[bytes, ...]:
    import shapely

    return tuple(shapely.to_wkb(g) for g in geometries if g is not None and not g.is_empty)
