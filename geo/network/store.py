"""A network on disk: one folder of arrays that opens by memory map, written atomically."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from geo.errors import MissingFileError, NetworkError, OutputError
from geo.network.model import FORMAT_VERSION, NetworkMeta, WalkNetwork

__all__ = ["is_network", "load_network", "save_network"]

HEAD = "network.json"
ARRAYS = (
    "node_lon",
    "node_lat",
    "node_osmid",
    "edge_u",
    "edge_v",
    "edge_length_m",
    "edge_flags",
    "edge_highway",
    "edge_name",
    "edge_name_en",
    "edge_way",
    "coord_ptr",
    "coords",
    "indptr",
    "arc_head",
    "arc_edge",
    "arc_forward",
)


def is_network(path: str | os.PathLike[str]) -> bool:
    """Return True when `path` is a folder that `save_network` wrote."""
    return (Path(path) / HEAD).is_file()


def save_network(network: WalkNetwork, path: str | os.PathLike[str]) -> None:
    """Write `network` to the folder `path`, replacing a network that is already there.

    The folder appears whole or not at all.

    Raises
    ------
    OutputError
        `path` holds something else, or cannot be written.
    """
    target = Path(path)
    if target.exists() and not is_network(target) and not _is_empty_folder(target):
        raise OutputError("network_in_the_way", path=target)
    staging: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        _write(network, staging)
        staging.chmod(0o777 & ~_umask())
        _swap(staging, target)
    except OSError as fault:
        raise OutputError("network_unwritable", path=target, detail=fault.strerror) from fault
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)


def load_network(path: str | os.PathLike[str]) -> WalkNetwork:
    """Open the network folder `path` by memory map.

    Raises
    ------
    MissingFileError
        There is no such folder.
    NetworkError
        The folder is not a network, is damaged, or has another format version.
    """
    folder = Path(path)
    if not folder.exists():
        raise MissingFileError("file_missing", path=folder)
    if not is_network(folder):
        raise NetworkError("network_missing", path=folder)
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        _check_version(head, folder)
        arrays = {name: _open(folder / f"{name}.npy") for name in ARRAYS}
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        water, barriers = (_read_blobs(folder, name) for name in ("water", "barrier"))
        meta = _meta(head["meta"])
    except NetworkError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise NetworkError("network_damaged", path=folder, detail=str(fault)) from fault
    network = WalkNetwork(
        meta=meta,
        **arrays,
        highways=tuple(head["highways"]),
        names=tuple(names),
        water_wkb=water,
        barrier_wkb=barriers,
        folder=str(folder),
    )
    _check_shapes(network, folder)
    return network


def _write(network: WalkNetwork, folder: Path) -> None:
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(network, name)))
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


def _open(path: Path) -> Any:
    # Copy-on-write and a plain view: read-only arrays and subclasses would each cost numba a
    # compilation of their own. Nothing ever writes to them, and the file could not change.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def _write_blobs(folder: Path, name: str, blobs: Sequence[bytes]) -> None:
    sizes = np.array([len(b) for b in blobs], dtype=np.int64)
    np.save(folder / f"{name}_size.npy", sizes)
    (folder / f"{name}.wkb").write_bytes(b"".join(blobs))


def _read_blobs(folder: Path, name: str) -> tuple[bytes, ...]:
    sizes = np.load(folder / f"{name}_size.npy", allow_pickle=False)
    data = (folder / f"{name}.wkb").read_bytes()
    stops = np.cumsum(sizes)
    if sizes.size and stops[-1] != len(data):
        raise ValueError(f"{name}.wkb has the wrong size")
    return tuple(data[stop - size : stop] for stop, size in zip(stops, sizes, strict=True))


def _meta(raw: dict[str, Any]) -> NetworkMeta:
    raw = dict(raw)
    raw["bbox"] = tuple(raw["bbox"])
    raw["flags"] = tuple(raw["flags"])
    raw["notes"] = tuple((name, value) for name, value in raw["notes"])
    return NetworkMeta(**raw)


def _check_version(head: dict[str, Any], folder: Path) -> None:
    version = head["format_version"]
    if version > FORMAT_VERSION:
        raise NetworkError("network_newer", path=folder, version=version, known=FORMAT_VERSION)
    if version < FORMAT_VERSION:
        raise NetworkError("network_older", path=folder, version=version)


def _check_shapes(network: WalkNetwork, folder: Path) -> None:
    """Refuse arrays that do not fit each other before a kernel reads past their ends."""
    n, m = network.n_nodes, network.n_edges
    fits = (
        network.indptr.size == n + 1
        and network.coord_ptr.size == m + 1
        and network.arc_head.size == network.arc_edge.size == network.arc_forward.size == 2 * m
        and int(network.indptr[-1]) == 2 * m
        and int(network.coord_ptr[-1]) == len(network.coords)
        and all(getattr(network, a).size == m for a in ARRAYS if a.startswith("edge_"))
        and network.node_lat.size == n
    )
    if not fits:
        raise NetworkError("network_damaged", path=folder, detail="array sizes disagree")


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
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    os.replace(target, old / "network")
    try:
        os.replace(staging, target)
    except OSError:
        os.replace(old / "network", target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
