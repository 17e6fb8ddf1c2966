"""Small honest pictures for tests. The hostile ones are in `hostile.py`."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

RGB = tuple[int, int, int]


def jpeg(width: int = 64, height: int = 48, colour: RGB = (200, 120, 40)) -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), "JPEG")


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(seed: int, width: int = 960, height: int = 720) -> Image.Image:
    """As a photograph looks to a machine: light over a ground, things with edges in front of it, texture, grain."""
    dice = random.Random(seed)
    size = (width, height)
    picture = Image.new("RGB", size, _colour(dice))
    for cells in (3, 7, 17, 41):
        picture = Image.blend(picture, _clouds(dice, cells, size), 0.15 + 0.5 / cells)
    horizon = int(height * dice.uniform(0.35, 0.75))
    ground = Image.blend(picture, _clouds(dice, 29, size), 0.4).point(
        [shade * 3 // 4 for shade in range(256)] * 3
    )
    picture.paste(ground.crop((0, horizon, width, height)), (0, horizon))
    for _ in range(dice.randint(4, 12)):
        _thing(picture, dice)
    picture = picture.filter(ImageFilter.GaussianBlur(dice.uniform(0.3, 1.2)))
    noise = Image.frombytes("L", size, dice.randbytes(width * height))
    grain = noise.point([112 + shade // 8 for shade in range(256)]).convert("RGB")
    return ImageChops.add(picture, grain, offset=-128)


def _thing(picture: Image.Image, dice: random.Random) -> None:
    """Something with an edge, lit from one side."""
    width, height = picture.size
    wide, high = int(width * dice.uniform(0.05, 0.4)), int(height * dice.uniform(0.08, 0.6))
    left, top = dice.randint(-wide // 3, width - wide // 2), dice.randint(0, height - high // 2)
    mask = Image.new("L", (wide, high), 0)
    draw = ImageDraw.Draw(mask)
    if dice.random() < 0.5:
        draw.ellipse((0, 0, wide - 1, high - 1), fill=255)
    else:
        draw.polygon([(dice.randint(0, wide), dice.randint(0, high)) for _ in range(6)], fill=255)
    light = Image.linear_gradient("L").rotate(dice.randrange(0, 360, 90)).resize((wide, high))
    skin = Image.composite(
        Image.new("RGB", (wide, high), _colour(dice)), _clouds(dice, 5, (wide, high)), light
    )
    picture.paste(skin, (left, top), mask)


def _clouds(dice: random.Random, cells: int, size: tuple[int, int]) -> Image.Image:
    dots = Image.frombytes("RGB", (cells, cells), dice.randbytes(3 * cells * cells))
    return dots.resize(size, Image.Resampling.BICUBIC)


def _colour(dice: random.Random) -> RGB:
    return (dice.randrange(256), dice.randrange(256), dice.randrange(256))
