"""What depends on a number or on a list of names: endings of plurals, levels of areas, links."""

from __future__ import annotations

import re

import pytest

from geo import words
from geo.areas.levels import level_name
from views.study.files import linked


@pytest.mark.parametrize(("count", "said"), [(0, "0 stops"), (1, "1 stop"), (2, "2 stops")])
def test_english_has_a_form_for_one(count: int, said: str) -> None:
    assert words.say("study.stops_of", "en", count=count) == said
    assert words.say("study.stops_of", "zh", count=count) == f"{count} 站"


def test_plural_endings_are_counted_by_what_stands_before_them() -> None:
    for key, languages in words.entries().items():
        assert ":s}" not in languages["zh"], key
        for name in re.findall(r"{(\w+):s}", languages["en"]):
            assert re.search(rf"{{{name}(:[^s}}]+)?}}", languages["en"]), key


def test_known_levels_are_told_in_the_language_of_the_reader() -> None:
    assert [level_name(level, "en") for level in ("区", "园区", "街道")] == [
        "district", "industrial park", "subdistrict",
    ]  # fmt: skip
    assert level_name("区", "zh") == "区"
    assert level_name("District", "zh") == "区"
    assert level_name("大区", "en") == "大区", "others stay as they are"
    assert level_name("", "en") == words.say("areas.level_none", "en")


def test_addresses_in_a_source_are_links_and_the_rest_is_text() -> None:
    shown = linked("<b> www.example.org/a/t2025_289642.html. see https://www.example.org/x")
    assert shown.startswith("&lt;b&gt;")
    assert re.findall(r'href="([^"]*)"', shown) == [
        "https://www.example.org/a/t2025_289642.html", "https://www.example.org/x",
    ]  # fmt: skip
    assert ">www.example.org/a/t2025_289642.html</a>. see" in shown
