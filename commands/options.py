"""Options that several commands take, and the reading of what they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import RequestError

if TYPE_CHECKING:
    from geo.points import PointTable

__all__ = [
    "Crs",
    "Datum",
    "Json",
    "Lang",
    "MappingFile",
    "Sheets",
    "Verbose",
    "choices",
    "points_of",
]

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="显示细节 · say more.")]
Lang = Annotated[
    str | None, typer.Option("--lang", help="zh 或 en · zh or en (default zh, or $HONGTU_LANG).")
]
Datum = Annotated[
    str | None, typer.Option("--datum", help="坐标系 · wgs84, cgcs2000, gcj02, bd09.")
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", help="坐标以米为单位时 · where positions are metres: EPSG:4549."),
]
Sheets = Annotated[
    list[str] | None,
    typer.Option("--sheet", help="只读此工作表，可多次 · only this sheet, repeat."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="列对应文件 · mapping from `points preview --save`."),
]


def points_of(
    file: Path,
    kind: str | None,
    datum: str | None,
    *,
    mapping: Path | None = None,
    sheets: Sequence[str] | None = None,
    crs: str | None = None,
) -> PointTable:
    """Read a table of points as a command names it; `mapping` may tell its kind and datum."""
    from geo.points import KINDS, load_mapping, read_points

    told = None if mapping is None else load_mapping(mapping)
    chosen = kind if kind is not None else None if told is None else told.kind
    if chosen is None:
        raise RequestError("kind_unsaid")
    if chosen not in KINDS:
        raise RequestError("choice_unknown", option="--kind", word=chosen, known=", ".join(KINDS))
    return read_points(
        file, kind=chosen, datum=datum, sheets=tuple(sheets or ()), crs=crs, mapping=told
    )


def choices(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a comma-separated option, each of which must be known."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for word in found:
        if word not in known:
            raise RequestError("choice_unknown", option=option, word=word, known=", ".join(known))
    if not found:
        raise RequestError("choice_unknown", option=option, word=text, known=", ".join(known))
    return found
