"""`hongtu network fetch` as a person runs it: against a loopback server, offline, interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from nobody import nobody
from overpass_server import OSM_BASE, Extract, Overpass, serving

from geo.network import load_network
from geo.osm import read_osm
from geo.osm.clip import Clip

HONGTU = [sys.executable, "-c", "import cli; cli.main()"]
AREA = shapely.box(24.941, 60.1675, 24.947, 60.1715)
BBOX = ",".join(str(v) for v in AREA.bounds)


@pytest.fixture(scope="module")
def server(helsinki_pbf: Path) -> Iterator[Overpass]:
    with serving(Extract(helsinki_pbf), {"Kluuvi": AREA}) as running:
        yield running


@pytest.fixture(autouse=True)
def good_server(server: Overpass) -> None:
    server.faults = []


def started(folder: Path, *words: object, url: str) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "HONGTU_LANG": "en",
        "HONGTU_CACHE": str(folder / "cache"),
        "HONGTU_OVERPASS": f"{url}/api",
        "HONGTU_NOMINATIM": url,
        "NO_PROXY": "127.0.0.1",
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder),
    }
    command = [*HONGTU, "network", "fetch", *(str(w) for w in words)]
    return subprocess.Popen(
        command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A shell that runs this in the background would hand down an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def run(folder: Path, *words: object, url: str) -> Any:
    process = started(folder, *words, url=url)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def left(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_place_end_to_end(server: Overpass, tmp_path: Path, helsinki_pbf: Path) -> None:
    code, out, err = run(tmp_path, "Kluuvi", "--out", "net", url=server.url)
    assert code == 0, err
    network = load_network(tmp_path / "net", verify=True)
    read = read_osm(helsinki_pbf, clip=Clip(AREA.bounds, AREA))
    assert network.edge_length_m.sum() == pytest.approx(read.edge_length_m.sum())
    assert network.meta.name == "Kluuvi"
    assert OSM_BASE[:10] in out
    assert "OpenStreetMap" in out
    assert "km²" in err
    assert f"127.0.0.1:{server.url.rsplit(':', 1)[1]}" in err

    # The same question again asks nobody, and JSON is JSON.
    count = len(server.asked)
    code, out, err = run(tmp_path, "Kluuvi", "--out", "net", "--json", url=server.url)
    assert code == 0, err
    assert json.loads(out)["source"] == network.meta.source
    assert len(server.asked) == count


def test_offline_is_a_sentence(tmp_path: Path) -> None:
    with nobody() as url:
        code, out, err = run(tmp_path, "--bbox", BBOX, "--out", "net", url=url)
    assert (code, out) == (1, "")
    assert "network import FILE" in err.splitlines()[-1]
    assert left(tmp_path) == []


def test_usage(tmp_path: Path) -> None:
    for words in (["--out", "n"], ["Kluuvi", "--bbox", BBOX, "--out", "n"]):
        code, _, err = run(tmp_path, *words, url="http://127.0.0.1:9")
        assert code == 2
        assert "exactly one" in err
    assert left(tmp_path) == []


def test_stopping_leaves_nothing(server: Overpass, tmp_path: Path) -> None:
    server.faults = ["hang"]
    before = len(server.queries())
    process = started(tmp_path, "--bbox", BBOX, "--out", "net", url=server.url)
    deadline = time.monotonic() + 240
    while len(server.queries()) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "Interrupted" in err
    assert left(tmp_path) == []
