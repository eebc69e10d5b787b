"""What OSMnx's walk filter keeps of an OSM file, as XML that OSMnx can read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path


def overpass_keeps(tags: dict[str, str]) -> bool:
    """Judge tags by OSMnx's Overpass string itself, not by our copy of it."""
    from osmnx import _overpass

    text = _overpass._get_network_filter("walk")
    conditions = re.findall(r'\["([^"]+)"(?:(!?~)"([^"]+)")?\]', text)
    assert "".join(f'["{k}"{op}"{p}"]' if op else f'["{k}"]' for k, op, p in conditions) == text
    for key, operator, pattern in conditions:
        if not operator and key not in tags:
            return False
        if operator == "!~" and key in tags and re.search(pattern, tags[key]):
            return False
    return True


def write_kept_ways(source: Path, target: Path) -> int:
    """Write what the filter keeps as OSM XML, ways trimmed to runs of nodes that are there."""
    import osmium

    root = ET.Element("osm", version="0.6")
    ways: list[ET.Element] = []
    nodes: dict[int, tuple[float, float]] = {}
    for way in osmium.FileProcessor(str(source), osmium.osm.WAY | osmium.osm.NODE).with_locations():
        if not way.is_way() or not overpass_keeps(dict(way.tags)):
            continue
        run: list[int] = []
        for node in [*way.nodes, None]:
            if node is not None and node.location.valid():
                nodes[node.ref] = (node.lon, node.lat)
                run.append(node.ref)
                continue
            if len(run) > 1:
                # OSMnx takes a second way of the same id for the first: count them anew.
                element = ET.Element("way", id=str(len(ways) + 1))
                for ref in run:
                    ET.SubElement(element, "nd", ref=str(ref))
                for key, value in dict(way.tags).items():
                    ET.SubElement(element, "tag", k=key, v=value)
                ways.append(element)
            run = []
    for ref, (lon, lat) in nodes.items():
        ET.SubElement(root, "node", id=str(ref), lon=f"{lon:.7f}", lat=f"{lat:.7f}")
    root.extend(ways)
    ET.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return len(ways)
