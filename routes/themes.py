"""What themes are called, and what a walk of one's own is called after them."""

from __future__ import annotations

from geo import words

__all__ = ["own_title", "theme_name"]


def theme_name(theme: str, lang: str) -> str:
    """Return the name of a theme in ``zh`` or ``en``; a theme of one's own has no other name."""
    return words.entries().get(f"theme.{theme}", {}).get(lang, theme)


def own_title(theme: str | None, lang: str) -> str:
    """Return the title of a walk that is no curated line: of a theme, or of sites (None)."""
    if theme is None:
        return words.say("route.own_title", lang)
    return words.say("route.theme_title", lang, theme=theme_name(theme, lang))
