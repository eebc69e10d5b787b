"""How results look: one palette for the web map and for QGIS, and the QML made from it.

Colours keep apart for the colour-blind: circles run through one blue from dark (near) to light
(far), so that lightness alone tells them; gaps run through orange, the blue's safe opposite;
points differ in shape as well as in colour. The red of the labour theme is kept for stations.

QML is the style format of QGIS 3 (https://docs.qgis.org/latest/en/docs/user_manual/appendices/
qgis_file_formats.html): a ``renderer-v2`` with symbols of simple layers, each property written
both as ``Option`` (3.26 and later) and as ``prop`` (before).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.exports.headings import heading
from geo.exports.values import plain
from geo.words import entries, say

__all__ = [
    "ACCENT",
    "BAND_ALPHA",
    "KINDS",
    "STATUS_MARKERS",
    "Marker",
    "band_colours",
    "gap_colours",
    "marker_of",
    "qml",
]

ACCENT = "#C8102E"
"""The red of the labour theme."""

INK = "#333333"
PAPER = "#FFFFFF"
NEUTRAL = "#8C8C8C"
BAND_ALPHA = 0.45
"""Opacity of filled areas, so that the streets below stay readable."""

KINDS = ("bands", "responsibility", "gaps", "stations", "demand", "lines", "areas")
"""Kinds of layers that have a style."""

_BLUES = ("#08306B", "#1F6DB2", "#6AAED6", "#BDD9EC")
_ORANGES = ("#7A2B00", "#D55E00", "#F0A35E", "#FBDDBF")
_RANKS_SHOWN = 5
_MANY = 12
_NAMES_BELOW = 20_000  # names of stations appear at this scale and nearer, where they have room


@dataclass(frozen=True)
class Marker:
    """How a point of one status is drawn: `shape` is a QGIS marker name, `size_mm` its width."""

    colour: str
    shape: str = "circle"
    size_mm: float = 2.6


STATUS_MARKERS = {
    "used": Marker(ACCENT, "circle", 3.2),
    "open": Marker(ACCENT, "circle", 3.2),
    "unknown": Marker("#E69F00", "triangle", 3.0),
    "closed": Marker("#595959", "square", 2.6),
    "candidate": Marker("#CC79A7", "pentagon", 3.0),
    "chosen": Marker(ACCENT, "star", 4.2),
    "served": Marker("#009E73", "circle", 2.0),
    "not_served": Marker("#D55E00", "diamond", 2.8),
    "not_used": Marker(NEUTRAL, "cross2", 2.4),
}
"""Markers by status; a status that is not here is drawn as ``not_used``."""


def band_colours(count: int) -> list[str]:
    """Return `count` colours for circles, nearest first: dark to light blue (``#RRGGBB``)."""
    return _ramp(_BLUES, count)


def gap_colours(count: int) -> list[str]:
    """Return `count` colours for gaps, worst first: dark to light orange (``#RRGGBB``)."""
    return _ramp(_ORANGES, count)


def marker_of(status: object) -> Marker:
    """Return the marker of a status, that of ``not_used`` for one that is not known."""
    return STATUS_MARKERS.get(str(status), STATUS_MARKERS["not_used"])


def qml(
    kind: str,
    table: pd.DataFrame,
    lang: str = "zh",
    *,
    fields: Mapping[Hashable, str] | None = None,
) -> str:
    """Return the QGIS style of a layer as QML text.

    Parameters
    ----------
    kind
        One of `KINDS`.
    table
        The layer's attributes: its values of ``minutes`` or ``metres`` (bands; ``to_minutes`` or
        ``to_metres`` of rings), ``rank`` (gaps) or ``status`` (points) become the classes.
        Without such a column there is one symbol. Columns of ours get their headings as aliases.
    lang
        Language of the legend and of the aliases.
    fields
        What the file calls its columns, where that differs. The columns that make classes must
        keep their names.

    Raises
    ------
    ValueError
        `kind` is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, not {kind!r}")
    renderer, geometry_type = {
        "bands": _bands,
        "responsibility": _responsibility,
        "gaps": _gaps,
        "stations": _points,
        "demand": _points,
        "lines": _lines,
        "areas": _areas,
    }[kind](table, lang)
    head = {"version": "3.28.0", "styleCategories": "Symbology|Labeling|Fields"}
    root = ET.Element("qgis", {**head, "labelsEnabled": "0"})
    root.append(renderer)
    if kind == "stations" and "name" in table.columns:
        root.set("labelsEnabled", "1")
        root.append(_names("name"))
    root.append(_aliases(kind, table, lang, fields or {}))
    ET.SubElement(root, "blendMode").text = "0"
    ET.SubElement(root, "featureBlendMode").text = "0"
    ET.SubElement(root, "layerOpacity").text = "1"
    ET.SubElement(root, "layerGeometryType").text = str(geometry_type)
    ET.indent(root, " ")
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + ET.tostring(root, encoding="unicode") + "\n"


_POINT, _LINE, _POLYGON = 0, 1, 2


@dataclass(frozen=True)
class _Class:
    """One class of a categorised layer; `value` None stands for all others."""

    value: str | float | None
    label: str
    symbol: ET.Element


def _bands(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    """Circles by limit; the widest is drawn first, so that the nearer ones lie on top."""
    # A run in metres has minutes too; rings have both ends.
    for column in ("to_metres", "to_minutes", "metres", "minutes"):
        values = _distinct(table, column)
        if values:
            break
    else:
        return _single(_fill(band_colours(2)[1], INK, 0.2, BAND_ALPHA)), _POLYGON
    unit = column.removeprefix("to_")
    classes = []
    for value, colour in zip(values, band_colours(len(values)), strict=True):
        label = say(f"style.within_{unit}", lang, value=_number(value))
        if column != unit:
            low = table.loc[table[column] == value, f"from_{unit}"].iloc[0]
            label = say(f"style.ring_{unit}", lang, low=_number(plain(low)), high=_number(value))
        classes.append(_Class(value, label, _fill(colour, INK, 0.2, BAND_ALPHA)))
    renderer = _categorised(column, classes)
    renderer.set("enableorderby", "1")
    order = ET.SubElement(renderer, "orderby")
    clause = ET.SubElement(order, "orderByClause", {"asc": "0", "nullsFirst": "0"})
    clause.text = f'"{column}"'
    return renderer, _POLYGON


def _responsibility(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    return _single(_fill(_BLUES[-1], _BLUES[0], 0.35, 1.0, fill_alpha=0.25)), _POLYGON


def _areas(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    """Outlines by level, the first the broadest; what lies below stays to be seen."""
    levels = list(dict.fromkeys(str(v) for v in table.get("level", pd.Series(dtype=object))))
    classes = []
    for position, level in enumerate(levels[:_MANY]):
        text = say("style.area_level", lang, value=level)
        label = text if level else say("style.area_level_none", lang)
        broad = max(1.0 - 0.3 * position, 0.3)
        classes.append(_Class(level, label, _fill(PAPER, INK, broad, 0.9, fill_alpha=0.0)))
    if not classes:
        return _single(_fill(PAPER, INK, 0.6, 0.9, fill_alpha=0.0)), _POLYGON
    return _categorised("level", classes), _POLYGON


def _gaps(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    """The worst gaps by rank, the others in the lightest colour."""
    ranks = _distinct(table, "rank")[:_RANKS_SHOWN]
    colours = gap_colours(_RANKS_SHOWN + 1)
    if not ranks:
        return _single(_fill(colours[1], INK, 0.3, 0.6)), _POLYGON
    classes = [
        _Class(rank, say("style.rank", lang, value=_number(rank)), _fill(colour, INK, 0.3, 0.6))
        for rank, colour in zip(ranks, colours, strict=False)
    ]
    others = _fill(colours[-1], INK, 0.3, 0.6)
    classes.append(_Class(None, say("style.rank_others", lang), others))
    return _categorised("rank", classes), _POLYGON


def _points(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    statuses = [str(status) for status in _distinct(table, "status")][:_MANY]
    if not statuses:
        return _single(_marker(STATUS_MARKERS["used"])), _POINT
    classes = [_Class(s, _status_label(s, lang), _marker(marker_of(s))) for s in statuses]
    others = _marker(STATUS_MARKERS["not_used"])
    classes.append(_Class(None, say("style.others", lang), others))
    return _categorised("status", classes), _POINT


def _lines(table: pd.DataFrame, lang: str) -> tuple[ET.Element, int]:
    return _single(_line(INK, 0.3)), _LINE


def _status_label(status: str, lang: str) -> str:
    key = f"style.status_{status}"
    return say(key, lang) if key in entries() else status


def _distinct(table: pd.DataFrame, column: str) -> list[Any]:
    """Return the values of a column in order, none where it is missing or of mixed kinds."""
    if column not in table.columns:
        return []
    values = {plain(value) for value in table[column].dropna().unique()} - {None}
    if len({isinstance(value, str) for value in values}) > 1:
        return []
    return sorted(values)


def _exact(value: Any) -> str:
    """Return a value as QGIS compares it: the shortest text that means the same number."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _single(symbol: ET.Element) -> ET.Element:
    renderer = _renderer("singleSymbol")
    symbol.set("name", "0")
    ET.SubElement(renderer, "symbols").append(symbol)
    return renderer


def _categorised(column: str, classes: Sequence[_Class]) -> ET.Element:
    renderer = _renderer("categorizedSymbol", attr=column)
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for position, found in enumerate(classes):
        category = {
            "symbol": str(position),
            "value": "" if found.value is None else _exact(found.value),
            "label": found.label,
            "render": "true",
            "type": "double" if isinstance(found.value, int | float) else "string",
        }
        ET.SubElement(categories, "category", category)
        found.symbol.set("name", str(position))
        symbols.append(found.symbol)
    return renderer


def _aliases(
    kind: str, table: pd.DataFrame, lang: str, fields: Mapping[Hashable, str]
) -> ET.Element:
    found = ET.Element("aliases")
    said = {column: heading(column, lang, kind) for column in table.columns}
    for position, column in enumerate(name for name, text in said.items() if text):
        named = {"field": fields.get(column, str(column)), "name": said[column]}
        ET.SubElement(found, "alias", {"index": str(position), **named})
    return found


def _names(column: str) -> ET.Element:
    """Return labels with a white edge, right of the point, at scales where they have room."""
    labeling = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(labeling, "settings", {"calloutType": "simple"})
    text = {"fieldName": column, "isExpression": "0", "fontSize": "8", "fontSizeUnit": "Point"}
    style = ET.SubElement(settings, "text-style", {**text, "textColor": _rgba(INK)})
    edge = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM"}
    ET.SubElement(style, "text-buffer", {**edge, "bufferColor": _rgba(PAPER)})
    beside = {
        "placement": "6",
        "dist": "1.8",
        "distUnits": "MM",
    }  # 6: cartographic, round the point
    ET.SubElement(settings, "placement", {**beside, "predefinedPositionOrder": "R,L,T,B"})
    near = {"scaleVisibility": "1", "scaleMin": "1", "scaleMax": str(_NAMES_BELOW)}
    ET.SubElement(settings, "rendering", {**near, "obstacle": "1", "drawLabels": "1"})
    return labeling


def _renderer(kind: str, **more: str) -> ET.Element:
    fixed = {"forceraster": "0", "symbollevels": "0", "enableorderby": "0", "referencescale": "-1"}
    return ET.Element("renderer-v2", {"type": kind, **more, **fixed})


def _fill(
    colour: str, outline: str, outline_mm: float, alpha: float, fill_alpha: float = 1.0
) -> ET.Element:
    return _symbol(
        "fill",
        "SimpleFill",
        alpha,
        color=_rgba(colour, fill_alpha),
        joinstyle="round",
        outline_color=_rgba(outline),
        outline_style="solid",
        outline_width=f"{outline_mm:g}",
        outline_width_unit="MM",
        style="solid",
    )


def _marker(marker: Marker) -> ET.Element:
    # A cross is all outline: it takes the colour that fills the other shapes.
    outline = marker.colour if marker.shape.startswith("cross") else PAPER
    return _symbol(
        "marker",
        "SimpleMarker",
        1.0,
        color=_rgba(marker.colour),
        name=marker.shape,
        outline_color=_rgba(outline),
        outline_style="solid",
        outline_width="0.4",
        outline_width_unit="MM",
        size=f"{marker.size_mm:g}",
        size_unit="MM",
    )


def _line(colour: str, width_mm: float) -> ET.Element:
    return _symbol(
        "line",
        "SimpleLine",
        0.8,
        capstyle="round",
        joinstyle="round",
        line_color=_rgba(colour),
        line_style="solid",
        line_width=f"{width_mm:g}",
        line_width_unit="MM",
    )


def _symbol(kind: str, layer: str, alpha: float, **properties: str) -> ET.Element:
    attributes = {"type": kind, "alpha": f"{alpha:g}", "clip_to_extent": "1", "force_rhr": "0"}
    symbol = ET.Element("symbol", attributes)
    inner = ET.SubElement(
        symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ET.SubElement(inner, "Option", {"type": "Map"})
    for name, value in properties.items():
        ET.SubElement(options, "Option", {"type": "QString", "name": name, "value": value})
    for name, value in properties.items():
        ET.SubElement(inner, "prop", {"k": name, "v": value})
    return symbol


def _rgba(colour: str, alpha: float = 1.0) -> str:
    red, green, blue = _channels(colour)
    return f"{red},{green},{blue},{round(255 * alpha)}"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _ramp(anchors: Sequence[str], count: int) -> list[str]:
    """Return `count` colours evenly along the straight lines between `anchors`, in RGB."""
    known = np.array([_channels(colour) for colour in anchors], dtype=float)
    wanted = np.linspace(0, len(anchors) - 1, count) if count > 1 else np.array([1.0])
    steps = np.arange(len(anchors))
    mixed = np.column_stack([np.interp(wanted, steps, channel) for channel in known.T])
    return [f"#{r:02X}{g:02X}{b:02X}" for r, g, b in mixed.round().astype(int).tolist()]
