"""A bar for work that takes long enough to be noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import streamlit as st

from geo import words

__all__ = ["Progress", "share_done"]

# Where each stage of a run begins and ends, of 1, by the time it usually takes.
_SPANS = {
    "snap": (0.0, 0.02),
    "search": (0.02, 0.06),
    "lattice": (0.06, 0.35),
    "circles": (0.35, 0.7),
    "union": (0.7, 1.0),
    "route": (0.0, 1.0),
}
_PAUSE_S = 0.1


def share_done(stage: str, done: int, total: int) -> float:
    """Return how much of a run is done, 0 to 1; a stage that is not known counts as half."""
    start, stop = _SPANS.get(stage, (0.5, 0.5))
    part = done / total if total > 0 else 1.0
    return start + (stop - start) * min(max(part, 0.0), 1.0)


class Progress:
    """Inside a ``with``: a callback (stage, done, total) that draws a bar, gone at the end."""

    def __init__(self, lang: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.lang = lang
        self._clock = clock
        self._place = st.empty()
        self._last = clock()  # so that quick work draws nothing

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._place.empty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if now - self._last < _PAUSE_S:
            return
        self._last = now
        self._draw(stage, done, total)

    def wait(self) -> None:
        """Say at once that somebody else's work is waited for."""
        self._draw("snap", 0, 1)

    def _draw(self, stage: str, done: int, total: int) -> None:
        told = words.say("app.computing", self.lang, stage=words.say(f"stage.{stage}", self.lang))
        self._place.progress(share_done(stage, done, total), text=told)
