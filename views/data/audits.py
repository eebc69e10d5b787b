"""The audit of a network on the page 数据: sentences, findings on the map, the list, the counts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from geo import words
from geo.layers.audit_map import SEVERITY_COLOURS, audit_shown
from geo.layers.drawings import Shown
from geo.network import WalkNetwork
from geo.network.amendments import amendment_lines
from geo.network.audit import audit_sentences
from geo.network.findings import Findings, find
from views.data import drawing
from views.data.kept import made_once
from views.plain import plain_lines
from views.shelf import Shelf

__all__ = ["audit_table", "closer", "draw", "finding_table"]

AT_ONCE = 60_000  # edges up to which findings are looked for without being asked
MOST_LISTED = 1000
_CLOSE = 0.0015  # degrees around a finding that is looked at


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"data.{key}", lang, **fields)


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> Shelf[Findings]:
    """Return the findings of the last few networks, by digest; nobody writes to them."""
    return Shelf(6, 3600.0)


def draw(network: WalkNetwork, counts: dict[str, Any], lang: str) -> None:
    """Draw the audit of a network; `counts` are those of `geo.network.audit.audit`."""
    st.subheader(_say("audit", lang), anchor=False)
    st.markdown(plain_lines(audit_sentences(counts, lang)))
    by_hand = amendment_lines(network.meta, lang)
    if by_hand:
        with st.expander(by_hand[0], icon=":material/edit:"):
            st.markdown(plain_lines([line.strip() for line in by_hand[1:]]))
    found = _findings(network, lang)
    if found is not None:
        _draw_findings(network, found, lang)
    with st.expander(_say("audit_table", lang), icon=":material/table:"):
        st.dataframe(audit_table(counts, lang), hide_index=True, key="data-audit")


def _findings(network: WalkNetwork, lang: str) -> Findings | None:
    """Return what is to be looked at; of a large network only once it was asked for."""
    shelf, digest = _shelf(), network.meta.digest
    if digest not in shelf and network.n_edges > AT_ONCE:
        asked = st.button(
            _say("find", lang), icon=":material/search:", key=f"data-find-{digest[:12]}"
        )
        if not asked:
            return None
    place = st.empty()

    def tell(done: int, total: int) -> None:
        place.progress(done / total, text=_say("finding", lang))

    found = shelf.get(digest, partial(find, network, on_progress=tell))
    place.empty()
    return found


def _draw_findings(network: WalkNetwork, found: Findings, lang: str) -> None:
    """Draw the map, and the list: a row that is chosen is looked at closely."""
    counts = found.counts()
    if not counts["total"]:
        st.success(words.say("findings.none", lang), icon=":material/check_circle:")
        return
    key = f"data-findings-{network.meta.digest[:12]}"
    st.write(words.say("findings.head", lang, total=counts["total"], **counts["severity"]))
    shown, ground = made_once(
        ("findings", network.meta.digest, lang), partial(audit_shown, found, network, lang=lang)
    )
    looked_at = st.session_state.get(key, {}).get("selection", {}).get("rows", [])
    left, right = st.columns([3, 1])
    with left:
        digest = hashlib.sha256(ground.encode()).hexdigest()[:24]
        drawing.draw_over(
            closer(shown, found, looked_at), digest, lambda: ground, lang, "data-map-network"
        )
    with right:
        rows = [
            (colour, True, words.say(f"severity.{name}", lang))
            for name, colour in SEVERITY_COLOURS.items()
        ]
        st.html(drawing.legend(rows))
        st.caption(_say("finding_click", lang))
    st.dataframe(
        finding_table(found, lang),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    if counts["total"] > MOST_LISTED:
        st.caption(_say("first_findings", lang, shown=MOST_LISTED, total=counts["total"]))


def closer(shown: Shown, found: Findings, rows: list[int]) -> Shown:
    """Return a map that looks at the finding of a chosen row."""
    if not rows or rows[0] >= len(found.frame):
        return shown
    shape = found.frame.geometry.iloc[rows[0]]
    if shape is None:
        return shown
    west, south, east, north = shape.bounds
    box = (west - _CLOSE, south - _CLOSE, east + _CLOSE, north + _CLOSE)
    return replace(shown, bounds=box, key=f"{shown.key}.{rows[0]}")


def finding_table(found: Findings, lang: str) -> pd.DataFrame:
    """Return the findings as a list, the costliest first."""
    frame = found.frame.head(MOST_LISTED)
    return pd.DataFrame(
        {
            _say("finding_severity", lang): [
                words.say(f"severity.{name}", lang) for name in frame["severity"]
            ],
            _say("finding_kind", lang): [
                words.say(f"finding_kind.{name}", lang) for name in frame["kind"]
            ],
            _say("finding_what", lang): frame[f"reason_{lang}"].tolist(),
            _say("finding_cost", lang): frame["cost_m"].round(0).tolist(),
        }
    )


def audit_table(found: dict[str, Any], lang: str) -> pd.DataFrame:
    """Return an audit as rows of a name and a value."""
    said = {True: _say("yes", lang), False: _say("no", lang)}
    values = [
        said[value]
        if isinstance(value, bool)
        else f"{value:.2%}"
        if key.endswith("_share")
        else f"{value:,}"
        for key, value in found.items()
    ]
    names = [_say(f"audit_{key}", lang) for key in found]
    return pd.DataFrame({_say("audit_what", lang): names, _say("audit_value", lang): values})
