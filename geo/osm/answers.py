"""Overpass's JSON answers → one OSM file, which the reader of OSM files then reads.

So a network fetched and one imported from an extract are made by the same rules: gates, squares,
water, overrides and all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geo.errors import FetchError

__all__ = ["write_osm"]

_MEMBER = {"node": "n", "way": "w", "relation": "r"}
_FAULTS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def write_osm(folders: Iterable[Path], target: Path, *, host: str) -> str | None:
    """Write every object in the answers of `folders` to `target`, once and in order.

    Returns
    -------
    str or None
        The moment of the data (ISO 8601) that the oldest answer names.

    Raises
    ------
    FetchError
        An answer is not what Overpass writes.
    """
    found: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in _MEMBER}
    stamps: list[str] = []
    files = [file for folder in folders for file in sorted(folder.glob("*.json"))]
    try:
        for file in files:
            answer = json.loads(file.read_text(encoding="utf-8"))
            stamp = answer.get("osm3s", {}).get("timestamp_osm_base")
            if stamp:
                stamps.append(str(stamp))
            for element in answer["elements"]:
                if element["type"] in found:
                    found[element["type"]][int(element["id"])] = element
            del answer
        _write(found, target)
    except _FAULTS as fault:
        detail = f"{type(fault).__name__} {fault}".splitlines()[0][:80]
        raise FetchError("service_odd", host=host, detail=detail) from fault
    return min(stamps, default=None)


def _write(found: dict[str, dict[int, dict[str, Any]]], target: Path) -> None:
    import osmium
    from osmium.osm import mutable

    with osmium.SimpleWriter(str(target)) as writer:
        for number, item in sorted(found["node"].items()):
            place = (float(item["lon"]), float(item["lat"]))
            writer.add_node(mutable.Node(id=number, location=place, tags=_tags(item)))
        for number, item in sorted(found["way"].items()):
            refs = [int(ref) for ref in item["nodes"]]
            writer.add_way(mutable.Way(id=number, nodes=refs, tags=_tags(item)))
        for number, item in sorted(found["relation"].items()):
            members = [(_MEMBER[m["type"]], int(m["ref"]), str(m["role"])) for m in item["members"]]
            writer.add_relation(mutable.Relation(id=number, members=members, tags=_tags(item)))


def _tags(item: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in item.get("tags", {}).items()}
