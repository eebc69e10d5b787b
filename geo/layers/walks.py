"""What the map of a study walk shows: numbered stops, legs by mode, rests; on the usual ground.

It is told what to draw in plain values, since the walk itself belongs to a layer above. A stop is
one small round mark with its number; stops at one spot share a mark. A position that is an estimate
is hollow, with a circle as wide as it may be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo import words
from geo.credits import credited
from geo.exports.styles import PAPER
from geo.layers.basemap import Surroundings, street_labels
from geo.layers.drawings import Shown
from geo.layers.inert import inert, inert_record
from geo.layers.shapes import feature
from geo.network.model import FloatArray, WalkNetwork

__all__ = ["LEG_STYLES", "REST_STYLES", "WalkLeg", "WalkRest", "WalkStop", "mark_svg",
           "walk_ground", "walk_shown"]  # fmt: skip

LEG_STYLES: dict[str, dict[str, Any]] = {
    "walk": {"color": "#A81C1C", "weight": 5.0, "opacity": 0.95},
    "ferry": {"color": "#1A5A9C", "weight": 4.5, "opacity": 0.95, "dashArray": "12 7"},
    "ride": {"color": "#5F5A57", "weight": 3.0, "opacity": 0.75, "dashArray": "2 8"},
}
"""Modes differ by their dashes too, so that nobody needs the colours."""

REST_STYLES: dict[str, dict[str, Any]] = {
    "open": {"radius": 4.5, "color": PAPER, "weight": 1.2, "fillColor": "#1B7F5A",
             "fillOpacity": 1.0},
    "unknown": {"radius": 4.0, "color": "#1B7F5A", "weight": 1.6, "fillColor": PAPER,
                "fillOpacity": 0.9},
}  # fmt: skip
_ACCURACY = {"color": "#6B4A00", "weight": 1.4, "opacity": 0.8, "dashArray": "4 4",
             "fillColor": "#F2B600", "fillOpacity": 0.08}  # fmt: skip
_HEIGHT_PX = 26
_CORNERS = 48
_NEAR_M = 700.0
_MARGIN_DEGREES, _MARGIN_SHARE = 0.003, 0.08
_SAME_DEGREES = 1e-4  # about 10 m: two marks would hide each other at every zoom
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class WalkStop:
    """A stop: what stands in its mark, where it is (WGS-84), and what is told of it.

    Attributes
    ----------
    accuracy_m
        How far off the position may be; drawn only where it is `estimated`.
    told
        Text by field of the tooltip: ``times``, ``position``, ``remarks``.
    """

    mark: str
    title: str
    lon: float
    lat: float
    estimated: bool
    accuracy_m: float
    told: dict[str, str]


@dataclass(frozen=True, eq=False)
class WalkLeg:
    """A leg: mode of `LEG_STYLES`, (k, 2) WGS-84 degrees, from where to where, and how long."""

    mode: str
    line: FloatArray
    title: str
    said: str


@dataclass(frozen=True)
class WalkRest:
    """A station to rest at: state of `REST_STYLES`, and what is told of it."""

    state: str
    title: str
    lon: float
    lat: float
    said: str


def walk_ground(
    network: WalkNetwork, stops: Sequence[WalkStop], legs: Sequence[WalkLeg]
) -> Surroundings:
    """Return the surroundings of a walk: the box it takes, small streets near to it."""
    spots = np.array([(stop.lon, stop.lat) for stop in stops])
    return Surroundings(network, _box(stops, legs), spots, _NEAR_M)


def walk_shown(
    stops: Sequence[WalkStop],
    legs: Sequence[WalkLeg],
    rests: Sequence[WalkRest],
    under: Surroundings,
    *,
    flags: Sequence[str],
    lang: str,
    view_key: str,
) -> Shown:
    """Return the layers of a walk over the ground `under`.

    Parameters
    ----------
    flags
        Codes; those with a short word (``layers.short_*``) stand on the map itself.
    view_key
        Names the view that the browser's tab keeps.
    """
    icons: dict[str, str] = {}
    sizes: dict[str, list[int]] = {}
    known = words.entries()
    short = [words.say(f"layers.short_{f}", lang) for f in flags if f"layers.short_{f}" in known]
    layers: dict[str, tuple[list[str], dict[str, Any]]] = {
        "names": (list(street_labels(under, lang)), {"labels": True, "quiet": True}),
        "walk_accuracy": (
            _circles(stops), {"styles": {"accuracy": _ACCURACY}, "quiet": True},
        ),
        "walk_legs": (_legs(legs), {"styles": LEG_STYLES, "fields": _fields(("said",), lang)}),
        "walk_rests": (_rests(rests), {"styles": REST_STYLES, "fields": _fields(("said",), lang)}),
        "walk_stops": (
            _stops(stops, icons, sizes),
            {"icons": icons, "sizes": sizes,
             "fields": _fields(("times", "position", "remarks"), lang)},
        ),
    }  # fmt: skip
    credits = (inert(credited(under.network.meta.attribution, lang)),)
    return Shown(layers, under.box, inert(view_key), credits, tuple(map(inert, short)))


def mark_svg(mark: str, *, estimated: bool) -> str:
    """Return a mark as SVG, 26 pixels high: filled, or hollow for an estimated position."""
    wide = _width(mark)
    fill, ink = (PAPER, "#7A1313") if estimated else ("#A81C1C", "#FFFFFF")
    dashes = ' stroke-dasharray="4 2.5"' if estimated else ""
    edge = "#7A1313" if estimated else "#FFFFFF"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {_HEIGHT_PX}" '
        f'width="{wide}" height="{_HEIGHT_PX}" aria-hidden="true">'
        f'<rect x="1.5" y="1.5" width="{wide - 3}" height="{_HEIGHT_PX - 3}" rx="11.5" '
        f'fill="{fill}" stroke="{edge}" stroke-width="2"{dashes}/>'
        f'<text x="{wide / 2:g}" y="17.6" font-size="13" font-weight="700" fill="{ink}" '
        f'text-anchor="middle" font-family="system-ui, sans-serif">{inert(mark)}</text></svg>'
    )


def _width(mark: str) -> int:
    letters = sum(
        13 if sign > "\u2e7f" else 7 for sign in mark
    )  # Chinese is a letter's height wide
    return max(_HEIGHT_PX, 14 + letters)


def _fields(names: Sequence[str], lang: str) -> list[list[str]]:
    return [[name, words.say(f"layers.walk_{name}", lang)] for name in names]


def _stops(
    stops: Sequence[WalkStop], icons: dict[str, str], sizes: dict[str, list[int]]
) -> list[str]:
    """Return a feature for each spot, and note its mark in `icons` and `sizes`."""
    found = []
    for at, here in enumerate(_by_spot(stops)):
        mark = "·".join(dict.fromkeys(stop.mark for stop in here))
        icons[f"m{at}"] = mark_svg(mark, estimated=any(stop.estimated for stop in here))
        sizes[f"m{at}"] = [_width(mark), _HEIGHT_PX]
        told = {"title": " / ".join(dict.fromkeys(stop.title for stop in here))}
        for name in here[0].told:
            told[name] = " / ".join(dict.fromkeys(filter(None, (s.told[name] for s in here))))
        shown = inert_record({key: text for key, text in told.items() if text})
        found.append(feature(shapely.Point(here[0].lon, here[0].lat), {"k": f"m{at}", **shown}))
    return found


def _by_spot(stops: Sequence[WalkStop]) -> list[list[WalkStop]]:
    spots: list[list[WalkStop]] = []
    for stop in stops:
        for here in spots:
            first = here[0]
            if max(abs(first.lon - stop.lon), abs(first.lat - stop.lat)) < _SAME_DEGREES:
                here.append(stop)
                break
        else:
            spots.append([stop])
    return spots


def _circles(stops: Sequence[WalkStop]) -> list[str]:
    """Return the circles that estimated positions may lie in, the largest first."""
    guessed = [stop for stop in stops if stop.estimated and stop.accuracy_m > 0]
    turn = np.linspace(0.0, 2 * np.pi, _CORNERS, endpoint=False)
    found = []
    for stop in sorted(guessed, key=lambda stop: -stop.accuracy_m):
        lat = stop.accuracy_m / _METRES_PER_DEGREE
        lon = lat / np.cos(np.radians(stop.lat))
        ring = np.column_stack([stop.lon + lon * np.cos(turn), stop.lat + lat * np.sin(turn)])
        found.append(feature(shapely.Polygon(ring), {"k": "accuracy"}))
    return found


def _legs(legs: Sequence[WalkLeg]) -> list[str]:
    """Return the legs, those on foot last and so on top."""
    order = sorted(legs, key=lambda leg: leg.mode == "walk")
    return [
        feature(
            shapely.LineString(leg.line),
            {"k": leg.mode, **inert_record({"title": leg.title, "said": leg.said})},
        )
        for leg in order
        if len(leg.line) > 1
    ]


def _rests(rests: Sequence[WalkRest]) -> list[str]:
    return [
        feature(
            shapely.Point(rest.lon, rest.lat),
            {"k": rest.state, **inert_record({"title": rest.title, "said": rest.said})},
        )
        for rest in rests
    ]


def _box(stops: Sequence[WalkStop], legs: Sequence[WalkLeg]) -> tuple[float, float, float, float]:
    spots = np.vstack([[(stop.lon, stop.lat) for stop in stops], *(leg.line for leg in legs)])
    west, south = spots.min(axis=0).tolist()
    east, north = spots.max(axis=0).tolist()
    margin = max(_MARGIN_DEGREES, _MARGIN_SHARE * max(east - west, north - south))
    return west - margin, south - margin, east + margin, north + margin
