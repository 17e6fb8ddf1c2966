"""Webhook bodies between the web process, which answers at once, and the source, which handles them later.

The stream holds ids alone; a body lives in a hash until it is handled, so that erasing it leaves nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping

import msgspec

from ingest.contract import Delivery
from wall.store.client import Store
from wall.store.commands import Commands

MOST_WAITING = 1000
BLOCK_MS = 2000


class MailboxFull(Exception):
    """The source has not taken its deliveries for a while; whoever sends may come again later."""


class _Parcel(msgspec.Struct, frozen=True):
    headers: dict[str, str]
    body: bytes


class Mailbox:
    """The deliveries of one source, oldest first, each kept until `forget`."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._stream = store.keys.hooks(source)
        self._bodies = store.keys.hook_bodies(source)

    async def put(self, body: bytes, *, headers: Mapping[str, str]) -> None:
        """Store a delivery: when this returns it is kept. Raises `MailboxFull`."""
        if await self._store.redis.hlen(self._bodies) >= MOST_WAITING:
            raise MailboxFull
        key = secrets.token_hex(12)
        both = self._store.redis.pipeline(transaction=True)
        both.hset(self._bodies, key, msgspec.json.encode(_Parcel(dict(headers), body)))
        both.xadd(self._stream, {"id": key})
        await both.execute()

    async def deliveries(self, reader: Commands) -> AsyncIterator[Delivery]:
        """What has not been forgotten, then what comes. `reader` is a client for blocking reads."""
        last = b"0"
        while True:
            found = await reader.xread({self._stream: last}, count=16, block=BLOCK_MS)
            for _, entries in found:
                for number, fields in entries:
                    last = number
                    raw = await self._store.redis.hget(self._bodies, fields[b"id"])
                    if raw is None:
                        await self._store.redis.xdel(self._stream, number)
                        continue
                    parcel = msgspec.json.decode(raw, type=_Parcel)
                    yield Delivery(id=number.decode(), headers=parcel.headers, body=parcel.body)

    async def forget(self, delivery: Delivery) -> None:
        for number, fields in await self._store.redis.xrange(self._stream, delivery.id, delivery.id):
            await self._store.redis.hdel(self._bodies, fields[b"id"])
            await self._store.redis.xdel(self._stream, number)
