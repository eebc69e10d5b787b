"""A bounded shelf of finished results, shared by sessions: each made once, none kept for ever.

Streamlit's own caches replay what a function draws, which a progress bar outside of it does not
survive; here a result is made under a lock of its key, while its maker reports as it likes.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Shelf"]

V = TypeVar("V")


@dataclass
class Shelf(Generic[V]):
    """Results by key. What is on it belongs to everybody and is never written to.

    Attributes
    ----------
    most
        How many results are kept; the one unused for longest goes first.
    keep_s
        Seconds after which a result is forgotten.
    """

    most: int
    keep_s: float
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Hashable, tuple[float, V]] = field(default_factory=OrderedDict)
    _making: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self,
        key: Hashable,
        make: Callable[[], V],
        on_wait: Callable[[], None] | None = None,
    ) -> V:
        """Return the result of `key`, made by `make` when it is not there.

        Two that ask for one key at the same time have it made once; `on_wait` is called for the
        one that waits. When `make` raises, nothing is kept, and the next one tries again.
        """
        with self._lock:
            found = self._find(key)
            if found is not None:
                return found[0]
            making = self._making.setdefault(key, threading.Lock())
        if on_wait is not None and making.locked():
            on_wait()
        try:
            with making:
                with self._lock:
                    found = self._find(key)
                if found is not None:
                    return found[0]
                value = make()
                with self._lock:
                    self._kept[key] = (self.clock(), value)
                    self._kept.move_to_end(key)
                    while len(self._kept) > self.most:
                        self._kept.popitem(last=False)
                return value
        finally:
            with self._lock:
                if self._making.get(key) is making and not making.locked():
                    del self._making[key]

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return self._find(key) is not None

    def _find(self, key: Hashable) -> tuple[V] | None:
        now = self.clock()
        for old in [k for k, (made, _) in self._kept.items() if now - made > self.keep_s]:
            del self._kept[old]
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return (self._kept[key][1],)
