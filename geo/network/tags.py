"""What OSM tags say of an edge: its kind, and the directions in which people may walk it.

Whether people may walk it at all is said by `geo.osm.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping

from geo.network.model import EdgeFlag

__all__ = ["SAYS_NO", "Tags", "edge_flags", "is_ferry"]

Tags = Mapping[str, str]

SAYS_NO = frozenset(("no", "false", "0"))
_DRIVE = frozenset(
    (
        "motorway",
        "motorway_link",
        "trunk",
        "trunk_link",
        "primary",
        "primary_link",
        "secondary",
        "secondary_link",
        "tertiary",
        "tertiary_link",
        "unclassified",
        "residential",
        "living_street",
        "service",
        "road",
        "busway",
        "bus_guideway",
    )
)


def is_ferry(tags: Tags) -> bool:
    """Return True for a ferry line."""
    return tags.get("route") == "ferry" or tags.get("highway") == "ferry"


def edge_flags(tags: Tags) -> int:
    """Return the `EdgeFlag` bits that tags tell: kind of way, direction for walkers."""
    highway = tags.get("highway", "")
    flags = 0  # plain numbers: a city has a hundred thousand ways
    if is_ferry(tags):
        return int(EdgeFlag.FERRY)
    if highway in ("steps", "escalator", "ladder"):
        flags |= int(EdgeFlag.STEPS)
    if highway == "elevator":
        flags |= int(EdgeFlag.ELEVATOR) | int(EdgeFlag.INDOOR)
    if _is_underground(tags):
        flags |= int(EdgeFlag.TUNNEL)
    if tags.get("bridge", "no") not in SAYS_NO:
        flags |= int(EdgeFlag.BRIDGE)
    if highway == "corridor" or tags.get("indoor", "no") not in SAYS_NO:
        flags |= int(EdgeFlag.INDOOR)
    if tags.get("area") == "yes":
        flags |= int(EdgeFlag.AREA)
    if tags.get("wheelchair") == "no":
        flags |= int(EdgeFlag.NO_WHEELCHAIR)
    if highway in _DRIVE:
        flags |= int(EdgeFlag.DRIVE)
    return flags | _direction(tags)


def _is_underground(tags: Tags) -> bool:
    tunnel = tags.get("tunnel", "no")
    # A passage through a building is at street level: one can step out of it to either side.
    if tunnel not in SAYS_NO and tunnel not in ("building_passage", "covered"):
        return True
    return tags.get("location") == "underground" or tags.get("level", "").startswith("-")


def _direction(tags: Tags) -> int:
    """Return CONVEYING and at most one direction; `oneway:foot` outweighs what the belt does."""
    conveying = tags.get("conveying", "no")
    moves = conveying not in SAYS_NO or tags.get("highway") == "escalator"
    flags = int(EdgeFlag.CONVEYING) if moves else 0
    said = tags.get("oneway:foot", tags.get("foot:oneway", ""))
    if not said and conveying in ("forward", "backward"):
        said = {"forward": "yes", "backward": "-1"}[conveying]
    elif not said and moves and conveying != "reversible":
        said = tags.get("oneway", "")  # no vehicle drives here, so it is said of walkers
    if said in ("yes", "true", "1"):
        return flags | int(EdgeFlag.FORWARD_ONLY)
    return flags | int(EdgeFlag.BACKWARD_ONLY) if said in ("-1", "reverse") else flags
