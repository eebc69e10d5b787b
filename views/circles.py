"""The page 服务圈: a question, its figures, its map, its tables, its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from geo import words
from geo.coverage import Coverage
from geo.credits import credited
from geo.datum import DATUMS
from geo.exports import Provenance
from views import areas, choice, downloads, figures, form, inputs, maps, tables
from views.ask import CircleAsk
from views.history import write_address
from views.language import current, enumerate_words, in_language
from views.refusals import guarded
from views.results import coverage_of, is_kept
from views.sources import Ground
from views.waiting import Progress

__all__ = ["lead", "page"]


def page() -> None:
    """Draw the page."""
    lang = current()
    st.header(words.say("app.circles", lang), anchor=False)
    with guarded(lang):
        with st.spinner(words.say("app.opening", lang)):
            ground = inputs.ground()
        ask = form.asked(lang)
        # What is known already is shown before the form, which takes the browser a while.
        form_last = not form.is_sent() and is_kept(_chosen(ground, ask), ask)
        if not form_last:
            ask = _form(ground, ask, lang)
        _keep_address(ask)
        chosen = _chosen(ground, ask)
        if len(chosen.stations):
            _answer(chosen, ask, lang)
        else:
            _empty(ground, lang)
        if form_last:
            _form(ground, ask, lang)


def _form(ground: Ground, ask: CircleAsk, lang: str) -> CircleAsk:
    with st.sidebar:
        return form.draw(ground.stations, ask, lang)


def _chosen(ground: Ground, ask: CircleAsk) -> Ground:
    """Return the ground with the stations that take part."""
    stations = choice.narrowed(ground.stations, ask.kinds, ask.facilities)
    return replace(ground, stations=stations)


def _keep_address(ask: CircleAsk) -> None:
    told = ask.query().items()
    listed = {name: said if isinstance(said, list) else [said] for name, said in told}
    write_address(listed, CircleAsk.names())


def _empty(ground: Ground, lang: str) -> None:
    with st.container(border=True, key="empty"):
        st.subheader(words.say("app.empty", lang))
        st.write(words.say("app.empty_hint", lang, total=len(ground.stations)))
        st.button(
            words.say("app.empty_clear", lang), on_click=form.forget_filters, key="clear-filters"
        )


def lead(ground: Ground, ask: CircleAsk, lang: str) -> str:
    """Return in a sentence what was asked."""
    limits = " / ".join(f"{limit:g}" for limit in ask.limits)
    parts = [
        words.say(
            "app.lead",
            lang,
            stations=len(ground.stations),
            profile=words.say(f"profile.{ask.profile}", lang),
            limits=words.say(f"ask.limits_{ask.unit}", lang, limits=limits),
            cell=ask.cell_m,
            network=in_language(ground.network.meta.name, lang),
        )
    ]
    texts = words.entries()
    for room, chosen in (("kind", ask.kinds), ("facility", ask.facilities)):
        if chosen:
            known = [texts.get(f"{room}.{word}", {}).get(lang, word) for word in chosen]
            field = {"kind": "kinds", "facility": "facilities"}[room]
            told = {field: enumerate_words(known, lang)}
            parts.append(words.say(f"app.lead_{field}", lang, **told))
    return ("；" if lang == "zh" else "; ").join(parts)


def _answer(ground: Ground, ask: CircleAsk, lang: str) -> None:
    """Draw figures, map, tables and files; no more is computed than they show."""
    with Progress(lang) as tell:
        result = coverage_of(ground, ask, tell, tell.wait, with_areas=False)
    st.html(
        f'<p class="ht-lead">{escape(lead(ground, ask, lang))}</p>'
        f'<p class="ht-hint">{escape(words.say("app.form_hint", lang))}</p>'
    )
    _flags(result, lang)
    st.html(figures.cards(figures.figures(result, lang)))
    maps.draw(result, ground, lang)
    _shuang15(result, lang)
    _tables(result, ground, ask, lang)
    _downloads(ground, ask, lang)


def _flags(result: Coverage, lang: str) -> None:
    if result.flags:
        said = [words.say(f"flag.{flag}", lang) for flag in result.flags]
        text = " ".join(sentence[:1].upper() + sentence[1:] for sentence in said)
        st.warning(f"**{text}**", icon=":material/warning:")


def _shuang15(result: Coverage, lang: str) -> None:
    st.subheader(words.say("figure.shuang15", lang), anchor=False)
    st.html(figures.cards(figures.shuang15(result, lang), "ht-three"))
    apart_m = result.summary["two_in_reach"]["apart_m"]
    st.caption(
        "  \n".join(
            (
                words.say("figure.shuang15_note", lang),
                words.say("figure.two_explained", lang, apart_m=apart_m),
                figures.denominator(result, lang),
            )
        )
    )


@st.fragment
def _tables(result: Coverage, ground: Ground, ask: CircleAsk, lang: str) -> None:
    """Draw the table that is chosen; the others would cost every change of a band their time."""
    counts = result.summary["stations"]
    names = {
        "stations": words.say("table.stations", lang, used=counts["used"], total=counts["total"])
    }
    unserved = tables.unserved_table(result, lang)
    if unserved is not None:
        names["unserved"] = words.say("table.unserved", lang, count=len(unserved))
    names["gaps"] = words.say("table.gaps", lang, found=result.summary["gaps"]["found"])
    if result.areas is not None:
        names["areas"] = words.say("areas.table", lang, count=result.summary["areas"]["total"])
    chosen = st.segmented_control(
        words.say("table.choose", lang),
        tuple(names),
        default="stations",
        format_func=names.__getitem__,
        key="table",
        required=True,
        label_visibility="collapsed",
    )
    if chosen == "stations":
        _stations(result, ground, ask, lang)
    elif chosen == "unserved" and unserved is not None:
        _table_or(unserved, "no_unserved", lang)
    elif chosen == "areas":
        areas.draw(result, lang)
    else:
        _table_or(tables.gap_table(result, lang), "no_gaps", lang)


def _stations(result: Coverage, ground: Ground, ask: CircleAsk, lang: str) -> None:
    """Draw the table of stations; the area of each circle is only computed when asked for."""
    with_areas = st.toggle(words.say("table.with_areas", lang), key="with-areas")
    if with_areas:
        with guarded(lang), Progress(lang) as tell:
            result = coverage_of(ground, ask, tell, tell.wait)
    _table(tables.station_table(result, lang, with_areas=with_areas), "stations")


def _table_or(frame: pd.DataFrame, empty: str, lang: str) -> None:
    """Draw a table, or say that there is nothing to list."""
    if len(frame):
        _table(frame, "rows")
    else:
        st.success(words.say(f"table.{empty}", lang))


def _table(frame: pd.DataFrame, key: str) -> None:
    """Draw a table; areas with two places, small ones with three."""
    areas = {
        name: st.column_config.NumberColumn(format="%.2f" if frame[name].max() >= 1 else "%.3f")
        for name in frame
        if "km²" in str(name)
    }
    st.dataframe(frame, hide_index=True, column_config=areas, key=key)


def _downloads(ground: Ground, ask: CircleAsk, lang: str) -> None:
    st.subheader(words.say("download.title", lang), anchor=False)
    datum = st.selectbox(
        words.say("download.datum", lang),
        DATUMS,
        format_func=lambda name: words.say(f"datum.{name}", lang),
        help=words.say("download.datum_help", lang),
        key="datum_out",
        width=280,
    )
    record = downloads.provenance(ground, ask, datum, lang)
    with st.container(horizontal=True, key="downloads"):
        for kind in downloads.FORMATS:
            make = partial(_written, kind, ground, ask, record, lang)
            _button(kind, partial(downloads.packed, kind, record, lang, make), record, lang)
        plain = downloads.provenance(ground, ask, "wgs84", lang)
        make = partial(_written, "html", ground, ask, plain, lang)
        _button("html", partial(downloads.packed, "html", plain, lang, make), plain, lang)
    st.caption(words.say("download.note", lang))
    told = words.say("app.run", lang, run_id=record.run_id, version=record.version)
    credit = words.say("app.attribution", lang, text=credited(record.attribution, lang))
    st.caption(f"{credit} · {words.say('app.no_public_display', lang)} · {told}")


def _written(kind: str, ground: Ground, ask: CircleAsk, record: Provenance, lang: str) -> bytes:
    result = coverage_of(ground, ask)
    if kind == "html":
        return maps.page_bytes(result, ground, record, lang)
    return downloads.written(kind, result, record, lang)


def _button(kind: str, data: Callable[[], bytes], record: Provenance, lang: str) -> None:
    """Draw a button whose file is made when it is pressed."""
    st.download_button(
        words.say(f"download.{kind}", lang),
        data,
        file_name=downloads.file_name(kind, record),
        mime=downloads.MIME[kind],
        help=words.say("download.html_help", lang) if kind == "html" else None,
        icon=":material/download:",
        on_click="ignore",
        key=f"download-{kind}",
    )
