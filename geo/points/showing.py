"""A mapping shown: as lines of text, as plain values, as a file to edit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from geo import words
from geo.exports.private import is_private
from geo.points.cells import clip
from geo.points.columns import roles_of
from geo.points.fields import PRIVATE
from geo.points.mapping import ColumnMapping, Mapping, SheetMapping, mapping_text

__all__ = ["mapping_dict", "mapping_lines", "saved_mapping"]


def mapping_lines(mapping: Mapping, lang: str, *, path: str = "") -> list[str]:
    """Return a mapping as lines of text in `lang` (``zh`` or ``en``)."""
    count = len(mapping.sheets)
    lines = [words.say("points.preview_file", lang, path=clip(path, 200), count=count)]
    if mapping.datum is None:
        lines.append(words.say("points.preview_no_datum", lang))
    else:
        lines.append(words.say("points.preview_datum", lang, datum=mapping.datum))
    if mapping.crs is not None:
        lines.append(words.say("points.crs", lang, crs=mapping.crs))
    for sheet in mapping.sheets:
        lines += _sheet_lines(sheet, lang)
    return lines


def _sheet_lines(sheet: SheetMapping, lang: str) -> list[str]:
    name = clip(sheet.name)
    if not sheet.read:
        reason = words.say(f"points.sheet_{sheet.reason or 'not_chosen'}", lang)
        return [words.say("points.sheet_left", lang, name=name, rows=sheet.rows, reason=reason)]
    told = {"row": sheet.header_row, "rows": sheet.header_rows, "count": sheet.rows}
    if sheet.name:
        lines = [words.say("points.preview_sheet", lang, name=name, **told)]
    elif sheet.header_row:
        lines = [words.say("points.preview_table", lang, **told)]
    else:
        lines = [words.say("points.preview_features", lang, count=sheet.rows)]
    below = [_column_line(column, lang) for column in sheet.columns]
    if sheet.named is not None:
        below.append(words.say("points.preview_named", lang, datum=sheet.named))
    below += [words.say(f"points.preview_missing_{what}", lang) for what in sheet.missing]
    return [*lines, *(f"  {line}" for line in below)]


def _column_line(column: ColumnMapping, lang: str) -> str:
    heading, samples = clip(column.heading), clip(" | ".join(column.samples), 60)
    if not column.role:
        return words.say("points.preview_own", lang, heading=heading, samples=samples)
    how = words.say(f"points.how_{column.how or 'user'}", lang)
    if column.role in PRIVATE or is_private(column.heading):
        how, samples = f"{how}, {words.say('points.private', lang)}", "…"
    role = words.say(f"points.role_{column.role}", lang)
    return words.say(
        "points.preview_column", lang, heading=heading, role=role, how=how, samples=samples
    )


def mapping_dict(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping as plain values for JSON."""
    return asdict(mapping)


def saved_mapping(mapping: Mapping, lang: str, *, path: str = "") -> str:
    """Return a mapping as TOML to edit, with what can be written in it told at its top.

    Samples of columns that name people stay out of it.
    """
    roles = ", ".join(roles_of(mapping.kind))
    notes = (
        clip(path, 200),
        words.say("points.mapping_note", lang),
        words.say("points.mapping_roles", lang, roles=roles),
    )
    return mapping_text(mapping, tuple(note for note in notes if note))
