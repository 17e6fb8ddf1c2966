"""A mosaic that was put away: beside its picture, what it takes to draw it larger or to take a photo out of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
from PIL import Image

from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.draw import Brush
from kiosk.mosaic.features import NUMBERS
from kiosk.mosaic.grid import around
from kiosk.mosaic.library import Library
from kiosk.mosaic.making import Mosaic, Order, encoded, without
from kiosk.mosaic.problems import PhotoGone
from kiosk.mosaic.result import Result
from kiosk.mosaic.wanted import Matched, Wanted

_HALF = "<f2"  # half a float tells a hundredth of a step in Lab


class _Kept(msgspec.Struct, frozen=True):
    order: Order
    result: Result
    numbers: bytes
    means: bytes


def pack(mosaic: Mosaic) -> bytes:
    """All but the picture; a tenth of a megabyte a thousand cells. Not for a mosaic with an overlay."""
    wanted = mosaic.wanted
    return msgspec.msgpack.encode(
        _Kept(
            mosaic.order,
            mosaic.result,
            wanted.numbers.astype(_HALF).tobytes(),
            wanted.means.astype(_HALF).tobytes(),
        )
    )


def unpack(data: bytes, jpeg: bytes) -> Mosaic:
    """What `pack` put away, with its picture. Raises `msgspec.DecodeError`, `ValueError` and `OSError` on nonsense."""
    kept = msgspec.msgpack.decode(data, type=_Kept)
    order, result = kept.order, kept.result
    grid = around(order.grid, result.faces, size_px=order.size_px, circle=order.circle)
    numbers = np.frombuffer(kept.numbers, dtype=_HALF).astype(np.float32).reshape(-1, NUMBERS)
    means = np.frombuffer(kept.means, dtype=_HALF).astype(np.float32).reshape(-1, 3)
    if not len(grid.boxes) == len(numbers) == len(means) == len(result.cells):
        raise ValueError("these data are not those of one mosaic")
    canvas = np.asarray(Image.open(io.BytesIO(jpeg), formats=("JPEG",)).convert("RGB"), dtype=np.uint8)
    return Mosaic(result, jpeg, canvas, order, grid, Wanted(numbers, means), None)


def mended(mosaic: Mosaic, library: Library) -> Mosaic:
    """A kept mosaic without what has left the library, drawn anew from the photos: a JPEG of a JPEG loses each time.

    Raises `EmptyPool` when nobody is left.
    """
    without_them = without(mosaic, library)
    canvas = enlarged(without_them, library, mosaic.order.size_px)
    return replace(without_them, canvas=canvas, jpeg=encoded(canvas, mosaic.order.quality))


def enlarged(mosaic: Mosaic, library: Library, size_px: int, cells: Sequence[int] | None = None) -> Bytes:
    """(size, size, 3): the same photos in the same places in another size; of `cells` alone, black around them.

    Raises `PhotoGone` when one of the photos has left the library: make the mosaic without it first.
    """
    rows = library.rows_of(mosaic.result.photos())
    if missing := mosaic.result.photos() - rows.keys():
        raise PhotoGone(missing)
    result = mosaic.result
    matched = Matched(
        rows=np.array([rows[cell.photo] for cell in result.cells], dtype=np.int32),
        mirrored=np.array([cell.mirrored for cell in result.cells], dtype=bool),
        shift=np.array([cell.shift for cell in result.cells], dtype=np.int16),
        radius=result.radius,
    )
    canvas = np.zeros((size_px, size_px, 3), dtype=np.uint8)
    brush = Brush(library, mosaic.grid.rectangles(size_px), matched)
    if cells is None:
        for _ in brush.paint(canvas):
            pass
    else:
        brush.repaint(canvas, cells)
    return canvas
