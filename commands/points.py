"""`hongtu points`: looking at tables of stations, sites and demand, and cleaning them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Crs, Datum, Json, Lang, MappingFile, Sheets, choices, points_of
from geo import words
from geo.errors import PointsError, RequestError
from terminal import language, say, say_flags

if TYPE_CHECKING:
    from geo.points import PointTable

__all__ = ["points_app"]

points_app = typer.Typer(help="站点与需求表 · stations, sites and demand.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="xlsx, xls, CSV, GeoJSON, GPKG, Shapefile")]
Kind = Annotated[str | None, typer.Option("--kind", help="stations, sites, demand.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="有不可用的行即失败 · fail on any unusable row.")
]


@points_app.command("check")
def points_check(
    file: File,
    kind: Kind = None,
    datum: Datum = None,
    sheets: Sheets = None,
    crs: Crs = None,
    mapping: MappingFile = None,
    strict: Strict = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """检查点表 · check a table of stations, sites or demand."""
    said = language(lang)
    from geo.points import as_dict, describe

    table = points_of(file, kind, datum, mapping=mapping, sheets=sheets, crs=crs)
    if as_json:
        say(json.dumps(as_dict(table, said), ensure_ascii=False, indent=1))
    else:
        for line in describe(table, said, path=str(file)):
            say(line)
    if strict:
        _refuse_faults(table, said)


@points_app.command("preview")
def points_preview(
    file: File,
    kind: Kind = None,
    datum: Datum = None,
    sheets: Sheets = None,
    crs: Crs = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="存为可编辑的文件 · save as a TOML file to edit.")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """预览列对应 · show which column would be read as what."""
    said = language(lang)
    from geo.exports import write_atomic
    from geo.points import KINDS, preview
    from geo.points.showing import mapping_dict, mapping_lines, saved_mapping

    if kind is None:
        raise RequestError("kind_unsaid")
    if kind not in KINDS:
        raise RequestError("choice_unknown", option="--kind", word=kind, known=", ".join(KINDS))
    found = preview(file, kind=kind, datum=datum, sheets=tuple(sheets or ()), crs=crs)
    if as_json:
        say(json.dumps(mapping_dict(found), ensure_ascii=False, indent=1))
    else:
        for line in mapping_lines(found, said, path=str(file)):
            say(line)
    if save is not None:
        write_atomic(save, saved_mapping(found, said, path=str(file)).encode())
        if not as_json:
            say(words.say("points.mapping_saved", said, path=save))


@points_app.command("clean")
def points_clean(
    file: File,
    out: Annotated[Path, typer.Option("--out", help="写到 · .geojson, .csv, .xlsx.")],
    kind: Kind = None,
    datum: Datum = None,
    sheets: Sheets = None,
    crs: Crs = None,
    mapping: MappingFile = None,
    datum_out: Annotated[
        str, typer.Option("--datum-out", help="输出坐标系 · datum of the result.")
    ] = "wgs84",
    strict: Strict = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """清理点表 · write the usable rows clean, and the faults beside them."""
    said = language(lang)
    from geo.datum import parse_datum
    from geo.exports import Provenance
    from geo.points.cleaning import FORMATS, write_cleaned

    choices("--out", out.suffix.lower() or "?", FORMATS)
    wanted = parse_datum(datum_out)
    table = points_of(file, kind, datum, mapping=mapping, sheets=sheets, crs=crs)
    if strict:
        _refuse_faults(table, said)
    parameters = (("kind", table.kind), ("datum", table.datum), ("crs", table.crs), ("lang", said))
    record = Provenance(
        command="points clean",
        parameters=parameters,
        points=((table.kind, table.digest),),
        flags=table.flags,
        datum_out=wanted,
    )
    done = write_cleaned(table, out, record, lang=said)
    if as_json:
        told = {"path": str(done.path), "points": done.points, "faults": done.faults,
                "faults_path": None if done.faults_path is None else str(done.faults_path),
                "dropped": list(done.dropped), "digest": table.digest}  # fmt: skip
        say(json.dumps(told, ensure_ascii=False, indent=1))
        return
    say(words.say("points.cleaned", said, count=done.points, path=done.path))
    if done.faults_path is not None:
        fields = {"count": done.faults, "path": done.faults_path}
        say(words.say("points.cleaned_faults", said, **fields))
    if done.dropped:
        say(words.say("points.cleaned_private", said, columns="、".join(done.dropped)))
    say_flags(tuple(flag for flag in table.flags if flag != "unit_demand"), said)


def _refuse_faults(table: PointTable, lang: str) -> None:
    """Refuse a table with any row that is no use, other than totals and notes."""
    from geo.points import fault_sentence
    from geo.points.schema import NO_PLACES

    rows = [fault for fault in table.faults.to_dict("records") if fault["code"] not in NO_PLACES]
    if rows:
        reason = fault_sentence(rows[0]["code"], rows[0]["params"], lang)
        raise PointsError("points_strict", count=len(rows), row=rows[0]["row"], reason=reason)
