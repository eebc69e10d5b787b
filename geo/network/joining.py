"""Which things are joined by pairs: one kernel, apart so that nobody imports numba for nothing."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["joined"]


@numba.njit(cache=True, nogil=True)
def joined(n, u, v):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return how many parts n things fall into that pairs join, and the part of each.

    Union–find with path halving (Tarjan 1975); parts are numbered by their first member. A kernel
    of our own because importing scipy takes longer than the work on a city.
    """
    root = np.arange(n)
    for k in range(u.size):
        a, b = u[k], v[k]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        root[max(a, b)] = min(a, b)
    label = np.empty(n, np.int32)
    count = 0
    for i in range(n):
        if root[i] == i:
            label[i] = count
            count += 1
        else:  # the first member of a part is its root, and has its number by now
            a = root[i]
            while root[a] != a:
                a = root[a]
            label[i] = label[a]
    return count, label
