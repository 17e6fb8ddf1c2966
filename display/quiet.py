"""Quiet hours: when the hall is empty, screens are dimmed and replay the best of the event.

Screens are sent the best posts as posts beyond the newest, with the reason "best"; an empty list ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, time
from time import monotonic

from display.hub import Hub, Screen
from display.protocol import extra_frame
from display.tally import Tally
from wall.live import Wall
from wall.store.client import StoreError

log = logging.getLogger("parvis.quiet")

STEP_S = 5.0
BEST = 30
REPEAT_S = 60.0  # a screen that took a fresh snapshot has forgotten what it was sent


def is_within(hours: str, now: time) -> bool:
    """Whether `now` lies within "HH:MM-HH:MM", also over midnight. "" is never."""
    if not hours:
        return False
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    return start <= now < end if start <= end else now >= start or now < end


class Quiet:
    """`clock` is the local time, whose hours the organiser means."""

    def __init__(
        self,
        *,
        hours: str,
        hub: Hub,
        wall: Wall,
        tally: Tally,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._hours = hours
        self._hub = hub
        self._wall = wall
        self._tally = tally
        self._clock = clock
        self._told: dict[Screen, tuple[tuple[str, ...], float]] = {}

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        if not self._hours:
            yield
            return
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._step_for_ever())
            try:
                yield
            finally:
                running.cancel()

    async def _step_for_ever(self) -> None:
        while True:
            try:
                await self.step()
            except StoreError as error:
                log.debug("the store is away, the best posts stay as they were: %s", error)
            await asyncio.sleep(STEP_S)

    async def step(self) -> None:
        """Tell whoever does not know it yet. Raises `StoreError`."""
        is_quiet = is_within(self._hours, self._clock().time())
        pids = tuple(self._tally.best(BEST)) if is_quiet else ()
        screens = self._hub.screens()
        self._told = {screen: told for screen, told in self._told.items() if screen in screens}
        now = monotonic()
        news = [screen for screen in screens if self._is_news(screen, pids, now)]
        if not news:
            return
        epoch, seq, items = (
            await self._wall.items(list(pids)) if pids else (self._hub.epoch, self._hub.seq, {})
        )
        if (epoch, seq) != (self._hub.epoch, self._hub.seq):
            return  # something has happened meanwhile: the next step looks again
        frame = extra_frame((items[pid] for pid in pids if pid in items), reason="best")
        for screen in news:
            if self._hub.is_in_step(screen):
                screen.wire.put(frame)
                self._told[screen] = (pids, now)

    def _is_news(self, screen: Screen, pids: tuple[str, ...], now: float) -> bool:
        before, at = self._told.get(screen, ((), now))
        return pids != before or bool(pids and now - at >= REPEAT_S)
