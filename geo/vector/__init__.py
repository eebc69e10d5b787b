"""The one way into vector files: GeoJSON without GDAL, GeoPackage and Shapefile behind a gate."""

from geo.vector.features import Features, Geometry, Remark
from geo.vector.reading import SUFFIXES, layers_of, pairs_of, read_features

__all__ = ["SUFFIXES", "Features", "Geometry", "Remark", "layers_of", "pairs_of", "read_features"]
