"""What a page shows instead of a traceback: one sentence, in the language of the session."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from geo import words
from geo.errors import PlannerError

__all__ = ["guarded"]

log = logging.getLogger(__name__)


@contextmanager
def guarded(lang: str) -> Iterator[None]:
    """Turn whatever is raised inside into a sentence on the page, and stop the page there."""
    try:
        yield
    except PlannerError as refusal:
        log.info("refused: %s", refusal)
        sentence = refusal.sentence(lang)
    except MemoryError:
        sentence = words.say("error.no_memory", lang)
    except Exception:  # Streamlit's own signals are no Exceptions and pass
        log.exception("a page failed")
        sentence = words.say("app.unexpected", lang)
    else:
        return
    st.error(sentence, icon=":material/error:")
    st.stop()
