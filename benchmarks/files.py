"""Opening and importing: our folder and reader beside OSMnx's GraphML and XML."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Row, once, seconds
from geo.network import WalkNetwork, load_network, save_network, to_osmnx
from geo.osm import read_osm


def opening(network: WalkNetwork) -> Row:
    """A saved network opened and its arrays touched, beside ox.load_graphml."""
    import osmnx as ox

    with tempfile.TemporaryDirectory() as folder:
        save_network(network, Path(folder) / "net")
        graphml = Path(folder) / "net.graphml"
        ox.save_graphml(to_osmnx(network), graphml)

        def ours() -> float:
            return float(load_network(Path(folder) / "net").edge_length_m.sum())

        row = Row(
            "open a saved network",
            seconds(ours, repeat=9),
            {"ox.load_graphml": once(lambda: ox.load_graphml(graphml))},
            "≤ 0.2 s, ≥ 50×",
        )
    row.met = row.ours_s <= 0.2 and row.ratio("ox.load_graphml") >= 50
    return row


def importing(pbf: Path) -> Row:
    """The city file imported, beside OSMnx from XML with its walk filter."""
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "city.osm"
        _to_xml(pbf, xml)
        row = Row(
            "import the city .pbf",
            seconds(lambda: read_osm(pbf), repeat=3),
            {"ox.graph_from_xml + walk filter": once(lambda: _osmnx_import(xml))},
            "≥ 8×",
        )
    row.met = row.ratio("ox.graph_from_xml + walk filter") >= 8
    return row


def _to_xml(pbf: Path, xml: Path) -> None:
    import osmium

    with osmium.SimpleWriter(str(xml)) as writer:
        for item in osmium.FileProcessor(str(pbf)):
            writer.add(item)


def _osmnx_import(xml: Path) -> Any:
    import osmnx as ox

    from geo.osm.rules import osmnx_walk

    graph = ox.graph_from_xml(xml, bidirectional=True, simplify=False, retain_all=True)
    unwalkable = [
        (u, v, k)
        for u, v, k, data in graph.edges(keys=True, data=True)
        if not osmnx_walk({key: value for key, value in data.items() if isinstance(value, str)})
    ]
    graph.remove_edges_from(unwalkable)
    return ox.simplify_graph(graph)


def help_text() -> Row:
    """``hongtu --help`` from a cold process."""
    command = [sys.executable, "-c", "import sys, cli; sys.argv[1:] = ['--help']; cli.main()"]

    def run() -> None:
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    row = Row("`hongtu --help`", seconds(run, repeat=9), {}, "≤ 0.7 s")
    row.met = row.ours_s <= 0.7
    return row


def coverage(pbf: Path, stations: Path) -> Row:
    """The main job from the command line, second run, with its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        net, out = Path(folder) / "net", Path(folder) / "out"
        save_network(read_osm(pbf), net)
        words = ["coverage", str(stations), "--datum", "wgs84", "--network", str(net)]
        program = (
            "import sys, cli\n"
            f"sys.argv[1:] = {[*words, '--out', str(out)]!r}\n"
            "cli.main()\n"
            # ru_maxrss would count the memory of the process that forked this one.
            "print([w for w in open('/proc/self/status') if 'VmHWM' in w][0].split()[1])\n"
        )
        peak = 0

        def run() -> None:
            nonlocal peak
            done = subprocess.run(
                [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True,
                text=True,
            )  # fmt: skip
            peak = int(done.stdout.split()[-1]) // 1024

        wall = seconds(run, repeat=5)
    row = Row("coverage of 160 stations on the city, second run", wall, {}, "≤ 5 s, ≤ 600 MB")
    row.note = f"peak memory {peak} MB"
    row.met = wall <= 5.0 and peak <= 600
    return row
