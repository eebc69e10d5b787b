"""Water of an OSM file: areas, the sea behind its coastline, banks of what is incomplete."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Set
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.osm import rules
from geo.osm.clip import Clip

__all__ = ["WaterCollector", "sea_polygons", "ways_with_ids"]

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
        line = _line(way.nodes)
        if line is None:
            return
        if way.tags.get("natural") == "coastline":
            self._coast.append(line)
        else:
            self._banks.append(line)

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
            if (line := _line(way.nodes)) is not None:
                self._banks.append(line)

    def finish(
        self, clip: Clip | None, bounds: tuple[float, float, float, float]
    ) -> tuple[list[Any], list[Any]]:
        """Return water polygons and bank lines near `bounds` (WGS-84 degrees)."""
        west, south, east, north = bounds
        near = shapely.box(
            west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG
        )
        areas = [_valid(a) for a in self._areas if a.intersects(near)]
        areas += sea_polygons(self._coast, bounds)
        parts = [p for a in areas for p in shapely.get_parts(a) if p.geom_type == "Polygon"]
        banks = [b for b in [*self._banks, *self._coast] if b.intersects(near)]
        self.counts["water_areas"] = len(parts)
        return parts, banks


def ways_with_ids(source: Path, ids: Set[int]) -> Any:
    """Return the ways with these ids and their nodes, whatever their tags."""
    import osmium

    reader = osmium.FileProcessor(str(source)).with_locations()
    reader = reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    return reader.with_filter(osmium.filter.IdFilter(ids))


def sea_polygons(coast: list[Any], bounds: tuple[float, float, float, float]) -> list[Any]:
    """Return the sea inside `bounds`: the faces on the right of coastline ways (OSM's rule).

    A stretch of coast that ends inside the box bounds nothing and is left out.
    """
    if not coast:
        return []
    box = shapely.box(*bounds)
    lines = [shapely.intersection(line, box) for line in coast if line.intersects(box)]
    if not lines:
        return []
    noded = shapely.union_all([*lines, box.exterior])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    if len(faces) == 0:
        return []
    tree = shapely.STRtree(faces)
    sides = {side: _beside(lines, side) for side in (1, -1)}
    sea = np.unique(tree.query(sides[1], predicate="within")[1])
    land = np.unique(tree.query(sides[-1], predicate="within")[1])
    return [faces[i] for i in np.setdiff1d(sea, land)]


def _beside(lines: list[Any], side: int) -> Any:
    """Return points a centimetre to the right (1) or left (-1) of every segment's middle."""
    points = []
    for line in lines:
        for part in shapely.get_parts(line):
            if part.geom_type != "LineString":
                continue
            xy = shapely.get_coordinates(part)
            step = np.diff(xy, axis=0)
            length = np.hypot(step[:, 0], step[:, 1])
            ok = length > 0
            right = np.column_stack([step[ok, 1], -step[ok, 0]]) / length[ok, None]
            points.append((xy[:-1][ok] + xy[1:][ok]) / 2 + side * _SIDE_DEG * right)
    return shapely.points(np.concatenate(points)) if points else []


def _line(nodes: Any) -> Any:
    xy = [(n.x / 1e7, n.y / 1e7) for n in nodes if n.location.valid()]
    return shapely.linestrings(xy) if len(xy) > 1 else None


def _valid(shape: Any) -> Any:
    return shape if shapely.is_valid(shape) else shapely.make_valid(shape)
