"""Finding posts by their words and by what they have in common: an index of the ledger that can be thrown away.

Each web process keeps one in memory. It is filled when the process starts, kept true by following the audit, and
made anew when the store was emptied or set back. It proposes ids alone: what is answered is read from the ledger.
Its database belongs to one thread, so that the process never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import msgspec

from wall.audit import Audit
from wall.chain import Head
from wall.finder_index import Facets, Index, Kind, Row, Wanted
from wall.finder_text import document
from wall.ledger import Ledger
from wall.model import Card, PostId, State, plain
from wall.moderation.language import language_of
from wall.record import Record, read_record
from wall.store.client import Store, StoreError

log = logging.getLogger("parvis.finder")

LISTED = (State.QUEUED, State.HELD, State.APPROVED, State.REJECTED)
UNKNOWN_LANG = "und"
BATCH = 50  # posts read and taken in at once: a few milliseconds
LOOK_S = 2.0
PAUSE_S = 0.002
AWAY_S = 0.5
TIDY_EVERY_S = 60.0
REFILLS = 5

T = TypeVar("T")
Raw = tuple[PostId, dict[bytes, bytes], float | None]


class Found(msgspec.Struct, frozen=True):
    """A page of what was looked for. `total` counts everything that matches; `cursor` leads to the next page."""

    records: list[Record]
    cursor: str | None
    total: int


class Finder:
    """`has_fts` False is for a Python without FTS5, which is found out by itself."""

    def __init__(self, store: Store, *, has_fts: bool = True) -> None:
        self._store = store
        self._ledger = Ledger(store)
        self._audit = Audit(store)
        self._has_fts = has_fts
        self._index: Index | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="finder")
        self._bell = asyncio.Event()
        self._mark = Head(n=0, h="")
        self._share = 0.0

    @property
    def building(self) -> float | None:
        """The share of the posts that is in the index while it is being filled; None when all of them are."""
        return None if self._share >= 1 else self._share

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        self._index = await self._in_thread(Index, has_fts=self._has_fts)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._listen()), tasks.create_task(self._follow())]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
        index, self._index = self._index, None
        await self._in_thread(index.close)
        self._thread.shutdown()

    # -- out ------------------------------------------------------------------------------------------------

    async def find(self, state: State, wanted: Wanted, *, limit: int, after: int | None = None) -> Found:
        """Posts of one state in the order of the desk's lists, behind the place `after`."""
        index = self._index
        if index is None:
            return Found(records=[], cursor=None, total=0)
        total, rows = await self._in_thread(_first_page, index, state, wanted, limit=limit + 1, after=after)
        kept: list[Record] = []
        place = after
        for _ in range(REFILLS):
            page, has_more = rows[: limit - len(kept)], len(rows) > limit - len(kept)
            records = await self._ledger.records(pid for pid, _ in page)
            fresh = [record for record in records if record.state is state]
            kept += fresh
            total -= len(page) - len(fresh)
            place = page[-1][1] if page else place
            if not has_more or len(kept) == limit:
                break
            need = limit - len(kept) + 1
            rows = await self._in_thread(index.find, state, wanted, limit=need, after=place)
        return Found(records=kept, cursor=str(place) if has_more else None, total=max(total, len(kept)))

    async def facets(self, state: State, wanted: Wanted) -> Facets:
        index = self._index
        if index is None:
            return Facets()
        return await self._in_thread(index.facets, state, wanted)

    # -- in -------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for _ in self._store.listen(self._store.keys.desk_tick):
            self._bell.set()

    async def _follow(self) -> None:
        """Fill the index, then keep it true. A store that is away is waited for; whatever breaks, it begins anew."""
        is_away = False
        tidied_s = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            try:
                while self._share < 1 or not await self._catch_up():
                    await self._fill()
                if clock() - tidied_s > TIDY_EVERY_S:
                    await self._tidy()
                    tidied_s = clock()
                is_away = False
            except StoreError as error:
                if not is_away:
                    log.warning("finding waits: the store is away (%s)", type(error).__name__)
                is_away = True
                await asyncio.sleep(AWAY_S)
                continue
            except sqlite3.Error:
                log.exception("the index of the posts is broken; it is made anew")
                self._share = 0.0
                await asyncio.sleep(AWAY_S)
                continue
            await asyncio.sleep(PAUSE_S)
            try:
                async with asyncio.timeout(LOOK_S):  # a ring may be lost
                    await self._bell.wait()
            except TimeoutError:
                continue
            self._bell.clear()

    async def _fill(self) -> None:
        """The whole index anew. The audit is read first, so that whatever happens meanwhile is caught up with."""
        if self._share >= 1:
            log.warning("the store was emptied or set back: the index of the posts is made anew")
        self._share = 0.0
        old = self._index  # not closed: somebody may be reading it
        self._index = await self._in_thread(Index, has_fts=old is None or old.has_fts)
        self._mark = await self._audit.head()
        expected = max(1, sum((await self._ledger.counts()).values()))
        done = 0
        for state in LISTED:
            start = "-inf"
            while True:
                page = await self._store.redis.zrangebyscore(
                    self._list(state), start, "+inf", start=0, num=BATCH, withscores=True
                )
                if not page:
                    break
                await self._take([(PostId(pid.decode()), score) for pid, score in page], state=state)
                done += len(page)
                self._share = min(done / expected, 0.99)
                start = f"({page[-1][1]:.0f}"
                await asyncio.sleep(PAUSE_S)
                if not await self._catch_up():
                    return
        self._share = 1.0

    async def _catch_up(self) -> bool:
        """Take in whatever the audit tells of since the last time; False when it is another history."""
        while True:
            news = await self._audit.since(self._mark, limit=BATCH)
            if news is None:
                return False
            mark, pids = news
            if mark.n == self._mark.n:
                return True
            await self._take([(pid, None) for pid in pids])
            self._mark = mark
            await asyncio.sleep(PAUSE_S)

    async def _take(
        self, posts: Sequence[tuple[PostId, float | None]], *, state: State | None = None
    ) -> None:
        """Read posts and put them into the index as they now are; those that are on no list leave it."""
        pipe = self._store.redis.pipeline(transaction=False)
        for pid, _ in posts:
            pipe.hgetall(self._store.keys.post(pid))
        found = await pipe.execute()
        raw: list[Raw] = [(pid, fields, score) for (pid, score), fields in zip(posts, found, strict=True)]
        if state is None:
            raw = await self._placed(raw)
        index = self._index
        assert index is not None
        await self._in_thread(_put, index, raw)

    async def _placed(self, raw: list[Raw]) -> list[Raw]:
        """With the score in the list of each one's state. A post whose pictures are on their way is on none."""
        states = [fields.get(b"state", b"").decode("ascii", "replace") for _, fields, _ in raw]
        pipe = self._store.redis.pipeline(transaction=False)
        asked = [n for n, state in enumerate(states) if state in LISTED]
        for n in asked:
            pipe.zscore(self._list(State(states[n])), raw[n][0])
        scores = dict(zip(asked, await pipe.execute() if asked else [], strict=True))
        return [(pid, fields, scores.get(n)) for n, (pid, fields, _) in enumerate(raw)]

    async def _tidy(self) -> None:
        index = self._index
        assert index is not None
        while True:
            if await self._in_thread(index.tidy):
                return
            await asyncio.sleep(PAUSE_S)

    def _list(self, state: State) -> str:
        keys = self._store.keys
        return {
            State.QUEUED: keys.queue,
            State.HELD: keys.held,
            State.APPROVED: keys.live,
            State.REJECTED: keys.rejected,
        }[state]

    async def _in_thread(self, work: Callable[..., T], *values: Any, **named: Any) -> T:
        call = partial(work, *values, **named)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _first_page(
    index: Index, state: State, wanted: Wanted, *, limit: int, after: int | None
) -> tuple[int, list[tuple[PostId, int]]]:
    return index.count(state, wanted), index.find(state, wanted, limit=limit, after=after)


def _put(index: Index, raw: Sequence[Raw]) -> None:
    rows, gone = [], []
    for pid, fields, score in raw:
        row = row_of(pid, fields, score)
        if row is None:
            gone.append(pid)
        else:
            rows.append(row)
    index.put(rows, gone=gone)


def row_of(pid: PostId, fields: dict[bytes, bytes], score: float | None) -> Row | None:
    """A post as the index knows it; None for one that the desk has on no list, or that cannot be shown."""
    record = read_record(pid, fields) if fields and score is not None else None
    if record is None or record.card is None or record.state not in LISTED or score is None:
        return None
    card = record.card
    return Row(
        pid=pid,
        state=record.state,
        place=int(score),
        kind=Kind(
            network=card.network,
            source=record.source,
            lang=language_of(card) or UNKNOWN_LANG,
            rules=tuple(sorted({reason.rule for reason in record.reasons})),
            labels=record.labels,
        ),
        author=record.author,
        name=card.author.name,
        words=document(words_of(card)),
    )


def words_of(card: Card) -> list[str]:
    """Everything of a post that somebody could look for."""
    quote = card.quote
    return [
        plain(card.spans),
        card.author.name,
        card.author.handle,
        card.warning,
        *((quote.author, plain(quote.spans)) if quote is not None else ()),
        *(picture.alt for picture in card.pictures),
    ]
