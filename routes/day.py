"""The day of a request: its stops on the ground, and the minutes between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geo.errors import RouteError
from geo.hours import HolidayBook
from geo.network.model import WalkNetwork
from routes.ferries import Ferry
from routes.matrix import LegTable, Spot, WalkGround, lay_spots, leg_table
from routes.places import Place
from routes.stops import Stops
from routes.timetable import windows_of
from routes.visits import StudyBrief

__all__ = ["Day", "day_of"]


@dataclass(frozen=True, eq=False)
class Day:
    """All that orders of one request are made from.

    Attributes
    ----------
    places, stays
        The stops, then the start and the end where they are no stops; minutes at each.
    start, end
        Indices into `places`, None where nobody named one.
    table
        Modes and minutes between the places.
    """

    brief: StudyBrief
    stops: Stops
    places: tuple[Place, ...]
    stays: tuple[float, ...]
    start: int | None
    end: int | None
    ground: WalkGround
    table: LegTable
    ferries: tuple[Ferry, ...]
    book: HolidayBook

    def windows(self, at: int) -> list[tuple[float, float]]:
        """Return from when to when a group may go in at a place, so that it is out by closing."""
        inside = self.stays[at] + self.brief.gather_minutes
        return windows_of(self.places[at], inside, self.brief.day, self.book)

    def without_ferries(self) -> Day:
        """Return the same day with every crossing ridden."""
        return replace(self, table=leg_table(self.ground, self.ferries, self.brief, cross=False))


def day_of(
    brief: StudyBrief,
    stops: Stops,
    network: WalkNetwork,
    ferries: tuple[Ferry, ...],
    book: HolidayBook,
) -> Day:
    """Put the stops of a request on the network.

    Raises
    ------
    RouteError
        The start or the end, where it is no stop, has no walkable way near it.
    """
    places, stays = list(stops.places), list(stops.stays)
    ends: list[int | None] = []
    for bound in (stops.start, stops.end):
        if bound is None:
            ends.append(None)
            continue
        if bound not in places:
            places.append(bound)
            stays.append(0.0)
        ends.append(places.index(bound))
    spots = [Spot(p.id, p.lon, p.lat) for p in places]
    ground = lay_spots(network, spots, ferries, brief)
    for end in ends:
        if end is not None and end >= len(stops.places) and not ground.placed.used[end]:
            place = places[end]
            raise RouteError(
                "route_end_off_network", place_zh=place.name_zh, place_en=place.name_en
            )
    table = leg_table(ground, ferries, brief)
    return Day(
        brief, stops, tuple(places), tuple(stays), ends[0], ends[1], ground, table, ferries, book
    )
