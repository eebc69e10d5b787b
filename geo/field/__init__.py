"""The field: times on a lattice of cells, and the polygons that contour it."""

from geo.field.contours import (
    WaterCut,
    as_multipolygon,
    band_polygon,
    clipped,
    fill_holes,
    multipolygon,
    thinned,
)
from geo.field.gather import OnEdge, gather_nearest, gather_one
from geo.field.lattice import Lattice, Window, tiles_around

__all__ = [
    "Lattice",
    "OnEdge",
    "WaterCut",
    "Window",
    "as_multipolygon",
    "band_polygon",
    "clipped",
    "fill_holes",
    "gather_nearest",
    "gather_one",
    "multipolygon",
    "thinned",
    "tiles_around",
]
