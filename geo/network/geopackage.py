"""A network as one GeoPackage: edges, junctions, water and barriers, to look at in QGIS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from geo import words
from geo.network.model import WalkNetwork

if TYPE_CHECKING:
    from geo.exports import Written

__all__ = ["write_network_geopackage"]


def write_network_geopackage(
    network: WalkNetwork, path: str | os.PathLike[str], *, lang: str = "zh"
) -> Written:
    """Write `network` to the GeoPackage `path`, atomically.

    Layers (EPSG:4326): ``edges`` (`edge`, ends `u` and `v`, `way`, class, names, `length_m`, a
    column per `EdgeFlag`), ``nodes`` (`node`, `osmid`, `component`), ``water`` and ``barriers``;
    edges and barriers are drawn as thin lines. The network's name, source, date, digest and flags
    are in the table ``provenance``.

    Raises
    ------
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    from geo.exports import Layer, NetworkSource, Provenance, write_geopackage

    meta = network.meta
    provenance = Provenance(
        command="network",
        parameters=tuple((f"notes.{name}", value) for name, value in meta.notes),
        network=NetworkSource(
            name=meta.name,
            source=meta.source,
            digest=meta.digest,
            osm_date=meta.osm_date or "",
            attribution=meta.attribution,
        ),
        points=(("overrides", meta.overrides_digest),) if meta.overrides_digest else (),
        flags=meta.flags,
    )

    def layer(name: str, frame: Any, kind: str | None, key: str) -> Layer:
        return Layer(name, frame, kind, words.say(f"network_layer.{name}", lang), key)

    return write_geopackage(
        [
            layer("edges", _numbered(network.edges, "edge"), "lines", "edge"),
            layer("nodes", _numbered(network.nodes, "node"), None, "node"),
            layer("water", _frame(network.water, "water"), None, "water"),
            layer("barriers", _frame(network.barriers, "barrier"), "lines", "barrier"),
        ],
        path,
        provenance,
        lang=lang,
    )


def _numbered(frame: Any, key: str) -> Any:
    """Return a copy of `frame` with the number that other tables know its rows by, first."""
    frame = frame.copy()
    frame.insert(0, key, range(len(frame)))
    return frame


def _frame(series: Any, key: str) -> Any:
    import geopandas as gpd

    return _numbered(gpd.GeoDataFrame(geometry=series), key)
