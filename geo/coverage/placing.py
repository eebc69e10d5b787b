"""Stations and demand on the network: each in exactly one state, used or not with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.coverage.request import CoverageRequest
from geo.network.components import components
from geo.network.model import FloatArray, IntArray, WalkNetwork
from geo.pace import allowed_edges, profile_named
from geo.snapping import SnapIndex, Snapped, build_index, snap, snappable_edges

__all__ = [
    "Ground",
    "Placed",
    "StreetPieces",
    "lay_ground",
    "place",
    "positions_xy",
    "street_pieces",
]

PIECE_M = 20.0


@dataclass(frozen=True, eq=False)
class Ground:
    """A network made ready for one profile.

    Attributes
    ----------
    index
        Edges that points may join.
    snappable, isolated
        (m,) those edges, and those of parts too small for it.
    component
        (n,) component of each junction over what the profile may walk, 0 the longest.
    """

    network: WalkNetwork
    index: SnapIndex
    snappable: npt.NDArray[np.bool_]
    isolated: npt.NDArray[np.bool_]
    component: IntArray


@dataclass(frozen=True, eq=False)
class Placed:
    """Points on the network.

    Attributes
    ----------
    snapped
        Position of each point.
    xy
        (p, 2) the points themselves, metres in the metric CRS.
    reason
        (p,) object: "" where placed, else ``too_far``, ``across_water``, ``island`` or
        ``outside_network``.
    component
        (p,) component of the position, -1 where there is none.
    """

    snapped: Snapped
    xy: FloatArray
    reason: npt.NDArray[np.object_]
    component: npt.NDArray[np.int32]

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """(p,) True where the point takes part."""
        return self.snapped.found


@dataclass(frozen=True, eq=False)
class StreetPieces:
    """Every walkable street cut into pieces of at most 20 m, in the order of edges.

    Attributes
    ----------
    edge, share
        (p,) edge and the fraction at the piece's middle.
    length_m
        (p,) its length: the weight of the piece.
    usable
        (p,) False on streets too isolated to be joined.
    """

    edge: npt.NDArray[np.int32]
    share: FloatArray
    length_m: FloatArray
    usable: npt.NDArray[np.bool_]


def lay_ground(network: WalkNetwork, request: CoverageRequest) -> Ground:
    """Return `network` made ready for the request's profile."""
    profile = profile_named(request.profile)
    snappable, isolated = snappable_edges(network, profile, min_component_m=request.min_component_m)
    index = build_index(network, snappable)
    component = components(network, allowed_edges(network, profile))[0]
    return Ground(network, index, snappable, isolated, component)


def place(ground: Ground, lonlat: FloatArray, max_access_m: float) -> Placed:
    """Snap points, and say of each that cannot be snapped why.

    Parameters
    ----------
    ground
        The network.
    lonlat
        (p, 2) WGS-84 degrees.
    max_access_m
        Longest access line, metres.
    """
    xy = ground.network.to_metric(lonlat) if len(lonlat) else np.empty((0, 2))
    snapped = snap(ground.index, xy, max_access_m)
    reason = np.full(len(xy), "", dtype=object)
    lost = np.flatnonzero(~snapped.found)
    if lost.size:
        reason[lost] = "too_far"
        west, south, east, north = ground.network.meta.bbox
        margin = max_access_m / 100_000
        outside = (
            (lonlat[lost, 0] < west - margin)
            | (lonlat[lost, 0] > east + margin)
            | (lonlat[lost, 1] < south - margin)
            | (lonlat[lost, 1] > north + margin)
        )
        reason[lost[outside]] = "outside_network"
        reason[lost[snapped.blocked[lost]]] = "across_water"
        if ground.isolated.any():
            near = snap(build_index(ground.network, ground.isolated), xy[lost], max_access_m)
            reason[lost[near.found & ~snapped.blocked[lost]]] = "island"
    component = np.full(len(xy), -1, dtype=np.int32)
    found = snapped.found
    component[found] = ground.component[ground.network.edge_u[snapped.edge[found]]]
    return Placed(snapped, xy, reason, component)


def street_pieces(ground: Ground, piece_m: float = PIECE_M) -> StreetPieces:
    """Cut every street into equal pieces of at most `piece_m`, each standing for its length.

    Streets are what a walker can stand beside: all that can be joined, and the isolated parts,
    which stay in the denominator. Stairs, tunnels, ferries and bridges over water are not.
    """
    edges = np.flatnonzero(ground.snappable | ground.isolated)
    length = np.asarray(ground.network.edge_length_m)[edges]
    edges, length = edges[length > 0], length[length > 0]
    count = np.maximum(np.ceil(length / piece_m - 1e-9).astype(np.int64), 1)
    edge = np.repeat(edges, count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = (number + 0.5) / np.repeat(count, count)
    return StreetPieces(
        edge.astype(np.int32),
        share,
        np.repeat(length / count, count),
        ground.snappable[edge],
    )


def positions_xy(network: WalkNetwork, edge: IntArray, share: FloatArray) -> FloatArray:
    """Return (p, 2) metres of positions on edges, in the metric CRS."""
    planar, ptr = network.planar, np.asarray(network.coord_ptr)
    step = np.hypot(*np.diff(planar, axis=0).T)
    step = np.append(step, 0.0)
    step[ptr[1:] - 1] = 0.0
    run = np.concatenate([[0.0], np.cumsum(step)])[:-1]
    start, stop = ptr[edge], ptr[np.asarray(edge) + 1] - 1
    target = run[start] + share * (run[stop] - run[start])
    at = np.clip(np.searchsorted(run, target, side="right") - 1, start, stop - 1)
    part = np.where(step[at] > 0, (target - run[at]) / np.maximum(step[at], 1e-9), 0.0)
    step_to = planar[at + 1] - planar[at]
    return np.asarray(planar[at] + np.clip(part, 0.0, 1.0)[:, None] * step_to)
