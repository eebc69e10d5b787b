"""Overrides on a network that is already saved, whatever it was read from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geo.network.build import WayTable, build_network, geodesic_lengths
from geo.network.model import Amendment, EdgeFlag, WalkNetwork
from geo.osm.correcting import Corrected, correct_ways, without_ways
from geo.osm.cutting import MADE_HERE
from geo.osm.overrides import Overrides

__all__ = ["amend_network", "ways_of"]


def amend_network(
    network: WalkNetwork, overrides: Overrides, *, name: str | None = None
) -> WalkNetwork:
    """Return `network` with `overrides` applied.

    Links, barriers, gates and ways that are forbidden; a way that is allowed must be in the network
    already, since nothing else is known of it. Edges that no entry touches stay what they are.

    Parameters
    ----------
    name
        A name for the result; the network's own by default.

    Raises
    ------
    OsmError
        No entry could be applied.
    NetworkError
        Nothing is left to walk on.
    """
    if not overrides:
        return network
    ways = ways_of(network)
    here = frozenset(np.unique(np.asarray(network.edge_way)).tolist())
    ways = without_ways(ways, overrides.forbidden)
    done = correct_ways(ways, overrides, seen=here)
    done.record = [_in_its_words(entry) for entry in done.record]
    banks, walls = _barriers(network)
    meta = network.meta if name is None else replace(network.meta, name=name)
    built = build_network(
        done.ways, meta=meta, water=_shapes(network.water_wkb), barriers=banks,
        walls=[*walls, *done.walls],
    )  # fmt: skip
    done.timed = {**_timed(network, done), **done.timed}
    return done.sign(built)


def ways_of(network: WalkNetwork) -> WayTable:
    """Return the edges of `network` as ways, from which `build_network` makes it again.

    Vertices between junctions have lost their ids, and get new ones that nothing shares.
    """
    ptr = np.asarray(network.coord_ptr)
    coords = np.asarray(network.coords)
    osmid = np.asarray(network.node_osmid)
    ref = min(MADE_HERE, int(osmid.min())) - 1 - np.arange(ptr[-1], dtype=np.int64)
    ref[ptr[:-1]] = osmid[network.edge_u]
    ref[ptr[1:] - 1] = osmid[network.edge_v]
    return WayTable(
        ptr=ptr,
        ref=ref,
        lon=coords[:, 0],
        lat=coords[:, 1],
        way=np.asarray(network.edge_way),
        flags=np.asarray(network.edge_flags).astype(np.int64),
        highway=np.asarray(network.edge_highway),
        name=np.asarray(network.edge_name),
        name_en=np.asarray(network.edge_name_en),
        highways=network.highways,
        names=network.names,
    )


def _in_its_words(entry: Amendment) -> Amendment:
    """Return a record of a way in the words of a saved network, which knows no tags."""
    if entry.kind == "allow" and entry.reason == "way_unknown":
        return replace(entry, reason="way_not_kept")
    return entry


def _shapes(blobs: tuple[bytes, ...]) -> list[Any]:
    import shapely

    return list(shapely.from_wkb(np.array(blobs, dtype=object))) if blobs else []


def _barriers(network: WalkNetwork) -> tuple[list[Any], list[Any]]:
    """Return the banks of the data, and the walls of overrides applied before.

    A bridge across a bank is one over water; of a wall nobody knows what it is.
    """
    import shapely

    drawn = {
        shapely.to_wkb(shapely.linestrings(entry.line))
        for entry in network.meta.amendments
        if entry.kind == "barrier" and not entry.reason
    }
    banks = tuple(blob for blob in network.barrier_wkb if blob not in drawn)
    walls = tuple(blob for blob in network.barrier_wkb if blob in drawn)
    return _shapes(banks), _shapes(walls)


def _timed(network: WalkNetwork, done: Corrected) -> dict[int, float]:
    """Return the metres that links of earlier overrides count for, where they are timed."""
    links = np.flatnonzero(network.has(EdgeFlag.LINK))
    if links.size == 0:
        return {}
    own = geodesic_lengths(np.asarray(network.coords), np.asarray(network.coord_ptr))
    said = np.asarray(network.edge_length_m)
    way = np.asarray(network.edge_way)
    kept = np.intersect1d(np.unique(way[links]), done.ways.way)
    found = {}
    for each in kept.tolist():
        edges = links[way[links] == each]
        if abs(said[edges].sum() - own[edges].sum()) > 1e-6 * own[edges].sum():
            found[each] = float(said[edges].sum())
    return found
