"""Whoever is told to stop stops, also in the middle of a command."""

from __future__ import annotations

import asyncio

from wall.store.client import Store


async def test_a_cancellation_among_commands_is_never_lost(store: Store) -> None:
    """The window is a few turns of the loop wide; without care about one in twenty falls into it."""

    async def work() -> None:
        for _ in range(50):
            await store.redis.hset(store.keys.memory("test"), "key", "value")
        await asyncio.sleep(3600)

    for turns in range(200):
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(work())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
