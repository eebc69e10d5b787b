"""Who may walk where: OSM tags → a verdict and what is known of the way.

Two rules. `osmnx_walk` is OSMnx's ``network_type="walk"`` filter to the letter (its Overpass
expressions are unanchored regular expressions), so that the two can be compared. `walkable` is
ours: the same, plus ways that admit walkers expressly, minus ways closed to them, plus the outlines
of walkable areas and ferries. Tag meanings: OSM wiki, Key:foot, Key:access, Key:motorroad,
Key:conveying, Key:oneway:foot, Key:locked.
"""

from __future__ import annotations

import re

from geo.network.tags import SAYS_NO, Tags, edge_flags, is_ferry

__all__ = [
    "VERDICTS",
    "edge_flags",
    "is_bank",
    "is_closed_gate",
    "is_ferry",
    "is_water",
    "osmnx_walk",
    "verdict",
    "walkable",
]

# OSMnx 2.1, osmnx._overpass._get_network_filter("walk") with settings.default_access.
_OSMNX_FORBIDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern))
    for key, pattern in (
        ("area", "yes"),
        ("access", "private"),
        (
            "highway",
            "abandoned|bus_guideway|construction|cycleway|motor|no|planned|platform|proposed|"
            "raceway|razed|rest_area|services",
        ),
        ("foot", "no"),
        ("service", "private"),
        ("sidewalk", "separate"),
        ("sidewalk:both", "separate"),
        ("sidewalk:left", "separate"),
        ("sidewalk:right", "separate"),
    )
)

# Nobody walks these, whatever foot=* says.
_NOT_A_WAY = frozenset(
    (
        "abandoned",
        "construction",
        "planned",
        "proposed",
        "razed",
        "demolished",
        "dismantled",
        "disused",
        "no",
        "raceway",
        "rest_area",
        "services",
        "emergency_bay",
        "escape",
        "via_ferrata",
    )
)
_FOOT_YES = frozenset(("yes", "designated", "permissive", "official"))
# use_sidepath: the walker must use the footway beside, which is a way of its own.
_FOOT_NO = frozenset(("no", "private", "military", "permit", "use_sidepath"))
_CLOSED = frozenset(("no", "private", "military", "permit"))
_AREA_KINDS = frozenset(
    ("pedestrian", "footway", "path", "living_street", "corridor", "platform", "steps")
)


def osmnx_walk(tags: Tags) -> bool:
    """Return True where OSMnx's walk filter keeps a way with these tags."""
    if "highway" not in tags:
        return False
    return not any(key in tags and pattern.search(tags[key]) for key, pattern in _OSMNX_FORBIDS)


def walkable(tags: Tags) -> bool:
    """Return True where people may walk along a way (or an area's outline) with these tags."""
    return verdict(tags) == "kept"


def verdict(tags: Tags) -> str:
    """Return ``kept`` or why a way is left out: not_a_way, foot_no, closed, no_foot, area."""
    foot = tags.get("foot", "")
    invited = foot in _FOOT_YES
    if not is_ferry(tags) and tags.get("highway", "no") in _NOT_A_WAY:
        return "not_a_way"
    if foot in _FOOT_NO:
        return "foot_no"
    if not invited and tags.get("access") in _CLOSED:
        return "closed"
    if is_ferry(tags):
        return "kept"
    if tags.get("area") == "yes":
        return "kept" if _is_walkable_area(tags, invited) else "area"
    return "kept" if invited or (osmnx_walk(tags) and not _is_for_vehicles(tags)) else "no_foot"


def _is_for_vehicles(tags: Tags) -> bool:
    """Return True for expressways (motorroad) and bus roads, which imply foot=no."""
    return tags.get("motorroad") == "yes" or tags.get("highway") == "busway"


def _is_walkable_area(tags: Tags, invited: bool) -> bool:
    kind = tags["highway"]
    return kind in _AREA_KINDS and (kind != "platform" or invited)


def _is_hidden(tags: Tags) -> bool:
    """Return True where water runs below ground or under a cover."""
    return (
        tags.get("tunnel", "no") not in SAYS_NO
        or tags.get("covered") == "yes"
        or tags.get("location") == "underground"
    )


def is_water(tags: Tags) -> bool:
    """Return True for areas of open water at ground level."""
    return not _is_hidden(tags) and (
        tags.get("natural") == "water"
        or tags.get("waterway") in ("riverbank", "dock")
        or tags.get("landuse") == "reservoir"
    )


def is_bank(tags: Tags) -> bool:
    """Return True for lines that cannot be stepped across: rivers, canals and the coast."""
    if tags.get("natural") == "coastline":
        return True
    return not _is_hidden(tags) and tags.get("waterway") in ("river", "canal")


def is_closed_gate(tags: Tags) -> bool:
    """Return True for a node that ends every walk: a barrier whose tags shut walkers out."""
    if "barrier" not in tags:
        return False
    foot = tags.get("foot", "")
    if foot in _FOOT_NO:
        return True
    shut = tags.get("access") in _CLOSED or tags.get("locked") == "yes"
    return foot not in _FOOT_YES and shut


def _osmnx_verdict(tags: Tags) -> str:
    return "kept" if osmnx_walk(tags) else "osmnx"


VERDICTS = {"hongtu": verdict, "osmnx": _osmnx_verdict}
"""The rules a reader may be asked for: tags → ``kept`` or why not."""
