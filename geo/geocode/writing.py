"""A geocoded table as one table again: what had a position, what was found, and the rest."""

from __future__ import annotations

import os

import geopandas as gpd
import pandas as pd

from geo.exports import Provenance, write_csv
from geo.exports.shaping import Written
from geo.geocode.locating import Geocoded

__all__ = ["joined", "write_located"]

# The input's own coordinates: read again beside ours they would compete with them.
_POSITIONS = (
    *("lon", "lat", "lonlat", "latlon", "lon_min", "lon_sec", "lat_min", "lat_sec", "datum"),
)
_TOLD = {
    "outcome": "geocode_outcome",
    "level": "geocode_level",
    "match": "geocode_match",
}


def joined(found: Geocoded) -> gpd.GeoDataFrame:
    """Return every row of the table: usable ones first, as WGS-84 points, then the others.

    Rows asked for say in ``geocode_outcome``, ``geocode_level`` and ``geocode_match`` what became
    of them; rows without a position have no geometry and their fault in ``unused_reason``. The
    input's own columns of coordinates are called ``<heading>_input``.
    """
    table = found.table
    unused = table.unused.rename(columns={"reason": "unused_reason"})
    names = [c for c in table.frame.columns if c != "geometry"]
    names += [c for c in unused.columns if c not in names]
    usable = pd.DataFrame(table.frame.drop(columns="geometry")).reindex(columns=names)
    parts = [part.astype(object) for part in (usable, unused.reindex(columns=names)) if len(part)]
    both = pd.concat(parts, ignore_index=True) if parts else usable
    both = both.where(both.notna(), None).rename(columns=_renamed(found, names))
    told = found.rows.set_index("id")
    for name, heading in _TOLD.items():
        both[heading] = both["id"].map(told[name].to_dict()).astype(object)
    geometry = [*table.frame.geometry.tolist(), *[None] * len(unused)]
    return gpd.GeoDataFrame(both, geometry=geometry, crs="EPSG:4326")


def write_located(
    found: Geocoded,
    path: str | os.PathLike[str],
    provenance: Provenance,
    *,
    keep_private: bool = False,
) -> Written:
    """Write `joined` as CSV with ``lon`` and ``lat`` in WGS-84, which `read_points` reads back.

    Raises
    ------
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    return write_csv(joined(found), path, provenance, id_column="id", keep_private=keep_private)


def _renamed(found: Geocoded, names: list[str]) -> dict[str, str]:
    headings = [found.table.columns[r] for r in _POSITIONS if r in found.table.columns]
    made = {}
    for heading in (*headings, "lon", "lat", "datum"):
        if heading in names and heading not in made:
            made[heading] = f"{heading}_input"
            while made[heading] in names:
                made[heading] += "_input"
    return made
