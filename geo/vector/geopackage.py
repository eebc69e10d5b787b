"""GeoPackages: which layers one has, and stripping a copy to one layer before GDAL sees it.

A GeoPackage is a database, and a database can hold programs: views, triggers, generated columns,
virtual tables. GDAL asks it many questions while opening it. So SQLite itself, without extensions
and under a watch, first takes all of that out of a private copy.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from geo.errors import VectorError
from geo.vector.limits import MAX_LAYERS, Deadline
from geo.vector.text import clip

__all__ = ["check_header", "layers_in", "pairs_in", "strip_to"]

_MAGIC = b"SQLite format 3\x00"
_APPLICATIONS = (b"GPKG", b"GP10", b"GP11")
_LONGEST_VALUE = 50_000_000  # bytes that one value may take while SQLite works
_MOST_PAIRS = 1_000
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
# Tables that say which layers there are; rows of other layers are taken out of them.
_LISTS = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents")


def check_header(path: Path, shown: Path) -> None:
    """Refuse what is no GeoPackage by its first bytes, or is shorter than it says.

    Raises
    ------
    VectorError
        ``vector_kind`` or ``vector_damaged``; the sentence names `shown`.
    """
    with open(path, "rb") as file:
        head = file.read(100)
    if not head.startswith(_MAGIC) or head[68:72] not in _APPLICATIONS:
        raise VectorError("vector_kind", path=str(shown), kind="GeoPackage")
    (page,) = struct.unpack(">H", head[16:18])
    (pages,) = struct.unpack(">I", head[28:32])
    size = path.stat().st_size
    if pages * (65536 if page == 1 else page) > size or head[18:20] not in (b"\1\1", b"\2\2"):
        raise VectorError("vector_damaged", path=str(shown), detail=f"{size} B")


def layers_in(path: Path, shown: Path, deadline: Deadline) -> list[str]:
    """Return the names of the feature layers that are tables; views are not read.

    Raises
    ------
    VectorError
        The database is damaged, takes too long, or is not laid out as a GeoPackage.
    """
    with _opened(path, shown, deadline) as base:
        tables = _tables(base, shown)
        found = base.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchmany(MAX_LAYERS + 1)
    if len(found) > MAX_LAYERS:
        raise VectorError("vector_layers_many", path=str(shown), limit=MAX_LAYERS)
    return [name for (name,) in found if isinstance(name, str) and name.casefold() in tables]


def pairs_in(path: Path, table: str, shown: Path, deadline: Deadline) -> dict[str, str]:
    """Return the texts of a plain table with the columns ``key`` and ``value``, else nothing.

    Raises
    ------
    VectorError
        As `layers_in`; or the table has columns that are computed.
    """
    with _opened(path, shown, deadline) as base:
        if table.casefold() not in _tables(base, shown):
            return {}
        _check_columns(base, table, shown)
        columns = [row[1] for row in base.execute(f"PRAGMA table_info({_quoted(table)})")]
        if not {"key", "value"} <= set(columns):
            return {}
        found = base.execute(f"SELECT key, value FROM {_quoted(table)}").fetchmany(_MOST_PAIRS)
    return {key: value for key, value in found if isinstance(key, str) and isinstance(value, str)}


def strip_to(path: Path, layer: str, shown: Path, deadline: Deadline) -> int:
    """Take everything but `layer` out of the copy at `path`, and return its number of rows.

    Raises
    ------
    VectorError
        As `layers_in`; or the layer has columns that are computed.
    """
    with _opened(path, shown, deadline) as base:
        tables = _tables(base, shown)
        for kind, name in _programs(base):
            base.execute(f"DROP {kind} IF EXISTS {_quoted(name)}")
        for name in (*_LISTS, layer):
            if name.casefold() in tables:
                _check_columns(base, name, shown)
        for name in _LISTS:
            if name in tables:
                base.execute(
                    f"DELETE FROM {name} WHERE lower(table_name) IS NOT lower(?)", (layer,)
                )
        base.commit()
        (rows,) = base.execute(f"SELECT count(*) FROM {_quoted(layer)}").fetchone()
    return int(rows)


def _tables(base: sqlite3.Connection, shown: Path) -> set[str]:
    """Return the names of plain tables, folded.

    Raises
    ------
    VectorError
        There is a virtual table that is no spatial index, or a list of layers is no table.
    """
    found: set[str] = set()
    for kind, name, sql in base.execute("SELECT type, name, sql FROM sqlite_master"):
        text = " ".join(str(sql or "").casefold().split())
        if text.startswith("create virtual table"):
            if " using rtree" not in text:
                raise VectorError("vector_program", path=str(shown), name=clip(name))
        elif kind == "table":
            found.add(str(name).casefold())
    if not {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= found:
        raise VectorError("vector_damaged", path=str(shown), detail="gpkg_contents")
    return found


def _programs(base: sqlite3.Connection) -> list[tuple[str, str]]:
    return [
        (str(kind), str(name))
        for kind, name in base.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type"
        )
    ]


def _check_columns(base: sqlite3.Connection, name: str, shown: Path) -> None:
    """Refuse a table with generated columns: each row would run what they say."""
    columns = base.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
    if any(column[6] in (2, 3) for column in columns):
        raise VectorError("vector_program", path=str(shown), name=clip(name))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _opened(path: Path, shown: Path, deadline: Deadline) -> Iterator[sqlite3.Connection]:
    """Open a private copy; whatever SQLite finds wrong with it becomes one sentence."""
    try:
        with closing(sqlite3.connect(path)) as base:
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            base.set_progress_handler(lambda: int(deadline.passed), _STEPS)
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA journal_mode = MEMORY")
            yield base
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as fault:
        if deadline.passed:
            raise VectorError("vector_slow", path=str(shown)) from None
        raise VectorError("vector_damaged", path=str(shown), detail=clip(fault, 80)) from None
