"""The desk must never be left with stale cards: greetings, lost rings, stumbling stores, stalled tablets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from redis.exceptions import ConnectionError
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.makers import Hands, post
from tests.server import Served, serving
from tests.stack import ADMIN, free_port
from wall.gate import Ruling
from wall.ledger import Ledger, Record
from wall.model import PostId
from wall.secret import Secret
from wall.settings import EventSettings, Settings, WebSettings
from wall.store.client import Store
from wall.web.auth import new_token, revoke_token
from wall.web.serve import make_services, server_config

STALLED_S = 12


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


class Tablet:
    """A desk that is open: `cards` is what a moderator would see, by id."""

    def __init__(self) -> None:
        self.cards: dict[str, dict[str, Any]] = {}
        self.panic: bool | None = None
        self.queues = 0
        self.is_open = asyncio.Event()

    async def run(self, url: str, head: dict[str, str]) -> None:
        address = url.replace("http", "ws") + "/ws/desk"
        extra = {key: value for key, value in head.items() if key != "origin"}
        async with connect(
            address,
            origin=url,  # type: ignore[arg-type]  # websockets' own NewType
            additional_headers=extra,
            compression=None,
            max_size=None,
        ) as link:
            async for text in link:
                frame = json.loads(text)
                if frame["type"] == "queue":
                    self.cards = {card["id"]: card for card in frame["posts"]}
                    self.panic = frame["panic"]
                    self.queues += 1
                    self.is_open.set()
                elif frame["type"] == "card":
                    self.cards[frame["post"]["id"]] = frame["post"]
                elif frame["type"] == "panic":
                    self.panic = frame["on"]
                elif frame["type"] == "beat":
                    await link.send('{"type":"beat"}')


@asynccontextmanager
async def tablet(served: Served, head: dict[str, str] | None = None) -> AsyncIterator[Tablet]:
    one = Tablet()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(one.run(served.url, head or served.admin))
        try:
            async with asyncio.timeout(5):
                await one.is_open.wait()
            yield one
        finally:
            running.cancel()


async def until(found: Callable[[], Any], *, within_s: float = 5) -> Any:
    async with asyncio.timeout(within_s):
        while not (value := found()):
            await asyncio.sleep(0.01)
        return value


# -- what a greeting and a pull may miss --------------------------------------------------------------------------


class SlowLedger(Ledger):
    """Stops, once, in `counts` (the middle of a greeting); stumbles, once, in `records`."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.arrived = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.stumbles = False

    async def counts(self) -> dict[str, int]:
        self.arrived.set()
        await self.go_on.wait()
        return await super().counts()

    async def records(self, pids: Iterable[PostId]) -> list[Record]:
        if self.stumbles:
            self.stumbles = False
            raise ConnectionError("the store went away")
        return await super().records(pids)


@asynccontextmanager
async def serving_with(store: Store, data_dir: Path, ledger: Ledger) -> AsyncIterator[Served]:
    """The product's server with this ledger."""
    port = free_port()
    settings = Settings(
        event=EventSettings(name="x", slug=store.keys.base[3:-1]),
        web=WebSettings(port=port, admin_token=Secret(ADMIN)),
        data_dir=data_dir,
    )
    services = msgspec.structs.replace(make_services(settings, store), ledger=ledger)
    server = uvicorn.Server(server_config(services))
    server.config.load()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server._serve())
        await until(lambda: server.started)
        try:
            yield Served(services, None, f"http://127.0.0.1:{port}")  # type: ignore[arg-type]  # sockets only
        finally:
            server.should_exit = True
            await running


@pytest.mark.parametrize("is_somebody_there", [False, True])
async def test_what_arrives_during_a_greeting_is_not_missed(
    store: Store, data_dir: Path, hands: Hands, is_somebody_there: bool
) -> None:
    ledger = SlowLedger(store)
    async with serving_with(store, data_dir, ledger) as served, asyncio.TaskGroup() as tasks:
        first, second = Tablet(), Tablet()
        running = []
        if is_somebody_there:
            running.append(tasks.create_task(first.run(served.url, served.admin)))
            await until(first.is_open.is_set)
        ledger.arrived.clear()
        ledger.go_on.clear()
        running.append(tasks.create_task(second.run(served.url, served.admin)))
        await until(ledger.arrived.is_set)  # it has read the lists
        await hands.arrive(post())
        await asyncio.sleep(0.2)  # the ring is heard meanwhile
        ledger.go_on.set()
        try:
            await until(lambda: post().pid in second.cards)
        finally:
            for task in running:
                task.cancel()


async def test_a_store_that_stumbles_costs_no_card(store: Store, data_dir: Path, hands: Hands) -> None:
    ledger = SlowLedger(store)
    async with serving_with(store, data_dir, ledger) as served, tablet(served) as one:
        ledger.stumbles = True
        await hands.arrive(post())
        await until(lambda: post().pid in one.cards)


class _Deaf:
    """Keys whose doorbell rings in another house."""

    def __init__(self, store: Store) -> None:
        self._keys = store.keys
        self.tick = "nobody"
        self.desk_tick = "nobody"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


def deafened(store: Store) -> Hands:
    quiet = Hands(store)
    quiet.gate._keys = _Deaf(store)  # type: ignore[assignment]  # every ring of these hands is lost
    return quiet


async def test_a_lost_ring_costs_the_desk_two_seconds_like_the_screens(served: Served, store: Store) -> None:
    async with tablet(served) as one:
        await deafened(store).arrive(post())
        await until(lambda: post().pid in one.cards, within_s=4)


async def test_more_changes_than_one_look_takes_all_arrive(served: Served, store: Store) -> None:
    """One suspended author, one minute without the store: hundreds of changes behind one ring."""
    async with tablet(served) as one:
        quiet = deafened(store)
        for n in range(300):
            await quiet.arrive(post(str(n)))
        await store.redis.publish(store.keys.desk_tick, 600)
        await until(lambda: len(one.cards) >= 200)
        await until(lambda: len(one.cards) == 300)


async def test_a_store_that_was_emptied_does_not_leave_the_desk_deaf(
    served: Served, store: Store, hands: Hands
) -> None:
    for n in range(4):
        await hands.arrive(post(str(n)))
    async with tablet(served) as one:
        redis: Any = store.redis
        for key in await redis.keys(f"{store.keys.base}:*"):
            await redis.delete(key)
        await store.ready()
        await hands.arrive(post("new"))
        await until(lambda: post("new").pid in one.cards)


# -- what a desk is told ------------------------------------------------------------------------------------------


async def test_a_desk_opened_during_a_panic_shows_the_panic(served: Served, hands: Hands) -> None:
    """What the last desk was told before it closed must not be told to the next one."""
    async with tablet(served):
        await hands.arrive(post())
        await asyncio.sleep(0.3)  # the pull tells: no panic
    await asyncio.sleep(0.1)
    await hands.gate.panic(on=True, by="Anna")
    async with tablet(served) as one:
        await asyncio.sleep(0.3)  # everything it is greeted with
        assert one.panic is True


async def test_a_post_of_a_newer_parvis_does_not_blind_the_desk(
    served: Served, store: Store, hands: Hands
) -> None:
    """Two machines, mixed versions: an unknown state means not shown, not a desk that hears nothing more."""
    await hands.arrive(post("strange"))
    await store.redis.hset(store.keys.post(post("strange").pid), "state", "escalated")
    await hands.arrive(post("usual"))
    status, body = await served.get("/api/v1/posts?state=queued", headers=served.admin)
    assert (status, [card["id"] for card in body["posts"]]) == (200, [post("usual").pid])
    async with tablet(served) as one:
        await hands.arrive(post("next"))
        await until(lambda: post("next").pid in one.cards)


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("at", b"x"),
        ("at", b"9" * 30),
        ("rev", b"x"),
        ("arrived", b"\xff"),
        ("reasons", b"{"),
        ("content", b"x"),
    ],
)
async def test_a_damaged_post_does_not_blind_the_desk(
    served: Served, store: Store, hands: Hands, field: str, damage: bytes
) -> None:
    async with tablet(served) as one:
        await deafened(store).arrive(post("damaged"))
        await store.redis.hset(store.keys.post(post("damaged").pid), field, damage)
        await hands.arrive(post("usual"))
        await until(lambda: post("usual").pid in one.cards)
    status, body = await served.get("/api/v1/posts?state=queued", headers=served.admin)
    assert status == 200
    assert post("usual").pid in [card["id"] for card in body["posts"]]


async def test_a_revoked_token_loses_its_desk(served: Served, store: Store) -> None:
    token = await new_token(store, "tablet", role="moderator")
    async with asyncio.TaskGroup() as tasks:
        one = Tablet()
        running = tasks.create_task(_quietly(one.run(served.url, {"authorization": f"Bearer {token}"})))
        await until(one.is_open.is_set)
        (row,) = await store.redis.hkeys(store.keys.tokens)
        assert await revoke_token(store, row.decode())
        try:
            await until(running.done, within_s=4)
        finally:
            running.cancel()


async def _quietly(running: Any) -> None:
    with suppress(WebSocketException, OSError):  # however the socket ends, it has ended
        await running


# -- stalled tablets ----------------------------------------------------------------------------------------------


def stalled_desk(served: Served) -> socket.socket:
    """A desk that shakes hands and then never reads."""
    host, port = served.url.removeprefix("http://").split(":")
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect((host, int(port)))
    link.sendall(
        f"GET /ws/desk HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {served.url}\r\nUpgrade: websocket\r\n"
        f"Authorization: {served.admin['authorization']}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    return link


def _is_cut(link: socket.socket) -> bool:
    """Whether the other side has dropped the connection: writing to it fails."""
    try:
        link.send(b"\x89\x80\0\0\0\0")  # an empty ping
    except OSError:
        return True
    return False


async def test_a_tablet_that_does_not_read_is_cut(served: Served, hands: Hands) -> None:
    link = stalled_desk(served)
    try:
        await asyncio.sleep(0.3)
        for n in range(150):
            await hands.arrive(post(str(n), "x" * 50_000), ruling=Ruling.HOLD)
        await until(lambda: _is_cut(link), within_s=STALLED_S)
    finally:
        link.close()


@pytest.mark.slow
async def test_a_tablet_on_a_slow_line_gets_its_queue_once(served: Served, hands: Hands) -> None:
    """It missed nothing while it read: greeting it again and again would never end."""
    for n in range(200):
        await hands.arrive(post(str(n), "x" * 20_000))
    link = stalled_desk(served)
    link.setblocking(False)
    read, quiet = bytearray(), 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(20):
            while quiet < 3:
                try:
                    async with asyncio.timeout(0.5):
                        read += await loop.sock_recv(link, 16_384)
                        quiet = 0
                except TimeoutError:
                    quiet += 1
                if len(read) < 4_000_000:
                    await asyncio.sleep(0.01)  # about 1.6 MB a second
        assert read.count(b'"type":"queue"') == 1
    finally:
        link.close()
