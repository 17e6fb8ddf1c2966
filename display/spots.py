"""Spotlights: one approved post before a screen's public now, because the desk wants it.

Ids alone travel between the web processes; each looks up what stands on the wall when its turn comes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from display.protocol import spotlight_frame
from wall.live import Wall
from wall.model import PostId

if TYPE_CHECKING:
    from display.hub import Screen

KEPT = 20
PATIENCE_S = 5.0
EVERY_SCREEN = "*"


class Spot(NamedTuple):
    """A post that the desk wants in the spotlight of a screen, or of every one; forgotten at `until`."""

    pid: PostId
    screen: str
    seconds: int
    until: float


class Spots:
    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._waiting: deque[Spot] = deque(maxlen=KEPT)

    def word(self, pid: PostId, *, screen: str | None, seconds: int) -> str:
        """What is told to all web processes."""
        return f"spotlight {screen or EVERY_SCREEN} {pid} {seconds}"

    def add(self, pid: PostId, *, screen: str, seconds: int) -> None:
        until = asyncio.get_running_loop().time() + PATIENCE_S
        self._waiting.append(Spot(pid, screen, seconds, until))

    async def show(self, screens: Iterable[Screen], *, epoch: str, seq: int) -> bool:
        """Put what stands on the wall at this very moment before the screens that know of everything until `seq`.

        What has left the wall is not sent. False when something happened since: pull first, then ask again.
        """
        for _ in range(len(self._waiting)):
            spot = self._waiting[0]
            now_epoch, now_seq, item = await self._wall.item(spot.pid)
            is_now = (now_epoch, now_seq) == (epoch, seq)
            if not is_now and asyncio.get_running_loop().time() < spot.until:
                return False
            self._waiting.popleft()
            if item is None or not is_now:
                continue
            frame = spotlight_frame(item, seconds=spot.seconds)
            for screen in screens:
                is_meant = spot.screen in (EVERY_SCREEN, screen.state.id)
                if is_meant and screen.seq == seq and not screen.wire.is_lagging:
                    screen.wire.put(frame)
        return True
