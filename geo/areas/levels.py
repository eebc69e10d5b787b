"""What levels of reporting areas are called in the language of the reader."""

from __future__ import annotations

from functools import cache

from geo import words

__all__ = ["level_name"]


def level_name(level: str, lang: str) -> str:
    """Return the name of a level in ``zh`` or ``en``; one that is not known stays as it is."""
    if not level.strip():
        return words.say("areas.level_none", lang)
    key = _known().get(level.strip().casefold())
    return level if key is None else words.say(key, lang)


@cache
def _known() -> dict[str, str]:
    return {
        name.casefold(): key
        for key, languages in words.entries().items()
        if key.startswith("area_level.")
        for name in languages.values()
    }
