"""A folder of results that appears whole or not at all.

A run that fails, or is stopped with Ctrl-C, leaves the folder as it was. A run that is killed
leaves its staging behind, which the next run to the same folder removes; killed in the very
moment of moving, it may leave new files beside an old ``run.json``.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from geo import stopping
from geo.errors import OutputError
from geo.exports.atomic import check_not_in_use, staging_prefix, sweep, write_atomic
from geo.exports.failures import writing
from geo.exports.provenance import Provenance
from geo.exports.values import plain, utf8

__all__ = ["RUN_FILE", "OutputFolder", "record_text"]

RUN_FILE = "run.json"
"""Name of the record of a run inside its folder."""


class OutputFolder:
    """A staging folder that becomes, or is merged into, the folder `target`.

    ::

        with OutputFolder("out/nanjing", provenance) as out:
            write_geojson(circles, out.path("circles.geojson"), provenance)
            out.summary["served_share"] = 0.83

    Inside the block `path` leads to the staging folder. At its end every staged file is moved
    into the target, files that the target's previous ``run.json`` lists and this run did not
    write are removed (no stale ``circles.geojson`` beside a new ``circles.gcj02.geojson``), and
    ``run.json`` is moved last: ``{"hongtu": provenance, "summary": …, "files": […]}``. Whatever
    else is in the folder is left alone. When the block raises, or a move fails, everything is
    put back as it was.

    Parameters
    ----------
    target
        The folder; made where it is missing, with its parents.
    provenance
        Written to ``run.json``.
    summary
        First content of the attribute `summary`, which the caller may fill inside the block.

    Attributes
    ----------
    summary
        Figures of the run, filled by the caller; any plain, NumPy or pandas values.
    files
        Once the block has ended well: the files written, ``run.json`` last, where they now are.

    Raises
    ------
    OutputError
        On entering: the path is a file, its parent cannot be made, it may not be written to, or
        it holds a ``run.json`` of something else. On leaving: no room, or any other refusal.
        Errors name the file in the target, never the staging.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        provenance: Provenance,
        summary: Mapping[str, Any] | None = None,
    ) -> None:
        self.target = Path(target)
        self.provenance = provenance
        self.summary: dict[str, Any] = dict(summary or {})
        self.files: tuple[Path, ...] = ()
        self._place = Path(os.path.realpath(self.target))
        self._staging: Path | None = None
        self._made: list[Path] = []
        self._changed: list[tuple[str, bool]] = []

    def path(self, name: str) -> Path:
        """Return where to write the file `name` (relative, ``/`` between folders).

        Raises
        ------
        ValueError
            The name is absolute, climbs out of the folder, or is ``run.json``; or the folder is
            not open. Faults of the program.
        """
        if not _is_inside(name) or name == RUN_FILE:
            raise ValueError(f"not a name inside the folder: {name!r}")
        staged = self._new / name
        with writing(self.target / name):
            staged.parent.mkdir(parents=True, exist_ok=True)
        return staged

    def __enter__(self) -> OutputFolder:
        try:
            with writing(self.target):
                self._check()
                self._make(self._place.parent)
                parent = self._staging_parent()
                sweep(self._place, parent)
                prefix = staging_prefix(self._place)
                with stopping.whole():
                    self._staging = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
                    stopping.stage(self._staging)
                self._new.mkdir()
                self._old.mkdir()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if fault is not None:
            self._name_target(fault)
            self._discard()
            return
        with stopping.whole():
            try:
                self._move_all()
            except BaseException as refusal:
                self._put_back()
                self._name_target(refusal)
                self._discard()
                raise
            for folder in self._made:
                stopping.forget(folder)
            self._made.clear()
            self._discard()
            stopping.settled(self._place)

    @property
    def _new(self) -> Path:
        if self._staging is None:
            raise ValueError("the output folder is not open")
        return self._staging / "new"

    @property
    def _old(self) -> Path:
        return self._new.with_name("old")

    def _check(self) -> None:
        if not self._place.exists():
            return
        if not self._place.is_dir():
            raise OutputError("output_is_file", path=str(self.target))
        if not os.access(self._place, os.W_OK | os.X_OK):
            number = errno.EROFS if _is_read_only(self._place) else errno.EACCES
            raise OSError(number, os.strerror(number))
        self._previous()

    def _staging_parent(self) -> Path:
        """Beside the target, or inside it where beside is another or a closed file system."""
        parent = self._place.parent
        if self._place.is_dir() and (
            os.path.ismount(self._place) or not os.access(parent, os.W_OK | os.X_OK)
        ):
            return self._place
        return parent

    def _make(self, folder: Path) -> None:
        """Make `folder` and its missing parents, and remember which to take away again."""
        missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
        for path in reversed(missing):
            stopping.stage(path, Path.rmdir)
            path.mkdir(exist_ok=True)
            self._made.append(path)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def _previous(self) -> set[str]:
        """Return the files that the last run to this folder wrote."""
        record = self._place / RUN_FILE
        if not os.path.lexists(record):
            return set()
        foreign = OutputError("output_foreign_run", path=str(self.target / RUN_FILE))
        try:
            found = json.loads(record.read_text(encoding="utf-8"))
            ours = found["hongtu"]["program"] == "hongtu"
            names = found["files"]
        except (ValueError, LookupError, TypeError, IsADirectoryError):
            raise foreign from None
        if not ours or not isinstance(names, list):
            raise foreign
        return {name for name in names if isinstance(name, str) and _is_inside(name)}

    def _move_all(self) -> None:
        names = sorted(
            path.relative_to(self._new).as_posix()
            for path in self._new.rglob("*")
            if not path.is_dir() or path.is_symlink()
        )
        text = record_text(self.provenance, self.summary, names)
        with writing(self.target / RUN_FILE):
            write_atomic(self._new / RUN_FILE, utf8(text))
        with writing(self.target):
            stale = self._previous().difference(names, [RUN_FILE]) if self._place.is_dir() else ()
            self._make(self._place)
        for name in names:
            self._put(name)
        for name in sorted(stale):
            self._take_away(name)
        self._put(RUN_FILE)
        for name in stale:
            self._drop_empty(self._place / PurePosixPath(name).parent)
        self.files = tuple(self.target / name for name in (*names, RUN_FILE))

    def _put(self, name: str) -> None:
        place = self._place / name
        with writing(self.target / name):
            self._make(place.parent)
            if place.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            check_not_in_use(place, self.target / name)
            self._keep(name, place)
            os.replace(self._new / name, place)

    def _take_away(self, name: str) -> None:
        place = self._place / name
        # A folder on the way may be a link that leads elsewhere: what is there is not ours.
        inside = Path(os.path.realpath(place.parent)).is_relative_to(self._place)
        if not inside or not (place.is_file() or place.is_symlink()):
            return
        with writing(self.target / name):
            self._keep(name, place)
            place.unlink(missing_ok=True)

    def _keep(self, name: str, place: Path) -> None:
        """Put the present file aside; a hard link where possible, so that it is never absent."""
        kept = self._old / name
        existed = os.path.lexists(place)
        self._changed.append((name, existed))
        if not existed:
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(place, kept, follow_symlinks=False)
        except (OSError, NotImplementedError):
            os.replace(place, kept)

    def _put_back(self) -> None:
        for name, existed in reversed(self._changed):
            kept, place = self._old / name, self._place / name
            with suppress(OSError):
                if os.path.lexists(kept):
                    os.replace(kept, place)
                elif not existed:
                    place.unlink(missing_ok=True)

    def _discard(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            stopping.forget(self._staging)
            self._staging = None
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()
            stopping.forget(folder)
        self._made.clear()
        self._changed.clear()

    def _drop_empty(self, folder: Path) -> None:
        while folder != self._place and self._place in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _name_target(self, fault: BaseException) -> None:
        """Make an error about a staged file speak of the file in the target."""
        if isinstance(fault, OutputError) and self._staging is not None:
            with suppress(ValueError):
                inside = Path(str(fault.params.get("path", ""))).relative_to(self._new)
                fault.params["path"] = str(self.target / inside)


def record_text(
    provenance: Provenance, summary: Mapping[str, Any], files: Sequence[str] | None = None
) -> str:
    """Return the record of a run as it stands in ``run.json``; without `files`, none are told."""
    record = {"hongtu": provenance.as_dict(), "summary": plain(summary)}
    told = record if files is None else {**record, "files": list(files)}
    return json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _is_read_only(folder: Path) -> bool:
    """Say whether the file system of `folder` is mounted read-only (unknown on Windows: no)."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(
        name
        and path.parts
        and not path.is_absolute()
        and ".." not in path.parts
        and not any(sign in name for sign in ("\\", "\0", ":"))
    )
