"""Stations, sites and demand: the schema, reading and judging files, the import report."""

from geo.points.reading import read_points
from geo.points.schema import FAULT_CODES, KINDS, Kind, PointTable, Raw, Remark

__all__ = [
    "FAULT_CODES",
    "KINDS",
    "Kind",
    "PointTable",
    "Raw",
    "Remark",
    "read_points",
]
