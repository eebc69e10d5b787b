"""A `Coverage` → the files of a result folder, in a chosen datum and language."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import geopandas as gpd
import pandas as pd

from geo import words
from geo.areas import AreaTable
from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import flags_of
from geo.exports import (
    Layer,
    NetworkSource,
    OutputFolder,
    Provenance,
    write_csv,
    write_geojson,
    write_geopackage,
    write_parquet,
    write_shapefiles,
)
from geo.network.model import WalkNetwork
from geo.points import PointTable

__all__ = [
    "FORMATS",
    "OD_FORMATS",
    "OD_NAMES",
    "coverage_layers",
    "provenance_of",
    "write_coverage",
]

FORMATS = ("geojson", "gpkg", "shp")
OD_FORMATS = ("parquet", "csv")
OD_NAMES = {
    "ids": {},
    "origin": {"place_id": "origin", "station_id": "destination"},
}
"""Headings of the table of minutes: ours, or those that tools of spatial access read."""
_DEMAND_HEAD = (
    "place_id",
    "status",
    "reason",
    "reason_text",
    "nearest_station_id",
    "minutes",
    "stations_within",
)
_AREA_HEAD = ("area_id", "name", "level", "union", "status", "reason", "reason_text")
_STATION_HEAD = ("station_id", "status", "reason", "reason_text", "access_m", "component")


def provenance_of(
    request: CoverageRequest,
    network: WalkNetwork,
    stations: PointTable,
    demand: PointTable | None,
    *,
    areas: AreaTable | None = None,
    datum_out: str,
    more: tuple[tuple[str, str], ...] = (),
) -> Provenance:
    """Return the record that every file of a coverage run carries."""
    asked = []
    for item in fields(request):
        value = getattr(request, item.name)
        listed = ",".join(f"{v:g}" for v in value) if isinstance(value, tuple) else value
        asked.append((item.name, listed))
    points = [("stations", stations.digest)]
    if demand is not None:
        points.append(("demand", demand.digest))
    if areas is not None:
        points.append(("areas", areas.digest))
        asked.append(("areas_datum", areas.datum))
    meta = network.meta
    if meta.overrides_digest:
        points.append(("overrides", meta.overrides_digest))
    return Provenance(
        command="coverage",
        parameters=(*asked, ("stations_datum", stations.datum), *more),
        network=NetworkSource(
            meta.name, meta.source, meta.digest, meta.osm_date or "", attribution=meta.attribution
        ),
        points=tuple(points),
        flags=flags_of(network, stations, demand, areas),
        datum_out=datum_out,
    )


def write_coverage(
    coverage: Coverage,
    out: OutputFolder,
    *,
    formats: tuple[str, ...] = ("geojson",),
    od_format: str = "parquet",
    od_names: str = "ids",
    lang: str = "zh",
) -> None:
    """Write every file of a coverage run into an open result folder.

    Parameters
    ----------
    coverage
        The result, with rings in place of bands where `geo.coverage.rings.as_rings` made them;
        `out.provenance` says the datum to write in.
    formats
        Of ``geojson``, ``gpkg`` and ``shp``.
    od_format
        ``parquet`` or ``csv``, for the table of minutes where there is one.
    od_names
        Of `OD_NAMES`.
    lang
        Language of ``reason_text`` and of legends.
    """
    provenance = out.provenance
    left_out: list[str] = []

    def note(written: Any) -> None:
        left_out.extend(f"{written.path.name}: {label}" for label in written.collapsed)
        dropped = out.summary.setdefault("private_columns_left_out", [])
        dropped += [c for c in written.dropped_columns if c not in dropped]
        if written.texts_cut:
            out.summary["shapefile_texts_cut"] = written.texts_cut

    layers = coverage_layers(coverage, lang, od_names=od_names)
    tables = {layer.name: layer.frame for layer in layers}
    if "geojson" in formats:
        # Points go out as tables for people; the GeoPackage draws them.
        drawn = [layer for layer in layers if layer.name not in ("stations", "demand", "od")]

        def geojson(layer: Layer) -> Any:
            name = out.path(f"{layer.name}.geojson")
            return write_geojson(layer.frame, name, provenance, id_column=layer.id_column)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for written in pool.map(geojson, drawn):
                note(written)
    if "gpkg" in formats:
        note(write_geopackage(layers, out.path("coverage.gpkg"), provenance, lang=lang))
    if "shp" in formats:
        note(write_shapefiles(layers, out.path("coverage.shp.zip"), provenance, lang=lang))
    note(write_csv(tables["stations"], out.path("stations.csv"), provenance))
    if coverage.areas is not None:
        table = with_reasons(coverage.areas, lang, _AREA_HEAD).drop(columns="geometry")
        note(write_csv(pd.DataFrame(table), out.path("areas.csv"), provenance))
    demand = tables.get("demand", pd.DataFrame(columns=list(_DEMAND_HEAD)))
    note(write_csv(demand, out.path("demand.csv"), provenance))
    if "od" in tables:
        write = write_csv if od_format == "csv" else write_parquet
        note(write(tables["od"], out.path(f"od.{od_format}"), provenance))
    if left_out:
        out.summary["collapsed_shapes"] = left_out


def with_reasons(frame: gpd.GeoDataFrame, lang: str, head: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return `frame` with ``reason_text`` in place of ``params``, the columns of `head` first."""
    texts = [
        words.say(f"reason.{code}", lang, **(params or {})) if code else ""
        for code, params in zip(frame["reason"], frame["params"], strict=True)
    ]
    told = frame.assign(reason_text=texts).drop(columns="params")
    rest = [c for c in told.columns if c not in head and c != "geometry"]
    return told[[*head, *rest, "geometry"]]


def coverage_layers(coverage: Coverage, lang: str, *, od_names: str = "ids") -> list[Layer]:
    """Return the layers of a result, in the order in which a map should list them from below.

    ``areas`` where some were given (those with a polygon; all rows are in ``areas.csv``),
    ``dissolved, circles, responsibility, gaps``, ``lines`` and ``demand`` where there are such,
    ``stations``, and last ``od``, a table without geometry, where it was asked for.
    """

    def layer(name: str, frame: pd.DataFrame, kind: str | None, key: str | None) -> Layer:
        text = f"layer.{name}_rings" if "to_minutes" in frame.columns else f"layer.{name}"
        return Layer(name, frame, kind, words.say(text, lang), key)

    found = []
    if coverage.areas is not None:
        areas = with_reasons(coverage.areas, lang, _AREA_HEAD)
        drawn = areas[areas.geometry.notna()].reset_index(drop=True)
        found.append(layer("areas", drawn, "areas", "area_id"))
    found += [
        layer("dissolved", coverage.dissolved, "bands", None),
        layer("circles", coverage.circles, "bands", None),
        layer("responsibility", coverage.responsibility, "responsibility", "station_id"),
        layer("gaps", coverage.gaps, "gaps", "rank"),
    ]
    if coverage.lines is not None:
        found.append(layer("lines", coverage.lines, "lines", "place_id"))
    if coverage.demand is not None:
        demand = with_reasons(coverage.demand, lang, _DEMAND_HEAD)
        found.append(layer("demand", demand, "demand", "place_id"))
    stations = with_reasons(coverage.stations, lang, _STATION_HEAD)
    found.append(layer("stations", stations, "stations", "station_id"))
    if coverage.od is not None:
        found.append(layer("od", _od(coverage.od, od_names), None, None))
    return found


def _od(table: pd.DataFrame, names: str) -> pd.DataFrame:
    renamed = OD_NAMES[names]
    if not renamed:
        return table
    rest = [c for c in table.columns if c not in renamed]
    return table[[*renamed, *rest]].rename(columns=renamed)
