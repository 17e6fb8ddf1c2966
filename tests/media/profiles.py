"""A colour profile made by hand (ICC.1:2022, section 9): Display P3, matrix and curve alone."""

from __future__ import annotations

import struct

# Primaries adapted to D50, as the columns of RGB to XYZ.
_RED = (0.51512, 0.24120, -0.00105)
_GREEN = (0.29198, 0.69225, 0.04189)
_BLUE = (0.15710, 0.06657, 0.78407)
_WHITE = (0.96420, 1.0, 0.82491)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _text(words: bytes) -> bytes:
    body = b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words + b"\0" + bytes(8 + 2 + 1 + 67)
    return body + bytes(-len(body) % 4)


def display_p3() -> bytes:
    curve = _curve(2.2)
    tags = {
        b"desc": _text(b"Display P3, by hand"),
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": _xyz(_WHITE),
        b"rXYZ": _xyz(_RED),
        b"gXYZ": _xyz(_GREEN),
        b"bXYZ": _xyz(_BLUE),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    place = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", place + len(bodies), len(body))
        bodies += body
    size = place + len(bodies)
    header = struct.pack(
        ">I4sI4s4s4s12s4s4sII4sIII12s48s",
        size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp", b"APPL", 0, 0, b"none",
        0, 0, 0, _xyz(_WHITE)[8:], bytes(48),
    )  # fmt: skip
    return header[:128].ljust(128, b"\0") + table + bodies
