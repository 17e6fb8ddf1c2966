"""Everybody who follows the wall by server-sent events: thousands of phones and pages, served after the screens.

A follower of the hub. Each event is encoded once and the same bytes are written to all, in slices of about half a
millisecond with a pause between, so that a screen never waits for a crowd of readers. One that does not read
gets nothing more until it has drained, then what it missed; after some seconds of that it is cut and comes back.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from display.events import KEPT, Events, beat_event, hello_event, reset_event
from wall.live import Op, Snapshot, Wall
from wall.store.client import StoreError
from wall.web.answers import ApiError
from wall.web.health import Metrics
from wall.web.http import Http

log = logging.getLogger("parvis.readers")

RESET_ITEMS = 60
SLICE_S = 0.0005
AT_ONCE = 16  # writes between two looks at the clock
BEAT_S = 15.0
STALLED_S = 8.0
LOOK_S = 1.0
RETRY_MS = (2000, 7000)
COME_BACK_S = 30
INBOX = 10_000


class Reader:
    """One connection, and the last number written to it: -1 is a reader that knows nothing true."""

    __slots__ = ("pipe", "place", "seq")

    def __init__(self, pipe: Http, place: str) -> None:
        self.pipe = pipe
        self.place = place
        self.seq = -1


class Readers:
    """`most` in this process, `per_place` from one address (`place_of`). Register it with the hub's followers.

    A reader that has read nothing for `stalled_s` is cut.
    """

    def __init__(
        self, *, wall: Wall, metrics: Metrics, most: int, per_place: int, stalled_s: float = STALLED_S
    ) -> None:
        self._wall = wall
        self._metrics = metrics
        self._most = most
        self._per_place = per_place
        self._stalled_s = stalled_s
        self._events = Events()
        self._readers: set[Reader] = set()
        self._places: Counter[str] = Counter()
        self._taken = 0
        self._late: dict[Reader, float] = {}
        self._inbox: deque[Op | None] = deque(maxlen=INBOX)
        self._bell = asyncio.Event()
        self._reading = asyncio.Lock()
        self._whole: Snapshot | None = None
        self._reset = b""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._pump_for_ever()),
                tasks.create_task(self._beat()),
                tasks.create_task(self._look_after()),
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    # -- what the hub tells -----------------------------------------------------------------------------------

    def ops(self, ops: list[Op], frames: list[bytes]) -> None:  # noqa: ARG002  # frames are for sockets
        self._inbox.extend(ops)
        self._bell.set()

    def reset(self, snapshot: Snapshot) -> None:  # noqa: ARG002  # it has what is pinned in it; we read our own
        self._inbox.clear()
        self._inbox.append(None)
        self._bell.set()

    # -- readers come and go ----------------------------------------------------------------------------------

    def seat(self, pipe: Http, *, place: str) -> Reader:
        """A seat for one reader of this address. Raises `ApiError` 503 when they are taken."""
        if self._taken >= self._most or self._places[place] >= self._per_place:
            message = f"too many people are following here; come back in {COME_BACK_S} s"
            raise ApiError(503, "full", message, headers={"retry-after": str(COME_BACK_S)})
        self._places[place] += 1
        self._count(1)
        return Reader(pipe, place)

    async def ready(self) -> None:
        """Know the wall. Raises `StoreError` while it cannot be read."""
        if not self._events.epoch:
            await self._begin()

    async def join(self, reader: Reader, *, since: str) -> None:
        """Bring a reader up to date: what happened after `since` ("epoch:seq"), else the wall as it is."""
        stands = await self._place_in(since)
        tail = self._events.since(stands)
        reader.seq = max(stands, self._events.seq)
        if tail is None:
            reader.seq, tail = await self._reset_now()
        pipe = reader.pipe
        if pipe.is_gone:
            self.leave(reader)
            return
        pipe.become_pipe()
        pipe.on_drained = lambda: self._drained(reader)
        pipe.on_gone = lambda: self.leave(reader)
        pipe.put(hello_event(retry_ms=random.randint(*RETRY_MS)) + tail)
        self._readers.add(reader)
        if reader.seq < self._events.seq:
            self._bell.set()  # something happened while the wall was read

    def leave(self, reader: Reader) -> None:
        """Give the seat back."""
        self._readers.discard(reader)
        self._late.pop(reader, None)
        reader.pipe.on_drained = reader.pipe.on_gone = None
        self._places[reader.place] -= 1
        if not self._places[reader.place]:
            del self._places[reader.place]
        self._count(-1)

    def _count(self, more: int) -> None:
        self._taken += more
        self._metrics.readers.set(self._taken)

    async def _place_in(self, since: str) -> int:
        """Where a reader stands. Who claims a future that the store does not know either stands nowhere."""
        epoch, _, number = since.partition(":")
        if epoch != self._events.epoch or not (number.isascii() and number.isdecimal() and len(number) < 16):
            return -1
        seq = int(number)
        if seq > self._events.seq and seq > (await self._wall.head())[1]:
            return -1
        return seq

    # -- what happens on the wall -----------------------------------------------------------------------------

    async def _begin(self) -> None:
        """Read the wall, and from its log what a reader may have missed."""
        async with self._reading:
            whole = await self._wall.newest(RESET_ITEMS)
            start = max(0, whole.seq - KEPT)
            missed = [] if whole.is_panic else await self._wall.ops_since(start, limit=KEPT) or []
            self._keep(whole)
            self._events.begin(epoch=whole.epoch, seq=start if missed else whole.seq, is_panic=whole.is_panic)
            known = [op for op in missed if op.seq <= whole.seq]
            if not self._events.take_all(known) or self._events.seq != whole.seq:
                self._events.begin(epoch=whole.epoch, seq=whole.seq, is_panic=whole.is_panic)

    async def _reset_now(self) -> tuple[int, bytes]:
        """The wall as it is at this moment, encoded once for all who need it now."""
        async with self._reading:
            if self._whole is None or self._whole.seq < self._events.seq:
                whole = await self._wall.newest(RESET_ITEMS)
                if whole.epoch != self._events.epoch:
                    self._inbox.append(None)
                    self._bell.set()
                self._keep(whole)
            assert self._whole is not None
            return self._whole.seq, self._reset

    def _keep(self, whole: Snapshot) -> None:
        self._whole, self._reset = whole, reset_event(whole)

    async def _pump_for_ever(self) -> None:
        is_lost = False
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                await self._take_in()
                await self._write_out()
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("the store is away, readers keep what they have: %s", error)
                is_lost = True
                await asyncio.sleep(0.5)
                self._bell.set()

    async def _take_in(self) -> None:
        if not self._events.epoch:
            self._inbox.clear()  # nobody has come yet
        while self._inbox:
            op = self._inbox[0]
            if op is None or not self._events.take_all((op,)):
                await self._begin()
                for reader in self._readers:
                    reader.seq = -1
            if self._inbox and self._inbox[0] is op:  # else the hub has begun anew meanwhile
                self._inbox.popleft()
        if self._whole is not None and self._whole.seq < self._events.seq:
            self._whole, self._reset = None, b""  # it may hold what has left the wall

    async def _write_out(self) -> None:
        async for reader in self._in_slices():
            if reader.seq >= self._events.seq:
                continue
            tail = self._events.since(reader.seq)
            seq = self._events.seq
            if tail is None:
                seq, tail = await self._reset_now()
            reader.pipe.put(tail)
            reader.seq = seq

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            beat = beat_event(self._events.seq)
            async for reader in self._in_slices():
                reader.pipe.put(beat)

    async def _in_slices(self) -> AsyncIterator[Reader]:
        """Every reader that reads, with a pause after each slice: others have more urgent things to write."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for count, reader in enumerate(list(self._readers), 1):
            if reader.pipe.is_lagging:
                self._late.setdefault(reader, loop.time())
            elif reader in self._readers:
                yield reader
            if count % AT_ONCE == 0 and loop.time() - began > SLICE_S:
                await asyncio.sleep(0)
                began = loop.time()

    # -- slow ones --------------------------------------------------------------------------------------------

    def _drained(self, reader: Reader) -> None:
        self._late.pop(reader, None)
        self._bell.set()

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            now = asyncio.get_running_loop().time()
            for reader, since in list(self._late.items()):
                if now - since > self._stalled_s:
                    self._metrics.readers_cut.inc()
                    del self._late[reader]
                    reader.pipe.cut()
