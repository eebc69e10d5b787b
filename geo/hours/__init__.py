"""Opening hours: Chinese texts and the OSM grammar, three states at any instant, holidays."""

from geo.hours.zh_text import HoursText, from_text

__all__ = ["HoursText", "from_text"]
