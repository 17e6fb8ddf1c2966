"""What an organiser's file is, by its first bytes alone: its name is a wish, not a fact. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

HEAD_BYTES = 4096  # as much of a file as is looked at here


class Kind(StrEnum):
    """What a layout's option asks for, and what a theme does."""

    PICTURE = "picture"
    FILM = "film"
    CAPTIONS = "captions"
    FONT = "font"


class Form(msgspec.Struct, frozen=True):
    """`suffix` is what an upload of this form is called at the end."""

    kind: Kind
    mime: str
    suffix: str


class Unfit(Exception):
    """This file cannot be used. The message goes on after its name: "is a QuickTime film; save it as …"."""


SVG = Form(Kind.PICTURE, "image/svg+xml", ".svg")
WEBP = Form(Kind.PICTURE, "image/webp", ".webp")
CAPTIONS = Form(Kind.CAPTIONS, "text/vtt", ".vtt")
_JPEG = Form(Kind.PICTURE, "image/jpeg", ".jpg")
_AVIF = Form(Kind.PICTURE, "image/avif", ".avif")
_WEBM = Form(Kind.FILM, "video/webm", ".webm")
_MP4 = Form(Kind.FILM, "video/mp4", ".mp4")

_STARTS: tuple[tuple[bytes, Form], ...] = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", Form(Kind.PICTURE, "image/png", ".png")),
    (b"GIF87a", Form(Kind.PICTURE, "image/gif", ".gif")),
    (b"GIF89a", Form(Kind.PICTURE, "image/gif", ".gif")),
    (b"wOF2", Form(Kind.FONT, "font/woff2", ".woff2")),
)

_CURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF; export it as SVG or PNG"),
    (b"%!PS", "is a PostScript drawing; export it as SVG or PNG"),
    (b"8BPS", "is a Photoshop file; save it as PNG"),
    (b"II*\0", "is a TIFF picture; save it as PNG or JPEG"),
    (b"MM\0*", "is a TIFF picture; save it as PNG or JPEG"),
    (b"BM", "is a BMP picture; save it as PNG"),
    (b"wOFF", "is a font of the kind WOFF; convert it to WOFF2"),
    (b"\0\1\0\0", "is a TrueType font; convert it to WOFF2"),
    (b"OTTO", "is an OpenType font; convert it to WOFF2"),
    (b"\x1f\x8b", "is packed with gzip; unpack it first"),
    (b"PK\3\4", "is a ZIP archive; unpack it first"),
    (b"\0\0\1\xba", "is an MPEG film; save it as MP4 (H.264) or WebM"),
    (b"FLV", "is a Flash film; save it as MP4 (H.264) or WebM"),
    (b"OggS", "is an Ogg file; save the film as WebM or MP4 (H.264)"),
)

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"})
_MP4_BRANDS = frozenset({
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VP", b"dash", b"MSNV",
})  # fmt: skip
_SVG_START = re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg|svg[\s>])", re.IGNORECASE)
_SVG_ROOT = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_VTT_START = re.compile(rb"(\xef\xbb\xbf)?WEBVTT([ \t\r\n]|\Z)")
_SRT_START = re.compile(rb"(\xef\xbb\xbf)?\s*\d+\s*\r?\n\d\d:\d\d:\d\d,\d{3} -->")


def form_of(head: bytes) -> Form:
    """The form of a file that begins like this. Raises `Unfit` with what to do instead."""
    if not head:
        raise Unfit("is empty; copy it again")
    for start, form in _STARTS:
        if head.startswith(start):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        raise Unfit("is an AVI film; save it as MP4 (H.264) or WebM")
    if head[:4] == b"\x1aE\xdf\xa3":
        if b"webm" in head[:64]:
            return _WEBM
        raise Unfit("is a Matroska film; save it as WebM or MP4 (H.264)")
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        raise Unfit("is a QuickTime film; save it as MP4 (H.264) or WebM")
    if _VTT_START.match(head):
        return CAPTIONS
    if _SRT_START.match(head):
        raise Unfit("has captions of the kind SubRip; save them as WebVTT (.vtt)")
    if _SVG_START.match(head) and _SVG_ROOT.search(head):
        return SVG
    for start, cure in _CURES:
        if head.startswith(start):
            raise Unfit(cure)
    raise Unfit(
        "is nothing that a screen can show; it takes pictures (SVG, PNG, JPEG, WebP, AVIF, GIF), films (MP4, WebM), "
        "captions (WebVTT) and fonts (WOFF2)"
    )


def _of_brands(head: bytes) -> Form:
    end = min(int.from_bytes(head[:4], "big"), 512)
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return _AVIF
    if brands & _HEIC_BRANDS:
        raise Unfit("is an HEIC picture; save it as JPEG")
    if head[8:12] == b"qt  ":
        raise Unfit("is a QuickTime film; save it as MP4 (H.264) or WebM")
    if brands & _MP4_BRANDS:
        return _MP4
    raise Unfit("is a film of a kind that browsers do not play; save it as MP4 (H.264) or WebM")
