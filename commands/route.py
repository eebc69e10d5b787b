"""`hongtu route`: a study walk from a line, sites or a theme, as figures and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands import route_options as opt
from commands.facts import SCHEMATIC, opened
from commands.options import Json, Lang, Verbose
from geo import words
from terminal import language, progress, say, set_up_log

if TYPE_CHECKING:
    from geo.network import WalkNetwork
    from geo.points import PointTable
    from routes.visits import StudyBrief

__all__ = ["network_of", "route"]


def route(
    out: opt.Out,
    line: opt.Line = None,
    sites: opt.Sites = None,
    theme: opt.Theme = None,
    network: opt.Network = None,
    stations: opt.Stations = None,
    datum: opt.StationDatum = None,
    date: opt.Date = "",
    depart: opt.Depart = "09:00",
    budget: opt.Budget = None,
    start: opt.Start = "",
    end: opt.End = "",
    order: opt.Order = "curated",
    must: opt.Must = None,
    before: opt.Before = None,
    breaks: opt.Breaks = None,
    max_walk_min: opt.MaxWalk = 25.0,
    pace_kmh: opt.Pace = 4.0,
    gather_minutes: opt.GatherMinutes = 3.0,
    profile: opt.Profile = "adult",
    groups: opt.Groups = 1,
    group_size: opt.GroupSize = 0,
    rest_detour_m: opt.RestDetour = 150.0,
    share_base: opt.ShareBase = None,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """规划研学线路 · plan a study walk."""
    said = language(lang)
    set_up_log(verbose)
    from routes.visits import StudyBrief

    brief = StudyBrief(
        line=line, sites=opt.words_in(sites), theme=theme, must=opt.words_in(must),
        before=opt.pairs_in(before), start=start, end=end, date=date, depart=depart,
        budget_minutes=opt.span_in(budget), pace_kmh=pace_kmh, gather_minutes=gather_minutes,
        breaks=opt.breaks_in(breaks), max_walk_min=max_walk_min, groups=groups,
        group_size=group_size, order=order, profile=profile, rest_detour_m=rest_detour_m, lang=said,
    )  # fmt: skip
    posts = _stations(stations, datum, sample=network is None or str(network) == SCHEMATIC)
    _walk(brief, network_of(network), posts, out, share_base=share_base, as_json=as_json)


def _walk(
    brief: StudyBrief,
    network: WalkNetwork,
    stations: PointTable | None,
    out: Path,
    *,
    share_base: str | None,
    as_json: bool,
) -> None:
    """Plan a walk, write its files and say what they say."""
    from geo.exports import OutputFolder
    from routes.planner import plan
    from routes.sheets import route_provenance, write_route
    from routes.telling import report_lines

    said = brief.lang
    with progress(said) as tell:
        found = plan(brief, network=network, stations=stations, on_progress=tell)
    with OutputFolder(out, route_provenance(found)) as folder:
        write_route(found, folder, said, share_base=share_base)
    if as_json:
        say((folder.target / "run.json").read_text(encoding="utf-8").rstrip())
        return
    for text in report_lines(found, said):
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
