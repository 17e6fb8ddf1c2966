"""The one place where a client of the store is made, and how a process listens for its doorbell.

The values given to redis-py are all explicit because its defaults moved between versions, and because a
client that repeats a write by itself writes twice: writes have no retries, our own layer repeats only calls
that carry an idempotency key.
"""

from __future__ import annotations

import asyncio
import builtins
import random
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import msgspec
from redis.asyncio import (
    BlockingConnectionPool,
    Connection,
    Redis,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    NoPermissionError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from wall.store.commands import Commands
from wall.store.keys import Keys
from wall.store.scripts import Scripts

SCHEMA = "1"
COMMAND_TIMEOUT_S = 5.0
PING_EVERY_S = 1.0
PINGS_MISSED = 3

StoreError = RedisError
StoreLost = (ConnectionError, TimeoutError, BusyLoadingError)


class StoreUnfit(Exception):
    """The store answers but must not be used; the message is one sentence that says what to change."""


class Ring(msgspec.Struct, frozen=True):
    """A ring of the doorbell. `channel` "" means: something may have been missed, read the store."""

    channel: str = ""
    data: bytes = b""


class _Sending:
    """Lets a cancellation through that arrives while a command is sent.

    redis-py sends inside `asyncio.wait_for`, and on Python 3.11 that swallows a cancellation which arrives as
    the sending ends (python/cpython#86296): 121 of 2,000 tasks cancelled among commands never noticed.
    """

    socket_timeout: Any
    disconnect: Any

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        limit_s, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit_s):
                await super().send_packed_command(command, check_health=check_health)  # type: ignore[misc]  # of a mixin
        except builtins.TimeoutError:
            await self.disconnect(nowait=True)
            raise TimeoutError("the store does not read") from None
        finally:
            self.socket_timeout = limit_s


class _TcpConnection(_Sending, Connection): ...


class _TlsConnection(_Sending, SSLConnection): ...


class _UnixConnection(_Sending, UnixDomainSocketConnection): ...


_CONNECTIONS: dict[type, type] = {
    Connection: _TcpConnection,
    SSLConnection: _TlsConnection,
    UnixDomainSocketConnection: _UnixConnection,
}


def make_client(url: str, *, name: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Redis:
    """A client whose every setting is ours: RESP2 (cheaper for pub/sub), no retries, a bounded pool."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=32,
        timeout=1,
        protocol=2,
        decode_responses=False,
        socket_timeout=timeout_s,
        socket_connect_timeout=2,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 0),
        client_name=f"parvis-{name}",
    )
    pool.connection_class = _CONNECTIONS[pool.connection_class]
    return Redis.from_pool(pool)


class Store:
    """Commands, scripts and the doorbell of one wall. Built once a process; `async with` closes it."""

    def __init__(self, url: str, *, event: str, name: str) -> None:
        self.url = url
        self.name = name
        self.keys = Keys(event)
        client = make_client(url, name=name)
        self.redis = cast(Commands, client)
        self.scripts = Scripts(client)

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.redis.aclose()

    def reader(self) -> Commands:
        """A client of its own for blocking stream reads (BLOCK 2000 under a socket timeout of 5 s)."""
        return cast(Commands, make_client(self.url, name=f"{self.name}-reader", timeout_s=5))

    async def ready(self, *, within_s: float = 15) -> None:
        """Wait until the store serves and is fit; then make sure of the schema and the epoch.

        Raises `StoreUnfit`, or the last connection error once `within_s` has passed.
        """
        deadline = time.monotonic() + within_s
        pause_s = 0.02
        while True:
            try:
                await check_fit(self.redis)
                break
            except StoreLost:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 1.5, 0.5)
        try:
            await self.redis.publish(self.keys.screens_tick, b"")
        except NoPermissionError as error:
            raise StoreUnfit(
                "the store's user may not use our channels: allow them (ACL SETUSER … &{w:*})"
            ) from error
        await self.redis.set(self.keys.schema, SCHEMA, nx=True)
        schema = await self.redis.get(self.keys.schema)
        if schema != SCHEMA.encode():
            raise StoreUnfit(
                f"the store holds schema {(schema or b'?').decode()}, this Parvis knows schema {SCHEMA}: "
                "start the newer Parvis, or choose another data folder"
            )
        await self.redis.hsetnx(self.keys.meta, "epoch", secrets.token_hex(8))
        await self.redis.set(self.keys.secret, secrets.token_bytes(32), nx=True)

    @property
    def is_embedded(self) -> bool:
        """Whether the server is on this machine and no port of it leads outside: ours, or as good as ours."""
        return self.url.startswith("unix:")

    async def is_serving(self) -> bool:
        try:
            return bool(await self.redis.get(self.keys.schema))
        except StoreError:
            return False

    async def listen(self, *channels: str) -> AsyncIterator[Ring]:
        """Rings for ever. After any doubt (a reconnect, a second `subscribe` notice) comes an empty ring.

        redis-py re-subscribes in silence when the server closes its connection; only the second notice tells.
        A frozen link gives no error at all, so we ping it each second and drop it after three silent ones.
        """
        attempt = 0
        client = make_client(self.url, name=f"{self.name}-bell", timeout_s=COMMAND_TIMEOUT_S)
        try:
            while True:
                pubsub: PubSub = client.pubsub()
                try:
                    await pubsub.subscribe(*channels)
                    async for ring in _rings(pubsub, expected=len(channels)):
                        attempt = 0
                        yield ring
                except StoreLost:
                    attempt += 1
                finally:
                    await _close(pubsub)
                await asyncio.sleep(random.uniform(0, min(2.0, 0.05 * 2 ** min(attempt, 6))))
        finally:
            await client.aclose()


async def _rings(pubsub: PubSub, *, expected: int) -> AsyncIterator[Ring]:
    notices, silent, pinged = 0, 0, time.monotonic()
    while True:
        message = await pubsub.get_message(timeout=PING_EVERY_S)
        now = time.monotonic()
        if message is not None:
            silent = 0
            kind = message["type"]
            if kind == "subscribe":
                notices += 1
                if notices % expected == 0:
                    yield Ring()
            elif kind == "message":
                yield Ring(channel=message["channel"].decode(), data=message["data"])
        if now - pinged >= PING_EVERY_S:
            if silent >= PINGS_MISSED:
                raise ConnectionError("the store's doorbell is silent")
            silent += 1
            pinged = now
            await pubsub.ping()


async def _close(pubsub: PubSub) -> None:
    try:
        await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves this one unannotated
    except StoreError:
        return


async def check_fit(redis: Commands) -> None:
    """Refuse a store that would lose posts or cannot run our scripts: `StoreUnfit`, or a `StoreLost`."""
    try:
        info: Mapping[str, Any] = await redis.info()
    except BusyLoadingError:
        raise
    except (ConnectionError, ResponseError) as error:
        text = str(error)
        if any(
            sign in text for sign in ("NOAUTH", "WRONGPASS", "Authentication required", "invalid username")
        ):
            raise StoreUnfit("the store wants another user or password: put them into redis.url") from error
        if isinstance(error, ResponseError):
            raise StoreUnfit(f"the store refuses INFO ({text}): allow it for this user") from error
        raise
    if info.get("loading"):
        raise BusyLoadingError("the store is loading its data")
    version = str(info.get("valkey_version") or info.get("redis_version") or "0")
    if _version(str(info.get("redis_version", "0"))) < (6, 2):
        raise StoreUnfit(f"the store is Redis {version}: Parvis needs Redis 6.2 or newer, or any Valkey")
    if info.get("role") not in (None, "master"):
        raise StoreUnfit("the store is a read-only replica: put the address of its primary into redis.url")
    if info.get("cluster_enabled"):
        raise StoreUnfit(
            "the store is a cluster: Parvis needs a single Redis or Valkey, with replicas if you like"
        )
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        raise StoreUnfit(
            f"the store may evict approved posts (maxmemory-policy {policy}): set maxmemory-policy noeviction"
        )


def _version(text: str) -> tuple[int, int]:
    parts = [int(part) if part.isdigit() else 0 for part in text.split(".")[:2]]
    return (parts[0], parts[1] if len(parts) > 1 else 0)
