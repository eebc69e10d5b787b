"""A file of reporting areas on the page 数据: datum, outlines on the map, faults, use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo import words
from geo.areas import AreaTable, read_areas
from geo.areas.levels import level_name
from geo.datum import DATUMS
from geo.layers.drawings import Shown
from geo.layers.previews import areas_shown, bounds_of, preview_ground
from geo.points.report import fault_sentence
from views import inputs
from views.data import drawing, uploader
from views.data.kept import Draft, datum_said, keep, made_once, opened
from views.plain import plain, plain_lines
from views.refusals import spoken

__all__ = ["area_table", "draw"]

ROLE = "areas"
ENDINGS = (".geojson", ".json", ".gpkg", ".zip")
PROJECTED = "projected"
MOST_ROWS = 2000
_MOST_WARNINGS = 12


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


def draw(lang: str) -> None:
    """Draw the part of the page for reporting areas."""
    draft = uploader.draw(ROLE, ENDINGS, lang)
    if draft is None:
        with st.container(border=True, key="data-empty-areas"):
            st.markdown(_say("empty_areas", lang))
        return
    draft = _asked(draft, lang)
    # Each has a place of its own: a map that is moved on the page would be loaded again.
    told, drawn = st.container(), st.container()
    if draft.datum is None:
        told.info(_say("datum_first", lang), icon=":material/pin_drop:")
        return
    table: AreaTable | None = None
    with told, spoken(lang), st.spinner(_say("reading", lang)):
        table = _table(draft)
        _report(table, lang)
    if table is None:
        return
    with drawn, spoken(lang):
        _map(draft, table, lang)
    in_use = inputs.chosen().digest(ROLE) == table.digest
    st.button(
        _say("used" if in_use else "use_areas", lang),
        type="secondary" if in_use else "primary",
        disabled=in_use,
        on_click=inputs.choose,
        args=(ROLE, table, draft.upload.name),
        icon=":material/check:" if in_use else ":material/login:",
        key="data-use-areas",
    )
    st.dataframe(area_table(table, lang).head(MOST_ROWS), hide_index=True, key="data-areas")
    _faults(table, lang)


def _asked(draft: Draft, lang: str) -> Draft:
    """Draw what has to be known of the file."""
    known = (*DATUMS, PROJECTED)
    key = "data-datum-areas"
    if key not in st.session_state or draft.datum is None:
        st.session_state[key] = draft.datum
    said = st.radio(
        _say("datum", lang),
        known,
        index=None,
        format_func=lambda name: (
            _say("projected", lang) if name == PROJECTED else words.say(f"datum.{name}", lang)
        ),
        captions=[_say(f"datum_{name}", lang) for name in known],
        on_change=datum_said,
        args=(ROLE, key),
        key=key,
    )
    crs = draft.crs
    if said == PROJECTED:
        crs = st.text_input(
            _say("crs", lang), crs or "", max_chars=60, placeholder="EPSG:4549",
            help=_say("areas_crs_help", lang), key="data-crs-areas",
        ).strip()  # fmt: skip
    left, right = st.columns(2)
    level = left.text_input(
        _say("level", lang), draft.level or "", max_chars=40, help=_say("level_help", lang),
        key="data-level-areas",
    )  # fmt: skip
    layer = draft.layer or ""
    if draft.upload.name.lower().endswith((".gpkg", ".zip")):
        layer = right.text_input(
            _say("layer", lang), layer, max_chars=200, help=_say("layer_help", lang),
            key="data-layer-areas",
        )  # fmt: skip
    told: dict[str, Any] = {"datum": said, "crs": crs or None, "level": level.strip() or None,
            "layer": layer.strip() or None}  # fmt: skip
    keep(ROLE, **told)
    return replace(draft, **told)


def _table(draft: Draft) -> AreaTable:
    """Return the file read as it was said."""
    datum = draft.crs if draft.datum == PROJECTED else draft.datum

    def make() -> AreaTable:
        with opened(draft.upload, ENDINGS) as path:
            return read_areas(path, datum=datum, level=draft.level, layer=draft.layer)

    return made_once((ROLE, draft.upload.digest, datum, draft.level, draft.layer), make)


def _report(table: AreaTable, lang: str) -> None:
    good = len(table.faults) == 0
    told = _say("areas_read", lang, usable=len(table), total=table.rows, levels=len(table.levels))
    box = st.success if good else st.info
    box(plain(told), icon=":material/check_circle:" if good else ":material/rule:")
    warned = [words.say(f"warning.{code}", lang, **fields) for code, fields in table.warnings]
    if warned:
        st.warning(plain_lines(warned[:_MOST_WARNINGS]), icon=":material/warning:")


def _map(draft: Draft, table: AreaTable, lang: str) -> None:
    """Draw the outlines over the streets of the session's network."""
    network = inputs.ground().network
    shapes = table.frame.geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    corners = np.array([[west, south], [east, north]])
    under = preview_ground(network, bounds_of([corners], network), np.empty((0, 2)))

    def make() -> Shown:
        names = [
            own if isinstance(own, str) and own else str(one)
            for own, one in zip(table.frame["name"], table.frame["id"], strict=True)
        ]
        levels = [level_name(level, lang) for level in table.frame["level"]]
        return areas_shown(
            shapes, [name[:200] for name in names], levels, under, lang=lang,
            view_key=f"data-areas-{draft.upload.digest[:12]}-{network.meta.digest[:8]}",
        )  # fmt: skip

    shown = made_once(("areas-drawn", table.digest, table.datum, lang, network.meta.digest), make)
    drawing.draw(shown, under, lang, "data-map-areas")


def area_table(table: AreaTable, lang: str) -> pd.DataFrame:
    """Return what each area is called and belongs to."""
    columns = {"name": "areas.name", "level": "layers.data_level", "union": "areas.union",
               "id": "data.fault_id"}  # fmt: skip
    return pd.DataFrame(
        {words.say(key, lang): table.frame[name].fillna("") for name, key in columns.items()}
    )


def _faults(table: AreaTable, lang: str) -> None:
    st.subheader(_say("faults", lang, count=len(table.faults), total=table.rows), anchor=False)
    if not len(table.faults):
        st.success(_say("no_faults", lang), icon=":material/check_circle:")
        return
    frame = pd.DataFrame(table.faults)
    sentences = [
        fault_sentence(code, params, lang)
        for code, params in zip(frame["code"], frame["params"], strict=True)
    ]
    frame = frame.assign(sentence=sentences)[["id", "row", "name", "code", "sentence"]]
    frame = frame.rename(columns={name: _say(f"fault_{name}", lang) for name in frame.columns})
    st.dataframe(frame.head(MOST_ROWS), hide_index=True, key="data-faults-areas")
    st.download_button(
        _say("save_faults", lang),
        frame.to_csv(index=False).encode("utf-8-sig"),
        file_name="areas.faults.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="data-save-faults-areas",
    )
