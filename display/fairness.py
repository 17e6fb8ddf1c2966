"""Fairness: every approved post has its seconds on some screen in time, or the desk says that it cannot be done.

Follows the hub. What is owed is sent to the screens as posts beyond the newest, with the reason "owed"; a layout prefers
them at every turn. Every web process comes to the same result, for it is made of what the store and the roster say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.debts import Debts
from display.glass import Link
from display.hub import Hub, Screen
from display.protocol import extra_frame
from display.reckoning import Report
from display.roster import ScreenState
from wall.live import Op, Snapshot
from wall.model import PostId
from wall.plays import Plays
from wall.store.client import StoreError
from wall.web.answers import answer
from wall.web.room import Services

log = logging.getLogger("parvis.fairness")

STEP_S = 2.0
PROVE_S = 20.0  # a ring may be lost: what waits is looked up again
REPEAT_S = 30.0  # a screen that took a fresh snapshot has forgotten what it was sent
AT_ONCE = 200


class Fairness:
    """`clock` is monotonic, seconds; `clock_ms` is since 1970."""

    def __init__(
        self,
        services: Services,
        hub: Hub,
        *,
        clock: Callable[[], float] = time.monotonic,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        settings = services.settings.fairness
        self._services = services
        self._hub = hub
        self._clock = clock
        self._clock_ms = clock_ms
        self._plays = Plays(services.store)
        self._is_on = settings.seconds > 0
        self._debts = Debts(seconds=settings.seconds, within_min=settings.within_min)
        self._told_of: set[PostId] = set()
        self._sent: dict[Screen, tuple[tuple[PostId, ...], float]] = {}
        self._is_doubtful = True
        self._is_reading = False
        self._gone: set[PostId] = set()  # left the wall while all of it was read
        self._is_panic = False
        self._at = clock()
        self._proved = self._at
        self._report = Report(on=self._is_on, seconds=settings.seconds, within_min=settings.within_min)
        if self._is_on:
            hub.followers.append(self)
            hub.channels[services.store.keys.plays_tick] = self._hear

    @property
    def report(self) -> Report:
        return self._report

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/fairness", self.state, methods=["GET"])]

    async def state(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        return answer(self._report)

    def frame(self) -> dict[str, object]:
        """What the desks are told."""
        return {"type": "fairness", **msgspec.to_builtins(self._report)}

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        if not self._is_on:
            yield
            return
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._step_for_ever())
            try:
                yield
            finally:
                running.cancel()

    # -- what happens -----------------------------------------------------------------------------------------

    def ops(self, ops: list[Op], frames: list[bytes]) -> None:  # noqa: ARG002  # a follower's
        for op in ops:
            if op.op == "add" and op.item is not None:
                now_ms = self._clock_ms()
                self._debts.learn(op.pid, hung_ms=now_ms, now=self._clock(), now_ms=now_ms)
            elif op.op == "del":
                self._debts.forget(op.pid)
                if self._is_reading:
                    self._gone.add(op.pid)
            elif op.op == "panic":
                self._is_panic = op.is_panic

    def reset(self, snapshot: Snapshot) -> None:
        self._is_panic = snapshot.is_panic
        self._is_doubtful = True

    def _hear(self, data: bytes) -> None:
        self._told_of |= {PostId(pid) for pid in data.decode("ascii", "replace").split(" ")}

    async def _step_for_ever(self) -> None:
        is_lost = False
        while True:
            try:
                await self.step()
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("the store is away, what is owed stays as it was: %s", error)
                is_lost = True
            await asyncio.sleep(STEP_S)

    async def step(self) -> None:
        """Look, judge, ask the screens. Raises `StoreError`."""
        now = self._clock()
        passed_s, self._at = now - self._at, now
        if self._is_doubtful:
            await self._read()
        await self._prove(now)
        if self._is_panic:
            self._debts.pause(passed_s)
        roster = self._hub.roster.screens()
        self._debts.see({_link(screen): screen.shown for screen in roster if screen.connected}, now)
        self._report = self._debts.judge(now)
        await self._ask(now)

    async def _read(self) -> None:
        """Everything that is on the wall and young enough, from the store."""
        self._is_doubtful = False
        self._gone.clear()
        self._is_reading = True
        now, now_ms = self._clock(), self._clock_ms()
        try:
            hung = await self._plays.hung_since(now_ms - int(1000 * self._debts.keeps_s))
            self._is_panic = await self._services.ledger.is_panic()
        except StoreError:
            self._is_doubtful = True
            raise
        finally:
            self._is_reading = False
        here = [one for one in hung if one.pid not in self._gone]
        self._debts.only({one.pid for one in here}, before=now)
        for one in here:
            self._debts.learn(one.pid, hung_ms=one.at_ms, now=now, now_ms=now_ms)
        self._told_of |= {one.pid for one in here}

    async def _prove(self, now: float) -> None:
        open_ = set(self._debts.open())
        if now - self._proved >= PROVE_S:
            self._proved = now
            self._told_of |= open_
        pids = sorted(self._told_of & open_)
        self._told_of &= open_  # of the others nobody asks any more
        for start in range(0, len(pids), AT_ONCE):
            for pid, shown in (await self._plays.newest_of(pids[start : start + AT_ONCE])).items():
                self._debts.prove(pid, shown)
                self._told_of.discard(pid)

    # -- asking the screens -----------------------------------------------------------------------------------

    async def _ask(self, now: float) -> None:
        """What stands on the wall at this very moment, to screens that know of everything until then; see `Spots`."""
        screens = [screen for screen in self._hub.screens() if screen.role == "screen"]
        self._sent = {screen: sent for screen, sent in self._sent.items() if screen in screens}
        lists = self._debts.wanted([_link(screen.state) for screen in screens], now)
        news = {
            screen: pids
            for screen in screens
            if self._is_news(screen, pids := tuple(lists[_link(screen.state)]), now)
        }
        if not news:
            return
        wanted = dict.fromkeys(pid for pids in news.values() for pid in pids)
        epoch, seq, items = await self._services.wall.items(list(wanted))
        if (epoch, seq) != (self._hub.epoch, self._hub.seq):
            return  # something has happened meanwhile: the next step looks again
        for pid in wanted.keys() - items.keys():
            self._debts.forget(pid)
        for screen, pids in news.items():
            if self._hub.is_in_step(screen):
                found = [items[pid] for pid in pids if pid in items]
                screen.wire.put(extra_frame(found, reason="owed"))
                self._sent[screen] = (pids, now)

    def _is_news(self, screen: Screen, pids: tuple[PostId, ...], now: float) -> bool:
        before, at = self._sent.get(screen, ((), now))
        return pids != before or bool(pids and now - at >= REPEAT_S)


def _link(state: ScreenState) -> Link:
    return state.id, state.link
