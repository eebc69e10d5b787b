"""Writing one file whole or not at all, and sweeping up after runs that were killed.

A result is built beside its place under a name starting with ``.hongtu-`` and moved there with
``os.replace`` when it is whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from geo import stopping
from geo.errors import OutputError
from geo.exports.failures import writing

__all__ = ["atomic_path", "check_not_in_use", "staging_prefix", "sweep", "write_atomic"]

_STAGING = re.compile(r"\.hongtu-(?P<place>[0-9a-f]{8})-(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-.+")
_SIDE_FILES = ("-journal", "-wal", "-shm")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside `path` to write to; on success it takes the place of `path`.

    The temporary name keeps the suffix, which GDAL looks at. Permissions are those of any new
    file (umask), and the content is on the disk before the name is. A symbolic link is followed.

    Raises
    ------
    OutputError
        Anything the operating system, GDAL, SQLite or Arrow refuses, about `path`; or the file
        is a GeoPackage that another program has open.
    """
    place = Path(os.path.realpath(path))
    staged = place.parent / f"{staging_prefix(place)}{os.urandom(4).hex()}{place.suffix}"
    leftovers = (staged, *(Path(f"{staged}{end}") for end in _SIDE_FILES))
    for leftover in leftovers:
        stopping.stage(leftover)
    try:
        with writing(path, staged):
            sweep(place)
            yield staged
            check_not_in_use(place, path)
            _to_disk(staged)
            with stopping.whole():
                os.replace(staged, place)
                stopping.settled(place)
    finally:
        for leftover in leftovers:
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
            stopping.forget(leftover)


def write_atomic(
    path: str | os.PathLike[str], content: bytes | Callable[[BinaryIO], object]
) -> None:
    """Write one file whole or not at all.

    Parameters
    ----------
    path
        Where to; an existing file is replaced, a symbolic link followed.
    content
        The bytes, or a function that writes them to the open file it is given.

    Raises
    ------
    OutputError
        The file cannot be written; a file of that name is as it was.
    """
    with atomic_path(path) as staged, open(staged, "xb") as out:
        if callable(content):
            content(out)
        else:
            out.write(content)


def check_not_in_use(place: Path, path: str | os.PathLike[str]) -> None:
    """Refuse to replace a GeoPackage that has unfinished work of another program beside it.

    SQLite would play a ``-wal`` or ``-journal`` left there into the new file and break it.

    Raises
    ------
    OutputError
        There is such a file and it is not empty. The sentence names `path`.
    """
    for end in ("-wal", "-journal"):
        with suppress(FileNotFoundError):
            if os.stat(f"{place}{end}").st_size > 0:
                raise OutputError("output_in_use", path=str(path))


def staging_prefix(place: Path) -> str:
    """Return how names of staging for `place` by this process start: place, host, process."""
    host = _short(socket.gethostname())
    return f".hongtu-{_short(place.name)}-{host}-{os.getpid()}-"


def sweep(place: Path, parent: Path | None = None) -> None:
    """Remove staging for `place` that killed runs left in `parent` (beside `place` by default).

    Only what a process of this host made that no longer runs; on Windows nothing, since asking
    whether a process runs would end it there.
    """
    with suppress(OSError):
        for found in sorted((parent or place.parent).glob(f".hongtu-{_short(place.name)}-*")):
            match = _STAGING.fullmatch(found.name)
            if match is None or match["host"] != _short(socket.gethostname()):
                continue
            if _is_running(int(match["pid"])):
                continue
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
