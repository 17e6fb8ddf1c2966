"""What was taken back leaves the store's file too.

A deleted text stays in the append-only file until that is rewritten. So the worker looks for posts that were withdrawn
since the last rewrite, and asks for one: of our own server only, and not one after another. How far rewrites reach is
kept in the store, and noted only when a rewrite is known to have ended well.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from wall.store.client import Store, StoreError, StoreLost

log = logging.getLogger("parvis.erasure")

PAUSE_S = 45.0  # with a look each 15 s, what is taken back is out of the file within a minute
PAGE = 1000
FIELD = "rewritten"


class Erasure:
    """Called again and again by the worker's sweep. `clock` is monotonic, seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._looked = 0  # audit number up to which withdrawals have been looked for
        self._is_owed = False
        self._reach: int | None = None  # of the rewrite under way
        self._at = -PAUSE_S
        self._is_refused = False

    def owe(self) -> None:
        """What was withdrawn a while ago has left the store only now: one more rewrite."""
        self._is_owed = True

    async def follow(self) -> None:
        """Note a rewrite that has ended; begin one when something was withdrawn since the last."""
        if not self._store.is_embedded or self._is_refused:
            return
        persistence = await self._store.redis.info("persistence")
        if not persistence.get("aof_enabled") or persistence.get("aof_rewrite_in_progress"):
            return
        if self._reach is not None:
            if persistence.get("aof_last_bgrewrite_status") == "ok":
                await self._store.redis.hset(self._store.keys.meta, FIELD, self._reach)
            else:
                self._is_owed = True
            self._reach = None
        await self._look()
        if self._is_owed and self._clock() - self._at >= PAUSE_S:
            await self._rewrite()

    async def _look(self) -> None:
        redis, keys = self._store.redis, self._store.keys
        self._looked = max(self._looked, int(await redis.hget(keys.meta, FIELD) or 0))
        while entries := await redis.xrange(keys.audit, min=f"{self._looked + 1}-0", count=PAGE):
            self._is_owed |= any(fields.get(b"to") == b"withdrawn" for _, fields in entries)
            self._looked = int(entries[-1][0].split(b"-")[0])

    async def _rewrite(self) -> None:
        """The server forks now, so the file will hold nothing that was gone by then."""
        try:
            await self._store.redis.bgrewriteaof()
        except StoreLost:
            raise
        except StoreError as error:  # a server of another making, which does not let us
            log.warning("the store's file is not rewritten (%s): what is taken back stays in it", error)
            self._is_refused = True
            return
        self._reach, self._is_owed, self._at = self._looked, False, self._clock()
