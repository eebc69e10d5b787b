"""Refusals: what makes no sense, and why no route exists."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from routes.ordering import BadRequestError, InfeasibleError, NotFoundError, OrderingError, choose

NO = np.nan


def request(n: int = 5, **changes: Any) -> dict[str, Any]:
    """n places ten minutes apart, visits of 20 minutes, doors open all day, 200 minutes of time."""
    return {
        "minutes": np.full((n, n), 10.0),
        "service": [20.0] * n,
        "windows": [[(0, 500)]] * n,
        "score": [1.0] * n,
        "start": 0,
        "end": 1,
        "budget": 200.0,
        **changes,
    }


def cut(*pairs: tuple[Any, Any], n: int = 5) -> np.ndarray:
    """The same minutes with some ways taken out."""
    minutes = np.full((n, n), 10.0)
    for i, j in pairs:
        minutes[i, j] = NO
    return minutes


def doors(n: int = 5, **hours: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Doors open all day except at the places named: p2=[(0, 5)]."""
    return [hours.get(f"p{i}", [(0, 500)]) for i in range(n)]


EVERY = slice(None)
CASES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"minutes": cut((EVERY, 1))}, "end_unreachable", {"start": 0, "end": 1}),
    ({"budget": 9.0}, "budget_too_short", {"finish": 10.0, "budget": 9.0, "over": 1.0}),
    # No way straight to the end: the least is one visit on the way.
    ({"minutes": cut((0, 1)), "budget": 35.0}, "budget_too_short",
     {"finish": 40.0, "budget": 35.0, "over": 5.0}),
    ({"budget": 30.0, "open_at": 40.0}, "budget_too_short",
     {"finish": 50.0, "budget": 30.0, "over": 20.0}),
    ({"must": [2], "windows": doors(p2=[])}, "must_closed", {"place": 2}),
    ({"must": [2], "minutes": cut((EVERY, 2))}, "must_unreachable", {"place": 2}),
    ({"must": [2], "minutes": cut((2, EVERY))}, "must_unreachable", {"place": 2}),
    ({"must": [2], "windows": doors(p2=[(0, 4), (6, 8)])}, "must_closes",
     {"place": 2, "arrive": 10.0, "closes": 8.0, "late": 2.0}),
    ({"must": [2], "windows": doors(p2=[(190, 300)])}, "must_over_budget",
     {"place": 2, "finish": 220.0, "budget": 200.0, "over": 20.0}),
    # 3 first (it opens at 60), then 2, which shuts at 70.
    ({"must": [2], "before": [(3, 2)], "windows": doors(p2=[(0, 70)], p3=[(60, 99)])},
     "must_impossible", {"place": 2}),
    ({"must": [2, 3], "windows": doors(p2=[(10, 15)], p3=[(10, 15)])},
     "musts_exclude_each_other", {"places": (2, 3)}),
    ({"must": [2, 3, 4], "budget": 99.0}, "musts_over_budget",
     {"places": (2, 3, 4), "finish": 100.0, "budget": 99.0, "over": 1.0}),
    ({"before": [(4, 1)], "windows": doors(p4=[])}, "must_closed", {"place": 4}),
    ({"breaks": [(0, 5, 195)]}, "breaks_over_budget",
     {"breaks": (0,), "finish": 205.0, "budget": 200.0, "over": 5.0}),
    ({"breaks": [(300, 310, 5), (0, 5, 30), (0, 5, 30)]}, "breaks_clash", {"breaks": (0, 1, 2)}),
    ({"must": [2], "windows": doors(p2=[(20, 20)]), "breaks": [(15, 25, 6)],
      "service": [0, 0, 30, 0, 0], "minutes": cut((0, 1)) + 5}, "musts_leave_no_break",
     {"breaks": (0,)}),
    ({"must": [2, 3, 4], "budget": 110.0, "breaks": [(30, 60, 15)]},
     "musts_and_breaks_over_budget", {"finish": 115.0, "budget": 110.0, "over": 5.0}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "fields"), CASES)
def test_the_cause_is_named(changes: dict[str, Any], code: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InfeasibleError) as caught:
        choose(**request(**changes))
    assert caught.value.code == code
    assert caught.value.fields == fields


@pytest.mark.parametrize(("changes", "code", "fields"), CASES)
def test_the_cause_is_named_among_many_places_too(
    changes: dict[str, Any], code: str, fields: dict[str, Any]
) -> None:
    """Twenty more places that cannot help: what is named is the same, or nothing is claimed."""
    n = 25
    few = request(**changes)
    minutes = np.full((n, n), 10.0)
    minutes[:5, :5] = few["minutes"]
    minutes[5:, :], minutes[:, 5:] = 400.0, 400.0
    more = {
        "minutes": minutes,
        "service": [*few["service"], *[20.0] * 20],
        "windows": [*few["windows"], *[[(0, 500)]] * 20],
        "score": [*few["score"], *[1.0] * 20],
    }
    with pytest.raises(OrderingError) as caught:
        choose(**(few | more))
    if code == "end_unreachable" or "unreachable" in code:  # now there is a way, a long one
        assert caught.value.code in ("budget_too_short", "must_over_budget", "must_closes")
    elif isinstance(caught.value, NotFoundError):
        assert few.get("breaks") or code == "must_impossible"
    else:
        assert (caught.value.code, caught.value.fields) == (code, fields)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"minutes": np.zeros((5, 4))}, "not_square"),
        ({"minutes": np.full((5, 5), -1.0)}, "negative"),
        ({"service": [1.0] * 4}, "wrong_length"),
        ({"service": [0, 0, -1, 0, 0]}, "negative"),
        ({"service": [0, 0, NO, 0, 0]}, "not_a_number"),
        ({"score": [0, 0, 0, -1, 0]}, "negative"),
        ({"score": [0, 0, 0, np.inf, 0]}, "not_a_number"),
        ({"windows": [[(0, 9)]] * 4}, "wrong_length"),
        ({"windows": doors(p3=[(9, 0)])}, "bad_window"),
        ({"windows": doors(p3=[(NO, 9)])}, "bad_window"),
        ({"start": 5}, "unknown_place"),
        ({"end": -1}, "unknown_place"),
        ({"must": [1.5]}, "unknown_place"),
        ({"before": [(2, 9)]}, "unknown_place"),
        ({"before": [(2, 3), (3, 4), (4, 2)]}, "contradictory_order"),
        ({"before": [(2, 2)]}, "contradictory_order"),
        ({"before": [(2, 0)]}, "before_the_start"),
        ({"before": [(1, 2)], "must": [2]}, "after_the_end"),
        ({"breaks": [(20, 10, 5)]}, "bad_break"),
        ({"breaks": [(10, 20, -5)]}, "bad_break"),
        ({"breaks": [(0, 200, 1)] * 5}, "too_many_breaks"),
        ({"breaks": [(k, k, 0) for k in range(9)]}, "too_many_breaks"),
        ({"budget": NO}, "not_a_time"),
        ({"open_at": np.inf}, "not_a_time"),
        ({"width": 0}, "width"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        choose(**request(**changes))
    assert caught.value.code == code


def test_what_is_ignored_may_be_anything() -> None:
    found = choose(
        **request(
            service=[NO, -5, 20, 20, 20], score=[NO, -5, 1, 1, 1], windows=doors(p0=[(9, 0)])
        ),
    )
    assert found.score == 3


def test_eight_breaks_that_follow_each_other_are_not_too_many() -> None:
    breaks = [(20.0 * k, 20.0 * k + 5, 2.0) for k in range(8)]
    found = choose(**request(breaks=breaks))
    assert found.proven
    assert [pause.which for pause in found.pauses] == list(range(len(found.pauses)))


def test_a_refusal_is_a_value_error_that_says_what_it_knows() -> None:
    with pytest.raises(
        ValueError, match=r"must closes: place = 2, arrive = 10, closes = 8"
    ) as caught:
        choose(**request(must=[2], windows=doors(p2=[(0, 8)])))
    assert str(caught.value).endswith("late = 2")


def test_a_refusal_survives_a_trip_to_another_process() -> None:
    fault = InfeasibleError("must_closed", place=2)
    again = pickle.loads(pickle.dumps(fault))
    assert (again.code, again.fields, str(again)) == (fault.code, fault.fields, str(fault))
