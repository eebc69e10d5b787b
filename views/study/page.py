"""The page 研学线路: a walk is chosen, planned, shown by the clock and on a map, taken away."""

from __future__ import annotations

import streamlit as st

from geo import words
from routes.sheets import SheetContent, content_of
from routes.visits import StudyBrief
from views import inputs
from views.language import current
from views.plain import plain
from views.refusals import guarded, spoken
from views.sources import Ground
from views.study import answer, asked, cards, files, form, look
from views.study.plans import Known, is_planned, known_to, route_of
from views.waiting import Progress

__all__ = ["page"]


def page() -> None:
    """Draw the page."""
    lang = current()
    look.dress()
    st.header(words.say("study.title", lang), anchor=False)
    with guarded(lang):
        with st.spinner(words.say("app.opening", lang)):
            ground = inputs.ground()
            known = known_to(ground)
        brief = asked.asked(lang)
        asked.keep_address(brief)
        if brief is None:
            _choose(known, lang)
        else:
            _walk(ground, known, brief, lang)


def _choose(known: Known, lang: str) -> None:
    """Draw what there is to choose from."""
    st.html(f'<p class="ht-lead">{words.say("study.lead", lang)}</p>')
    if not known.lines:
        st.info(words.say("study.no_lines", lang), icon=":material/info:")
    cards.draw(known, lang)
    with st.expander(words.say("study.own", lang), expanded=not known.lines,
                     icon=":material/tune:"):  # fmt: skip
        _refused(lang)
        form.draw(known, None, lang)


def _walk(ground: Ground, known: Known, brief: StudyBrief, lang: str) -> None:
    """Draw the walk that is asked for, or in a sentence why there is none.

    What a walk is asked by stands there while it is planned; below it Streamlit keeps the answer
    before, greyed, until the new one takes its place.
    """
    content: SheetContent | None = None
    st.button(
        words.say("study.other", lang), on_click=asked.forget, icon=":material/arrow_back:",
        key="study-forget",
    )  # fmt: skip
    head = st.empty()
    if not is_planned(ground, known, brief):
        head.html(cards.awaited_html(known, brief))
    unfolded = asked.refused() is not None or asked.was_impossible(brief)
    with st.expander(words.say("study.change", lang), expanded=unfolded, icon=":material/tune:"):
        _refused(lang)
        form.draw(known, brief, lang)
    with spoken(lang), Progress(lang) as tell:
        content = content_of(route_of(ground, known, brief, tell), lang)
    if asked.note_impossible(brief, impossible=content is None):
        st.rerun()  # with the form unfolded, so that it can be changed
    if content is not None:
        head.html(answer.head_html(content))
        answer.draw(content, ground, known)
        files.draw(content, (ground.stations.digest, known.digest))


def _refused(lang: str) -> None:
    fault = asked.refused()
    if fault is not None:
        st.error(plain(fault.sentence(lang)), icon=":material/error:")
