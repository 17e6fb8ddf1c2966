"""Which photo stands in which cell.

Cells of one size are visited in k² classes, k = radius + 1: two cells of a class are further apart than the radius, so
a whole class is decided by one matrix product, with the photos that stand nearby masked out. What a cell asks for is
moved by the errors of its neighbours, as much as the eye's blur mixes them, so that the picture is right from afar where
no single photo is; a second pass gives every cell the chance to answer to all of its neighbours. A price on use spreads
the pool. Deterministic for a seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.mosaic.colour import Floats, lab_of_bytes
from kiosk.mosaic.features import ODD, WAVES
from kiosk.mosaic.grid import Grid, Whole
from kiosk.mosaic.problems import EmptyPool
from kiosk.mosaic.wanted import Matched, Pool, Wanted, Wishes

NOBODY = -1
BLUR = 0.55  # of a cell: the eye's, in `_mix`
ROUNDS = 4  # in a class, in which a photo is given once only
FAR = np.float32(1e6)


def match(grid: Grid, wanted: Wanted, pool: Pool, wishes: Wishes) -> Matched:
    """Raises `EmptyPool`."""
    if not len(pool):
        raise EmptyPool
    matcher = Matcher(grid, wanted, pool, wishes)
    for number in range(wishes.passes):
        for cells in matcher.classes():
            matcher.decide(cells, again=number > 0)
    return matcher.matched()


class Matcher:
    """One mosaic being matched; `rematch` decides some of its cells anew."""

    def __init__(self, grid: Grid, wanted: Wanted, pool: Pool, wishes: Wishes) -> None:
        self.grid, self.wanted, self.pool, self.wishes = grid, wanted, pool, wishes
        self.radius = _feasible(wishes.radius, len(pool))
        self.relaxed: dict[int, int] = {}
        count = len(grid.boxes)
        self.rows = np.full(count, NOBODY, dtype=np.int32)
        self.mirrored = np.zeros(count, dtype=bool)
        self.shift = np.zeros((count, 3), dtype=np.float32)
        self._error = np.zeros((count, 3), dtype=np.float32)
        self._beside, self._mix = _neighbours(grid)
        self._random = np.random.default_rng(wishes.seed)
        self._weigh()

    def _weigh(self) -> None:
        weights = _weights(self.wishes.shift)
        self._colour_weight = weights[:3]
        shape = self.wanted.numbers * weights
        photos = self.pool.numbers * weights
        plain = ~ODD
        self._cells = np.ascontiguousarray(shape[:, plain]), np.ascontiguousarray(shape[:, ODD])
        self._photos = np.ascontiguousarray(photos[:, plain].T), np.ascontiguousarray(photos[:, ODD].T)
        noise = self._random.random(len(photos), dtype=np.float32) * np.float32(0.01)
        self._half = (photos**2).sum(axis=1) / 2 + noise
        self.uses = np.zeros(len(photos), dtype=np.int32)
        average = len(self.grid.boxes) / len(photos)
        self._most = int(np.ceil(self.wishes.most * max(average, 0.125)))
        self._step = np.float32(0)
        sample = self._random.permutation(len(shape))[:256]
        scores = self._scores(sample, shape[sample][:, plain])
        norms = (shape[sample] ** 2).sum(axis=1) / 2
        best = np.maximum(norms - scores.max(axis=1), 0.1)
        self._step = np.float32(self.wishes.price * float(np.median(best)) / max(average, 1) * 4)

    def classes(self) -> Iterator[NDArray[np.intp]]:
        """The cells, a class at a time: finest first, and the heavier half of the classes' cells before the others."""
        step = self.radius + 1
        for side, cells in self.grid.levels:
            left, top = self.grid.boxes[cells, 0] // side, self.grid.boxes[cells, 1] // side
            group = (top % step) * step + left % step
            for one in self._random.permutation(step * step):
                found = np.flatnonzero(group == one) + cells.start
                if len(found):
                    yield found

    def decide(self, cells: NDArray[np.intp], *, again: bool) -> None:
        """Cells of one class and size. `again`: they give back what they have first."""
        if again:
            np.subtract.at(self.uses, self.rows[cells], 1)
            self.rows[cells] = NOBODY
        colour = self.wanted.numbers[cells, :3] + self._pull(cells)
        plain = self._cells[0][cells]
        plain[:, :3] = colour * self._colour_weight
        scores = self._scores(cells, plain)
        self._forbid(cells, scores)
        self._settle(cells, scores)
        self._colour(cells)

    def rematch(
        self, rows: Whole, mirrored: NDArray[np.bool_], shift: Floats, banned: Sequence[int]
    ) -> Matched:
        """Decide the cells whose row is negative; the others stay as they are. `banned` rows are not chosen."""
        self.rows[:], self.mirrored[:] = rows, mirrored
        kept = np.flatnonzero(rows >= 0)
        self._colour(kept)
        self.mirrored[kept], self.shift[kept] = mirrored[kept], shift[kept]
        self.uses += np.bincount(rows[kept], minlength=len(self.uses)).astype(np.int32)
        self._half[list(banned)] = FAR * 2
        empty = rows < 0
        for cells in self.classes():
            if empty[cells].any():
                self.decide(cells[empty[cells]], again=False)
        return self._told()

    def matched(self) -> Matched:
        self._polish()
        return self._told()

    def _told(self) -> Matched:
        shift = np.rint(self.shift).astype(np.int16)
        return Matched(self.rows, self.mirrored, shift, self.radius, dict(self.relaxed))

    def _scores(self, cells: NDArray[np.intp], plain: Floats) -> Floats:
        """(cells, photos): greater is better; a photo and its mirror image share a column."""
        scores = plain @ self._photos[0]
        odd = self._cells[1][cells] @ self._photos[1]
        scores += np.abs(odd, out=odd) if self.wishes.mirrored else odd
        scores -= self._half + self._step * self.uses
        full = self.uses >= self._most
        if full.any() and not full.all():
            scores[:, full] -= FAR / 4
        return np.asarray(scores, dtype=np.float32)

    def _pull(self, cells: NDArray[np.intp]) -> Floats:
        beside = self._beside[cells]
        return np.asarray(np.einsum("cn,cnk->ck", self._mix[cells], self._error[beside], optimize=False))

    def _forbid(self, cells: NDArray[np.intp], scores: Floats) -> None:
        """Photos within the radius lose; where that leaves nobody, the ring is drawn in for these cells alone."""
        side = int(self.grid.boxes[cells[0], 2])
        open_cells = np.arange(len(cells))
        for radius in range(self.radius, 0, -1):
            places, near = self._near(cells[open_cells], side, radius)
            taken = scores[open_cells]
            taken[places, near] -= FAR
            blocked = taken.max(axis=1) < -FAR / 2
            scores[open_cells[~blocked]] = taken[~blocked]
            if not blocked.any():
                return
            open_cells = open_cells[blocked]
            self.relaxed[radius - 1] = self.relaxed.get(radius - 1, 0) + len(open_cells)

    def _near(self, cells: NDArray[np.intp], side: int, radius: int) -> tuple[NDArray[np.intp], Whole]:
        """Pairs of a cell's place in `cells` and a row of the pool that stands within `radius` of its own sides."""
        grid = self.grid
        step = min(one for one, _ in grid.levels)
        reach = radius * side
        offsets = np.arange(-reach, side + reach, step)
        left, top = grid.boxes[cells, 0], grid.boxes[cells, 1]
        x, y = left[:, None] + offsets, top[:, None] + offsets
        inside = ((y >= 0) & (y < grid.units))[:, :, None] & ((x >= 0) & (x < grid.units))[:, None, :]
        owner = grid.owner[
            np.clip(y, 0, grid.units - 1)[:, :, None], np.clip(x, 0, grid.units - 1)[:, None, :]
        ]
        rows = np.where(inside, self.rows[owner], NOBODY).reshape(len(cells), -1)
        places, columns = np.nonzero(rows >= 0)
        return places, rows[places, columns]

    def _settle(self, cells: NDArray[np.intp], scores: Floats) -> None:
        """The best photo a cell, in rounds: of those who want the same photo the one it suits best has it first.

        After some rounds a photo is given to as many as still may have it.
        """
        left = np.arange(len(cells))
        for number in range(len(self.pool) + ROUNDS + 1):
            best = scores[left].argmax(axis=1) if number else scores.argmax(axis=1)
            order = np.lexsort((left, -scores[left, best], best))
            ranked = best[order]
            starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
            rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
            room = self._most - self.uses[ranked]
            quota = np.minimum(room, 1) if number < ROUNDS else np.where(room > 0, room, len(cells))
            won = order[rank < np.maximum(quota, 1)]
            rows = best[won]
            self.rows[cells[left[won]]] = rows
            np.add.at(self.uses, rows, 1)
            if len(won) == len(left):
                return
            taken = np.unique(rows)
            scores[:, taken] -= self._step
            spent = taken[self.uses[taken] >= self._most]
            scores[:, spent] -= FAR / 4
            left = np.delete(left, won)

    def _colour(self, cells: NDArray[np.intp]) -> None:
        rows = self.rows[cells]
        odd = (self._cells[1][cells] * self._photos[1].T[rows]).sum(axis=1)
        self.mirrored[cells] = (odd < 0) & self.wishes.mirrored
        if self.wishes.shift:
            most = self.wishes.shift
            self.shift[cells] = np.clip(self.wanted.means[cells] - self.pool.means[rows], -most, most)
            colour = lab_of_bytes(self.pool.means[rows] + self.shift[cells])
        else:
            colour = self.pool.numbers[rows, :3]
        self._error[cells] = self.wanted.numbers[cells, :3] - colour

    def _polish(self) -> None:
        """What a capped shift could not give is asked of the neighbours' shifts."""
        most = self.wishes.shift
        if not most:
            return
        misfit = self.wanted.means - self.pool.means[self.rows]
        for _ in range(4):
            rest = misfit - self.shift
            pull = np.einsum("cn,cnk->ck", self._mix, rest[self._beside], optimize=False)
            self.shift += 0.6 * (np.clip(misfit + 0.7 * pull, -most, most) - self.shift)


def _feasible(radius: int, photos: int) -> int:
    """The largest radius up to the wished one that a pattern of so many photos can hold."""
    while radius > 0 and (radius + 1) ** 2 > photos:
        radius -= 1
    return radius


def _weights(shift: int) -> Floats:
    """(27,): roots of weights. A mean that will be moved counts less; fine waves count less, as the eye blurs them."""
    colour = 0.55 if shift >= 8 else 1.0
    waves = [np.exp(-0.045 * (u * u + v * v)) for u, v in WAVES]
    return np.array([colour] * 3 + waves, dtype=np.float32)


def _neighbours(grid: Grid) -> tuple[Whole, Floats]:
    """(cells, 8) of the cells around one, and how much of their error the eye sees here."""
    left, top, side = grid.boxes.T
    beside, mix = [], []
    share = np.exp(-1 / (4 * BLUR**2))
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            if not (down or across):
                continue
            x, y = left + side // 2 + across * side, top + side // 2 + down * side
            inside = (x >= 0) & (x < grid.units) & (y >= 0) & (y < grid.units)
            owner = grid.owner[np.clip(y, 0, grid.units - 1), np.clip(x, 0, grid.units - 1)]
            beside.append(owner)
            mix.append(inside * share ** (down * down + across * across))
    return np.stack(beside, axis=1), np.stack(mix, axis=1).astype(np.float32)
