"""The screens' desk over the real server: who is told of what, and orders that reach a screen and stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from display.known import Known, KnownScreen
from tests.browser.hall import until
from tests.server import Served, serving
from wall.store.client import Store
from wall.web.auth import COOKIE


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@asynccontextmanager
async def opened(served: Served, name: str) -> AsyncIterator[ClientConnection]:
    address = served.url.replace("http", "ws") + "/ws/screen"
    async with connect(address, origin=served.url) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "screen": name, "size": "1920x1080", "build": "t"}))
        await until(lambda: is_here(served, name))
        yield socket


async def is_here(served: Served, name: str) -> bool:
    _, body = await served.get("/api/v1/screens", headers=served.admin)
    return any(row["id"] == name and row["connected"] for row in body["screens"])


async def frames_of(served: Served, path: str, kind: str, *, within_s: float = 12) -> AsyncIterator[Any]:
    """The frames of one type that a signed-in desk is sent, until its patience ends."""
    head = await served.sign_in()
    session = head["cookie"].removeprefix(f"{COOKIE}=")
    async with (
        asyncio.timeout(within_s),
        connect(
            served.url.replace("http", "ws") + path,
            origin=served.url,  # type: ignore[arg-type]
            additional_headers={"cookie": f"{COOKIE}={session}"},
        ) as socket,
    ):
        async for raw in socket:
            frame = json.loads(raw)
            if frame["type"] == kind:
                yield frame


async def test_every_desk_hears_of_a_silent_screen_within_ten_seconds_and_of_its_return(
    served: Served,
) -> None:
    loop = asyncio.get_running_loop()
    alerts = frames_of(served, "/ws/desk", "screen-alerts", within_s=20)
    async with opened(served, "hall-a") as socket:
        await socket.send(json.dumps({"type": "beat", "seq": 0, "frames": 1}))
        at = loop.time()
        async for frame in alerts:
            if frame["alerts"]:
                break
        assert [(one["screen"], one["kind"]) for one in frame["alerts"]] == [("hall-a", "silent")]
        assert loop.time() - at < 10
        _, metrics = await served.get("/metrics")
        assert b'parvis_screen_alerts{kind="silent"} 1.0' in metrics
        await socket.send(json.dumps({"type": "beat", "seq": 0, "frames": 2}))
        assert (await anext(alerts))["alerts"] == []


async def test_the_page_of_screens_is_told_how_each_is(served: Served, store: Store) -> None:
    await Known(store).name("hall-b", "Salle B")  # it was here before
    async with opened(served, "hall-a") as socket:
        view = [{"id": "a" * 26, "x": 10, "y": 20, "w": 300, "h": 400, "paper": "rgb(1, 2, 3)"}]
        beat = {"type": "beat", "frames": 1, "heap_mb": 12.34, "layout": "bento", "view": view, "spool": 3}
        await socket.send(json.dumps(beat))
        async for frame in frames_of(served, "/ws/screens", "screens"):
            here = {row["id"]: row for row in frame["screens"]}
            if here.get("hall-a", {}).get("health"):
                break
        health = here["hall-a"]["health"]
        assert (health["layout"], health["spool"], health["view"][0]["h"]) == ("bento", 3, 400)
        assert here["hall-a"]["heaps"] == [12.3]
        assert (here["hall-b"]["title"], here["hall-b"]["connected"]) == ("Salle B", False)
        assert here["hall-a"]["order"] == {"blank": False, "programme": "", "theme": ""}
        assert {"night", "day"} <= set(frame["themes"])
        # a desk that does not draw them is not told all this each second
        async for frame in frames_of(served, "/ws/desk", "screens"):
            assert frame["screens"][0]["health"] is None
            break


async def command(served: Served, screen_id: str, word: str, name: str = "") -> tuple[int, Any]:
    body = {"command": word, "name": name}
    return await served.post(f"/api/v1/screens/{screen_id}/command", json=body, headers=served.admin)


async def orders_of(socket: ClientConnection, is_wanted: Any) -> Any:
    async with asyncio.timeout(5):
        async for raw in socket:
            frame = json.loads(raw)
            if frame["type"] == "orders" and is_wanted(frame):
                return frame
    raise AssertionError("the line was closed")


async def test_dark_stays_dark_over_a_reload_and_reaches_a_screen_that_is_away(served: Served) -> None:
    async with opened(served, "hall-a") as socket:
        assert (await command(served, "hall-a", "blank"))[0] == 202
        await orders_of(socket, lambda orders: orders["blank"])
    async with opened(served, "hall-a") as socket:
        assert (await orders_of(socket, lambda _: True))["blank"] is True
    assert (await command(served, "hall-a", "unblank"))[0] == 202  # while it is away
    async with opened(served, "hall-a") as socket:
        assert (await orders_of(socket, lambda _: True))["blank"] is False


async def test_orders_name_what_there_is(served: Served) -> None:
    async with opened(served, "hall-a") as socket:
        assert (await command(served, "hall-a", "theme", "day"))[0] == 202
        assert (await orders_of(socket, lambda orders: orders["theme"]["mode"] == "day"))["theme"][
            "name"
        ] == "day"
        status, body = await command(served, "hall-a", "theme", "rainbow")
        assert (status, body["error"]["field"]) == (400, "name")
        assert (await command(served, "hall-a", "programme", "no such"))[0] == 400
        assert (await command(served, "hall-a", "explode"))[0] == 400
        assert (await command(served, "hall-z", "blank"))[0] == 404
        assert (await command(served, "hall-a", "next"))[0] == 202


async def test_a_name_stays_and_a_forgotten_screen_is_gone(served: Served, store: Store) -> None:
    async def listed() -> list[str]:
        _, body = await served.get("/api/v1/screens", headers=served.admin)
        return [row["id"] for row in body["screens"]]

    async def change(method: str, body: Any = None) -> int:
        address = f"{served.url}/api/v1/screens/hall-a"
        async with served.client.request(method, address, json=body, headers=served.admin) as reply:
            return reply.status

    async with opened(served, "hall-a"):
        assert await change("PATCH", {"title": "  Hall  d’entrée "}) == 200
        assert await change("DELETE") == 409  # it is connected
    await command(served, "hall-a", "blank")
    found = await until(lambda: Known(store).get("hall-a"))
    assert isinstance(found, KnownScreen)
    assert (found.title, found.size, found.address) == ("Hall d’entrée", "1920x1080", "127.0.0.1")
    assert await change("DELETE") == 200
    assert await Known(store).get("hall-a") is None

    async def is_gone() -> bool:
        return "hall-a" not in await listed()

    await until(is_gone)
    assert await store.redis.hget(store.keys.screen_orders, "hall-a") is None
    assert await change("DELETE") == 404


async def test_only_moderators_order_and_only_the_desk_looks(served: Served) -> None:
    async with opened(served, "hall-a"):
        for method, path in (("POST", "/command"), ("PATCH", ""), ("DELETE", ""), ("DELETE", "/pairing")):
            address = f"{served.url}/api/v1/screens/hall-a{path}"
            async with served.client.request(method, address, json={"command": "blank"}) as reply:
                assert reply.status == 401
    status, body = await served.get("/desk/screens")
    assert (status, b'id="signin"' in body, b'id="wall"' in body) == (200, True, False)


async def test_a_desk_of_another_process_is_told_as_soon(
    served: Served, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir(mode=0o700)
    async with serving(store, folder) as other, opened(served, "hall-a") as socket:
        await socket.send(json.dumps({"type": "beat", "seq": 0, "frames": 1}))
        at = asyncio.get_running_loop().time()
        async for frame in frames_of(other, "/ws/desk", "screen-alerts"):
            if frame["alerts"]:
                break
        assert [(one["screen"], one["kind"]) for one in frame["alerts"]] == [("hall-a", "silent")]
        assert asyncio.get_running_loop().time() - at < 10


@pytest.mark.slow
async def test_a_screen_that_never_came_back_after_a_restart_is_missed(store: Store, data_dir: Path) -> None:
    """It was connected when the wall ended; nobody has seen it since."""
    async with serving(store, data_dir) as served:
        hung = opened(served, "hall-a")
        await hung.__aenter__()
    found = await until(lambda: Known(store).get("hall-a"))
    assert found.here
    with suppress(Exception):
        await hung.__aexit__(None, None, None)
    async with serving(store, data_dir) as served:
        async for frame in frames_of(served, "/ws/desk", "screen-alerts", within_s=30):
            if frame["alerts"]:
                break
        assert frame["alerts"][0]["screen"] == "hall-a"
