"""The form of the page 服务圈: its widgets, and the question they make."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from geo import words
from geo.errors import RequestError
from geo.pace import PROFILES
from geo.points import PointTable
from views import choice, inputs
from views.ask import CircleAsk
from views.history import went_back
from views.plain import plain

__all__ = ["ASK", "asked", "default_limits", "draw", "forget_filters", "is_sent"]

ASK = "circles.ask"
_TURN = "circles.turn"
_LIMITS = {
    "minutes": (5.0, 10.0, 15.0, 20.0, 25.0, 30.0),
    "metres": (300.0, 500.0, 1000.0, 1500.0, 2000.0, 3000.0),
}
_RANGE = {"minutes": (1.0, 60.0, 1.0), "metres": (50.0, 6000.0, 50.0)}
_CELLS = (10.0, 20.0, 30.0, 40.0, 50.0)


def asked(lang: str) -> CircleAsk:
    """Return the question; a new session, or one that goes back, takes it from the address."""
    if ASK not in st.session_state:
        st.session_state[ASK] = _linked(lang)
    elif went_back() and (before := _linked(lang)) != st.session_state[ASK]:
        _ask_anew(before)
    ask: CircleAsk = st.session_state[ASK]
    return ask


def _linked(lang: str) -> CircleAsk:
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    try:
        return CircleAsk.from_query(params)
    except RequestError as fault:
        text = words.say("app.link_unusable", lang, sentence=fault.sentence(lang))
        st.warning(text, icon=":material/link_off:")
        return CircleAsk()


def _ask_anew(ask: CircleAsk) -> None:
    """Ask `ask`, with widgets that start from it: those there are hold what hands left in them."""
    st.session_state[ASK] = ask
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1


def _key(name: str) -> str:
    turn = st.session_state.get(_TURN, 0)
    return f"{name}~{turn}" if turn else name


def default_limits(ask: CircleAsk, unit: str, count: int) -> tuple[float, ...]:
    """Return where `count` sliders start: at the bands asked for, then at the usual ones."""
    own = ask.limits if ask.unit == unit else ()
    rest = [limit for limit in _LIMITS[unit] if not own or limit > own[-1]]
    high = _RANGE[unit][1]
    return (*own, *rest, *(high,) * count)[:count]


def forget_filters() -> None:
    """Ask again without filters."""
    ask: CircleAsk = st.session_state[ASK]
    _ask_anew(replace(ask, kinds=(), facilities=()))


def is_sent() -> bool:
    """Return whether this run of the page is one of the form being sent."""
    return bool(st.session_state.get(_key("submit")))


def draw(stations: PointTable, ask: CircleAsk, lang: str) -> CircleAsk:
    """Draw the form and return the question: a new one once it is sent, else `ask`.

    Raises
    ------
    RequestError
        The sliders make no sense together.
    """

    def say(key: str, **fields: object) -> str:
        return words.say(f"ask.{key}", lang, **fields)

    st.caption(plain(inputs.told(lang)))
    left, right = st.columns([3, 2])
    unit = left.segmented_control(
        say("unit"),
        ("minutes", "metres"),
        default=ask.unit,
        format_func=lambda word: say(f"unit_{word}"),
        key=_key("unit"),
        required=True,
    )
    count = right.selectbox(say("bands"), range(1, 7), index=len(ask.limits) - 1, key=_key("bands"))
    with st.form("ask", border=False):
        low, high, step = _RANGE[unit]
        limits = [
            st.slider(
                say("band", number=at + 1, unit=say(f"unit_{unit}")),
                low,
                high,
                limit,
                step,
                format="%g",
                key=_key(f"limit-{unit}-{at}"),
            )
            for at, limit in enumerate(default_limits(ask, unit, count))
        ]
        names = tuple(PROFILES)
        profile = st.selectbox(
            say("profile"),
            names,
            index=names.index(ask.profile),
            format_func=lambda name: words.say(f"profile.{name}", lang),
            key=_key("profile"),
        )
        kinds = _words("kind", choice.kinds_of(stations), ask.kinds, lang)
        facilities = _words("facility", choice.facilities_of(stations), ask.facilities, lang)
        cells = tuple(sorted({*_CELLS, ask.cell_m}))
        cell_m = st.select_slider(
            say("cell"),
            cells,
            ask.cell_m,
            format_func=lambda metres: f"{metres:g}",
            help=say("cell_help"),
            key=_key("cell"),
        )
        sent = st.form_submit_button(
            say("submit"), type="primary", width="stretch", key=_key("submit")
        )
    st.caption(say("share"))
    if inputs.chosen().roles:
        st.caption(words.say("data.link_without_files", lang))
    if not sent:
        return ask
    new = CircleAsk(tuple(limits), unit, profile, cell_m, tuple(kinds), tuple(facilities))
    st.session_state[ASK] = new
    return new


def _words(room: str, known: tuple[str, ...], wanted: tuple[str, ...], lang: str) -> list[str]:
    """Draw a choice of kinds or facilities; what a link asks for can be taken away again."""
    field = {"kind": "kinds", "facility": "facilities"}[room]
    texts = words.entries()
    return st.multiselect(
        words.say(f"ask.{field}", lang),
        (*known, *(word for word in wanted if word not in known)),
        list(wanted),
        format_func=lambda word: texts.get(f"{room}.{word}", {}).get(lang, word),
        placeholder=words.say(f"ask.{field}_all", lang),
        help=words.say("ask.facilities_help", lang) if room == "facility" else None,
        key=_key(field),
    )
