"""`WalkNetwork`: junctions and edges of a walking network as arrays, with lazy frames.

An edge is the stretch of one way between two junctions. It is stored once, with its full line from
`edge_u` to `edge_v`; who may walk it in which direction is said by its flags and a walking profile
(`geo.pace`). Junctions are in Morton order, so that neighbours in the city are neighbours in
memory (Morton 1966; the effect on search is measured in docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import NetworkError

__all__ = [
    "FORMAT_VERSION",
    "MADE_HERE",
    "Amendment",
    "EdgeFlag",
    "FloatArray",
    "IntArray",
    "NetworkMeta",
    "WalkNetwork",
]

FORMAT_VERSION = 1
MADE_HERE = -(2**50)
"""Ids of nodes and ways that no file holds count down from here."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]


@cache
def _transformer(source: str, target: str) -> Any:
    """Return a transformer; making one costs PROJ some 70 ms, using one nothing."""
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


class EdgeFlag(IntFlag):
    """What is known of an edge beyond its class of road; stored as uint16."""

    STEPS = 1
    FERRY = 2
    TUNNEL = 4
    BRIDGE = 8
    OVER_WATER = 16
    INDOOR = 32
    CONVEYING = 64
    AREA = 128
    FORWARD_ONLY = 256
    BACKWARD_ONLY = 512
    NO_WHEELCHAIR = 1024
    ELEVATOR = 2048
    LINK = 4096
    DRIVE = 8192


@dataclass(frozen=True)
class Amendment:
    """What became of one entry of an override file.

    Attributes
    ----------
    kind
        ``allow``, ``forbid``, ``link``, ``barrier``, ``close`` or ``open`` (a gate).
    id, note
        The entry's own, as written; a way's number.
    reason
        Code of ``amendment.<code>`` where it could not be applied; empty: it was.
    count
        What it changed: edges or ways (allow, forbid), ends joined (link, open), cuts made
        (barrier, close).
    length_m
        Metres of the line drawn.
    line
        Its positions, WGS-84 degrees.
    """

    kind: str
    id: str
    note: str = ""
    reason: str = ""
    count: int = 0
    length_m: float = 0.0
    line: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class NetworkMeta:
    """Where a network comes from, and what must be said of it.

    Attributes
    ----------
    name, source
        A short name and the file or service it was read from.
    osm_date
        ISO date of the data, or None when the source does not tell.
    bbox
        (west, south, east, north) in WGS-84 degrees, over all edge geometry.
    attribution
        The credit that every export must carry.
    flags
        Things to say aloud: ``drive_only``, ``no_water``, ``schematic``, ``sample``,
        ``overrides``, …
    notes
        Counts made while reading (ways kept, trimmed, …), as (name, value) pairs.
    digest
        SHA-256 over every array; the key of all caches.
    amendments
        What was made of every entry of the override files this network has seen, in order.
    overrides_digest
        SHA-256 over those files' entries; empty where there were none.
    """

    name: str
    source: str
    osm_date: str | None
    bbox: tuple[float, float, float, float]
    attribution: str = "© OpenStreetMap contributors, ODbL 1.0"
    flags: tuple[str, ...] = ()
    notes: tuple[tuple[str, int | str], ...] = ()
    digest: str = ""
    format_version: int = FORMAT_VERSION
    amendments: tuple[Amendment, ...] = ()
    overrides_digest: str = ""


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """A walking network as plain arrays (n junctions, m edges, WGS-84 degrees).

    Attributes
    ----------
    node_lon, node_lat, node_osmid
        (n,) position and OSM id of each junction (negative: made here).
    edge_u, edge_v
        (m,) int32 junction at the start and end of the edge's line.
    edge_length_m
        (m,) geodesic length in metres on the WGS-84 ellipsoid.
    edge_flags
        (m,) uint16, see `EdgeFlag`.
    edge_highway, edge_name, edge_name_en
        (m,) codes into `highways` and `names`; -1 where a street has no name.
    edge_way
        (m,) int64 OSM way id; minus the relation's id for the outline of an area mapped as one;
        below −2⁵⁰ for what was made here.
    coord_ptr, coords
        (m + 1,) and (k, 2): the line of edge e is ``coords[coord_ptr[e]:coord_ptr[e + 1]]``.
    indptr, arc_head, arc_edge, arc_forward
        CSR adjacency over both directions of every edge: arcs of junction a are
        ``indptr[a]:indptr[a + 1]``; `arc_forward` is True where the arc runs u → v.
    water_wkb, barrier_wkb
        Water polygons, and lines that no access line may cross (banks, walls), as WKB.
    """

    meta: NetworkMeta
    node_lon: FloatArray
    node_lat: FloatArray
    node_osmid: IntArray
    edge_u: IntArray
    edge_v: IntArray
    edge_length_m: FloatArray
    edge_flags: IntArray
    edge_highway: IntArray
    edge_name: IntArray
    edge_name_en: IntArray
    edge_way: IntArray
    coord_ptr: IntArray
    coords: FloatArray
    indptr: IntArray
    arc_head: IntArray
    arc_edge: IntArray
    arc_forward: npt.NDArray[np.bool_]
    highways: tuple[str, ...]
    names: tuple[str, ...]
    water_wkb: tuple[bytes, ...] = ()
    barrier_wkb: tuple[bytes, ...] = ()
    folder: str | None = field(default=None, compare=False)

    @property
    def n_nodes(self) -> int:
        """Number of junctions."""
        return int(self.node_lon.size)

    @property
    def n_edges(self) -> int:
        """Number of edges, each counted once."""
        return int(self.edge_u.size)

    def has(self, flag: EdgeFlag) -> npt.NDArray[np.bool_]:
        """Return (m,) True where an edge carries any bit of `flag`."""
        found: npt.NDArray[np.bool_] = (np.asarray(self.edge_flags) & int(flag)) != 0
        return found

    @cached_property
    def metric_crs(self) -> str:
        """The one metric CRS of the study area (see `geo.datum.metric_crs`)."""
        from geo.datum import metric_crs

        west, south, east, north = self.meta.bbox
        return metric_crs((west + east) / 2, (south + north) / 2)

    @cached_property
    def planar(self) -> FloatArray:
        """(k, 2) `coords` in `metric_crs`, metres.

        Raises
        ------
        NetworkError
            A position is outside the network's bbox: the file of a saved network is damaged.
        """
        low, high = self.coords.min(axis=0), self.coords.max(axis=0)
        west, south, east, north = self.meta.bbox
        # NaN fails too: no comparison with it is true.
        if not (low[0] >= west and low[1] >= south and high[0] <= east and high[1] <= north):
            raise NetworkError("network_damaged", path=self.folder or "-", detail="coords.npy")
        return self.to_metric(self.coords)

    @cached_property
    def node_planar(self) -> FloatArray:
        """(n, 2) junctions in `metric_crs`, metres."""
        return self.to_metric(np.column_stack([self.node_lon, self.node_lat]))

    def to_metric(self, lonlat: FloatArray) -> FloatArray:
        """Return (k, 2) WGS-84 degrees as metres in `metric_crs`."""
        x, y = _transformer("EPSG:4326", self.metric_crs).transform(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack([x, y])

    def to_degrees(self, xy: FloatArray) -> FloatArray:
        """Return (k, 2) metres in `metric_crs` as WGS-84 degrees; NaN stays NaN."""
        lon, lat = _transformer(self.metric_crs, "EPSG:4326").transform(xy[:, 0], xy[:, 1])
        degrees = np.column_stack([lon, lat])
        degrees[~np.isfinite(degrees)] = np.nan
        return degrees

    @cached_property
    def water(self) -> Any:
        """Water polygons as a GeoSeries in EPSG:4326."""
        return self._series(self.water_wkb)

    @cached_property
    def barriers(self) -> Any:
        """Lines no access line may cross, besides the shores of `water`, as a GeoSeries."""
        return self._series(self.barrier_wkb)

    @staticmethod
    def _series(wkb: tuple[bytes, ...]) -> Any:
        import geopandas as gpd
        import shapely

        return gpd.GeoSeries(shapely.from_wkb(np.array(wkb, dtype=object)), crs="EPSG:4326")

    @cached_property
    def component(self) -> IntArray:
        """(n,) connected component of each junction over all edges but ferries, 0 the longest."""
        from geo.network.components import components

        return components(self, ~self.has(EdgeFlag.FERRY))[0]

    @cached_property
    def nodes(self) -> Any:
        """Junctions as a GeoDataFrame (EPSG:4326): osmid, component, geometry."""
        import geopandas as gpd

        return gpd.GeoDataFrame(
            {"osmid": np.asarray(self.node_osmid), "component": self.component},
            geometry=gpd.points_from_xy(self.node_lon, self.node_lat),
            crs="EPSG:4326",
        )

    @cached_property
    def edges(self) -> Any:
        """Edges as a GeoDataFrame (EPSG:4326): u, v, way, highway, names, length_m, flags."""
        import geopandas as gpd
        import shapely

        names = np.array([*self.names, None], dtype=object)
        index = np.repeat(np.arange(self.n_edges), np.diff(self.coord_ptr))
        frame = {
            "u": np.asarray(self.edge_u),
            "v": np.asarray(self.edge_v),
            "way": np.asarray(self.edge_way),
            "highway": np.array(self.highways, dtype=object)[self.edge_highway],
            "name": names[self.edge_name],
            "name_en": names[self.edge_name_en],
            "length_m": np.asarray(self.edge_length_m),
        }
        for flag in EdgeFlag:
            frame[str(flag.name).lower()] = self.has(flag)
        lines = shapely.linestrings(np.asarray(self.coords), indices=index)
        return gpd.GeoDataFrame(frame, geometry=lines, crs="EPSG:4326")
