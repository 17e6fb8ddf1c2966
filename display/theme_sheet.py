"""A theme as a screen wears it: custom properties, faces of fonts, and the style sheet made of them. Pure.

Nothing of a theme's text comes through: colours and numbers are written anew from what was parsed, names of fonts
hold letters, digits, spaces, dots and hyphens alone, addresses are ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from display.colours import Colour, plain
from display.theme import FONT_FILE, SIDES, Theme, family

OWN_RADIUS = 2.2  # units, as stage.css has it
STACKS = {
    "sans": '"Inter Display", "Inter", "Noto Sans", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif, '
    '"Noto Color Emoji"',
    "serif": '"Noto Serif Display", "Noto Serif CJK SC", "Noto Serif SC", Georgia, serif, "Noto Color Emoji"',
}
_ADDRESS = re.compile(r"/asset/[0-9a-f]{8,64}/[A-Za-z0-9._~%()-]+\Z")

Url = Callable[[str], str | None]


def properties(theme: Theme, base: Theme) -> dict[str, dict[str, str]]:
    """side -> property -> value, as far as it is another than `base`'s."""
    found: dict[str, dict[str, str]] = {}
    for side in SIDES:
        own = base.given(side)
        found[side] = {
            f"--{name.replace('_', '-')}": _css(value)
            for name, value in theme.given(side).items()
            if own.get(name) != value
        }
    return found


def _css(value: Colour | float) -> str:
    return value.css if isinstance(value, Colour) else plain(value)


def shared(theme: Theme) -> dict[str, str]:
    """What both sides have, without the fonts."""
    radius = theme.shared.radius
    return {} if radius == 1 else {"--radius": f"calc({plain(OWN_RADIUS * radius, 3)} * var(--u))"}


def faces(theme: Theme, url: Url) -> dict[str, str]:
    """Families of the organiser's own files -> address; a file that is not there is left out."""
    found = {}
    for name in (theme.fonts.sans, theme.fonts.serif):
        address = url(name) if name.endswith(FONT_FILE) else None
        if address and _ADDRESS.match(address):
            found[_face(name)] = address
    return found


def _face(name: str) -> str:
    return f"parvis-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def fonts(theme: Theme, there: Mapping[str, str]) -> dict[str, str]:
    """--sans and --serif with the theme's own font in front, where it has one. `there` is what `faces` gave."""
    found = {}
    for kind, stack in STACKS.items():
        name = family(getattr(theme.fonts, kind))
        if name.endswith(FONT_FILE):
            name = _face(name) if _face(name) in there else ""
        if name:
            found[f"--{kind}"] = f'"{name}", {stack}'
    return found


def sheet(theme: Theme, base: Theme, url: Url) -> str:
    """The style sheet; "" for what looks like `base`."""
    sides, there = properties(theme, base), faces(theme, url)
    rules = [
        f'@font-face {{ font-family: "{name}"; src: url("{address}") format("woff2"); font-display: block }}'
        for name, address in there.items()
    ]
    # CJK text keeps its own fonts, whose quotes and dashes differ
    spoken = _block(":is(:root, [lang]):not(:lang(zh), :lang(ja), :lang(ko))", fonts(theme, there))
    blocks = [
        _block(":root:root", shared(theme)),
        spoken,
        _block(":root:not([data-theme=day])", sides["night"]),
        _block(":root[data-theme=day]", sides["day"]),
    ]
    inner = "\n".join(block for block in blocks if block)
    return "\n".join([*rules, *([f"@layer tokens {{\n{inner}\n}}"] if inner else [])])


def _block(selector: str, values: Mapping[str, str]) -> str:
    return (
        f"{selector} {{ {'; '.join(f'{name}: {value}' for name, value in values.items())} }}"
        if values
        else ""
    )
