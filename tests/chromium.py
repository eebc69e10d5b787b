"""A headless Chromium for tests, driven over a pipe: no driver, no port, no network.

The DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) as JSON texts, each
ended by NUL, on the file descriptors 3 and 4 that ``--remote-debugging-pipe`` names.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Browser", "chromium_path"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def chromium_path() -> str | None:
    """Return the browser to use, None where there is none (or no pipe to speak to it)."""
    if os.name == "nt":
        return None
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


PATIENCE_S = 120.0
"""How long at the least to wait for what will come: a machine that tests in parallel is slow."""


class Browser:
    """One page of a browser that can reach nothing but this machine.

    Attributes
    ----------
    requests
        URLs asked for.
    failures
        Requests that failed, and answers of 400 and above.
    complaints
        Errors and warnings of the console, uncaught exceptions, refusals of a policy.
    """

    def __init__(self, width: int = 1280, height: int = 900, *, mobile: bool = False) -> None:
        self.requests: list[str] = []
        self.failures: list[str] = []
        self.complaints: list[str] = []
        self._size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self._number = 0
        self._unread = b""

    def __enter__(self) -> Browser:
        self._profile = tempfile.mkdtemp(prefix="hongtu-chromium-")
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        # Through the shell, since a child's descriptors 3 and 4 cannot be named otherwise.
        command = [str(chromium_path()), *_FLAGS, f"--user-data-dir={self._profile}"]
        plumbing = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", plumbing, "bash", *command, "about:blank"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._session = ""
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in pages if target["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", **self._size)
        if self._size["mobile"]:
            self.call("Emulation.setTouchEmulationEnabled", enabled=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url: str, settle_s: float = 0.6) -> None:
        """Go to a page, wait until it is loaded, and a little longer."""
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        self.pause(settle_s)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression in the page; promises are awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = 20.0) -> None:
        """Wait until a JavaScript expression is true; on a busy machine that takes its time."""
        until = time.monotonic() + max(seconds, PATIENCE_S)
        while not self.run(script):
            if time.monotonic() > until:
                raise TimeoutError(script)
            self.pause(0.05)

    def still(self, script: str, seconds: float = 0.5) -> Any:
        """Return what a JavaScript expression gives once it has not changed for `seconds`."""
        found, since = self.run(script), time.monotonic()
        until = since + PATIENCE_S
        while time.monotonic() - since < seconds:
            if time.monotonic() > until:
                raise TimeoutError(script)
            self.pause(0.05)
            if (new := self.run(script)) != found:
                found, since = new, time.monotonic()
        return found

    def pause(self, seconds: float) -> None:
        """Let the page go on, and note what happens in it."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._next(left)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Send a mouse event (``mouseMoved``, ``mousePressed``, ``mouseReleased``, …)."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Save what the page looks like."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if getattr(self, "_session", ""):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 180
        while time.monotonic() < until:
            found = self._next(1.0)
            if found and found.get("id") == number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']}")
                result: dict[str, Any] = found["result"]
                return result
        raise TimeoutError(method)

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message, None where there is none in time."""
        until = time.monotonic() + seconds
        while b"\0" not in self._unread:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                return None
            chunk = os.read(self._read, 1 << 16)
            if not chunk:
                raise RuntimeError("the browser is gone")
            self._unread += chunk
        text, self._unread = self._unread.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, seen: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(seen["request"]["url"])
        elif method == "Network.loadingFailed":
            self.failures.append(f"{seen.get('errorText')} {seen.get('type')}")
        elif method == "Network.responseReceived" and seen["response"]["status"] >= 400:
            self.failures.append(f"{seen['response']['status']} {seen['response']['url']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(seen["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and seen["type"] in ("error", "warning"):
            self.complaints.append(str(seen["args"]))
        elif method == "Log.entryAdded" and seen["entry"]["level"] in ("error", "warning"):
            self.complaints.append(seen["entry"]["text"])
