"""Arrays of a coverage run → frames: ids, reasons, units in column names, WGS-84 geometry."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.coverage.placing import Placed
from geo.coverage.request import CoverageRequest
from geo.network.model import FloatArray, WalkNetwork
from geo.points import PointTable

__all__ = [
    "circles",
    "demand",
    "dissolved",
    "gaps",
    "lines",
    "lonlat",
    "responsibility",
    "stations",
]


def lonlat(table: PointTable) -> FloatArray:
    """Return (p, 2) WGS-84 degrees of the usable rows."""
    points = table.frame.geometry.to_numpy()
    return np.asarray(shapely.get_coordinates(points)).reshape(-1, 2)


def stations(
    network: WalkNetwork,
    table: PointTable,
    placed: Placed,
    areas: list[Any],
    asked: CoverageRequest,
) -> gpd.GeoDataFrame:
    """Return every station of the input with its state."""
    used = placed.used
    snapped = network.to_degrees(np.column_stack([placed.snapped.x, placed.snapped.y]))
    area = np.full(used.size, np.nan)
    area[used] = np.round(shapely.area(areas) / 1e6, 6)
    columns = {
        "status": np.where(used, "used", "not_used"),
        "reason": placed.reason,
        "params": _params(placed, asked),
        "access_m": np.round(placed.snapped.access_m, 2),
        "component": pd.array(np.where(used, placed.component, -1), dtype="Int64"),
        "snapped_lon": np.round(snapped[:, 0], 7),
        "snapped_lat": np.round(snapped[:, 1], 7),
        "responsibility_km2": area,
    }
    frame = _with_faults(table, "station_id", columns)
    frame.loc[frame["component"] < 0, "component"] = pd.NA
    return frame


def demand(
    table: PointTable,
    placed: Placed,
    station_ids: npt.NDArray[Any],
    cost: FloatArray,
    label: npt.NDArray[np.int32],
    count: npt.NDArray[np.int32],
    asked: CoverageRequest,
) -> gpd.GeoDataFrame:
    """Return every demand place of the input with its state."""
    used = placed.used
    served = cost <= asked.scale.limits[-1]
    reason = placed.reason.copy()
    reason[used & ~served] = "beyond_limit"
    reason[used & ~np.isfinite(cost)] = "no_route"
    nearest = np.full(used.size, None, dtype=object)
    nearest[label >= 0] = station_ids[label[label >= 0]]
    columns = {
        "status": np.select([~used, served], ["not_used", "served"], "not_served"),
        "reason": reason,
        "params": _params(placed, asked),
        "access_m": np.round(placed.snapped.access_m, 2),
        "nearest_station_id": nearest,
        "minutes": np.round(cost * asked.scale.minutes_per_cost, 4),
    }
    if asked.unit == "metres":
        columns["metres"] = np.round(cost, 2)
    columns["stations_within"] = pd.array(np.where(used, count, 0), dtype="Int64")
    return _with_faults(table, "place_id", columns, ("demand",))


def circles(
    network: WalkNetwork,
    station_frame: gpd.GeoDataFrame,
    shapes: list[list[Any]],
    asked: CoverageRequest,
) -> gpd.GeoDataFrame:
    """Return one row per used station and band."""
    used = station_frame[station_frame["status"] == "used"]
    bands = len(asked.limits)
    flat = np.array([shape for row in shapes for shape in row], dtype=object)
    labels = [asked.labels(b) for b in range(bands)]
    repeated = used.loc[used.index.repeat(bands)].reset_index(drop=True)
    own = repeated.drop(
        columns=[
            *("status", "reason", "params", "component", "responsibility_km2", "geometry"),
            *("station_id", "snapped_lon", "snapped_lat", "access_m"),
        ]
    )
    data: dict[str, Any] = {"station_id": repeated["station_id"]}
    for key in labels[0]:
        data[key] = np.tile([label[key] for label in labels], len(used))
    data["area_km2"] = np.round(shapely.area(flat) / 1e6, 6)
    for key in ("snapped_lon", "snapped_lat", "access_m"):
        data[key] = repeated[key]
    own = own.rename(columns={c: f"{c}_input" for c in own.columns if c in data})
    frame = pd.concat([pd.DataFrame(data), own], axis=1)
    return _in_degrees(network, frame, flat)


def dissolved(network: WalkNetwork, union: list[Any], asked: CoverageRequest) -> gpd.GeoDataFrame:
    """Return one row a band."""
    rows = [
        {**asked.labels(band), "area_km2": round(shapely.area(shape) / 1e6, 6)}
        for band, shape in enumerate(union)
    ]
    return _in_degrees(network, pd.DataFrame(rows), np.array(union, dtype=object))


def responsibility(
    network: WalkNetwork, ids: npt.NDArray[Any], areas: list[Any]
) -> gpd.GeoDataFrame:
    """Return one row per used station that is the nearest somewhere."""
    shapes = np.array(areas, dtype=object)
    some = ~shapely.is_empty(shapes)
    frame = pd.DataFrame(
        {"station_id": ids[some], "area_km2": np.round(shapely.area(shapes[some]) / 1e6, 6)}
    )
    return _in_degrees(network, frame, shapes[some])


def gaps(network: WalkNetwork, found: list[dict[str, Any]], is_street: bool) -> gpd.GeoDataFrame:
    """Return one row a gap, in the order of its rank."""
    weight, unit = ("street_km", 1000.0) if is_street else ("demand", 1.0)
    shapes = np.array([g["geometry"] for g in found], dtype=object)
    frame = pd.DataFrame(
        {
            "rank": [g["rank"] for g in found],
            weight: [round(g["weight"] / unit, 3) for g in found],
            "area_km2": np.round(shapely.area(shapes) / 1e6, 6) if found else [],
            "places": [g["places"] for g in found],
            "gap": [g["gap"] for g in found],
            f"gap_{weight}": [round(g["gap_weight"] / unit, 3) for g in found],
            f"{weight}_off_network": [round(g["off_network"] / unit, 3) for g in found],
        }
    )
    if is_street:
        frame = frame.drop(columns="places")  # pieces of street are nobody's places
    return _in_degrees(network, frame, shapes)


def lines(
    demand_frame: gpd.GeoDataFrame | None, station_frame: gpd.GeoDataFrame
) -> gpd.GeoDataFrame | None:
    """Return straight lines from each place to its nearest station: a picture, not a path."""
    if demand_frame is None:
        return None
    linked = demand_frame[demand_frame["nearest_station_id"].notna()]
    by_id = station_frame.set_index("station_id").geometry
    ends = by_id.loc[linked["nearest_station_id"]]
    xy = np.stack(
        [
            shapely.get_coordinates(linked.geometry.to_numpy()),
            shapely.get_coordinates(ends.to_numpy()),
        ],
        axis=1,
    )
    keep = ["place_id", "nearest_station_id", "minutes", "status"]
    frame = linked[keep].rename(columns={"nearest_station_id": "station_id"})
    frame = frame.reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry=shapely.linestrings(xy), crs="EPSG:4326")


def _params(placed: Placed, asked: CoverageRequest) -> npt.NDArray[np.object_]:
    params = np.empty(placed.used.size, dtype=object)
    for i in range(params.size):
        params[i] = {"max_access_m": asked.max_access_m}
    return params


def _with_faults(
    table: PointTable,
    id_name: str,
    columns: dict[str, Any],
    roles: tuple[str, ...] = (),
) -> gpd.GeoDataFrame:
    """Return usable rows with `columns`, then the rows that were unusable as they were read."""
    ours = [id_name, "name", *roles]
    frame = _under_our_names(table, table.frame, id_name, columns)
    if {"lon", "lat"} <= set(frame.columns):
        frame["lon"], frame["lat"] = frame.geometry.x, frame.geometry.y
    own = [c for c in frame.columns if c not in ours and c != "geometry"]
    head = [frame[ours], pd.DataFrame(columns), frame[own]]
    top = gpd.GeoDataFrame(
        pd.concat([part.reset_index(drop=True) for part in head], axis=1),
        geometry=frame.geometry.to_numpy(),
        crs="EPSG:4326",
    )
    if len(table.unused) == 0:
        return top
    lost = _under_our_names(table, table.unused.drop(columns="reason"), id_name, columns)
    lost["status"], lost["reason"] = "not_used", table.unused["reason"].to_numpy()
    lost["params"] = table.faults["params"].to_numpy()
    if "stations_within" in columns:
        lost["stations_within"] = pd.array([0] * len(lost), dtype="Int64")
    if {"lon", "lat"} <= set(frame.columns):  # numbers of ours above; here what stood there
        lost = lost.rename(columns={"lon": "lon_wgs84", "lat": "lat_wgs84"})
        for name in ("lon_wgs84", "lat_wgs84"):
            top[name] = pd.Series([None] * len(top), dtype=object)
        top = top[[*top.columns.drop("geometry"), "geometry"]]
    lost = lost.reset_index(drop=True).reindex(columns=top.columns.drop("geometry"))
    for name in lost.columns:
        if lost[name].isna().all():  # an empty column must not change the type of ours
            lost[name] = pd.Series([None] * len(lost)).astype(top[name].dtype)
    below = gpd.GeoDataFrame(lost, geometry=[None] * len(lost), crs="EPSG:4326")
    return gpd.GeoDataFrame(
        pd.concat([top, below], ignore_index=True), geometry="geometry", crs="EPSG:4326"
    )


def _under_our_names(
    table: PointTable, rows: pd.DataFrame, id_name: str, columns: dict[str, Any]
) -> pd.DataFrame:
    """Return `rows` with our id column, and the input's own columns beside ours.

    An own column called like one of ours keeps its content as ``<heading>_input``.
    """
    rows = rows.copy()
    if table.columns.get("id") == id_name and id_name in rows:
        rows = rows.drop(columns=id_name)  # the id was made from it
    coordinates = _input_coordinates(table)
    taken = {id_name, "reason_text", *columns}
    if coordinates or "lon" not in table.columns:  # else they are the position itself
        taken |= {"lon", "lat"}
    else:
        taken |= {"lon_wgs84", "lat_wgs84"}
    renamed = {c: f"{c}_input" for c in rows.columns if c in taken}
    return rows.rename(columns={**renamed, **coordinates, "id": id_name})


def _input_coordinates(table: PointTable) -> dict[str, str]:
    """Return new names for the input's coordinate columns, which say their datum.

    Beside positions of ours, in the datum of the output, a bare "经度" would be taken for one.
    Only a WGS-84 pair called lon and lat stays: it is the same as ours.
    """
    roles = ("lon", "lat", "lonlat", "latlon")
    headings = {table.columns[role] for role in roles if role in table.columns}
    if table.datum == "wgs84" and headings == {"lon", "lat"}:
        return {}
    return {h: h if h.endswith(table.datum) else f"{h}_{table.datum}" for h in headings}


def _in_degrees(
    network: WalkNetwork, frame: pd.DataFrame, shapes: npt.NDArray[Any]
) -> gpd.GeoDataFrame:
    moved = shapely.transform(shapes, network.to_degrees) if len(shapes) else []
    return gpd.GeoDataFrame(frame, geometry=moved, crs="EPSG:4326")
