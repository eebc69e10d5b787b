"""Where a coverage result goes besides its folder: standard output, and a PostGIS database."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import choices
from geo import words
from geo.errors import RequestError

if TYPE_CHECKING:
    from geo.coverage import Coverage
    from geo.exports import Provenance
    from geo.exports.database import Address

__all__ = [
    "OdNames",
    "Outlets",
    "Rings",
    "Sequence",
    "Stdout",
    "To",
    "ToMode",
    "outlets_of",
    "to_database",
    "to_stdout",
]

LAYERS = ("dissolved", "circles", "responsibility", "gaps", "lines", "demand", "stations", "areas")
_OF_DEMAND = ("lines", "demand")

Rings = Annotated[
    bool, typer.Option("--rings", help="圈层写成互不重叠的环 · rings (5–10), not disks (0–10).")
]
OdNames = Annotated[
    str, typer.Option("--od-names", help="分钟表列名 · its headings: ids, or origin/destination.")
]
Stdout = Annotated[
    str | None,
    typer.Option(
        "--stdout", help=f"将一个图层输出到标准输出（GeoJSON）· to a pipe: {', '.join(LAYERS)}."
    ),
]
Sequence = Annotated[
    bool, typer.Option("--seq", help="--stdout 按 RFC 8142 逐条输出 · as a GeoJSON text sequence.")
]
To = Annotated[
    str | None,
    typer.Option("--to", help="写入 PostGIS · postgresql://user@host/database?schema=hongtu."),
]
ToMode = Annotated[
    str,
    typer.Option("--to-mode", help="replace：只留本次 · this run alone; append：追加 · beside."),
]


@dataclass(frozen=True)
class Outlets:
    """What was asked for beside the folder.

    Attributes
    ----------
    stdout
        Name of the layer to print; None for none. What is said goes to standard error then.
    sequence
        Print it as a GeoJSON text sequence.
    database
        The database to write to; None for none.
    mode
        ``replace`` or ``append``, in the database.
    """

    stdout: str | None
    sequence: bool
    database: Address | None
    mode: str

    @property
    def with_lines(self) -> bool:
        """Whether a layer was asked for that only lines to the nearest station make."""
        return self.stdout == "lines"


def outlets_of(
    out: Path | None, stdout: str | None, sequence: bool, to: str | None, mode: str, as_json: bool
) -> Outlets:
    """Check what the options say together, and that the database can be written to.

    Raises
    ------
    RequestError
        Nothing says where the result should go, or options contradict each other.
    OutputError
        The database cannot be reached or written to.
    """
    if out is None and stdout is None and to is None:
        raise RequestError("outlet_missing")
    if stdout is not None:
        choices("--stdout", stdout, LAYERS)
        if "," in stdout:
            raise RequestError("outlet_one_layer")
    if stdout is not None and as_json:
        raise RequestError("outlet_json")
    if sequence and stdout is None:
        raise RequestError("outlet_sequence")
    choices("--to-mode", mode, ("replace", "append"))
    database = None
    if to is not None:
        from geo.exports.database import check_postgis, parse_address

        database = parse_address(to)
        check_postgis(database)
    return Outlets(stdout, sequence, database, mode)


def to_database(
    outlets: Outlets, result: Coverage, record: Provenance, lang: str, od_names: str
) -> str | None:
    """Write the result to the database, if one was named; return the sentence to say of it."""
    if outlets.database is None:
        return None
    from geo.coverage.files import coverage_layers
    from geo.exports import write_postgis

    rows = write_postgis(
        coverage_layers(result, lang, od_names=od_names), outlets.database, record,
        summary=result.summary, mode=outlets.mode, lang=lang,
    )  # fmt: skip
    return words.say(
        "gis.database_written", lang, database=outlets.database, schema=outlets.database.schema,
        tables=len(rows), rows=sum(rows.values()), run_id=record.run_id,
    )  # fmt: skip


def to_stdout(outlets: Outlets, result: Coverage, record: Provenance, lang: str) -> None:
    """Print the layer that was asked for as GeoJSON, if one was.

    Raises
    ------
    RequestError
        The run has no such layer.
    BrokenPipeError
        The reader has gone.
    """
    if outlets.stdout is None:
        return
    from geo.coverage.files import coverage_layers
    from geo.exports import stream_geojson

    found = {layer.name: layer for layer in coverage_layers(result, lang)}
    if outlets.stdout not in found:
        raise RequestError("outlet_no_layer", layer=outlets.stdout)
    layer = found[outlets.stdout]
    out = sys.stdout.buffer
    stream_geojson(layer.frame, out, record, id_column=layer.id_column, sequence=outlets.sequence)
    out.flush()
