"""The first page: what this is, and where to go."""

from __future__ import annotations

from typing import Any

import streamlit as st

from geo import words
from views.language import current

__all__ = ["page"]


def page(circles: Any = None, data: Any = None, study: Any = None) -> None:
    """Draw the page; `circles`, `data` and `study` are the pages to lead to."""
    lang = current()
    st.title(words.say("app.name", lang), anchor=False)
    st.subheader(words.say("app.home_lead", lang), anchor=False)
    with st.container(border=True, key="to-circles"):
        st.markdown(words.say("app.home_circles", lang))
        if circles is not None:
            st.page_link(
                circles, label=words.say("app.home_open", lang), icon=":material/arrow_forward:"
            )
    with st.container(border=True, key="to-study"):
        st.markdown(words.say("study.home", lang))
        if study is not None:
            label = words.say("study.home_open", lang)
            st.page_link(study, label=label, icon=":material/arrow_forward:")
    with st.container(border=True, key="to-data"):
        st.markdown(words.say("data.home", lang))
        if data is not None:
            label = words.say("data.home_open", lang)
            st.page_link(data, label=label, icon=":material/arrow_forward:")
    st.info(words.say("app.home_sample", lang), icon=":material/info:")
    st.caption(words.say("app.home_offline", lang))
