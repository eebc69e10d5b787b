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
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what goes wrong inside while writing `path` into `OutputError`.

    Covers the operating system, GDAL through pyogrio, SQLite and Arrow (whose write errors are
    ``OSError``). Other exceptions, a KeyboardInterrupt among them, pass as they are.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as fault:
        raise output_error(fault, path) from fault
    except Exception as fault:
        # Told apart by module, so that writing a CSV need not import pyogrio.
        if not type(fault).__module__.startswith("pyogrio"):
            raise
        raise output_error(fault, path) from fault
