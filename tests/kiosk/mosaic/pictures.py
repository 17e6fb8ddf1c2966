"""Pictures made from a seed: scenes enough for a pool, and a target with edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from kiosk.mosaic.features import TILE
from kiosk.mosaic.library import Library, Writer


def scene(seed: int, side: int = TILE) -> Image.Image:
    """A gradient between two colours with a few shapes on it; each seed another one."""
    random = np.random.default_rng(seed)
    share = np.linspace(0, 1, side)
    turn = random.uniform(0, 2 * np.pi)
    ramp = np.clip(np.outer(share, np.full(side, np.sin(turn))) + share * np.cos(turn), -1, 1)[..., None]
    first, second = random.uniform(0, 255, (2, 3))
    picture = Image.fromarray(((first * (1 - ramp) + second * ramp).clip(0, 255)).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(3):
        x, y, r = random.uniform(0, side, 3)
        colour = tuple(int(one) for one in random.uniform(0, 255, 3))
        draw.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), fill=colour)
    return picture


def target(side: int = 320) -> Image.Image:
    """A round head on a ground that gets darker."""
    picture = scene(4242, side)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((side * 0.3, side * 0.2, side * 0.7, side * 0.8), fill=(214, 170, 140))
    for x in (0.42, 0.58):
        draw.ellipse((side * (x - 0.04), side * 0.4, side * (x + 0.04), side * 0.46), fill=(30, 20, 20))
    draw.arc((side * 0.4, side * 0.5, side * 0.6, side * 0.7), 20, 160, fill=(120, 30, 40), width=side // 40)
    return picture


def library(folder: Path, count: int, *, same: bool = False) -> Library:
    """Photos p0, p1, …"""
    with Writer(folder) as writer:
        for number in range(count):
            tile = np.asarray(scene(0 if same else number))
            writer.add_tile(f"p{number}", tile, durable=False)
    return Library(folder)
