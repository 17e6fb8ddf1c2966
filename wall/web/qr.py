"""QR codes: as rows of modules for pages that draw them themselves, and as pictures."""

from __future__ import annotations

import io

import segno


def qr_rows(text: str) -> list[str]:
    """Rows of "0" and "1", without the quiet zone."""
    return [
        "".join("1" if module else "0" for module in row)
        for row in segno.make(text, error="m", micro=False).matrix
    ]


def qr_svg(text: str) -> bytes:
    """Dark on nothing, without the quiet zone: the page gives it its light ground."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", dark="#14121c", border=0, omitsize=True, xmldecl=False
    )
    return picture.getvalue()
