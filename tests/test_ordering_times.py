"""`timed` and the transition: waiting, doors, breaks and orders that break a condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routes.ordering import BadRequestError, Conflict, InfeasibleError, Pause, timed

MINUTES = np.full((4, 4), 10.0)  # everything is ten minutes from everything


def request(**changes: Any) -> dict[str, Any]:
    """Places 0 (start), 1, 2 and 3 (end), visits of 20 minutes, doors open all day."""
    return {
        "service": [99, 20, 20, 99],
        "windows": [[], [(0, 300)], [(0, 300)], []],
        "score": [50, 1, 2, 50],
        "budget": 300.0,
        **changes,
    }


def test_times_without_anything_in_the_way() -> None:
    found = timed((0, 1, 2, 3), MINUTES, **request(open_at=5.0))
    assert found.arrive == (5, 15, 45, 75)
    assert found.begin == (5, 15, 45, 75)
    assert found.leave == (5, 35, 65, 75)
    assert (found.score, found.minutes_total, found.travel) == (3, 70, 30)
    assert not found.proven


def test_waits_for_the_next_door() -> None:
    doors = [(100, 110), (0, 9), (50, 60)]  # in any order
    found = timed((0, 1, 2, 3), MINUTES, **request(windows=[[], doors, [(0, 300)], []]))
    assert found.arrive[1] == 10
    assert found.begin[1] == 50
    assert found.leave[1] == 70


def test_windows_that_touch_or_overlap_are_one() -> None:
    doors = [(40, 60), (0, 5), (5, 12), (30, 50)]
    for arrive, begin in ((3, 13), (5, 15), (40, 50)):
        found = timed(
            (0, 1, 3), MINUTES,
            **request(windows=[[], [*doors, (13, 13)], [], []], open_at=arrive - 0.0),
        )  # fmt: skip
        assert found.begin[1] == {13: 13, 15: 30, 50: 50}[begin]


@pytest.mark.parametrize(
    ("rest", "leave", "pause"),
    [
        # Before departure, after a visit, on arrival, at the end.
        ((0, 0, 15), (15, 45, 75, 85), Pause(0, 0, 0, 15, after_visit=True)),
        ((30, 35, 15), (0, 45, 75, 85), Pause(0, 1, 30, 15, after_visit=True)),
        ((35, 45, 15), (0, 30, 75, 85), Pause(0, 2, 40, 15, after_visit=False)),
        ((65, 90, 15), (0, 30, 60, 85), Pause(0, 3, 70, 15, after_visit=False)),
    ],
)
def test_a_break_is_taken_where_it_costs_least(
    rest: Any, leave: tuple[float, ...], pause: Pause
) -> None:
    found = timed((0, 1, 2, 3), MINUTES, **request(breaks=[rest]))
    assert found.leave == leave
    assert found.pauses == (pause,)


def test_a_break_fits_into_waiting() -> None:
    doors = [[], [(60, 90)], [(0, 300)], []]
    without = timed((0, 1, 2, 3), MINUTES, **request(windows=doors))
    found = timed((0, 1, 2, 3), MINUTES, **request(windows=doors, breaks=[(20, 40, 30)]))
    assert found.leave[1:] == without.leave[1:]
    assert found.pauses[0].begin == 20


def test_a_break_is_not_needed_when_the_route_is_over_by_then() -> None:
    assert timed((0, 1, 2, 3), MINUTES, **request(breaks=[(70, 90, 15)])).pauses == ()
    assert timed((0, 1, 2, 3), MINUTES, **request(breaks=[(69, 90, 15)])).leave[-1] == 85


def test_a_break_that_was_over_before_departure_is_not_needed() -> None:
    assert timed((0, 1, 3), MINUTES, **request(breaks=[(0, 20, 15)], open_at=21)).pauses == ()
    assert timed((0, 1, 3), MINUTES, **request(breaks=[(0, 20, 15)], open_at=20)).leave[0] == 35


def test_two_breaks_are_both_taken() -> None:
    found = timed((0, 1, 2, 3), MINUTES, **request(breaks=[(55, 65, 10), (25, 35, 10)]))
    assert [pause.which for pause in found.pauses] == [1, 0]
    # One after the first visit (30 to 40); the other is due before the second ends: 55 to 65.
    assert found.leave == (0, 40, 85, 95)


@pytest.mark.parametrize(
    ("changes", "order", "code", "fields"),
    [
        ({"windows": [[], [(0, 5)], [(0, 300)], []]}, (0, 1, 2, 3), "closed",
         {"place": 1, "arrive": 10.0, "closes": 5.0, "late": 5.0}),
        ({"budget": 50.0}, (0, 1, 2, 3), "over_budget",
         {"finish": 70.0, "budget": 50.0, "over": 20.0}),
        ({"breaks": [(11, 12, 5)], "windows": [[], [(10, 10)], [(0, 300)], []]}, (0, 1, 2, 3),
         "break_missed", {"which": 0}),
        ({"must": [2]}, (0, 1, 3), "must_left_out", {"place": 2}),
        ({"before": [(2, 1)]}, (0, 1, 2, 3), "order_broken", {"place": 1, "other": 2}),
    ],
)  # fmt: skip
def test_a_given_order_is_refused_with_what_it_breaks(
    changes: dict[str, Any], order: tuple[int, ...], code: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(InfeasibleError) as caught:
        timed(order, MINUTES, **request(**changes))
    assert caught.value.code == code
    assert caught.value.fields == fields
    assert not timed(order, MINUTES, **request(**changes), strict=False).proven


def test_a_given_order_is_kept_with_all_that_it_breaks() -> None:
    found = timed(
        (0, 1, 2, 3), MINUTES, strict=False,
        **request(
            windows=[[], [(0, 4), (5, 7)], [], []], budget=60.0, must=[0, 1],
            before=[(2, 1), (1, 2)],
        ),
    )  # fmt: skip
    assert found.order == (0, 1, 2, 3)
    assert found.begin[1] == 10
    assert set(found.conflicts) == {
        Conflict("order_broken", 1, other=2),
        Conflict("closed", 1, 3.0),
        Conflict("closed", 2, np.inf),
        Conflict("over_budget", 3, 10.0),
    }


def test_a_break_that_no_longer_fits_is_left_out_of_an_order_kept_anyway() -> None:
    doors = [[], [(10, 10)], [(0, 300)], []]
    found = timed(
        (0, 1, 2, 3), MINUTES, strict=False,
        **request(windows=doors, breaks=[(11, 12, 5), (31, 40, 5)]),
    )  # fmt: skip
    assert found.conflicts == (Conflict("break_missed", 0),)
    assert [pause.which for pause in found.pauses] == [1]


def test_doors_that_open_later_are_still_waited_for_when_an_order_is_kept_anyway() -> None:
    found = timed(
        (0, 1, 2, 3), MINUTES, strict=False,
        **request(windows=[[], [(0, 5), (40, 50)], [(0, 30)], []]),
    )  # fmt: skip
    assert found.begin[1] == 40
    assert found.conflicts == (Conflict("closed", 2, 40.0),)


def test_no_way_cannot_be_walked_anyway() -> None:
    minutes = MINUTES.copy()
    minutes[1, 2] = np.nan
    with pytest.raises(InfeasibleError, match="no way: place = 1, to = 2"):
        timed((0, 1, 2, 3), minutes, **request(), strict=False)


@pytest.mark.parametrize(
    ("order", "code"),
    [((0,), "wrong_ends"), ((0, 1, 1, 3), "visited_twice"), ((0, 3, 1, 3), "visited_twice"),
     ((0, 7, 3), "unknown_place")],
)  # fmt: skip
def test_orders_that_are_none(order: tuple[int, ...], code: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        timed(order, MINUTES, **request())
    assert caught.value.code == code


def test_ends_that_are_not_those_of_the_request() -> None:
    with pytest.raises(BadRequestError, match="wrong ends"):
        timed((0, 1, 3), MINUTES, **request(), start=0, end=2)
