"""`choose` beside a plain search through every order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ordering_by_hand import best_walk

from routes.ordering import OrderingError, choose

settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plain")

MINUTE = st.one_of(st.integers(0, 40).map(float), st.floats(0, 40))


@st.composite
def requests(draw: st.DrawFn, most: int = 5) -> dict[str, Any]:
    """A small request with everything on: one-way legs, gaps, doors, musts, order, breaks."""
    n = draw(st.integers(1, most))
    leg = st.one_of(MINUTE, MINUTE, MINUTE, MINUTE, st.sampled_from([np.nan, np.inf]))
    minutes = [[draw(leg) for _ in range(n)] for _ in range(n)]
    door = st.tuples(st.integers(0, 150), st.integers(0, 120)).map(lambda d: (d[0], d[0] + d[1]))
    place = st.integers(0, n - 1)
    rank = draw(st.permutations(range(n)))
    pairs = draw(st.lists(st.tuples(place, place), max_size=2))
    start, end = draw(place), draw(place)
    before = [(a, b) for a, b in pairs if rank[a] < rank[b] and b != start]
    rests = st.tuples(st.integers(0, 120), st.integers(0, 60), st.integers(0, 40))
    return {
        "minutes": minutes,
        "service": [draw(st.integers(0, 30)) for _ in range(n)],
        "windows": [draw(st.lists(door, min_size=1, max_size=3)) for _ in range(n)],
        "score": [draw(st.integers(0, 5)) for _ in range(n)],
        "start": start,
        "end": end,
        "budget": draw(st.integers(0, 300)),
        "open_at": draw(st.integers(0, 20)),
        "must": draw(st.lists(place, max_size=1)),
        "before": before,
        "breaks": [(e, e + w, m) for e, w, m in draw(st.lists(rests, max_size=2))],
    }


@settings(max_examples=600)
@given(requests())
def test_nothing_better_is_found_by_trying_every_order(request: dict[str, Any]) -> None:
    best = best_walk(request)
    if best is None:
        with pytest.raises(OrderingError):
            choose(**request)
        return
    found = choose(**request)
    assert found.proven
    assert found.score == best.score
    assert found.leave[-1] == pytest.approx(best.over)
    assert found.travel == pytest.approx(best.travel)
