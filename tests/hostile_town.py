"""A drawn town whose every text is an attack, for tests of maps and pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from drawn_network import degrees, draw, places, points, way

from geo.coverage import Coverage, CoverageRequest, cover
from geo.network.model import WalkNetwork

PAYLOADS = (
    "{{ 7*7 }}",
    "{% raw %}",
    "{# gone #}",
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "\"'`",
    "${window.pwned=1}",
    "</script>",
    "\\u003cb\\u003e",
    "]]>--><!--",
)
"""Each is planted in ids, names, own columns and their headings, street names and credits."""


@dataclass(frozen=True)
class Town:
    """A result, the network it was made on, and sites."""

    network: WalkNetwork
    result: Coverage
    sites: gpd.GeoDataFrame


def town() -> Town:
    """Return a 2 km cross of streets with a station for each payload, and two heritage sites."""
    spots = [(200.0 * i - 900.0, 0.0) for i in range(len(PAYLOADS))]
    network = draw(
        way(*((x, 0.0) for x in np.arange(-1000.0, 1001.0, 100.0)), highway="primary"),
        way(*((0.0, y) for y in np.arange(-3000.0, 3001.0, 100.0)), highway="residential"),
        water=[shapely.box(300, 300, 900, 800)],
    )
    street = " ".join(PAYLOADS)
    network = replace(
        network,
        names=(street,),
        edge_name=np.zeros(network.n_edges, dtype=np.int32),
        meta=replace(network.meta, attribution=street, name=street, flags=(*PAYLOADS, "sample")),
    )
    stations = points({f"id {p}": at for p, at in zip(PAYLOADS, spots, strict=True)})
    frame = stations.frame.copy()
    frame["name"] = [f"name {p}" for p in PAYLOADS]
    frame["类型"] = list(PAYLOADS)
    for heading in PAYLOADS:
        frame[heading] = heading
    lost = pd.DataFrame({"id": ["{{ 7*7 }}"], "name": ["<b>"], "reason": ["no_position"]})
    faults = pd.DataFrame(
        {"id": ["{{ 7*7 }}"], "row": [99], "name": ["<b>"], "code": ["no_position"], "params": [{}]}
    )
    stations = replace(
        stations, frame=frame, unused=lost.reindex(columns=[*frame.columns.drop("geometry"),
        "reason"]), faults=faults, rows=len(frame) + 1,
    )  # fmt: skip
    demand = places({f"d {p}": (0.0, 290.0 * i - 2900.0) for i, p in enumerate(PAYLOADS * 2)}
                    | {"far {{ 7*7 }}": (0.0, 2990.0)})  # fmt: skip
    demand.frame["name"] = "{{ 7*7 }}"
    result = cover(network, stations, demand, CoverageRequest(limits=(3.0, 6.0, 9.0)))
    lonlat = degrees([(-500.0, 400.0), (500.0, -400.0)])
    sites = gpd.GeoDataFrame(
        {
            "id": list(PAYLOADS[:2]),
            "name": [f"site {street}", None],
            "name_zh": [f"点位 {street}", None],
            "name_en": [f"site {street}", None],
            "address": list(PAYLOADS[2:4]),
            "coordinate_status": ["estimated", PAYLOADS[0]],
            "accuracy_m": ["{{ 7*7 }}", 200],
            **{heading: "{{ 7*7 }}" for heading in PAYLOADS},
        },
        geometry=gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]),
        crs="EPSG:4326",
    )
    return Town(network, result, sites)
