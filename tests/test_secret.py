"""Secrets are found, used and never printed; a network's own options are read as strictly as ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tests.settingskit import EVENT, problems, read
from wall.secret import Secret, is_secret_key, reveal
from wall.settings import load
from wall.settings_build import Hint, build
from wall.settings_file import Notes


def test_a_secret_is_never_printed() -> None:
    secret = Secret("swordfish")
    assert f"{secret} {secret!r} {secret!s} {secret:>3} %s" % secret == "••• ••• ••• ••• •••"
    assert str(secret) == "•••"
    assert "{}".format(secret) == "•••"  # noqa: UP032  # this spelling, too
    assert reveal(secret) == secret.reveal() == "swordfish"
    assert type(reveal(secret)) is str
    assert reveal("plain") == "plain"
    assert secret == "swordfish"
    assert Secret(secret).reveal() == "swordfish"


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("from-file\n")
    (tmp_path / "token.txt").chmod(0o600)
    text = EVENT + (
        '[[source]]\nnetwork="a"\ntoken={env="A_TOKEN"}\n[[source]]\nnetwork="b"\napp_secret={file="token.txt"}\n'
        '[[source]]\nnetwork="c"\napi_key="plain"\nnested={password="deep"}\n'
    )
    found = read(tmp_path, text, env={"A_TOKEN": "from-env"})
    assert found.warnings == ()
    a, b, c = (source.options for source in found.sources)
    assert reveal(a["token"]) == "from-env"
    assert reveal(b["app_secret"]) == "from-file"
    assert reveal(c["api_key"]) == "plain"
    for word in ("from-env", "from-file", "plain", "deep"):
        assert word not in repr(found)


def test_a_core_setting_can_point_to_a_secret(tmp_path: Path) -> None:
    text = EVENT + '[web]\nadmin_token = {env = "ADMIN"}\n[redis]\nurl = {env = "STORE"}\n'
    found = read(tmp_path, text, env={"ADMIN": "swordfish", "STORE": "redis://:pw@127.0.0.1:6379"})
    assert found.web.admin_token == "swordfish"
    assert found.redis.url == "redis://:pw@127.0.0.1:6379"
    assert "swordfish" not in repr(found)
    assert ":pw@" not in repr(found)


def test_secrets_that_are_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" ")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    text = EVENT + "".join(
        f'[[source]]\nnetwork="n{n}"\ntoken={{{pointer}}}\n'
        for n, pointer in enumerate(
            ['env="NOT_SET"', 'env="EMPTY"', 'file="nowhere"', 'file="empty"', 'file="binary"']
        )
    )
    assert problems(tmp_path, text, env={"EMPTY": ""}) == (
        "source[1].token: the environment variable NOT_SET is not set",
        "source[2].token: the environment variable EMPTY is empty",
        f"source[3].token: the file {tmp_path}/nowhere cannot be read: No such file or directory",
        f"source[4].token: the file {tmp_path}/empty is empty",
        f"source[5].token: the file {tmp_path}/binary cannot be read: it is not text",
    )


def test_a_secret_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("x")
    (tmp_path / "token.txt").chmod(0o644)
    text = (
        EVENT + '[[source]]\nnetwork="a"\ntoken={file="token.txt"}\n[[source]]\nnetwork="b"\ntoken="plain"\n'
    )
    path = tmp_path / "parvis.toml"
    path.write_text(text)
    path.chmod(0o644)
    assert load(path, flags={}, env={}).warnings == (
        f"source[1].token: others on this machine can read {tmp_path}/token.txt; run chmod 600 {tmp_path}/token.txt",
        f"source[2].token stands in {path}, which others can read; run chmod 600 {path}",
    )


def test_a_wrong_secret_is_told_without_its_value(tmp_path: Path) -> None:
    for line in ('redis.url = "http://swordfish@x"', "redis.url = 5", 'web.public_url = {env = "S"}'):
        found = problems(tmp_path, f'event.name = "x"\n{line}\n', env={"S": "swordfish"})
        assert "swordfish" not in " ".join(found)
        assert len(found) == 1


def test_which_options_hold_secrets() -> None:
    for name in ("token", "app_secret", "api_key", "password", "key", "ACCESS_TOKEN"):
        assert is_secret_key(name)
    for name in ("monkey", "tokens_url", "base_url", "keyword"):
        assert not is_secret_key(name)


# -- for the networks' options ---------------------------------------------------------------------------------


class Options(msgspec.Struct, frozen=True):
    url: str
    token: Secret | None = None
    count: int = 5
    words: tuple[str, ...] = ()
    either: int | str = 1
    deep: dict[str, int] = {}


def test_plain_annotations_are_enough() -> None:
    notes = Notes()
    table = {"url": "x", "token": Secret("t"), "count": 7, "words": ["a"], "either": "b", "deep": {"a": 1}}
    built = build(Options, table, where="source[1]", notes=notes, known={})
    assert notes.problems == []
    assert built == Options(url="x", token=Secret("t"), count=7, words=("a",), either="b", deep={"a": 1})
    table = {"token": "t", "count": "x", "words": "a", "either": [], "deep": 5}
    assert build(Options, table, where="source[1]", notes=notes, known={}) is None
    assert notes.problems == [
        "source[1].url is missing; it must be text",
        "source[1].count must be a whole number, not 'x'",
        "source[1].words must be a list, each text, not 'a'",
        "source[1].either must be a whole number or text, not []",
        "source[1].deep must be a table of settings, not 5",
    ]


def test_one_sided_ranges_are_worded() -> None:
    assert Hint(Annotated[int, msgspec.Meta(ge=1)]).wanted() == "a whole number of at least 1"
    assert (
        Hint(Annotated[list[int], msgspec.Meta(max_length=3)]).wanted()
        == "a list of at most 3, each a whole number"
    )
