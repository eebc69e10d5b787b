"""Noding, on drawings with known answers and against GEOS's own noding."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.centrelines import Noded, node_lines
from geo.centrelines import noding as noding_module
from geo.errors import NetworkError

FUZZ = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def node(*lines, snap_m=0.5, level=None, crossings=True) -> Noded:
    xy = np.array([p for line in lines for p in line], dtype=float)
    ptr = np.cumsum([0, *(len(line) for line in lines)])
    levels = np.array(level or [0] * len(lines))
    return node_lines(xy, ptr, levels, snap_m=snap_m, crossings=crossings)


def paths(found: Noded) -> list[list[tuple[float, float]]]:
    """Return the lines as they stand, without a vertex that repeats the one before."""
    made = []
    for start, stop in itertools.pairwise(found.ptr):
        line = [tuple(found.xy[r].tolist()) for r in found.ref[start:stop]]
        made.append([p for i, p in enumerate(line) if i == 0 or p != line[i - 1]])
    return made


def segments(found: Noded) -> set[tuple]:
    """Return segments, each once, whatever their direction, to a millimetre."""
    made = set()
    for line in paths(found):
        rounded = [tuple(round(c, 3) + 0.0 for c in p) for p in line]
        made |= {tuple(sorted(pair)) for pair in itertools.pairwise(rounded) if pair[0] != pair[1]}
    return made


# --- drawings ---------------------------------------------------------------------------------


def test_ends_within_the_tolerance_become_one():
    found = node([(0, 0), (10, 0)], [(10.3, 0.1), (20, 0)], [(10.1, 0.2), (10, 9)])
    assert found.ref[1] == found.ref[2] == found.ref[4]
    assert found.counts["ends_joined"] == 2
    assert tuple(found.xy[found.ref[1]]) == (10.1, 0.2)  # the end nearest to their middle


def test_ends_beyond_the_tolerance_stay_apart():
    found = node([(0, 0), (10, 0)], [(10.6, 0), (20, 0)])
    assert len(set(found.ref.tolist())) == 4
    assert found.counts["ends_joined"] == 0


@pytest.mark.parametrize("gap", [0.4, 0.0, -0.4])
def test_an_end_on_a_line_splits_it(gap):
    """A street that stops short of another, on it, or a little beyond."""
    found = node([(0, 0), (10, 0)], [(5, 8), (5, gap)])
    assert paths(found)[0] == [(0, 0), (5, gap), (10, 0)]
    assert paths(found)[1] == [(5, 8), (5, gap)]
    assert found.counts["t_junctions"] == 1
    assert found.counts["crossings"] == 0


def test_an_end_near_a_vertex_takes_the_vertex():
    found = node([(0, 0), (5, 0), (10, 0)], [(5, 8), (5.2, 0.3)])
    assert paths(found)[0] == [(0, 0), (5.2, 0.3), (10, 0)]


def test_an_end_too_far_from_a_line_leaves_it():
    found = node([(0, 0), (10, 0)], [(5, 8), (5, 0.6)])
    assert paths(found)[0] == [(0, 0), (10, 0)]


def test_lines_that_cross_share_a_new_vertex():
    found = node([(0, 0), (10, 0)], [(5, -5), (5, 5)])
    assert paths(found) == [[(0, 0), (5, 0), (10, 0)], [(5, -5), (5, 0), (5, 5)]]
    assert found.counts["crossings"] == 1


def test_a_crossing_takes_the_vertex_that_is_near():
    found = node([(0, 0), (5.2, 0.1), (10, 0)], [(5, -5), (5, 5)])
    assert paths(found)[1] == [(5, -5), (5.2, 0.1), (5, 5)]
    assert len(found.xy) == 5


def test_lines_through_one_vertex_meet_there():
    found = node([(0, 0), (5, 0), (10, 0)], [(5, -5), (5, 0), (5, 5)])
    assert found.ref[1] == found.ref[4]
    assert found.counts["crossings"] == 1


def test_without_crossings_only_ends_meet():
    found = node(
        [(0, 0), (5, 0), (10, 0)], [(5, -5), (5, 0), (5, 5)], [(8, -5), (8, 5)], [(2, 3), (2, 0)],
        crossings=False,
    )  # fmt: skip
    assert found.ref[1] != found.ref[4]
    assert len(paths(found)[2]) == 2
    assert paths(found)[0] == [(0, 0), (2, 0), (5, 0), (10, 0)]


def test_a_line_meets_itself():
    """A loop that comes back to its own middle, and a figure that crosses itself."""
    found = node(
        [(0, 0), (10, 0), (10, 10), (5, 10), (5, 0)], [(50, 0), (60, 10), (60, 0), (50, 10)]
    )
    assert paths(found)[0] == [(0, 0), (5, 0), (10, 0), (10, 10), (5, 10), (5, 0)]
    assert paths(found)[1].count((55, 5)) == 2


def test_three_lines_through_one_point():
    found = node([(-5, 0), (5, 0)], [(0, -5), (0, 5)], [(-5, -5), (5, 5)])
    assert {p for line in paths(found) for p in line[1:-1]} == {(0.0, 0.0)}
    middle = {r for r in found.ref.tolist() if np.hypot(*found.xy[r]) < 1e-6}
    assert len(middle) == 1


def test_a_line_drawn_over_part_of_another():
    found = node([(0, 0), (10, 0)], [(4, 0), (8, 0), (8, 5)])
    assert paths(found) == [[(0, 0), (4, 0), (8, 0), (10, 0)], [(4, 0), (8, 0), (8, 5)]]


# --- levels -----------------------------------------------------------------------------------


def test_a_bridge_does_not_meet_what_it_crosses():
    """::

          │ road
    ══════╪══════ bridge, which goes on as a road at either end
          │
    """
    found = node(
        [(0, 0), (10, 0)], [(5, -5), (5, 5)], [(-9, 0), (0, 0)], [(10, 0), (19, 0)],
        level=[1, 0, 0, 0],
    )  # fmt: skip
    assert paths(found)[0] == [(0, 0), (10, 0)]
    assert paths(found)[1] == [(5, -5), (5, 5)]
    assert found.ref[0] == found.ref[5]
    assert found.ref[1] == found.ref[6]
    assert found.counts["crossings_apart"] == 1


def test_a_street_that_ends_under_a_viaduct_does_not_meet_it():
    found = node([(0, 0), (10, 0)], [(5, -5), (5, 0.1)], level=[1, 0])
    assert paths(found)[0] == [(0, 0), (10, 0)]


def test_a_bridge_that_comes_to_the_ground_in_the_middle_of_a_road_meets_it():
    found = node([(0, 0), (10, 0)], [(5, -5), (5, 0.1)], level=[0, 1])
    assert paths(found)[0] == [(0, 0), (5, 0.1), (10, 0)]


def test_a_bridge_drawn_in_two_halves_does_not_meet_the_road_below_their_joint():
    found = node([(0, 0), (10, 0)], [(5, -5), (5, 0)], [(5, 0), (5, 5)], level=[0, 1, 1])
    assert paths(found)[0] == [(0, 0), (10, 0)]


# --- against GEOS, and for all lines ----------------------------------------------------------

# So few whole kilometres that crossings are metres apart, or the same.
grid = st.tuples(*[st.integers(0, 5).map(lambda n: n * 1000)] * 2)
grid_line = st.lists(grid, min_size=2, max_size=5).filter(
    lambda line: all(a != b for a, b in itertools.pairwise(line))
)


@FUZZ
@given(lines=st.lists(grid_line, min_size=1, max_size=6))
def test_as_geos_nodes_it(lines):
    """Whole numbers make lines that touch, overlap and run back over themselves."""
    whole = shapely.union_all([shapely.LineString(line) for line in lines])
    expected = set()
    for line in shapely.get_parts(whole):
        rounded = [tuple(round(c, 3) + 0.0 for c in p) for p in line.coords]
        expected |= {tuple(sorted(pair)) for pair in itertools.pairwise(rounded)}
    assert segments(node(*lines, snap_m=0.0)) == expected


anywhere = st.tuples(*[st.floats(0, 60).map(lambda v: round(v, 2))] * 2)
any_line = st.lists(anywhere, min_size=2, max_size=6).filter(lambda line: len({*line}) > 1)


@FUZZ
@given(lines=st.lists(any_line, min_size=1, max_size=7), snap=st.sampled_from([0.0, 0.5, 3.0]))
def test_afterwards_nothing_crosses_and_nothing_moved_far(lines, snap):
    found = node(*lines, snap_m=snap)
    sides = np.array([s for s in segments(found)]).reshape(-1, 2, 2)
    one, other = np.triu_indices(len(sides), 1)
    crosses, shares = noding_module._crossing(sides[one], sides[other])
    deep = ((shares > 1e-3) & (shares < 1 - 1e-3)).all(axis=1)
    length = np.hypot(*(sides[:, 1] - sides[:, 0]).T)
    long = np.minimum(length[one], length[other]) > 0.2
    assert not (crosses & deep & long).any()
    for line, start, stop in zip(lines, found.ptr[:-1], found.ptr[1:], strict=True):
        drawn = shapely.LineString(line)
        now = found.xy[found.ref[start:stop]]
        reach = 8 * max(snap, noding_module.TOUCH_M)  # ends that follow each other go further
        assert shapely.distance(shapely.points(now), drawn).max() <= reach
        if snap == 0.0:
            assert shapely.LineString(now).length <= drawn.length + 0.2 * len(now)


@FUZZ
@given(lines=st.lists(any_line, min_size=1, max_size=6), data=st.data())
def test_the_order_of_lines_changes_nothing(lines, data):
    order = data.draw(st.permutations(range(len(lines))))
    there, back = node(*lines), node(*(lines[i] for i in order))
    assert there.counts == back.counts
    length = [sum(np.hypot(*np.subtract(*s)) for s in segments(f)) for f in (there, back)]
    assert length[0] == pytest.approx(length[1], abs=0.05)


def test_more_meetings_than_any_street_map(monkeypatch):
    monkeypatch.setattr(noding_module, "MAX_PAIRS", 1000)
    across = [[(0, i), (100, i + 0.5)] for i in range(50)]
    along = [[(i, 0), (i + 0.5, 100)] for i in range(50)]
    with pytest.raises(NetworkError) as caught:
        node(*across, *along)
    assert caught.value.code == "lines_dense"
    with pytest.raises(NetworkError):
        node(*([(0, 0), (1 + i / 1e4, 1)] for i in range(200)))
