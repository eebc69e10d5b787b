"""What is asked of a coverage run: a frozen value that is cache key and command line at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from geo.errors import RequestError
from geo.pace import Profile, in_metres, profile_named
from geo.snapping import MIN_COMPONENT_M

__all__ = ["MAX_BANDS", "MAX_METRES", "MAX_MINUTES", "CoverageRequest", "Scale"]

MAX_BANDS = 6
MAX_MINUTES = 60.0
MAX_METRES = 6000.0
ROUNDING = 1.0 + 1e-12


@dataclass(frozen=True)
class Scale:
    """How costs are counted in a run: seconds of a profile, or metres walked.

    Attributes
    ----------
    profile
        The profile whose "seconds" the search counts.
    limits
        The bands in that unit, rising; larger by a rounding, so that a walk of exactly the limit
        is within it whichever way its parts were added up.
    cost_per_m
        Cost of a metre of straight access.
    minutes_per_cost
        Turns a cost into minutes at the profile's pace on the level.
    """

    profile: Profile
    limits: tuple[float, ...]
    cost_per_m: float
    minutes_per_cost: float


@dataclass(frozen=True)
class CoverageRequest:
    """A coverage question.

    Attributes
    ----------
    limits
        Bands, in `unit`; cumulative, sorted, without repetition.
    unit
        ``minutes`` (1 to 60) or ``metres`` walked (50 to 6000).
    profile
        Name of a walking profile (`geo.pace`).
    cell_m
        Side of a lattice cell, metres.
    max_access_m
        Longest straight line between a place or station and the network, metres.
    fill_holes_m2
        Holes in polygons smaller than this are filled; 0 keeps all.
    apart_m
        Two stations nearer to each other than this do not count as two in reach.
    min_component_m
        Parts of the network with less than this in all are islands.
    gap_link_m
        Unserved places this close to each other belong to one gap.

    Raises
    ------
    RequestError
        A limit or parameter that makes no sense.
    """

    limits: tuple[float, ...] = (5.0, 10.0, 15.0)
    unit: str = "minutes"
    profile: str = "shuang15"
    cell_m: float = 20.0
    max_access_m: float = 150.0
    fill_holes_m2: float = 0.0
    apart_m: float = 200.0
    min_component_m: float = MIN_COMPONENT_M
    gap_link_m: float = 250.0

    def __post_init__(self) -> None:
        if self.unit not in ("minutes", "metres"):
            raise RequestError("unit_unknown", unit=self.unit)
        low, high = (1.0, MAX_MINUTES) if self.unit == "minutes" else (50.0, MAX_METRES)
        if not self.limits or not all(low <= v <= high for v in self.limits):
            raise RequestError(f"limits_{self.unit}", low=int(low), high=int(high))
        object.__setattr__(self, "limits", tuple(sorted({float(v) for v in self.limits})))
        if len(self.limits) > MAX_BANDS:
            raise RequestError("limits_many", most=MAX_BANDS)
        profile_named(self.profile)
        for name, smallest, largest in (
            ("cell_m", 5.0, 200.0),
            ("max_access_m", 1.0, 2000.0),
            ("fill_holes_m2", 0.0, 1e9),
            ("apart_m", 0.0, 5000.0),
            ("min_component_m", 0.0, 1e6),
            ("gap_link_m", 20.0, 2000.0),
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and smallest <= value <= largest):
                option = f"{name} (--{name.replace('_', '-')})"
                raise RequestError("option_range", name=option, low=smallest, high=largest)

    @cached_property
    def scale(self) -> Scale:
        """Costs of this request."""
        profile = profile_named(self.profile)
        per_minute = profile.speed_m_s * 60.0
        if self.unit == "metres":
            limits = tuple(v * ROUNDING for v in self.limits)
            return Scale(in_metres(profile), limits, 1.0, 1.0 / per_minute)
        limits = tuple(v * 60.0 * ROUNDING for v in self.limits)
        return Scale(profile, limits, 1.0 / profile.speed_m_s, 1.0 / 60.0)

    def labels(self, band: int) -> dict[str, float]:
        """Return the columns that name a band: ``minutes``, and ``metres`` where asked in metres.

        A limit in metres also has minutes at the profile's pace, so that the files of both kinds
        of run have the same columns.
        """
        limit = self.limits[band]
        if self.unit == "minutes":
            return {"minutes": limit}
        return {"metres": limit, "minutes": round(limit * self.scale.minutes_per_cost, 2)}
