"""The language of a session: chosen by a switch, or by ``?lang=en`` in the address."""

from __future__ import annotations

import streamlit as st

from geo import words
from geo.credits import in_language

__all__ = ["KEY", "current", "enumerate_words", "in_language", "switch"]

KEY = "lang"


def current() -> str:
    """Return the language of this session: ``zh`` unless English was chosen."""
    said = st.session_state.get(KEY)
    if said not in words.LANGUAGES:
        said = st.query_params.get(KEY)
    return said if said in words.LANGUAGES else words.LANGUAGES[0]


def switch() -> str:
    """Draw the switch, keep the address in step with it, and return the language."""
    lang = current()
    st.session_state[KEY] = lang
    with st.container(horizontal=True, horizontal_alignment="right", key="language"):
        st.segmented_control(
            words.say("app.language", lang),
            words.LANGUAGES,
            format_func=lambda code: words.say(f"app.language_{code}", lang),
            key=KEY,
            required=True,
            label_visibility="collapsed",
        )
    said = current()
    if said != words.LANGUAGES[0]:
        st.query_params[KEY] = said
    else:
        st.query_params.pop(KEY, None)
    _declare(said)
    return said


def _declare(lang: str) -> None:
    """Tell the browser which language the page is in: what reads it aloud asks for that."""
    code = "zh-CN" if lang == "zh" else lang
    st.html(
        f"<script>document.documentElement.lang = '{code}'</script>",
        unsafe_allow_javascript=True,
    )


def enumerate_words(parts: list[str], lang: str) -> str:
    """Return `parts` as a list in a sentence."""
    return ("、" if lang == "zh" else ", ").join(parts)
