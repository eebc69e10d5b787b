"""The command-line door, installed as `hongtu`.

Every command reads, computes and writes through `geo` and `routes`; here are only the options and
what is printed (see `terminal` for language, exit codes and Ctrl-C). Heavy packages are imported
inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo import words
from geo.errors import DatumError, InputError, RequestError
from terminal import go_on, language, progress, run, say, say_flags, set_up_log

if TYPE_CHECKING:
    from geo.coverage import Coverage, CoverageRequest
    from geo.exports import OutputFolder, Provenance
    from geo.network import WalkNetwork
    from geo.points import PointTable

app = typer.Typer(
    help="宏图 Hongtu：15 分钟职工服务圈与研学线路 · service circles and study lines on foot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
network_app = typer.Typer(help="步行路网 · walking networks.", no_args_is_help=True)
points_app = typer.Typer(help="站点与需求表 · stations, sites and demand.", no_args_is_help=True)
app.add_typer(network_app, name="network")
app.add_typer(points_app, name="points")

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="显示细节 · say more.")]
Lang = Annotated[
    str | None, typer.Option("--lang", help="zh 或 en · zh or en (default zh, or $HONGTU_LANG).")
]
Datum = Annotated[
    str | None, typer.Option("--datum", help="坐标系 · wgs84, cgcs2000, gcj02, bd09.")
]


def main() -> None:
    """Run the command line."""
    run(app)


@network_app.command("import")
def network_import(
    file: Annotated[Path, typer.Argument(help=".osm, .osm.bz2, .osm.gz, .osm.pbf")],
    out: Annotated[Path, typer.Option("--out", help="路网文件夹 · network folder.")],
    bbox: Annotated[str | None, typer.Option("--bbox", help="W,S,E,N (WGS-84).")] = None,
    area: Annotated[Path | None, typer.Option("--area", help="GeoJSON polygon (WGS-84).")] = None,
    overrides: Annotated[
        Path | None, typer.Option("--overrides", help="人工修正 · corrections (TOML).")
    ] = None,
    rules: Annotated[
        str, typer.Option("--rules", help="hongtu, or osmnx: exactly OSMnx's walk filter.")
    ] = "hongtu",
    name: Annotated[str | None, typer.Option("--name", help="路网名称 · name.")] = None,
    gpkg: Annotated[
        bool, typer.Option("--gpkg", help="另存 GeoPackage · also write network.gpkg beside.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """导入步行路网 · import a walking network from an OSM file."""
    said = language(lang)
    set_up_log(verbose)
    from geo.network import save_network
    from geo.osm import NO_OVERRIDES, read_clip, read_osm, read_overrides

    if rules not in ("hongtu", "osmnx"):
        raise RequestError("choice_unknown", option="--rules", word=rules, known="hongtu, osmnx")
    clip = read_clip(bbox, area)
    fixes = read_overrides(overrides) if overrides else NO_OVERRIDES
    with progress(said) as tell:
        network = read_osm(
            file, clip=clip, overrides=fixes, walk_rules=rules, name=name,
            on_progress=lambda done, total: tell("read", done, total),
        )  # fmt: skip
    save_network(network, out)
    if gpkg:
        from geo.network import write_network_geopackage

        write_network_geopackage(network, out.with_name(f"{out.name}.gpkg"))
    if as_json:
        say(json.dumps(_network_facts(network), ensure_ascii=False, indent=1))
        return
    km = float(network.edge_length_m.sum()) / 1000
    say(words.say("cli.network_saved", said, path=out, nodes=network.n_nodes,
                   edges=network.n_edges, km=km))  # fmt: skip
    say_flags(network.meta.flags, said)


@network_app.command("info")
def network_info(
    folder: Annotated[Path, typer.Argument(help="路网文件夹 · network folder.")],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """查看路网 · show a saved network and its audit."""
    said = language(lang)
    from geo.network import load_network
    from geo.network.audit import audit_sentences

    network = load_network(folder)
    facts = _network_facts(network)
    if as_json:
        say(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    date = network.meta.osm_date or words.say("cli.unknown_date", said)
    say(words.say("cli.network_title", said, name=network.meta.name,
                   source=network.meta.source, date=date))  # fmt: skip
    bbox = ", ".join(f"{v:.5f}" for v in network.meta.bbox)
    say("  " + words.say("cli.network_size", said, nodes=network.n_nodes, edges=network.n_edges,
                   km=facts["length_km"], bbox=bbox))  # fmt: skip
    say("  " + words.say("cli.network_digest", said, digest=network.meta.digest[:16],
                   crs=network.metric_crs))  # fmt: skip
    for sentence in audit_sentences(facts["audit"], said):
        say("  " + words.say("cli.network_audit", said, text=sentence))
    notes = ", ".join(f"{key}={value}" for key, value in network.meta.notes)
    say("  " + words.say("cli.network_notes", said, notes=notes))
    say_flags(network.meta.flags, said)
    say(network.meta.attribution)


def _network_facts(network: WalkNetwork) -> dict[str, Any]:
    from dataclasses import asdict

    from geo.network.audit import audit

    return {
        **asdict(network.meta),
        "notes": dict(network.meta.notes),
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "length_km": round(float(network.edge_length_m.sum()) / 1000, 3),
        "metric_crs": network.metric_crs,
        "audit": audit(network),
    }


@points_app.command("check")
def points_check(
    file: Annotated[Path, typer.Argument(help="CSV, GeoJSON")],
    kind: Annotated[str, typer.Option("--kind", help="stations, sites, demand.")],
    datum: Datum = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """检查点表 · check a table of stations, sites or demand."""
    said = language(lang)
    from geo.points import as_dict, describe

    table = _read_points(file, kind, datum)
    if as_json:
        say(json.dumps(as_dict(table, said), ensure_ascii=False, indent=1))
        return
    for line in describe(table, said, path=str(file)):
        say(line)


def _read_points(file: Path, kind: str, datum: str | None) -> PointTable:
    from geo.datum import parse_datum
    from geo.points import KINDS, read_points

    if kind not in KINDS:
        raise RequestError("choice_unknown", option="--kind", word=kind, known=", ".join(KINDS))
    if datum is None:
        from geo.datum import DATUMS

        raise DatumError("datum_undeclared", known=", ".join(DATUMS))
    return read_points(file, kind=kind, datum=parse_datum(datum))


@app.command("coverage")
def coverage(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹 · folder of results.")],
    stations: Annotated[
        Path | None, typer.Argument(help="站点 CSV/GeoJSON；省略则运行内置示例 · or the sample.")
    ] = None,
    datum: Datum = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="路网文件夹 · network folder.")
    ] = None,
    demand: Annotated[
        Path | None, typer.Option("--demand", help="需求 CSV/GeoJSON · demand places.")
    ] = None,
    demand_datum: Annotated[
        str | None, typer.Option("--demand-datum", help="需求坐标系 · datum of --demand.")
    ] = None,
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
    formats: Annotated[str, typer.Option("--format", help="geojson,gpkg")] = "geojson",
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
    from geo.exports import OutputFolder

    limits, unit = _limits(minutes, metres)
    request = CoverageRequest(
        limits=limits, unit=unit, profile=profile, cell_m=cell_m, max_access_m=max_access_m,
        fill_holes_m2=fill_holes_m2, apart_m=apart_m,
    )  # fmt: skip
    written = _choices("--format", formats, ("geojson", "gpkg"))
    if od is not None:
        _choices("--od", od, ("parquet", "csv"))
    if gaps < 0:
        raise RequestError("option_range", name="--gaps", low=0, high=1_000_000)
    ground, posts, places = _inputs(stations, datum, network, demand, demand_datum)
    if (od or lines) and places is None:
        raise RequestError("od_needs_demand")
    record = _record(request, ground, posts, places, datum_out, written, said)
    with OutputFolder(out, record) as folder:
        with progress(said) as tell:
            result = cover(
                ground, posts, places, request, most_gaps=gaps or None,
                with_od=od is not None, with_lines=lines, on_progress=tell,
            )  # fmt: skip
        if strict:
            _refuse_faults(result, said)
        _write(result, folder, written, od, said)
        if html:
            _write_map(result, ground, folder, said, sample=stations is None)
        go_on()
    _report(result, folder, said, as_json)


def _limits(minutes: str | None, metres: str | None) -> tuple[tuple[float, ...], str]:
    if minutes is not None and metres is not None:
        raise RequestError("minutes_and_metres")
    text = metres if metres is not None else minutes if minutes is not None else "5,10,15"
    try:
        limits = tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise RequestError("limits_not_numbers", text=text) from None
    return limits, "minutes" if metres is None else "metres"


def _choices(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for word in found:
        if word not in known:
            raise RequestError("choice_unknown", option=option, word=word, known=", ".join(known))
    if not found:
        raise RequestError("choice_unknown", option=option, word=text, known=", ".join(known))
    return found


def _inputs(
    stations: Path | None,
    datum: str | None,
    network: Path | None,
    demand: Path | None,
    demand_datum: str | None,
) -> tuple[WalkNetwork, PointTable, PointTable | None]:
    """Read what the command names; nothing named at all means the embedded sample."""
    if stations is None:
        if any(v is not None for v in (datum, network, demand, demand_datum)):
            raise RequestError("stations_missing")
        from geo.samples import sample

        return sample()
    if network is None:
        raise RequestError("stations_missing")
    from geo.network import load_network

    posts = _read_points(stations, "stations", datum)
    places = None
    if demand is not None:
        if demand_datum is None:
            raise DatumError("demand_datum")
        places = _read_points(demand, "demand", demand_datum)
    return load_network(network), posts, places


def _record(
    request: CoverageRequest,
    ground: WalkNetwork,
    posts: PointTable,
    places: PointTable | None,
    datum_out: str,
    formats: tuple[str, ...],
    lang: str,
) -> Provenance:
    from geo.coverage.files import provenance_of
    from geo.datum import parse_datum

    return provenance_of(
        request, ground, posts, places, datum_out=parse_datum(datum_out),
        more=(("format", ",".join(formats)), ("lang", lang)),
    )  # fmt: skip


def _write(
    result: Coverage, folder: OutputFolder, formats: tuple[str, ...], od: str | None, lang: str
) -> None:
    from geo.coverage.files import write_coverage

    folder.summary.update(result.summary)
    write_coverage(result, folder, formats=formats, od_format=od or "parquet", lang=lang)


def _write_map(
    result: Coverage, network: WalkNetwork, folder: OutputFolder, lang: str, *, sample: bool
) -> None:
    from geo.layers.page import write_map
    from geo.samples import sample_sites

    sites = sample_sites().frame if sample else None
    write_map(result, network, folder, lang=lang, sites=sites)


def _refuse_faults(result: Coverage, lang: str) -> None:
    """Refuse a result that leaves any row of the input unused."""
    for frame, key in ((result.stations, "station_id"), (result.demand, "place_id")):
        if frame is None:
            continue
        lost = frame[frame["status"] == "not_used"]
        if len(lost):
            first = lost.iloc[0]
            reason = words.say(f"reason.{first['reason']}", lang, **(first["params"] or {}))
            raise InputError("strict", count=len(lost), first=first[key], reason=reason)


def _report(result: Coverage, folder: OutputFolder, lang: str, as_json: bool) -> None:
    if as_json:
        text = (folder.target / "run.json").read_text(encoding="utf-8")
        say(text.rstrip())
        return
    from geo.coverage.report import summary_lines

    for line in summary_lines(result, lang):
        say(line)
    files = sum(1 for _ in folder.target.iterdir())
    say(words.say("cli.coverage_written", lang, path=folder.target, count=files))
    say_flags(result.flags, lang)


if __name__ == "__main__":
    main()
