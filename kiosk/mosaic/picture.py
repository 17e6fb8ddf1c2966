"""Foreign pictures as plain upright sRGB: any mode, any size, animated, turned, transparent.

The wall's own guard has judged a visitor's bytes before they come here; the limits below are for a caller who has none.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

from PIL import Image, ImageOps

from kiosk.mosaic.problems import UnreadablePicture

Source = bytes | Path | Image.Image

PIXELS_MAX = 120_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")
GROUND = (0x14, 0x12, 0x1C)  # behind transparent pixels, as on the wall

_BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, RuntimeError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


def square_of(source: Source, side_px: int, *, middle: tuple[float, float] = (0.5, 0.5)) -> Image.Image:
    """The largest square around `middle` (shares of width and height), as RGB of `side_px` × `side_px`.

    Raises `UnreadablePicture`.
    """
    picture = upright(source, side_px)
    width, height = picture.size
    side = min(width, height)
    left = min(max(round(middle[0] * width - side / 2), 0), width - side)
    top = min(max(round(middle[1] * height - side / 2), 0), height - side)
    box = (left, top, left + side, top + side)
    if side == side_px:
        return picture.crop(box)
    return picture.resize((side_px, side_px), Image.Resampling.BOX if side > side_px else _SMOOTH, box=box)


def upright(source: Source, side_px: int) -> Image.Image:
    """The first frame as RGB the way it was held; a JPEG is decoded no larger than `side_px` needs.

    Raises `UnreadablePicture`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata; sizes are judged here
            return _upright(_opened(source), side_px)
    except _BROKEN as broken:
        raise UnreadablePicture(
            f"this picture cannot be read ({type(broken).__name__}): send a sound JPEG, PNG or WebP"
        ) from None


_SMOOTH = Image.Resampling.BICUBIC


def _opened(source: Source) -> Image.Image:
    if isinstance(source, Image.Image):
        image = source
    else:
        image = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS)
    if image.width * image.height > PIXELS_MAX or min(image.size) < 1:
        raise ValueError("too large")
    return image


def _upright(image: Image.Image, side_px: int) -> Image.Image:
    image.draft(None, (side_px, side_px))  # the decoder halves while both sides stay at or above this
    scale = min(image.size) // side_px
    turned = image.getexif().get(0x0112, 1) != 1
    plain = _plain(image)
    if scale >= 2:
        plain = plain.reduce(scale)
    if turned:
        plain.getexif()[0x0112] = image.getexif().get(0x0112, 1)
        plain = ImageOps.exif_transpose(plain)
    return plain


def _plain(image: Image.Image) -> Image.Image:
    """A new RGB picture without profile, frames or transparency."""
    if image.mode == "RGB" and not image.has_transparency_data:
        image.load()
        return image.copy() if getattr(image, "n_frames", 1) > 1 else image
    if image.mode.startswith(("I", "F")):
        return image.convert("F").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.has_transparency_data:
        upper = image.convert("RGBA")
        ground = Image.new("RGB", image.size, GROUND)
        ground.paste(upper, (0, 0), upper.getchannel("A"))
        return ground
    return image.convert("RGB")
