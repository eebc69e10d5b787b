"""The form of a file's columns: which sheets are read, where headings are, what each column is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from geo import words
from geo.errors import PointsError
from geo.exports import is_private
from geo.points import Mapping, SheetMapping
from geo.points.columns import roles_of
from geo.points.fields import PRIVATE
from geo.points.showing import saved_mapping
from views.data.kept import Upload, draft_of, keep

__all__ = ["draw", "edited", "role_table"]

MOST_COLUMNS = 200


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


def _role_names(mapping: Mapping, lang: str) -> dict[str, str]:
    """Return the roles a column can play, by what they are called; the first is none."""
    features = all(not sheet.header_row for sheet in mapping.sheets)
    roles = roles_of(mapping.kind, geometry=features)
    return {_say("role_own", lang): ""} | {
        words.say(f"points.role_{role}", lang): role for role in roles
    }


def role_table(sheet: SheetMapping, names: dict[str, str], lang: str) -> pd.DataFrame:
    """Return a sheet's columns as the editor shows them; cells that name people stay away."""
    called = {role: name for name, role in names.items()}
    rows = [
        {
            _say("heading", lang): column.heading,
            _say("role", lang): called.get(column.role, called[""]),
            _say("samples", lang): "…"
            if column.role in PRIVATE or is_private(column.heading)
            else " | ".join(column.samples),
            _say("how", lang): words.say(f"points.how_{column.how or 'user'}", lang)
            if column.role
            else "",
        }
        for column in sheet.columns[:MOST_COLUMNS]
    ]
    headings = [_say(key, lang) for key in ("heading", "role", "samples", "how")]
    return pd.DataFrame(rows, columns=headings, dtype=object)


def edited(
    mapping: Mapping, sheet: SheetMapping, roles: list[str], read: list[str], name: str
) -> Mapping:
    """Return a mapping with the roles of a sheet's columns and the sheets to read as chosen.

    Raises
    ------
    PointsError
        Two columns of the sheet play one role.
    """
    for role in roles:
        if role and roles.count(role) > 1:
            raise PointsError("mapping_role_twice", path=name, role=role)
    columns = tuple(
        column if column.role == role else replace(column, role=role, how="user" if role else "")
        for column, role in zip(sheet.columns, roles, strict=False)
    )
    made = mapping.with_sheet(replace(sheet, columns=columns + sheet.columns[len(roles) :]))
    for each in made.sheets:
        wanted = each.name in read
        if each.name and wanted != each.read:
            made = made.with_sheet(
                replace(each, read=wanted, reason="" if wanted else "not_chosen")
            )
    return made


def draw(role: str, upload: Upload, mapping: Mapping, lang: str) -> None:
    """Draw the form; what is applied goes to the draft of `role`."""
    known = [sheet for sheet in mapping.sheets if sheet.rows or sheet.columns]
    if not known:
        return
    sheet = _sheet(role, known, lang)
    with st.form(f"data-mapping-{role}", border=False):
        tables = [each.name for each in known if each.name and each.columns]
        read = [each.name for each in known if each.read]
        if len(tables) > 1:
            read = st.multiselect(
                _say("sheets", lang), tables, [n for n in read if n in tables],
                key=f"data-sheets-{role}-{_mark(mapping)}",
            )  # fmt: skip
        where = _headings(role, sheet, lang)
        names = _role_names(mapping, lang)
        chosen = _roles(role, sheet, names, mapping, lang)
        sent = st.form_submit_button(
            _say("apply", lang), type="primary", key=f"data-apply-{role}", icon=":material/check:"
        )
    if sent:
        _apply(role, upload, mapping, sheet, where, chosen, read)
        st.rerun()
    with st.container(horizontal=True):
        st.download_button(
            _say("save_mapping", lang),
            saved_mapping(mapping, lang, path=upload.name).encode(),
            file_name=f"{upload.name.rsplit('.', 1)[0]}.mapping.toml",
            mime="application/toml",
            on_click="ignore",
            icon=":material/download:",
            key=f"data-save-mapping-{role}",
        )
        st.button(
            _say("forget_mapping", lang),
            on_click=keep,
            args=(role,),
            kwargs={"mapping": None, "headings": ()},
            icon=":material/undo:",
            key=f"data-forget-mapping-{role}",
        )


def _sheet(role: str, known: list[SheetMapping], lang: str) -> SheetMapping:
    if len(known) == 1:
        return known[0]
    first = next((i for i, sheet in enumerate(known) if sheet.read), 0)
    at = st.selectbox(
        _say("sheet", lang),
        range(len(known)),
        index=first,
        format_func=lambda i: _sheet_name(known[i], lang),
        key=f"data-sheet-{role}",
    )
    return known[at]


def _sheet_name(sheet: SheetMapping, lang: str) -> str:
    if sheet.read:
        return words.say("points.sheet_read", lang, name=sheet.name, rows=sheet.rows)
    reason = words.say(f"points.sheet_{sheet.reason or 'not_chosen'}", lang)
    return words.say("points.sheet_left", lang, name=sheet.name, rows=sheet.rows, reason=reason)


def _headings(role: str, sheet: SheetMapping, lang: str) -> tuple[int, int] | None:
    """Draw where the headings are; None for a format that has no rows."""
    if not sheet.header_row and sheet.columns:
        return None
    left, right = st.columns(2)
    mark = f"{role}-{sheet.name}-{sheet.header_row}-{sheet.header_rows}"
    row = left.number_input(
        _say("header_row", lang), 1, 1_000_000, max(sheet.header_row, 1), key=f"data-row-{mark}"
    )
    rows = right.number_input(
        _say("header_rows", lang), 1, 3, max(sheet.header_rows, 1), key=f"data-rows-{mark}"
    )
    return int(row), int(rows)


def _roles(
    role: str, sheet: SheetMapping, names: dict[str, str], mapping: Mapping, lang: str
) -> list[str]:
    table = role_table(sheet, names, lang)
    if table.empty:
        return []
    heading = _say("role", lang)
    shown = st.data_editor(
        table,
        hide_index=True,
        disabled=[name for name in table.columns if name != heading],
        column_config={
            heading: st.column_config.SelectboxColumn(options=list(names), required=True)
        },
        height=min(38 + 35 * len(table), 430),
        key=f"data-roles-{role}-{sheet.name}-{_mark(mapping)}",
    )
    return [names.get(str(word), "") for word in shown[heading]]


def _apply(
    role: str,
    upload: Upload,
    mapping: Mapping,
    sheet: SheetMapping,
    where: tuple[int, int] | None,
    chosen: list[str],
    read: list[str],
) -> None:
    """Keep what was changed: other headings make all of the sheet's columns new."""
    if where is not None and where != (sheet.header_row, sheet.header_rows):
        draft = draft_of(role)
        said = dict(draft.headings if draft else ()) | {sheet.name: where}
        keep(role, mapping=None, headings=tuple(said.items()))
    else:
        keep(role, mapping=edited(mapping, sheet, chosen, read, upload.name))


def _mark(mapping: Mapping) -> str:
    """Return what names a mapping in the keys of widgets, which a new one must not inherit."""
    return hashlib.sha256(repr(mapping).encode("utf-8", "replace")).hexdigest()[:10]
