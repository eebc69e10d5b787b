"""Line layers of others (a planning institute's centrelines) → `WalkNetwork`."""

from geo.centrelines.columns import LineColumns
from geo.centrelines.noding import Noded, node_lines
from geo.centrelines.read import LineReport, LineSource, read_lines
from geo.centrelines.telling import noded_sentence

__all__ = [
    "LineColumns",
    "LineReport",
    "LineSource",
    "Noded",
    "node_lines",
    "noded_sentence",
    "read_lines",
]
