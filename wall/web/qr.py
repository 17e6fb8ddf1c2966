"""QR codes as rows of modules, for pages that draw them themselves."""

from __future__ import annotations

import segno


def qr_rows(text: str) -> list[str]:
    """Rows of "0" and "1", without the quiet zone."""
    return [
        "".join("1" if module else "0" for module in row)
        for row in segno.make(text, error="m", micro=False).matrix
    ]
