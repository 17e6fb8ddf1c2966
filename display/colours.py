"""Colours: read from what people write, turned between oklch and sRGB, compared as WCAG 2.2 does. Pure.

Formulas: Björn Ottosson's OKLab (bottosson.github.io/posts/oklab), relative luminance and contrast from WCAG 2.2
(w3.org/TR/WCAG22/#dfn-contrast-ratio). What does not fit into sRGB is clipped, as browsers paint it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

STEP = 0.004  # of lightness, when another is looked for
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})\Z", re.IGNORECASE)
_NUMBER = r"([+-]?(?:\d{1,6}(?:\.\d{0,12})?|\.\d{1,12}))"
_OKLCH = re.compile(
    rf"oklch\(\s*{_NUMBER}(%?)\s+{_NUMBER}\s+{_NUMBER}(?:deg)?\s*(?:/\s*{_NUMBER}(%?)\s*)?\)\Z", re.IGNORECASE
)

Rgb = tuple[float, float, float]


class Colour(msgspec.Struct, frozen=True):
    """`l` and `alpha` from 0 to 1, `c` from 0 to 0.5, `h` in degrees from 0 to 360."""

    l: float  # noqa: E741 - its name in CSS
    c: float
    h: float
    alpha: float = 1.0

    @property
    def css(self) -> str:
        """As a style sheet has it: made of numbers alone."""
        alpha = "" if self.alpha >= 1 else f" / {plain(self.alpha, 3)}"
        return f"oklch({plain(self.l)} {plain(self.c)} {plain(self.h, 3)}{alpha})"

    @property
    def hex(self) -> str:
        return "#" + "".join(f"{round(value * 255):02x}" for value in rgb(self))


def plain(value: float, places: int = 5) -> str:
    """A number as CSS takes it: never an exponent, nothing behind the point that says nothing."""
    return f"{value:.{places}f}".rstrip("0").rstrip(".") or "0"


def parse(text: str) -> Colour:
    """Raises `ValueError` with what would be understood."""
    wanted = text.strip()
    if _HEX.match(wanted):
        digits = wanted[1:] if len(wanted) == 7 else "".join(2 * digit for digit in wanted[1:])
        red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
        return from_rgb((red, green, blue))
    found = _OKLCH.match(wanted)
    if not found:
        raise ValueError('is no colour; write "#1b6ca8" or "oklch(.62 .13 250)"')
    light, percent, chroma, hue, alpha, alpha_percent = found.groups()
    l = float(light) / (100 if percent else 1)  # noqa: E741
    a = 1.0 if alpha is None else float(alpha) / (100 if alpha_percent else 1)
    if not (0 <= l <= 1 and 0 <= float(chroma) <= 0.5 and 0 <= a <= 1):
        raise ValueError("is out of bounds: lightness 0 to 1 (or 0% to 100%), chroma 0 to 0.5, alpha 0 to 1")
    return Colour(l, float(chroma), float(hue) % 360, a)


def rgb(colour: Colour) -> Rgb:
    """sRGB, each part from 0 to 1."""
    a = colour.c * math.cos(math.radians(colour.h))
    b = colour.c * math.sin(math.radians(colour.h))
    long = (colour.l + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.l - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.l - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _bent(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _bent(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _bent(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def from_rgb(parts: Rgb) -> Colour:
    red, green, blue = map(_straight, parts)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    l = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short  # noqa: E741
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    chroma = math.hypot(a, b)
    hue = math.degrees(math.atan2(b, a)) % 360 if chroma > 1e-4 else 0.0
    return Colour(min(1.0, max(0.0, l)), chroma if chroma > 1e-4 else 0.0, hue)


def _bent(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _straight(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(parts: Rgb) -> float:
    red, green, blue = (_straight(round(value * 255) / 255) for value in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: Rgb, b: Rgb) -> float:
    """From 1 to 21."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(top: Rgb, under: Rgb, share: float) -> Rgb:
    """`top` laid upon `under` with that opacity, as a screen mixes them."""
    red, green, blue = (share * t + (1 - share) * u for t, u in zip(top, under, strict=True))
    return red, green, blue


def near(colour: Colour) -> Iterator[Colour]:
    """The same hue, lighter and darker, the nearest first."""
    for n in range(int(1 / STEP) + 1):
        for l in {colour.l + n * STEP, colour.l - n * STEP}:  # noqa: E741
            if 0 <= l <= 1:
                yield msgspec.structs.replace(colour, l=l)
