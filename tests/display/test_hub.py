"""Screens over real sockets: hello, snapshot, operations, receipts, gaps, stalls, lost hints."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.makers import Hands, post
from tests.screenkit import GlasslessScreen
from tests.server import Served, serving
from wall.gate import Ruling, Verdict
from wall.store.client import Store


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


def dial(served: Served, *, origin: str | None = None, path: str = "/ws/screen") -> Any:
    return connect(served.url.replace("http", "ws") + path, origin=origin or served.url, compression=None)  # type: ignore[arg-type]


async def say(link: ClientConnection, **frame: Any) -> None:
    await link.send(json.dumps(frame))


async def hear(link: ClientConnection, kind: str, *, within_s: float = 5) -> dict[str, Any]:
    """The next frame of this type; others are passed over."""
    async with asyncio.timeout(within_s):
        while True:
            frame: dict[str, Any] = json.loads(await link.recv())
            if frame["type"] == kind:
                return frame


async def until(found: Callable[[], Any], *, within_s: float = 5) -> Any:
    async with asyncio.timeout(within_s):
        while not (value := found()):
            await asyncio.sleep(0.01)
        return value


async def test_hello_snapshot_and_then_operations(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1", "déjà là"), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a", epoch=None, seq=None, size="1920x1080", build="x")
        hello = await hear(link, "hello")
        snapshot = await hear(link, "snapshot")
        assert hello["seq"] in (0, 1)  # how far this process has come, which may be a doorbell behind
        assert (snapshot["seq"], snapshot["panic"]) == (1, False)
        assert snapshot["items"][0]["spans"] == [{"text": "déjà là"}]
        await hands.arrive(post("2", "nouveau"), ruling=Ruling.APPROVE)
        op = await hear(link, "op")
        assert (op["seq"], op["op"], op["item"]["id"], op["item"]["rev"]) == (2, "add", post("2").pid, 1)
        await hands.decide(post("1"), Verdict.WITHDRAW)
        op = await hear(link, "op")
        assert (op["seq"], op["op"], op["id"], op["why"]) == (3, "del", post("1").pid, "withdrawn")


async def test_a_screen_that_comes_back_gets_what_it_missed_and_no_more(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    await hands.arrive(post("2"), ruling=Ruling.APPROVE)
    epoch, _ = await hands.wall.head()
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a", epoch=epoch, seq=1)
        await hear(link, "hello")
        op = json.loads(await link.recv())
        assert (op["type"], op["seq"]) == ("op", 2)


@pytest.mark.parametrize("known", [{"epoch": "other", "seq": 1}, {"epoch": None, "seq": None}, {"seq": 99}])
async def test_a_screen_that_knows_nothing_useful_gets_a_snapshot(
    served: Served, hands: Hands, known: dict[str, Any]
) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    epoch, _ = await hands.wall.head()
    async with dial(served) as link:
        await say(link, **{"type": "hello", "screen": "hall-a", "epoch": epoch, **known})
        assert (await hear(link, "snapshot"))["seq"] == 1


async def test_a_gap_seen_by_the_screen_is_answered_with_a_snapshot(served: Served, hands: Hands) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await hear(link, "snapshot")
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        await hear(link, "op")
        await say(link, type="resync")
        assert len((await hear(link, "snapshot"))["items"]) == 1


async def test_panic_reaches_the_screen(served: Served, hands: Hands) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await hear(link, "snapshot")
        await hands.gate.panic(on=True, by="Anna")
        op = await hear(link, "op")
        assert (op["op"], op["on"]) == ("panic", True)
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        assert (await hear(link, "snapshot"))["panic"] is True
    status, wall = await served.get("/api/v1/wall")
    assert (status, wall["panic"], wall["items"]) == (200, True, [])


async def test_the_receipt_counts_screens_that_have_painted_the_removal(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    async with dial(served) as one, dial(served) as two:
        for link, name in ((one, "hall-a"), (two, "hall-b")):
            await say(link, type="hello", screen=name)
            await hear(link, "snapshot")
        await hands.decide(post("1"), Verdict.WITHDRAW)
        for link in (one, two):
            await hear(link, "op")
        assert (await _off(served))[post("1").pid] == {
            "confirmed": 0,
            "of": 2,
            "missing": ["hall-a", "hall-b"],
        }
        await say(one, type="painted", seq=2, ids=[])
        await _confirmed(served, post("1").pid, 1)
        await say(two, type="painted", seq=2, ids=[])
        await _confirmed(served, post("1").pid, 2)


async def test_a_screen_cannot_confirm_what_it_was_never_sent(served: Served) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="liar")
        await hear(link, "snapshot")
        await say(link, type="painted", seq=999, ids=[])
        await hear(link, "beat", within_s=8)
        _, body = await served.get("/api/v1/screens", headers=served.admin)
        assert [s["applied_seq"] for s in body["screens"]] == [0]


async def _off(served: Served) -> dict[str, Any]:
    status, body = await served.get("/api/v1/screens", headers=served.admin)
    assert status == 200
    return dict(body["off"])


async def _confirmed(served: Served, pid: str, number: int) -> None:
    async with asyncio.timeout(5):
        while (await _off(served))[pid]["confirmed"] != number:
            await asyncio.sleep(0.02)


async def test_a_lost_hint_costs_two_seconds(served: Served, hands: Hands, store: Store) -> None:
    screen = GlasslessScreen(served.url, "hall-a")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(screen.run())
        await until(lambda: screen.snapshots)
        quiet = Hands(store)
        quiet.gate._keys = _Deaf(store)  # type: ignore[assignment]
        await quiet.arrive(post("1"), ruling=Ruling.APPROVE)
        await until(lambda: screen.items, within_s=4)
        running.cancel()


class _Deaf:
    """Keys whose doorbell rings in another house."""

    def __init__(self, store: Store) -> None:
        self._keys = store.keys
        self.tick = "nobody"
        self.desk_tick = "nobody"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


async def test_a_screen_that_does_not_read_is_cut_and_the_others_do_not_wait(
    served: Served, hands: Hands
) -> None:
    screen = GlasslessScreen(served.url, "reader")
    host, port = served.url.removeprefix("http://").split(":")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(screen.run())
        await until(lambda: screen.snapshots)
        stalled = socket.create_connection((host, int(port)))
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.sendall(
            f"GET /ws/screen HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {served.url}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        await asyncio.to_thread(stalled.recv, 64)  # the upgrade has been answered
        stalled.sendall(_masked(b'{"type":"hello","screen":"stalled"}'))
        await until(lambda: _connected(served) == 2)
        for n in range(900):  # each 5 kB: more than the kernel and our high-water mark will hold
            await hands.arrive(post(str(n), "x" * 5000), ruling=Ruling.APPROVE)
        await until(lambda: screen.seq == 900)
        await until(lambda: _connected(served) == 1, within_s=10)
        assert screen.gaps == 0
        stalled.close()
        running.cancel()


def _connected(served: Served) -> int:
    return int(served.services.metrics.screens._value.get())


def _masked(payload: bytes) -> bytes:
    return b"\x81" + bytes((0x80 | len(payload),)) + b"\0\0\0\0" + payload


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_is_refused_before_the_upgrade(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with dial(served, origin=origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00binary", 1003),
        ("x" * 65537, 1009),
        ("not json", 1008),
        ('{"type":"painted","seq":1}', 1008),
        ('{"type":"hello","screen":"../etc"}', 1008),
        ('{"type":"hello","screen":"a","seq":-1}', 1008),
    ],
)
async def test_a_bad_first_frame_closes_the_socket(served: Served, frame: str | bytes, code: int) -> None:
    async with dial(served) as link:
        await link.send(frame)
        await _closed(link)
        assert link.close_code == code


async def test_a_chatterbox_is_cut(served: Served) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="chatty")
        with suppress(ConnectionClosed):
            for _ in range(200):
                await say(link, type="beat", seq=0)
        await _closed(link)


async def _closed(link: ClientConnection, *, within_s: float = 5) -> None:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(within_s):
            while True:
                await link.recv()
    assert link.close_code is not None


async def test_a_command_reaches_the_screen_it_is_for(served: Served) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await hear(link, "snapshot")
        status, _ = await served.post(
            "/api/v1/screens/hall-a/command", json={"command": "identify"}, headers=served.admin
        )
        assert status == 202
        assert (await hear(link, "command"))["command"] == "identify"
    for path, body, wanted in (
        ("nobody", {"command": "identify"}, 404),
        ("hall-a", {"command": "explode"}, 400),
    ):
        status, _ = await served.post(f"/api/v1/screens/{path}/command", json=body, headers=served.admin)
        assert status == wanted
