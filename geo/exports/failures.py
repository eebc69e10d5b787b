"""Every failure to write, told as one `OutputError` that names the file."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from geo.errors import OutputError

__all__ = ["output_error", "writing"]

_BY_ERRNO = {
    errno.ENOSPC: "output_no_room",
    errno.EDQUOT: "output_no_room",
    errno.EFBIG: "output_no_room",
    errno.EROFS: "output_read_only",
    errno.EACCES: "output_denied",
    errno.EPERM: "output_denied",
    errno.EISDIR: "output_is_folder",
    errno.ENOTDIR: "output_not_folder",
    errno.ENOENT: "output_no_folder",
    errno.ENAMETOOLONG: "output_name_too_long",
}

_PROBE_BYTES = 2**20

# What GDAL and SQLite say where an errno does not come through.
_NO_ROOM = ("disk is full", "no space left", "file too large", "quota exceeded")


def output_error(fault: BaseException, path: str | os.PathLike[str]) -> OutputError:
    """Return `fault` as an `OutputError` about `path`."""
    if isinstance(fault, OutputError):
        return fault
    detail = str(fault).strip().rstrip(".。") or type(fault).__name__
    code = _BY_ERRNO.get(getattr(fault, "errno", None) or 0)
    if code is None and any(sign in detail.lower() for sign in _NO_ROOM):
        code = "output_no_room"
    if isinstance(fault, OSError) and fault.strerror:
        detail = fault.strerror
    return OutputError(code or "output_failed", path=str(path), detail=detail)


@contextmanager
def writing(
    path: str | os.PathLike[str], staged: str | os.PathLike[str] | None = None
) -> Iterator[None]:
    """Turn what goes wrong inside while writing `path` into `OutputError`.

    Covers the operating system, GDAL through pyogrio, SQLite and Arrow (whose write errors are
    ``OSError``). Other exceptions, a KeyboardInterrupt among them, pass as they are.

    GDAL and SQLite often hide a full disk behind "failed to commit". Where `staged`, the file
    being written, is given, a little more is written to it to learn the truth.
    """
    try:
        yield
    except OSError as fault:
        raise output_error(fault, path) from fault
    except Exception as fault:
        # Told apart by module, so that writing a CSV need not import pyogrio.
        if not isinstance(fault, sqlite3.Error) and not _is_of_gdal(fault):
            raise
        raise output_error(_lack_of_room(staged) or fault, path) from fault


def _is_of_gdal(fault: Exception) -> bool:
    return type(fault).__module__.startswith("pyogrio")


def _lack_of_room(staged: str | os.PathLike[str] | None) -> OSError | None:
    if staged is None:
        return None
    try:
        with open(staged, "ab") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        return fault if _BY_ERRNO.get(fault.errno or 0) == "output_no_room" else None
    return None
