"""A loopback address where nobody answers, and nobody else can move in meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["nobody"]


@contextmanager
def nobody() -> Iterator[str]:
    """Give the address of a port that refuses every connection as long as this lasts.

    It is bound and never listens: a port that was only let go could be given to another server of
    a test beside this one.
    """
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
