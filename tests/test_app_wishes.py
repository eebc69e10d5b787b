"""The wishes of the page 研学线路: rows for pairs and breaks, musts among what is walked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo import words
from geo.errors import RouteError
from routes.lines import read_lines
from routes.ordering.problem import BREAKS
from routes.places import read_places
from routes.themes import own_title, theme_name
from routes.visits import StudyBrief
from views.study import asked, cards, form, plans

LANGUAGES = words.LANGUAGES
FRIDAY = "2026-05-08"


def study_script() -> None:
    from views.study import page

    page.page()


def opened(lang: str = "zh", **params: str) -> AppTest:
    test = AppTest.from_function(study_script, default_timeout=60)
    test.query_params["lang"] = lang
    for name, value in params.items():
        test.query_params[name] = value
    return test.run()


def address(test: AppTest) -> dict[str, str]:
    found = {name: test.query_params[name] for name in test.query_params if name != "lang"}
    return {name: v[-1] if isinstance(v, list) else str(v) for name, v in found.items()}


def widget(test: AppTest, kind: str, name: str) -> Any:
    (found,) = (w for w in test.get(kind) if re.fullmatch(rf"study-{name}-\d+", w.key or ""))
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pairs_and_breaks_are_rows_that_come_and_go(lang: str) -> None:
    test = opened(lang, line="riverside", date=FRIDAY, order="optimised")
    for name in ("before", "before", "breaks", "breaks"):
        widget(test, "button", f"{name}-add").click().run()
    first, second, *_ = read_lines()["riverside"].sites
    widget(test, "selectbox", "before-a-0").set_value(second).run()
    widget(test, "selectbox", "before-b-0").set_value(first).run()
    widget(test, "selectbox", "before-a-1").set_value(first).run()
    widget(test, "selectbox", "pause-1").set_value(20.0).run()
    assert address(test) == {"line": "riverside", "date": FRIDAY, "order": "optimised"}
    test.button(key="study-submit").click().run()
    assert not test.error
    brief = test.session_state[asked.BRIEF]
    assert brief.before == ((second, first),), "a row with one of two asks for nothing"
    assert brief.breaks == (("11:30", "12:30", 30.0), ("15:00", "15:30", 20.0))
    linked = opened(lang, **address(test))
    assert replace(linked.session_state[asked.BRIEF], lang=lang) == brief
    widget(linked, "button", "before-remove-0").click().run()
    widget(linked, "button", "breaks-remove-0").click().run()
    widget(linked, "button", "breaks-add").click().run()
    linked.button(key="study-submit").click().run()
    after = linked.session_state[asked.BRIEF]
    assert after.before == ()
    assert after.breaks == (("15:00", "15:30", 20.0), ("15:00", "15:30", 15.0))


def test_as_many_breaks_as_the_ordering_takes() -> None:
    test = opened(line="riverside", date=FRIDAY)
    for _ in range(BREAKS):
        widget(test, "button", "breaks-add").click().run()
    assert not [b for b in test.button if (b.key or "").startswith("study-breaks-add")]


def test_wishes_are_made_among_what_is_walked() -> None:
    lines = read_lines()
    test = opened(line="riverside", date=FRIDAY)
    must = widget(test, "multiselect", "must")
    assert len(must.options) == len(lines["riverside"].sites)
    must.set_value([lines["riverside"].sites[0]]).run()
    widget(test, "selectbox", "line").set_value("qinhuai").run()
    must = widget(test, "multiselect", "must")
    assert must.value == [], "what is no stop of the other line cannot be a must"
    named = {p.name_zh for site, p in read_places().items()
             if site in lines["qinhuai"].sites and p.lon is not None}  # fmt: skip
    assert set(must.options) == named
    widget(test, "button_group", "subject").set_value("sites").run()
    assert widget(test, "multiselect", "sites").value == list(lines["qinhuai"].sites)
    widget(test, "multiselect", "sites").set_value(["bridge-park"]).run()
    assert widget(test, "multiselect", "must").options == [read_places()["bridge-park"].name_zh]
    widget(test, "button_group", "subject").set_value("theme").run()
    theme = widget(test, "selectbox", "theme").value
    named = {p.name_zh for p in read_places().values() if theme in p.themes and p.lon is not None}
    assert set(widget(test, "multiselect", "must").options) == named


def test_the_form_stands_there_while_a_walk_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def noted(name: str, wrapped: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            drawn.append(name)
            return wrapped(*args, **more)

        return call

    def refused(*args: Any, **more: Any) -> Any:
        raise RouteError("route_nothing_fits")

    monkeypatch.setattr(cards, "awaited_html", noted("title", cards.awaited_html))
    monkeypatch.setattr(form, "draw", noted("form", form.draw))
    monkeypatch.setattr(plans, "plan", noted("plan", refused))
    test = opened(line="riverside", date="2026-05-13")
    assert drawn[:3] == ["title", "form", "plan"]
    assert [part.proto.expanded for part in test.expander] == [True], "so that it can be changed"
    assert len(test.error) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_walk_of_a_theme_is_called_after_it(lang: str) -> None:
    assert theme_name("riverside", lang) in own_title("riverside", lang)
    assert own_title(None, lang) not in own_title("riverside", lang)
    assert theme_name("<my own>", lang) == "<my own>"
    known = plans.Known(read_places(), read_lines(), "")
    shown = cards.awaited_html(known, StudyBrief(theme="riverside", lang=lang))
    assert own_title("riverside", lang) in shown
    shown = cards.awaited_html(known, StudyBrief(line="riverside", lang=lang))
    assert read_lines()["riverside"].title(lang) in shown
    assert "<my" not in cards.awaited_html(known, StudyBrief(theme="<my own>", lang=lang))
