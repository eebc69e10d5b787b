"""What a map of inputs shows before anything is computed: points, outlines of areas.

The ground and the frame are those of the maps of results.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import words
from geo.credits import credited
from geo.exports.styles import PAPER
from geo.layers.assets import own_file
from geo.layers.basemap import (
    STREET_STYLES,
    WATER_STYLE,
    Surroundings,
    ground_shapes,
    street_labels,
)
from geo.layers.drawings import Shown
from geo.layers.inert import inert, inert_record
from geo.layers.marks import area_styles
from geo.layers.shapes import collection, feature, in_script, outlines
from geo.network.model import FloatArray, WalkNetwork

__all__ = [
    "DATUM_COLOURS",
    "areas_shown",
    "bounds_of",
    "ground_digest",
    "ground_json",
    "preview_ground",
    "stands_shown",
]

Box = tuple[float, float, float, float]

# Okabe and Ito's colours, told apart with every kind of colour vision.
DATUM_COLOURS = {"wgs84": "#0072B2", "gcj02": "#D55E00", "bd09": "#8A4B8F"}
_REACH_M = 600.0
_CLOSEST = 0.004  # degrees: one point alone is shown with its neighbourhood
_OUTLIERS = 50  # points from which on the outermost hundredths do not set the view


def bounds_of(places: Sequence[FloatArray], network: WalkNetwork) -> Box:
    """Return the box that holds almost all of the points (lon, lat), the network's without any."""
    lonlat = np.vstack([*places, np.empty((0, 2))])
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(lonlat):
        return network.meta.bbox
    low, high = (0.01, 0.99) if len(lonlat) >= _OUTLIERS else (0.0, 1.0)
    west, south = np.quantile(lonlat, low, axis=0, method="lower").tolist()
    east, north = np.quantile(lonlat, high, axis=0, method="higher").tolist()
    return west - _CLOSEST, south - _CLOSEST, east + _CLOSEST, north + _CLOSEST


def preview_ground(network: WalkNetwork, box: Box, near: FloatArray) -> Surroundings:
    """Return what is drawn under inputs: the streets in `box`, small ones near the points."""
    return Surroundings(network, box, near, _REACH_M)


def ground_digest(under: Surroundings) -> str:
    """Return a digest of all that the ground depends on, this package's code included."""
    key = hashlib.sha256(repr(under.identity).encode())
    for name in ("basemap.py", "previews.py", "shapes.py"):
        key.update(own_file(name).encode())
    return key.hexdigest()[:24]


def ground_json(under: Surroundings) -> str:
    """Return water and streets as JSON for `hongtu.fill` of map.js."""
    how = {"styles": {**STREET_STYLES, "water": WATER_STYLE}, "quiet": True}
    return f'{{"data":{collection(ground_shapes(under))},"how":{in_script(how)}}}'


def stands_shown(
    stands: dict[str, FloatArray],
    titles: Sequence[str],
    rows: Sequence[str],
    under: Surroundings,
    *,
    chosen: str | None,
    focus: int | None = None,
    lang: str,
    view_key: str,
) -> Shown:
    """Return points under several datums: those of the chosen one filled, the others hollow.

    Parameters
    ----------
    stands
        By datum (n, 2) lon, lat of the same points.
    titles, rows
        What each point is called, and where it stands in its file.
    chosen
        One of the datums; None while none is.
    focus
        Position of the one point to look at; None: at all.
    """
    others = [name for name in stands if name != chosen]
    fields = [["row", _say("data_row", lang)], ["datum", _say("data_datum", lang)]]
    styles = {name: _stand_style(name, filled=name == chosen) for name in stands}
    told = [inert_record({"title": t, "row": r}) for t, r in zip(titles, rows, strict=True)]

    def drawn(names: Iterable[str]) -> list[str]:
        return [
            feature(shapely.Point(x, y), {
                "k": name, **one, "datum": inert(words.say(f"datum.{name}", lang)),
            })
            for name in names
            for (x, y), one in zip(stands[name].tolist(), told, strict=True)
        ]  # fmt: skip

    how = {"styles": styles, "fields": fields}
    layers = {
        "names": _names(under, lang),
        "data_elsewhere": (drawn(others), how),
        "data_points": (drawn([chosen] if chosen else []), how),
    }
    looked_at = [at if focus is None else at[focus : focus + 1] for at in stands.values()]
    return _shown(layers, bounds_of(looked_at, under.network), view_key, under, lang)


def areas_shown(
    shapes: NDArray[np.object_],
    titles: Sequence[str],
    levels: Sequence[str],
    under: Surroundings,
    *,
    lang: str,
    view_key: str,
) -> Shown:
    """Return outlines of reporting areas, the levels told apart as on maps of results."""
    known = list(dict.fromkeys(levels))
    fields = [["level", _say("data_level", lang)]]
    found = []
    for shape, title, level in zip(shapes, titles, levels, strict=True):
        lines = outlines(shape)
        if lines.size:
            told = inert_record({"title": title, "level": level})
            key = {"k": f"area{known.index(level)}"}
            found.append(feature(shapely.multilinestrings(lines), {**key, **told}))
    layers = {
        "names": _names(under, lang),
        "areas": (found, {"styles": area_styles(len(known)), "fields": fields}),
    }
    return _shown(layers, under.box, view_key, under, lang)


def _shown(
    layers: dict[str, Any], box: Box, view_key: str, under: Surroundings, lang: str
) -> Shown:
    meta = under.network.meta
    known = words.entries()
    flags = tuple(
        inert(words.say(f"layers.short_{flag}", lang) if f"layers.short_{flag}" in known else flag)
        for flag in meta.flags
    )
    return Shown(layers, box, inert(view_key), (inert(credited(meta.attribution, lang)),), flags)


def _names(under: Surroundings, lang: str) -> tuple[list[str], dict[str, Any]]:
    return list(street_labels(under, lang)), {"labels": True, "quiet": True}


def _say(text: str, lang: str) -> str:
    return words.say(f"layers.{text}", lang)


def _stand_style(datum: str, *, filled: bool) -> dict[str, Any]:
    colour = DATUM_COLOURS[datum]
    if filled:
        return {"radius": 5.5, "color": PAPER, "weight": 1.4, "fillColor": colour,
                "fillOpacity": 1.0}  # fmt: skip
    return {"radius": 4.2, "color": colour, "weight": 1.6, "opacity": 0.75, "fillColor": PAPER,
            "fillOpacity": 0.55}  # fmt: skip
