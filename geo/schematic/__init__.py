"""The offline default: a schematic walking network of Nanjing, drawn from ``data/network/``."""

from geo.schematic.cache import cache_folder, schematic_network

__all__ = ["cache_folder", "schematic_network"]
