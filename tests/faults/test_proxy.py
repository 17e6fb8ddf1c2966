"""The bad line does what it says, and nothing else: else every test that stands on it proves little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.proxy import Ends, Proxy, tcp, unix
from wall.store.client import Store, StoreError, make_client


@pytest.fixture
async def line() -> AsyncIterator[Proxy]:
    """A bad line to a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Proxy(tcp(server.sockets[0].getsockname()[1])) as line:
        yield line


async def dial(line: Proxy) -> Ends:
    return Ends(*await asyncio.open_connection("127.0.0.1", line.port))


async def says(link: Ends, words: bytes, *, within_s: float = 5) -> bytes:
    link.writer.write(words)
    async with asyncio.timeout(within_s):
        return await link.reader.readexactly(len(words))


async def test_a_good_line_passes_everything_in_its_order(line: Proxy) -> None:
    words = bytes(range(256)) * 4000
    assert await says(await dial(line), words) == words


async def test_a_cut_line_is_reset_and_a_new_one_works(line: Proxy) -> None:
    link = await dial(line)
    await says(link, b"one")
    line.cut()
    with pytest.raises(ConnectionResetError):
        await link.reader.readexactly(1)
    assert await says(await dial(line), b"two") == b"two"
    assert line.faults["cut"] == 1


async def test_a_frozen_line_says_nothing_and_loses_nothing(line: Proxy) -> None:
    link = await dial(line)
    line.freeze()
    with pytest.raises(TimeoutError):
        await says(link, b"held", within_s=0.1)
    line.thaw()
    async with asyncio.timeout(5):
        assert await link.reader.readexactly(4) == b"held"


async def test_a_slow_line_keeps_the_order(line: Proxy) -> None:
    link = await dial(line)
    loop = asyncio.get_running_loop()
    line.delay_s, began = 0.1, loop.time()
    link.writer.write(b"first ")
    await asyncio.sleep(0.02)
    line.delay_s = 0.0
    link.writer.write(b"second")
    async with asyncio.timeout(5):
        assert await link.reader.readexactly(12) == b"first second"
    assert loop.time() - began > 0.1


# -- between us and the store -------------------------------------------------------------------------------------


@pytest.fixture
async def behind(store: Store, tmp_path: Path) -> AsyncIterator[tuple[Proxy, Store]]:
    """The same wall through a bad line."""
    real = Path(store.url.removeprefix("unix://"))
    async with (
        Proxy(unix(real), at=tmp_path / "p.sock") as line,
        Store(f"unix://{tmp_path}/p.sock", event=store.keys.base[3:-1], name="behind") as far,
    ):
        yield line, far


async def test_a_lost_reply_was_done_all_the_same(behind: tuple[Proxy, Store], store: Store) -> None:
    line, far = behind
    await far.redis.ping()  # a link stands, its greeting is behind it
    line.loses_replies = True
    with pytest.raises(StoreError):
        await far.redis.hincrby(store.keys.meta, "arr")
    line.loses_replies = False
    assert await far.redis.hget(store.keys.meta, "arr") == b"1"


async def test_lost_rings_are_lost_and_nothing_else(behind: tuple[Proxy, Store], store: Store) -> None:
    line, far = behind
    client = make_client(far.url, name="bell")
    async with client.pubsub() as pubsub:
        await pubsub.subscribe(store.keys.tick)
        assert (await pubsub.get_message(timeout=5))["type"] == "subscribe"
        line.loses_rings = True
        await store.redis.publish(store.keys.tick, "1")
        await pubsub.ping()
        assert (await pubsub.get_message(timeout=5))["type"] == "pong"
        assert line.faults["lost ring"] == 1
        line.loses_rings = False
        await store.redis.publish(store.keys.tick, "2")
        assert (await pubsub.get_message(timeout=5))["data"] == b"2"
    await client.aclose()
