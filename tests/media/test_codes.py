"""QR codes and bar codes in pictures, as they come: small, turned, light on dark, on busy grounds; and where none is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tests.media.hostile import RGBA, noise, png
from tests.media.pictures import encoded, photo
from tests.media.test_pool import SMALL
from wall.media.decode import render
from wall.media.pool import DecodePool

ADDRESS = "https://evil.example/win?you=1"
SAMPLE = Path(__file__).parents[2] / "ingest" / "sample" / "pictures"

# GS1 General Specifications, 5.2.1: the bars of a digit in the sets A, B (A's complement backwards) and C.
_A = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
_C = tuple("".join("10"[int(bar)] for bar in one) for one in _A)
_B = tuple(one[::-1] for one in _C)
_SETS = (
    "AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA",
)  # fmt: skip


def ean13(digits: str, *, unit: int = 3) -> Image.Image:
    sets = {"A": _A, "B": _B}
    left = "".join(sets[s][int(d)] for s, d in zip(_SETS[int(digits[0])], digits[1:7], strict=True))
    bars = "101" + left + "01010" + "".join(_C[int(d)] for d in digits[7:]) + "101"
    code = Image.new("RGB", ((len(bars) + 22) * unit, 80 * unit), "white")
    draw = ImageDraw.Draw(code)
    for place, bar in enumerate(bars):
        if bar == "1":
            x = (place + 11) * unit
            draw.rectangle((x, 5 * unit, x + unit - 1, 75 * unit), fill="black")
    return code


def qr(text: str = ADDRESS, *, side: int = 240, error: str = "m", micro: bool = False) -> Image.Image:
    out = io.BytesIO()
    segno.make(text, error=error, micro=micro).save(out, kind="png", scale=8, border=4)
    return Image.open(out).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)


def pasted(
    code: Image.Image, *, seed: int = 3, size: tuple[int, int] = (1280, 960), angle: float = 0
) -> bytes:
    """In a photograph, as a JPEG."""
    ground = photo(seed, *size)
    mask = Image.new("L", code.size, 255)
    if angle:
        code = code.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        mask = mask.rotate(angle, expand=True)
    ground.paste(code, ((size[0] - code.width) // 3, (size[1] - code.height) // 2), mask)
    return encoded(ground, "JPEG", quality=70)


def codes(data: bytes) -> tuple[str, ...]:
    return render(data).codes


@pytest.mark.parametrize("seed", [3, 8, 21])
@pytest.mark.parametrize("side", [70, 120, 240, 700])
def test_codes_of_every_size_are_read(side: int, seed: int) -> None:
    assert codes(pasted(qr(side=side), seed=seed)) == (ADDRESS,)


@pytest.mark.parametrize("angle", [17, 45, 90, 180, 211])
def test_turned_codes_are_read(angle: float) -> None:
    assert codes(pasted(qr(), angle=angle)) == (ADDRESS,)


def test_light_on_dark_coloured_faint_and_mirrored_codes_are_read() -> None:
    plain = qr().convert("L")
    for code in (
        ImageOps.invert(plain).convert("RGB"),
        ImageOps.colorize(plain, "#102a6b", "#ffd9a0"),
        ImageOps.colorize(plain, "#e8e8ff", "#40105a"),
        ImageOps.colorize(plain, "#606060", "#989898"),
        ImageOps.mirror(plain).convert("RGB"),
    ):
        assert codes(pasted(code)) == (ADDRESS,)


def test_a_code_in_the_corner_of_a_phone_s_photograph_is_read() -> None:
    """Twelve megapixels: shrunk by the decoder, then by us."""
    assert codes(pasted(qr(side=280), size=(4000, 3000))) == (ADDRESS,)


def test_a_code_across_the_whole_picture_is_read() -> None:
    assert codes(encoded(qr(side=1900), "PNG")) == (ADDRESS,)
    assert codes(encoded(qr(side=64), "PNG")) == (ADDRESS,)


def test_a_code_that_is_seen_but_not_read_counts() -> None:
    """Another phone may do better. More of this one is painted over than it can mend."""
    code = qr(error="l")
    code.paste("red", (90, 90, 160, 150))
    assert codes(pasted(code)) == ("QR Code ?",)


def test_bar_codes_are_read() -> None:
    assert codes(pasted(ean13("4006381333931"))) == ("4006381333931",)
    assert codes(pasted(ean13("4006381333931").rotate(90, expand=True))) == ("4006381333931",)


def test_a_small_code_without_its_margin_is_read() -> None:
    assert codes(pasted(qr("1234567", side=200, micro=True))) == ("1234567",)


def test_what_a_code_says_is_one_sound_line_of_bounded_length() -> None:
    assert codes(encoded(qr("BEGIN:VCARD\r\nFN:Zoé\x07 \u202egnp.exe\r\nEND:VCARD"), "PNG")) == (
        "BEGIN:VCARD FN:Zoé gnp.exe END:VCARD",
    )
    (long,) = codes(encoded(qr("https://evil.example/" + "a" * 900, side=900), "PNG"))
    assert long == "https://evil.example/" + "a" * 179


def test_a_code_that_says_nothing_to_people_is_named_after_its_kind() -> None:
    assert codes(encoded(qr("\u200b\u200b\u202e"), "PNG")) == ("QR Code",)


def test_at_most_four_codes_are_told_and_each_once() -> None:
    sheet = Image.new("RGB", (1500, 1000), "white")
    for place in range(6):
        sheet.paste(qr(f"https://evil.example/{place}"), (place % 3 * 500 + 100, place // 3 * 500 + 100))
    found = codes(encoded(sheet, "PNG"))
    assert len(set(found)) == 4
    assert set(found) <= {f"https://evil.example/{place}" for place in range(6)}
    twice = Image.new("RGB", (800, 400), "white")
    twice.paste(qr(), (50, 50))
    twice.paste(qr(), (450, 50))
    assert codes(encoded(twice, "PNG")) == (ADDRESS,)


def test_faces_are_not_searched() -> None:
    assert render(encoded(qr(), "PNG"), purpose="avatar").codes == ()


@pytest.mark.slow
def test_ordinary_pictures_hold_no_codes() -> None:
    pictures = [Image.open(path).convert("RGB") for path in sorted(SAMPLE.glob("*.jpg"))]
    pictures += [photo(seed) for seed in range(40, 50)]
    pictures += [noise(640, 480), Image.effect_noise((640, 480), 200).convert("RGB")]
    stripes = Image.effect_noise((640, 1), 200).resize((640, 480)).convert("RGB")
    pictures += [stripes, photo(3).filter(ImageFilter.FIND_EDGES)]
    assert [place for place, picture in enumerate(pictures) if codes(encoded(picture, "JPEG"))] == []


@pytest.mark.parametrize("size", [(16, 16), (20000, 16), (16, 20000), (17, 1600)])
def test_odd_sizes_are_searched_without_harm(size: tuple[int, int]) -> None:
    assert codes(encoded(noise(*size), "PNG")) == ()


def finders(side: int) -> Image.Image:
    """The corner mark of a code, thousands of times: the worst that a searcher can be given."""
    mark = Image.new("RGB", (9, 9), "white")
    mark.paste("black", (1, 1, 8, 8))
    mark.paste("white", (2, 2, 7, 7))
    mark.paste("black", (3, 3, 6, 6))
    sheet = Image.new("RGB", (side, side), "white")
    for x in range(0, side, 9):
        for y in range(0, side, 9):
            sheet.paste(mark, (x, y))
    return sheet


async def test_codes_cross_from_the_picture_process_and_its_limits_hold() -> None:
    async with DecodePool(size=1, job_s=60) as pool:
        assert (await pool.render(SMALL)).codes == ()
        (pid,) = pool.pids
        assert (await pool.render(pasted(qr()))).codes == (ADDRESS,)
        assert set((await pool.render(encoded(finders(1600), "PNG"))).codes) <= {"QR Code ?"}
        assert (await pool.render(png(6320, 6320, colour=RGBA))).codes == ()
        assert pool.pids == (pid,)
