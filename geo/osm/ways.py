"""Ways as they stream in, and the table they become: trimmed, clipped, cut at closed gates."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geo.network.build import WAY_COLUMNS, WayTable
from geo.network.model import IntArray
from geo.osm import rules
from geo.osm.clip import Clip, clip_ways
from geo.osm.cutting import Cuts, cut_ways
from geo.osm.source import DRAFT

__all__ = ["INVALID", "WayCollector"]

INVALID = 2147483647  # libosmium's coordinate of a node that the file does not hold


def _numbers() -> array[int]:
    return array("q")


@dataclass
class WayCollector:
    """Ways in the order of their file, as flat columns."""

    ref: array[int] = field(default_factory=_numbers)
    x: array[int] = field(default_factory=_numbers)
    y: array[int] = field(default_factory=_numbers)
    size: array[int] = field(default_factory=_numbers)
    way: array[int] = field(default_factory=_numbers)
    flags: array[int] = field(default_factory=_numbers)
    highway: array[int] = field(default_factory=_numbers)
    name: array[int] = field(default_factory=_numbers)
    name_en: array[int] = field(default_factory=_numbers)
    highways: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    gates: set[int] = field(default_factory=set)
    outlines_due: set[int] = field(default_factory=set)
    outlines_done: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    newest: Any = None

    def add(self, way_id: int, tags: Mapping[str, str], nodes: Any) -> None:
        """Keep one way or ring with its nodes."""
        refs, xs, ys = self.ref, self.x, self.y
        for node in nodes:
            refs.append(node.ref)
            xs.append(node.x)
            ys.append(node.y)
        self.size.append(len(nodes))
        self.way.append(way_id)
        self.flags.append(rules.edge_flags(tags))
        self.highway.append(self.highways.setdefault(_kind(tags), len(self.highways)))
        self.name.append(self._name(tags.get("name")))
        self.name_en.append(self._name(tags.get("name:en")))

    def _name(self, text: str | None) -> int:
        return -1 if not text else self.names.setdefault(text, len(self.names))

    def note_date(self, stamp: Any) -> None:
        """Remember the newest timestamp."""
        if self.newest is None or stamp > self.newest:
            self.newest = stamp

    def missing(self) -> set[int]:
        """Return the ids of nodes without a position."""
        ref, x, _ = self._vertices()
        return set(np.unique(ref[x == INVALID]).tolist())

    def table(self, clip: Clip | None) -> WayTable:
        """Return the ways cut where nodes are missing, where `clip` ends, and at closed gates."""
        ref, x, y = self._vertices()
        ptr = np.concatenate([[0], np.cumsum(np.array(self.size, dtype=np.int64))]).astype(np.int64)
        # A position off the globe is as good as none.
        present = (np.abs(x) <= 1_800_000_000) & (np.abs(y) <= 900_000_000)
        self.counts["nodes_missing"] = int(np.unique(ref[~present]).size)
        table = WayTable(
            ptr=ptr,
            ref=ref,
            lon=x / 1e7,
            lat=y / 1e7,
            **{c: np.array(getattr(self, c), dtype=np.int64) for c in WAY_COLUMNS},
            highways=tuple(self.highways),
            names=tuple(self.names),
        )
        table = clip_ways(table, clip, self.counts, present)
        self.counts["ways"] = int(np.unique(table.way).size)
        table = self._shut_gates(table)
        drafts = table.ref > DRAFT
        return replace(table, ref=np.where(drafts, DRAFT - table.ref, table.ref))

    def _vertices(self) -> tuple[IntArray, IntArray, IntArray]:
        ref, x, y = (np.array(column, dtype=np.int64) for column in (self.ref, self.x, self.y))
        return ref, x, y

    def _shut_gates(self, table: WayTable) -> WayTable:
        shut = np.flatnonzero(np.isin(table.ref, np.array(sorted(self.gates), dtype=np.int64)))
        self.counts["gates_closed"] = int(np.unique(table.ref[shut]).size)
        return cut_ways(table, Cuts.at_vertices(shut))


def _kind(tags: Mapping[str, str]) -> str:
    """Return the class of road; a way that only an override lets in has none."""
    return tags.get("highway") or ("ferry" if rules.is_ferry(tags) else "unclassed")
