"""`parvis rules`: what it shows of rules and of recorded posts."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from tests.moderation.pairs import AT
from tests.settingskit import EVENT, read
from wall.cli.commands import parvis
from wall.cli.rules import read_post, show_rules, show_tried, try_file, try_post
from wall.gate import Ruling
from wall.model import Post, plain
from wall.moderation import RULES
from wall.moderation.rule import Mode
from wall.settings import Settings, sample_settings

LINES = """\
{"at": 0, "post": {"native_id": "a", "author": {"id": "7", "name": "Inès ✔"}, "spans": [{"text": "Bonsoir à tous"}]}}

{"spans": [{"text": "Quel f\\u200bu\\u200bck [red]rouge[/red] \\u001b[31m"}], "author": {"name": "Sam"}}
{"at": 4, "removal": {"native_id": "a"}}
{"spans": [{"text": "example.org", "kind": "link"}], "source": "hall", "lang": null}
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "evening.jsonl"
    path.write_text(LINES, encoding="utf-8")
    return path


def shown(path: Path, settings: Settings, *, width: int = 160) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=width)
    is_whole = show_tried(path, settings, console)
    assert isinstance(console.file, io.StringIO)
    return is_whole, console.file.getvalue()


def run(*words: str, config: str = "") -> Result:
    clean = {name: None for name in os.environ if name.startswith("PARVIS_")}
    return CliRunner().invoke(parvis, list(words), env={**clean, "PARVIS_CONFIG": config})


def test_each_post_with_what_each_rule_said_and_the_ruling(recording: Path) -> None:
    first, second, third = try_file(recording, sample_settings())
    assert (first.number, first.ruling, first.said) == (1, Ruling.NOTE, ())
    assert first.post is not None
    assert first.post.author.name == "Inès"
    assert second.ruling is Ruling.HOLD
    assert [(ruling, reason.rule, reason.text) for ruling, reason in second.said] == [
        (Ruling.HOLD, "words", "fuck* (en)")
    ]
    assert [(ruling, reason.rule) for ruling, reason in third.said] == [
        (Ruling.NOTE, "links"),
        (Ruling.NOTE, "near-empty"),
    ]


def test_the_table_shows_text_as_text(recording: Path) -> None:
    is_whole, text = shown(recording, sample_settings())
    assert is_whole
    assert "Sam: Quel fuck [red]rouge[/red] [31m" in text
    assert "\x1b" not in text
    assert "hold words: fuck* (en)" in text
    assert "3 posts: 2 note, 1 hold" in text


def test_the_mode_and_the_settings_count(tmp_path: Path, recording: Path) -> None:
    settings = read(
        tmp_path,
        f"""{EVENT}[moderation]
        mode = "post"
        words_lists = []
        links = "reject"
        [[source]]
        network = "feed"
        name = "hall"
        mode = "pre"
        """,
    )
    rulings = [tried.ruling for tried in try_file(recording, settings)]
    assert rulings == [Ruling.APPROVE, Ruling.APPROVE, Ruling.REJECT]


def said(path: Path, settings: Settings) -> list[list[tuple[str, str]]]:
    return [[(reason.rule, reason.text) for _, reason in tried.said] for tried in try_file(path, settings)]


def lines(path: Path, *posts: dict[str, object], at: Callable[[int], float] | None = None) -> Path:
    path.write_text(
        "".join(
            json.dumps({"post": post} | ({} if at is None else {"at": at(n)})) + "\n"
            for n, post in enumerate(posts)
        ),
        encoding="utf-8",
    )
    return path


def post(text: str, *, author: str = "sam", **more: object) -> dict[str, object]:
    return {"spans": [{"text": text}], "author": {"id": author}, **more}


def test_repeats_speak_over_a_file(tmp_path: Path) -> None:
    slogan = "Venez tous au stand douze, tout est gratuit, on vous attend avec la musique"
    path = lines(
        tmp_path / "evening.jsonl",
        post(slogan),
        post("Quelle belle lumière sur la façade du musée ce soir", author="ana"),
        post(f"@kim {slogan} 🔥 12", author="bo"),
        post(slogan.replace("douze", "onze"), author="cy"),
        post(slogan, native_id="1"),
    )
    found = sample_settings()
    strict = msgspec.structs.replace(
        found, moderation=msgspec.structs.replace(found.moderation, repeats="note")
    )
    assert said(path, strict) == [
        [],
        [],
        [("repeats", "×2")],
        [("repeats", "×3")],
        [("repeats", "×3")],
    ]


@pytest.mark.parametrize(("pause_s", "held"), [(10, 2), (61, 0)])
@pytest.mark.parametrize("is_recorded", [True, False])
def test_rates_speak_at_the_times_of_the_file(
    tmp_path: Path, pause_s: int, held: int, is_recorded: bool
) -> None:
    times = [AT + timedelta(seconds=n * pause_s) for n in range(12)]
    posts = [
        post(f"Photo {n}") | ({} if is_recorded else {"created_at": time.isoformat()})
        for n, time in enumerate(times)
    ]
    path = lines(tmp_path / "e.jsonl", *posts, at=(lambda n: n * pause_s) if is_recorded else None)
    found = [reasons for reasons in said(path, sample_settings()) if reasons]
    assert found == [[("author-rate", str(11 + n))] for n in range(held)]


def test_caps_speak_for_each_source_and_day(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        f"""{EVENT}[moderation]
        daily_cap = 2
        [[source]]
        network = "feed"
        name = "hall"
        daily_cap = 1
        """,
    )
    posts = [
        post(f"Photo {n}", author=str(n), source=source)
        for n, source in enumerate(("a", "a", "hall", "a", "hall", "a"))
    ]
    path = lines(tmp_path / "day.jsonl", *posts, at=lambda n: 90_000.0 if n == 5 else n)
    assert said(path, settings) == [[], [], [], [("daily-cap", "2")], [("daily-cap", "1")], []]


def test_trust_grows_from_what_goes_up(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        f"""{EVENT}[moderation]
        mode = "trusted"
        [[source]]
        network = "feed"
        name = "hall"
        mode = "post"
        """,
    )
    path = lines(
        tmp_path / "e.jsonl", post("Un"), post("Deux", source="hall"), post("Trois"), post("Cat", author="x")
    )
    rulings = [tried.ruling for tried in try_file(path, settings)]
    assert rulings == [Ruling.NOTE, Ruling.APPROVE, Ruling.APPROVE, Ruling.NOTE]


@pytest.mark.parametrize("at", ["-1", "1e300", "null", '"x"', "[]"])
def test_a_line_with_a_strange_time_is_still_a_post(tmp_path: Path, at: str) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(f'{{"at": {at}, "post": {{"spans": [{{"text": "Bonsoir"}}]}}}}\n')
    (tried,) = try_file(path, sample_settings())
    assert tried.ruling is Ruling.NOTE


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"nonsense", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "not a post: it must be an object"),
        (b"5", "not a post: it must be an object"),
        (b"{}", "not a post: it has none of its fields"),
        (b'{"x": 5}', "not a post: it has none of its fields"),
        (b'{"post": 5}', "not a post: it must be an object"),
        (b'{"spans": 5}', "not a post: Expected `array`"),
        (b'{"spans": [], "author": {"id": 5}}', "not a post: Expected `str`"),
        (b'{"text": "' + b"x" * 1_000_000 + b'"}', "longer than 1 MB"),
    ],
)
def test_what_is_no_post_is_named(line: bytes, problem: str) -> None:
    found = read_post(line, number=1)
    assert isinstance(found, str)
    assert found.startswith(problem)


def test_a_bare_text_is_enough() -> None:
    line = '{"spans": [{"text": "Hé\u202e là"}], "author": "?", "created_at": "2026-11-24T12:00:00"}'
    found = read_post(line.encode(), number=9)
    assert isinstance(found, Post)
    assert (plain(found.spans), found.native_id) == ("Hé là", "9")
    assert try_post(found, RULES, mode=Mode.POST, number=9).ruling is Ruling.APPROVE


def test_the_list_shows_every_rule_and_its_settings() -> None:
    console = Console(file=io.StringIO(), width=200)
    show_rules(sample_settings(), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "set in [moderation]" in text
    for rule in RULES:
        assert f"\n{rule.name} " in text
        for key in getattr(rule, "settings", ()):
            assert f"{key} = " in text
    assert 'links = "note"' in text


def test_the_commands(recording: Path, tmp_path: Path) -> None:
    assert run("rules", "list").exit_code == 0
    done = run("rules", "try", str(recording))
    assert (done.exit_code, "3 posts" in done.output) == (0, True)
    recording.write_text('{"spans": [{"text": "Bonsoir"}]}\nnonsense\n')
    done = run("rules", "try", str(recording))
    assert done.exit_code == os.EX_DATAERR
    assert "skipped" in done.output
    assert "1 post: 1 note" in done.output
    recording.write_text("")
    assert "0 posts" in run("rules", "try", str(recording)).output
    assert run("rules", "try", str(tmp_path / "none.jsonl")).exit_code == 2
    assert run("rules", "list", config=str(tmp_path / "none.toml")).exit_code == os.EX_CONFIG
