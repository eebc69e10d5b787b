"""Vector files for tests: written by pyogrio, packed, cut off and twisted."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def frame(shapes: Iterable[Any], crs: str | None = None, **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def save(table: gpd.GeoDataFrame, path: Path, **how: Any) -> Path:
    """Write a GeoPackage or a Shapefile, with a reference system or without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        table.to_file(path, engine="pyogrio", **how)
    return path


def shapefile(path: Path, table: gpd.GeoDataFrame, encoding: str = "UTF-8") -> Path:
    """Write a Shapefile; `path` ends in .shp."""
    return save(table, path, encoding=encoding)


def zipped(path: Path, *shapes: Path, inside: str = "", without: str = "") -> Path:
    """Pack Shapefiles with their parts into a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for shp in shapes:
            for part in PARTS:
                source = shp.with_suffix(part)
                if part != without and source.exists():
                    archive.write(source, f"{inside}{source.name}")
    return path


def geojson(path: Path, shapes: Iterable[Any], /, crs: Any = None, **columns: list[Any]) -> Path:
    """Write a FeatureCollection; a shape may be a ready mapping, and then is kept as it is."""
    features = []
    for i, shape in enumerate(shapes):
        ready = shape is None or isinstance(shape, Mapping)
        geometry = shape if ready else json.loads(shapely.to_geojson(shape))
        properties = {name: values[i] for name, values in columns.items()}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path
