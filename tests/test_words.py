"""Every text exists in both languages with the same fields, and every code that is used exists."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from geo import words

ROOT = Path(__file__).parents[1]
RAISED = re.compile(r"(?:\w+Error)\(\s*\"([a-z0-9_]+)\"")
SAID = re.compile(r"words\.say\(\s*\"([a-z0-9_.]+)\"")


def fields(text: str) -> set[str]:
    return {name.split(".")[0] for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(words.entries()))
def test_both_languages_have_the_same_fields(key: str) -> None:
    entry = words.entries()[key]
    assert set(entry) == set(words.LANGUAGES)
    assert fields(entry["zh"]) == fields(entry["en"])
    assert all(text.strip() == text and text for text in entry.values())


def test_every_text_that_the_code_names_exists() -> None:
    known = words.entries()
    missing = []
    for path in [
        *ROOT.glob("*.py"),
        *(ROOT / "geo").rglob("*.py"),
        *(ROOT / "routes").rglob("*.py"),
        *(ROOT / "commands").rglob("*.py"),
    ]:
        if path.parent.name == "ordering":
            continue  # knows no language: the next test holds its codes
        source = path.read_text(encoding="utf-8")
        missing += [
            (path.name, code)
            for code in RAISED.findall(source)
            if f"error.{code}" not in known and not source.count(f'ValueError("{code}')
        ]
        missing += [(path.name, key) for key in SAID.findall(source) if key not in known]
    assert missing == []


def test_every_cause_of_the_ordering_has_a_sentence() -> None:
    from routes.ordering import OrderingError
    from routes.refusals import NAMED, named_cause

    causes = set()
    for path in (ROOT / "routes" / "ordering").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        causes |= set(re.findall(r'(?:\w+Error|Conflict)\(\s*"([a-z_]+)"', source))
    # Arrays that do not fit together: the planner makes them, so no request leads there.
    ours = {
        "bad_window", "negative", "not_a_number", "not_a_time", "not_square", "unknown_place",
        "visited_twice", "width", "wrong_ends", "wrong_length",
    }  # fmt: skip
    assert causes - ours == set(NAMED)
    for code in NAMED:
        fault = named_cause(OrderingError(code, place=0, late=2.5, given=9), [])
        for lang in words.LANGUAGES:
            assert fault.sentence(lang)[-1] in "。."
            assert "None" not in fault.sentence(lang)


def test_an_unknown_language_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="language"):
        words.say("error.file_missing", "fr", path="x")


def test_an_error_speaks_both_languages() -> None:
    from geo.errors import MissingFileError, PlannerError, RequestError

    fault = MissingFileError("file_missing", path="a.csv")
    assert isinstance(fault, FileNotFoundError)
    assert isinstance(fault, PlannerError)
    assert str(fault) == fault.sentence("en") == "There is no file a.csv."
    assert fault.sentence("zh") == "找不到文件 a.csv。"
    assert (fault.exit_code, RequestError("x").exit_code) == (1, 2)
