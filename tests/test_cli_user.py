"""`parvis user` and `parvis pair`: whoever has the terminal always has a way in."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import numpy
import pytest
import zxingcpp
from click.testing import CliRunner, Result

from wall.cli.access import pair_lines
from wall.cli.commands import parvis
from wall.settings import load
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.auth import Auth

T = TypeVar("T")

PASSWORD = "four blue boats"


class Wall:
    """An event of its own on the shared store, and its settings file."""

    def __init__(self, folder: Path, store_url: str) -> None:
        self.event = f"t-{uuid4().hex[:12]}"
        self.store_url = store_url
        self.config = folder / "parvis.toml"
        self.config.write_text(
            f'data_dir = "data"\n[event]\nname = "Vernissage"\nslug = "{self.event}"\n'
            f'[redis]\nurl = "{store_url}"\n'
        )
        self.config.chmod(0o600)

    def run(self, *words: str, text: str | None = None) -> Result:
        clean = {name: None for name in os.environ if name.startswith("PARVIS_")}
        return CliRunner().invoke(parvis, [*words, "--config", str(self.config)], input=text, env=clean)

    def ask(self, question: Callable[[Auth], Coroutine[Any, Any, T]]) -> T:
        async def answer() -> T:
            async with Store(self.store_url, event=self.event, name="test") as store:
                await store.ready()
                return await question(Auth(store))

        return asyncio.run(answer())

    def enter(self, name: str, password: str) -> str:
        return self.ask(lambda auth: auth.doors.by_password(name, password))


@pytest.fixture
def wall(tmp_path: Path, store_url: str) -> Wall:
    return Wall(tmp_path, store_url)


def added(wall: Wall, name: str, role: str) -> str:
    """The password that was made."""
    done = wall.run("user", "add", name, "--role", role, "--generate")
    assert done.exit_code == 0, done.output
    return done.output.strip()


def test_a_password_is_asked_for_twice_and_never_shown(wall: Wall) -> None:
    done = wall.run("user", "add", "Anna", "--role", "admin", text=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert done.output.endswith("Anna may sign in as admin\n")
    assert PASSWORD not in done.output
    assert wall.enter("anna", PASSWORD)


def test_no_command_takes_a_password_as_an_argument() -> None:
    for command in ("add", "password"):
        shown = CliRunner().invoke(parvis, ["user", command, "--help"]).output
        assert "--password" not in shown
        assert "PASSWORD" not in shown


def test_a_made_password_is_printed_alone(wall: Wall) -> None:
    made = added(wall, "Bruno", "moderator")
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", made)
    assert wall.enter("Bruno", made)
    assert wall.run("user", "list").output == "moderator  Bruno  1 device\n"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("Anna", "short\nshort\n", "at least 12 characters"),
        ("Anna", "vernissage2026\nvernissage2026\n", "would be guessed soon"),
        ("Anna", "annaannaannaanna\nannaannaannaanna\n", "repeats itself"),
        ("BRUNO", "", "there is a Bruno already"),
        ("rules", f"{PASSWORD}\n{PASSWORD}\n", "Parvis itself signs as rules"),
        ("\u202e", f"{PASSWORD}\n{PASSWORD}\n", "a name needs at least one letter"),
    ],
)
def test_who_cannot_be_added(wall: Wall, name: str, text: str, sentence: str) -> None:
    added(wall, "Bruno", "moderator")
    done = wall.run("user", "add", name, text=text)
    assert done.exit_code == 1
    assert sentence in done.output
    assert wall.run("user", "list").output.count("\n") == 1


def test_roles_and_removals_and_the_last_admin(wall: Wall) -> None:
    added(wall, "Anna", "admin")
    added(wall, "Bruno", "viewer")
    assert wall.run("user", "role", "bruno", "moderator").output == "Bruno is moderator now\n"
    for words in (("role", "Anna", "viewer"), ("remove", "Anna", "--yes")):
        done = wall.run("user", *words)
        assert (done.exit_code, done.output) == (
            1,
            "Error: Anna is the last admin with a password: make somebody else an admin first\n",
        )
    assert wall.run("user", "remove", "Bruno", text="n\n").exit_code == 1
    assert wall.run("user", "remove", "Bruno", text="y\n").output.endswith("Bruno is removed\n")
    assert wall.run("user", "list").output == "admin  Anna  0 devices\n"
    for line in ("role Zoé viewer", "remove Zoé --yes", "password Zoé"):
        done = wall.run("user", *line.split())
        assert (done.exit_code, done.output) == (
            1,
            "Error: there is no Zoé; parvis user list prints everybody\n",
        )


def test_a_new_password_ends_every_login(wall: Wall) -> None:
    session = wall.enter("Anna", added(wall, "Anna", "admin"))
    done = wall.run("user", "password", "anna", text=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.output.endswith("anna has a new password; every login of before is over\n")
    assert not wall.ask(lambda auth: auth.is_alive(session))
    assert wall.enter("Anna", PASSWORD)
    made = wall.run("user", "password", "Anna", "--generate").output.strip()
    with pytest.raises(ApiError):
        wall.enter("Anna", PASSWORD)
    assert wall.enter("Anna", made)


def test_the_list_names_what_is_missing(wall: Wall) -> None:
    async def invite(auth: Auth) -> None:
        await auth.users.invite((await auth.users.add("Bruno", "viewer")).id)
        await auth.users.add("Chloé", "viewer")

    wall.ask(invite)
    assert wall.run("user", "list").output == (
        "viewer  Bruno  0 devices  invited\nviewer  Chloé  0 devices  no password\n"
    )


def test_logins_are_listed_and_ended(wall: Wall) -> None:
    password = added(wall, "Anna", "admin")
    sessions = [wall.enter("Anna", password) for _ in range(3)]
    lines = wall.run("user", "sessions").output.splitlines()
    assert len(lines) == 3
    login_id, role, *_, name = lines[0].split()
    assert (role, name) == ("admin", "Anna")
    assert not any(session in "".join(lines) for session in sessions)
    assert wall.run("user", "sessions", "--revoke", login_id).output == "1 login ended\n"
    assert wall.run("user", "sessions", "--revoke", login_id).exit_code == 1
    assert wall.run("user", "sessions", "--revoke", "all").output == "2 logins ended\n"
    assert wall.run("user", "sessions", "--revoke", "all").output == "0 logins ended\n"
    assert wall.run("user", "sessions").output == ""


@pytest.mark.parametrize(
    ("words", "role"),
    [((), "admin"), (("--role", "moderator"), "moderator"), (("--role", "viewer"), "viewer")],
)
def test_pair_gives_an_admins_code_or_a_lesser_one(wall: Wall, words: tuple[str, ...], role: str) -> None:
    code = wall.run("pair", *words).output
    assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}\n", code)  # alone, for scripts

    async def enter(auth: Auth) -> str:
        await auth.sign_in(code, "Anna")
        ((_, login, _),) = await auth.alive()
        return login.role

    assert wall.ask(enter) == role


def test_in_a_terminal_pair_draws_a_qr_code(wall: Wall) -> None:
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    command = [sys.executable, "-m", "wall.cli.main", "pair", "--config", str(wall.config)]
    process = subprocess.Popen(command, stdout=theirs, env=env)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    assert process.wait(timeout=30) == 0
    text = shown.decode()
    assert re.match(r"[A-Z2-9]{4}-[A-Z2-9]{4}\r\n", text)
    assert text.count("▀") + text.count("█") + text.count("▄") > 100
    assert "/desk" in text


def test_the_qr_code_of_the_terminal_carries_the_code_where_no_server_sees_it(wall: Wall) -> None:
    lines = pair_lines(load(wall.config, flags={}, env={}), "ABCD-EFGH")
    rows = [line[2:] for line in lines if set(line[2:]) & set("▀▄█")]
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0), "\xa0": (0, 0)}
    picture = numpy.array([[light[sign][half] for sign in row] for row in rows for half in (0, 1)])
    big = numpy.kron(picture, numpy.ones((8, 8))) * 255
    (found,) = zxingcpp.read_barcodes(big.astype("uint8"))
    assert found.text == "http://127.0.0.1:8000/desk#code=ABCD-EFGH"
