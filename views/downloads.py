"""Files to take away: written as the command line writes them, then held as bytes for a while."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from geo.coverage import Coverage
from geo.coverage.files import provenance_of, write_coverage
from geo.exports import OutputFolder, Provenance
from views.ask import CircleAsk
from views.shelf import Shelf
from views.sources import Ground

__all__ = ["FORMATS", "MIME", "file_name", "packed", "provenance", "written", "zipped"]

FORMATS = ("geojson", "gpkg", "csv")
MIME = {
    "geojson": "application/zip",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "application/zip",
    "html": "text/html",
}
MOST = 12
KEEP_S = 1800.0


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> Shelf[bytes]:
    return Shelf(MOST, KEEP_S)


def provenance(ground: Ground, ask: CircleAsk, datum: str, lang: str) -> Provenance:
    """Return the record that the files of a question carry; its `run_id` keeps their bytes."""
    return provenance_of(
        ask.request,
        ground.network,
        ground.stations,
        ground.demand,
        areas=ground.areas,
        datum_out=datum,
        more=(
            ("kinds", "、".join(ask.kinds)),
            ("facilities", "、".join(ask.facilities)),
            ("lang", lang),
        ),
    )


def file_name(kind: str, record: Provenance) -> str:
    """Return what a file is called; a datum that GIS programs do not expect is in its name."""
    shifted = f".{record.datum_out}" if record.datum_out in ("gcj02", "bd09") else ""
    ending = {"geojson": "geojson.zip", "csv": "csv.zip", "gpkg": "gpkg", "html": "html"}[kind]
    return f"hongtu-coverage-{record.run_id}{shifted}.{ending}"


def packed(kind: str, record: Provenance, lang: str, make: Callable[[], bytes]) -> bytes:
    """Return the bytes of a file, made once per run and language."""
    return _shelf().get((kind, record.run_id, lang), make)


def written(kind: str, result: Coverage, record: Provenance, lang: str) -> bytes:
    """Return a GeoPackage, or a zip of GeoJSON or of tables, each with ``run.json``.

    Raises
    ------
    OutputError
        There is no room for temporary files.
    """
    formats = () if kind == "csv" else (kind,)
    with tempfile.TemporaryDirectory(prefix="hongtu-") as place:
        target = Path(place) / "run"
        with OutputFolder(target, record) as out:
            out.summary.update(result.summary)
            write_coverage(result, out, formats=formats, lang=lang)
        if kind == "gpkg":
            return next(target.glob("*.gpkg")).read_bytes()
        return zipped(target)


def zipped(folder: Path) -> bytes:
    """Return the files of a folder as a zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as box:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                entry.compress_type = zipfile.ZIP_DEFLATED
                box.writestr(entry, path.read_bytes())
    return held.getvalue()
