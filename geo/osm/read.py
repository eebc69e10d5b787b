"""OSM files (.osm, .osm.bz2, .osm.gz, .osm.pbf) → `WalkNetwork`, through pyosmium, streaming."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geo.errors import OsmError, RequestError
from geo.network.build import WayTable, build_network
from geo.network.model import NetworkMeta, WalkNetwork
from geo.osm import rules
from geo.osm.clip import Clip
from geo.osm.correcting import correct_ways
from geo.osm.overrides import NO_OVERRIDES, Overrides
from geo.osm.source import (
    check_file,
    is_out_of_order,
    objects,
    osm_date,
    says_out_of_order,
    ways_with_ids,
    write_in_order,
)
from geo.osm.water import WaterCollector
from geo.osm.ways import INVALID, WayCollector
from geo.osm.weighing import MAX_UNSORTED, weigh
from geo.stopping import scratch_folder

__all__ = ["read_osm"]

log = logging.getLogger(__name__)

_KEYS = ("highway", "route", "natural", "waterway", "landuse", "barrier")
_AREA_KEYS = ("natural", "waterway", "landuse", "highway")


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
        ``.osm``, ``.osm.bz2``, ``.osm.gz`` or ``.osm.pbf``. Where ways come before their nodes, or
        drafts have negative ids, the file is first put in order, which takes longer.
    clip
        Area to keep, WGS-84; a stretch is kept when one of its two nodes is inside.
    overrides
        Corrections by hand, see `geo.osm.overrides`.
    walk_rules
        ``hongtu``, or ``osmnx`` for exactly OSMnx's walk filter (no areas, ferries, gates, water).
    name
        Name of the network; the file's stem by default.
    on_progress
        Called with (done, total) steps.

    Raises
    ------
    MissingFileError
        There is no such file.
    OsmError
        The file cannot be read, is beyond the limits of `geo.osm.weighing`, or nothing in it can
        be walked.
    RequestError
        There are no such rules.
    """
    if walk_rules not in rules.VERDICTS:
        known = ", ".join(rules.VERDICTS)
        raise RequestError("choice_unknown", option="--rules", word=walk_rules, known=known)
    source = Path(path)
    check_file(source)
    reader = _Reader(clip, overrides, walk_rules, on_progress or (lambda done, total: None))
    ways, water = _reading(source, reader, weigh(source))
    table = ways.table(clip)
    if len(table.way) == 0:
        raise OsmError("osm_no_ways", path=source)
    done = correct_ways(table, overrides, seen=frozenset(reader.seen))
    polygons, banks = water.finish(_bounds(table))
    notes: dict[str, int | str] = {**ways.counts, **water.counts, "rules": walk_rules}
    meta = NetworkMeta(
        name=name or source.name.split(".")[0],
        source=source.name,
        osm_date=osm_date(source, ways.newest),
        bbox=(0.0, 0.0, 0.0, 0.0),
        notes=tuple(sorted(notes.items())),
    )
    network = done.sign(
        build_network(done.ways, meta=meta, water=polygons, barriers=banks, walls=done.walls)
    )
    reader.report(4, 4)
    return network


def _reading(source: Path, reader: _Reader, unpacked: int) -> tuple[WayCollector, WaterCollector]:
    """Read the file, put in order first where it is not; `unpacked` is its size in bytes.

    Raises
    ------
    OsmError
        Whatever libosmium finds wrong with it; or it is too large to be put in order.
    """
    import osmium

    try:
        found = _as_it_is(source, reader)
        if found is None:
            if unpacked > MAX_UNSORTED:
                limit = MAX_UNSORTED // 1_000_000_000
                raise OsmError("osm_unsorted_large", path=source, limit=limit)
            log.info("%s is not sorted, or has drafts: putting it in order", source)
            with scratch_folder() as scratch:
                ordered = scratch / "ordered.osm.pbf"
                write_in_order(source, ordered)
                found = reader.read(ordered)
    except OsmError:
        raise
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as fault:
        detail = (str(fault).strip() or type(fault).__name__).splitlines()[0]
        raise OsmError("osm_unreadable", path=source, detail=detail) from fault
    return found


def _as_it_is(source: Path, reader: _Reader) -> tuple[WayCollector, WaterCollector] | None:
    """Read the file; None where its order hides some of it."""
    try:
        found = reader.read(source)
    except RuntimeError as fault:
        if says_out_of_order(fault):
            return None
        raise
    return None if is_out_of_order(source, found[0].missing()) else found


class _Reader:
    """One way of reading: what to keep, by which rules."""

    def __init__(
        self,
        clip: Clip | None,
        overrides: Overrides,
        walk_rules: str,
        report: Callable[[int, int], None],
    ) -> None:
        self.box = None if clip is None else clip.integer_box()
        self.overrides = overrides
        self.ours = walk_rules == "hongtu"
        self.verdict = rules.VERDICTS[walk_rules]
        self.report = report
        self.seen: set[int] = set()

    def read(self, source: Path) -> tuple[WayCollector, WaterCollector]:
        """Collect ways, areas' rings, water and closed gates."""
        ways, water = WayCollector(), WaterCollector()
        self.report(0, 4)
        seen = self.seen = self._stream(source, ways, water)
        self.report(2, 4)
        if self.overrides.allowed:
            for item in ways_with_ids(source, self.overrides.allowed):
                seen.add(item.id)
                ways.counts["override_allowed"] += 1
                ways.add(item.id, dict(item.tags), item.nodes)
        named = self.overrides.allowed | self.overrides.forbidden
        if named:
            ways.counts["override_unknown"] = len(named - seen)
        water.recover_banks(source)
        self.report(3, 4)
        return ways, water

    def _stream(self, source: Path, ways: WayCollector, water: WaterCollector) -> set[int]:
        """Go through the file once; return which ways with an override it holds."""
        import osmium

        reader = objects(source)
        if self.ours:
            reader = reader.with_areas(osmium.filter.KeyFilter(*_AREA_KEYS))
            reader = reader.with_filter(osmium.filter.KeyFilter(*_KEYS))
        else:
            reader = reader.with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        seen: set[int] = set()
        for item in reader:
            if item.is_way():
                self._take_way(item, ways, water, seen)
            elif item.is_area():
                self._take_area(item, ways, water)
            elif self.ours and item.is_node():
                if rules.is_closed_gate(dict(item.tags)):
                    ways.gates.add(item.id)
            elif self.ours and item.is_relation():
                water.see_relation(item)
                self._expect_outline(item, ways)
        ways.counts["areas_incomplete"] = len(ways.outlines_due - ways.outlines_done)
        return seen

    @staticmethod
    def _expect_outline(relation: Any, ways: WayCollector) -> None:
        """Remember a walkable area, to notice when the file lacks part of its outline."""
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and rules.walkable({**tags, "area": "yes"}):
            ways.outlines_due.add(relation.id)

    def _take_way(
        self, item: Any, ways: WayCollector, water: WaterCollector, seen: set[int]
    ) -> None:
        if not item.visible:
            ways.counts["deleted"] += 1
            return
        tags = dict(item.tags)
        if self.ours and rules.is_bank(tags):
            water.see_bank(item)
        if item.id in self.overrides.forbidden:
            seen.add(item.id)
            ways.counts["override_forbidden"] += 1
            return
        if item.id in self.overrides.allowed:
            return
        why = self.verdict(tags)
        if why != "kept":
            if "highway" in tags:
                ways.counts[f"left_out_{why}"] += 1
            return
        if not self._touches(item.nodes):
            ways.counts["outside_clip"] += 1
            return
        ways.note_date(item.timestamp)
        ways.add(item.id, tags, item.nodes)

    def _take_area(self, item: Any, ways: WayCollector, water: WaterCollector) -> None:
        tags = dict(item.tags)
        if rules.is_water(tags):
            water.see_area(item)
        # A closed way's outline came as a way already; a relation's rings are nowhere else.
        tags["area"] = "yes"
        if item.from_way() or "highway" not in tags or not rules.walkable(tags):
            return
        ways.outlines_done.add(item.orig_id())
        for outer in item.outer_rings():
            for ring in (outer, *item.inner_rings(outer)):
                if self._touches(ring):
                    ways.add(-item.orig_id(), tags, ring)

    def _touches(self, nodes: Any) -> bool:
        """Return False for what lies outside the clip with every node the file holds."""
        if self.box is None:
            return True
        west, south, east, north = self.box
        known = [n for n in nodes if n.x != INVALID]
        return not known or any(west <= n.x <= east and south <= n.y <= north for n in known)


def _bounds(table: WayTable) -> tuple[float, float, float, float]:
    return (
        float(table.lon.min()),
        float(table.lat.min()),
        float(table.lon.max()),
        float(table.lat.max()),
    )
