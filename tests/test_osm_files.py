"""Files that are broken, cut off or something else: one sentence each, never a traceback."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from drawn_osm import OsmFile

from geo.errors import MissingFileError, OsmError, PlannerError, RequestError
from geo.osm import read_osm


def refused(path: Path, error: type[PlannerError] = OsmError) -> PlannerError:
    with pytest.raises(error) as caught:
        read_osm(path)
    for lang in ("zh", "en"):
        sentence = caught.value.sentence(lang)
        assert path.name in sentence
        assert "\n" not in sentence
        assert "Traceback" not in sentence
    return caught.value


@pytest.fixture
def text(osm: OsmFile) -> bytes:
    osm.nodes(a=(0, 0), b=(300, 0), c=(600, 0)).way(1, "abc", {"highway": "path", "name": "Ω"})
    return osm.text().encode()


def test_no_such_file(tmp_path):
    assert refused(tmp_path / "no.osm", MissingFileError).code == "file_missing"


def test_a_folder(tmp_path):
    (tmp_path / "x.osm").mkdir()
    assert refused(tmp_path / "x.osm").code == "osm_folder"


@pytest.mark.parametrize("name", ["x.osm", "x.osm.bz2", "x.osm.gz", "x.osm.pbf"])
def test_nothing_in_it(tmp_path, name):
    (tmp_path / name).touch()
    assert refused(tmp_path / name).code == "file_empty"


@pytest.mark.parametrize("name", ["x.csv", "x.osm.zip", "x", "x.graphml"])
def test_another_ending(tmp_path, text, name):
    (tmp_path / name).write_bytes(text)
    assert refused(tmp_path / name).code == "osm_suffix"


def test_unknown_rules(tmp_path):
    with pytest.raises(RequestError, match="bicycle"):
        read_osm(tmp_path / "x.osm", walk_rules="bicycle")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.pbf", b"The quick brown fox jumps over the lazy dog.\n" * 50),
        ("x.osm.pbf", "id,名称\n".encode("gb18030") * 50),
        ("x.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7f"),
        ("x.pbf", b"\x00"),
        ("x.pbf", bytes(100)),
        ("x.pbf", b"\xff" * 100),
        ("x.osm", b"The quick brown fox."),
        ("x.osm", b"<html><body>404 Not Found</body></html>"),
        ("x.osm", b'<osm version="0.5"></osm>'),
        ("x.osm", b'<?xml version="1.0"?>'),
        ("x.osm", b"\xff\xfe\x00\x00"),
        ("x.osm", b'{"elements": []}'),
        ("x.osm", b"<osm version='0.6'>" + b"<a>" * 20_000),
        ("x.osm.bz2", b"BZh9 and no more"),
        ("x.osm.bz2", b"not packed at all"),
        ("x.osm.gz", b"\x1f\x8b and no more"),
    ],
)
def test_another_kind_of_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).code == "osm_unreadable"


def test_entities_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    (tmp_path / "x.osm").write_text(f'{bomb}<osm version="0.6"><note>&b;</note></osm>')
    assert refused(tmp_path / "x.osm").code == "osm_unreadable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('lat="32.0000000"', 'lat="north"'),
        ('<nd ref="1"/>', '<nd ref="one"/>'),
        ('<node id="1"', '<node id="99999999999999999999"'),
        ('k="name"', "k=name"),
    ],
)
def test_nonsense_inside(tmp_path, text, old, new):
    assert old.encode() in text
    (tmp_path / "x.osm").write_bytes(text.replace(old.encode(), new.encode(), 1))
    assert refused(tmp_path / "x.osm").code == "osm_unreadable"


def test_bytes_that_are_no_text(tmp_path, text):
    (tmp_path / "x.osm").write_bytes(text.replace("Ω".encode(), b"\xff\xfe"))
    assert refused(tmp_path / "x.osm").code == "osm_unreadable"


def test_nothing_to_walk_on(osm):
    osm.nodes(a=(0, 0), b=(300, 0)).way(1, "ab", {"highway": "motorway"})
    assert refused(osm.write()).code == "osm_no_ways"


def test_ways_without_any_of_their_nodes(osm):
    assert refused(osm.way(1, "ab").write()).code == "osm_no_ways"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize("suffix", [".osm", ".osm.bz2", ".osm.gz"])
def test_a_cut_off_file(tmp_path, text, suffix, share):
    whole = {".osm.bz2": bz2.compress, ".osm.gz": gzip.compress}.get(suffix, bytes)(text)
    path = tmp_path / f"x{suffix}"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refused(path).code == "osm_unreadable"


def test_a_cut_off_pbf(tmp_path, helsinki_pbf):
    """Wherever it is cut: in a length, a header, a block; between two blocks no way is left."""
    whole = helsinki_pbf.read_bytes()
    path = tmp_path / "x.osm.pbf"
    shares = [int(len(whole) * share) for share in (0.01, 0.25, 0.5, 0.75, 0.9, 0.99)]
    for cut in [*range(1, 200, 7), *shares, *(len(whole) - n for n in (1, 2, 5, 100))]:
        path.write_bytes(whole[:cut])
        assert refused(path).code in ("osm_unreadable", "osm_no_ways"), cut


def test_a_pbf_with_wrong_bytes(tmp_path, helsinki_pbf):
    whole = bytearray(helsinki_pbf.read_bytes())
    path = tmp_path / "x.osm.pbf"
    for at in range(200, len(whole), len(whole) // 12):
        path.write_bytes(bytes(whole[:at]) + b"\xde\xad\xbe\xef" + bytes(whole[at + 4 :]))
        assert refused(path).code == "osm_unreadable", at
