"""The walk that a session asks for: taken from the address, kept in it, changed by buttons."""

from __future__ import annotations

import datetime
from dataclasses import fields, replace
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from geo import words
from geo.errors import PlannerError
from geo.hours import chinese_holidays
from routes.sheets.content import ZONE
from routes.visits import StudyBrief
from views.history import went_back, write_address
from views.plain import plain

__all__ = ["BRIEF", "asked", "choose_line", "forget", "keep", "keep_address", "note_impossible",
           "refuse", "refused", "turn", "use_order", "usual_day", "was_impossible"]  # fmt: skip

BRIEF = "study.brief"
_TURN = "study.turn"
_REFUSED = "study.refused"
_IMPOSSIBLE = "study.impossible"
_SUBJECTS = ("line", "sites", "theme")
# The language of the address is the switch's own.
_NAMES = tuple(item.name for item in fields(StudyBrief) if item.name != "lang")
_MONDAY = 0


def asked(lang: str) -> StudyBrief | None:
    """Return what the session asks for, None for nothing yet; a new one takes it from the address.

    So does one that goes back or forward in the history of its browser. What others put into an
    address, as chat programs do, is left alone.
    """
    if BRIEF not in st.session_state:
        st.session_state[BRIEF] = _linked(lang)
    elif went_back():
        found, now = _linked(lang), st.session_state[BRIEF]
        if found is None or now is None or found != replace(now, lang=found.lang):
            keep(found)
    brief: StudyBrief | None = st.session_state[BRIEF]
    return None if brief is None else replace(brief, lang=lang)


def _linked(lang: str) -> StudyBrief | None:
    told = {name: st.query_params[name] for name in _NAMES if name in st.query_params}
    if not any(name in told for name in _SUBJECTS):
        return None
    try:
        return StudyBrief.from_query(urlencode(told))
    except PlannerError as fault:
        text = words.say("study.link_unusable", lang, sentence=fault.sentence(lang))
        st.warning(plain(text), icon=":material/link_off:")
        return None


def keep_address(brief: StudyBrief | None) -> None:
    """Let the address tell what is asked for; each change of it is one step in the history."""
    told = {} if brief is None else dict(parse_qsl(brief.to_query(), keep_blank_values=True))
    write_address({name: [value] for name, value in told.items()}, _NAMES)


def turn() -> int:
    """Return how often the question was changed from outside of the form, which starts anew."""
    return int(st.session_state.get(_TURN, 0))


def keep(brief: StudyBrief | None, *, anew: bool = True) -> None:
    """Ask for `brief` from now on; `anew`: with a form that starts from it."""
    st.session_state[BRIEF] = brief
    st.session_state.pop(_REFUSED, None)
    if anew:
        st.session_state[_TURN] = turn() + 1


def refuse(fault: PlannerError) -> None:
    """Note what makes no sense in the form that was sent; what was asked before stays asked."""
    st.session_state[_REFUSED] = fault


def refused() -> PlannerError | None:
    """Return what made no sense in the form that was sent last."""
    fault: PlannerError | None = st.session_state.get(_REFUSED)
    return fault


def was_impossible(brief: StudyBrief) -> bool:
    """Return whether there was no such walk when it was tried last."""
    return st.session_state.get(_IMPOSSIBLE) == brief.digest


def note_impossible(brief: StudyBrief, *, impossible: bool) -> bool:
    """Note whether there is such a walk; return whether it is news that there is none."""
    before = was_impossible(brief)
    st.session_state[_IMPOSSIBLE] = brief.digest if impossible else None
    return impossible and not before


def choose_line(line: str) -> None:
    """Ask for a line; day, pace and groups stay as they were asked for."""
    now: StudyBrief | None = st.session_state.get(BRIEF)
    if now is None:
        keep(StudyBrief(line=line, date=usual_day()))
        return
    keep(replace(now, line=line, sites=(), theme=None, must=(), before=(), start="", end=""))


def use_order(order: str) -> None:
    """Ask for the same in the other order."""
    now: StudyBrief | None = st.session_state.get(BRIEF)
    if now is not None:
        keep(replace(now, order=order))


def forget() -> None:
    """Ask for nothing."""
    keep(None)


def today() -> datetime.date:
    """Return the date in China."""
    return datetime.datetime.now(ZONE).date()


def usual_day() -> str:
    """Return the next working day, on which groups walk; no Monday, when museums are shut."""
    book, day = chinese_holidays(), today()
    for _ in range(15):
        day += datetime.timedelta(days=1)
        if book.kind(day) in ("workday", "makeup_workday") and day.weekday() != _MONDAY:
            break
    return day.isoformat()
