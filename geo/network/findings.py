"""The audit of a network, one row a finding: what to look at, where, and what it costs.

`geo.network.audit` counts; this says where. The cost is the walking at stake in metres: the length
of a part that is cut off, the way round a joint that is missing, the length that is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo import words
from geo.network.checks import Audit, AuditRules, Row
from geo.network.model import WalkNetwork

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["KINDS", "SEVERITIES", "AuditRules", "Findings", "find", "findings_lines"]

KINDS = (
    "override", "network", "island", "gate", "near_miss", "crossing", "bridge", "carriageway",
    "long_edge", "duplicate", "zero_length", "names",
)  # fmt: skip
SEVERITIES = ("high", "medium", "low")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Findings:
    """What an audit found.

    Attributes
    ----------
    frame
        GeoDataFrame (EPSG:4326), the costliest first: ``id``, ``kind``, ``severity``, ``cost_m``,
        ``length_m`` (of what is drawn), ``way`` (OSM id or null), ``reason_zh``, ``reason_en``.
        What concerns the whole network has no geometry.
    slight
        Missing joints that cost less than `AuditRules.least_m`.
    """

    frame: gpd.GeoDataFrame
    slight: int

    def counts(self) -> dict[str, Any]:
        """Return findings by severity and by kind, ready for JSON."""
        severity, kind = (self.frame[c].value_counts() for c in ("severity", "kind"))
        return {
            "total": len(self.frame),
            "severity": {name: int(severity.get(name, 0)) for name in SEVERITIES},
            "kind": {name: int(kind[name]) for name in KINDS if name in kind},
            "slight": self.slight,
        }


def findings_lines(found: Findings, lang: str, *, most: int = 10) -> list[str]:
    """Return the summary to print: counts, kinds, and the `most` costly ones."""
    counts = found.counts()
    if not counts["total"]:
        lines = [words.say("findings.none", lang)]
    else:
        lines = [words.say("findings.head", lang, total=counts["total"], **counts["severity"])]
        for kind, count in counts["kind"].items():
            label = words.say(f"finding_kind.{kind}", lang)
            lines.append("  " + words.say("findings.kind", lang, kind=label, count=count))
        for row in found.frame.head(most).to_dict("records"):
            severity = words.say(f"severity.{row['severity']}", lang)
            told = words.say("findings.item", lang, id=row["id"], severity=severity,
                             reason=row[f"reason_{lang}"])  # fmt: skip
            lines.append("  " + told)
    if counts["slight"]:
        least = AuditRules().least_m
        lines.append(words.say("findings.slight", lang, count=counts["slight"], least=least))
    return lines


def find(
    network: WalkNetwork,
    rules: AuditRules | None = None,
    *,
    on_progress: Progress | None = None,
) -> Findings:
    """Return everything suspicious in `network`, ranked by severity and cost.

    Parameters
    ----------
    rules
        Thresholds.
    on_progress
        Called with (done, total) steps.
    """
    audit = Audit(network, rules or AuditRules())
    steps = (
        audit.overrides, audit.whole, audit.islands, audit.gates, audit.near_misses,
        audit.crossings, audit.bridges, audit.carriageways, audit.edges, audit.names,
    )  # fmt: skip
    for done, step in enumerate(steps):
        if on_progress:
            on_progress(done, len(steps))
        step()
    if on_progress:
        on_progress(len(steps), len(steps))
    return Findings(_frame(audit.rows), audit.slight)


def _frame(rows: list[Row]) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    order = {name: at for at, name in enumerate(SEVERITIES)}
    rows = sorted(rows, key=lambda row: (order[row.severity], -row.cost_m, KINDS.index(row.kind)))
    counts: dict[str, int] = {}
    ids = []
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
        ids.append(f"{row.kind}-{counts[row.kind]}")
    return gpd.GeoDataFrame(
        {
            "id": ids,
            "kind": [row.kind for row in rows],
            "severity": [row.severity for row in rows],
            "cost_m": np.round([row.cost_m for row in rows], 1).astype(float),
            "length_m": np.round([row.length_m for row in rows], 1).astype(float),
            "way": pd.array([row.way for row in rows], dtype="Int64"),
            "reason_zh": [row.reason("zh") for row in rows],
            "reason_en": [row.reason("en") for row in rows],
        },
        geometry=[row.shape for row in rows],
        crs="EPSG:4326",
    )
