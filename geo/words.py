"""What is said to people: messages in Chinese and English, looked up per call.

The texts are in ``texts/*.toml``, one file a subject, each entry with its two languages side by
side, so that neither can be forgotten.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["LANGUAGES", "entries", "say"]

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
    for path in sorted((Path(__file__).parent / "texts").glob("*.toml")):
        for section, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for key, languages in texts.items():
                if f"{section}.{key}" in found:
                    raise ValueError(f"{path.name} defines {section}.{key} a second time")
                found[f"{section}.{key}"] = languages
    return found


def say(key: str, lang: str, **params: Any) -> str:
    """Return the text of `key` in `lang` (``zh`` or ``en``) with its fields filled in.

    Raises
    ------
    KeyError
        There is no such text: a fault of the program, never of the user.
    ValueError
        `lang` is not one of `LANGUAGES`.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {lang!r}")
    return entries()[key][lang].format(**params)
