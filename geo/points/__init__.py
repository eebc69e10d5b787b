"""Stations, sites and demand: the schema, reading and judging files, the import report."""

from geo.points.reading import read_points
from geo.points.report import as_dict, describe, fault_sentence
from geo.points.schema import FAULT_CODES, KINDS, Kind, PointTable, Raw, Remark

__all__ = [
    "FAULT_CODES",
    "KINDS",
    "Kind",
    "PointTable",
    "Raw",
    "Remark",
    "as_dict",
    "describe",
    "fault_sentence",
    "read_points",
]
