"""Where the faces are in a picture, by the cascades that travel inside OpenCV's wheel (up to version 4).

Without OpenCV or its cascades nothing is found, and whoever asked weights the middle instead.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from kiosk.mosaic.colour import Bytes

try:
    import cv2
except ImportError:  # a platform without a wheel
    cv2 = None  # type: ignore[assignment, unused-ignore]

SEEN = 320  # px: the side at which faces are looked for
SMALLEST = 0.12  # of the side
FACES_MAX = 8

Box = tuple[float, float, float, float]


class Face(msgspec.Struct, frozen=True):
    """Middle, width and height of a face, and the boxes of eyes and mouth, as shares of the picture's side."""

    x: float
    y: float
    width: float
    height: float
    details: tuple[Box, ...] = ()


MIDDLE = Face(0.5, 0.45, 0.42, 0.5)


def can_find() -> bool:
    """Whether this machine has what it takes to look for faces."""
    return _cascade("haarcascade_frontalface_default.xml") is not None


def faces_of(picture: Image.Image) -> tuple[Face, ...]:
    """The faces of a square picture, largest first; none is an honest answer."""
    frontal = _cascade("haarcascade_frontalface_default.xml")
    if frontal is None:
        return ()
    grey = np.asarray(picture.convert("L").resize((SEEN, SEEN), Image.Resampling.BOX), dtype=np.uint8)
    smallest = round(SEEN * SMALLEST)
    found = frontal.detectMultiScale(grey, scaleFactor=1.12, minNeighbors=6, minSize=(smallest, smallest))
    boxes = sorted((tuple(int(one) for one in box) for box in found), key=lambda box: (-box[2], box))
    return tuple(_face(grey, box) for box in boxes[:FACES_MAX])


def _face(grey: Bytes, box: tuple[int, ...]) -> Face:
    left, top, wide, high = box
    details = _eyes(grey, left, top, wide, high)
    mouth = (left + wide * 0.27, top + high * 0.68, left + wide * 0.73, top + high * 0.92)
    shares = [tuple(edge / SEEN for edge in one) for one in (*details, mouth)]
    return Face(
        (left + wide / 2) / SEEN,
        (top + high / 2) / SEEN,
        wide / SEEN,
        high / SEEN,
        tuple((a, b, c, d) for a, b, c, d in shares),
    )


def _eyes(grey: Bytes, left: int, top: int, wide: int, high: int) -> list[Box]:
    """Those that are seen; where they usually are otherwise."""
    usual: list[Box] = [
        (left + wide * start, top + high * 0.28, left + wide * end, top + high * 0.5)
        for start, end in ((0.15, 0.45), (0.55, 0.85))
    ]
    cascade = _cascade("haarcascade_eye.xml")
    if cascade is None:
        return usual
    upper = np.ascontiguousarray(grey[top : top + high * 3 // 5, left : left + wide])
    size = max(6, wide // 8)
    seen = [
        (left + x, top + y, left + x + w, top + y + h)
        for x, y, w, h in cascade.detectMultiScale(
            upper, scaleFactor=1.1, minNeighbors=4, minSize=(size, size)
        )
    ]
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in seen] if len(seen) == 2 else usual


@cache
def _cascade(name: str) -> Any:
    if cv2 is None or not hasattr(cv2, "CascadeClassifier"):
        return None
    path = Path(cv2.__file__).parent / "data" / name
    if not path.is_file():
        return None
    cascade = cv2.CascadeClassifier(str(path))
    return None if cascade.empty() else cascade
