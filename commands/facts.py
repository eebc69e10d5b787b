"""What a command says of a network it made or opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo import words
from terminal import say, say_flags

if TYPE_CHECKING:
    from geo.network import WalkNetwork

__all__ = ["network_facts", "say_saved"]


def network_facts(network: WalkNetwork) -> dict[str, Any]:
    """Return a network's record, sizes and audit, ready for JSON."""
    from dataclasses import asdict

    from geo.network.audit import audit

    return {
        **asdict(network.meta),
        "notes": dict(network.meta.notes),
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "length_km": round(float(network.edge_length_m.sum()) / 1000, 3),
        "metric_crs": network.metric_crs,
        "audit": audit(network),
    }


def say_saved(network: WalkNetwork, out: Path, *, lang: str, as_json: bool) -> None:
    """Tell what was saved, and what must be known of it."""
    if as_json:
        say(json.dumps(network_facts(network), ensure_ascii=False, indent=1))
        return
    km = float(network.edge_length_m.sum()) / 1000
    say(words.say("cli.network_saved", lang, path=out, nodes=network.n_nodes,
                   edges=network.n_edges, km=km))  # fmt: skip
    say_flags(network.meta.flags, lang)
