"""Reading walking networks from OSM data: the only caller of pyosmium (and, later, Overpass)."""

from geo.osm.clip import Clip, read_clip
from geo.osm.overrides import NO_OVERRIDES, Overrides, read_overrides
from geo.osm.read import read_osm

__all__ = ["NO_OVERRIDES", "Clip", "Overrides", "read_clip", "read_osm", "read_overrides"]
