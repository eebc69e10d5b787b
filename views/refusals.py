"""What a page shows instead of a traceback: one sentence, in the language of the session."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from geo import words
from geo.errors import PlannerError
from views.plain import plain

__all__ = ["guarded", "spoken"]

log = logging.getLogger(__name__)


@contextmanager
def guarded(lang: str) -> Iterator[None]:
    """Turn whatever is raised inside into a sentence on the page, and stop the page there."""
    with _heard(lang) as said:
        yield
    if said:
        st.stop()


@contextmanager
def spoken(lang: str) -> Iterator[None]:
    """Turn whatever is raised inside into a sentence on the page, and let the page go on."""
    with _heard(lang):
        yield


@contextmanager
def _heard(lang: str) -> Iterator[list[str]]:
    """Give a list that holds the sentence shown once something was raised inside."""
    said: list[str] = []
    try:
        yield said
        return
    except PlannerError as refusal:
        log.info("refused: %s", refusal)
        said.append(refusal.sentence(lang))
    except MemoryError:
        said.append(words.say("error.no_memory", lang))
    except Exception:  # Streamlit's own signals are no Exceptions and pass
        log.exception("a page failed")
        said.append(words.say("app.unexpected", lang))
    st.error(plain(said[0]), icon=":material/error:")
