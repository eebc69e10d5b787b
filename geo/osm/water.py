"""Water of an OSM file: areas, the sea behind its coastline, banks of what is incomplete."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.osm import rules
from geo.osm.source import ways_with_ids

__all__ = ["WaterCollector", "sea_polygons"]

log = logging.getLogger(__name__)

MARGIN_DEG = 0.02  # water is kept this far around the ways, about 2 km
_SIDE_DEG = 1e-7  # a step to one side of the coastline, about 1 cm


class WaterCollector:
    """Gathers water while a file streams by.

    Relations cut by the edge of an extract have no area; the lines of theirs that the file still
    holds become banks, which access lines may not cross, and they are counted.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._areas: list[Any] = []
        self._banks: list[Any] = []
        self._coast: list[Any] = []
        self._seen: set[int] = set()
        self._complete: set[int] = set()
        self._members: dict[int, set[int]] = {}
        self._factory: Any = None

    def see_area(self, area: Any) -> None:
        """Keep a complete water area (`osmium.osm.Area`)."""
        import osmium

        if self._factory is None:
            self._factory = osmium.geom.WKBFactory()
        if not area.from_way():
            self._complete.add(area.orig_id())
        try:
            shape = shapely.from_wkb(bytes.fromhex(self._factory.create_multipolygon(area)))
        except (RuntimeError, osmium.InvalidLocationError) as fault:
            self.counts["water_invalid"] += 1
            log.info("water area %s: %s", area.orig_id(), fault)
            return
        self._areas.append(shape)

    def see_bank(self, way: Any) -> None:
        """Keep a river, canal or coastline way."""
        coast = way.tags.get("natural") == "coastline"
        (self._coast if coast else self._banks).extend(_lines(way.nodes))

    def see_relation(self, relation: Any) -> None:
        """Remember a water relation, to notice when no area comes of it."""
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and rules.is_water(tags):
            self._members[relation.id] = {m.ref for m in relation.members if m.type == "w"}

    def recover_banks(self, source: Path) -> None:
        """Read once more the member ways of relations that are incomplete, as banks."""
        broken = {r: m for r, m in self._members.items() if r not in self._complete}
        self.counts["water_incomplete"] = len(broken)
        ids = set().union(*broken.values()) if broken else set()
        if not ids:
            return
        for way in ways_with_ids(source, ids):
            self._banks.extend(_lines(way.nodes))

    def finish(self, bounds: tuple[float, float, float, float]) -> tuple[list[Any], list[Any]]:
        """Return water polygons and bank lines near `bounds` (WGS-84 degrees)."""
        west, south, east, north = bounds
        wide = (west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
        near = shapely.box(*wide)
        areas = [_valid(a) for a in self._areas if a.intersects(near)]
        # An extract may hold the coast beside its ways, but no longer the coast around them.
        areas += sea_polygons(self._coast, wide) or sea_polygons(self._coast, bounds)
        parts = [p for a in areas for p in shapely.get_parts(a) if p.geom_type == "Polygon"]
        banks = [b for b in [*self._banks, *self._coast] if b.intersects(near)]
        self.counts["water_areas"] = len(parts)
        return parts, banks


def sea_polygons(coast: list[Any], bounds: tuple[float, float, float, float]) -> list[Any]:
    """Return the sea inside `bounds`: the faces on the right of coastline ways (OSM's rule).

    A face with land on its other side, because a stretch of coast ends inside the box, is left
    out: its coast remains a bank, but nobody knows how far the sea reaches.
    """
    box = shapely.box(*bounds)
    lines = [line for line in coast if line.intersects(box)]
    if not lines:
        return []
    noded = shapely.union_all([*lines, box.exterior])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    faces = faces[shapely.covers(box, shapely.point_on_surface(faces))]
    if len(faces) == 0:
        return []
    tree = shapely.STRtree(faces)
    right, left = _beside(lines, box)
    sea = np.unique(tree.query(right, predicate="within")[1])
    land = np.unique(tree.query(left, predicate="within")[1])
    return [faces[i] for i in np.setdiff1d(sea, land)]


def _beside(lines: list[Any], box: Any) -> tuple[Any, Any]:
    """Return points a centimetre to the right and left of each coast segment's middle in `box`."""
    starts, ends = [], []
    for line in lines:
        xy = shapely.get_coordinates(line)
        starts.append(xy[:-1])
        ends.append(xy[1:])
    start, end = np.concatenate(starts), np.concatenate(ends)
    inside = shapely.intersection(shapely.linestrings(np.stack([start, end], axis=1)), box)
    use = shapely.length(inside) > 0
    start, end = start[use], end[use]
    middle = shapely.get_coordinates(shapely.centroid(inside[use]))
    step = (end - start) / np.hypot(*(end - start).T)[:, None]
    right = np.column_stack([step[:, 1], -step[:, 0]]) * _SIDE_DEG
    return shapely.points(middle + right), shapely.points(middle - right)


def _lines(nodes: Any) -> list[Any]:
    """Return the stretches of a way whose nodes the file holds; a gap is not bridged."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for node in nodes:
        if node.location.valid():
            stretches[-1].append((node.x / 1e7, node.y / 1e7))
        else:
            stretches.append([])
    return [shapely.linestrings(xy) for xy in stretches if len(xy) > 1]


def _valid(shape: Any) -> Any:
    return shape if shapely.is_valid(shape) else shapely.make_valid(shape)
