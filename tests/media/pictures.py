"""Small honest pictures for tests. The hostile ones are in `hostile.py`."""

from __future__ import annotations

import io

from PIL import Image


def jpeg(width: int = 64, height: int = 48, colour: tuple[int, int, int] = (200, 120, 40)) -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), "JPEG")


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
