"""A theme as it is written: a table of colours for the night, one for the day, and what both share. Pure.

`read_theme` takes the table of a TOML file or of the desk, names every mistake with its cure, and keeps colours as
they were written; `Theme.values` gives them as numbers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from display.colours import Colour, parse
from display.gallery import Files
from wall.settings_build import build
from wall.settings_file import Notes
from wall.settings_words import ONE_LINE

NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
HOUSE = ("night", "day")  # always Parvis' own
SIDES = ("night", "day")
TABLES = ("fonts", *SIDES)
FONT_FILE = ".woff2"
_FAMILY = re.compile(r"[^\W_][\w .-]{0,59}\Z")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\Z")
DARK_MOST, LIGHT_LEAST, LIGHT_MOST = 0.42, 0.70, 0.985  # lightness of a night's and of a day's ground

SideName = Literal["night", "day"]
Value = Colour | float


def _colour(text: str) -> str:
    if parse(text).alpha < 1:
        raise ValueError("must be opaque; only line may let something through")
    return text.strip()


def _line(text: str) -> str:
    parse(text)
    return text.strip()


def family(text: str) -> str:
    """A font by its name, or a file of the organiser's; "" is Parvis' own. Raises `ValueError`."""
    text = text.strip()
    if text and not _FAMILY.match(text):
        raise ValueError(
            'is no name of a font; write "Inter" or the name of a WOFF2 file, like "house.woff2"'
        )
    return text


def hours(text: str) -> str:
    if not _HOURS.match(text) or text[:5] >= text[6:]:
        raise ValueError('is no time of day; write "08:00-20:00", the earlier hour first')
    return text


_SHAPE = {"shape": 'a colour like "#1b6ca8" or "oklch(.62 .13 250)"'}
Tint = Annotated[str, Meta(max_length=80, extra=_SHAPE), _colour]
Line = Annotated[str, Meta(max_length=80, extra=_SHAPE), _line]
Part = Annotated[float, Meta(ge=0, le=1)]
Chroma = Annotated[float, Meta(ge=0, le=0.3)]
File = Annotated[str, Meta(max_length=120, pattern=ONE_LINE, extra={"shape": "the name of a file of yours"})]
Font = Annotated[str, Meta(max_length=80, extra={"shape": 'the name of a font like "Inter"'}), family]


class Side(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of a theme. What is not given is Parvis' own; `logo`, `background` and `dim` are the theme's."""

    ground: Tint | None = None
    ink: Tint | None = None
    ink_soft: Tint | None = None
    raised: Tint | None = None
    line: Line | None = None
    accent: Tint | None = None
    accent_ink: Tint | None = None
    live: Tint | None = None
    tile: Tint | None = None
    # cards take the hue of their picture at a lightness that is the theme's
    panel_ink: Tint | None = None
    panel_l: Part | None = None
    panel_c: Part | None = None
    panel_cap: Chroma | None = None
    # cards without a picture: a soft colour each
    field_ink: Tint | None = None
    field_l: Part | None = None
    field_c: Annotated[float, Meta(ge=0, le=2.5)] | None = None
    said_l: Part | None = None  # lightness of hashtags and mentions on cards
    ambient: Part | None = None  # how strong the light in the room is
    mood: Annotated[float, Meta(ge=0, le=360)] | None = None  # its hue while no picture gives it
    logo: File | None = None
    background: File | None = None
    dim: Part | None = None


class Fonts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    sans: Font = ""
    serif: Font = ""


class Shared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands above the tables. `radius` and `motion` are shares of Parvis' own."""

    name: Annotated[str, Meta(max_length=40)] = ""
    title: Annotated[str, Meta(max_length=60, pattern=ONE_LINE)] = ""
    summary: Annotated[str, Meta(max_length=200, pattern=ONE_LINE)] = ""
    mode: Literal["night", "day", "auto"] = "night"
    day_hours: Annotated[str, Meta(extra={"shape": 'two hours like "08:00-20:00"'}), hours] = "08:00-20:00"
    radius: Annotated[float, Meta(ge=0, le=2)] = 1.0
    motion: Part = 1.0
    logo: File = ""
    background: File = ""
    dim: Part = 0.85  # how much of the ground lies over the background


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    shared: Shared = Shared()
    fonts: Fonts = Fonts()
    night: Side = Side()
    day: Side = Side()

    def side(self, side: str) -> Side:
        return self.day if side == "day" else self.night

    def given(self, side: str) -> dict[str, Value]:
        """The colours and numbers that this side sets."""
        return {
            name: parse(value) if isinstance(value, str) else value
            for name, value in msgspec.structs.asdict(self.side(side)).items()
            if value is not None and name not in ASSET_KEYS and name != "dim"
        }

    def values(self, side: str, base: Theme) -> dict[str, Value]:
        """Every colour and number of a side; what it does not set is `base`'s."""
        return {**base.given(side), **self.given(side)}

    def logo(self, side: str) -> str:
        own = self.side(side).logo
        return self.shared.logo if own is None else own

    def background(self, side: str) -> tuple[str, float]:
        """(file or "", how much of the ground lies over it)."""
        one = self.side(side)
        return (
            self.shared.background if one.background is None else one.background,
            self.shared.dim if one.dim is None else one.dim,
        )

    @property
    def table(self) -> dict[str, Any]:
        """As it is written; what is Parvis' own is left out."""
        table: dict[str, Any] = msgspec.to_builtins(self.shared)
        for name in TABLES:
            if inner := msgspec.to_builtins(getattr(self, name)):
                table[name] = inner
        return table


ASSET_KEYS = ("logo", "background")
KEYS = {
    "": tuple(field.name for field in msgspec.structs.fields(Shared)),
    **{name: tuple(field.name for field in msgspec.structs.fields(Side)) for name in SIDES},
    "fonts": tuple(field.name for field in msgspec.structs.fields(Fonts)),
}


def read_theme(
    table: Mapping[str, Any], *, where: str, notes: Notes, files: Files | None = None
) -> Theme | None:
    """None with every mistake in `notes`. `files` are the organiser's; without them names of files are believed."""
    before = len(notes.problems)
    known = {(f"{where}.{name}" if name else where): keys for name, keys in KEYS.items()}
    plain = {key: value for key, value in table.items() if key not in TABLES}
    for key in [key for key in plain if key not in KEYS[""]]:
        if key in KEYS["night"]:
            notes.problem(f"{where}.{key}", " belongs to a side; write it under [night] or [day]")
            del plain[key]
        elif close := difflib.get_close_matches(key, TABLES, n=1):
            notes.problem(f"{where}.{key}", f" is not a setting; did you mean [{close[0]}]?")
            del plain[key]
    shared = build(Shared, plain, where=where, notes=notes, known=known)
    fonts = build(Fonts, table.get("fonts", {}), where=f"{where}.fonts", notes=notes, known=known)
    sides = {
        name: build(Side, table.get(name, {}), where=f"{where}.{name}", notes=notes, known=known)
        for name in SIDES
    }
    night, day = sides["night"], sides["day"]
    if shared is None or fonts is None or night is None or day is None:
        return None
    theme = Theme(shared=shared, fonts=fonts, night=night, day=day)
    _grounds(theme, where=where, notes=notes)
    if files is not None:
        _files(theme, where=where, notes=notes, files=files)
    return theme if len(notes.problems) == before else None


def _grounds(theme: Theme, *, where: str, notes: Notes) -> None:
    """A night is light words on a dark ground, a day the reverse: layouts choose grounds of logos by it."""
    night, day = theme.night.ground, theme.day.ground
    if night and parse(night).l > DARK_MOST:
        notes.problem(
            f"{where}.night.ground",
            f": {night} is too light for a night; take a darker one, or write it under [day]",
        )
    if day and parse(day).l < LIGHT_LEAST:
        notes.problem(
            f"{where}.day.ground",
            f": {day} is too dark for a day; take a lighter one, or write it under [night]",
        )
    if day and parse(day).l > LIGHT_MOST:
        notes.problem(f"{where}.day.ground", f": {day} is pure white, which dazzles; take #faf8f4 or darker")


def _files(theme: Theme, *, where: str, notes: Notes, files: Files) -> None:
    kinds: dict[str, tuple[str, ...]] = {"logo": ("picture",), "background": ("picture", "film")}
    for at, table in (("", theme.shared), *((f".{side}", theme.side(side)) for side in SIDES)):
        for key, wanted in kinds.items():
            _file(getattr(table, key) or "", wanted, key=f"{where}{at}.{key}", notes=notes, files=files)
    for key in ("sans", "serif"):
        name = getattr(theme.fonts, key)
        if name.endswith(FONT_FILE):
            _file(name, ("font",), key=f"{where}.fonts.{key}", notes=notes, files=files)


def _file(name: str, wanted: tuple[str, ...], *, key: str, notes: Notes, files: Files) -> None:
    if not name:
        return
    kind = files.kind(name)
    if kind is None:
        notes.problem(key, f": {files.missing(name)}")
    elif kind not in wanted:
        notes.problem(key, f": {name!r} is a {kind}; it takes a {' or a '.join(wanted)}")
