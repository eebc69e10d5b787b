"""The form of the page 研学线路: its widgets, and the brief they make once they are sent."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from geo import words
from geo.errors import PlannerError, RequestError
from geo.pace import PROFILES
from routes.places import THEMES
from routes.stops import metro_stations
from routes.themes import theme_name
from routes.visits import ORDERS, StudyBrief
from views.study import asked, wishes
from views.study.plans import Known

__all__ = ["draw"]

_SUBJECTS = ("line", "sites", "theme")
_COORDINATES = "118.79,32.04"
_LEAST_BUDGET = 10


class _Fields:
    """Widgets of one form: each has a key, a label and a starting value of the brief."""

    def __init__(self, known: Known, brief: StudyBrief | None, lang: str) -> None:
        self.known, self.brief, self.lang = known, brief, lang
        self._by_name = {
            text: site
            for site, place in known.places.items()
            for text in (place.name_en, place.name_zh)
        }
        self.now = brief or StudyBrief(theme=THEMES[0], date=asked.usual_day())

    def say(self, key: str, **fields: Any) -> str:
        return words.say(f"study.{key}", self.lang, **fields)

    def key(self, name: str) -> str:
        return wishes.key_of(name)

    def id(self, site: str) -> str:
        """Return the id of a site, which a link may tell by its name."""
        return self._by_name.get(site, site)

    def ids(self, brief: StudyBrief) -> StudyBrief:
        """Return `brief` with ids in its pairs."""
        return replace(brief, before=tuple((self.id(a), self.id(b)) for a, b in brief.before))

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
    stops = _draw_subject(field, kind)
    _choice(field, "must", stops, _musts(field, kind, stops), field.say("must_hint"))
    wishes.draw_order(field.ids(field.now), stops, field.site, lang)
    wishes.draw_breaks(field.now, lang)
    with st.form(f"study-form-{asked.turn()}", border=False):
        _draw_day(field)
        _draw_ends(field)
        _draw_group(field)
        st.form_submit_button(
            field.say("submit"), type="primary", width="stretch", key="study-submit",
            on_click=_sent, args=(kind, lang),
        )  # fmt: skip


def _subject(brief: StudyBrief) -> str:
    return next(name for name in _SUBJECTS if getattr(brief, name))


def _draw_subject(field: _Fields, kind: str) -> tuple[str, ...]:
    """Draw what is walked; return its stops, among which wishes can be made."""
    known, now = field.known, field.now
    if kind == "line":
        names = list(known.lines)
        at = names.index(now.line) if now.line in names else 0
        chosen = st.selectbox(
            field.say("subject_line"), names, at, key=field.key("line"),
            format_func=lambda line: known.lines[line].title(field.lang),
        )  # fmt: skip
        stops = known.lines[chosen].sites
    elif kind == "theme":
        themes = list(dict.fromkeys(t for p in known.places.values() for t in p.themes))
        themes.sort(key=lambda t: THEMES.index(t) if t in THEMES else len(THEMES))
        at = themes.index(now.theme) if now.theme in themes else 0
        theme = st.selectbox(
            field.say("subject_theme"), themes, at, key=field.key("theme"),
            format_func=lambda theme: theme_name(theme, field.lang),
        )  # fmt: skip
        stops = tuple(site for site, place in known.places.items() if theme in place.themes)
    else:
        # Who leaves a line for a choice of his own begins with its stops.
        line = known.lines.get(st.session_state.get(field.key("line")) or now.line or "")
        wanted = line.sites if line else now.sites
        stops = _choice(field, "sites", tuple(known.places), wanted, field.say("sites_hint"))
    here = (known.places.get(site) for site in stops)
    return tuple(place.id for place in here if place is not None and place.lon is not None)


def _musts(field: _Fields, kind: str, stops: tuple[str, ...]) -> tuple[str, ...]:
    """Return the musts of the brief; those that are no stops only while its own walk is chosen."""
    now = field.now
    same = kind == _subject(now) and (
        kind == "sites" or st.session_state.get(field.key(kind)) == getattr(now, kind)
    )
    return now.must if same else tuple(site for site in now.must if field.id(site) in stops)


def _choice(
    field: _Fields, name: str, known: tuple[str, ...], wanted: tuple[str, ...], hint: str
) -> tuple[str, ...]:
    """Draw a choice of sites by name, kept in the order they are chosen in; return it."""
    start = list(dict.fromkeys(field.id(site) for site in wanted))
    options = (*known, *(site for site in start if site not in known))
    return tuple(
        st.multiselect(
            field.say(name), options, start, format_func=field.site, placeholder=hint,
            key=field.key(name),
        )
    )  # fmt: skip


def _draw_day(field: _Fields) -> None:
    now = field.now
    first, second, third = st.columns(3)
    first.date_input(
        field.say("date"), now.day, format="YYYY-MM-DD", key=field.key("date"),
        help=field.say("date_help"),
    )  # fmt: skip
    depart = wishes.time_of(now.depart)
    second.time_input(field.say("depart"), depart, step=300, key=field.key("depart"))
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


def _sent(kind: str, lang: str) -> None:
    """Ask for what the form says; what makes no sense is told on the page that follows."""

    def value(name: str) -> Any:
        return st.session_state[wishes.key_of(name)]

    try:
        asked.keep(_brief(value, kind, lang), anew=False)
    except PlannerError as fault:
        asked.refuse(fault)


def _brief(value: Callable[[str], Any], kind: str, lang: str) -> StudyBrief:
    day: datetime.date | None = value("date")
    if 0 < value("budget") < _LEAST_BUDGET:
        raise RequestError("study_budget", least=_LEAST_BUDGET)
    return StudyBrief(
        line=value("line") if kind == "line" else None,
        sites=tuple(value("sites")) if kind == "sites" else (),
        theme=value("theme") if kind == "theme" else None,
        must=tuple(value("must")),
        before=wishes.pairs(),
        start=(value("start") or "").strip(),
        end=(value("end") or "").strip(),
        date=day.isoformat() if day else "",
        depart=wishes.told_of(value("depart")),
        budget_minutes=value("budget") or None,
        pace_kmh=value("pace_kmh"),
        gather_minutes=value("gather_minutes"),
        breaks=wishes.breaks(),
        max_walk_min=value("max_walk_min"),
        groups=value("groups"),
        group_size=value("group_size"),
        order=value("order"),
        profile=value("profile"),
        rest_detour_m=value("rest_detour_m"),
        lang=lang,
    )
