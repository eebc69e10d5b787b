"""`hongtu coverage`: who reaches a station on foot, as numbers, polygons and files."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.areas import AreaLayer, AreaLevel, Areas, AreasDatum, areas_of
from commands.facts import opened
from commands.options import (
    Crs,
    Datum,
    Json,
    Lang,
    MappingFile,
    Sheets,
    Verbose,
    choices,
    points_of,
)
from commands.outlets import (
    OdNames,
    Rings,
    Sequence,
    Stdout,
    To,
    ToMode,
    outlets_of,
    to_database,
    to_stdout,
)
from geo import words
from geo.errors import DatumError, InputError, RequestError
from terminal import language, progress, say, say_flags, set_up_log

if TYPE_CHECKING:
    from geo.areas import AreaTable
    from geo.coverage import Coverage, CoverageRequest
    from geo.exports import OutputFolder, Provenance
    from geo.network import WalkNetwork
    from geo.points import PointTable

__all__ = ["coverage"]


def coverage(
    stations: Annotated[
        Path | None,
        typer.Argument(help="站点表 xlsx/csv/geojson/gpkg；省略则运行内置示例 · or the sample."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="结果文件夹 · folder of results.")
    ] = None,
    datum: Datum = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="路网文件夹 · network folder, or schematic.")
    ] = None,
    demand: Annotated[Path | None, typer.Option("--demand", help="需求表 · demand places.")] = None,
    demand_datum: Annotated[
        str | None, typer.Option("--demand-datum", help="需求坐标系 · datum of --demand.")
    ] = None,
    mapping: MappingFile = None,
    sheets: Sheets = None,
    crs: Crs = None,
    demand_mapping: Annotated[
        Path | None, typer.Option("--demand-mapping", help="需求的列对应 · mapping of --demand.")
    ] = None,
    areas: Areas = None,
    areas_datum: AreasDatum = None,
    area_level: AreaLevel = None,
    area_layer: AreaLayer = None,
    minutes: Annotated[
        str | None, typer.Option("--minutes", help="圈层（分钟）· bands in minutes: 5,10,15.")
    ] = None,
    metres: Annotated[
        str | None, typer.Option("--metres", help="圈层（米）· bands in metres: 300,500,1000.")
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", help="shuang15, adult, elder, stroller, wheelchair.")
    ] = "shuang15",
    cell_m: Annotated[float, typer.Option("--cell-m", help="网格边长 · cell, metres.")] = 20.0,
    max_access_m: Annotated[
        float, typer.Option("--max-access-m", help="接入直线上限 · longest access line, metres.")
    ] = 150.0,
    fill_holes_m2: Annotated[
        float, typer.Option("--fill-holes-m2", help="填补小洞 · fill holes smaller than this.")
    ] = 0.0,
    apart_m: Annotated[
        float, typer.Option("--apart-m", help="两站最小间距 · two stations must be this far apart.")
    ] = 200.0,
    gaps: Annotated[
        int, typer.Option("--gaps", help="写出多少处空白区，0 为全部 · gaps to write, 0: all.")
    ] = 200,
    od: Annotated[
        str | None, typer.Option("--od", help="分钟表 · table of minutes: parquet or csv.")
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="最近站点连线 · lines to the nearest station.")
    ] = False,
    datum_out: Annotated[
        str, typer.Option("--datum-out", help="输出坐标系 · datum of the results.")
    ] = "wgs84",
    formats: Annotated[str, typer.Option("--format", help="geojson,gpkg,shp")] = "geojson",
    rings: Rings = False,
    od_names: OdNames = "ids",
    stdout: Stdout = None,
    seq: Sequence = False,
    to: To = None,
    to_mode: ToMode = "replace",
    html: Annotated[
        bool, typer.Option("--html", help="另存离线地图 map.html · also the map as one file.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="有不可用的行即失败 · fail on any unusable row.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """计算服务圈 · who reaches a station on foot, as numbers, polygons and files."""
    said = language(lang)
    set_up_log(verbose)
    from geo.coverage import CoverageRequest, cover
    from geo.coverage.rings import as_rings
    from geo.exports import OutputFolder

    limits, unit = _limits(minutes, metres)
    request = CoverageRequest(
        limits=limits, unit=unit, profile=profile, cell_m=cell_m, max_access_m=max_access_m,
        fill_holes_m2=fill_holes_m2, apart_m=apart_m,
    )  # fmt: skip
    written = choices("--format", formats, ("geojson", "gpkg", "shp"))
    if od is not None:
        choices("--od", od, ("parquet", "csv"))
    choices("--od-names", od_names, ("ids", "origin"))
    if html and out is None:
        raise RequestError("outlet_html")
    if gaps < 0:
        raise RequestError("option_range", name="--gaps", low=0, high=1_000_000)
    outlets = outlets_of(out, stdout, seq, to, to_mode, as_json)
    ground, posts, places = _inputs(
        stations, datum, network, demand, demand_datum,
        {"mapping": mapping, "sheets": sheets, "crs": crs}, demand_mapping,
    )  # fmt: skip
    districts = areas_of(areas, areas_datum, area_level, area_layer)
    if stations is None and districts is None:
        from geo.samples import sample_areas

        districts = sample_areas()
    lines = lines or outlets.with_lines
    if (od or lines) and places is None:
        raise RequestError("od_needs_demand")
    record = _record(request, ground, posts, places, districts, datum_out, written, said, rings)
    with OutputFolder(out, record) if out else nullcontext() as folder:
        with progress(said) as tell:
            result = cover(
                ground, posts, places, request, most_gaps=gaps or None,
                with_od=od is not None, with_lines=lines, areas=districts, on_progress=tell,
            )  # fmt: skip
        if strict:
            _refuse_faults(result, said)
        drawn = as_rings(result, ground) if rings else result
        if folder is not None:
            _write(drawn, folder, written, od, od_names, said)
        if folder is not None and html:
            _write_map(result, ground, folder, said, sample=stations is None)
        stored = to_database(outlets, drawn, record, said, od_names)
    to_stdout(outlets, drawn, record, said)
    _report(result, record, folder, said, as_json, stored, aside=stdout is not None)


def _limits(minutes: str | None, metres: str | None) -> tuple[tuple[float, ...], str]:
    if minutes is not None and metres is not None:
        raise RequestError("minutes_and_metres")
    text = metres if metres is not None else minutes if minutes is not None else "5,10,15"
    try:
        limits = tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise RequestError("limits_not_numbers", text=text) from None
    return limits, "minutes" if metres is None else "metres"


def _inputs(
    stations: Path | None,
    datum: str | None,
    network: Path | None,
    demand: Path | None,
    demand_datum: str | None,
    how: dict[str, Any],
    demand_mapping: Path | None,
) -> tuple[WalkNetwork, PointTable, PointTable | None]:
    """Read what the command names; nothing named at all means the embedded sample."""
    if stations is None:
        named = (datum, network, demand, demand_datum, demand_mapping, *how.values())
        if any(v is not None for v in named):
            raise RequestError("stations_missing")
        from geo.samples import sample

        return sample()
    if network is None:
        raise RequestError("stations_missing")
    posts = points_of(stations, "stations", datum, **how)
    places = None
    if demand is not None:
        if demand_datum is None and demand_mapping is None:
            raise DatumError("demand_datum")
        places = points_of(demand, "demand", demand_datum, mapping=demand_mapping)
    return opened(network), posts, places


def _record(
    request: CoverageRequest,
    ground: WalkNetwork,
    posts: PointTable,
    places: PointTable | None,
    districts: AreaTable | None,
    datum_out: str,
    formats: tuple[str, ...],
    lang: str,
    rings: bool,
) -> Provenance:
    from geo.coverage.files import provenance_of
    from geo.datum import parse_datum

    more = (("format", ",".join(formats)), ("lang", lang))
    drawn = (("rings", "true"),) if rings else ()
    return provenance_of(
        request, ground, posts, places, areas=districts, datum_out=parse_datum(datum_out),
        more=(*more, *drawn),
    )  # fmt: skip


def _write(
    result: Coverage,
    folder: OutputFolder,
    formats: tuple[str, ...],
    od: str | None,
    od_names: str,
    lang: str,
) -> None:
    from geo.coverage.files import write_coverage

    folder.summary.update(result.summary)
    write_coverage(
        result, folder, formats=formats, od_format=od or "parquet", od_names=od_names, lang=lang
    )


def _write_map(
    result: Coverage, network: WalkNetwork, folder: OutputFolder, lang: str, *, sample: bool
) -> None:
    from geo.layers.page import write_map
    from geo.samples import sample_sites

    sites = sample_sites().frame if sample else None
    write_map(result, network, folder, lang=lang, sites=sites)


def _refuse_faults(result: Coverage, lang: str) -> None:
    """Refuse a result that leaves any row of the input unused."""
    found = (result.stations, "station_id"), (result.demand, "place_id"), (result.areas, "area_id")
    for frame, key in found:
        if frame is None:
            continue
        lost = frame[frame["status"] == "not_used"]
        if len(lost):
            first = lost.iloc[0]
            reason = words.say(f"reason.{first['reason']}", lang, **(first["params"] or {}))
            raise InputError("strict", count=len(lost), first=first[key], reason=reason)


def _report(
    result: Coverage,
    record: Provenance,
    folder: OutputFolder | None,
    lang: str,
    as_json: bool,
    stored: str | None,
    *,
    aside: bool,
) -> None:
    """Say the figures and what was written; `aside`, on standard error, beside a printed layer."""
    if as_json:
        if folder is not None:
            text = (folder.target / "run.json").read_text(encoding="utf-8")
        else:
            from geo.exports import record_text

            text = record_text(record, result.summary)
        say(text.rstrip())
        return
    from geo.coverage.report import summary_lines

    for line in summary_lines(result, lang):
        say(line, err=aside)
    if folder is not None:
        count = len(folder.files)
        say(words.say("cli.coverage_written", lang, path=folder.target, count=count), err=aside)
        cut = folder.summary.get("shapefile_texts_cut")
        if cut:
            say(words.say("gis.texts_cut", lang, count=cut), err=aside)
    if stored:
        say(stored, err=aside)
    say_flags(result.flags, lang, err=aside)
