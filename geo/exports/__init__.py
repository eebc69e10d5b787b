"""Results out: files of many formats, streams, PostGIS; datum, provenance, atomic writes."""

from geo.exports.atomic import atomic_path, write_atomic
from geo.exports.failures import writing
from geo.exports.folder import RUN_FILE, OutputFolder, record_text
from geo.exports.geojson import geojson_bytes, stream_geojson, write_geojson
from geo.exports.geopackage import write_geopackage
from geo.exports.layer import Layer
from geo.exports.naming import named_for_datum
from geo.exports.postgis import write_postgis
from geo.exports.private import is_private, private_columns
from geo.exports.provenance import (
    FLAGS,
    OSM_ATTRIBUTION,
    OSM_LICENCE,
    NetworkSource,
    Provenance,
    creation_time,
    program_version,
)
from geo.exports.shapefile import write_shapefiles
from geo.exports.shaping import Written
from geo.exports.styles import KINDS
from geo.exports.tables import csv_bytes, write_csv, write_parquet

__all__ = [
    "FLAGS",
    "KINDS",
    "OSM_ATTRIBUTION",
    "OSM_LICENCE",
    "RUN_FILE",
    "Layer",
    "NetworkSource",
    "OutputFolder",
    "Provenance",
    "Written",
    "atomic_path",
    "creation_time",
    "csv_bytes",
    "geojson_bytes",
    "is_private",
    "named_for_datum",
    "private_columns",
    "program_version",
    "record_text",
    "stream_geojson",
    "write_atomic",
    "write_csv",
    "write_geojson",
    "write_geopackage",
    "write_parquet",
    "write_postgis",
    "write_shapefiles",
    "writing",
]
