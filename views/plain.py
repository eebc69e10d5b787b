"""Text for elements that read Markdown: shown as it is written, no link, picture or formula."""

from __future__ import annotations

__all__ = ["plain", "plain_lines"]

_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>~$|"})


def plain(text: str) -> str:
    """Return one line of text as Markdown that shows it as it is written."""
    return " ".join(text.split()).translate(_SIGNS) if "\n" in text else text.translate(_SIGNS)


def plain_lines(lines: list[str]) -> str:
    """Return lines of text as Markdown that shows each on a line of its own."""
    return "  \n".join(plain(line) for line in lines)
