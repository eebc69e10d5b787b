"""The map of a study walk and its legend, in the frame of the other maps."""

from __future__ import annotations

import base64
import hashlib

from geo import words
from geo.layers.walks import (
    LEG_STYLES,
    REST_STYLES,
    WalkLeg,
    WalkRest,
    WalkStop,
    mark_svg,
    walk_ground,
    walk_shown,
)
from routes.sheets import SheetContent, Stop
from routes.sheets.drawing import escaped
from routes.visits import clock
from views.data import drawing

__all__ = ["draw", "legend"]


def draw(content: SheetContent, *, beside: bool = False) -> None:
    """Draw the map; the frame and the view a person chose stay while the order changes.

    `beside`: a second map of the page, of the other order.
    """
    stops = [_stop(stop, content.lang) for stop in content.stops]
    legs = [
        WalkLeg(way.mode, way.line, _from_to(way.origin, way.target, content.lang), way.said)
        for way in content.legs
    ]
    network = content.route.network
    under = walk_ground(network, stops, legs)
    shown = walk_shown(
        stops, legs, _rests(content), under,
        flags=[code for code, _ in content.flags], lang=content.lang, view_key=_view_key(content),
    )  # fmt: skip
    if beside:
        drawing.draw(shown, under, content.lang, "study-map-beside", room="map-beside")
    else:
        drawing.draw(shown, under, content.lang, "study-map")


def _view_key(content: SheetContent) -> str:
    """Return the name of the view: the same for both orders of the same stops."""
    brief = content.route.brief
    told = repr((brief.line, brief.sites, brief.theme, brief.start, brief.end))
    asked = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return f"study-{asked}-{content.route.network.meta.digest[:8]}"


def _stop(stop: Stop, lang: str) -> WalkStop:
    accuracy = stop.place.accuracy_m or 0.0
    times = clock(stop.arrive)
    if stop.number:
        times = f"{times}–{clock(stop.leave)}"
    guess = words.say("sheet.near_short", lang, metres=round(accuracy)) if stop.estimated else ""
    told = {"times": times, "position": guess, "remarks": "；".join(stop.remarks)}
    return WalkStop(stop.mark, stop.name, stop.lon, stop.lat, stop.estimated, accuracy, told)


def _from_to(origin: str, target: str, lang: str) -> str:
    return words.say("sheet.from_to", lang, origin=origin, target=target)


def _rests(content: SheetContent) -> list[WalkRest]:
    found = []
    for rest in content.route.rests.found if content.route.rests else ():
        state = words.say(f"rest_state.{rest.state}", content.lang)
        told = words.say("study.rest_at", content.lang, at=clock(rest.at_minute), state=state)
        if rest.sample:
            told = words.say("sheet.sample", content.lang, text=told)
        found.append(WalkRest(rest.state, rest.name, rest.lon, rest.lat, told))
    return found


def legend(content: SheetContent) -> str:
    """Return what the marks of this map mean."""
    lang = content.lang
    rows = [
        (_stroke(LEG_STYLES[mode]), words.say(f"sheet.mode_{mode}", lang))
        for mode in LEG_STYLES
        if any(way.mode == mode for way in content.legs)
    ]
    rows.append((mark_svg("1", estimated=False), words.say("study.legend_stop", lang)))
    if any(stop.estimated for stop in content.stops):
        rows.append((mark_svg("1", estimated=True), words.say("study.legend_guess", lang)))
    for state in REST_STYLES:
        if content.route.rests and any(r.state == state for r in content.route.rests.found):
            rows.append((_dot(REST_STYLES[state]), words.say(f"study.legend_rest_{state}", lang)))
    shown = "".join(f"<li>{_image(svg)} {escaped(text)}</li>" for svg, text in rows)
    return f'<ul class="ht-legend">{shown}</ul>'


def _stroke(style: dict[str, object]) -> str:
    dash = f' stroke-dasharray="{style["dashArray"]}"' if "dashArray" in style else ""
    return _svg(
        34,
        f'<path d="M2 8h30" fill="none" stroke="{style["color"]}" '
        f'stroke-width="{style["weight"]}"{dash}/>',
    )


def _dot(style: dict[str, object]) -> str:
    return _svg(
        16,
        f'<circle cx="8" cy="8" r="{style["radius"]}" fill="{style["fillColor"]}" '
        f'stroke="{style["color"]}" stroke-width="{style["weight"]}"/>',
    )


def _svg(width: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="16" '
        f'viewBox="0 0 {width} 16">{body}</svg>'
    )


def _image(svg: str) -> str:
    """Return a drawing as an image: Streamlit takes ``<svg>`` out of HTML."""
    return f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
