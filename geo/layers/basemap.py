"""A light base map from the network itself: water, streets by class, names of main streets."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.layers.inert import inert
from geo.layers.shapes import DRAWN_DEGREES, feature, polygon_features
from geo.network.model import EdgeFlag, FloatArray, WalkNetwork

__all__ = ["STREET_STYLES", "WATER_STYLE", "Surroundings", "ground_shapes", "street_labels"]

Box = tuple[float, float, float, float]

MOST_VERTICES = 60_000
"""Vertices of streets on one map: about 1.2 MB of text, and a smooth pan on an office PC."""
_THINNED = 2
"""Merging and simplifying leave about one vertex of so many."""
_MARGIN_DEGREES, _MARGIN_SHARE = 0.015, 0.35
"""How far the ground reaches beyond the data: at least 1.5 km, and a third of their extent."""
_GRID_DEGREES = 0.02
MOST_LABELS = 90
_LABEL_SPACING_M = 350.0
_LABEL_STREET_M = 500.0
_LABEL_LETTERS = 24
_LABEL_ZOOMS = (13, 14, 15)
"""From which zoom names show, the most important third first; map.css has the same numbers."""
_LABEL_PLACES = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Where along a street its name may stand: the first that is clear of stations."""
_LABEL_CLEAR_M = 120.0
_FEW = 20
"""Up to so many stations are gone through one by one: a tree takes longer to import than to ask."""
_METRES_PER_DEGREE = 111_320.0

_TIERS: dict[str, int] = {
    **dict.fromkeys(("motorway", "trunk", "primary"), 0),
    "secondary": 1,
    "tertiary": 2,
    **dict.fromkeys(("unclassified", "residential", "living_street", "pedestrian", "road"), 3),
}
_SMALLEST = 4
_ALWAYS = 1
"""Tiers that are drawn however many vertices they have."""
_LABELLED = 2

STREET_STYLES: dict[str, dict[str, Any]] = {
    "street0": {"color": "#B4B4B4", "weight": 3.2},
    "street1": {"color": "#BFBFBF", "weight": 2.4},
    "street2": {"color": "#C8C8C8", "weight": 1.8},
    "street3": {"color": "#D2D2D2", "weight": 1.1},
    "street4": {"color": "#DBDBDB", "weight": 0.8},
}
WATER_STYLE = {"stroke": False, "fillColor": "#CFE0E8", "fillOpacity": 1.0}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies under the data of a map: the network within a box, and where its stations are.

    Attributes
    ----------
    box
        West, south, east, north: what is drawn of a large network; of a small one all is.
    near, reach_m
        (s, 2) lon, lat, and a distance: where a class of small streets has too many vertices to
        be drawn everywhere, it is drawn only that near to one of these.
    """

    network: WalkNetwork
    box: Box
    near: FloatArray
    reach_m: float

    @property
    def is_small(self) -> bool:
        """Whether everything can be drawn, wherever the stations are."""
        return len(self.network.coords) <= _THINNED * MOST_VERTICES

    @property
    def drawn(self) -> Box:
        """The box that is drawn, on a grid, so that similar data lie on the same ground."""
        west, south, east, north = self.network.meta.bbox if self.is_small else self.box
        margin = max(_MARGIN_DEGREES, _MARGIN_SHARE * max(east - west, north - south))
        low = np.floor(np.array([west - margin, south - margin]) / _GRID_DEGREES)
        high = np.ceil(np.array([east + margin, north + margin]) / _GRID_DEGREES)
        west, south, east, north = (np.concatenate([low, high]) * _GRID_DEGREES).tolist()
        return west, south, east, north

    @property
    def identity(self) -> tuple[str, Box, bytes, float]:
        """All that the ground depends on; the network by its digest."""
        digest = self.network.meta.digest
        if self.is_small:
            return digest, self.drawn, b"", 0.0
        return digest, self.drawn, np.ascontiguousarray(self.near).tobytes(), self.reach_m


def ground_shapes(under: Surroundings) -> tuple[str, ...]:
    """Return water and streets as features (GeoJSON text, property ``k``: the style), from below.

    The last few are kept, by the digest of the network: most changes of a run leave them alone.
    """
    return (
        _kept_shapes(_Key(under.identity, under)) if under.network.meta.digest else _shapes(under)
    )


def street_labels(under: Surroundings, lang: str) -> tuple[str, ...]:
    """Return names of main streets as point features with properties ``k``, ``n``, ``a``."""
    if not under.network.meta.digest:
        return _labels(under, lang)
    return _kept_labels(_Key((under.identity, under.near.tobytes()), under), lang)


@dataclass(frozen=True)
class _Key:
    """A comparable stand-in for surroundings."""

    identity: Hashable
    under: Surroundings = field(compare=False)


@lru_cache(maxsize=8)
def _kept_shapes(key: _Key) -> tuple[str, ...]:
    return _shapes(key.under)


@lru_cache(maxsize=8)
def _kept_labels(key: _Key, lang: str) -> tuple[str, ...]:
    return _labels(key.under, lang)


def _shapes(under: Surroundings) -> tuple[str, ...]:
    network, tier, seen = under.network, _tiers(under.network), _seen(under)
    nodes = np.column_stack([network.node_lon, network.node_lat])
    close = np.zeros(network.n_edges, dtype=bool)
    if not under.is_small:
        close = (_Stations(under.near).distance(nodes) <= under.reach_m)[network.edge_u]
    return (*_water(network, under.drawn), *_streets(network, tier, seen, close))


def _tiers(network: WalkNetwork) -> npt.NDArray[Any]:
    codes = [_TIERS.get(name.removesuffix("_link"), _SMALLEST) for name in (*network.highways, "")]
    found: npt.NDArray[Any] = np.array(codes)[np.asarray(network.edge_highway)]
    return found


def _seen(under: Surroundings) -> npt.NDArray[np.bool_]:
    hidden = under.network.has(EdgeFlag.FERRY | EdgeFlag.INDOOR)
    return _inside(under.network, under.drawn) & ~hidden


class _Stations:
    """Distances to the nearest station, in metres, as the crow flies and near enough."""

    def __init__(self, lonlat: FloatArray) -> None:
        mid = lonlat[:, 1].mean() if len(lonlat) else 0.0
        self._scale = np.array([np.cos(np.radians(mid)), 1.0]) * _METRES_PER_DEGREE
        self._spots = lonlat * self._scale
        self._tree = None
        if len(lonlat) > _FEW:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(self._spots)

    def distance(self, lonlat: FloatArray) -> FloatArray:
        """Return (k,) metres; infinite where there is no station at all."""
        at = lonlat * self._scale
        if self._tree is not None:
            return np.asarray(self._tree.query(at)[0], dtype=np.float64)
        best = np.full(len(at), np.inf)
        for spot in self._spots:
            best = np.minimum(best, np.hypot(*(at - spot).T))
        return best


def _inside(network: WalkNetwork, box: Box) -> npt.NDArray[np.bool_]:
    west, south, east, north = box
    lon, lat = np.asarray(network.node_lon), np.asarray(network.node_lat)
    within = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    found: npt.NDArray[np.bool_] = within[network.edge_u] | within[network.edge_v]
    return found


def _lines(network: WalkNetwork, edges: npt.NDArray[Any]) -> Any:
    """Return the lines of some edges as an array of LineStrings."""
    sizes = np.diff(network.coord_ptr)[edges]
    ends = np.cumsum(sizes)
    starts = np.asarray(network.coord_ptr)[edges]
    take = np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - sizes - starts, sizes)
    index = np.repeat(np.arange(edges.size), sizes)
    return shapely.linestrings(np.asarray(network.coords)[take], indices=index)


def _water(network: WalkNetwork, box: Box) -> list[str]:
    if not network.water_wkb:
        return []
    drawn = shapely.box(*box)
    areas = network.water.to_numpy()
    areas = areas[shapely.intersects(areas, drawn)]
    if not areas.size:
        return []
    return polygon_features(shapely.clip_by_rect(areas, *box), [{"k": "water"}] * len(areas))


def _streets(
    network: WalkNetwork,
    tier: npt.NDArray[Any],
    seen: npt.NDArray[np.bool_],
    close: npt.NDArray[np.bool_],
) -> list[str]:
    """Return one feature a class, the smallest first, so that main streets lie on top."""
    sizes = np.diff(network.coord_ptr)
    left = MOST_VERTICES
    found = []
    for rank in range(_SMALLEST + 1):
        edges = np.flatnonzero(seen & (tier == rank))
        if rank > _ALWAYS and int(sizes[edges].sum()) > _THINNED * left:
            edges = edges[close[edges]]
            if int(sizes[edges].sum()) > 3 * left:
                break
        if not edges.size:
            continue
        merged = shapely.line_merge(shapely.multilinestrings(_lines(network, edges)))
        drawn = shapely.simplify(merged, DRAWN_DEGREES, preserve_topology=False)
        left -= int(shapely.get_num_coordinates(drawn))
        if rank > _ALWAYS and left < 0:
            break
        found.append(feature(drawn, {"k": f"street{rank}"}))
    return found[::-1]


def _labels(under: Surroundings, lang: str) -> tuple[str, ...]:
    """Return each name with the angle and the zoom from which it shows."""
    network, tier, seen = under.network, _tiers(under.network), _seen(under)
    stations = _Stations(under.near)
    name = np.asarray(network.edge_name)
    main = np.flatnonzero(seen & (tier <= _LABELLED) & (name >= 0))
    if not main.size:
        return ()
    english = np.asarray(network.edge_name_en)
    spots: list[tuple[float, float, float]] = []
    found: list[str] = []
    for edges in _by_street(network, main, tier, name):
        spot = _label_spot(network, edges, stations)
        if spot is None or any(_near(spot, other) for other in spots):
            continue
        spots.append(spot)
        lon, lat, angle = spot
        code = english[edges[0]] if lang == "en" and english[edges[0]] >= 0 else name[edges[0]]
        zoom = _LABEL_ZOOMS[len(found) * len(_LABEL_ZOOMS) // MOST_LABELS]
        text = network.names[code]
        text = text if len(text) <= _LABEL_LETTERS else f"{text[: _LABEL_LETTERS - 1]}…"
        told = {"k": f"label{zoom}", "n": inert(text), "a": round(angle)}
        found.append(feature(shapely.Point(lon, lat), told))
        if len(found) == MOST_LABELS:
            break
    return tuple(found)


def _by_street(
    network: WalkNetwork, main: npt.NDArray[Any], tier: npt.NDArray[Any], name: npt.NDArray[Any]
) -> list[npt.NDArray[Any]]:
    """Return the edges of each named street, the most important and longest first."""
    main = main[np.argsort(name[main], kind="stable")]
    streets = np.split(main, np.flatnonzero(np.diff(name[main])) + 1)
    lengths = np.asarray(network.edge_length_m)
    ranked = [(int(tier[e].min()), -float(lengths[e].sum()), i) for i, e in enumerate(streets)]
    return [streets[i] for _, length, i in sorted(ranked) if -length >= _LABEL_STREET_M]


def _label_spot(
    network: WalkNetwork, edges: npt.NDArray[Any], stations: _Stations
) -> tuple[float, float, float] | None:
    """Return lon, lat and clockwise screen angle of a name on a street's longest run."""
    merged = shapely.line_merge(shapely.multilinestrings(_lines(network, edges)))
    parts = shapely.get_parts(merged)
    line = parts[np.argmax(shapely.length(parts))]
    if shapely.length(line) <= 0:
        return None
    places = shapely.get_coordinates(
        shapely.line_interpolate_point(line, _LABEL_PLACES, normalized=True)
    )
    clear = np.minimum(stations.distance(places), _LABEL_CLEAR_M)
    chosen = int(clear.argmax())  # the first of equals
    share = _LABEL_PLACES[chosen]
    (x0, y0), (x1, y1) = shapely.get_coordinates(
        shapely.line_interpolate_point(line, [share - 0.1, share + 0.1], normalized=True)
    )
    lon, lat = places[chosen].tolist()
    angle = -np.degrees(np.arctan2(y1 - y0, (x1 - x0) * np.cos(np.radians(lat))))
    angle = (angle + 90.0) % 180.0 - 90.0  # never upside down
    return lon, lat, float(angle)


def _near(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    dx = (one[0] - other[0]) * np.cos(np.radians(one[1]))
    dy = one[1] - other[1]
    return bool(np.hypot(dx, dy) * _METRES_PER_DEGREE < _LABEL_SPACING_M)
