"""How often a changed picture is known again, how far different ones are apart, and how often a code is read.

    python -m bench.likeness [FOLDER of photographs]

Prints the tables of `docs/classifier.md`: the sample's pictures and pictures made here, or those of a folder. The
changes and the time that codes add are those of the picture process; times are its processor time.
"""

from __future__ import annotations

import io
import itertools
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tests.media.pictures import encoded, photo
from wall.media.codes import codes_of
from wall.media.decode import SIDES, render
from wall.media.dhash import dhashes
from wall.media.rendered import Dhashes
from wall.moderation.likeness import DOUBT, FAR, SAME, lasting, like

SAMPLE = Path(__file__).parents[1] / "ingest" / "sample" / "pictures"
# Of a scene that occurs twice, the second.
AGAIN = {
    "encore", "facade_deep", "fireworks_last", "ink_boat", "ink_peaks", "lanterns_jade", "stained_glass_rose",
}  # fmt: skip
MADE = 120
CODES = 60

Change = Callable[[Image.Image], Image.Image]


def saved(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality))).convert("RGB")


def cropped(share: float) -> Change:
    """So much of the width and of the height, half of it on each side."""

    def change(picture: Image.Image) -> Image.Image:
        x, y = int(picture.width * share / 2), int(picture.height * share / 2)
        return picture.crop((x, y, picture.width - x, picture.height - y))

    return change


def captioned(picture: Image.Image) -> Image.Image:
    bar = picture.copy()
    draw = ImageDraw.Draw(bar)
    draw.rectangle((0, bar.height * 7 // 8, bar.width, bar.height), fill="black")
    draw.text(
        (bar.width // 10, bar.height * 9 // 10), "WHO DID THIS", fill="white", font_size=bar.height / 14
    )
    return bar


def screenshot(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", (picture.width, picture.height * 3 // 2), "black")
    page.paste(picture, (0, picture.height // 4))
    return page


def bordered(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=picture.width // 12, fill="white")


CHANGES: dict[str, Change] = {
    "JPEG of quality 30": lambda picture: saved(picture, 30),
    "a quarter of the size": lambda picture: picture.reduce(4),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter by a quarter": lambda picture: picture.point(
        [min(255, n * 5 // 4 + 10) for n in range(256)] * 3
    ),
    "caption bar": captioned,
    "screenshot with bars": screenshot,
    "border": bordered,
    "mirror": ImageOps.mirror,
    "mirror with a border": lambda picture: bordered(ImageOps.mirror(picture)),
    "crop of 5 %": cropped(0.05),
    "crop of 10 %": cropped(0.1),
    "crop of 20 %": cropped(0.2),
    "rotation by 3°": lambda picture: picture.rotate(3, Image.Resampling.BICUBIC),
}


def hashes_of(picture: Image.Image) -> Dhashes:
    """As in the picture process: of the small variant."""
    small = picture.copy()
    small.thumbnail((SIDES[-1][1], SIDES[-1][1]), Image.Resampling.LANCZOS)
    return dhashes(small)


def between(new: Dhashes, old: Dhashes) -> int:
    return min((like(new, one) for one in lasting(old)), default=FAR)


def likeness(name: str, pictures: list[Image.Image]) -> None:
    known = [hashes_of(saved(picture, 85)) for picture in pictures]
    hashed = [place for place, hashes in enumerate(known) if lasting(hashes)]
    print(f"\n{name}: {len(pictures)} pictures, {len(pictures) - len(hashed)} without a hash")
    for change, make in CHANGES.items():
        found = [between(hashes_of(saved(make(pictures[p]), 80)), known[p]) for p in hashed]
        same, doubt = (sum(one <= most for one in found) for most in (SAME, DOUBT))
        print(f"| {change} | {same} | {doubt} | of {len(hashed)}")
    apart = sorted(between(known[a], known[b]) for a, b in itertools.permutations(hashed, 2))
    close = [sum(one <= most for one in apart) for most in (SAME, DOUBT)]
    print(
        f"different ones: nearest {apart[:3]}, {close[0]} and {close[1]} of {len(apart)} pairs at {SAME} and {DOUBT}"
    )


def coded(kind: str, ground: Image.Image, dice: random.Random) -> tuple[Image.Image, str]:
    text = f"https://example.org/{dice.randrange(10 ** dice.choice((3, 10, 30)))}"
    out = io.BytesIO()
    segno.make_qr(text, error=dice.choice("lmqh")).save(out, kind="png", scale=12, border=4)
    code = Image.open(out).convert("RGB")
    share = dice.uniform(0.035, 0.05) if kind == "tiny" else dice.uniform(0.1, 0.4)
    side = int(ground.width * share)
    if kind == "no margin":
        code = code.crop((48, 48, code.width - 48, code.height - 48))
    code = code.resize((side, side), Image.Resampling.LANCZOS)
    if kind == "light on dark":
        code = ImageOps.invert(code)
    if kind == "faint":
        code = ImageOps.colorize(code.convert("L"), "#707070", "#a8a8a8")
    if kind == "blurred":
        code = code.filter(ImageFilter.GaussianBlur(side / 80))
    mask = Image.new("L", code.size, 255)
    if kind == "turned":
        angle = dice.uniform(0, 360)
        code = code.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        mask = mask.rotate(angle, expand=True)
    picture = ground.copy()
    place = (
        dice.randint(0, max(0, picture.width - code.width)),
        dice.randint(0, max(0, picture.height - code.height)),
    )
    picture.paste(code, place, mask)
    return saved(picture, dice.choice((40, 60, 85))), text


def codes(grounds: list[Image.Image]) -> None:
    dice = random.Random(5)
    print("\ncodes of 10 to 40 % of the width (tiny: 3.5 to 5 %), in pictures of 1920 px")
    for kind in ("plain", "tiny", "turned", "light on dark", "faint", "blurred", "no margin"):
        read = seen = 0
        for _ in range(CODES):
            ground = dice.choice(grounds)
            ground = ground.resize((1920, 1920 * ground.height // ground.width)).crop((0, 0, 1920, 1440))
            picture, text = coded(kind, ground, dice)
            found = codes_of(picture, picture.resize((960, picture.height // 2), Image.Resampling.LANCZOS))
            read += text in found
            seen += bool(found)
        print(f"| {kind} | {read} | {seen} | of {CODES}")
    false = [found for ground in grounds if (found := codes_of(ground, ground))]
    print(f"found where there is none: {len(false)} of {len(grounds)}")


def cost(pictures: list[Image.Image]) -> None:
    whole = search = 0.0
    for picture in pictures:
        large = picture.resize((1920, 1920 * picture.height // picture.width))
        data, medium = encoded(large, "JPEG", quality=85), large.reduce(2)
        begun = time.process_time()
        render(data)
        middle = time.process_time()
        codes_of(large, medium)
        whole, search = whole + middle - begun, search + time.process_time() - middle
    each = 1000 / len(pictures)
    print(f"\na picture of 1920 px: {whole * each:.0f} ms, of that {search * each:.0f} ms for its codes")


def main() -> None:
    if len(sys.argv) > 1:
        paths = sorted(
            path for path in Path(sys.argv[1]).iterdir() if path.suffix in (".jpg", ".png", ".webp")
        )
    else:
        paths = [path for path in sorted(SAMPLE.glob("*.jpg")) if path.stem not in AGAIN]
    found = [Image.open(path).convert("RGB") for path in paths]
    made = [photo(seed) for seed in range(MADE)]
    likeness("found", found)
    likeness("made", made)
    codes([*found, *made[:20]])
    cost(found)


if __name__ == "__main__":
    main()
