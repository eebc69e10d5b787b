"""What is read as what: a sheet's heading row, its columns' roles; made by us, edited by people.

A mapping is kept as a small TOML file. Only what an editor may change is written as values;
samples and the way a column was recognised stand there as comments.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geo.datum import parse_datum
from geo.errors import MissingFileError, PointsError
from geo.points.cells import clip
from geo.points.columns import roles_of
from geo.points.schema import KINDS, Kind

__all__ = ["ColumnMapping", "Mapping", "SheetMapping", "load_mapping", "mapping_text"]

FORMAT_VERSION = 1
_MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class ColumnMapping:
    """A column: its heading, the role it plays, and what led to that.

    Attributes
    ----------
    heading
        As it is told apart from others: two heading rows joined, a repetition numbered.
    role
        One of `geo.points.columns.roles_of`; ``""`` for a column of the input's own.
    how
        ``exact``, ``trimmed``, ``vague`` (see `Recognised`), ``content`` (by its cells), ``user``,
        or ``""`` where it has no role.
    samples
        Its first few cells that are not blank, cut short.
    """

    heading: str
    role: str = ""
    how: str = ""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetMapping:
    """A sheet: whether it is read, where its headings are, what its columns are.

    Attributes
    ----------
    name
        Empty where the file has no sheets (CSV, GeoJSON).
    read, reason
        Whether it is read; if not, why: ``empty``, ``no_heading``, ``hidden``, ``not_chosen``.
    header_row, header_rows
        The sheet's row, from 1, on which the headings begin, and how many they take; 0 and 0
        where there is none, as in GeoJSON.
    rows, hidden_rows
        Records below the headings that are not blank, and how many of them are hidden.
    columns
        From left to right.
    datum
        The datum of this sheet where it differs from the file's; None otherwise.
    named
        The datum that its headings or its column of datums name; None where they name none.
    missing
        Of ``position``, ``id``, ``name``: what no column gives. ``position`` with addresses alone
        means that every row will be listed as address only.
    """

    name: str = ""
    read: bool = True
    reason: str = ""
    header_row: int = 0
    header_rows: int = 0
    rows: int = 0
    hidden_rows: int = 0
    columns: tuple[ColumnMapping, ...] = ()
    datum: str | None = None
    named: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def roles(self) -> dict[str, str]:
        """Role to heading."""
        return {c.role: c.heading for c in self.columns if c.role}

    def with_role(self, heading: str, role: str) -> SheetMapping:
        """Return the sheet with the column of `heading` in `role`, which no other then plays."""
        columns = tuple(
            replace(c, role=role, how="user" if role else "")
            if c.heading == heading
            else replace(c, role="", how="")
            if role and c.role == role
            else c
            for c in self.columns
        )
        return replace(self, columns=columns)


@dataclass(frozen=True)
class Mapping:
    """How one file is read. Hashable, so that it can be a cache key.

    Attributes
    ----------
    kind
        ``stations``, ``sites`` or ``demand``.
    datum
        One of `geo.datum.DATUMS`; None while it is not declared.
    crs
        The reference system of positions in metres, such as ``EPSG:4549``; None for none.
    sheets
        In the order of the file.
    encoding
        The character encoding of a text file; None for others.
    """

    kind: Kind
    datum: str | None = None
    crs: str | None = None
    sheets: tuple[SheetMapping, ...] = field(default=())
    encoding: str | None = None

    def with_sheet(self, sheet: SheetMapping) -> Mapping:
        """Return the mapping with `sheet` in the place of the one of its name."""
        sheets = tuple(sheet if s.name == sheet.name else s for s in self.sheets)
        return replace(self, sheets=sheets)


def mapping_text(mapping: Mapping, notes: tuple[str, ...] = ()) -> str:
    """Return a mapping as TOML, `notes` as comments at its top."""
    lines = [f"# {clip(note, 800)}" for note in notes]
    lines += [f"format_version = {FORMAT_VERSION}", f"kind = {_quoted(mapping.kind)}"]
    if mapping.datum is None:
        lines.append('# datum = "wgs84" | "cgcs2000" | "gcj02" | "bd09"')
    else:
        lines.append(f"datum = {_quoted(mapping.datum)}")
    if mapping.crs is not None:
        lines.append(f"crs = {_quoted(mapping.crs)}")
    for sheet in mapping.sheets:
        lines += ["", "[[sheet]]", f"name = {_quoted(sheet.name)}"]
        lines.append(f"read = {str(sheet.read).lower()}")
        if sheet.datum is not None:
            lines.append(f"datum = {_quoted(sheet.datum)}")
        lines.append(f"header_row = {sheet.header_row}")
        lines.append(f"header_rows = {sheet.header_rows}")
        for column in sheet.columns:
            lines += ["", "[[sheet.column]]", f"heading = {_quoted(column.heading)}"]
            shown = clip(" | ".join(column.samples), 80)
            comment = f"  # {shown}" if shown else ""
            lines.append(f"role = {_quoted(column.role)}{comment}")
    return "\n".join(lines) + "\n"


def load_mapping(path: str | os.PathLike[str]) -> Mapping:
    """Read a mapping that `mapping_text` wrote and somebody may have edited.

    Raises
    ------
    MissingFileError
        There is no such file.
    PointsError
        It is no mapping: broken TOML, an unknown key, kind or role, or a role played twice.
    DatumError
        A datum that is not known.
    """
    where = Path(path)
    try:
        if where.stat().st_size > _MAX_BYTES:
            raise PointsError("file_too_large", path=str(where), limit=_MAX_BYTES // 1_000_000)
        told = tomllib.loads(where.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingFileError("file_missing", path=str(where)) from error
    except PointsError:
        raise
    except OSError as error:
        raise PointsError(
            "file_unreadable", path=str(where), detail=error.strerror or str(error)
        ) from error
    except (ValueError, RecursionError) as error:
        raise PointsError("mapping_broken", path=str(where), detail=clip(error, 100)) from None
    return _mapping(told, where)


def _mapping(told: dict[str, Any], path: Path) -> Mapping:
    _only(told, {"format_version", "kind", "datum", "crs", "sheet"}, path)
    version = told.get("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        raise PointsError(
            "mapping_version", path=str(path), found=clip(version), known=FORMAT_VERSION
        )
    kind = told.get("kind")
    if kind not in KINDS:
        raise PointsError("mapping_broken", path=str(path), detail=f"kind = {clip(kind)}")
    sheets = told.get("sheet", [])
    if not isinstance(sheets, list) or not all(isinstance(s, dict) for s in sheets):
        raise PointsError("mapping_broken", path=str(path), detail="sheet")
    made = tuple(_sheet(sheet, kind, path) for sheet in sheets)
    names = [sheet.name for sheet in made]
    if len(set(names)) < len(names):
        raise PointsError("mapping_broken", path=str(path), detail="name")
    crs = told.get("crs")
    return Mapping(kind, _datum(told, path), None if crs is None else clip(crs, 60), made)


def _sheet(told: dict[str, Any], kind: Kind, path: Path) -> SheetMapping:
    _only(told, {"name", "read", "datum", "header_row", "header_rows", "column"}, path)
    columns = told.get("column", [])
    if not isinstance(columns, list) or not all(isinstance(c, dict) for c in columns):
        raise PointsError("mapping_broken", path=str(path), detail="column")
    made = tuple(_column(column, kind, path) for column in columns)
    roles = [c.role for c in made if c.role]
    for role in roles:
        if roles.count(role) > 1:
            raise PointsError("mapping_role_twice", path=str(path), role=role)
    first, rows = told.get("header_row", 0), told.get("header_rows", 1)
    for key, value in (("header_row", first), ("header_rows", rows)):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1_100_000:
            raise PointsError("mapping_broken", path=str(path), detail=f"{key} = {clip(value)}")
    read = told.get("read", True)
    if not isinstance(read, bool) or not isinstance(told.get("name", ""), str):
        raise PointsError("mapping_broken", path=str(path), detail="name, read")
    return SheetMapping(
        name=told.get("name", ""),
        read=read,
        reason="" if read else "not_chosen",
        header_row=first,
        header_rows=rows,
        columns=made,
        datum=_datum(told, path),
    )


def _column(told: dict[str, Any], kind: Kind, path: Path) -> ColumnMapping:
    _only(told, {"heading", "role"}, path)
    heading, role = told.get("heading"), told.get("role", "")
    if not isinstance(heading, str):
        raise PointsError("mapping_broken", path=str(path), detail=f"heading = {clip(heading)}")
    if role != "" and role not in roles_of(kind):
        known = ", ".join(roles_of(kind))
        raise PointsError("mapping_role_unknown", path=str(path), role=clip(role), known=known)
    return ColumnMapping(heading, role, "user" if role else "")


def _datum(told: dict[str, Any], path: Path) -> str | None:
    word = told.get("datum")
    if word is None:
        return None
    if not isinstance(word, str):
        raise PointsError("mapping_broken", path=str(path), detail="datum")
    return parse_datum(word)


def _only(told: dict[str, Any], known: set[str], path: Path) -> None:
    """Refuse a key that is not known, so that a slip of the pen does not pass unseen."""
    for key in told:
        if key not in known:
            raise PointsError("mapping_broken", path=str(path), detail=clip(key))


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's, with the one control character that JSON lets be."""
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
