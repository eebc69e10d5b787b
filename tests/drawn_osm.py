"""OSM files drawn in metres, so that a reader sees which ways meet where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from drawn_network import degrees


class OsmFile:
    """An OSM file drawn in metres: nodes have one-letter names, 1 cm apart at the least.

    Node ids are a = 1, b = 2 …; the origin is the one of `drawn_network`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, list[str]] = {"node": [], "way": [], "relation": []}

    def nodes(self, **where: tuple[float, float]) -> OsmFile:
        for name, xy in where.items():
            self.node(name, xy)
        return self

    def node(self, name: str, xy: tuple[float, float], **tags: str) -> OsmFile:
        lon, lat = degrees(xy)[0]
        head = f'<node id="{self.id(name)}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"'
        self.parts["node"].append(f"{head}>{self._tags(tags)}</node>")
        return self

    def way(
        self, way_id: int, nodes: str, tags: Mapping[str, str] | None = None, attrs: str = ""
    ) -> OsmFile:
        refs = "".join(f'<nd ref="{self.id(name)}"/>' for name in nodes)
        text = self._tags({"highway": "footway"} if tags is None else tags)
        self.parts["way"].append(f'<way id="{way_id}" version="1" {attrs}>{refs}{text}</way>')
        return self

    def relation(
        self, relation_id: int, members: Iterable[tuple[int, str]], tags: Mapping[str, str]
    ) -> OsmFile:
        ways = "".join(f'<member type="way" ref="{r}" role="{role}"/>' for r, role in members)
        text = self._tags({"type": "multipolygon", **tags})
        self.parts["relation"].append(
            f'<relation id="{relation_id}" version="1">{ways}{text}</relation>'
        )
        return self

    def text(
        self,
        order: tuple[str, ...] = ("node", "way", "relation"),
        *,
        head: str = "",
        attrs: str = "",
    ) -> str:
        body = "\n".join(line for kind in order for line in self.parts[kind])
        return f'<?xml version="1.0"?>\n<osm version="0.6" {attrs}>{head}\n{body}\n</osm>\n'

    def write(self, name: str = "drawn.osm", **how: object) -> Path:
        path = self.folder / name
        path.write_text(self.text(**how), encoding="utf-8")
        return path

    @staticmethod
    def id(name: str) -> int:
        return ord(name) - ord("a") + 1

    @staticmethod
    def _tags(tags: Mapping[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
