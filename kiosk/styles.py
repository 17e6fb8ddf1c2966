"""The looks a visitor can choose from, as orders to the engine and as what is done to the photo before."""

from __future__ import annotations

from PIL import Image, ImageOps

from kiosk.mosaic.making import Order
from kiosk.mosaic.picture import square_of
from kiosk.record import Style

SIZE_PX = 1080
PREVIEW_PX = 360
SEEN_PX = 1440

_GRID = {Style.FINE: 60, Style.BOLD: 34, Style.EVENT: 60}
_PREVIEW_GRID = {Style.FINE: 36, Style.BOLD: 20, Style.EVENT: 36}


def order_of(style: Style, *, seed: int, is_preview: bool = False) -> Order:
    """A whole picture of 1080 px, or a preview of 360 px with fewer photos."""
    if is_preview:
        return Order(grid=_PREVIEW_GRID[style], size_px=PREVIEW_PX, seed=seed, faces=False, quality=80)
    return Order(grid=_GRID[style], size_px=SIZE_PX, seed=seed, quality=88)


def dressed(
    photo: bytes, style: Style, colours: tuple[str, ...], *, middle: tuple[float, float]
) -> Image.Image:
    """The square of a visitor's photo that becomes the mosaic. Raises `UnreadablePicture`."""
    picture = square_of(photo, SEEN_PX, middle=middle)
    if style is not Style.EVENT:
        return picture
    dark, light = colours
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    return ImageOps.colorize(grey, dark, light)
