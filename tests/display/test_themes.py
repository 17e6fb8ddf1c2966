"""Themes: what is read, what is refused and with which words, what reaches a style sheet, and who may save."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from display.colours import Colour, contrast, from_rgb, parse, rgb
from display.theme import SIDES, Theme, read_theme
from display.theme_contrast import pairs_of
from display.theme_sheet import STACKS, properties, sheet
from display.theme_toml import from_toml, to_toml
from display.themes import Themes, house, judged
from wall.cli.check import check_all
from wall.settings import EventSettings, ScreenSettings, Settings
from wall.settings_file import Notes

CSS = Path(__file__).parents[2] / "display/static/css"
OWN = house()
BASE = OWN["night"].theme
HOSTILE = [
    "red; } body { display: none",
    "#fff; background: url(//x.example/a)",
    "oklch(.5 .1 20); --x: url(x)",
    "oklch(.5 .1 20) /* */",
    "oklch(.5 .1 20 / 1) }",
    "oklch(calc(1) 0 0)",
    "var(--ink)",
    "#12345",
    "#١٢٣٤٥٦",
    "oklch(nan 0 0)",
    "oklch(1e9 0 0)",
    "</style><script>alert(1)</script>",
    "\\0000",
    "",
]


class Files:
    """The organiser's files, by name."""

    def __init__(self, **kinds: str) -> None:
        self.kinds = {name.replace("_", "."): kind for name, kind in kinds.items()}

    def url(self, name: str) -> str | None:
        return f"/asset/{'a' * 32}/{name}" if name in self.kinds else None

    def kind(self, name: str) -> str | None:
        return self.kinds.get(name)

    def missing(self, name: str) -> str:
        return f"there is no file {name!r}"


def read(text: str, files: Files | None = None) -> tuple[Theme | None, list[str]]:
    notes = Notes()
    theme = judged(tomllib.loads(text), where="fair", base=BASE, notes=notes, files=files)
    return theme, notes.problems


def css_of(text: str, files: Files | None = None) -> str:
    theme, problems = read(text, files)
    assert theme, problems
    return sheet(theme, BASE, files.url if files else lambda _: None)


# -- colours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hexed", ["#000000", "#ffffff", "#1b6ca8", "#d8542f", "#f0e442", "#7f7f7f"])
def test_a_colour_comes_back_as_it_went(hexed: str) -> None:
    assert parse(hexed).hex == hexed
    assert parse(parse(hexed).css).hex == hexed
    assert from_rgb(rgb(parse(hexed))).hex == hexed


def test_known_colours_and_contrasts() -> None:
    red = parse("#ff0000")
    assert (round(red.l, 3), round(red.c, 3), round(red.h, 1)) == (0.628, 0.258, 29.2)
    assert contrast(rgb(parse("#fff")), rgb(parse("#000"))) == pytest.approx(21)
    assert contrast(rgb(parse("#777777")), rgb(parse("#ffffff"))) == pytest.approx(4.48, abs=0.01)
    assert parse("OKLCH(62% .13 250deg / 50%)") == Colour(0.62, 0.13, 250, 0.5)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no colour|is out of bounds"):
        parse(text)


# -- our own --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_every_theme_of_ours_is_readable_by_night_and_by_day(name: str) -> None:
    pairs = pairs_of(OWN[name].theme, BASE)
    assert {pair.side for pair in pairs} == set(SIDES)
    assert [pair for pair in pairs if not pair.is_good] == []


def test_there_are_night_day_and_three_more_with_both_sides() -> None:
    assert list(OWN)[:2] == ["night", "day"]
    assert len(OWN) >= 5
    for name, one in OWN.items():
        if name not in ("night", "day"):
            assert one.theme.given("night").keys() == one.theme.given("day").keys() >= {"ground", "ink"}


def test_the_base_is_what_the_style_sheets_say() -> None:
    sides = {"night": "", "day": ""}
    for file in ("tokens.css", "stage.css"):
        text = (CSS / file).read_text(encoding="utf-8")
        sides["night"] += "".join(re.findall(r"  :root \{([^}]*)\}", text))
        sides["day"] += "".join(re.findall(r"  \[data-theme=day\] \{([^}]*)\}", text))
        if file == "tokens.css":
            for stack in STACKS.values():
                assert f"{stack};" in text
    for side in SIDES:
        for name, value in BASE.given(side).items():
            if name == "mood":
                continue  # the hue that stands in stage.css where none is given
            written = re.search(rf"--{name.replace('_', '-')}: ([^;]+);?", sides[side])
            assert written, (side, name)
            there = written[1].strip()
            assert value == (parse(there) if there.startswith("oklch") else float(there)), (side, name)


def test_night_and_day_need_no_style_sheet() -> None:
    assert sheet(OWN["night"].theme, BASE, lambda _: None) == ""
    assert sheet(OWN["day"].theme, BASE, lambda _: None) == ""


# -- what is said of mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('titel = "x"', "fair.titel is not a setting; did you mean fair.title?"),
        ("[nigth]\n", "fair.nigth is not a setting; did you mean [night]?"),
        ('[night]\ngrund = "#111"', "fair.night.grund is not a setting; did you mean fair.night.ground?"),
        ('ground = "#111"', "fair.ground belongs to a side; write it under [night] or [day]"),
        (
            '[night]\nink = "beige"',
            'fair.night.ink: is no colour; write "#1b6ca8" or "oklch(.62 .13 250)"',
        ),
        (
            "[night]\nink = 7",
            'fair.night.ink must be a colour like "#1b6ca8" or "oklch(.62 .13 250)", not 7',
        ),
        (
            '[night]\nink = "oklch(.9 0 0 / .5)"',
            "fair.night.ink: must be opaque; only line may let something through",
        ),
        (
            'mode = "nihgt"',
            "fair.mode must be one of 'night', 'day', 'auto', not 'nihgt'; did you mean 'night'?",
        ),
        ("radius = 9", "fair.radius must be a number from 0 to 2, not 9"),
        ('day_hours = "8-20"', 'is no time of day; write "08:00-20:00", the earlier hour first'),
        ('[fonts]\nsans = "Inter; }"', "fair.fonts.sans: is no name of a font"),
        ('[night]\nground = "#eeeeee"', "fair.night.ground: #eeeeee is too light for a night"),
        ('[day]\nground = "#222222"', "fair.day.ground: #222222 is too dark for a day"),
        ('[day]\nground = "#ffffff"', "is pure white, which dazzles"),
        ('logo = "lgo.png"', "fair.logo: there is no file 'lgo.png'"),
        ('logo = "hall.mp4"', "fair.logo: 'hall.mp4' is a film; it takes a picture"),
        ('[fonts]\nserif = "x.woff2"', "fair.fonts.serif: there is no file 'x.woff2'"),
        ('night = "dark"', "fair.night must be a table of settings, not 'dark'"),
    ],
)
def test_every_mistake_is_named_with_its_cure(text: str, said: str) -> None:
    theme, problems = read(text, Files(hall_mp4="film"))
    assert theme is None
    assert said in "\n".join(problems)


def test_all_mistakes_at_once() -> None:
    _, problems = read('radius = 9\nmode = "x"\n[night]\nink = "x"\n[day]\naccnt = "#000"\n')
    assert len(problems) == 4


def test_what_cannot_be_read_is_named_with_its_ratio_and_a_value_that_passes() -> None:
    text = '[night]\nground = "#202430"\nink_soft = "#5a6070"\n'
    _, problems = read(text)
    found = re.search(
        r"ink_soft on ground has a contrast of (\d\.\d\d), and 4.5 is needed; ink_soft = \"(#\w+)\"",
        problems[0],
    )
    assert found, problems
    assert contrast(rgb(parse("#5a6070")), rgb(parse("#202430"))) == pytest.approx(float(found[1]), abs=0.01)
    mended, still = read(text.replace("#5a6070", found[2]))
    assert mended, still


@pytest.mark.parametrize(
    "line",
    [
        '[night]\naccent = "#30324a"',
        "[night]\npanel_l = 0.6",
        "[night]\nsaid_l = 0.3",
        '[day]\ntile = "#777777"',
        "[day]\nfield_l = 0.5",
    ],
)
def test_each_kind_of_pair_is_looked_at(line: str) -> None:
    theme, problems = read(line)
    assert theme is None
    assert "has a contrast of" in problems[0]


def test_words_over_a_background_stay_readable_whatever_it_shows() -> None:
    files = Files(hall_jpg="picture")
    assert read('background = "hall.jpg"\ndim = 0.9', files)[0]
    theme, problems = read('background = "hall.jpg"\ndim = 0.2', files)
    assert theme is None
    better = re.search(r"dim = (0\.\d+) would do", problems[0])
    assert better
    assert 0.2 < float(better[1]) < 1


# -- style sheets ---------------------------------------------------------------------------------------------


def test_a_style_sheet_holds_properties_of_both_sides_and_nothing_else() -> None:
    text = css_of('radius = 0.5\n[fonts]\nsans = "Noto Sans"\n[night]\naccent = "#88ccee"\n[day]\nmood = 40')
    assert "calc(1.1 * var(--u))" in text
    assert f"--accent: {parse('#88ccee').css}" in text
    assert '--sans: "Noto Sans", "Inter Display"' in text
    assert re.fullmatch(r"@layer tokens \{\n((:root|:is)[^{}]* \{ (--[a-z-]+: [^{}]+) \}\n)+\}", text), text


@pytest.mark.parametrize("text", [*HOSTILE, '"; } * { color: red', "url(//x.example)", "a" * 300, "Inter\n}"])
@pytest.mark.parametrize(
    "key", ["night.ink", "day.line", "fonts.sans", "title", "logo", "mode", "night.background"]
)
def test_hostile_text_cannot_reach_css(key: str, text: str) -> None:
    at, _, name = key.rpartition(".")
    table = {at: {name: text}} if at else {name: text}
    theme = read_theme(table, where="x", notes=Notes())
    if theme is None:
        return
    made = sheet(theme, BASE, lambda name: f"/asset/{'a' * 32}/{name}")
    if made:
        assert re.fullmatch(r"@layer tokens \{\n((:root|:is)[^{}]* \{ (--[a-z-]+: [^{}]+) \}\n)+\}", made), (
            made
        )
    assert not re.search(r"example|script|color: red|display: none", made)


def test_a_font_file_becomes_a_face_under_our_own_address() -> None:
    files = Files(house_woff2="font")
    text = css_of('[fonts]\nserif = "house.woff2"', files)
    assert f'src: url("/asset/{"a" * 32}/house.woff2") format("woff2")' in text
    family = re.search(r'font-family: "(parvis-\w+)"', text)
    assert family
    assert f'--serif: "{family[1]}", "Noto Serif Display"' in text
    theme, _ = read('[fonts]\nserif = "house.woff2"', files)
    assert theme
    for address in (None, "https://x.example/a.woff2", '/asset/aaaaaaaaaa/a"b', "/asset/../x"):
        assert sheet(theme, BASE, lambda _, url=address: url) == ""  # type: ignore[misc]


def test_only_what_differs_is_told() -> None:
    theme, _ = read('[night]\nground = "oklch(.15 .024 282)"\naccent = "#88ccee"')
    assert theme
    assert list(properties(theme, BASE)["night"]) == ["--accent"]


@pytest.mark.parametrize("name", OWN)
def test_a_theme_goes_into_a_file_and_comes_back(name: str) -> None:
    notes = Notes()
    table = from_toml(to_toml(name, OWN[name].theme), where="x", notes=notes)
    again = read_theme(table, where="x", notes=notes)
    assert again
    assert (again.table.pop("name"), notes.problems) == (name, [])
    assert {**again.table, "name": ""} == {**OWN[name].theme.table, "name": ""}


def test_words_of_a_theme_survive_the_file() -> None:
    theme, _ = read('title = "a\\"b\\\\c é 今 \\u200b"')
    assert theme
    table = from_toml(to_toml("x", theme), where="x", notes=Notes())
    assert table["title"] == theme.shared.title


# -- files beside the settings --------------------------------------------------------------------------------


def themes_of(folder: Path, theme: str = "night", **more: Any) -> tuple[Themes, Settings]:
    settings = msgspec.structs.replace(
        Settings(event=EventSettings(name="Fête")),
        path=folder / "parvis.toml",
        screen=ScreenSettings(theme=theme),
    )
    return Themes(settings, saved=dict, **more), settings


def test_a_file_beside_the_settings_is_a_theme(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes/fair.toml").write_text('mode = "day"\n[day]\naccent = "#8a1f5b"\n', encoding="utf-8")
    (tmp_path / "themes/day.toml").write_text("", encoding="utf-8")
    (tmp_path / "themes/bad.toml").write_text('[night]\nink = "#222222"\n', encoding="utf-8")
    themes, _ = themes_of(tmp_path, "fair")
    told = themes.json("")
    assert (told["name"], told["mode"]) == ("fair", "day")
    text = themes.sheet(told["href"].removeprefix("/theme/"))
    assert text
    assert parse("#8a1f5b").css in text
    assert themes.json("bad")["name"] == "fair"
    assert any("themes/day.toml: day is Parvis' own" in problem for problem in themes.problems)
    assert any(problem.startswith("themes/bad.toml.night.ink: ink on ground") for problem in themes.problems)
    assert themes.sheet("fair-000000000000.css") is None


def test_by_the_hour(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes/tide.toml").write_text('mode = "auto"\nday_hours = "07:30-19:00"\n', encoding="utf-8")
    at = {"now": datetime(2026, 6, 1, 7, 29)}
    themes, _ = themes_of(tmp_path, "tide", now=lambda: at["now"])
    assert themes.json("")["mode"] == "night"
    assert themes.json("")["auto"] == "07:30-19:00"
    at["now"] = datetime(2026, 6, 1, 7, 30)
    assert themes.json("")["mode"] == "day"
    at["now"] = datetime(2026, 6, 1, 19, 0)
    assert themes.json("")["mode"] == "night"


def test_check_names_a_theme_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    text = '[event]\nname = "Fête"\n[screen]\ntheme = "{}"\n'
    path.write_text(text.format("fyord"), encoding="utf-8")
    assert check_all(path, env={})[0] == ["screen.theme: there is no theme 'fyord'; did you mean 'fjord'?"]
    path.write_text(text.format("fjord"), encoding="utf-8")
    assert check_all(path, env={})[0] == []
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes/fair.toml").write_text("[night]\nradus = 1\n", encoding="utf-8")
    path.write_text(text.format("fair"), encoding="utf-8")
    assert len(check_all(path, env={})[0]) == 1
