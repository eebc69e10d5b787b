"""`hongtu lines`: the curated study lines, told, shown and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Json, Lang
from geo import words
from geo.errors import RouteError
from terminal import language, say

__all__ = ["lines_app"]

lines_app = typer.Typer(help="研学线路 · curated study lines.", no_args_is_help=True)

Network = Annotated[
    Path | None, typer.Option("--network", help="路网文件夹 · network folder (default: 示意路网).")
]


@lines_app.command("list")
def lines_list(as_json: Json = False, lang: Lang = None) -> None:
    """列出线路 · list the lines."""
    said = language(lang)
    from routes.lines import read_lines
    from routes.telling import counted

    lines = read_lines()
    if as_json:
        told = [
            {"id": x.id, "title_zh": x.title_zh, "title_en": x.title_en, "theme": x.theme,
             "status": x.status, "stops": list(x.sites)}
            for x in lines.values()
        ]  # fmt: skip
        say(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for x in lines.values():
        status = words.say(f"line_status.{x.status}", said)
        stops = counted("stops", len(x.stops), said)
        say(words.say("lines.row", said, id=x.id, title=x.title(said), stops=stops, status=status))


@lines_app.command("show")
def lines_show(
    line: Annotated[str, typer.Argument(help="线路编号 · id of a line.")],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """查看一条线路 · show one line."""
    said = language(lang)
    from routes.lines import read_lines
    from routes.places import read_places

    lines, places = read_lines(), read_places()
    if line not in lines:
        raise RouteError("line_unknown", line=line, known=", ".join(lines))
    x = lines[line]
    if as_json:
        say(json.dumps(_as_dict(x), ensure_ascii=False, indent=1))
        return
    say(f"{x.title(said)} — {words.say(f'line_status.{x.status}', said)}")
    say(x.text_zh if said == "zh" else x.text_en)
    for number, stop in enumerate(x.stops, 1):
        place = places.get(stop.site)
        name = place.name(said) if place else stop.site
        minutes = stop.visit_minutes or (place.visit_minutes if place else 0)
        say("  " + words.say("lines.stop", said, number=number, name=name, minutes=round(minutes),
                      why=stop.why(said)))  # fmt: skip
    say(words.say("lines.source", said, source=x.source(said)))


def _as_dict(line: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(line)


@lines_app.command("check")
def lines_check(
    folder: Annotated[
        Path | None, typer.Argument(help="线路文件夹 · folder of *.toml (default: shipped).")
    ] = None,
    network: Network = None,
    max_walk_min: Annotated[
        float, typer.Option("--max-walk-min", help="最长步行（分钟）· longest walk, minutes.")
    ] = 25.0,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """检查线路 · unknown sites, doubtful positions, legs that cannot be walked."""
    said = language(lang)
    from commands.route import network_of
    from routes.legs_check import check_legs
    from routes.lines import LINES, check_lines, read_lines
    from routes.places import read_places
    from routes.telling import counted

    lines, places = read_lines(folder or LINES), read_places()
    faults = check_lines(lines, places)
    faults += check_legs(lines, places, network_of(network), max_walk_min)
    wrong = [f for f in faults if f.code in ("unknown_site", "site_twice", "no_stops")]
    if as_json:
        told = [
            {"line": f.line, "site": f.site, "code": f.code, "fields": dict(f.fields)}
            for f in faults
        ]
        say(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for f in faults:
            names = {k: places[f.site].name(said) for k in ("site",) if f.site in places}
            fields = {"site": f.site, **names, **f.fields}
            if "previous" in fields and fields["previous"] in places:
                fields["previous"] = places[str(fields["previous"])].name(said)
            say(f"{f.line}: {words.say(f'line.{f.code}', said, **fields)}")
        say(words.say("lines.checked", said, lines=counted("lines", len(lines), said),
                      faults=counted("faults", len(faults), said)))  # fmt: skip
    if wrong:
        errors = {f"errors_{it}": counted("errors", len(wrong), it) for it in words.LANGUAGES}
        raise RouteError("lines_wrong", **errors)
