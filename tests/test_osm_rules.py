"""Who may walk where: tables of tags and what they mean on the OSM wiki."""

from __future__ import annotations

import re

import pytest

from geo.network import EdgeFlag
from geo.osm.rules import (
    edge_flags,
    is_bank,
    is_closed_gate,
    is_water,
    osmnx_walk,
    verdict,
    walkable,
)


def tags(text: str) -> dict[str, str]:
    """``"highway=footway foot=no"`` → a dict."""
    return dict(pair.split("=", 1) for pair in text.split())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("highway=footway", "kept"),
        ("highway=residential oneway=yes", "kept"),
        ("highway=steps", "kept"),
        ("highway=track access=agricultural", "kept"),
        # foot=* outweighs access=* and what the class implies
        ("highway=motorway", "no_foot"),
        ("highway=motorway foot=yes", "kept"),
        ("highway=cycleway", "no_foot"),
        ("highway=cycleway foot=designated", "kept"),
        ("highway=service access=private", "closed"),
        ("highway=service access=private foot=permissive", "kept"),
        ("highway=service access=no", "closed"),
        ("highway=service access=no foot=yes", "kept"),
        ("highway=path access=permit", "closed"),
        ("highway=service access=customers", "kept"),
        ("highway=footway foot=no", "foot_no"),
        ("highway=footway foot=private", "foot_no"),
        ("highway=secondary foot=use_sidepath", "foot_no"),
        ("highway=secondary sidewalk=separate", "no_foot"),
        ("highway=secondary sidewalk:left=separate foot=yes", "kept"),
        # expressways and bus roads
        ("highway=trunk motorroad=yes", "no_foot"),
        ("highway=trunk motorroad=yes foot=yes", "kept"),
        ("highway=trunk motorroad=no", "kept"),
        ("highway=busway", "no_foot"),
        ("highway=busway foot=yes", "kept"),
        # not ways, whatever foot says
        ("highway=construction foot=yes", "not_a_way"),
        ("highway=proposed", "not_a_way"),
        ("highway=disused foot=yes", "not_a_way"),
        ("highway=escape", "not_a_way"),
        ("building=yes foot=yes", "not_a_way"),
        # areas
        ("highway=pedestrian area=yes", "kept"),
        ("highway=steps area=yes", "kept"),
        ("highway=service area=yes", "area"),
        ("highway=platform area=yes", "area"),
        ("highway=platform area=yes foot=yes", "kept"),
        ("highway=pedestrian area=yes access=private", "closed"),
        ("highway=platform", "no_foot"),
        ("highway=platform foot=yes", "kept"),
        # ferries
        ("route=ferry", "kept"),
        ("route=ferry foot=no", "foot_no"),
        ("route=ferry access=private", "closed"),
        ("route=ferry access=private foot=yes", "kept"),
        ("route=bus", "not_a_way"),
    ],
)
def test_who_may_walk(text, why):
    assert verdict(tags(text)) == why
    assert walkable(tags(text)) is (why == "kept")


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("highway=footway", EdgeFlag(0)),
        ("highway=residential", EdgeFlag.DRIVE),
        ("highway=residential oneway=yes", EdgeFlag.DRIVE),  # for vehicles only
        ("highway=footway oneway=yes", EdgeFlag(0)),
        ("highway=steps", EdgeFlag.STEPS),
        ("highway=ladder", EdgeFlag.STEPS),
        ("highway=elevator", EdgeFlag.ELEVATOR | EdgeFlag.INDOOR),
        ("highway=corridor", EdgeFlag.INDOOR),
        ("highway=footway indoor=yes", EdgeFlag.INDOOR),
        ("highway=footway indoor=no", EdgeFlag(0)),
        ("highway=footway tunnel=yes", EdgeFlag.TUNNEL),
        ("highway=footway tunnel=building_passage", EdgeFlag(0)),
        ("highway=footway location=underground", EdgeFlag.TUNNEL),
        ("highway=footway level=-1", EdgeFlag.TUNNEL),
        ("highway=footway layer=-1", EdgeFlag(0)),  # says what crosses what, not where
        ("highway=footway covered=yes", EdgeFlag(0)),
        ("highway=footway bridge=viaduct", EdgeFlag.BRIDGE),
        ("highway=footway bridge=no", EdgeFlag(0)),
        ("highway=pedestrian area=yes", EdgeFlag.AREA),
        ("highway=path wheelchair=no", EdgeFlag.NO_WHEELCHAIR),
        ("route=ferry bridge=yes", EdgeFlag.FERRY),
    ],
)
def test_kind_of_edge(text, flags):
    assert EdgeFlag(edge_flags(tags(text))) == flags


FORTH, BACK, BELT = EdgeFlag.FORWARD_ONLY, EdgeFlag.BACKWARD_ONLY, EdgeFlag.CONVEYING


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        # A belt's direction is that of the drawn line, not of the slope.
        ("conveying=forward incline=up", BELT | FORTH),
        ("conveying=forward incline=down", BELT | FORTH),
        ("conveying=backward incline=up", BELT | BACK),
        ("conveying=reversible oneway=yes", BELT),
        ("conveying=yes", BELT),
        # Nothing drives on a belt: here, and only here, oneway speaks of walkers.
        ("conveying=yes oneway=yes", BELT | FORTH),
        ("conveying=yes oneway=-1", BELT | BACK),
        ("conveying=no oneway=yes", EdgeFlag(0)),
        ("oneway:foot=yes", FORTH),
        ("oneway:foot=-1", BACK),
        ("foot:oneway=yes", FORTH),
        ("oneway:foot=no oneway=yes", EdgeFlag(0)),
        # Contradictions leave one direction open, never none.
        ("conveying=backward oneway:foot=yes", BELT | FORTH),
        ("conveying=forward oneway:foot=-1", BELT | BACK),
    ],
)
def test_direction(text, flags):
    assert EdgeFlag(edge_flags(tags(f"highway=footway {text}"))) == flags


@pytest.mark.parametrize(
    ("text", "water", "bank"),
    [
        ("natural=water", True, False),
        ("natural=water tunnel=yes", False, False),
        ("natural=water covered=yes", False, False),
        ("natural=water location=underground", False, False),
        ("waterway=riverbank", True, False),
        ("waterway=dock", True, False),
        ("landuse=reservoir", True, False),
        ("natural=wetland", False, False),
        ("waterway=river", False, True),
        ("waterway=canal", False, True),
        ("waterway=river tunnel=culvert", False, False),
        ("waterway=stream", False, False),
        ("natural=coastline", False, True),
    ],
)
def test_water_and_banks(text, water, bank):
    assert is_water(tags(text)) is water
    assert is_bank(tags(text)) is bank


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("barrier=gate", False),
        ("barrier=gate access=private", True),
        ("barrier=gate access=private foot=yes", False),
        ("barrier=gate access=no", True),
        ("barrier=bollard foot=no", True),
        ("barrier=gate locked=yes", True),
        ("barrier=gate locked=yes foot=yes", False),
        ("barrier=lift_gate motor_vehicle=private", False),
        ("access=private", False),
    ],
)
def test_closed_gates(text, closed):
    assert is_closed_gate(tags(text)) is closed


def test_our_copy_of_osmnx_s_filter_is_osmnx_s_filter():
    """Its Overpass string, taken apart, has the conditions that `osmnx_walk` applies."""
    overpass = pytest.importorskip("osmnx._overpass")
    from geo.osm.rules import _OSMNX_FORBIDS

    text = overpass._get_network_filter("walk")
    forbids = re.findall(r'\["([^"]+)"!~"([^"]+)"\]', text)
    assert text.startswith('["highway"]')
    assert sorted(forbids) == sorted((k, p.pattern) for k, p in _OSMNX_FORBIDS)


def test_osmnx_patterns_are_unanchored():
    assert not osmnx_walk(tags("highway=motorway_link"))
    assert not osmnx_walk(tags("highway=footway foot=unknown"))  # "unknown" holds "no"
    assert osmnx_walk(tags("highway=service access=no"))
    assert not osmnx_walk(tags("foot=yes"))
