"""`hongtu points`: looking at tables of stations, sites and demand before using them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.options import Datum, Json, Lang, points_of
from terminal import language, say

__all__ = ["points_app"]

points_app = typer.Typer(help="站点与需求表 · stations, sites and demand.", no_args_is_help=True)


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

    table = points_of(file, kind, datum)
    if as_json:
        say(json.dumps(as_dict(table, said), ensure_ascii=False, indent=1))
        return
    for line in describe(table, said, path=str(file)):
        say(line)
