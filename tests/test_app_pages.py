"""The pages as scripts, in both languages: default, empty, failed, linked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo import words
from geo.errors import NetworkError
from views import form, results, sources
from views.ask import CircleAsk

ROOT = Path(__file__).parents[1]
LANGUAGES = words.LANGUAGES


def circles_script() -> None:
    from views import circles

    circles.page()


def home_script() -> None:
    from views import home

    home.page()


def opened(script: Any, lang: str, **params: str | list[str]) -> AppTest:
    test = AppTest.from_function(script, default_timeout=300)
    test.query_params["lang"] = lang
    for name, value in params.items():
        test.query_params[name] = value
    return test.run()


def html(test: AppTest) -> str:
    return " ".join(str(part.proto.body) for part in test.get("html"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_shell_opens_on_home_in_the_language_of_the_address(lang: str) -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.query_params["lang"] = lang
    test.run()
    assert not test.exception
    assert test.title[0].value == words.say("app.name", lang)


def test_the_switch_changes_the_language_and_the_address() -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    assert test.title[0].value == "宏图"
    test.session_state["lang"] = "en"
    test.run()
    assert test.title[0].value == "Hongtu"
    assert test.query_params["lang"] in ("en", ["en"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_says_what_is_sample(lang: str) -> None:
    test = opened(home_script, lang)
    assert not test.exception
    assert test.info[0].value == words.say("app.home_sample", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_circles_show_figures_flags_table_and_files(lang: str) -> None:
    test = opened(circles_script, lang)
    assert not test.exception
    assert not test.error
    shown = html(test)
    assert words.say("figure.band_minutes", lang, limit=15.0) in shown
    assert words.say("figure.straight_1km", lang) in shown
    warned = test.warning[0].value.lower()
    for flag in ("sample", "schematic"):
        assert words.say(f"flag.{flag}", lang).lower() in warned
    assert len(test.dataframe[0].value) == 160
    assert [button.key for button in test.get("download_button")] == [
        "download-geojson", "download-gpkg", "download-csv", "download-html",
    ]  # fmt: skip
    assert test.get("component_instance"), "a map"


def test_nothing_is_computed_until_the_form_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CircleAsk] = []
    real = results.coverage_of

    def noted(ground: Any, ask: CircleAsk, *rest: Any, **more: Any) -> Any:
        asked.append(ask)
        return real(ground, ask, *rest, **more)

    from views import circles

    monkeypatch.setattr(circles, "coverage_of", noted)
    test = opened(circles_script, "zh")
    test.slider(key="limit-minutes-2").set_value(20.0)
    test.button(key="submit").click().run()
    assert [ask.limits[-1] for ask in asked] == [15.0, 20.0]
    assert test.query_params["limits"] in ("5,10,20", ["5,10,20"])


def test_a_share_link_asks_its_question() -> None:
    test = opened(circles_script, "en", limits="300,1000", unit="metres", kinds=["职工书屋"])
    assert not test.exception
    assert words.say("figure.band_metres", "en", limit=300.0) in html(test)
    assert [slider.value for slider in test.slider] == [300.0, 1000.0]
    assert set(test.dataframe[0].value["Kind"]) == {"Workers' library"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_bad_link_says_so_and_shows_the_default(lang: str) -> None:
    test = opened(circles_script, lang, limits="<script>alert(1)</script>")
    assert not test.exception
    assert not test.error
    assert "alert(1)" in test.warning[0].value
    assert words.say("figure.band_minutes", lang, limit=15.0) in html(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_station_left_is_a_state_with_a_way_out(lang: str) -> None:
    test = opened(circles_script, lang, kinds=["no such kind"])
    assert not test.exception
    assert test.subheader[0].value == words.say("app.empty", lang)
    assert not test.dataframe
    test.button(key="clear-filters").click().run()
    assert len(test.dataframe[0].value) == 160
    assert test.session_state[form.ASK].kinds == ()


def test_a_step_back_asks_for_what_the_address_says(monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(circles_script, "en")
    test.selectbox(key="profile").select("elder")
    test.button(key="submit").click().run()
    assert test.session_state[form.ASK].profile == "elder"
    assert test.query_params["profile"] in ("elder", ["elder"])
    del test.query_params["profile"]
    test.run()
    assert test.session_state[form.ASK].profile == "elder", "what is late is no step back"
    monkeypatch.setattr(form, "went_back", lambda: True)
    del test.query_params["profile"]
    test.run()
    assert not test.exception
    assert test.session_state[form.ASK] == CircleAsk()
    monkeypatch.undo()
    (profile,) = (box for box in test.selectbox if str(box.key).startswith("profile"))
    assert profile.value == "shuang15", "the form shows what is asked for"
    (submit,) = (button for button in test.button if str(button.key).startswith("submit"))
    submit.click().run()
    assert test.session_state[form.ASK] == CircleAsk()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_refusal_is_a_sentence_and_is_not_kept(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NetworkError("file_missing", path="somewhere")

    with monkeypatch.context() as broken:
        broken.setattr(results, "cover", refuse)
        test = opened(circles_script, lang, limits={"zh": "2", "en": "3"}[lang])  # not kept yet
        assert not test.exception
        assert test.error[0].value == words.say("error.file_missing", lang, path="somewhere")
        assert not test.dataframe
    test.run()
    assert not test.error
    assert test.dataframe


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_fault_of_the_program_shows_no_traceback(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Any:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(sources, "_stamp", fail)
    test = opened(circles_script, lang)
    assert not test.exception
    assert test.error[0].value == words.say("app.unexpected", lang)
    assert "secret" not in str(test.main)


def test_areas_of_stations_come_when_asked_for() -> None:
    test = opened(circles_script, "en")
    assert "15 min (km²)" not in test.dataframe[0].value
    test.toggle(key="with-areas").set_value(True).run()
    assert not test.exception
    assert test.dataframe[0].value["15 min (km²)"].min() > 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_table_can_be_chosen(lang: str) -> None:
    test = opened(circles_script, lang)
    for name, column in (("unserved", "reason"), ("gaps", "rank"), ("stations", "hours")):
        test.session_state["table"] = name
        test.run()
        assert not test.exception
        assert words.say(f"table.{column}", lang) in test.dataframe[0].value
    test.session_state["table"] = "areas"
    test.run()
    assert not test.exception
    assert len(test.dataframe[0].value) == 7  # six districts and what is in none
    test.session_state["area-level"] = "园区"
    test.run()
    assert len(test.dataframe[0].value) == 4


def test_sessions_do_not_share_a_question() -> None:
    one, other = opened(circles_script, "zh", limits="4"), opened(circles_script, "zh")
    assert one.session_state[form.ASK].limits == (4.0,)
    assert other.session_state[form.ASK].limits == (5.0, 10.0, 15.0)
