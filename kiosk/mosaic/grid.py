"""How a picture is divided: even cells, or finer ones on faces and coarser ones far from them.

A grid is `across` × `across` base cells. With faces, a base cell is cut into 2 × 2 on the face, 3 × 3 on eyes and mouth,
and four are joined into one far behind. Cells are square; places and sides are in units, the same across and down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.mosaic.faces import Face

Whole = NDArray[np.int32]

BASE = 6  # units of a base cell when there are finer or coarser ones: divisible by two and three
FINEST_PX = 5  # no cell gets smaller than this in the output
COARSE_FROM = 2.8  # radii of the face: cells further away may be joined


@dataclass(frozen=True)
class Grid:
    """`boxes`: (cells, 3) of left, top and side in units, finest cells first. `levels`: side and slice of each size.

    `owner`: (units, units), which cell stands there. `weight`: (cells,), how much a cell matters; faces matter most.
    """

    across: int
    units: int
    boxes: Whole
    levels: tuple[tuple[int, slice], ...]
    owner: Whole
    weight: NDArray[np.float32]

    def rectangles(self, size_px: int) -> Whole:
        """(cells, 4): left, top, right, bottom in pixels; they cover the picture without gap or overlap."""
        edges = np.round(np.arange(self.units + 1) * size_px / self.units).astype(np.int32)
        left, top, side = self.boxes.T
        return np.stack([edges[left], edges[top], edges[left + side], edges[top + side]], axis=1)


def even(across: int) -> Grid:
    """All cells alike, row by row."""
    place = np.arange(across, dtype=np.int32)
    top, left = np.meshgrid(place, place, indexing="ij")
    boxes = np.stack([left.ravel(), top.ravel(), np.ones(across**2, np.int32)], axis=1)
    owner = np.arange(across**2, dtype=np.int32).reshape(across, across)
    weight = np.ones(across**2, dtype=np.float32)
    return Grid(across, across, boxes, ((1, slice(0, across**2)),), owner, weight)


def around(across: int, faces: Sequence[Face], *, size_px: int, circle: bool = False) -> Grid:
    """Finer where faces are. Without a face the even grid; `circle` keeps the corners, which profiles cut off, coarse."""
    if not faces:
        return even(across)
    cuts = _cuts(across, faces, size_px)
    joined = _joined(cuts, across, faces, circle=circle)
    boxes: list[Whole] = []
    for cut in (3, 2, 1):
        rows, columns = np.nonzero((cuts == cut) & ~joined)
        side = BASE // cut
        steps = np.arange(cut) * side
        top = (rows[:, None, None] * BASE + steps[None, :, None] + 0 * steps[None, None, :]).ravel()
        left = (columns[:, None, None] * BASE + steps[None, None, :] + 0 * steps[None, :, None]).ravel()
        order = np.lexsort((left, top))
        boxes.append(np.stack([left, top, np.full(len(top), side)], axis=1)[order].astype(np.int32))
    rows, columns = np.nonzero(joined[::2, ::2])
    wide = np.full(len(rows), BASE * 2)
    boxes.append(np.stack([columns * BASE * 2, rows * BASE * 2, wide], axis=1).astype(np.int32))
    return _grid(across, boxes, faces)


def _grid(across: int, boxes: list[Whole], faces: Sequence[Face]) -> Grid:
    whole = np.concatenate(boxes)
    owner = np.empty((across * BASE, across * BASE), dtype=np.int32)
    for number, (left, top, side) in enumerate(whole.tolist()):
        owner[top : top + side, left : left + side] = number
    levels, start = [], 0
    for part in boxes:
        if len(part):
            levels.append((int(part[0, 2]), slice(start, start + len(part))))
            start += len(part)
    middle = (whole[:, :2] + whole[:, 2:] / 2) / (across * BASE)
    near = np.min([_radii(middle[:, 0], middle[:, 1], face) for face in faces], axis=0)
    weight = np.where(near < 1, 2.0, 1.0).astype(np.float32)
    return Grid(across, across * BASE, whole, tuple(levels), owner, weight)


def _cuts(across: int, faces: Sequence[Face], size_px: int) -> NDArray[np.int8]:
    place = (np.arange(across) + 0.5) / across
    x, y = np.meshgrid(place, place)
    cuts = np.ones((across, across), dtype=np.int8)
    finest = max(1, size_px // (across * FINEST_PX))
    for face in faces:
        if finest >= 2:
            cuts[_radii(x, y, face) < 1] = 2
        if finest >= 3:
            for left, top, right, bottom in face.details:
                inside = (x > left) & (x < right) & (y > top) & (y < bottom)
                cuts[inside] = 3
    return cuts


def _joined(cuts: NDArray[np.int8], across: int, faces: Sequence[Face], *, circle: bool) -> NDArray[np.bool_]:
    """Which base cells are part of a joined one: whole blocks of four, far from every face."""
    place = (np.arange(across) + 0.5) / across
    x, y = np.meshgrid(place, place)
    far: NDArray[np.bool_] = np.min([_radii(x, y, face) for face in faces], axis=0) > COARSE_FROM
    if circle:
        far |= (x - 0.5) ** 2 + (y - 0.5) ** 2 > 0.25
    far &= cuts == 1
    half = across // 2
    blocks = far[: half * 2, : half * 2].reshape(half, 2, half, 2).all(axis=(1, 3))
    joined = np.zeros((across, across), dtype=bool)
    joined[: half * 2, : half * 2] = blocks.repeat(2, axis=0).repeat(2, axis=1)
    return joined


def _radii(x: NDArray[np.float64], y: NDArray[np.float64], face: Face) -> NDArray[np.float64]:
    """How far a place is from a face's middle; one is the edge of the head."""
    wide, high = face.width * 0.62, face.height * 0.78
    return np.asarray(np.hypot((x - face.x) / wide, (y - face.y) / high))
