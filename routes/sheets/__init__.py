"""A route as files: GeoJSON, GPX, KML, CSV, iCalendar, QR, a printed sheet and its picture."""

from routes.sheets.content import SheetContent, Stop, Way, content_of
from routes.sheets.drawing import Drawing, map_of
from routes.sheets.folder import write_route
from routes.sheets.gpx import gpx_of
from routes.sheets.ics import ics_of
from routes.sheets.kml import kml_of
from routes.sheets.links import QrCode, qr_of, share_link, walking_link
from routes.sheets.page import page_of
from routes.sheets.picture import Picture, picture_of
from routes.sheets.record import route_provenance
from routes.sheets.table import geojson_of, route_frame, timetable_csv, timetable_frame

__all__ = [
    "Drawing",
    "Picture",
    "QrCode",
    "SheetContent",
    "Stop",
    "Way",
    "content_of",
    "geojson_of",
    "gpx_of",
    "ics_of",
    "kml_of",
    "map_of",
    "page_of",
    "picture_of",
    "qr_of",
    "route_frame",
    "route_provenance",
    "share_link",
    "timetable_csv",
    "timetable_frame",
    "walking_link",
    "write_route",
]
