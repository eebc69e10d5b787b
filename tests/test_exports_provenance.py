"""Where a file comes from: the record and its identifier."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime

import pytest

from geo import words
from geo.exports import OSM_ATTRIBUTION, NetworkSource, Provenance, creation_time, program_version

CREATED = "2026-05-01T08:00:00+08:00"
RECORD = Provenance(
    version="0.1.0",
    created=CREATED,
    command="circles",
    parameters=(("minutes", "5,10,15"), ("max_access_m", 150)),
    network=NetworkSource("南京", "pbf", "ab12", "2021-02-01"),
    points=(("stations", "cd34"),),
    flags=("sample",),
)


def test_the_identifier_is_of_everything_but_the_moment():
    assert re.fullmatch(r"[0-9a-f]{12}", RECORD.run_id)
    later = dataclasses.replace(RECORD, created="2027-01-01T00:00:00+00:00")
    assert later.run_id == RECORD.run_id


@pytest.mark.parametrize(
    "change",
    [
        {"version": "0.2.0"},
        {"command": "gaps"},
        {"parameters": (("minutes", "5,10,15"), ("max_access_m", 200))},
        {"network": NetworkSource("南京", "pbf", "ab13", "2021-02-01")},
        {"network": None},
        {"points": (("stations", "cd35"),)},
        {"flags": ()},
        {"datum_out": "gcj02"},
    ],
)
def test_any_other_change_changes_the_identifier(change):
    assert dataclasses.replace(RECORD, **change).run_id != RECORD.run_id


def test_the_record_is_a_cache_key():
    assert hash(RECORD) == hash(dataclasses.replace(RECORD))
    assert {RECORD: 1}[dataclasses.replace(RECORD)] == 1


def test_the_record_as_json():
    found = json.loads(json.dumps(RECORD.as_dict()))
    assert found["run_id"] == RECORD.run_id
    assert found["created"] == CREATED
    assert found["parameters"] == {"minutes": "5,10,15", "max_access_m": 150}
    assert found["network"]["licence"] == "ODbL-1.0"
    assert found["attribution"] == OSM_ATTRIBUTION == "© OpenStreetMap contributors, ODbL 1.0"
    assert found["flags"] == ["sample"]
    assert found["datum"] == "wgs84"


def test_without_a_network_there_is_nothing_to_attribute():
    assert Provenance(version="1", created=CREATED).attribution == ""


def test_the_moment_in_utc():
    assert RECORD.created_utc == "2026-05-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"datum_out": "wgs-84"},
        {"created": "2026-05-01T08:00:00"},
        {"created": "yesterday"},
        {"parameters": (("minutes", (5, 10)),)},
    ],
)
def test_faults_of_the_program_are_found_at_once(wrong):
    with pytest.raises(ValueError, match=r"datum_out|offset|isoformat|primitive"):
        dataclasses.replace(RECORD, **wrong)


def test_the_clock_can_be_fixed_from_outside():
    assert creation_time({"SOURCE_DATE_EPOCH": "1767225600"}) == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize("word", ["", "soon", "-5", "９９", "9" * 30])
def test_a_clock_that_is_none_is_ignored(word):
    found = datetime.fromisoformat(creation_time({"SOURCE_DATE_EPOCH": word}))
    assert found.tzinfo is not None
    assert abs((datetime.now(found.tzinfo) - found).total_seconds()) < 60


def test_the_default_record_knows_version_and_moment():
    record = Provenance()
    assert record.version == program_version()
    assert datetime.fromisoformat(record.created).tzinfo is not None


def test_every_text_of_the_exports_has_both_languages_and_the_same_fields():
    found = {
        key: texts
        for key, texts in words.entries().items()
        if key.startswith(("style.", "error.output_", "error.export_"))
    }
    assert len(found) > 30
    for key, texts in found.items():
        fields = [set(re.findall(r"\{(\w+)\}", texts[lang])) for lang in words.LANGUAGES]
        assert fields[0] == fields[1], key
