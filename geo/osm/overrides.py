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
from geo.network.model import EdgeFlag, FloatArray, IntArray
from geo.osm.cutting import MADE_HERE, Cuts, cut_ways, first_vertices
from geo.osm.source import DRAFT

__all__ = ["NO_OVERRIDES", "Overrides", "apply_overrides", "read_overrides"]

MAX_LINK_GAP_M = 50.0  # a link's end must lie this close to a way
_SAME_DEG = 1e-7  # what comes this close to a vertex, a centimetre, meets the vertex
_METRES_PER_DEGREE = 111_195.0  # of latitude, mean sphere
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Overrides:
    """Corrections, WGS-84 degrees.

    Attributes
    ----------
    allowed, forbidden
        OSM way ids.
    links
        Lines to add as footways; both ends join the nearest way within 50 m that is no ferry.
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
            raise OsmError("overrides_key", path=source, word=key)
    ways = [_way(entry, source, i) for i, entry in enumerate(_entries(raw, "way", source), 1)]
    ids = [i for i, _ in ways]
    if len(set(ids)) < len(ids):
        twice = next(i for at, i in enumerate(ids) if i in ids[:at])
        raise OsmError("overrides_twice", path=source, id=twice)
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
    if not isinstance(entries, list):
        raise OsmError("overrides_entry", path=source, kind=kind, number=1)
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise OsmError("overrides_entry", path=source, kind=kind, number=number)
    return entries


def _way(entry: dict[str, Any], source: Path, number: int) -> tuple[int, bool]:
    walk, way_id = entry.get("walk"), entry.get("id")
    if type(way_id) is not int or not 0 < abs(way_id) < DRAFT or walk not in ("allow", "forbid"):
        raise OsmError("overrides_entry", path=source, kind="way", number=number)
    return way_id, walk == "allow"


def _read_line(entry: dict[str, Any], datum: Any, source: Path, kind: str, number: int) -> Line:
    try:
        xy = np.array(entry.get("line"), dtype=np.float64)
    except (TypeError, ValueError):
        xy = np.empty((0, 0))
    degrees = xy.ndim == 2 and xy.shape[0] >= 2 and xy.shape[1] == 2 and np.isfinite(xy).all()
    if not degrees or (np.abs(xy) > (180, 90)).any() or (xy == xy[0]).all():
        raise OsmError("overrides_entry", path=source, kind=kind, number=number)
    if not isinstance(datum, str):
        raise OsmError("overrides_datum", path=source)
    lon, lat = to_wgs84(xy[:, 0], xy[:, 1], parse_datum(datum))
    return tuple((float(a), float(b)) for a, b in zip(lon, lat, strict=True))


def apply_overrides(ways: WayTable, overrides: Overrides) -> tuple[WayTable, list[Any]]:
    """Return `ways` cut at the barriers, then joined by the links, and the barrier lines.

    Raises
    ------
    OsmError
        A link's end is nowhere near a way, or both its ends meet the same position.
    """
    barriers = [shapely.linestrings(line) for line in overrides.barriers]
    if barriers:
        ways = cut_ways(ways, _meetings(ways, shapely.union_all(barriers)))
    for number, link in enumerate(overrides.links, 1):
        ways = _add_link(ways, link, number)
    return ways, barriers


def _segment_lines(ways: WayTable, first: IntArray) -> Any:
    xy = np.column_stack([ways.lon, ways.lat])
    return shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))


def _meetings(ways: WayTable, barrier: Any) -> Cuts:
    """Return where ways meet `barrier`; what runs along it is cut off at both ends."""
    first = first_vertices(ways)
    lines = _segment_lines(ways, first)
    shapely.prepare(barrier)
    hit = np.flatnonzero(shapely.intersects(lines, barrier))
    first, lines = first[hit], lines[hit]
    meeting = shapely.intersection(lines, barrier)
    lost = shapely.is_empty(meeting)  # by rounding, where the two barely touch
    meeting[lost] = shapely.shortest_line(lines[lost], barrier)
    points, of = shapely.get_coordinates(meeting, return_index=True)
    at = first[of]
    start = np.column_stack([ways.lon[at], ways.lat[at]])
    end = np.column_stack([ways.lon[at + 1], ways.lat[at + 1]])
    near, far = np.hypot(*(points - start).T), np.hypot(*(points - end).T)
    vertices = np.unique(np.concatenate([at[near <= _SAME_DEG], at[far <= _SAME_DEG] + 1]))
    inner = (near > _SAME_DEG) & (far > _SAME_DEG)
    rows = np.column_stack([at, near / np.maximum(near + far, _SAME_DEG), points])[inner]
    rows = np.unique(rows, axis=0)
    return Cuts(vertices, rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2], rows[:, 3])


def _add_link(ways: WayTable, link: Line, number: int) -> WayTable:
    """Return `ways` with `link` as a footway, its ends joined to the nearest ways."""
    made = int(min(MADE_HERE, ways.ref.min()))
    refs = []
    for end in (link[0], link[-1]):
        made -= 1
        ways, ref = _join(ways, end, made, number)
        refs.append(ref)
    if refs[0] == refs[1]:
        raise OsmError("overrides_link_short", number=number)
    middle = [made - 1 - i for i in range(len(link) - 2)]
    # The link reaches to the ways it joins, so that nobody jumps the last metres for nothing.
    chain_refs = [refs[0], *middle, refs[1]]
    inner: FloatArray = np.array(link)[1:-1].reshape(-1, 2)
    chain = np.vstack([_position(ways, refs[0]), inner, _position(ways, refs[1])])
    highways = ways.highways if "footway" in ways.highways else (*ways.highways, "footway")
    return replace(
        ways,
        ptr=np.append(ways.ptr, ways.ptr[-1] + len(chain_refs)),
        ref=np.append(ways.ref, chain_refs),
        lon=np.append(ways.lon, chain[:, 0]),
        lat=np.append(ways.lat, chain[:, 1]),
        way=np.append(ways.way, MADE_HERE - number),
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
    first = first_vertices(ways)
    part = np.searchsorted(ways.ptr, first, side="right") - 1
    first = first[(ways.flags[part] & int(EdgeFlag.FERRY)) == 0]
    # Degrees of longitude shrink with latitude; nearest must be nearest in metres.
    shrink = np.array([np.cos(np.radians(end[1])), 1.0])
    xy = (np.column_stack([ways.lon, ways.lat]) - end) * shrink
    step = xy[first + 1] - xy[first]
    square = (step**2).sum(axis=1)
    share = np.clip(-(xy[first] * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    gaps = np.hypot(*(xy[first] + share[:, None] * step).T)
    if first.size == 0 or gaps.min() * _METRES_PER_DEGREE > MAX_LINK_GAP_M:
        raise OsmError("overrides_link_far", number=number, lon=end[0], lat=end[1])
    nearest = int(np.argmin(gaps))
    at, along = int(first[nearest]), float(share[nearest])
    reach = along * float(np.sqrt(square[nearest]))
    if min(reach, float(np.sqrt(square[nearest])) - reach) <= _SAME_DEG:
        return ways, int(ways.ref[at + round(along)])
    return _insert(ways, at, along, made), made


def _insert(ways: WayTable, at: int, share: float, ref: int) -> WayTable:
    """Return `ways` with a vertex `ref` at `share` of the segment from vertex `at`."""
    part = int(np.searchsorted(ways.ptr, at, side="right")) - 1
    ptr = ways.ptr.copy()
    ptr[part + 1 :] += 1
    lon = ways.lon[at] + share * (ways.lon[at + 1] - ways.lon[at])
    lat = ways.lat[at] + share * (ways.lat[at + 1] - ways.lat[at])
    return replace(
        ways,
        ptr=ptr,
        ref=np.insert(ways.ref, at + 1, ref),
        lon=np.insert(ways.lon, at + 1, lon),
        lat=np.insert(ways.lat, at + 1, lat),
    )
