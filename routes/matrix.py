"""Minutes between the stops of a walk, each pair by one mode: on foot, by ferry, or riding.

The rule, stated in every file: a pair is walked where that takes at most the brief's limit. Where
it takes longer, where no way leads (the river lies between) or where a place is off the network,
it goes by ferry if both walks to the piers are within the limit, else it is ridden (coach or
metro): straight line × `RIDE_FACTOR` at `RIDE_KMH`, plus `RIDE_FIXED_MIN` to get in and out. Rides
are always estimates. A place off the network is walked to all the same where it is near: straight
line × `WALK_FACTOR` within the limit, no water or barrier between; such a walk is an estimate too,
and so is one between near places where the network knows drive roads only.

An order is chosen on other minutes than these (`ordering_minutes`): a ride is for where walking is
impossible or too long, so it always counts more than the longest walk there may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.placing import Ground, Placed, lay_ground, place
from geo.coverage.reach import Costs, costs_of, seeds_of
from geo.coverage.request import CoverageRequest
from geo.field import gather_one
from geo.network.model import FloatArray, WalkNetwork
from geo.pace import Profile, profile_named
from geo.search import search_each
from geo.snapping import Snapped, snap
from routes.ferries import Ferry
from routes.visits import StudyBrief

__all__ = [
    "MAX_ACCESS_M",
    "MODES",
    "RIDE_FACTOR",
    "RIDE_FIXED_MIN",
    "RIDE_KMH",
    "WALK_FACTOR",
    "LegTable",
    "Spot",
    "WalkGround",
    "group_profile",
    "lay_spots",
    "leg_table",
    "ordering_minutes",
]

MODES = ("walk", "ferry", "ride")
WALK, FERRY, RIDE = range(3)
RIDE_FACTOR = 1.4  # road ÷ straight line; the walk's own ratio at Nanjing is 1.28 in the median
RIDE_KMH = 20.0  # door to door within a city, stops and lights counted
RIDE_FIXED_MIN = 8.0
WALK_FACTOR = 1.4  # way ÷ straight line where no way is known; between the median and the longest
# How far a walk off the network may lead, straight: to the far bank of no wide river. Where a
# network knows of no water, or of no footways, no farther than a place may lie from its way.
MAX_GUESS_M = 1000.0
# A site's point is often its middle, or a few hundred metres off; the walk to the nearest way is
# then part of the leg, straight, and said so.
MAX_ACCESS_M = 400.0
LONGEST_WALK_S = 6 * 3600.0
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spot:
    """A place to go to or from: WGS-84 degrees, None where it has no known position."""

    id: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, eq=False)
class WalkGround:
    """Spots on a network, for one brief's pace and ways.

    Attributes
    ----------
    spots
        The n spots; piers of ferries come after them.
    placed
        Where each stands on the network.
    lonlat
        (n, 2) degrees, NaN where unknown.
    """

    network: WalkNetwork
    ground: Ground
    costs: Costs
    profile: Profile
    spots: tuple[Spot, ...]
    placed: Placed
    lonlat: FloatArray

    @property
    def seconds_per_m(self) -> float:
        """Seconds for a metre of straight walking."""
        return 1.0 / self.profile.speed_m_s


@dataclass(frozen=True, eq=False)
class LegTable:
    """How to get from each of n spots to each other.

    Attributes
    ----------
    minutes
        (n, n) by the mode of `mode`; NaN where one of the two has no position.
    mode
        (n, n) number in `MODES`.
    walk_minutes
        (n, n) on foot, however long; NaN where no way leads within six hours.
    straight_m
        (n, n) geodesic.
    ferry
        (n, n) number of the ferry taken, -1: none. Its piers are walked to as `first_pier` says.
    first_pier
        (n, n) 0 where it is boarded at the ferry's first pier, 1 at its second.
    pier_minutes
        (n, n) on foot to the pier where it is boarded; NaN without a ferry.
    guessed
        (n, n) True where a walk is only estimated, from the straight line.
    """

    minutes: FloatArray
    mode: npt.NDArray[np.uint8]
    walk_minutes: FloatArray
    straight_m: FloatArray
    ferry: npt.NDArray[np.int16]
    first_pier: npt.NDArray[np.int8]
    pier_minutes: FloatArray
    guessed: npt.NDArray[np.bool_]


def group_profile(brief: StudyBrief) -> Profile:
    """Return the brief's profile at the group's pace; stairs are slower in the same ratio."""
    preset = profile_named(brief.profile)
    speed = brief.pace_kmh / 3.6
    steps = None if preset.steps_m_s is None else preset.steps_m_s * speed / preset.speed_m_s
    return replace(preset, name=f"{preset.name} group", speed_m_s=speed, steps_m_s=steps)


def lay_spots(
    network: WalkNetwork, spots: Sequence[Spot], ferries: Sequence[Ferry], brief: StudyBrief
) -> WalkGround:
    """Put spots, and the piers of ferries after them, on the network."""
    profile = group_profile(brief)
    piers = [Spot(f"{ferry.id}/{end}", *ferry.piers[end]) for ferry in ferries for end in range(2)]
    every = (*spots, *piers)
    lonlat = np.array(
        [[np.nan if s.lon is None else s.lon, np.nan if s.lat is None else s.lat] for s in every],
        dtype=np.float64,
    ).reshape(-1, 2)
    ground = lay_ground(network, CoverageRequest(profile=brief.profile))
    placed = _with_piers(ground, place(ground, lonlat, MAX_ACCESS_M), len(spots))
    return WalkGround(network, ground, costs_of(network, profile), profile, every, placed, lonlat)


def _with_piers(ground: Ground, placed: Placed, first: int) -> Placed:
    """Return placed spots with the piers, from `first` on, joined to the ways over the water.

    A pier stands in the water by nature: the line to its bank may cross it.
    """
    if first == len(placed.xy):
        return placed
    dry = placed.snapped
    wet = snap(ground.index, placed.xy[first:], MAX_ACCESS_M, mind_barriers=False)
    joined = {
        name: np.concatenate([getattr(dry, name)[:first], getattr(wet, name)])
        for name in ("edge", "share", "access_m", "x", "y", "blocked")
    }
    reason = placed.reason.copy()
    reason[first:][wet.found] = ""
    return replace(placed, snapped=Snapped(**joined), reason=reason)


def leg_table(
    ground: WalkGround, ferries: Sequence[Ferry], brief: StudyBrief, *, cross: bool = True
) -> LegTable:
    """Return minutes and mode between all spots; ferries' piers are not among them.

    `cross` off leaves the ferries out: what they would carry is ridden.
    """
    n = len(ground.spots) - 2 * len(ferries)
    walked = _walk_minutes(ground)
    straight = _straight_m(ground.lonlat[:n])
    guessed = _guessed(ground, walked[:n, :n], straight, brief)
    on_foot = (walked[:n, :n] <= brief.max_walk_min) & ~guessed
    np.fill_diagonal(on_foot, True)
    ride = ~on_foot & ~guessed & np.isfinite(straight)
    minutes = np.full((n, n), np.nan)
    minutes[on_foot] = walked[:n, :n][on_foot]
    minutes[guessed] = _guess_minutes(ground, straight[guessed])
    minutes[ride] = ride_minutes(straight[ride])
    np.fill_diagonal(minutes, 0.0)
    table = LegTable(
        minutes, np.where(ride, RIDE, WALK).astype(np.uint8), walked[:n, :n], straight,
        np.full((n, n), -1, dtype=np.int16), np.zeros((n, n), dtype=np.int8),
        np.full((n, n), np.nan), guessed,
    )  # fmt: skip
    for k, boat in enumerate(ferries if cross else ()):
        _take_ferry(table, k, boat, walked, brief.max_walk_min)
    return table


def _take_ferry(
    table: LegTable, k: int, boat: Ferry, walked: FloatArray, max_walk_min: float
) -> None:
    """Put ferry number k where rides stand and both walks to its piers are short enough."""
    n = len(table.minutes)
    for end in range(2):
        board, land = n + 2 * k + end, n + 2 * k + 1 - end
        to, away = walked[:n, board][:, None], walked[land, :n][None, :]
        across = to + boat.every_minutes + boat.minutes + away
        near = (to <= max_walk_min) & (away <= max_walk_min)
        better = near & ((table.mode == RIDE) | ((table.mode == FERRY) & (across < table.minutes)))
        table.minutes[better] = across[better]
        table.mode[better] = FERRY
        table.ferry[better] = k
        table.first_pier[better] = end
        table.pier_minutes[better] = np.broadcast_to(to, (n, n))[better]


def _guessed(
    ground: WalkGround, walked: FloatArray, straight_m: FloatArray, brief: StudyBrief
) -> BoolArray:
    """Return (n, n) pairs walked off the network: one is not on it, or the network has no footways
    and leads too far about; and they are near, with nothing between."""
    n = len(straight_m)
    lost = ~ground.placed.used[:n]
    known = bool(ground.network.water_wkb)
    near = straight_m <= (MAX_GUESS_M if known else MAX_ACCESS_M)
    found = (lost[:, None] | lost[None, :]) & near
    if "drive_only" in ground.network.meta.flags:
        found |= ~(walked <= brief.max_walk_min) & (straight_m <= MAX_ACCESS_M)
    found &= found.T  # one way and back are one walk
    found &= _guess_minutes(ground, straight_m) <= brief.max_walk_min
    np.fill_diagonal(found, False)
    pairs = np.argwhere(np.triu(found))
    if len(pairs) and len(ground.ground.index.bar_xy):
        import shapely

        barriers = shapely.STRtree(
            shapely.linestrings(ground.ground.index.bar_xy.reshape(-1, 2, 2))
        )
        lines = shapely.linestrings(ground.placed.xy[pairs])
        blocked = np.unique(barriers.query(lines, predicate="intersects")[0])
        for a, b in pairs[blocked]:
            found[a, b] = found[b, a] = False
    return found


def _guess_minutes(ground: WalkGround, straight_m: FloatArray) -> FloatArray:
    return np.asarray(straight_m * WALK_FACTOR * ground.seconds_per_m / 60.0)


def ordering_minutes(table: LegTable, max_walk_min: float) -> FloatArray:
    """Return the minutes (n, n) that an order is chosen on, never less than the true ones.

    A ride counts its own minutes, boarding included, and the longest walk's on top: nobody is put
    into a coach to be five minutes sooner than on foot, and shorter rides come before longer.
    """
    return np.where(table.mode == RIDE, table.minutes + max_walk_min, table.minutes)


def ride_minutes(straight_m: Any) -> Any:
    """Return the estimated minutes of a ride over a straight distance in metres."""
    return RIDE_FIXED_MIN + straight_m * RIDE_FACTOR / (RIDE_KMH * 1000.0 / 60.0)


def _walk_minutes(ground: WalkGround) -> FloatArray:
    """Return (n, n) minutes on foot between all spots, NaN where no way leads."""
    n, placed = len(ground.spots), ground.placed
    walked = np.full((n, n), np.nan)
    used = np.flatnonzero(placed.used)
    if used.size == 0:
        return walked
    seeds, _ = seeds_of(ground.costs, placed, ground.seconds_per_m)
    reach = search_each(ground.costs.graph, seeds, LONGEST_WALK_S)
    snapped = placed.snapped
    edge = snapped.edge[used]
    share = snapped.share[used]
    access = snapped.access_m[used] * ground.seconds_per_m
    node_cost = np.full(ground.network.n_nodes, np.inf)
    for at, target in enumerate(used.tolist()):
        nodes, cost = reach.of(at)
        node_cost[nodes] = cost
        seconds = gather_one(
            edge, share, access,
            ends=ground.costs.ends, node_cost=node_cost,
            along=ground.costs.along, against=ground.costs.against,
            station=(edge[at], share[at], access[at]),
        )  # fmt: skip
        node_cost[nodes] = np.inf
        seconds[~np.isfinite(seconds)] = np.nan
        walked[used, target] = seconds / 60.0
    np.fill_diagonal(walked, 0.0)
    return walked


def _straight_m(lonlat: FloatArray) -> FloatArray:
    """Return (n, n) geodesic metres on the WGS-84 ellipsoid, NaN where a position is unknown."""
    from pyproj import Geod

    n = len(lonlat)
    straight = np.full((n, n), np.nan)
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    a, b = (grid.ravel() for grid in np.meshgrid(known, known, indexing="ij"))
    metres = Geod(ellps="WGS84").inv(lonlat[a, 0], lonlat[a, 1], lonlat[b, 0], lonlat[b, 1])[2]
    straight[a, b] = metres
    return straight
