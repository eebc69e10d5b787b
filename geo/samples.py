"""The points shipped with the project: heritage sites, sample stations, sample demand, areas.

Stations and demand are invented and say so (`sample`); areas are schematic. What each file holds,
and how it was made, is in ``data/points/SOURCES.md``; its fields are in ``docs/schema.md``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import MissingFileError
from geo.points import Kind, PointTable, read_points

if TYPE_CHECKING:
    from geo.areas import AreaTable
    from geo.network.model import WalkNetwork

__all__ = ["POINTS", "SHIPPED", "sample", "sample_areas", "sample_sites", "sample_stations"]

SHIPPED = Path(__file__).parents[1] / "data" / "points"
POINTS = Path(os.environ.get("HONGTU_POINTS") or SHIPPED)
"""Where the files are; ``$HONGTU_POINTS`` names another folder with files of the same names."""


def sample() -> tuple[WalkNetwork, PointTable, PointTable]:
    """Return the embedded default: the schematic network, sample stations and sample demand.

    Raises
    ------
    MissingFileError
        The project was installed without its data.
    """
    from geo.schematic import schematic_network

    stations, demand = _read("stations"), _read("demand")
    return schematic_network(), stations, demand


def sample_stations() -> PointTable:
    """Return the sample stations.

    Raises
    ------
    MissingFileError
        The project was installed without its data.
    """
    return _read("stations")


def sample_sites() -> PointTable:
    """Return the heritage sites; those without a position are listed in `unused`.

    Raises
    ------
    MissingFileError
        The project was installed without its data.
    """
    return _read("sites")


def sample_areas() -> AreaTable:
    """Return the schematic reporting areas: id, name, level, union, schematic.

    Areas of one level do not overlap; a park (园区) may lie in several districts (区).

    Raises
    ------
    MissingFileError
        The project was installed without its data.
    """
    from geo.areas import read_areas

    return read_areas(_shipped("areas"), datum="wgs84")


def _read(kind: Kind) -> PointTable:
    return read_points(_shipped(kind), kind=kind, datum="wgs84")


def _shipped(name: str) -> Path:
    path = POINTS / f"{name}.geojson"
    if not path.is_file():
        raise MissingFileError("samples_missing", path=str(path))
    return path
