"""The web door: page configuration, language, navigation; the pages are in `views`.

``python app.py`` starts the server, which then runs this very file for every page.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit import runtime


def _page() -> None:
    """Draw whichever page the address names."""
    import streamlit as st

    from geo import words
    from views import circles, home, language, style

    st.set_page_config(page_title="宏图 Hongtu", page_icon=str(style.ICON), layout="wide")
    style.dress()
    lang = language.switch()
    circles_page = st.Page(
        circles.page,
        title=words.say("app.circles", lang),
        url_path="circles",
        icon=":material/directions_walk:",
    )

    def study() -> None:
        from views.study import page  # with the planner, which the other pages do without

        page.page()

    study_page = st.Page(
        study,
        title=words.say("study.title", lang),
        url_path="study",
        icon=":material/route:",
    )

    def data() -> None:
        from views.data import page  # with the readers of every format, which others do without

        page.page(circles_page)

    data_page = st.Page(
        data,
        title=words.say("data.title", lang),
        url_path="data",
        icon=":material/table_chart:",
    )

    def start() -> None:
        home.page(circles_page, data_page, study_page)

    title = words.say("app.home", lang)
    home_page = st.Page(start, title=title, icon=":material/home:", default=True)
    # The first page has no name in its address; who types one anyway is not told it is unknown.
    named = st.Page(start, title=title, url_path="home", visibility="hidden")
    pages = [home_page, circles_page, study_page, data_page, named]
    st.navigation(pages, position="top").run()


if runtime.exists():
    _page()
elif __name__ == "__main__":
    from views.start import serve

    serve(Path(__file__).resolve(), sys.argv[1:])
