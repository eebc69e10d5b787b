"""From stations, demand and a network to a `Coverage`: the whole of the main job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.coverage import frames
from geo.coverage.gaps import find_gaps
from geo.coverage.headline import band_shares, pair_share, shuang15_shares, weighted_mean
from geo.coverage.placing import Ground, Placed, lay_ground, place, positions_xy, street_pieces
from geo.coverage.polygons import circles, dissolved
from geo.coverage.reach import (
    Costs,
    Places,
    costs_of,
    count_in_reach,
    nearest_station,
    od_table,
    seeds_of,
)
from geo.coverage.request import CoverageRequest
from geo.coverage.responsibility import responsibility
from geo.coverage.result import Coverage
from geo.coverage.surface import Surface, drawings
from geo.errors import PointsError
from geo.field import WaterCut
from geo.network.model import FloatArray, WalkNetwork
from geo.points import PointTable
from geo.search import search_each

__all__ = ["cover", "flags_of"]

Progress = Callable[[str, int, int], None]
MOST_GAPS = 200


@dataclass(frozen=True, eq=False)
class _Demand:
    """What is to be served: places or street pieces, with the denominator they belong to."""

    places: Places
    xy: FloatArray
    placed: Placed | None
    total: float
    not_used: float
    unknown: int
    is_street: bool


@dataclass(frozen=True, eq=False)
class _Served:
    """Of each place: cost to the nearest station, its number, how many, and two of them apart."""

    cost: FloatArray
    label: npt.NDArray[np.int32]
    count: npt.NDArray[np.int32]
    apart: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Shapes:
    """Polygons in the metric CRS, and the gaps."""

    circles: list[list[Any]]
    union: list[Any]
    areas: list[Any]
    gaps: list[dict[str, Any]]
    gaps_total: int


def cover(
    network: WalkNetwork,
    stations: PointTable,
    demand: PointTable | None = None,
    request: CoverageRequest | None = None,
    *,
    most_gaps: int | None = MOST_GAPS,
    with_od: bool = False,
    with_lines: bool = False,
    with_areas: bool = True,
    on_progress: Progress | None = None,
) -> Coverage:
    """Find who reaches a station on foot within the bands of `request`.

    A place is served when straight access + network + straight access take at most the limit,
    both straight parts at most ``max_access_m``. Minutes run from the place to the station.
    Of equally near stations the one whose id sorts first is the nearest, in whatever order they
    come. Without `demand`, shares are of street length.

    Parameters
    ----------
    network, stations, demand, request
        As read by `geo.network.load_network` and `geo.points.read_points`.
    most_gaps
        How many gaps to shape; None: all.
    with_od, with_lines
        Also return the table of minutes, and straight lines to the nearest station.
    with_areas
        Also shape what belongs to one station: its circles and its area of responsibility. A
        screen that shows the union alone has its answer in a third of the time without; both
        frames are then empty, and the areas of stations are not known.
    on_progress
        Called with (stage, done, total).

    Raises
    ------
    PointsError
        No station can be put on the network.
    """
    asked = request or CoverageRequest()
    rank = {name: i for i, name in enumerate(stations.frame["id"])}
    stations = replace(stations, frame=stations.frame.sort_values("id", ignore_index=True))
    tell = on_progress or (lambda stage, done, total: None)
    tell("snap", 0, 1)
    ground = lay_ground(network, asked)
    placed = place(ground, frames.lonlat(stations), asked.max_access_m)
    _check_some_used(placed, stations, asked)
    wanted = _demand(ground, demand, asked)
    costs = costs_of(network, asked.scale.profile)
    surface = _surface(ground, costs, placed, asked, tell)
    served = _served(surface, wanted)
    shapes = _shapes(surface, wanted, served.cost, most_gaps, with_areas, tell)

    station_frame = frames.stations(network, stations, placed, shapes.areas, asked)
    ids = station_frame["station_id"].to_numpy()[: len(stations.frame)][placed.used]
    drawn = station_frame
    if not with_areas:
        drawn = station_frame.iloc[:0]
        station_frame["responsibility_km2"] = np.nan
    demand_frame = None
    if demand is not None:
        demand_frame = _demand_frame(demand, wanted, ids, served, asked)
    return Coverage(
        request=asked,
        stations=_as_given(station_frame, rank),
        demand=demand_frame,
        circles=_as_given(frames.circles(network, drawn, shapes.circles, asked), rank),
        dissolved=frames.dissolved(network, shapes.union, asked),
        responsibility=_as_given(frames.responsibility(network, ids, shapes.areas), rank),
        gaps=frames.gaps(network, shapes.gaps, wanted.is_street),
        summary=_summary(surface, wanted, served, shapes, station_frame, demand_frame),
        flags=flags_of(network, stations, demand),
        od=_od(costs, surface, wanted, ids, demand_frame) if with_od else None,
        lines=frames.lines(demand_frame, station_frame) if with_lines else None,
    )


def _served(surface: Surface, wanted: _Demand) -> _Served:
    scale = surface.request.scale
    cost, label = nearest_station(
        surface.costs, surface.seeds, surface.on_edge, wanted.places, scale.cost_per_m
    )
    count, apart = count_in_reach(
        surface.costs,
        surface.reach,
        surface.on_edge,
        wanted.places,
        limit=scale.limits[-1],
        cost_per_m=scale.cost_per_m,
        station_xy=surface.xy,
        apart_m=surface.request.apart_m,
    )
    return _Served(cost, label, count, apart)


def _shapes(
    surface: Surface,
    wanted: _Demand,
    cost: FloatArray,
    most_gaps: int | None,
    with_areas: bool,
    tell: Progress,
) -> _Shapes:
    own: list[list[Any]] = []
    if with_areas:
        own = circles(surface, lambda done, total: tell("circles", done, total))
    tell("union", 0, 2)
    union = dissolved(surface)
    tell("union", 1, 2)
    with ThreadPoolExecutor(2) as pool:  # neither waits for the other, and GEOS frees the GIL
        later = pool.submit(_gaps, surface, wanted, cost, union[-1], most_gaps)
        areas = responsibility(surface, union[-1]) if with_areas else _nothing(surface)
        gaps, gaps_total = later.result()
    tell("union", 2, 2)
    return _Shapes(own, union, areas, gaps, gaps_total)


def _demand_frame(
    demand: PointTable, wanted: _Demand, ids: Any, served: _Served, asked: CoverageRequest
) -> gpd.GeoDataFrame | None:
    if wanted.placed is None:
        return None
    return frames.demand(demand, wanted.placed, ids, served.cost, served.label, served.count, asked)


def _nothing(surface: Surface) -> list[Any]:
    return [shapely.MultiPolygon()] * surface.seeds.count


def _as_given(frame: gpd.GeoDataFrame, rank: dict[str, int]) -> gpd.GeoDataFrame:
    """Return rows in the order in which their stations came; the unusable ones stay last."""
    place_in_file = frame["station_id"].map(rank).fillna(len(rank))
    order = np.argsort(place_in_file.to_numpy(dtype=np.float64), kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def _check_some_used(placed: Placed, stations: PointTable, asked: CoverageRequest) -> None:
    if placed.used.any():
        return
    code = Counter(sorted(placed.reason.tolist())).most_common(1)[0][0]
    raise PointsError(f"none_placed_{code}", total=stations.rows, max_access_m=asked.max_access_m)


def _demand(ground: Ground, demand: PointTable | None, asked: CoverageRequest) -> _Demand:
    if demand is None:
        pieces = street_pieces(ground)
        edge = np.where(pieces.usable, pieces.edge, np.int32(-1)).astype(np.int32)
        weight = pieces.length_m
        return _Demand(
            Places(edge, pieces.share, np.zeros(edge.size), weight),
            positions_xy(ground.network, pieces.edge, pieces.share),
            None,
            float(weight.sum()),
            float(weight[~pieces.usable].sum()),
            0,
            True,
        )
    placed = place(ground, frames.lonlat(demand), asked.max_access_m)
    weight = demand.frame["demand"].to_numpy(dtype=np.float64)
    lost = demand.unused["demand"].to_numpy(dtype=np.float64)
    known = np.nansum(lost)
    return _Demand(
        Places(placed.snapped.edge, placed.snapped.share, placed.snapped.access_m, weight),
        placed.xy,
        placed,
        float(weight.sum() + known),
        float(weight[~placed.used].sum() + known),
        int(np.isnan(lost).sum()),
        False,
    )


def _surface(
    ground: Ground, costs: Costs, placed: Placed, asked: CoverageRequest, tell: Progress
) -> Surface:
    seeds, on_edge = seeds_of(costs, placed, asked.scale.cost_per_m)
    reach = search_each(
        costs.graph,
        seeds,
        asked.scale.limits[-1],
        on_progress=lambda done, total: tell("search", done, total),
    )
    surface = Surface(
        asked, costs, drawings(ground, asked), placed, seeds, on_edge, reach,
        WaterCut(ground.network),
    )  # fmt: skip
    surface.prepare(lambda done, total: tell("lattice", done, total))
    return surface


def _gaps(
    surface: Surface, wanted: _Demand, cost: FloatArray, union: Any, most: int | None
) -> tuple[list[dict[str, Any]], int]:
    limit = surface.request.scale.limits[-1]
    left = ~(cost <= limit) & np.isfinite(wanted.xy).all(axis=1)
    return find_gaps(
        wanted.xy[left],
        wanted.places.weight[left],
        link_m=surface.request.gap_link_m,
        cut_m=2.0 * surface.radius_m(surface.request.scale.limits[-1]),
        most=most,
        served=union,
        water=surface.cut,
    )


def _summary(
    surface: Surface,
    wanted: _Demand,
    served: _Served,
    shapes: _Shapes,
    stations: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    asked, weight = surface.request, wanted.places.weight
    unit = 1000.0 if wanted.is_street else 1.0
    within = served.cost <= asked.scale.limits[-1]
    minutes = np.where(within, served.cost * asked.scale.minutes_per_cost, np.nan)
    bands = band_shares(served.cost, weight, wanted.total, asked)
    for band in bands:
        band["served"] /= unit
    return {
        "denominator": {
            "kind": "street_km" if wanted.is_street else "demand",
            "total": wanted.total / unit,
            "not_used": wanted.not_used / unit,
            "not_used_share": wanted.not_used / wanted.total if wanted.total > 0 else None,
            "places_of_unknown_demand": wanted.unknown,
        },
        "bands": bands,
        "mean_minutes_of_served": weighted_mean(minutes, weight),
        "two_in_reach": {
            "share": pair_share(served.apart, weight, wanted.total),
            "share_ignoring_distance": pair_share(served.count >= 2, weight, wanted.total),
            "apart_m": asked.apart_m,
            **asked.labels(len(asked.limits) - 1),
        },
        "shuang15": shuang15_shares(
            surface.costs.network,
            surface.stations,
            wanted.places,
            wanted.xy,
            wanted.total,
            asked,
        ),
        "stations": _station_counts(stations),
        "areas_km2": [round(shapely.area(u) / 1e6, 6) for u in shapes.union],
        "gaps": {"found": shapes.gaps_total, "written": len(shapes.gaps)},
        **({} if demand is None else {"demand_places": _demand_counts(demand)}),
    }


def _station_counts(frame: pd.DataFrame) -> dict[str, Any]:
    lost = frame.loc[frame["status"] == "not_used", "reason"]
    return {
        "total": len(frame),
        "used": int(len(frame) - len(lost)),
        "not_used": len(lost),
        "reasons": {str(k): int(v) for k, v in sorted(Counter(lost).items())},
    }


def _demand_counts(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "total": len(frame),
        **{s: int((frame["status"] == s).sum()) for s in ("served", "not_served", "not_used")},
        "reasons": {
            str(k): int(v)
            for k, v in sorted(Counter(frame.loc[frame["reason"] != "", "reason"]).items())
        },
    }


def flags_of(
    network: WalkNetwork, stations: PointTable, demand: PointTable | None
) -> tuple[str, ...]:
    """Return what must be said of a result made from these, in alphabetical order."""
    said = {*network.meta.flags, *stations.flags} - {"unit_demand"}
    if demand is not None:
        said |= set(demand.flags)
    return tuple(sorted(said))


def _od(
    costs: Costs, surface: Surface, wanted: _Demand, ids: Any, demand: gpd.GeoDataFrame | None
) -> pd.DataFrame | None:
    if demand is None:
        return None
    asked = surface.request
    station, spot, cost = od_table(
        costs,
        surface.reach,
        surface.on_edge,
        wanted.places,
        limit=asked.scale.limits[-1],
        cost_per_m=asked.scale.cost_per_m,
    )
    table = pd.DataFrame(
        {
            "station_id": ids[station],
            "place_id": demand["place_id"].to_numpy()[spot],
            "minutes": np.round(cost * asked.scale.minutes_per_cost, 4),
        }
    )
    if asked.unit == "metres":
        table["metres"] = np.round(cost, 2)
    return table
