"""The hub under what goes wrong: damaged items, a store that stumbles, screens that lag while its epoch changes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from display.hub import Hub, Screen
from display.roster import Roster, ScreenState
from tests.makers import Hands, post
from tests.screenkit import GlasslessScreen
from tests.server import Served, serving
from tests.stack import ADMIN, SETTINGS, free_port
from wall.gate import Ruling, Verdict
from wall.live import Snapshot, Wall
from wall.store.client import Store, StoreUnfit
from wall.web.health import Metrics
from wall.web.wire import Wire


class Glass:
    """A socket without a network: it remembers what was written to it."""

    def __init__(self) -> None:
        self.written = b""
        self.is_lagging = False
        self.is_cut = False
        self.on_drained: Callable[[], None] | None = None

    def put(self, frame: bytes) -> None:
        self.written += frame

    def cut(self) -> None:
        self.is_cut = True

    @property
    def snapshots(self) -> int:
        return self.written.count(b'"type":"snapshot"')

    def drain(self) -> None:
        self.is_lagging = False
        if self.on_drained is not None:
            self.on_drained()


class StumblingWall(Wall):
    """Its store goes away for the length of one call: the `n`th snapshot from now."""

    n = 0

    async def snapshot(self, limit: int = 60) -> Snapshot:
        self.n -= 1
        if self.n == 0:
            raise ConnectionError("the store went away")
        return await super().snapshot(limit)


def make_hub(store: Store, wall: Wall) -> Hub:
    return Hub(store=store, wall=wall, roster=Roster(web="w"), metrics=Metrics(), build="b")


async def joined(hub: Hub, name: str) -> tuple[Glass, Screen]:
    glass = Glass()
    screen = Screen(cast(Wire, glass), ScreenState(id=name))
    await hub.join(screen, epoch=None, seq=None)
    return glass, screen


async def until(found: Callable[[], Any], *, within_s: float = 5) -> Any:
    async with asyncio.timeout(within_s):
        while not (value := found()):
            await asyncio.sleep(0.01)
        return value


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


def dial(served: Served) -> Any:
    return connect(served.url.replace("http", "ws") + "/ws/screen", origin=served.url, compression=None)  # type: ignore[arg-type]  # websockets' own NewType


async def say(link: ClientConnection, **frame: Any) -> None:
    await link.send(json.dumps(frame))


async def hear(link: ClientConnection, kind: str, *, within_s: float = 5) -> dict[str, Any]:
    async with asyncio.timeout(within_s):
        while True:
            frame: dict[str, Any] = json.loads(await link.recv())
            if frame["type"] == kind:
                return frame


# -- a damaged item, a damaged entry ------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"garbage", b"", b"x 0 y {}", b"1 0 \xff\xfe {}"])
async def test_a_damaged_item_is_left_out_and_the_rest_of_the_wall_is_shown(
    served: Served, hands: Hands, damage: bytes
) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    await hands.arrive(post("2"), ruling=Ruling.APPROVE)
    await hands.store.redis.hset(hands.store.keys.items, post("1").pid, damage)
    status, body = await served.get("/api/v1/wall")
    assert (status, [item["id"] for item in body["items"]]) == (200, [post("2").pid])
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        assert [item["id"] for item in (await hear(link, "snapshot"))["items"]] == [post("2").pid]


async def test_a_damaged_item_does_not_end_what_other_screens_hear(store: Store, hands: Hands) -> None:
    hub = make_hub(store, hands.wall)
    async with hub.serve():
        glass, _ = await joined(hub, "hall-a")
        quiet = Hands(store)
        quiet.gate._keys = _Deaf(store)  # type: ignore[assignment]  # nobody rings before the damage is done
        await quiet.arrive(post("1"), ruling=Ruling.APPROVE)
        await store.redis.hset(store.keys.items, post("1").pid, b"garbage")
        await hands.arrive(post("2"), ruling=Ruling.APPROVE)
        await until(lambda: post("2").pid.encode() in glass.written)


class _Deaf:
    """Keys whose doorbell rings in another house."""

    def __init__(self, store: Store) -> None:
        self._keys = store.keys
        self.tick = "nobody"
        self.desk_tick = "nobody"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


@contextmanager
def web_process(store_url: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`parvis web` on somebody else's store."""
    config = folder / "parvis.toml"
    config.write_text(SETTINGS.format(mode="pre", sources=f'[redis]\nurl = "{store_url}"'), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "wall.cli.main", "web", "--config", str(config), "--port", str(port)],
        env={**os.environ, "PARVIS_ADMIN_TOKEN": ADMIN, "PARVIS_DATA": str(folder / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


async def test_a_web_process_whose_hub_has_died_does_not_go_on_as_if_nothing_were(
    store_url: str, tmp_path: Path
) -> None:
    """Either screens still hear what happens, or the process ends and its supervisor starts another."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with Store(store_url, event="la-nuit-des-lumieres", name="test") as store:
        await store.ready()
        hands = Hands(store)
        with web_process(store_url, tmp_path, port) as process:
            screen = GlasslessScreen(url, "hall-a")
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(screen.run())
                await until(lambda: screen.snapshots, within_s=15)
                seq = await store.redis.hincrby(store.keys.meta, "seq")
                await store.redis.xadd(store.keys.log, {"nonsense": "x"}, id=f"{seq}-0")
                await store.redis.publish(store.keys.tick, seq)
                await asyncio.sleep(0.5)
                await hands.arrive(post(), ruling=Ruling.APPROVE)
                try:
                    await until(lambda: post().pid in screen.items or process.poll() is not None, within_s=6)
                finally:
                    running.cancel()


# -- a store that stumbles, an epoch that changes -----------------------------------------------------------------


async def test_a_store_that_stumbles_while_its_epoch_changes_leaves_no_screen_behind(
    store: Store,
) -> None:
    wall = StumblingWall(store)
    hub = make_hub(store, wall)
    async with hub.serve():
        screens = [await joined(hub, f"hall-{n}") for n in range(3)]
        wall.n = 2
        await store.redis.hset(store.keys.meta, "epoch", "another")
        await until(lambda: all(glass.snapshots == 2 for glass, _ in screens), within_s=8)


async def test_a_screen_that_lags_while_the_epoch_changes_gets_its_snapshot_afterwards(
    store: Store, hands: Hands
) -> None:
    for n in range(3):
        await hands.arrive(post(str(n)), ruling=Ruling.APPROVE)
    hub = make_hub(store, hands.wall)
    async with hub.serve():
        glass, _ = await joined(hub, "hall-a")
        other, _ = await joined(hub, "hall-b")
        glass.is_lagging = True
        await _forget_everything(store)
        await hands.arrive(post("new"), ruling=Ruling.APPROVE)
        await until(lambda: other.snapshots == 2)
        glass.drain()
        await until(lambda: glass.snapshots == 2)


async def test_a_screen_that_was_behind_is_not_forgotten_when_the_store_stumbles(
    store: Store, hands: Hands
) -> None:
    wall = StumblingWall(store)
    hub = make_hub(store, wall)
    async with hub.serve():
        glass, screen = await joined(hub, "hall-a")
        glass.is_lagging = True
        await store.redis.hincrby(store.keys.meta, "seq", 600)  # the log no longer reaches back so far
        await hands.arrive(post(), ruling=Ruling.APPROVE)
        await until(lambda: hub._seq == 601)
        wall.n = 1
        glass.drain()
        await until(lambda: screen.seq == 601, within_s=6)


async def test_a_store_that_came_back_without_its_last_second_is_read_again(
    store: Store, hands: Hands
) -> None:
    """An external store with `everysec` may lose a second. What was approved in it must leave the screens."""
    await hands.arrive(post("kept"), ruling=Ruling.APPROVE)
    await hands.arrive(post("lost"))
    await hands.arrive(post("after"))
    redis: Any = store.redis
    saved = {key: await redis.dump(key) for key in await redis.keys(f"{store.keys.base}:*")}
    hub = make_hub(store, hands.wall)
    async with hub.serve():
        await hands.decide(post("lost"), Verdict.APPROVE)
        glass, _ = await joined(hub, "hall-a")
        assert post("lost").pid.encode() in glass.written
        for key in await redis.keys(f"{store.keys.base}:*"):
            await redis.delete(key)
        for key, value in saved.items():
            await redis.restore(key, 0, value)
        await hands.decide(post("after"), Verdict.APPROVE)
        await redis.client_kill_filter(_type="pubsub")  # as a server that restarts does
        await until(lambda: glass.snapshots == 2, within_s=6)
        newcomer, _ = await joined(hub, "hall-b")
        assert post("lost").pid.encode() not in newcomer.written


async def test_a_receipt_of_before_the_store_was_lost_proves_nothing_after_it(
    served: Served, hands: Hands, store: Store
) -> None:
    for n in range(5):
        await hands.arrive(post(str(n)), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await hear(link, "snapshot")
        await say(link, type="painted", seq=5, ids=[])
        await _forget_everything(store)
        await hands.arrive(post("new"), ruling=Ruling.APPROVE)
        await hear(link, "snapshot")
        await hands.decide(post("new"), Verdict.WITHDRAW)
        await hear(link, "op")
        _, body = await served.get("/api/v1/screens", headers=served.admin)
        assert body["off"][post("new").pid]["confirmed"] == 0


async def _forget_everything(store: Store) -> None:
    """As an administrator's FLUSHALL and a restart of Parvis do."""
    redis: Any = store.redis
    for key in await redis.keys(f"{store.keys.base}:*"):
        await redis.delete(key)
    await store.ready()


async def test_a_store_user_who_may_not_listen_is_named_at_the_start(store_url: str, store: Store) -> None:
    """Redis 7 gives a new user no channels: the hub would die in silence, screens would starve."""
    redis: Any = store.redis
    await redis.execute_command("ACL", "SETUSER", "deaf", "on", ">pw", "~*", "+@all", "resetchannels")
    deaf = store_url.replace("unix://", "unix://deaf:pw@")
    async with Store(deaf, event="deaf", name="deaf") as user:
        with pytest.raises(StoreUnfit, match="channel"):
            await user.ready()


# -- receipts -----------------------------------------------------------------------------------------------------


async def test_two_displays_with_one_name_are_off_only_when_both_have_painted(
    served: Served, hands: Hands
) -> None:
    """Two displays that both opened /screen are both called "main"."""
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    async with dial(served) as one, dial(served) as two:
        for link in (one, two):
            await say(link, type="hello", screen="main")
            await hear(link, "snapshot")
        await hands.decide(post(), Verdict.WITHDRAW)
        for link in (one, two):
            await hear(link, "op")
        await say(one, type="painted", seq=2, ids=[])
        await say(one, type="beat", seq=2)
        async with asyncio.timeout(5):
            while True:
                _, body = await served.get("/api/v1/screens", headers=served.admin)
                if any(screen["applied_seq"] == 2 for screen in body["screens"]):
                    break
                await asyncio.sleep(0.02)
        receipt = body["off"][post().pid]
        assert receipt["confirmed"] < receipt["of"]


def test_the_roster_is_bounded() -> None:
    """Anybody in the hall may open a screen under any name; each name used to stay for an hour."""
    roster = Roster(web="w")
    for n in range(5000):
        roster.touch(ScreenState(id=f"s{n}", connected=False))
    assert len(roster.report()) < 200_000
    assert len(roster.screens()) <= 1000


async def test_a_screens_name_has_no_line_break(served: Served) -> None:
    assert (await served.get("/screen/main%0a"))[0] == 404
    assert (await served.get("/kiosk/main%0a"))[0] == 404
    async with dial(served) as link:
        await say(link, type="hello", screen="main\n")
        with pytest.raises(ConnectionClosed):
            await link.recv()
