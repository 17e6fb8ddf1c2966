"""What becomes of foreign bytes: our own variants of a picture, or a refusal in plain words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Purpose = Literal["picture", "avatar"]
Variant = Literal["small", "medium", "large", "avatar"]

CODES_MAX, CODE_MAX = 4, 200

Dhash = Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?\Z")]
Dhashes = tuple[Dhash, Dhash, Dhash]
Code = Annotated[
    str,
    Meta(min_length=1, max_length=CODE_MAX, pattern=r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*\Z"),
]


class Rendered(msgspec.Struct, frozen=True, tag="rendered", kw_only=True):
    """A picture made anew: WebP bytes without metadata, by variant.

    For a picture the variants are small, medium and large (480, 960 and 1920 px on the long side, never
    enlarged), for an avatar the one square of at most 192 px. The size is that of the largest variant.
    `colour` is the mean as "#rrggbb". `dhashes` are those of the picture, of its mirror, and of it without an even
    border: 16 hex digits, one bit for each of eight steps in eight rows, set where the right neighbour is brighter;
    "" where the picture says too little to be told from others. `codes` is what QR and bar codes in it say.
    """

    variants: dict[Variant, bytes]
    width_px: Annotated[int, Meta(ge=1, le=1920)]
    height_px: Annotated[int, Meta(ge=1, le=1920)]
    colour: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")]
    dhashes: Dhashes
    codes: Annotated[tuple[Code, ...], Meta(max_length=CODES_MAX)] = ()


class Flaw(StrEnum):
    """What is wrong with a file. Stable: the catalogues have a sentence for each."""

    NOT_A_PICTURE = "not-a-picture"
    HEIC = "heic"
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    SCANS = "scans"
    DAMAGED = "damaged"
    TOO_SLOW = "too-slow"
    UNAVAILABLE = "unavailable"


SENTENCES = {
    Flaw.NOT_A_PICTURE: "this is not a picture that can be shown; send JPEG, PNG, WebP, GIF or AVIF",
    Flaw.HEIC: "this is an HEIC picture; please send JPEG",
    Flaw.TOO_SMALL: "this picture is too small: a side has fewer than 16 pixels",
    Flaw.TOO_LARGE: "this picture is too large; send a smaller one",
    Flaw.SCANS: "this JPEG is built in too many layers; save it again and send that",
    Flaw.DAMAGED: "this picture is damaged",
    Flaw.TOO_SLOW: "this picture takes too long to open",
    Flaw.UNAVAILABLE: "pictures cannot be prepared at the moment",
}


class Refused(Exception):
    """This file does not become a picture, and trying again will not help (but for `UNAVAILABLE`)."""

    def __init__(self, code: Flaw) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
