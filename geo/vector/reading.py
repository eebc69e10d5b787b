"""The gate: what a vector file is by its ending and its bytes, and whether it may be read."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import MissingFileError, RequestError, VectorError
from geo.stopping import scratch_folder
from geo.vector.archive import Member, members_of, unpack
from geo.vector.features import Features, Geometry, Remark, judge, refuse_wrong_kind
from geo.vector.geojson import cell, read_geojson
from geo.vector.geopackage import check_header, layers_in, pairs_in, strip_to
from geo.vector.limits import MAX_BYTES, Deadline
from geo.vector.ogr import Layer, read_layer
from geo.vector.shapefile import check_parts, codec_of, of_stem
from geo.vector.text import clip, unique

__all__ = ["SUFFIXES", "layers_of", "pairs_of", "read_features"]

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".zip")
_KINDS = ("points", "lines", "areas")
_STEM = "layer"  # of every private copy
# The .cpg is ours to read: GDAL would decode by it and drop what does not fit.
_CPG = "aside.cpg"


def read_features(
    path: str | os.PathLike[str], *, geometry: Geometry, layer: str | None = None
) -> Features:
    """Read the points, lines or areas of GeoJSON, a GeoPackage, a Shapefile or a zip of these.

    Features of another kind, without a position or with a broken one are faults, not refusals;
    only a file that has none of the kind at all is refused. Nothing is repaired, transformed or
    simplified: a polygon that crosses itself comes through as it is drawn.

    Parameters
    ----------
    path
        ``.geojson``, ``.json``, ``.gpkg``, ``.shp`` with its parts beside it, or ``.zip`` of
        Shapefiles.
    geometry
        ``points``, ``lines`` (also of several parts) or ``areas`` (polygons, of one part or
        several).
    layer
        Which layer (GeoPackage) or Shapefile (in a zip); to be named where there are several.

    Raises
    ------
    MissingFileError
        There is no such file.
    RequestError
        `geometry` is not known, or there is no such layer.
    VectorError
        The file is something else than its ending says, is damaged, empty or beyond the limits,
        or has several layers and none was named.
    """
    if geometry not in _KINDS:
        raise RequestError("kind_unknown", kind=clip(geometry), known=", ".join(_KINDS))
    where = Path(path)
    with _reading(where):
        if _suffix(where) in (".geojson", ".json"):
            features = read_geojson(where.read_bytes(), where, geometry)
            _choose(where, [features.layer], layer)
        elif _suffix(where) == ".gpkg":
            features = _read_geopackage(where, geometry, layer)
        else:
            features = _read_shapefile(where, geometry, layer)
    if not len(features):
        raise VectorError("vector_empty", path=str(where), layer=clip(features.layer))
    return features


def layers_of(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the layers that `read_features` can be asked for.

    Raises
    ------
    MissingFileError, VectorError
        As `read_features`.
    """
    where = Path(path)
    with _reading(where):
        if _suffix(where) == ".gpkg":
            with _copy(where) as copy:
                return layers_in(copy, where, Deadline())
        if _suffix(where) == ".zip":
            return list(_Shapefiles(where).layers)
        return [where.stem]


def pairs_of(path: str | os.PathLike[str], table: str) -> dict[str, str]:
    """Return the texts of a table ``key, value`` of a GeoPackage; empty where there is none.

    Raises
    ------
    MissingFileError, VectorError
        As `read_features`.
    """
    where = Path(path)
    with _reading(where), _copy(where) as copy:
        return pairs_in(copy, table, where, Deadline())


def _suffix(path: Path) -> str:
    return path.suffix.casefold()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Check that `path` is a file that may be read; make sentences of the system's refusals."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise VectorError("file_is_folder", path=str(path))
        if not stat.S_ISREG(info.st_mode):
            raise VectorError("file_not_regular", path=str(path))
        if _suffix(path) not in SUFFIXES:
            raise VectorError("vector_suffix", path=str(path), known=" ".join(SUFFIXES))
        if info.st_size == 0:
            raise VectorError("file_empty", path=str(path))
        _check_bytes(info.st_size, path)
        yield
    except (VectorError, RequestError):
        raise
    except FileNotFoundError as error:
        raise MissingFileError("file_missing", path=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        detail = getattr(error, "strerror", None) or str(error)
        raise VectorError("file_unreadable", path=str(path), detail=detail) from error


def _check_bytes(size: int, path: Path) -> None:
    if size > MAX_BYTES:
        raise VectorError("file_too_large", path=str(path), limit=MAX_BYTES // 1_000_000)


def _choose(path: Path, layers: list[str], asked: str | None) -> str:
    """Return the layer asked for, or the only one.

    Raises
    ------
    RequestError
        There is no such layer.
    VectorError
        There is none at all, or several and none was named.
    """
    if asked is not None:
        for layer in layers:
            if layer.casefold() == asked.strip().casefold():
                return layer
        raise RequestError("layer_unknown", path=str(path), layer=clip(asked), known=_list(layers))
    if not layers:
        raise VectorError("vector_no_layer", path=str(path))
    if len(layers) > 1:
        raise VectorError("layer_several", path=str(path), layers=_list(layers))
    return layers[0]


def _list(layers: list[str]) -> str:
    more = ["…"] if len(layers) > 20 else []
    return ", ".join([clip(layer) for layer in layers[:20]] + more)


# --- GeoPackage -------------------------------------------------------------------------------


@contextmanager
def _copy(path: Path) -> Iterator[Path]:
    """Give a private copy of a GeoPackage that may be changed."""
    check_header(path, path)
    for end in ("-wal", "-journal"):
        side = Path(f"{path}{end}")
        if side.exists() and side.stat().st_size > 0:
            raise VectorError("vector_in_use", path=str(path))
    with scratch_folder() as scratch:
        copy = scratch / f"{_STEM}.gpkg"
        shutil.copyfile(path, copy)
        yield copy


def _read_geopackage(path: Path, geometry: Geometry, asked: str | None) -> Features:
    deadline = Deadline()
    with _copy(path) as copy:
        layer = _choose(path, layers_in(copy, path, deadline), asked)
        rows = strip_to(copy, layer, path, deadline)
        found = read_layer(copy, layer, path, deadline, driver="GPKG", latin=False)
    if len(found.geometry) != rows:  # GDAL stops at a damaged page without a word
        raise VectorError("vector_damaged", path=str(path), detail=f"{len(found.geometry)}/{rows}")
    return _features(found, unique(found.headings), geometry, path, layer, "gpkg", "utf-8", ())


# --- Shapefile --------------------------------------------------------------------------------


class _Shapefiles:
    """The Shapefiles in a zip file, or the one whose .shp is named."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zipped = _suffix(path) == ".zip"
        self.members: dict[str, Member] = {}
        self.data = b""
        if self.zipped:
            self.data = path.read_bytes()
            self.members = {m.name: m for m in members_of(self.data, path)}
            names = [n for n, m in self.members.items() if not _is_of_a_mac(m)]
            shapes = [n for n in names if n.casefold().endswith(".shp")]
        else:
            names, shapes = os.listdir(path.parent), [path.name]
        stems = [shp[:-4] for shp in shapes]
        plain = [stem.rsplit("/", 1)[-1] for stem in stems]
        alone = len({name.casefold() for name in plain}) == len(plain)
        self.layers = {
            name: of_stem(names, shp)
            for name, shp in zip(plain if alone else stems, shapes, strict=True)
        }

    def take(self, layer: str, folder: Path) -> None:
        """Copy the parts of one Shapefile to `folder` under a name of ours."""
        parts = {
            folder / (_CPG if end == ".cpg" else f"{_STEM}{end}"): name
            for end, name in self.layers[layer].items()
        }
        if self.zipped:
            wanted = {place: self.members[name] for place, name in parts.items()}
            unpack(self.data, self.path, wanted)
            return
        total = 0
        for place, name in parts.items():
            source = self.path.parent / name
            info = source.stat()
            if not stat.S_ISREG(info.st_mode):
                raise VectorError("file_not_regular", path=str(source))
            total += info.st_size
            _check_bytes(total, self.path)
            shutil.copyfile(source, place)


def _is_of_a_mac(member: Member) -> bool:
    return "__MACOSX" in member.path.parts or member.path.name.startswith("._")


def _read_shapefile(path: Path, geometry: Geometry, asked: str | None) -> Features:
    deadline = Deadline()
    files = _Shapefiles(path)
    layer = _choose(path, list(files.layers), asked)
    with scratch_folder() as folder:
        files.take(layer, folder)
        check_parts(folder, _STEM, path, layer)
        shp = folder / f"{_STEM}.shp"
        found = read_layer(shp, _STEM, path, deadline, driver="ESRI Shapefile", latin=True)
        texts = [*found.headings, *_texts(found)]
        codec, said = codec_of(folder / _CPG, shp.with_suffix(".dbf"), texts, path)
    for values in found.columns:
        values[:] = [cell(codec.decode(v)) if isinstance(v, str) else v for v in values]
    headings = unique([codec.decode(heading) for heading in found.headings])
    remarks: tuple[Remark, ...] = ()
    if said is not None:
        remarks = (("cpg_overridden", {"said": clip(said), "encoding": codec.name}),)
    return _features(found, headings, geometry, path, layer, "shapefile", codec.name, remarks)


def _texts(found: Layer) -> list[str]:
    return [value for values in found.columns for value in values if isinstance(value, str)]


def _features(
    found: Layer,
    headings: list[str],
    geometry: Geometry,
    path: Path,
    layer: str,
    driver: str,
    encoding: str,
    warnings: tuple[Remark, ...],
) -> Features:
    import numpy as np

    faults = dict(found.faults)
    shapes = judge(found.geometry, geometry, faults)
    refuse_wrong_kind(len(shapes), faults, geometry, path)
    return Features(
        own=found.frame(headings),
        geometry=shapes,
        rows=np.arange(1, len(shapes) + 1, dtype=np.int64),
        faults=dict(sorted(faults.items())),
        crs=found.crs,
        driver="gpkg" if driver == "gpkg" else "shapefile",
        layer=layer,
        warnings=warnings,
        encoding=encoding,
    )
