"""XML built from the standard library's tree: escaping and element order are the tree's affair."""

from __future__ import annotations

import datetime
import math
from xml.etree import ElementTree as ET

from geo.layers.inert import showable

__all__ = ["add", "degrees", "document", "utc"]


def add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    """Add an element; characters that no XML document may hold become ``U+FFFD``."""
    element = ET.SubElement(parent, tag, {k: showable(v) for k, v in attributes.items()})
    if text is not None:
        element.text = showable(str(text))
    return element


def document(root: ET.Element) -> bytes:
    """Return the whole document, indented, in UTF-8."""
    ET.indent(root, " ")
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found + b"\n"


def utc(at: datetime.datetime) -> str:
    """Return a moment as ``2026-05-08T01:00:00Z``."""
    whole = at.astimezone(datetime.UTC).replace(microsecond=0)
    return whole.isoformat().replace("+00:00", "Z")


def degrees(value: float) -> str:
    """Return a coordinate with 7 decimals, 1 cm.

    Raises
    ------
    ValueError
        It is no number: a fault of the program.
    """
    if not math.isfinite(value):
        raise ValueError("a coordinate that is no number")
    return f"{value:.7f}"
