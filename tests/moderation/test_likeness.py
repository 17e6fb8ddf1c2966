"""Pictures that are alike and pictures that are not, from their pixels to the distance of their hashes."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageOps

from tests.media.pictures import encoded, photo
from wall.media.decode import render
from wall.media.dhash import dhashes
from wall.media.rendered import Dhashes
from wall.moderation.likeness import DOUBT, FAR, SAME, distance, lasting, like, nearest

SAMPLE = Path(__file__).parents[2] / "ingest" / "sample" / "pictures"
# Of a scene that occurs twice, the second.
AGAIN = {
    "encore", "facade_deep", "fireworks_last", "ink_boat", "ink_peaks", "lanterns_jade", "stained_glass_rose",
}  # fmt: skip

Change = Callable[[Image.Image], Image.Image]
digits = st.text("0123456789abcdef", min_size=16, max_size=16)


def hashes_of(picture: Image.Image, *, quality: int = 85) -> Dhashes:
    """As the picture process makes them: of the small variant."""
    small = Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality))).convert("RGB")
    small.thumbnail((480, 480), Image.Resampling.LANCZOS)
    return dhashes(small)


def resaved(picture: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(encoded(picture, "JPEG", quality=30))).convert("RGB")


def cropped(picture: Image.Image) -> Image.Image:
    """A twentieth of each side."""
    x, y = picture.width // 40, picture.height // 40
    return picture.crop((x, y, picture.width - x, picture.height - y))


def captioned(picture: Image.Image) -> Image.Image:
    bar = picture.copy()
    draw = ImageDraw.Draw(bar)
    draw.rectangle((0, bar.height * 7 // 8, bar.width, bar.height), fill="black")
    draw.text(
        (bar.width // 10, bar.height * 9 // 10), "WHO DID THIS", fill="white", font_size=bar.height // 14
    )
    return bar


def framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=picture.width // 12, fill="white")


def screenshot(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", (picture.width, picture.height * 3 // 2), "black")
    page.paste(picture, (0, picture.height // 4))
    return page


CHANGES: dict[str, Change] = {
    "saved anew": resaved,
    "a quarter of the size": lambda picture: picture.reduce(4),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: picture.point([min(255, shade * 5 // 4 + 10) for shade in range(256)] * 3),
    "a caption": captioned,
    "cropped": cropped,
    "a border": framed,
    "a screenshot": screenshot,
    "mirrored": ImageOps.mirror,
    "mirrored with a border": lambda picture: framed(ImageOps.mirror(picture)),
}


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    sample = [
        Image.open(path).convert("RGB") for path in sorted(SAMPLE.glob("*.jpg")) if path.stem not in AGAIN
    ]
    for picture in sample:
        picture.thumbnail((480, 480))
    return [*sample, *(photo(seed, 480, 360) for seed in range(24))]


@pytest.fixture(scope="module")
def known(pictures: list[Image.Image]) -> list[Dhashes]:
    return [hashes_of(picture) for picture in pictures]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_known_again(
    change: str, pictures: list[Image.Image], known: list[Dhashes]
) -> None:
    """Neither the crop nor the border of every picture is found; what is lost is one of twenty at most."""
    far = [
        place
        for place, (picture, old) in enumerate(zip(pictures, known, strict=True))
        if nearest(hashes_of(CHANGES[change](picture)), lasting(old)) is None
    ]
    assert len(far) * 20 <= len(pictures), f"not known again: {far}"


def test_a_border_that_was_rejected_with_the_picture_is_no_disguise_when_it_goes(
    pictures: list[Image.Image],
) -> None:
    for picture in pictures[:6]:
        assert nearest(hashes_of(picture), lasting(hashes_of(framed(picture)))) is not None


def test_different_pictures_are_not_the_same(known: list[Dhashes]) -> None:
    distances = [
        min(like(one, form) for form in lasting(other)) for one, other in itertools.permutations(known, 2)
    ]
    assert min(distances) > SAME
    assert sum(found <= DOUBT for found in distances) * 100 <= len(distances)


def glow(x: float, y: float) -> Image.Image:
    side = Image.radial_gradient("L").resize((960, 720))
    return ImageOps.invert(ImageChops.offset(side, int(x * 960), int(y * 720))).convert("RGB")


def grained(picture: Image.Image) -> Image.Image:
    grain = Image.frombytes(
        "L", picture.size, bytes(i * 7919 % 251 % 9 for i in range(picture.width * picture.height))
    )
    return ImageChops.add(picture, grain.convert("RGB"), offset=-4)


DULL = {
    "one colour": Image.new("RGB", (640, 480), (200, 30, 60)),
    "a gradient across": Image.linear_gradient("L").rotate(90).resize((640, 480)).convert("RGB"),
    "a gradient down": Image.linear_gradient("L").resize((640, 480)).convert("RGB"),
    "a gradient aslant": Image.linear_gradient("L").rotate(45).crop((60, 60, 190, 190)).convert("RGB"),
    "a glow": glow(0, 0),
    "almost one colour": grained(Image.new("RGB", (640, 480), (90, 90, 96))),
    "a grained gradient": grained(Image.linear_gradient("L").resize((640, 480)).convert("RGB")),
    "a grained glow": grained(glow(0, 0)),
}


@pytest.mark.parametrize("name", DULL)
@pytest.mark.parametrize("quality", [30, 90])
def test_a_picture_that_says_too_little_is_like_nothing(name: str, quality: int) -> None:
    hashes = hashes_of(DULL[name], quality=quality)
    assert hashes == ("", "", "")
    assert lasting(hashes) == ()
    assert like(hashes, "0" * 16) == FAR
    assert nearest(hashes, ["0" * 16, "f" * 16, ""]) is None


def test_the_hashes_come_out_of_the_picture_process() -> None:
    picture = photo(5, 480, 360)
    assert render(encoded(picture, "JPEG", quality=85)).dhashes == hashes_of(picture)


def test_a_mirror_has_the_hash_of_the_mirror() -> None:
    """SAFETY: the mirror of a rejected picture is held; bad input 100e."""
    picture = photo(7)
    old, new = dhashes(picture), dhashes(ImageOps.mirror(picture))
    assert distance(old[0], new[0]) > DOUBT
    assert like(new, old[0]) == 0
    assert new[1] == old[0]


@given(digits, digits)
def test_a_distance_counts_bits(one: str, other: str) -> None:
    bits = zip(f"{int(one, 16):064b}", f"{int(other, 16):064b}", strict=True)
    assert distance(one, other) == distance(other, one) == sum(a != b for a, b in bits)
    assert distance(one, one) == 0


def test_the_nearest_is_found_with_its_distance() -> None:
    new = ("00000000000000ff", "", "")
    assert nearest(new, ["ffffffffffffffff", "000000000000000f", "0000000000000fff"]) == (
        "000000000000000f",
        4,
    )
    assert nearest(new, ["ffffffffffffffff"]) is None
    assert nearest(new, []) is None
    assert nearest(new, [""]) is None
