"""The checks of an audit, one after another: each looks at a network and adds what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo import words
from geo.network.amendments import amendment_sentence
from geo.network.audit import duplicate_edges
from geo.network.bridges import lone_bridges
from geo.network.components import components
from geo.network.detours import walked_m
from geo.network.joints import (
    Joints,
    apart_at_one_place,
    crossings,
    edge_lines,
    near_misses,
    one_a_pair,
    one_a_part,
    one_an_end,
    slight_places,
)
from geo.network.model import EdgeFlag, IntArray, WalkNetwork

__all__ = ["Audit", "AuditRules", "Row"]

_MAIN = ("motorway", "trunk", "primary", "secondary")
_NAMED = (*_MAIN, "tertiary")
_SAME_M = 0.05


@dataclass(frozen=True)
class AuditRules:
    """From when on something is a finding; metres.

    Attributes
    ----------
    near_m
        A dead end this close to a way it does not meet is a near miss.
    least_m
        A missing joint that costs less is not listed, only counted.
    search_m
        How far a way round is looked for.
    serious_m, notable_m
        Costs from which on a finding is ``high`` and ``medium``.
    long_m
        An edge longer than this has surely lost a junction.
    main_m, beside_m
        A main road without a footway within `beside_m` over more than `main_m`.
    bridge_m
        Where a bridge's footway would be.
    named_share
        Of main roads, by length.
    """

    near_m: float = 15.0
    least_m: float = 100.0
    search_m: float = 2_000.0
    serious_m: float = 1_000.0
    notable_m: float = 300.0
    long_m: float = 2_000.0
    main_m: float = 500.0
    beside_m: float = 30.0
    bridge_m: float = 60.0
    named_share: float = 0.5


@dataclass
class Row:
    """One finding; the reason is said in a language when asked."""

    kind: str
    severity: str
    cost_m: float
    reason: Callable[[str], str]
    shape: Any = None
    length_m: float = 0.0
    way: int | None = None


def _says(code: str, **fields: Any) -> Callable[[str], str]:
    return lambda lang: words.say(f"finding.{code}", lang, **fields)


@dataclass
class Audit:
    """One audit: what several checks need, and what they have found."""

    network: WalkNetwork
    rules: AuditRules
    rows: list[Row] = field(default_factory=list)
    slight: int = 0

    def __post_init__(self) -> None:
        network = self.network
        self.length = np.asarray(network.edge_length_m)
        self.street = ~network.has(EdgeFlag.FERRY)
        self.part, self.part_m = components(network, self.street)
        self.lines = edge_lines(network)
        self.cuts = apart_at_one_place(network)
        index = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
        self.drawn = shapely.linestrings(np.asarray(network.coords), indices=index)
        self.highway = np.array([h.removesuffix("_link") for h in network.highways])[
            np.asarray(network.edge_highway)
        ]

    # --- the whole network --------------------------------------------------------------------

    def overrides(self) -> None:
        """List what was corrected or imagined, and what could not be."""
        for entry in self.network.meta.amendments:
            severity = "medium" if entry.reason else "low"
            shape = None
            if len(entry.line) > 1:
                shape = shapely.linestrings(entry.line)
            elif entry.line:
                shape = shapely.Point(entry.line[0])

            def reason(lang: str, entry: Any = entry) -> str:
                return words.say("finding.override", lang, text=amendment_sentence(entry, lang))

            self.rows.append(Row("override", severity, 0.0, reason, shape, entry.length_m))

    def whole(self) -> None:
        """Say what concerns every street."""
        flags = self.network.meta.flags
        if "drive_only" in flags:
            drive = self.length[self.network.has(EdgeFlag.DRIVE)].sum()
            share = float(drive / max(self.length[self.street].sum(), 1e-9))
            self.rows.append(Row("network", "medium", 0.0, _says("drive_only", share=share)))
        if "no_water" in flags:
            self.rows.append(Row("network", "medium", 0.0, _says("no_water")))

    def names(self) -> None:
        """Find main roads without names, and names that are no text."""
        network = self.network
        name = np.asarray(network.edge_name)
        main = np.isin(self.highway, _NAMED) & self.street
        total = self.length[main].sum()
        share = float(self.length[main & (name >= 0)].sum() / total) if total > 0 else 1.0
        if share < self.rules.named_share:
            self.rows.append(Row("names", "low", 0.0, _says("names_few", share=share)))
        for code, text in enumerate(network.names):
            if not _is_garbled(text):
                continue
            edges = np.flatnonzero((name == code) | (np.asarray(network.edge_name_en) == code))
            metres = float(self.length[edges].sum())
            told = _says("name_garbled", name="".join(c for c in text if c.isprintable()),
                         length=metres)  # fmt: skip
            self._add("names", told, edges, cost=0.0)

    # --- parts and joints ---------------------------------------------------------------------

    def islands(self) -> None:
        """Find the parts that nothing joins to the longest."""
        of_edge = np.where(self.street, self.part[np.asarray(self.network.edge_u)], -1)
        for part, edges in _groups(of_edge):
            if part <= 0:
                continue
            metres = float(self.part_m[part])
            self._add("island", _says("island", length=metres, edges=edges.size), edges,
                      cost=metres)  # fmt: skip

    def near_misses(self) -> None:
        """Find dead ends that all but meet a way."""
        found = near_misses(self.network, self.lines, self.rules.near_m)
        self._joints("near_miss", self._elsewhere(found), one_per_end=True)

    def crossings(self) -> None:
        """Find ways that cross and do not meet."""
        found = crossings(self.network, self.lines)
        self._joints("crossing", self._elsewhere(found), one_per_end=False)

    def gates(self) -> None:
        """Find ways that were cut where a gate is shut; those cut by overrides are told there."""
        found = self.cuts
        drawn = [
            shapely.transform(shapely.linestrings(e.line), self.network.to_metric)
            if len(e.line) > 1
            else shapely.Point(self.network.to_metric(np.array(e.line))[0])
            for e in self.network.meta.amendments
            if e.kind in ("barrier", "close") and not e.reason
        ]
        if drawn and found.gap_m.size:
            reach = shapely.union_all(drawn).buffer(self.rules.near_m + 5.0)
            ours = shapely.intersects(reach, shapely.points(found.xy[:, 0]))
            found = found.of(~ours)
        self._joints("gate", found, one_per_end=False)

    def _elsewhere(self, found: Joints) -> Joints:
        """Return the joints that no cut explains: a gate is told as a gate."""
        if not self.cuts.gap_m.size or not found.gap_m.size:
            return found
        tree = shapely.STRtree(shapely.points(self.cuts.xy[:, 0]))
        at = tree.query(shapely.points(found.xy[:, 1]), predicate="dwithin", distance=_SAME_M)[0]
        keep = np.ones(found.gap_m.size, dtype=bool)
        keep[at] = False
        return found.of(keep)

    def _joints(self, kind: str, found: Joints, *, one_per_end: bool) -> None:
        """Add what a missing joint costs: the part it leaves apart, or the way round."""
        limit = self.rules.search_m
        u = np.asarray(self.network.edge_u)
        parts = np.stack([self.part[u[found.start.edge]], self.part[u[found.end.edge]]], axis=1)
        apart = parts[:, 0] != parts[:, 1]
        cost = np.where(apart, self.part_m[parts.max(axis=1, initial=0)], 0.0)
        round_m = np.zeros(len(cost))
        joined = np.flatnonzero(~apart)
        if joined.size:
            one = found.of(joined)
            round_m[joined] = walked_m(self.network, one.start, one.end, limit)
            cost[joined] = np.minimum(round_m[joined], limit) - one.gap_m
        worth: IntArray = np.flatnonzero(cost >= self.rules.least_m)
        worth = worth[np.lexsort((found.gap_m[worth], -cost[worth]))]
        worth = one_an_end(worth, found) if one_per_end else one_a_pair(worth, found)
        worth, places = one_a_part(worth, np.where(apart[:, None], parts, -1))
        self.slight += slight_places(found, cost, self.rules.least_m)
        for i, count in zip(worth.tolist(), places, strict=True):
            fields = {"gap": float(found.gap_m[i]), "limit": limit, "detour": float(round_m[i]),
                      "length": float(cost[i]), "places": count}  # fmt: skip
            code = kind + ("_apart" if apart[i] else "" if np.isfinite(round_m[i]) else "_far")
            xy = self.network.to_degrees(found.xy[i])
            shape = shapely.Point(xy[0]) if found.gap_m[i] < 0.1 else shapely.linestrings(xy)
            way = int(self.network.edge_way[found.end.edge[i]])
            self.rows.append(
                Row(kind, self._severity(cost[i]), float(cost[i]), _says(code, **fields), shape,
                     float(found.gap_m[i]), way or None)
            )  # fmt: skip

    # --- single edges -------------------------------------------------------------------------

    def bridges(self) -> None:
        """Find carriageway bridges over water with no footway beside them."""
        beside, limit = self.rules.bridge_m, 3 * self.rules.search_m
        for found in lone_bridges(self.network, self.lines, beside, limit):
            cost = min(found.round_m, limit) - found.across_m
            code = "bridge" if np.isfinite(found.round_m) else "bridge_far"
            told = _says(code, length=found.across_m, beside=beside, detour=found.round_m,
                         limit=limit)  # fmt: skip
            if cost >= self.rules.least_m:
                self._add("bridge", told, found.edges, cost=cost)

    def carriageways(self) -> None:
        """Find stretches of main road with no footway beside; pointless where none is drawn."""
        network = self.network
        if {"drive_only", "schematic"} & set(network.meta.flags):
            return
        main = np.flatnonzero(np.isin(self.highway, _MAIN) & network.has(EdgeFlag.DRIVE))
        feet = np.flatnonzero(self.street & ~network.has(EdgeFlag.DRIVE))
        if not main.size or not feet.size:
            return
        tree = shapely.STRtree(self.lines[feet])
        alone = np.ones(main.size, dtype=bool)
        for share in (0.25, 0.5, 0.75):
            spots = shapely.line_interpolate_point(self.lines[main], share, normalized=True)
            near = tree.query(spots, predicate="dwithin", distance=self.rules.beside_m)[0]
            alone[np.unique(near)] = False
        alone_edges = np.zeros(network.n_edges, dtype=bool)
        alone_edges[main[alone]] = True
        label, metres = components(network, alone_edges)
        of_edge = np.where(alone_edges, label[np.asarray(network.edge_u)], -1)
        for part, edges in _groups(of_edge):
            if metres[part] >= self.rules.main_m:
                told = _says("carriageway", length=float(metres[part]), beside=self.rules.beside_m)
                self._add("carriageway", told, edges, cost=0.0)

    def edges(self) -> None:
        """Find edges that are too long, of no length, or there twice."""
        for edge in np.flatnonzero((self.length > self.rules.long_m) & self.street).tolist():
            told = _says("long_edge", length=float(self.length[edge]))
            self._add("long_edge", told, np.array([edge]), cost=0.0)
        for edge in np.flatnonzero(self.length <= 0).tolist():
            self._add("zero_length", _says("zero_length"), np.array([edge]), cost=0.0)
        for edge in np.flatnonzero(duplicate_edges(self.network)).tolist():
            metres = float(self.length[edge])
            self._add("duplicate", _says("duplicate", length=metres), np.array([edge]), cost=metres,
                      severity="low")  # fmt: skip

    def _add(
        self, kind: str, reason: Callable[[str], str], edges: IntArray, *, cost: float,
        severity: str | None = None,
    ) -> None:  # fmt: skip
        metres = float(self.length[edges].sum())
        drawn = self.drawn[edges]
        if kind == "zero_length":
            shape = shapely.Point(shapely.get_coordinates(drawn[0])[0])
        else:
            shape = drawn[0] if edges.size == 1 else shapely.multilinestrings(drawn)
        ways = np.unique(np.asarray(self.network.edge_way)[edges])
        way = int(ways[0]) if ways.size == 1 and ways[0] != 0 else None
        self.rows.append(
            Row(kind, severity or self._severity(cost), cost, reason, shape, metres, way)
        )

    def _severity(self, cost: float) -> str:
        if cost >= self.rules.serious_m:
            return "high"
        return "medium" if cost >= self.rules.notable_m else "low"


def _groups(label: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Give the edges of each label; -1 is no label."""
    order = np.argsort(label, kind="stable")
    values, starts = np.unique(label[order], return_index=True)
    for value, edges in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        if value != -1:
            yield value, edges


def _is_garbled(text: str) -> bool:
    """Return True for replacement signs, control characters of a wrong decoding, runs of “?”."""
    controls = any("\x80" <= sign <= "\x9f" for sign in text)
    return "\ufffd" in text or controls or "??" in text
