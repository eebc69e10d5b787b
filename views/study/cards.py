"""Cards of the study lines, each with a button that walks it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from geo import words
from routes.lines import StudyLine
from routes.places import Place
from routes.sheets.drawing import escaped
from routes.themes import own_title
from routes.visits import StudyBrief
from views.study import asked
from views.study.plans import Known

__all__ = ["awaited_html", "card_html", "draw", "in_order"]

_COLUMNS = 2


def draw(known: Known, lang: str) -> None:
    """Draw a card for each line."""
    lines = in_order(known)
    for at in range(0, len(lines), _COLUMNS):
        rooms = st.columns(_COLUMNS)
        for room, line in zip(rooms, lines[at : at + _COLUMNS], strict=False):
            with room.container(border=True, key=f"study-card-{line.id}", height="stretch"):
                st.html(card_html(line, known.places, lang))
                st.button(
                    words.say("study.choose", lang), on_click=asked.choose_line, args=(line.id,),
                    icon=":material/arrow_forward:", key=f"study-line-{line.id}",
                )  # fmt: skip


def in_order(known: Known) -> list[StudyLine]:
    """Return the lines in the order of their cards, the published ones first."""
    return sorted(known.lines.values(), key=lambda line: line.status != "published")


def card_html(line: StudyLine, places: Mapping[str, Place], lang: str) -> str:
    """Return a line's title, where it comes from, what it tells, and its stops in order."""
    names = [places[site].name(lang) if site in places else site for site in line.sites]
    text = line.text_zh if lang == "zh" else line.text_en
    status = words.say(f"line_status.{line.status}", lang)
    count = words.say("study.stops_of", lang, count=len(line.stops))
    return (
        f'<div class="ht-line"><h3>{escaped(line.title(lang))}</h3>'
        f'<p><span class="ht-chip ht-{escaped(line.status)}">{escaped(status)}</span> '
        f"{escaped(count)}</p><p>{escaped(text)}</p>"
        f'<p class="ht-small">{escaped(" → ".join(names))}</p></div>'
    )


def awaited_html(known: Known, brief: StudyBrief) -> str:
    """Return the title of a walk that is still being planned."""
    line = known.lines.get(brief.line or "")
    title = line.title(brief.lang) if line else own_title(brief.theme, brief.lang)
    said = words.say("study.planning", brief.lang)
    return (
        f'<div class="ht-line" aria-busy="true"><h3>{escaped(title)}</h3>'
        f'<p class="ht-small">{escaped(said)}</p></div>'
    )
