"""The layouts: one folder each in `display/layouts/`, found by being there.

A layout says in its `layout.toml` what it is called, what it is like, what it needs, and what it may be told. One whose
file is wrong is left out, with every reason; the others hang.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta

from wall.secret import Secret
from wall.settings_build import build, shown
from wall.settings_file import Notes, read_table
from wall.settings_words import ONE_LINE

HERE = Path(__file__).parent / "layouts"
FILES = ("layout.toml", "layout.css", "layout.js")
NAME = re.compile(r"^[a-z][a-z0-9-]{0,39}\Z")
OPTION = re.compile(r"^[a-z][a-z0-9_]{0,39}\Z")
TEXT_MOST = 400
TEXTS_MOST = 40

Kind = Literal["number", "text", "choice", "flag", "asset", "date", "texts"]


class Files(Protocol):
    """The organiser's files that options may name; see `display/assets.py`."""

    def url(self, name: str) -> str | None: ...

    def kind(self, name: str) -> str | None: ...

    def missing(self, name: str) -> str: ...


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """`posts`: new posts appear on it at once. `evergreen`: it shows nothing that visitors wrote. `frame`: beside the
    rail, or the whole."""

    posts: bool = False
    evergreen: bool = False
    frame: Literal["rail", "full"] = "rail"


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """At least so many, or a scene with this layout is passed over."""

    posts: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    photos: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    people: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    words: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What a layout may be told. `least` and `most` bound a number, `most` also the letters of a text."""

    kind: Kind
    default: Any
    help: Annotated[str, Meta(min_length=1, max_length=400, pattern=ONE_LINE)]
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    types: tuple[Literal["picture", "film", "captions"], ...] = ()


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    summary: str
    traits: Traits
    needs: dict[str, int]
    options: dict[str, Option]

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: option.default for name, option in self.options.items()}


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
    summary: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    traits: dict[str, Any] = {}
    needs: dict[str, Any] = {}
    options: dict[str, Any] = {}


class Gallery:
    """The layouts that are whole, and why the others are not."""

    def __init__(self, layouts: Mapping[str, Layout], problems: tuple[str, ...] = ()) -> None:
        self.layouts = dict(layouts)
        self.problems = problems

    def __iter__(self) -> Iterator[Layout]:
        return iter(self.layouts.values())

    def get(self, name: str) -> Layout | None:
        return self.layouts.get(name)

    def check(self, name: Any, options: Any, *, where: str, notes: Notes, files: Files | None = None) -> None:
        """What is wrong with a scene's layout and with what it is told goes to `notes`; `where` is the scene.

        Without `files` nobody looks whether an asset is there.
        """
        if not isinstance(name, str) or not NAME.match(name):
            return  # not a name at all, which the settings say themselves
        layout = self.layouts.get(name)
        if layout is None:
            notes.problem(f"{where}.layout", self.unknown(name))
        elif isinstance(options, Mapping):
            for key, value in options.items():
                option = layout.options.get(key)
                at = f"{where}.options.{key}"
                if option is None:
                    here = _nearest(str(key), layout.options) or f"; {name} has no options"
                    notes.problem(at, f" is nothing that {name} can be told{here}")
                elif wrong := judge(option, value, files):
                    notes.problem(at, wrong)

    def unknown(self, name: str) -> str:
        """What stands after the key in the sentence about a layout that is not here."""
        return f": {name!r} is no layout{_nearest(name, self.layouts)}"

    def told(self, layout: Layout, options: Mapping[str, Any], files: Files | None) -> dict[str, Any]:
        """Every option of a layout with its value: the default where nothing right was given, assets as addresses."""
        told: dict[str, Any] = {}
        for name, option in layout.options.items():
            value = plain(options.get(name, option.default))
            if judge(option, value, None):
                value = option.default
            told[name] = (files.url(value) if files and value else None) if option.kind == "asset" else value
        return told


@lru_cache(maxsize=1)
def gallery() -> Gallery:
    """The layouts of this house, read once."""
    return read_gallery(HERE)


def read_gallery(folder: Path) -> Gallery:
    layouts: dict[str, Layout] = {}
    notes = Notes()
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("_")):
        before = len(notes.problems)
        layout = _read(place, notes)
        if layout is not None and len(notes.problems) == before:
            layouts[layout.name] = layout
    return Gallery(layouts, tuple(notes.problems))


def _read(place: Path, notes: Notes) -> Layout | None:
    name = place.name
    if not NAME.match(name):
        notes.problem(name, " is no name of a layout: 1 to 40 of a-z, 0-9 and -, a letter first")
        return None
    if missing := [file for file in FILES if not (place / file).is_file()]:
        notes.problem(name, f" lacks {' and '.join(missing)}")
        return None
    table = read_table(place / "layout.toml", notes)
    known = {
        name: _Head.__struct_fields__,
        f"{name}.traits": Traits.__struct_fields__,
        f"{name}.needs": Needs.__struct_fields__,
    }
    head = build(_Head, table, where=name, notes=notes, known=known)
    traits = build(Traits, table.get("traits", {}), where=f"{name}.traits", notes=notes, known=known)
    needs = build(Needs, table.get("needs", {}), where=f"{name}.needs", notes=notes, known=known)
    raw = table.get("options", {})
    options = {
        str(key): _option(key, value, where=f"{name}.options.{key}", notes=notes)
        for key, value in (raw.items() if isinstance(raw, dict) else ())
    }
    whole = {key: option for key, option in options.items() if option is not None}
    if head is None or traits is None or needs is None or len(whole) < len(options):
        return None
    return Layout(
        name=name,
        title=head.title,
        summary=head.summary,
        traits=traits,
        needs={key: n for key, n in msgspec.to_builtins(needs).items() if n},
        options=whole,
    )


def _option(key: str, raw: Any, *, where: str, notes: Notes) -> Option | None:
    before = len(notes.problems)
    if not OPTION.match(key):
        notes.problem(where, " is no name of an option: a-z, 0-9 and _, a letter first")
    option = build(Option, raw, where=where, notes=notes, known={where: Option.__struct_fields__})
    if option is None:
        return None
    if (option.kind == "choice") != bool(option.choices):
        notes.problem(
            f"{where}.choices",
            " is missing: a choice names what can be chosen"
            if option.kind == "choice"
            else " is for choices",
        )
    if (option.kind == "asset") != bool(option.types):
        notes.problem(
            f"{where}.types",
            " is missing: say which files it takes, like ['picture']"
            if option.kind == "asset"
            else " is for assets",
        )
    if option.kind == "number" and (option.least is None or option.most is None):
        notes.problem(where, " is a number without least and most")
    option = msgspec.structs.replace(option, default=plain(option.default))
    if len(notes.problems) == before and (wrong := judge(option, option.default, None)):
        notes.problem(f"{where}.default", wrong)
    return option if len(notes.problems) == before else None


def plain(value: Any) -> Any:
    """A value of TOML as JSON has it: dates become text."""
    if isinstance(value, datetime | date | time):
        return (
            value.isoformat(timespec="minutes") if isinstance(value, datetime | time) else value.isoformat()
        )
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def judge(option: Option, value: Any, files: Files | None) -> str:
    """What stands after the key in the sentence about a wrong value; "" for a right one."""
    value = plain(value)
    is_text = isinstance(value, str) and not isinstance(value, Secret)
    right, wanted = False, ""
    match option.kind:
        case "number":
            right = isinstance(value, int | float) and not isinstance(value, bool)
            right = right and (option.least or 0) <= value <= (
                option.most if option.most is not None else value
            )
            wanted = f"a number from {option.least:g} to {option.most:g}"
        case "flag":
            right, wanted = isinstance(value, bool), "true or false"
        case "choice":
            right = is_text and value in option.choices
            near = _nearest(value, dict.fromkeys(option.choices), names=False) if is_text else ""
            return (
                ""
                if right
                else f" must be one of {', '.join(map(repr, option.choices))}, not {_shown(value)}{near}"
            )
        case "text" | "asset":
            most = int(option.most or TEXT_MOST)
            right, wanted = is_text and len(value) <= most, f"text of at most {most} characters"
        case "texts":
            is_list = isinstance(value, list) and len(value) <= TEXTS_MOST
            right = is_list and all(isinstance(one, str) and len(one) <= TEXT_MOST for one in value)
            wanted = f"a list of at most {TEXTS_MOST} texts of at most {TEXT_MOST} characters"
        case "date":
            right, wanted = (
                is_text and (value == "" or _is_date(value)),
                "a day like '2026-12-31' or '2026-12-31T20:00'",
            )
    if not right:
        return f" must be {wanted}, not {_shown(value)}"
    return _file(option, value, files) if option.kind == "asset" and value and files else ""


def _file(option: Option, name: str, files: Files) -> str:
    if files.url(name) is None:
        return f": {files.missing(name)}"
    kind = files.kind(name)
    return "" if kind in option.types else f": {name!r} is a {kind}; choose a {' or '.join(option.types)}"


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    return "a secret" if isinstance(value, Secret) else shown(value)


def _nearest(name: str, known: Mapping[str, Any], *, names: bool = True) -> str:
    """The end of the sentence: what was probably meant, or what there is."""
    if close := difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5):
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(sorted(known))}" if names and known else ""
