"""The facts in ``data/network/``: streets, water, wall, hills, ferry, as shapes on the plane."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from geo.errors import MissingFileError, NetworkError
from geo.network.model import FloatArray
from geo.schematic.plane import to_plane

__all__ = ["CLASSES", "FOLDER", "Facts", "Street", "facts_digest", "read_facts"]

FOLDER = Path(__file__).parents[2] / "data" / "network"
FILES = ("streets.toml", "water.toml", "wall.toml", "ground.toml")
CLASSES = ("primary", "secondary", "tertiary", "footway")
GATE_M = 45.0  # half the breadth of the opening a gate makes in the wall


@dataclass(frozen=True, eq=False)
class Street:
    """One street of the table: `xy` is its (k, 2) course on the plane, in metres."""

    name: str | None
    name_en: str | None
    highway: str
    bridge: bool
    xy: FloatArray


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of the ground, on the plane.

    Attributes
    ----------
    streets, ferries
        Courses.
    area
        The covered area, one polygon.
    water
        Outlines in the order of the table.
    wall
        The city wall's stretches with the gates' openings cut out.
    hills
        Ground without through streets, one (multi)polygon.
    """

    streets: tuple[Street, ...]
    ferries: tuple[Street, ...]
    area: Any
    water: tuple[Any, ...]
    wall: tuple[Any, ...]
    hills: Any


def facts_digest(folder: Path = FOLDER) -> str:
    """Return the SHA-256 over the table's files, the same for both kinds of line ends.

    Raises
    ------
    MissingFileError
        A file of the table is not there.
    """
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(_read(folder / name).replace("\r\n", "\n").encode() + b"\0")
    return digest.hexdigest()


def read_facts(folder: Path = FOLDER) -> Facts:
    """Read the table.

    Raises
    ------
    MissingFileError
        A file of the table is not there.
    NetworkError
        A file of the table cannot be understood.
    """
    tables: dict[str, Any] = {}
    for name in FILES:
        try:
            tables |= tomllib.loads(_read(folder / name))
        except tomllib.TOMLDecodeError as fault:
            raise NetworkError("schematic_facts", path=folder / name, detail=fault) from fault
    try:
        return _facts(tables)
    except (KeyError, TypeError, ValueError, shapely.GEOSException) as fault:
        raise NetworkError("schematic_facts", path=folder, detail=repr(fault)) from fault


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise MissingFileError("file_missing", path=path) from fault


def _facts(tables: Mapping[str, Any]) -> Facts:
    gates = [to_plane(gate["at"])[0] for gate in tables["gate"]]
    openings = shapely.union_all(shapely.buffer(shapely.points(gates), GATE_M))
    return Facts(
        streets=tuple(_street(row) for row in tables["street"]),
        ferries=tuple(_street(row | {"class": "ferry"}) for row in tables["ferry"]),
        area=shapely.Polygon(to_plane(tables["area"]["ring"])),
        water=tuple(_water(row) for row in tables["water"]),
        wall=tuple(
            shapely.difference(shapely.LineString(to_plane(row["at"])), openings)
            for row in tables["wall"]
        ),
        hills=shapely.union_all([shapely.Polygon(to_plane(row["ring"])) for row in tables["hill"]]),
    )


def _street(row: Mapping[str, Any]) -> Street:
    highway = row["class"]
    if highway not in (*CLASSES, "ferry"):
        raise ValueError(f"class {highway!r} is none of {CLASSES}")
    xy = to_plane(row["at"])
    if len(xy) < 2:
        raise ValueError(f"a street needs two positions: {row}")
    return Street(row.get("name"), row.get("name_en"), highway, bool(row.get("bridge")), xy)


def _water(row: Mapping[str, Any]) -> Any:
    if "line" in row:
        middle = shapely.LineString(to_plane(row["line"]))
        shape = shapely.buffer(middle, row["width_m"] / 2, cap_style="flat", quad_segs=2)
    else:
        holes = [to_plane(hole) for hole in row.get("holes", [])]
        shape = shapely.Polygon(to_plane(row["ring"]), holes)
    if not shape.is_valid:
        raise ValueError(f"the outline of {row['name']} crosses itself")
    return shape
