"""What a visitor takes along beside the square: a round profile picture, a story, a short film of the dive."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageFilter

from kiosk.mosaic.kept import enlarged
from kiosk.mosaic.library import Library
from kiosk.mosaic.making import Mosaic

PROFILE_PX = 640
STORY_PX = (1080, 1920)
FILM_PX = 480
FRAMES = 30
FRAME_MS = 80
LARGE_PX = 5400
DIVE = 18.0  # how much closer the film goes


def profile(mosaic: Mosaic) -> bytes:
    """The head in the middle: whatever a network cuts off the corners, the face stays."""
    picture = Image.fromarray(mosaic.canvas)
    side = picture.width
    if not mosaic.result.faces:
        return _jpeg(picture.resize((PROFILE_PX, PROFILE_PX), Image.Resampling.LANCZOS))
    face = mosaic.result.faces[0]
    half = min(side / 2, max(face.width, face.height) * 1.15 * side)
    x = min(max(face.x * side, half), side - half)
    y = min(max(face.y * side, half), side - half)
    box = (x - half, y - half, x + half, y + half)
    return _jpeg(picture.resize((PROFILE_PX, PROFILE_PX), Image.Resampling.LANCZOS, box=box))


def story(mosaic: Mosaic) -> bytes:
    """1080 × 1920: the square on its own blurred light."""
    wide, high = STORY_PX
    picture = Image.fromarray(mosaic.canvas)
    ground = picture.resize((high // 16, high // 16), Image.Resampling.BOX).filter(
        ImageFilter.GaussianBlur(6)
    )
    ground = ground.resize((high, high), Image.Resampling.BICUBIC).crop(
        ((high - wide) // 2, 0, (high + wide) // 2, high)
    )
    ground = ground.point(lambda value: int(value * 0.55))
    square = picture if picture.width == wide else picture.resize((wide, wide), Image.Resampling.LANCZOS)
    ground.paste(square, (0, (high - wide) // 2))
    return _jpeg(ground)


def film(mosaic: Mosaic, library: Library) -> bytes:
    """An endless WebP: from the face into one of its photos and back, 480 px, about five seconds.

    Raises `PhotoGone`.
    """
    near = _near(mosaic, library)
    far = Image.fromarray(mosaic.canvas)
    goal = _goal(mosaic)
    frames = []
    for n in range(FRAMES):
        ease = (1 - math.cos(math.pi * n / (FRAMES - 1))) / 2
        side = DIVE**-ease  # share of the picture that is seen
        x = 0.5 + (goal[0] - 0.5) * (1 - side) / (1 - 1 / DIVE)
        y = 0.5 + (goal[1] - 0.5) * (1 - side) / (1 - 1 / DIVE)
        source = far if side > 0.34 else near
        box = [edge * source.width for edge in (x - side / 2, y - side / 2, x + side / 2, y + side / 2)]
        box = [min(max(edge, 0), source.width) for edge in box]
        way = Image.Resampling.BOX if side * source.width > 2 * FILM_PX else Image.Resampling.BICUBIC
        frames.append(source.resize((FILM_PX, FILM_PX), way, box=tuple(box)))
    times = [FRAME_MS] * FRAMES
    times[-1] = times[0] = 900
    out = io.BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=[*frames[1:], *frames[-2:0:-1]],
        duration=[*times, *times[-2:0:-1]],
        loop=0,
        quality=62,
        method=0,
    )
    return out.getvalue()


def _near(mosaic: Mosaic, library: Library) -> Image.Image:
    """The picture in 5,400 px, drawn around the goal alone."""
    x, y = _goal(mosaic)
    boxes = mosaic.grid.boxes / mosaic.grid.units
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    close = np.abs(middle - (x, y)).max(axis=1) < 0.4
    return Image.fromarray(enlarged(mosaic, library, LARGE_PX, np.flatnonzero(close).tolist()))


def _goal(mosaic: Mosaic) -> tuple[float, float]:
    """The middle of a cell beside the face: larger photos stand there than on the eyes."""
    boxes = mosaic.grid.boxes / mosaic.grid.units
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    face = mosaic.result.faces[0] if mosaic.result.faces else None
    x, y = (face.x + face.width * 0.45, face.y + face.height * 0.1) if face else (0.5, 0.5)
    room = 1 / (2 * DIVE)
    x, y = min(max(x, room), 1 - room), min(max(y, room), 1 - room)
    best = int(np.hypot(middle[:, 0] - x, middle[:, 1] - y).argmin())
    return float(middle[best, 0]), float(middle[best, 1])


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
