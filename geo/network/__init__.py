"""`WalkNetwork`: building, saving, opening, auditing and exchanging walking networks."""

from geo.network.build import WayTable, build_network, network_digest
from geo.network.components import components
from geo.network.convert import from_osmnx, to_osmnx
from geo.network.geopackage import write_network_geopackage
from geo.network.model import FORMAT_VERSION, Amendment, EdgeFlag, NetworkMeta, WalkNetwork
from geo.network.store import is_network, load_network, save_network

__all__ = [
    "FORMAT_VERSION",
    "Amendment",
    "EdgeFlag",
    "NetworkMeta",
    "WalkNetwork",
    "WayTable",
    "build_network",
    "components",
    "from_osmnx",
    "is_network",
    "load_network",
    "network_digest",
    "save_network",
    "to_osmnx",
    "write_network_geopackage",
]
