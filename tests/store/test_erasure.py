"""The store's file is rewritten after something was taken back: soon, not more often than that, and surely."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.makers import Hands, post
from wall.gate import Ruling
from wall.store.client import Store
from wall.store.erasure import FIELD, PAUSE_S, Erasure


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def rewrites(store: Store) -> Any:
    """The base file's number: it goes up with each rewrite that has ended well."""
    folder = Path(store.url.removeprefix("unix://")).parent / "appendonlydir"
    async with asyncio.timeout(10):
        while (await store.redis.info("persistence"))["aof_rewrite_in_progress"]:
            await asyncio.sleep(0.02)
    return max(int(file.name.split(".")[-3]) for file in folder.glob("*.base.*"))


async def take_back(hands: Hands, name: str) -> None:
    await hands.arrive(post(name), ruling=Ruling.APPROVE)
    await hands.gate.withdraw(post(name).pid, why="author", by="visitor", source="mastodon")


async def test_nothing_taken_back_nothing_rewritten(store: Store, hands: Hands) -> None:
    before = await rewrites(store)
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    await Erasure(store).follow()
    assert await rewrites(store) == before


async def test_one_rewrite_serves_all_that_was_taken_back_meanwhile(store: Store, hands: Hands) -> None:
    clock = Clock()
    erasure = Erasure(store, clock=clock)
    before = await rewrites(store)
    await take_back(hands, "1")
    await erasure.follow()
    assert await rewrites(store) == before + 1
    await take_back(hands, "2")
    await take_back(hands, "3")
    clock.now_s += PAUSE_S - 1
    await erasure.follow()
    assert await rewrites(store) == before + 1
    clock.now_s += 1
    await erasure.follow()
    assert await rewrites(store) == before + 2
    clock.now_s += PAUSE_S
    await erasure.follow()
    assert await rewrites(store) == before + 2


async def test_a_new_worker_knows_what_is_done_and_what_is_owed(store: Store, hands: Hands) -> None:
    await take_back(hands, "1")
    first = Erasure(store)
    await first.follow()
    done = await rewrites(store)
    await Erasure(store).follow()  # the first has not said that it ended well: it is asked for again
    assert await rewrites(store) == done + 1
    await first.follow()
    assert await store.redis.hget(store.keys.meta, FIELD) is not None
    await Erasure(store).follow()
    assert await rewrites(store) == done + 1


async def test_a_store_of_others_is_left_alone(store: Store, hands: Hands) -> None:
    before = await rewrites(store)
    await take_back(hands, "1")
    ours, store.url = store.url, "redis://store.example:6379/0"
    await Erasure(store).follow()
    store.url = ours
    assert await rewrites(store) == before
