"""Asking a service: one question at a time, not too fast, each answer kept on disk.

The key goes into the question and nowhere else: not into the store, a log, or a sentence. Bad
answers are not kept, nor is the answer that there is no such place, which may be there tomorrow.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo.errors import FetchError, OutputError, RequestError
from geo.exports.atomic import write_atomic
from geo.exports.provenance import program_version
from geo.geocode.services import Candidate, Service

__all__ = ["Asker"]

_FORMAT = 1
_LARGEST = 1_000_000  # bytes of an answer
_TRIES = 3


@dataclass
class Asker:
    """One service, asked politely.

    Attributes
    ----------
    service
        Whom to ask.
    key
        Its key; "" for a service without.
    base
        Another server of the same kind; None: the service's own.
    store
        Folder of the answers kept; None: none are.
    city
        Preferred city, or None.
    timeout_s
        How long to wait for an answer.
    pause_s
        Seconds between questions; None: what the service asks for.
    asked
        Questions sent so far; answers out of the store are none.
    """

    service: Service
    key: str = field(default="", repr=False)
    base: str | None = None
    store: Path | None = None
    city: str | None = None
    timeout_s: float = 10.0
    pause_s: float | None = None
    asked: int = 0
    sleep: Callable[[float], None] = time.sleep
    _last: float = -1e9

    def __post_init__(self) -> None:
        if self.service.needs_key and not self.key:
            raise RequestError("geocode_no_key", service=self.service.name)
        if self.key and not (self.key.isascii() and self.key.isprintable()):
            raise RequestError("geocode_bad_key", service=self.service.name)
        if not 0 < self.timeout_s <= 600:
            raise RequestError("option_range", name="--timeout", low=1, high=600)
        self.base = _checked(self.base or self.service.base)

    def find(self, address: str) -> list[Candidate]:
        """Return the places offered for `address`, best first; none if there is no such place.

        Raises
        ------
        FetchError
            The service is out of reach, refuses, or answers what cannot be understood.
        """
        kept = self._kept(address)
        if kept is not None:
            return kept
        found = self._asked(address)
        if found:
            self._keep(address, found)
        return found

    def _asked(self, address: str) -> list[Candidate]:
        """Ask until there is an answer; a service that is busy is asked again, more slowly."""
        attempt = 0
        while True:
            try:
                status, body = self._send(address)
                return self.service.read(status, _parsed(body, status))
            except FetchError as fault:
                attempt += 1
                if attempt == _TRIES or fault.code not in ("geocode_busy", "geocode_broke_off"):
                    raise self._named(fault) from None  # what it came of may hold the key
            self.sleep(2.0 ** (attempt - 1))

    def _send(self, address: str) -> tuple[int, bytes]:
        path, params = self.service.ask(address, self.city, self.key)
        pause = self.service.pause_s if self.pause_s is None else self.pause_s
        wait = self._last + pause - time.monotonic()
        if wait > 0:
            self.sleep(wait)
        self._last = time.monotonic()
        self.asked += 1
        return _fetched(f"{self.base}{path}", params, self.timeout_s)

    def _named(self, fault: FetchError) -> FetchError:
        params = dict(fault.params)
        if "told" in params:
            params["told"] = self._without_key(str(params["told"])) or "-"
            params["service"] = self.service.name
        return FetchError(fault.code, **params)

    def _without_key(self, text: str) -> str:
        """Return what a service said; some repeat the key in it."""
        return text.replace(self.key, "***") if self.key else text

    # The store

    def _place(self, address: str) -> Path | None:
        if self.store is None:
            return None
        asked = [self.service.name, self.base, address, self.city]
        digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        return self.store / self.service.name / digest[:2] / f"{digest}.json"

    def _kept(self, address: str) -> list[Candidate] | None:
        place = self._place(address)
        if place is None:
            return None
        try:
            told = json.loads(place.read_bytes())
            if told["format"] != _FORMAT or told["address"] != address:
                return None
            found = [replace(Candidate(**one), areas=tuple(one["areas"])) for one in told["found"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or damaged: it is asked again
        return found or None

    def _keep(self, address: str, found: list[Candidate]) -> None:
        place = self._place(address)
        if place is None:
            return
        told = {
            "format": _FORMAT,
            "service": self.service.name,
            "address": address,
            "city": self.city,
            "asked_on": date.today().isoformat(),
            "found": [asdict(one) for one in found],
        }
        with suppress(OSError, OutputError):  # a full disk is no reason to lose the answer
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(place, json.dumps(told, ensure_ascii=False, indent=1).encode())


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        usable = False
    if not usable:
        raise RequestError("endpoint_url", option="--base-url", text=url)
    return url.strip().rstrip("/")


def _fetched(url: str, params: dict[str, str], timeout_s: float) -> tuple[int, bytes]:
    """Return status and body of one question.

    The lookup of a name can hang for longer than any timeout of the connection, so the question
    is asked in a thread that is left behind. Redirections are not followed: they would carry the
    key elsewhere.
    """
    import requests

    from geo.osm.endpoints import failure

    found: list[Any] = []

    def ask() -> None:
        try:
            answer = requests.get(
                url, params=params, timeout=timeout_s, stream=True, allow_redirects=False,
                headers={"User-Agent": f"Hongtu/{program_version()} (planning of service circles)"},
            )  # fmt: skip
            with answer:
                body = b""
                for piece in answer.iter_content(65_536):
                    body += piece
                    if len(body) > _LARGEST:
                        break
                found.append((answer.status_code, body))
        except (requests.RequestException, OSError, ValueError) as fault:
            found.append(fault)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout_s * 2 + 1)
    told: Any = found[0] if found else TimeoutError()
    if isinstance(told, Exception):
        refused = failure(told, url, timeout_s)
        code = refused.code.replace("service_", "geocode_", 1)
        raise FetchError(code, **refused.params)
    status, body = told
    return status, body


def _parsed(body: bytes, status: int) -> Any:
    """Return the JSON of an answer; what is none (a page, a redirection) is named by its status."""
    try:
        return json.loads(body.decode("utf-8-sig")) if len(body) <= _LARGEST else None
    except (ValueError, RecursionError):
        if status != 200:
            return None
        raise FetchError("geocode_not_json", service="", told="HTTP 200") from None
