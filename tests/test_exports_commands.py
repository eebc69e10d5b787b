"""The options that send a result elsewhere: formats, rings, standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import cli
from geo.errors import RequestError

QUICK = ("--minutes", "5,10", "--cell-m", "40", "--lang", "en")


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """Return the folder of a run on the embedded sample in every format."""
    folder = tmp_path_factory.mktemp("formats") / "out"
    cli.app(
        ["coverage", "--out", str(folder), "--format", "geojson,gpkg,shp", "--rings", "--lines",
         "--od", "csv", "--od-names", "origin", *QUICK],
        standalone_mode=False,
    )  # fmt: skip
    return folder


def test_the_table_of_minutes_reaches_every_format(out):
    table = pd.read_csv(out / "od.csv")
    assert list(table.columns[:3]) == ["origin", "destination", "minutes"]
    demand = pd.read_csv(out / "demand.csv").set_index("place_id")
    stations = set(pd.read_csv(out / "stations.csv")["station_id"])
    assert set(table["origin"]) <= set(demand.index)
    assert set(table["destination"]) <= stations
    nearest = table.groupby("origin")["minutes"].min()
    assert nearest.to_numpy() == pytest.approx(demand["minutes"][nearest.index], abs=0.011)
    packed = pyogrio.read_dataframe(out / "coverage.gpkg", layer="od")
    zipped = pyogrio.read_dataframe(out / "coverage.shp.zip", layer="od")
    assert packed["origin"].tolist() == table["origin"].tolist() == zipped["origin"].tolist()
    assert packed["destination"].tolist() == zipped["dest"].tolist()
    assert packed["minutes"].round(2).tolist() == table["minutes"].tolist()


def test_lines_reach_every_format(out):
    drawn = gpd.read_file(out / "lines.geojson")
    assert len(drawn) > 100
    for file in ("coverage.gpkg", "coverage.shp.zip"):
        again = gpd.read_file(out / file, layer="lines")
        assert again["place_id"].tolist() == drawn["place_id"].tolist()
        assert again.geometry.explode().to_list() == drawn.geometry.to_list()


def test_rings_are_rings_in_every_format(out):
    run = json.loads((out / "run.json").read_text("utf-8"))
    assert run["hongtu"]["parameters"]["rings"] == "true"
    disks = run["summary"]["areas_km2"]
    for source, low in (
        (gpd.read_file(out / "dissolved.geojson"), "from_minutes"),
        (gpd.read_file(out / "coverage.gpkg", layer="dissolved"), "from_minutes"),
        (gpd.read_file(out / "coverage.shp.zip", layer="dissolved"), "from_min"),
    ):
        assert source[low].tolist() == [0.0, 5.0]
        assert source["to_minutes"].tolist() == [5.0, 10.0]
        assert source["area_km2"].cumsum().tolist() == pytest.approx(disks, abs=2e-3)
        measured = source.to_crs("EPSG:4549").area / 1e6
        assert measured.tolist() == pytest.approx(source["area_km2"].tolist(), rel=1e-3)
        assert source.geometry.is_valid.all()


def test_lists_are_words(out):
    words = pd.read_csv(out / "stations.csv")["facilities"].dropna()
    assert words.str.contains("、").any()
    assert not words.str.contains("[", regex=False).any()


def test_the_zip_is_counted_and_keyed(out):
    with zipfile.ZipFile(out / "coverage.shp.zip") as archive:
        key = archive.read("fields.csv").decode("utf-8-sig")
    assert "circles.dbf,from_min,from_minutes" in key


# --- standard output --------------------------------------------------------------------------


def piped(*words: str, into: list[str]) -> tuple[int, str, bytes]:
    """Run a command with its standard output in a pipe; return exit code, its words, the pipe's."""
    with subprocess.Popen(
        [sys.executable, "-c", "import cli; cli.main()", "coverage", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as first:  # fmt: skip
        second = subprocess.run(into, stdin=first.stdout, capture_output=True, timeout=300)
        assert first.stdout is not None
        first.stdout.close()
        assert first.stderr is not None
        said = first.stderr.read().decode()
    return first.returncode, said, second.stdout


def test_a_layer_goes_down_a_pipe_and_words_beside_it():
    read = (
        "import json, sys; found = json.load(sys.stdin);"
        "print(len(found['features']), found['hongtu']['flags'][0])"
    )
    code, said, found = piped("--stdout", "dissolved", *QUICK, into=[sys.executable, "-c", read])
    assert (code, found.decode().strip()) == (0, "2 sample")
    assert "Stations: 160 of 160" in said
    assert "sample data" in said


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_met_with_silence():
    leave = "import sys; sys.stdin.buffer.read(200)"
    code, said, _ = piped(
        "--stdout", "circles", "--seq", *QUICK, into=[sys.executable, "-c", leave]
    )
    assert said == ""
    assert code == 1


def test_one_layer_and_the_folder_too(capfdbinary, tmp_path):
    words = ["coverage", "--stdout", "lines", "--seq", "--out", str(tmp_path / "out"), *QUICK]
    cli.app(words, standalone_mode=False)
    out, err = capfdbinary.readouterr()
    features = [json.loads(text) for text in out.split(b"\x1e")[1:]]
    assert {f["geometry"]["type"] for f in features} == {"LineString"}
    assert len(features) == len(gpd.read_file(tmp_path / "out" / "lines.geojson"))
    assert b"Results written" in err


def test_json_without_a_folder(capsys, monkeypatch):
    from commands import coverage as command

    sent: dict[str, Any] = {}
    monkeypatch.setattr(command, "outlets_of", lambda *_: command_outlets())
    monkeypatch.setattr(command, "to_database", lambda *words: sent.update(seen=words) or "said")
    cli.app(["coverage", "--to", "postgresql://h/x", "--json", *QUICK], standalone_mode=False)
    record = json.loads(capsys.readouterr().out)
    assert set(record) == {"hongtu", "summary"}
    assert record["summary"]["stations"]["used"] == 160
    assert sent["seen"]


def command_outlets() -> Any:
    from commands.outlets import Outlets

    return Outlets(None, False, None, "replace")


USAGE = {
    "nowhere": ([], "--out, --stdout or --to"),
    "no layer": (["--stdout", "walls"], "dissolved"),
    "two layers": (["--stdout", "gaps,lines"], "one layer"),
    "json too": (["--stdout", "gaps", "--json"], "--json"),
    "sequence of nothing": (["--seq", "--out", "o"], "--stdout"),
    "page without folder": (["--stdout", "gaps", "--html"], "--out"),
    "mode": (["--to", "postgresql://h/x", "--to-mode", "merge"], "append"),
    "address": (["--to", "mysql://a:s3cret@h/x"], "postgresql://"),
    "headings": (["--out", "o", "--od-names", "x"], "origin"),
    "format": (["--out", "o", "--format", "dxf"], "shp"),
}


@pytest.mark.parametrize("case", sorted(USAGE))
def test_usage(case, tmp_path, monkeypatch):
    words, said = USAGE[case]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError) as refusal:
        cli.app(["coverage", *words, *QUICK], standalone_mode=False)
    assert said in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
