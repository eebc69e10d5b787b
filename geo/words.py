"""What is said to people: messages in Chinese and English, looked up per call.

The texts are in ``words_zh.toml`` and ``words_en.toml``; both hold the same keys and fields.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["LANGUAGES", "keys", "say"]

LANGUAGES = ("zh", "en")


@cache
def _table(lang: str) -> dict[str, str]:
    if lang not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {lang!r}")
    path = Path(__file__).with_name(f"words_{lang}.toml")
    table: dict[str, str] = {}
    for section, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for key, text in entries.items():
            table[f"{section}.{key}"] = text
    return table


def keys(lang: str) -> frozenset[str]:
    """Return every key that `lang` has a text for."""
    return frozenset(_table(lang))


def say(key: str, lang: str, **params: Any) -> str:
    """Return the text of `key` in `lang` (``zh`` or ``en``) with its fields filled in.

    Raises
    ------
    KeyError
        There is no such text: a fault of the program, never of the user.
    """
    return _table(lang)[key].format(**params)
