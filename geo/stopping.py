"""Ending the process at once, from a signal, with nothing half-made left behind.

An exception raised by a signal handler may come up in a destructor, where Python swallows it and
a lock stays taken, or in the middle of a library that is not written for it (decision 0086). A
program that owns its process ends it directly instead; what has to be put away is noted here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["forget", "scratch_folder", "settled", "stage", "stop", "whole"]

_PATIENCE_S = 1.0
"""How long to go on removing what threads that still run put back, or Windows holds open."""

_staged: dict[Path, Callable[[Path], object]] = {}
_settled: list[Path] = []
_parts: dict[object, None] = {}  # each change is one step of Python: threads need no lock
_asked: list[Callable[[list[Path], list[Path]], object]] = []


def stage(path: Path, remove: Callable[[Path], object] | None = None) -> None:
    """Note that `path` is to go when the program is stopped: by `remove`, or with all in it."""
    _staged[path] = remove or _remove


def forget(path: Path) -> None:
    """Take back `stage`: `path` is gone, or is to stay."""
    _staged.pop(path, None)


def settled(path: Path) -> None:
    """Note that a result now stands at `path`; what is inside something staged does not count."""
    if not any(path.is_relative_to(above) for above in _staged):
        _settled.append(path)


@contextmanager
def whole() -> Iterator[None]:
    """Mark steps that belong together: a stop waits for their end."""
    part = object()
    _parts[part] = None
    try:
        yield
    finally:
        del _parts[part]
        if _asked and not _parts:
            stop(_asked[0])


@contextmanager
def scratch_folder(
    prefix: str = "hongtu-", parent: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """Give a new folder (in the system's place for such, or in `parent`), gone afterwards."""
    with whole():
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
        stage(Path(folder.name))
    try:
        with folder:
            yield Path(folder.name)
    finally:
        forget(Path(folder.name))


def stop(end: Callable[[list[Path], list[Path]], object]) -> None:
    """Put away what is staged and call `end`, which is not to return.

    Inside `whole` this returns, and is done where that ends.

    Parameters
    ----------
    end
        Called with the places of results that stand, and with what could not be removed.
    """
    if _parts:
        _asked.append(end)
        return
    threading.excepthook = lambda _: None  # threads lose their folders now: nobody's news
    until = time.monotonic() + _PATIENCE_S
    while left := _clear():
        if time.monotonic() > until:
            break
        time.sleep(0.02)  # lets a thread that is just writing come to its end
    end(list(_settled), left)


def _clear() -> list[Path]:
    for path, remove in reversed(list(_staged.items())):
        with suppress(OSError):
            remove(path)
    return [path for path, remove in _staged.items() if remove is _remove and path.exists()]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # Under another name, or a thread that goes on writing would put back what is removed.
        aside = path.with_name(f"{path.name}.gone")
        with suppress(OSError):
            path.rename(aside)
        shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # held by another program: it is to be named as people know it
            aside.rename(path)
    else:
        path.unlink(missing_ok=True)
