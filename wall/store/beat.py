"""Which processes are alive: each raises its own counter, and who looks remembers when it last moved."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from wall.store.client import Store

BEAT_S = 5.0
SILENT_S = 30.0


def beat_name(role: str) -> str:
    """The same after a restart on the same machine, so that a process finds what it left."""
    return f"{role}@{socket.gethostname()}"


class Beats:
    """`clock` is monotonic seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._seen: dict[str, tuple[bytes, float]] = {}

    async def beat(self, name: str) -> None:
        await self._store.redis.hincrby(self._store.keys.beats, name)

    async def look(self) -> dict[str, float]:
        """Seconds since each process's counter moved, as far as we have watched."""
        now = self._clock()
        found = await self._store.redis.hgetall(self._store.keys.beats)
        fresh: dict[str, tuple[bytes, float]] = {}
        for raw, count in found.items():
            name = raw.decode()
            known = self._seen.get(name)
            fresh[name] = known if known is not None and known[0] == count else (count, now)
        self._seen = fresh
        return {name: now - at for name, (_, at) in fresh.items()}

    async def is_alive(self, role: str) -> bool:
        """Whether some process of this role has moved its counter lately."""
        ages = await self.look()
        return any(age < SILENT_S for name, age in ages.items() if name.startswith(f"{role}@"))

    async def forget(self, name: str) -> None:
        await self._store.redis.hdel(self._store.keys.beats, name)
        self._seen.pop(name, None)
