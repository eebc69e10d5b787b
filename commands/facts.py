"""What a command says of a network it made or opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo import words
from terminal import say, say_flags

if TYPE_CHECKING:
    from geo.network import WalkNetwork

__all__ = ["SCHEMATIC", "network_facts", "opened", "say_saved"]

SCHEMATIC = "schematic"
"""Names the embedded network where a folder is asked for."""


def opened(folder: Path) -> WalkNetwork:
    """Return the network in `folder`, or the embedded one for the word ``schematic``.

    Raises
    ------
    MissingFileError, NetworkError
        There is no such folder, or no network in it.
    """
    if str(folder) == SCHEMATIC and not folder.exists():
        from geo.schematic import schematic_network

        return schematic_network()
    from geo.network import load_network

    return load_network(folder)


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
    from geo.network.amendments import amendment_lines

    km = float(network.edge_length_m.sum()) / 1000
    say(words.say("cli.network_saved", lang, path=out, nodes=network.n_nodes,
                   edges=network.n_edges, km=km))  # fmt: skip
    for line in amendment_lines(network.meta, lang):
        say(line)
    say_flags(network.meta.flags, lang)
