"""`hongtu route`: a study walk from a line, sites or a theme, as figures and files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.facts import SCHEMATIC, opened
from commands.options import Json, Lang, Verbose
from geo import words
from geo.errors import RequestError
from terminal import language, progress, say, set_up_log

if TYPE_CHECKING:
    from geo.network import WalkNetwork
    from geo.points import PointTable
    from routes.studyroute import StudyRoute
    from routes.visits import Break

__all__ = ["network_of", "route"]

_SPAN = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+)(?:m|min)?)?")
_BREAK = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})/(\d+)")


def route(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹 · folder of results.")],
    line: Annotated[str | None, typer.Argument(help="线路编号 · id of a line.")] = None,
    sites: Annotated[
        str | None, typer.Option("--sites", help="点位，逗号分隔 · ids or names: a,b,c.")
    ] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="主题 · theme.")] = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="路网文件夹 · network folder, or schematic.")
    ] = None,
    stations: Annotated[
        Path | None, typer.Option("--stations", help="歇脚站点表 · rest stations.")
    ] = None,
    datum: Annotated[
        str | None, typer.Option("--datum", help="站点坐标系 · datum of --stations.")
    ] = None,
    date: Annotated[str, typer.Option("--date", help="日期 2026-05-08 · date.")] = "",
    depart: Annotated[str, typer.Option("--depart", help="出发 · departure.")] = "09:00",
    budget: Annotated[
        str | None, typer.Option("--budget", help="总时长 · time there is: 4h, 3h30, 240.")
    ] = None,
    start: Annotated[
        str, typer.Option("--start", help="起点：点位、地铁站或坐标 · site, metro or lon,lat.")
    ] = "",
    end: Annotated[
        str, typer.Option("--end", help="终点；start 为回到起点 · as --start, or start.")
    ] = "",
    order: Annotated[
        str, typer.Option("--order", help="curated 原定顺序, optimised 优化.")
    ] = "curated",
    must: Annotated[str | None, typer.Option("--must", help="必去 · may not be left out.")] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="先后 a>b，逗号分隔 · a before b.")
    ] = None,
    breaks: Annotated[
        str | None, typer.Option("--break", help="休息 11:30-12:30/45（分钟）· breaks.")
    ] = None,
    max_walk_min: Annotated[
        float, typer.Option("--max-walk-min", help="单程步行上限 · longest leg on foot.")
    ] = 25.0,
    pace_kmh: Annotated[float, typer.Option("--pace-kmh", help="步速 · pace, km/h.")] = 4.0,
    gather_minutes: Annotated[
        float, typer.Option("--gather-min", help="每站集合分钟 · gathering at each stop.")
    ] = 3.0,
    profile: Annotated[
        str, typer.Option("--profile", help="adult, elder, stroller, wheelchair: ways used.")
    ] = "adult",
    groups: Annotated[int, typer.Option("--groups", help="团数 · groups.")] = 1,
    group_size: Annotated[int, typer.Option("--group-size", help="每团人数 · people each.")] = 0,
    rest_detour_m: Annotated[
        float, typer.Option("--rest-detour-m", help="歇脚绕行上限 · detour to a rest.")
    ] = 150.0,
    share_base: Annotated[
        str | None, typer.Option("--share-base", help="分享链接前缀 · address of the page.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """规划研学线路 · plan a study walk."""
    said = language(lang)
    set_up_log(verbose)
    from geo.exports import OutputFolder
    from routes.planner import plan
    from routes.sheets import route_provenance, write_route
    from routes.visits import StudyBrief

    brief = StudyBrief(
        line=line, sites=_words(sites), theme=theme, must=_words(must), before=_pairs(before),
        start=start, end=end, date=date, depart=depart, budget_minutes=_span(budget),
        pace_kmh=pace_kmh, gather_minutes=gather_minutes, breaks=_breaks(breaks),
        max_walk_min=max_walk_min, groups=groups, group_size=group_size, order=order,
        profile=profile, rest_detour_m=rest_detour_m, lang=said,
    )  # fmt: skip
    ground = network_of(network)
    posts = _stations(stations, datum, sample=network is None or str(network) == SCHEMATIC)
    with progress(said) as tell:
        found = plan(brief, network=ground, stations=posts, on_progress=tell)
    with OutputFolder(out, route_provenance(found)) as folder:
        write_route(found, folder, said, share_base=share_base)
    if as_json:
        say((folder.target / "run.json").read_text(encoding="utf-8").rstrip())
        return
    for text in _report(found, said):
        say(text)
    say(words.say("route.written", said, path=folder.target,
                  count=len(folder.files)))  # fmt: skip


def network_of(folder: Path | None) -> WalkNetwork:
    """Return the network of a folder, or the schematic one."""
    return opened(Path(SCHEMATIC) if folder is None else folder)


def _stations(file: Path | None, datum: str | None, *, sample: bool) -> PointTable | None:
    """Return rest stations: the user's, or with the schematic network the sample's."""
    if file is not None:
        from commands.options import points_of

        return points_of(file, "stations", datum)
    if not sample:
        return None
    from geo.samples import sample_stations

    return sample_stations()


def _words(text: str | None) -> tuple[str, ...]:
    parts = (text or "").replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    found = []
    for part in _words(text):
        a, mark, b = part.partition(">")
        if not mark or not a.strip() or not b.strip():
            raise RequestError("route_pair", text=part)
        found.append((a.strip(), b.strip()))
    return tuple(found)


def _span(text: str | None) -> float | None:
    """Return minutes from 4h, 3h30, 90m or 240."""
    if text is None:
        return None
    found = _SPAN.fullmatch(text.strip().lower().replace(" ", ""))
    if found is None or (found["h"] is None and found["m"] is None):
        raise RequestError("route_span", text=text)
    return 60.0 * float(found["h"] or 0) + float(found["m"] or 0)


def _breaks(text: str | None) -> tuple[Break, ...]:
    found: list[Break] = []
    for part in _words(text):
        match = _BREAK.fullmatch(part)
        if match is None:
            raise RequestError("route_break", text=part)
        found.append((match[1], match[2], float(match[3])))
    return tuple(found)


def _report(found: StudyRoute, lang: str) -> list[str]:
    from routes.telling import report_lines

    return report_lines(found, lang)
