"""What keeps a source running: follows it, hands its posts to the gate, and says how it is doing.

A source that fails is followed again with back-off; none of its troubles reaches another source. The cursor is
saved only after the gate has answered, so whatever is lost with the process is read again, and the gate knows it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import cast

import msgspec

from ingest.contract import Arrival, Delivery, Link, Network, Outcome, RateLimited, SourceLost, SourceOff
from ingest.mailbox import Mailbox
from ingest.quiet import pause
from ingest.transport import Transport, jitter
from wall.gate import Answer, Gate
from wall.model import Post, Removal, Skip, author_key, post_id, utc_now
from wall.store.client import Store, StoreError, StoreLost
from wall.store.commands import Commands

log = logging.getLogger("parvis.ingest")

HEALTHY_S = 60.0
CURSOR_EVERY_S = 1.0
COUNTS_EVERY_S = 5.0
STORE_RETRY_CAP_S = 2.0
LAST_WORDS_S = 0.5
GOODBYE_S = 0.3
REASONS_MAX = 50
FAILED = Skip("failed")


class Status(msgspec.Struct, kw_only=True):
    """A source as `/api/v1/sources` shows it. `posts` and `skips` count since the process started.

    `lag_s` is how old the last post was when it arrived, None when its network does not tell.
    """

    name: str
    network: str
    title: str
    link: Link = Link.STARTING
    reason: str = ""
    since: datetime = msgspec.field(default_factory=utc_now)
    last_post_at: datetime | None = None
    posts: int = 0
    skips: dict[str, int] = {}
    lag_s: float | None = None


class Source:
    """One configured source: a `Feed` for its network, over the store."""

    def __init__(
        self,
        *,
        name: str,
        network: Network,
        hashtags: tuple[str, ...],
        store: Store,
        gate: Gate,
        transport: Transport,
        callback_url: str | None = None,
    ) -> None:
        self.name = name
        self.network = network
        self.hashtags = hashtags
        self.transport = transport
        self.callback_url = callback_url
        self.status = Status(name=name, network=network.name, title=network.traits.title)
        self._store = store
        self._gate = gate
        self._mailbox = Mailbox(store, name)
        self._reader: Commands | None = None
        self._cursor: str | None = None
        self._saved: str | None = None
        self._published = b""
        self._published_at = -COUNTS_EVERY_S
        self._bell = asyncio.Event()

    # --- what a network is given ------------------------------------------------------------------------------

    def report(self, link: Link, reason: str = "") -> None:
        status = self.status
        if link is Link.STARTING and status.link in (Link.RECONNECTING, Link.LIMITED):
            return  # not better until something has arrived
        if link is not status.link:
            status.since = utc_now()
            level = logging.INFO if link in (Link.STARTING, Link.LIVE, Link.POLLING) else logging.WARNING
            log.log(level, "source %s: %s%s", self.name, link, f" ({reason})" if reason else "")
        if (link, reason) != (status.link, status.reason):
            status.link, status.reason = link, reason
            self._bell.set()

    async def recall(self, key: str) -> str | None:
        value = await self._store.redis.hget(self._store.keys.memory(self.name), key)
        return None if value is None else value.decode()

    async def remember(self, key: str, value: str) -> None:
        await self._store.redis.hset(self._store.keys.memory(self.name), key, value)

    def deliveries(self) -> AsyncIterator[Delivery]:
        if self._reader is None:
            self._reader = self._store.reader()
        return self._mailbox.deliveries(self._reader)

    async def delivered(self, delivery: Delivery) -> None:
        await self._mailbox.forget(delivery)

    async def shown_ids(self) -> tuple[str, ...]:
        found = await self._store.redis.hvals(self._store.keys.source_posts(self.name))
        return tuple(native.decode() for native in found)

    # --- what the supervisor does with it ---------------------------------------------------------------------

    async def cursor(self) -> str | None:
        """Where to resume: what this process handled last, or what the one before it saved."""
        if self._cursor is None:
            value = await self._store.redis.hget(self._store.keys.cursors, self.name)
            self._cursor = self._saved = None if value is None else value.decode()
        return self._cursor

    async def handle(self, arrival: Arrival) -> None:
        """Normalise and store one arrival; then its cursor may be saved. Raises `StoreError` but for a lost link."""
        if arrival.raw is not None:
            outcome = self.network.normalise(arrival.raw)
            attempt = 0
            while True:
                try:
                    await self._store_outcome(outcome)
                    break
                except StoreLost:
                    # Each call may be repeated: the gate knows a revision that it has seen.
                    await asyncio.sleep(jitter(attempt, base_s=0.1, cap_s=STORE_RETRY_CAP_S))
                    attempt += 1
        if arrival.cursor is not None:
            self._cursor = arrival.cursor

    async def _store_outcome(self, outcome: Outcome) -> None:
        if isinstance(outcome, Skip):
            self.skip(outcome)
        elif isinstance(outcome, Removal):
            await self._take_back(outcome)
        elif outcome.is_public:
            self._count(outcome, (await self._gate.accept(outcome)).answer)
        else:
            self.skip(Skip("not-public"))
            if (
                await self._store.redis.hget(self._store.keys.source_posts(self.name), outcome.pid)
                is not None
            ):
                await self._gate.withdraw(outcome.pid, why="not-public", by=self.name, source=self.name)

    async def _take_back(self, removal: Removal) -> None:
        if removal.native_id is not None:
            pid = post_id(network=removal.network, instance=removal.instance, native_id=removal.native_id)
            await self._gate.withdraw(
                pid, why=removal.reason, by=self.name, source=self.name, is_final=removal.is_final
            )
        elif removal.author_id is not None:
            author = author_key(
                network=removal.network, instance=removal.instance, author_id=removal.author_id
            )
            await self._gate.withdraw_author(
                author, why=removal.reason, by=self.name, source=self.name, is_final=removal.is_final
            )
        else:
            self.skip(Skip("empty-removal"))

    def skip(self, skip: Skip) -> None:
        skips = self.status.skips
        reason = skip.reason if skip.reason in skips or len(skips) < REASONS_MAX else "other"
        if reason not in skips:
            log.info(
                "source %s: first skip %s%s", self.name, reason, f" ({skip.detail})" if skip.detail else ""
            )
        skips[reason] = skips.get(reason, 0) + 1

    def _count(self, post: Post, answer: Answer) -> None:
        if answer not in (Answer.OK, Answer.EDIT):
            return
        now = utc_now()
        self.status.posts += answer is Answer.OK
        self.status.last_post_at = now
        when = post.edited_at if answer is Answer.EDIT else post.created_at
        self.status.lag_s = None if when is None else round(max(0.0, (now - when).total_seconds()), 1)

    # --- keeping ----------------------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Until cancelled: publish the state as it changes, the counts every 5 s, the cursor every second."""
        while True:
            is_due = self._bell.is_set() or time.monotonic() - self._published_at >= COUNTS_EVERY_S
            self._bell.clear()
            try:
                await self._save_cursor()
                if is_due:
                    await self._publish()
            except StoreError:
                self._published, self._published_at = b"", -COUNTS_EVERY_S  # it may come back empty
            try:
                async with asyncio.timeout(CURSOR_EVERY_S):
                    await self._bell.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Save what is due. A store that does not answer is not waited for: nothing is lost, some is read twice."""
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._save_cursor()
                await self._publish()
                if self._reader is not None:
                    await self._reader.aclose()
        except (StoreError, TimeoutError):
            return

    async def _save_cursor(self) -> None:
        cursor = self._cursor
        if cursor is not None and cursor != self._saved:
            await self._store.redis.hset(self._store.keys.cursors, self.name, cursor)
            self._saved = cursor

    async def _publish(self) -> None:
        state = msgspec.json.encode(self.status)
        if state != self._published:
            await self._store.redis.hset(self._store.keys.sources, self.name, state)
            self._published = state
        self._published_at = time.monotonic()


async def run_source(source: Source) -> None:
    """Follow one source until cancelled, or until it is off. Its troubles end here."""
    try:
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(_follow(source))
            keeping = tasks.create_task(source.keep())
            try:
                await asyncio.wait({following})
            finally:
                await _end(following, keeping)
    finally:
        await source.close()


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel until they have ended: a peer that does not answer a goodbye gets `GOODBYE_S` for each one."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=GOODBYE_S)


async def _follow(source: Source) -> None:
    attempt = 0
    while True:
        began = time.monotonic()
        try:
            arrivals = cast(
                "AsyncGenerator[Arrival, None]", source.network.follow(source, await source.cursor())
            )
            async with aclosing(arrivals):
                async for arrival in arrivals:
                    try:
                        await source.handle(arrival)
                    except StoreError:
                        raise
                    except Exception:
                        # One item must not stop a source for ever. The program is wrong, and says so once.
                        if FAILED.reason not in source.status.skips:
                            log.exception("source %s: an item could not be handled", source.name)
                        source.skip(FAILED)
            raise SourceLost("it came to an end")
        except SourceOff as error:
            source.report(Link.OFF, str(error))
            return
        except RateLimited as error:
            source.report(Link.LIMITED, str(error))
            await pause(error.until)
            continue
        except SourceLost as error:
            reason = str(error)
        except StoreError as error:
            reason = f"the store does not serve ({type(error).__name__})"
        except Exception as error:
            reason = f"failed unexpectedly ({type(error).__name__})"
            if reason != source.status.reason:
                log.exception("source %s failed", source.name)
        if time.monotonic() - began >= HEALTHY_S:
            attempt = 0
        source.report(Link.RECONNECTING, reason)
        await asyncio.sleep(jitter(attempt))
        attempt += 1
