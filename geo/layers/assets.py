"""Where a map's scripts and styles come from: installed packages, never a CDN.

The files are those of the XStatic packages, which carry the originals unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = [
    "LEAFLET_IMAGES",
    "Assets",
    "asset_files",
    "frame_sources",
    "own_file",
    "set_assets",
    "use_assets",
]

_PLACES = {
    "leaflet.js": ("leaflet", "leaflet.js"),
    "leaflet.css": ("leaflet", "leaflet.css"),
    "jquery.min.js": ("jquery", "jquery.min.js"),
    "leaflet-gesture-handling.min.js": (
        "leaflet_gesturehandling",
        "leaflet-gesture-handling.min.js",
    ),
    "leaflet-gesture-handling.min.css": (
        "leaflet_gesturehandling",
        "leaflet-gesture-handling.min.css",
    ),
}

_PACKAGES = ("branca", "folium", "XStatic-Leaflet", "XStatic-Leaflet-GestureHandling")

LEAFLET_IMAGES = "images"
"""Folder beside leaflet.css that it names pictures in; our maps show none of them."""


@dataclass(frozen=True)
class Assets:
    """URLs of scripts, in the order to load them, and of style sheets."""

    js: tuple[str, ...] = ()
    css: tuple[str, ...] = ()


def asset_files() -> dict[str, Path]:
    """Return the files a map needs, by name, scripts in the order to load them."""
    return {
        name: Path(str(resources.files(f"xstatic.pkg.{package}") / "data" / file))
        for name, (package, file) in _PLACES.items()
    }


def own_file(name: str) -> str:
    """Return the text of a file of this package."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def frame_sources() -> Iterator[bytes]:
    """Give whatever the page of a frame is made of, its words apart: this package and versions."""
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".js", ".css"):
            yield path.read_bytes()
    for package in _PACKAGES:
        yield version(package).encode()


@contextmanager
def use_assets(map_: Any, assets: Assets) -> Iterator[Any]:
    """Make one map load `assets` instead of folium's CDN links, and only them, within the block.

    The lists are set on the instance: folium keeps them on the class, where a change would reach
    the maps of every session.
    """
    before = {name: vars(map_).get(name) for name in ("default_js", "default_css")}
    set_assets(map_, assets)
    try:
        yield map_
    finally:
        for name, value in before.items():
            if value is None:
                vars(map_).pop(name, None)
            else:
                setattr(map_, name, value)


def set_assets(map_: Any, assets: Assets) -> None:
    """Make one map load `assets` from now on."""
    map_.default_js = [(f"hongtu_js_{at}", url) for at, url in enumerate(assets.js)]
    map_.default_css = [(f"hongtu_css_{at}", url) for at, url in enumerate(assets.css)]
