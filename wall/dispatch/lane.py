"""One way to one department: what waits for it, and when each is due. A receiver that is away holds up nobody else."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from wall.dispatch.channel import Channel
from wall.model import PostId
from wall.settings import LabelSettings

WAITING_MAX = 500


class Job:
    """One entry of the queue: `open` are the kinds of channel that still owe an answer."""

    __slots__ = ("label", "number", "open", "pid", "rev", "taken", "tries")

    def __init__(self, number: bytes, *, pid: PostId, label: str, rev: int, kinds: frozenset[str]) -> None:
        self.number = number
        self.pid = pid
        self.label = label
        self.rev = rev
        self.open = set(kinds)
        self.taken: set[str] = set()  # kinds that took it, whether or not the store knows yet
        self.tries = dict.fromkeys(kinds, 0)


class Lane:
    """Jobs for one channel of one label, the earliest due first. `is_closed` after the receiver said 410."""

    def __init__(self, label: LabelSettings, channel: Channel, *, room: int = WAITING_MAX) -> None:
        self.label = label
        self.channel = channel
        self._room = room
        self.is_closed = False
        self.is_failing = False
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()
        self._bell = asyncio.Event()

    @property
    def is_full(self) -> bool:
        return len(self._heap) >= self._room

    def put(self, job: Job, *, in_s: float = 0.0) -> None:
        due = asyncio.get_running_loop().time() + in_s
        heapq.heappush(self._heap, (due, next(self._order), job))
        self._bell.set()

    async def next(self) -> Job:
        """Waits until a job is due."""
        loop = asyncio.get_running_loop()
        while True:
            self._bell.clear()
            due = self._heap[0][0] if self._heap else None
            if due is not None and due <= loop.time():
                return heapq.heappop(self._heap)[2]
            try:
                async with asyncio.timeout_at(due):
                    await self._bell.wait()
            except TimeoutError:
                continue
