"""Tiles into pixels, a band of rows at a time, straight into the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.grid import Whole
from kiosk.mosaic.wanted import Matched


class Tiles(Protocol):
    """Where tiles come from: a `Library`, or whatever has them."""

    def fitted(self, row: int, width: int, height: int) -> Bytes:
        """(height, width, 3) of a row of the pool."""


class Brush:
    """Paints cells of one mosaic."""

    def __init__(self, tiles: Tiles, rectangles: Whole, matched: Matched) -> None:
        self._tiles, self._rectangles, self._matched = tiles, rectangles, matched

    def paint(self, canvas: Bytes, *, bands: int = 40) -> Iterator[tuple[int, int]]:
        """All cells, from the top; yields the rows of pixels that are finished, first and one past the last."""
        starts = _starts(self._rectangles, bands)
        order = np.lexsort((self._rectangles[:, 0], self._rectangles[:, 1]))
        tops = self._rectangles[order, 1]
        for first, last in pairwise(starts):
            inside = order[np.searchsorted(tops, first) : np.searchsorted(tops, last)]
            self.lay(canvas, inside.tolist())
            _shift(canvas[first:last], first, self._rectangles[inside], self._matched.shift[inside])
            yield first, last

    def repaint(self, canvas: Bytes, cells: Iterable[int]) -> None:
        """These cells alone."""
        chosen = list(cells)
        self.lay(canvas, chosen)
        for cell in chosen:
            left, top, right, bottom = self._rectangles[cell].tolist()
            window = canvas[top:bottom, left:right]
            moved = window.astype(np.int16) + self._matched.shift[cell]
            window[...] = np.clip(moved, 0, 255)

    def lay(self, canvas: Bytes, cells: list[int]) -> None:
        """The photos as they are, without a shift."""
        boxes = self._rectangles[cells].tolist()
        rows = self._matched.rows[cells].tolist()
        mirrored = self._matched.mirrored[cells].tolist()
        fitted = self._tiles.fitted
        for (left, top, right, bottom), row, turned in zip(boxes, rows, mirrored, strict=True):
            tile = fitted(row, right - left, bottom - top)
            canvas[top:bottom, left:right] = tile[:, ::-1] if turned else tile


def ghost(canvas: Bytes, target: Image.Image, strength: float) -> None:
    """Lay the target over the mosaic. It is off unless somebody asks, and the result's data say how much."""
    side = (canvas.shape[1], canvas.shape[0])
    over = target if target.size == side else target.resize(side, Image.Resampling.BICUBIC)
    for top in range(0, len(canvas), 256):
        band = canvas[top : top + 256]
        upper = np.asarray(over.crop((0, top, side[0], top + len(band))), dtype=np.float32)
        band[...] = np.rint(band * np.float32(1 - strength) + upper * np.float32(strength))


def _starts(rectangles: Whole, bands: int) -> list[int]:
    """Rows of pixels that no cell crosses, about `bands` of them, with the first and the last."""
    tops = np.unique(rectangles[:, 1])
    bottom = int(rectangles[:, 3].max())
    crossed = np.zeros(bottom + 2, dtype=np.int32)
    np.add.at(crossed, rectangles[:, 1] + 1, 1)
    np.add.at(crossed, rectangles[:, 3], -1)
    free = tops[np.cumsum(crossed)[tops] == 0]
    wanted = np.linspace(0, bottom, bands, endpoint=False)
    chosen = free[np.minimum(np.searchsorted(free, wanted), len(free) - 1)]
    return [*np.unique(np.r_[0, chosen]).tolist(), bottom]


def _shift(band: Bytes, first: int, rectangles: Whole, shift: NDArray[np.int16]) -> None:
    """Saturating, a run of rows with the same cells at a time: whole lines, which the processor adds in wide steps."""
    if not shift.any():
        return
    edges = np.unique(np.r_[rectangles[:, 1], rectangles[:, 3]])
    for top, bottom in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        here = np.flatnonzero((rectangles[:, 1] <= top) & (rectangles[:, 3] > top))
        here = here[np.argsort(rectangles[here, 0])]
        line = np.repeat(shift[here], rectangles[here, 2] - rectangles[here, 0], axis=0).ravel()
        up = np.maximum(line, 0).astype(np.uint8)
        down = np.maximum(-line, 0).astype(np.uint8)
        rows = band[top - first : bottom - first].reshape(bottom - top, -1)
        np.minimum(rows, 255 - up, out=rows)
        np.add(rows, up, out=rows)
        np.maximum(rows, down, out=rows)
        np.subtract(rows, down, out=rows)
