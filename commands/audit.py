"""`hongtu network audit`: what to look at in a network, as a list, a file and a map."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.facts import opened
from commands.options import Json, Lang, Verbose
from geo import words
from terminal import language, progress, say, say_flags, set_up_log

if TYPE_CHECKING:
    from geo.exports import OutputFolder, Provenance
    from geo.network import WalkNetwork
    from geo.network.findings import Findings

__all__ = ["network_audit"]


def network_audit(
    folder: Annotated[Path, typer.Argument(help="路网文件夹 · network folder, or schematic.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="结果文件夹 · folder for findings.geojson and audit.html."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=0, help="列出的条数 · findings to print.")
    ] = 10,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """检查路网 · what to look at in a network, ranked by what it costs, on a map."""
    said = language(lang)
    set_up_log(verbose)
    from geo.exports import OutputFolder
    from geo.network.amendments import amendment_lines
    from geo.network.findings import find, findings_lines

    network = opened(folder)
    with progress(said) as tell:
        found = find(network, on_progress=lambda done, total: tell("audit", done, total))
    record = _record(network)
    with OutputFolder(out, record, found.counts()) if out else nullcontext() as written:
        if written is not None:
            _write(found, network, written, said)
    if as_json:
        say(json.dumps(_as_dict(found, network), ensure_ascii=False, indent=1))
        return
    for line in (*amendment_lines(network.meta, said), *findings_lines(found, said, most=most)):
        say(line)
    say_flags(network.meta.flags, said)
    if out is not None:
        say(words.say("findings.written", said, path=out))


def _record(network: WalkNetwork) -> Provenance:
    from geo.exports import NetworkSource, Provenance

    meta = network.meta
    return Provenance(
        command="audit",
        network=NetworkSource(
            meta.name, meta.source, meta.digest, meta.osm_date or "", attribution=meta.attribution
        ),
        points=(("overrides", meta.overrides_digest),) if meta.overrides_digest else (),
        flags=meta.flags,
    )


def _write(found: Findings, network: WalkNetwork, out: OutputFolder, lang: str) -> None:
    from geo.exports import write_atomic, write_geojson
    from geo.layers.audit_map import AUDIT_FILE, audit_page

    write_geojson(found.frame, out.path("findings.geojson"), out.provenance)
    page = audit_page(found, network, lang=lang, provenance=out.provenance)
    write_atomic(out.path(AUDIT_FILE), page)


def _as_dict(found: Findings, network: WalkNetwork) -> dict[str, Any]:
    from dataclasses import asdict

    from geo.exports.values import plain

    frame = found.frame.drop(columns="geometry")
    middle = found.frame.geometry.representative_point()
    rows = frame.to_dict("records")
    for row, point in zip(rows, middle, strict=True):
        row["lon"], row["lat"] = (None, None) if point is None else (point.x, point.y)
    meta = network.meta
    return {
        "network": {"name": meta.name, "digest": meta.digest, "flags": list(meta.flags)},
        "overrides": [asdict(entry) for entry in meta.amendments],
        **found.counts(),
        "findings": [{key: plain(value) for key, value in row.items()} for row in rows],
    }
