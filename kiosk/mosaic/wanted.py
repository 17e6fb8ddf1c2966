"""What is asked of the matcher, what there is, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kiosk.mosaic.colour import Floats, lab_of_bytes
from kiosk.mosaic.grid import Whole
from kiosk.mosaic.problems import EmptyPool

SQUEEZE = 0.7  # of the target's range: a pool that has less gets a target that asks for less


@dataclass(frozen=True)
class Wishes:
    """`shift`: how far a tile's mean may be moved, of 255. `price`: of the second use, over the typical misfit."""

    shift: int = 24
    radius: int = 4
    seed: int = 1
    passes: int = 2
    price: float = 0.15
    mirrored: bool = True
    most: float = 8.0  # times as often as the average photo


@dataclass
class Matched:
    """`rows`: (cells,) of the pool; `mirrored`: (cells,); `shift`: (cells, 3) of 255; `relaxed`: cells a radius."""

    rows: Whole
    mirrored: NDArray[np.bool_]
    shift: NDArray[np.int16]
    radius: int
    relaxed: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What the cells of a grid ask for: (cells, 27) numbers and (cells, 3) means of 255."""

    numbers: Floats
    means: Floats


@dataclass(frozen=True)
class Pool:
    """What there is: (photos, 27) numbers and (photos, 3) means of 255."""

    numbers: Floats
    means: Floats

    def __len__(self) -> int:
        return len(self.numbers)


def toned(wanted: Wanted, pool: Pool, shift: int) -> tuple[Wanted, bool]:
    """What can be had of a target when the pool's photos are all much alike, all dark or all bright.

    Its range of brightness is squeezed into the pool's; an ordinary pool leaves the target as it is.
    """
    if not len(pool):
        raise EmptyPool
    low, high = np.percentile(wanted.means.mean(axis=1), (2, 98))
    floor, ceiling = np.percentile(pool.means.mean(axis=1), (2, 98))
    floor, ceiling = max(floor - shift, 0), min(ceiling + shift, 255)
    share = (ceiling - floor) / max(high - low, 1)
    if share > SQUEEZE or (floor <= low and ceiling >= high):
        return wanted, False
    means = np.asarray((wanted.means - low) * share + floor, dtype=np.float32)
    numbers = np.asarray(wanted.numbers * np.float32(share), dtype=np.float32)
    numbers[:, :3] = lab_of_bytes(means)
    return Wanted(numbers, means), True
