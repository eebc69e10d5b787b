"""What a session keeps of its files: their bytes, how each is to be read, what came of it.

Nothing of this is shared between sessions. Bytes are in memory and go with the session; a reader
that wants a file on the disk gets one in a private folder for as long as it reads.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import streamlit as st

from geo.errors import PlannerError, PointsError
from geo.exports import writing
from geo.points import Mapping
from geo.vector.limits import MAX_BYTES
from views.shelf import Shelf

__all__ = [
    "MAX_MB",
    "MAX_NETWORK_MB",
    "Draft",
    "Upload",
    "datum_said",
    "draft_of",
    "keep",
    "made_once",
    "opened",
    "take",
    "widget_of",
]

MAX_MB = 50
"""Of a table or a file of areas: it is read under several datums, in the server's memory."""
MAX_NETWORK_MB = MAX_BYTES // 1_000_000
_MOST = 12
_NAME = 80  # characters of a file's name that are told
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Upload:
    """A file as it came: what it is called, its bytes, their sha256."""

    name: str
    data: bytes
    digest: str

    @classmethod
    def of(cls, name: str, data: bytes) -> Upload:
        """Return an upload; its name loses folders and what cannot be shown."""
        last = PurePosixPath(name.replace("\\", "/")).name
        plain = _UNSHOWN.sub("", last)
        if len(plain) > _NAME:
            plain = f"{plain[: _NAME - 21]}…{plain[-20:]}"
        return cls(plain or "?", data, hashlib.sha256(data).hexdigest())

    @property
    def size(self) -> str:
        """The size in words of a file manager."""
        count = len(self.data)
        return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(count / 1000, 0.1):.1f} KB"


@dataclass(frozen=True, eq=False)
class Draft:
    """A file of a role and how it is to be read; None: not said, or as it is recognised.

    `headings` is by sheet where its headings are, as somebody said.
    """

    upload: Upload
    mapping: Mapping | None = None
    headings: tuple[tuple[str, tuple[int, int]], ...] = ()
    datum: str | None = None
    crs: str | None = None
    layer: str | None = None
    level: str | None = None


def _key(role: str) -> str:
    return f"data.{role}"


def draft_of(role: str) -> Draft | None:
    """Return the session's file of a role."""
    found: Draft | None = st.session_state.get(_key(role))
    return found


def keep(role: str, draft: Draft | None = None, **changes: Any) -> None:
    """Keep a draft, or the one that is there with `changes`; None forgets it."""
    if changes:
        now = draft_of(role)
        draft = None if now is None else replace(now, **changes)
    st.session_state[_key(role)] = draft


def widget_of(role: str) -> str:
    """Return the key of a role's uploader: another one, and so an empty one, for each file."""
    return f"data-file-{role}-{st.session_state.get(f'data.turn.{role}', 0)}"


def take(role: str) -> None:
    """Take what the uploader holds as the file of a role, which it then lets go of."""
    found = st.session_state.get(widget_of(role))
    if found is None:  # a file that did not arrive was taken away
        return
    st.session_state[f"data.turn.{role}"] = st.session_state.get(f"data.turn.{role}", 0) + 1
    before = draft_of(role)
    upload = Upload.of(found.name, found.getvalue())
    if before is not None and before.upload.digest == upload.digest:
        keep(role, upload=upload)
    else:
        keep(role, Draft(upload))


def datum_said(role: str, widget: str) -> None:
    """Keep the datum that a widget holds; the widget's callback."""
    keep(role, datum=st.session_state[widget])


def made_once(key: Hashable, make: Callable[[], V]) -> V:
    """Return what `make` makes, once a session for a key; what it raises is not kept."""
    shelf: Shelf[Any] = st.session_state.setdefault("data.made", Shelf(_MOST, float("inf")))
    found: V = shelf.get(key, make)
    return found


@contextmanager
def opened(upload: Upload, endings: tuple[str, ...]) -> Iterator[Path]:
    """Give the file on the disk, under a name of ours, while the block runs.

    Raises
    ------
    PointsError
        Its ending is none of `endings`.
    PlannerError
        Whatever the block refuses, told with the name that the user knows.
    OutputError
        There is no room for the file.
    """
    lower = upload.name.lower()
    ending = max((e for e in endings if lower.endswith(e)), key=len, default=None)
    if ending is None:
        known = " ".join(endings)
        suffix = Path(upload.name).suffix or "?"
        raise PointsError("format_unknown", path=upload.name, suffix=suffix, known=known)
    with tempfile.TemporaryDirectory(prefix="hongtu-upload-") as place:
        path = Path(place) / f"upload{ending}"
        with writing(path):
            path.write_bytes(upload.data)
        try:
            yield path
        except PlannerError as fault:
            fault.params = {k: _renamed(v, path, upload.name) for k, v in fault.params.items()}
            raise


def _renamed(value: Any, path: Path, name: str) -> Any:
    """Return a value of a sentence with the file's own name instead of ours."""
    if isinstance(value, str | Path):
        return str(value).replace(str(path), name).replace(str(path.parent), "").strip()
    return value
