"""Where a result comes from: the record that every exported file carries.

A `Provenance` is made of primitives only, so it is hashable and can be a cache key. Its `run_id`
depends on everything but the moment of creation: the same inputs, parameters and program give the
same identifier.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from geo.datum import DATUMS

__all__ = [
    "FLAGS",
    "OSM_ATTRIBUTION",
    "OSM_LICENCE",
    "NetworkSource",
    "Provenance",
    "creation_time",
    "program_version",
]

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
OSM_LICENCE = "ODbL-1.0"

FLAGS = (
    "sample",
    "schematic",
    "estimated",
    "drive_only",
    "unknown_hours",
    "composed",
    "heuristic",
)
"""Warnings a result can carry; a screen shows them loudly. Others are allowed."""

Primitive = str | int | float | bool | None


def program_version() -> str:
    """Return the installed version, ``"0+unknown"`` when run from an uninstalled checkout."""
    try:
        return metadata.version("hongtu")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def creation_time(environ: Mapping[str, str] | None = None) -> str:
    """Return the present moment as ISO 8601 with its offset from UTC, to the second.

    ``SOURCE_DATE_EPOCH`` (seconds since 1970-01-01 UTC, as in
    https://reproducible-builds.org/specs/source-date-epoch/) takes the clock's place where it is
    set, so that a run can be repeated byte for byte. A value that is no integer is ignored.
    """
    fixed = (os.environ if environ is None else environ).get("SOURCE_DATE_EPOCH", "").strip()
    if fixed.isascii() and fixed.isdigit():
        try:
            return datetime.fromtimestamp(int(fixed), UTC).isoformat(timespec="seconds")
        except (OverflowError, OSError, ValueError):
            pass
    return datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True)
class NetworkSource:
    """The walking network behind a result.

    Attributes
    ----------
    name
        What the network covers, as shown to people.
    source
        Where it was read from: ``overpass``, ``pbf``, ``osmnx-graph``, ``schematic`` …
    digest
        Hash of the network's content.
    osm_date
        The day of the OSM data (ISO 8601); empty when it is not known.
    licence, attribution
        Terms of the data (SPDX identifier) and the line that must be shown with it.
    """

    name: str
    source: str
    digest: str
    osm_date: str = ""
    licence: str = OSM_LICENCE
    attribution: str = OSM_ATTRIBUTION


@dataclass(frozen=True)
class Provenance:
    """Everything needed to say how a file came to be.

    Attributes
    ----------
    version
        Version of the program.
    created
        ISO 8601 moment with offset; `creation_time` unless given. Not part of `run_id`.
    command
        What was asked for, such as ``circles``.
    parameters
        Pairs of name and value (str, int, float, bool or None), in the order to show them.
    network
        The network used; None when there was none.
    points
        Pairs of role (``stations``, ``demand``, ``areas`` …) and digest of that input.
    flags
        Warnings that hold for the result, of `FLAGS` or others.
    datum_out
        Datum of the coordinates in the written files, one of `geo.datum.DATUMS`.

    Raises
    ------
    ValueError
        `created` is not ISO 8601 with an offset, `datum_out` is unknown, or a parameter is no
        primitive: faults of the program, never of the user.
    """

    version: str = field(default_factory=program_version)
    created: str = field(default_factory=creation_time)
    command: str = ""
    parameters: tuple[tuple[str, Primitive], ...] = ()
    network: NetworkSource | None = None
    points: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    datum_out: str = "wgs84"

    def __post_init__(self) -> None:
        if self.datum_out not in DATUMS:
            raise ValueError(f"datum_out must be one of {DATUMS}, not {self.datum_out!r}")
        if datetime.fromisoformat(self.created).tzinfo is None:
            raise ValueError(f"created needs an offset from UTC: {self.created!r}")
        for name, value in self.parameters:
            if not isinstance(value, str | int | float | bool | None):
                raise ValueError(f"parameter {name} is not a primitive: {type(value).__name__}")

    @property
    def run_id(self) -> str:
        """Twelve hexadecimal digits over everything but `created` (SHA-256, shortened)."""
        text = json.dumps(self._identity(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]

    @property
    def attribution(self) -> str:
        """The line that must be shown beside the result; empty when nothing asks for one."""
        return self.network.attribution if self.network else ""

    @property
    def created_utc(self) -> str:
        """`created` as ``YYYY-MM-DDTHH:MM:SS.sssZ``, the form of a GeoPackage."""
        moment = datetime.fromisoformat(self.created).astimezone(UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def as_dict(self) -> dict[str, Any]:
        """Return the record as nested dicts and lists, ready for JSON."""
        return {
            "program": "hongtu",
            "version": self.version,
            "run_id": self.run_id,
            "created": self.created,
            "attribution": self.attribution,
            **{k: v for k, v in self._identity().items() if k != "version"},
        }

    def _identity(self) -> dict[str, Any]:
        network = self.network
        return {
            "version": self.version,
            "command": self.command,
            "parameters": dict(self.parameters),
            "network": None
            if network is None
            else {
                "name": network.name,
                "source": network.source,
                "digest": network.digest,
                "osm_date": network.osm_date,
                "licence": network.licence,
                "attribution": network.attribution,
            },
            "points": dict(self.points),
            "flags": list(self.flags),
            "datum": self.datum_out,
        }
