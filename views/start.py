"""Starting the server, and having it ready by the time a browser asks for the first page.

What the first page needs takes seconds to import and to compute, longer than a browser takes to
load Streamlit: so a thread begins with it while the server itself starts.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo import words
from geo.errors import PlannerError

__all__ = ["serve", "warm", "warm_study"]

# While the thread computes, the server answers between its steps: at most so much later each time.
_STEP_S = 0.001
# The page of study walks is not the first: until that is painted, its browser has the processor.
_PAUSE_S = 4.0

log = logging.getLogger(__name__)


def serve(script: Path, arguments: list[str]) -> None:
    """Run Streamlit's server on `script` until it is stopped.

    `arguments` are those of ``streamlit run``, such as ``--server.port 8600``.
    """
    from streamlit.web import cli

    threading.Thread(target=_warm_all, name="warm", daemon=True).start()
    cli.main(["run", str(script), *arguments], prog_name="streamlit")


def _warm_all() -> None:
    warm()
    time.sleep(_PAUSE_S)
    warm_study()


def warm() -> None:
    """Import, open and compute what the page of the sample shows at first.

    Whatever fails here is left to the page, which says it in its own words.
    """
    with _behind_the_server():
        from views import circles, maps, results, sources  # noqa: F401
        from views.ask import CircleAsk

        ground = sources.sample_ground()
        result = results.coverage_of(ground, CircleAsk(), with_areas=False)
        maps.prepare(result, ground, words.LANGUAGES[0])
    # Streamlit collects garbage after every run of a page; what stays anyway need not be searched.
    gc.collect()
    gc.freeze()


def warm_study() -> None:
    """Import the planner, and plan the line whose card is the first for the day that it offers."""
    with _behind_the_server():
        from routes.sheets import content_of
        from routes.visits import StudyBrief
        from views import sources
        from views.study import asked, cards, page, plans  # noqa: F401

        ground = sources.sample_ground()
        known = plans.known_of(ground, None)
        for line in cards.in_order(known)[:1]:
            brief = StudyBrief(line=line.id, date=asked.usual_day())
            content_of(plans.route_of(ground, known, brief), words.LANGUAGES[0])


@contextmanager
def _behind_the_server() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_STEP_S)
    try:
        yield
    except PlannerError as refusal:
        log.info("not ready before the first page: %s", refusal)
    except Exception:
        log.exception("not ready before the first page")
    finally:
        sys.setswitchinterval(usual)
