"""Reporting areas: districts, streets, parks, read and judged, and which area a place is in."""

from geo.areas.locate import BORDER_DEG, locate
from geo.areas.reading import build_areas, read_areas
from geo.areas.schema import AreaTable

__all__ = ["BORDER_DEG", "AreaTable", "build_areas", "locate", "read_areas"]
