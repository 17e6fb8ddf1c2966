"""From a portrait and a library to a mosaic, told as it happens."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from PIL import Image

from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.draw import Brush, ghost
from kiosk.mosaic.faces import Face, faces_of
from kiosk.mosaic.features import NUMBERS, PLACES, means_of, numbers_of
from kiosk.mosaic.grid import Grid, around
from kiosk.mosaic.library import Library
from kiosk.mosaic.match import Matcher, match
from kiosk.mosaic.measure import result_of
from kiosk.mosaic.picture import Source, square_of
from kiosk.mosaic.problems import EmptyPool, PhotoGone
from kiosk.mosaic.result import Result
from kiosk.mosaic.wanted import Matched, Wanted, Wishes, toned

SIDE_MAX = 6000  # px
ATTEMPTS = 3  # photos may be withdrawn while a picture is drawn


class Order(msgspec.Struct, frozen=True):
    """How a mosaic shall be. `grid`: base cells across. `shift`: the most a photo's mean is moved, of 255, up to 24.
    `overlay`: share of the target laid over the photos. `circle`: the corners will be cut off.
    """

    grid: int = 60
    size_px: int = 1080
    shift: int = 24
    overlay: float = 0.0
    seed: int = 1
    radius: int = 4
    faces: bool = True
    circle: bool = False
    mirrored: bool = True
    middle: tuple[float, float] = (0.5, 0.5)
    quality: int = 85

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("grid", self.grid, 4, 200),
            ("size_px", self.size_px, 64, SIDE_MAX),
            ("shift", self.shift, 0, 24),
            ("overlay", self.overlay, 0, 1),
            ("radius", self.radius, 0, 12),
            ("quality", self.quality, 1, 95),
        ):
            if not least <= value <= most:
                raise ValueError(f"{name} is {value}; it goes from {least} to {most}")
        if self.size_px < self.grid * 4:
            raise ValueError(
                f"{self.grid} cells need a picture of at least {self.grid * 4} px: make size_px larger"
            )

    def wishes(self) -> Wishes:
        """The part of it that the matcher reads."""
        return Wishes(shift=self.shift, radius=self.radius, seed=self.seed, mirrored=self.mirrored)


@dataclass(frozen=True)
class Mosaic:
    """The picture, its data, and what is needed to take a photo out of it again."""

    result: Result
    jpeg: bytes
    canvas: Bytes
    order: Order
    grid: Grid
    wanted: Wanted
    target: Image.Image | None  # kept only where it is laid over the photos


class Divided(msgspec.Struct, frozen=True):
    """The grid is known."""

    cells: int
    faces: tuple[Face, ...]


class Chosen(msgspec.Struct, frozen=True):
    """Every cell has its photo."""

    cells: int


@dataclass(frozen=True)
class Drawn:
    """Rows of pixels that are finished, from `first` to `last` of `total`; `pixels` is a view of them."""

    first: int
    last: int
    total: int
    pixels: Bytes


@dataclass(frozen=True)
class Finished:
    """The last event."""

    mosaic: Mosaic


Event = Divided | Chosen | Drawn | Finished


def make(portrait: Source, library: Library, order: Order) -> Iterator[Event]:
    """Raises `EmptyPool` and `UnreadablePicture`. When a photo is withdrawn meanwhile, the picture is begun again; when
    that has happened `ATTEMPTS` times, `PhotoGone`.
    """
    if not len(library):
        raise EmptyPool
    target = square_of(portrait, _seen_px(order), middle=order.middle)
    faces = faces_of(target) if order.faces else ()
    grid = around(order.grid, faces, size_px=order.size_px, circle=order.circle)
    yield Divided(len(grid.boxes), faces)
    asked = wanted_of(target, grid)
    for attempt in range(ATTEMPTS):
        wanted, is_toned = toned(asked, library.pool, order.shift)
        matched = match(grid, wanted, library.pool, order.wishes())
        yield Chosen(len(grid.boxes))
        canvas = np.empty((order.size_px, order.size_px, 3), dtype=np.uint8)
        brush = Brush(library, grid.rectangles(order.size_px), matched)
        for first, last in brush.paint(canvas):
            yield Drawn(first, last, order.size_px, canvas[first:last])
        gone = library.gone(set(matched.rows.tolist()))
        if not gone:
            break
        if attempt == ATTEMPTS - 1:
            raise PhotoGone({library.ids[row] for row in gone})
        library.refresh()
        if not len(library):
            raise EmptyPool
    if order.overlay:
        ghost(canvas, target, order.overlay)
    yield Finished(_mosaic(order, grid, wanted, matched, library, canvas, faces, target, is_toned=is_toned))


def mosaic_of(portrait: Source, library: Library, order: Order) -> Mosaic:
    """`make` for whoever does not want to watch."""
    for event in make(portrait, library, order):
        if isinstance(event, Finished):
            return event.mosaic
    raise AssertionError("make ends with Finished")


def without(mosaic: Mosaic, library: Library, *photo_ids: str) -> Mosaic:
    """The mosaic without some photos, and without all that have left the library since: only their cells are matched
    and drawn anew. Raises `EmptyPool` when nobody else is left.
    """
    library.refresh()
    rows = {name: row for row, name in enumerate(library.ids) if name not in photo_ids}
    if not rows:
        raise EmptyPool
    cells = mosaic.result.cells
    kept = np.array([rows.get(cell.photo, -1) for cell in cells], dtype=np.int32)
    emptied = np.flatnonzero(kept < 0)
    if not len(emptied):
        return mosaic
    wishes = mosaic.order.wishes()
    matcher = Matcher(mosaic.grid, mosaic.wanted, library.pool, wishes)
    banned = [row for row, name in enumerate(library.ids) if name in photo_ids]
    mirrored = np.array([cell.mirrored for cell in cells], dtype=bool)
    shift = np.array([cell.shift for cell in cells], dtype=np.float32)
    matched = matcher.rematch(kept, mirrored, shift, banned)
    canvas = mosaic.canvas.copy()
    Brush(library, mosaic.grid.rectangles(mosaic.order.size_px), matched).repaint(canvas, emptied.tolist())
    if mosaic.order.overlay and mosaic.target is not None:
        canvas = _ghosted(mosaic, library, matched)
    return _mosaic(
        mosaic.order,
        mosaic.grid,
        mosaic.wanted,
        matched,
        library,
        canvas,
        mosaic.result.faces,
        mosaic.target,
        is_toned=mosaic.result.toned,
    )


def wanted_of(target: Image.Image, grid: Grid) -> Wanted:
    """What each cell asks for; of finer cells only the part of the picture where they are is looked at."""
    numbers = np.empty((len(grid.boxes), NUMBERS), dtype=np.float32)
    means = np.empty((len(grid.boxes), 3), dtype=np.float32)
    for side, cells in grid.levels:
        places = grid.boxes[cells, :2] // side
        (left, top), (right, bottom) = places.min(axis=0).tolist(), (places.max(axis=0) + 1).tolist()
        share = target.width * side / grid.units
        pixels = np.asarray(
            target.resize(
                ((right - left) * PLACES, (bottom - top) * PLACES),
                Image.Resampling.BOX,
                box=(
                    left * share,
                    top * share,
                    min(right * share, target.width),
                    min(bottom * share, target.height),
                ),
            )
        )
        across, down = right - left, bottom - top
        chosen = (places[:, 1] - top) * across + places[:, 0] - left
        numbers[cells] = numbers_of(pixels, across=across, down=down)[chosen]
        means[cells] = means_of(pixels, across=across, down=down)[chosen]
    return Wanted(numbers, means)


def encoded(canvas: Bytes, quality: int) -> bytes:
    """A JPEG with halved colour, without metadata."""
    out = io.BytesIO()
    Image.fromarray(canvas).save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def _seen_px(order: Order) -> int:
    """How large the target is looked at: eight pixels a cell, twice as many where faces may be cut finer."""
    return min(order.grid * PLACES * (2 if order.faces else 1), 1600)


def _ghosted(mosaic: Mosaic, library: Library, matched: Matched) -> Bytes:
    canvas = np.empty_like(mosaic.canvas)
    for _ in Brush(library, mosaic.grid.rectangles(mosaic.order.size_px), matched).paint(canvas):
        pass
    if mosaic.target is not None:
        ghost(canvas, mosaic.target, mosaic.order.overlay)
    return canvas


def _mosaic(
    order: Order,
    grid: Grid,
    wanted: Wanted,
    matched: Matched,
    library: Library,
    canvas: Bytes,
    faces: tuple[Face, ...],
    target: Image.Image | None,
    *,
    is_toned: bool,
) -> Mosaic:
    result = result_of(
        grid,
        matched,
        order.wishes(),
        ids=library.ids,
        faces=faces,
        size_px=order.size_px,
        overlay=order.overlay,
        is_toned=is_toned,
    )
    kept = target if order.overlay else None
    return Mosaic(result, encoded(canvas, order.quality), canvas, order, grid, wanted, kept)
