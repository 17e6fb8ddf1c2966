"""A picture of everybody: each photo finds its cell the moment it is approved, and the picture grows.

The cells are the target's; a photo stands in one cell and a cell holds one photo. A photo takes the free cell that
suits it best, then photos nearby in colour change places with it where both cells together gain: a few dozen swaps are
tried a photo, so the work stays bounded. `settle` does the same for the whole picture, as when it is full. The same
photos in the same order always stand the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.mosaic.colour import Floats
from kiosk.mosaic.features import ODD, WAVES

NOBODY = -1
SWAPS = 4  # photos that may move after one has come


class Full(Exception):
    """Every cell has its photo: make a finer grid, or withdraw one."""


class Collective:
    """`photos`: the id a cell, None where it is free. Costs are mean squares in Lab between a cell and its photo."""

    def __init__(self, wanted: Floats) -> None:
        """`wanted`: (cells, 27) numbers of the target's cells."""
        self.photos: list[str | None] = [None] * len(wanted)
        self._cells = _shaped(wanted)
        self._numbers = np.zeros_like(self._cells)  # of the photo in the cell
        self._cost = np.zeros(len(wanted), dtype=np.float32)
        self._free = np.ones(len(wanted), dtype=bool)
        self._place: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self._place

    def cell_of(self, photo_id: str) -> int:
        """Raises `KeyError`."""
        return self._place[photo_id]

    def cost(self) -> float:
        """The sum over all photos, as they stand."""
        return float(self._cost[~self._free].sum(dtype=np.float64))

    def costs(self, photos: Floats) -> Floats:
        """(photos, cells) of (photos, 27) numbers: what `settle` and an optimal assignment make small."""
        return np.stack([self._misfit(one) for one in _shaped(photos)])

    def add(self, photo_id: str, numbers: Floats) -> tuple[int, ...]:
        """The cells that changed, the photo's first. A photo that is here stays. Raises `Full`."""
        if photo_id in self._place:
            return ()
        if not self._free.any():
            raise Full("every cell has its photo: make the grid finer, or withdraw one")
        photo = _shaped(numbers[None])[0]
        changed = []
        free = int(np.where(self._free, self._misfit(photo), np.inf).argmin())
        self._stand(free, photo_id, photo)
        changed.append(free)
        cell = free
        for _ in range(SWAPS):
            other = self._better(cell)
            if other == NOBODY:
                break
            self._swap(cell, other)
            changed.append(other)
        return tuple(dict.fromkeys((self._place[photo_id], *changed)))

    def withdraw(self, photo_id: str) -> int | None:
        """The cell that is free again, or None if the photo was not here."""
        cell = self._place.pop(photo_id, None)
        if cell is None:
            return None
        self.photos[cell] = None
        self._free[cell], self._cost[cell] = True, 0
        self._numbers[cell] = 0
        return cell

    def settle(self, *, sweeps: int = 4, cells: Sequence[int] | None = None) -> list[tuple[int, int]]:
        """Swaps and moves to free cells that make the picture better, worst cells first; `sweeps` bounds the work."""
        done: list[tuple[int, int]] = []
        for _ in range(sweeps):
            before = len(done)
            order = np.argsort(-self._cost, kind="stable") if cells is None else np.asarray(cells)
            for cell in order.tolist():
                if not self._free[cell]:
                    other = self._better(cell)
                    if other != NOBODY:
                        self._swap(cell, other)
                        done.append((cell, other))
            if len(done) == before:
                break
        return done

    def _better(self, cell: int) -> int:
        """The cell to change with, empty or not, where both together gain most."""
        mine = self._misfit(self._numbers[cell])
        theirs = self._misfit_of_photos(cell)
        theirs[self._free] = 0
        gain = self._cost[cell] + self._cost - mine - theirs
        gain[cell] = 0
        best = int(gain.argmax())
        return best if gain[best] > 1e-3 * (1 + abs(float(self._cost[cell]))) else NOBODY

    def _misfit(self, photo: Floats) -> Floats:
        return np.asarray(((self._cells - photo) ** 2).sum(axis=1), dtype=np.float32)

    def _misfit_of_photos(self, cell: int) -> Floats:
        return np.asarray(((self._numbers - self._cells[cell]) ** 2).sum(axis=1), dtype=np.float32)

    def _swap(self, one: int, other: int) -> None:
        mine, theirs = self.photos[one], self.photos[other]
        numbers = self._numbers[one].copy(), self._numbers[other].copy()
        if mine is not None:
            self._stand(other, mine, numbers[0])
        if theirs is not None:
            self._stand(one, theirs, numbers[1])
        else:
            self.photos[one] = None
            self._free[one], self._cost[one], self._numbers[one] = True, 0, 0

    def _stand(self, cell: int, photo_id: str, photo: Floats) -> None:
        self.photos[cell] = photo_id
        self._place[photo_id] = cell
        self._free[cell] = False
        self._numbers[cell] = photo
        self._cost[cell] = ((self._cells[cell] - photo) ** 2).sum()


def _shaped(numbers: Floats) -> NDArray[np.float32]:
    """(rows, 27) weighted: the mean colour fully, fine waves less, as the eye blurs them."""
    weights = [1.0] * 3 + [float(np.exp(-0.09 * (u * u + v * v))) for u, v in WAVES]
    assert len(weights) == len(ODD)
    return np.ascontiguousarray(numbers * np.array(weights, dtype=np.float32))
