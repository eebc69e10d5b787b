"""The form of the page 研学线路: its widgets, and the brief they make once they are sent."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import streamlit as st

from geo import words
from geo.errors import PlannerError, RequestError
from geo.pace import PROFILES
from routes.places import THEMES
from routes.stops import metro_stations
from routes.visits import ORDERS, Break, StudyBrief
from views.plain import plain
from views.study import asked
from views.study.plans import Known

__all__ = ["draw"]

_SUBJECTS = ("line", "sites", "theme")
_PAUSES = (0, 15, 30, 45, 60, 90, 120)
_LUNCH: Break = ("11:30", "12:30", 0.0)
_COORDINATES = "118.79,32.04"
_LEAST_BUDGET = 10


class _Fields:
    """Widgets of one form: each has a key, a label and a starting value of the brief."""

    def __init__(self, known: Known, brief: StudyBrief | None, lang: str) -> None:
        self.known, self.brief, self.lang = known, brief, lang
        self.now = brief or StudyBrief(theme=THEMES[0], date=asked.usual_day())

    def say(self, key: str, **fields: Any) -> str:
        return words.say(f"study.{key}", self.lang, **fields)

    def key(self, name: str) -> str:
        return _key(name)

    def site(self, site: str) -> str:
        """Return what a site is called in a list to choose from."""
        place = self.known.places.get(site)
        if place is None:
            return site
        name = place.name(self.lang)
        return self.say("no_position", name=name) if place.lon is None else name

    def end(self, text: str) -> str:
        """Return what a start or an end is called."""
        if text in metro_stations():
            return self.say("metro", name=text)
        return self.say(f"end_{text}") if text == "start" else self.site(text)

    def number(self, room: Any, name: str, low: float, high: float, step: float) -> None:
        room.number_input(
            self.say(name), low, high, float(getattr(self.now, name)), step,
            format="%g", key=self.key(name),
        )  # fmt: skip

    def count(self, room: Any, name: str, low: int, high: int) -> None:
        value = int(getattr(self.now, name))
        room.number_input(self.say(name), low, high, value, 1, key=self.key(name))


def _key(name: str) -> str:
    return f"study-{name}-{asked.turn()}"


def draw(known: Known, brief: StudyBrief | None, lang: str) -> None:
    """Draw the form; what it makes is asked for by the time the page runs again."""
    field = _Fields(known, brief, lang)
    subjects = _SUBJECTS if known.lines else ("sites", "theme")
    subject = "sites" if brief is None else _subject(brief)
    kind = st.segmented_control(
        field.say("subject"),
        subjects,
        default=subject if subject in subjects else "sites",
        format_func=lambda name: field.say(f"subject_{name}"),
        key=field.key("subject"),
        required=True,
    )
    with st.form(f"study-form-{asked.turn()}", border=False):
        _draw_subject(field, kind)
        _draw_day(field)
        _draw_ends(field)
        _draw_group(field)
        _draw_break(field)
        st.form_submit_button(
            field.say("submit"), type="primary", width="stretch", key="study-submit",
            on_click=_sent, args=(kind, lang),
        )  # fmt: skip


def _subject(brief: StudyBrief) -> str:
    return next(name for name in _SUBJECTS if getattr(brief, name))


def _draw_subject(field: _Fields, kind: str) -> None:
    known, now = field.known, field.now
    if kind == "line":
        names = list(known.lines)
        at = names.index(now.line) if now.line in names else 0
        st.selectbox(
            field.say("subject_line"), names, at, key=field.key("line"),
            format_func=lambda line: known.lines[line].title(field.lang),
        )  # fmt: skip
    elif kind == "theme":
        themes = list(dict.fromkeys(t for p in known.places.values() for t in p.themes))
        themes.sort(key=lambda t: THEMES.index(t) if t in THEMES else len(THEMES))
        at = themes.index(now.theme) if now.theme in themes else 0
        st.selectbox(
            field.say("subject_theme"), themes, at, key=field.key("theme"),
            format_func=lambda theme: _theme(theme, field.lang),
        )  # fmt: skip
    else:
        line = known.lines.get(now.line or "")
        wanted = line.sites if line else now.sites
        _choice(field, "sites", tuple(known.places), wanted, field.say("sites_hint"))
    here = tuple(site for site, place in known.places.items() if place.lon is not None)
    _choice(field, "must", here, now.must, field.say("must_hint"))


def _theme(theme: str, lang: str) -> str:
    texts = words.entries()
    return texts.get(f"theme.{theme}", {}).get(lang, theme)


def _choice(
    field: _Fields, name: str, known: tuple[str, ...], wanted: tuple[str, ...], hint: str
) -> None:
    """Draw a choice of sites by name, kept in the order they are chosen in."""
    places = field.known.places
    by_name = {text: site for site, place in places.items()
               for text in (place.name_en, place.name_zh)}  # fmt: skip
    start = list(dict.fromkeys(by_name.get(site, site) for site in wanted))
    options = (*known, *(site for site in start if site not in known))
    st.multiselect(
        field.say(name), options, start, format_func=field.site, placeholder=hint,
        key=field.key(name),
    )  # fmt: skip


def _draw_day(field: _Fields) -> None:
    now = field.now
    first, second, third = st.columns(3)
    first.date_input(
        field.say("date"), now.day, format="YYYY-MM-DD", key=field.key("date"),
        help=field.say("date_help"),
    )  # fmt: skip
    second.time_input(field.say("depart"), _time(now.depart), step=300, key=field.key("depart"))
    third.number_input(
        field.say("budget"), 0.0, 1440.0, float(now.budget_minutes or 0.0), 30.0,
        format="%g", key=field.key("budget"),
    )  # fmt: skip
    st.segmented_control(
        field.say("order"), ORDERS, default=now.order, required=True, key=field.key("order"),
        format_func=lambda order: field.say(f"order_{order}"),
    )  # fmt: skip


def _draw_ends(field: _Fields) -> None:
    here = [site for site, place in field.known.places.items() if place.lon is not None]
    rooms = st.columns(2)
    for room, name, more in zip(rooms, ("start", "end"), ([], ["start"]), strict=True):
        value = getattr(field.now, name)
        options = [*more, *here, *metro_stations()]
        if value and value not in options:
            options.insert(0, value)
        room.selectbox(
            field.say(name), options, options.index(value) if value else None,
            format_func=field.end, accept_new_options=True, key=field.key(name),
            placeholder=field.say(f"{name}_hint", example=_COORDINATES),
        )  # fmt: skip


def _draw_group(field: _Fields) -> None:
    first, second, third = st.columns(3)
    field.count(first, "groups", 1, 20)
    field.count(second, "group_size", 0, 2000)
    names = [name for name in PROFILES if name != "shuang15" or name == field.now.profile]
    third.selectbox(
        field.say("profile"), names, names.index(field.now.profile), key=field.key("profile"),
        format_func=lambda name: field.say(f"profile_{name}"),
    )  # fmt: skip
    first, second, third, fourth = st.columns(4)
    field.number(first, "pace_kmh", 1.0, 8.0, 0.5)
    field.number(second, "gather_minutes", 0.0, 60.0, 1.0)
    field.number(third, "max_walk_min", 0.0, 240.0, 5.0)
    field.number(fourth, "rest_detour_m", 0.0, 2000.0, 50.0)


def _draw_break(field: _Fields) -> None:
    earliest, latest, minutes = (*field.now.breaks, _LUNCH)[0]
    first, second, third = st.columns(3)
    options = sorted({*_PAUSES, minutes})
    first.selectbox(
        field.say("pause"), options, options.index(minutes), key=field.key("pause"),
        format_func=lambda m: field.say("pause_none") if m == 0 else field.say("pause_of", m=m),
    )  # fmt: skip
    second.time_input(
        field.say("pause_from"), _time(earliest), step=900, key=field.key("pause_from")
    )
    third.time_input(
        field.say("pause_until"), _time(latest), step=900, key=field.key("pause_until")
    )
    kept = [field.say("pair", a=field.site(a), b=field.site(b)) for a, b in field.now.before]
    if kept:
        st.caption(plain(field.say("before", pairs="；".join(kept))))


def _time(text: str) -> datetime.time:
    hour, minute = text.replace("：", ":").split(":")
    return datetime.time(int(hour), int(minute))


def _sent(kind: str, lang: str) -> None:
    """Ask for what the form says; what makes no sense is told on the page that follows."""

    def value(name: str) -> Any:
        return st.session_state[_key(name)]

    try:
        asked.keep(_brief(value, kind, lang), anew=False)
    except PlannerError as fault:
        asked.refuse(fault)


def _brief(value: Callable[[str], Any], kind: str, lang: str) -> StudyBrief:
    before: StudyBrief | None = st.session_state.get(asked.BRIEF)
    day: datetime.date | None = value("date")
    if 0 < value("budget") < _LEAST_BUDGET:
        raise RequestError("study_budget", least=_LEAST_BUDGET)
    pause = float(value("pause"))
    first: tuple[Break, ...] = ()
    if pause:
        first = ((_clock(value("pause_from")), _clock(value("pause_until")), pause),)
    rest = before.breaks[1:] if before else ()
    return StudyBrief(
        line=value("line") if kind == "line" else None,
        sites=tuple(value("sites")) if kind == "sites" else (),
        theme=value("theme") if kind == "theme" else None,
        must=tuple(value("must")),
        before=before.before if before and _subject(before) == kind else (),
        start=(value("start") or "").strip(),
        end=(value("end") or "").strip(),
        date=day.isoformat() if day else "",
        depart=_clock(value("depart")),
        budget_minutes=value("budget") or None,
        pace_kmh=value("pace_kmh"),
        gather_minutes=value("gather_minutes"),
        breaks=(*first, *rest),
        max_walk_min=value("max_walk_min"),
        groups=value("groups"),
        group_size=value("group_size"),
        order=value("order"),
        profile=value("profile"),
        rest_detour_m=value("rest_detour_m"),
        lang=lang,
    )


def _clock(time: datetime.time) -> str:
    return f"{time.hour:02d}:{time.minute:02d}"
