"""How a line layer became a network, in a sentence out of the network's own notes."""

from __future__ import annotations

from geo import words
from geo.network.model import NetworkMeta

__all__ = ["NEAR", "noded_sentence"]

NEAR = 10  # ends within so many tolerances of another line, and not joined, are counted

_COUNTS = (
    *("lines", "ends_joined", "t_junctions", "crossings", "crossings_apart", "duplicate_lines"),
    *("duplicate_segments", "zero_length", "ends_near"),
)


def noded_sentence(meta: NetworkMeta, lang: str) -> str | None:
    """Return what was joined, split and dropped; None for a network of other origin."""
    notes = dict(meta.notes)
    if "snap_cm" not in notes:
        return None
    snap = int(notes["snap_cm"]) / 100
    counts = {key: notes.get(key, 0) for key in _COUNTS}
    near = NEAR * max(snap, 0.05)
    return words.say("centrelines.noded", lang, crs=notes["crs"], snap=snap, near=near, **counts)
