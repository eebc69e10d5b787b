"""The lattice: cells of the study area, each snapped once to its edge position; sparse tiles.

Cell (i, j) has its centre at ((i + ½)·cell, (j + ½)·cell) in the metric CRS, so lattices of one
network and size always agree. Tiles of 64 × 64 cells are made where stations need them and kept
beside the network, keyed by network digest, cell, access limit and edge set (settled question 13).
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo import stopping
from geo.errors import RequestError
from geo.network.model import FloatArray, WalkNetwork
from geo.snapping import SnapIndex, snap

__all__ = ["TILE", "Lattice", "Window", "tiles_around"]

log = logging.getLogger(__name__)

TILE = 64
MIN_CELL_M, MAX_CELL_M = 5.0, 200.0
CELL_DTYPE = np.dtype([("edge", np.int32), ("share", np.float32), ("access_m", np.float32)])
CELL_WORDS = CELL_DTYPE.itemsize // 4
LATTICE_VERSION = 3
Key = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Window:
    """A rectangle of cells: (rows, columns), south first.

    Attributes
    ----------
    x, y
        Cell centres, metres in the metric CRS.
    cells
        (rows, columns) `CELL_DTYPE`: edge (-1: none within reach), share, access_m.
    """

    x: FloatArray
    y: FloatArray
    cells: npt.NDArray[np.void]


@dataclass(eq=False)
class Lattice:
    """Snapped cells of one network, cell size, access limit and edge set.

    Cells are snapped a little further than `max_access_m`, so that the limit itself can be
    contoured. Cells on water are snapped across it: the water is cut out of the polygons later,
    and the field must not end a cell short of the bank.
    """

    network: WalkNetwork
    index: SnapIndex
    cell_m: float
    max_access_m: float
    folder: Path | None = None
    _tiles: dict[Key, npt.NDArray[np.void]] = field(default_factory=dict)
    _loaded: bool = False

    def __post_init__(self) -> None:
        if not MIN_CELL_M <= self.cell_m <= MAX_CELL_M:
            raise RequestError("cell_size", cell=self.cell_m, low=MIN_CELL_M, high=MAX_CELL_M)
        if self.folder is None and self.network.folder:
            self.folder = Path(self.network.folder) / "cache" / f"lattice-{self.key}"

    @property
    def key(self) -> str:
        """Names everything the cells depend on."""
        return (
            f"v{LATTICE_VERSION}-{self.network.meta.digest[:16]}-{self.index.edges_digest}"
            f"-c{self.cell_m:g}-a{self.max_access_m:g}"
        )

    @property
    def snap_reach_m(self) -> float:
        """How far cells are snapped, metres."""
        return self.max_access_m + 2.0 * self.cell_m

    def prepare(
        self, keys: Iterable[Key], on_progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Make the tiles that are not there yet; return how many were made."""
        self._load()
        missing = sorted(set(keys) - self._tiles.keys())
        if not missing:
            return 0
        made: list[npt.NDArray[np.void]] = []
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for tile in pool.map(self._make, missing):
                made.append(tile)
                if on_progress:
                    on_progress(len(made), len(missing))
        self._tiles.update(zip(missing, made, strict=True))
        self._save(missing, made)
        return len(missing)

    def window(self, west: float, south: float, east: float, north: float) -> Window:
        """Return the cells whose centres are in the box, and a ring around; unmade tiles empty."""
        i0, i1 = int(np.floor(west / self.cell_m)) - 1, int(np.floor(east / self.cell_m)) + 1
        j0, j1 = int(np.floor(south / self.cell_m)) - 1, int(np.floor(north / self.cell_m)) + 1
        cells = np.zeros((j1 - j0 + 1, i1 - i0 + 1, CELL_WORDS), dtype=np.int32)
        cells[:, :, 0] = -1
        for tj in range(j0 // TILE, j1 // TILE + 1):
            for ti in range(i0 // TILE, i1 // TILE + 1):
                tile = self._tiles.get((ti, tj))
                if tile is None:
                    continue
                a, b = max(i0, ti * TILE), min(i1, ti * TILE + TILE - 1)
                c, d = max(j0, tj * TILE), min(j1, tj * TILE + TILE - 1)
                cells[c - j0 : d - j0 + 1, a - i0 : b - i0 + 1] = _words(tile)[
                    c - tj * TILE : d - tj * TILE + 1, a - ti * TILE : b - ti * TILE + 1
                ]
        x: FloatArray = np.arange(i0 + 0.5, i1 + 1.0) * np.float64(self.cell_m)
        y: FloatArray = np.arange(j0 + 0.5, j1 + 1.0) * np.float64(self.cell_m)
        return Window(x, y, cells.view(CELL_DTYPE)[:, :, 0])

    def _make(self, key: Key) -> npt.NDArray[np.void]:
        side = np.arange(TILE) + 0.5
        x, y = np.meshgrid(
            (key[0] * TILE + side) * self.cell_m, (key[1] * TILE + side) * self.cell_m
        )
        xy = np.column_stack([x.ravel(), y.ravel()])
        wet = self.index.water.holds(xy)
        tile = np.zeros(TILE * TILE, dtype=CELL_DTYPE)
        for cells, minded in ((~wet, True), (wet, False)):
            found = snap(self.index, xy[cells], self.snap_reach_m, mind_barriers=minded)
            tile["edge"][cells], tile["share"][cells] = found.edge, found.share
            tile["access_m"][cells] = found.access_m
        return tile.reshape(TILE, TILE)

    def _load(self) -> None:
        if self._loaded or self.folder is None:
            return
        self._loaded = True
        for path in sorted(self.folder.glob("tiles-*.npy")):
            try:
                batch = np.load(path, mmap_mode="r", allow_pickle=False)
                keys = np.load(path.with_name(path.name.replace("tiles-", "keys-")))
            except (OSError, ValueError) as fault:
                log.info("lattice cache %s is not used: %s", path, fault)
                continue
            if batch.dtype != CELL_DTYPE or batch.shape != (len(keys), TILE, TILE):
                continue
            cells = np.asarray(batch)
            self._tiles.update({(int(a), int(b)): cells[i] for i, (a, b) in enumerate(keys)})

    def _save(self, keys: list[Key], tiles: list[npt.NDArray[np.void]]) -> None:
        """Add a batch beside the network. A cache that cannot be written is only slower."""
        if self.folder is None:
            return
        try:
            with stopping.whole():
                self._write(self.folder, keys, tiles)
        except OSError as fault:
            log.warning("the lattice cache in %s cannot be written: %s", self.folder, fault)

    @staticmethod
    def _write(folder: Path, keys: list[Key], tiles: list[npt.NDArray[np.void]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="new-", suffix=".npy", dir=folder)
        os.close(handle)
        stem = Path(name).name.removeprefix("new-")
        np.save(folder / f"keys-{stem}", np.array(keys, dtype=np.int64))
        np.save(name, np.stack(tiles))
        os.replace(name, folder / f"tiles-{stem}")


def _words(tile: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
    """Return cells as plain numbers, the edge first: these copy eight times as fast."""
    return tile.view(np.int32).reshape(*tile.shape, CELL_WORDS)


def tiles_around(xy: FloatArray, radius_m: float, cell_m: float) -> set[Key]:
    """Return the tiles that discs of `radius_m` around (s, 2) points touch."""
    side = TILE * cell_m
    keys: set[Key] = set()
    for x, y in xy:
        i0, i1 = int((x - radius_m) // side), int((x + radius_m) // side)
        j0, j1 = int((y - radius_m) // side), int((y + radius_m) // side)
        for i in range(i0, i1 + 1):
            dx = max(i * side - x, 0.0, x - (i + 1) * side)
            for j in range(j0, j1 + 1):
                dy = max(j * side - y, 0.0, y - (j + 1) * side)
                if dx * dx + dy * dy <= radius_m * radius_m:
                    keys.add((i, j))
    return keys
