"""One OSM file on disk: its kind, the order of its objects, the date of its data."""

from __future__ import annotations

import bz2
import gzip
import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from geo.errors import MissingFileError, OsmError

__all__ = [
    "DRAFT",
    "SUFFIXES",
    "check_file",
    "is_out_of_order",
    "objects",
    "osm_date",
    "says_out_of_order",
    "ways_with_ids",
    "write_in_order",
]

SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf", ".xml")
DRAFT = 2**40  # node -7 of an editor's draft becomes node DRAFT + 7 while it is read
_EPOCH_YEAR = 2000  # timestamps before OSM existed are fillers
_HEAD_BYTES = 4096


def check_file(source: Path, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Refuse what cannot be an OSM file, or another file with one of these endings.

    Raises
    ------
    MissingFileError
        There is no such file.
    OsmError
        It is a folder, is empty, or has another ending.
    """
    if source.is_dir():
        raise OsmError("osm_folder", path=source)
    if not source.is_file():
        raise MissingFileError("file_missing", path=source)
    if not source.name.lower().endswith(suffixes):
        raise OsmError("osm_suffix", path=source, known=" ".join(suffixes))
    if source.stat().st_size == 0:
        raise OsmError("file_empty", path=source)


def objects(source: Path, *kinds: Any) -> Any:
    """Return pyosmium's reader of the objects in `source`, whatever the case of its ending."""
    import osmium

    return osmium.FileProcessor(_file(source), *kinds)


def _file(source: Path) -> Any:
    import osmium

    return osmium.io.File(str(source), _kind(source))


def _kind(source: Path) -> str:
    name = source.name.lower()
    return next((k for k in ("osm.bz2", "osm.gz", "osm.pbf", "pbf") if name.endswith(k)), "osm")


def ways_with_ids(source: Path, ids: Iterable[int]) -> Iterator[Any]:
    """Give the ways with these ids and their nodes, whatever their tags."""
    import osmium

    wanted = set(ids)
    reader = objects(source).with_locations()
    reader = reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    # The filter's set is laid out by number: it takes neither drafts nor absurd ids.
    if all(0 < i < DRAFT for i in wanted):
        reader = reader.with_filter(osmium.filter.IdFilter(wanted))
    for way in reader:
        if way.id in wanted:
            yield way


def says_out_of_order(fault: Exception) -> bool:
    """Return True where libosmium gave up because objects are not sorted by id, or come twice."""
    return "out of order" in str(fault) or "twice in input" in str(fault)


def is_out_of_order(source: Path, missing: Iterable[int]) -> bool:
    """Return True where nodes that ways could not find are in the file all the same.

    Overpass answers often give ways before their nodes, and an editor's drafts have negative ids;
    libosmium finds neither.
    """
    import osmium

    ids = set(missing)
    if any(i < 0 for i in ids):
        return True
    ids = {i for i in ids if 0 < i < DRAFT}
    if not ids:
        return False
    nodes = objects(source, osmium.osm.NODE).with_filter(osmium.filter.IdFilter(ids))
    return next(iter(nodes), None) is not None


def write_in_order(source: Path, target: Path) -> None:
    """Copy `source` as libosmium needs it.

    Nodes come before ways before relations, each by id and once; of several versions the newest
    stays, and draft nodes get positive ids (see `DRAFT`). The whole file is held in memory, which
    what editors and Overpass write allows.
    """
    import osmium

    def positive(ref: int) -> int:
        return ref if ref >= 0 else DRAFT - ref

    class Copy(osmium.SimpleHandler):
        def node(self, node: Any) -> None:
            writer.add_node(node.replace(id=positive(node.id)))

        def way(self, way: Any) -> None:
            writer.add_way(way.replace(nodes=[positive(n.ref) for n in way.nodes]))

        def relation(self, relation: Any) -> None:
            writer.add_relation(relation)

    # This reader goes by the name alone, and only by a name in lower case.
    named = target.with_name(f"given.{_kind(source)}")
    shutil.copyfile(source, named)
    reader = osmium.MergeInputReader()
    reader.add_file(str(named))
    with osmium.SimpleWriter(str(target)) as writer:
        reader.apply(Copy())


def osm_date(source: Path, newest: datetime | None) -> str | None:
    """Return the ISO date of the data: what the file's head says, else its newest way's."""
    import osmium

    if source.name.lower().endswith("pbf"):
        header = osmium.io.Reader(_file(source)).header()
        stamps = [header.get(k, "") for k in ("osmosis_replication_timestamp", "timestamp")]
    else:
        stamps = _xml_stamps(source)
    for stamp in stamps:
        try:
            return date.fromisoformat(stamp[:10]).isoformat()
        except ValueError:
            continue
    if newest is None or newest.year < _EPOCH_YEAR:
        return None
    return newest.date().isoformat()


def _xml_stamps(source: Path) -> list[str]:
    """Return the dates in an XML file before its first object: Overpass's base, then osm's own."""
    name = source.name.lower()
    opener: Any = {"bz2": bz2.open, ".gz": gzip.open}.get(name[-3:], open)
    try:
        with opener(source, "rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except (OSError, EOFError):  # libosmium reads plain XML under a packed name, so may we
        return []
    head = re.split(r"<(?:node|way|relation)\b", head, maxsplit=1)[0]
    return re.findall(r'osm_base="([^"]*)"', head) + re.findall(r'\btimestamp="([^"]*)"', head)
