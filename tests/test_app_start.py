"""Starting the server: what is made before a page asks for it, and what a start leaves behind."""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geo.errors import NetworkError
from routes.visits import StudyBrief
from views import frame, results, sources, start
from views.ask import CircleAsk
from views.study import asked, cards, plans

ROOT = Path(__file__).parents[1]
KEYS = ("ground", "bands")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty cache folder that frames are kept in."""
    monkeypatch.setattr(frame, "cache_folder", lambda: tmp_path)
    frame.folder.cache_clear()
    yield tmp_path
    frame.folder.cache_clear()


@pytest.fixture
def thawed() -> Iterator[None]:
    """Let the garbage collector look at everything again."""
    yield
    gc.unfreeze()


def test_warming_up_leaves_the_first_answer_and_its_ground(cache: Path, thawed: None) -> None:
    usual = sys.getswitchinterval()
    start.warm()
    assert sys.getswitchinterval() == usual
    assert gc.get_freeze_count() > 0
    assert results.is_kept(sources.sample_ground(), CircleAsk())
    assert not results.is_kept(sources.sample_ground(), CircleAsk((59,)))
    assert len(list(cache.glob("page/*/index.html"))) == 1
    (ground,) = cache.glob("page/*/ground-*.json")
    told = json.loads(ground.read_text("utf-8"))
    drawn = {feature["properties"]["k"] for feature in told["data"]["features"]}
    assert {"water", "street0"} <= drawn <= set(told["how"]["styles"])


def test_the_walk_of_the_first_card_is_planned_before_somebody_asks() -> None:
    start.warm_study()
    ground = sources.sample_ground()
    known = plans.known_of(ground, None)
    brief = StudyBrief(line=cards.in_order(known)[0].id, date=asked.usual_day())
    assert plans.is_planned(ground, known, brief)
    assert not plans.is_planned(ground, known, replace(brief, depart="06:11"))


@pytest.mark.parametrize("fault", [NetworkError("file_missing", path="x"), ZeroDivisionError()])
def test_what_fails_while_warming_up_is_left_to_the_page(
    fault: Exception, thawed: None, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail() -> Any:
        raise fault

    monkeypatch.setattr(sources, "sample_ground", fail)
    with caplog.at_level(logging.INFO):
        start.warm()
    assert "before the first page" in caplog.text


def test_importing_the_door_starts_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import app, sys; print('streamlit.web.cli' in sys.modules)"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False"], done.stderr


def test_a_ground_is_made_once_and_old_ones_are_forgotten(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("x")
        return "{}"

    monkeypatch.setattr(frame, "MOST_GROUNDS", 2)
    for key in ("a", "a", "b", "c", "a"):
        assert frame.ground_url("en", KEYS, key, make) == f"ground-{key}.json"
    assert len(made) == 4, "a, b, c, and a again, which c had pushed out"
    assert len(list(cache.glob("page/*/ground-*.json"))) == 2


def test_a_frame_that_is_there_needs_no_folium(cache: Path) -> None:
    place = frame.folder("zh", KEYS)
    assert place != frame.folder("en", KEYS) != frame.folder("en", (*KEYS, "sites"))
    script = (
        "import sys; from pathlib import Path; from views import frame;"
        f"frame.cache_folder = lambda: Path({str(cache)!r});"
        f"print(frame.folder('zh', {KEYS!r}) == Path({str(place)!r}), 'folium' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_a_frame_without_a_cache_is_served_from_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "file"
    taken.write_text("in the way")
    monkeypatch.setattr(frame, "cache_folder", lambda: taken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    frame.folder.cache_clear()
    place = frame.folder("en", KEYS)
    frame.folder.cache_clear()
    assert place.parent == tmp_path
    assert (place / "index.html").is_file()
