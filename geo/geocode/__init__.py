"""Geocoding: positions for rows with an address only, from a service that the user names."""

from geo.geocode.asking import Asker
from geo.geocode.locating import OUTCOMES, Geocoded, geocode
from geo.geocode.services import SERVICES, Candidate, Service

__all__ = ["OUTCOMES", "SERVICES", "Asker", "Candidate", "Geocoded", "Service", "geocode"]
