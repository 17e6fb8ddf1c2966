"""The screens' side of the house under what goes wrong: doors, orders, doubts and crowds that come at a bad moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.door import Door
from display.events import Events
from display.fairness import Fairness
from display.hub import Screen
from display.known import Known
from display.orders import Orders
from display.passes import Passes
from display.roster import ScreenState
from display.tally import Tally
from tests.core.test_review_hub import Glass, joined, make_hub, until
from tests.display.test_hub import dial, hear, say
from tests.display.test_quiet import best
from tests.makers import Hands, post, settings_for
from tests.server import serving
from wall.gate import Ruling
from wall.live import Item, Op, Wall
from wall.model import PostId
from wall.settings import ScreenSettings
from wall.store.client import Store
from wall.web.room import Services
from wall.web.wire import Wire

# -- the door ---------------------------------------------------------------------------------------------------


class Strangers:
    """Nobody may be here."""

    is_needed = True

    async def several(self, _: object) -> dict[str, object]:
        return {}

    async def may_be(self, *_: object, **__: object) -> bool:
        return False


class Socket:
    def __init__(self, *, raises: Exception | None = None, then: Callable[[], object] = lambda: None) -> None:
        self.client = SimpleNamespace(host="192.0.2.7")
        self.raises = raises
        self.then = then
        self.closed: list[int] = []

    async def close(self, *, code: int, reason: str) -> None:  # a web socket's
        self.closed.append(code)
        self.then()
        if self.raises is not None:
            raise self.raises


def door_of(store: Store) -> Door:
    return Door(cast(Services, None), make_hub(store, Wall(store)), cast(Passes, Strangers()))


def guest(name: str) -> Screen:
    return Screen(cast(Wire, Glass()), ScreenState(id=name))


@asynccontextmanager
async def watched(door: Door, *guests: tuple[Screen, Socket]) -> AsyncIterator[None]:
    for screen, socket in guests:
        door._guarded[screen] = (cast(WebSocket, socket), "token")
    async with door.serve():
        yield


async def test_a_screen_that_goes_while_it_is_shown_out_does_not_take_the_server_along(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.door.LOOK_S", 0.01)
    door = door_of(store)
    first, second, third = (guest(name) for name in ("a", "b", "c"))
    sockets = [Socket(then=lambda: door.leave(second)), Socket(), Socket()]
    async with watched(door, *zip((first, second, third), sockets, strict=True)):
        await until(lambda: sockets[2].closed)
    assert not sockets[1].closed


async def test_a_line_that_breaks_at_the_goodbye_does_not_take_the_server_along(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.door.LOOK_S", 0.01)
    sockets = [Socket(raises=WebSocketDisconnect(1006)), Socket()]
    async with watched(door_of(store), *zip((guest("a"), guest("b")), sockets, strict=True)):
        await until(lambda: sockets[1].closed)


# -- orders -----------------------------------------------------------------------------------------------------


def dark(glass: Glass) -> bool:
    orders = glass.written.split(b'{"type":"orders"')[1:]
    return bool(orders) and b'"blank":true' in orders[-1]


async def test_a_screen_that_comes_while_orders_are_read_gets_the_new_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(store, Wall(store))
    orders = Orders(store, hub, settings_for(store))
    await orders.look()
    other = Orders(store, make_hub(store, Wall(store)), settings_for(store))
    await other.set("hall-a", blank=True)
    real = store.redis.hgetall
    glasses: list[Glass] = []

    async def slow(key: str) -> Any:
        found = await real(key)
        if not glasses:
            glasses.append((await joined(hub, "hall-a"))[0])
        return found

    monkeypatch.setattr(store.redis, "hgetall", slow)
    await orders.look()
    assert dark(glasses[0])


async def test_a_screen_that_did_not_read_gets_its_orders_when_it_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.orders.LOOK_S", 0.1)
    hub = make_hub(store, Wall(store))
    orders = Orders(store, hub, settings_for(store))
    async with hub.serve(), orders.serve():
        glass, screen = await joined(hub, "hall-a")
        glass.is_lagging = True
        await orders.set("hall-a", blank=True)
        assert not dark(glass)
        glass.drain()
        await until(lambda: dark(glass))
        assert screen in hub.screens()


# -- a store that takes no writes -------------------------------------------------------------------------------


async def test_a_screen_comes_in_although_nothing_can_be_written(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise ConnectionError("MISCONF no room")

    monkeypatch.setattr(Known, "came", full)
    async with (
        serving(store, data_dir) as served,
        served.client.ws_connect(f"{served.url}/ws/screen", headers={"origin": served.url}) as link,
    ):
        await link.send_str(json.dumps({"type": "hello", "screen": "hall-a"}))
        seen = [json.loads((await link.receive(timeout=5)).data)["type"] for _ in range(2)]
        assert seen == ["hello", "snapshot"]
        await link.send_str(json.dumps({"type": "resync"}))
        async with asyncio.timeout(5):
            while True:
                message = await link.receive()
                assert isinstance(message.data, str), "the screen was sent away"
                if json.loads(message.data)["type"] == "snapshot":
                    break


# -- what is kept ------------------------------------------------------------------------------------------------


def op(seq: int, kind: str = "add") -> Op:
    pid = PostId(f"p{seq}")
    item = Item(pid=pid, seq=seq, rev=1, is_pinned=False, content=b"{" + b" " * 1000 + b"}")
    return Op(seq=seq, op=kind, pid=pid, why="", item=item if kind == "add" else None)


def test_readers_who_come_back_from_everywhere_cost_no_memory() -> None:
    events = Events()
    events.begin(epoch="e", seq=0, is_panic=False)
    events.take_all(op(seq) for seq in range(1, 501))
    assert all(events.since(seq) for seq in range(500))
    assert sum(map(len, events._tails.values())) < 20_000_000


async def test_removals_are_not_counted_for_ever(store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir) as served:
        fairness = Fairness(served.services, make_hub(store, Wall(store)))
        await fairness.step()
        fairness.ops([op(seq, "del") for seq in range(1, 1000)], [])
        await fairness.step()
        assert not fairness._gone


async def test_a_list_of_photos_from_before_a_new_start_is_not_taken_for_this_one(store: Store) -> None:
    """Versions begin anew with a process, and every process counts its own."""
    hands = Hands(store)
    told: list[tuple[str, bytes]] = []
    for native_id in ("1", "2"):
        hub = make_hub(store, Wall(store))
        said = post(native_id, "Bonsoir")
        await hands.arrive(said, ruling=Ruling.APPROVE)
        tally = Tally(wall=Wall(store), hub=hub, hashtags=())
        hub._epoch, hub._seq = await Wall(store).head()
        async with tally.serve():
            await until(tally._is_read.is_set)
            request = SimpleNamespace(headers={})
            answer = await tally.photos(cast(Any, request))
            told.append((answer.headers["etag"], bytes(answer.body)))
        await hands.gate.withdraw(said.pid, why="withdrawn", by="test", source="")
    assert told[0][1] != told[1][1]
    assert told[0][0] != told[1][0]


async def test_a_screen_that_took_a_snapshot_hears_of_the_best_again(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.quiet.STEP_S", 0.1)
    monkeypatch.setattr("display.quiet.REPEAT_S", 0.5)
    said = post("1", "Bonsoir")
    async with serving(store, data_dir, screen=ScreenSettings(quiet_hours="00:00-23:59")) as served:
        await Hands(store).arrive(said, ruling=Ruling.APPROVE)
        async with dial(served) as link:
            await say(link, type="hello", screen="hall-a")
            await best(link, said.pid)
            await say(link, type="resync")
            await hear(link, "snapshot")
            await best(link, said.pid)
