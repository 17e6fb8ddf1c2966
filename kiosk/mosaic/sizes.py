"""Tiles in the sizes that were asked for, kept within a bound: a worker that is warm has most of them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from PIL import Image

from kiosk.mosaic.colour import Bytes

BYTES_MAX = 64_000_000


class Sizes:
    """By place in the library and size; the oldest go first."""

    def __init__(self) -> None:
        self._ready: dict[tuple[int, int, int], Bytes] = {}
        self._bytes = 0

    def get(self, slot: int, width: int, height: int) -> Bytes | None:
        """(height, width, 3), if it is here."""
        return self._ready.get((slot, width, height))

    def make(self, slot: int, tile: Bytes, width: int, height: int) -> Bytes:
        """The tile in that size, kept."""
        if tile.shape[:2] != (height, width):
            way = Image.Resampling.BOX if min(width, height) * 2 <= len(tile) else Image.Resampling.BICUBIC
            tile = np.asarray(Image.fromarray(np.ascontiguousarray(tile)).resize((width, height), way))
        else:
            tile = np.array(tile)
        self._ready[slot, width, height] = tile
        self._bytes += tile.nbytes
        while self._bytes > BYTES_MAX:
            self._bytes -= self._ready.pop(next(iter(self._ready))).nbytes
        return tile

    def drop(self, slots: Collection[int]) -> None:
        """Photos that are gone, in all sizes."""
        for key in [key for key in self._ready if key[0] in slots]:
            self._bytes -= self._ready.pop(key).nbytes
