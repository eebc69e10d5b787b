"""Opening hours: Chinese texts and the OSM grammar, three states at any instant, holidays.

`from_text` reads a Chinese text into the OSM grammar, `parse` the grammar into `Hours`; the rest
asks `Hours` what it is at an instant, through a stretch, over a day, over a week.
"""

from geo.hours.grammar import parse
from geo.hours.holidays import NO_HOLIDAYS, DayKind, HolidayBook, chinese_holidays
from geo.hours.instants import (
    STATES,
    day_minutes,
    intervals,
    next_change,
    open_throughout,
    state,
    week,
)
from geo.hours.model import Hours, State
from geo.hours.telling import describe
from geo.hours.zh_text import HoursText, from_text

__all__ = [
    "NO_HOLIDAYS",
    "STATES",
    "DayKind",
    "HolidayBook",
    "Hours",
    "HoursText",
    "State",
    "chinese_holidays",
    "day_minutes",
    "describe",
    "from_text",
    "intervals",
    "next_change",
    "open_throughout",
    "parse",
    "state",
    "week",
]
