"""From a file of polygons to an `AreaTable`: columns, levels, ids, and a judgement of each."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.areas.columns import FLAGS, marked, recognise
from geo.areas.ground import declared_as, moved_to_wgs84
from geo.areas.overlaps import overlap_remarks
from geo.areas.rings import judge_rings
from geo.areas.schema import FAULT_CODES, MAX_AREAS, AreaTable, Remark
from geo.errors import AreasError
from geo.points.cells import is_blank
from geo.vector import Features, read_features
from geo.vector.text import clip

__all__ = ["build_areas", "read_areas"]

_OURS = ("id", "name", "level", "union")


def read_areas(
    path: str | os.PathLike[str],
    *,
    datum: str | None,
    level: str | None = None,
    layer: str | None = None,
) -> AreaTable:
    """Read reporting areas from GeoJSON, a GeoPackage or a zipped Shapefile and judge each.

    Parameters
    ----------
    path
        The file; its format is told by its suffix.
    datum
        What the coordinates are in: a datum in any usual spelling, or the code of a projected
        system such as ``EPSG:4549``. None only where the file itself names a projected system.
    level
        Level of areas that name none.
    layer
        Layer of a GeoPackage.

    Returns
    -------
    AreaTable
        Polygons in WGS-84; areas that cannot be used are listed, not dropped or repaired.

    Raises
    ------
    DatumError
        `datum` is needed and None, or not known.
    MissingFileError
        There is no such file.
    VectorError, AreasError
        The file cannot be read, an id occurs twice, or none of its areas can be used.
    """
    where = Path(path)
    return build_areas(
        read_features(where, geometry="areas", layer=layer), path=where, datum=datum, level=level
    )


def build_areas(
    features: Features, *, path: Path, datum: str | None, level: str | None = None
) -> AreaTable:
    """Judge features that are read already; see `read_areas`."""
    count = len(features.rows)
    if count == 0:
        raise AreasError("no_rows", path=str(path))
    if count > MAX_AREAS:
        raise AreasError("areas_many", path=str(path), count=count, limit=MAX_AREAS)
    declared = declared_as(datum, features.crs, str(path))
    columns, ambiguous = recognise([str(c) for c in features.own.columns])
    ids, nameless = _ids(features, columns, path)
    faults = dict(features.faults)
    shapes = np.array(features.geometry, dtype=object)
    judge_rings(shapes, faults)
    shapes[list(faults)] = None
    shapes, moved = moved_to_wgs84(shapes, declared, faults)
    _refuse_if_useless(path, faults, count)
    table = _table(features.own, columns, ids, level)
    good = np.array([i not in faults for i in range(count)])
    frame = gpd.GeoDataFrame(
        table[good].reset_index(drop=True), geometry=shapes[good], crs="EPSG:4326"
    )
    bad = sorted(faults)
    unused = table.iloc[bad].reset_index(drop=True)
    unused["reason"] = pd.Series([faults[i][0] for i in bad], dtype=object)
    listed = {
        "id": unused["id"],
        "row": np.asarray(features.rows)[bad],
        "name": unused["name"],
        "code": unused["reason"],
        "params": pd.Series([faults[i][1] for i in bad], dtype=object),
    }
    return AreaTable(
        frame=frame,
        unused=unused,
        faults=pd.DataFrame(listed),
        rows=count,
        digest=_digest(frame, unused),
        datum=declared.label,
        columns=columns,
        warnings=[
            *features.warnings,
            *declared.warnings,
            *ambiguous,
            *nameless,
            *moved,
            *overlap_remarks(frame),
        ],
        flags=tuple(flag for flag in FLAGS if marked(frame, flag).any()),
    )


def _ids(features: Features, columns: dict[str, str], path: Path) -> tuple[list[str], list[Remark]]:
    """Return an id for each area: its column's, else GeoJSON's own, else ``row-N``.

    A feature's ``id`` member is often a running number that a program added, so a column goes
    before it where that names every area.
    """
    count = len(features.rows)
    heading = columns.get("id")
    column = [None] * count if heading is None else _texts(features.own[heading])
    members = _texts(pd.Series(features.ids or [None] * count, dtype=object))
    given = column if all(column) or not any(members) else members
    if given is members:
        columns.pop("id", None)
    counts = Counter(g for g in given if g is not None)
    twice = [g for g, n in counts.items() if n > 1]
    if twice:
        shown = ", ".join(clip(g, 20) for g in twice[:5])
        raise AreasError("duplicate_ids", path=str(path), ids=shown, count=len(twice))
    made = []
    for row, own in zip(features.rows.tolist(), given, strict=True):
        name = own or f"row-{row}"
        while own is None and name in counts:
            name += "-bis"
        made.append(name)
    missing = sum(g is None for g in given)
    return made, [("ids_missing", {"count": missing})] if counts and missing else []


def _texts(column: pd.Series) -> list[str | None]:
    """Return cells as text; a whole number loses its decimals, a blank cell is None."""
    found: list[str | None] = []
    for value in column.tolist():
        if value is None or isinstance(value, bool | dict | list) or is_blank(value):
            found.append(None)
        elif isinstance(value, float) and value.is_integer():
            found.append(str(int(value)))
        else:
            found.append(str(value).strip()[:200])
    return found


def _table(
    own: pd.DataFrame, columns: dict[str, str], ids: list[str], level: str | None
) -> pd.DataFrame:
    """Return our four columns, then the input's, without those that ours were made from."""
    blank = [None] * len(ids)
    told = {
        role: _texts(own[columns[role]]) if role in columns else blank
        for role in ("name", "level", "union")
    }
    default = (level or "").strip()
    ours = {
        "id": ids,
        "name": told["name"],
        "level": [text or default for text in told["level"]],
        "union": told["union"],
    }
    rest = own.drop(columns=list(columns.values()))
    taken = {str(c).casefold() for c in rest.columns} | set(_OURS)
    names = {}
    for heading in map(str, rest.columns):
        if heading.casefold() in (*_OURS, "geometry", "reason"):
            name = f"{heading}_input"
            while name.casefold() in taken:
                name += "_input"
            names[heading] = name
            taken.add(name.casefold())
    table = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in ours.items()})
    return pd.concat([table, rest.rename(columns=names).reset_index(drop=True)], axis=1)


def _refuse_if_useless(path: Path, faults: dict[int, Remark], total: int) -> None:
    """Refuse a file without a usable area, telling the commonest reason."""
    if len(faults) < total:
        return
    counts = Counter(code for code, _ in faults.values())
    known = {code: i for i, code in enumerate(FAULT_CODES)}
    code, count = max(counts.items(), key=lambda c: (c[1], -known.get(c[0], len(known))))
    reason = next(remark for remark in faults.values() if remark[0] == code)
    raise AreasError("areas_none_usable", path=str(path), total=total, count=count, reason=reason)


def _digest(frame: gpd.GeoDataFrame, unused: pd.DataFrame) -> str:
    """Return the sha256 of what matters, column by column in the order of the headings."""
    content = hashlib.sha256(b"areas")
    for place, part in enumerate((pd.DataFrame(frame.drop(columns="geometry")), unused)):
        for heading in sorted(map(str, part.columns)):
            column = json.dumps([place, heading, part[heading].tolist()], ensure_ascii=False)
            content.update(column.encode("utf-8", "surrogatepass"))
    shapes: NDArray[np.object_] = frame.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    content.update(np.round(xy * 1e7).astype("<i8").tobytes())
    content.update(owner.astype("<i8").tobytes())
    return content.hexdigest()
