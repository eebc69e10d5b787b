"""How a network and where it comes from are named in the language of the reader.

Records keep the words they were made with; only what is shown is put into another language.
"""

from __future__ import annotations

from geo import words

__all__ = ["SCHEMATIC", "credited", "in_language"]

SCHEMATIC = "schematic; positions of single junctions © OpenStreetMap contributors, ODbL 1.0"
"""Attribution of the embedded network, as its record has it."""

_KNOWN = {
    SCHEMATIC: "credit.schematic",
    "© OpenStreetMap contributors, ODbL 1.0": "credit.osm",
}


def credited(attribution: str, lang: str) -> str:
    """Return an attribution in ``zh`` or ``en``; one that is not known stays as it is."""
    key = _KNOWN.get(attribution)
    return attribution if key is None else words.say(key, lang)


def in_language(name: str, lang: str) -> str:
    """Return the part of a name in two languages, ``中文 / English``, that is meant."""
    parts = name.split(" / ")
    return name if len(parts) != len(words.LANGUAGES) else parts[words.LANGUAGES.index(lang)]
