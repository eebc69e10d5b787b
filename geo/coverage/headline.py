"""The figures a planner reads first, with their denominators."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.placing import Placed
from geo.coverage.reach import Places, costs_of, nearest_station, seeds_of
from geo.coverage.request import ROUNDING, CoverageRequest
from geo.network.model import FloatArray, WalkNetwork
from geo.pace import in_metres, profile_named

__all__ = ["band_shares", "pair_share", "shuang15_shares", "weighted_mean"]

STRAIGHT_M = 1000.0
WALKED_M = 1000.0
WALKED_15_MIN_M = 4800.0 / 4  # 15 min at 4.8 km/h


def _share(served: npt.NDArray[np.bool_], weight: FloatArray, total: float) -> float | None:
    return float(weight[served].sum() / total) if total > 0 else None


def band_shares(
    cost: FloatArray, weight: FloatArray, total: float, request: CoverageRequest
) -> list[dict[str, Any]]:
    """Return per band: its labels, the weight served and its share of `total`."""
    rows = []
    for band, limit in enumerate(request.scale.limits):
        served = cost <= limit
        row: dict[str, Any] = dict(request.labels(band))
        row["served"] = float(weight[served].sum())
        row["share"] = _share(served, weight, total)
        rows.append(row)
    return rows


def pair_share(apart: npt.NDArray[np.bool_], weight: FloatArray, total: float) -> float | None:
    """Return the share of `total` with two stations in reach that are far enough apart."""
    return _share(apart, weight, total)


def weighted_mean(values: FloatArray, weight: FloatArray) -> float | None:
    """Return the mean of the finite values, None where they weigh nothing."""
    known = np.isfinite(values) & (weight > 0)
    total = weight[known].sum()
    return float((values[known] * weight[known]).sum() / total) if total > 0 else None


def shuang15_shares(
    network: WalkNetwork,
    stations: Placed,
    places: Places,
    place_xy: FloatArray,
    total: float,
    request: CoverageRequest,
) -> dict[str, float | None]:
    """Return the three readings of 双15 (settled question 5), as shares of `total`.

    Within 1 km in a straight line; within 1000 m walked; within 15 min at 4.8 km/h, which is
    1200 m walked. Access legs count as walked. Stairs are not slower in any of them.
    """
    from scipy.spatial import KDTree

    costs = costs_of(network, in_metres(profile_named(request.profile)))
    seeds, on_edge = seeds_of(costs, stations, 1.0)
    metres, _ = nearest_station(costs, seeds, on_edge, places, 1.0)
    known = np.isfinite(place_xy).all(axis=1)
    straight = np.full(len(place_xy), np.inf)
    straight[known] = KDTree(stations.xy[stations.used]).query(place_xy[known])[0]
    weight = places.weight
    return {
        "straight_1km": _share(straight <= STRAIGHT_M * ROUNDING, weight, total),
        "walked_1000m": _share(metres <= WALKED_M * ROUNDING, weight, total),
        "walked_15min_4_8kmh": _share(metres <= WALKED_15_MIN_M * ROUNDING, weight, total),
    }
