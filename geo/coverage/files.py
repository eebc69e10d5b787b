"""A `Coverage` → the files of a result folder, in a chosen datum and language."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import geopandas as gpd
import pandas as pd

from geo import words
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
)
from geo.network.model import WalkNetwork
from geo.points import PointTable

__all__ = ["FORMATS", "OD_FORMATS", "provenance_of", "write_coverage"]

FORMATS = ("geojson", "gpkg")
OD_FORMATS = ("parquet", "csv")
_DEMAND_HEAD = (
    "place_id",
    "status",
    "reason",
    "reason_text",
    "nearest_station_id",
    "minutes",
    "stations_within",
)
_STATION_HEAD = ("station_id", "status", "reason", "reason_text", "access_m", "component")


def provenance_of(
    request: CoverageRequest,
    network: WalkNetwork,
    stations: PointTable,
    demand: PointTable | None,
    *,
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
    meta = network.meta
    return Provenance(
        command="coverage",
        parameters=(*asked, ("stations_datum", stations.datum), *more),
        network=NetworkSource(
            meta.name, meta.source, meta.digest, meta.osm_date or "", attribution=meta.attribution
        ),
        points=tuple(points),
        flags=flags_of(network, stations, demand),
        datum_out=datum_out,
    )


def write_coverage(
    coverage: Coverage,
    out: OutputFolder,
    *,
    formats: tuple[str, ...] = ("geojson",),
    od_format: str = "parquet",
    lang: str = "zh",
) -> None:
    """Write every file of a coverage run into an open result folder.

    Parameters
    ----------
    coverage
        The result; `out.provenance` says the datum to write in.
    formats
        Of ``geojson`` and ``gpkg``.
    od_format
        ``parquet`` or ``csv``, for the table of minutes where there is one.
    lang
        Language of ``reason_text`` and of legends.
    """
    provenance = out.provenance
    stations = with_reasons(coverage.stations, lang, _STATION_HEAD)
    demand = None
    if coverage.demand is not None:
        demand = with_reasons(coverage.demand, lang, _DEMAND_HEAD)
    left_out: list[str] = []

    def note(written: Any) -> None:
        left_out.extend(f"{written.path.name}: {label}" for label in written.collapsed)
        dropped = out.summary.setdefault("private_columns_left_out", [])
        dropped += [c for c in written.dropped_columns if c not in dropped]

    layers = _layers(coverage, stations, demand, lang)
    if "geojson" in formats:
        # Points go out as tables for people; the GeoPackage draws them.
        drawn = [layer for layer in layers if layer.name not in ("stations", "demand")]

        def geojson(layer: Layer) -> Any:
            name = out.path(f"{layer.name}.geojson")
            return write_geojson(layer.frame, name, provenance, id_column=layer.id_column)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for written in pool.map(geojson, drawn):
                note(written)
    if "gpkg" in formats:
        note(write_geopackage(layers, out.path("coverage.gpkg"), provenance, lang=lang))
    note(write_csv(stations, out.path("stations.csv"), provenance))
    table = pd.DataFrame(columns=list(_DEMAND_HEAD)) if demand is None else demand
    note(write_csv(table, out.path("demand.csv"), provenance))
    if coverage.od is not None:
        write = write_csv if od_format == "csv" else write_parquet
        note(write(coverage.od, out.path(f"od.{od_format}"), provenance))
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


def _layers(
    coverage: Coverage, stations: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None, lang: str
) -> list[Layer]:
    """Return the layers, in the order in which a map should list them from below."""

    def layer(name: str, frame: gpd.GeoDataFrame, kind: str, key: str | None) -> Layer:
        return Layer(name, frame, kind, words.say(f"layer.{name}", lang), key)

    found = [
        layer("dissolved", coverage.dissolved, "bands", None),
        layer("circles", coverage.circles, "bands", None),
        layer("responsibility", coverage.responsibility, "responsibility", "station_id"),
        layer("gaps", coverage.gaps, "gaps", "rank"),
    ]
    if coverage.lines is not None:
        found.append(layer("lines", coverage.lines, "lines", "place_id"))
    if demand is not None:
        found.append(layer("demand", demand, "demand", "place_id"))
    found.append(layer("stations", stations, "stations", "station_id"))
    return found
