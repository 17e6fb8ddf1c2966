"""The pool on disk: a tile and a record a photo, mapped into memory, written by one process and read by many.

    library.json  version, side of a tile, numbers a photo
    tiles.u8      (rows, 96, 96, 3) bytes
    records.bin   (rows,) of `RECORD`: state, id, means, numbers, check sum
    lock          held by the writer

A row is made in the order: record says WIPING, tile, record says LIVE, each on the disk before the next. A crash in
between leaves a row that readers ignore and the next writer wipes. A photo that goes is marked WIPING first, then its
tile is overwritten with zeros, then its row is FREE for another photo.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.features import NUMBERS, TILE, means_of, numbers_of_tile, tile_of
from kiosk.mosaic.picture import Source
from kiosk.mosaic.problems import LibraryForeign, LibraryTaken
from kiosk.mosaic.sizes import Sizes
from kiosk.mosaic.wanted import Pool

VERSION = 1
ID_BYTES = 160
FREE, WIPING, LIVE = 0, 1, 2
RECORD = np.dtype(
    [
        ("state", "u1"),
        ("id", f"S{ID_BYTES}"),
        ("means", "<f4", (3,)),
        ("numbers", "<f4", (NUMBERS,)),
        ("sum", "<u4"),
    ]
)
TILE_BYTES = TILE * TILE * 3
_HEAD = {"version": VERSION, "tile": TILE, "numbers": NUMBERS}


class Library:
    """What is in the pool, as of the last `refresh`. `pool` row n is the photo `ids[n]`."""

    ids: tuple[str, ...]
    pool: Pool

    def __init__(self, folder: Path) -> None:
        """Raises `LibraryForeign`. A folder without a library is an empty pool until a writer makes one."""
        self.folder = folder
        self.ids = ()
        self._sizes = Sizes()
        self._slots: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._tiles: Bytes = np.empty((0, TILE, TILE, 3), dtype=np.uint8)
        _check_head(folder)
        self.refresh()

    def __len__(self) -> int:
        return len(self.ids)

    def refresh(self) -> None:
        """See what other processes added and withdrew since."""
        before = zip(self._slots.tolist(), self.ids, strict=False)
        records = self._records()
        whole = [
            place for place in np.flatnonzero(records["state"] == LIVE).tolist() if _is_whole(records[place])
        ]
        self._slots = np.array(whole, dtype=np.intp)
        kept = records[self._slots]
        ids = tuple(one.decode() for one in kept["id"].tolist())
        if stale := set(before) - set(zip(whole, ids, strict=True)):
            self._sizes.drop({slot for slot, _ in stale})
        self.ids = ids
        self.pool = Pool(np.ascontiguousarray(kept["numbers"]), np.ascontiguousarray(kept["means"]))
        self._map(len(records))

    def tile(self, row: int) -> Bytes:
        """(96, 96, 3) of a row of `pool`, read from the disk's cache; zeros once the photo is withdrawn."""
        return np.asarray(self._tiles[self._slots[row]])

    def fitted(self, row: int, width: int, height: int) -> Bytes:
        """(height, width, 3) of a row of `pool`."""
        slot = int(self._slots[row])
        ready = self._sizes.get(slot, width, height)
        return self._sizes.make(slot, self.tile(row), width, height) if ready is None else ready

    def rows_of(self, ids: Iterable[str]) -> dict[str, int]:
        """The rows of those photos that are here."""
        wanted = set(ids)
        return {name: row for row, name in enumerate(self.ids) if name in wanted}

    def gone(self, rows: Iterable[int]) -> set[int]:
        """Which of these rows another process has withdrawn since the last `refresh`."""
        records = self._records()
        return {
            row
            for row in rows
            if records[self._slots[row]]["state"] != LIVE
            or records[self._slots[row]]["id"].decode() != self.ids[row]
        }

    def _records(self) -> NDArray[np.void]:
        """Whole records that have a whole tile."""
        try:
            data = (self.folder / "records.bin").read_bytes()
            tiles = (self.folder / "tiles.u8").stat().st_size // TILE_BYTES
        except FileNotFoundError:
            return np.empty(0, dtype=RECORD)
        count = min(len(data) // RECORD.itemsize, tiles)
        return np.frombuffer(data, dtype=RECORD, count=count)

    def _map(self, count: int) -> None:
        if count and count != len(self._tiles):
            shape = (count, TILE, TILE, 3)
            self._tiles = np.memmap(self.folder / "tiles.u8", dtype=np.uint8, mode="r", shape=shape)


class Writer(Library):
    """The one process that changes a library; a context manager. What it does is on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        """Makes the library if there is none and heals what a crash left. Raises `LibraryTaken`, `LibraryForeign`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise LibraryTaken(f"{folder} is written by another process: stop it, or read only") from None
        head = folder / "library.json"
        if not head.exists():
            head.write_text(json.dumps(_HEAD), encoding="utf-8")
        _check_head(folder)
        self._tile_file = os.open(folder / "tiles.u8", os.O_CREAT | os.O_RDWR, 0o600)
        self._record_file = os.open(folder / "records.bin", os.O_CREAT | os.O_RDWR, 0o600)
        self._free: list[int] = []
        self._heal()
        super().__init__(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the library back to other writers."""
        for file in (self._tile_file, self._record_file, self._lock):
            os.close(file)

    def add(self, photo_id: str, photo: Source) -> None:
        """One row; a photo that is here already is taken anew. Raises `UnreadablePicture`, `ValueError`."""
        self.add_tile(photo_id, tile_of(photo))

    def add_tile(self, photo_id: str, tile: Bytes, *, durable: bool = True) -> None:
        """A tile made elsewhere by `tile_of`; without `durable` a power cut may lose it, never tear it.

        Raises `ValueError` on an id that is empty, holds a NUL or has more than 160 bytes.
        """
        name = photo_id.encode()
        if not name or len(name) > ID_BYTES or b"\0" in name:
            raise ValueError(f"{photo_id[:40]!r} is no id: 1 to {ID_BYTES} bytes without NUL")
        self.withdraw(photo_id)
        slot = self._free.pop() if self._free else os.fstat(self._record_file).st_size // RECORD.itemsize
        record = np.zeros(1, dtype=RECORD)
        record["state"] = WIPING
        self._write_record(slot, record, durable=durable)
        self._write_tile(slot, np.ascontiguousarray(tile).tobytes(), durable=durable)
        record["state"], record["id"] = LIVE, name
        record["numbers"] = numbers_of_tile(tile)
        record["means"] = means_of(tile, across=1, down=1)[0]
        record["sum"] = _sum(record[0])
        self._write_record(slot, record, durable=durable)
        self._append(slot, photo_id, record)

    def withdraw(self, photo_id: str) -> bool:
        """Whether it was here. Its pixels and numbers are overwritten on the disk."""
        if photo_id not in self._place:
            return False
        row = self._place[photo_id]
        slot = int(self._slots[row])
        self._wipe(slot)
        self._sizes.drop({slot})
        self._free.append(slot)
        self._count_anew(np.delete(np.arange(len(self.ids)), row))
        return True

    def refresh(self) -> None:
        super().refresh()
        self._place = {name: row for row, name in enumerate(self.ids)}
        self._spare: Pool | None = None

    def _append(self, slot: int, photo_id: str, record: NDArray[np.void]) -> None:
        """The arrays grow by doubling, so that one photo touches one row."""
        count = len(self.ids)
        spare = self._spare
        if spare is None or len(spare) <= count:
            room = max(64, count * 2)
            spare = Pool(np.zeros((room, NUMBERS), np.float32), np.zeros((room, 3), np.float32))
            spare.numbers[:count], spare.means[:count] = self.pool.numbers, self.pool.means
            self._spare = spare
            slots = np.zeros(room, dtype=np.intp)
            slots[:count] = self._slots[:count]
            self._slots = slots
        elif len(self._slots) <= count:
            self._slots = np.resize(self._slots, len(spare))
        spare.numbers[count], spare.means[count] = record["numbers"][0], record["means"][0]
        self._slots[count] = slot
        self.pool = Pool(spare.numbers[: count + 1], spare.means[: count + 1])
        self.ids = (*self.ids, photo_id)
        self._place[photo_id] = count
        if slot >= len(self._tiles):
            self._map(os.fstat(self._tile_file).st_size // TILE_BYTES)

    def _count_anew(self, rows: NDArray[np.intp]) -> None:
        self._slots = self._slots[rows]
        self.ids = tuple(self.ids[row] for row in rows.tolist())
        self.pool = Pool(self.pool.numbers[rows], self.pool.means[rows])
        self._place = {name: row for row, name in enumerate(self.ids)}
        self._spare = None

    def _wipe(self, slot: int) -> None:
        record = np.zeros(1, dtype=RECORD)
        record["state"] = WIPING
        self._write_record(slot, record, durable=True)
        self._write_tile(slot, bytes(TILE_BYTES), durable=True)
        record["state"] = FREE
        self._write_record(slot, record, durable=True)

    def _write_tile(self, slot: int, data: bytes, *, durable: bool) -> None:
        os.pwrite(self._tile_file, data, slot * TILE_BYTES)
        if durable:
            os.fdatasync(self._tile_file)

    def _write_record(self, slot: int, record: NDArray[np.void], *, durable: bool) -> None:
        os.pwrite(self._record_file, record.tobytes(), slot * RECORD.itemsize)
        if durable:
            os.fdatasync(self._record_file)

    def _heal(self) -> None:
        """Wipe rows that are neither live nor free, and cut what was torn off at the end."""
        data = os.pread(self._record_file, os.fstat(self._record_file).st_size, 0)
        count = len(data) // RECORD.itemsize
        os.ftruncate(self._record_file, count * RECORD.itemsize)
        os.ftruncate(self._tile_file, count * TILE_BYTES)
        for slot, record in enumerate(np.frombuffer(data, dtype=RECORD, count=count)):
            if record["state"] != FREE and not (record["state"] == LIVE and _is_whole(record)):
                self._wipe(slot)
            if record["state"] != LIVE or not _is_whole(record):
                self._free.append(slot)


def _sum(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[: RECORD.itemsize - 4])


def _is_whole(record: np.void) -> bool:
    return _sum(record) == int(record["sum"])


def _check_head(folder: Path) -> None:
    path = folder / "library.json"
    if not path.exists():
        return
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        head = None
    if head != _HEAD:
        raise LibraryForeign(f"{path} is of another version: remove the folder, and the pool is made again")
