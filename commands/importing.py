"""`hongtu network import`: a walking network from a file, whatever kind of file it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.amend import OverridesDatum
from commands.facts import say_saved
from commands.options import Json, Lang, Verbose
from geo import words
from geo.errors import RequestError
from terminal import language, progress, say, set_up_log

if TYPE_CHECKING:
    from geo.centrelines import LineReport
    from geo.network import WalkNetwork

__all__ = ["network_import"]

_SHOWN = 10  # faults told one by one


def network_import(
    file: Annotated[
        Path,
        typer.Argument(
            help="OSM (.osm .osm.bz2 .osm.gz .osm.pbf); OSMnx (.graphml .graphml.gz .gpkg); "
            "线图层 · lines (.gpkg .shp .zip .geojson)."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="路网文件夹 · network folder.")],
    bbox: Annotated[str | None, typer.Option("--bbox", help="W,S,E,N (WGS-84).")] = None,
    area: Annotated[Path | None, typer.Option("--area", help="GeoJSON polygon (WGS-84).")] = None,
    overrides: Annotated[
        Path | None, typer.Option("--overrides", help="人工修正 · corrections (TOML, GeoJSON).")
    ] = None,
    overrides_datum: OverridesDatum = None,
    rules: Annotated[
        str, typer.Option("--rules", help="hongtu, or osmnx: exactly OSMnx's walk filter.")
    ] = "hongtu",
    name: Annotated[str | None, typer.Option("--name", help="路网名称 · name.")] = None,
    gpkg: Annotated[
        bool, typer.Option("--gpkg", help="另存 GeoPackage · also write network.gpkg beside.")
    ] = False,
    layer: Annotated[
        str | None, typer.Option("--layer", help="线图层 · layer, where there are several.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="线图层坐标系 · CRS of lines in metres: EPSG:4549.")
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option("--datum", help="线图层经纬度 · of lines in degrees: wgs84, gcj02, bd09."),
    ] = None,
    snap_m: Annotated[
        float, typer.Option("--snap-m", help="线图层容差（米）· ends this close meet (0–5).")
    ] = 0.5,
    crossings: Annotated[
        bool,
        typer.Option(
            "--crossings/--no-crossings", help="线图层相交处为路口 · crossing lines meet."
        ),
    ] = True,
    name_column: Annotated[
        str | None, typer.Option("--name-column", help="名称列 · column of names.")
    ] = None,
    class_column: Annotated[
        str | None, typer.Option("--class-column", help="等级列 · column of road classes.")
    ] = None,
    foot_column: Annotated[
        str | None, typer.Option("--foot-column", help="可否步行列 · column: may one walk?")
    ] = None,
    level_column: Annotated[
        str | None, typer.Option("--level-column", help="层级列 · column of levels.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """导入步行路网 · import a walking network from OSM, OSMnx or a line layer."""
    said = language(lang)
    set_up_log(verbose)
    from geo.centrelines import LineColumns, LineSource
    from geo.imports import import_network
    from geo.network import save_network
    from geo.osm import NO_OVERRIDES, read_clip, read_overrides

    if rules not in ("hongtu", "osmnx"):
        raise RequestError("choice_unknown", option="--rules", word=rules, known="hongtu, osmnx")
    columns = LineColumns(name_column, class_column, foot_column, level_column)
    lines = LineSource(layer, crs, datum, snap_m, crossings, columns)
    clip = read_clip(bbox, area)
    fixes = read_overrides(overrides, datum=overrides_datum) if overrides else NO_OVERRIDES
    told: list[LineReport] = []
    with progress(said) as tell:
        network = import_network(
            file, lines=lines, clip=clip, overrides=fixes, walk_rules=rules, name=name,
            on_progress=lambda done, total: tell("read", done, total), on_lines=told.append,
        )  # fmt: skip
    save_network(network, out)
    if gpkg:
        from geo.network import write_network_geopackage

        write_network_geopackage(network, out.with_name(f"{out.name}.gpkg"))
    if not as_json:
        for report in told:
            _say_lines(network, report, said)
    say_saved(network, out, lang=said, as_json=as_json)


def _say_lines(network: WalkNetwork, report: LineReport, lang: str) -> None:
    """Tell how a line layer became a network, and what of it was not used."""
    from geo.centrelines import noded_sentence

    say(noded_sentence(network.meta, lang) or "")
    for code, fields in report.warnings:
        text = words.say(f"warning.{code}", lang, **fields)
        say(words.say("centrelines.warning", lang, text=text))
    for row, (code, fields) in list(report.faults.items())[:_SHOWN]:
        reason = words.say(f"reason.{code}", lang, **fields)
        say(words.say("centrelines.fault", lang, row=row + 1, reason=reason))
    if len(report.faults) > _SHOWN:
        say(words.say("centrelines.more", lang, count=len(report.faults) - _SHOWN))
