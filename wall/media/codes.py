"""What the QR codes and bar codes in a picture say: a visitor's phone would read them off the wall.

A code that is seen but cannot be read here may still be read by a better phone, so it counts as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import zxingcpp
from PIL import Image
from zxingcpp import BarcodeFormat, BarcodeFormats, TextMode

from wall.letters import sound
from wall.media.rendered import CODE_MAX, CODES_MAX

# What phones read and what carries a check of its own; Code 39, ITF and Codabar need none.
FORMATS = BarcodeFormats(
    (
        BarcodeFormat.QRCode,
        BarcodeFormat.MicroQRCode,
        BarcodeFormat.RMQRCode,
        BarcodeFormat.Aztec,
        BarcodeFormat.DataMatrix,
        BarcodeFormat.PDF417,
        BarcodeFormat.EAN13,
        BarcodeFormat.EAN8,
        BarcodeFormat.UPCA,
        BarcodeFormat.UPCE,
        BarcodeFormat.Code128,
    )
)
QR_ALONE = BarcodeFormats((BarcodeFormat.QRCode,))
SIDE = 1600  # px: the smallest codes that a phone reads off a screen, and the worst picture takes a second


def codes_of(large: Image.Image, medium: Image.Image) -> tuple[str, ...]:
    """At most four different texts; one that says nothing to people is named after its kind ("QR Code").

    The smaller picture is looked at as well: it shows large and noisy codes better.
    """
    found: dict[str, None] = {}
    for picture, formats in ((large, FORMATS), (medium, QR_ALONE)):
        for text in _read(_grey(picture), formats):
            found.setdefault(text)
    return tuple(found)[:CODES_MAX]


def _grey(picture: Image.Image) -> Image.Image:
    grey = picture.convert("L")
    longest = max(grey.size)
    if longest <= SIDE:
        return grey
    size = (max(1, grey.width * SIDE // longest), max(1, grey.height * SIDE // longest))
    return grey.resize(size, Image.Resampling.BICUBIC)


def _read(grey: Image.Image, formats: BarcodeFormats) -> Iterator[str]:
    pixels = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
    for code in zxingcpp.read_barcodes(pixels, formats=formats, text_mode=TextMode.Plain, return_errors=True):
        if code.valid:
            yield sound(code.text[: CODE_MAX * 2]).replace("\n", " ").strip()[:CODE_MAX] or str(code.format)
        elif code.format == BarcodeFormat.QRCode:
            yield f"{code.format} ?"
