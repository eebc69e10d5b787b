"""The network of the session on the page 数据: choosing or importing one, and its audit."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from geo import words
from geo.centrelines import LineColumns, LineSource
from geo.credits import credited
from geo.datum import DATUMS
from geo.network import WalkNetwork, write_network_geopackage
from geo.network.audit import audit
from geo.osm import Overrides
from geo.osm.amend import amend_network
from views import inputs
from views.data import audits, networks, overrides, uploader
from views.data.kept import made_once
from views.language import in_language
from views.plain import plain, plain_lines
from views.refusals import spoken
from views.sources import sample_ground

__all__ = ["draw"]

ROLE = "network"
SCHEMATIC, UPLOADED = "schematic", "uploaded"
_MADE = "data.imported"
_MOST_FAULTS = 500


@dataclass(frozen=True, eq=False)
class _Offer:
    """A network that is looked at, and what it is called in a list."""

    network: WalkNetwork
    name: str


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


def draw(lang: str) -> None:
    """Draw the part of the page for the network."""
    offered = networks.saved()
    choices = [SCHEMATIC, *(f"saved:{name}" for name in offered), UPLOADED]
    key, kept = "data-network", "data.network-choice"
    if key not in st.session_state and st.session_state.get(kept) in choices:
        st.session_state[key] = st.session_state[kept]
    picked = st.radio(
        _say("network_choice", lang),
        choices,
        format_func=lambda choice: (
            plain(choice.removeprefix("saved:"))
            if choice.startswith("saved:")
            else _say(f"network_{choice}", lang)
        ),
        key=key,
    )
    st.session_state[kept] = picked
    if not offered:
        st.caption(_say("network_none_saved", lang, variable=networks.FOLDER))
    offer: _Offer | None = None
    corrected = False
    if picked == UPLOADED:
        offer = _uploaded(lang)
    else:
        fixes = overrides.draw(lang)
        corrected = bool(fixes)
        with spoken(lang), st.spinner(words.say("app.opening", lang)):
            offer = None if fixes is None else _listed(picked, offered, fixes, lang)
    if offer is not None:
        with spoken(lang):
            _looked_at(offer, picked == SCHEMATIC and not corrected, lang)


def _listed(picked: str, offered: dict[str, Path], fixes: Overrides, lang: str) -> _Offer:
    if picked == SCHEMATIC:
        network = sample_ground().network
        name = in_language(network.meta.name, lang)
    else:
        name = picked.removeprefix("saved:")
        network = networks.opened_network(offered[name])
    if not fixes:
        return _Offer(network, name)
    key = ("amended", network.meta.digest, fixes.digest)
    amended = made_once(key, partial(amend_network, network, fixes))
    return _Offer(amended, _say("corrected", lang, name=name))


def _uploaded(lang: str) -> _Offer | None:
    """Draw the import of a file; return what it made, if anything."""
    draft = uploader.draw(ROLE, networks.ENDINGS, lang)
    if draft is None:
        with st.container(border=True, key="data-empty-network"):
            st.markdown(_say("empty_network", lang))
        return None
    fixes = overrides.draw(lang)
    if fixes is None:
        return None
    with st.form("data-import", border=False):
        bbox = st.text_input(
            _say("bbox", lang), max_chars=120, placeholder="118.70,31.98,118.90,32.12",
            help=_say("bbox_help", lang), key="data-bbox",
        ).strip()  # fmt: skip
        with st.expander(_say("lines", lang), icon=":material/polyline:"):
            lines = _lines(lang)
        sent = st.form_submit_button(
            _say("import", lang),
            type="primary",
            icon=":material/play_arrow:",
            key="data-run-import",
        )
    made: tuple[str, networks.Imported] | None = st.session_state.get(_MADE)
    if sent:
        st.session_state[_MADE] = made = None
        place = st.empty()

        def tell(done: int, total: int) -> None:
            share = min(max(done / total, 0.0), 1.0) if total else 0.0
            place.progress(share, text=_say("importing", lang))

        tell(0, 1)
        with spoken(lang):
            found = networks.imported(draft.upload, lines, bbox or None, tell, fixes)
            st.session_state[_MADE] = made = (f"{draft.upload.digest} {fixes.digest}", found)
        place.empty()
    if made is None or made[0] != f"{draft.upload.digest} {fixes.digest}":
        return None
    _line_report(made[1], lang)
    return _Offer(made[1].network, made[1].name)


def _lines(lang: str) -> LineSource:
    """Draw how a layer of lines is to be read; it stays plain where nobody says anything."""
    st.caption(_say("lines_hint", lang))
    left, right = st.columns(2)
    crs = left.text_input(_say("crs", lang), max_chars=60, placeholder="EPSG:4549",
                          key="data-lines-crs").strip()  # fmt: skip
    datum = right.selectbox(
        _say("lines_datum", lang), DATUMS, index=None, placeholder=_say("lines_datum_none", lang),
        format_func=lambda name: words.say(f"datum.{name}", lang), key="data-lines-datum",
    )  # fmt: skip
    layer = left.text_input(_say("layer", lang), max_chars=200, key="data-lines-layer").strip()
    snap_m = right.number_input(
        _say("snap_m", lang), 0.0, 5.0, LineSource().snap_m, 0.1, key="data-lines-snap"
    )
    columns = [
        (left if at % 2 == 0 else right).text_input(
            _say(f"lines_{name}", lang), max_chars=100, key=f"data-lines-{name}"
        ).strip()
        or None
        for at, name in enumerate(("name", "class", "foot", "level"))
    ]  # fmt: skip
    crossings = st.checkbox(_say("crossings", lang), value=True, key="data-lines-crossings")
    return LineSource(
        layer or None, crs or None, datum, float(snap_m), crossings, LineColumns(*columns)
    )


def _line_report(made: networks.Imported, lang: str) -> None:
    """Tell what of a layer of lines was not used, and why."""
    if made.report is None:
        return
    told = [words.say(f"warning.{code}", lang, **fields) for code, fields in made.report.warnings]
    if told:
        st.warning(plain_lines(told), icon=":material/warning:")
    if made.report.faults:
        rows = [
            {
                _say("fault_row", lang): row + 1,
                _say("fault_code", lang): code,
                _say("fault_sentence", lang): words.say(f"reason.{code}", lang, **fields),
            }
            for row, (code, fields) in list(made.report.faults.items())[:_MOST_FAULTS]
        ]
        st.caption(_say("lines_faults", lang, count=len(made.report.faults)))
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="data-lines-faults")


def _looked_at(offer: _Offer, is_default: bool, lang: str) -> None:
    """Draw what a network is, what its audit found, and what can be done with it."""
    network = offer.network
    meta = network.meta
    if meta.flags:
        known = words.entries()
        flags = [
            words.say(f"flag.{flag}", lang) if f"flag.{flag}" in known else flag
            for flag in meta.flags
        ]
        told = [plain(text[:1].upper() + text[1:]) for text in flags]
        st.warning("  \n".join(f"**{text}**" for text in told), icon=":material/warning:")
    overrides.tell(network, lang)
    found = made_once(("audit", meta.digest), partial(audit, network))
    st.markdown(plain_lines(_facts(offer, found, lang)))
    _use(offer, is_default, lang)
    audits.draw(network, found, lang)
    st.download_button(
        _say("save_network", lang),
        partial(_geopackage, network, lang),
        file_name="network.gpkg",
        mime="application/geopackage+sqlite3",
        on_click="ignore",
        icon=":material/download:",
        key="data-save-network",
    )
    st.caption(plain(words.say("app.attribution", lang, text=credited(meta.attribution, lang))))


def _facts(offer: _Offer, found: dict[str, Any], lang: str) -> list[str]:
    network, meta = offer.network, offer.network.meta
    date = meta.osm_date or words.say("cli.unknown_date", lang)
    bbox = ", ".join(f"{degrees:.4f}" for degrees in meta.bbox)
    km = float(np.asarray(network.edge_length_m).sum()) / 1000
    # Where on the server it came from is nobody's business.
    source = Path(meta.source).name if Path(meta.source).is_absolute() else meta.source
    return [
        words.say("cli.network_title", lang, name=offer.name, source=source, date=date),
        words.say("cli.network_size", lang, nodes=network.n_nodes, edges=network.n_edges,
                  km=km, bbox=bbox),
    ]  # fmt: skip


def _use(offer: _Offer, is_default: bool, lang: str) -> None:
    now = inputs.chosen().digest(ROLE)
    in_use = now is None if is_default else now == offer.network.meta.digest
    st.button(
        _say("used" if in_use else "use_network", lang),
        type="secondary" if in_use else "primary",
        disabled=in_use,
        on_click=partial(inputs.forget, (ROLE,))
        if is_default
        else partial(inputs.choose, ROLE, offer.network, offer.name),
        icon=":material/check:" if in_use else ":material/login:",
        key="data-use-network",
    )


def _geopackage(network: WalkNetwork, lang: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hongtu-") as place:
        path = Path(place) / "network.gpkg"
        write_network_geopackage(network, path, lang=lang)
        return path.read_bytes()
