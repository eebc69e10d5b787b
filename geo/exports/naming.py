"""How a file's name tells its datum."""

from __future__ import annotations

import os
from pathlib import Path

from geo.exports.geometry import SHIFTED

__all__ = ["named_for_datum"]


def named_for_datum(path: str | os.PathLike[str], datum_out: str) -> Path:
    """Return `path` with the datum before its suffix where it is GCJ-02 or BD-09.

    >>> named_for_datum("circles.geojson", "gcj02").name
    'circles.gcj02.geojson'
    >>> named_for_datum("coverage.shp.zip", "gcj02").name
    'coverage.gcj02.shp.zip'
    >>> named_for_datum("circles.geojson", "cgcs2000").name
    'circles.geojson'
    """
    found = Path(path)
    end = ".shp.zip" if found.name.endswith(".shp.zip") else found.suffix
    stem = found.name.removesuffix(end)
    if datum_out not in SHIFTED or stem.endswith(f".{datum_out}"):
        return found
    return found.with_name(f"{stem}.{datum_out}{end}")
