"""Sign-in codes and API tokens, from the terminal of the machine that runs the wall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import click

from wall.address import base_url
from wall.cli.greeting import is_only_here, qr_lines
from wall.settings import Settings
from wall.store.client import Store, StoreLost, StoreUnfit
from wall.store.place import store_url
from wall.web import auth

PATIENCE_S = 1.0

T = TypeVar("T")


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store of a wall that runs. Raises `click.ClickException` with one sentence when it does not."""
    own = settings.redis.url
    url = store_url(data_dir=settings.data_dir, url=own.reveal() if own else None)
    async with Store(url, event=settings.event.slug, name="cli") as store:
        try:
            await store.ready(within_s=PATIENCE_S)
        except StoreLost:
            what = "the store at redis.url does not answer" if own else "the wall is not running"
            raise click.ClickException(f"{what}; start it with: parvis up") from None
        except StoreUnfit as unfit:
            raise click.ClickException(str(unfit)) from None
        yield store


def ask(settings: Settings, question: Callable[[Store], Awaitable[T]]) -> T:
    async def answer() -> T:
        async with open_store(settings) as store:
            return await question(store)

    return asyncio.run(answer())


def pair(settings: Settings, *, role: auth.Role) -> str:
    """A fresh sign-in code, "ABCD-EFGH"."""
    return ask(settings, lambda store: auth.new_code(store, role))


def pair_lines(settings: Settings, code: str) -> list[str]:
    """What a terminal shows below the code: a QR code for the tablet's camera."""
    base = base_url(settings)
    lines = ["", *qr_lines(f"{base}/desk#code={code}"), f"  {base}/desk"]
    if is_only_here(base):
        lines.append("  Only this machine can open it. For tablets: parvis up --host 0.0.0.0")
    return lines


def create_token(settings: Settings, *, name: str, role: auth.Role) -> str:
    return ask(settings, lambda store: auth.new_token(store, name, role))


def list_tokens(settings: Settings) -> list[tuple[str, str, str, str]]:
    """(id, role, day of creation, name) of each."""
    rows = ask(settings, auth.tokens)
    return [(key, role, f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}", name) for key, name, role, at in rows]


def revoke(settings: Settings, token_id: str) -> bool:
    return ask(settings, lambda store: auth.revoke_token(store, token_id))
