"""What can be taken away of a table: the clean points in a datum, and the rows with faults."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from geo import words
from geo.datum import DATUMS
from geo.exports import Provenance, csv_bytes, named_for_datum, private_columns
from geo.points import PointTable
from geo.points.cleaning import FORMATS, faults_frame, write_cleaned
from geo.vector.text import unique

__all__ = ["cleaned_bytes", "draw", "fault_table", "faults", "faults_bytes"]

MOST_ROWS = 5000
MIME = {
    ".geojson": "application/geo+json",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


def fault_table(table: PointTable, lang: str) -> pd.DataFrame:
    """Return the rows that cannot be used with headings of `lang`, without private columns."""
    frame = faults_frame(table, lang)
    frame = frame.drop(columns=private_columns(frame.columns))
    if frame["sheet"].isna().all():
        frame = frame.drop(columns="sheet")
    ours = ("id", "sheet", "row", "name", "code", "sentence", "datum")
    # Ours first: what the input calls 编号 or 名称 itself gives way.
    first = [name for name in ours if name in frame]
    own = [str(name) for name in frame.columns if name not in ours]
    names = unique([*(_say(f"fault_{name}", lang) for name in first), *own])
    return frame[[*first, *own]].set_axis(names, axis=1)


def faults(table: PointTable, role: str, lang: str) -> None:
    """Draw the fault table and its file."""
    if not len(table.faults):
        st.success(_say("no_faults", lang), icon=":material/check_circle:")
        return
    counts = table.faults["code"].value_counts(sort=True)
    st.caption(
        ("" if lang == "zh" else " ").join(
            words.say("points.fault_count", lang, code=code, count=count)
            for code, count in counts.items()
        )
    )
    frame = fault_table(table, lang)
    frame = frame.astype(object).where(frame.notna(), "")
    st.dataframe(frame.head(MOST_ROWS), hide_index=True, key=f"data-faults-{role}")
    if len(frame) > MOST_ROWS:
        st.caption(_say("first_rows", lang, shown=MOST_ROWS, total=len(frame)))
    st.download_button(
        _say("save_faults", lang),
        partial(faults_bytes, table, lang),
        file_name=f"{role}.faults.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"data-save-faults-{role}",
    )


def faults_bytes(table: PointTable, lang: str) -> bytes:
    """Return the rows that cannot be used as CSV, as `hongtu points clean` writes them."""
    record = _record(table, "wgs84", lang)
    return csv_bytes(faults_frame(table, lang), record, own_datums=True)


def draw(table: PointTable, role: str, lang: str) -> None:
    """Draw the downloads of a cleaned table."""
    left, right = st.columns(2)
    suffix = left.segmented_control(
        _say("format", lang),
        FORMATS,
        default=FORMATS[0],
        format_func=lambda ending: {".geojson": "GeoJSON", ".csv": "CSV", ".xlsx": "Excel"}[ending],
        key=f"data-format-{role}",
        required=True,
    )
    datum = right.selectbox(
        words.say("download.datum", lang),
        DATUMS,
        format_func=lambda name: words.say(f"datum.{name}", lang),
        help=words.say("download.datum_help", lang),
        key=f"data-datum-out-{role}",
    )
    name = Path(f"{role}{suffix}")
    if suffix == ".geojson":
        name = named_for_datum(name, datum)
    st.download_button(
        _say("save_cleaned", lang, count=len(table)),
        partial(cleaned_bytes, table, str(suffix), datum, lang),
        file_name=name.name,
        mime=MIME[str(suffix)],
        on_click="ignore",
        icon=":material/download:",
        key=f"data-save-{role}",
    )
    dropped = private_columns(table.frame.columns)
    if dropped:
        told = ("、" if lang == "zh" else ", ").join(map(str, dropped))
        st.caption(words.say("points.cleaned_private", lang, columns=told))


def cleaned_bytes(table: PointTable, suffix: str, datum: str, lang: str) -> bytes:
    """Return the bytes of a cleaned table as `hongtu points clean` writes it.

    Raises
    ------
    OutputError
        There is no room for temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="hongtu-") as place:
        path = Path(place) / f"{table.kind}{suffix}"
        done = write_cleaned(table, path, _record(table, datum, lang), lang=lang)
        return done.path.read_bytes()


def _record(table: PointTable, datum_out: str, lang: str) -> Provenance:
    parameters = (("kind", table.kind), ("datum", table.datum), ("crs", table.crs), ("lang", lang))
    return Provenance(
        command="points clean",
        parameters=parameters,
        points=((table.kind, table.digest),),
        flags=table.flags,
        datum_out=datum_out,
    )
