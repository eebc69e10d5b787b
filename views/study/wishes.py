"""Wishes of a walk as rows that come and go: what may not be missed, what comes first, breaks.

They stand outside of the form: what can be wished for depends on what is walked, and a row that is
added or removed is drawn at once. Nothing is asked for before the form is sent.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from geo import words
from routes.ordering.problem import BREAKS
from routes.visits import Break, StudyBrief
from views.study import asked

__all__ = ["breaks", "draw_breaks", "draw_order", "key_of", "pairs", "time_of", "told_of"]

MOST_PAIRS = 12
_MINUTES = (10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
_USUAL: tuple[Break, ...] = (("11:30", "12:30", 30.0), ("15:00", "15:30", 15.0))


def key_of(name: str) -> str:
    """Return the key of a widget; each question from outside of the form has widgets of its own."""
    return f"study-{name}-{asked.turn()}"


def draw_order(
    brief: StudyBrief, stops: Sequence[str], name_of: Callable[[str], str], lang: str
) -> None:
    """Draw a row for each pair A before B among `stops`."""
    for row in _rows("before", len(brief.before)):
        given = brief.before[row] if row < len(brief.before) else ("", "")
        with _room("before", row):
            for part, site in zip("ab", given, strict=True):
                at = stops.index(site) if site in stops else None
                st.selectbox(
                    _say(f"before_{part}", lang), stops, at,
                    format_func=name_of, key=key_of(f"before-{part}-{row}"), width="stretch",
                    placeholder=_say("before_hint", lang),
                )  # fmt: skip
            _remover("before", row, lang)
    _adder("before", MOST_PAIRS if len(stops) > 1 else 0, lang)


def draw_breaks(brief: StudyBrief, lang: str) -> None:
    """Draw a row for each break: how long, and between when and when it begins."""
    for row in _rows("breaks", len(brief.breaks)):
        known = (*brief.breaks, *_USUAL[len(brief.breaks) :])
        earliest, latest, minutes = known[row] if row < len(known) else _USUAL[-1]
        options = sorted({*_MINUTES, minutes})
        with _room("breaks", row):
            st.selectbox(
                _say("pause", lang), options, options.index(minutes), width="stretch",
                format_func=lambda m: words.say("study.pause_of", lang, m=m),
                key=key_of(f"pause-{row}"),
            )  # fmt: skip
            for name, text in (("pause_from", earliest), ("pause_until", latest)):
                st.time_input(
                    _say(name, lang), time_of(text), step=900, key=key_of(f"{name}-{row}"),
                    width="stretch",
                )  # fmt: skip
            _remover("breaks", row, lang)
    _adder("breaks", BREAKS, lang)


def pairs() -> tuple[tuple[str, str], ...]:
    """Return the pairs A before B as chosen; a row with only one of them asks for nothing."""
    found = [(_chosen(f"before-a-{row}"), _chosen(f"before-b-{row}")) for row in _rows("before", 0)]
    return tuple(dict.fromkeys((a, b) for a, b in found if a and b))


def breaks() -> tuple[Break, ...]:
    """Return the breaks as chosen, the earliest first where they were not asked for before."""
    found = []
    for row in _rows("breaks", 0):
        start, stop = (_chosen(f"{name}-{row}") for name in ("pause_from", "pause_until"))
        if start is not None and stop is not None:
            found.append((told_of(start), told_of(stop), float(_chosen(f"pause-{row}"))))
    return tuple(found)


def time_of(text: str) -> datetime.time:
    """Return a clock time of a brief."""
    hour, minute = text.replace("：", ":").split(":")
    return datetime.time(int(hour), int(minute))


def told_of(time: datetime.time) -> str:
    """Return a clock time as a brief tells it."""
    return f"{time.hour:02d}:{time.minute:02d}"


def _say(key: str, lang: str) -> str:
    return words.say(f"study.{key}", lang)


def _chosen(name: str) -> Any:
    return st.session_state.get(key_of(name))


def _rows(name: str, given: int) -> list[int]:
    """Return the numbers of the rows there are; those below `given` are the brief's own."""
    rows: list[int] = st.session_state.setdefault(key_of(f"{name}-rows"), list(range(given)))
    return rows


def _room(name: str, row: int) -> Any:
    return st.container(
        horizontal=True, vertical_alignment="bottom", key=key_of(f"row-{name}-{row}")
    )


def _adder(name: str, most: int, lang: str) -> None:
    if len(_rows(name, 0)) < most:
        st.button(
            _say(f"{name}_add", lang), on_click=_add, args=(name,), icon=":material/add:",
            key=key_of(f"{name}-add"),
        )  # fmt: skip


def _add(name: str) -> None:
    rows = _rows(name, 0)
    # A number is never used again: its widgets would come back with what was chosen in them.
    last = key_of(f"{name}-last")
    st.session_state[last] = max([*rows, st.session_state.get(last, -1)]) + 1
    st.session_state[key_of(f"{name}-rows")] = [*rows, st.session_state[last]]


def _remover(name: str, row: int, lang: str) -> None:
    st.button(
        _say("row_remove", lang), on_click=_remove, args=(name, row), icon=":material/close:",
        key=key_of(f"{name}-remove-{row}"),
    )  # fmt: skip


def _remove(name: str, row: int) -> None:
    rows = _rows(name, 0)
    last = key_of(f"{name}-last")
    st.session_state[last] = max([*rows, st.session_state.get(last, -1)])
    st.session_state[key_of(f"{name}-rows")] = [kept for kept in rows if kept != row]
