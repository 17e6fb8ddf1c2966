"""The crowd in front of a server, and what is measured while it is there."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.fanout_parts.server import OTHER_CORE, Server, cpu_of

OPENED_WITHIN_S = 180.0  # five thousand screens at 3 ms each, and whoever else is on the machine
TOLD_WITHIN_S = 60.0
WEIGH_S = 0.5
FEW = 100
EVENTS_PATH = "/api/v1/wall/events"


class Crowd:
    """Clients of one server. After the `async with`, `arrived` is clients who read × messages, ns, 0 for never."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self._name = name
        self._reached = 0
        self.arrived: NDArray[np.int64] = np.zeros((0, 0), np.int64)

    def cpu_s(self) -> float:
        return cpu_of(self._process.pid)

    async def _read(self, within_s: float = TOLD_WITHIN_S) -> list[str]:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                words = (await self._process.stdout.readline()).decode().strip().split(" ", 1)
        except TimeoutError:
            raise RuntimeError(
                f"{self._name} has said nothing for {within_s:.0f} s: run with fewer, or on a calmer machine"
            ) from None
        if words[0] in ("", "failed"):
            raise RuntimeError(f"the crowd has ended: {' '.join(words)}")
        return words

    async def opened(self) -> None:
        assert (await self._read(OPENED_WITHIN_S))[0] == "open"

    async def all(self, count: int) -> None:
        """Wait until everybody who reads has this many messages."""
        while self._reached < count:
            word, number = await self._read()
            assert word == "all", word
            self._reached = int(number)

    async def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        while (await self._read())[0] != "end":
            pass
        await self._process.wait()


@asynccontextmanager
async def crowd(
    load: Path,
    server: Server,
    clients: int,
    *,
    most: int = 1,
    stalled: int = 0,
    is_events: bool = False,
    nice: int = 0,
) -> AsyncIterator[Crowd]:
    """`clients` connected to `server`, each open when it has been greeted; at most `most` messages may come.

    The last `stalled` of them never read. `nice` is the scheduler's: less is more urgent.
    """
    out = server.folder / f"times-{clients}-{int(is_events)}"
    path = EVENTS_PATH if is_events else server.path
    options = [f"stalled={stalled}", f"events={int(is_events)}", f"greet={1 if is_events else server.greet}"]
    if not is_events:
        options += [f"say={server.say}", f"beat={server.beat}", f"every={server.beat_s}"]
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(nice), "taskset", "-c", str(OTHER_CORE), str(load), "127.0.0.1"),
        *(str(server.port), path, str(clients), str(max(most, 1)), str(out), *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    here = Crowd(process, f"the crowd of {clients} at {server.folder.name}")
    try:
        await here.opened()
        yield here
        await here.end()
        here.arrived = np.fromfile(out, np.int64).reshape(clients, -1)[: clients - stalled]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Pace(msgspec.Struct, frozen=True):
    """`messages` in groups of `at_once`: the next when all have the last, or `rate` a second, evenly or by chance."""

    messages: int
    at_once: int = 1
    rate: float = 0.0
    is_even: bool = True

    async def drive(self, server: Server, here: Crowd, look: Callable[[], None] = lambda: None) -> list[int]:
        """Publish all of them; returns when each was published, ns."""
        at: list[int] = []
        due = time.monotonic()
        while len(at) < self.messages:
            if self.rate:
                due += 1 / self.rate if self.is_even else random.expovariate(self.rate)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            at += [time.monotonic_ns()] * self.at_once
            await server.publish(self.at_once)
            if not self.rate:
                await here.all(len(at))
            look()
        await here.all(len(at))
        return at


class Took(msgspec.Struct, frozen=True):
    """What a measurement found. CPU in seconds of each side; `last` and `each` in seconds from publishing to arrival.

    `at` is when each message was published, ns. `grown_kb` is the most that the server's memory grew meanwhile.
    """

    delivered: int
    server_s: float
    store_s: float
    client_s: float
    seconds: float
    at: list[int]
    last: list[float]
    each: list[float]
    grown_kb: float = 0.0

    @property
    def rate(self) -> float:
        """Delivered frames per CPU second of the server."""
        return self.delivered / max(self.server_s, 0.01)


async def fan_out(
    load: Path,
    server: Server,
    clients: int,
    pace: Pace,
    *,
    stalled: int = 0,
    nice: int = 0,
    is_weighed: bool = False,
    beside: Crowd | None = None,
) -> Took:
    """Messages at this pace to so many sockets, and to whoever is there `beside` them; connecting is not counted."""
    await server.prepare(pace.messages)
    async with crowd(load, server, clients, most=pace.messages, stalled=stalled, nice=nice) as here:
        await server.calm()
        memory, weighed_at = [server.memory_kb()], time.monotonic()

        def look() -> None:
            nonlocal weighed_at
            if is_weighed and time.monotonic() - weighed_at > WEIGH_S:
                memory.append(server.memory_kb())
                weighed_at = time.monotonic()

        began, before = time.monotonic(), (server.cpu_s(), server.store_s(), here.cpu_s())
        at = await pace.drive(server, here, look)
        if beside is not None:
            await beside.all(len(at))
        seconds, after = time.monotonic() - began, (server.cpu_s(), server.store_s(), here.cpu_s())
    took_s = delays_s(here, at)
    return Took(
        delivered=took_s.size,
        server_s=after[0] - before[0],
        store_s=after[1] - before[1],
        client_s=after[2] - before[2],
        seconds=seconds,
        at=at,
        last=took_s.max(axis=0).tolist(),
        each=took_s.ravel().tolist() if clients <= FEW else [],
        grown_kb=max(memory) - memory[0],
    )


def delays_s(here: Crowd, at: list[int]) -> NDArray[np.float64]:
    """Clients × messages: seconds from publishing to arrival."""
    return (here.arrived - np.array(at, np.int64)) / 1e9


class Rest(msgspec.Struct, frozen=True):
    """What a connection costs: CPU of opening it, and memory of one that does nothing."""

    connect_us: float
    kb: float


async def idle(load: Path, server: Server, clients: int, *, is_events: bool = False) -> Rest:
    async with crowd(load, server, 2, is_events=is_events):
        await server.calm()
        kb, cpu_s = server.memory_kb(), server.cpu_s()
        async with crowd(load, server, clients, is_events=is_events):
            await server.calm()
            cpu_s = server.cpu_s() - cpu_s
            kb = server.memory_kb() - kb
    await server.calm()
    return Rest(connect_us=cpu_s / clients * 1e6, kb=kb / clients)
