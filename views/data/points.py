"""A file of stations, demand or sites on the page 数据: datum, map, columns, faults, use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from geo import samples, words
from geo.datum import DATUMS
from geo.layers.drawings import Shown
from geo.layers.previews import DATUM_COLOURS, bounds_of, preview_ground, stands_shown
from geo.network import WalkNetwork
from geo.points import SUFFIXES, Kind, Mapping, PointTable, preview, read_points
from geo.points.report import describe
from geo.snapping import SnapIndex
from views import inputs
from views.data import cleaned, datums, drawing, mapping, mapping_file, uploader
from views.data.datums import KINDS_OF_DATUM, Comparison, same_ground
from views.data.kept import Draft, datum_said, keep, made_once, opened
from views.plain import plain_lines
from views.refusals import spoken
from views.shelf import Shelf

__all__ = ["draw"]

# .shp alone lacks its other files; a zip has them all.
ENDINGS = tuple(ending for ending in SUFFIXES if ending != ".shp")
_LAYERED = (".gpkg", ".zip")
_WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_MOST_WARNINGS = 12


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


@st.cache_resource(max_entries=1, show_spinner=False)
def _indexes() -> Shelf[SnapIndex]:
    """Return the indexes of the streets of the last few networks, which are never written to."""
    return Shelf(3, 3600.0)


def draw(role: Kind, lang: str) -> None:
    """Draw the part of the page for one kind of points."""
    draft = uploader.draw(role, ENDINGS, lang)
    if draft is None:
        _empty(role, lang)
        return
    draft = _asked(role, draft, lang)
    # Each part has a place of its own: a map that is moved on the page would be loaded again.
    asked, told, standing = st.container(), st.container(), st.container()
    how: Mapping | None = None
    table: PointTable | None = None
    with told, spoken(lang), st.spinner(_say("reading", lang)):
        how = draft.mapping or _recognised(role, draft)
    if how is None:
        return
    with asked:
        draft = _datum(role, draft, how, lang)
    with told:
        if draft.datum is None:
            st.info(_say("datum_first", lang), icon=":material/pin_drop:")
        else:
            with spoken(lang), st.spinner(_say("reading", lang)):
                table = _table(role, draft, how, draft.datum)
                _report(table, draft, lang)
    if table is not None or draft.datum is None:
        with standing:
            _standing(role, draft, how, lang)
    _use(role, table, draft, lang)
    columns = st.expander(
        _say("mapping", lang), expanded=table is None, icon=":material/view_column:"
    )
    with columns, spoken(lang):
        mapping.draw(role, draft.upload, how, lang)
    if table is not None:
        _outcome(role, table, lang)


def _empty(role: Kind, lang: str) -> None:
    with st.container(border=True, key=f"data-empty-{role}"):
        st.markdown(_say(f"empty_{role}", lang))
        path = samples.SHIPPED / "template_stations.xlsx"
        if role == "stations" and path.is_file():
            st.download_button(
                _say("template", lang),
                path.read_bytes,
                file_name=path.name,
                mime=cleaned.MIME[".xlsx"],
                on_click="ignore",
                icon=":material/table:",
                key="data-template",
            )


def _asked(role: Kind, draft: Draft, lang: str) -> Draft:
    """Draw what only some files need: the system of metres, a layer, a mapping saved before."""
    layered = draft.upload.name.lower().endswith(_LAYERED)
    with st.expander(_say("rarely", lang), icon=":material/tune:"):
        crs = st.text_input(
            _say("crs", lang), draft.crs or "", max_chars=60, placeholder="EPSG:4549",
            help=_say("crs_help", lang), key=f"data-crs-{role}",
        )  # fmt: skip
        layer = draft.layer or ""
        if layered:
            layer = st.text_input(
                _say("layer", lang), layer, max_chars=200, help=_say("layer_help", lang),
                key=f"data-layer-{role}",
            )  # fmt: skip
        mapping_file.draw(role, ENDINGS, lang)
    told: dict[str, Any] = {"crs": crs.strip() or None, "layer": layer.strip() or None}
    if told != {"crs": draft.crs, "layer": draft.layer}:
        keep(role, mapping=None, **told)
        return replace(draft, mapping=None, **told)
    return draft


def _recognised(role: Kind, draft: Draft) -> Mapping:
    """Return how a file is read when nobody changes it."""

    def make() -> Mapping:
        with opened(draft.upload, ENDINGS) as path:
            return preview(
                path, kind=role, datum=draft.datum, crs=draft.crs, sheets=_sheets(draft),
                headings=dict(draft.headings),
            )  # fmt: skip

    key = ("mapping", role, draft.upload.digest, draft.datum, draft.crs, draft.layer)
    return made_once((*key, draft.headings), make)


def _sheets(draft: Draft) -> tuple[str, ...]:
    return () if draft.layer is None else (draft.layer,)


def _datum(role: Kind, draft: Draft, how: Mapping, lang: str) -> Draft:
    """Draw the choice of the datum, which nothing is read without."""
    key = f"data-datum-{role}"
    if key not in st.session_state or draft.datum is None:
        st.session_state[key] = draft.datum
    said = st.radio(
        _say("datum", lang),
        DATUMS,
        index=None,
        format_func=lambda name: words.say(f"datum.{name}", lang),
        captions=[_say(f"datum_{name}", lang) for name in DATUMS],
        help=_say("datum_help", lang),
        on_change=datum_said,
        args=(role, key),
        key=key,
    )
    named = next((sheet.named for sheet in how.sheets if sheet.read and sheet.named), None)
    if named is not None:
        st.caption(_say("datum_named", lang, datum=words.say(f"datum.{named}", lang)))
    return replace(draft, datum=said)


def _table(role: Kind, draft: Draft, how: Mapping, datum: str) -> PointTable:
    """Return a file read under a datum."""

    def make() -> PointTable:
        with opened(draft.upload, ENDINGS) as path:
            return read_points(
                path, kind=role, datum=datum, crs=draft.crs, mapping=how, sheets=_sheets(draft)
            )

    return made_once(("table", role, draft.upload.digest, how, datum, draft.crs, draft.layer), make)


def _report(table: PointTable, draft: Draft, lang: str) -> None:
    """Tell what was read, and what was noticed."""
    lines = describe(table, lang, path=draft.upload.name, max_faults=0)
    told = lines[: 2 if table.kind == "demand" else 1]
    good = len(table.faults) == 0
    box = st.success if good else st.info
    box(plain_lines(told), icon=":material/check_circle:" if good else ":material/rule:")
    warned = [words.say(f"warning.{code}", lang, **fields) for code, fields in table.warnings]
    warned += [words.say(f"points.flag_{flag}", lang) for flag in table.flags]
    if warned:
        st.warning(plain_lines(warned[:_MOST_WARNINGS]), icon=":material/warning:")


def _standing(role: Kind, draft: Draft, how: Mapping, lang: str) -> None:
    """Draw where the points stand under each datum, over the streets of the session's network."""
    st.subheader(_say("standing", lang), anchor=False)
    with spoken(lang):
        with st.spinner(_say("placing", lang)):
            network = inputs.ground().network
            found = _comparison(role, draft, how, network)
        plain = _table(role, draft, how, "wgs84")
        chosen = same_ground(draft.datum)
        left, right = st.columns([3, 2])
        with right:
            st.html(drawing.legend(_legend(found, chosen, lang)))
            _hints(found, chosen, network, len(plain), lang)
            focus = _focus(role, draft, plain, found, lang)
        with left:
            _map(role, draft, plain, found, network, focus, lang)


def _comparison(role: Kind, draft: Draft, how: Mapping, network: WalkNetwork) -> Comparison:
    chosen = same_ground(draft.datum) or "wgs84"

    def make() -> Comparison:
        return datums.compare(
            _table(role, draft, how, "wgs84"),
            _table(role, draft, how, "gcj02"),
            network,
            datums.street_index(network, _indexes()),
            chosen,
        )

    key = ("standing", role, draft.upload.digest, how, draft.crs, draft.layer, chosen)
    return made_once((*key, network.meta.digest), make)


def _map(
    role: Kind,
    draft: Draft,
    plain: PointTable,
    found: Comparison,
    network: WalkNetwork,
    focus: int | None,
    lang: str,
) -> None:
    chosen = same_ground(draft.datum)
    places = {name: stand.lonlat for name, stand in found.stands.items()}
    near = places["wgs84"]
    under = preview_ground(network, bounds_of(list(places.values()), network), near)

    def make() -> Shown:
        ids = [str(one)[:100] for one in plain.frame["id"].to_numpy()[found.rows]]
        of_network = f"{network.meta.digest[:8]}-{'all' if focus is None else focus}"
        return stands_shown(
            places, _names(plain, found), ids, under, chosen=chosen, focus=focus, lang=lang,
            view_key=f"data-{role}-{draft.upload.digest[:12]}-{of_network}",
        )  # fmt: skip

    key = ("drawn", role, draft.upload.digest, draft.mapping, draft.headings, draft.datum)
    shown = made_once((*key, draft.crs, draft.layer, lang, network.meta.digest, focus), make)
    drawing.draw(shown, under, lang, f"data-map-{role}")


def _names(plain: PointTable, found: Comparison) -> list[str]:
    """Return what each compared point is called."""
    rows = plain.frame.iloc[found.rows]
    return [
        (own if isinstance(own, str) and own else str(one))[:200]
        for own, one in zip(rows["name"], rows["id"], strict=True)
    ]


def _focus(role: Kind, draft: Draft, plain: PointTable, found: Comparison, lang: str) -> int | None:
    """Draw the choice of one point to look at closely."""
    names = _names(plain, found)
    at = st.selectbox(
        _say("look_at", lang),
        range(len(names)),
        index=None,
        format_func=names.__getitem__,
        placeholder=_say("look_at_all", lang),
        key=f"data-focus-{role}-{draft.upload.digest[:12]}",
    )
    return at if at is None or at < len(names) else None


def _legend(found: Comparison, chosen: str | None, lang: str) -> list[tuple[str, bool, str]]:
    return [
        (DATUM_COLOURS[name], name == chosen, _stand(found, name, chosen, lang))
        for name in sorted(KINDS_OF_DATUM, key=lambda name: name != chosen)
    ]


def _stand(found: Comparison, name: str, chosen: str | None, lang: str) -> str:
    """Return in a sentence where the points stand under a datum."""
    stand = found.stands[name]
    street = (
        _say("street", lang, metres=stand.median_m)
        if np.isfinite(stand.median_m)
        else _say("street_far", lang, metres=datums.REACH_M)
    )
    datum = words.say(f"datum.{name}", lang)
    if name == chosen:
        return _say("stand_chosen", lang, datum=datum, street=street)
    if chosen is None or not found.moving:
        return _say("stand_open", lang, datum=datum, street=street)
    wind = _say(f"wind_{_WINDS[round(stand.bearing / 45) % 8]}", lang)
    return _say(
        "stand_else", lang, datum=datum, metres=round(stand.shift_m, -1), wind=wind, street=street
    )


def _hints(
    found: Comparison, chosen: str | None, network: WalkNetwork, total: int, lang: str
) -> None:
    if not found.moving:
        st.caption(_say("none_moves", lang))
    elif found.on_network < 0.5:
        share = f"{found.on_network:.0%}"
        st.warning(_say("off_network", lang, share=share), icon=":material/wrong_location:")
    elif found.likely is not None and found.likely != chosen:
        datum = words.say(f"datum.{found.likely}", lang)
        box = st.info if chosen is None else st.warning
        box(_say("likely", lang, datum=datum), icon=":material/lightbulb:")
    notes = [_say("hint", lang)]
    if "schematic" in network.meta.flags:
        notes.append(_say("hint_schematic", lang))
    if len(found.rows) < total:
        notes.append(_say("drawn_of", lang, shown=len(found.rows), total=total))
    st.caption(("" if lang == "zh" else " ").join(notes))


def _use(role: Kind, table: PointTable | None, draft: Draft, lang: str) -> None:
    """Draw the button that makes the table an input of the other pages."""
    in_use = table is not None and inputs.chosen().digest(role) == table.digest
    label = _say("used" if in_use else f"use_{role}", lang)
    st.button(
        label,
        type="secondary" if in_use else "primary",
        disabled=in_use or table is None,
        on_click=inputs.choose,
        args=(role, table, draft.upload.name),
        icon=":material/check:" if in_use else ":material/login:",
        key=f"data-use-{role}",
    )
    if role == "demand" and inputs.chosen().stations is None:
        st.caption(_say("demand_waits", lang))


def _outcome(role: Kind, table: PointTable, lang: str) -> None:
    st.subheader(_say("faults", lang, count=len(table.faults), total=table.rows), anchor=False)
    with spoken(lang):
        cleaned.faults(table, role, lang)
    st.subheader(_say("cleaned", lang), anchor=False)
    cleaned.draw(table, role, lang)
