"""`Features`: what every vector file comes down to, and the judging of its geometry by kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import VectorError

__all__ = ["WRONG_KIND", "Features", "Geometry", "Remark", "judge", "refuse_wrong_kind"]

Geometry = Literal["points", "lines", "areas"]

# A code of the words (`warning.<code>`, `reason.<code>`) and the fields of its sentence.
Remark = tuple[str, dict[str, Any]]

WRONG_KIND: dict[str, str] = {
    "points": "not_a_point",
    "lines": "not_a_line",
    "areas": "not_an_area",
}
_KINDS = {
    "points": {"Point"},
    "lines": {"LineString", "LinearRing", "MultiLineString"},
    "areas": {"Polygon", "MultiPolygon"},
}
_NAMES = np.array(
    [
        *("Point", "LineString", "LinearRing", "Polygon", "MultiPoint"),
        *("MultiLineString", "MultiPolygon", "GeometryCollection", "curve"),
    ]
)


@dataclass(frozen=True, eq=False)
class Features:
    """Features of one layer as the file has them, before any datum or projection.

    Attributes
    ----------
    own
        The file's own columns, one object column a heading; headings are unique even when case
        is ignored; None where a cell is blank.
    geometry
        (n,) shapely geometry in the file's own coordinates, two-dimensional, of the kind asked
        for and as drawn (it may cross itself); None where the feature has a fault.
    rows
        (n,) number of each feature in the file, from 1.
    faults
        By position: why a feature cannot be used, as code and fields of ``reason.<code>``.
    crs
        What the file says of its coordinates: an authority code (``EPSG:4549``), else the text
        it gives (WKT, or a name); None where it says nothing. Nothing tells whether it is true.
    driver
        ``geojson``, ``gpkg`` or ``shapefile``.
    layer
        Name of the layer; for GeoJSON the file's stem.
    warnings
        What was noticed, as code and fields of ``warning.<code>``.
    ids
        GeoJSON's own ``id`` of each feature, None where it has none; None for other formats.
    datum
        The ``datum`` member that our own GeoJSON carries, as written.
    encoding
        The character encoding that texts were read with.
    """

    own: pd.DataFrame
    geometry: NDArray[np.object_]
    rows: NDArray[np.int64]
    faults: dict[int, Remark]
    crs: str | None
    driver: Literal["geojson", "gpkg", "shapefile"]
    layer: str
    warnings: tuple[Remark, ...] = ()
    ids: list[Any] | None = None
    datum: Any = None
    encoding: str | None = field(default=None)

    def __len__(self) -> int:
        return len(self.rows)


def judge(
    geometry: NDArray[np.object_], kind: Geometry, faults: dict[int, Remark]
) -> NDArray[np.object_]:
    """Return `geometry` of the `kind` alone, two-dimensional; the rest is None and a fault.

    A collection of one counts as its member. Faults that are known already are kept.
    """
    import shapely

    geometry = geometry.copy()
    single = np.isin(shapely.get_type_id(geometry), [4, 7] if kind == "points" else [7])
    single &= shapely.get_num_geometries(geometry) == 1
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    geometry = np.asarray(shapely.force_2d(geometry), dtype=object)
    type_id = np.clip(shapely.get_type_id(geometry), 0, len(_NAMES) - 1)
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong = ~empty & ~np.isin(_NAMES[type_id], list(_KINDS[kind]))
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    off = np.zeros(len(geometry), dtype=bool)
    off[owner[~np.isfinite(xy).all(axis=1)]] = True
    for i in np.flatnonzero(empty | wrong | off).tolist():
        if i in faults:
            pass
        elif empty[i]:
            faults[i] = ("no_position", {})
        elif wrong[i]:
            faults[i] = (WRONG_KIND[kind], {"found": str(_NAMES[type_id[i]])})
        else:
            faults[i] = ("bad_number", {"value": "nan"})
    geometry[list(faults)] = None
    return geometry


def refuse_wrong_kind(count: int, faults: dict[int, Remark], kind: Geometry, path: Path) -> None:
    """Refuse a file of which every single feature is of another kind than asked for.

    Raises
    ------
    VectorError
        ``no_points``, ``no_lines`` or ``no_areas``, with the commonest kind that was found.
    """
    codes = [code for code, _ in faults.values()]
    if not count or codes.count(WRONG_KIND[kind]) < count:
        return
    kinds = Counter(str(fields["found"]) for _, fields in faults.values())
    commonest = kinds.most_common(1)[0][0]
    raise VectorError(f"no_{kind}", path=str(path), rows=count, found=commonest)
