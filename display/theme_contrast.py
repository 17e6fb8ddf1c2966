"""Whether a theme can be read: every pair of words and ground that the screen's pages set, as WCAG 2.2 reckons. Pure.

Cards take their hue from visitors' pictures, so pairs on cards are reckoned for hues all around, and the worst counts.
Small words on cards are painted at 78 % (links, times), so that is what is reckoned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from display.colours import Colour, Rgb, contrast, near, over, parse, plain, rgb
from display.theme import SIDES, Theme, Value

TEXT = 4.5
LARGE = 3.0  # words of 24 px and more, and signs that are no words
SCANNED = 7.0  # a code that phones read from afar
HUES = range(0, 360, 24)
FADED = 0.78
SAID_C = (0.11, 0.2)
FIELDS = ((62, 0.078), (152, 0.062), (300, 0.062), (95, 0.088), (240, 0.056), (18, 0.064), (80, 0.03))
CODE = rgb(parse("#14121c"))
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
CLOSE = 0.02  # of ratio: numbers are told with two digits

Values = Mapping[str, Value]


class Rule(msgspec.Struct, frozen=True):
    """`name` is in the catalogues; `changes` are those that a better value is looked for, `uses` all it depends on."""

    name: str
    changes: tuple[str, ...]
    uses: tuple[str, ...]
    least: float
    pairs: Callable[[Values], Iterator[tuple[Rgb, Rgb]]]

    def ratio(self, values: Values) -> float:
        return min(contrast(words, ground) for words, ground in self.pairs(values))


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """`better` is the nearest value of `changes` that passes: a colour as hex, a number; None when it passes."""

    side: str
    name: str
    changes: str
    ratio: float
    least: float
    is_good: bool
    better: str | float | None = None


def _paint(values: Values, name: str) -> Rgb:
    value = values[name]
    assert isinstance(value, Colour), name
    return rgb(value)


def _number(values: Values, name: str) -> float:
    value = values[name]
    assert not isinstance(value, Colour), name
    return value


def _plain(words: str, ground: str, least: float = TEXT) -> Rule:
    def pairs(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
        yield _paint(values, words), _paint(values, ground)

    return Rule(f"{words}/{ground}", (words, ground), (words, ground), least, pairs)


def _panels(values: Values) -> Iterator[tuple[Colour, Rgb]]:
    for chroma in (0.0, _number(values, "panel_cap")):
        for hue in HUES if chroma else (0,):
            panel = Colour(_number(values, "panel_l"), chroma, hue)
            yield panel, rgb(panel)


def _on_panel(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for _, panel in _panels(values):
        yield over(_paint(values, "panel_ink"), panel, FADED), panel


def _accent_on_panel(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for _, panel in _panels(values):
        yield _paint(values, "accent"), panel


def _said(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for panel, painted in _panels(values):
        for chroma in SAID_C:
            yield rgb(Colour(_number(values, "said_l"), chroma, panel.h)), painted


def _fields(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for hue, chroma in FIELDS:
        yield (
            rgb(Colour(_number(values, "field_l"), _number(values, "field_c") * chroma, hue)),
            rgb(Colour(0.43, 0.12, hue)),
        )


def _on_field(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for field, _ in _fields(values):
        yield over(_paint(values, "field_ink"), field, FADED), field


def _tags_on_field(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    for field, tag in _fields(values):
        yield tag, field


def _code(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
    yield CODE, _paint(values, "tile")


def _on_background(words: str, least: float) -> Rule:
    """The darkest and the lightest that a picture or film may hold, under the ground that dims it."""

    def pairs(values: Values) -> Iterator[tuple[Rgb, Rgb]]:
        ground, shows = _paint(values, "ground"), 1 - _number(values, "dim")
        for pixel in (WHITE, BLACK):
            yield _paint(values, words), over(pixel, ground, shows)

    return Rule(f"{words}/background", ("dim",), (words, "ground", "dim"), least, pairs)


_PANEL = ("panel_l", "panel_cap")
RULES = (
    _plain("ink", "ground"),
    _plain("ink_soft", "ground"),
    _plain("accent", "ground"),
    _plain("accent_ink", "accent"),
    _plain("ink", "raised"),
    _plain("ink_soft", "raised"),
    _plain("accent", "raised"),
    _plain("live", "ground", LARGE),
    Rule("panel_ink/panel", ("panel_ink",), ("panel_ink", *_PANEL), TEXT, _on_panel),
    Rule("accent/panel", ("accent",), ("accent", *_PANEL), TEXT, _accent_on_panel),
    Rule("said/panel", ("said_l",), ("said_l", *_PANEL), TEXT, _said),
    Rule("field_ink/field", ("field_ink",), ("field_ink", "field_l", "field_c"), TEXT, _on_field),
    Rule("said/field", ("field_l",), ("field_l", "field_c"), TEXT, _tags_on_field),
    Rule("code/tile", ("tile",), ("tile",), SCANNED, _code),
)
BACKGROUND_RULES = (
    _on_background("ink", TEXT),
    _on_background("ink_soft", TEXT),
    _on_background("accent", LARGE),  # hashtags and the hour, which are large and bold
)


def pairs_of(theme: Theme, base: Theme) -> list[Pair]:
    """Every pair of both sides."""
    found = []
    for side in SIDES:
        values = dict(theme.values(side, base))
        file, dim = theme.background(side)
        rules: tuple[Rule, ...] = RULES
        if file:
            values["dim"] = dim
            rules += BACKGROUND_RULES
        for rule in rules:
            ratio = rule.ratio(values)
            is_good = ratio >= rule.least
            changes, better = (rule.changes[0], None) if is_good else _better(rule, values, rules)
            found.append(Pair(
                side=side, name=rule.name, changes=changes, ratio=int(ratio * 100) / 100, least=rule.least,
                is_good=is_good, better=better,
            ))  # fmt: skip
    return found


def _better(rule: Rule, values: Values, rules: tuple[Rule, ...]) -> tuple[str, str | float | None]:
    """What to change and into what: the nearest value with which this pair passes, best with all others it is part of."""
    for is_strict in (True, False):
        for name in rule.changes:
            others = [one for one in rules if name in one.uses and one is not rule]
            if not is_strict:  # what fails anyhow need not be mended by this
                others = [one for one in others if one.ratio(values) >= one.least]
            for value in _near(values[name], is_dim=name == "dim"):
                tried = {**values, name: value}
                if rule.ratio(tried) >= rule.least + CLOSE and all(
                    one.ratio(tried) >= one.least for one in others
                ):
                    return name, _told(value)
    return rule.changes[0], None


def _told(value: Value) -> str | float:
    return value.hex if isinstance(value, Colour) else float(plain(value, 3))


def _near(value: Value, *, is_dim: bool) -> Iterator[Value]:
    if isinstance(value, Colour):
        yield from near(value)
        return
    for n in range(201):
        for one in (value + n * 0.005,) if is_dim else (value + n * 0.005, value - n * 0.005):
            if 0 <= one <= 1:
                yield round(one, 3)


def failing(pair: Pair, where: str) -> tuple[str, str]:
    """(key, sentence) of a pair that cannot be read."""
    words, _, ground = pair.name.partition("/")
    cure = f"; {pair.changes} = {_toml(pair.better)} would do" if pair.better is not None else ""
    return (
        f"{where}.{pair.side}.{pair.changes}",
        f": {words} on {ground} has a contrast of {pair.ratio:.2f}, and {pair.least:g} is needed{cure}",
    )


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
