"""A line layer in a vector file → `WalkNetwork`: placed, judged, noded, corrected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geo.centrelines.columns import LineColumns, LineTags, tags_of
from geo.centrelines.noding import Noded, node_lines
from geo.centrelines.placing import Placed, place
from geo.centrelines.telling import NEAR
from geo.datum import metric_crs
from geo.errors import NetworkError, OsmError, RequestError, VectorError
from geo.network.build import WayTable, build_network
from geo.network.model import FloatArray, IntArray, NetworkMeta, WalkNetwork
from geo.network.tags import edge_flags
from geo.osm import rules
from geo.osm.clip import Clip, clip_ways
from geo.osm.correcting import correct_ways
from geo.osm.cutting import MADE_HERE, keep_segments
from geo.osm.overrides import NO_OVERRIDES, Overrides
from geo.vector import Features, Remark, read_features

__all__ = ["MAX_SNAP_M", "SNAP_M", "LineReport", "LineSource", "read_lines"]

# Gaps left by hand at 1:500 to 1:2000 are up to 0.3 m (0.3 mm on paper at 1:1000); ways that run
# side by side on purpose, a pavement and its carriageway, are drawn 1.5 m apart and more.
SNAP_M = 0.5
MAX_SNAP_M = 5.0
MAX_VERTICES = 2_000_000  # of lines to be noded, which takes some 2 GB
_SPAN_DEG = 6.0  # wider than this is no city, and one projection in metres would distort it


@dataclass(frozen=True)
class LineSource:
    """How a line layer is to be read.

    Attributes
    ----------
    layer
        Layer or Shapefile, where the file has several.
    crs, datum
        What the numbers are, at most one of the two; see `geo.centrelines.placing.place`.
    snap_m
        Tolerance in metres within which ends meet, 0 to 5.
    crossings
        False: lines meet at their ends only.
    columns
        Headings chosen by hand.
    """

    layer: str | None = None
    crs: str | None = None
    datum: str | None = None
    snap_m: float = SNAP_M
    crossings: bool = True
    columns: LineColumns = field(default_factory=LineColumns)


@dataclass(frozen=True)
class LineReport:
    """What is to be told of a line layer beside the counts in the network's notes.

    Attributes
    ----------
    faults
        Position of each feature that was not used (from 0): code and fields of ``reason.<code>``.
    warnings
        Codes and fields of ``warning.<code>``.
    """

    faults: Mapping[int, Remark]
    warnings: tuple[Remark, ...]


def read_lines(
    path: str | os.PathLike[str],
    *,
    source: LineSource,
    clip: Clip | None = None,
    overrides: Overrides = NO_OVERRIDES,
    walk_rules: str = "hongtu",
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_report: Callable[[LineReport], None] | None = None,
) -> WalkNetwork:
    """Read a walking network from a layer of lines.

    Lines are judged by `geo.osm.rules` on the classes that `geo.centrelines.columns` finds; what
    is closed to walkers is left out before lines are noded, so that an expressway joins nothing.
    Everything that was dropped, joined or split is counted in ``meta.notes``.

    Parameters
    ----------
    path
        Shapefile (also zipped), GeoPackage or GeoJSON.
    source
        Which layer, and what its numbers and columns are.
    clip, walk_rules, name, on_progress
        As for `geo.osm.read_osm`.
    overrides
        Links and barriers. Its way ids are OSM's, which these lines have not.
    on_report
        Called once with what is to be told of the lines.

    Raises
    ------
    MissingFileError, VectorError
        The file cannot be read, or its numbers cannot be what is declared.
    DatumError
        Neither the file nor `source` says what the numbers are.
    RequestError
        A tolerance, a layer, a column or a CRS that makes no sense; way ids in `overrides`.
    NetworkError, OsmError
        Nothing is left to walk on.
    """
    where, report = Path(path), on_progress or (lambda done, total: None)
    if not 0 <= source.snap_m <= MAX_SNAP_M:
        raise RequestError("snap_range", snap=source.snap_m, limit=MAX_SNAP_M)
    if walk_rules not in rules.VERDICTS:
        known = ", ".join(rules.VERDICTS)
        raise RequestError("choice_unknown", option="--rules", word=walk_rules, known=known)
    if overrides.allowed or overrides.forbidden:
        raise RequestError("overrides_not_osm", path=where)
    report(0, 4)
    features = read_features(where, geometry="lines", layer=source.layer)
    tags = tags_of(features.own, source.columns, str(where))
    counts: Counter[str] = Counter(lines=len(features), unusable=len(features.faults))
    counts += tags.counts
    if _vertices(features) > MAX_VERTICES:
        raise VectorError("too_many_vertices", path=str(where), limit=MAX_VERTICES)
    raw = _drawn(features, [rules.VERDICTS[walk_rules](t) for t in tags.tags], tags.level, counts)
    report(1, 4)
    placed = place(raw.xy, features, crs=source.crs, datum=source.datum, path=str(where))
    ways = _noded(raw, placed, tags, source, counts)
    report(3, 4)
    ways = clip_ways(ways, clip, counts)
    if len(ways.way) == 0:
        raise OsmError("osm_no_ways", path=where)
    done = correct_ways(ways, overrides)
    meta = _meta(where, name, placed, source, tags, counts)
    network = done.sign(build_network(done.ways, meta=meta, walls=done.walls))
    if on_report is not None:
        on_report(LineReport(features.faults, (*features.warnings, *placed.warnings)))
    report(4, 4)
    return network


def _vertices(features: Features) -> int:
    import shapely

    return int(shapely.get_num_coordinates(features.geometry).sum())


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Parts of lines as the file has them: (k, 2) vertices, and the feature of each part."""

    xy: FloatArray
    ptr: IntArray
    feature: IntArray


def _drawn(
    features: Features, verdicts: list[str], level: IntArray, counts: Counter[str]
) -> _Drawn:
    """Return the parts that may be walked, without what is drawn twice or has no length."""
    import shapely

    fit = np.array([i not in features.faults for i in range(len(features))], dtype=bool)
    why = np.array(verdicts)
    for reason, count in zip(
        *np.unique(why[fit & (why != "kept")], return_counts=True), strict=True
    ):
        counts[f"left_out_{reason}"] = int(count)
    walked = np.flatnonzero(fit & (why == "kept"))
    if walked.size == 0:
        raise NetworkError("network_empty", source=features.layer)
    parts, of = shapely.get_parts(features.geometry[walked], return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    keep = np.ones(len(xy), dtype=bool)  # vertices that repeat the one before
    keep[1:] = (xy[1:] != xy[:-1]).any(axis=1) | (part[1:] != part[:-1])
    xy, part = xy[keep], part[keep]
    size = np.bincount(part, minlength=len(parts))
    counts["zero_length"] = int((size < 2).sum())
    fresh = _fresh(xy, np.concatenate([[0], np.cumsum(size)]), level[walked[of]]) & (size >= 2)
    counts["duplicate_lines"] = int((~fresh & (size >= 2)).sum())
    size = size[fresh]
    if size.size == 0:
        raise NetworkError("network_empty", source=features.layer)
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    return _Drawn(xy[fresh[part]], ptr, walked[of[fresh]])


def _fresh(xy: FloatArray, ptr: IntArray, level: IntArray) -> Any:
    """Return which parts are the first to be drawn as they are, in either direction."""
    seen: set[tuple[int, bytes]] = set()
    fresh = np.zeros(len(level), dtype=bool)
    for i, (start, stop, height) in enumerate(
        zip(ptr[:-1].tolist(), ptr[1:].tolist(), level.tolist(), strict=True)
    ):
        line = xy[start:stop]
        key = (height, min(line.tobytes(), line[::-1].tobytes()))
        fresh[i] = key not in seen
        seen.add(key)
    return fresh


def _noded(
    raw: _Drawn, placed: Placed, tags: LineTags, source: LineSource, counts: Counter[str]
) -> WayTable:
    """Return the lines as ways that share vertices where they meet, each stretch once."""
    from pyproj import Transformer

    lonlat = placed.lonlat
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    if east - west > _SPAN_DEG or north - south > _SPAN_DEG:
        span = max(east - west, north - south)
        raise NetworkError("lines_wide", span=round(float(span), 1), limit=_SPAN_DEG)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    plane = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    xy = np.column_stack(plane.transform(lonlat[:, 0], lonlat[:, 1]))
    level = tags.level[raw.feature]
    noded = node_lines(xy, raw.ptr, level, snap_m=source.snap_m, crossings=source.crossings)
    counts += noded.counts
    new = noded.xy[len(xy) :]
    made = plane.transform(new[:, 0], new[:, 1], direction="INVERSE")
    where = np.vstack([lonlat, np.column_stack(made)])
    counts["ends_near"] = _ends_near(noded, source.snap_m)
    return _without_twins(_table(raw, noded, where, tags), counts)


def _ends_near(noded: Noded, snap_m: float) -> int:
    """Return how many lone ends are near another line without meeting it: gaps, perhaps."""
    import shapely

    ends = noded.ref[np.concatenate([noded.ptr[:-1], noded.ptr[1:] - 1])]
    uses = np.bincount(noded.ref, minlength=len(noded.xy))
    line = np.tile(np.arange(len(noded.ptr) - 1), 2)
    lone = uses[ends] == 1
    index = np.repeat(np.arange(len(noded.ptr) - 1), np.diff(noded.ptr))
    tree = shapely.STRtree(shapely.linestrings(noded.xy[noded.ref], indices=index))
    points = shapely.points(noded.xy[ends[lone]])
    reach = NEAR * max(snap_m, 0.05)
    at, other = tree.query(points, predicate="dwithin", distance=reach)
    return int(np.unique(at[line[lone][at] != other]).size)


def _table(raw: _Drawn, noded: Noded, where: FloatArray, tags: LineTags) -> WayTable:
    highways: dict[str, int] = {}
    texts: dict[str, int] = {}
    flags = {id(t): edge_flags(t) for t in tags.tags}

    def code(text: str) -> int:
        return texts.setdefault(text, len(texts)) if text else -1

    of = raw.feature.tolist()
    kinds = [highways.setdefault(tags.tags[i]["highway"], len(highways)) for i in of]
    return WayTable(
        ptr=noded.ptr,
        ref=MADE_HERE - 1 - noded.ref,
        lon=where[noded.ref, 0],
        lat=where[noded.ref, 1],
        way=raw.feature + 1,  # as the file numbers its features
        flags=np.array([flags[id(tags.tags[i])] for i in of], dtype=np.int64),
        highway=np.array(kinds, dtype=np.int64),
        name=np.array([code(tags.names[i]) for i in of], dtype=np.int64),
        name_en=np.array([code(tags.names_en[i]) for i in of], dtype=np.int64),
        highways=tuple(highways),
        names=tuple(texts),
    )


def _without_twins(ways: WayTable, counts: Counter[str]) -> WayTable:
    """Return `ways` without segments that repeat another: drawn twice, or partly over it."""
    inside = np.ones(ways.ref.size - 1, dtype=bool)
    inside[ways.ptr[1:-1] - 1] = False
    real = inside & (ways.ref[1:] != ways.ref[:-1])
    low = np.minimum(ways.ref[1:], ways.ref[:-1])[real]
    high = np.maximum(ways.ref[1:], ways.ref[:-1])[real]
    _, first = np.unique(np.column_stack([low, high]), axis=0, return_index=True)
    once = np.zeros(int(real.sum()), dtype=bool)
    once[first] = True
    keep = real.copy()
    keep[real] = once
    counts["duplicate_segments"] = int((~once).sum())
    return ways if keep.all() else keep_segments(ways, keep)


def _meta(
    path: Path,
    name: str | None,
    placed: Placed,
    source: LineSource,
    tags: LineTags,
    counts: Counter[str],
) -> NetworkMeta:
    notes: dict[str, int | str] = {key: count for key, count in counts.items() if count}
    notes |= {"crs": placed.declared, "snap_cm": round(source.snap_m * 100)}
    notes |= {f"column_{role}": heading for role, heading in tags.columns.items()}
    notes |= {f"warning_{code}": 1 for code, _ in placed.warnings}
    flags = ["own_lines"]
    if source.crossings and not tags.levelled:
        flags.append("levels_unknown")
    return NetworkMeta(
        name=name or path.name.split(".")[0],
        source=path.name,
        osm_date=None,
        bbox=(0.0, 0.0, 0.0, 0.0),
        attribution=path.name,
        flags=tuple(flags),
        notes=tuple(sorted(notes.items())),
    )
