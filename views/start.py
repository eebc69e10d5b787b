"""Starting the server, and having it ready by the time a browser asks for the first page.

What the first page needs takes seconds to import and to compute, longer than a browser takes to
load Streamlit: so a thread begins with it while the server itself starts.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from pathlib import Path

from geo import words
from geo.errors import PlannerError

__all__ = ["serve", "warm"]

# While the thread computes, the server answers between its steps: at most so much later each time.
_STEP_S = 0.001

log = logging.getLogger(__name__)


def serve(script: Path, arguments: list[str]) -> None:
    """Run Streamlit's server on `script` until it is stopped.

    `arguments` are those of ``streamlit run``, such as ``--server.port 8600``.
    """
    from streamlit.web import cli

    threading.Thread(target=warm, name="warm", daemon=True).start()
    cli.main(["run", str(script), *arguments], prog_name="streamlit")


def warm() -> None:
    """Import, open and compute what the page of the sample shows at first.

    Whatever fails here is left to the page, which says it in its own words.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_STEP_S)
    try:
        from views import circles, maps, results, sources  # noqa: F401
        from views.ask import CircleAsk

        ground = sources.sample_ground()
        result = results.coverage_of(ground, CircleAsk(), with_areas=False)
        maps.prepare(result, ground, words.LANGUAGES[0])
    except PlannerError as refusal:
        log.info("not ready before the first page: %s", refusal)
    except Exception:
        log.exception("not ready before the first page")
    finally:
        sys.setswitchinterval(usual)
    # Streamlit collects garbage after every run of a page; what stays anyway need not be searched.
    gc.collect()
    gc.freeze()
