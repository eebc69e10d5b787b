"""The streets of the table, made to meet: ends welded, crossings found, shores marked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo.network.model import FloatArray
from geo.schematic.facts import Facts, Street
from geo.schematic.plane import STEP

__all__ = ["Course", "Piece", "Point", "lay_avenues", "on_grid", "pieces"]

# The table's coordinates come off one carriageway or the other of a wide road.
WELD_M = 45.0  # a street's end this near another street meets it
MERGE_M = 14.0  # crossings nearer than this are one junction
TOUCH_M = 0.05  # a welded end lies on the other line only to the grid's step

Point = tuple[float, float]


@dataclass(eq=False)
class Course:
    """A street as it will be walked: vertices by their distance along it, in metres.

    `stops` are the (distance, point) of every bend and junction; stubs of local streets add
    theirs with `meet`.
    """

    street: Street
    line: Any
    stops: list[tuple[float, Point]] = field(default_factory=list)

    def meet(self, x: float, y: float, within: float) -> Point:
        """Return the junction where something meets this street near (x, y), making one if needed.

        A vertex no further than `within` metres along the street serves.
        """
        along = float(shapely.line_locate_point(self.line, shapely.Point(x, y)))
        near = min(self.stops, key=lambda stop: abs(stop[0] - along), default=None)
        if near is not None and abs(near[0] - along) <= within:
            return near[1]
        point = on_grid(shapely.line_interpolate_point(self.line, along))
        self.stops.append((along, point))
        return point


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of a street on dry land or over water."""

    street: Street
    bridge: bool
    xy: FloatArray


def lay_avenues(facts: Facts) -> list[Course]:
    """Return the courses of all streets of the table, meeting where they cross or nearly touch."""
    streets = facts.streets
    lines = _weld(streets)
    junctions = _Junctions()
    met: list[list[Point]] = [[] for _ in lines]
    for i, j in _pairs(lines):
        for point in _crossings(lines[i], lines[j]):
            if _passes_over(point, streets[i], streets[j], lines[i], lines[j]):
                continue
            junction = junctions.at(point)
            met[i].append(junction)
            met[j].append(junction)
    return [_course(s, line, m) for s, line, m in zip(streets, lines, met, strict=True)]


def pieces(course: Course, water: Any) -> list[Piece]:
    """Return the stretches of `course` with the spans over `water` apart, as bridges."""
    stops = dict(course.stops)
    shore = shapely.intersection(course.line, shapely.boundary(water))
    for point in _points(shore):
        along = float(shapely.line_locate_point(course.line, shapely.Point(point)))
        if min(abs(along - known) for known in stops) > 1:
            stops[along] = on_grid(shapely.Point(point))
    order = sorted(stops)
    points = [stops[along] for along in order]
    ends = np.stack([np.array(points[:-1]), np.array(points[1:])], axis=1)
    spans = shapely.points(ends.mean(axis=1))
    wet = shapely.contains(water, spans) | course.street.bridge
    cuts = [0, *(np.flatnonzero(wet[1:] != wet[:-1]) + 1), len(spans)]
    return [
        Piece(course.street, bool(wet[a]), np.array(points[a : b + 1]))
        for a, b in itertools.pairwise(cuts)
    ]


def _weld(streets: tuple[Street, ...]) -> list[Any]:
    """Return the streets' lines, each end that stops short of another street moved onto it."""
    lines = [shapely.LineString(street.xy) for street in streets]
    for i, line in enumerate(lines):
        xy = shapely.get_coordinates(line)
        for end in (0, -1):
            tip = shapely.Point(xy[end])
            near = [
                (float(shapely.distance(tip, lines[j])), int(j))
                for j in np.flatnonzero(shapely.dwithin(tip, np.array(lines), WELD_M))
                if j != i and (not streets[j].bridge or _at_end(xy[end], lines[j], WELD_M))
            ]
            if near:
                xy[end] = _nearest(lines[min(near)[1]], tip)
        lines[i] = shapely.LineString(xy)
    return lines


def _at_end(point: Any, line: Any, within: float) -> bool:
    ends = shapely.get_coordinates(line)[[0, -1]]
    return bool(np.hypot(*(ends - np.asarray(point)).T).min() <= within)


def _nearest(line: Any, tip: Any) -> Point:
    """Return the place on `line` nearest to `tip`, preferring its vertices."""
    vertices = shapely.get_coordinates(line)
    away = np.hypot(*(vertices - [tip.x, tip.y]).T)
    if away.min() <= WELD_M / 2:
        x, y = vertices[away.argmin()]
        return float(x), float(y)
    return on_grid(shapely.line_interpolate_point(line, shapely.line_locate_point(line, tip)))


def _pairs(lines: list[Any]) -> list[tuple[int, int]]:
    tree = shapely.STRtree(lines)
    pairs = tree.query(lines, predicate="dwithin", distance=TOUCH_M).T
    return sorted((int(i), int(j)) for i, j in pairs if i < j)


def _crossings(one: Any, other: Any) -> list[Point]:
    """Return where two lines cross, or where one ends on the other."""
    found = _points(shapely.intersection(one, other))
    for line, onto in ((one, other), (other, one)):
        for x, y in shapely.get_coordinates(line)[[0, -1]]:
            if shapely.dwithin(onto, shapely.Point(x, y), TOUCH_M):
                found.append((float(x), float(y)))
    return found


def _passes_over(point: Point, one: Street, other: Street, line: Any, line_other: Any) -> bool:
    """Return True where just one of the two is a bridge, which is met at its ends only."""
    if one.bridge == other.bridge:
        return False
    return not _at_end(point, line if one.bridge else line_other, MERGE_M)


class _Junctions:
    """Crossings of the whole city; those within `MERGE_M` of each other are one."""

    def __init__(self) -> None:
        self.known: list[Point] = []

    def at(self, point: Point) -> Point:
        for x, y in self.known:
            if abs(x - point[0]) <= MERGE_M and abs(y - point[1]) <= MERGE_M:
                return x, y
        self.known.append(on_grid(shapely.Point(point)))
        return self.known[-1]


def _course(street: Street, line: Any, met: list[Point]) -> Course:
    """Return the street drawn through its bends and the junctions it meets others at."""
    at = {junction: _along(line, junction) for junction in met}
    bends = {
        (float(x), float(y)): _along(line, (x, y))
        for x, y in shapely.get_coordinates(line)
        if all(max(abs(x - a), abs(y - b)) > MERGE_M for a, b in at)
    }
    points = sorted(at | bends, key=(at | bends).__getitem__)
    xy = np.array(points)
    far = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    stops = [(float(d), p) for d, p in zip(far, points, strict=True)]
    return Course(street, shapely.LineString(xy), stops)


def _along(line: Any, point: Any) -> float:
    return float(shapely.line_locate_point(line, shapely.Point(point)))


def _points(shape: Any) -> list[Point]:
    """Return the points of an intersection; of a shared stretch, its two ends."""
    found: list[Point] = []
    for part in shapely.get_parts(shape):
        xy = shapely.get_coordinates(part)
        found += [(float(x), float(y)) for x, y in (xy if len(xy) < 3 else xy[[0, -1]])]
    return found


def on_grid(point: Any) -> Point:
    """Return a point's place as a multiple of `STEP`."""
    return round(round(point.x / STEP) * STEP, 2), round(round(point.y / STEP) * STEP, 2)
