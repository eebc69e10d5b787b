"""From stations, demand and a network to a `Coverage`: the whole of the main job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.areas import AreaTable
from geo.coverage import frames
from geo.coverage.by_area import by_area, stand
from geo.coverage.figures import summary_of
from geo.coverage.gaps import group_gaps, shape_gaps
from geo.coverage.parts import Demand, Served, Shapes
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
from geo.network.model import FloatArray, IntArray, WalkNetwork
from geo.points import PointTable
from geo.search import search_each

__all__ = ["cover", "flags_of"]

Progress = Callable[[str, int, int], None]
MOST_GAPS = 200


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
    areas: AreaTable | None = None,
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
    areas
        Districts, streets, parks … to tell the figures for (`geo.areas.read_areas`).
    on_progress
        Called with (stage, done, total).

    Raises
    ------
    PointsError
        No station can be put on the network.
    AreasError
        None of the areas is on the network.
    """
    stations, no_places = stations.of_places(), stations.no_places
    no_demand = 0 if demand is None else demand.no_places
    demand = None if demand is None else demand.of_places()
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
    summary = summary_of(surface, wanted, served, shapes, station_frame, demand_frame)
    summary["stations"]["no_places"] = no_places
    if demand is not None:
        summary["demand_places"]["no_places"] = no_demand
    area_frame = None
    if areas is not None:
        standing = stand(network, stations, placed, demand, wanted, served, shapes.gap_rank)
        area_frame, summary["areas"] = by_area(areas, standing, network, asked)
    return Coverage(
        request=asked,
        stations=_as_given(station_frame, rank),
        demand=demand_frame,
        circles=_as_given(frames.circles(network, drawn, shapes.circles, asked), rank),
        dissolved=frames.dissolved(network, shapes.union, asked),
        responsibility=_as_given(frames.responsibility(network, ids, shapes.areas), rank),
        gaps=frames.gaps(network, shapes.gaps, wanted.is_street),
        summary=summary,
        flags=flags_of(network, stations, demand, areas),
        od=_od(costs, surface, wanted, ids, demand_frame) if with_od else None,
        lines=frames.lines(demand_frame, station_frame) if with_lines else None,
        areas=area_frame,
    )


def _served(surface: Surface, wanted: Demand) -> Served:
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
    return Served(cost, label, count, apart)


def _shapes(
    surface: Surface,
    wanted: Demand,
    cost: FloatArray,
    most_gaps: int | None,
    with_areas: bool,
    tell: Progress,
) -> Shapes:
    own: list[list[Any]] = []
    if with_areas:
        own = circles(surface, lambda done, total: tell("circles", done, total))
    tell("union", 0, 2)
    union = dissolved(surface)
    tell("union", 1, 2)
    with ThreadPoolExecutor(2) as pool:  # neither waits for the other, and GEOS frees the GIL
        later = pool.submit(_gaps, surface, wanted, cost, union[-1], most_gaps)
        areas = responsibility(surface, union[-1]) if with_areas else _nothing(surface)
        gaps, gaps_total, rank = later.result()
    tell("union", 2, 2)
    return Shapes(own, union, areas, gaps, gaps_total, rank)


def _demand_frame(
    demand: PointTable, wanted: Demand, ids: Any, served: Served, asked: CoverageRequest
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


def _demand(ground: Ground, demand: PointTable | None, asked: CoverageRequest) -> Demand:
    if demand is None:
        pieces = street_pieces(ground)
        edge = np.where(pieces.usable, pieces.edge, np.int32(-1)).astype(np.int32)
        weight = pieces.length_m
        return Demand(
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
    return Demand(
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
    surface: Surface, wanted: Demand, cost: FloatArray, union: Any, most: int | None
) -> tuple[list[dict[str, Any]], int, IntArray]:
    """Return the first gaps, how many there are, and of each place the rank of its gap or 0."""
    limit = surface.request.scale.limits[-1]
    left = ~(cost <= limit) & np.isfinite(wanted.xy).all(axis=1)
    groups = group_gaps(
        wanted.xy[left],
        wanted.places.weight[left],
        wanted.places.edge[left] >= 0,
        link_m=surface.request.gap_link_m,
        cut_m=2.0 * surface.radius_m(limit),
    )
    rank = np.zeros(len(left), dtype=np.int64)
    rank[left] = groups.rank
    found = shape_gaps(groups, most=most, served=union, water=surface.cut)
    return found, int(groups.order.size), rank


def flags_of(
    network: WalkNetwork,
    stations: PointTable,
    demand: PointTable | None,
    areas: AreaTable | None = None,
) -> tuple[str, ...]:
    """Return what must be said of a result made from these, in alphabetical order."""
    said = {*network.meta.flags, *stations.flags} - {"unit_demand"}
    if demand is not None:
        said |= set(demand.flags)
    if areas is not None:
        said |= set(areas.flags)
    return tuple(sorted(said))


def _od(
    costs: Costs, surface: Surface, wanted: Demand, ids: Any, demand: gpd.GeoDataFrame | None
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
