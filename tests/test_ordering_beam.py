"""Above 17 candidates: the beam beside the exact recursion, and every condition kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ordering_by_hand import soonest

from routes.ordering import Ordering, choose, timed
from routes.ordering.problem import read_problem
from routes.ordering.schedule import schedule
from routes.ordering.shortest import exact_order


def day_out(n: int, seed: int, **changes: Any) -> dict[str, Any]:
    """n places in a square of a dozen city blocks, eight hours, doors of three kinds.

    Ways follow the grid, one bridge crosses the river in the middle.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 45, (2, n))
    blocks = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    bridge = np.abs(x - 22) + np.abs(y - 22)
    across = (x[:, None] < 22) != (x < 22)
    minutes = np.where(across, bridge[:, None] + bridge, blocks)
    windows: list[list[tuple[float, float]]] = []
    for kind in rng.integers(0, 3, n).tolist():
        opening = float(rng.integers(0, 240))
        for_hours = [(opening, opening + float(rng.integers(60, 240)))]
        windows.append([[(0.0, 480.0)], [(0.0, 150.0), (270.0, 450.0)], for_hours][kind])
    return {
        "minutes": minutes,
        "service": rng.integers(10, 41, n).astype(float),
        "windows": windows,
        "score": rng.integers(1, 11, n).astype(float),
        "start": 0,
        "end": int(rng.integers(2)),
        "budget": 480.0,
        **changes,
    }


def exactly(request: dict[str, Any]) -> Ordering:
    """The best route of a request a little too large for `choose` to prove."""
    problem = read_problem(**request)
    order = exact_order(problem)
    assert order is not None
    return schedule(problem, order)


def check(request: dict[str, Any], found: Ordering) -> None:
    """Every condition of the request holds, by step-by-step simulation."""
    order = found.order
    assert len(set(order[:-1])) == len(order) - 1
    assert found.leave[-1] == pytest.approx(
        soonest({"breaks": [], "open_at": 0.0} | request, order)
    )
    assert found.leave[-1] <= request["budget"]
    assert set(request.get("must", ())) <= set(order)
    for a, b in request.get("before", ()):
        assert b not in order or order.index(a) < order.index(b)


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_at_eighteen_candidates(seed: int) -> None:
    request = day_out(20 if seed % 2 else 19, seed)
    request["end"] = seed % 2
    best, found = exactly(request), choose(**request)
    assert not found.proven
    assert found.score == best.score
    assert found.leave[-1] >= best.leave[-1] - 1e-9
    check(request, found)


def test_the_optimum_at_eighteen_candidates_with_everything_on() -> None:
    request = day_out(
        20, 11, must=[3, 7], before=[(5, 3), (9, 8)], breaks=[(150, 210, 45), (300, 360, 15)],
    )  # fmt: skip
    request["end"] = 1
    best, found = exactly(request), choose(**request)
    assert (found.score, len(found.pauses)) == (best.score, 2)
    assert found.leave[-1] == pytest.approx(best.leave[-1])
    check(request, found)


@pytest.mark.parametrize("seed", range(2))
def test_every_condition_is_kept_among_sixty_places(seed: int) -> None:
    request = day_out(
        60, 20 + seed, must=[2, 30], before=[(4, 30), (11, 12)], breaks=[(150, 210, 45)], width=100,
    )  # fmt: skip
    found = choose(**request)
    check(request, found)
    assert found == choose(**request)
    again = timed(found.order, **request)
    assert (again.leave, again.score, again.pauses) == (found.leave, found.score, found.pauses)


def test_a_wider_beam_or_more_time_is_no_worse_here() -> None:
    scores = [choose(**day_out(48, 5), width=width).score for width in (2, 20, 100)]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]
    assert choose(**day_out(48, 5, budget=600.0), width=100).score > scores[-1]


def test_all_of_twenty_musts_are_visited() -> None:
    request = day_out(
        22, 3, windows=[[(0.0, 2000.0)]] * 22, budget=2000.0, must=range(22), width=50
    )  # fmt: skip
    found = choose(**request)
    assert sorted(set(found.order)) == list(range(22))
    # Nothing waits, so time is travel and visits; no exchange of two neighbours is shorter.
    assert found.leave[-1] == pytest.approx(
        found.travel
        + sum(request["service"][2:])
        + (request["service"][1] if found.order[-1] == 0 else 0.0)
    )
    for k in range(1, len(found.order) - 2):
        order = list(found.order)
        order[k], order[k + 1] = order[k + 1], order[k]
        assert timed(order, **request).travel >= found.travel - 1e-9


def test_few_in_reach_among_many_are_chosen_exactly() -> None:
    request = day_out(40, 8)
    far = np.arange(12, 40)
    request["minutes"][far, :] += 900.0
    request["minutes"][:, far] += 900.0
    few = {
        **request,
        "minutes": request["minutes"][:12, :12],
        **{what: request[what][:12] for what in ("service", "windows", "score")},
    }
    found, best = choose(**request), choose(**few)
    assert found.order == best.order
    assert best.proven
    assert not found.proven  # never claimed above 17 candidates


def test_a_budget_without_end() -> None:
    request = day_out(30, 2, budget=np.inf, width=50)
    found = choose(**request)
    assert found.score >= choose(**day_out(30, 2, width=50)).score
    check(request, found)
