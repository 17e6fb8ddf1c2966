"""What is wrong with the screens of the whole house: judged where they are connected, told to every web process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from display.health import Alert, Judge, Trouble
from display.hub import Hub, Screen
from display.known import Known
from display.protocol import Beat, Health
from display.roster import ScreenState
from wall.store.client import Store, StoreError
from wall.web.health import Metrics

log = logging.getLogger("parvis.screens")

LOOK_S = 1.0
TELL_S = 5.0
PEER_SILENT_S = 15.0
HEAP_EVERY_S = 60.0
HEAPS_KEPT = 60


class News(msgspec.Struct, frozen=True):
    """What one web process tells the others; `forget` is a screen that the desk has taken off its list."""

    web: str
    alerts: list[Alert] = []
    forget: str = ""


class Alerts:
    def __init__(
        self,
        *,
        store: Store,
        hub: Hub,
        known: Known,
        metrics: Metrics,
        build: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._hub = hub
        self._known = known
        self._metrics = metrics
        self._clock = clock
        self._judge = Judge(build=build, clock=clock)
        self._own: list[Alert] = []
        self._peers: dict[str, tuple[list[Alert], float]] = {}
        self._heap_at: dict[str, float] = {}
        self._counted: set[str] = set()
        self._is_begun = False
        hub.channels[store.keys.screens_news] = self._hear

    # -- what happens to a screen of this process -------------------------------------------------------------

    async def came(self, screen: Screen) -> None:
        if screen.role == "screen":
            self._judge.joined(screen.state)
            try:
                await self._known.came(screen.state)
            except StoreError as error:  # a store that takes no writes still has a wall to show
                log.warning("screen %s is not written down: %s", screen.state.id, type(error).__name__)

    def beat(self, screen: Screen, beat: Beat) -> None:
        """Takes what the page says of itself into its state."""
        state = screen.state
        state.health = msgspec.convert(beat, Health, from_attributes=True)
        now = self._clock()
        if beat.heap_mb is not None and now - self._heap_at.get(state.link, -HEAP_EVERY_S) >= HEAP_EVERY_S:
            self._heap_at[state.link] = now
            state.heaps = [*state.heaps[1 - HEAPS_KEPT :], round(beat.heap_mb, 1)]
        if screen.role == "screen":
            self._judge.beat(state, beat)

    async def went(self, screen: Screen, *, code: int) -> None:
        self._heap_at.pop(screen.state.link, None)
        if screen.role == "screen":
            is_missed = self._judge.left(screen.state, code=code)
            try:
                if not await self._known.went(screen.state, is_missed=is_missed):
                    self._hub.roster.forget(screen.state.id)
            except StoreError:
                return  # it is written again when it comes back

    # -- the house --------------------------------------------------------------------------------------------

    def all(self) -> list[Alert]:
        """What is wrong anywhere, by screen. One that was missed and is connected somewhere is not missed."""
        now = self._clock()
        self._peers = {web: row for web, row in self._peers.items() if now - row[1] < PEER_SILENT_S}
        others = [alert for row in self._peers.values() for alert in row[0]]
        found = {(alert.screen, alert.kind): alert for alert in (*others, *self._told())}
        return [found[key] for key in sorted(found)]

    async def forget(self, screen_id: str) -> None:
        """In every process, this one included."""
        news = News(web=self._hub.roster.web, forget=screen_id)
        await self._store.redis.publish(self._store.keys.screens_news, msgspec.json.encode(news))

    def _hear(self, raw: bytes) -> None:
        try:
            news = msgspec.json.decode(raw, type=News)
        except msgspec.DecodeError:
            return
        if news.forget:
            self._judge.forget(news.forget)
            self._hub.roster.forget(news.forget)
            self._own = [alert for alert in self._own if alert.screen != news.forget]
        elif news.web != self._hub.roster.web:
            self._peers[news.web] = (news.alerts, self._clock())

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            try:
                yield
            finally:
                looking.cancel()

    async def _look_for_ever(self) -> None:
        told_at = -TELL_S
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._begin()
                is_new = self._look()
                if is_new or self._clock() - told_at >= TELL_S:
                    told_at = self._clock()
                    news = News(web=self._hub.roster.web, alerts=self._told())
                    await self._store.redis.publish(self._store.keys.screens_news, msgspec.json.encode(news))
            except StoreError:
                continue

    async def _begin(self) -> None:
        """Screens that were here when this wall last ran are missed until they come back."""
        if self._is_begun:
            return
        here = {state.id for state in self._hub.roster.screens() if state.connected}
        for screen_id, known in (await self._known.all()).items():
            if known.here and screen_id not in here:
                self._judge.expect(ScreenState(id=screen_id, seen_at=known.seen_at, connected=False))
        self._is_begun = True

    def _look(self) -> bool:
        """Judge again; whether that changed anything."""
        before, self._own = self._own, self._judge.alerts()
        for alert in self._own:
            if alert not in before:
                log.warning("screen %s: %s since %s", alert.screen, alert.kind, alert.since.isoformat())
        for alert in before:
            if alert not in self._own:
                log.info("screen %s: no longer %s", alert.screen, alert.kind)
        for kind in Trouble:
            self._metrics.alerts.labels(kind).set(sum(alert.kind is kind for alert in self._own))
        self._count()
        return before != self._own

    def _told(self) -> list[Alert]:
        here = {state.id for state in self._hub.roster.screens() if state.connected}
        return [
            alert for alert in self._own if not (self._judge.is_gone(alert.screen) and alert.screen in here)
        ]

    def _count(self) -> None:
        ages = self._judge.ages_s()
        for screen_id in self._counted - set(ages):
            for gauge in (self._metrics.beat_age_s, self._metrics.heap_mb):
                try:
                    gauge.remove(screen_id)
                except KeyError:
                    continue
        self._counted = set(ages)
        for screen_id, age_s in ages.items():
            self._metrics.beat_age_s.labels(screen_id).set(age_s)
        for screen in self._hub.screens():
            health = screen.state.health
            if screen.role == "screen" and health is not None and health.heap_mb is not None:
                self._metrics.heap_mb.labels(screen.state.id).set(health.heap_mb)
