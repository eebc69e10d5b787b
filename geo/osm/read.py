"""OSM files (.osm, .osm.bz2, .osm.gz, .osm.pbf) → `WalkNetwork`, through pyosmium, streaming."""

from __future__ import annotations

import logging
import os
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geo.errors import MissingFileError, OsmError
from geo.network.build import WayTable, build_network
from geo.network.model import NetworkMeta, WalkNetwork
from geo.osm import rules
from geo.osm.clip import Clip, keep_segments
from geo.osm.overrides import NO_OVERRIDES, Overrides, apply_overrides
from geo.osm.water import WaterCollector, ways_with_ids

__all__ = ["SUFFIXES", "read_osm"]

log = logging.getLogger(__name__)

SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf", ".xml")
_KEYS = ("highway", "route", "natural", "waterway", "landuse", "barrier")
_INVALID = 2147483647  # libosmium's coordinate of a node that the file does not hold
_EPOCH_YEAR = 2000  # timestamps before OSM existed are fillers


@dataclass
class _Ways:
    """Ways as they stream in."""

    ref: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("q"))
    y: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    way: array[int] = field(default_factory=lambda: array("q"))
    flags: array[int] = field(default_factory=lambda: array("q"))
    highway: array[int] = field(default_factory=lambda: array("q"))
    name: array[int] = field(default_factory=lambda: array("q"))
    name_en: array[int] = field(default_factory=lambda: array("q"))
    highways: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    gates: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    newest: Any = None

    def add(self, way_id: int, tags: dict[str, str], nodes: Any) -> None:
        """Keep one way or ring with its nodes."""
        refs, xs, ys = self.ref, self.x, self.y
        for node in nodes:
            refs.append(node.ref)
            xs.append(node.x)
            ys.append(node.y)
        self.size.append(len(nodes))
        self.way.append(way_id)
        self.flags.append(rules.edge_flags(tags))
        highway = tags.get("highway") or "ferry"
        self.highway.append(self.highways.setdefault(highway, len(self.highways)))
        self.name.append(self._name(tags.get("name")))
        self.name_en.append(self._name(tags.get("name:en")))

    def _name(self, text: str | None) -> int:
        return -1 if not text else self.names.setdefault(text, len(self.names))


def read_osm(
    path: str | os.PathLike[str],
    *,
    clip: Clip | None = None,
    overrides: Overrides = NO_OVERRIDES,
    walk_rules: str = "hongtu",
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> WalkNetwork:
    """Read the walking network of an OSM file.

    Ways are kept by `geo.osm.rules`, cut to `clip`, trimmed where the file lacks their nodes, and
    corrected by `overrides`. What was left out is counted in ``meta.notes``.

    Parameters
    ----------
    path
        ``.osm``, ``.osm.bz2``, ``.osm.gz`` or ``.osm.pbf``; nodes before ways, as OSM writes them.
    clip
        Area to keep, WGS-84; a stretch is kept when one of its two nodes is inside.
    overrides
        Corrections by hand, see `geo.osm.overrides`.
    walk_rules
        ``hongtu``, or ``osmnx`` for exactly OSMnx's walk filter (no areas, ferries or gates).
    name
        Name of the network; the file's stem by default.
    on_progress
        Called with (done, total) steps.

    Raises
    ------
    MissingFileError
        There is no such file.
    OsmError
        The file cannot be read, or nothing in it can be walked.
    """
    source = Path(path)
    _check_file(source)
    report = on_progress or (lambda done, total: None)
    water = WaterCollector()
    ways = _Ways()
    report(0, 4)
    try:
        if walk_rules == "osmnx":
            _stream_osmnx(source, ways)
        else:
            _stream(source, ways, water, clip, overrides)
            report(2, 4)
            water.recover_banks(source)
    except (RuntimeError, ValueError) as fault:
        raise OsmError("osm_unreadable", path=source, detail=_first_line(fault)) from fault
    report(3, 4)
    table = _to_table(ways, clip)
    table, barriers = apply_overrides(table, overrides)
    if len(table.way) == 0:
        raise OsmError("osm_no_ways", path=source)
    polygons, banks = water.finish(clip, _bounds(table))
    notes = {"ways": len(set(ways.way)), **ways.counts, **water.counts}
    meta = NetworkMeta(
        name=name or source.name.split(".")[0],
        source=source.name,
        osm_date=_osm_date(source, ways.newest),
        bbox=(0.0, 0.0, 0.0, 0.0),
        notes=(*tuple(sorted(notes.items())), ("rules", walk_rules)),
    )
    network = build_network(table, meta=meta, water=polygons, barriers=[*banks, *barriers])
    report(4, 4)
    return network


def _check_file(source: Path) -> None:
    if not source.exists():
        raise MissingFileError("file_missing", path=source)
    if source.is_dir():
        raise OsmError("osm_folder", path=source)
    if source.stat().st_size == 0:
        raise OsmError("file_empty", path=source)
    if not source.name.lower().endswith(SUFFIXES):
        raise OsmError("osm_suffix", path=source, known=" ".join(SUFFIXES))


def _first_line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__


def _stream(
    source: Path, ways: _Ways, water: WaterCollector, clip: Clip | None, overrides: Overrides
) -> None:
    """Collect walkable ways, walkable areas' rings, water and closed gates in one reading."""
    import osmium

    wanted = osmium.filter.KeyFilter(*_KEYS)
    areas = osmium.filter.KeyFilter("natural", "waterway", "landuse", "highway")
    reader: Any = osmium.FileProcessor(str(source)).with_areas(areas)
    reader = reader.with_filter(wanted)
    box = None if clip is None else clip.integer_box()
    for item in reader:
        if item.is_way():
            _take_way(item, ways, water, overrides, box)
        elif item.is_area():
            _take_area(item, ways, water, box)
        elif item.is_node():
            if rules.is_closed_gate(dict(item.tags)):
                ways.gates.add(item.id)
        elif item.is_relation():
            water.see_relation(item)
    if overrides.allowed:
        _stream_allowed(source, ways, overrides.allowed)


def _stream_allowed(source: Path, ways: _Ways, ids: frozenset[int]) -> None:
    """Collect the ways an override allows, whatever their tags; KeyFilter would not show all."""
    for item in ways_with_ids(source, ids):
        ways.counts["override_allowed"] += 1
        ways.add(item.id, dict(item.tags), item.nodes)


def _take_way(
    item: Any, ways: _Ways, water: WaterCollector, overrides: Overrides, box: Any
) -> None:
    tags = dict(item.tags)
    if rules.is_bank(tags):
        water.see_bank(item)
    if item.id in overrides.forbidden:
        ways.counts["override_forbidden"] += 1
        return
    if item.id in overrides.allowed:
        return
    why = rules.verdict(tags)
    if why != "kept":
        if "highway" in tags:
            ways.counts[f"left_out_{why}"] += 1
        return
    if box is not None and not _touches(item.nodes, box):
        ways.counts["outside_clip"] += 1
        return
    _note_date(ways, item)
    ways.add(item.id, tags, item.nodes)


def _take_area(item: Any, ways: _Ways, water: WaterCollector, box: Any) -> None:
    tags = dict(item.tags)
    if rules.is_water(tags):
        water.see_area(item)
    # A closed way's outline came as a way already; a relation's rings are nowhere else.
    if not item.from_way() and "highway" in tags and rules.walkable({**tags, "area": "yes"}):
        for outer in item.outer_rings():
            for ring in (outer, *item.inner_rings(outer)):
                if box is None or _touches(ring, box):
                    ways.add(item.orig_id(), {**tags, "area": "yes"}, ring)


def _stream_osmnx(source: Path, ways: _Ways) -> None:
    import osmium

    reader: Any = osmium.FileProcessor(str(source)).with_locations()
    for item in reader.with_filter(osmium.filter.KeyFilter("highway")):
        if item.is_way():
            tags = dict(item.tags)
            if rules.osmnx_walk(tags):
                _note_date(ways, item)
                ways.add(item.id, tags, item.nodes)


def _note_date(ways: _Ways, item: Any) -> None:
    stamp = item.timestamp
    if ways.newest is None or stamp > ways.newest:
        ways.newest = stamp


def _touches(nodes: Any, box: tuple[int, int, int, int]) -> bool:
    west, south, east, north = box
    return any(west <= n.x <= east and south <= n.y <= north for n in nodes if n.x != _INVALID)


def _to_table(ways: _Ways, clip: Clip | None) -> WayTable:
    """Cut ways where nodes are missing, where `clip` ends, and at closed gates."""
    ref, x, y = (
        np.frombuffer(a, dtype=np.int64) if len(a) else np.empty(0, np.int64)
        for a in (ways.ref, ways.x, ways.y)
    )
    ptr = np.concatenate([[0], np.cumsum(np.array(ways.size, dtype=np.int64))]).astype(np.int64)
    present = x != _INVALID
    ref = ref.copy()
    _shut_gates(ref, ways)
    ways.counts["nodes_missing"] = int((~present).sum())
    lon, lat = x / 1e7, y / 1e7
    start, stop, part = keep_segments(ptr, present, lon, lat, clip, ways.counts)
    sizes = stop - start
    new_ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    take = np.arange(new_ptr[-1]) - np.repeat(new_ptr[:-1] - start, sizes)
    columns = {
        c: np.array(getattr(ways, c), dtype=np.int64)[part]
        for c in ("way", "flags", "highway", "name", "name_en")
    }
    return WayTable(
        ptr=new_ptr,
        ref=ref[take],
        lon=lon[take],
        lat=lat[take],
        **columns,
        highways=tuple(ways.highways),
        names=tuple(ways.names),
    )


def _shut_gates(ref: Any, ways: _Ways) -> None:
    """Give every visit of a closed gate an id of its own, so that ways end there unjoined."""
    if not ways.gates:
        return
    shut = np.flatnonzero(np.isin(ref, np.fromiter(ways.gates, dtype=np.int64)))
    ways.counts["gates_closed"] = len(np.unique(ref[shut]))
    ref[shut] = -1 - np.arange(shut.size) - 2**40


def _bounds(table: WayTable) -> tuple[float, float, float, float]:
    return (
        float(table.lon.min()),
        float(table.lat.min()),
        float(table.lon.max()),
        float(table.lat.max()),
    )


def _osm_date(source: Path, newest: Any) -> str | None:
    """Return the date of the data: the header's replication time, else the newest way's."""
    import osmium

    header = osmium.io.Reader(str(source)).header()
    for key in ("osmosis_replication_timestamp", "timestamp"):
        if stamp := header.get(key, ""):
            return str(stamp)[:10]
    if newest is None or newest.year < _EPOCH_YEAR:
        return None
    return str(newest.date().isoformat())
