"""From foreign bytes to our own picture. Runs only inside the limited process of `wall/media/child.py`.

Formats are closed, sizes are judged before pixels exist, and what comes out is a new image: no metadata, no
profile, no trailing bytes survive. Animations are stilled. Pixels go from the decoder to the small upright
sRGB picture in strips, so that the largest thing in memory is the decoder's own copy.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import (
    AvifImagePlugin,
    Image,
    ImageCms,
    WebPImagePlugin,  # noqa: F401  # registers itself: an open with a closed list of formats loads no plug-in
)

from wall.media.codes import codes_of
from wall.media.dhash import dhashes
from wall.media.jpeg import scans_of
from wall.media.rendered import Flaw, Purpose, Refused, Rendered, Variant

SIDE_MIN = 16
SIDE_MAX = 20_000
PIXELS_MAX = 40_000_000
PIXELS_MAX_OF = {"WEBP": 17_000_000, "AVIF": 25_000_000}  # their decoders hold the picture up to four times
PIXELS_MAX_REDUCED = 210_000_000  # one-pass JPEG: the decoder shrinks while it reads
SCANS_MAX = 100
PROFILE_MAX = 1_000_000
STRIP_PIXELS = 1_000_000

SIDES: tuple[tuple[Variant, int], ...] = (("large", 1920), ("medium", 960), ("small", 480))
AVATAR = 192
QUALITY = 82
GROUND = (0x14, 0x12, 0x1C)  # the wall's ground, behind transparent pictures

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"})
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112

# What Pillow raises on bytes that are no sound picture.
_BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, RuntimeError, struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip

Box = tuple[int, int, int, int]

# One thread of the AV1 decoder keeps its memory small; the pool is what uses several cores.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def render(data: bytes, *, purpose: Purpose = "picture") -> Rendered:
    """Raises `Refused`."""
    kind = kind_of(data)
    with _judged():
        if purpose == "avatar":
            return _rendered(_avatar(data, kind), (("avatar", AVATAR),))
        return _rendered(_picture(data, kind), SIDES)


def pixels(data: bytes, *, width_px: int, height_px: int) -> bytes:
    """Rows of RGB of one of our own variants, squeezed to a model's sides: no edge of it is cut away.

    Raises `Refused`.
    """
    with _judged(), _opened(data, "WEBP") as image:
        return image.convert("RGB").resize((width_px, height_px), Image.Resampling.BILINEAR).tobytes()


@contextmanager
def _judged() -> Iterator[None]:
    """Whatever Pillow says against a file, as a flaw."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata, and see `_opened`
            yield
    except (Image.DecompressionBombError, MemoryError):
        raise Refused(Flaw.TOO_LARGE) from None
    except _BROKEN:
        raise Refused(Flaw.DAMAGED) from None


def kind_of(data: bytes) -> str:
    """Pillow's name of the format, by the first bytes alone. Raises `Refused`."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 512)
        brands = {data[8:12], *(data[place : place + 4] for place in range(16, end, 4))}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            raise Refused(Flaw.HEIC)
    raise Refused(Flaw.NOT_A_PICTURE)


def _picture(data: bytes, kind: str) -> Image.Image:
    with _opened(data, kind) as image:
        wanted = SIDES[0][1]
        _draft(image, max(image.size) // wanted)
        image.load()
        box = (0, 0, *image.size)
        return _upright(_flat(image, box, factor=max(1, max(image.size) // wanted)), image)


def _avatar(data: bytes, kind: str) -> Image.Image:
    """The square in the middle."""
    with _opened(data, kind) as image:
        _draft(image, min(image.size) // AVATAR)
        image.load()
        width, height = image.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        box = (left, top, left + side, top + side)
        return _upright(_flat(image, box, factor=max(1, side // AVATAR)), image)


def _opened(data: bytes, kind: str) -> Image.Image:
    """The image before its pixels exist, its sizes judged."""
    pixels_max = PIXELS_MAX_OF.get(kind, PIXELS_MAX)
    if kind == "JPEG":
        scans = scans_of(data, at_most=SCANS_MAX)
        if scans.count > SCANS_MAX:
            raise Refused(Flaw.SCANS)
        if scans.is_one_pass:
            pixels_max = PIXELS_MAX_REDUCED
    # Pillow warns beyond its limit and raises beyond twice that, in some places without having warned.
    # With half of our limit the error comes everywhere at ours, and the warning says nothing.
    Image.MAX_IMAGE_PIXELS = pixels_max // 2
    image = Image.open(io.BytesIO(data), formats=(kind,))
    if min(image.size) < SIDE_MIN:
        raise Refused(Flaw.TOO_SMALL)
    if max(image.size) > SIDE_MAX or image.width * image.height > pixels_max:
        raise Refused(Flaw.TOO_LARGE)
    return image


def _draft(image: Image.Image, scale: int) -> None:
    """Let a JPEG's decoder shrink by up to eight while it reads; other formats come as they are."""
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))
    if image.width * image.height > PIXELS_MAX:
        raise Refused(Flaw.TOO_LARGE)


def _flat(image: Image.Image, box: Box, *, factor: int) -> Image.Image:
    """A new sRGB picture of the box, shrunk by a whole factor, on the wall's ground."""
    left, top, right, bottom = box
    size = (-(-(right - left) // factor), -(-(bottom - top) // factor))
    flat = Image.new("RGB", size, GROUND)
    profile = _Profile(image.info.get("icc_profile"))
    rows = max(1, STRIP_PIXELS // (right - left) // factor) * factor
    for y in range(top, bottom, rows):
        strip = _plain(image.crop((left, y, right, min(y + rows, bottom)))).reduce(factor)
        mask = strip.getchannel("A") if strip.mode == "RGBA" else None
        flat.paste(profile.srgb(strip), (0, (y - top) // factor), mask)
    return flat


def _plain(strip: Image.Image) -> Image.Image:
    """The strip as L, RGB, RGBA or CMYK with eight bits."""
    if strip.mode.startswith("I"):  # sixteen bits of grey
        return strip.point(lambda value: value * (1 / 256)).convert("L")
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip if strip.mode in ("L", "RGB", "CMYK") else strip.convert("RGB")


class _Profile:
    """A picture's own colour space. One that is broken, huge or of another kind is dropped."""

    def __init__(self, raw: bytes | None) -> None:
        self._raw = raw if raw and len(raw) <= PROFILE_MAX else None
        self._transform: ImageCms.ImageCmsTransform | None = None

    def srgb(self, strip: Image.Image) -> Image.Image:
        """Opaque RGB; alpha is the caller's."""
        source = strip.convert("RGB") if strip.mode == "RGBA" else strip
        if self._raw is not None:
            try:
                if self._transform is None:
                    self._transform = ImageCms.buildTransform(
                        ImageCms.ImageCmsProfile(io.BytesIO(self._raw)),
                        ImageCms.createProfile("sRGB"),
                        source.mode,
                        "RGB",
                    )
                return self._transform.apply(source)
            except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
                self._raw = None
        return source if source.mode == "RGB" else source.convert("RGB")


def _upright(flat: Image.Image, image: Image.Image) -> Image.Image:
    """As the camera was held; a broken EXIF block says nothing."""
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        turn = None
    return flat if turn is None else flat.transpose(turn)


def _rendered(picture: Image.Image, sides: tuple[tuple[Variant, int], ...]) -> Rendered:
    fitted: dict[Variant, Image.Image] = {}
    variants: dict[Variant, bytes] = {}
    encoded = b""
    for name, side in sides:
        smaller = _fitted(picture, side)
        if smaller is not picture or not encoded:
            encoded = _webp(smaller)
        fitted[name], variants[name] = smaller, encoded
        picture = smaller
    width, height = next(iter(fitted.values())).size
    return Rendered(
        variants=variants,
        width_px=width,
        height_px=height,
        colour=_colour(picture),
        dhashes=dhashes(picture),
        codes=_codes(fitted),
    )


def _codes(fitted: dict[Variant, Image.Image]) -> tuple[str, ...]:
    """Of a picture, not of a face. Whatever fails in there, the picture itself is sound."""
    if "large" not in fitted:
        return ()
    try:
        return codes_of(fitted["large"], fitted["medium"])
    except (*_BROKEN, MemoryError):
        return ()


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    longest = max(picture.size)
    if longest <= side:
        return picture
    size = (max(1, round(picture.width * side / longest)), max(1, round(picture.height * side / longest)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _colour(picture: Image.Image) -> str:
    return "#" + picture.resize((1, 1), Image.Resampling.BOX).tobytes().hex()
