"""What is asked, checked and brought into the arrays that the recursion works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routes.ordering.faults import BadRequestError

__all__ = ["BoolArray", "FloatArray", "IntArray", "Problem", "read_problem"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BREAKS = 8
STATUSES = 16  # subsets of the breaks that can occur; each is one more table of the recursion


@dataclass(frozen=True, eq=False)
class Problem:
    """A request over its m candidates; all times in minutes from 0, ``inf`` = cannot be.

    Attributes
    ----------
    places
        (m,) the caller's index of each candidate; `start` and `end` are the caller's too.
    legs, from_start, to_end, direct
        (m, m), (m,), (m,) and one number: minutes; the diagonal is ``inf``.
    service, score, must
        (m,) each.
    opens, closes
        (m, w) windows for the start of service, ascending and disjoint; unused ones are empty.
    needs
        (m, m): row j marks what must be visited before j (already transitive).
    earliest, latest, length
        (k,) breaks, those over before departure left out; `break_ids` are the caller's indices.
    statuses
        Which breaks have been taken, as bits: every subset that can occur, ascending.
    owed_from, missed_after
        Per status: the route may end at `owed_from` at the latest without the breaks not taken
        yet, and after `missed_after` one of them can no longer be taken.
    """

    places: IntArray
    start: int
    end: int
    legs: FloatArray
    from_start: FloatArray
    to_end: FloatArray
    direct: float
    service: FloatArray
    score: FloatArray
    must: BoolArray
    opens: FloatArray
    closes: FloatArray
    needs: BoolArray
    budget: float
    open_at: float
    earliest: FloatArray
    latest: FloatArray
    length: FloatArray
    break_ids: IntArray
    statuses: tuple[int, ...]
    owed_from: FloatArray
    missed_after: FloatArray

    @property
    def m(self) -> int:
        """Number of candidates."""
        return int(self.places.size)

    def only(self, keep: BoolArray, **changes: Any) -> Problem:
        """Return the same request with the candidates marked in `keep` (m,) alone.

        What needs a candidate that is left out is left out by the caller too.
        """
        at = np.flatnonzero(keep)
        picked = {
            name: getattr(self, name)[at]
            for name in (
                "places", "from_start", "to_end", "service", "score", "must", "opens", "closes",
            )
        }  # fmt: skip
        square = np.ix_(at, at)
        return replace(self, legs=self.legs[square], needs=self.needs[square], **(picked | changes))

    def without_breaks(self) -> Problem:
        """Return the same request with no break asked for."""
        return self.with_breaks(np.zeros(0, dtype=np.int64))

    def with_breaks(self, which: IntArray) -> Problem:
        """Return the same request with the breaks at these positions alone."""
        return replace(
            self, break_ids=self.break_ids[which],
            **_breaks(self.earliest[which], self.latest[which], self.length[which]),
        )  # fmt: skip


def read_problem(
    minutes: ArrayLike,
    *,
    service: ArrayLike,
    windows: Sequence[Iterable[Sequence[float]]],
    score: ArrayLike,
    start: int,
    end: int,
    budget: float,
    open_at: float = 0.0,
    must: Iterable[int] = (),
    before: Iterable[Sequence[int]] = (),
    breaks: Iterable[Sequence[float]] = (),
) -> Problem:
    """Return the request of `routes.ordering.choose` checked and in arrays.

    Raises
    ------
    BadRequestError
        ``not_square``, ``wrong_length``, ``unknown_place``, ``negative``, ``not_a_number``,
        ``not_a_time``, ``bad_window``, ``bad_break``, ``too_many_breaks``: what it says.
        ``contradictory_order`` (places): they wait for each other in a circle;
        ``before_the_start``, ``after_the_end`` (place): a place asked for where none can be.
    """
    legs = _minutes(minutes)
    n = len(legs)
    start, end = _index(start, n, "start"), _index(end, n, "end")
    places = np.array([i for i in range(n) if i not in (start, end)], dtype=np.int64)
    needs, must_all, barred = _precedence(n, start, end, must, before)
    if len(windows) != n:
        raise BadRequestError("wrong_length", what="windows", given=len(windows), wanted=n)
    hours = [[] if i in barred else _windows(windows[i], i) for i in places.tolist()]
    wide = max([1, *(len(h) for h in hours)])
    opens, closes = np.full((len(places), wide), np.inf), np.full((len(places), wide), -np.inf)
    for row, open_hours in enumerate(hours):
        for k, (opening, closing) in enumerate(open_hours):
            opens[row, k], closes[row, k] = opening, closing
    for what, value in (("open_at", open_at), ("budget", budget)):
        if np.isnan(value) or value == -np.inf or (what == "open_at" and value == np.inf):
            raise BadRequestError("not_a_time", what=what, value=float(value))
    rests = _read_breaks(breaks)
    coming = np.flatnonzero(rests[:, 1] >= open_at)  # the others are over before the walk begins
    return Problem(
        places=places,
        start=start,
        end=end,
        legs=_without_diagonal(legs[np.ix_(places, places)]),
        from_start=legs[start, places],
        to_end=legs[places, end],
        direct=0.0 if start == end else float(legs[start, end]),
        service=_per_place(service, n, places, "service"),
        score=_per_place(score, n, places, "score"),
        must=must_all[places],
        opens=opens,
        closes=closes,
        needs=needs[np.ix_(places, places)],
        budget=float(budget),
        open_at=float(open_at),
        break_ids=coming,
        **_breaks(*rests[coming].T),
    )


def _minutes(minutes: ArrayLike) -> FloatArray:
    legs = np.array(minutes, dtype=np.float64)
    if legs.ndim != 2 or legs.shape[0] != legs.shape[1] or not legs.size:
        raise BadRequestError("not_square", shape=tuple(legs.shape))
    off = ~np.eye(len(legs), dtype=bool)
    if ((legs < 0) & off).any():
        i, j = np.argwhere((legs < 0) & off)[0].tolist()
        raise BadRequestError("negative", what="minutes", place=i, to=j, value=float(legs[i, j]))
    legs[np.isnan(legs)] = np.inf
    return legs


def _without_diagonal(legs: FloatArray) -> FloatArray:
    np.fill_diagonal(legs, np.inf)
    return legs


def _index(value: int, n: int, what: str) -> int:
    number = int(value)
    if number != value or not 0 <= number < n:
        raise BadRequestError("unknown_place", what=what, place=value, places=n)
    return number


def _per_place(values: ArrayLike, n: int, places: IntArray, what: str) -> FloatArray:
    found = np.array(values, dtype=np.float64)
    if found.shape != (n,):
        raise BadRequestError("wrong_length", what=what, given=int(found.size), wanted=n)
    wrong = ~(np.isfinite(found) & (found >= 0))
    for place in places.tolist():
        if wrong[place]:
            code = "negative" if found[place] < 0 else "not_a_number"
            raise BadRequestError(code, what=what, place=place, value=float(found[place]))
    return found[places]


def _windows(hours: Iterable[Sequence[float]], place: int) -> list[tuple[float, float]]:
    """Return the windows ascending, those that touch or overlap joined."""
    joined: list[tuple[float, float]] = []
    for opening, closing in sorted((float(o), float(c)) for o, c in hours):
        if not opening <= closing or opening == np.inf:
            raise BadRequestError("bad_window", place=place, opens=opening, closes=closing)
        if joined and opening <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closing))
        else:
            joined.append((opening, closing))
    return joined


def _precedence(
    n: int, start: int, end: int, must: Iterable[int], before: Iterable[Sequence[int]]
) -> tuple[BoolArray, BoolArray, set[int]]:
    """Return (needs, must, barred): transitive needs, musts with what they need, never visited."""
    needs = np.zeros((n, n), dtype=bool)
    wanted = np.zeros(n, dtype=bool)
    wanted[[_index(i, n, "must") for i in must]] = True
    barred: set[int] = set()
    for pair in before:
        a, b = (_index(i, n, "before") for i in pair)
        if b == start:  # the walk begins there
            raise BadRequestError("before_the_start", place=a)
        if a == start:
            continue
        if b == end:  # always visited, so what comes before it is a must
            wanted[a] = True
        elif a == end:  # nothing comes after the end
            barred.add(b)
        else:
            needs[b, a] = True
    for k in range(n):
        needs |= needs[:, k, None] & needs[None, k, :]
    if needs.diagonal().any():
        raise BadRequestError("contradictory_order", places=_cycle(needs))
    wanted |= needs[wanted].any(axis=0)
    for b in sorted(barred & set(np.flatnonzero(wanted).tolist())):
        raise BadRequestError("after_the_end", place=b)
    wanted[[start, end]] = False
    return needs, wanted, barred


def _cycle(needs: BoolArray) -> tuple[int, ...]:
    """Return the places of one cycle of a transitive relation, ascending."""
    first = int(np.flatnonzero(needs.diagonal())[0])
    return tuple(np.flatnonzero(needs[first] & needs[:, first]).tolist())


def _read_breaks(breaks: Iterable[Sequence[float]]) -> FloatArray:
    rests = np.array([tuple(map(float, rest)) for rest in breaks], dtype=np.float64).reshape(-1, 3)
    for k, (earliest, latest, length) in enumerate(rests.tolist()):
        if not (earliest <= latest and 0 <= length < np.inf and earliest < np.inf):
            raise BadRequestError(
                "bad_break", which=k, earliest=earliest, latest=latest, minutes=length
            )
    return rests


def _breaks(earliest: FloatArray, latest: FloatArray, length: FloatArray) -> dict[str, Any]:
    """Return the fields of `Problem` that belong to the breaks.

    A subset cannot occur when it holds a break that begins after one outside it can last begin:
    that one was missed. Breaks whose windows lie apart so make k + 1 subsets, not 2^k.
    """
    k = earliest.size
    if k > BREAKS:
        raise BadRequestError("too_many_breaks", given=int(k), most=BREAKS)
    statuses = [
        taken
        for taken in range(1 << k)
        if not any(
            latest[b] < earliest[c]
            for b in range(k) if not taken >> b & 1
            for c in range(k) if taken >> c & 1
        )
    ]  # fmt: skip
    if len(statuses) > STATUSES:
        raise BadRequestError("too_many_breaks", given=int(k), most=4)
    open_breaks = [[b for b in range(k) if not taken >> b & 1] for taken in statuses]
    return {
        "earliest": earliest,
        "latest": latest,
        "length": length,
        "statuses": tuple(statuses),
        "owed_from": np.array([min(earliest[b], default=np.inf) for b in open_breaks]),
        "missed_after": np.array([min(latest[b], default=np.inf) for b in open_breaks]),
    }
