"""Line layers of others (a planning institute's centrelines) → `WalkNetwork`."""

from geo.centrelines.columns import LineColumns
from geo.centrelines.noding import Noded, node_lines
from geo.centrelines.read import NEAR, LineReport, LineSource, read_lines

__all__ = ["NEAR", "LineColumns", "LineReport", "LineSource", "Noded", "node_lines", "read_lines"]
