"""Pictures made from a seed, as varied as a wall's photos: skies, rooms, crowds, textures, faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


def photo(seed: int, side: int = 320) -> Image.Image:
    """One of five kinds."""
    random = np.random.default_rng(seed)
    picture = Image.fromarray(_ground(random, side))
    (_sky, _crowd, _texture, _face, _room)[seed % 5](picture, random)
    if random.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(side / 300 * random.uniform(0.3, 3)))
    return picture


def pool(folder: Path, count: int) -> None:
    """JPEG files 00000.jpg and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        photo(number).save(folder / f"{number:05}.jpg", quality=88)


def portrait(seed: int, side: int = 1600) -> Image.Image:
    """A head and shoulders before a ground, lit from one side."""
    random = np.random.default_rng(90_000 + seed)
    picture = Image.fromarray(_ground(random, side))
    draw = ImageDraw.Draw(picture)
    cloth = _colour(random)
    draw.ellipse((side * 0.1, side * 0.75, side * 0.9, side * 1.6), fill=cloth)
    _head(picture, random, (side * 0.5, side * 0.46), side * 0.27)
    light = np.linspace(1.12, 0.72, side)[None, :, None]
    return Image.fromarray((np.asarray(picture) * light).clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(side / 500)
    )


def _ground(random: np.random.Generator, side: int) -> NDArray[np.uint8]:
    """Noise of several sizes between two colours, most of it low."""
    field = np.zeros((side, side))
    for cells, weight in ((2, 1.0), (5, 0.5), (17, 0.22), (70, 0.1)):
        noise = Image.fromarray(random.random((cells, cells), dtype=np.float32))
        field += weight * np.asarray(noise.resize((side, side), Image.Resampling.BICUBIC))
    field = (field - field.min()) / np.ptp(field)
    exposure = random.uniform(0.25, 1.25)
    first, second = random.beta(0.7, 0.8, (2, 3)) * 255 * exposure
    return np.asarray((first + (second - first) * field[..., None]).clip(0, 255), dtype=np.uint8)


def _colour(random: np.random.Generator, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = random.integers(low, high, 3).tolist()
    return red, green, blue


def _sky(picture: Image.Image, random: np.random.Generator) -> None:
    draw, side = ImageDraw.Draw(picture), picture.width
    for level in sorted(random.uniform(0.35, 0.95, random.integers(1, 4)).tolist()):
        steps = np.linspace(0, side, 9)
        ridge = [(float(x), float(side * (level + random.normal(0, 0.05)))) for x in steps]
        draw.polygon([*ridge, (side, side), (0, side)], fill=_colour(random, 0, 190))
    x, y, r = random.uniform(0, side), random.uniform(0, side * 0.4), side * random.uniform(0.02, 0.12)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(random, 200))


def _crowd(picture: Image.Image, random: np.random.Generator) -> None:
    side = picture.width
    for _ in range(int(random.integers(2, 7))):
        size = side * random.uniform(0.06, 0.16)
        x, y = random.uniform(0, side), side * random.uniform(0.3, 0.9)
        ImageDraw.Draw(picture).rounded_rectangle(
            (x - size * 1.6, y + size, x + size * 1.6, side + size * 2), size, fill=_colour(random)
        )
        _head(picture, random, (x, y), size)


def _texture(picture: Image.Image, random: np.random.Generator) -> None:
    side = picture.width
    angle, period = random.uniform(0, np.pi), side * random.uniform(0.02, 0.5)
    y, x = np.mgrid[:side, :side]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period + random.uniform(0, 6))
    depth = random.uniform(10, 90)
    mixed = np.asarray(picture) + depth * (np.sign(wave) if random.random() < 0.4 else wave)[..., None]
    picture.paste(Image.fromarray(mixed.clip(0, 255).astype(np.uint8)))


def _face(picture: Image.Image, random: np.random.Generator) -> None:
    side = picture.width
    draw = ImageDraw.Draw(picture)
    x = side * random.uniform(0.35, 0.65)
    draw.ellipse((x - side * 0.45, side * 0.72, x + side * 0.45, side * 1.5), fill=_colour(random))
    _head(picture, random, (x, side * random.uniform(0.4, 0.5)), side * random.uniform(0.18, 0.3))


def _room(picture: Image.Image, random: np.random.Generator) -> None:
    draw, side = ImageDraw.Draw(picture), picture.width
    for _ in range(int(random.integers(3, 12))):
        left, top = random.uniform(-0.1, 0.9, 2) * side
        wide, high = random.uniform(0.05, 0.5, 2) * side
        draw.rectangle((left, top, left + wide, top + high), fill=_colour(random))


def _head(
    picture: Image.Image, random: np.random.Generator, middle: tuple[float, float], size: float
) -> None:
    draw = ImageDraw.Draw(picture)
    x, y = middle
    tone = random.uniform(0.35, 1.0)
    skin, shade = (
        (int(238 * tone), int(194 * tone), int(160 * tone)),
        (int(190 * tone), int(140 * tone), int(112 * tone)),
    )
    hair = _colour(random, 10, 120)
    draw.ellipse((x - size * 1.1, y - size * 1.4, x + size * 1.1, y + size * 0.9), fill=hair)
    draw.rectangle((x - size * 0.4, y + size * 0.7, x + size * 0.4, y + size * 1.6), fill=shade)
    draw.ellipse((x - size * 0.85, y - size * 1.05, x + size * 0.85, y + size * 1.2), fill=skin)
    for eye in (-0.36, 0.36):
        draw.ellipse(
            (x + size * (eye - 0.17), y - size * 0.24, x + size * (eye + 0.17), y - size * 0.04),
            fill=(240, 240, 238),
        )
        draw.ellipse(
            (x + size * (eye - 0.08), y - size * 0.23, x + size * (eye + 0.08), y - size * 0.05),
            fill=(40, 30, 30),
        )
        draw.arc(
            (x + size * (eye - 0.22), y - size * 0.48, x + size * (eye + 0.22), y - size * 0.2),
            200,
            340,
            fill=hair,
            width=max(1, int(size * 0.07)),
        )
    draw.polygon(
        [(x, y - size * 0.1), (x - size * 0.14, y + size * 0.35), (x + size * 0.14, y + size * 0.35)],
        fill=shade,
    )
    draw.chord(
        (x - size * 0.36, y + size * 0.35, x + size * 0.36, y + size * 0.82), 15, 165, fill=(150, 50, 55)
    )
