"""Overrides applied to ways, before they become a network: gates, barriers, links; and what became
of each entry.

The order is: gates opened, barriers, gates shut, links. So a link drawn across a barrier is a
passage in it. What cannot be applied is recorded with its reason, never skipped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely

from geo.errors import OsmError
from geo.network.amendments import amendment_sentence
from geo.network.build import WayTable, geodesic_lengths, network_digest
from geo.network.model import Amendment, EdgeFlag, FloatArray, IntArray, WalkNetwork
from geo.osm.cutting import MADE_HERE, Cuts, cut_ways, first_vertices
from geo.osm.overrides import Barrier, Gate, Line, Link, Overrides
from geo.pace import PROFILES

__all__ = ["Corrected", "UnfitOverridesError", "correct_ways", "without_ways"]

MAX_LINK_GAP_M = 50.0  # a link's end must lie this close to a way
MAX_GATE_GAP_M = 20.0  # and a gate this close
_SAME_DEG = 1e-7  # what comes this close to a vertex, a centimetre, meets the vertex
_TOLD = 3  # reasons in one refusal
_METRES_PER_DEGREE = 111_195.0  # of latitude, mean sphere


class UnfitOverridesError(OsmError):
    """No entry of an override file could be applied: the network would be what it was."""

    def __init__(self, record: tuple[Amendment, ...]) -> None:
        super().__init__("overrides_none", count=len(record))
        self.record = record

    def sentence(self, lang: str = "en") -> str:
        """Return the refusal with the reasons of the first entries."""
        reasons = [amendment_sentence(entry, lang) for entry in self.record[:_TOLD]]
        return super().sentence(lang) + " " + " ".join(reasons)


@dataclass
class Corrected:
    """Ways with overrides applied.

    Attributes
    ----------
    ways
        What to build the network of.
    walls
        Barrier lines, for `build_network`.
    record
        What became of each entry.
    digest
        Of the overrides; empty where there were none.
    timed
        Way id → metres of walking that a link counts for.
    """

    ways: WayTable
    walls: list[Any] = field(default_factory=list)
    record: list[Amendment] = field(default_factory=list)
    digest: str = ""
    timed: dict[int, float] = field(default_factory=dict)

    def sign(self, network: WalkNetwork) -> WalkNetwork:
        """Return the network built of `ways` with the record in it, flagged where data gave way.

        Raises
        ------
        OsmError
            There were entries, and none of them could be applied (`UnfitOverridesError`).
        """
        if not self.digest:
            return network
        if all(entry.reason for entry in self.record):
            raise UnfitOverridesError(tuple(self.record))
        length = np.array(network.edge_length_m)
        for way, metres in self.timed.items():
            own = np.asarray(network.edge_way) == way
            if length[own].sum() > 0:
                length[own] *= metres / length[own].sum()
        network = replace(network, edge_length_m=length)
        meta = replace(
            network.meta,
            flags=tuple(sorted({*network.meta.flags, "overrides"})),
            amendments=(*network.meta.amendments, *self.record),
            overrides_digest=_joined(network.meta.overrides_digest, self.digest),
        )
        network = replace(network, meta=meta)
        return replace(network, meta=replace(meta, digest=network_digest(network)))


def _joined(before: str, digest: str) -> str:
    return hashlib.sha256(f"{before} {digest}".encode()).hexdigest() if before else digest


def correct_ways(
    ways: WayTable, overrides: Overrides, *, seen: frozenset[int] | None = None
) -> Corrected:
    """Return `ways` with the gates, barriers and links of `overrides`.

    Parameters
    ----------
    ways
        From which ways that are forbidden are already gone, and those allowed are there.
    seen
        Way ids that the source holds, for the record of ways; None: those of `ways`.
    """
    done = Corrected(ways, digest=overrides.digest if overrides else "")
    _record_ways(done, overrides, seen)
    for gate in overrides.gates:
        if gate.is_open:
            _open_gate(done, gate)
    for barrier in overrides.barriers:
        _raise_barrier(done, barrier)
    for gate in overrides.gates:
        if not gate.is_open:
            _shut_gate(done, gate)
    for link in overrides.links:
        _add_link(done, link)
    return done


def without_ways(ways: WayTable, ids: frozenset[int]) -> WayTable:
    """Return `ways` without those of these ids."""
    keep = ~np.isin(ways.way, np.array(sorted(ids), dtype=np.int64))
    if keep.all():
        return ways
    vertices = np.repeat(keep, np.diff(ways.ptr))
    sizes = np.diff(ways.ptr)[keep]
    return replace(
        ways,
        ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        **{name: getattr(ways, name)[vertices] for name in ("ref", "lon", "lat")},
        **{name: getattr(ways, name)[keep] for name in
           ("way", "flags", "highway", "name", "name_en")},
    )  # fmt: skip


def _record_ways(done: Corrected, overrides: Overrides, seen: frozenset[int] | None) -> None:
    notes = dict(overrides.notes)
    here = set(np.asarray(done.ways.way).tolist())
    known = here if seen is None else seen | here
    for kind, ids in (("allow", overrides.allowed), ("forbid", overrides.forbidden)):
        for way in sorted(ids):
            reason = "" if way in known else "way_unknown"
            if not reason and kind == "allow" and way not in here:
                reason = "way_outside"
            done.record.append(
                Amendment(kind, str(way), notes.get(way, ""), reason, 0 if reason else 1)
            )


def _open_gate(done: Corrected, gate: Gate) -> None:
    """Join again the ends that stand apart at one position, the nearest such."""
    ways = done.ways
    ends = np.unique(np.concatenate([ways.ptr[:-1], ways.ptr[1:] - 1]))
    ends = ends[ways.ref[ends] < MADE_HERE]
    spots = np.round(np.column_stack([ways.lon[ends], ways.lat[ends]]) / _SAME_DEG)
    _, group, size = np.unique(spots, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    apart = ends[size[group] > 1]
    gaps = _metres(ways, apart, gate.at)
    if apart.size == 0 or gaps.min() > MAX_GATE_GAP_M:
        _note(done, "open", gate, "gate_none")
        return
    nearest = np.flatnonzero(ends == apart[int(np.argmin(gaps))])[0]
    joined = ends[group == group[nearest]]
    ref = ways.ref.copy()
    ref[joined] = ways.ref[joined].min()
    done.ways = replace(ways, ref=ref)
    _note(done, "open", gate, count=int(joined.size))


def _shut_gate(done: Corrected, gate: Gate) -> None:
    """Cut the nearest way, and whoever meets it there."""
    ways = done.ways
    at, along, gap, length = _nearest(ways, gate.at)
    if gap > MAX_GATE_GAP_M:
        _note(done, "close", gate, "gate_far")
        return
    if min(along, 1 - along) * length <= _SAME_DEG * _METRES_PER_DEGREE:
        ref = int(ways.ref[at + round(along)])
        cuts = Cuts.at_vertices(np.flatnonzero(ways.ref == ref))
    else:
        lon = ways.lon[at] + along * (ways.lon[at + 1] - ways.lon[at])
        lat = ways.lat[at] + along * (ways.lat[at + 1] - ways.lat[at])
        cuts = Cuts(
            np.empty(0, dtype=np.int64), np.array([at]), np.array([along]), np.array([lon]),
            np.array([lat]),
        )  # fmt: skip
    done.ways = cut_ways(ways, cuts)
    _note(done, "close", gate, count=max(1, int(cuts.vertices.size)))


def _raise_barrier(done: Corrected, barrier: Barrier) -> None:
    """Cut whatever meets the line. One that meets nothing still stops access lines."""
    shape = shapely.linestrings(barrier.line)
    cuts = _meetings(done.ways, shape)
    done.ways = cut_ways(done.ways, cuts)
    done.walls.append(shape)
    places = np.unique(done.ways.ref[cuts.vertices]).size if cuts.vertices.size else 0
    _note(done, "barrier", barrier, count=int(places + cuts.segments.size))


def _note(
    done: Corrected, kind: str, entry: Gate | Barrier | Link, reason: str = "", count: int = 0
) -> None:
    line: Line = (entry.at,) if isinstance(entry, Gate) else entry.line
    metres = 0.0
    if len(line) > 1:
        metres = float(geodesic_lengths(np.array(line), np.array([0, len(line)]))[0])
    done.record.append(Amendment(kind, entry.id, entry.note, reason, count, round(metres, 1), line))


def _segment_lines(ways: WayTable, first: IntArray) -> Any:
    xy = np.column_stack([ways.lon, ways.lat])
    return shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))


def _meetings(ways: WayTable, barrier: Any) -> Cuts:
    """Return where ways meet `barrier`; what runs along it is cut off at both ends."""
    first = first_vertices(ways)
    west, south, east, north = shapely.bounds(barrier)
    lon, lat = (np.sort(np.stack([c[first], c[first + 1]]), axis=0) for c in (ways.lon, ways.lat))
    first = first[(lon[0] <= east) & (lon[1] >= west) & (lat[0] <= north) & (lat[1] >= south)]
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


def _add_link(done: Corrected, link: Link) -> None:
    """Add `link` as a footway, its ends joined to the nearest ways."""
    ways = done.ways
    made = int(min(MADE_HERE, ways.ref.min()))
    for end in (link.line[0], link.line[-1]):
        if _nearest(ways, end)[2] > MAX_LINK_GAP_M:
            _note(done, "link", link, "link_far")
            return
    refs = []
    for end in (link.line[0], link.line[-1]):
        made -= 1
        ways, ref = _join(ways, end, made)
        refs.append(ref)
    if refs[0] == refs[1]:
        _note(done, "link", link, "link_short")
        return
    middle = [made - 1 - i for i in range(len(link.line) - 2)]
    # The link reaches to the ways it joins, so that nobody jumps the last metres for nothing.
    chain_refs = [refs[0], *middle, refs[1]]
    inner: FloatArray = np.array(link.line)[1:-1].reshape(-1, 2)
    chain = np.vstack([_position(ways, refs[0]), inner, _position(ways, refs[1])])
    kind = "steps" if link.steps else "footway"
    highways = ways.highways if kind in ways.highways else (*ways.highways, kind)
    names = ways.names if not link.name or link.name in ways.names else (*ways.names, link.name)
    way = int(min(MADE_HERE, ways.way.min())) - 1
    done.ways = replace(
        ways,
        ptr=np.append(ways.ptr, ways.ptr[-1] + len(chain_refs)),
        ref=np.append(ways.ref, chain_refs),
        lon=np.append(ways.lon, chain[:, 0]),
        lat=np.append(ways.lat, chain[:, 1]),
        way=np.append(ways.way, way),
        flags=np.append(ways.flags, _flags(link)),
        highway=np.append(ways.highway, highways.index(kind)),
        name=np.append(ways.name, names.index(link.name) if link.name else -1),
        name_en=np.append(ways.name_en, -1),
        highways=highways,
        names=names,
    )
    if link.minutes is not None:
        done.timed[way] = link.minutes * 60 * PROFILES["shuang15"].speed_m_s
    _note(done, "link", link, count=2)


def _flags(link: Link) -> int:
    flags = EdgeFlag.LINK
    for wanted, flag in (
        (link.steps, EdgeFlag.STEPS),
        (link.bridge, EdgeFlag.BRIDGE),
        (link.one_way, EdgeFlag.FORWARD_ONLY),
    ):
        if wanted:
            flags |= flag
    return int(flags)


def _position(ways: WayTable, ref: int) -> FloatArray:
    at = int(np.flatnonzero(ways.ref == ref)[0])
    return np.array([ways.lon[at], ways.lat[at]])


def _metres(ways: WayTable, vertices: IntArray, place: tuple[float, float]) -> FloatArray:
    # Degrees of longitude shrink with latitude; nearest must be nearest in metres.
    shrink = np.array([np.cos(np.radians(place[1])), 1.0])
    xy = (np.column_stack([ways.lon, ways.lat])[vertices] - place) * shrink
    return np.asarray(np.hypot(*xy.T) * _METRES_PER_DEGREE)


def _nearest(ways: WayTable, place: tuple[float, float]) -> tuple[int, float, float, float]:
    """Return the segment nearest to `place` by its first vertex, the share along it, the gap and
    the segment's length in metres; the gap is infinite where there is nothing but ferries."""
    first = first_vertices(ways)
    part = np.searchsorted(ways.ptr, first, side="right") - 1
    first = first[(ways.flags[part] & int(EdgeFlag.FERRY)) == 0]
    if first.size == 0:
        return 0, 0.0, float("inf"), 0.0
    shrink = np.array([np.cos(np.radians(place[1])), 1.0])
    xy = (np.column_stack([ways.lon, ways.lat]) - place) * shrink
    step = xy[first + 1] - xy[first]
    square = (step**2).sum(axis=1)
    share = np.clip(-(xy[first] * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    gaps = np.hypot(*(xy[first] + share[:, None] * step).T)
    best = int(np.argmin(gaps))
    length = float(np.sqrt(square[best])) * _METRES_PER_DEGREE
    return int(first[best]), float(share[best]), float(gaps[best]) * _METRES_PER_DEGREE, length


def _join(ways: WayTable, end: tuple[float, float], made: int) -> tuple[WayTable, int]:
    """Return `ways` with a junction at the position nearest to `end`, and that junction's id."""
    at, along, _, length = _nearest(ways, end)
    if min(along, 1 - along) * length <= _SAME_DEG * _METRES_PER_DEGREE:
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
