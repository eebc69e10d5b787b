"""`hongtu network`: importing walking networks, and looking at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.facts import network_facts, opened
from commands.importing import network_import
from commands.options import Json, Lang
from geo import words
from terminal import language, say, say_flags

__all__ = ["network_app"]

network_app = typer.Typer(help="步行路网 · walking networks.", no_args_is_help=True)
network_app.command("import")(network_import)


@network_app.command("info")
def network_info(
    folder: Annotated[Path, typer.Argument(help="路网文件夹 · network folder, or schematic.")],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """查看路网 · show a saved network and its audit."""
    said = language(lang)
    from geo.centrelines import noded_sentence
    from geo.network.amendments import amendment_lines
    from geo.network.audit import audit_sentences

    network = opened(folder)
    facts = network_facts(network)
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
    noded = noded_sentence(network.meta, said)
    if noded is not None:
        say("  " + noded)
    for line in amendment_lines(network.meta, said):
        say("  " + line)
    notes = ", ".join(f"{key}={value}" for key, value in network.meta.notes)
    say("  " + words.say("cli.network_notes", said, notes=notes))
    say_flags(network.meta.flags, said)
    say(network.meta.attribution)
