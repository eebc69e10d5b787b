"""Networks and points drawn in metres, so that a reader checks every length by hand.

The origin lies on the central meridian of its CGCS2000 zone, where a metre on the plane is a
metre on the ground: a drawn kilometre is 1000.00 m long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geo.datum import metric_crs
from geo.network.build import WayTable, build_network
from geo.network.model import NetworkMeta, WalkNetwork
from geo.points import PointTable

ORIGIN = (120.0, 32.0)
CRS = metric_crs(*ORIGIN)
_TO_METRES = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
_X0, _Y0 = _TO_METRES.transform(*ORIGIN)

XY = tuple[float, float]


@dataclass(frozen=True)
class Way:
    """A way through some points; it meets other ways where both have a vertex."""

    points: Sequence[XY]
    flags: int = 0
    highway: str = "footway"
    name: str | None = None
    name_en: str | None = None


def way(
    *points: XY,
    flags: int = 0,
    highway: str = "footway",
    name: str | None = None,
    name_en: str | None = None,
) -> Way:
    return Way(points, int(flags), highway, name, name_en)


def degrees(xy: Any) -> np.ndarray:
    """Drawn metres → (k, 2) lon, lat."""
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    return np.column_stack(_TO_DEGREES.transform(xy[:, 0] + _X0, xy[:, 1] + _Y0))


def on_plane(xy: Any) -> np.ndarray:
    """Drawn metres → (k, 2) metres in the network's metric CRS."""
    return np.asarray(xy, dtype=float).reshape(-1, 2) + np.array([_X0, _Y0])


def drawn(shapes: Any) -> Any:
    """Shapes in WGS-84 → drawn metres."""

    def move(lonlat: np.ndarray) -> np.ndarray:
        x, y = _TO_METRES.transform(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack([np.asarray(x) - _X0, np.asarray(y) - _Y0])

    return shapely.transform(np.asarray(shapes, dtype=object), move)


def draw(*ways: Way, water: Iterable[Any] = (), barriers: Iterable[Any] = ()) -> WalkNetwork:
    """Return the network of `ways`; water polygons and barrier lines are in drawn metres too."""
    refs: dict[XY, int] = {}
    highways = sorted({w.highway for w in ways})
    ref = [refs.setdefault((float(x), float(y)), len(refs) + 1) for w in ways for x, y in w.points]
    lonlat = degrees([p for w in ways for p in w.points])
    names = sorted({n for w in ways for n in (w.name, w.name_en) if n})
    table = WayTable(
        ptr=np.cumsum([0, *(len(w.points) for w in ways)]),
        ref=np.array(ref),
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        way=np.arange(len(ways)) + 1,
        flags=np.array([w.flags for w in ways]),
        highway=np.array([highways.index(w.highway) for w in ways]),
        name=np.array([names.index(w.name) if w.name else -1 for w in ways]),
        name_en=np.array([names.index(w.name_en) if w.name_en else -1 for w in ways]),
        highways=tuple(highways),
        names=tuple(names),
    )
    meta = NetworkMeta("drawn", "drawn in a test", None, (0.0, 0.0, 0.0, 0.0))
    return build_network(
        table,
        meta=meta,
        water=[shapely.transform(w, degrees) for w in water],
        barriers=[shapely.transform(b, degrees) for b in barriers],
    )


def points(where: Mapping[str, XY], *, demand: Mapping[str, float] | None = None) -> PointTable:
    """Return a table of usable points; with `demand` it is a table of demand places."""
    weights = None if demand is None else [demand[i] for i in where]
    return table_of(degrees(list(where.values())), list(where), weights)


def table_of(
    lonlat: np.ndarray, ids: Sequence[str], demand: Sequence[float] | None = None
) -> PointTable:
    """Return a table of usable points in WGS-84 degrees."""
    frame = pd.DataFrame({"id": list(ids), "name": None}, dtype=object)
    if demand is not None:
        frame["demand"] = np.asarray(demand, dtype=float)
    geometry = gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1])
    return PointTable(
        frame=gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326"),
        unused=frame.iloc[:0].assign(reason=pd.Series(dtype=object)),
        faults=pd.DataFrame(columns=["id", "row", "name", "code", "params"]),
        rows=len(frame),
        digest="drawn",
        datum="wgs84",
        kind="stations" if demand is None else "demand",
        columns={"id": "id"},
        warnings=[],
        flags=(),
    )


def places(where: Mapping[str, XY], demand: float = 1.0) -> PointTable:
    """Return demand places of equal weight."""
    return points(where, demand=dict.fromkeys(where, demand))
