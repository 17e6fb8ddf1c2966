"""Scans are counted as a decoder would meet them."""

from __future__ import annotations

import struct

import pytest

from tests.media.hostile import jpeg_of_scans, jpeg_with_comment, noise
from tests.media.pictures import encoded
from wall.media.jpeg import Scans, scans_of

PLAIN = encoded(noise(64, 64), "JPEG")


def test_a_plain_file_has_one_scan_and_one_pass() -> None:
    assert scans_of(PLAIN, at_most=100) == Scans(count=1, is_one_pass=True)
    grey = encoded(noise(64, 64, mode="L"), "JPEG")
    assert scans_of(grey, at_most=100) == Scans(count=1, is_one_pass=True)


def test_a_progressive_file_needs_the_whole_in_memory() -> None:
    progressive = encoded(noise(64, 64), "JPEG", progressive=True)
    scans = scans_of(progressive, at_most=100)
    assert (scans.count > 3, scans.is_one_pass) == (True, False)


def test_a_scan_of_some_components_needs_the_whole_in_memory() -> None:
    data = bytearray(PLAIN)
    data[data.index(b"\xff\xda") + 4] = 1
    assert scans_of(bytes(data), at_most=100) == Scans(count=1, is_one_pass=False)


def test_counting_stops_just_beyond_what_is_allowed() -> None:
    assert scans_of(jpeg_of_scans(100, 64), at_most=100).count == 100
    assert scans_of(jpeg_of_scans(101, 64), at_most=100).count == 101
    assert scans_of(jpeg_of_scans(3000, 64), at_most=100).count == 101


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with_comment(b"\xff\xda\0\x08" * 200),
        PLAIN + b"\0\2" + b"\xff\xda\0\x08" * 200,
        PLAIN[:-2] + b"\xff\0" * 500 + b"\xff\xd3\xff\xd4" + PLAIN[-2:],
        PLAIN[:2] + b"\xff" * 300 + PLAIN[2:],
    ],
    ids=["in a comment", "behind the end", "stuffing and restarts", "fill bytes"],
)
def test_what_only_looks_like_a_scan_is_none(data: bytes) -> None:
    assert scans_of(data, at_most=100).count == 1


def test_a_restart_hides_no_scan() -> None:
    """What follows a restart is no length."""
    scan = PLAIN[PLAIN.index(b"\xff\xda") : -2]
    data = PLAIN[:-2] + b"\xff\xd0\x7f\xff" + scan * 9 + b"\xff\xd9"
    assert scans_of(data, at_most=100) == Scans(count=10, is_one_pass=False)


@pytest.mark.parametrize("end", range(2, 40))
def test_a_file_may_end_anywhere(end: int) -> None:
    cut = PLAIN[: PLAIN.index(b"\xff\xc0") + end]
    assert scans_of(cut, at_most=100).count == 0
    assert scans_of(PLAIN[:2] + b"\xff\xda" + struct.pack(">H", end), at_most=100).count == 1
