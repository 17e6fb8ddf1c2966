"""How many scans a JPEG asks its decoder for, counted without decoding (ITU-T T.81, annex B).

A decoder walks over all coefficients of the picture once a scan, so a file of thousands costs seconds a
megapixel. The markers are walked as libjpeg walks them: what looks like one inside a thumbnail, a comment or
behind the end does not count.
"""

from __future__ import annotations

import re

import msgspec

_MARKER = re.compile(
    rb"\xff([^\x00\xff\xd0-\xd7])"
)  # neither stuffing, nor fill, nor a restart inside a scan
_START_OF_FRAME = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_START_OF_SCAN = 0xDA
_END = 0xD9
_BARE = frozenset({0x01, 0xD8})  # markers without a length


class Scans(msgspec.Struct, frozen=True):
    """`is_one_pass` when the decoder can go from top to bottom, keeping a few rows instead of the whole."""

    count: int
    is_one_pass: bool


def scans_of(data: bytes, *, at_most: int) -> Scans:
    """Stops counting beyond `at_most`."""
    count = 0
    components = 0
    is_one_pass = True
    place = 2
    while count <= at_most and (marker := _MARKER.search(data, place)):
        kind, place = marker[1][0], marker.end()
        if kind == _END:
            break
        if kind in _BARE:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        if length < 2:
            break  # libjpeg refuses the file here
        if kind in _START_OF_FRAME and length >= 8:
            components = data[place + 7] if place + 7 < len(data) else 0
            is_one_pass = kind in (0xC0, 0xC1)
        elif kind == _START_OF_SCAN:
            count += 1
            is_one_pass = is_one_pass and data[place + 2 : place + 3] == bytes((components,))
        place += length
    return Scans(count=count, is_one_pass=is_one_pass and count <= 1)
