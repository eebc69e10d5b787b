"""How much an OSM file unpacks to, found before anything is read of it.

libosmium takes a file as it comes: three megabytes that unpack to a thousand times as much would be
read to the end, with every node's position in memory. Packed text is unpacked here once for the
count alone and stopped at the limit; the blocks of a PBF say what they unpack to (``raw_size``,
which libosmium holds them to), so of those only the heads are read.
"""

from __future__ import annotations

import bz2
import gzip
import mmap
import zlib
from pathlib import Path
from typing import Any

from geo.errors import OsmError

__all__ = [
    "MAX_BLOCKS",
    "MAX_PBF",
    "MAX_PBF_RATIO",
    "MAX_TEXT",
    "MAX_TEXT_RATIO",
    "MAX_UNSORTED",
    "PLAIN_BELOW",
    "weigh",
]

MAX_TEXT = 20_000_000_000
"""Bytes of XML: what a PBF of some 1.5 GB would be as text."""

MAX_TEXT_RATIO = 40
"""Times its size that packed XML may unpack to: on three real cities gzip made 8 to 12,
bzip2 9 to 16."""

MAX_PBF = 8_000_000_000
"""Bytes of a PBF's blocks, unpacked: a file of some 3.5 GB."""

MAX_PBF_RATIO = 10
"""Times its size that a PBF may unpack to: on two real cities 2.1 and 2.4."""

PLAIN_BELOW = 200_000_000
"""Bytes below which no ratio is asked: that much is read in seconds whatever it is."""

MAX_BLOCKS = 1_000_000
"""Blocks of a PBF, of which each holds some 8,000 objects."""

MAX_UNSORTED = 1_000_000_000
"""Bytes of a file that has to be put in order first, which is done in memory."""

_CHUNK = 1 << 20
_HEADER = 64 * 1024  # bytes of a block's header, by the format's own rule


def weigh(source: Path) -> int:
    """Return how many bytes `source` unpacks to; what cannot be unpacked is left to libosmium.

    Raises
    ------
    OsmError
        It is beyond the limits.
    """
    name, size = source.name.lower(), source.stat().st_size
    if name.endswith("pbf"):
        return _pbf(source, size)
    if name.endswith((".bz2", ".gz")):
        return _packed(source, size)
    if size > MAX_TEXT:
        raise _too_large(source, MAX_TEXT)
    return size


def _packed(source: Path, size: int) -> int:
    allowed = max(PLAIN_BELOW, MAX_TEXT_RATIO * size)
    opener: Any = bz2.open if source.name.lower().endswith(".bz2") else gzip.open
    count = 0
    try:
        with opener(source, "rb") as file:
            while chunk := file.read(_CHUNK):
                count += len(chunk)
                _check(source, count, allowed, MAX_TEXT)
    except (OSError, EOFError, zlib.error):
        # Plain XML under a packed name, which libosmium reads, or a file that is cut off.
        return max(count, size)
    return count


def _pbf(source: Path, size: int) -> int:
    allowed = max(PLAIN_BELOW, MAX_PBF_RATIO * size)
    count = at = blocks = 0
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while at + 4 <= size:
            length = int.from_bytes(data[at : at + 4], "big")
            at += 4
            if not 0 < length <= _HEADER:
                break  # libosmium says what is wrong with it
            held = _fields(data, at, min(at + length, size)).get(3, 0)
            at += length
            count += max(_fields(data, at, min(at + held, size)).get(2, 0), held)
            at += held
            blocks += 1
            if blocks > MAX_BLOCKS:
                raise OsmError("osm_blocks_many", path=source, limit=MAX_BLOCKS)
            _check(source, count, allowed, MAX_PBF)
    return count


def _fields(data: mmap.mmap, at: int, end: int) -> dict[int, int]:
    """Return the largest number said of each field of a message, texts and bytes passed over."""
    found: dict[int, int] = {}
    while at < end:
        key, at = _varint(data, at, end)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at, end)
            found[key >> 3] = max(found.get(key >> 3, 0), value)
        elif kind == 2:
            length, at = _varint(data, at, end)
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            break
    return found


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return value, end


def _check(source: Path, count: int, allowed: int, most: int) -> None:
    if count > most:
        raise _too_large(source, most)
    if count > allowed:
        times = round(allowed / source.stat().st_size)
        raise OsmError("osm_swells", path=source, times=times)


def _too_large(source: Path, most: int) -> OsmError:
    return OsmError("osm_too_large", path=source, limit=most // 1_000_000_000)
