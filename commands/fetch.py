"""`hongtu network fetch`: a walking network from Overpass, by place, box or area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.amend import OverridesDatum
from commands.facts import say_saved
from commands.options import Json, Lang, Verbose
from geo import words
from geo.errors import RequestError
from terminal import language, progress, say, set_up_log

if TYPE_CHECKING:
    from geo.osm.clip import Clip
    from geo.osm.estimate import Estimate

__all__ = ["network_fetch"]


def network_fetch(
    out: Annotated[Path, typer.Option("--out", help="路网文件夹 · network folder.")],
    place: Annotated[
        str | None, typer.Argument(help="地名 · a place, as in “Kamppi, Helsinki”.")
    ] = None,
    bbox: Annotated[str | None, typer.Option("--bbox", help="W,S,E,N (WGS-84).")] = None,
    area: Annotated[Path | None, typer.Option("--area", help="GeoJSON polygon (WGS-84).")] = None,
    overrides: Annotated[
        Path | None, typer.Option("--overrides", help="人工修正 · corrections (TOML, GeoJSON).")
    ] = None,
    overrides_datum: OverridesDatum = None,
    rules: Annotated[
        str, typer.Option("--rules", help="hongtu, or osmnx: exactly OSMnx's walk filter.")
    ] = "hongtu",
    name: Annotated[str | None, typer.Option("--name", help="路网名称 · name.")] = None,
    overpass: Annotated[
        str | None, typer.Option("--overpass", help="Overpass (or $HONGTU_OVERPASS).")
    ] = None,
    nominatim: Annotated[
        str | None, typer.Option("--nominatim", help="Nominatim (or $HONGTU_NOMINATIM).")
    ] = None,
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, max=3600, help="秒 · seconds for one query.")
    ] = 180,
    cached: Annotated[
        bool, typer.Option("--cache/--no-cache", help="使用缓存 · use answers kept before.")
    ] = True,
    large: Annotated[
        bool, typer.Option("--yes-large", help="确认下载大范围 · yes, that large an area.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """从 Overpass 下载步行路网 · fetch a walking network (this goes to the internet)."""
    said = language(lang)
    set_up_log(verbose)
    from geo.network import save_network
    from geo.osm import NO_OVERRIDES, read_overrides
    from geo.osm.endpoints import choose_endpoints, host_of
    from geo.osm.fetch import Fetching, fetch_network
    from geo.schematic import cache_folder

    where, kind = _where(place, bbox, area)
    endpoints = choose_endpoints(overpass, nominatim)
    asked = Fetching(
        where, kind, rules, endpoints, cache_folder() / "overpass" if cached else None,
        timeout, large, said,
    )  # fmt: skip
    fixes = read_overrides(overrides, datum=overrides_datum) if overrides else NO_OVERRIDES
    host = host_of(endpoints.overpass)

    with progress(said) as tell:
        told = _Waits(host, said)

        def step(stage: str, done: float, total: float) -> None:
            told(stage, total)
            tell(stage, int(done), int(total))

        network = fetch_network(
            asked, name=name or (area.stem if area else None), overrides=fixes,
            on_estimate=lambda found: _say_estimate(found, host, said), on_progress=step,
        )  # fmt: skip
    save_network(network, out)
    say_saved(network, out, lang=said, as_json=as_json)
    if not as_json:
        date = network.meta.osm_date or words.say("cli.unknown_date", said)
        fetched = dict(network.meta.notes)["fetched"]
        say(words.say("fetch.fetched", said, date=date, fetched=fetched))
        say(network.meta.attribution)


def _where(place: str | None, bbox: str | None, area: Path | None) -> tuple[str | Clip, str]:
    from geo.osm import read_clip

    place = place.strip() if place else None
    if [bool(place), bbox is not None, area is not None].count(True) != 1:
        raise RequestError("fetch_where")
    if place:
        return place, "place"
    clip = read_clip(bbox, area)
    assert clip is not None
    return clip, "bbox" if area is None else "area"


def _say_estimate(found: Estimate, host: str, lang: str) -> None:
    """Tell on standard error, so that ``--json`` stays JSON."""
    from geo.osm.estimate import MB_PER_KM2

    text = words.say("fetch.estimate", lang, km2=found.km2, mb=found.megabytes,
                     seconds=found.seconds, rule=MB_PER_KM2, host=host)  # fmt: skip
    typer.echo(text, err=True)


class _Waits:
    """Says once, not every second, that the service lets us wait."""

    def __init__(self, host: str, lang: str) -> None:
        self.host, self.lang, self.until = host, lang, 0.0

    def __call__(self, stage: str, seconds: float) -> None:
        if stage == "wait" and seconds > self.until:
            text = words.say("fetch.waiting", self.lang, host=self.host, seconds=seconds)
            typer.echo(text, err=True)
        self.until = seconds if stage == "wait" else 0.0
