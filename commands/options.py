"""Options that several commands take, and the reading of what they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import DatumError, RequestError

if TYPE_CHECKING:
    from geo.points import PointTable

__all__ = ["Datum", "Json", "Lang", "Verbose", "choices", "points_of"]

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="显示细节 · say more.")]
Lang = Annotated[
    str | None, typer.Option("--lang", help="zh 或 en · zh or en (default zh, or $HONGTU_LANG).")
]
Datum = Annotated[
    str | None, typer.Option("--datum", help="坐标系 · wgs84, cgcs2000, gcj02, bd09.")
]


def points_of(file: Path, kind: str, datum: str | None) -> PointTable:
    """Read a table of points as a command names it."""
    from geo.datum import parse_datum
    from geo.points import KINDS, read_points

    if kind not in KINDS:
        raise RequestError("choice_unknown", option="--kind", word=kind, known=", ".join(KINDS))
    if datum is None:
        from geo.datum import DATUMS

        raise DatumError("datum_undeclared", known=", ".join(DATUMS))
    return read_points(file, kind=kind, datum=parse_datum(datum))


def choices(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a comma-separated option, each of which must be known."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for word in found:
        if word not in known:
            raise RequestError("choice_unknown", option=option, word=word, known=", ".join(known))
    if not found:
        raise RequestError("choice_unknown", option=option, word=text, known=", ".join(known))
    return found
