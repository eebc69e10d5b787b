"""Which Overpass and Nominatim are asked, and whether they answer at all.

A service is probed before anything is sent to it: offline, a person is told within seconds, and
told what works instead.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from geo.errors import FetchError, RequestError

__all__ = [
    "DEFAULT",
    "Endpoints",
    "choose_endpoints",
    "failure",
    "free_slot_in",
    "host_of",
    "probe",
]

OVERPASS = "https://overpass-api.de/api"
NOMINATIM = "https://nominatim.openstreetmap.org"
PROBE_SECONDS = 5.0
_SLOT = re.compile(r"Slot available after: \S+ in (-?\d+) seconds")


@dataclass(frozen=True)
class Endpoints:
    """Base addresses, without ``/interpreter`` and ``/search``."""

    overpass: str = OVERPASS
    nominatim: str = NOMINATIM


DEFAULT = Endpoints()
"""The public services."""


def choose_endpoints(
    overpass: str | None = None,
    nominatim: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Endpoints:
    """Return the addresses to ask: those given, else ``$HONGTU_OVERPASS`` and
    ``$HONGTU_NOMINATIM``, else the public ones.

    Raises
    ------
    RequestError
        An address is not one of HTTP.
    """
    env = os.environ if environ is None else environ
    return Endpoints(
        _base(overpass or env.get("HONGTU_OVERPASS") or OVERPASS, "--overpass", "/interpreter"),
        _base(nominatim or env.get("HONGTU_NOMINATIM") or NOMINATIM, "--nominatim", "/search"),
    )


def _base(text: str, option: str, tail: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise RequestError("endpoint_url", option=option, text=text)
    return text.rstrip("/").removesuffix(tail).rstrip("/")


def host_of(url: str) -> str:
    """Return the host and, where it is not the usual one, the port; never a name or password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def probe(url: str, *, seconds: float = PROBE_SECONDS) -> str:
    """Return the text of the service's status page, empty where it has none.

    Any answer counts, also an error page: what matters is that somebody answers.

    Raises
    ------
    FetchError
        Nobody did within `seconds`. The lookup of a name can hang for longer than any timeout of
        the connection, so the question is asked in a thread that is left behind.
    """
    found: list[Any] = []

    def ask() -> None:
        import requests

        try:
            answer = requests.get(
                f"{url}/status", timeout=seconds, headers={"User-Agent": "Hongtu"}, stream=True
            )
            with answer:
                text = next(answer.iter_content(4096), b"")
                found.append(text.decode("utf-8", "replace") if answer.ok else "")
        except (requests.RequestException, OSError, ValueError) as fault:
            found.append(fault)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds + 0.5)
    if not found:
        raise FetchError("service_silent", host=host_of(url), seconds=seconds)
    if isinstance(found[0], Exception):
        raise failure(found[0], url, seconds)
    return str(found[0])


def free_slot_in(status: str) -> int:
    """Return the seconds until Overpass has a slot for us, by its status page; 0 if unknown."""
    if re.search(r"[1-9]\d* slots? available now", status):
        return 0
    waits = [max(0, int(seconds)) for seconds in _SLOT.findall(status.replace(",", ""))]
    return min(waits, default=0)


def failure(fault: BaseException, url: str, seconds: float) -> FetchError:
    """Return the refusal that a failed connection comes down to."""
    host = host_of(url)
    chain = list(_chain(fault))
    names = " ".join(type(link).__name__ for link in chain)
    if any(isinstance(link, socket.gaierror) for link in chain):
        return FetchError("service_no_name", host=host)
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return FetchError("service_refuses", host=host)
    if any(isinstance(link, ssl.SSLError) for link in chain):
        return FetchError("service_certificate", host=host)
    if any(isinstance(link, TimeoutError) for link in chain) or "Timeout" in names:
        return FetchError("service_silent", host=host, seconds=seconds)
    return FetchError("service_broke_off", host=host, detail=type(chain[-1]).__name__)


def _chain(fault: BaseException | None) -> Any:
    """Give an exception and everything it came of, and what urllib3 wrapped inside it."""
    seen: set[int] = set()
    waiting = [fault]
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
