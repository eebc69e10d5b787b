"""Networks and their sources are named in one language, and OpenStreetMap in both."""

from __future__ import annotations

import re

import pytest

from geo.credits import SCHEMATIC, credited, in_language
from geo.exports import OSM_ATTRIBUTION
from geo.layers.walks import WalkStop, walk_ground, walk_shown
from geo.network import NetworkMeta
from geo.schematic import schematic_network

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("stored", [SCHEMATIC, OSM_ATTRIBUTION, NetworkMeta.attribution])
def test_known_sources_are_told_in_the_language_of_the_reader(stored: str) -> None:
    zh, en = (credited(stored, lang) for lang in ("zh", "en"))
    assert HAN.search(zh)
    assert "contributors" not in zh
    assert not HAN.search(en)
    for told in (zh, en):
        assert "© OpenStreetMap" in told
        assert "ODbL" in told


def test_other_sources_stay_as_they_are() -> None:
    assert credited("streets.gpkg", "zh") == credited("streets.gpkg", "en") == "streets.gpkg"


def test_a_name_in_two_languages_is_told_in_one() -> None:
    name = schematic_network().meta.name
    assert name == f"{in_language(name, 'zh')} / {in_language(name, 'en')}"
    assert HAN.search(in_language(name, "zh"))
    assert not HAN.search(in_language(name, "en"))
    assert in_language("a / b / c", "zh") == "a / b / c"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_map_credits_its_network_in_its_language(lang: str) -> None:
    network = schematic_network()
    assert network.meta.attribution == SCHEMATIC
    stops = [WalkStop(m, m, lon, 32.04, False, 0.0, {"times": "", "position": "", "remarks": ""})
             for m, lon in (("1", 118.78), ("2", 118.79))]  # fmt: skip
    shown = walk_shown(stops, [], [], walk_ground(network, stops, []), flags=(), lang=lang,
                       view_key="k")  # fmt: skip
    assert shown.credits == (credited(SCHEMATIC, lang),)
