"""The sheets of one file: which are read, what their columns mean, and all of them as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import PointsError
from geo.exports.private import is_private
from geo.points.cells import clip, is_blank, position
from geo.points.columns import named_datum, recognise, unique
from geo.points.grids import Book, Grid, Record
from geo.points.layout import Heading, body_of, find_heading, heading_at, lay_out
from geo.points.mapping import ColumnMapping, Mapping, SheetMapping
from geo.points.schema import MAX_COLUMNS, Kind, Raw, Remark, SheetSeen

__all__ = ["map_book", "map_features", "read_book", "role_columns"]

_LOOKED_AT = 200  # records of a sheet whose cells may decide what a column is
_POSITIONED = ("lon", "lonlat", "latlon")


def map_book(
    book: Book,
    *,
    kind: Kind,
    datum: str | None,
    sheets: Sequence[str],
    path: Path,
    headings: dict[str, tuple[int, int]] | None = None,
) -> Mapping:
    """Return how `book` is read when nobody says otherwise.

    Every sheet with headings of a position is read, and beside such sheets those with names and
    addresses; hidden sheets only where `sheets` names them, and where it names any, no others.
    A sheet in `headings` has its own on the row, and as many rows, that stand there.

    Raises
    ------
    PointsError
        A name in `sheets` that no sheet has, or a row in `headings` that is blank.
    """
    known = [grid.name for grid in book.grids]
    for name in sheets:
        if name not in known:
            shown = ", ".join(clip(n, 20) for n in known[:12]) or "-"
            raise PointsError("sheet_missing", path=str(path), sheet=clip(name), known=shown)
    made = tuple(
        _map_grid(
            grid, kind, datum, path,
            chosen=grid.name in sheets if sheets else None, where=(headings or {}).get(grid.name),
        )
        for grid in book.grids
    )  # fmt: skip
    return Mapping(kind, datum, None, made, book.encoding)


def _map_grid(
    grid: Grid,
    kind: Kind,
    datum: str | None,
    path: Path,
    *,
    chosen: bool | None,
    where: tuple[int, int] | None,
) -> SheetMapping:
    heading = find_heading(grid) if where is None else heading_at(grid, *where, path)
    reason = ""
    if not grid.records:
        reason = "empty"
    elif chosen is False:
        reason = "not_chosen"
    elif grid.hidden and not chosen:
        reason = "hidden"
    elif heading is None:
        reason = "no_heading"
    if heading is None:
        hidden = len(grid.hidden_rows & {n for n, _ in grid.records})
        return SheetMapping(grid.name, False, reason, rows=len(grid.records), hidden_rows=hidden)
    body = body_of(grid, heading)
    columns = _columns_of(heading, body, kind, datum)
    roles = {c.role for c in columns if c.role}
    return SheetMapping(
        name=grid.name,
        read=not reason,
        reason=reason,
        header_row=heading.row,
        header_rows=heading.rows,
        rows=len(body),
        hidden_rows=len(grid.hidden_rows & {n for n, _ in body}),
        columns=columns,
        named=_named(columns),
        missing=_missing(roles),
    )


def _missing(roles: set[str]) -> tuple[str, ...]:
    gives = {
        "position": bool(roles & set(_POSITIONED)),
        "id": bool(roles & {"id", "weak_id"}),
        "name": "name" in roles,
    }
    return tuple(what for what, given in gives.items() if not given)


def _columns_of(
    heading: Heading, body: list[Record], kind: Kind, datum: str | None
) -> tuple[ColumnMapping, ...]:
    """Return the columns with their roles, by their headings and, where these are vague, cells."""
    widest = max((len(cells) for _, cells in body[:_LOOKED_AT]), default=0)
    names = [*heading.names, *[""] * (widest - len(heading.names))][:MAX_COLUMNS]
    told = unique(names)
    samples = [() if is_private(n) else _samples(body, p) for p, n in enumerate(told)]
    found = recognise(told, kind=kind, datum=datum)
    columns, how = dict(found.columns), dict(found.how)
    place = columns.get("lonlat")
    if place is not None and how["lonlat"] == "vague":
        cells = [c[told.index(place)] for _, c in body[:_LOOKED_AT] if told.index(place) < len(c)]
        if not any(position(cell) for cell in cells):
            del columns["lonlat"]
            if "address" not in columns:
                columns["address"], how["address"] = place, "content"
    role_of = {name: role for role, name in columns.items()}
    return tuple(
        ColumnMapping(name, role := role_of.get(name, ""), how.get(role, ""), shown)
        for name, given, shown in zip(told, names, samples, strict=True)
        if given.strip() or shown or name in role_of
    )


def _samples(body: list[Record], column: int, most: int = 3) -> tuple[str, ...]:
    found: list[str] = []
    for _, cells in body[:_LOOKED_AT]:
        if column < len(cells) and not is_blank(cells[column].strip()):
            found.append(clip(cells[column].strip()))
            if len(found) == most:
                break
    return tuple(found)


def _first(cells: list[Any], heading: str) -> tuple[str, ...]:
    if is_private(heading):
        return ()
    return tuple(clip(cell) for cell in cells if cell is not None)[:3]


def _named(columns: tuple[ColumnMapping, ...]) -> str | None:
    """Return the datum that the headings of coordinates name, else the column of datums."""
    for column in columns:
        if column.role in ("lon", "lonlat", "latlon"):
            named = named_datum(column.heading)
            if named is not None:
                return named
    words = [s for c in columns if c.role == "datum" for s in c.samples]
    most = Counter(n for n in map(named_datum, words) if n).most_common(1)
    return most[0][0] if most else None


def read_book(
    book: Book, mapping: Mapping, path: Path, *, unlocated: bool = False
) -> tuple[Raw, tuple[SheetSeen, ...]]:
    """Read the sheets that `mapping` says are read and join them.

    With `unlocated` a file of names and addresses without any position is read too.

    Raises
    ------
    PointsError
        No sheet with headings of a position, a heading or sheet of the mapping that is not there,
        no rows, or beyond the limits.
    """
    by_name = {grid.name: grid for grid in book.grids}
    for sheet in mapping.sheets:
        if sheet.name not in by_name:
            shown = ", ".join(clip(n, 20) for n in list(by_name)[:12]) or "-"
            raise PointsError("sheet_missing", path=str(path), sheet=clip(sheet.name), known=shown)
    if not any(grid.records for grid in book.grids):
        raise PointsError("file_empty", path=str(path))
    chosen = [sheet for sheet in mapping.sheets if sheet.read]
    if not any("position" not in _missing(set(s.roles)) for s in chosen) and not (
        unlocated and any({"name", "address"} <= set(s.roles) for s in chosen)
    ):
        raise _no_position(book, mapping, path)
    listed = {sheet.name for sheet in mapping.sheets}
    parts = [(s.name, _read_grid(by_name[s.name], s, mapping, path, book.encoding)) for s in chosen]
    seen = tuple(_seen(sheet, by_name[sheet.name]) for sheet in mapping.sheets) + tuple(
        SheetSeen(grid.name, False, "not_chosen", len(grid.records))
        for grid in book.grids
        if grid.name not in listed
    )
    raw = parts[0][1] if len(parts) == 1 else _join(parts, path)
    hidden = sum(s.hidden_rows for s in seen if s.read)
    if hidden:
        raw = replace(raw, warnings=(*raw.warnings, ("hidden_rows", {"count": hidden})))
    unnamed = len(book.grids) == 1 and not book.grids[0].name
    return raw, () if unnamed else seen


def _seen(sheet: SheetMapping, grid: Grid) -> SheetSeen:
    if not sheet.header_row:
        return SheetSeen(sheet.name, False, sheet.reason or "not_chosen", len(grid.records))
    end = sheet.header_row + sheet.header_rows
    numbers = {number for number, _ in grid.records if number >= end}
    hidden = len(grid.hidden_rows & numbers)
    return SheetSeen(sheet.name, sheet.read, sheet.reason, len(numbers), hidden)


def _no_position(book: Book, mapping: Mapping, path: Path) -> PointsError:
    """Return the refusal of a file without a heading of coordinates, naming what is there."""
    chosen = {s.name for s in mapping.sheets if s.read or s.reason == "no_heading"}
    grids = [g for g in book.grids if g.records]
    grid = next((g for g in grids if g.name in chosen), grids[0])
    cells = grid.records[0][1]
    shown = ", ".join(clip(c, 20) for c in cells[:12] if c.strip())
    return PointsError("no_coordinate_columns", path=str(path), headings=shown)


def _read_grid(
    grid: Grid, sheet: SheetMapping, mapping: Mapping, path: Path, encoding: str | None
) -> Raw:
    heading = heading_at(grid, sheet.header_row, sheet.header_rows, path)
    roles = sheet.roles
    widest = max((len(cells) for _, cells in body_of(grid, heading)), default=0)
    names = [*heading.names, *[""] * (0 if grid.ragged else widest - len(heading.names))]
    known = set(unique(names))
    for name in roles.values():
        if name not in known:
            shown = ", ".join(clip(n, 20) for n in heading.names[:12])
            raise PointsError(
                "mapping_heading_missing", path=str(path), sheet=grid.name or "-",
                heading=clip(name), headings=shown,
            )  # fmt: skip
    raw = lay_out(grid, heading, roles, path, encoding)
    warnings = (*raw.warnings, *_recognition_warnings(sheet, names, mapping))
    return replace(raw, warnings=warnings, datums=_datums(sheet, len(raw.rows)))


def _datums(sheet: SheetMapping, count: int) -> list[str | None] | None:
    return None if sheet.datum is None else [sheet.datum] * count


def _recognition_warnings(
    sheet: SheetMapping, names: list[str], mapping: Mapping
) -> tuple[Remark, ...]:
    """Return what was not plain about the columns, where nobody has looked at them."""
    if any(column.how == "user" for column in sheet.columns):
        return ()
    datum = sheet.datum or mapping.datum
    found = recognise(unique(names), kind=mapping.kind, datum=datum)
    return found.warnings if found.columns == sheet.roles else ()


def _join(parts: list[tuple[str, Raw]], path: Path) -> Raw:
    """Join sheets: a column is the same where its heading is, or where its role is."""
    columns: dict[str, str] = {}
    frames: list[pd.DataFrame] = []
    cells: dict[str, list[Any]] = {}
    faults: dict[int, Remark] = {}
    datums: list[str | None] = []
    warnings: list[Remark] = []
    sheets: list[str] = []
    before = 0
    roles = list(dict.fromkeys(role for _, raw in parts for role in raw.columns))
    for name, raw in parts:
        count = len(raw.rows)
        frames.append(_renamed(raw, columns))
        for role in roles:
            cells.setdefault(role, []).extend(raw.cells.get(role) or [None] * count)
        faults.update({before + i: fault for i, fault in raw.faults.items()})
        datums.extend(raw.datums or [None] * count)
        sheets.extend([name] * count)
        warnings.extend(w for w in raw.warnings if w not in warnings and w[0] != "title_rows")
        before += count
    own = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if len(own.columns) > MAX_COLUMNS:
        raise PointsError("too_many_columns", path=str(path), limit=MAX_COLUMNS)
    own = own.astype(object).where(own.notna(), None)
    own.columns = pd.Index(unique([str(c) for c in own.columns]))
    return Raw(
        own=own,
        rows=np.concatenate([raw.rows for _, raw in parts]),
        faults=faults,
        warnings=tuple(warnings),
        encoding=parts[0][1].encoding,
        columns=columns,
        cells=cells,
        sheets=sheets,
        datums=datums if any(datums) else None,
    )


def _renamed(raw: Raw, columns: dict[str, str]) -> pd.DataFrame:
    """Return a sheet's own columns under the headings that earlier sheets give to their roles."""
    own = raw.own
    names = {}
    for role, heading in raw.columns.items():
        first = columns.setdefault(role, heading)
        if first != heading and heading in own and heading not in columns.values():
            names[heading] = first
    if not names:
        return own
    taken = {name: f"{name} 2" for name in names.values() if name in own and name not in names}
    own = own.rename(columns={**taken, **names})
    own.columns = pd.Index(unique([str(c) for c in own.columns]))
    return own


def map_features(raw: Raw, *, kind: Kind, datum: str | None, encoding: str | None) -> Mapping:
    """Return how features are read: their properties are columns, their geometry the position."""
    headings = [str(c) for c in raw.own.columns]
    found = recognise(headings, kind=kind, datum=datum, geometry=True)
    roles = {heading: role for role, heading in found.columns.items()}
    columns = tuple(
        ColumnMapping(
            heading,
            role := roles.get(heading, ""),
            found.how.get(role, ""),
            _first(raw.own[heading].head(_LOOKED_AT).tolist(), heading),
        )
        for heading in headings
    )
    has_id = "id" in found.columns or any(raw.ids or ())
    missing = (*(() if has_id else ("id",)), *(() if "name" in found.columns else ("name",)))
    sheet = SheetMapping(
        rows=len(raw.rows), columns=columns, named=_named(columns), missing=missing
    )
    return Mapping(kind, datum, None, (sheet,), encoding)


def role_columns(raw: Raw, mapping: Mapping, path: Path) -> Raw:
    """Return features with the roles that `mapping` gives to their properties."""
    roles = mapping.sheets[0].roles if mapping.sheets else {}
    for name in roles.values():
        if name not in raw.own:
            shown = ", ".join(clip(n, 20) for n in raw.own.columns[:12])
            raise PointsError(
                "mapping_heading_missing", path=str(path), sheet="-", heading=clip(name),
                headings=shown,
            )  # fmt: skip
    cells = {role: raw.own[name].tolist() for role, name in roles.items()}
    found = recognise(
        [str(c) for c in raw.own.columns], kind=mapping.kind, datum=mapping.datum, geometry=True
    )
    plain = found.warnings if found.columns == roles else ()
    return replace(raw, columns=roles, cells=cells, warnings=(*raw.warnings, *plain))
