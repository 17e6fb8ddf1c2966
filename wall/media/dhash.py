"""What a picture looks like, in 64 bits: the difference hash of it, of its mirror, and of it without its border.

Each bit says whether brightness rises from one of nine columns to the next, in eight rows. A picture where hardly
anything changes, or the same in every row (one colour, a gradient, a glow), could be any other: it has no hash.
"""

from __future__ import annotations

from itertools import pairwise

from PIL import Image, ImageChops

from wall.media.rendered import Dhashes

ROWS, STEPS = 8, 8
CONTRAST = 3  # a step of fewer shades (of 255) is noise
STEPS_MIN = 16  # of 64: steps that are no noise
TURNS_MIN = 4  # of 56: bits that differ from the one above
EDGE = 24  # shades within which a border is even
SPECKS = 0.03  # the share of other pixels that a line of a border may hold
SIDE_MIN = 32


def dhashes(picture: Image.Image) -> Dhashes:
    """For an RGB picture."""
    mirror = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return dhash(picture), dhash(mirror), dhash(trimmed(picture))


def dhash(picture: Image.Image) -> str:
    """16 hex digits, or "" for a picture that says too little."""
    grey = picture.convert("L").resize((STEPS + 1, ROWS), Image.Resampling.LANCZOS).tobytes()
    rows: list[int] = []
    strong = 0
    for start in range(0, len(grey), STEPS + 1):
        bits = 0
        for place in range(start, start + STEPS):
            step = grey[place + 1] - grey[place]
            strong += abs(step) >= CONTRAST
            bits = bits << 1 | (step > 0)
        rows.append(bits)
    turns = sum((one ^ below).bit_count() for one, below in pairwise(rows))
    return bytes(rows).hex() if strong >= STEPS_MIN and turns >= TURNS_MIN else ""


def trimmed(picture: Image.Image) -> Image.Image:
    """Without the even border around the upper left corner, then without the one around the lower right corner."""
    for x, y in ((0, 0), (-1, -1)):
        ground = picture.getpixel((x % picture.width, y % picture.height))
        other = ImageChops.difference(picture, Image.new("RGB", picture.size, ground)).convert("L")
        other = other.point([255 * (shade > EDGE) for shade in range(256)])
        across = _filled(other.resize((picture.width, 1), Image.Resampling.BOX))
        down = _filled(other.resize((1, picture.height), Image.Resampling.BOX))
        if across is None or down is None:
            return picture
        box = (across[0], down[1], across[2], down[3])
        if min(box[2] - box[0], box[3] - box[1]) < SIDE_MIN:
            return picture
        picture = picture.crop(box)
    return picture


def _filled(line: Image.Image) -> tuple[int, int, int, int] | None:
    """From the first to the last place where more than specks stand."""
    return line.point([255 * (shade > SPECKS * 255) for shade in range(256)]).getbbox()
