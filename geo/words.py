"""What is said to people: messages in Chinese and English, looked up per call.

The texts are in ``texts/*.toml``, one file a subject, each entry with its two languages side by
side, so that neither can be forgotten.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

__all__ = ["LANGUAGES", "entries", "in_language", "say"]

LANGUAGES = ("zh", "en")


@cache
def entries() -> dict[str, dict[str, str]]:
    """Return every text as ``{"section.key": {"zh": …, "en": …}}``.

    Raises
    ------
    ValueError
        Two files define the same key.
    """
    found: dict[str, dict[str, str]] = {}
    for path in _texts():
        for key, languages in _parsed(path).items():
            if key in found:
                raise ValueError(f"{path.name} defines {key} a second time")
            found[key] = languages
    return found


@cache
def _texts() -> dict[Path, str]:
    folder = Path(__file__).parent / "texts"
    return {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))}


@cache
def _parsed(path: Path) -> dict[str, dict[str, str]]:
    """Return the texts of one file, keyed as in `entries`."""
    return {
        f"{section}.{key}": languages
        for section, texts in tomllib.loads(_texts()[path]).items()
        for key, languages in texts.items()
    }


def _entry(key: str) -> dict[str, str]:
    """Return one text; only the file that has it is parsed, for a command says few things."""
    for path, text in _texts().items():
        if f"[{key}]" in text:
            return _parsed(path)[key]
    return entries()[key]


def say(key: str, lang: str, **params: Any) -> str:
    """Return the text of `key` in `lang` (``zh`` or ``en``) with its fields filled in.

    A field ``{count:s}`` in a text is the ending of a plural: nothing for one, else ``s``.

    Raises
    ------
    KeyError
        There is no such text: a fault of the program, never of the user.
    ValueError
        `lang` is not one of `LANGUAGES`.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {lang!r}")
    text = _entry(key)[lang]
    return _COUNTING.vformat(text, (), params) if ":s}" in text else text.format(**params)


class _Counting(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "s" and not isinstance(value, str):
            return "" if value == 1 else "s"
        return str(super().format_field(value, format_spec))


_COUNTING = _Counting()


def in_language(params: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return a text's fields: those told twice, ``name_zh`` and ``name_en``, fill ``name``."""
    end = f"_{lang}"
    told = {key.removesuffix(end): value for key, value in params.items() if key.endswith(end)}
    return {**params, **told}
