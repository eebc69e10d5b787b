"""The web page as a browser sees it: seconds from asking for it, and from a changed band, to paint.

Run with ``python -m benchmarks.page``; needs Chromium. The server is started anew and asked for the
page as soon as it answers, while it still warms up; its network and the ground of its maps are
taken from the user's cache. Every band asked for is one that has not been computed before.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chromium import chromium_path
from running_app import IDLE, PAINTED, AppBrowser, serve

from geo.schematic import cache_folder, schematic_network

CHANGES = 9
READY_S, CHANGED_S = 5.0, 1.0


def main() -> int:
    """Measure, print, and return 0 where both are quick enough."""
    if chromium_path() is None:
        print("no Chromium")
        return 1
    schematic_network()
    with tempfile.TemporaryDirectory(prefix="hongtu-page-") as place:
        environ = {"HONGTU_CACHE": str(cache_folder())}
        with AppBrowser() as page, _started(Path(place), environ) as (address, up):
            ready = _until_painted(page, lambda: page.open(f"{address}/circles", 0.0))
            page.wait_for(IDLE)
            changed = []
            for _ in range(CHANGES):
                page.nudge_band(3)
                page.pause(0.3)
                changed.append(_until_painted(page, page.submit))
                page.wait_for(IDLE)
    median = statistics.median(changed)
    told = " ".join(f"{seconds:.2f}" for seconds in sorted(changed))
    print(f"page ready after the server is up: {ready:.2f} s (at most {READY_S:g})")
    print(f"page ready after the server was started: {up + ready:.2f} s")
    print(f"changed band to paint, median of {CHANGES}: {median:.2f} s (at most {CHANGED_S:g})")
    print(f"all: {told}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(ready > READY_S or median > CHANGED_S)


@contextmanager
def _started(place: Path, environ: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Give the address of a new server, and the seconds it took to answer."""
    start = time.perf_counter()
    with serve(place, environ) as address:
        yield address, time.perf_counter() - start


def _until_painted(page: AppBrowser, act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    page.wait_for(PAINTED, 60)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
