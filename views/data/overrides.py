"""Corrections by hand of the network on the page 数据: the file, and what became of its entries."""

from __future__ import annotations

import streamlit as st

from geo import words
from geo.datum import DATUMS
from geo.network import WalkNetwork
from geo.network.amendments import amendment_lines
from geo.osm import NO_OVERRIDES, Overrides, read_overrides
from views.data import uploader
from views.data.kept import Draft, opened
from views.plain import plain_lines
from views.refusals import spoken

__all__ = ["draw", "read", "tell"]

ROLE = "overrides"
ENDINGS = (".toml", ".geojson", ".json")
_MOST_TOLD = 200


def draw(lang: str) -> Overrides | None:
    """Draw the place for the file; return its entries, None where it cannot be used."""
    with st.expander(words.say("data.overrides", lang), icon=":material/edit_road:"):
        st.caption(words.say("data.overrides_hint", lang))
        draft = uploader.draw(ROLE, ENDINGS, lang)
        if draft is None:
            return NO_OVERRIDES
        datum = st.selectbox(
            words.say("data.overrides_datum", lang), DATUMS, index=None,
            placeholder=words.say("data.overrides_datum_none", lang),
            format_func=lambda name: words.say(f"datum.{name}", lang), key="data-overrides-datum",
        )  # fmt: skip
        with spoken(lang):
            return read(draft, datum)
    return None


def read(draft: Draft, datum: str | None) -> Overrides:
    """Return the entries of an override file as the commands read it.

    Raises
    ------
    PlannerError
        As `geo.osm.read_overrides`.
    """
    with opened(draft.upload, ENDINGS) as path:
        return read_overrides(path, datum=datum)


def tell(network: WalkNetwork, lang: str) -> None:
    """Draw what became of each entry that the network has seen."""
    lines = amendment_lines(network.meta, lang)
    if lines:
        st.markdown(plain_lines(lines[: _MOST_TOLD + 1]))
        if len(lines) > _MOST_TOLD + 1:
            told = words.say(
                "data.first_rows", lang, shown=_MOST_TOLD, total=len(network.meta.amendments)
            )
            st.caption(told)
