"""The map of a sheet as SVG text: streets and water from the network, legs by mode, numbered stops.

It needs nothing from the internet. Modes differ by their dashes, estimated stops by a dashed ring,
so that it can be told apart in black and white too.
"""

from __future__ import annotations

import html
import json
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo import words
from geo.credits import credited
from geo.layers.basemap import (
    STREET_STYLES,
    WATER_STYLE,
    Surroundings,
    ground_shapes,
    street_labels,
)
from geo.layers.inert import showable
from geo.network.model import FloatArray
from routes.sheets.content import SheetContent, Stop, Way
from routes.sheets.mapframe import MapFrame, apart, frame_around

__all__ = ["MAP_WIDTH", "Drawing", "escaped", "legend_svg", "map_of", "text_width"]

LINE_STYLES: dict[str, dict[str, Any]] = {
    "walk": {"stroke": "#A81C1C", "stroke-width": 5},
    "ferry": {"stroke": "#1A5A9C", "stroke-width": 5, "stroke-dasharray": "1 9"},
    "ride": {"stroke": "#444444", "stroke-width": 3, "stroke-dasharray": "14 8"},
}
MAP_WIDTH = 984.0
_LEAST_HEIGHT, _MOST_HEIGHT = 0.55, 0.82
"""Height of the map as a share of its width."""
_RADIUS = 14.0
_MARGIN = 60.0
_NAME_PX = 16.0
_NEAR_M = 800.0
# From so many metres a unit on, the smallest streets are left out: they would be a grey mass.
_COARSEST = {"street4": 6.0, "street3": 10.0}
_MOST_STREET_NAMES = 14

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """An ``<svg>`` element and its size in units."""

    svg: str
    width: float
    height: float


def map_of(content: SheetContent, attribution: str = "") -> Drawing:
    """Return the map of a route, text and all, as high as the route asks for within limits."""
    width, height = MAP_WIDTH, _height(content)
    spots = np.array([(stop.lon, stop.lat) for stop in content.stops])
    lines = [way.line for way in content.legs]
    frame = frame_around(np.vstack([spots, *lines]), width, height, _MARGIN)
    inside = (_RADIUS, _RADIUS, width - _RADIUS, height - _RADIUS)
    true = frame.xy(spots)
    at = apart(true, 2 * _RADIUS + 2, inside)
    taken: list[Box] = [_around(x, y, _RADIUS) for x, y in at]
    taken += _furniture_boxes(content, frame)
    once = {(stop.name, stop.lon, stop.lat): i for i, stop in enumerate(content.stops[::-1], 1)}
    along = _along(lines, frame)
    names = [
        _stop_name(stop, spot, taken, along, frame)
        for i, (stop, spot) in enumerate(zip(content.stops, at, strict=True))
        if len(content.stops) - once[stop.name, stop.lon, stop.lat]
        == i  # where one begins and ends
    ]
    under = Surroundings(content.route.network, frame.box, spots, _NEAR_M)
    title = words.say("sheet.map_of", content.lang, title=content.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" class="map" overflow="visible">',
        f"<title>{escaped(title)}</title>",
        f'<path fill="#fff" d="M0 0h{width:g}v{height:g}H0z"/>',
        *_ground(ground_shapes(under), frame),
        *_street_names(street_labels(under, content.lang), frame, [*taken, *along]),
        *(_leg(way, frame) for way in content.legs),
        *(_arrow(way, frame) for way in content.legs),
        *(
            _stop(stop, spot, home)
            for stop, spot, home in zip(content.stops, at, true, strict=True)
        ),
        *names,
        _furniture(content, frame, attribution),
        f'<path fill="none" stroke="#222" stroke-width="2" d="M0 0h{width:g}v{height:g}H0z"/>',
        "</svg>",
    ]
    return Drawing("".join(parts), width, height)


def _height(content: SheetContent) -> float:
    every = np.vstack([[(stop.lon, stop.lat) for stop in content.stops],
                       *(way.line for way in content.legs)])  # fmt: skip
    across, up = np.ptp(every, axis=0)
    across *= math.cos(math.radians(float(every[0, 1])))
    share = up / across if across > 0 else 1.0
    return round(MAP_WIDTH * min(max(share, _LEAST_HEIGHT), _MOST_HEIGHT))


def escaped(text: str) -> str:
    """Return text as it may stand in HTML and SVG, between tags or in a quoted attribute."""
    return html.escape(showable(text), quote=True)


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is: an em for Chinese, about half of one for others."""
    wide = sum(unicodedata.east_asian_width(sign) in "WFA" for sign in text)
    return size * (wide + 0.58 * (len(text) - wide))


def _ground(shapes: Sequence[str], frame: MapFrame) -> list[str]:
    found = []
    for shape, text in zip(shapely.from_geojson(list(shapes)), shapes, strict=True):
        kind = text.split('"k":"', 1)[1].split('"', 1)[0]
        if frame.metres > _COARSEST.get(kind, math.inf):
            continue
        water = kind == "water"
        lines = shapely.get_rings(shape) if water else shapely.get_parts(shape)
        path = _path(lines, frame, closed=water)
        if not path:
            continue
        if water:
            fill = WATER_STYLE["fillColor"]
            found.append(f'<path fill="{fill}" fill-rule="evenodd" d="{path}"/>')
        else:
            style = STREET_STYLES[kind]
            found.append(
                f'<path fill="none" stroke="{style["color"]}" stroke-width="{style["weight"]}" '
                f'stroke-linejoin="round" d="{path}"/>'
            )
    return found


def _path(lines: Any, frame: MapFrame, *, closed: bool = False) -> str:
    """Return lines in degrees as path data, thinned to what can be seen.

    All is cut at the frame: a clip in the SVG would double the time of drawing it. Each ring of
    an area is cut by itself, which leaves what the even-odd rule fills as it was.
    """
    shapes = shapely.transform(lines, frame.xy)
    edge = (0.0, 0.0, frame.width, frame.height)
    if closed:
        cut = shapely.clip_by_rect(shapely.polygons(shapes), *edge)
        shapes = shapely.get_rings(shapely.get_parts(cut))
    else:
        shapes = shapely.get_parts(shapely.clip_by_rect(shapes, *edge))
    if not len(shapes):
        return ""
    thin = shapely.simplify(shapes, 0.35, preserve_topology=False)
    pieces = []
    for xy in np.split(shapely.get_coordinates(thin), np.cumsum(shapely.get_num_coordinates(thin))):
        points = "L".join(f"{x:.1f} {y:.1f}" for x, y in xy.tolist())
        pieces.append(f"M{points}{'z' if closed else ''}" if points else "")
    return "".join(pieces)


def _street_names(labels: Sequence[str], frame: MapFrame, taken: list[Box]) -> list[str]:
    found = []
    for text in labels:
        feature = json.loads(text)
        told = feature["properties"]
        (x, y) = frame.xy(np.array([feature["geometry"]["coordinates"]]))[0]
        name = html.unescape(told["n"])
        half, turn = text_width(name, 12) / 2, math.radians(told["a"])
        across = abs(half * math.cos(turn)) + 8
        up = abs(half * math.sin(turn)) + 8
        box = (x - across, y - up, x + across, y + up)
        if not _fits(box, taken, frame):
            continue
        taken.append(box)
        found.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="#666" text-anchor="middle" '
            f'dominant-baseline="central" transform="rotate({told["a"]:g} {x:.1f} {y:.1f})" '
            f"{_HALO}>{escaped(name)}</text>"
        )
        if len(found) == _MOST_STREET_NAMES:
            break
    return found


_HALO = 'stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'


def _leg(way: Way, frame: MapFrame) -> str:
    path = _path(shapely.linestrings([way.line]), frame)
    if not path:
        return ""
    style = " ".join(f'{key}="{value}"' for key, value in LINE_STYLES[way.mode].items())
    wide = LINE_STYLES[way.mode]["stroke-width"] + 4
    shape = f'fill="none" stroke-linejoin="round" stroke-linecap="round" d="{path}"'
    return f'<path stroke="#fff" stroke-width="{wide}" {shape}/><path {style} {shape}/>'


def _arrow(way: Way, frame: MapFrame) -> str:
    """Return an arrowhead half way along a leg that is long enough for one."""
    xy = frame.xy(way.line)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    if run[-1] < 5 * _RADIUS:
        return ""
    middle = run[-1] / 2
    (x0, y0), (x1, y1) = (
        [float(np.interp(middle + step, run, xy[:, k])) for k in (0, 1)] for step in (-4, 4)
    )
    if math.hypot(x1 - x0, y1 - y0) < 1:
        return ""
    turn = math.degrees(math.atan2(y1 - y0, x1 - x0))
    colour = LINE_STYLES[way.mode]["stroke"]
    return (
        f'<path fill="{colour}" stroke="#fff" stroke-width="1.5" d="M-8 -8L10 0L-8 8L-4 0z" '
        f'transform="translate({(x0 + x1) / 2:.1f} {(y0 + y1) / 2:.1f}) rotate({turn:.0f})"/>'
    )


def _stop(stop: Stop, at: FloatArray, home: FloatArray) -> str:
    (x, y), (tx, ty) = at, home
    drawn = ""
    if math.hypot(x - tx, y - ty) > 3:
        drawn = (
            f'<path fill="none" stroke="#000" d="M{x:.1f} {y:.1f}L{tx:.1f} {ty:.1f}"/>'
            f'<circle cx="{tx:.1f}" cy="{ty:.1f}" r="3"/>'
        )
    dashes = ' stroke-dasharray="4 3"' if stop.estimated else ""
    fill, ink = ("#fff", "#000") if stop.number else ("#000", "#fff")
    size = 17 if len(stop.mark) < 2 else 14
    return (
        f'{drawn}<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}" fill="{fill}" stroke="#000" '
        f'stroke-width="2.5"{dashes}/><text x="{x:.1f}" y="{y + size * 0.36:.1f}" '
        f'font-size="{size}" font-weight="700" fill="{ink}" text-anchor="middle">'
        f"{escaped(stop.mark)}</text>"
    )


def _stop_name(
    stop: Stop, at: FloatArray, taken: list[Box], along: list[Box], frame: MapFrame
) -> str:
    """Return the stop's name beside its circle where there is room, best off the legs."""
    x, y = at
    wide, gap = text_width(stop.name, _NAME_PX), _RADIUS + 6
    half = _NAME_PX * 0.62
    places = (
        ("start", x + gap, y), ("end", x - gap, y),
        ("middle", x, y - gap - half), ("middle", x, y + gap + half),
        ("start", x + gap - 4, y - gap), ("start", x + gap - 4, y + gap),
        ("end", x - gap + 4, y - gap), ("end", x - gap + 4, y + gap),
    )  # fmt: skip
    for tried, (anchor, px, py) in enumerate((*places, *places)):
        left = {"start": px, "end": px - wide, "middle": px - wide / 2}[anchor]
        box = (left, py - half, left + wide, py + half)
        shunned = [*taken, *along] if tried < len(places) else taken
        if _fits(box, shunned, frame):
            taken.append(box)
            return (
                f'<text x="{px:.1f}" y="{py + _NAME_PX * 0.36:.1f}" font-size="{_NAME_PX:g}" '
                f'font-weight="700" text-anchor="{anchor}" {_HALO}>{escaped(stop.name)}</text>'
            )
    return ""


def _around(x: float, y: float, radius: float) -> Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _along(lines: list[FloatArray], frame: MapFrame) -> list[Box]:
    """Return small boxes along the legs, where no street's name should stand."""
    found: list[Box] = []
    for line in lines:
        shape = shapely.linestrings(frame.xy(line))
        steps = np.arange(0.0, shapely.length(shape) + 10.0, 10.0)
        points = shapely.get_coordinates(shapely.line_interpolate_point(shape, steps))
        found += [_around(x, y, 4.0) for x, y in points.tolist()]
    return found


def _fits(box: Box, taken: list[Box], frame: MapFrame) -> bool:
    left, top, right, bottom = box
    if left < 4 or top < 4 or right > frame.width - 4 or bottom > frame.height - 4:
        return False
    return all(right <= a or left >= c or bottom <= b or top >= d for a, b, c, d in taken)


def _furniture_boxes(content: SheetContent, frame: MapFrame) -> list[Box]:
    """Return what scale bar, north arrow, warning and attribution take."""
    w, h = frame.width, frame.height
    found = [(0.0, h - 50, frame.scale_bar[1] + 40, h), (w - 50, 0.0, w, 74)]
    found.append((w / 2, h - 22, w, h))
    stamp = _stamp_text(content)
    return [*found, (0.0, 0.0, text_width(stamp, 15) + 40, 48)] if stamp else found


def _furniture(content: SheetContent, frame: MapFrame, attribution: str) -> str:
    lang, w, h = content.lang, frame.width, frame.height
    length, units = frame.scale_bar
    key, value = ("kilometres", length / 1000) if length >= 1000 else ("metres", length)
    told = words.say(f"sheet.{key}", lang, **{"km" if key == "kilometres" else key: f"{value:g}"})
    y = h - 18
    bar = (
        f'<path fill="none" stroke="#fff" stroke-width="6" d="M18 {y - 7:g}v7h{units:.1f}v-7"/>'
        f'<path fill="none" stroke="#000" stroke-width="2" d="M18 {y - 7:g}v7h{units:.1f}v-7"/>'
        f'<text x="{18 + units / 2:.1f}" y="{y - 10:g}" font-size="13" text-anchor="middle" '
        f"{_HALO}>"
        f"{escaped(told)}</text>"
    )
    north = (
        f'<path fill="#000" stroke="#fff" stroke-width="1" d="M{w - 26:g} 14l9 26l-9 -6l-9 6z"/>'
        f'<text x="{w - 26:g}" y="58" font-size="16" font-weight="700" text-anchor="middle" '
        f"{_HALO}>"
        f"{escaped(words.say('sheet.north', lang))}</text>"
    )
    attribution = credited(attribution, lang)
    wide = text_width(attribution, 11) + 8
    credit = (
        f'<path fill="#fff" fill-opacity=".85" d="M{w - wide - 8:.1f} {h - 21:g}H{w:g}V{h:g}'
        f'h-{wide + 8:.1f}z"/><text x="{w - 8:g}" y="{h - 8:g}" font-size="11" fill="#333" '
        f'text-anchor="end">{escaped(attribution)}</text>'
        if attribution
        else ""
    )
    return bar + north + credit + _stamp(content)


def _stamp_text(content: SheetContent) -> str:
    """Return the warning in the map itself, which outlives a copy without the page around it."""
    if not any(code == "schematic" for code, _ in content.flags):
        return ""
    return words.say("sheet.schematic", content.lang)


def _stamp(content: SheetContent) -> str:
    text = _stamp_text(content)
    if not text:
        return ""
    wide = text_width(text, 15) + 20
    return (
        f'<path fill="#fff" stroke="#000" stroke-width="2" d="M12 12h{wide:.0f}v28h-{wide:.0f}z"/>'
        f'<text x="{12 + wide / 2:.1f}" y="31" font-size="15" font-weight="700" '
        f'text-anchor="middle">{escaped(text)}</text>'
    )


def legend_svg(mode: str, width: float = 54.0) -> str:
    """Return a small ``<svg>`` of a mode's line."""
    style = " ".join(f'{key}="{value}"' for key, value in LINE_STYLES[mode].items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="10" '
        f'viewBox="0 0 {width:g} 10"><path {style} fill="none" stroke-linecap="round" '
        f'd="M4 5h{width - 8:g}"/></svg>'
    )
