"""What surrounds a source, for tests: a real `Feed` that keeps all in memory, and a way to run `follow`.

feed = RecordingFeed(transport, hashtags=("wall",))
async with running(network, feed) as source:
    post = await source.next(Post)              # waits, within a time limit, skipping other outcomes
    await feed.reported(Link.LIVE)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from ingest.contract import Arrival, Delivery, Link, Network, Outcome
from ingest.transport import Transport
from wall.model import Post, Removal, Skip

LIMIT_S = 10.0

T = TypeVar("T", Post, Removal, Skip)


class RecordingFeed:
    """`memory`, `shown` and `inbox` are for the test to fill; `reports` and `handled` tell what was done."""

    def __init__(
        self,
        transport: Transport,
        *,
        name: str = "test",
        hashtags: tuple[str, ...] = (),
        callback_url: str | None = None,
        memory: dict[str, str] | None = None,
        shown: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.hashtags = hashtags
        self.transport = transport
        self.callback_url = callback_url
        self.memory = memory if memory is not None else {}
        self.shown = shown
        self.inbox: asyncio.Queue[Delivery] = asyncio.Queue()
        self.reports: list[tuple[Link, str]] = []
        self.handled: list[str] = []
        self._changed = asyncio.Event()

    def report(self, link: Link, reason: str = "") -> None:
        self.reports.append((link, reason))
        self._changed.set()

    async def recall(self, key: str) -> str | None:
        return self.memory.get(key)

    async def remember(self, key: str, value: str) -> None:
        self.memory[key] = value

    async def deliveries(self) -> AsyncIterator[Delivery]:
        while True:
            yield await self.inbox.get()

    async def delivered(self, delivery: Delivery) -> None:
        self.handled.append(delivery.id)

    async def shown_ids(self) -> tuple[str, ...]:
        return self.shown

    async def reported(self, link: Link, word: str = "", *, within_s: float = LIMIT_S) -> str:
        """Wait for a report of `link` whose reason contains `word` (one already made counts); its reason."""
        async with asyncio.timeout(within_s):
            while True:
                for seen, reason in self.reports:
                    if seen is link and word in reason:
                        return reason
                self._changed.clear()
                await self._changed.wait()


class Source:
    """A running `follow`: every arrival, normalised, in order."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.arrivals: list[Arrival] = []
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self._read = 0
        self._changed = asyncio.Event()

    def _take(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        if arrival.raw is not None:
            self.outcomes.append(self.network.normalise(arrival.raw))
        self._changed.set()

    async def next(self, kind: type[T], *, within_s: float = LIMIT_S) -> T:
        """The next outcome of that kind; others are passed over. Raises what `follow` raised."""
        async with asyncio.timeout(within_s):
            while True:
                while self._read < len(self.outcomes):
                    outcome = self.outcomes[self._read]
                    self._read += 1
                    if isinstance(outcome, kind):
                        return outcome
                if self.error is not None:
                    raise self.error
                self._changed.clear()
                await self._changed.wait()

    async def ended(self, *, within_s: float = LIMIT_S) -> BaseException:
        """Wait until `follow` gives up; what it raised."""
        async with asyncio.timeout(within_s):
            while self.error is None:
                self._changed.clear()
                await self._changed.wait()
        return self.error

    async def _run(self, feed: RecordingFeed, cursor: str | None) -> None:
        try:
            arrivals = self.network.follow(feed, cursor)
            async with aclosing(arrivals):  # type: ignore[type-var]  # every follow is an async generator
                async for arrival in arrivals:
                    self._take(arrival)
            self.error = RuntimeError("follow came to an end: it must run for ever or raise")
        except Exception as error:  # noqa: BLE001 - stands in for the supervisor, which catches the same
            self.error = error
        self._changed.set()


@asynccontextmanager
async def running(
    network: Network, feed: RecordingFeed, *, cursor: str | None = None
) -> AsyncIterator[Source]:
    source = Source(network)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source._run(feed, cursor))
        try:
            yield source
        finally:
            task.cancel()
