"""The one encoder for untrusted text before it meets HTML, JavaScript or a template.

branca renders what folium writes a second time as a Jinja template, so that ``{{ … }}`` in a
station's name would run on the server; ``html.escape`` leaves braces alone. Numeric entities are
inert in a template, in a JavaScript string and in HTML alike, and a browser shows them as the
characters they stand for. They are text for ``innerHTML`` and for markup, not for ``textContent``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["inert", "inert_frame", "inert_record", "showable"]

_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "&<>\"'{}$`\\%"}
# No text has these: controls but tab and line ends, halves of a surrogate pair, non-characters.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def inert(text: object) -> str:
    """Return `text` as HTML text without a character that any of the sinks acts upon.

    None, NaN and ``pd.NA`` become empty; what is no text is written as Python writes it.
    """
    if text is None or _is_missing(text):
        return ""
    return showable(str(text)).translate(_ENTITIES)


def showable(text: str) -> str:
    """Return `text` with ``U+FFFD`` for whatever is no character: neither HTML nor XML has it."""
    return _UNSHOWABLE.sub("\ufffd", text)


def inert_record(record: dict[Any, Any]) -> dict[str, str]:
    """Return a mapping with every key and value inert."""
    return {inert(key): inert(value) for key, value in record.items()}


def inert_frame(frame: Any, columns: Sequence[str]) -> Any:
    """Return a plain DataFrame of `columns` alone, headings and values inert.

    Parameters
    ----------
    frame
        A DataFrame or GeoDataFrame; it is not changed.
    columns
        The columns that are shown. No other leaves the frame.
    """
    return frame[list(columns)].map(inert).rename(columns=inert)


def _is_missing(value: object) -> bool:
    # NaN and NaT differ from themselves; NA answers with itself, which is neither.
    same = value == value  # noqa: PLR0124
    return same is False or type(value).__name__ in ("NAType", "NaTType")
