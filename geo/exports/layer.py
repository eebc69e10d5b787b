"""One layer of a file or database of many, made ready to be written in a datum."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.exports.geometry import ready
from geo.exports.provenance import Provenance
from geo.exports.shaping import shaped
from geo.words import say

__all__ = ["CRS", "GEOMETRY_OF_KIND", "Content", "Layer", "content_of", "free_name", "gathered"]

CRS = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}
"""The system of a datum; GCJ-02 and BD-09 have none."""

GEOMETRY_OF_KIND: Mapping[str | None, str] = {
    "bands": "MultiPolygon",
    "responsibility": "MultiPolygon",
    "gaps": "MultiPolygon",
    "stations": "Point",
    "demand": "Point",
    "lines": "MultiLineString",
    "areas": "MultiPolygon",
    None: "Unknown",
}
"""What an empty layer of a kind would hold."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a GeoPackage, a zip of Shapefiles or a PostGIS schema.

    Attributes
    ----------
    name
        Table name, unique in the file whatever its case.
    frame
        Rows in EPSG:4326; columns keep full precision, lists and dicts become text. A frame
        without geometry becomes a table without geometry.
    kind
        Which style it gets, one of `geo.exports.KINDS`; None for no style.
    description
        A sentence about the layer, kept in the file.
    id_column
        Column that names rows in reports; None for none.
    """

    name: str
    frame: pd.DataFrame
    kind: str | None = None
    description: str = ""
    id_column: str | None = "id"


@dataclass(frozen=True, eq=False)
class Content:
    """A layer as it is to be written: in its datum, rounded, without private columns.

    Attributes
    ----------
    layer
        What it was made of.
    table
        Attributes of the rows that are left, numbered from 0.
    geometries
        Of the same rows, None where a row has none; None for a table without geometry.
    description
        The layer's, with a note on the datum where it is not WGS-84.
    collapsed
        Ids of rows left out because rounding left nothing of their shape.
    dropped_columns
        Private columns left out.
    """

    layer: Layer
    table: pd.DataFrame
    geometries: npt.NDArray[np.object_] | None
    description: str
    collapsed: tuple[Hashable, ...]
    dropped_columns: tuple[str, ...]


def content_of(layer: Layer, provenance: Provenance, lang: str, *, keep_private: bool) -> Content:
    """Return `layer` ready to be written in the provenance's datum.

    Raises
    ------
    RequestError
        The frame is not in EPSG:4326 degrees, has a heading twice, or lacks its id column.
    """
    datum = provenance.datum_out
    parts = shaped(layer.frame, datum, id_column=layer.id_column, keep_private=keep_private)
    spatial = isinstance(layer.frame, gpd.GeoDataFrame)
    prepared = ready(parts.geometries, datum)
    kept = np.flatnonzero(~prepared.collapsed)
    note = say(f"style.datum_{datum}", lang) if spatial and datum != "wgs84" else ""
    return Content(
        layer=layer,
        table=parts.table.iloc[kept].reset_index(drop=True),
        geometries=prepared.geometries[kept] if spatial else None,
        description=" ".join(text for text in (layer.description, note) if text),
        collapsed=tuple(parts.label(i) for i in np.flatnonzero(prepared.collapsed).tolist()),
        dropped_columns=parts.dropped_columns,
    )


def gathered(contents: Iterable[Content]) -> dict[str, Any]:
    """Return what a `Written` tells of several layers together: rows and what was left out."""
    found = list(contents)
    return {
        "rows": sum(len(content.table) for content in found),
        "collapsed": tuple(label for content in found for label in content.collapsed),
        "dropped_columns": tuple(
            dict.fromkeys(name for content in found for name in content.dropped_columns)
        ),
    }


def free_name(name: str, taken: set[str]) -> str:
    """Return `name`, with a number behind it where it is in `taken` (lower case)."""
    candidate, number = name, 2
    while candidate.lower() in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
