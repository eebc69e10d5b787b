"""Walking profiles: speed, stairs, forbidden ways, with the source of each figure.

A profile turns a network into seconds per edge and direction; it is the only place where a speed
is written. `in_metres` turns any profile into one whose "second" is a metre walked, which is how
limits in metres use the same search.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geo.errors import RequestError
from geo.network.model import EdgeFlag, FloatArray, WalkNetwork

__all__ = ["PROFILES", "Profile", "allowed_edges", "edge_seconds", "in_metres", "profile_named"]


@dataclass(frozen=True)
class Profile:
    """Who walks.

    Attributes
    ----------
    name
        The word used on the command line.
    speed_m_s
        Metres per second on the level.
    steps_m_s
        Metres per second along the plan length of stairs; None: stairs cannot be used.
    forbidden
        `EdgeFlag` bits that cannot be used at all, besides ferries.
    source
        Where the figures come from.
    """

    name: str
    speed_m_s: float
    steps_m_s: float | None
    forbidden: int
    source: str


_KRETZ = (
    "stairs 0.50 m/s in plan: Kretz et al. (2008), upstairs walking speed on a long stairway, "
    "most frequent 0.4–0.5 m/s"
)
_WHEELS = int(EdgeFlag.CONVEYING)

PROFILES: dict[str, Profile] = {
    p.name: p
    for p in (
        Profile(
            "shuang15",
            1000 / 900,
            1000 / 900,
            0,
            "ACFTU 双15 programme: 1 km and 15 min on foot; stairs not slower",
        ),
        Profile(
            "adult",
            4.8 / 3.6,
            0.5,
            0,
            f"4.8 km/h, the median measured between sights of Nanjing (189 pairs); {_KRETZ}",
        ),
        Profile(
            "elder",
            0.92,
            0.345,
            0,
            "0.92 m/s, 15th percentile of older pedestrians (3.03 ft/s), TCRP 112 / NCHRP 562 "
            "(2006); stairs in the adult's ratio",
        ),
        Profile(
            "stroller",
            1.067,
            None,
            _WHEELS,
            "1.067 m/s (3.5 ft/s), MUTCD 2009 section 4E.06; no stairs, no conveyors",
        ),
        Profile(
            "wheelchair",
            0.914,
            None,
            _WHEELS | int(EdgeFlag.NO_WHEELCHAIR),
            "0.914 m/s (3.0 ft/s), MUTCD 2009 section 4E.06; no stairs, no conveyors, "
            "no way tagged wheelchair=no",
        ),
    )
}


def profile_named(name: str) -> Profile:
    """Return the preset called `name`.

    Raises
    ------
    RequestError
        There is none.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise RequestError("profile_unknown", name=name, known=", ".join(PROFILES)) from None


def in_metres(profile: Profile) -> Profile:
    """Return `profile` with every allowed way at 1 m/s, so that seconds count metres walked."""
    steps = None if profile.steps_m_s is None else 1.0
    return replace(profile, name=f"{profile.name} in metres", speed_m_s=1.0, steps_m_s=steps)


def allowed_edges(network: WalkNetwork, profile: Profile) -> npt.NDArray[np.bool_]:
    """Return (m,) True where `profile` may walk in at least one direction. Ferries never."""
    barred = EdgeFlag.FERRY | EdgeFlag(profile.forbidden)
    if profile.steps_m_s is None:
        barred |= EdgeFlag.STEPS
    return ~network.has(barred)


def edge_seconds(network: WalkNetwork, profile: Profile) -> tuple[FloatArray, FloatArray]:
    """Return the seconds of every edge along u → v and along v → u, inf where not allowed.

    Only ``oneway:foot`` and conveying ways differ between the two (settled question 1).
    """
    seconds = np.asarray(network.edge_length_m) / profile.speed_m_s
    if profile.steps_m_s is not None:
        steps = network.has(EdgeFlag.STEPS)
        seconds = np.where(steps, network.edge_length_m / profile.steps_m_s, seconds)
    seconds = np.where(allowed_edges(network, profile), seconds, np.inf)
    along = np.where(network.has(EdgeFlag.BACKWARD_ONLY), np.inf, seconds)
    against = np.where(network.has(EdgeFlag.FORWARD_ONLY), np.inf, seconds)
    return along, against
