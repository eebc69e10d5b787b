"""`hongtu network audit` and `network amend`, as docs/overrides.md tells them."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from test_cli import refused, run
from typer.main import get_command

import cli
from geo.network import load_network
from geo.osm import read_overrides

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "overrides.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder in which every command of the page was run."""
    found = tmp_path_factory.mktemp("page")
    for name in ("docs", "data"):
        (found / name).symlink_to(ROOT / name)
    before = Path.cwd()
    os.chdir(found)
    try:
        for block in re.findall(r"<!-- tested -->\n```sh\n(.*?)```", PAGE, re.S):
            for line in block.splitlines():
                words = shlex.split(line)
                assert words[0] == "hongtu"
                more = ["--cell-m", "80"] if words[1] == "coverage" else []
                cli.app([*words[1:], *more], standalone_mode=False)
    finally:
        os.chdir(before)
    return found


def test_the_page_s_scenario(folder):
    network = load_network(folder / "scenario", verify=True)
    assert [(e.kind, e.id, e.reason) for e in network.meta.amendments] == [
        ("barrier", "fence", ""), ("close", "north-gate", ""), ("link", "footbridge", ""),
    ]  # fmt: skip
    assert {"overrides", "schematic"} <= set(network.meta.flags)
    assert load_network(folder / "drawn").meta.digest == network.meta.digest


def test_results_of_a_scenario_say_so(folder):
    record = json.loads((folder / "scenario-result" / "run.json").read_text(encoding="utf-8"))
    network = load_network(folder / "scenario")
    assert record["hongtu"]["points"]["overrides"] == network.meta.overrides_digest
    assert "overrides" in record["hongtu"]["flags"]


def test_the_audit_s_files(folder):
    out = folder / "scenario-audit"
    assert sorted(p.name for p in out.iterdir()) == ["audit.html", "findings.geojson", "run.json"]
    raw = json.loads((out / "findings.geojson").read_text(encoding="utf-8"))
    told = [f["properties"] for f in raw["features"] if f["properties"]["kind"] == "override"]
    assert len(told) == 3
    assert raw["hongtu"]["command"] == "audit"


def test_the_page_shows_the_example_and_every_word(folder):
    toml = re.search(r"```toml\n(.*?)```", PAGE, re.S)
    assert toml
    path = folder / "page.toml"
    path.write_text(toml[1], encoding="utf-8")
    shown, whole = read_overrides(path), read_overrides(EXAMPLES / "footbridge.toml")
    assert [link.line for link in shown.links] == [link.line for link in whole.links]
    assert [gate.at for gate in shown.gates] == [gate.at for gate in whole.gates]
    assert [wall.line for wall in shown.barriers] == [wall.line for wall in whole.barriers]
    from geo.osm.overrides import _KEYS

    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", PAGE, re.M))
    for kind, words in _KEYS.items():
        assert all(f"`{word}`" in rows[kind] for word in words), kind


def test_toml_and_geojson_are_one_example():
    toml = read_overrides(EXAMPLES / "footbridge.toml")
    assert toml == read_overrides(EXAMPLES / "footbridge.geojson", datum="wgs84")


def test_commands_exist_with_their_options():
    group: Any = get_command(cli.app)
    network = group.commands["network"].commands
    options = {o for name in ("amend", "audit", "fetch") for p in network[name].params
               for o in p.opts}  # fmt: skip
    for option in set(re.findall(r"(?<!-)--[a-z][a-z-]+", PAGE)) - {"--network", "--datum"}:
        assert option in options, option


# --- what it says -----------------------------------------------------------------------------


def test_json_is_json(tmp_path):
    done = run("network", "audit", "schematic", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["total"] == len(told["findings"])
    first = told["findings"][0]
    assert {"id", "kind", "severity", "cost_m", "reason_zh", "reason_en", "lon", "lat"} <= set(
        first
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(tmp_path):
    fix = tmp_path / "fix.toml"
    fix.write_text('datum = "wgs84"\n[[gate]]\nat = [10, 10]\n', encoding="utf-8")
    amend = ("network", "amend", "schematic", "--overrides", fix)
    done = run(*amend, "--out", "new", cwd=tmp_path)
    refused(done, 1, "None of the 1 entries", "within 20 m")
    assert not (tmp_path / "new").exists()
    refused(run(*amend, "--out", "schematic", cwd=tmp_path), 2, "own folder")
    refused(run("network", "audit", "nowhere", cwd=tmp_path), 1, "nowhere")


def test_info_and_import_tell_of_overrides(tmp_path, helsinki_pbf):
    drawn = tmp_path / "drawn.json"
    gate = {"type": "Feature", "properties": {"kind": "gate", "id": "yard", "note": "builders"},
            "geometry": {"type": "Point", "coordinates": [24.9438, 60.1702]}}  # fmt: skip
    drawn.write_text(
        json.dumps({"type": "FeatureCollection", "features": [gate]}), encoding="utf-8"
    )
    load = ("network", "import", helsinki_pbf, "--out", "net", "--overrides", drawn)
    refused(run(*load, cwd=tmp_path), 1, "--overrides-datum")
    done = run(*load, "--overrides-datum", "wgs84", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    info = run("network", "info", "net", cwd=tmp_path)
    for told in (done, info):
        assert "shut gate yard (builders): applied" in told.stdout
        assert "it is not the data as it is" in told.stdout
