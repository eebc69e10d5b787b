"""Checking the legs of curated lines on a network: which cannot be walked, which are too long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from geo.network.model import WalkNetwork
from routes.lines import LineFault, StudyLine
from routes.matrix import Spot, lay_spots, leg_table
from routes.places import Place
from routes.visits import StudyBrief

__all__ = ["check_legs"]


def check_legs(
    lines: Mapping[str, StudyLine],
    places: Mapping[str, Place],
    network: WalkNetwork,
    max_walk_min: float,
) -> list[LineFault]:
    """Return faults of legs between stops that have positions.

    Codes: ``unreachable_leg``, ``long_leg``, ``estimated_leg`` (one is off the network
    and near the other).
    """
    known = {
        site: places[site]
        for line in lines.values()
        for site in line.sites
        if site in places and places[site].lon is not None
    }
    if not known:
        return []
    at = {site: k for k, site in enumerate(known)}
    brief = StudyBrief(sites=("all",), max_walk_min=max_walk_min)
    spots = [Spot(p.id, p.lon, p.lat) for p in known.values()]
    table = leg_table(lay_spots(network, spots, (), brief), (), brief)
    faults = []
    for line in lines.values():
        for a, b in pairwise([site for site in line.sites if site in known]):
            minutes = float(table.walk_minutes[at[a], at[b]])
            if table.guessed[at[a], at[b]]:
                fields = {"previous": a, "minutes": math.ceil(table.minutes[at[a], at[b]])}
                faults.append(LineFault(line.id, b, "estimated_leg", fields))
            elif math.isnan(minutes):
                faults.append(LineFault(line.id, b, "unreachable_leg", {"previous": a}))
            elif minutes > max_walk_min:
                fields = {"previous": a, "minutes": math.ceil(minutes)}
                faults.append(LineFault(line.id, b, "long_leg", fields))
    return faults
