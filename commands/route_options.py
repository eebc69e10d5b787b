"""The options of `hongtu route`: what each is called, and how its text is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import RequestError

if TYPE_CHECKING:
    from routes.visits import Break

__all__ = [
    "Before",
    "Breaks",
    "Budget",
    "Date",
    "Depart",
    "End",
    "GatherMinutes",
    "GroupSize",
    "Groups",
    "Line",
    "MaxWalk",
    "Must",
    "Network",
    "Order",
    "Out",
    "Pace",
    "Profile",
    "RestDetour",
    "ShareBase",
    "Sites",
    "Start",
    "StationDatum",
    "Stations",
    "Theme",
    "breaks_in",
    "pairs_in",
    "span_in",
    "words_in",
]

_SPAN = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+)(?:m|min)?)?")
_BREAK = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})/(\d+)")

Out = Annotated[Path, typer.Option("--out", help="结果文件夹 · folder of results.")]
Line = Annotated[str | None, typer.Argument(help="线路编号 · id of a line.")]
Sites = Annotated[str | None, typer.Option("--sites", help="点位，逗号分隔 · ids or names: a,b,c.")]
Theme = Annotated[str | None, typer.Option("--theme", help="主题 · theme.")]
Network = Annotated[
    Path | None, typer.Option("--network", help="路网文件夹 · network folder, or schematic.")
]
Stations = Annotated[Path | None, typer.Option("--stations", help="歇脚站点表 · rest stations.")]
StationDatum = Annotated[
    str | None, typer.Option("--datum", help="站点坐标系 · datum of --stations.")
]
Date = Annotated[str, typer.Option("--date", help="日期 2026-05-08 · date.")]
Depart = Annotated[str, typer.Option("--depart", help="出发 · departure.")]
Budget = Annotated[
    str | None, typer.Option("--budget", help="总时长 · time there is: 4h, 3h30, 240.")
]
Start = Annotated[
    str, typer.Option("--start", help="起点：点位、地铁站或坐标 · site, metro or lon,lat.")
]
End = Annotated[
    str, typer.Option("--end", help="终点；start 为回到起点 · as --start, or start: a round.")
]
Order = Annotated[str, typer.Option("--order", help="curated 原定顺序, optimised 优化.")]
Must = Annotated[str | None, typer.Option("--must", help="必去 · may not be left out.")]
Before = Annotated[str | None, typer.Option("--before", help="先后 a>b，逗号分隔 · a before b.")]
Breaks = Annotated[str | None, typer.Option("--break", help="休息 11:30-12:30/45（分钟）· breaks.")]
MaxWalk = Annotated[
    float, typer.Option("--max-walk-min", help="单程步行上限 · longest leg on foot.")
]
Pace = Annotated[float, typer.Option("--pace-kmh", help="步速 · pace, km/h.")]
GatherMinutes = Annotated[
    float, typer.Option("--gather-min", help="每站集合分钟 · gathering at each stop.")
]
Profile = Annotated[
    str, typer.Option("--profile", help="adult, elder, stroller, wheelchair: ways used.")
]
Groups = Annotated[int, typer.Option("--groups", help="团数 · groups.")]
GroupSize = Annotated[int, typer.Option("--group-size", help="每团人数 · people each.")]
RestDetour = Annotated[
    float, typer.Option("--rest-detour-m", help="歇脚绕行上限 · detour to a rest.")
]
ShareBase = Annotated[
    str | None, typer.Option("--share-base", help="分享链接前缀 · address of the page.")
]


def words_in(text: str | None) -> tuple[str, ...]:
    """Return the parts of a text between commas."""
    parts = (text or "").replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def pairs_in(text: str | None) -> tuple[tuple[str, str], ...]:
    """Return pairs (a, b) from a>b,c>d."""
    found = []
    for part in words_in(text):
        a, mark, b = part.partition(">")
        if not mark or not a.strip() or not b.strip():
            raise RequestError("route_pair", text=part)
        found.append((a.strip(), b.strip()))
    return tuple(found)


def span_in(text: str | None) -> float | None:
    """Return minutes from 4h, 3h30, 90m or 240."""
    if text is None:
        return None
    found = _SPAN.fullmatch(text.strip().lower().replace(" ", ""))
    if found is None or (found["h"] is None and found["m"] is None):
        raise RequestError("route_span", text=text)
    return 60.0 * float(found["h"] or 0) + float(found["m"] or 0)


def breaks_in(text: str | None) -> tuple[Break, ...]:
    """Return breaks from 11:30-12:30/45: earliest, latest, minutes."""
    found: list[Break] = []
    for part in words_in(text):
        match = _BREAK.fullmatch(part)
        if match is None:
            raise RequestError("route_break", text=part)
        found.append((match[1], match[2], float(match[3])))
    return tuple(found)
