"""A mapping that was saved before, dropped beside a file of points on the page 数据."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from geo import words
from geo.errors import PlannerError
from geo.points import Kind, Mapping, load_mapping, preview, read_points
from views.data.kept import Draft, Upload, draft_of, keep, opened
from views.refusals import spoken

__all__ = ["draw", "fitted"]

ENDINGS = (".toml",)
_MAX_MB = 2
_ANY_DATUM = "wgs84"  # to see whether a mapping fits nobody has to know the datum


def draw(role: Kind, endings: tuple[str, ...], lang: str) -> None:
    """Draw the place for the file; what fits goes to the draft of `role`.

    `endings` are those of the files of points.
    """
    turn = st.session_state.get(f"data.mapping-turn.{role}", 0)
    key = f"data-mapping-file-{role}-{turn}"
    st.file_uploader(
        words.say("data.upload_mapping", lang),
        key=key,
        on_change=_take,
        args=(role, endings, key),
        max_upload_size=_MAX_MB,
        help=words.say("data.upload_mapping_help", lang),
    )
    fault = st.session_state.get(_fault(role))
    if fault is not None:
        with spoken(lang):
            raise fault


def fitted(role: Kind, draft: Draft, file: Upload, endings: tuple[str, ...]) -> Mapping:
    """Return the mapping of a file as it reads the points of `draft`, their cells as samples.

    Raises
    ------
    PlannerError
        It is no mapping, or the points cannot be read by it, as the commands refuse it.
    """
    with opened(file, ENDINGS) as path:
        told = replace(load_mapping(path), kind=role)
    datum = told.datum or draft.datum or _ANY_DATUM
    where = {s.name: (s.header_row, s.header_rows) for s in told.sheets if s.header_row}
    with opened(draft.upload, endings) as path:
        read_points(path, kind=role, datum=datum, crs=told.crs or draft.crs, mapping=told)
        layers = tuple(s.name for s in told.sheets if s.read and s.name and not s.header_row)
        found = preview(path, kind=role, sheets=layers[:1], headings=where)
    known = {sheet.name: sheet for sheet in found.sheets}
    for sheet in told.sheets:
        seen = known.get(sheet.name)
        if seen is not None:
            samples = {column.heading: column.samples for column in seen.columns}
            columns = tuple(
                replace(column, samples=samples.get(column.heading, ())) for column in sheet.columns
            )
            told = told.with_sheet(
                replace(
                    sheet, columns=columns, rows=seen.rows, hidden_rows=seen.hidden_rows,
                    named=seen.named,
                )
            )  # fmt: skip
    return replace(told, encoding=found.encoding)


def _fault(role: str) -> str:
    return f"data.mapping-fault.{role}"


def _take(role: Kind, endings: tuple[str, ...], key: str) -> None:
    """Take the mapping that the uploader holds, or keep why it cannot be."""
    st.session_state[_fault(role)] = None
    found, draft = st.session_state.get(key), draft_of(role)
    if found is None or draft is None:
        return
    try:
        how = fitted(role, draft, Upload.of(found.name, found.getvalue()), endings)
    except PlannerError as fault:
        st.session_state[_fault(role)] = fault
        return
    turn = f"data.mapping-turn.{role}"
    st.session_state[turn] = st.session_state.get(turn, 0) + 1
    datum, crs = how.datum or draft.datum, how.crs or draft.crs
    keep(role, mapping=how, headings=(), datum=datum, crs=crs)
    # What the page's own widgets hold would be taken for a change of it.
    st.session_state[f"data-crs-{role}"] = crs or ""
    st.session_state[f"data-datum-{role}"] = datum
