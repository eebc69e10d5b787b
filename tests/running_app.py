"""The app's own server on a free port, and a browser that knows its page of service circles."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chromium import Browser

__all__ = ["FRAME", "IDLE", "PAINTED", "AppBrowser", "serve"]

ROOT = Path(__file__).parents[1]

FRAME = "document.querySelector('.st-key-map iframe')"
MAP_BOX = f"{FRAME} && {FRAME}.contentDocument.querySelector('.leaflet-container')"
# The frame says which content its canvases show; there is ink in the middle of the upper one; and
# it is not the content that was there when the form was last sent.
PAINTED = f"""(() => {{
  const box = {MAP_BOX};
  if (!box || !box.dataset.painted || box.dataset.painted === window.oldContent) return false;
  const canvas = box.querySelector('.leaflet-overlay-pane canvas');
  const ink = canvas.getContext('2d');
  const seen = ink.getImageData(canvas.width / 2 - 40, canvas.height / 2 - 40, 80, 80).data;
  return seen.some(value => value > 0);
}})()"""
IDLE = "!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"


class AppBrowser(Browser):
    """A browser on the app: finds things by their text, clicks, drags and saves files."""

    def screen(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the page a screen of this size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def text(self) -> str:
        """Return what can be read on the page, but not on its map."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    def await_map(self, seconds: float = 40.0) -> None:
        """Wait until the map is painted and the script of the page has ended."""
        try:
            self.wait_for(PAINTED, seconds)
            self.wait_for(IDLE, seconds)
        except TimeoutError:
            raise TimeoutError(self.text()[:2000]) from None

    def middle(self, element: str) -> tuple[float, float]:
        """Bring an element into view; return its middle on the screen."""
        x, y = self.run(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        return x, y

    def click(self, element: str) -> None:
        """Click the middle of the element that a JavaScript expression gives."""
        x, y = self.middle(element)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def drag(self, start: tuple[float, float], by: tuple[float, float], steps: int = 6) -> None:
        """Come to a point of the screen, press, move, release."""
        x, y = start
        for off in (9, 0):  # a map may take hold of the mouse only once it is over it
            self.mouse("mouseMoved", x + off, y + off)
            self.pause(0.2)
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        for step in range(1, steps + 1):
            self.mouse(
                "mouseMoved", x + by[0] * step / steps, y + by[1] * step / steps,
                button="left", buttons=1,
            )  # fmt: skip
            self.pause(0.03)
        self.mouse("mouseReleased", x + by[0], y + by[1], button="left", clickCount=1)

    def press(self, key: str, code: int) -> None:
        """Press and release a key, such as ("ArrowRight", 39)."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def nudge_band(self, number: int, key: str = "ArrowRight", code: int = 39) -> None:
        """Move the slider of a band by one step, once it is there and nothing runs."""
        inputs = "document.querySelectorAll('[data-testid=stSlider] input')"
        self.wait_for(f"{inputs}.length >= {number} && {IDLE}")
        before = self.run(f"{inputs}[{number - 1}].value")
        self.run(f"{inputs}[{number - 1}].focus()")
        self.press(key, code)
        self.wait_for(f"{inputs}[{number - 1}].value !== {before!r}")
        self.pause(1.0)  # the slider's new place is handed on 200 ms later, busy or not

    def submit(self) -> None:
        """Send the form; what is on the map now is old."""
        self.run(
            f"(() => {{ const b = {MAP_BOX}; if (b) window.oldContent = b.dataset.painted }})()"
        )
        self.run("document.querySelector('.st-key-submit button').click()")

    def save_downloads(self, folder: Path) -> None:
        """Have files saved to a folder without a question."""
        session, self._session = self._session, ""
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        self._session = session


@contextmanager
def serve(place: Path, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start the app's server with its caches under `place`; give its address once it is up."""
    env = {
        **os.environ,
        "HOME": str(place),
        "XDG_CACHE_HOME": str(place / "cache"),
        **(environ or {}),
    }
    said = place / "server.log"
    for attempt in range(5):  # a port that was free a moment ago may be another test's by now
        port = _free_port()
        with said.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "app.py", "--server.headless", "true", "--server.port", str(port)],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=env,
            )  # fmt: skip
        try:
            if not _is_up(port, process, said):
                if attempt < 4 and "is not available" in said.read_text("utf-8", "replace"):
                    continue
                raise RuntimeError(said.read_text("utf-8", "replace"))
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_up(port: int, process: subprocess.Popen[bytes], said: Path) -> bool:
    """Wait for the server; its own word is asked for, as another may answer on the same port."""
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            if f":{port}" in said.read_text("utf-8", "replace"):
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health"):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False
