"""Stations, sites and demand: the schema, reading and judging files, the import report."""

from geo.points.locating import Located, to_locate, with_located
from geo.points.mapping import ColumnMapping, Mapping, SheetMapping, load_mapping, mapping_text
from geo.points.reading import SUFFIXES, preview, read_points
from geo.points.report import as_dict, describe, fault_sentence
from geo.points.schema import FAULT_CODES, KINDS, Kind, PointTable, Raw, Remark, SheetSeen

__all__ = [
    "FAULT_CODES",
    "KINDS",
    "SUFFIXES",
    "ColumnMapping",
    "Kind",
    "Located",
    "Mapping",
    "PointTable",
    "Raw",
    "Remark",
    "SheetMapping",
    "SheetSeen",
    "as_dict",
    "describe",
    "fault_sentence",
    "load_mapping",
    "mapping_text",
    "preview",
    "read_points",
    "to_locate",
    "with_located",
]
