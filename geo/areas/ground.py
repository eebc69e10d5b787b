"""From a file's coordinates to WGS-84: a declared datum, or a projected system as planners use.

Vertices are converted one by one and edges stay straight between them: a boundary is where its
vertices were surveyed. GCJ-02 bends an edge of L metres by up to 6e-8·L² m, BD-09 by 1.2e-6·L²,
a projection by about 5e-8·L²; a kilometre of edge so strays by 6 cm, 1.2 m and 5 cm, below what
these outlines know. Splitting edges would make neighbours disagree where only one has a vertex.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas.schema import Remark
from geo.datum import DATUMS, in_china, parse_datum, to_wgs84
from geo.errors import AreasError, DatumError

__all__ = ["Declared", "declared_as", "moved_to_wgs84"]

_CODE = re.compile(r"\s*(?:EPSG[:\s_]*)?(\d{4,6})\s*", re.IGNORECASE)
_DEGREES = {
    "EPSG:4326": "wgs84",
    "EPSG:4979": "wgs84",
    "OGC:CRS84": "wgs84",
    "EPSG:4490": "cgcs2000",
}
_CGCS2000 = 4490
_EXACT_M = 5.0  # a conversion no better than this is told


@dataclass(frozen=True)
class Declared:
    """What coordinates are in: a datum of degrees, and the projection above it if there is one.

    Attributes
    ----------
    datum
        One of `geo.datum.DATUMS`.
    projection
        An authority code or WKT, None for degrees.
    warnings
        What the file says against it.
    """

    datum: str
    projection: str | None = None
    warnings: tuple[Remark, ...] = ()

    @property
    def label(self) -> str:
        """Short text for a report: ``gcj02``, or ``EPSG:4549 (cgcs2000)``."""
        if self.projection is None:
            return self.datum
        return f"{self.projection[:40]} ({self.datum})"


def declared_as(word: str | None, crs: str | None, path: str) -> Declared:
    """Bring together what the user declares and what the file says.

    Parameters
    ----------
    word
        A datum in any spelling, the code of a projected system (``EPSG:4549``), or None.
    crs
        What the file says of itself (`geo.vector.Features.crs`).

    Raises
    ------
    DatumError
        Nothing is declared, and the file names no projected system, which alone would be plain
        enough: degrees may be in any datum, and EPSG:4326 is what files say that know no better.
    AreasError
        A system is not known, or two projected ones contradict each other.
    """
    own = None if crs is None else _projection(crs, path)
    if word is None:
        if own is None:
            raise DatumError("areas_datum", known=", ".join(DATUMS))
        return Declared(_datum_of(own), own)
    code = _CODE.fullmatch(word)
    if code and f"EPSG:{code[1]}" not in _DEGREES:
        return _declared_projection(f"EPSG:{code[1]}", crs, own, path)
    datum = parse_datum(word)
    said = None if crs is None else (_DEGREES.get(crs.upper()) if own is None else _datum_of(own))
    if said is None or _same(said, datum):
        return Declared(datum, own)
    return Declared(
        datum, own, (("areas_crs_overridden", {"crs": str(crs)[:40], "declared": datum}),)
    )


def _declared_projection(code: str, crs: str | None, own: str | None, path: str) -> Declared:
    projection = _projection(code, path)
    if projection is None:  # some geographic system that is no datum of ours
        raise DatumError("datum_unknown", word=code, known=", ".join(DATUMS))
    if own is not None and own != projection:
        raise AreasError("areas_crs_twice", path=path, crs=own[:40], declared=projection)
    remarks: tuple[Remark, ...] = ()
    if crs is not None and own is None:
        remarks = (("areas_crs_overridden", {"crs": crs[:40], "declared": projection}),)
    return Declared(_datum_of(projection), projection, remarks)


def _same(one: str, other: str) -> bool:
    plain = {"wgs84", "cgcs2000"}
    return one == other or {one, other} <= plain


def _projection(crs: str, path: str) -> str | None:
    """Return `crs` where it is a projected system, None where it is degrees we know."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if crs.upper() in _DEGREES:
        return None
    try:
        found = CRS.from_user_input(crs)
    except CRSError:
        raise AreasError("areas_crs_unknown", path=path, crs=crs[:40]) from None
    if found.is_projected:
        return crs
    base = found.to_epsg()
    if base is not None and f"EPSG:{base}" in _DEGREES:
        return None
    return crs if found.is_geographic else _refuse(crs, path)


def _refuse(crs: str, path: str) -> str:
    raise AreasError("areas_crs_unknown", path=path, crs=crs[:40])


def _datum_of(projection: str) -> str:
    """Return the datum that the degrees below a projection are taken to be in."""
    from pyproj import CRS

    base = CRS.from_user_input(projection).geodetic_crs
    return "cgcs2000" if base is not None and "2000" in base.name else "wgs84"


def moved_to_wgs84(
    shapes: NDArray[np.object_], declared: Declared, faults: dict[int, Remark]
) -> tuple[NDArray[np.object_], tuple[Remark, ...]]:
    """Return polygons in WGS-84 degrees and what has to be said of the conversion.

    Adds to `faults` what is no degrees (``out_of_range``, ``swapped``), and outlines that the
    conversion made cross themselves (``turned_invalid``). Positions with a fault are passed over.
    """
    remarks: list[Remark] = []
    moved = shapes
    if declared.projection is not None:
        moved, remarks = _unprojected(moved, declared.projection)
    _judge_degrees(moved, faults)
    good = np.array([i for i in range(len(moved)) if i not in faults], dtype=np.int64)
    moved = moved.copy()
    if declared.datum in ("gcj02", "bd09") and good.size:
        outside = np.zeros(good.size, dtype=bool)
        xy, owner = shapely.get_coordinates(moved[good], return_index=True)
        outside[owner[~in_china(xy[:, 0], xy[:, 1])]] = True
        if outside.any():
            fields = {"count": int(outside.sum()), "declared": declared.datum}
            remarks.append(("areas_outside_china", fields))
        moved[good] = shapely.set_coordinates(
            moved[good], np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], declared.datum))
        )
    if declared.projection is not None or declared.datum in ("gcj02", "bd09"):
        for i in good[~shapely.is_valid(moved[good])].tolist():
            faults[i] = ("turned_invalid", {})
    return moved, tuple(remarks)


def _unprojected(
    shapes: NDArray[np.object_], projection: str
) -> tuple[NDArray[np.object_], list[Remark]]:
    from pyproj import CRS, Transformer

    base = CRS.from_user_input(projection).geodetic_crs
    # Degrees of CGCS2000 are those of WGS-84 to well under a metre; PROJ calls it a guess.
    plain = base is not None and base.to_epsg() == _CGCS2000
    target = base if plain else CRS.from_epsg(4326)
    change = Transformer.from_crs(projection, target, always_xy=True)
    xy = shapely.get_coordinates(shapes)
    with np.errstate(invalid="ignore"):
        lonlat = np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    exact = plain or 0 <= change.accuracy <= _EXACT_M
    remarks: list[Remark] = [] if exact else [("areas_crs_inexact", {"crs": projection[:40]})]
    return shapely.set_coordinates(shapes.copy(), lonlat), remarks


def _judge_degrees(shapes: NDArray[np.object_], faults: dict[int, Remark]) -> None:
    """Find outlines whose numbers are no degrees, or are latitude first."""
    with np.errstate(invalid="ignore"):
        west, south, east, north = shapely.bounds(shapes).T
        valid = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    for i in np.flatnonzero(~valid).tolist():
        if i in faults:
            continue
        lon, lat = (west[i] + east[i]) / 2, (south[i] + north[i]) / 2
        code = "swapped" if bool(in_china(lat, lon)) else "out_of_range"
        faults[i] = (code, {"lon": f"{lon:.7g}", "lat": f"{lat:.7g}"})
