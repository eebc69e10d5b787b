"""`hongtu network`: importing walking networks, and looking at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import Json, Lang, Verbose
from geo import words
from geo.errors import RequestError
from terminal import language, progress, say, say_flags, set_up_log

if TYPE_CHECKING:
    from geo.network import WalkNetwork

__all__ = ["network_app"]

network_app = typer.Typer(help="步行路网 · walking networks.", no_args_is_help=True)


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
