"""What a matched mosaic says about itself."""

from __future__ import annotations

import numpy as np

from kiosk.mosaic.faces import Face, can_find
from kiosk.mosaic.grid import Grid, Whole
from kiosk.mosaic.result import Cell, Repeat, Result
from kiosk.mosaic.wanted import Matched, Wishes


def result_of(
    grid: Grid,
    matched: Matched,
    wishes: Wishes,
    *,
    ids: tuple[str, ...],
    faces: tuple[Face, ...],
    size_px: int,
    overlay: float,
    is_toned: bool,
) -> Result:
    """The data of a mosaic; `ids` are those of the pool it was matched with."""
    uses = np.bincount(matched.rows, minlength=len(ids))
    most = int(uses.argmax())
    return Result(
        seed=wishes.seed,
        size_px=size_px,
        across=grid.across,
        cells=_cells(grid.rectangles(size_px), matched, ids),
        faces=faces,
        faces_looked_for=can_find(),
        radius_wished=wishes.radius,
        radius=matched.radius,
        shift_most=wishes.shift,
        shift_mean=round(float(np.abs(matched.shift).mean()), 2),
        overlay=overlay,
        pool_size=len(ids),
        pool_used=round(float((uses > 0).mean()), 4),
        most_used=(ids[most], int(uses[most])),
        nearest_repeat=_nearest(grid.boxes, matched.rows, ids),
        toned=is_toned,
        relaxed=_relaxed(matched, wishes, len(ids), is_toned=is_toned),
    )


def _cells(rectangles: Whole, matched: Matched, ids: tuple[str, ...]) -> tuple[Cell, ...]:
    parts = zip(
        matched.rows.tolist(),
        rectangles.tolist(),
        matched.mirrored.tolist(),
        matched.shift.tolist(),
        strict=True,
    )
    return tuple(
        Cell(ids[row], left, top, right, bottom, turned, (red, green, blue))
        for row, (left, top, right, bottom), turned, (red, green, blue) in parts
    )


def _relaxed(matched: Matched, wishes: Wishes, photos: int, *, is_toned: bool) -> tuple[str, ...]:
    said = []
    if is_toned:
        said.append("toned down: the photos are all about as bright, so the picture is shown in their range")
    if matched.radius < wishes.radius:
        said.append(
            f"no repeat within {matched.radius} cells instead of {wishes.radius}: {photos} photos are too few"
        )
    for radius, cells in sorted(matched.relaxed.items(), reverse=True):
        said.append(f"no repeat within {radius} cells only, {cells} times: every other photo stood nearby")
    return tuple(said)


def _nearest(boxes: Whole, rows: Whole, ids: tuple[str, ...]) -> Repeat | None:
    """Photos that are used once have no repeat; the others are compared pair by pair, in groups of one size."""
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(rows[order]) != 0])
    counts = np.diff(np.r_[starts, len(order)])
    best: tuple[float, int] | None = None
    for count in np.unique(counts[counts > 1]).tolist():
        groups = order[starts[counts == count][:, None] + np.arange(count)]
        for part in np.array_split(groups, max(1, len(groups) * count * count // 1_000_000 + 1)):
            if len(part):
                gap, row = _closest(boxes[part], rows[part[:, 0]])
                best = min(best, (gap, row)) if best else (gap, row)
    return None if best is None else Repeat(ids[best[1]], round(best[0], 2))


def _closest(boxes: Whole, rows: Whole) -> tuple[float, int]:
    """(groups, count, 3): the smallest distance of two boxes of one group, and whose it is."""
    groups, count, _ = boxes.shape
    if count > 1500:  # a pool of one or two: its copies touch
        return 1.0, int(rows[0])
    middle = boxes[:, :, :2] + boxes[:, :, 2:] / np.float32(2)
    apart = np.abs(middle[:, :, None] - middle[:, None]).max(axis=3)
    finer = np.minimum(boxes[:, :, None, 2], boxes[:, None, :, 2])
    steps = apart / finer
    steps[:, np.arange(count), np.arange(count)] = np.inf
    least = steps.reshape(groups, -1).min(axis=1)
    return float(least.min()), int(rows[least.argmin()])
