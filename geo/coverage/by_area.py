"""A coverage run told per reporting area: a row for each area, and what lies in none.

Each place counts in exactly one row of a level, so that the rows of a level add up to the whole:
by where it stands, not where it is snapped to. Street is counted in pieces of at most 20 m, each
by its middle, so an area's length is right to 10 m for every street that leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.areas import AreaTable, locate
from geo.areas.columns import FLAGS, marked
from geo.coverage import frames
from geo.coverage.parts import Demand, Served
from geo.coverage.placing import Placed
from geo.coverage.request import CoverageRequest
from geo.errors import AreasError
from geo.network.model import FloatArray, IntArray, WalkNetwork
from geo.points import PointTable

__all__ = ["Standing", "by_area", "stand", "within"]

_CLASSES = {"标准站": "standard", "微型站": "micro", "流动站": "roving"}
_BUILT = {"自建": "self_built", "共建": "co_built"}


@dataclass(frozen=True, eq=False)
class Standing:
    """Where everything of a run stands, what it weighs and how it is served.

    Attributes
    ----------
    lonlat, weight, cost, apart, usable, gap
        Of each place or piece of street with a position: WGS-84 degrees; people or metres; cost
        to the nearest station, NaN without one; whether two stations far enough apart are within
        the largest band; whether it is on the network; rank of its gap, 0 for none.
    lost_rows, lost_weight, lost_unknown
        Rows of demand without a usable position or number: how many, their weight as far as it
        is known, how many are of unknown weight.
    station_lonlat, station_used
        Of each station with a position: degrees, and whether it takes part.
    stations_lost
        How many stations have none.
    stations_said
        What the columns ``class`` and ``built`` say, where they are there, of the stations with
        a position and then of the others.
    is_street
        Whether weights are metres of street.
    """

    lonlat: FloatArray
    weight: FloatArray
    cost: FloatArray
    apart: npt.NDArray[np.bool_]
    usable: npt.NDArray[np.bool_]
    gap: IntArray
    lost_rows: int
    lost_weight: float
    lost_unknown: int
    station_lonlat: FloatArray
    station_used: npt.NDArray[np.bool_]
    stations_lost: int
    stations_said: dict[str, list[Any]]
    is_street: bool


def stand(
    network: WalkNetwork,
    stations: PointTable,
    placed: Placed,
    demand: PointTable | None,
    wanted: Demand,
    served: Served,
    gap_rank: IntArray,
) -> Standing:
    """Gather what `by_area` needs out of a run."""
    lost = wanted.total - float(wanted.places.weight.sum())
    return Standing(
        lonlat=network.to_degrees(wanted.xy) if demand is None else frames.lonlat(demand),
        weight=wanted.places.weight,
        cost=served.cost,
        apart=served.apart,
        usable=wanted.places.edge >= 0,
        gap=gap_rank,
        lost_rows=0 if demand is None else len(demand.unused),
        lost_weight=0.0 if demand is None else max(lost, 0.0),
        lost_unknown=wanted.unknown,
        station_lonlat=frames.lonlat(stations),
        station_used=placed.used,
        stations_lost=len(stations.unused),
        stations_said={
            column: [*stations.frame[column], *stations.unused.reindex(columns=[column])[column]]
            for column in ("class", "built")
            if column in stations.frame
        },
        is_street=wanted.is_street,
    )


def by_area(
    areas: AreaTable, standing: Standing, network: WalkNetwork, asked: CoverageRequest
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return a row per area and level, and the figures of each level for JSON.

    Returns
    -------
    tuple
        The frame (EPSG:4326): ``area_id, name, level, union, status, reason, params``, figures,
        ``flags``, own columns; see docs/schema.md. Each level ends with a row ``rest`` of what is
        in no usable area, and, where there is any, one of rows whose area is not known.

    Raises
    ------
    AreasError
        No area is on the network.
    """
    inside = _share_inside(areas.frame, network, asked.max_access_m / 100_000)
    if not (inside > 0).any():
        raise AreasError("areas_all_outside", total=areas.rows)
    parts, told = [], []
    for level in areas.levels:
        part = _level(areas, level, inside, standing, network, asked)
        parts.append(part)
        told.append(_level_summary(part, level, standing.is_street, asked))
    frame = pd.concat(parts, ignore_index=True)
    shapes = frame.pop("geometry").to_numpy()
    table = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")
    status = table["status"].value_counts()
    counts = {name: int(status.get(name, 0)) for name in ("used", "outside_network", "not_used")}
    return table, {
        "datum": areas.datum,
        "total": areas.rows,
        **counts,
        "levels": told,
        "warnings": [{"code": code, "params": fields} for code, fields in areas.warnings],
    }


def _share_inside(frame: gpd.GeoDataFrame, network: WalkNetwork, margin: float) -> FloatArray:
    """Return the share of each area that lies within the network's box, `margin` degrees wider."""
    shapes = frame.geometry.to_numpy()
    west, south, east, north = network.meta.bbox
    box = (west - margin, south - margin, east + margin, north + margin)
    within = shapely.clip_by_rect(shapes, *box)
    share = shapely.area(within) / shapely.area(shapes)
    return np.clip(np.asarray(share, dtype=np.float64), 0.0, 1.0)


def _level(
    areas: AreaTable,
    level: str,
    inside: FloatArray,
    standing: Standing,
    network: WalkNetwork,
    asked: CoverageRequest,
) -> pd.DataFrame:
    """Return the rows of one level: usable areas, the rest, what is nowhere, unusable areas."""
    mine = np.flatnonzero((areas.frame["level"] == level).to_numpy(dtype=bool))
    frame = areas.frame.iloc[mine].reset_index(drop=True)
    count = len(frame)
    slot = locate(frame, standing.lonlat)
    slot = np.where(slot < 0, count, slot)
    figures = _figures(slot, count + 2, standing, asked)
    figures.update(_stations(frame, count + 2, standing))
    shapes = frame.geometry.to_numpy()
    km2 = np.full(count + 2, np.nan)
    km2[:count] = shapely.area(shapely.transform(shapes, network.to_metric)) / 1e6
    figures["area_km2"] = np.round(km2, 6)
    share = np.full(count + 2, np.nan)
    share[:count] = inside[mine]
    figures["in_network_share"] = share
    figures["stations_per_km2"] = _ratio(figures["stations"], km2)
    if not standing.is_street:
        figures["stations_per_10k_demand"] = _ratio(figures["stations"], figures["demand"] / 1e4)
    table = pd.DataFrame(
        {
            **_head(frame, level, inside[mine]),
            **{name: _column(values) for name, values in figures.items()},
            "flags": [*_row_flags(frame), "", ""],
            "geometry": np.array([*shapes, None, None], dtype=object),
        }
    )
    own = frame.drop(columns=["id", "name", "level", "union", "geometry"])
    renamed = own.rename(columns={c: f"{c}_input" for c in own.columns if c in table.columns})
    table = pd.concat([table, renamed], axis=1)
    if not (standing.lost_rows or standing.stations_lost):
        table = table.iloc[:-1]
    here = (areas.unused["level"] == level).to_numpy(dtype=bool)
    if not here.any():
        return table
    return pd.concat([table, _unusable(areas, level, here, table)], ignore_index=True)


def _column(values: npt.NDArray[Any]) -> pd.Series:
    return pd.Series(values) if values.dtype.kind == "f" else pd.Series(values, dtype="Int64")


def _head(frame: gpd.GeoDataFrame, level: str, inside: FloatArray) -> dict[str, Any]:
    """Return the columns that say which row it is; two rows are no areas."""
    off = inside <= 0
    status = [*np.where(off, "outside_network", "used"), "rest", "rest"]
    reason = [
        *np.where(off, "area_outside_network", ""),
        "outside_every_area",
        "area_unknown",
    ]
    return {
        "area_id": [*frame["id"], None, None],
        "name": [*frame["name"], None, None],
        "level": level,
        "union": [*frame["union"], None, None],
        "status": status,
        "reason": reason,
        "params": [{} for _ in status],
    }


def _row_flags(frame: pd.DataFrame) -> list[str]:
    found = np.full(len(frame), "", dtype=object)
    for flag in FLAGS:
        found = np.where(marked(frame, flag), found + " " + flag, found)
    return [str(text).strip() for text in found]


def _figures(
    slot: IntArray, count: int, standing: Standing, asked: CoverageRequest
) -> dict[str, npt.NDArray[Any]]:
    """Return the figures of demand or street by slot; the last slot is of rows without a place."""
    total_name, unit, scale = (
        ("street_km", "km", 1000.0) if standing.is_street else ("demand", "demand", 1.0)
    )
    weight = standing.weight / scale
    cost, usable = standing.cost, standing.usable

    def add(which: npt.NDArray[np.bool_] | None = None) -> FloatArray:
        values = weight if which is None else np.where(which, weight, 0.0)
        return np.bincount(slot, weights=values, minlength=count).astype(np.float64)

    def number(which: npt.NDArray[np.bool_]) -> IntArray:
        return np.bincount(slot[which], minlength=count)

    total, not_used = add(), add(~usable)
    total[-1], not_used[-1] = standing.lost_weight / scale, standing.lost_weight / scale
    places, lost = number(np.ones(slot.size, dtype=bool)), number(~usable)
    places[-1], lost[-1] = standing.lost_rows, standing.lost_rows
    unknown = np.zeros(count, dtype=np.int64)
    unknown[-1] = standing.lost_unknown
    figures: dict[str, npt.NDArray[Any]] = {total_name: total, "places": places}
    limits = asked.scale.limits
    for band, bound in enumerate(limits):
        name = within(asked, band)
        figures[f"{name}_{unit}"] = add(cost <= bound)
        figures[f"{name}_share"] = _ratio(figures[f"{name}_{unit}"], total)
    served = cost <= limits[-1]
    figures[f"not_served_{unit}"] = add(usable & ~served)
    figures[f"not_used_{unit}"] = not_used
    figures["places_not_used"] = lost
    figures["places_of_unknown_demand"] = unknown
    figures[f"two_in_reach_{unit}"] = add(standing.apart)
    figures["two_in_reach_share"] = _ratio(figures[f"two_in_reach_{unit}"], total)
    minutes = np.where(served, cost * asked.scale.minutes_per_cost, 0.0)
    spent = np.bincount(slot, weights=minutes * weight, minlength=count)
    figures["served_mean_minutes"] = _ratio(spent, add(served))
    figures["served_places"] = number(served)
    if standing.is_street:  # pieces of street are no places
        for name in ("places", "places_not_used", "places_of_unknown_demand", "served_places"):
            del figures[name]
    figures.update(_gaps(slot, count, standing.gap, weight, unit))
    return figures


def _gaps(
    slot: IntArray, count: int, rank: IntArray, weight: FloatArray, unit: str
) -> dict[str, npt.NDArray[Any]]:
    """Return how many gaps reach into each slot, what of them is in it, and the most of one."""
    some = rank > 0
    width = int(rank.max(initial=0)) + 1
    keys, which = np.unique(slot[some] * width + rank[some], return_inverse=True)
    inside = np.bincount(which, weights=weight[some], minlength=keys.size)
    owner = keys // width
    most = np.zeros(count)
    np.maximum.at(most, owner, inside)
    return {
        "gaps": np.bincount(owner[inside > 0], minlength=count),
        f"gaps_{unit}": np.bincount(owner, weights=inside, minlength=count),
        f"largest_gap_{unit}": most,
    }


def _stations(
    frame: gpd.GeoDataFrame, count: int, standing: Standing
) -> dict[str, npt.NDArray[Any]]:
    """Return how many stations stand in each slot, by state, class and way of building."""
    slot = locate(frame, standing.station_lonlat)
    slot = np.where(slot < 0, count - 2, slot)
    lost = standing.stations_lost
    slot = np.concatenate([slot, np.full(lost, count - 1)])
    used = np.concatenate([standing.station_used, np.zeros(lost, dtype=bool)])

    def number(which: npt.NDArray[np.bool_]) -> IntArray:
        return np.bincount(slot[which], minlength=count)

    figures: dict[str, npt.NDArray[Any]] = {
        "stations": number(np.ones(slot.size, dtype=bool)),
        "stations_used": number(used),
        "stations_not_used": number(~used),
    }
    for column, words in (("class", _CLASSES), ("built", _BUILT)):
        said = standing.stations_said.get(column)
        if said is None and column == "built":
            continue
        code = np.array([words.get(word, "") for word in said or [""] * slot.size], dtype=str)
        for name in words.values():
            figures[f"stations_{name}"] = number(code == name)
        figures[f"stations_{column}_unknown"] = number(code == "")
    return figures


def within(asked: CoverageRequest, band: int) -> str:
    """Return how columns of a band begin: ``within_15min``, ``within_1000m``."""
    return f"within_{asked.limits[band]:g}{'min' if asked.unit == 'minutes' else 'm'}"


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    found = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def _unusable(
    areas: AreaTable, level: str, here: npt.NDArray[np.bool_], like: pd.DataFrame
) -> pd.DataFrame:
    """Return the areas of a level that could not be used, in the columns of `like`."""
    lost = areas.unused[here].reset_index(drop=True)
    own = lost.drop(columns=["id", "name", "level", "union", "reason"])
    own = own.rename(columns={c: f"{c}_input" for c in own.columns if f"{c}_input" in like})
    table = own.assign(
        area_id=lost["id"],
        name=lost["name"],
        level=level,
        union=lost["union"],
        status="not_used",
        reason=lost["reason"],
        params=areas.faults["params"][here].reset_index(drop=True),
        flags=_row_flags(lost),
    )
    return table.reindex(columns=like.columns).astype(like.dtypes)


def _level_summary(
    part: pd.DataFrame, level: str, is_street: bool, asked: CoverageRequest
) -> dict[str, Any]:
    """Return what a level comes to, its rest apart."""
    total, unit = ("street_km", "km") if is_street else ("demand", "demand")
    name = within(asked, -1)
    status = part["status"]
    areas, rest = part[status.isin(["used", "outside_network"])], part[status == "rest"]
    left = areas[total] - areas[f"{name}_{unit}"]
    worst = areas[["area_id", "name", total, f"{name}_share", "stations"]].assign(left=left)
    worst = worst.sort_values(["left", "area_id"], ascending=[False, True], kind="stable").head(5)
    return {
        "level": level,
        "used": int((status == "used").sum()),
        "outside_network": int((status == "outside_network").sum()),
        "not_used": int((status == "not_used").sum()),
        total: float(areas[total].sum()),
        f"{name}_{unit}": float(areas[f"{name}_{unit}"].sum()),
        "rest": {
            total: float(rest[total].sum()),
            f"{name}_{unit}": float(rest[f"{name}_{unit}"].sum()),
            "stations": int(rest["stations"].sum()),
        },
        "least_served": [
            {
                "id": row["area_id"],
                "name": row["name"],
                total: float(row[total]),
                "share": float(row[f"{name}_share"]),
                f"left_{unit}": float(row["left"]),
                "stations": int(row["stations"]),
            }
            for row in worst[worst["left"] > 0].to_dict("records")
        ],
    }
