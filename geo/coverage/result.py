"""What a coverage run returns: frames with an id per row and units in their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.coverage.request import CoverageRequest

__all__ = ["Coverage"]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Who reaches a station, and who does not.

    Attributes
    ----------
    request
        What was asked.
    stations
        GeoDataFrame (EPSG:4326), every station of the input: ``station_id, name, status``
        (used, not_used), ``reason`` (code), ``params``, ``access_m, component, snapped_lon,
        snapped_lat, responsibility_km2``, then the input's own columns; no geometry where the
        position itself is the fault.
    demand
        GeoDataFrame (EPSG:4326), every demand place: ``place_id, name, demand, status`` (served,
        not_served, not_used), ``reason, params, access_m, nearest_station_id, minutes``
        (``metres`` where asked in metres), ``stations_within``, own columns. None without demand.
    circles
        ``station_id, minutes`` (``metres``), ``area_km2, snapped_lon, snapped_lat, access_m``,
        own columns; one row per used station and band, cumulative.
    dissolved
        ``minutes`` (``metres``), ``area_km2``; one row a band.
    responsibility
        ``station_id, area_km2``; the part of the largest band nearest to each station.
    gaps
        ``rank, demand`` or ``street_km, area_km2, places, gap, gap_demand|gap_street_km,
        demand_off_network|street_km_off_network``.
    summary
        Plain figures, ready for JSON.
    flags
        What must be said of the result: of the network and of the points.
    od
        ``station_id, place_id, minutes`` for every pair within the largest band; on request.
    lines
        ``place_id, station_id, minutes``: straight lines to the nearest station; on request.
    areas
        A row per reporting area, and per level what is in none: ``area_id, name, level, union,
        status`` (used, outside_network, not_used, rest), ``reason, params``, figures (see
        docs/schema.md), own columns. None where no areas were given.
    """

    request: CoverageRequest
    stations: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame | None
    circles: gpd.GeoDataFrame
    dissolved: gpd.GeoDataFrame
    responsibility: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    summary: dict[str, Any]
    flags: tuple[str, ...]
    od: pd.DataFrame | None = None
    lines: gpd.GeoDataFrame | None = None
    areas: gpd.GeoDataFrame | None = None
