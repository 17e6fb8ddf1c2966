"""The commands, as the terminal sees them; those that need a wall work on a real store."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import socket
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from starlette.requests import HTTPConnection

from tests.makers import Hands, post
from wall.cli.commands import parvis
from wall.cli.example import example
from wall.cli.folder import claim
from wall.cli.networks import show
from wall.cli.roles import ROLES, networks
from wall.gate import Ruling
from wall.settings import load
from wall.store.client import Store
from wall.web.auth import Auth

T = TypeVar("T")


def run(*words: str, text: str | None = None, env: dict[str, str] | None = None) -> Result:
    """The command in a clean environment: no PARVIS_ variable but those given."""
    clean = {name: None for name in os.environ if name.startswith("PARVIS_")}
    return CliRunner().invoke(parvis, list(words), input=text, env={**clean, **(env or {})})


class Wall:
    """An event of its own on the shared store, and its settings file."""

    def __init__(self, folder: Path, store_url: str) -> None:
        self.event = f"t-{uuid4().hex[:12]}"
        self.store_url = store_url
        self.data = folder / "data"
        self.config = folder / "parvis.toml"
        self.config.write_text(
            f'data_dir = "data"\n[event]\nname = "Vernissage"\nslug = "{self.event}"\n'
            f'[redis]\nurl = "{store_url}"\n'
        )
        self.config.chmod(0o600)

    def run(self, *words: str, text: str | None = None) -> Result:
        return run(*words, "--config", str(self.config), text=text)

    def ask(self, question: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
        async def answer() -> T:
            async with Store(self.store_url, event=self.event, name="test") as store:
                await store.ready()
                return await question(store)

        return asyncio.run(answer())


@pytest.fixture
def wall(tmp_path: Path, store_url: str) -> Wall:
    return Wall(tmp_path, store_url)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").output == f"parvis, version {version('parvis')}\n"


def test_every_role_and_command_explains_itself() -> None:
    listed = run("--help").output
    for name in ("up", "check", "init", "doctor", "pair", "token", "networks", "replay", "export", "wipe"):
        assert name in listed
        assert run(name, "--help").exit_code == 0
    assert all(role.name in listed for role in ROLES)


# -- settings --------------------------------------------------------------------------------------------------


def test_init_writes_the_documented_file_once(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    assert run("init", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8") == example()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("mine")
    again = run("init", str(path))
    assert (again.exit_code, again.output) == (1, f"Error: {path} exists; it is left as it is\n")
    assert path.read_text() == "mine"
    assert "cannot be written" in run("init", str(tmp_path / "no" / "parvis.toml")).output


def test_check_names_the_mistakes_of_core_and_sources_together(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    path.write_text('[event]\nnmae = "x"\n[[source]]\nnetwork = "mastodno"\n[[source]]\nnetwork = 5\n')
    done = run("check", "--config", str(path))
    assert done.exit_code == 78
    assert done.output.splitlines() == [
        "event.nmae is not a setting; did you mean event.name?",
        "event.name is missing; it must be text of 1 to 120 characters on one line",
        'source[2].network must be the name of a network like "mastodon", not 5',
        "source[1].network: 'mastodno' is not a network; did you mean 'mastodon'?",
    ]


def test_check_is_quiet_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    path.write_text('[event]\nname = "x"\n')
    path.chmod(0o600)
    done = run("check", env={"PARVIS_CONFIG": str(path)})
    assert (done.exit_code, done.output) == (0, f"{path}: the settings are right, 0 sources\n")
    assert run("check", "--quiet", "--config", str(path)).output == ""


def test_commands_that_need_settings_end_with_their_mistakes() -> None:
    for words in (("pair",), ("export",), ("wipe", "--yes"), ("token", "list")):
        done = run(*words, env={"PARVIS_CONFIG": "/no/such.toml"})
        assert (done.exit_code, done.output) == (
            78,
            "/no/such.toml does not exist; `parvis init` writes one\n",
        )


def test_the_table_shows_every_network() -> None:
    console = Console(file=io.StringIO(), width=160)
    show(console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for name in networks().NETWORKS:
        assert name in shown


# -- the doctor ------------------------------------------------------------------------------------------------


def findings(done: Result) -> list[tuple[str, str]]:
    return [(line[:6].strip(), line[7:]) for line in done.output.splitlines()]


def test_a_healthy_machine(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    path.write_text('[event]\nname = "x"\n')
    path.chmod(0o600)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = run("doctor", "--config", str(path), "--port", str(port))
    assert done.exit_code == 0
    marks = [mark for mark, text in findings(done) if not text.startswith("data folder")]
    assert marks == ["good"] * 4
    assert not (tmp_path / "parvis-data").exists()


def test_a_machine_in_trouble(tmp_path: Path) -> None:
    (tmp_path / "parvis-data").mkdir()
    (tmp_path / "parvis-data" / "thesis.txt").write_text("x")
    path = tmp_path / "parvis.toml"
    path.write_text(
        '[event]\nname = "x"\n[[source]]\nnetwork = "nowhere"\n[redis]\nurl = "unix:///no/socket"\n'
    )
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        port = holder.getsockname()[1]
        done = run("doctor", "--config", str(path), "--port", str(port))
    assert done.exit_code == 1
    bad = [text for mark, text in findings(done) if mark == "bad"]
    assert len(bad) == 4
    assert bad[0] == "store: a socket that is not there"
    assert "holds other files" in bad[1]
    assert f"port {port} is in use" in bad[2]
    assert "'nowhere' is not a network" in bad[3]


def test_the_doctor_knows_a_running_wall(wall: Wall) -> None:
    held = claim(wall.data)
    done = wall.run("doctor", "--port", "1")
    held.release()
    assert done.exit_code == 0
    assert any("running already" in text for _, text in findings(done))
    assert not any("port 1" in text for _, text in findings(done))


def test_the_doctor_tries_the_sources_and_the_store(tmp_path: Path) -> None:
    with socket.socket() as open_door, socket.socket() as closed_door:
        for door in (open_door, closed_door):
            door.bind(("127.0.0.1", 0))
        open_door.listen(1)
        there, away = (door.getsockname()[1] for door in (open_door, closed_door))
        path = tmp_path / "parvis.toml"
        path.write_text(
            f'[event]\nname = "x"\nhashtags = ["museum"]\n[redis]\nurl = "redis://127.0.0.1:{there}"\n'
            + "".join(
                f'[[source]]\nnetwork = "mastodon"\nbase_url = "http://127.0.0.1:{port}"\n'
                for port in (there, away)
            )
        )
        path.chmod(0o600)
        told = {
            text: mark for mark, text in findings(run("doctor", "--config", str(path), "--port", str(there)))
        }
    assert told[f"store: 127.0.0.1:{there} answers"] == "good"
    assert told[f"source mastodon: 127.0.0.1:{there} answers"] == "good"
    assert told[f"source mastodon-2: 127.0.0.1:{away} does not answer (Connection refused)"] == "doubt"


def test_the_doctor_tells_wrong_settings() -> None:
    done = run("doctor", "--port", "99999")
    assert done.exit_code == 1
    assert findings(done)[-1] == (
        "bad",
        "--port (web.port) must be a whole number from 1 to 65535, not 99999",
    )


# -- access ----------------------------------------------------------------------------------------------------


def test_pair_prints_a_code_that_opens_the_desk(wall: Wall) -> None:
    code = wall.run("pair").output.strip()
    assert wall.ask(lambda store: Auth(store).sign_in(code, "Anna"))


def test_pair_says_when_the_wall_is_off(tmp_path: Path) -> None:
    done = run("pair", "--data", str(tmp_path / "data"), env={"PARVIS_CONFIG": ""})
    assert (done.exit_code, done.output) == (1, "Error: the wall is not running; start it with: parvis up\n")


def test_a_token_lives_from_create_to_revoke(wall: Wall) -> None:
    secret = wall.run("token", "create", "report", "--role", "viewer").output.strip()

    async def who(store: Store) -> str | None:
        headers = [(b"authorization", f"Bearer {secret}".encode())]
        person = await Auth(store).who(HTTPConnection({"type": "http", "headers": headers}))
        return f"{person.name} {person.role}" if person else None

    assert wall.ask(who) == "report viewer"
    (line,) = wall.run("token", "list").output.splitlines()
    token_id, role, _, name = line.split()
    assert (role, name) == ("viewer", "report")
    assert secret not in line
    assert wall.run("token", "revoke", token_id).output == f"token {token_id} is revoked\n"
    assert wall.ask(who) is None
    assert wall.run("token", "revoke", token_id).exit_code == 1


# -- what is kept ----------------------------------------------------------------------------------------------


def test_export_gives_the_approved_posts_oldest_first(wall: Wall) -> None:
    async def fill(store: Store) -> None:
        hands = Hands(store)
        await hands.arrive(post("1", "Première"), ruling=Ruling.APPROVE)
        await hands.arrive(post("2", "Deuxième"), ruling=Ruling.APPROVE)
        await hands.arrive(post("3", "En attente"))

    wall.ask(fill)
    lines = [json.loads(line) for line in wall.run("export").output.splitlines()]
    assert [(line["seq"], line["card"]["spans"][0]["text"]) for line in lines] == [
        (1, "Première"),
        (2, "Deuxième"),
    ]
    assert lines[0]["card"]["author"]["name"] == "Inès"


def test_wipe_deletes_what_is_kept_and_nothing_else(wall: Wall) -> None:
    claim(wall.data).release()
    (wall.data / "media" / "ab").mkdir(parents=True)
    (wall.data / "media" / "ab" / "picture").write_text("x")
    outside = wall.config.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (wall.data / "link").symlink_to(outside)

    async def keys(store: Store) -> int:
        return len([key async for key in store.redis.scan_iter(match=f"{store.keys.base}*", count=100)])

    other = Wall.__new__(Wall)
    other.event, other.store_url = f"{wall.event}-2", wall.store_url
    before = other.ask(keys)
    assert wall.ask(keys) > 0
    assert wall.run("wipe", text="n\n").exit_code == 1
    assert (wall.data / "media").is_dir()
    assert wall.run("wipe", text="y\n").exit_code == 0
    assert [entry.name for entry in wall.data.iterdir()] == ["up.lock"]
    assert (outside / "kept").exists()
    assert other.ask(keys) == before


def test_wipe_refuses_while_the_wall_runs_and_where_it_is_none(wall: Wall, tmp_path: Path) -> None:
    held = claim(wall.data)
    running = wall.run("wipe", "--yes")
    held.release()
    assert running.exit_code == 1
    assert "running already" in running.output
    (wall.data / "redis").mkdir()
    with (wall.data / "redis" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "the store in" in wall.run("wipe", "--yes").output
    assert (wall.data / "redis").is_dir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("x")
    elsewhere = wall.run("wipe", "--yes", "--data", str(tmp_path / "home"))
    assert "is no data folder of Parvis; nothing is deleted" in elsewhere.output
    assert (tmp_path / "home" / "thesis.txt").exists()
    assert wall.run("wipe", "--yes", "--data", str(tmp_path / "none")).output == "nothing was kept\n"


def test_a_replay_is_the_only_source(tmp_path: Path) -> None:
    (tmp_path / "evening.jsonl").write_text("")
    done = run("replay", str(tmp_path / "evening.jsonl"), "--data", str(tmp_path), env={"PARVIS_CONFIG": ""})
    assert done.exit_code == 69  # the folder holds the recording itself: it is no data folder
    assert run("replay", str(tmp_path / "none.jsonl")).exit_code == 2
    sources = load(None, flags={}, env={"PARVIS_REPLAY": "x"}).sources
    assert [source.network for source in sources] == ["replay"]
