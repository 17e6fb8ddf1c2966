"""The settings: every way they can be wrong is told, all of it at once, with the cure."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.settingskit import EVENT, problems, read
from wall.cli.example import example
from wall.secret import reveal
from wall.settings import SettingsError, load, locate, sample_settings, slug_of
from wall.settings_build import Hint, build
from wall.settings_file import Notes
from wall.settings_moderation import LabelSettings
from wall.settings_shape import SECTIONS

ROOT = Path(__file__).parents[1]


# -- what is read ----------------------------------------------------------------------------------------------


def test_the_sample_needs_no_file() -> None:
    sample = sample_settings()
    assert sample.event.name == "La Nuit des Lumières"
    assert sample.event.slug == "la-nuit-des-lumieres"
    assert [(source.network, source.name, source.mode) for source in sample.sources] == [
        ("replay", "sample", "post"),
        ("replay", "visitors", "pre"),
        ("bluesky", "bluesky", None),
        ("mastodon", "mastodon", None),
    ]
    assert sample.sources[3].options == {"base_url": "https://mastodon.social"}
    assert sample.path is None


def test_a_file_is_read_with_its_sources(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        data_dir = "kept"
        [event]
        name = "Vernissage"
        hashtags = ["#NuitVauclair", "museum"]
        dates = [2026-12-05, 2026-12-06]
        [screen]
        distance_m = 8
        [[source]]
        network = "mastodon"
        base_url = "https://example.org"
        [[source]]
        network = "mastodon"
        hashtags = []
        mode = "trusted"
        """,
    )
    assert found.event.hashtags == ("NuitVauclair", "museum")
    assert found.event.dates == (date(2026, 12, 5), date(2026, 12, 6))
    assert found.screen.distance_m == 8.0
    assert found.data_dir == tmp_path / "kept"
    first, second = found.sources
    assert (first.name, second.name) == ("mastodon", "mastodon-2")
    assert found.hashtags_of(first) == ("NuitVauclair", "museum")
    assert found.hashtags_of(second) == ()
    assert found.mode_of("mastodon") == "pre"
    assert found.mode_of("mastodon-2") == "trusted"
    assert found.mode_of("visitor") == "pre"
    assert first.options == {"base_url": "https://example.org"}


def test_the_data_folder_stands_beside_the_file_unless_it_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, EVENT).data_dir == tmp_path / "parvis-data"
    assert read(tmp_path, EVENT, env={"PARVIS_DATA": "/srv/wall"}).data_dir == Path("/srv/wall")
    assert read(tmp_path, EVENT, flags={"data_dir": "here"}).data_dir == Path.cwd() / "here"


def test_flags_stand_above_the_environment_and_that_above_the_file(tmp_path: Path) -> None:
    text = f"{EVENT}[web]\nport = 8001\n"
    assert read(tmp_path, text).web.port == 8001
    env = {"PARVIS_WEB__PORT": "8002"}
    assert read(tmp_path, text, env=env).web.port == 8002
    env["PARVIS_PORT"] = "8003"
    assert read(tmp_path, text, env=env).web.port == 8003
    assert read(tmp_path, text, env=env, flags={"web.port": "8004", "web.host": None}).web.port == 8004


def test_the_environment_gives_every_kind_of_value() -> None:
    found = load(
        None,
        flags={},
        env={
            "PARVIS_EVENT__NAME": "Fête",
            "PARVIS_EVENT__HASHTAGS": "one, #two",
            "PARVIS_EVENT__DATES": "2026-12-05",
            "PARVIS_JOIN__CODE_REQUIRED": "false",
            "PARVIS_SCREEN__DISTANCE_M": "2.5",
            "PARVIS_NETWORK_ACCESS__ALLOW": "127.0.0.1",
            "PARVIS_REDIS_URL": "redis://127.0.0.1:6379/0",
            "PARVIS_ADMIN_TOKEN": "swordfish",
            "PARVIS_BROWSER_REQUIRED": "1",
            "PATH": "/bin",
        },
    )
    assert (found.event.name, found.event.slug) == ("Fête", "fete")
    assert found.event.hashtags == ("one", "two")
    assert found.event.dates == (date(2026, 12, 5),)
    assert not found.join.code_required
    assert found.screen.distance_m == 2.5
    assert found.network_access.allow == ("127.0.0.1/32",)
    assert found.redis.url is not None
    assert found.redis.url.reveal() == "redis://127.0.0.1:6379/0"
    assert found.web.admin_token is not None
    assert reveal(found.web.admin_token) == "swordfish"


def test_a_recording_replaces_the_sources() -> None:
    found = load(None, flags={}, env={"PARVIS_REPLAY": "/srv/evening.jsonl"})
    assert [(source.network, source.options) for source in found.sources] == [
        ("replay", {"file": "/srv/evening.jsonl"})
    ]


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate({}) is None
    assert locate({"PARVIS_CONFIG": ""}) is None
    assert locate({"PARVIS_CONFIG": "other.toml"}) == Path("other.toml")
    (tmp_path / "parvis.toml").write_text(EVENT)
    assert locate({}) == Path("parvis.toml")
    assert locate({"PARVIS_CONFIG": ""}) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("La Nuit des Lumières", "la-nuit-des-lumieres"),
        ("  --  ", None),
        ("博物馆之夜", None),
        ("x" * 80, "x" * 40),
        ("Straße & Café 2026!", "strae-cafe-2026"),
    ],
)
def test_an_event_gets_a_slug_from_any_name(name: str, slug: str | None) -> None:
    assert slug is None or slug_of(name) == slug
    assert msgspec.convert(slug_of(name), Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")])
    assert slug_of(name) == slug_of(name)


# -- the file itself -------------------------------------------------------------------------------------------


def test_a_missing_file_a_folder_and_an_empty_file_are_one_sentence_each(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "no.toml", "does not exist; `parvis init` writes one"),
        (tmp_path, "is a folder, not a settings file"),
    ):
        with pytest.raises(SettingsError) as caught:
            load(path, flags={}, env={})
        assert caught.value.problems == (f"{path} {words}",)
    assert problems(tmp_path, "  \n") == (
        f"{tmp_path}/parvis.toml is empty; `parvis init` writes one to start from",
    )
    assert problems(tmp_path, b"x" * 1_000_001) == (
        f"{tmp_path}/parvis.toml is larger than 1 MB: that is no settings file",
    )


def test_a_file_that_may_not_be_read_is_one_sentence() -> None:
    path = Path("/proc/self/mem")  # readable by nobody at this offset, root included
    with pytest.raises(SettingsError) as caught:
        load(path, flags={}, env={})
    assert len(caught.value.problems) == 1
    assert "cannot be read" in caught.value.problems[0]


def test_windows_line_ends_a_byte_order_mark_and_tabs_are_read(tmp_path: Path) -> None:
    text = '\ufeff[event]\r\n\tname\t=\t"Vernissage"\r\n'
    assert read(tmp_path, text.encode()).event.name == "Vernissage"


def test_utf_16_is_refused_with_the_cure(tmp_path: Path) -> None:
    assert problems(tmp_path, EVENT.encode("utf-16")) == (
        f"{tmp_path}/parvis.toml is not written in UTF-8; save it again as UTF-8",
    )


@pytest.mark.parametrize(
    "text", ["[event\n", "event:\n  name: x\n", "a = [[[", '[event]\nname = "a\x00b"', "=" * 50]
)
def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert "is not TOML: " in problem
    assert "line" in problem


def test_a_file_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "a = " + "[" * 5000 + "]" * 5000)
    assert "nested too deeply" in problem


# -- mistakes --------------------------------------------------------------------------------------------------


def test_all_mistakes_come_together(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        port = 80
        [event]
        nmae = "x"
        [web]
        port = "80a"
        [modertion]
        mode = "pre"
        [[source]]
        mode = "later"
        """,
        env={"PARVIS_WEB__PRT": "4", "PARVIS_MEDIA__MAX_MB": "inf"},
    )
    assert found == (
        "port is not a setting; did you mean web.port?",
        "modertion is not a setting; did you mean moderation?",
        "PARVIS_WEB__PRT sets web.prt, which is not a setting; did you mean web.port?",
        "event.nmae is not a setting; did you mean event.name?",
        "event.name is missing; it must be text of 1 to 120 characters on one line",
        "web.port must be a whole number from 1 to 65535, not '80a'",
        "PARVIS_MEDIA__MAX_MB (media.max_mb) must be a whole number from 1 to 200, not 'inf'",
        'source[1].network is missing; it must be the name of a network like "mastodon"',
        "source[1].mode must be one of 'pre', 'trusted', 'post', not 'later'",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("label = 5", "label must be a list of tables; write [[label]], in double brackets, above each"),
        ("[[labels]]\nname = 'press'", "labels is not a setting; labels are written [[label]]"),
        ("[[label]]", "label[1].name is missing; it must be 1 to 24 of a-z, 0-9 and -"),
        (
            "[[label]]\nname = 'a'\n[[label]]\nname = 'a'",
            "label[2].name: 'a' is the name of another label already",
        ),
        ("[[label]]\nname = 'a'\nemail = ['a b']", "label[1].email[1]: 'a b' is not one e-mail address"),
        (
            "[[label]]\nname = 'a'\nwebhook = 'x.org'",
            "label[1].webhook: 'x.org' is not an address; write it like",
        ),
        ("[classifier]\nurl = 'http://u:p@x.org'", "classifier.url: it holds a password"),
        ("[[label]]\nname = 'a'\n" * 25, "label may stand at most 24 times, not 25"),
    ],
)
def test_a_wrong_label_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(tmp_path, f"event.name = 'x'\n{text}"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("web.port = 0", "web.port must be a whole number from 1 to 65535, not 0"),
        ("web.port = 65536", "web.port must be a whole number from 1 to 65535, not 65536"),
        ("web.port = 99999999999999999999999", "not 99999999999999999999999"),
        ("web.port = 80.5", "web.port must be a whole number from 1 to 65535, not 80.5"),
        ("web.port = true", "web.port must be a whole number from 1 to 65535, not true"),
        ("event.name = true", "event.name must be text of 1 to 120 characters on one line, not true"),
        ('event.name = ""', "event.name must be text"),
        ('event.name = "a\\nb"', "event.name must be text of 1 to 120 characters on one line, not 'a\\nb'"),
        (f'event.name = "{"x" * 200}"', "xxx…"),
        ("event = 5", "event must be a table of settings, not 5; write [event] above its keys"),
        ('event.slug = "A b"', "event.slug must be 1 to 40 of a-z, 0-9 and -, not 'A b'"),
        ('event.slug = "a\\n"', "event.slug must be"),
        ("event.hashtags = 'museum'", "each a hashtag like \"NuitVauclair\", not 'museum'"),
        ('event.hashtags = ["one two"]', "event.hashtags[1]: 'one two' is not one hashtag"),
        ('event.hashtags = ["ok", "#"]', "event.hashtags[2]: '#' is not one hashtag"),
        ("event.hashtags = [7]", "event.hashtags[1] must be a hashtag"),
        ("event.languages = []", "event.languages must be a list of 1 to 3"),
        ('event.languages = ["de"]', "event.languages[1] must be one of 'fr', 'en', 'zh', not 'de'"),
        ("event.dates = [2026-12-06, 2026-12-05]", "event.dates: the last day stands before the first"),
        ('event.dates = ["soon"]', "event.dates[1] must be a date like 2026-12-31, not 'soon'"),
        ('join.code_required = "no"', "join.code_required must be true or false, not 'no'"),
        (
            "join.per_device_per_min = 0",
            "join.per_device_per_min must be a whole number from 1 to 600, not 0",
        ),
        ("screen.distance_m = inf", "screen.distance_m must be a number from 0.3 to 200, not inf"),
        ("screen.distance_m = nan", "screen.distance_m must be a number from 0.3 to 200, not nan"),
        ("screen.offline_max_s = -1", "screen.offline_max_s must be a whole number from 30 to 86400, not -1"),
        ('screen.theme = "Nigth!"', 'must be the name of a theme like "night" or "day", not \'Nigth!\''),
        ('screen.layout = "../x"', "screen.layout must be the name of a layout like \"bento\", not '../x'"),
        ('web.host = "*"', "web.host: '*' is not a host; did you mean '0.0.0.0'"),
        ('web.host = "http://wall.example.org/x"', "did you mean 'wall.example.org'?"),
        ('web.host = "localhost:8000"', "holds a port; set web.host to 'localhost' and web.port apart"),
        ('web.host = "*.example.org"', "'*.example.org' is not a host name"),
        ('web.public_url = "wall.example.org"', "did you mean 'https://wall.example.org'?"),
        ('web.public_url = "https://wall.example.org/x?y"', "did you mean 'https://wall.example.org'?"),
        ('web.public_url = "https://*.example.org"', "does not name one host"),
        ('web.public_url = "https://wall.example.org:99999"', "has a port that is not a number"),
        (
            'web.public_url = "ftp://wall.example.org"',
            "is not a URL; did you mean 'https://wall.example.org'?",
        ),
        ('network_access.allow = ["10.0.0.1/8"]', "did you mean '10.0.0.0/8'?"),
        (
            'network_access.allow = ["intranet"]',
            "network_access.allow[1]: 'intranet' is not a range of addresses",
        ),
        ('redis.url = "localhost:6379"', "redis.url: it is not the address of a store"),
        ("web.trusted_proxy = []", "web.trusted_proxy is not a setting; did you mean web.trusted_proxies?"),
        ("sources = []", "sources is not a setting; sources are written [[source]]"),
        ('source = "x"', "source must be a list of tables; write [[source]], in double brackets, above each"),
        ("source = [5]", "source must be a list of tables"),
        (
            'source = [{network = "a", name = "a"}, {network = "b", name = "a"}]',
            "source[2].name: 'a' is the name of source[1]",
        ),
        ('source = [{network = "A!"}]', "source[1].network must be the name of a network"),
        ('source = [{network = "a", name = 5}]', "source[1].name must be 1 to 40 of a-z, 0-9 and -, not 5"),
        ("data_dir = 5", "data_dir must be the path of a folder, not 5"),
        ('data_dir = ""', "data_dir must be the path of a folder, not ''"),
    ],
)
def test_a_mistake_names_the_key_what_is_wanted_and_the_cure(
    tmp_path: Path, line: str, sentence: str
) -> None:
    name = "" if line.startswith("event.name") or line == "event = 5" else 'event.name = "Vernissage"\n'
    found = problems(tmp_path, f"{name}{line}\n")
    assert len(found) == 1
    assert sentence in found[0]


def test_sources_are_bounded(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, EVENT + '[[source]]\nnetwork = "feed"\n' * 65)
    assert problem == "source may stand at most 64 times, not 65"


def test_unnamed_sources_make_room_for_named_ones(tmp_path: Path) -> None:
    text = (
        EVENT
        + '[[source]]\nnetwork="feed"\n[[source]]\nnetwork="feed"\n[[source]]\nnetwork="x"\nname="feed"\n'
    )
    assert [source.name for source in read(tmp_path, text).sources] == ["feed-2", "feed-3", "feed"]


def test_readable_sources_come_with_the_mistakes(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, '[[source]]\nnetwork = 5\n[[source]]\nnetwork = "feed"\nurl = "x"\n')
    assert {n: source.options for n, source in caught.value.sources.items()} == {2: {"url": "x"}}


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SECTIONS)), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_table_gives_settings_or_sentences(section: str, data: st.DataObject) -> None:
    kind = SECTIONS[section]
    names = st.sampled_from(kind.__struct_fields__) | st.text(max_size=8)
    table = data.draw(st.dictionaries(names, JSONISH, max_size=4) | JSONISH)
    notes = Notes()
    built = build(kind, table, where=section, notes=notes, known={section: kind.__struct_fields__})
    assert (built is None) == bool(notes.problems)
    assert all(problem.startswith(section) and "\n" not in problem for problem in notes.problems)


# -- the example and the cost ----------------------------------------------------------------------------------


def test_the_example_file_is_the_one_that_init_writes(tmp_path: Path) -> None:
    assert (ROOT / "parvis.example.toml").read_text(encoding="utf-8") == example()
    assert read(tmp_path, example()).sources[0].network == "mastodon"


def test_every_setting_stands_in_the_example_and_its_shown_value_is_valid(tmp_path: Path) -> None:
    (tmp_path / "admin-token.txt").write_text("x")
    bare = re.sub(r"^# (\w+ = )", r"\1", example(), flags=re.MULTILINE)
    bare = bare.replace('token = { env = "MASTODON_TOKEN" }', "")
    bare = bare.replace("# [[source]]", "[[source]]").replace("# [[label]]", "[[label]]")
    bare = bare.replace("# [[programme", "[[programme")
    found = tomllib.loads(bare)
    assert list(found["label"][0]) == list(LabelSettings.__struct_fields__)
    for section, kind in SECTIONS.items():
        assert list(found[section]) == list(kind.__struct_fields__)
        for field in msgspec.structs.fields(kind):
            assert Hint(field.type).description.endswith(".")
    secrets = dict.fromkeys(("CLASSIFIER_TOKEN", "SMTP_PASSWORD", "PRESS_SECRET"), "x")
    (label,) = read(tmp_path, bare, env=secrets).labels
    assert label.shown == "Press office"


def test_reading_settings_loads_nothing_heavy() -> None:
    script = "import sys, json, wall.settings, wall.cli.up; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {
        "asyncio",
        "aiohttp",
        "redis",
        "click",
        "rich",
        "segno",
        "PIL",
        "starlette",
        "uvicorn",
    }
