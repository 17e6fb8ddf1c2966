"""Pictures in, our own pictures out: the catalogue's files 55 to 100e, and what honest ones must keep."""

from __future__ import annotations

import io
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.media.hostile import (
    ACCEPTED,
    GREY,
    HTML,
    REFUSED,
    RGB,
    RGBA,
    chunk,
    flashing_gif,
    jpeg_with_comment,
    noise,
    png,
    webp_lossless,
)
from tests.media.pictures import encoded
from tests.media.profiles import display_p3
from wall.media.decode import GROUND, render
from wall.media.pool import DecodePool
from wall.media.rendered import SENTENCES, Flaw, Refused, Rendered
from wall.media.store import MediaStore

RSS_MAX_KB = 150_000
RSS_MAX_AT_THE_LIMIT_KB = 320_000
THUMBNAIL = b"\xff\xd8 the face that was cut away \xff\xd9"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("WEBP",)).convert("RGB")


def chunks(webp: bytes) -> Iterator[bytes]:
    place = 12
    while place < len(webp):
        yield webp[place : place + 4]
        (size,) = struct.unpack("<I", webp[place + 4 : place + 8])
        place += 8 + size + size % 2


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of the samples, of 255."""
    assert one.size == other.size
    a, b = one.tobytes(), other.tobytes()
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def mean(rendered: Rendered) -> tuple[int, ...]:
    return tuple(bytes.fromhex(rendered.colour[1:]))


def peak_of(pid: int) -> int:
    """The most memory that a process has held, kB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


# -- the catalogue --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_sound_picture_is_refused(name: str) -> None:
    make, code = REFUSED[name]
    with pytest.raises(Refused) as refused:
        render(make())
    assert refused.value.code == code


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_can_be_shown_is_made_anew_without_leftovers(name: str) -> None:
    rendered = render(ACCEPTED[name]())
    for variant in rendered.variants.values():
        assert list(chunks(variant)) == [b"VP8 "]
        assert b"script" not in variant
        assert b"PK\x03\x04" not in variant
        assert b"hidden" not in variant
        assert len(variant) == struct.unpack("<I", variant[4:8])[0] + 8


async def test_the_whole_set_passes_through_one_process_within_its_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    peak_kb, slowest_s = 0, 0.0
    async with DecodePool(size=1, jobs_a_child=1000) as pool:
        await pool.render(png())
        (pid,) = pool.pids
        for name, make in {**{name: make for name, (make, _) in REFUSED.items()}, **ACCEPTED}.items():
            data = make()
            begun = time.perf_counter()
            try:
                await pool.render(data)
                code = None
            except Refused as refused:
                code = refused.code.value
            slowest_s = max(slowest_s, time.perf_counter() - begun)
            assert code == REFUSED.get(name, (None, None))[1], name
            assert pool.pids == (pid,), f"{name} broke its process"
        peak_kb = peak_of(pid)
    with capsys.disabled():
        files = len(REFUSED) + len(ACCEPTED)
        sys.stdout.write(
            f"\n{files} hostile files: at most {peak_kb / 1000:.0f} MB and {slowest_s:.2f} s each "
        )
    assert peak_kb <= RSS_MAX_KB


@pytest.mark.parametrize(
    "make",
    [lambda: png(6320, 6320, colour=RGBA), lambda: webp_lossless(4123, 4123)],
    ids=["png of 40 MP with alpha", "webp of 17 MP"],
)
async def test_the_largest_that_is_taken_is_held_once_and_in_strips(make: Callable[[], bytes]) -> None:
    async with DecodePool(size=1, job_s=60) as pool:
        rendered = await pool.render(make())
        assert rendered.width_px == 1920
        assert peak_of(pool.pids[0]) <= RSS_MAX_AT_THE_LIMIT_KB


def test_a_short_idat_shows_dark_rows_below_and_the_picture_above() -> None:
    picture = opened(render(ACCEPTED["66 IDAT too short"]()).variants["large"])
    assert min(picture.getpixel((32, 5))) > 240  # type: ignore[arg-type]  # a tuple, for RGB
    assert max(picture.getpixel((32, 60))) < 20  # type: ignore[arg-type]  # as above


def test_an_apng_is_stilled_at_its_first_frame() -> None:
    red, green, blue = mean(render(ACCEPTED["69 APNG of 3,000 frames"]()))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_a_flashing_gif_is_stilled() -> None:
    rendered = render(flashing_gif())
    assert rendered.colour == "#ffffff"
    assert b"ANIM" not in rendered.variants["large"]


@pytest.mark.parametrize(
    ("orientation", "kind"), [*((turn, "JPEG") for turn in range(1, 9)), (6, "PNG"), (6, "WEBP")]
)
def test_every_orientation_comes_out_upright(orientation: int, kind: str) -> None:
    upright = noise(384, 256)
    turned_back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turned_back[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, kind, exif=exif, quality=95)
    rendered = render(data)
    assert (rendered.width_px, rendered.height_px) == (384, 256)
    assert difference(opened(rendered.variants["large"]), upright) < 6
    square = upright.crop((64, 0, 320, 256)).resize((192, 192), Image.Resampling.LANCZOS)
    assert difference(opened(render(data, purpose="avatar").variants["avatar"]), square) < 6


def test_a_wide_gamut_is_converted_and_a_broken_profile_dropped() -> None:
    picture = Image.new("RGB", (64, 64), (200, 50, 50))
    red, green, _ = mean(render(encoded(picture, "PNG", icc_profile=display_p3())))
    assert (red > 210, green < 42) == (True, True)
    for profile in (b"broken", display_p3()[:200], display_p3().ljust(1_200_000, b"\0")):
        data = encoded(picture, "JPEG", icc_profile=profile, quality=95, subsampling=0)
        red, green, _ = mean(render(data))
        assert (abs(red - 200) < 4, abs(green - 50) < 4) == (True, True)
    clear = encoded(Image.new("RGBA", (64, 64), (200, 50, 50, 0)), "PNG", icc_profile=display_p3())
    assert mean(render(clear)) == pytest.approx(GROUND, abs=3)


def test_a_thumbnail_of_something_else_is_gone() -> None:
    ifd0 = struct.pack("<HI", 0, 14)  # no entries; the next directory follows at 14
    entries = ((0x0103, 3, 6), (0x0201, 4, 56), (0x0202, 4, len(THUMBNAIL)))
    ifd1 = struct.pack("<H", 3) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in entries)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + ifd0 + ifd1 + bytes(4) + THUMBNAIL
    data = encoded(Image.new("RGB", (64, 64), (30, 160, 60)), "JPEG", exif=exif)
    assert THUMBNAIL in data
    rendered = render(data)
    assert all(THUMBNAIL[2:20] not in variant for variant in rendered.variants.values())
    assert mean(rendered) == pytest.approx((30, 160, 60), abs=4)


def test_white_words_on_nothing_are_seen_on_the_ground_of_the_wall() -> None:
    picture = Image.new("RGBA", (256, 128), (255, 255, 255, 0))
    ImageDraw.Draw(picture).rectangle((96, 32, 160, 96), fill=(255, 255, 255, 255))
    shown = opened(render(encoded(picture, "PNG")).variants["large"])
    assert shown.getpixel((20, 64)) == pytest.approx(GROUND, abs=4)
    assert min(shown.getpixel((128, 64))) > 245  # type: ignore[arg-type]  # a tuple, for RGB


@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.new("LA", (64, 64), (255, 0)), "PNG"),
        encoded(Image.new("RGBA", (64, 64), (255, 255, 255, 0)), "WEBP", lossless=True),
        encoded(Image.new("RGBA", (64, 64), (255, 255, 255, 0)), "AVIF"),
        encoded(Image.new("P", (64, 64), 1), "GIF", transparency=1),
        png(64, 64, colour=RGB, before=[chunk(b"tRNS", bytes(6))]),
        png(64, 64, colour=GREY, before=[chunk(b"tRNS", bytes(2))]),
        png(64, 64, bits=1, colour=GREY, before=[chunk(b"tRNS", bytes(2))]),
    ],
    ids=["LA", "webp", "avif", "gif", "rgb+tRNS", "grey+tRNS", "1 bit+tRNS"],
)
def test_every_kind_of_transparency_lies_on_the_ground(data: bytes) -> None:
    assert mean(render(data)) == pytest.approx(GROUND, abs=4)


def test_pictures_alike_to_the_hash_are_different_to_the_store(tmp_path: Path) -> None:
    """A hash match says nothing here: each picture is kept under what it is."""
    strong = noise(256, 128)
    faint = strong.point([shade // 2 for shade in range(256)] * 3)
    one, other = render(encoded(strong, "PNG")), render(encoded(faint, "PNG"))
    assert one.dhashes[0] == other.dhashes[0] != ""
    store = MediaStore(tmp_path)
    assert store.put(one).digest != store.put(other).digest


# -- honest pictures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "large", "medium", "small"),
    [
        ((2400, 1800), (1920, 1440), (960, 720), (480, 360)),
        ((500, 4000), (240, 1920), (120, 960), (60, 480)),
        ((700, 500), (700, 500), (700, 500), (480, 343)),
        ((16, 16), (16, 16), (16, 16), (16, 16)),
        ((20000, 16), (1920, 2), (960, 1), (480, 1)),
    ],
)
def test_variants_have_their_long_side_and_are_never_enlarged(
    size: tuple[int, int], large: tuple[int, int], medium: tuple[int, int], small: tuple[int, int]
) -> None:
    rendered = render(encoded(noise(*size), "JPEG"))
    assert (rendered.width_px, rendered.height_px) == large
    assert opened(rendered.variants["large"]).size == large
    assert opened(rendered.variants["medium"]).size == medium
    assert opened(rendered.variants["small"]).size == small


@pytest.mark.parametrize("size", [(1200, 900), (300, 900), (100, 60)])
def test_an_avatar_is_the_square_in_the_middle(size: tuple[int, int]) -> None:
    width, height = size
    picture = Image.new("RGB", size, (200, 30, 30))
    side = min(size)
    picture.paste(
        (30, 30, 200), ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
    )
    rendered = render(encoded(picture, "JPEG", subsampling=0, quality=95), purpose="avatar")
    assert set(rendered.variants) == {"avatar"}
    assert rendered.width_px == rendered.height_px == min(side, 192)
    assert mean(rendered) == pytest.approx((30, 30, 200), abs=8)


@pytest.mark.parametrize("size", [(1700, 1700), (3900, 700), (700, 3900)])
def test_a_picture_in_strips_is_the_picture(size: tuple[int, int]) -> None:
    """Three strips, shrunk by no whole factor or by two: no seam is seen."""
    picture = noise(*size)
    shown = opened(render(encoded(picture, "PNG", compress_level=1)).variants["large"])
    expected = picture.resize(shown.size, Image.Resampling.LANCZOS)
    assert difference(shown.resize((240, 240)), expected.resize((240, 240))) < 2
    steps = zip(shown.tobytes()[::331], expected.tobytes()[::331], strict=True)
    assert max(abs(a - b) for a, b in steps) < 24


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "MPO"])
def test_every_listed_format_is_read(kind: str) -> None:
    picture = noise(320, 240)
    more = {"save_all": True, "append_images": [noise(32, 32, seed=8)]} if kind == "MPO" else {}
    rendered = render(encoded(picture, kind, quality=90, **more))
    assert difference(opened(rendered.variants["large"]), picture) < 6


def test_grey_of_sixteen_bits_keeps_its_brightness() -> None:
    rows = (b"\0" + b"\x80\x00" * 32) * 32
    assert mean(render(png(bits=16, colour=GREY, raw=rows))) == pytest.approx((128, 128, 128), abs=3)


def test_what_a_phone_puts_behind_a_jpeg_is_no_scan() -> None:
    """A motion photo carries a film behind the picture: bytes that look like markers, by the hundred."""
    film = b"\xff\xda\0\x08" * 500
    data = encoded(noise(64, 64), "JPEG") + film
    assert render(data).width_px == 64
    assert render(jpeg_with_comment(film)).width_px == 64


def test_a_phone_with_too_many_megapixels_is_read_at_a_fraction() -> None:
    """Where the decoder can shrink as it reads: a progressive file would stand in memory whole."""
    original = Image.new("L", (8000, 6000), 90)
    rendered = render(encoded(original, "JPEG"))
    assert (rendered.width_px, rendered.height_px) == (1920, 1440)
    progressive = encoded(original, "JPEG", progressive=True)
    with pytest.raises(Refused) as refused:
        render(progressive)
    assert refused.value.code is Flaw.TOO_LARGE


def test_the_same_bytes_give_the_same_picture() -> None:
    data = encoded(noise(640, 480), "JPEG")
    assert render(data) == render(data)


def test_every_flaw_has_a_plain_sentence() -> None:
    assert set(SENTENCES) == set(Flaw)
    assert str(Refused(Flaw.HEIC)) == "this is an HEIC picture; please send JPEG"
    assert HTML not in str(Refused(Flaw.NOT_A_PICTURE)).encode()
