"""Picture files that nobody sends by accident, built from the formats' specifications.

The numbers are those of the project's catalogue of bad inputs. Files meant for a check behind the smallest
side have sides of 16 or more.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable

from PIL import Image

from tests.media.pictures import encoded

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6
HTML = b"<!doctype html><script>alert('from the picture')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


# -- PNG ------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    check = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def header(width: int, height: int, *, bits: int = 8, colour: int = RGB) -> bytes:
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def zeros(size: int) -> bytes:
    """That many zero bytes, deflated without ever holding them (RFC 1950: the checksum of zeros is their number)."""
    whole, rest = divmod(size, 1 << 20)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeeze.compress(bytes(1 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = end.compress(bytes(rest)) + end.flush()
    return b"\x78\xda" + block * whole + last + struct.pack(">I", (size % 65521) << 16 | 1)


def png(
    width: int = 32,
    height: int = 32,
    *,
    bits: int = 8,
    colour: int = RGB,
    before: Iterable[bytes] = (),
    raw: bytes | None = None,
) -> bytes:
    """A whole file; `before` are chunks between header and pixels, `raw` the filtered rows (else zeros)."""
    channels = {GREY: 1, RGB: 3, PALETTE: 1, RGBA: 4}[colour]
    size = height * (1 + (width * channels * bits + 7) // 8)
    body = zeros(size) if raw is None else zlib.compress(raw)
    return (
        header(width, height, bits=bits, colour=colour)
        + b"".join(before)
        + chunk(b"IDAT", body)
        + chunk(b"IEND")
    )


def png_with_odd_indexes() -> bytes:
    """Two colours in the palette, indexes up to 255 in the pixels."""
    rows = b"".join(b"\0" + bytes((x * 8) % 256 for x in range(32)) for _ in range(32))
    return png(colour=PALETTE, before=[chunk(b"PLTE", b"\xff\0\0\0\xff\0")], raw=rows)


def apng(frames: int = 3000) -> bytes:
    """The first frame red, all others blue."""
    red, blue = (zlib.compress((b"\0" + pixel * 16) * 16) for pixel in (b"\xff\0\0", b"\0\0\xff"))
    control = struct.pack(">IIIIHHBB", 16, 16, 0, 0, 1, 100, 0, 0)
    parts = [
        header(16, 16),
        chunk(b"acTL", struct.pack(">II", frames, 0)),
        chunk(b"fcTL", struct.pack(">I", 0) + control),
        chunk(b"IDAT", red),
    ]
    for number in range(1, frames):
        parts.append(chunk(b"fcTL", struct.pack(">I", 2 * number - 1) + control))
        parts.append(chunk(b"fdAT", struct.pack(">I", 2 * number) + blue))
    return b"".join((*parts, chunk(b"IEND")))


# -- JPEG -----------------------------------------------------------------------------------------------------


def noise(width: int, height: int, *, mode: str = "RGB", seed: int = 7) -> Image.Image:
    """Smooth, but not flat: every coefficient gets something to say."""
    dots = random.Random(seed)
    small = Image.frombytes("RGB", (16, 16), dots.randbytes(768))
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def jpeg_of_size(width: int, height: int) -> bytes:
    """The header of one size over the pixels of another."""
    data = bytearray(encoded(noise(64, 64), "JPEG"))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_with_comment(comment: bytes) -> bytes:
    data = encoded(noise(64, 64), "JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def jpeg_of_scans(scans: int, side: int = 512) -> bytes:
    """A progressive file whose last refinement is repeated: each scan touches every block again."""
    data = encoded(noise(side, side), "JPEG", progressive=True, quality=60)
    start = data.rindex(b"\xff\xda")
    last = data[start:-2]
    have = data.count(b"\xff\xda")
    return data[:-2] + last * (scans - have) + b"\xff\xd9"


# -- the others -----------------------------------------------------------------------------------------------


def gif_of_size(width: int, height: int) -> bytes:
    data = bytearray(encoded(noise(32, 32).quantize(8), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_of_frame(width: int, height: int) -> bytes:
    """A frame far larger than the screen that it is drawn on."""
    data = bytearray(encoded(noise(32, 32).quantize(8), "GIF"))
    place = data.index(b",\0\0\0\0\x20\0\x20\0")
    data[place + 5 : place + 9] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_with_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", HTML)
    return encoded(noise(32, 32).quantize(8), "GIF") + out.getvalue()


def flashing_gif() -> bytes:
    """White and black by turns, ten times a second."""
    white, black = (Image.new("L", (32, 32), shade) for shade in (255, 0))
    return encoded(white, "GIF", save_all=True, append_images=[black, white, black], duration=50, loop=0)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless(width: int, height: int) -> bytes:
    """Sound and tiny: five codes of one symbol each, so that a pixel takes no bit (RFC 9649, section 3)."""
    bits = (width - 1) | (height - 1) << 14
    for number in range(5):
        bits |= 1 << (35 + 4 * number)
    return riff((b"VP8L", b"\x2f" + bits.to_bytes(8, "little")))


def webp_of_canvas(width: int, height: int) -> bytes:
    """A canvas of that size around a picture of 32×32."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = encoded(noise(32, 32), "WEBP", lossless=False)
    return riff((b"VP8X", bytes(4) + size), (b"VP8 ", inner[20:]))


def avif_of_size(width: int, height: int) -> bytes:
    """Says one size in its box of properties, and holds a picture of 32×32."""
    data = bytearray(encoded(noise(32, 32), "AVIF"))
    place = data.index(b"ispe") + 8
    data[place : place + 8] = struct.pack(">II", width, height)
    return bytes(data)


def boxes(brand: bytes, *others: bytes) -> bytes:
    """The first box of a file of the ISO family, and some nothing."""
    body = b"ftyp" + brand + bytes(4) + b"".join(others)
    return struct.pack(">I", len(body) + 4) + body + bytes(64)


def garbage(size: int = 100_000) -> bytes:
    return random.Random(91).randbytes(size)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "55 png 1-bit 13000²": (lambda: png(13000, 13000, bits=1, colour=GREY), "too-large"),
    "57 png RGBA 12000²": (
        lambda: header(12000, 12000, colour=RGBA) + chunk(b"IDAT", zeros(9**7)),
        "too-large",
    ),
    "58 png width 2³¹-1": (lambda: header(2**31 - 1, 32) + chunk(b"IDAT", zeros(99)), "too-large"),
    "59 png height 2³¹-1": (lambda: header(32, 2**31 - 1) + chunk(b"IDAT", zeros(99)), "too-large"),
    "61 zTXt bomb 200 MB": (lambda: png(before=[chunk(b"zTXt", b"k\0\0" + zeros(200_000_000))]), "damaged"),
    "63 iCCP bomb": (lambda: png(before=[chunk(b"iCCP", b"k\0\0" + zeros(200_000_000))]), "damaged"),
    "65 bad chunk name": (lambda: png(before=[chunk(b"1\x0023", b"?")]), "damaged"),
    "65 bad CRC": (lambda: png(before=[chunk(b"gAMA", bytes(4), crc=1)]), "damaged"),
    "71 jpeg header 65535²": (lambda: jpeg_of_size(65535, 65535), "too-large"),
    "75 jpeg of 3000 scans": (lambda: jpeg_of_scans(3000), "scans"),
    "78 1×65500": (lambda: png(1, 65500), "too-small"),
    "78 16×65500": (lambda: png(16, 65500), "too-large"),
    "79 gif screen 65535²": (lambda: gif_of_size(65535, 65535), "too-large"),
    "79 gif frame of 49 MP on a screen of 32²": (lambda: gif_of_frame(7000, 7000), "too-large"),
    "82 webp 197 MP": (lambda: webp_of_canvas(16384, 12032), "too-large"),
    "83 webp 81 MP": (lambda: webp_lossless(9000, 9000), "too-large"),
    "83 avif 81 MP": (lambda: avif_of_size(9000, 9000), "too-large"),
    "83 webp just over its limit": (lambda: webp_lossless(4124, 4124), "too-large"),
    "85 svg script": (lambda: SVG, "not-a-picture"),
    "86 svg XXE": (
        lambda: b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        "not-a-picture",
    ),
    "87 html named png": (lambda: HTML, "not-a-picture"),
    "89 empty": (lambda: b"", "not-a-picture"),
    "90 one byte": (lambda: b"\xff", "not-a-picture"),
    "91 random 100 kB": (garbage, "not-a-picture"),
    "91 random behind a JPEG's start": (lambda: b"\xff\xd8\xff" + garbage(), "damaged"),
    "91 random behind a PNG's start": (lambda: SIGNATURE + garbage(), "damaged"),
    "91 random behind a WebP's start": (lambda: riff((b"VP8 ", garbage())), "damaged"),
    "91 random behind an AVIF's start": (lambda: boxes(b"avif") + garbage(), "damaged"),
    "93 heic": (lambda: boxes(b"heic", b"mif1"), "heic"),
    "93 heic of the general brand": (lambda: boxes(b"mif1", b"heic"), "heic"),
    "94 tiff": (lambda: encoded(noise(32, 32), "TIFF"), "not-a-picture"),
    "95 bmp": (lambda: encoded(noise(32, 32), "BMP"), "not-a-picture"),
    "100a psd": (lambda: b"8BPS\0\1" + bytes(200), "not-a-picture"),
    "100a ico": (lambda: encoded(noise(32, 32), "ICO"), "not-a-picture"),
    "100a icns": (lambda: b"icns" + struct.pack(">I4sI", 72, b"ic07", 64) + bytes(56), "not-a-picture"),
    "100a pdf": (lambda: encoded(noise(32, 32), "PDF"), "not-a-picture"),
    "a film": (lambda: boxes(b"isom", b"mp42"), "not-a-picture"),
    "cut in the middle of a jpeg": (
        lambda: (d := encoded(noise(640, 480), "JPEG"))[: len(d) // 2],
        "damaged",
    ),
}

ACCEPTED: dict[str, Callable[[], bytes]] = {
    "62 5,000 tEXt": lambda: png(before=[chunk(b"tEXt", b"k%d\0hidden" % n) for n in range(5000)]),
    "66 IDAT too short": lambda: png(64, 64, raw=(b"\0" + b"\xff\xff\xff" * 64) * 20),
    "67 palette index out of range": png_with_odd_indexes,
    "69 APNG of 3,000 frames": apng,
    "70 jpeg": lambda: encoded(noise(640, 480), "JPEG"),
    "73 jpeg + HTML": lambda: encoded(noise(64, 64), "JPEG") + HTML,
    "74 jpeg with a script in the comment": lambda: jpeg_with_comment(HTML),
    "75 jpeg of 100 scans": lambda: jpeg_of_scans(100, 256),
    "77 CMYK": lambda: encoded(noise(64, 64, mode="CMYK"), "JPEG"),
    "81 gif + zip": gif_with_zip,
    "100c flashing gif": flashing_gif,
}
