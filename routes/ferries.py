"""Ferries and their timetables, as data: ``data/lines/ferries.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from geo.errors import InputError, MissingFileError

__all__ = ["FERRIES", "Ferry", "read_ferries"]

FERRIES = Path(__file__).parents[1] / "data" / "lines" / "ferries.toml"


@dataclass(frozen=True)
class Ferry:
    """A ferry that carries people on foot.

    Attributes
    ----------
    id, name_zh, name_en
        What it is called.
    piers
        Longitude and latitude of both landings, WGS-84.
    pier_names
        Chinese and English name of each landing.
    minutes
        Of the crossing.
    every_minutes
        Between two boats: the longest wait, which is what a plan reckons with.
    first, last
        Clock times of the first and the last boat.
    status
        ``sourced`` or ``sample``.
    """

    id: str
    name_zh: str
    name_en: str
    piers: tuple[tuple[float, float], tuple[float, float]]
    pier_names: tuple[tuple[str, str], tuple[str, str]]
    minutes: float
    every_minutes: float
    first: str
    last: str
    status: str
    source: str

    def name(self, lang: str) -> str:
        """Return the name in `lang`."""
        return self.name_zh if lang == "zh" else self.name_en


def read_ferries(path: Path = FERRIES) -> tuple[Ferry, ...]:
    """Read the ferries of a file.

    Raises
    ------
    MissingFileError, InputError
        No such file; not TOML; an entry without one of its values.
    """
    if not path.is_file():
        raise MissingFileError("file_missing", path=path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(_ferry(key, entry) for key, entry in raw.get("ferry", {}).items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise InputError("file_unreadable", path=path, detail=repr(fault)) from fault


def _ferry(key: str, entry: dict[str, object]) -> Ferry:
    piers = entry["piers"]
    if not isinstance(piers, list) or len(piers) != 2 or entry["status"] not in _STATUSES:
        raise ValueError(key)
    (a, b) = piers
    return Ferry(
        id=key,
        name_zh=str(entry["name_zh"]),
        name_en=str(entry["name_en"]),
        piers=((float(a["lon"]), float(a["lat"])), (float(b["lon"]), float(b["lat"]))),
        pier_names=((a["name_zh"], a["name_en"]), (b["name_zh"], b["name_en"])),
        minutes=float(str(entry["minutes"])),
        every_minutes=float(str(entry["every_minutes"])),
        first=str(entry["first"]),
        last=str(entry["last"]),
        status=str(entry["status"]),
        source=str(entry["source"]),
    )


_STATUSES = ("sourced", "sample")
