"""The tally: what the whole wall amounts to, in step with the hub, told to the screens as `facts`.

    <= {"type":"facts","seq":412,"numbers":{"posts":380,"people":211,"networks":4,"photos":96,"hour":57},
        "networks":[["mastodon",201],…],"words":[["lumière",84],…]}

It is derived from the wall alone and is made again after every doubt. A post that leaves takes its words and its photo
along at once; what comes may wait for five seconds. `seq` is what these facts know of: a screen that knows of a removal
since then shows no word of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.hub import Hub, Screen
from display.tally_sums import Sums
from display.tally_words import StopWords
from wall.live import Item, Op, Snapshot, Wall
from wall.model import PostId, utc_now
from wall.store.client import StoreError
from wall.web.answers import ApiError
from wall.web.wire import text_frame

log = logging.getLogger("parvis.tally")

PAGE = 100
FACTS_EVERY_S = 5.0
URGENT_EVERY_S = 0.2
GATHER_S = 0.1  # what comes together is told together
LATE_EVERY_S = 1.0
LOOK_EVERY_S = 30.0  # the last hour passes by itself
BEST = 40
READY_S = 5.0
HEAD_S = 0.05

_json = msgspec.json.Encoder().encode


class Tally:
    """A follower of the hub. `photos` and `best` are what they are now; before the first reading, nothing."""

    def __init__(self, *, wall: Wall, hub: Hub, hashtags: Sequence[str]) -> None:
        self._wall = wall
        self._hub = hub
        self._sums = Sums(StopWords.read(), own_tags=hashtags)
        self._seq = 0
        self._is_panic = False
        self._is_read = asyncio.Event()
        self._round = 0  # raised by whatever makes a reading in progress worthless
        self._gone: dict[PostId, int] = {}  # left while everything was read, at which number
        self._fresh: dict[PostId, Item] = {}  # approved, and not yet known whose
        self._work = asyncio.Event()
        self._news = asyncio.Event()
        self._urgent = asyncio.Event()
        self._told = b""
        self._unserved: set[Screen] = set()  # did not read when facts were told
        self._refreshed = 0
        hub.followers.append(self)
        hub.greeters.append(self.greet)

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/wall/photos", self.photos, methods=["GET"])]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._read_for_ever()), tasks.create_task(self._tell_for_ever())]
            self._work.set()
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    def best(self, limit: int = BEST) -> list[PostId]:
        """What is worth being shown again when nobody writes: pinned, then most liked and shared, then with pictures."""
        return self._sums.best(limit)

    def counts(self) -> dict[str, int] | None:
        """What stands on the wall, as the conditions of scenes ask for it; None before the first reading."""
        if not self._is_read.is_set():
            return None
        facts = self._sums.facts(_now_ms())
        return {**facts["numbers"], "words": len(facts["words"])}

    # -- following the hub ------------------------------------------------------------------------------------

    def ops(self, ops: list[Op], frames: list[bytes]) -> None:  # noqa: ARG002  # the hub tells both
        for op in ops:
            self._seq = op.seq
            if op.op == "panic":
                self._is_panic = op.is_panic
                self._hurry()
            elif op.op == "del" or (op.op in ("add", "upd") and op.item is None):
                self._leave(op.pid, op.seq)
                self._hurry()
            elif op.item is not None:
                self._come(op.item)

    def reset(self, snapshot: Snapshot) -> None:
        """Everything anew; until then no word stands, for nobody can say whose it was."""
        self._round += 1
        self._seq, self._is_panic = snapshot.seq, snapshot.is_panic
        self._sums.clear()
        self._fresh.clear()
        self._gone.clear()
        self._is_read.clear()
        self._work.set()
        self._hurry()

    def _hurry(self) -> None:
        self._urgent.set()
        self._news.set()

    def _come(self, item: Item) -> None:
        known = self._sums.entry(item.pid)
        if known is not None and known.rev == item.rev:
            self._sums.pin(item.pid, is_pinned=item.is_pinned)
            return
        if known is not None:  # other words stood here
            self._hurry()
        self._leave(item.pid, item.seq - 1)
        self._fresh[item.pid] = item
        self._work.set()

    def _leave(self, pid: PostId, seq: int) -> None:
        self._fresh.pop(pid, None)
        if not self._is_read.is_set():
            self._gone[pid] = seq
        self._sums.drop(pid)

    # -- reading ----------------------------------------------------------------------------------------------

    async def _read_for_ever(self) -> None:
        while not self._hub.epoch:  # noqa: ASYNC110  # from then on, whatever happens is told to followers
            await asyncio.sleep(HEAD_S)
        is_lost = False
        while True:
            try:
                if not self._is_read.is_set():
                    await self._read_all()
                elif self._fresh:
                    await self._settle()
                else:
                    await self._refresh()
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("the store is away, the wall's sums stand still: %s", error)
                is_lost = True
                await asyncio.sleep(0.5)
                continue
            if self._is_read.is_set() and not self._fresh:
                self._work.clear()
                await _wait(self._work, LOOK_EVERY_S)

    async def _read_all(self) -> None:
        """The whole wall in pages, newest first. Another reset in between begins again."""
        started = self._round
        self._is_panic = (await self._wall.snapshot(1)).is_panic
        below: int | None = None
        while True:
            items, below = await self._wall.page(below=below, limit=PAGE)
            origins = await self._wall.origins(item.pid for item in items)
            if self._round != started:
                return
            for item in items:
                is_past = item.pid in self._fresh or self._gone.get(item.pid, -1) >= item.seq
                if not is_past and (origin := origins.get(item.pid)):
                    self._sums.put(item, origin, now_ms=_now_ms())
            if below is None:
                break
        self._gone.clear()
        self._seq = max(self._seq, self._hub.seq)
        self._is_read.set()
        self._news.set()

    async def _settle(self) -> None:
        """What came lately, once it is known whose it is; what left or changed meanwhile is not taken in."""
        items = list(self._fresh.values())[:PAGE]
        origins = await self._wall.origins(item.pid for item in items)
        for item in items:
            if self._fresh.get(item.pid) is not item:
                continue
            del self._fresh[item.pid]
            if origin := origins.get(item.pid):
                self._sums.put(item, origin, now_ms=_now_ms())
        self._news.set()

    async def _refresh(self) -> None:
        """Likes change without a word: a hundred posts are asked again at each look, in turn."""
        pids = self._sums.pids
        if self._refreshed >= len(pids):
            self._refreshed = 0
        some = pids[self._refreshed : self._refreshed + PAGE]
        self._refreshed += PAGE
        for pid, origin in (await self._wall.origins(some)).items():
            self._sums.like(pid, origin.counts)

    # -- telling ----------------------------------------------------------------------------------------------

    def greet(self, screen: Screen) -> Iterable[bytes]:  # noqa: ARG002  # all screens are told the same
        return [self._facts()] if self._is_read.is_set() else []

    async def _tell_for_ever(self) -> None:
        told_at = -FACTS_EVERY_S
        loop = asyncio.get_running_loop()
        while True:
            await _wait(self._news, LATE_EVERY_S if self._unserved else LOOK_EVERY_S)
            self._serve_late()
            due = max(loop.time() + GATHER_S, told_at + FACTS_EVERY_S)
            while not self._urgent.is_set() and (left := due - loop.time()) > 0:
                await _wait(self._urgent, min(left, LATE_EVERY_S))
                self._serve_late()
            self._news.clear()
            self._urgent.clear()
            frame = self._facts()
            screens = self._hub.screens()
            if screens and frame != self._told:
                self._told, told_at = frame, loop.time()
                self._unserved = {screen for screen in screens if screen.wire.is_lagging}
                self._hub.put_all(frame)
                await asyncio.sleep(URGENT_EVERY_S)  # a ban of a thousand is told a few times

    def _serve_late(self) -> None:
        """Screens that were behind get what they missed; one that has gone is forgotten."""
        self._unserved &= self._hub.screens()
        for screen in [one for one in self._unserved if not one.wire.is_lagging]:
            screen.wire.put(self._told)
            self._unserved.discard(screen)

    def _facts(self) -> bytes:
        facts = self._sums.facts(_now_ms())
        if self._is_panic or not self._is_read.is_set():
            facts["words"] = []
        return text_frame(_json({"type": "facts", "seq": self._seq, **facts}))

    async def photos(self, request: Request) -> Response:
        """The newest photos of the wall, at most 2,000, newest first; none during a panic. Anybody may ask."""
        await _wait(self._is_read, READY_S)
        if not self._is_read.is_set():
            raise ApiError(503, "not-ready", "the wall is still being read", headers={"retry-after": "2"})
        listed = () if self._is_panic else self._sums.photos()
        seq = min(
            [self._seq, *(item.seq - 1 for item in self._fresh.values())]
        )  # what comes is not listed yet
        etag = f'"{self._hub.epoch}-{self._seq}-{seq}-{int(self._is_panic)}"'  # the same in every process
        headers = {"cache-control": "no-cache", "etag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = _json({"epoch": self._hub.epoch, "seq": seq, "photos": listed})
        return Response(body, media_type="application/json", headers=headers)


async def _wait(event: asyncio.Event, most_s: float) -> None:
    """Until it happens, or the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, most_s)):
            await event.wait()


def _now_ms() -> int:
    return int(utc_now().timestamp() * 1000)
