"""Walking networks from Overpass, through OSMnx: by place, box or area.

OSMnx finds the place, writes the queries and fetches; the answers are read like an OSM file. Its
own graph knows neither gates, water and squares nor the date of the data
(docs/decisions/0045-fetching.md).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo.errors import FetchError, OsmError, RequestError
from geo.network.model import WalkNetwork
from geo.osm import rules
from geo.osm.answers import write_osm
from geo.osm.calls import AREA_TAGS, WAY_FILTERS, Caller, fetch_areas, fetch_ways, find_place
from geo.osm.clip import Clip
from geo.osm.endpoints import DEFAULT, Endpoints, free_slot_in, host_of, probe
from geo.osm.estimate import Estimate, check_size, estimate
from geo.osm.overrides import NO_OVERRIDES, Overrides
from geo.osm.read import read_osm
from geo.stopping import scratch_folder

__all__ = ["Fetching", "fetch_network"]

Progress = Callable[[str, float, float], None]
_STEPS = ("ways", "areas")


@dataclass(frozen=True)
class Fetching:
    """What to fetch, and how.

    Attributes
    ----------
    where
        The name of a place, or a clip in WGS-84.
    kind
        How `where` was said, for the record: ``place``, ``bbox`` or ``area``.
    walk_rules
        ``hongtu``, or ``osmnx`` for exactly OSMnx's walk filter (no areas, ferries, gates, water).
    endpoints
        Where to ask.
    cache
        Folder for answers, used again by the same question; None: ask anew and keep nothing.
    timeout
        Seconds a server may take for one query.
    large
        Whether an area above `geo.osm.estimate.USUAL_KM2` is meant.
    lang
        Language of place names, ``zh`` or ``en``.
    """

    where: str | Clip
    kind: str
    walk_rules: str = "hongtu"
    endpoints: Endpoints = DEFAULT
    cache: Path | None = None
    timeout: int = 180
    large: bool = False
    lang: str = "zh"


def fetch_network(
    asked: Fetching,
    *,
    name: str | None = None,
    overrides: Overrides = NO_OVERRIDES,
    on_estimate: Callable[[Estimate], None] | None = None,
    on_progress: Progress | None = None,
) -> WalkNetwork:
    """Fetch the walking network of a place, a box or an area.

    Parameters
    ----------
    name
        Name of the network; the place, or the kind of area, by default.
    overrides
        Corrections by hand, see `geo.osm.overrides`.
    on_estimate
        Told how much it will be, before the download.
    on_progress
        Called with (stage, done, total): stages ``place``, ``ways`` and ``areas`` (bytes), ``read``
        (steps), ``wait`` (seconds, while the service is busy).

    Returns
    -------
    WalkNetwork
        `meta.source` names host and kind, `meta.osm_date` is the service's own, `meta.notes` says
        when it was fetched.

    Raises
    ------
    FetchError
        The service is out of reach, busy or answers nonsense; the place is unknown or a point; the
        area is too large or holds no way.
    RequestError, OsmError
        There are no such rules; an override makes no sense.
    """
    if asked.walk_rules not in rules.VERDICTS:
        known = ", ".join(rules.VERDICTS)
        raise RequestError("choice_unknown", option="--rules", word=asked.walk_rules, known=known)
    tell = on_progress or (lambda stage, done, total: None)
    with _scratch(asked.cache) as scratch:
        run = _Run(asked, scratch, tell)
        clip = run.clip()
        area = _polygon(clip)
        expected = estimate(area)
        if on_estimate:
            on_estimate(expected)
        check_size(expected, large=asked.large)
        folders = run.download(area, expected)
        host = host_of(asked.endpoints.overpass)
        file = scratch / "answers.osm.pbf"
        stamp = write_osm(folders, file, host=host)
        try:
            network = read_osm(
                file, clip=clip, overrides=overrides, walk_rules=asked.walk_rules,
                on_progress=lambda done, total: tell("read", done, total),
            )  # fmt: skip
        except OsmError as fault:
            if fault.code == "osm_no_ways":
                raise FetchError("fetch_empty", host=host) from fault
            raise
        fetched = _when(folders)
    meta = network.meta
    notes = dict(meta.notes) | {"fetched": fetched, "osm_base": stamp or ""}
    meta = replace(
        meta,
        name=name or (asked.where if isinstance(asked.where, str) else asked.kind),
        source=_source(asked, clip),
        osm_date=stamp[:10] if stamp else None,
        notes=tuple(sorted(notes.items())),
    )
    return replace(network, meta=meta)


def _source(asked: Fetching, clip: Clip) -> str:
    host = host_of(asked.endpoints.overpass)
    if isinstance(asked.where, str):
        return f"Overpass {host}, place {asked.where}"
    return f"Overpass {host}, {asked.kind} {','.join(f'{v:.5f}' for v in clip.bbox)}"


def _polygon(clip: Clip) -> Any:
    import shapely

    return shapely.box(*clip.bbox) if clip.area is None else clip.area


class _Run:
    """One fetch: what is asked of which service, and what the cache already holds."""

    def __init__(self, asked: Fetching, scratch: Path, tell: Progress) -> None:
        self.asked, self.scratch, self.tell = asked, scratch, tell

    def clip(self) -> Clip:
        """Return the part of the world that is wanted."""
        where, ends = self.asked.where, self.asked.endpoints
        if not isinstance(where, str):
            return where
        self.tell("place", 0, 1)
        kept = self._kept("place", ends.nominatim, where, self.asked.lang)
        folder = kept if kept and kept.is_dir() else self._fresh("place")
        if folder != kept:
            probe(ends.nominatim)
        found = find_place(self._caller(folder), where)
        self._keep(folder, kept)
        self.tell("place", 1, 1)
        return Clip(tuple(found.bounds), found)

    def download(self, area: Any, expected: Estimate) -> list[Path]:
        """Return the folders that hold the answers, asking for those that are not kept."""
        ends, how = self.asked.endpoints, self.asked.walk_rules
        steps = _STEPS[:1] if how == "osmnx" else _STEPS
        found, ready = [], False
        for step in steps:
            kept = self._kept(step, ends.overpass, how, area.wkb_hex)
            if kept and kept.is_dir():
                found.append(kept)
                continue
            if not ready:
                self._wait_for_slot()
                ready = True
            folder = self._fresh(step)
            caller = self._caller(folder, step, expected.megabytes * 1e6 / len(steps))
            if step == "ways":
                fetch_ways(caller, area, how)
            else:
                fetch_areas(caller, area)
            if caller.answers != len(list(folder.glob("*.json"))):  # OSMnx kept one back
                raise FetchError("service_odd", host=host_of(ends.overpass), detail=step)
            found.append(self._keep(folder, kept))
        return found

    def _wait_for_slot(self) -> None:
        """Ask Overpass whether it answers, and when."""
        seconds = free_slot_in(probe(self.asked.endpoints.overpass))
        longest = self.asked.timeout
        if seconds > longest:
            host = host_of(self.asked.endpoints.overpass)
            raise FetchError("service_full", host=host, seconds=seconds)
        self._caller(self.scratch).wait(seconds)

    def _caller(self, folder: Path, stage: str = "place", expected: float = 1.0) -> Caller:
        return Caller(
            endpoints=self.asked.endpoints,
            folder=folder,
            timeout=self.asked.timeout,
            lang=self.asked.lang,
            told=lambda received: self.tell(stage, received, max(expected, received)),
            waiting=lambda seconds: self.tell("wait", 0, seconds),
        )

    def _fresh(self, step: str) -> Path:
        folder = self.scratch / step
        folder.mkdir()
        return folder

    def _kept(self, step: str, *words: str) -> Path | None:
        """Return where the cache keeps the answers to a question; it may not be there yet."""
        if self.asked.cache is None:
            return None
        key = hashlib.sha256("\0".join((step, *words, repr((WAY_FILTERS, AREA_TAGS)))).encode())
        return self.asked.cache / f"{step}-{key.hexdigest()[:24]}"

    def _keep(self, folder: Path, kept: Path | None) -> Path:
        """Move complete answers into the cache, in one step; stay where that cannot be."""
        if kept is None or folder == kept:
            return folder
        try:
            os.replace(folder, kept)
        except OSError:
            return folder
        return kept


def _when(folders: list[Path]) -> str:
    """Return the day on which the oldest answer came."""
    oldest = min(file.stat().st_mtime for folder in folders for file in folder.glob("*.json"))
    return datetime.fromtimestamp(oldest, UTC).date().isoformat()


@contextmanager
def _scratch(cache: Path | None) -> Iterator[Path]:
    """Give a folder for the run, inside the cache so that answers can be moved; gone afterwards."""
    place = None
    if cache is not None:
        with suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            place = cache if os.access(cache, os.W_OK) else None
    with scratch_folder(".fetch-", place) as folder:
        yield folder
