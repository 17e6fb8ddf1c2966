"""Every layout found on disk: well-formed, with all its files, its words in three languages. And what is refused."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from display.gallery import FILES, HERE, Gallery, Layout, judge, read_gallery
from display.programme import OWN_SCENES
from wall.catalogue import LANGUAGES, read_words
from wall.settings_file import Notes

FOUND = read_gallery(HERE)
MANUAL = Path(__file__).parents[2] / "docs" / "programme.md"
MARK = "<!-- below: made by tests/display/test_gallery.py from the layouts themselves -->\n\n"
EXPORT = re.compile(
    r"export (?:async )?function mount\(|export (?:const|let) mount\b|export \{[^}]*\bmount\b"
)


@pytest.fixture(params=sorted(FOUND.layouts))
def layout(request: pytest.FixtureRequest) -> Layout:
    return FOUND.layouts[request.param]


def test_every_folder_is_a_whole_layout() -> None:
    assert FOUND.problems == ()
    assert set(FOUND.layouts) == {path.name for path in HERE.iterdir() if path.is_dir()}
    assert {name for name, _, _ in OWN_SCENES} <= set(FOUND.layouts)


def test_its_script_exports_mount(layout: Layout) -> None:
    script = (HERE / layout.name / "layout.js").read_text(encoding="utf-8")
    assert EXPORT.search(script), f"{layout.name}/layout.js exports no mount"


def test_its_styles_stand_under_its_class(layout: Layout) -> None:
    """Several layouts' styles are there at once: every selector holds one class that is the layout's alone."""
    text = (HERE / layout.name / "layout.css").read_text(encoding="utf-8")
    assert "@layer parts" in text
    assert classes_of(layout.name), f"{layout.name}/layout.css has no class that every selector holds"
    others = {one for name in FOUND.layouts if name != layout.name for one in classes_of(name)}
    assert classes_of(layout.name) - others, f"{layout.name}/layout.css stands under another layout's class"


@cache
def classes_of(name: str) -> frozenset[str]:
    """The classes that every selector of a layout's style sheet holds."""
    text = (HERE / name / "layout.css").read_text(encoding="utf-8")
    found = [frozenset(re.findall(r"\.([a-zA-Z][\w-]*)", one)) for one in selectors(text)]
    return frozenset.intersection(*found) if found else frozenset()


def selectors(text: str) -> list[str]:
    """Every selector of a style sheet; nested rules and what stands in @keyframes are left out."""
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found: list[str] = []
    stack: list[str] = []
    head = ""
    for sign in plain:
        if sign == "{":
            stack.append(head.strip())
            if not head.strip().startswith("@") and not any(is_rule(one) for one in stack[:-1]):
                within = " ".join(one for one in stack if one.startswith("@scope"))
                found += [f"{within} {one}".strip() for one in split(head.strip())]
            head = ""
        elif sign in "};":
            if sign == "}" and stack:
                stack.pop()
            head = ""
        else:
            head += sign
    return found


def is_rule(head: str) -> bool:
    return not head.startswith("@") or head.startswith(("@keyframes", "@property", "@font-face"))


def split(head: str) -> list[str]:
    """At commas outside brackets."""
    parts, depth = [""], 0
    for sign in head:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def test_every_option_says_what_it_does(layout: Layout) -> None:
    for name, option in layout.options.items():
        assert option.help.endswith((".", "”")), f"{layout.name}.{name}: {option.help!r} is no sentence"
        assert judge(option, option.default, None) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_words_are_in_three_languages(layout: Layout, lang: str) -> None:
    words = read_words(lang)
    wanted = [f"layout.{layout.name}.{one}" for one in ("title", "summary")]
    for name, option in layout.options.items():
        wanted.append(f"layout.{layout.name}.option.{name}")
        wanted += [f"layout.{layout.name}.choice.{name}.{choice}" for choice in option.choices]
    assert [key for key in wanted if not words.get(key)] == []
    assert len(words[f"layout.{layout.name}.title"]) <= 24


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_is_left_of_a_layout_that_is_gone(lang: str) -> None:
    keys = [key.split(".") for key in read_words(lang) if key.startswith("layout.")]
    assert {parts[1] for parts in keys} == set(FOUND.layouts)
    for _, name, kind, *rest in keys:
        if kind in ("option", "choice"):
            assert rest[0] in FOUND.layouts[name].options, f"layout.{name}.{kind}.{rest[0]}"


def reference() -> str:
    """The layouts with their options, as docs/programme.md shows them."""
    lines: list[str] = []
    for one in FOUND:
        needs = ", ".join(f"`{what} = {n}`" for what, n in one.needs.items())
        lines += ["", f"### {one.name}", "", one.summary + (f" Needs {needs}." if needs else ""), ""]
        for name, option in one.options.items():
            kind = " | ".join(option.choices) or (
                f"{option.least:g} to {option.most:g}" if option.kind == "number" else option.kind
            )
            lines.append(f"- `{name}` ({kind}; {option.default!r}): {option.help}")
        if not one.options:
            lines.append("Nothing to set.")
    return "\n".join(lines).strip() + "\n"


def test_the_manual_lists_every_layout_with_its_options() -> None:
    """PARVIS_WRITE_DOCS=1 writes the list anew."""
    head, mark, shown = MANUAL.read_text(encoding="utf-8").partition(MARK)
    assert mark
    if os.environ.get("PARVIS_WRITE_DOCS"):
        MANUAL.write_text(f"{head}{MARK}{reference()}", encoding="utf-8")
    else:
        assert shown == reference()


# -- what is refused ----------------------------------------------------------------------------------------------

GOOD = 'title = "A"\nsummary = "B."\n'
NUMBER = '[options.a]\nkind = "number"\ndefault = 1\nleast = 0\nmost = 9\nhelp = "A."\n'


def made(folder: Path, toml: str, *, without: str = "") -> Gallery:
    place = folder / "one"
    place.mkdir()
    for file in FILES:
        if file != without:
            (place / file).write_text(toml if file == "layout.toml" else "", encoding="utf-8")
    return read_gallery(folder)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("title = 'A'", "one.summary is missing"),
        (f"{GOOD}colour = 1", "one.colour is not a setting"),
        (f"{GOOD}[trait]\nposts = true", "did you mean one.traits?"),
        (f"{GOOD}[traits]\npost = true", "one.traits.post is not a setting; did you mean one.traits.posts?"),
        (f'{GOOD}[traits]\nframe = "rial"', "one.traits.frame must be one of 'rail', 'full', not 'rial'"),
        (f"{GOOD}[needs]\nphotos = -1", "one.needs.photos must be a whole number"),
        (f"{GOOD}[options.A]\nkind = 'flag'\ndefault = true\nhelp = 'x'", "one.options.A is no name of an option"),
        (f"{GOOD}{NUMBER.replace('number', 'numbr')}", "one.options.a.kind must be one of"),
        (f"{GOOD}{NUMBER.replace('default = 1', 'default = 10')}", "a.default must be a number from 0 to 9, not 10"),
        (f"{GOOD}{NUMBER.replace('most = 9', '')}", "one.options.a is a number without least and most"),
        (f"{GOOD}{NUMBER.replace('help', 'hilfe')}", "one.options.a.help is missing"),
        (f"{GOOD}[options.a]\nkind = 'choice'\ndefault = 'x'\nhelp = 'x'", "one.options.a.choices is missing"),
        (f"{GOOD}[options.a]\nkind = 'asset'\ndefault = ''\nhelp = 'x'", "one.options.a.types is missing"),
        (f"{GOOD}[options.a]\nkind = 'choice'\nchoices = ['b']\ndefault = 'x'\nhelp = '.'", "default must be one of 'b'"),
        ("title = ", "is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_layout_is_named_and_left_out(tmp_path: Path, toml: str, sentence: str) -> None:
    found = made(tmp_path, toml)
    assert list(found) == []
    assert any(sentence in problem for problem in found.problems), found.problems


@pytest.mark.parametrize("file", FILES)
def test_a_layout_without_one_of_its_files_is_left_out(tmp_path: Path, file: str) -> None:
    found = made(tmp_path, GOOD, without=file)
    assert found.problems == (f"one lacks {file}",)
    assert list(found) == []


def test_one_broken_layout_leaves_the_others(tmp_path: Path) -> None:
    made(tmp_path, GOOD + NUMBER)
    (tmp_path / "two").mkdir()
    found = read_gallery(tmp_path)
    assert [one.name for one in found] == ["one"]
    assert len(found.problems) == 1


OPTIONS = """
[options.number]
kind = "number"
default = 5
least = 1
most = 9.5
help = "."
[options.text]
kind = "text"
default = ""
most = 5
help = "."
[options.choice]
kind = "choice"
choices = ["left", "right"]
default = "left"
help = "."
[options.flag]
kind = "flag"
default = false
help = "."
[options.logo]
kind = "asset"
types = ["picture"]
default = ""
help = "."
[options.day]
kind = "date"
default = 2026-12-05
help = "."
[options.texts]
kind = "texts"
default = ["a"]
help = "."
"""


class Files:
    def url(self, name: str) -> str | None:
        return f"/asset/x/{name}" if name != "gone.png" else None

    def kind(self, name: str) -> str | None:
        return "film" if name.endswith(".mp4") else "picture"

    def missing(self, name: str) -> str:
        return f"there is no file {name!r}"


@pytest.fixture
def small(tmp_path: Path) -> Gallery:
    found = made(tmp_path, GOOD + OPTIONS)
    assert found.problems == ()
    return found


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        ({"number": 9.5, "text": "abcde", "choice": "right", "flag": True, "day": "2026-12-05T20:00"}, []),
        ({"logo": "a.png", "texts": [], "day": ""}, []),
        ({"number": 10}, ["s.options.number must be a number from 1 to 9.5, not 10"]),
        ({"number": True}, ["s.options.number must be a number from 1 to 9.5, not true"]),
        ({"number": "5"}, ["s.options.number must be a number from 1 to 9.5, not '5'"]),
        ({"text": "abcdef"}, ["s.options.text must be text of at most 5 characters, not 'abcdef'"]),
        ({"choice": "rigth"}, ["s.options.choice must be one of 'left', 'right', not 'rigth'; did you mean 'right'?"]),
        ({"choice": 5}, ["s.options.choice must be one of 'left', 'right', not 5"]),
        ({"flag": 1}, ["s.options.flag must be true or false, not 1"]),
        ({"logo": "gone.png"}, ["s.options.logo: there is no file 'gone.png'"]),
        ({"logo": "a.mp4"}, ["s.options.logo: 'a.mp4' is a film; choose a picture"]),
        ({"day": "soon"}, ["s.options.day must be a day like '2026-12-31' or '2026-12-31T20:00', not 'soon'"]),
        ({"texts": "a"}, ["s.options.texts must be a list of at most 40 texts of at most 400 characters, not 'a'"]),
        ({"nmber": 1, "flag": None}, [
            "s.options.nmber is nothing that one can be told; did you mean 'number'?",
            "s.options.flag must be true or false, not None",
        ]),
    ],
)  # fmt: skip
def test_options_are_judged_by_kind_and_all_at_once(
    small: Gallery, options: dict[str, Any], sentences: list[str]
) -> None:
    notes = Notes()
    small.check("one", options, where="s", notes=notes, files=Files())
    assert notes.problems == sentences


def test_an_unknown_layout_gets_the_nearest_right_name(small: Gallery) -> None:
    notes = Notes()
    small.check("onee", {}, where="s", notes=notes)
    small.check("xyz", {}, where="s", notes=notes)
    assert notes.problems == [
        "s.layout: 'onee' is no layout; did you mean 'one'?",
        "s.layout: 'xyz' is no layout; there are one",
    ]


def test_a_screen_is_told_every_option_and_addresses_of_files(small: Gallery) -> None:
    (one,) = small
    told = small.told(one, {"number": 3, "logo": "a.png", "choice": "nowhere"}, Files())
    assert told == {
        "number": 3,
        "text": "",
        "choice": "left",
        "flag": False,
        "logo": "/asset/x/a.png",
        "day": "2026-12-05",
        "texts": ["a"],
    }
    assert small.told(one, {"logo": "gone.png"}, Files())["logo"] is None
