"""The plain figures of a coverage run, ready for JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage.headline import band_shares, pair_share, shuang15_shares, weighted_mean
from geo.coverage.parts import Demand, Served, Shapes
from geo.coverage.surface import Surface

__all__ = ["summary_of"]


def summary_of(
    surface: Surface,
    wanted: Demand,
    served: Served,
    shapes: Shapes,
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
        "gaps": {
            "found": shapes.gaps_total,
            "written": len(shapes.gaps),
            "without_ground": sum(bool(shapely.is_empty(g["geometry"])) for g in shapes.gaps),
        },
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
