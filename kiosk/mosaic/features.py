"""What a picture becomes for the matcher: a tile of 96 pixels and 27 numbers as the eye sees it from afar.

The numbers: the mean colour in Lab, averaged in linear light as the eye does, then cosine coefficients of lightness
(u + v <= 5, without the mean) and of both colour axes (u + v <= 1, without the mean), over 8 × 8 places. They are
scaled so that a sum of squares is a mean square over the picture, in Lab units. A mirrored picture has the same
numbers with the sign of `ODD` turned, so mirrored tiles cost no second set.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kiosk.mosaic.colour import Bytes, Floats, bytes_of_linear, lab_of_linear, linear_of_byte
from kiosk.mosaic.picture import Source, square_of

TILE = 96  # px
PLACES = 8
LIGHTNESS = tuple((u, v) for v in range(6) for u in range(6) if 0 < u + v <= 5)
HUES = ((1, 0), (0, 1))
WAVES = (*LIGHTNESS, *HUES, *HUES)  # (across, down) of the numbers after the first three
NUMBERS = 3 + len(WAVES)
ODD = np.array([False] * 3 + [bool(u % 2) for u, _ in WAVES])


def tile_of(source: Source) -> Bytes:
    """(96, 96, 3) of a photo's middle square. Raises `UnreadablePicture`."""
    return np.asarray(square_of(source, TILE), dtype=np.uint8)


def numbers_of_tile(tile: Bytes) -> Floats:
    """(27,) of one tile, whose side is a multiple of 8."""
    return np.asarray(numbers_of(tile, across=1, down=1)[0])


def numbers_of(pixels: Bytes, *, across: int, down: int) -> Floats:
    """(across × down, 27) of the cells of a picture, row by row; its sides are multiples of 8 places a cell."""
    light = _places(pixels, across=across, down=down)
    lab = lab_of_linear(light)
    numbers = np.empty((len(light), NUMBERS), dtype=np.float32)
    numbers[:, :3] = lab_of_linear(light.mean(axis=1))
    waves = _waves()
    split = 3 + len(LIGHTNESS)
    numbers[:, 3:split] = lab[:, :, 0] @ waves[:, : len(LIGHTNESS)]
    hues = waves[:, len(LIGHTNESS) : len(LIGHTNESS) + len(HUES)]
    numbers[:, split : split + len(HUES)] = lab[:, :, 1] @ hues
    numbers[:, split + len(HUES) :] = lab[:, :, 2] @ hues
    return numbers


def means_of(pixels: Bytes, *, across: int, down: int) -> Floats:
    """(across × down, 3): the mean of each cell, taken in linear light, as sRGB between 0 and 255."""
    return bytes_of_linear(_places(pixels, across=across, down=down).mean(axis=1))


def cells_of(picture: Image.Image, *, across: int) -> Bytes:
    """(8 × across, 8 × across, 3): a square picture with 8 pixels a cell."""
    side = across * PLACES
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.BOX)
    return np.asarray(picture, dtype=np.uint8)


def _places(pixels: Bytes, *, across: int, down: int) -> Floats:
    """(across × down, 64, 3): light of 8 × 8 places a cell."""
    light = linear_of_byte()[pixels]
    high, wide = pixels.shape[0] // (down * PLACES), pixels.shape[1] // (across * PLACES)
    if high * wide > 1:
        blocks = light.reshape(down * PLACES, high, across * PLACES, wide, 3)
        light = blocks.mean(axis=(1, 3), dtype=np.float32)
    cells = light.reshape(down, PLACES, across, PLACES, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(cells).reshape(across * down, PLACES * PLACES, 3)


@cache
def _waves() -> NDArray[np.float32]:
    """(64, waves): cosines whose mean square is one, divided by 64."""
    places = (np.arange(PLACES) + 0.5) * np.pi / PLACES
    columns = []
    for u, v in WAVES:
        across = np.cos(u * places) * (np.sqrt(2) if u else 1)
        down = np.cos(v * places) * (np.sqrt(2) if v else 1)
        columns.append(np.outer(down, across).ravel() / PLACES**2)
    return np.stack(columns, axis=1).astype(np.float32)
