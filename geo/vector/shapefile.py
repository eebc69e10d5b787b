"""Shapefiles: the parts of one, wherever they lie, and the encoding of its table."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path, PurePath

from geo.errors import VectorError

__all__ = ["PARTS", "Codec", "check_parts", "codec_of", "of_stem"]

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED = (".shp", ".shx")
_CODE = b"\x00\x00\x27\x0a"  # 9994, of .shp and .shx
_DBF_KINDS = frozenset((0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5))
_GBK_DRIVER = 0x4D  # the .dbf header's language driver for Chinese
_LONGEST_CPG = 200
_TRIES = ("utf-8", "gb18030")
# Python has codecs that are no encodings of text, some of them slow.
_OF_TABLES = re.compile(r"utf-8|gb18030|big5\w*|cp\d+|iso8859-\d+|shift_jis\w*|euc_\w+")


def of_stem(names: list[str], shp: str) -> dict[str, str]:
    """Return ending → name of what belongs to the Shapefile `shp`, whatever the case."""
    stem = PurePath(shp).with_suffix("").as_posix().casefold()
    found: dict[str, str] = {}
    for name in sorted(names, reverse=True):  # a.shp before A.SHP, where both are there
        path = PurePath(name)
        if path.with_suffix("").as_posix().casefold() == stem:
            found[path.suffix.casefold()] = name
    found[".shp"] = shp
    return {ending: found[ending] for ending in PARTS if ending in found}


def check_parts(folder: Path, stem: str, shown: Path, layer: str) -> None:
    """Refuse a Shapefile in `folder` that lacks a part or is something else by its first bytes.

    Raises
    ------
    VectorError
        ``shapefile_part`` or ``vector_kind``; the sentence names `shown`.
    """
    for ending in _NEEDED:
        part = folder / f"{stem}{ending}"
        if not part.is_file():
            raise VectorError("shapefile_part", path=str(shown), part=f"{layer}{ending}")
        if not _head(part).startswith(_CODE):
            raise VectorError("vector_kind", path=str(shown), kind="Shapefile")
    table = folder / f"{stem}.dbf"
    if table.is_file() and _head(table)[:1] not in {bytes([kind]) for kind in _DBF_KINDS}:
        raise VectorError("vector_kind", path=str(shown), kind="Shapefile")


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(32)


class Codec:
    """How a .dbf's bytes become text; GDAL hands them over as Latin-1, which loses nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def decode(self, latin: str) -> str:
        """Return the text; a character cut in two by the width of its field is left out.

        Raises
        ------
        UnicodeDecodeError
            The bytes are not of this encoding.
        """
        raw = latin.encode("latin-1")
        try:
            return raw.decode(self.name)
        except UnicodeDecodeError as fault:
            if fault.end == len(raw) and ("incomplete" in fault.reason or "end" in fault.reason):
                return raw[: fault.start].decode(self.name)
            raise


def codec_of(cpg: Path, dbf: Path, texts: Iterable[str], shown: Path) -> tuple[Codec, str | None]:
    """Return the encoding of a table and, where it is not what the .cpg says, what that said.

    The .cpg is honoured when the texts are of its encoding. Otherwise, and where there is none,
    the first of UTF-8 and GB 18030 that all texts are of; the Chinese language driver in the
    header of the .dbf puts GB 18030 first.

    Raises
    ------
    VectorError
        The texts are of none of these.
    """
    said = _text_of(cpg)
    head = _head(dbf) if dbf.is_file() else b""
    tries = _TRIES[::-1] if len(head) > 29 and head[29] == _GBK_DRIVER else _TRIES
    named = _python_name(said)
    distinct = set(texts)
    for name in dict.fromkeys((*([named] if named else []), *tries)):
        codec = Codec(name)
        try:
            for text in distinct:
                codec.decode(text)
        except UnicodeDecodeError:
            continue
        return codec, said if said and name != named else None
    raise VectorError("encoding_unknown", path=str(shown))


def _text_of(cpg: Path) -> str:
    if not cpg.is_file():
        return ""
    with open(cpg, "rb") as file:
        return file.read(_LONGEST_CPG).decode("ascii", "ignore").strip("\0\r\n\t ")


def _python_name(said: str) -> str | None:
    """Return Python's name of what a .cpg says: UTF-8, GBK, 936, cp936, ANSI 936, 8859-1."""
    number = re.fullmatch(r"(?:ansi|cp|oem|windows|ms)?[\s_-]*(\d{3,5})", said.casefold())
    tried = f"cp{number[1]}" if number else said.replace(" ", "-")
    if said.startswith("8859"):
        tried = f"iso-{said}"
    try:
        name = codecs.lookup(tried).name
    except (LookupError, ValueError):
        return None
    if name in ("gbk", "gb2312"):  # both are part of it
        return "gb18030"
    return name if _OF_TABLES.fullmatch(name) else None
