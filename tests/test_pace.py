"""Profiles: speeds, stairs, forbidden ways, directions."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_network import draw, way

from geo.errors import RequestError
from geo.network.model import EdgeFlag as F
from geo.pace import PROFILES, allowed_edges, edge_seconds, in_metres, profile_named

# Every edge is 120 m long; they are told apart by how far north they lie.
ROWS = (0, F.STEPS, F.FERRY, F.CONVEYING, F.NO_WHEELCHAIR, F.FORWARD_ONLY, F.BACKWARD_ONLY)


@pytest.fixture(scope="module")
def network():
    return draw(*(way((0, 10 * i), (120, 10 * i), flags=flag) for i, flag in enumerate(ROWS)))


def rows(network) -> np.ndarray:
    """Return the edge of each row."""
    return np.argsort(network.coords[network.coord_ptr[:-1], 1])


def test_seconds_of_shuang15(network):
    along, against = edge_seconds(network, PROFILES["shuang15"])
    order = rows(network)
    inf = np.inf
    # 120 m at 1000 m in 900 s are 108 s; stairs are not slower.
    np.testing.assert_allclose(along[order], [108, 108, inf, 108, 108, 108, inf], rtol=1e-6)
    np.testing.assert_allclose(against[order], [108, 108, inf, 108, 108, inf, 108], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "level", "steps", "conveying", "no_wheelchair"),
    [
        ("adult", 90.0, 240.0, 90.0, 90.0),  # 4.8 km/h, stairs 0.5 m/s
        ("elder", 130.435, 347.826, 130.435, 130.435),
        ("stroller", 112.465, np.inf, np.inf, 112.465),
        ("wheelchair", 131.291, np.inf, np.inf, np.inf),
    ],
)
def test_seconds_of_the_others(network, name, level, steps, conveying, no_wheelchair):
    along, _ = edge_seconds(network, PROFILES[name])
    expected = [level, steps, np.inf, conveying, no_wheelchair]
    np.testing.assert_allclose(along[rows(network)][:5], expected, rtol=1e-5)


def test_in_metres_counts_metres_and_keeps_what_is_forbidden(network):
    adult, _ = edge_seconds(network, in_metres(PROFILES["adult"]))
    np.testing.assert_allclose(adult[rows(network)][:3], [120, 120, np.inf], rtol=1e-6)
    chair, _ = edge_seconds(network, in_metres(PROFILES["wheelchair"]))
    assert np.isinf(chair[rows(network)][[1, 2, 3, 4]]).all()


def test_allowed_is_allowed_in_one_direction_at_least(network):
    allowed = allowed_edges(network, PROFILES["shuang15"])[rows(network)]
    assert allowed.tolist() == [True, True, False, True, True, True, True]


def test_every_profile_names_its_source_and_an_unknown_one_is_refused():
    assert all(len(p.source) > 20 for p in PROFILES.values())
    assert profile_named("elder") is PROFILES["elder"]
    with pytest.raises(RequestError, match="wheelchair"):
        profile_named("cyclist")
