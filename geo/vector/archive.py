"""Zip files: which members there are, and taking some of them out without believing any of it."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geo.errors import VectorError
from geo.vector.limits import MAX_BYTES, MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED
from geo.vector.text import clip

__all__ = ["Member", "members_of", "unpack"]

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
_CHUNK = 1 << 20
_ALWAYS_FINE = 10_000_000  # bytes that may unpack from however few


@dataclass(frozen=True)
class Member:
    """A file in a zip file: its place and name as people read it, and its entry."""

    name: str
    info: zipfile.ZipInfo

    @property
    def path(self) -> PurePosixPath:
        """The name as a path."""
        return PurePosixPath(self.name)


def members_of(data: bytes, path: Path) -> list[Member]:
    """Return the files in a zip file, folders left out.

    Raises
    ------
    VectorError
        No zip file, or one with too many members, members that unpack to too much, links, names
        that lead outside, or a password.
    """
    _check_count(data, path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as fault:
        raise VectorError("zip_broken", path=str(path), detail=clip(fault, 80)) from None
    if len(infos) > MAX_MEMBERS:
        raise VectorError("zip_members", path=str(path), limit=MAX_MEMBERS)
    members = [Member(_name(info), info) for info in infos if not info.is_dir()]
    for member in members:
        _check_member(member, path)
    _check_size(members, path)
    return members


def unpack(data: bytes, path: Path, wanted: dict[Path, Member]) -> None:
    """Write members to the places they are wanted at, counting what really comes out.

    Raises
    ------
    VectorError
        A member is broken, or holds more than its entry says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for place, member in wanted.items():
                left = member.info.file_size
                with archive.open(member.info) as packed, open(place, "xb") as out:
                    while chunk := packed.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise VectorError("zip_too_large", path=str(path), limit=_unpacked_mb())
                        out.write(chunk)
    except VectorError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as fault:
        raise VectorError("zip_broken", path=str(path), detail=clip(fault, 80)) from None


def _check_count(data: bytes, path: Path) -> None:
    """Refuse a directory of very many entries before zipfile makes an object of each."""
    at = data.rfind(_END, max(0, len(data) - _LONGEST_COMMENT - 22))
    if at < 0 or at + 22 > len(data):
        raise VectorError("zip_broken", path=str(path), detail="PK")
    count, size = struct.unpack("<H I", data[at + 10 : at + 12] + data[at + 12 : at + 16])
    # The 64-bit directory has counts of its own; no map within our limits needs one.
    if data[max(0, at - 20) : at].startswith(_END_64) or count > MAX_MEMBERS or size > _CHUNK:
        raise VectorError("zip_members", path=str(path), limit=MAX_MEMBERS)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese programs write GBK where the standard has cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _check_member(member: Member, path: Path) -> None:
    info, name = member.info, member.name.replace("\\", "/")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise VectorError("zip_link", path=str(path), member=clip(member.name))
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise VectorError("zip_path", path=str(path), member=clip(member.name))
    if info.flag_bits & 0x1:
        raise VectorError("zip_password", path=str(path))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        detail = f"{clip(member.name)}: {info.compress_type}"
        raise VectorError("zip_broken", path=str(path), detail=detail)


def _check_size(members: list[Member], path: Path) -> None:
    total = sum(member.info.file_size for member in members)
    most = max((member.info.file_size for member in members), default=0)
    packed = sum(member.info.compress_size for member in members)
    bomb = total > _ALWAYS_FINE and total > MAX_RATIO * max(packed, 1)
    if total > MAX_UNPACKED or most > MAX_BYTES or bomb:
        raise VectorError("zip_too_large", path=str(path), limit=_unpacked_mb())


def _unpacked_mb() -> int:
    return MAX_UNPACKED // 1_000_000
