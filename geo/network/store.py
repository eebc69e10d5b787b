"""A network on disk: one folder of arrays that opens by memory map, written atomically."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import tokenize
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from geo import stopping
from geo.errors import MissingFileError, NetworkError, OutputError
from geo.network.build import network_digest
from geo.network.model import FORMAT_VERSION, Amendment, NetworkMeta, WalkNetwork

__all__ = ["is_network", "load_network", "save_network"]

HEAD = "network.json"
ARRAYS = {
    "node_lon": "f8",
    "node_lat": "f8",
    "node_osmid": "i8",
    "edge_u": "i4",
    "edge_v": "i4",
    "edge_length_m": "f8",
    "edge_flags": "u2",
    "edge_highway": "i4",
    "edge_name": "i4",
    "edge_name_en": "i4",
    "edge_way": "i8",
    "coord_ptr": "i8",
    "coords": "f8",
    "indptr": "i8",
    "arc_head": "i4",
    "arc_edge": "i4",
    "arc_forward": "?",
}
"""Columns of `WalkNetwork` that are kept, with their types; a kernel is compiled for these."""

CACHE = "cache"  # what other rooms derive from a network; goes when the network is replaced
_BLOBS = ("water", "barrier")
_OURS = frozenset(
    (
        HEAD,
        "names.json",
        CACHE,
        *(f"{name}.npy" for name in ARRAYS),
        *(f"{name}_size.npy" for name in _BLOBS),
        *(f"{name}.wkb" for name in _BLOBS),
    )
)


def is_network(path: str | os.PathLike[str]) -> bool:
    """Return True when `path` is a folder that `save_network` wrote."""
    return os.path.isfile(Path(path) / HEAD)  # unlike Path.is_file, never raises


def save_network(network: WalkNetwork, path: str | os.PathLike[str]) -> None:
    """Write `network` to the folder `path`, replacing a network that is already there.

    The folder appears whole or not at all; a symbolic link is followed.

    Raises
    ------
    OutputError
        `path` holds something else, or a network beside other files; or cannot be written.
    """
    staging: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        _check_target(target, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with stopping.whole():
            staging = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.", dir=target.parent))
            stopping.stage(staging)
        _write(network, staging)
        staging.chmod(0o777 & ~_umask())
        with stopping.whole():
            _swap(staging, target)
            stopping.settled(target)
    except OutputError:
        raise
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        detail = getattr(fault, "strerror", None) or str(fault)
        raise OutputError("network_unwritable", path=path, detail=detail) from fault
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
            stopping.forget(staging)


def _check_target(target: Path, path: str | os.PathLike[str]) -> None:
    """Refuse a place whose content would be lost: only networks and empty folders give way."""
    if not target.exists() or _is_empty_folder(target):
        return
    if not is_network(target):
        raise OutputError("network_in_the_way", path=path)
    others = sorted(entry.name for entry in target.iterdir() if entry.name not in _OURS)
    if others:
        raise OutputError("network_not_alone", path=path, first=others[0], count=len(others))


def load_network(path: str | os.PathLike[str], *, verify: bool = False) -> WalkNetwork:
    """Open the network folder `path` by memory map.

    Only arrays of indices and lengths are read, to check that no kernel can be led outside an
    array or round in circles; geometry stays on the disk until it is used.

    Parameters
    ----------
    path
        A folder written by `save_network`.
    verify
        Read everything and compare it with the digest, which finds every change.

    Raises
    ------
    MissingFileError
        There is no such folder.
    NetworkError
        The folder is not a network, is damaged, or has another format version.
    """
    folder = Path(path)
    if not os.path.exists(folder):
        raise MissingFileError("file_missing", path=folder)
    if not is_network(folder):
        raise NetworkError("network_missing", path=folder)
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        _check_version(head, folder)
        network = _read(folder, head)
        _check_sizes(network)
        _check_ranges(network)
        if verify and network_digest(network) != network.meta.digest:
            raise ValueError("digest")
    except _FAULTS as fault:
        if isinstance(fault, NetworkError):
            raise
        detail = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise NetworkError("network_damaged", path=folder, detail=detail) from fault
    return network


# What reading broken JSON and broken .npy headers raises, besides the plain faults.
_FAULTS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    SyntaxError,
    tokenize.TokenError,
)


def _read(folder: Path, head: dict[str, Any]) -> WalkNetwork:
    arrays = {name: _open(folder, name, kind) for name, kind in ARRAYS.items()}
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return WalkNetwork(
        meta=_meta(head["meta"]),
        **arrays,
        highways=_texts(head["highways"], "highways"),
        names=_texts(names, "names.json"),
        water_wkb=_read_blobs(folder, "water"),
        barrier_wkb=_read_blobs(folder, "barrier"),
        folder=str(folder),
    )


def _texts(raw: Any, what: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise ValueError(what)
    return tuple(raw)


def _write(network: WalkNetwork, folder: Path) -> None:
    for name, kind in ARRAYS.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(network, name), dtype=kind))
    _write_blobs(folder, "water", network.water_wkb)
    _write_blobs(folder, "barrier", network.barrier_wkb)
    (folder / "names.json").write_text(
        json.dumps(network.names, ensure_ascii=False), encoding="utf-8"
    )
    head = {
        "format_version": FORMAT_VERSION,
        "meta": asdict(network.meta),
        "highways": network.highways,
    }
    (folder / HEAD).write_text(json.dumps(head, ensure_ascii=False, indent=1), encoding="utf-8")


def _open(folder: Path, name: str, kind: str) -> Any:
    # Unlike np.load this opens .npy only, never an archive or a pickle.
    array = np.lib.format.open_memmap(folder / f"{name}.npy", mode="r")
    if array.dtype != kind or array.ndim != (2 if name == "coords" else 1):
        raise ValueError(f"{name}.npy")
    # A plain view of the map: ndarray subclasses cost numba a compilation of their own.
    return np.asarray(array)


def _write_blobs(folder: Path, name: str, blobs: Sequence[bytes]) -> None:
    sizes = np.array([len(b) for b in blobs], dtype=np.int64)
    np.save(folder / f"{name}_size.npy", sizes)
    (folder / f"{name}.wkb").write_bytes(b"".join(blobs))


def _read_blobs(folder: Path, name: str) -> tuple[bytes, ...]:
    with open(folder / f"{name}_size.npy", "rb") as file:
        sizes = np.lib.format.read_array(file, allow_pickle=False)
    data = (folder / f"{name}.wkb").read_bytes()
    if sizes.dtype != "i8" or sizes.ndim != 1 or (sizes < 0).any() or int(sizes.sum()) != len(data):
        raise ValueError(f"{name}.wkb")
    stops = np.cumsum(sizes)
    return tuple(data[stop - size : stop] for stop, size in zip(stops, sizes, strict=True))


def _meta(raw: dict[str, Any]) -> NetworkMeta:
    raw = dict(raw)
    west, south, east, north = (float(v) for v in raw["bbox"])
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("bbox")
    raw["bbox"] = (west, south, east, north)
    raw["flags"] = tuple(raw["flags"])
    raw["notes"] = tuple((name, value) for name, value in raw["notes"])
    raw["amendments"] = tuple(
        Amendment(**{**entry, "line": tuple((float(x), float(y)) for x, y in entry["line"])})
        for entry in raw.get("amendments", ())
    )
    return NetworkMeta(**raw)


def _check_version(head: dict[str, Any], folder: Path) -> None:
    version = head["format_version"]
    if version > FORMAT_VERSION:
        raise NetworkError("network_newer", path=folder, version=version, known=FORMAT_VERSION)
    if version < FORMAT_VERSION:
        raise NetworkError("network_older", path=folder, version=version)


def _check_sizes(network: WalkNetwork) -> None:
    """Refuse arrays that do not fit each other before a kernel reads past their ends."""
    n, m = network.n_nodes, network.n_edges
    for name in ARRAYS:
        size = len(getattr(network, name))
        expected = {
            "node": n, "edge": m, "arc": 2 * m, "coord": m + 1, "indptr": n + 1,
        }.get("" if name == "coords" else name.split("_", maxsplit=1)[0], size)  # fmt: skip
        if size != expected:
            raise ValueError(f"{name}.npy")
    if m == 0 or network.coords.shape[1] != 2:
        raise ValueError("coords.npy")


def _check_ranges(network: WalkNetwork) -> None:
    """Refuse indices that lead outside, and lengths that would send a search in circles.

    Written so that NaN fails: no comparison with it is true.
    """
    n, m = network.n_nodes, network.n_edges
    limits: dict[str, tuple[float, float]] = {
        "node_lon": (-180, 180),
        "node_lat": (-90, 90),
        "edge_u": (0, n - 1),
        "edge_v": (0, n - 1),
        "edge_length_m": (0, 1e8),
        "edge_highway": (0, len(network.highways) - 1),
        "edge_name": (-1, len(network.names) - 1),
        "edge_name_en": (-1, len(network.names) - 1),
        "arc_head": (0, n - 1),
        "arc_edge": (0, m - 1),
    }
    for name, (low, high) in limits.items():
        column = getattr(network, name)
        if not (column.min() >= low and column.max() <= high):
            raise ValueError(f"{name}.npy")
    for name, last, step in (("indptr", 2 * m, 0), ("coord_ptr", len(network.coords), 2)):
        ptr = getattr(network, name)
        if ptr[0] != 0 or ptr[-1] != last or (np.diff(ptr) < step).any():
            raise ValueError(f"{name}.npy")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _swap(staging: Path, target: Path) -> None:
    """Put `staging` in the place of `target`; the old one goes only after the new one stands."""
    if not target.exists():
        os.replace(staging, target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.old.", dir=target.parent))
    old = aside / "network"
    try:
        os.replace(target, old)
        os.replace(staging, target)
    except BaseException:  # Ctrl-C between the two must not lose the old one either
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise
    finally:
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
