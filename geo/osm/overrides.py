"""Corrections by hand: ways allowed or forbidden by OSM id, links added, barrier lines drawn.

The file is TOML; see `read_overrides`. Real data is wrong in places, and a planner who knows that a
gate is shut should not have to edit OSM first.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.datum import parse_datum, to_wgs84
from geo.errors import MissingFileError, OsmError
from geo.network.build import WayTable
from geo.network.model import EdgeFlag, FloatArray

__all__ = ["NO_OVERRIDES", "Overrides", "apply_overrides", "read_overrides"]

MAX_LINK_GAP_M = 50.0  # a link's end must lie this close to a way
_MADE_HERE = -(2**50)  # ids of nodes and ways that no file holds count down from here
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Overrides:
    """Corrections, WGS-84 degrees.

    Attributes
    ----------
    allowed, forbidden
        OSM way ids.
    links
        Lines to add as footways; both ends join the nearest way within 50 m.
    barriers
        Lines that ways end at and access lines may not cross.
    """

    allowed: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    links: tuple[Line, ...] = ()
    barriers: tuple[Line, ...] = ()


NO_OVERRIDES = Overrides()


def read_overrides(path: str | os.PathLike[str]) -> Overrides:
    """Read an override file.

    ::

        datum = "wgs84"                # of every position below; required with links or barriers
        [[way]]
        id = 123456789
        walk = "forbid"                # or "allow"
        [[link]]
        line = [[118.78, 32.04], [118.79, 32.04]]
        [[barrier]]
        line = [[118.78, 32.04], [118.79, 32.04]]

    Any entry may carry a ``note``.

    Raises
    ------
    MissingFileError, OsmError
        No such file; not TOML; an entry that makes no sense, named by its place in the file.
    """
    source = Path(path)
    if not source.is_file():
        raise MissingFileError("file_missing", path=source)
    try:
        raw = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as fault:
        raise OsmError("overrides_unreadable", path=source, detail=fault) from fault
    for key in raw:
        if key not in ("datum", "way", "link", "barrier"):
            raise OsmError("overrides_key", path=source, key=key)
    ways = [_way(entry, source, i) for i, entry in enumerate(_entries(raw, "way", source), 1)]
    lines = {
        kind: tuple(
            _read_line(entry, raw.get("datum"), source, kind, i)
            for i, entry in enumerate(_entries(raw, kind, source), 1)
        )
        for kind in ("link", "barrier")
    }
    return Overrides(
        allowed=frozenset(i for i, allow in ways if allow),
        forbidden=frozenset(i for i, allow in ways if not allow),
        links=lines["link"],
        barriers=lines["barrier"],
    )


def _entries(raw: dict[str, Any], kind: str, source: Path) -> list[Any]:
    entries = raw.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise OsmError("overrides_entry", path=source, kind=kind, number=1)
    return entries


def _way(entry: dict[str, Any], source: Path, number: int) -> tuple[int, bool]:
    walk, way_id = entry.get("walk"), entry.get("id")
    bad_id = isinstance(way_id, bool) or not isinstance(way_id, int)
    if bad_id or walk not in ("allow", "forbid"):
        raise OsmError("overrides_entry", path=source, kind="way", number=number)
    return int(way_id), walk == "allow"  # type: ignore[arg-type]


def _read_line(entry: dict[str, Any], datum: Any, source: Path, kind: str, number: int) -> Line:
    try:
        xy = np.array(entry.get("line"), dtype=np.float64)
    except (TypeError, ValueError):
        xy = np.empty((0, 0))
    degrees = xy.ndim == 2 and xy.shape[0] >= 2 and xy.shape[1] == 2 and np.isfinite(xy).all()
    if not degrees or (abs(xy[:, 0]) > 180).any() or (abs(xy[:, 1]) > 90).any():
        raise OsmError("overrides_entry", path=source, kind=kind, number=number)
    if not isinstance(datum, str):
        raise OsmError("overrides_datum", path=source)
    lon, lat = to_wgs84(xy[:, 0], xy[:, 1], parse_datum(datum))
    return tuple((float(a), float(b)) for a, b in zip(lon, lat, strict=True))


def apply_overrides(ways: WayTable, overrides: Overrides) -> tuple[WayTable, list[Any]]:
    """Return `ways` cut at the barriers and joined by the links, and the barrier lines.

    Raises
    ------
    OsmError
        A link's end is nowhere near a way.
    """
    if overrides.barriers:
        ways = _cut(ways, shapely.union_all([shapely.linestrings(b) for b in overrides.barriers]))
    for number, link in enumerate(overrides.links, 1):
        ways = _add_link(ways, link, number)
    return ways, [shapely.linestrings(b) for b in overrides.barriers]


def _insert(ways: WayTable, at: int, lon: float, lat: float, refs: list[int]) -> WayTable:
    """Return `ways` with vertices `refs` at one position between vertices `at` and `at` + 1.

    Two refs cut the way there: the first ends one part, the second starts the next.
    """
    part = int(np.searchsorted(ways.ptr, at, side="right")) - 1
    count = len(refs)
    ptr = ways.ptr.copy()
    ptr[part + 1 :] += count
    columns: dict[str, Any] = {}
    if count == 2:
        ptr = np.insert(ptr, part + 1, at + 2)
        for name in ("way", "flags", "highway", "name", "name_en"):
            column = getattr(ways, name)
            columns[name] = np.insert(column, part, column[part])
    return replace(
        ways,
        ptr=ptr,
        ref=np.insert(ways.ref, at + 1, refs),
        lon=np.insert(ways.lon, at + 1, [lon] * count),
        lat=np.insert(ways.lat, at + 1, [lat] * count),
        **columns,
    )


def _segments(ways: WayTable) -> tuple[Any, Any]:
    """Return the first vertex of every segment, and the segments as lines."""
    first = np.setdiff1d(np.arange(ways.ref.size - 1), ways.ptr[1:-1] - 1)
    xy = np.column_stack([ways.lon, ways.lat])
    return first, shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))


def _cut(ways: WayTable, barrier: Any) -> WayTable:
    """Cut every way where it meets `barrier`; both sides end there, unjoined."""
    first, lines = _segments(ways)
    shapely.prepare(barrier)
    hit = np.flatnonzero(shapely.intersects(lines, barrier))
    made = int(min(_MADE_HERE, ways.ref.min()))
    for i in hit[::-1]:  # from the back, so that earlier indices stay true
        meeting = shapely.intersection(lines[i], barrier)
        points = shapely.get_coordinates(meeting)
        start = np.array([ways.lon[first[i]], ways.lat[first[i]]])
        for lon, lat in points[np.argsort(-np.hypot(*(points - start).T))]:
            ways = _insert(ways, int(first[i]), float(lon), float(lat), [made - 1, made - 2])
            made -= 2
    return ways


def _add_link(ways: WayTable, link: Line, number: int) -> WayTable:
    """Return `ways` with `link` as a footway, its ends joined to the nearest ways."""
    made = int(min(_MADE_HERE, ways.ref.min()))
    refs = []
    for end in (link[0], link[-1]):
        made -= 1
        ways, ref = _join(ways, end, made, number)
        refs.append(ref)
    middle = [made - 1 - i for i in range(len(link) - 2)]
    xy = np.array(link)
    ends = [_position(ways, refs[0]), _position(ways, refs[1])]
    # The link reaches to the ways it joins, so that nobody jumps the last metres for nothing.
    chain_refs = [refs[0], *middle, refs[1]]
    chain: FloatArray = np.vstack([ends[0], xy[1:-1].reshape(-1, 2), ends[1]])
    highways = ways.highways if "footway" in ways.highways else (*ways.highways, "footway")
    return replace(
        ways,
        ptr=np.append(ways.ptr, ways.ptr[-1] + len(chain_refs)),
        ref=np.append(ways.ref, chain_refs),
        lon=np.append(ways.lon, chain[:, 0]),
        lat=np.append(ways.lat, chain[:, 1]),
        way=np.append(ways.way, _MADE_HERE - number),
        flags=np.append(ways.flags, int(EdgeFlag.LINK)),
        highway=np.append(ways.highway, highways.index("footway")),
        name=np.append(ways.name, -1),
        name_en=np.append(ways.name_en, -1),
        highways=highways,
    )


def _position(ways: WayTable, ref: int) -> FloatArray:
    at = int(np.flatnonzero(ways.ref == ref)[0])
    return np.array([ways.lon[at], ways.lat[at]])


def _join(ways: WayTable, end: tuple[float, float], made: int, number: int) -> tuple[WayTable, int]:
    """Return `ways` with a junction at the position nearest to `end`, and that junction's id."""
    first, lines = _segments(ways)
    # Degrees of longitude shrink with latitude; nearest must be nearest in metres.
    shrink = np.array([np.cos(np.radians(end[1])), 1.0])
    flat = shapely.transform(lines, lambda xy: xy * shrink)
    point = shapely.points(np.array(end) * shrink)
    gaps = shapely.distance(flat, point)
    nearest = int(np.argmin(gaps))
    if gaps[nearest] * 111_195 > MAX_LINK_GAP_M:
        raise OsmError("overrides_link_far", number=number, lon=end[0], lat=end[1])
    share = float(shapely.line_locate_point(flat[nearest], point, normalized=True))
    at = int(first[nearest])
    if share <= 0.0 or share >= 1.0:
        return ways, int(ways.ref[at + (share >= 1.0)])
    lon = ways.lon[at] + share * (ways.lon[at + 1] - ways.lon[at])
    lat = ways.lat[at] + share * (ways.lat[at + 1] - ways.lat[at])
    return _insert(ways, at, float(lon), float(lat), [made]), made
