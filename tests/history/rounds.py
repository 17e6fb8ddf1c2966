"""One round: everybody works on a wall of its own while its store and its lines fail; then the judge looks at it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from tests.faults.proxy import Proxy, tcp, unix
from tests.history.desks import AtTheGate, Desk, OverHttp
from tests.history.glass import Screen
from tests.history.hands import History, ingestor, moderator, sweeper
from tests.history.judge import Judgement
from tests.history.ordeal import FAULTS, Ordeal
from tests.server import serving
from wall.gate import Gate
from wall.intake import Intake
from wall.judge import Judge
from wall.ledger import Ledger
from wall.live import Wall
from wall.media.fetch import Fetcher
from wall.media.pool import DecodePool
from wall.media.store import MediaStore
from wall.settings import EventSettings, Settings, SourceSettings
from wall.spool import Spool
from wall.store.client import Store
from wall.web.auth import new_token

INGESTORS = 2
SCREENS = 2
SETTLED_S = 20
SETTINGS = Settings(
    event=EventSettings(name="x"),
    sources=(
        SourceSettings(name="fake", network="replay"),
        SourceSettings(name="strict", network="replay", four_eyes=True),
    ),
)


@asynccontextmanager
async def working(store: Store, folder: Path) -> AsyncIterator[None]:
    """The real worker; its posts have no pictures, its rules say nothing."""
    async with Fetcher() as fetcher, DecodePool() as pool, asyncio.TaskGroup() as tasks:
        intake = Intake(
            store=store,
            fetcher=fetcher,
            pool=pool,
            media=MediaStore(folder / "media"),
            spool=Spool(folder),
            judge=Judge(store, SETTINGS, rules=()),
        )
        running = tasks.create_task(intake.run())
        try:
            yield
        finally:
            running.cancel()


def desks_at(store: Store, *names: str) -> list[AtTheGate]:
    return [AtTheGate(Gate(store), Ledger(store), name) for name in names]


async def play(
    store: Store, history: History, desks: list[Desk], until: Callable[[], Awaitable[None]]
) -> None:
    """All hands work until `until` returns, then finish what they have begun; then the worker prepares the rest."""
    gate = Gate(store)
    history.is_over = False
    async with asyncio.TaskGroup() as tasks:
        for _ in range(INGESTORS):
            tasks.create_task(ingestor(history, gate))
        for desk in desks:
            tasks.create_task(moderator(history, desk))
        tasks.create_task(sweeper(history, *desks_at(store, "Head")))
        try:
            await until()
        finally:
            history.is_over = True
    claims, entries = await left_over(store, history)
    history.say(claims == 0, f"the worker left {claims} claims unprepared")
    history.say(entries == 0, f"the worker left {entries} entries in its stream that are done")


async def left_over(store: Store, history: History) -> tuple[int, int]:
    """What the worker has still not prepared after a while: (claims, entries of its stream)."""
    deadline = time.monotonic() + SETTLED_S
    while True:
        claims = await history.insist(lambda: store.redis.hlen(store.keys.inbox))
        entries = await history.insist(lambda: store.redis.xlen(store.keys.intake))
        if claims == entries == 0 or time.monotonic() > deadline:
            return claims, entries
        await asyncio.sleep(0.02)


async def healing(history: History, fault: str, store: Store, screens: list[Screen]) -> None:
    """From the end of a fault until every screen has what the store had then. Other faults may follow meanwhile."""
    began = time.perf_counter()
    _, seq = await history.insist(Wall(store).head)
    async with asyncio.timeout(SETTLED_S):
        while any((screen.seq or 0) < seq for screen in screens):
            await asyncio.sleep(0.005)
    history.healed_s.setdefault(fault, []).append(time.perf_counter() - began)


async def one_round(
    ordeal: Ordeal, folder: Path, seed: int, *, has_tablets: bool = True, calm_s: float = 0.5
) -> History:
    """What does not fit is in the history's violations; `figures` has what is worth publishing.

    With `has_tablets` two of the four moderators decide over HTTP. `calm_s` is how long they go on when the faults
    are over.
    """
    history = History(seed)
    event = f"h-{seed}-{uuid.uuid4().hex[:6]}"
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(
            Proxy(unix(ordeal.server.socket), at=folder / f"{event[-6:]}.sock")
        )
        url = f"unix://{folder}/{event[-6:]}.sock"
        store = await stack.enter_async_context(Store(url, event=event, name="hands"))
        web = await stack.enter_async_context(Store(url, event=event, name="web"))
        await store.ready()
        served = await stack.enter_async_context(serving(web, folder))
        web_line = await stack.enter_async_context(Proxy(tcp(int(served.url.rpartition(":")[2]))))
        address = f"http://127.0.0.1:{web_line.port}"
        client = await stack.enter_async_context(aiohttp.ClientSession())
        desks: list[Desk] = [*desks_at(store, "Anna", "Bo")]
        for name in ("Chen", "Dalia"):
            if has_tablets:
                token = await new_token(store, name=name, role="moderator")
                desks.append(OverHttp(client, address, name=name, token=token))
            else:
                desks += desks_at(store, name)
        screens = [Screen(address, f"hall-{n}") for n in range(SCREENS)]

        async def faults() -> None:
            async with asyncio.TaskGroup() as watches:
                for _ in range(FAULTS):
                    await asyncio.sleep(history.dice.uniform(0.2, 0.6))
                    fault = await ordeal.strike(store=line, web=web_line)
                    watches.create_task(healing(history, fault, store, screens))
                await asyncio.sleep(calm_s)

        async with asyncio.TaskGroup() as tasks:
            showing = [tasks.create_task(screen.run()) for screen in screens]
            async with working(store, folder):
                await play(store, history, desks, faults)
            _, seq = await Wall(store).head()
            async with asyncio.timeout(SETTLED_S):
                while any(screen.seq != seq for screen in screens):
                    await asyncio.sleep(0.02)
            await Judgement(store, history).pronounce(screens)
            for task in showing:
                task.cancel()
    history.latencies(screens, ordeal.times)
    return history
