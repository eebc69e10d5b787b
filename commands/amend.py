"""`hongtu network amend`: a scenario or corrections on a network that is saved already."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from commands.facts import opened, say_saved
from commands.options import Json, Lang, Verbose
from geo.errors import RequestError
from terminal import language, set_up_log

__all__ = ["OverridesDatum", "network_amend"]

OverridesDatum = Annotated[
    str | None,
    typer.Option(
        "--overrides-datum", help="修正文件坐标系 · of the overrides: wgs84, cgcs2000, gcj02, bd09."
    ),
]


def network_amend(
    folder: Annotated[Path, typer.Argument(help="路网文件夹 · network folder, or schematic.")],
    overrides: Annotated[
        Path, typer.Option("--overrides", help="人工修正或方案 · links, barriers, gates, ways.")
    ],
    out: Annotated[Path, typer.Option("--out", help="新的路网文件夹 · folder of the new network.")],
    datum: OverridesDatum = None,
    name: Annotated[str | None, typer.Option("--name", help="路网名称 · name.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """修正已保存的路网 · apply links, barriers and gates to a saved network."""
    said = language(lang)
    set_up_log(verbose)
    if os.path.realpath(folder) == os.path.realpath(out):
        raise RequestError("amend_in_place")
    from geo.network import save_network
    from geo.osm import read_overrides
    from geo.osm.amend import amend_network

    network = opened(folder)
    amended = amend_network(network, read_overrides(overrides, datum=datum), name=name)
    save_network(amended, out)
    say_saved(amended, out, lang=said, as_json=as_json)
