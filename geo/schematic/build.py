"""The schematic network put together: streets of the table, local streets and the ferry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geo.credits import SCHEMATIC
from geo.network import EdgeFlag, NetworkMeta, WalkNetwork, WayTable, build_network
from geo.network.model import FloatArray, IntArray
from geo.schematic.avenues import Course, lay_avenues, pieces
from geo.schematic.blocks import find_blocks
from geo.schematic.facts import Facts
from geo.schematic.fill import Fill, fill_block
from geo.schematic.plane import STEP, to_degrees

__all__ = ["NAME", "build"]

NAME = "南京示意路网 / Nanjing schematic"
HIGHWAYS = (
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "living_street",
    "footway",
    "steps",
    "ferry",
)
FILL_HIGHWAY = np.array([HIGHWAYS.index(h) for h in HIGHWAYS[3:7]])  # by `Fill.kind`
DRIVEN = 5  # the first so many classes carry vehicles
ON_STREET_M = 1.0  # a way out ends on a street of the table, or nowhere
MEET_M = 16.0  # and uses a junction this near


class _Parts:
    """Ways as they are gathered: lines on the plane with their class, flags and name."""

    def __init__(self) -> None:
        self.xy: list[FloatArray] = []
        self.size: list[int] = []
        self.highway: list[int] = []
        self.flags: list[int] = []
        self.name: list[int] = []
        self.name_en: list[int] = []
        self.names: dict[str, int] = {}

    def add(
        self,
        xy: FloatArray,
        highway: int,
        flags: int = 0,
        name: str | None = None,
        name_en: str | None = None,
    ) -> None:
        self.xy.append(xy)
        self.size.append(len(xy))
        self.highway.append(highway)
        self.flags.append(flags | _class_flags(highway))
        self.name.append(self._code(name))
        self.name_en.append(self._code(name_en))

    def _code(self, text: str | None) -> int:
        return -1 if not text else self.names.setdefault(text, len(self.names))

    def table(self) -> WayTable:
        xy = np.concatenate(self.xy)
        lonlat = to_degrees(xy)
        cell = np.round(xy / STEP).astype(np.int64)
        ref = _numbered(cell)
        count = len(self.size)
        return WayTable(
            ptr=np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64),
            ref=ref,
            lon=lonlat[:, 0],
            lat=lonlat[:, 1],
            way=-1 - np.arange(count, dtype=np.int64),
            flags=np.array(self.flags, dtype=np.uint16),
            highway=np.array(self.highway, dtype=np.int16),
            name=np.array(self.name, dtype=np.int32),
            name_en=np.array(self.name_en, dtype=np.int32),
            highways=HIGHWAYS,
            names=tuple(self.names),
        )

    def keep(self, wanted: Any) -> None:
        """Drop the ways that are not `wanted`."""
        for column in ("xy", "size", "highway", "flags", "name", "name_en"):
            rows = getattr(self, column)
            setattr(self, column, [row for row, w in zip(rows, wanted, strict=True) if w])


def build(facts: Facts, digest: str) -> WalkNetwork:
    """Return the schematic network of `facts`."""
    courses = lay_avenues(facts)
    parts = _Parts()
    blocks = find_blocks(facts, courses)
    fills = [fill for block in blocks if (fill := fill_block(block)) is not None]
    _add_fills(parts, fills, courses)
    water = shapely.union_all(list(facts.water))
    shapely.prepare(water)
    for course in courses:
        _add_course(parts, course, water)
    table = parts.table()
    joined = _joined(table)
    dropped = int((~joined).sum())
    parts.keep(joined)
    for ferry in facts.ferries:
        code = HIGHWAYS.index("ferry")
        parts.add(ferry.xy, code, int(EdgeFlag.FERRY), ferry.name, ferry.name_en)
    meta = NetworkMeta(
        name=NAME,
        source="data/network",
        osm_date=None,
        bbox=(0.0, 0.0, 0.0, 0.0),
        attribution=SCHEMATIC,
        flags=("schematic",),
        notes=(
            ("streets", len(facts.streets)),
            ("blocks", len(blocks)),
            ("local_ways_dropped", dropped),
            ("facts", digest[:16]),
        ),
    )
    return build_network(
        parts.table(),
        meta=meta,
        water=[_in_degrees(shape) for shape in facts.water],
        barriers=[_in_degrees(part) for line in facts.wall for part in shapely.get_parts(line)],
    )


def _add_course(parts: _Parts, course: Course, water: Any) -> None:
    street = course.street
    for piece in pieces(course, water):
        flags = int(EdgeFlag.BRIDGE) if piece.bridge else 0
        parts.add(piece.xy, HIGHWAYS.index(street.highway), flags, street.name, street.name_en)


def _add_fills(parts: _Parts, fills: Sequence[Fill], courses: Sequence[Course]) -> None:
    roads = [course for course in courses if not course.street.bridge]
    tree = shapely.STRtree([course.line for course in roads])
    inner = np.concatenate([fill.xy[fill.link] for fill in fills])
    kind = np.concatenate([fill.kind for fill in fills])
    start = np.concatenate([fill.xy[fill.stub] for fill in fills])
    place = np.concatenate([fill.stub_xy for fill in fills])
    stub_kind = np.concatenate([fill.stub_kind for fill in fills])
    at, road = tree.query_nearest(
        shapely.points(place), max_distance=ON_STREET_M, all_matches=False
    )
    ends = [roads[j].meet(*place[i], MEET_M) for i, j in zip(at, road, strict=True)]
    outer = np.stack([start[at], np.array(ends)], axis=1)
    free = _uncrossed(outer, shapely.linestrings(inner), np.array([c.line for c in roads]))
    lines = np.concatenate([inner, outer[free]])
    for line, code in zip(lines, np.concatenate([kind, stub_kind[at][free]]), strict=True):
        parts.add(line, int(FILL_HIGHWAY[code]))


def _uncrossed(outer: FloatArray, inner: Any, roads: Any) -> Any:
    """Return (s,) True for the ways out that cross nothing, nor a way out before them."""
    short = outer.copy()
    short[:, 1] += (outer[:, 0] - outer[:, 1]) * 0.02  # ending on a street is not crossing it
    lines = shapely.linestrings(short)
    free = np.ones(len(lines), dtype=bool)
    for others in (inner, roads):
        free[shapely.STRtree(others).query(lines, predicate="crosses")[0]] = False
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    free[one[other < one]] = False
    return free


def _joined(table: WayTable) -> Any:
    """Return (p,) True for the ways of the longest connected component."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, node = np.unique(table.ref, return_inverse=True)
    first = np.repeat(node[table.ptr[:-1]], np.diff(table.ptr))
    n = int(node.max()) + 1
    graph = coo_matrix((np.ones(node.size), (first, node)), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    return label[node[table.ptr[:-1]]] == np.bincount(label).argmax()


def _numbered(cell: IntArray) -> IntArray:
    """Return a negative id for each (k, 2) place, the same wherever the place is the same."""
    key = (cell[:, 0] + 10_000_000) * 100_000_000 + cell[:, 1] + 10_000_000
    number: IntArray = np.unique(key, return_inverse=True)[1].astype(np.int64)
    return -1 - number


def _class_flags(highway: int) -> int:
    if HIGHWAYS[highway] == "steps":
        return int(EdgeFlag.STEPS)
    return int(EdgeFlag.DRIVE) if highway < DRIVEN else 0


def _in_degrees(shape: Any) -> Any:
    return shapely.transform(shape, to_degrees)
