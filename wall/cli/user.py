"""People with passwords, from the terminal of the machine that runs the wall: always a way in, whatever was forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from wall.cli.access import ask
from wall.settings import Settings
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.auth import Auth
from wall.web.doors import event_names
from wall.web.passwords import hash_of, new_password
from wall.web.person import Role, lower
from wall.web.users import User

T = TypeVar("T")


def add(settings: Settings, name: str, *, role: Role, generate: bool) -> str | None:
    """Returns the password when it was made here."""
    _check_new(settings, name)
    password = _choose(settings, name, generate=generate)
    _with_auth(settings, lambda auth: auth.users.add(name, role, hash=hash_of(password)))
    return password if generate else None


def listing(settings: Settings) -> list[tuple[str, str, str, str]]:
    """(role, name, number of devices, what is missing) of each."""

    async def read(auth: Auth) -> list[tuple[str, str, str, str]]:
        alive, now = await auth.alive(), auth.time.now()
        rows: list[tuple[str, str, str, str]] = []
        for user in await auth.users.all():
            count = sum(1 for _, login, _ in alive if login.user == user.id)
            state = "" if user.hash else "invited" if user.is_invited(now) else "no password"
            devices = f"{count} device{'' if count == 1 else 's'}"
            rows.append((user.role, user.name, devices, state))
        return rows

    return _with_auth(settings, read)


def set_role(settings: Settings, name: str, role: Role) -> User:
    return _for_user(settings, name, lambda auth, user: auth.users.set_role(user.id, role))


def set_password(settings: Settings, name: str, *, generate: bool) -> str | None:
    """Returns the password when it was made here. Every login of the person is over."""
    user = _find(settings, name)
    password = _choose(settings, user.name, generate=generate)
    _with_auth(settings, lambda auth: auth.users.set_hash(user.id, hash_of(password)))
    return password if generate else None


def remove(settings: Settings, name: str) -> User:
    return _for_user(settings, name, lambda auth, user: auth.remove_user(user.id))


def sessions(settings: Settings) -> list[tuple[str, str, str, str, str, str]]:
    """(id, role, since, address, device, name) of every login, the newest first."""

    async def read(auth: Auth) -> list[tuple[str, str, str, str, str, str]]:
        rows: list[tuple[str, str, str, str, str, str]] = []
        for key, login, user in await auth.alive():
            role = lower(login.role, user.role) if user else login.role
            since = f"{datetime.fromtimestamp(login.since.wall).astimezone():%Y-%m-%d %H:%M}"
            rows.append((key, role, since, login.address or "-", login.device or "-", login.name))
        return rows

    return _with_auth(settings, read)


def revoke(settings: Settings, login_id: str) -> int:
    """End one login, or with "all" every one; returns how many."""

    async def end(auth: Auth) -> int:
        keys = [key for key, _, _ in await auth.alive()]
        wanted = keys if login_id == "all" else [key for key in keys if key == login_id]
        return await auth.logins.end(*wanted)

    return _with_auth(settings, end)


def _choose(settings: Settings, name: str, *, generate: bool) -> str:
    """A password that is good enough, asked for or made."""
    if generate:
        return new_password()
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    return _with_auth(settings, lambda auth: _good(auth, typed, name))


async def _good(auth: Auth, password: str, name: str) -> str:
    return auth.doors.good(password, name=name)


def _check_new(settings: Settings, name: str) -> None:
    """Say that a name is taken before a password is asked for."""

    async def look(auth: Auth) -> None:
        taken = await auth.users.like(name)
        if taken is not None:
            raise click.ClickException(f"there is a {taken.name} already; parvis user list prints everybody")

    _with_auth(settings, look)


def _find(settings: Settings, name: str) -> User:
    async def itself(_: Auth, user: User) -> User:
        return user

    return _for_user(settings, name, itself)


def _for_user(settings: Settings, name: str, act: Callable[[Auth, User], Awaitable[User]]) -> User:
    async def find(auth: Auth) -> User:
        user = await auth.users.named(name)
        if user is None:
            raise click.ClickException(f"there is no {name}; parvis user list prints everybody")
        return await act(auth, user)

    return _with_auth(settings, find)


def _with_auth(settings: Settings, question: Callable[[Auth], Awaitable[T]]) -> T:
    async def answer(store: Store) -> T:
        return await question(Auth(store, about=event_names(settings.event)))

    try:
        return ask(settings, answer)
    except ApiError as refusal:
        raise click.ClickException(refusal.message) from None
