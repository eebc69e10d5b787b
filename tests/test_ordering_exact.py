"""`choose` up to 17 candidates: beside a plain search through every order, and its invariants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ordering_by_hand import best_walk, soonest

from routes.ordering import OrderingError, choose, timed

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MINUTE = st.one_of(st.integers(0, 40).map(float), st.floats(0, 40))


@st.composite
def requests(draw: st.DrawFn, most: int = 5, rests: int = 2) -> dict[str, Any]:
    """A small request with everything on: one-way legs, gaps, doors, musts, order, breaks."""
    n = draw(st.integers(1, most))
    leg = st.one_of(MINUTE, MINUTE, MINUTE, MINUTE, st.sampled_from([np.nan, np.inf]))
    door = st.tuples(st.integers(0, 150), st.integers(0, 120)).map(lambda d: (d[0], d[0] + d[1]))
    place = st.integers(0, n - 1)
    rank = draw(st.permutations(range(n)))
    pairs = draw(st.lists(st.tuples(place, place), max_size=2))
    start, end = draw(place), draw(place)
    rest = st.tuples(st.integers(0, 120), st.integers(0, 60), st.integers(0, 40))
    return {
        "minutes": [[draw(leg) for _ in range(n)] for _ in range(n)],
        "service": [draw(st.integers(0, 30)) for _ in range(n)],
        "windows": [draw(st.lists(door, min_size=1, max_size=3)) for _ in range(n)],
        "score": [draw(st.integers(0, 5)) for _ in range(n)],
        "start": start,
        "end": end,
        "budget": draw(st.integers(0, 300)),
        "open_at": draw(st.integers(0, 20)),
        "must": draw(st.lists(place, max_size=1)),
        "before": [(a, b) for a, b in pairs if rank[a] < rank[b] and b != start],
        "breaks": [(e, e + w, m) for e, w, m in draw(st.lists(rest, max_size=rests))],
    }


def made_up(seed: int, n: int, **changes: Any) -> dict[str, Any]:
    """A request that mostly has a route: n places, a third of them with two doors."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(1, 40, (n, n)).astype(float)
    minutes[rng.random((n, n)) < 0.1] = np.nan
    opens = rng.integers(0, 150, (n, 2))
    return {
        "minutes": minutes,
        "service": rng.integers(0, 30, n),
        "windows": [
            [(o, o + 60) for o in row[: rng.integers(1, 3)].tolist()] for row in opens
        ],
        "score": rng.integers(0, 6, n),
        "start": 0,
        "end": n - 1,
        "budget": int(rng.integers(120, 300)),
        **changes,
    }  # fmt: skip


@settings(patient, max_examples=120)
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


@pytest.mark.parametrize("seed", range(12))
def test_nothing_better_is_found_among_eight_places(seed: int) -> None:
    rest = {"breaks": [(60 + 5 * seed, 90 + 5 * seed, 30)]} if seed % 3 == 0 else {"breaks": []}
    request = made_up(seed, 7 if rest["breaks"] else 8, must=[2], before=[(1, 3)], **rest)
    request |= {"open_at": 0.0}
    best = best_walk(request)
    if best is None:
        with pytest.raises(OrderingError):
            choose(**request)
        return
    found = choose(**request)
    assert (found.score, found.leave[-1]) == (best.score, pytest.approx(best.over))
    assert found.travel == pytest.approx(best.travel)


@settings(patient, max_examples=60)
@given(requests(most=7))
def test_what_is_chosen_keeps_every_condition(request: dict[str, Any]) -> None:
    try:
        found = choose(**request)
    except OrderingError:
        return
    assert found.leave[-1] == pytest.approx(soonest(request, found.order))
    assert set(request["must"]) <= set(found.order)
    for a, b in request["before"]:
        if b in found.order:
            assert found.order.index(a) < found.order.index(b)
    for k in range(1, len(found.order)):
        i, j = found.order[k - 1], found.order[k]
        leg = 0.0 if i == j else request["minutes"][i][j]
        assert found.arrive[k] == found.leave[k - 1] + leg
    for k in range(1, len(found.order) - 1):
        place = found.order[k]
        assert found.arrive[k] <= found.begin[k]
        assert found.begin[k] + request["service"][place] <= found.leave[k]
        assert any(o <= found.begin[k] <= c for o, c in request["windows"][place])
    assert found.minutes_total == found.leave[-1] - request["open_at"]
    assert found.leave[-1] <= request["budget"]
    assert found.score == sum(request["score"][i] for i in found.order[1:-1])


@settings(patient, max_examples=60)
@given(requests(most=7))
def test_breaks_are_taken_whole_between_visits(request: dict[str, Any]) -> None:
    try:
        found = choose(**request)
    except OrderingError:
        return
    taken = {pause.which for pause in found.pauses}
    assert len(taken) == len(found.pauses)
    for which, (earliest, latest, _) in enumerate(request["breaks"]):
        if which not in taken:
            assert found.leave[-1] <= earliest or latest < request["open_at"]
    for pause in found.pauses:
        earliest, latest, length = request["breaks"][pause.which]
        assert earliest <= pause.begin <= latest
        assert pause.minutes == length
        if pause.after_visit:
            place = found.order[pause.stop]
            service = request["service"][place] if pause.stop else 0
            assert found.begin[pause.stop] + service <= pause.begin
            assert pause.begin + length <= found.leave[pause.stop]
        else:
            assert found.arrive[pause.stop] <= pause.begin
            assert pause.begin + length <= found.begin[pause.stop]


@settings(patient, max_examples=40)
@given(requests(most=8), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(request: dict[str, Any], random: Any) -> None:
    names = list(range(len(request["minutes"])))
    random.shuffle(names)
    where = {old: new for new, old in enumerate(names)}
    shuffled = {
        **request,
        "minutes": [[request["minutes"][i][j] for j in names] for i in names],
        **{what: [request[what][i] for i in names] for what in ("service", "windows", "score")},
        **{what: where[request[what]] for what in ("start", "end")},
        "must": [where[i] for i in request["must"]],
        "before": [(where[a], where[b]) for a, b in request["before"]],
    }
    try:
        found = choose(**request)
    except OrderingError:  # of several causes another may be named
        with pytest.raises(OrderingError):
            choose(**shuffled)
        return
    again = choose(**shuffled)
    assert again.score == found.score
    assert again.leave[-1] == pytest.approx(found.leave[-1])
    assert again.travel == pytest.approx(found.travel)


@settings(patient, max_examples=60)
@given(requests(most=7), st.integers(1, 120))
def test_more_time_never_lowers_the_score(request: dict[str, Any], more: int) -> None:
    try:
        found = choose(**request)
    except OrderingError:
        return
    assert choose(**(request | {"budget": request["budget"] + more})).score >= found.score


@settings(patient, max_examples=60)
@given(requests(most=8))
def test_the_order_timed_again_has_the_same_times(request: dict[str, Any]) -> None:
    try:
        found = choose(**request)
    except OrderingError:
        return
    again = timed(found.order, **request)
    assert (again.arrive, again.begin, again.leave) == (found.arrive, found.begin, found.leave)
    assert (again.score, again.travel, again.pauses) == (found.score, found.travel, found.pauses)
    assert choose(**request) == found


def test_of_equal_routes_the_one_that_ends_earlier_then_the_one_that_travels_less() -> None:
    # Three places on a line at 10, 20 and 30 minutes; the last opens at 100, so either way round
    # the first two ends at 100 + 30: there is time to walk 2-1-3 (20 + 10 + 20 + 30) for nothing.
    line = np.array([0.0, 10.0, 20.0, 30.0])
    minutes = np.abs(line[:, None] - line[None, :])
    windows = [[(0, 200)], [(0, 200)], [(0, 200)], [(100, 200)]]
    request = {"service": [0] * 4, "score": [1] * 4, "start": 0, "end": 0, "budget": 200}
    found = choose(minutes, windows=windows, **request)
    assert found.order[-2:] == (3, 0)
    assert found.leave[-1] == 130
    assert found.travel == 60
    # With the far one open all day the tour ends at 60, and nothing waits.
    found = choose(minutes, windows=[[(0, 200)]] * 4, **request)
    assert (found.leave[-1], found.travel) == (60, 60)


def test_a_place_worth_nothing_is_passed_only_where_it_is_the_way() -> None:
    # 0 → 2 is only possible over 1, which scores nothing; 3 scores nothing and lies aside.
    no = np.nan
    minutes = [[no, 5, no, 5], [5, no, 5, no], [no, 5, no, no], [5, no, no, no]]
    found = choose(
        minutes, service=[0, 7, 0, 0], windows=[[(0, 99)]] * 4, score=[0, 0, 0, 0],
        start=0, end=2, budget=99,
    )  # fmt: skip
    assert found.order == (0, 1, 2)
    assert found.leave[-1] == 17  # the visit on the way is made


def test_seventeen_candidates_are_proven_and_one_more_is_not() -> None:
    request = made_up(3, 19)
    found = choose(**request)
    assert found.proven
    assert not choose(**made_up(3, 20)).proven


def test_nothing_to_choose_from_is_a_walk_to_the_end() -> None:
    found = choose(
        [[0.0, 12.0], [np.nan, 0.0]], service=[9, 9], windows=[[], []], score=[5, 5],
        start=0, end=1, budget=20, open_at=3,
    )  # fmt: skip
    assert found.order == (0, 1)
    assert (found.arrive, found.leave) == ((3.0, 15.0), (3.0, 15.0))
    assert (found.score, found.minutes_total, found.travel) == (0.0, 12.0, 12.0)
