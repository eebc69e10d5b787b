"""What is suspicious in a network: faults of the data that a planner should look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo import words
from geo.network.components import components
from geo.network.model import EdgeFlag, WalkNetwork
from geo.snapping import MIN_COMPONENT_M

__all__ = ["audit", "audit_sentences", "duplicate_edges"]


def audit(network: WalkNetwork) -> dict[str, Any]:
    """Return counts and shares, ready for JSON.

    Keys: ``components``, ``small_components`` (under 1 km in all) with ``small_km`` and
    ``small_share``, ``zero_length_edges``, ``duplicate_edges``, ``dead_ends``, ``drive_only``,
    ``named_share`` (of street length), ``steps_km``, ``ferry_km``, ``tunnel_km``,
    ``bridge_km``, ``water_areas``.
    """
    length = np.asarray(network.edge_length_m)
    ferry = network.has(EdgeFlag.FERRY)
    label, component_m = components(network, ~ferry)
    small = component_m < MIN_COMPONENT_M
    has_edges = np.zeros(component_m.size, dtype=bool)
    has_edges[label[network.edge_u[~ferry]]] = True
    streets = length[~ferry].sum()
    small_m = component_m[small].sum()
    degree = np.diff(network.indptr)

    def km(flag: EdgeFlag) -> float:
        return round(float(length[network.has(flag)].sum()) / 1000, 3)

    def share(part: float) -> float:
        return round(float(part / streets), 6) if streets > 0 else 0.0

    return {
        "components": int(has_edges.sum()),
        "small_components": int((small & has_edges).sum()),
        "small_km": round(float(small_m) / 1000, 3),
        "small_share": share(small_m),
        "zero_length_edges": int((length <= 0).sum()),
        "duplicate_edges": int(duplicate_edges(network).sum()),
        "dead_ends": int((degree == 1).sum()),
        "drive_only": "drive_only" in network.meta.flags,
        "named_share": share(length[~ferry & (np.asarray(network.edge_name) >= 0)].sum()),
        "steps_km": km(EdgeFlag.STEPS),
        "ferry_km": km(EdgeFlag.FERRY),
        "tunnel_km": km(EdgeFlag.TUNNEL),
        "bridge_km": km(EdgeFlag.BRIDGE),
        "water_areas": len(network.water_wkb),
    }


def duplicate_edges(network: WalkNetwork) -> Any:
    """Return (m,) True for edges that repeat another: same ends, same line to 1e-7 degree."""
    seen: set[tuple[int, int, bytes]] = set()
    repeated = np.zeros(network.n_edges, dtype=bool)
    low = np.minimum(network.edge_u, network.edge_v).astype(np.int64)
    high = np.maximum(network.edge_u, network.edge_v).astype(np.int64)
    pair = low * network.n_nodes + high
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    for e in np.flatnonzero(counts[inverse] > 1):
        line = network.coords[network.coord_ptr[e] : network.coord_ptr[e + 1]]
        scaled = np.round(line * 1e7).astype(np.int64)
        key = (int(low[e]), int(high[e]), min(scaled.tobytes(), scaled[::-1].tobytes()))
        repeated[e] = key in seen
        seen.add(key)
    return repeated


def audit_sentences(found: dict[str, Any], lang: str) -> list[str]:
    """Return the audit as sentences in `lang`."""
    keys = ["parts", "named", "kinds"]
    if found["zero_length_edges"] or found["duplicate_edges"]:
        keys.insert(1, "faulty")
    return [words.say(f"audit.{key}", lang, **found) for key in keys]
