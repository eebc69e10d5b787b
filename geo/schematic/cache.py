"""Where the built network is kept between runs, and when it must be built again."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from geo.errors import MissingFileError, NetworkError, OutputError
from geo.network import FORMAT_VERSION, WalkNetwork, load_network, save_network
from geo.schematic.build import build
from geo.schematic.facts import facts_digest, read_facts

__all__ = ["cache_folder", "schematic_network"]


def schematic_network(cache: Path | None = None) -> WalkNetwork:
    """Return the offline default network: built at first use, opened from a cache afterwards.

    Parameters
    ----------
    cache
        Folder to keep it in; `cache_folder` by default. Where nothing can be written there, the
        network is built in memory.

    Raises
    ------
    MissingFileError
        ``data/network/`` is not beside the program.
    NetworkError
        Its files cannot be understood.
    """
    digest = facts_digest()
    folder = (cache or cache_folder()) / f"schematic-{_key(digest)}"
    try:
        return load_network(folder)
    except (MissingFileError, NetworkError, OSError):
        pass  # not built yet, or damaged: either way it is built
    network = build(read_facts(), digest)
    try:
        save_network(network, folder)
        return load_network(folder)
    except (OutputError, MissingFileError, NetworkError, OSError):
        return network


def _key(digest: str) -> str:
    """Return what the cached network hangs on: the facts, this package's own code, the format."""
    key = hashlib.sha256(f"{digest} {FORMAT_VERSION}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        key.update(source.read_bytes())
    return key.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the user's cache folder for this program.

    ``$HONGTU_CACHE``, else the system's own place (``%LOCALAPPDATA%``, ``~/Library/Caches``,
    ``$XDG_CACHE_HOME``).
    """
    if chosen := os.environ.get("HONGTU_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hongtu"
