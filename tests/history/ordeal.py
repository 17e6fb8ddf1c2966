"""A store that can be killed and stopped, bad lines to it and to the web server, and what is done to them each round."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from redis.asyncio import Redis

from tests.faults.proxy import Proxy
from wall.store.client import StoreError
from wall.store.embedded import find_server, server_arguments

FAULTS = 5
DECK = (
    "kill the store",
    "kill the store",
    "stop the store",
    "end the store",
    "cut the store's line",
    "freeze the store's line",
    "slow lines",
    "lose the store's replies",
    "lose rings",
    "cut the web's line",
)
DELAY_S = 0.2


class Server:
    """A store of its own, with the product's arguments but for `changes`."""

    def __init__(self, folder: Path, *, env: Mapping[str, str] | None = None, **changes: str) -> None:
        self._server = find_server()
        self.socket = folder / "r.sock"
        self._arguments = server_arguments(self._server, folder=folder, socket=self.socket)
        for name, value in changes.items():
            self._arguments[self._arguments.index(f"--{name}") + 1] = value
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self.socket}"

    async def start(self) -> None:
        self._process = subprocess.Popen([str(self._server.path), *self._arguments], env=self._env)
        client = Redis.from_url(self.url)
        try:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await client.ping()
                        return
                    except StoreError:
                        await asyncio.sleep(0.01)
        finally:
            await client.aclose()

    async def stop_for(self, seconds: float) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    async def restart(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        await asyncio.to_thread(self._process.wait)
        await self.start()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)


class Ordeal:
    """Draws the faults of a round from a shuffled deck, so that a few rounds bring them all."""

    def __init__(self, server: Server, seed: int, *, deck: Sequence[str] = DECK) -> None:
        self.server = server
        self._all = deck
        self.faults: Counter[str] = Counter()
        self.times: list[tuple[float, float]] = []
        self._dice = random.Random(seed)
        self._deck: list[str] = []

    async def strike(self, *, store: Proxy, web: Proxy) -> str:
        """One fault, from its beginning to its end; returns which."""
        if not self._deck:
            self._deck = self._dice.sample(self._all, k=len(self._all))
        fault = self._deck.pop()
        began = time.perf_counter()
        await self._do(fault, store, web, seconds=self._dice.uniform(0.2, 1.0))
        self.faults[fault] += 1
        self.times.append((began, time.perf_counter()))
        return fault

    async def _do(self, fault: str, store: Proxy, web: Proxy, *, seconds: float) -> None:
        match fault:
            case "kill the store":
                await self.server.restart(signal.SIGKILL)
            case "end the store":
                await self.server.restart(signal.SIGTERM)
            case "stop the store":
                await self.server.stop_for(seconds)
            case "cut the store's line":
                store.cut()
            case "cut the web's line":
                web.cut()
            case "freeze the store's line":
                store.freeze()
                await asyncio.sleep(seconds)
                store.thaw()
            case "slow lines":
                store.delay_s = web.delay_s = DELAY_S
                await asyncio.sleep(seconds)
                store.delay_s = web.delay_s = 0.0
            case "lose the store's replies":
                store.loses_replies = True
                await asyncio.sleep(seconds / 4)
                store.loses_replies = False
            case "lose rings":
                store.loses_rings = True
                await asyncio.sleep(seconds)
                store.loses_rings = False
