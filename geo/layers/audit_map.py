"""The map of an audit: findings by severity over the network, and a list to click through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo import words
from geo.credits import credited, in_language
from geo.exports.styles import PAPER
from geo.layers.basemap import (
    STREET_STYLES,
    WATER_STYLE,
    Surroundings,
    ground_shapes,
    street_labels,
)
from geo.layers.drawings import Shown
from geo.layers.inert import inert, inert_record
from geo.layers.maps import shown_map
from geo.layers.page import self_contained_html
from geo.layers.shapes import collection, feature, in_script
from geo.network.amendments import amendment_lines
from geo.network.findings import SEVERITIES, Findings
from geo.network.model import WalkNetwork

if TYPE_CHECKING:
    from geo.exports import Provenance

__all__ = ["AUDIT_FILE", "SEVERITY_COLOURS", "audit_page", "audit_shown"]

AUDIT_FILE = "audit.html"
"""Name of the map inside a folder."""

# Okabe and Ito's colours, told apart with every kind of colour vision.
SEVERITY_COLOURS = {"high": "#D55E00", "medium": "#E69F00", "low": "#0072B2"}
_BY_HAND = "#8A4B8F"
MOST_DRAWN = 3000
MOST_VERTICES = 150_000
MOST_LISTED = 200
_ZOOM = 17
_REACH_M = 400.0
_MOST_NEAR = 500


def audit_shown(found: Findings, network: WalkNetwork, *, lang: str) -> tuple[Shown, str]:
    """Return what the map shows, and its ground (JSON text).

    The costliest findings are drawn, up to `MOST_DRAWN` and `MOST_VERTICES`.
    """
    frame = _drawn(found)
    layers: dict[str, Any] = {}
    under = _surroundings(frame, network)
    layers["names"] = (list(street_labels(under, lang)), {"labels": True, "quiet": True})
    fields = [[key, words.say(f"layers.audit_{key}", lang)] for key in ("kind", "cost", "way")]
    by_hand = frame["kind"] == "override"
    for layer in (*reversed(SEVERITIES), "override"):
        chosen = by_hand if layer == "override" else ~by_hand & (frame["severity"] == layer)
        rows = frame[chosen].iloc[::-1].to_dict("records")  # the costliest on top
        told = [_feature(row, layer, lang) for row in rows]
        layers[f"audit_{layer}"] = (told, {"styles": _styles(layer), "fields": fields})
    known = words.entries()
    flags = tuple(
        inert(words.say(f"layers.short_{flag}", lang) if f"layers.short_{flag}" in known else flag)
        for flag in network.meta.flags
    )
    key = inert(f"audit.{network.meta.digest[:12]}")
    credits = (inert(credited(network.meta.attribution, lang)),)
    shown = Shown(layers, network.meta.bbox, key, credits, flags)
    how = {"styles": {**STREET_STYLES, "water": WATER_STYLE}, "quiet": True}
    return shown, f'{{"data":{collection(ground_shapes(under))},"how":{in_script(how)}}}'


def audit_page(
    found: Findings, network: WalkNetwork, *, lang: str, provenance: Provenance | None = None
) -> bytes:
    """Return the map with its ranked list as one HTML file that needs nothing else."""
    shown, ground = audit_shown(found, network, lang=lang)
    made = shown_map(shown, ground, lang=lang)
    title = words.say("findings.title", lang, name=in_language(network.meta.name, lang))
    aside = _aside(found, network, lang, made.get_name())
    return self_contained_html(made, aside, title=title, lang=lang, provenance=provenance)


def _drawn(found: Findings) -> Any:
    frame = found.frame[found.frame.geometry.notna()].head(MOST_DRAWN)
    vertices = np.cumsum(shapely.get_num_coordinates(frame.geometry.to_numpy()))
    return frame[vertices <= MOST_VERTICES]


def _surroundings(frame: Any, network: WalkNetwork) -> Surroundings:
    spots = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()[:_MOST_NEAR]))
    return Surroundings(network, network.meta.bbox, spots.reshape(-1, 2), _REACH_M)


def _styles(layer: str) -> dict[str, dict[str, Any]]:
    colour = SEVERITY_COLOURS.get(layer, _BY_HAND)
    weight, opacity = (2.6, 0.7) if layer == "low" else (4.0, 0.9)
    return {
        f"{layer}_line": {"color": colour, "weight": weight, "opacity": opacity},
        f"{layer}_point": {"radius": 6.0, "color": PAPER, "weight": 1.4, "fillColor": colour,
                              "fillOpacity": 1.0},
    }  # fmt: skip


def _feature(row: dict[str, Any], layer: str, lang: str) -> str:
    shape = row["geometry"]
    told = {
        "title": row[f"reason_{lang}"],
        "kind": words.say(f"finding_kind.{row['kind']}", lang),
        "cost": words.say("findings.metres", lang, cost=row["cost_m"]) if row["cost_m"] else "",
        "way": "" if row["way"] is None or row["way"] != row["way"] else str(row["way"]),
    }
    kind = "point" if shape.geom_type == "Point" else "line"
    shown = {key: text for key, text in told.items() if text}
    return feature(shape, {"k": f"{layer}_{kind}", **inert_record(shown)})


def _aside(found: Findings, network: WalkNetwork, lang: str, map_name: str) -> str:
    """Return the flags, the counts, and the list whose lines lead the map to their place."""
    counts = found.counts()
    parts = [
        f'<p role="note" style="margin:0 0 6px;padding:5px 9px;background:#FFF1C9;color:#4A3500;'
        f'border-left:4px solid #E69F00">{inert(words.say(f"flag.{flag}", lang))}</p>'
        for flag in network.meta.flags
        if f"flag.{flag}" in words.entries()
    ]
    by_hand = amendment_lines(network.meta, lang)
    parts.append("".join(f"<div>{inert(line)}</div>" for line in by_hand))
    head = "findings.head" if counts["total"] else "findings.none"
    parts.append(
        f"<p>{inert(words.say(head, lang, total=counts['total'], **counts['severity']))}</p>"
    )
    rows = "".join(
        f"<li>{inert(words.say('findings.kind', lang, kind=_kind(name, lang), count=count))}</li>"
        for name, count in counts["kind"].items()
    )
    parts.append(f'<ul style="margin:0 0 8px;padding-left:20px">{rows}</ul>')
    drawn = len(_drawn(found))
    if drawn < int(found.frame.geometry.notna().sum()):
        parts.append(f"<p>{inert(words.say('findings.drawn', lang, drawn=drawn))}</p>")
    listed = found.frame.head(MOST_LISTED)
    if len(listed):
        title = words.say("findings.list", lang, count=len(listed))
        items = "".join(_item(row, lang, map_name) for row in listed.to_dict("records"))
        parts.append(f"<p><b>{inert(title)}</b></p><div>{items}</div>")
    return f'<div style="font-size:13px;line-height:1.5">{"".join(parts)}</div>'


def _kind(name: str, lang: str) -> str:
    return words.say(f"finding_kind.{name}", lang)


def _item(row: dict[str, Any], lang: str, map_name: str) -> str:
    colour = SEVERITY_COLOURS[row["severity"]]
    text = inert(f"{row['id']}  {row[f'reason_{lang}']}")
    look = (
        "display:block;width:100%;text-align:left;font:inherit;color:inherit;background:none;"
        f"border:0;border-left:4px solid {colour};margin:0 0 4px;padding:2px 8px;"
        "overflow-wrap:anywhere"
    )
    shape = row["geometry"]
    if shape is None:
        return f'<div style="{look}">{text}</div>'
    west, south, east, north = (f"{degrees:.6f}" for degrees in shape.bounds)
    box = f"[[{south},{west}],[{north},{east}]]"
    go = f"{map_name}.fitBounds({box},{{maxZoom:{_ZOOM}}})"
    go = f"document.querySelector('main').scrollIntoView();{go}"
    return f'<button type="button" onclick="{go}" style="{look};cursor:pointer">{text}</button>'
