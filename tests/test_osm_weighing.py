"""Bombs are refused before anything is read of them; real files are not, whatever their packing."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import osmium
import pytest
from drawn_osm import OsmFile
from typer.testing import CliRunner

from geo.errors import OsmError
from geo.osm import read as reading
from geo.osm import read_osm, weighing
from geo.osm.weighing import weigh


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def block(kind: str, *fields: tuple[int, int | bytes]) -> bytes:
    """Return one block of a PBF, its blob made of these fields."""
    blob = b""
    for number, value in fields:
        if isinstance(value, int):
            blob += varint(number << 3) + varint(value)
        else:
            blob += varint(number << 3 | 2) + varint(len(value)) + value
    name = kind.encode()
    head = b"\x0a" + varint(len(name)) + name + b"\x18" + varint(len(blob))
    return len(head).to_bytes(4, "big") + head + blob


def packed(size: int) -> bytes:
    """Return zeros packed with zlib without holding them at once."""
    out, pack = io.BytesIO(), zlib.compressobj(9)
    for _ in range(size // 1_000_000):
        out.write(pack.compress(bytes(1_000_000)))
    return out.getvalue() + pack.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress}


@pytest.fixture
def drawn(tmp_path: Path) -> OsmFile:
    return OsmFile(tmp_path).nodes(a=(0, 0), b=(100, 0), c=(200, 0)).way(1, "abc")


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_of_text_is_refused_by_what_it_unpacks_to(tmp_path, monkeypatch, drawn, suffix):
    head = drawn.text().replace("</osm>", "").encode()
    for plain_below, ok in ((3_000_000, True), (1_000_000, False)):
        monkeypatch.setattr(weighing, "PLAIN_BELOW", plain_below)
        path = tmp_path / f"a.osm.{suffix}"
        path.write_bytes(PACKERS[suffix](head + b" " * 2_000_000 + b"</osm>"))
        assert path.stat().st_size * 40 < 2_000_000
        if ok:
            assert weigh(path) == len(head) + 2_000_006
            assert read_osm(path).n_edges == 1
            continue
        with pytest.raises(OsmError) as refused:
            read_osm(path)
        assert refused.value.code == "osm_swells"


def test_members_of_a_gzip_file_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(weighing, "PLAIN_BELOW", 1_500_000)
    path = tmp_path / "a.osm.gz"
    path.write_bytes(gzip.compress(b" " * 1_000_000) * 2)
    with pytest.raises(OsmError) as refused:
        weigh(path)
    assert refused.value.code == "osm_swells"


def test_counting_stops_at_the_limit(tmp_path, monkeypatch):
    """Of four gigabytes nothing is unpacked beyond what is allowed."""
    out, pack = io.BytesIO(), zlib.compressobj(9, wbits=31)
    for _ in range(400):
        out.write(pack.compress(bytes(1_000_000)))
    path = tmp_path / "bomb.osm.gz"
    path.write_bytes((out.getvalue() + pack.flush()) * 10)
    read = []

    class Counted(gzip.GzipFile):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            read.append(len(data))
            return data

    monkeypatch.setattr(gzip, "open", Counted)
    with pytest.raises(OsmError) as refused:
        weigh(path)
    assert refused.value.code == "osm_swells"
    assert sum(read) <= weighing.PLAIN_BELOW + 2_000_000


def test_a_bomb_of_blocks_is_refused_unread(tmp_path, monkeypatch):
    data = packed(30_000_000)
    bomb = b"".join(block("OSMData", (2, 30_000_000), (3, data)) for _ in range(10))
    path = tmp_path / "bomb.osm.pbf"
    path.write_bytes(bomb)
    assert len(bomb) < 400_000
    with pytest.raises(OsmError) as refused:
        read_osm(path)
    assert refused.value.code == "osm_swells"
    monkeypatch.setattr(weighing, "MAX_PBF", 100_000_000)
    with pytest.raises(OsmError) as refused:
        weigh(path)
    assert refused.value.code == "osm_too_large"
    monkeypatch.setattr(weighing, "MAX_BLOCKS", 2)
    with pytest.raises(OsmError) as refused:
        weigh(path)
    assert refused.value.code == "osm_blocks_many"


def test_the_largest_of_several_sizes_of_a_block_counts(tmp_path):
    path = tmp_path / "a.pbf"
    path.write_bytes(block("OSMData", (2, 7_000), (3, b"x"), (2, 5)) + block("OSMData", (1, b"ab")))
    assert weigh(path) == 7_000 + 4  # a plain block counts as it is: two bytes and their head


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\xff" * 99, b"\0\0\0\x05abcdefgh", b"\0\0\0\x02\x18"]
)
def test_what_is_no_pbf_is_left_to_the_reader(tmp_path, data):
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(data + b"\0")
    assert weigh(path) >= 0
    with pytest.raises(OsmError) as refused:
        read_osm(path)
    assert refused.value.code == "osm_unreadable"


def test_a_real_pbf_weighs_what_its_blocks_unpack_to(tmp_path, drawn):
    source = tmp_path / "a.osm"
    source.write_text(drawn.text(), "utf-8")
    path = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    data, at, size = path.read_bytes(), 0, 0
    while at < len(data):  # by hand: what zlib makes of each
        head = int.from_bytes(data[at : at + 4], "big")
        start = data.index(b"x\x9c", at + 4 + head)
        unpack = zlib.decompressobj()
        size += len(unpack.decompress(data[start:]))
        at = len(data) - len(unpack.unused_data)
    assert size <= weigh(path) <= size + 50  # a block that packing makes longer counts as packed


def test_a_large_file_out_of_order_is_refused(tmp_path, monkeypatch, drawn):
    path = tmp_path / "a.osm"
    path.write_text(drawn.text(("way", "node")), "utf-8")
    assert read_osm(path).n_edges == 1
    monkeypatch.setattr(reading, "MAX_UNSORTED", 100)
    with pytest.raises(OsmError) as refused:
        read_osm(path)
    assert refused.value.code == "osm_unsorted_large"


def test_plain_text_has_a_limit_too(tmp_path, monkeypatch, drawn):
    monkeypatch.setattr(weighing, "MAX_TEXT", 100)
    for name in ("a.osm", "a.osm.gz"):  # the second is plain under a packed name
        path = tmp_path / name
        path.write_text(drawn.text(), "utf-8")
        if name == "a.osm":
            with pytest.raises(OsmError) as refused:
                weigh(path)
            assert refused.value.code == "osm_too_large"
    packed_too = tmp_path / "b.osm.gz"
    packed_too.write_bytes(gzip.compress(drawn.text().encode()))
    with pytest.raises(OsmError) as refused:
        weigh(packed_too)
    assert refused.value.code == "osm_too_large"


def test_the_command_refuses_it_and_leaves_nothing(tmp_path):
    from cli import app

    path = tmp_path / "bomb.osm.gz"
    pack = zlib.compressobj(9, wbits=31)
    path.write_bytes(pack.compress(b" " * 300_000_000) + pack.flush())
    done = CliRunner().invoke(
        app, ["network", "import", str(path), "--out", str(tmp_path / "net"), "--lang", "en"]
    )
    assert isinstance(done.exception, OsmError)
    assert (done.exception.exit_code, done.exception.code) == (1, "osm_swells")
    assert "times its size" in done.exception.sentence("en")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bomb.osm.gz"]
