"""The timetable as an iCalendar (RFC 5545): an event per visit, times in Asia/Shanghai."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from geo import words
from geo.exports import Provenance
from geo.layers.inert import showable
from routes.sheets.day import SheetContent, Stop, Way

if TYPE_CHECKING:
    from icalendar import Event

__all__ = ["ics_of"]

_TZID = "Asia/Shanghai"


def ics_of(content: SheetContent, provenance: Provenance) -> bytes | None:
    """Return the visits of the day as events with how to get there, None without a date.

    Each of several groups has its own, which name it. The identifiers of events depend on the
    request, the group and the stop alone: a plan that is imported again replaces what stood there.
    """
    if content.day is None:
        return None
    from icalendar import Calendar, Timezone

    calendar = Calendar()
    calendar.add("prodid", f"-//Hongtu//{provenance.version}//{content.lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", showable(content.title))
    calendar.add("x-wr-timezone", _TZID)
    # The library goes through these days one by one, and no walk takes longer than two.
    day = datetime.timedelta(days=1)
    zone = Timezone.from_tzid(_TZID, first_date=content.day - day, last_date=content.day + 3 * day)
    calendar.add_component(zone)
    stamp = datetime.datetime.fromisoformat(provenance.created).astimezone(datetime.UTC)
    for one in content.every:
        for at, stop in enumerate(one.stops):
            if stop.number is not None:
                ways = one.ways[at - 1] if at > 0 else ()
                calendar.add_component(_event(one, stop, ways, stamp))
    found: bytes = calendar.to_ical()
    return found


def _event(
    content: SheetContent, stop: Stop, ways: tuple[Way, ...], stamp: datetime.datetime
) -> Event:
    from icalendar import Event

    place, lang = stop.place, content.lang
    event = Event()
    group = f"g{content.number}-" if content.number else ""
    event.add("uid", f"{content.route.brief.digest[:24]}-{group}{stop.number}@hongtu")
    event.add("dtstamp", stamp)
    event.add("dtstart", content.at(stop.begin))
    event.add("dtend", content.at(stop.leave))
    named = filter(None, (content.group, f"{stop.mark} {stop.name}"))
    event.add("summary", showable(" · ".join(named)))
    event.add("location", showable(place.address or stop.name))
    event.add("geo", (round(stop.lat, 6), round(stop.lon, 6)))
    said = [*(way.said for way in ways), stop.why or place.text(lang) or "", *stop.remarks]
    if stop.estimated:
        said.append(words.say("sheet.near", lang, metres=round(place.accuracy_m or 0)))
    said += [text for _, text in content.flags]
    event.add("description", showable("\n".join(filter(None, said))))
    event.add("status", "TENTATIVE" if stop.conflict else "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event
