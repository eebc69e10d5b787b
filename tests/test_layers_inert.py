"""The encoder for untrusted text: nothing acts, everything is still read as it was written."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.layers.inert import inert, inert_frame, inert_record

ACTIVE = "&<>\"'{}$`\\%"
PAYLOADS = (
    "{{ 7*7 }}",
    "{% raw %}",
    "{# gone #}",
    "<script>alert(1)</script>",
    "\"'`",
    "${alert(1)}",
    "</script>",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "&lt;b&gt;",
    "<!--",
)


@pytest.mark.parametrize("text", PAYLOADS)
def test_payloads_become_entities_and_read_the_same(text: str) -> None:
    safe = inert(text)
    assert not set(safe) & set(ACTIVE) - set("&")
    assert html.unescape(safe) == text
    assert jinja2.Template(safe).render() == safe


@given(st.text())
def test_any_text_survives(text: str) -> None:
    safe = inert(text)
    assert not set(safe.replace("&#", "")) & set(ACTIVE)
    assert safe.encode() == safe.encode("utf-8", "strict")
    plain = [c for c in text if c.isprintable()]
    assert [c for c in html.unescape(safe) if c in plain] == plain


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, pd.NA, pd.NaT, ""])
def test_nothing_is_empty(value: object) -> None:
    assert inert(value) == ""


def test_numbers_and_truth_are_written_as_python_does() -> None:
    assert (inert(3), inert(0.5), inert(True), inert(0)) == ("3", "0.5", "True", "0")


def test_half_a_surrogate_pair_cannot_stop_a_file() -> None:
    assert inert("a\ud800b\x00c") == "a\ufffdb\ufffdc"


def test_keys_are_as_untrusted_as_values() -> None:
    record = inert_record({"{{ 7*7 }}": "<b>", "n": None})
    assert record == {"&#123;&#123; 7*7 &#125;&#125;": "&#60;b&#62;", "n": ""}


def test_a_frame_keeps_only_what_is_shown() -> None:
    frame = pd.DataFrame({"<name>": ["{{x}}", None], "hidden": ["%", "%"], "n": [1, 2]})
    shown = inert_frame(frame, ["<name>", "n"])
    assert shown.columns.tolist() == ["&#60;name&#62;", "n"]
    assert shown.to_numpy().tolist() == [["&#123;&#123;x&#125;&#125;", "1"], ["", "2"]]
    assert frame.columns.tolist() == ["<name>", "hidden", "n"]


@pytest.mark.parametrize(
    "module",
    [
        *("geo.layers", "geo.layers.inert", "geo.layers.assets", "geo.layers.legend"),
        *("geo.layers.shapes", "geo.layers.basemap", "geo.layers.marks", "geo.layers.results"),
        *("geo.layers.page", "geo.coverage", "geo.coverage.files"),
    ],
)
def test_only_the_map_needs_folium(module: str) -> None:
    code = f"import sys, {module}; print([b for b in ('folium', 'branca') if b in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert out.stdout.strip() == "[]"
