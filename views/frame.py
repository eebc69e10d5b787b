"""The frame of a page's map: a folium map served by this server, which stays while data change.

Its files are in the user's cache folder: the page, and the grounds that maps lie on, each named by
a digest of what it is made of, so that the next start finds them made.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components import v1 as components

from geo import words
from geo.errors import OutputError
from geo.exports.atomic import write_atomic
from geo.exports.failures import writing
from geo.layers.assets import frame_sources
from geo.schematic import cache_folder

__all__ = ["component", "folder", "ground_url"]

MOST_GROUNDS = 24

Keys = tuple[str, ...]


@cache
def component(lang: str, keys: Keys) -> Any:
    """Return the component of a map with layers `keys`, to be called as frame.js understands.

    Only while the server runs: a component declared before it is unknown to it.
    """
    place = folder(lang, keys)
    return components.declare_component(f"map_{place.name}", path=str(place))


def ground_url(lang: str, keys: Keys, key: str, make: Callable[[], str]) -> str:
    """Return the address, within the frame, of the ground called `key`; made where it is not yet.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    path = folder(lang, keys) / f"ground-{key}.json"
    if not path.is_file():
        write_atomic(path, make().encode())
        _forget_oldest(path.parent)
    return path.name


@cache
def folder(lang: str, keys: Keys) -> Path:
    """Return the folder that the frame is served from, with its page in it.

    Raises
    ------
    OutputError
        Neither the cache folder nor the system's temporary one can be written to.
    """
    said = {name: text for name, text in words.entries().items() if name.startswith("layers.")}
    key = hashlib.sha256(repr((lang, keys, sorted(said.items()))).encode())
    for source in frame_sources():
        key.update(source)
    digest = key.hexdigest()[:16]
    try:
        return _with_page(cache_folder() / "page" / digest, lang, keys)
    except OutputError:
        return _with_page(Path(tempfile.mkdtemp(prefix="hongtu-page-")), lang, keys)


def _with_page(place: Path, lang: str, keys: Keys) -> Path:
    """Return `place` with the page in it; folium is not imported when that is there already."""
    path = place / "index.html"
    if not path.is_file():
        from geo.layers.maps import waiting_map
        from geo.layers.page import frame_html

        page = frame_html(waiting_map(keys, lang=lang), lang=lang)
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        write_atomic(path, page)
    return place


def _forget_oldest(place: Path) -> None:
    grounds = sorted(place.glob("ground-*.json"), key=lambda path: path.stat().st_mtime)
    for path in grounds[:-MOST_GROUNDS]:
        path.unlink(missing_ok=True)
