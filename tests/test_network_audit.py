"""What the audit finds: every count once where it is not zero, and where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from drawn_network import draw, way
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.network import EdgeFlag, WalkNetwork
from geo.network.audit import audit, audit_sentences, duplicate_edges
from geo.network.joining import joined


@pytest.fixture
def faultless() -> WalkNetwork:
    """A square of 500 m sides."""
    return draw(way((0, 0), (500, 0), (500, 500), (0, 500), (0, 0)))


def test_a_faultless_network(faultless):
    found = audit(faultless)
    faults = (
        "small_components", "small_km", "small_share", "zero_length_edges", "duplicate_edges",
        "dead_ends", "steps_km", "ferry_km", "tunnel_km", "bridge_km", "water_areas",
    )  # fmt: skip
    assert {key: found[key] for key in faults} == dict.fromkeys(faults, 0)
    assert found["components"] == 1
    assert found["drive_only"] is False
    assert found["named_share"] == 0.0


def test_components():
    """
    ::

        ├── 1500 m ──┤     ├ 300 m ┤    ├ 200 m ┤        ┄ ferry 100 m ┄
    """
    network = draw(
        way((0, 0), (1500, 0)),
        way((2000, 0), (2300, 0)),
        way((3000, 0), (3200, 0)),
        way((4000, 0), (4100, 0), flags=EdgeFlag.FERRY),
    )
    found = audit(network)
    assert found["components"] == 3  # a ferry is no street
    assert found["small_components"] == 2
    assert found["small_km"] == 0.5
    assert found["small_share"] == 0.25
    assert found["ferry_km"] == 0.1
    assert found["dead_ends"] == 8


def test_edges_of_no_length():
    """Two nodes at one place, joined by a way."""
    network = draw(way((0, 0), (500, 0)), way((500, 0), (500, 1e-12)))
    assert audit(network)["zero_length_edges"] == 1


def test_duplicates():
    """The same line three times, once drawn backwards, and once by another way round."""
    network = draw(
        way((0, 0), (250, 0), (500, 0)),
        way((0, 0), (250, 0), (500, 0)),
        way((500, 0), (250, 0), (0, 0)),
        way((0, 0), (250, 90), (500, 0)),
    )
    # The middle vertex is shared by three ways and so a junction: two edges, each three times.
    assert audit(network)["duplicate_edges"] == 4
    assert duplicate_edges(network).sum() == 4


def test_kinds():
    network = draw(
        way((0, 0), (100, 0), flags=EdgeFlag.STEPS, highway="steps"),
        way((100, 0), (300, 0), flags=EdgeFlag.TUNNEL),
        way((300, 0), (700, 0), flags=EdgeFlag.BRIDGE),
        water=[shapely.box(0, 50, 100, 100), shapely.box(200, 50, 300, 100)],
    )
    found = audit(network)
    assert found["steps_km"] == pytest.approx(0.1, abs=0.001)
    assert found["tunnel_km"] == pytest.approx(0.2, abs=0.001)
    assert found["bridge_km"] == pytest.approx(0.4, abs=0.001)
    assert found["water_areas"] == 2
    assert found["dead_ends"] == 2


def test_names():
    """One street of two has a name; ferries are not counted."""
    network = draw(way((0, 0), (300, 0)), way((300, 0), (400, 0)), way((400, 0), (999, 0), flags=2))
    named = replace(
        network, edge_name=(network.edge_length_m < 200).astype("i4") - 1, names=("甲",)
    )
    assert audit(named)["named_share"] == 0.25


def test_carriageways_only():
    network = draw(way((0, 0), (500, 0), flags=EdgeFlag.DRIVE, highway="primary"))
    assert audit(network)["drive_only"] is True


def test_nothing_but_a_ferry():
    found = audit(draw(way((0, 0), (500, 0), flags=EdgeFlag.FERRY)))
    assert found["components"] == 0
    assert found["small_share"] == 0.0
    assert found["named_share"] == 0.0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences(lang, faultless):
    plain = audit_sentences(audit(faultless), lang)
    assert len(plain) == 3
    doubled = draw(way((0, 0), (500, 0)), way((0, 0), (500, 0)))
    faulty = audit_sentences(audit(doubled), lang)
    assert len(faulty) == 4
    assert "1" in faulty[1]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
def test_parts_are_those_of_scipy_and_numbered_alike(n, pairs):
    ends = np.array(pairs, dtype=np.int32).reshape(-1, 2) % n
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    count, label = connected_components(graph, directed=False)
    ours = joined(n, ends[:, 0].copy(), ends[:, 1].copy())
    assert ours[0] == count
    np.testing.assert_array_equal(ours[1], label)
