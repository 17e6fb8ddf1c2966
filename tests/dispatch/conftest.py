"""A courier at work, and the posts it passes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.dispatch.department import WAIT_S
from tests.makers import Hands
from wall.dispatch.courier import Courier
from wall.dispatch.tally import Count, Tally
from wall.model import Post
from wall.settings import EventSettings, LabelSettings, Settings
from wall.store.client import Store


class Office:
    """`settings` may be changed before a courier starts."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.hands = Hands(store)
        event = EventSettings(name="La Nuit des Lumières", slug=store.keys.base[3:-1])
        self.settings = Settings(event=event, data_dir=folder)

    def set(self, *labels: LabelSettings, **sections: Any) -> None:
        self.settings = msgspec.structs.replace(self.settings, labels=labels, **sections)

    async def label(self, of: Post, *names: str) -> None:
        await self.hands.gate.set_labels(of.pid, names or ("press",), by="Anna")

    @asynccontextmanager
    async def courier(
        self, *, pause: Callable[[int], float] = lambda _: 0.01, **more: Any
    ) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(Courier(self.store, self.settings, pause=pause, **more).run())
            try:
                yield
            finally:
                running.cancel()

    async def waiting(self) -> int:
        return await self.store.redis.xlen(self.store.keys.label_queue)

    async def empty(self, *, but: int = 0) -> None:
        """Wait until everything is delivered or given up."""
        async with asyncio.timeout(WAIT_S):
            while await self.waiting() > but:
                await asyncio.sleep(0.01)

    async def count(self, label: str = "press", kind: str = "webhook") -> Count:
        return (await Tally(self.store).read()).get((label, kind), Count())


@pytest.fixture
def office(store: Store, data_dir: Path) -> Office:
    return Office(store, data_dir)
