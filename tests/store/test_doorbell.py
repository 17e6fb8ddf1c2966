"""A ring may be lost; that it may have been lost is always told."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wall.store.client import Ring, Store
from wall.store.embedded import find_server, server_arguments


@pytest.fixture
async def fragile(tmp_path: Path) -> AsyncIterator[tuple[Store, list[subprocess.Popen[bytes]]]]:
    """A store of its own that the test may kill and start again."""
    server = find_server()
    arguments = [str(server.path), *server_arguments(server, folder=tmp_path, socket=tmp_path / "r.sock")]
    processes = [subprocess.Popen(arguments)]
    async with Store(f"unix://{tmp_path / 'r.sock'}", event="bell", name="test") as store:
        await store.ready()
        yield store, processes
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        process.wait(timeout=5)


async def next_ring(bell: AsyncIterator[Ring], *, within_s: float = 8) -> Ring:
    return await asyncio.wait_for(anext(bell), within_s)


async def test_it_starts_with_a_doubt_and_then_rings(store: Store) -> None:
    bell = store.listen(store.keys.tick)
    assert await next_ring(bell) == Ring()
    await store.redis.publish(store.keys.tick, 7)
    assert await next_ring(bell) == Ring(channel=store.keys.tick, data=b"7")


async def test_a_restarted_server_is_a_doubt(fragile: tuple[Store, list[subprocess.Popen[bytes]]]) -> None:
    store, processes = fragile
    bell = store.listen(store.keys.tick)
    assert await next_ring(bell) == Ring()
    processes[0].kill()
    processes[0].wait()
    processes.append(subprocess.Popen(processes[0].args))
    assert await next_ring(bell) == Ring()
    await store.ready()
    await store.redis.publish(store.keys.tick, 8)
    assert (await next_ring(bell)).data == b"8"


async def test_a_dropped_subscriber_is_a_doubt(store: Store) -> None:
    bell = store.listen(store.keys.tick)
    assert await next_ring(bell) == Ring()
    await store.redis.client_kill_filter(_type="pubsub")  # type: ignore[attr-defined]  # only this test needs it
    assert await next_ring(bell) == Ring()


async def test_a_frozen_server_is_noticed_within_seconds(
    fragile: tuple[Store, list[subprocess.Popen[bytes]]],
) -> None:
    store, processes = fragile
    bell = store.listen(store.keys.tick)
    assert await next_ring(bell) == Ring()
    os.kill(processes[0].pid, signal.SIGSTOP)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(next_ring(bell, within_s=15))
        await asyncio.wait({waiting}, timeout=5)
        assert not waiting.done()
        os.kill(processes[0].pid, signal.SIGCONT)
    assert waiting.result() == Ring()
