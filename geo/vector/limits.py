"""How large an input file may be; docs/limits.md says the same to people.

Beyond these a file is not a list of places or streets but a mistake, or an attack on the memory.
"""

from __future__ import annotations

from time import monotonic

__all__ = [
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_LAYERS",
    "MAX_MEMBERS",
    "MAX_RATIO",
    "MAX_ROWS",
    "MAX_SECONDS",
    "MAX_UNPACKED",
    "MAX_VERTICES",
    "Deadline",
]

MAX_BYTES = 200_000_000  # of a file, and of a Shapefile's parts together
MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
MAX_CELL = 100_000  # characters
MAX_VERTICES = 5_000_000
MAX_LAYERS = 1_000
MAX_SECONDS = 60.0  # of GDAL's or SQLite's work on one file
MAX_MEMBERS = 500  # of a zip file
MAX_UNPACKED = 500_000_000  # bytes of a zip file's members together
# Blank cells of a .dbf pack to a hundredth; what packs to less than this is no map.
MAX_RATIO = 300


class Deadline:
    """A moment by which the reading of one file has to be over."""

    def __init__(self) -> None:
        self._end = monotonic() + MAX_SECONDS

    @property
    def passed(self) -> bool:
        """Whether the moment is over."""
        return monotonic() > self._end
