"""Options that name reporting areas, and the reading of what they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import RequestError

if TYPE_CHECKING:
    from geo.areas import AreaTable

__all__ = ["AreaLayer", "AreaLevel", "Areas", "AreasDatum", "areas_of"]

Areas = Annotated[
    Path | None,
    typer.Option("--areas", help="统计区域 · districts, streets, parks: GeoJSON, GPKG, SHP zip."),
]
AreasDatum = Annotated[
    str | None,
    typer.Option("--areas-datum", help="区域坐标系 · datum of --areas, or a code: EPSG:4549."),
]
AreaLevel = Annotated[
    str | None,
    typer.Option("--area-level", help="未写层级的区域的层级 · level of areas that name none."),
]
AreaLayer = Annotated[
    str | None, typer.Option("--area-layer", help="GeoPackage 中的图层 · its layer in --areas.")
]


def areas_of(
    file: Path | None, datum: str | None, level: str | None, layer: str | None
) -> AreaTable | None:
    """Read reporting areas as a command names them; None where it names none.

    Raises
    ------
    RequestError
        An option speaks of areas that are not given.
    PlannerError
        What `geo.areas.read_areas` raises.
    """
    if file is None:
        options = {"--areas-datum": datum, "--area-level": level, "--area-layer": layer}
        for option, value in options.items():
            if value is not None:
                raise RequestError("areas_missing", option=option)
        return None
    from geo.areas import read_areas

    return read_areas(file, datum=datum, level=level, layer=layer)
