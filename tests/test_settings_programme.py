"""Programmes in the settings file: what is read, and every mistake with its cure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.settingskit import EVENT, problems, read
from wall.cli.check import check_all
from wall.cli.example import example
from wall.settings import load, sample_settings
from wall.settings_programme import PROGRAMME_KEYS, SCENE_KEYS

DAY = """
[[programme]]
name = "day"
screens = ["hall-a"]
[[programme.scene]]
layout = "bento"
seconds = 240
hours = "9:00 - 18:30"
when = { photos = 6, posts = 1 }
options = { dwell_s = 8 }
[[programme.scene]]
layout = "sponsor"
share = 20
title = "Our friends"
"""


def scene(lines: str) -> str:
    return f'{EVENT}[[programme]]\nname = "day"\n[[programme.scene]]\nlayout = "bento"\n{lines}\n'


def test_a_programme_is_read_with_its_scenes(tmp_path: Path) -> None:
    (day,) = read(tmp_path, EVENT + DAY).programmes
    assert (day.name, day.screens) == ("day", ("hall-a",))
    first, second = day.scenes
    assert (first.layout, first.seconds, first.hours) == ("bento", 240, "09:00-18:30")
    assert first.least == {"posts": 1, "photos": 6}
    assert first.options == {"dwell_s": 8}
    assert (second.share, second.title, second.seconds, second.hours) == (20, "Our friends", 60, "")


def test_without_a_word_the_programme_is_ours_and_a_named_layout_stays_for_ever(tmp_path: Path) -> None:
    assert sample_settings().programmes == ()
    assert sample_settings().screen.layout == ""
    assert read(tmp_path, f'{EVENT}[screen]\nlayout = "bento"\n').screen.layout == "bento"


@pytest.mark.parametrize(
    ("given", "hours"),
    [
        ("22:00-06:00", "22:00-06:00"),
        ("18:00–24:00", "18:00-00:00"),
        ("", ""),
        (" 9:05-9:06 ", "09:05-09:06"),
    ],
)
def test_hours_have_one_spelling(tmp_path: Path, given: str, hours: str) -> None:
    (day,) = read(tmp_path, scene(f'hours = "{given}"')).programmes
    assert day.scenes[0].hours == hours
    assert read(tmp_path, f'{EVENT}[screen]\nquiet_hours = "{given}"\n').screen.quiet_hours == hours


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (scene("second = 5"), "scene[1].second is not a setting; did you mean programme[1].scene[1].seconds?"),
        (scene("seconds = 4"), "programme[1].scene[1].seconds must be a whole number from 5 to 3600, not 4"),
        (scene("seconds = 5.5"), "must be a whole number from 5 to 3600, not 5.5"),
        (scene('hours = "9-18"'), "scene[1].hours: '9-18' is not a span of the day; write it like '09:00-18:00'"),
        (scene('hours = "25:00-26:00"'), "holds a time that no clock shows"),
        (scene('hours = "09:00-09:00"'), "begins when it ends; leave it empty"),
        (scene("when = { photo = 6 }"), "when.photo is not a setting; did you mean programme[1].scene[1].when.photos?"),
        (scene("when = { photos = -1 }"), "scene[1].when.photos must be a whole number from 0 to 1000000, not -1"),
        (scene("when = 6"), "programme[1].scene[1].when must be a table of settings, not 6"),
        (scene("share = 101"), "programme[1].scene[1].share must be a whole number from 0 to 100, not 101"),
        (scene("share = 61"), "programme[1].scene: the shares are 61 percent together; promise at most 60"),
        (scene('title = "a\\nb"'), "programme[1].scene[1].title must be text of at most 60 characters"),
        (scene("options = 5"), "programme[1].scene[1].options must be a table"),
        (scene('layout2 = "x"'), "did you mean programme[1].scene[1].layout?"),
        (f'{EVENT}[[programme]]\nname = "Day"\n[[programme.scene]]\nlayout = "a"', "programme[1].name must be 1 to 40"),
        (f'{EVENT}[[programme]]\nname = "day"', "programme[1].scene must stand at least once; write [[programme.scene]]"),
        ("programmes = []\n" + EVENT, "programmes is not a setting; programmes are written [[programme]]"),
        ('programme = "x"\n' + EVENT, "programme must be a list of tables; write [[programme]]"),
        (f'{EVENT}[[programme]]\nname = "day"\nscene = "x"', "programme[1].scene must be a list of tables, not 'x'"),
        (f"{EVENT}{DAY}{DAY}", "programme[2].name: 'day' is the name of another programme already"),
        (EVENT + DAY + DAY.replace('"day"', '"night"'), "programme[2].screens: 'hall-a' follows the programme 'day'"),
        (EVENT + DAY.replace("screens =", "scenes ="), "did you mean programme[1].scene?"),
        (f'{EVENT}[screen]\nquiet_hours = "night"\n', "screen.quiet_hours: 'night' is not a span of the day"),
        (f'{EVENT}[screen]\npixel_shift = "no"\n', "screen.pixel_shift must be true or false, not 'no'"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_key_and_the_cure(tmp_path: Path, text: str, sentence: str) -> None:
    found = problems(tmp_path, text)
    assert any(sentence in problem for problem in found), found


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    wrong = scene('seconds = 1\nhours = "x"\nwhen = { photo = 1 }\nshare = -1\ncolour = "red"')
    assert len(problems(tmp_path, wrong)) == 5


def test_programmes_and_scenes_are_bounded(tmp_path: Path) -> None:
    many = EVENT + "".join(
        f'[[programme]]\nname = "p{n}"\n[[programme.scene]]\nlayout = "a"\n' for n in range(25)
    )
    assert problems(tmp_path, many) == ("programme may stand at most 24 times, not 25",)
    long = scene('[[programme.scene]]\nlayout = "a"\n' * 60)
    assert problems(tmp_path, long) == ("programme[1].scene must stand at most 60 times, not 61",)


def test_check_names_layouts_that_are_not_there_and_options_that_they_do_not_have(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    path.write_text(
        f'{EVENT}[screen]\nlayout = "bentoo"\n'
        + '[[programme]]\nname = "day"\n'
        + '[[programme.scene]]\nlayout = "bnto"\n'
        + '[[programme.scene]]\nlayout = "bento"\noptions = { dwel_s = 5, rest_s = 0, drift_s = "x" }\n'
    )
    found, _, _ = check_all(path, env={})
    assert found == [
        "screen.layout: 'bentoo' is no layout; did you mean 'bento'?",
        "programme[1].scene[1].layout: 'bnto' is no layout; did you mean 'bento'?",
        "programme[1].scene[2].options.dwel_s is nothing that bento can be told; did you mean 'dwell_s'?",
        "programme[1].scene[2].options.rest_s must be a number from 3 to 600, not 0",
        "programme[1].scene[2].options.drift_s must be a number from 0 to 60, not 'x'",
    ]


def test_the_example_shows_every_key_and_each_is_valid(tmp_path: Path) -> None:
    bare = re.sub(r"^# (\w+ = )", r"\1", example(), flags=re.MULTILINE)
    bare = bare[bare.index("# [[programme]]") :].replace("# [[", "[[")
    (shown,) = tomllib.loads(bare)["programme"]
    assert tuple(shown) == PROGRAMME_KEYS
    assert tuple(shown["scene"][0]) == SCENE_KEYS
    assert read(tmp_path, EVENT + bare).programmes[0].scenes[0].least == {"photos": 6}


def test_the_environment_sets_the_quiet_hours() -> None:
    found = load(None, flags={}, env={"PARVIS_SCREEN__QUIET_HOURS": "23:00-07:00"})
    assert found.screen.quiet_hours == "23:00-07:00"
